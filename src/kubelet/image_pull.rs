//! Makes sure that a container's image is on the node. Models pkg/kubelet/images/image_manager.go.

use std::collections::BTreeMap;

use super::back_off::BackOff;
use crate::api::{EventType, KubernetesVersion};
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
    /// The runtime does not say whether it has it.
    InspectFailed(String),
}

/// Why a pull failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullError {
    /// `ErrImagePull`, `RegistryUnavailable` or `SignatureValidationFailed`.
    pub reason: &'static str,
    /// What the container's status says.
    pub message: String,
    /// The runtime's own words, which the event has.
    pub error: String,
}

/// Why a container waits for its image, and the event that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Reason of the container's state.
    pub reason: &'static str,
    /// Its message.
    pub message: String,
    /// Type, reason and message of the event; the event `Failed` with the state's reason comes behind it.
    pub event: (EventType, &'static str, String),
}

impl Need {
    /// What is told where the container cannot start yet; none where its image is there or on the way.
    pub fn waiting(&self, image: &str, version: KubernetesVersion) -> Option<Waiting> {
        let warning = |reason, event, message: String| {
            Some(Waiting { reason, message: message.clone(), event: (EventType::Warning, event, message) })
        };
        match self {
            Self::Present(..) | Self::Pull(_) => None,
            Self::BackOff { error, .. } => {
                let mut message = format!("Back-off pulling image {image:?}");
                let event = (EventType::Normal, "BackOff", message.clone());
                if let Some(error) = error.as_ref().filter(|_| version.repeats_pull_error()) {
                    message = format!("{message}: {error}");
                }
                Some(Waiting { reason: "ImagePullBackOff", message, event })
            }
            Self::NeverPull => {
                let message = format!("Container image {image:?} is not present with pull policy of Never");
                warning("ErrImageNeverPull", "ErrImageNeverPull", message)
            }
            Self::InvalidName(why) => warning(
                "InvalidImageName",
                "InspectFailed",
                format!("Failed to apply default image tag {image:?}: {why}"),
            ),
            // Go prints the reference that it did not get.
            Self::InspectFailed(why) => {
                warning("ImageInspectError", "InspectFailed", format!("Failed to inspect image \"\": {why}"))
            }
        }
    }
}

impl PullError {
    /// Reads the runtime's answer. Models evalCRIPullErr.
    fn new(image: &str, error: String) -> Self {
        const KNOWN: [(&str, &str); 2] = [
            ("RegistryUnavailable", "the registry is unavailable"),
            ("SignatureValidationFailed", "the signature validation failed"),
        ];
        let known = KNOWN.iter().find_map(|(reason, why)| Some((*reason, *why, error.strip_prefix(reason)?)));
        let (reason, message) = match known {
            Some((reason, why, rest)) => (reason, format!("image pull failed for {image} because {why}{rest}")),
            None => ("ErrImagePull", error.clone()),
        };
        Self { reason, message, error }
    }

    /// The message of the event.
    pub fn event_message(&self, image: &str) -> String {
        format!("Failed to pull image {image:?}: {}", self.error)
    }
}

impl ImagePuller {
    /// Models imageManager.EnsureImageExists up to the pull. `on_node` asks the runtime.
    pub fn need(
        &mut self,
        image: &str,
        policy: &str,
        on_node: impl FnOnce(&ImageReference) -> Result<Option<ImageInfo>, String>,
        now: SimTime,
    ) -> Need {
        let reference = match ImageReference::parse(image) {
            Ok(reference) => reference,
            Err(why) => return Need::InvalidName(why),
        };
        if policy != "Always" {
            match on_node(&reference) {
                Err(why) => return Need::InspectFailed(why),
                Ok(Some(info)) => return Need::Present(reference, info),
                Ok(None) if policy == "Never" => return Need::NeverPull,
                Ok(None) => {}
            }
        }
        if let Some(until) = self.back_off.back_off_until(image, now) {
            let error = self.errors.get(image).cloned();
            return Need::BackOff { error, back_off_ms: self.back_off.get(image), until };
        }
        self.errors.remove(image);
        Need::Pull(reference)
    }

    /// The pull has taken its time: how it ended. Models the rest of imageManager.pullImage.
    ///
    /// # Errors
    /// Why it failed.
    pub fn pulled(&mut self, image: &str, answer: Pull, now: SimTime) -> Result<ImageInfo, PullError> {
        match answer {
            Pull::Found(info) => Ok(info),
            Pull::Failed(error) => {
                self.back_off.next(image, now, now);
                let error = PullError::new(image, error);
                self.errors.insert(image.to_owned(), format!("{}: {}", error.reason, error.message));
                Err(error)
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
