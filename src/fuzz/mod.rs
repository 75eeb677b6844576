//! Random worlds, watched at every step: what is found is made as small as it can be and told as a session.
//!
//! A world is a seed and a list of [`Action`]s; [`play`] plays it with [`crate::invariants`] looking on, and compares what
//! a copy of a moment, a way back and a replay come to. [`run`] plays one seed and shrinks what it finds.

mod actions;
mod play;
mod shrink;

use crate::invariants::Violation;
use crate::session::Session;

pub use actions::{Action, draw};
pub use play::{play, play_session};

/// What a seed has found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// What does not hold, in the smallest world in which it was seen.
    pub violation: Violation,
    /// That world, as it can be done again.
    pub session: Session,
}

/// Plays one seed; what it finds is shrunk.
pub fn run(seed: u64) -> Option<Finding> {
    let actions = draw(seed);
    let (violation, _) = play(seed, &actions)?;
    let smallest =
        shrink::shrink(&actions, |fewer| play(seed, fewer).is_some_and(|(other, _)| other.rule == violation.rule));
    let (violation, session) = play(seed, &smallest)?;
    Some(Finding { seed, violation, session })
}
