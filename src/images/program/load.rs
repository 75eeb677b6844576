//! What a running program uses, and what follows from it.

use super::requests::Taken;
use super::{OOM_KILLED, Program};
use crate::images::Declaration;
use crate::images::meter::Usage;
use crate::sim::SimTime;

impl Program {
    /// It is ended when it needs more memory than it may have, as far as that is known now.
    pub(super) fn mind_memory(&mut self, now: SimTime) {
        if self.exit.as_ref().is_some_and(|exit| exit.at > now && exit.reason == OOM_KILLED) {
            // What it declares to end with, it ends with nevertheless.
            self.exit = self.declared_exit();
        }
        let Some(at) = self.meter.overflows_at(&self.declaration.uses) else { return };
        if self.exit.as_ref().is_none_or(|known| at < known.at) {
            self.run_out_of_memory(at);
        }
    }

    /// From now on it uses so much besides what it does anyhow; nothing given stays as it is.
    pub fn load(&mut self, cpu_milli: Option<u64>, memory_bytes: Option<u64>, now: SimTime) {
        self.meter.load(&self.declaration.uses, cpu_milli, memory_bytes, now);
        self.mind_memory(now);
    }

    /// What was seen of it when the node last looked.
    pub fn usage(&self, now: SimTime) -> Usage {
        self.meter.seen(&self.declaration.uses, now)
    }

    /// What is answered costs processor time and memory, and takes longer where there is little of the former.
    pub(super) fn work_on<'a>(&mut self, taken: Taken<'a>, declaration: &Declaration, now: SimTime) -> Taken<'a> {
        let Taken::Answer { status, body, latency_ms, route } = taken else { return taken };
        let takes_ms = self.meter.take(&declaration.uses, latency_ms, now);
        self.mind_memory(now);
        match takes_ms {
            Some(latency_ms) => Taken::Answer { status, body, latency_ms, route },
            None => Taken::Hangs,
        }
    }
}
