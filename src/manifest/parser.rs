//! YAML tokens to a tree of nodes, with go-yaml's complaints.

use std::collections::BTreeMap;

use super::fault::{Fault, MAX_DEPTH, Mark};
use super::node::{Content, NodeId, Tree};
use super::scanner::{Kind, Scanner, Token};

/// Parses the first document of `text`; like go-yaml, looks no further than the token behind it.
pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let mut parser = Parser {
        scanner: Scanner::new(text),
        tree: Tree::default(),
        anchors: BTreeMap::new(),
        tag_prefixes: BTreeMap::new(),
        depth: 0,
    };
    parser.document()?;
    Ok(parser.tree)
}

struct Parser {
    scanner: Scanner,
    tree: Tree,
    anchors: BTreeMap<String, NodeId>,
    tag_prefixes: BTreeMap<String, String>,
    depth: usize,
}

/// What stands before a node.
struct Properties {
    start: Mark,
    anchor: Option<String>,
    tag: String,
}

/// Where a node stands decides which forms it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// A mapping's key or value: a sequence may stand there at the mapping's own indentation.
    BlockOrIndentless,
}

impl Parser {
    fn document(&mut self) -> Result<(), Fault> {
        let token = self.scanner.peek()?;
        let explicit = match token.kind {
            Kind::StreamEnd => return Ok(()),
            Kind::VersionDirective { .. } | Kind::TagDirective { .. } | Kind::DocumentStart => true,
            _ => false,
        };
        if explicit {
            self.directives()?;
            let token = self.scanner.peek()?;
            if token.kind != Kind::DocumentStart {
                return Err(Fault::parsing("did not find expected <document start>", token.start, None));
            }
            self.scanner.skip_token();
        }
        self.tag_prefixes.entry("!".to_owned()).or_insert_with(|| "!".to_owned());
        self.tag_prefixes.entry("!!".to_owned()).or_insert_with(|| "tag:yaml.org,2002:".to_owned());
        let token = self.scanner.peek()?;
        let root = match token.kind {
            Kind::VersionDirective { .. }
            | Kind::TagDirective { .. }
            | Kind::DocumentStart
            | Kind::DocumentEnd
            | Kind::StreamEnd
                if explicit =>
            {
                self.empty(token.start)
            }
            _ => self.node(Place::Block)?,
        };
        self.tree.root = Some(root);
        self.scanner.peek().map(|_| ())
    }

    fn directives(&mut self) -> Result<(), Fault> {
        let mut has_version = false;
        loop {
            let token = self.scanner.peek()?;
            let problem = match token.kind {
                Kind::VersionDirective { .. } if has_version => Some("found duplicate %YAML directive"),
                Kind::VersionDirective { major: 1, minor: 1 } => {
                    has_version = true;
                    None
                }
                Kind::VersionDirective { .. } => Some("found incompatible YAML document"),
                Kind::TagDirective { handle, prefix } => {
                    let known = self.tag_prefixes.insert(handle, prefix);
                    known.map(|_| "found duplicate %TAG directive")
                }
                _ => return Ok(()),
            };
            if let Some(problem) = problem {
                return Err(Fault::parsing(problem, token.start, None));
            }
            self.scanner.skip_token();
        }
    }

    fn empty(&mut self, mark: Mark) -> NodeId {
        self.tree.add(mark, String::new(), Content::Scalar { text: String::new(), implicit: true })
    }

    fn add(&mut self, properties: Properties, content: Content) -> NodeId {
        let id = self.tree.add(properties.start, properties.tag, content);
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }

    fn node(&mut self, place: Place) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        if let Kind::Alias(name) = token.kind {
            let Some(target) = self.anchors.get(&name).copied() else {
                return Err(Fault::decoding(format!("unknown anchor '{name}' referenced"), Some(token.start)));
            };
            self.scanner.skip_token();
            return Ok(self.tree.add(token.start, String::new(), Content::Alias { name, target }));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::too_deep(token.start));
        }
        let properties = self.properties()?;
        let id = self.content(place, properties);
        self.depth -= 1;
        id
    }

    fn properties(&mut self) -> Result<Properties, Fault> {
        let start = self.scanner.peek()?.start;
        let mut anchor = None;
        let mut tag = None;
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::Anchor(name) if anchor.is_none() => anchor = Some(name),
                Kind::Tag { handle, suffix } if tag.is_none() => tag = Some((handle, suffix, token.start)),
                _ => break,
            }
            self.scanner.skip_token();
        }
        let tag = match tag {
            None => String::new(),
            Some((handle, suffix, _)) if handle.is_empty() => suffix,
            Some((handle, suffix, mark)) => match self.tag_prefixes.get(&handle) {
                Some(prefix) => format!("{prefix}{suffix}"),
                None => return Err(Fault::parsing("found undefined tag handle", mark, Some(start))),
            },
        };
        Ok(Properties { start, anchor, tag })
    }

    fn content(&mut self, place: Place, properties: Properties) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::BlockEntry if place == Place::BlockOrIndentless => {
                let id = self.add(properties, Content::Sequence(Vec::new()));
                let items = self.indentless_sequence()?;
                Ok(self.fill(id, Content::Sequence(items)))
            }
            Kind::Scalar { text, plain } => {
                self.scanner.skip_token();
                let implicit = (properties.tag.is_empty() && plain) || properties.tag == "!";
                Ok(self.add(properties, Content::Scalar { text, implicit }))
            }
            Kind::FlowSequenceStart => {
                let id = self.add(properties, Content::Sequence(Vec::new()));
                let items = self.flow_sequence()?;
                Ok(self.fill(id, Content::Sequence(items)))
            }
            Kind::FlowMappingStart => {
                let id = self.add(properties, Content::Mapping(Vec::new()));
                let entries = self.flow_mapping()?;
                Ok(self.fill(id, Content::Mapping(entries)))
            }
            Kind::BlockSequenceStart if place != Place::Flow => {
                let id = self.add(properties, Content::Sequence(Vec::new()));
                let items = self.block_sequence()?;
                Ok(self.fill(id, Content::Sequence(items)))
            }
            Kind::BlockMappingStart if place != Place::Flow => {
                let id = self.add(properties, Content::Mapping(Vec::new()));
                let entries = self.block_mapping()?;
                Ok(self.fill(id, Content::Mapping(entries)))
            }
            _ if properties.anchor.is_some() || !properties.tag.is_empty() => {
                let implicit = properties.tag.is_empty();
                Ok(self.add(properties, Content::Scalar { text: String::new(), implicit }))
            }
            _ => Err(Fault::parsing("did not find expected node content", token.start, Some(properties.start))),
        }
    }

    /// A collection is in the tree before its children, so that a child can refer to it (and be refused for that).
    fn fill(&mut self, id: NodeId, content: Content) -> NodeId {
        if let Some(node) = self.tree.nodes.get_mut(id) {
            node.content = content;
        }
        id
    }

    fn block_sequence(&mut self) -> Result<Vec<NodeId>, Fault> {
        let start = self.scanner.peek()?.start;
        self.scanner.skip_token();
        let mut items = Vec::new();
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::BlockEntry => {
                    self.scanner.skip_token();
                    let next = self.scanner.peek()?.kind;
                    items.push(match next {
                        Kind::BlockEntry | Kind::BlockEnd => self.empty(token.end),
                        _ => self.node(Place::Block)?,
                    });
                }
                Kind::BlockEnd => {
                    self.scanner.skip_token();
                    return Ok(items);
                }
                _ => return Err(Fault::parsing("did not find expected '-' indicator", token.start, Some(start))),
            }
        }
    }

    fn indentless_sequence(&mut self) -> Result<Vec<NodeId>, Fault> {
        let mut items = Vec::new();
        loop {
            let token = self.scanner.peek()?;
            if token.kind != Kind::BlockEntry {
                return Ok(items);
            }
            self.scanner.skip_token();
            let next = self.scanner.peek()?.kind;
            items.push(match next {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(token.end),
                _ => self.node(Place::Block)?,
            });
        }
    }

    fn block_mapping(&mut self) -> Result<Vec<(NodeId, NodeId)>, Fault> {
        let start = self.scanner.peek()?.start;
        self.scanner.skip_token();
        let mut entries = Vec::new();
        loop {
            let token = self.scanner.peek()?;
            match token.kind {
                Kind::Key => {
                    self.scanner.skip_token();
                    let key = self.block_entry_part(token.end)?;
                    let value = self.block_value()?;
                    entries.push((key, value));
                }
                Kind::BlockEnd => {
                    self.scanner.skip_token();
                    return Ok(entries);
                }
                _ => return Err(Fault::parsing("did not find expected key", token.start, Some(start))),
            }
        }
    }

    fn block_value(&mut self) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        if token.kind != Kind::Value {
            return Ok(self.empty(token.start));
        }
        self.scanner.skip_token();
        self.block_entry_part(token.end)
    }

    fn block_entry_part(&mut self, otherwise: Mark) -> Result<NodeId, Fault> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => Ok(self.empty(otherwise)),
            _ => self.node(Place::BlockOrIndentless),
        }
    }

    fn flow_sequence(&mut self) -> Result<Vec<NodeId>, Fault> {
        let start = self.scanner.peek()?.start;
        self.scanner.skip_token();
        let mut items = Vec::new();
        loop {
            let token = self.next_flow_entry(items.is_empty(), &Kind::FlowSequenceEnd, "']'", start)?;
            match token.kind {
                Kind::FlowSequenceEnd => {
                    self.scanner.skip_token();
                    return Ok(items);
                }
                Kind::Key => {
                    self.scanner.skip_token();
                    let properties = Properties { start: token.start, anchor: None, tag: String::new() };
                    let id = self.add(properties, Content::Mapping(Vec::new()));
                    let key = self.flow_sequence_key()?;
                    let value = self.flow_value(&Kind::FlowSequenceEnd)?;
                    items.push(self.fill(id, Content::Mapping(vec![(key, value)])));
                }
                _ => items.push(self.node(Place::Flow)?),
            }
        }
    }

    /// Where a key is missing, go-yaml takes the token behind it for read.
    /// Models parserc.go yaml_parser_parse_flow_sequence_entry_mapping_key.
    fn flow_sequence_key(&mut self) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        match token.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                self.scanner.skip_token();
                Ok(self.empty(token.end))
            }
            _ => self.node(Place::Flow),
        }
    }

    fn flow_mapping(&mut self) -> Result<Vec<(NodeId, NodeId)>, Fault> {
        let start = self.scanner.peek()?.start;
        self.scanner.skip_token();
        let mut entries = Vec::new();
        loop {
            let token = self.next_flow_entry(entries.is_empty(), &Kind::FlowMappingEnd, "'}'", start)?;
            match token.kind {
                Kind::FlowMappingEnd => {
                    self.scanner.skip_token();
                    return Ok(entries);
                }
                Kind::Key => {
                    self.scanner.skip_token();
                    let key = self.flow_part(&[Kind::Value, Kind::FlowEntry, Kind::FlowMappingEnd])?;
                    let value = self.flow_value(&Kind::FlowMappingEnd)?;
                    entries.push((key, value));
                }
                _ => {
                    let key = self.node(Place::Flow)?;
                    let mark = self.scanner.peek()?.start;
                    let value = self.empty(mark);
                    entries.push((key, value));
                }
            }
        }
    }

    /// Goes past the comma between entries.
    fn next_flow_entry(&mut self, first: bool, end: &Kind, bracket: &str, start: Mark) -> Result<Token, Fault> {
        let token = self.scanner.peek()?;
        if first || token.kind == *end {
            return Ok(token);
        }
        if token.kind != Kind::FlowEntry {
            let problem = format!("did not find expected ',' or {bracket}");
            return Err(Fault::parsing(&problem, token.start, Some(start)));
        }
        self.scanner.skip_token();
        self.scanner.peek()
    }

    fn flow_value(&mut self, end: &Kind) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        if token.kind != Kind::Value {
            return Ok(self.empty(token.start));
        }
        self.scanner.skip_token();
        self.flow_part(&[Kind::FlowEntry, end.clone()])
    }

    fn flow_part(&mut self, absent_before: &[Kind]) -> Result<NodeId, Fault> {
        let token = self.scanner.peek()?;
        if absent_before.contains(&token.kind) { Ok(self.empty(token.start)) } else { self.node(Place::Flow) }
    }
}
