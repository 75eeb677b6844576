//! Expectations: what a ReplicaSet's controller has asked for and not yet seen. Until it has, it asks for nothing more.

use std::collections::{BTreeMap, BTreeSet};

use crate::sim::SimTime;
use crate::sorting;

/// How long the controller waits for what it has asked for. Models controller.ExpectationsTimeout.
pub const EXPECTATIONS_TIMEOUT_MS: u64 = 5 * 60 * 1000;

/// The expectations of every ReplicaSet, by `namespace/name`.
/// Models pkg/controller/controller_utils.go UIDTrackingControllerExpectations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    by_key: BTreeMap<String, Expectation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Expectation {
    creations: i64,
    deletions: i64,
    /// `namespace/name` of pods whose deletion has not been seen.
    pods: BTreeSet<String>,
    at: SimTime,
}

impl Expectations {
    /// Whether the controller may act: everything was seen, or nothing is expected, or it has waited long enough.
    /// Models ControllerExpectations.SatisfiedExpectations.
    pub fn are_satisfied(&self, key: &str, now: SimTime) -> bool {
        self.by_key.get(key).is_none_or(|expected| {
            (expected.creations <= 0 && expected.deletions <= 0) || now.ms_since(expected.at) > EXPECTATIONS_TIMEOUT_MS
        })
    }

    /// What is still expected: creations and deletions. Models ControlleeExpectations.GetExpectations.
    pub fn pending(&self, key: &str) -> Option<(i64, i64)> {
        self.by_key.get(key).map(|expected| (expected.creations, expected.deletions))
    }

    /// Before creating `count` pods.
    pub fn expect_creations(&mut self, key: &str, count: usize, now: SimTime) {
        let creations = i64::try_from(count).unwrap_or(i64::MAX);
        let pods = self.by_key.remove(key).map(|expected| expected.pods).unwrap_or_default();
        self.by_key.insert(key.to_owned(), Expectation { creations, deletions: 0, pods, at: now });
    }

    /// Before deleting `pods` (`namespace/name` each).
    pub fn expect_deletions(&mut self, key: &str, pods: impl IntoIterator<Item = String>, now: SimTime) {
        let pods: BTreeSet<String> = sorting::set(pods);
        let deletions = i64::try_from(pods.len()).unwrap_or(i64::MAX);
        self.by_key.insert(key.to_owned(), Expectation { creations: 0, deletions, pods, at: now });
    }

    /// A pod of this ReplicaSet has appeared, or its creation was given up.
    pub fn creation_observed(&mut self, key: &str) {
        if let Some(expected) = self.by_key.get_mut(key) {
            expected.creations -= 1;
        }
    }

    /// A pod of this ReplicaSet is being deleted, or has vanished, or its deletion was given up. Counted once a pod.
    pub fn deletion_observed(&mut self, key: &str, pod: &str) {
        if let Some(expected) = self.by_key.get_mut(key)
            && expected.pods.remove(pod)
        {
            expected.deletions -= 1;
        }
    }

    /// The ReplicaSet is gone.
    pub fn forget(&mut self, key: &str) {
        self.by_key.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creations_are_counted_down() {
        let mut expectations = Expectations::default();
        assert!(expectations.are_satisfied("default/web", SimTime::ZERO));
        expectations.expect_creations("default/web", 2, SimTime::ZERO);
        assert!(!expectations.are_satisfied("default/web", SimTime::ZERO));
        for _ in 0..3 {
            expectations.creation_observed("default/web");
        }
        assert!(expectations.are_satisfied("default/web", SimTime::ZERO));
        assert_eq!(expectations.pending("default/web"), Some((-1, 0)));
    }

    #[test]
    fn a_deletion_counts_once() {
        let mut expectations = Expectations::default();
        let pods = ["default/a", "default/b"].map(str::to_owned);
        expectations.expect_deletions("default/web", pods, SimTime::ZERO);
        expectations.deletion_observed("default/web", "default/a");
        expectations.deletion_observed("default/web", "default/a");
        expectations.deletion_observed("default/web", "default/other");
        assert!(!expectations.are_satisfied("default/web", SimTime::ZERO));
        expectations.deletion_observed("default/web", "default/b");
        assert!(expectations.are_satisfied("default/web", SimTime::ZERO));
    }

    #[test]
    fn waiting_ends_after_five_minutes() {
        let mut expectations = Expectations::default();
        expectations.expect_creations("default/web", 1, SimTime::ZERO);
        assert!(!expectations.are_satisfied("default/web", SimTime(EXPECTATIONS_TIMEOUT_MS)));
        assert!(expectations.are_satisfied("default/web", SimTime(EXPECTATIONS_TIMEOUT_MS + 1)));
    }
}
