//! How often the ReplicaSet controller may ask the API server: its own client's limit, which its events share.

use std::collections::VecDeque;

use super::Cluster;
use super::work::Task;
use crate::events::EventWrite;
use crate::sim::SimTime;

/// Requests a second of one of kube-controller-manager's clients. Models its flag `--kube-api-qps`.
const QPS: i64 = 20;
/// Requests at once. Models its flag `--kube-api-burst`.
const BURST: i64 = 30;
/// From asking for a pod to the answer: a slow start's next batch begins then. The recordings' took about so long.
pub(super) const CALL_MS: u64 = 20;
/// From an event's sending to the answer.
const EVENT_MS: u64 = 6;
/// Events that wait to be sent; what comes then is lost. Models maxQueuedEvents of client-go tools/record.
const QUEUED_EVENTS: usize = 1_000;
/// A token, in the bucket's units: so many are added in a second for each request a second.
const TOKEN: i64 = 1_000;

/// A bucket of tokens, from which everybody who asks takes one and waits until it is there. Models
/// golang.org/x/time/rate, on which client-go util/flowcontrol stands.
#[derive(Clone, Debug)]
pub(super) struct TokenBucket {
    qps: i64,
    full: i64,
    tokens: i64,
    last: SimTime,
}

impl TokenBucket {
    fn new(qps: i64, burst: i64) -> Self {
        Self { qps, full: burst * TOKEN, tokens: burst * TOKEN, last: SimTime::ZERO }
    }

    fn refill(&mut self, at: SimTime) {
        let elapsed_ms = i64::try_from(at.ms_since(self.last)).unwrap_or(i64::MAX);
        self.tokens = self.tokens.saturating_add(elapsed_ms.saturating_mul(self.qps)).min(self.full);
        self.last = self.last.max(at);
    }

    /// Takes a token at `at`; answers from when on it may be used.
    pub(super) fn reserve(&mut self, at: SimTime) -> SimTime {
        self.refill(at);
        self.tokens -= TOKEN;
        if self.tokens >= 0 {
            return at;
        }
        self.last + u64::try_from((-self.tokens + self.qps - 1) / self.qps).unwrap_or(0)
    }

    fn has_token(&mut self, at: SimTime) -> bool {
        self.refill(at);
        self.tokens >= TOKEN
    }
}

/// The client of the ReplicaSet controller.
#[derive(Clone, Debug)]
pub(super) struct ControllerClient {
    pub(super) bucket: TokenBucket,
    /// Events, the next one first. They are sent one after the other.
    events: VecDeque<Sending>,
    /// When the last one that was sent has been answered.
    free_at: SimTime,
}

/// An event on its way.
#[derive(Clone, Debug)]
struct Sending {
    /// None when it is stored already, because there was a token for it: it only takes it yet.
    write: Option<EventWrite>,
    since: SimTime,
    /// When its token may be used, once it has asked for it.
    at: Option<SimTime>,
}

impl Default for ControllerClient {
    fn default() -> Self {
        Self { bucket: TokenBucket::new(QPS, BURST), events: VecDeque::new(), free_at: SimTime::ZERO }
    }
}

impl ControllerClient {
    /// The events that are sent up to that moment.
    fn sent(&mut self, until: SimTime) -> Vec<EventWrite> {
        let mut sent = Vec::new();
        while let Some(mut next) = self.events.pop_front() {
            let begins = self.free_at.max(next.since);
            let at = match next.at {
                None if begins > until => None,
                None => Some(self.bucket.reserve(begins)),
                known => known,
            };
            next.at = at;
            match at {
                Some(at) if at <= until => {
                    self.free_at = at + EVENT_MS;
                    sent.extend(next.write);
                }
                _ => {
                    self.events.push_front(next);
                    break;
                }
            }
        }
        sent
    }

    /// When the next one goes; none when all are stored.
    fn next_at(&self) -> Option<SimTime> {
        let waits = self.events.iter().any(|event| event.write.is_some());
        let next = self.events.front().filter(|_| waits)?;
        Some(next.at.unwrap_or(self.free_at.max(next.since)))
    }
}

impl Cluster {
    /// An event of the ReplicaSet controller: stored at once where its client has a token for it, else behind those that
    /// wait.
    pub(super) fn send_event(&mut self, write: EventWrite, since: SimTime) {
        self.send_events(since);
        let client = &mut self.replica_set_client;
        let is_free = client.next_at().is_none() && client.bucket.has_token(since);
        if is_free {
            client.events.push_back(Sending { write: None, since, at: None });
            self.write_event(write);
        } else if client.events.len() < QUEUED_EVENTS {
            client.events.push_back(Sending { write: Some(write), since, at: None });
            self.send_events_later();
        }
    }

    /// Sends what is due up to that moment.
    pub(super) fn send_events(&mut self, until: SimTime) {
        let sent = self.replica_set_client.sent(until);
        sent.into_iter().for_each(|write| self.write_event(write));
    }

    /// The events' turn has come.
    pub(super) fn send_waiting_events(&mut self) {
        self.send_events(self.now);
        self.send_events_later();
    }

    fn send_events_later(&mut self) {
        if let Some(at) = self.replica_set_client.next_at() {
            self.work.add(Task::SendEvents, at.max(self.now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_asks_thirty_times_at_once_and_then_every_fifty_milliseconds() {
        let mut bucket = TokenBucket::new(QPS, BURST);
        let at: Vec<u64> = (0..33).map(|_| bucket.reserve(SimTime(1_000)).as_ms()).collect();
        assert_eq!(at.get(..30), Some(&[1_000; 30][..]));
        assert_eq!(at.get(30..), Some(&[1_050, 1_100, 1_150][..]));
        // Who comes later waits behind those who wait.
        assert_eq!(bucket.reserve(SimTime(1_025)).as_ms(), 1_200);
        // A second and a half after the last one the bucket is full again, and never fuller.
        let at: Vec<u64> = (0..31).map(|_| bucket.reserve(SimTime(100_000)).as_ms()).collect();
        assert_eq!((at.get(29), at.get(30)), (Some(&100_000), Some(&100_050)));
    }
}
