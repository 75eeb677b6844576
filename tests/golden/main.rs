//! `cargo test --test golden`: our functions against tables computed by Kubernetes' own code.
//!
//! The tables come from `$GOLDEN_DIR`, or from this folder. Each test prints `TABLE: N rows, M differ` and fails
//! when M > 0.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod api_machinery;
mod container;
mod controllers;
mod drain;
mod gates;
mod horizontal;
mod kubectl;
mod kubelet;
mod manifest;
mod node;
mod probes;
mod recorder;
mod scheduler;
mod table;
mod validation;
