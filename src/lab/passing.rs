//! How time passes, forth and back, and what somebody does to the cluster from outside.

use super::recording::Input;
use super::{LONGEST_WORK_MS, Lab};
use crate::cluster::Cluster;
use crate::sim::SimTime;

impl Lab {
    /// When something happens next, in the cluster or in a terminal; in the past also, when something was done.
    pub fn next_at(&self) -> SimTime {
        let done = self.past.history.next_change(self.now()).map_or(SimTime::NEVER, Cluster::now);
        self.cluster.next_at().min(self.desk.next_at().unwrap_or(SimTime::NEVER)).min(done).max(self.now())
    }

    /// Handles the next event, and returns when that was; the present when nothing is to come.
    pub fn step(&mut self) -> SimTime {
        if self.next_at() != SimTime::NEVER {
            self.handle_next();
            self.recording.stepped();
        }
        self.now()
    }

    fn handle_next(&mut self) {
        let next = self.next_at();
        let done = self.past.history.next_change(self.now()).filter(|cluster| cluster.now() <= next);
        if let Some(cluster) = done {
            // What was done at this moment of the past is done again.
            self.cluster = cluster.clone();
        } else if self.cluster.next_at() <= next {
            self.cluster.step();
        } else {
            self.cluster.run_until(next);
        }
        self.after_time_passed();
    }

    /// Handles everything up to and including `until`, and makes that the present.
    pub fn run_until(&mut self, until: SimTime) {
        let is_due = self.next_at() <= until;
        if !is_due && until <= self.now() {
            return;
        }
        while self.next_at() <= until && self.next_at() != SimTime::NEVER {
            self.handle_next();
        }
        self.cluster.run_until(until.max(self.now()));
        self.after_time_passed();
        let anchor = self.anchor();
        self.recording.ran(anchor);
    }

    fn after_time_passed(&mut self) {
        let has_changed = self.cluster.log().len() > self.seen;
        if self.desk.is_due(self.now(), has_changed) {
            self.poll_terminals();
        }
        self.seen = self.cluster.log().len();
        self.past.history.time_passed(&self.cluster);
    }

    /// Does something to the cluster from outside: traffic, trouble, images. What came after this moment in an earlier
    /// history is gone.
    pub fn intervene<T>(&mut self, act: impl FnOnce(&mut Cluster) -> T) -> T {
        self.touches += 1;
        let before = self.outside_changes();
        let outcome = act(&mut self.cluster);
        self.after_changes(before);
        outcome
    }

    pub(super) fn after_changes(&mut self, before: (u64, u64)) {
        self.cluster.settle();
        if self.outside_changes() != before {
            self.past.changed_from_outside(&self.cluster);
        }
    }

    /// Rises when somebody changes something: through the API server or past it.
    pub(super) fn outside_changes(&self) -> (u64, u64) {
        (self.cluster.api.store().resource_version(), self.cluster.interventions())
    }

    /// The last moment that was reached: a seek can go no further.
    pub fn end(&self) -> SimTime {
        self.past.history.end().max(self.now())
    }

    /// Goes to a moment between the beginning and [`Lab::end`]: the cluster is then as it was. What is done from there
    /// on begins another history.
    pub fn seek(&mut self, to: SimTime) {
        let to = to.min(self.end());
        if to != self.now() {
            self.finish_work(LONGEST_WORK_MS);
            // What was at work in the past may have begun another history, and that one ends here.
            let to = to.min(self.end());
            if to == self.now() {
                return;
            }
            self.show(to);
            let anchor = self.anchor();
            self.recording.sought(anchor);
        }
    }

    /// The cluster as it was at a moment between the beginning and [`Lab::end`], to look at beside the present.
    pub fn past(&self, at: SimTime) -> Option<Cluster> {
        self.past.history.at(at.min(self.end()))
    }

    /// How many times something done in the past has begun another history.
    pub fn forks(&self) -> u32 {
        self.past.history.forks()
    }

    /// Whether there is a history to go back to with [`Lab::undo_fork`].
    pub fn can_undo_fork(&self) -> bool {
        self.past.has_former()
    }

    /// Goes back to the end of the history that was there before something done in the past began another one.
    pub fn undo_fork(&mut self) {
        if !self.can_undo_fork() {
            return;
        }
        self.finish_work(LONGEST_WORK_MS);
        let Some(end) = self.past.restore_former() else { return };
        self.recording.done(Input::UndoFork, &self.desk.files);
        self.show(end);
        self.settle();
    }

    fn show(&mut self, at: SimTime) {
        self.touches += 1;
        if let Some(cluster) = self.past.history.at(at) {
            self.cluster = cluster;
            self.seen = self.cluster.log().len();
        }
    }
}
