//! How long a cluster keeps what is over: events as the API server does, and the entries of the logs.

use super::Cluster;
use crate::api::{Kind, Object};
use crate::apiserver::{Change, ChangeType, DeleteOptions, Key};
use crate::sim::{Log, SimTime};

/// For so long after its last write an event is stored. Models kube-apiserver's --event-ttl, of an hour
/// (pkg/controlplane/apiserver/options), which registry/core/event/storage begins anew with every write.
const EVENT_TTL_MS: u64 = 3_600_000;
/// Entries of a log that are held however old they are, and how old the others may become.
const LOG_ENTRIES: usize = 4_000;
const LOG_MS: u64 = 3_600_000;

/// The writes of events whose time is not over, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Expiries {
    writes: Log<Write>,
    /// Those before this one are over.
    over: usize,
}

#[derive(Clone, Debug)]
struct Write {
    at: SimTime,
    key: Key,
    version: u64,
}

impl Expiries {
    /// When the next event's time is over.
    pub(super) fn next_at(&self) -> SimTime {
        self.writes.get(self.over).map_or(SimTime::NEVER, |write| write.at + EVENT_TTL_MS)
    }

    /// Takes the write that is over first.
    fn pop(&mut self) -> Option<Write> {
        let write = self.writes.get(self.over)?.clone();
        self.over += 1;
        self.writes.forget(self.over);
        Some(write)
    }
}

impl Cluster {
    /// Notes that an event was written.
    pub(super) fn note_event(&mut self, change: &Change) {
        if let (Object::Event(event), false) = (&change.object, change.kind == ChangeType::Deleted) {
            let (key, version) = (Key::of(&event.metadata), event.metadata.resource_version);
            self.expiries.writes.push(Write { at: self.now, key, version });
        }
    }

    /// Deletes an event whose time is over, if it was not written since.
    pub(super) fn expire_event(&mut self) {
        let Some(Write { key, version, .. }) = self.expiries.pop() else { return };
        let is_last =
            self.api.store().get(Kind::Event, &key).is_some_and(|event| event.metadata().resource_version == version);
        if is_last {
            // Its lease in etcd ends: nobody asks, and nobody can refuse.
            drop(self.api.delete(Kind::Event, &key, &DeleteOptions::default()));
        }
    }

    /// Holds on to the whole of the logs, for who writes them out at the end.
    pub fn keep_logs(&mut self) {
        self.keeps_logs = true;
    }

    /// Lets go of what is old in the logs, a part of each at a time.
    pub(super) fn thin_logs(&mut self) {
        if self.keeps_logs {
            return;
        }
        let oldest = SimTime(self.now.as_ms().saturating_sub(LOG_MS));
        let spare = self.log.len().saturating_sub(LOG_ENTRIES);
        self.log.forget_while(spare, |event| event.at < oldest);
        let spare = self.decisions.len().saturating_sub(LOG_ENTRIES);
        self.decisions.forget_while(spare, |decision| decision.t_ms < oldest.as_ms());
    }

    /// Lets go of what the logs of `present` do not hold any more: for a copy of a moment before it, which would keep an
    /// hour of its own.
    pub(crate) fn forget_as(&mut self, present: &Self) {
        self.log.forget_as(&present.log);
        self.decisions.forget_as(&present.decisions);
    }

    /// Whether the beginning of the logs is not held any more.
    pub fn is_thinned(&self) -> bool {
        self.log.is_thinned() || self.decisions.is_thinned()
    }
}
