//! The caption: what happens just now, in a sentence.

use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::explanations::{self, Caption};
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
    /// The latest decision of a controller.
    pub(super) fn latest(cluster: &Cluster) -> Option<Self> {
        let decisions = cluster.decisions();
        let is_told = |at: &usize| {
            decisions.get(*at).is_some_and(|decision| matches!(decision.controller, "deployment" | "replicaset"))
        };
        let at = (0..decisions.len()).rev().take(200).find(is_told)?;
        Some(Self { beat: at, at_ms: decisions.get(at)?.t_ms, decision: Some(at), count: 1 })
    }
}

impl Simulation {
    /// The caption in words, also when it changes.
    pub fn say_caption(self, lang: Lang) -> Option<Caption> {
        let number = self.caption_decision()?;
        self.with(|lab| Some(explanations::caption(lab.cluster().decisions().get(number)?, lang)))
    }

    /// The decision that the caption tells of, also when it changes: its place in the log of decisions.
    pub fn caption_decision(self) -> Option<usize> {
        self.caption.get()?.decision
    }
}
