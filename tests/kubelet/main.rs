//! Pods on a node without the rest of the cluster: what the kubelet reports, and when.

// A test that finds something else than it expects may end at once.
#![allow(clippy::indexing_slicing, clippy::expect_used)]

mod ending;
mod node;
mod probes;
mod starting;
mod steps;
mod told;
