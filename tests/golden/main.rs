//! `cargo test --test golden`: our functions against tables computed by Kubernetes' own code.
//!
//! The tables come from `$GOLDEN_DIR`, or from this folder. Each test prints `TABLE: N rows, M differ` and fails
//! when M > 0.

// A table that cannot be read, or a row without its field, should stop the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod table;
