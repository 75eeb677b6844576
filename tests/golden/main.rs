//! `cargo test --test golden`: our functions against tables computed by Kubernetes' own code.
//!
//! The tables come from `$GOLDEN_DIR`, or from this folder. Each test prints `TABLE: N rows, M differ` and fails
//! when M > 0.

mod api_machinery;
mod controllers;
mod kubectl;
mod kubelet;
mod table;
