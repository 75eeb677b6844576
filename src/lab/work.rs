//! Commands at work: they take simulated time, and are answered also where time stands still.

use super::Lab;
use crate::client::CallTimes;
use crate::sim::SimTime;

/// Whoever stops time, or goes elsewhere in it, lets the commands that are at work go on for so long at most.
pub const LONGEST_WORK_MS: u64 = 10_000;

impl Lab {
    /// As [`Lab::submit`], and lets time pass until no command is at work: what remains waits for changes, or sleeps.
    pub fn command(&mut self, terminal: usize, line: &str) {
        self.submit(terminal, line);
        self.finish_work(LONGEST_WORK_MS);
    }

    /// Until when a command is at work at least; none when those that run wait or sleep. Whoever has stopped time lets it
    /// go on until then, so that a command is answered.
    pub fn works_until(&self) -> Option<SimTime> {
        self.desk.works_until().map(|at| at.max(self.now()))
    }

    /// Whether a terminal's command is at work, also one in the background.
    pub fn is_at_work(&self, terminal: usize) -> bool {
        self.desk.terminal(terminal).is_some_and(|terminal| terminal.works_until().is_some())
    }

    /// Lets time pass until no command is at work, at most so many milliseconds.
    pub fn finish_work(&mut self, most_ms: u64) {
        let limit = self.now() + most_ms;
        while let Some(at) = self.works_until().filter(|at| *at <= limit) {
            self.run_until(at);
        }
    }

    /// As [`Lab::ahead`], where commands take no time: only their outcome is asked for.
    pub fn ahead_at_once(&self) -> Self {
        let mut lab = self.ahead();
        lab.cluster.set_call_times(CallTimes::NONE);
        lab
    }
}
