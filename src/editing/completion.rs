//! Which keys and values may stand at a place of a manifest: those of the schema that strict decoding knows.

use std::ops::Range;

use super::explained;
use super::{line_end, line_start, part, without_comment};
use crate::api::Kind;
use crate::api::schema::{self, Field, Omit, Shape, Type};
use crate::lang::Lang;
use crate::sorting;

/// Offers that are made at most.
const MOST_OFFERS: usize = 100;
/// Lines that are looked at in either direction, so that a key costs the same in a text of any length.
const LINES_AROUND: usize = 2_000;

/// What may stand at the caret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offers {
    /// What is begun and is put in its place.
    pub range: Range<usize>,
    /// Likeliest first.
    pub offers: Vec<Offer>,
}

/// A key or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub name: String,
    /// What is put in, with the line feed and the spaces that a key of something below it wants.
    pub text: String,
    /// The type as `kubectl explain` says it; empty for a value.
    pub type_name: String,
    /// Whether the API wants it.
    pub is_required: bool,
    explanation: Option<(&'static str, &'static str)>,
}

impl Offer {
    /// What it is for, where that is known.
    pub fn explanation(&self, lang: Lang) -> Option<&'static str> {
        self.explanation.map(|(zh, en)| lang.choose(zh, en))
    }
}

/// What may stand at a place; `None` where nothing is known of it. With `begun`, only where a word has been begun.
pub fn offers(text: &str, at: usize, begun: bool) -> Option<Offers> {
    let place = Place::of(text, at)?;
    if begun && place.word.is_empty() {
        return None;
    }
    let mut offers = match &place.key {
        Some(key) => values(&place, key),
        None => keys(&place),
    };
    let wanted = place.word.to_ascii_lowercase();
    let rank = |offer: &Offer| {
        let name = offer.name.to_ascii_lowercase();
        match name.find(&wanted) {
            Some(0) => 0,
            Some(_) => 1,
            None => 2,
        }
    };
    offers.retain(|offer| rank(offer) < 2);
    sorting::sort_by_key(&mut offers, |offer| {
        (rank(offer), !offer.is_required, offer.explanation.is_none(), offer.name.clone())
    });
    offers.truncate(MOST_OFFERS);
    let is_complete = offers.len() == 1 && offers.first().is_some_and(|offer| offer.name == place.word);
    if offers.is_empty() || (begun && is_complete) {
        return None;
    }
    Some(Offers { range: place.range, offers })
}

/// Where the caret is.
struct Place {
    /// The word that is begun.
    word: String,
    range: Range<usize>,
    /// The key whose value is begun; `None` where a key is.
    key: Option<String>,
    /// The keys above, outermost first.
    path: Vec<String>,
    /// The keys beside it.
    siblings: Vec<String>,
    /// The column of the key.
    column: usize,
    kind: Option<Kind>,
    kind_name: String,
    /// Whether something stands behind the caret.
    has_value: bool,
}

/// A line as keys and items.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    /// The column of its first item's mark.
    dash: Option<usize>,
    /// The column of its content.
    column: usize,
    key: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// `None` for an empty line and a comment.
    fn read(line: &'a str) -> Option<Self> {
        let content = without_comment(line).trim_end();
        let mut rest = content.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let mut dash = None;
        while let Some(after) = rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
            dash = dash.or(Some(content.len() - rest.len()));
            rest = after.trim_start_matches(' ');
        }
        // Behind a mark with nothing yet, the content begins behind its space.
        let column = if rest.is_empty() { dash.unwrap_or(0) + 2 } else { content.len() - rest.len() };
        Some(Self { dash, column, key: key_of(rest) })
    }
}

fn key_of(content: &str) -> Option<&str> {
    let at = content.find(": ").or_else(|| content.ends_with(':').then(|| content.len() - 1))?;
    let key = part(content, 0..at).trim_matches(['"', '\'']);
    (!key.is_empty() && !key.starts_with(['{', '['])).then_some(key)
}

impl Place {
    fn of(text: &str, at: usize) -> Option<Self> {
        let (start, end) = (line_start(text, at), line_end(text, at));
        let before = part(text, start..at);
        if without_comment(before).len() < before.len() || before.starts_with("---") {
            return None;
        }
        let mut content = before.trim_start_matches(' ');
        while let Some(after) = content.strip_prefix("- ") {
            content = after.trim_start_matches(' ');
        }
        let dash = before.find("- ").filter(|at| part(before, 0..*at).trim_matches(' ').is_empty());
        let column = before.len() - content.len();
        let (key, word) = match content.split_once(": ") {
            Some((key, value)) => (Some(key.trim_matches(['"', '\'']).to_owned()), value.trim_start_matches(' ')),
            None => (None, content),
        };
        if !word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)) {
            return None;
        }
        // The word goes on behind the caret.
        let behind = part(text, at..end);
        let more = behind.find(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c))).unwrap_or(behind.len());
        let rest = part(behind, more..behind.len());
        if key.is_some() && !without_comment(rest).trim().is_empty() {
            return None;
        }
        let range = at - word.len()..if rest.starts_with(':') { at + more } else { at.max(at + more) };
        let mut place = Self {
            word: word.to_owned(),
            range,
            key,
            path: Vec::new(),
            siblings: Vec::new(),
            column,
            kind: None,
            kind_name: String::new(),
            has_value: rest.starts_with(':'),
        };
        place.look_up(part(text, 0..start), dash);
        place.look_down(part(text, (end + 1).min(text.len())..text.len()));
        place.find_kind(text, start);
        Some(place)
    }

    /// Reads the keys above, and those beside that stand above.
    fn look_up(&mut self, above: &str, dash: Option<usize>) {
        // A line is above this one where its content begins before this column.
        let mut limit = dash.map_or(self.column, |dash| dash + 1);
        let mut beside = if dash.is_some() { None } else { Some(self.column) };
        for text in above.trim_end_matches('\n').rsplit('\n').take(LINES_AROUND) {
            if text.starts_with("---") || limit == 0 && beside.is_none() {
                break;
            }
            let Some(line) = Line::read(text) else { continue };
            if beside == Some(line.column) {
                self.siblings.extend(line.key.map(str::to_owned));
                if let Some(dash) = line.dash {
                    // The first key of the item that this one belongs to.
                    limit = limit.min(dash + 1);
                    beside = None;
                }
                continue;
            }
            if line.column < limit {
                let Some(key) = line.key else { continue };
                self.path.push(key.to_owned());
                limit = line.dash.map_or(line.column, |dash| dash + 1);
                beside = None;
            } else if let Some(dash) = line.dash.filter(|dash| *dash < limit && line.column >= limit) {
                limit = limit.min(dash + 1);
            }
            if limit == 0 {
                break;
            }
        }
        self.path.reverse();
    }

    /// Reads the keys beside that stand below.
    fn look_down(&mut self, below: &str) {
        for text in below.split('\n').take(LINES_AROUND) {
            if text.starts_with("---") {
                return;
            }
            let Some(line) = Line::read(text) else { continue };
            if line.column < self.column || line.dash.is_some_and(|dash| dash < self.column) {
                return;
            }
            if line.column == self.column {
                self.siblings.extend(line.key.map(str::to_owned));
            }
        }
    }

    /// Which kind the document around the caret is of.
    fn find_kind(&mut self, text: &str, at: usize) {
        let start = part(text, 0..at).rfind("\n---").map_or(0, |feed| feed + 1);
        let (mut api_version, mut name) = ("", "");
        let lines = part(text, start..text.len()).split('\n').take(2 * LINES_AROUND).enumerate();
        for (_, line) in lines.take_while(|(at, line)| *at == 0 || !line.starts_with("---")) {
            let value = |key: &str| line.strip_prefix(key).map(|value| without_comment(value).trim().trim_matches('"'));
            if let Some(value) = value("kind:") {
                name = value;
            } else if let Some(value) = value("apiVersion:") {
                api_version = value;
            }
        }
        self.kind =
            Kind::parse(api_version, name).or_else(|| Kind::ALL.iter().copied().find(|kind| kind.as_str() == name));
        name.clone_into(&mut self.kind_name);
    }

    fn type_here(&self) -> Option<&'static Type> {
        let kind = self.kind?;
        if self.path.is_empty() {
            return Some(schema::of_kind(kind));
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        schema::field(kind, &path)?.shape.as_struct()
    }
}

fn keys(place: &Place) -> Vec<Offer> {
    let is_new = |name: &str| name == place.word || place.siblings.iter().all(|known| known != name);
    let Some(owner) = place.type_here() else {
        let top = ["apiVersion", "kind", "metadata", "spec"];
        let is_top = place.path.is_empty() && place.column == 0 && place.kind_name.is_empty();
        let offer = |name: &str| Offer {
            name: name.to_owned(),
            text: if place.has_value { name.to_owned() } else { format!("{name}: ") },
            type_name: if matches!(name, "metadata" | "spec") { "Object".to_owned() } else { "string".to_owned() },
            is_required: true,
            explanation: explained::field("", name),
        };
        return if is_top { top.into_iter().filter(|name| is_new(name)).map(offer).collect() } else { Vec::new() };
    };
    let is_status = |field: &Field| place.path.is_empty() && field.name == "status";
    let fields = owner.json_fields().into_iter().filter(|field| is_new(field.name) && !is_status(field));
    fields.map(|field| key_offer(place, owner, field)).collect()
}

fn key_offer(place: &Place, owner: &Type, field: &'static Field) -> Offer {
    let below = " ".repeat(place.column + 2);
    let text = match field.shape.pointee() {
        _ if place.has_value => field.name.to_owned(),
        Shape::Slice(_) => format!("{}:\n{below}- ", field.name),
        Shape::Struct(_) | Shape::Map(..) | Shape::ResourceList => format!("{}:\n{below}", field.name),
        _ => format!("{}: ", field.name),
    };
    let is_top = place.path.is_empty() && matches!(field.name, "apiVersion" | "kind" | "metadata" | "spec");
    Offer {
        name: field.name.to_owned(),
        text,
        type_name: field.shape.openapi_type(),
        is_required: is_top || field.omit == Omit::Never,
        explanation: explained::field(owner.name, field.name),
    }
}

fn values(place: &Place, key: &str) -> Vec<Offer> {
    let offer = |name: &str| Offer {
        name: name.to_owned(),
        text: name.to_owned(),
        type_name: String::new(),
        is_required: false,
        explanation: explained::value(name),
    };
    if place.path.is_empty() && place.column == 0 {
        match key {
            "kind" => return Kind::ALL.iter().map(|kind| offer(kind.as_str())).collect(),
            "apiVersion" => {
                let of_kind = place.kind.map(Kind::api_version);
                let mut versions: Vec<&str> = Kind::ALL.iter().map(|kind| kind.api_version()).collect();
                sorting::sort(&mut versions);
                versions.dedup();
                return versions.into_iter().filter(|one| of_kind.is_none_or(|of| of == *one)).map(offer).collect();
            }
            _ => {}
        }
    }
    let Some(field) = place.type_here().and_then(|owner| owner.field(key)) else { return Vec::new() };
    match field.shape.pointee() {
        Shape::Bool => ["true", "false"].map(offer).into(),
        Shape::String(Some((_, name))) => explained::values(name).iter().map(|value| offer(value)).collect(),
        _ => Vec::new(),
    }
}
