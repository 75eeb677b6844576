//! The caption: what happens just now, in a sentence.

use hellok8s_lab::explanations::Caption;
use hellok8s_lab::lab::story::Beat;
use hellok8s_lab::lang::Lang;
use leptos::prelude::*;

use super::Simulation;

/// What the caption tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The beat's number in its history.
    pub beat: usize,
    /// When it was, in simulated milliseconds.
    pub at_ms: u64,
    /// The decision that it tells, if it tells one: its place in the log of decisions.
    pub decision: Option<usize>,
    /// How many things of one kind it tells of at once.
    pub count: u32,
}

impl Shown {
    pub(super) fn of(number: usize, beat: &Beat) -> Self {
        Self { beat: number, at_ms: beat.at_ms, decision: beat.decision, count: beat.count }
    }
}

impl Simulation {
    /// The caption in words, also when it changes.
    pub fn say_caption(self, lang: Lang) -> Option<Caption> {
        let shown = self.caption.get()?;
        self.core.with_value(|core| Some(core.story.beats().get(shown.beat)?.caption(core.lab.cluster(), lang)))
    }

    /// The decision that the caption tells of, also when it changes: its place in the log of decisions.
    pub fn caption_decision(self) -> Option<usize> {
        self.caption.get()?.decision
    }
}
