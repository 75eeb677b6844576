//! Which Kubernetes the lab is. Every difference between the profiles is decided by a method here.

use serde::{Deserialize, Serialize};

/// The profiles: the present release, and the one that the hellok8s tutorial shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KubernetesVersion {
    /// The release that the tutorial's outputs were made with.
    #[serde(rename = "1.22")]
    V1_22,
    /// The default.
    #[default]
    #[serde(rename = "1.36")]
    V1_36,
}

impl KubernetesVersion {
    /// `1.36`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_22 => "1.22",
            Self::V1_36 => "1.36",
        }
    }

    /// Reads `1.36` or `1.22`.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::V1_22, Self::V1_36].into_iter().find(|version| version.as_str() == text)
    }

    /// The kubelet's event when a container has been created (`Created container X` before 1.35).
    pub fn container_created(self, container: &str) -> String {
        match self {
            Self::V1_22 => format!("Created container {container}"),
            Self::V1_36 => "Container created".to_owned(),
        }
    }

    /// The kubelet's event when a container has been started.
    pub fn container_started(self, container: &str) -> String {
        match self {
            Self::V1_22 => format!("Started container {container}"),
            Self::V1_36 => "Container started".to_owned(),
        }
    }
}
