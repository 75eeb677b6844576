//! A tree of nodes to JSON: anchors followed, merges done, scalars resolved, keys turned into text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::go_syntax::{go_syntax, key_to_text};
use super::node::{Content, Node, NodeId, Tree};
use super::positions::{Children, Place, Position};
use super::resolve::{Scalar, float_to_json, number_to_json, resolve};
use crate::sorting;

use super::fault::{Fault, MAX_DEPTH, Mark};

/// How many values a document may have, aliases followed.
const MAX_VALUES: usize = 1_000_000;

/// How many bytes of text aliases may repeat: go-yaml bounds their number alone, and a page has little memory.
const MAX_ALIASED_BYTES: usize = 8 << 20;

/// Up to this many values, aliases may give 99 % of them, and fewer from there on. Models go-yaml v2 decode.go
/// alias_ratio_range_low and alias_ratio_range_high.
const ALIAS_RATIO_LOW: usize = 400_000;
const ALIAS_RATIO_HIGH: usize = 4_000_000;

/// The decoded document: its JSON and its places. `first_line` is the file's line on which the tree's text begins.
pub(super) fn decode(tree: &Tree, first_line: usize) -> Result<(Value, Place), Fault> {
    let mut decoder =
        Decoder { tree, first_line, open_aliases: Vec::new(), values: 0, alias_values: 0, aliased_bytes: 0, depth: 0 };
    let Some(root) = tree.root else { return Ok((Value::Null, Place::default())) };
    let decoded = decoder.node(root)?;
    check_keys(&decoded)?;
    decoder.to_json(decoded)
}

/// A value with its place, before its keys are JSON's.
pub(super) struct Decoded {
    pub data: Data,
    mark: Mark,
}

pub(super) enum Data {
    Scalar(Scalar),
    Sequence(Vec<Decoded>),
    Mapping(Entries),
}

/// In the order of writing; a later entry with an equal key replaces an earlier one.
#[derive(Default)]
pub(super) struct Entries {
    places: BTreeMap<KeyId, usize>,
    pub list: Vec<(Key, Decoded)>,
}

pub(super) struct Key {
    pub scalar: Scalar,
    pub mark: Mark,
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
    aliased_bytes: usize,
    depth: usize,
}

impl Decoder<'_> {
    /// Models go-yaml v2 decode.go unmarshal, with its guard against documents that are mostly aliases.
    fn count(&mut self, node: &Node) -> Result<(), Fault> {
        self.values += 1;
        if !self.open_aliases.is_empty() {
            self.alias_values += 1;
            if let Content::Scalar { text, .. } = &node.content {
                self.aliased_bytes += text.len();
            }
        }
        let mostly_aliases = self.alias_values > 100 && self.values > 1000 && self.exceeds_alias_ratio();
        if self.values > MAX_VALUES {
            let problem = format!("the document has more than {MAX_VALUES} values, which is the lab's limit");
            return Err(Fault::decoding(problem, Some(node.mark)));
        }
        if mostly_aliases {
            return Err(Fault::decoding("document contains excessive aliasing", Some(node.mark)));
        }
        if self.aliased_bytes > MAX_ALIASED_BYTES {
            let problem =
                format!("aliases repeat more than {MAX_ALIASED_BYTES} bytes of text, which is the lab's limit");
            return Err(Fault::decoding(problem, Some(node.mark)));
        }
        Ok(())
    }

    /// Models go-yaml v2 decode.go allowedAliasRatio: 99 %, sinking to 10 % over the range.
    fn exceeds_alias_ratio(&self) -> bool {
        const RANGE: usize = ALIAS_RATIO_HIGH - ALIAS_RATIO_LOW;
        let beyond = self.values.clamp(ALIAS_RATIO_LOW, ALIAS_RATIO_HIGH) - ALIAS_RATIO_LOW;
        let allowed = 99 * RANGE as u64 - 89 * beyond as u64;
        self.alias_values as u64 * 100 * RANGE as u64 > self.values as u64 * allowed
    }

    fn node(&mut self, id: NodeId) -> Result<Decoded, Fault> {
        let Some(node) = self.tree.get(id) else { return Ok(Decoded::null(Mark::default())) };
        self.count(node)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH * 2 {
            return Err(Fault::too_deep(node.mark));
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
        match &node.content {
            Content::Mapping(_) => self.merged(node, entries),
            Content::Alias { name, target } => {
                let Some(aliased) = self.tree.get(*target).filter(|node| matches!(node.content, Content::Mapping(_)))
                else {
                    return Err(want_map(node.mark));
                };
                self.count(node)?;
                if self.open_aliases.contains(&id) {
                    return Err(Fault::decoding(format!("anchor '{name}' value contains itself"), Some(node.mark)));
                }
                self.open_aliases.push(id);
                let merged = self.merged(aliased, entries);
                self.open_aliases.pop();
                merged
            }
            _ => Err(want_map(node.mark)),
        }
    }

    fn merged(&mut self, node: &Node, entries: &mut Entries) -> Result<(), Fault> {
        self.count(node)?;
        self.depth += 1;
        let result =
            if self.depth > MAX_DEPTH * 2 { Err(Fault::too_deep(node.mark)) } else { self.mapping(node, entries) };
        self.depth -= 1;
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
                let mut named = Vec::with_capacity(entries.list.len());
                for (key, value) in entries.list {
                    named.push((key_to_text(&key, &value)?, key, value));
                }
                // In the order in which Go writes them, of which the first that JSON cannot hold is the complaint.
                sorting::sort_by(&mut named, |(left, ..), (right, ..)| left.cmp(right));
                for (name, key, value) in named {
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

/// A key that JSON cannot have is a complaint before all values that it cannot hold. Of several such keys, which one
/// kubectl names differs from run to run, because Go goes through a mapping in no order.
fn check_keys(decoded: &Decoded) -> Result<(), Fault> {
    match &decoded.data {
        Data::Scalar(_) => Ok(()),
        Data::Sequence(items) => items.iter().try_for_each(check_keys),
        Data::Mapping(entries) => entries.list.iter().rev().try_for_each(|(key, value)| {
            key_to_text(key, value)?;
            check_keys(value)
        }),
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
