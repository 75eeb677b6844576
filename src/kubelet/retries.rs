//! What the kubelet remembers of containers that it could not start, or that crashed: why, and how long they wait.

use std::sync::Arc;

use super::back_off::{BackOff, CrashBackOff};
use super::image_pull::ImagePuller;
use super::status::generate::Reasons;
use crate::sim::SharedMap;

/// The memory of one pod's failures. A kubelet that is started anew has none.
#[derive(Clone, Debug, Default)]
pub struct Retries {
    /// Why containers could not be started, for the status.
    pub reasons: Reasons,
    /// The waits after crashes.
    pub crash_back_off: BackOff,
    /// The last wait of each container after a crash; it holds until its end.
    pub held_back: SharedMap<Arc<str>, CrashBackOff>,
    /// The pulls and their waits.
    pub puller: ImagePuller,
}
