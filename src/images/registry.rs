//! Which images exist, and where: on the node, in the hub, or nowhere.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::{Declaration, Faults, ImageReference};

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
    /// What somebody has changed about its containers.
    pub faults: Faults,
}

/// The answer to a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pull {
    /// The hub has it.
    Found(ImageInfo),
    /// The hub does not have it; the text of the runtime's error.
    Failed(String),
}

type Images = BTreeMap<ImageReference, Entry>;

/// All images.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Until somebody asks for an image, nothing has been read of those that a lab begins with: the page starts quicker.
    images: OnceLock<Images>,
    /// Changes that were made from outside.
    revision: u64,
}

impl Default for Registry {
    /// As a lab begins: the tutorial's images and nginx on the node, busybox and alpine in the hub.
    fn default() -> Self {
        Self { images: OnceLock::new(), revision: 0 }
    }
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
        Self { images: OnceLock::from(Images::new()), revision: 0 }
    }

    fn images(&self) -> &Images {
        static BUILTIN: OnceLock<Images> = OnceLock::new();
        let builtin = || {
            let mut registry = Self::empty();
            super::builtin::fill(&mut registry);
            registry.images.into_inner().unwrap_or_default()
        };
        self.images.get_or_init(|| BUILTIN.get_or_init(builtin).clone())
    }

    fn entry_mut(&mut self, reference: &ImageReference) -> Option<&mut Entry> {
        self.images();
        self.images.get_mut()?.get_mut(reference)
    }

    /// Rises with every change that somebody makes; a pull is none.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether the image exists anywhere.
    pub fn knows(&self, reference: &ImageReference) -> bool {
        self.images().contains_key(reference)
    }

    /// The image, wherever it is.
    pub fn find(&self, reference: &ImageReference) -> Option<&ImageInfo> {
        self.images().get(reference).map(|entry| &entry.info)
    }

    /// The image's faults, to change them; none when there is no such image.
    pub fn faults_mut(&mut self, reference: &ImageReference) -> Option<&mut Faults> {
        self.revision += 1;
        self.entry_mut(reference).map(|entry| &mut entry.info.faults)
    }

    /// The images with faults.
    pub fn faulty(&self) -> impl Iterator<Item = (&ImageReference, &Faults)> {
        // Those that nobody has asked for have none.
        self.images
            .get()
            .into_iter()
            .flatten()
            .filter(|(_, entry)| !entry.info.faults.is_empty())
            .map(|(name, entry)| (name, &entry.info.faults))
    }

    /// The image on the node.
    pub fn on_node(&self, reference: &ImageReference) -> Option<&ImageInfo> {
        self.images().get(reference).filter(|entry| entry.on_node).map(|entry| &entry.info)
    }

    /// What a pull from the hub would give.
    pub fn pull(&self, reference: &ImageReference) -> Pull {
        match self.images().get(reference) {
            Some(entry) if entry.in_hub => Pull::Found(entry.info.clone()),
            _ => Pull::Failed(not_found(reference)),
        }
    }

    /// A pull has ended: the image is on the node from now on.
    pub fn pulled(&mut self, reference: &ImageReference) {
        if let Some(entry) = self.entry_mut(reference) {
            entry.on_node = true;
        }
    }

    /// The images at a place, by name.
    pub fn list(&self, place: Place) -> impl Iterator<Item = (&ImageReference, &ImageInfo)> {
        self.images()
            .iter()
            .filter(move |(_, entry)| entry.is_at(place))
            .map(|(reference, entry)| (reference, &entry.info))
    }

    /// Copies an image that is at `from` to `to` as well (`docker push`, `minikube image load`); answers whether
    /// there was one.
    pub fn copy(&mut self, reference: &ImageReference, from: Place, to: Place) -> bool {
        self.revision += 1;
        match self.entry_mut(reference) {
            Some(entry) if entry.is_at(from) => {
                *entry.place(to) = true;
                true
            }
            _ => false,
        }
    }

    /// Takes an image away from a place (`docker rmi`); answers whether it was there.
    pub fn remove(&mut self, reference: &ImageReference, place: Place) -> bool {
        self.revision += 1;
        self.entry_mut(reference).is_some_and(|entry| std::mem::replace(entry.place(place), false))
    }

    /// Puts an image somewhere, in place of one of the same name.
    pub fn put(&mut self, reference: ImageReference, declaration: Arc<Declaration>, place: Place) {
        self.revision += 1;
        let image_id = format!("sha256:{}", digest(&declaration));
        let size_bytes = declaration.size_bytes.unwrap_or(DEFAULT_SIZE_BYTES);
        let info = ImageInfo { declaration, image_id, size_bytes, faults: Faults::default() };
        self.images();
        let Some(images) = self.images.get_mut() else { return };
        let entry = images.entry(reference).or_insert_with(|| Entry {
            info: info.clone(),
            on_node: false,
            in_hub: false,
            local: false,
        });
        entry.info = info;
        *entry.place(place) = true;
    }
}

impl Entry {
    fn is_at(&self, place: Place) -> bool {
        match place {
            Place::Node => self.on_node,
            Place::Hub => self.in_hub,
            Place::Local => self.local,
        }
    }

    fn place(&mut self, place: Place) -> &mut bool {
        match place {
            Place::Node => &mut self.on_node,
            Place::Hub => &mut self.in_hub,
            Place::Local => &mut self.local,
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
