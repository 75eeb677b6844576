//! A tree of nodes to JSON: anchors followed, merges done, scalars resolved, keys turned into text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::go_text;
use crate::sorting;

use super::node::{Content, Node, NodeId, Tree};
use super::positions::{Children, Place, Position};
use super::resolve::{Scalar, float_to_json, number_to_json, resolve};
use super::scanner::{Fault, MAX_DEPTH, Mark, too_deep};

/// More decoded values than a file of the permitted size can hold without aliases.
const MAX_VALUES: usize = 1_000_000;

/// The decoded document: its JSON and its places. `first_line` is the file's line on which the tree's text begins.
pub(super) fn decode(tree: &Tree, first_line: usize) -> Result<(Value, Place), Fault> {
    let mut decoder = Decoder { tree, first_line, open_aliases: Vec::new(), values: 0, alias_values: 0, depth: 0 };
    let Some(root) = tree.root else { return Ok((Value::Null, Place::default())) };
    let decoded = decoder.node(root)?;
    decoder.to_json(decoded)
}

/// A value with its place, before its keys are JSON's.
struct Decoded {
    data: Data,
    mark: Mark,
}

enum Data {
    Scalar(Scalar),
    Sequence(Vec<Decoded>),
    Mapping(Entries),
}

/// In the order of writing; a later entry with an equal key replaces an earlier one.
#[derive(Default)]
struct Entries {
    places: BTreeMap<KeyId, usize>,
    list: Vec<(Key, Decoded)>,
}

struct Key {
    scalar: Scalar,
    mark: Mark,
}

/// Keys that are equal in Go: of the same type and value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct KeyId(&'static str, String);

impl Entries {
    fn set(&mut self, key: Key, value: Decoded) {
        let id = match &key.scalar {
            Scalar::Null => KeyId("null", String::new()),
            Scalar::Bool(value) => KeyId("bool", value.to_string()),
            Scalar::Int(value) => KeyId("int", value.to_string()),
            Scalar::Unsigned(value) => KeyId("int", value.to_string()),
            Scalar::Float(value) => KeyId("float", value.to_string()),
            Scalar::Text(value) => KeyId("text", value.clone()),
        };
        match self.places.get(&id).and_then(|place| self.list.get_mut(*place)) {
            Some(entry) => *entry = (key, value),
            None => {
                self.places.insert(id, self.list.len());
                self.list.push((key, value));
            }
        }
    }
}

struct Decoder<'a> {
    tree: &'a Tree,
    first_line: usize,
    /// The aliases that are being followed.
    open_aliases: Vec<NodeId>,
    values: usize,
    alias_values: usize,
    depth: usize,
}

impl Decoder<'_> {
    /// Models go-yaml v2 decode.go unmarshal, with its guard against documents that are mostly aliases.
    fn count(&mut self, mark: Mark) -> Result<(), Fault> {
        self.values += 1;
        if !self.open_aliases.is_empty() {
            self.alias_values += 1;
        }
        let mostly_aliases =
            self.alias_values > 100 && self.values > 1000 && self.alias_values * 100 > self.values * 99;
        if mostly_aliases || self.values > MAX_VALUES {
            return Err(Fault::decoding("document contains excessive aliasing", Some(mark)));
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<Decoded, Fault> {
        let Some(node) = self.tree.get(id) else { return Ok(Decoded::null(Mark::default())) };
        self.count(node.mark)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH * 2 {
            return Err(too_deep(node.mark));
        }
        let decoded = match &node.content {
            Content::Alias { name, target } => self.alias(id, name, *target, node.mark),
            Content::Scalar { .. } => {
                let scalar = scalar(node)?;
                Ok(Decoded { data: Data::Scalar(scalar), mark: node.mark })
            }
            Content::Sequence(items) => {
                let items: Result<Vec<Decoded>, Fault> = items.iter().map(|item| self.node(*item)).collect();
                Ok(Decoded { data: Data::Sequence(items?), mark: node.mark })
            }
            Content::Mapping(_) => {
                let mut entries = Entries::default();
                self.mapping(node, &mut entries)?;
                Ok(Decoded { data: Data::Mapping(entries), mark: node.mark })
            }
        };
        self.depth -= 1;
        decoded
    }

    fn alias(&mut self, id: NodeId, name: &str, target: NodeId, mark: Mark) -> Result<Decoded, Fault> {
        if self.open_aliases.contains(&id) {
            return Err(Fault::decoding(format!("anchor '{name}' value contains itself"), Some(mark)));
        }
        self.open_aliases.push(id);
        let decoded = self.node(target);
        self.open_aliases.pop();
        decoded
    }

    fn mapping(&mut self, node: &Node, entries: &mut Entries) -> Result<(), Fault> {
        let Content::Mapping(pairs) = &node.content else { return Ok(()) };
        for (key_id, value_id) in pairs {
            if self.tree.get(*key_id).is_some_and(is_merge) {
                self.merge(*value_id, entries)?;
                continue;
            }
            let key = self.node(*key_id)?;
            let Data::Scalar(scalar) = key.data else {
                return Err(Fault::decoding(format!("invalid map key: {}", go_syntax(&key)), Some(key.mark)));
            };
            let value = self.node(*value_id)?;
            entries.set(Key { scalar, mark: key.mark }, value);
        }
        Ok(())
    }

    /// Models go-yaml v2 decode.go merge: at once and in place, so a key that was written before is overwritten too.
    fn merge(&mut self, id: NodeId, entries: &mut Entries) -> Result<(), Fault> {
        let Some(node) = self.tree.get(id) else { return Ok(()) };
        match &node.content {
            Content::Sequence(items) => {
                for item in items.iter().rev() {
                    self.merge_mapping(*item, entries)?;
                }
                Ok(())
            }
            _ => self.merge_mapping(id, entries),
        }
    }

    fn merge_mapping(&mut self, id: NodeId, entries: &mut Entries) -> Result<(), Fault> {
        let Some(node) = self.tree.get(id) else { return Ok(()) };
        self.count(node.mark)?;
        match &node.content {
            Content::Mapping(_) => self.merged(id, node, entries),
            Content::Alias { name, target } => {
                let Some(aliased) = self.tree.get(*target).filter(|node| matches!(node.content, Content::Mapping(_)))
                else {
                    return Err(want_map(node.mark));
                };
                if self.open_aliases.contains(&id) {
                    return Err(Fault::decoding(format!("anchor '{name}' value contains itself"), Some(node.mark)));
                }
                self.merged(id, aliased, entries)
            }
            _ => Err(want_map(node.mark)),
        }
    }

    fn merged(&mut self, id: NodeId, node: &Node, entries: &mut Entries) -> Result<(), Fault> {
        self.open_aliases.push(id);
        self.depth += 1;
        let result = if self.depth > MAX_DEPTH * 2 { Err(too_deep(node.mark)) } else { self.mapping(node, entries) };
        self.depth -= 1;
        self.open_aliases.pop();
        result
    }

    /// Models sigs.k8s.io/yaml convertToJSONableObject.
    fn to_json(&self, decoded: Decoded) -> Result<(Value, Place), Fault> {
        let mut place = Place { key: None, value: self.position(decoded.mark), children: Children::None };
        let value = match decoded.data {
            Data::Scalar(scalar) => scalar_to_json(scalar, decoded.mark)?,
            Data::Sequence(items) => {
                let mut values = Vec::with_capacity(items.len());
                let mut places = Vec::with_capacity(items.len());
                for item in items {
                    let (value, place) = self.to_json(item)?;
                    values.push(value);
                    places.push(place);
                }
                place.children = Children::Items(places);
                Value::Array(values)
            }
            Data::Mapping(entries) => {
                let mut fields = Map::new();
                let mut places = BTreeMap::new();
                for (key, value) in entries.list {
                    let name = key_to_text(&key, &value)?;
                    let (value, mut place) = self.to_json(value)?;
                    place.key = Some(self.position(key.mark));
                    fields.insert(name.clone(), value);
                    places.insert(name, place);
                }
                place.children = Children::Fields(places);
                Value::Object(fields)
            }
        };
        Ok((value, place))
    }

    fn position(&self, mark: Mark) -> Position {
        (self.first_line + mark.line, mark.column + 1)
    }
}

impl Decoded {
    fn null(mark: Mark) -> Self {
        Self { data: Data::Scalar(Scalar::Null), mark }
    }
}

fn want_map(mark: Mark) -> Fault {
    Fault::decoding("map merge requires map or sequence of maps as the value", Some(mark))
}

fn is_merge(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar { text, implicit }
        if text == "<<" && (*implicit || node.tag == "tag:yaml.org,2002:merge"))
}

fn scalar(node: &Node) -> Result<Scalar, Fault> {
    let Content::Scalar { text, implicit } = &node.content else { return Ok(Scalar::Null) };
    if node.tag.is_empty() && !implicit {
        return Ok(Scalar::Text(text.clone()));
    }
    resolve(&node.tag, text).map_err(|problem| Fault::decoding(problem, Some(node.mark)))
}

fn scalar_to_json(scalar: Scalar, mark: Mark) -> Result<Value, Fault> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::from(value),
        Scalar::Unsigned(value) => number_to_json(&value.to_string()),
        Scalar::Float(value) => float_to_json(value).map_err(|problem| Fault::decoding(problem, Some(mark)))?,
        Scalar::Text(text) => Value::String(text),
    })
}

fn key_to_text(key: &Key, value: &Decoded) -> Result<String, Fault> {
    let (type_name, shown) = match &key.scalar {
        Scalar::Text(text) => return Ok(text.clone()),
        Scalar::Bool(value) => return Ok(value.to_string()),
        Scalar::Int(value) => return Ok(value.to_string()),
        Scalar::Float(value) if value.is_nan() => return Ok(".nan".to_owned()),
        Scalar::Float(value) if value.is_infinite() => {
            return Ok(if *value > 0.0 { ".inf" } else { "-.inf" }.to_owned());
        }
        Scalar::Float(value) => return Ok(float_key(*value)),
        Scalar::Null => ("%!s(<nil>)", "<nil>".to_owned()),
        Scalar::Unsigned(value) => ("uint64", format!("{value:#x}")),
    };
    let problem =
        format!("unsupported map key of type: {type_name}, key: {shown}, value: {}", go_syntax_in(value, false));
    Err(Fault::decoding(problem, Some(key.mark)))
}

/// Go's shortest form of a 32-bit float.
fn float_key(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "sigs.k8s.io/yaml prints float keys with 32 bits")]
    let value = value as f32;
    let scientific = format!("{value:e}");
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()).unwrap_or(0);
    if (-4..21).contains(&exponent) {
        return value.to_string();
    }
    let mantissa = scientific.split_once('e').map_or("", |(mantissa, _)| mantissa);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// Go's `%#v` of a decoded value.
fn go_syntax(decoded: &Decoded) -> String {
    go_syntax_in(decoded, false)
}

fn go_syntax_in(decoded: &Decoded, in_interface: bool) -> String {
    match &decoded.data {
        Data::Scalar(Scalar::Null) => if in_interface { "interface {}(nil)" } else { "<nil>" }.to_owned(),
        Data::Scalar(Scalar::Bool(value)) => value.to_string(),
        Data::Scalar(Scalar::Int(value)) => value.to_string(),
        Data::Scalar(Scalar::Unsigned(value)) => format!("{value:#x}"),
        Data::Scalar(Scalar::Float(value)) => value.to_string(),
        Data::Scalar(Scalar::Text(text)) => go_text::quote(text),
        Data::Sequence(items) => {
            let items: Vec<String> = items.iter().map(|item| go_syntax_in(item, true)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Data::Mapping(entries) => {
            let mut pairs: Vec<String> = entries.list.iter().map(|(key, value)| pair(key, value)).collect();
            sorting::sort(&mut pairs);
            format!("map[interface {{}}]interface {{}}{{{}}}", pairs.join(", "))
        }
    }
}

fn pair(key: &Key, value: &Decoded) -> String {
    let key = Decoded { data: Data::Scalar(key.scalar.clone()), mark: key.mark };
    format!("{}:{}", go_syntax_in(&key, true), go_syntax_in(value, true))
}
