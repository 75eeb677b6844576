//! The loop that lets the parts act: step, run_until, checkpoints, decisions.

mod decision;

pub use decision::{Decision, Reason};
