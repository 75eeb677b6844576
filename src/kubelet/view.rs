//! What the page draws of a pod beyond its status: probe activity and countdowns.

use crate::sim::SimTime;

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Restarts the container when it fails.
    Liveness,
    /// Lets traffic in.
    Readiness,
    /// Holds the other two back.
    Startup,
}

impl ProbeKind {
    /// The word in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Readiness => "Readiness",
            Self::Startup => "Startup",
        }
    }
}

/// One probe that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbePulse {
    /// When it was sent.
    pub at: SimTime,
    /// The pod's uid.
    pub uid: String,
    /// The container.
    pub container: String,
    /// Which probe.
    pub kind: ProbeKind,
    /// Whether it succeeded.
    pub success: bool,
    /// HTTP status, when there was one.
    pub status_code: Option<u16>,
}

/// A container's probe as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView {
    /// Which probe.
    pub kind: ProbeKind,
    /// The latest probe that was made.
    pub last: Option<ProbePulse>,
    /// When the next one is due; none while it is on hold.
    pub next_at: Option<SimTime>,
    /// Until when the initial delay holds it back.
    pub initial_delay_until: Option<SimTime>,
    /// Equal results in a row.
    pub result_run: u32,
    /// How many failures in a row make the probe fail.
    pub failure_threshold: u32,
}

/// A container as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Name.
    pub name: String,
    /// Until when it is held back after a crash or a failed pull.
    pub back_off_until: Option<SimTime>,
    /// How long that back-off is in all, in milliseconds.
    pub back_off_ms: u64,
    /// Its probes.
    pub probes: Vec<ProbeView>,
}

/// A pod as the page draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Its containers, init containers first.
    pub containers: Vec<ContainerView>,
    /// When the grace period ends and SIGKILL comes.
    pub grace_until: Option<SimTime>,
    /// How far the pod's start has come, in thousandths, while it is being created.
    pub starting_permille: Option<u32>,
}
