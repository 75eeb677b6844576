//! Traffic: clients that send so many requests a second to a service, and what became of each.
//!
//! Requests are no events of the cluster's queue: between two events they are served one after the other, and counted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::apiserver::Key;
use crate::images::Answer;
use crate::kubelet::{Fleet, Served};
use crate::sim::{Log, Random, SharedMap, SimTime};

use super::proxy::{Backend, Backends, Proxy};

/// A client waits this long for an answer.
const CLIENT_TIMEOUT_MS: u64 = 5_000;
/// Requests that are kept one by one, for the page to draw.
const RECENT: usize = 256;
/// So many seconds are held whatever comes.
const HELD_SECONDS: u64 = 3_600;
/// Most requests a second of one stream.
pub const MOST_PER_SECOND: u32 = 1_000;

/// Why a request was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// The service had no endpoint that the node knew of.
    NoEndpoints,
    /// The pod refused: its program does not listen, yet or any more.
    Refused,
    /// The pod's address was gone, and the node did not know it yet.
    Unreachable,
    /// The container ended while it had the request in hand.
    Interrupted,
    /// No answer came in time.
    TimedOut,
}

impl Loss {
    /// All of them, in the order of [`Second::lost`].
    pub const ALL: [Self; 5] = [Self::NoEndpoints, Self::Refused, Self::Unreachable, Self::Interrupted, Self::TimedOut];

    /// A word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoEndpoints => "no endpoints",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::TimedOut => "timed out",
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was answered with this HTTP status.
    Answered(u16),
    /// It was not.
    Lost(Loss),
}

/// A stream of requests to one service.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The service.
    pub service: Arc<str>,
    /// Requests a second.
    pub per_second: u32,
    /// The path that is asked for.
    pub path: String,
    key: Key,
    /// Since when it flows at this rate, and how many requests it has sent since.
    began: SimTime,
    sent: u64,
    random: Random,
}

impl Stream {
    fn next_at(&self) -> SimTime {
        self.began + (self.sent + 1) * 1000 / u64::from(self.per_second.max(1))
    }
}

/// What became of the requests that ended in one second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Which second of the simulation.
    pub at_s: u64,
    /// Answers with a status below 500, by version: an index into [`Traffic::versions`], and how many.
    pub answered: Vec<(usize, u32)>,
    /// Answers with a status of 500 and above, likewise.
    pub errors: Vec<(usize, u32)>,
    /// Requests without an answer, in the order of [`Loss::ALL`].
    pub lost: [u32; 5],
}

impl Second {
    /// Requests without an answer, and those whose answer was an error.
    pub fn failed(&self) -> u64 {
        let errors = self.errors.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
        errors + self.lost.iter().map(|count| u64::from(*count)).sum::<u64>()
    }
}

/// Sums over some requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Answers with a status below 500.
    pub answered: u64,
    /// Answers with a status of 500 and above.
    pub errors: u64,
    /// Requests without an answer, in the order of [`Loss::ALL`].
    pub lost: [u64; 5],
}

impl Totals {
    fn of(fate: Fate) -> Self {
        let mut totals = Self::default();
        totals.add(fate);
        totals
    }

    fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Answered(status) if status < 500 => self.answered += 1,
            Fate::Answered(_) => self.errors += 1,
            Fate::Lost(loss) => {
                if let Some(count) = self.lost.get_mut(loss as usize) {
                    *count += 1;
                }
            }
        }
    }

    /// Requests without an answer, for whatever reason.
    pub fn lost(&self) -> u64 {
        self.lost.iter().sum()
    }

    /// Requests without an answer, and those whose answer was an error.
    pub fn failed(&self) -> u64 {
        self.lost() + self.errors
    }

    /// All requests that have ended.
    pub fn ended(&self) -> u64 {
        self.answered + self.failed()
    }

    /// What has been added since these were the sums.
    pub fn since(&self, before: &Self) -> Self {
        let mut lost = self.lost;
        lost.iter_mut().zip(before.lost).for_each(|(count, before)| *count = count.saturating_sub(before));
        Self {
            answered: self.answered.saturating_sub(before.answered),
            errors: self.errors.saturating_sub(before.errors),
            lost,
        }
    }
}

/// One request that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Numbers all requests in the order in which they ended.
    pub number: u64,
    /// When it ended.
    pub at: SimTime,
    /// The service, `NAMESPACE/NAME`.
    pub service: Arc<str>,
    /// The pod that it was sent to, if to any.
    pub pod: Option<Arc<str>>,
    /// What became of it.
    pub fate: Fate,
}

/// A request whose end is still to come.
#[derive(Clone, Debug)]
struct InFlight {
    service: Arc<str>,
    backend: Arc<Backend>,
    holder: (Arc<str>, String),
    fate: Fate,
}

/// All streams, and what became of their requests.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    streams: BTreeMap<Key, Stream>,
    in_flight: BTreeMap<(SimTime, u64), InFlight>,
    ended: u64,
    begun: u64,
    totals: Totals,
    pods: SharedMap<Arc<str>, Totals>,
    services: BTreeMap<Arc<str>, Totals>,
    versions: Vec<Arc<str>>,
    seconds: Log<Second>,
    present: Second,
    recent: VecDeque<Sample>,
    /// Of each second the first request that was lost.
    losses: Log<Sample>,
}

impl Traffic {
    /// Starts, changes or, with 0 requests a second, ends the stream to a service.
    pub fn set(&mut self, service: Key, per_second: u32, path: &str, seed: u64, now: SimTime) {
        if per_second == 0 {
            self.streams.remove(&service);
            return;
        }
        let name: Arc<str> = Arc::from(service.to_string());
        let random = Random::derive(seed, &format!("traffic/{name}/{}", now.as_ms()));
        let stream = Stream {
            service: name,
            per_second: per_second.min(MOST_PER_SECOND),
            path: path.to_owned(),
            key: service.clone(),
            began: now,
            sent: 0,
            random,
        };
        self.streams.insert(service, stream);
    }

    /// The streams that flow.
    pub fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    /// The sums over all requests so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Requests that wait for their answer.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The sums by pod that ever stood behind a service, by name.
    pub fn pods(&self) -> &SharedMap<Arc<str>, Totals> {
        &self.pods
    }

    /// The sums of a service, `NAMESPACE/NAME`; none when nobody has asked it yet.
    pub fn service(&self, service: &str) -> Option<&Totals> {
        self.services.get(service)
    }

    /// The versions (images) that have been asked, in the order of their first request.
    pub fn versions(&self) -> &[Arc<str>] {
        &self.versions
    }

    /// The seconds in which requests ended, oldest first: of the last hour all, and of what was before it some.
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = &Second> {
        self.seconds.iter().chain((self.present != Second::default()).then_some(&self.present))
    }

    /// The latest requests, oldest first: at most 256.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Sample> {
        self.recent.iter()
    }

    /// Requests that were lost, oldest first: of each second the first one, so that there are not more of them than of
    /// seconds.
    pub fn losses(&self) -> &Log<Sample> {
        &self.losses
    }

    /// When the next request is sent, or one that waits ends.
    pub fn next_at(&self) -> SimTime {
        let ends = self.in_flight.first_key_value().map_or(SimTime::NEVER, |((at, _), _)| *at);
        self.streams.values().map(Stream::next_at).min().unwrap_or(SimTime::NEVER).min(ends)
    }

    /// Sends the request that is next, or ends the one that waits.
    pub fn serve_next(&mut self, fleet: &mut Fleet, proxy: &Proxy) {
        let at = self.next_at();
        if let Some(entry) = self.in_flight.first_entry().filter(|entry| entry.key().0 <= at) {
            let waiting = entry.remove();
            let (uid, id) = &waiting.holder;
            let is_alive = fleet.outlives(uid, id, at);
            let fate = if is_alive { waiting.fate } else { Fate::Lost(Loss::Interrupted) };
            self.end(at, &waiting.service, Some(&waiting.backend), fate);
            return;
        }
        let Some(stream) = self.streams.values_mut().find(|stream| stream.next_at() == at) else { return };
        stream.sent += 1;
        let service = Arc::clone(&stream.service);
        let backends = proxy.rules(&stream.key).first().map(|rule| &rule.backends);
        let count = u32::try_from(backends.map_or(0, Backends::len)).unwrap_or(u32::MAX);
        let number = stream.random.below(count) as usize;
        let Some(backend) = backends.and_then(|backends| backends.get(number)) else {
            self.end(at, &service, None, Fate::Lost(Loss::NoEndpoints));
            return;
        };
        let (fate, wait_ms, holder) = match fleet.serve(at, &backend.ip, backend.port, &stream.path) {
            Served::Unreachable => (Fate::Lost(Loss::Unreachable), 0, None),
            Served::By(Answer::Refused, _) => (Fate::Lost(Loss::Refused), 0, None),
            Served::By(Answer::Hangs, holder) => (Fate::Lost(Loss::TimedOut), CLIENT_TIMEOUT_MS, holder),
            Served::By(Answer::Status(_, ms), holder) if ms > CLIENT_TIMEOUT_MS => {
                (Fate::Lost(Loss::TimedOut), CLIENT_TIMEOUT_MS, holder)
            }
            Served::By(Answer::Status(status, ms), holder) => (Fate::Answered(status), ms, holder),
        };
        match holder {
            Some(holder) => {
                self.begun += 1;
                let waiting = InFlight { service, backend: Arc::clone(backend), holder, fate };
                self.in_flight.insert((at + wait_ms, self.begun), waiting);
            }
            None => self.end(at, &service, Some(backend), fate),
        }
    }

    fn end(&mut self, at: SimTime, service: &Arc<str>, backend: Option<&Backend>, fate: Fate) {
        self.totals.add(fate);
        let at_s = at.as_ms() / 1000;
        if self.present.at_s != at_s {
            let past = std::mem::replace(&mut self.present, Second { at_s, ..Second::default() });
            if past != (Second { at_s: past.at_s, ..Second::default() }) {
                self.seconds.push(past);
                let is_old = |then_s: u64| then_s + HELD_SECONDS < at_s;
                self.seconds.forget_while(self.seconds.len(), |second| is_old(second.at_s));
                self.losses.forget_while(self.losses.len(), |loss| is_old(loss.at.as_ms() / 1000));
            }
        }
        match (fate, backend) {
            (Fate::Answered(status), Some(backend)) => {
                let version = self.version(&backend.version);
                let counts = if status < 500 { &mut self.present.answered } else { &mut self.present.errors };
                match counts.iter_mut().find(|(known, _)| *known == version) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((version, 1)),
                }
            }
            (Fate::Lost(loss), _) => {
                if let Some(count) = self.present.lost.get_mut(loss as usize) {
                    *count += 1;
                }
            }
            (Fate::Answered(_), None) => {}
        }
        if let Some(backend) = backend {
            match self.pods.get_mut(&backend.pod) {
                Some(totals) => totals.add(fate),
                None => drop(self.pods.insert(Arc::clone(&backend.pod), Totals::of(fate))),
            }
        }
        match self.services.get_mut(service) {
            Some(totals) => totals.add(fate),
            None => drop(self.services.insert(Arc::clone(service), Totals::of(fate))),
        }
        self.ended += 1;
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        let pod = backend.map(|backend| Arc::clone(&backend.pod));
        let sample = Sample { number: self.ended, at, service: Arc::clone(service), pod, fate };
        let last_loss = self.losses.len().checked_sub(1).and_then(|last| self.losses.get(last));
        if matches!(fate, Fate::Lost(_)) && last_loss.is_none_or(|last| last.at.as_ms() / 1000 != at_s) {
            self.losses.push(sample.clone());
        }
        self.recent.push_back(sample);
    }

    fn version(&mut self, version: &Arc<str>) -> usize {
        self.versions.iter().position(|known| known == version).unwrap_or_else(|| {
            self.versions.push(Arc::clone(version));
            self.versions.len() - 1
        })
    }
}
