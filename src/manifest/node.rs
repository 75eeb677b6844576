//! A document as it was written: nodes with their places, anchors and aliases not yet followed.

use super::fault::Mark;

/// Where a node stands in its [`Tree`].
pub(super) type NodeId = usize;

#[derive(Clone, Debug)]
pub(super) enum Content {
    Scalar {
        text: String,
        /// Whether the text's form decides what it means (`true` the boolean, not `"true"`).
        implicit: bool,
    },
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
    Alias {
        name: String,
        target: NodeId,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub mark: Mark,
    /// The full tag, empty when there is none.
    pub tag: String,
    pub content: Content,
}

/// The nodes of one document.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub root: Option<NodeId>,
}

impl Tree {
    pub fn add(&mut self, mark: Mark, tag: String, content: Content) -> NodeId {
        self.nodes.push(Node { mark, tag, content });
        self.nodes.len() - 1
    }

    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }
}
