//! What always holds in a cluster, whatever is done to it and when: Kubernetes' own rules, each with its source.
//!
//! A [`Watcher`] is shown the cluster after every step. What a step may do stands in `transitions`, what each component may
//! write in `components`; what has to be true
//! once nothing has happened for a while in `rest`; how many pods a rollout may ask for in `limits`.

mod components;
mod limits;
mod rest;
mod transitions;

use std::collections::BTreeMap;
use std::fmt;

use crate::api::Object;
use crate::cluster::Cluster;
use crate::sim::SimTime;

use limits::Limits;
use transitions::Known;

/// For so long after somebody did something the controllers may still act by what they read before it, and what they
/// write need not tell what is there.
pub const SETTLING_MS: u64 = 1_000;

/// Something that should hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// When.
    pub at: SimTime,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {} ms: {}", self.rule, self.at.as_ms(), self.what)
    }
}

/// Watches a cluster.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// Entries of the watch log that were looked at.
    read: usize,
    last_version: u64,
    last_at: SimTime,
    /// The objects as the watch log tells of them, by uid.
    known: BTreeMap<String, Object>,
    /// When something other than an event changed last.
    changed: SimTime,
    /// When somebody did something last.
    touched: SimTime,
    limits: Limits,
}

impl Watcher {
    /// Watches from now on.
    pub fn of(cluster: &Cluster) -> Self {
        let mut known = BTreeMap::new();
        for kind in crate::api::Kind::ALL {
            for object in cluster.api.store().list(*kind, None) {
                known.insert(object.metadata().uid.clone(), object.clone());
            }
        }
        Self {
            read: cluster.log().len(),
            last_version: cluster.api.store().resource_version(),
            last_at: cluster.now(),
            known,
            changed: cluster.now(),
            touched: cluster.now(),
            limits: Limits::default(),
        }
    }

    /// Somebody has done something, or may have.
    pub fn touch(&mut self, now: SimTime) {
        self.touched = now;
    }

    /// Looks at what has happened since it looked last.
    ///
    /// # Errors
    /// The first thing that should hold and does not.
    pub fn look(&mut self, cluster: &Cluster) -> Result<(), Violation> {
        let now = cluster.now();
        let said = |(rule, what)| Violation { rule, at: now, what };
        if now < self.last_at {
            return Err(said(("time goes on", format!("it was {} before", self.last_at.as_ms()))));
        }
        self.last_at = now;
        let from = self.read;
        let mut is_news = false;
        for event in cluster.log().since(from) {
            is_news |= !matches!(event.object, Object::Event(_));
            let is_settling = now.ms_since(self.touched) <= SETTLING_MS;
            let mut known = Known { objects: &mut self.known, last_version: &mut self.last_version, is_settling };
            known.take(event).map_err(said)?;
        }
        self.read = cluster.log().len();
        if is_news {
            self.changed = now;
            self.limits.look(cluster, now.ms_since(self.touched) <= SETTLING_MS).map_err(said)?;
        }
        Ok(())
    }

    /// Looks at what has to be true once nothing has happened for a while; nothing before that.
    ///
    /// # Errors
    /// The first thing that should hold and does not.
    pub fn look_at_rest(&self, cluster: &Cluster) -> Result<(), Violation> {
        let (now, next) = (cluster.now(), cluster.next_at());
        // What happens without a change, such as a pod that becomes available, has its turn at the end of its moment.
        if next > now && next.ms_since(self.changed.max(self.touched)) > SETTLING_MS {
            rest::check(cluster).map_err(|(rule, what)| Violation { rule, at: now, what })?;
        }
        Ok(())
    }
}

/// A rule's name, and what was seen against it.
type Seen = (&'static str, String);
