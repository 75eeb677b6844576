//! Which images exist, and where: on the node, in the hub, or nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Declaration, ImageReference};

/// Where an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the node: starts without a pull.
    Node,
    /// In the hub: must be pulled first.
    Hub,
    /// On the learner's own machine only, as after `docker build`.
    Local,
}

/// What the registry says about an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// The program.
    pub declaration: Arc<Declaration>,
    /// `sha256:…` of the image's configuration.
    pub image_id: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// The answer to a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// The hub has it.
    Found(ImageInfo),
    /// The hub does not have it; the text of the runtime's error.
    Failed(String),
}

/// All images.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    images: BTreeMap<ImageReference, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    info: ImageInfo,
    on_node: bool,
    in_hub: bool,
    local: bool,
}

impl Registry {
    /// Nothing at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The image on the node.
    pub fn on_node(&self, reference: &ImageReference) -> Option<&ImageInfo> {
        self.images.get(reference).filter(|entry| entry.on_node).map(|entry| &entry.info)
    }

    /// What a pull from the hub would give.
    pub fn pull(&self, reference: &ImageReference) -> Pull {
        match self.images.get(reference) {
            Some(entry) if entry.in_hub => Pull::Found(entry.info.clone()),
            _ => Pull::Failed(not_found(reference)),
        }
    }

    /// A pull has ended: the image is on the node from now on.
    pub fn pulled(&mut self, reference: &ImageReference) {
        if let Some(entry) = self.images.get_mut(reference) {
            entry.on_node = true;
        }
    }

    /// Puts an image somewhere, in place of one of the same name.
    pub fn put(&mut self, reference: ImageReference, declaration: Arc<Declaration>, place: Place) {
        let image_id = format!("sha256:{}", digest(&declaration));
        let size_bytes = declaration.size_bytes.unwrap_or(DEFAULT_SIZE_BYTES);
        let info = ImageInfo { declaration, image_id, size_bytes };
        let entry = self.images.entry(reference).or_insert_with(|| Entry {
            info: info.clone(),
            on_node: false,
            in_hub: false,
            local: false,
        });
        entry.info = info;
        match place {
            Place::Node => entry.on_node = true,
            Place::Hub => entry.in_hub = true,
            Place::Local => entry.local = true,
        }
    }
}

const DEFAULT_SIZE_BYTES: u64 = 7_000_000;

/// 64 hexadecimal digits that depend on the whole declaration.
fn digest(declaration: &Declaration) -> String {
    let text = serde_json::to_string(declaration).unwrap_or_default();
    let mut random = crate::sim::Random::derive(0, &text);
    (0..8).map(|_| format!("{:08x}", random.next_u32())).collect()
}

/// containerd's error for an image that the hub does not have.
fn not_found(reference: &ImageReference) -> String {
    let name = reference.full();
    format!(
        "rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": failed to resolve reference \"{name}\": {name}: not found"
    )
}
