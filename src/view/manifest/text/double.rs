//! The coloured double of the text: only the lines that are seen, and a few around them.
//!
//! A line is made anew when its text or its marks change, and moved when it only stands elsewhere, so a key costs the same
//! in a text of any length. The elements are changed by hand.

use std::ops::Range;

use hellok8s_lab::editing::Lines;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::area::Marks;
use super::yaml::{self, Token};
use crate::view::browser;

/// Lines above and below what is seen.
const MARGIN: usize = 20;
/// A text of so many lines gets room for more of them by so many at once, and for columns likewise.
const LONG: usize = 500;
const LINES_AT_ONCE: usize = 64;
const COLUMNS_AT_ONCE: usize = 16;
/// More of a line is not coloured.
const LONGEST_COLOURED: usize = 2_000;

/// A piece of a line: its class, or none for what looks as all text does.
type Piece = (String, String);

/// How a line looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    is_wrong: bool,
    pieces: Vec<Piece>,
}

struct Row {
    element: Element,
    look: Look,
}

/// The double.
#[derive(Default)]
pub struct Double {
    /// The element with the lines, and what scrolls it.
    parts: Option<(HtmlElement, HtmlElement)>,
    rows: Vec<Row>,
    /// The first line that is drawn.
    first: usize,
    lines: Lines,
    /// What the browser says of the page, in pixels; asked only when it may have changed.
    line_height: f64,
    padding: f64,
    top: f64,
    height: f64,
    /// What the style sheet was told last.
    told: (usize, usize),
}

impl Double {
    /// Takes over the elements of a new page.
    pub fn begin(&mut self, sheet: HtmlElement, scroller: HtmlElement) {
        self.rows.clear();
        self.told = (0, 0);
        self.parts = Some((sheet, scroller));
        self.measure();
    }

    /// Asks the browser how large a line and the panel are.
    pub fn measure(&mut self) {
        let Some((sheet, scroller)) = &self.parts else { return };
        let pixels = |name: &str| browser::number(&browser::value_of(sheet, name)).unwrap_or(0.0);
        self.line_height = pixels("line-height").max(1.0);
        self.padding = pixels("padding-top");
        self.height = f64::from(scroller.client_height());
        self.top = f64::from(scroller.scroll_top());
    }

    /// Notes where the panel is scrolled to; answers whether other lines are to be drawn.
    pub fn scroll(&mut self) -> bool {
        let Some((_, scroller)) = &self.parts else { return false };
        self.top = f64::from(scroller.scroll_top());
        let seen = self.seen(0);
        seen.start < self.first || seen.end > self.first + self.rows.len()
    }

    fn seen(&self, margin: usize) -> Range<usize> {
        let first = ((self.top - self.padding) / self.line_height).max(0.0) as usize;
        let count = (self.height / self.line_height).ceil() as usize + 1;
        first.saturating_sub(margin)..(first + count + margin).min(self.lines.count())
    }

    /// Draws what is seen.
    pub fn draw(&mut self, text: &str, marks: &Marks, found: &[Range<usize>], selection: &Range<usize>) {
        if self.parts.is_none() {
            return;
        }
        self.lines = Lines::of(text);
        let lines = self.seen(MARGIN);
        let looks = lines.clone().map(|line| look(text, &self.lines, line, marks, found, selection)).collect();
        self.tell(lines.start);
        self.show(lines.start, looks);
    }

    /// Tells the style sheet how large the text is, and how much of it is above what is drawn.
    fn tell(&mut self, first: usize) {
        let Some((sheet, _)) = &self.parts else { return };
        let style = sheet.style();
        // The browser lays out the whole text area when its size changes, so a long text's grows by steps.
        let lines = self.lines.count();
        let lines = if lines < LONG { lines } else { lines.next_multiple_of(LINES_AT_ONCE) };
        let size = (lines, self.lines.widest().next_multiple_of(COLUMNS_AT_ONCE));
        if self.told != size {
            let Some(paper) = sheet.parent_element().and_then(|paper| paper.dyn_into::<HtmlElement>().ok()) else {
                return;
            };
            let _ = paper.style().set_property("--lines", &size.0.to_string());
            let _ = paper.style().set_property("--widest", &size.1.min(20_000).to_string());
            self.told = size;
        }
        if self.first != first || self.rows.is_empty() {
            let _ = style.set_property("--first", &first.to_string());
        }
    }

    /// Makes the lines look so, from `first` on, with as few new elements as possible.
    fn show(&mut self, first: usize, looks: Vec<Look>) {
        let Some((sheet, _)) = &self.parts else { return };
        // What has been scrolled away.
        if first > self.first {
            let gone = (first - self.first).min(self.rows.len());
            self.rows.drain(..gone).for_each(|row| row.element.remove());
        } else {
            let stays = self.rows.len().saturating_sub(self.first - first);
            self.rows.drain(stays..).for_each(|row| row.element.remove());
        }
        let is_scrolled_up = first < self.first;
        self.first = first;
        let same = |row: &Row, look: &Look| row.look == *look;
        let count =
            |pairs: &mut dyn Iterator<Item = (&Row, &Look)>| pairs.take_while(|(row, look)| same(row, look)).count();
        let mut head = if is_scrolled_up { 0 } else { count(&mut self.rows.iter().zip(&looks)) };
        let most = self.rows.len().min(looks.len()) - head;
        let mut tail = count(&mut self.rows.iter().rev().zip(looks.iter().rev()).take(most));
        if is_scrolled_up && tail == 0 {
            head = count(&mut self.rows.iter().zip(&looks));
            tail = 0;
        }
        let old = head..self.rows.len() - tail;
        let end = looks.len() - tail;
        let new: Vec<Look> = looks.into_iter().take(end).skip(head).collect();
        let before = self.rows.get(old.end).map(|row| row.element.clone());
        let made: Vec<Row> = new.into_iter().filter_map(make).collect();
        for row in &made {
            let next = before.as_ref().map(AsRef::as_ref);
            let _ = sheet.insert_before(&row.element, next);
        }
        self.rows.splice(old, made).for_each(|row| row.element.remove());
    }

    /// Scrolls so that a place is seen.
    pub fn reveal(&mut self, at: usize) {
        let Some((_, scroller)) = &self.parts else { return };
        let line = self.lines.line_of(at);
        let y = self.padding + line as f64 * self.line_height;
        let room = self.line_height * 2.0;
        let (top, bottom) = (f64::from(scroller.scroll_top()), f64::from(scroller.scroll_top()) + self.height);
        if y < top + self.line_height {
            scroller.set_scroll_top((y - room).max(0.0) as i32);
        } else if y + room > bottom {
            scroller.set_scroll_top((y + room - self.height + self.line_height) as i32);
        }
        self.top = f64::from(scroller.scroll_top());
    }

    /// Scrolls sideways so that the caret's column is seen.
    pub fn reveal_column(&mut self, left: f64, right: f64) {
        let Some((_, scroller)) = &self.parts else { return };
        let bounds = scroller.get_bounding_client_rect();
        let moved = if right > bounds.right() - 16.0 {
            right - bounds.right() + 48.0
        } else if left < bounds.left() + 60.0 {
            left - bounds.left() - 96.0
        } else {
            return;
        };
        scroller.set_scroll_left(scroller.scroll_left() + moved as i32);
    }

    /// Where a place is on the screen: left, top and bottom in pixels.
    pub fn place(&self, text: &str, at: usize) -> Option<(f64, f64, f64)> {
        let line = self.lines.line_of(at);
        let row = self.rows.get(line.checked_sub(self.first)?)?;
        let mut left = at.saturating_sub(self.lines.range(line).start);
        let bounds = row.element.get_bounding_client_rect();
        let mut x = bounds.left();
        // The pieces are the line: the place is in one of them.
        let children = row.element.child_nodes();
        for (index, (_, piece)) in (0..).zip(&row.look.pieces) {
            let Some(node) = children.item(index) else { break };
            let range = browser::document()?.create_range().ok()?;
            let inner = node.first_child().unwrap_or(node);
            let until = left.min(piece.len());
            let units = hellok8s_lab::editing::units(piece, until);
            range.set_start(&inner, 0).ok()?;
            range.set_end(&inner, u32::try_from(units).ok()?).ok()?;
            if until > 0 {
                x = range.get_bounding_client_rect().right();
            }
            left -= until;
            if left == 0 {
                break;
            }
        }
        let _ = text;
        Some((x, bounds.top(), bounds.bottom()))
    }
}

fn look(
    text: &str,
    lines: &Lines,
    line: usize,
    marks: &Marks,
    found: &[Range<usize>],
    selection: &Range<usize>,
) -> Look {
    let range = lines.range(line);
    let content = text.get(range.clone()).unwrap_or_default();
    let number = line + 1;
    let mut over: Vec<(Range<usize>, &str)> = Vec::new();
    let problem = marks.problems.iter().find(|problem| problem.line == number);
    let at_column = |column: usize| content.char_indices().nth(column.saturating_sub(1));
    // The marks are of the text as it was a moment ago: what is no longer there is not marked.
    for odd in marks.odd.iter().filter(|odd| odd.line == number) {
        if let Some((at, _)) = at_column(odd.column).filter(|(_, c)| *c == odd.character) {
            let end = (at + odd.range.len()).min(content.len());
            over.push((at..end, if odd.instead.is_empty() { "odd odd-unseen" } else { "odd" }));
        }
    }
    let from = found.partition_point(|one| one.end <= range.start);
    for one in found.iter().skip(from).take_while(|one| one.start < range.end) {
        let inner = one.start.max(range.start) - range.start..one.end.min(range.end) - range.start;
        over.push((inner, if one == selection { "found found-now" } else { "found" }));
    }
    let mut pieces = Vec::new();
    let wrong = problem.and_then(|problem| at_column(problem.column)).map(|(at, _)| at);
    let coloured = if content.len() > LONGEST_COLOURED { vec![(Token::Text, content)] } else { yaml::tokens(content) };
    let mut at = 0;
    for (token, piece) in coloured {
        let range = at..at + piece.len();
        at = range.end;
        let is_wrong = wrong.is_some_and(|wrong| range.contains(&wrong));
        let plain = if matches!(token, Token::Space | Token::Text) { "" } else { token.class() };
        split(content, range, plain, is_wrong, &over, &mut pieces);
    }
    Look { is_wrong: problem.is_some(), pieces }
}

/// Divides a token where marks begin and end.
fn split(
    content: &str,
    range: Range<usize>,
    class: &str,
    is_wrong: bool,
    over: &[(Range<usize>, &str)],
    pieces: &mut Vec<Piece>,
) {
    let mut at = range.start;
    while at < range.end {
        let marked = over.iter().find(|(mark, _)| mark.contains(&at));
        let end = match marked {
            Some((mark, _)) => mark.end,
            None => over.iter().map(|(mark, _)| mark.start).filter(|start| *start > at).min().unwrap_or(range.end),
        };
        let end = end.min(range.end);
        let names = [class, if is_wrong { "wrong" } else { "" }, marked.map_or("", |(_, class)| *class)];
        let class = names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
        let piece = content.get(at..end).unwrap_or_default();
        match pieces.last_mut() {
            Some((last, text)) if *last == class && class.is_empty() => text.push_str(piece),
            _ => pieces.push((class, piece.to_owned())),
        }
        at = end;
    }
}

fn make(look: Look) -> Option<Row> {
    let document = browser::document()?;
    let element = document.create_element("span").ok()?;
    element.set_class_name(if look.is_wrong { "line line-wrong" } else { "line" });
    for (class, text) in &look.pieces {
        if class.is_empty() {
            let _ = element.append_child(&document.create_text_node(text));
        } else if let Ok(piece) = document.create_element("span") {
            piece.set_class_name(class);
            piece.set_text_content(Some(text));
            let _ = element.append_child(&piece);
        }
    }
    let _ = element.append_child(&document.create_text_node("\n"));
    Some(Row { element, look })
}
