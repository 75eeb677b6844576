//! Makes sure that a container's image is on the node. Models pkg/kubelet/images/image_manager.go.

use std::collections::BTreeMap;

use super::back_off::BackOff;
use crate::images::{ImageInfo, ImageReference, Pull, Registry};
use crate::sim::SimTime;

/// The pulls of one pod: their back-off, and why they failed.
#[derive(Clone, Debug, Default)]
pub struct ImagePuller {
    back_off: BackOff,
    errors: BTreeMap<String, String>,
}

/// The node's pulls, one after the other: a kubelet pulls images serially unless it is told otherwise.
/// Models pkg/kubelet/images/puller.go serialImagePuller.
#[derive(Clone, Debug, Default)]
pub struct PullQueue {
    free_at: SimTime,
    /// The images that the pulls in the queue bring.
    coming: Vec<(SimTime, ImageReference)>,
}

impl PullQueue {
    /// Whether a pull that is in the queue brings this image.
    pub fn brings(&mut self, reference: &ImageReference, now: SimTime) -> bool {
        self.coming.retain(|(at, _)| *at > now);
        self.coming.iter().any(|(_, coming)| coming == reference)
    }

    /// Queues a pull that takes so long: when its turn comes, and when it ends.
    pub fn enter(
        &mut self,
        reference: &ImageReference,
        brings: bool,
        takes_ms: u64,
        now: SimTime,
    ) -> (SimTime, SimTime) {
        let begins = self.free_at.max(now);
        self.free_at = begins + takes_ms;
        if brings {
            self.coming.push((self.free_at, reference.clone()));
        }
        (begins, self.free_at)
    }
}

/// What must be done for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is on the node.
    Present(ImageReference, ImageInfo),
    /// It must be pulled.
    Pull(ImageReference),
    /// The next pull must wait.
    BackOff {
        /// Why the last pull failed, with the reason before it.
        error: Option<String>,
        /// The wait in milliseconds.
        back_off_ms: u64,
        /// When it ends.
        until: SimTime,
    },
    /// It is not on the node, and must not be pulled.
    NeverPull,
    /// Its name is none.
    InvalidName(String),
}

/// How a pull ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The image is on the node now.
    Done(ImageInfo),
    /// The runtime's error.
    Failed(String),
}

impl ImagePuller {
    /// Models imageManager.EnsureImageExists up to the pull.
    pub fn need(&mut self, image: &str, policy: &str, registry: &Registry, now: SimTime) -> Need {
        let reference = match ImageReference::parse(image) {
            Ok(reference) => reference,
            Err(why) => return Need::InvalidName(why),
        };
        if policy != "Always"
            && let Some(info) = registry.on_node(&reference)
        {
            return Need::Present(reference, info.clone());
        }
        if policy == "Never" {
            return Need::NeverPull;
        }
        if let Some(until) = self.back_off.back_off_until(image, now) {
            let error = self.errors.get(image).cloned();
            return Need::BackOff { error, back_off_ms: self.back_off.get(image), until };
        }
        self.errors.remove(image);
        Need::Pull(reference)
    }

    /// The pull has taken its time: how it ended. Models the rest of imageManager.pullImage.
    pub fn pulled(&mut self, image: &str, reference: &ImageReference, registry: &mut Registry, now: SimTime) -> Pulled {
        match registry.pull(reference) {
            Pull::Found(info) => {
                registry.pulled(reference);
                Pulled::Done(info)
            }
            Pull::Failed(error) => {
                self.back_off.next(image, now, now);
                self.errors.insert(image.to_owned(), format!("ErrImagePull: {error}"));
                Pulled::Failed(error)
            }
        }
    }

    /// Whether the hub has the image: decides how long the pull takes.
    pub fn will_succeed(reference: &ImageReference, registry: &Registry) -> bool {
        matches!(registry.pull(reference), Pull::Found(_))
    }

    /// The wait that holds for an image now: in all, and until when.
    pub fn wait(&self, image: &str, now: SimTime) -> Option<(u64, SimTime)> {
        self.back_off.back_off_until(image, now).map(|until| (self.back_off.get(image), until))
    }
}
