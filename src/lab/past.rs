//! The history that is shown, and the one that it took the place of.

use super::history::History;
use crate::cluster::Cluster;
use crate::sim::SimTime;

/// Where a lab has been.
#[derive(Clone, Debug)]
pub struct Past {
    /// What led to the present, and what came after it while the present lies before the end.
    pub history: History,
    /// The history that this one took the place of last.
    former: Option<History>,
}

impl Past {
    /// Nothing has been yet.
    pub fn new(history: History) -> Self {
        Self { history, former: None }
    }

    /// Somebody changed the cluster. Before the end of the history this begins another one, and the one that was is kept.
    pub fn changed_from_outside(&mut self, cluster: &Cluster) {
        if cluster.now() < self.history.end() {
            self.former = Some(self.history.clone());
        }
        self.history.changed_from_outside(cluster);
    }

    /// Whether there is a history to go back to.
    pub fn has_former(&self) -> bool {
        self.former.is_some()
    }

    /// Goes back to the history that was there before the present one, and answers where that ended.
    pub fn restore_former(&mut self) -> Option<SimTime> {
        let former = self.former.take()?;
        self.history = self.history.clone().replaced_by(former);
        Some(self.history.end())
    }
}
