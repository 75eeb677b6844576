//! What a running program uses, moment by moment: the simple model of load.
//!
//! A container has a rate at which processor time comes to it: its limit, or all of its node's processors where it has
//! none. Requests wait for one another at that rate. With a limit, what comes in a tenth of a second may be used at once, as
//! the kernel's scheduler allows; then the container waits: it is throttled. Memory is what the program has at rest, what its
//! requests in hand need, what it leaks and what somebody makes it hold. A container that needs more than its limit is
//! ended by the kernel. Containers of a node do not take anything from one another.

use std::collections::BTreeMap;

use super::Uses;
use crate::sim::SimTime;

/// The kubelet's cAdvisor looks at a container so often.
const HOUSEKEEPING_MS: u64 = 10_000;
/// The period in which a limit of processor time is kept. Models the kernel's `cpu.cfs_period_us`.
const PERIOD_MS: u64 = 100;
/// Requests that a program has in hand at most; more find nobody who takes them.
const MOST_IN_HAND: u32 = 1_000;

/// What a container may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Thousandths of a processor; none where it has no limit.
    pub cpu_milli: Option<u64>,
    /// Bytes; none where it has no limit.
    pub memory_bytes: Option<u64>,
    /// Thousandths of a processor that its node has.
    pub node_milli: u64,
}

/// What was seen of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// When.
    pub at: SimTime,
    /// Since when the container runs.
    pub started: SimTime,
    /// Microseconds of processor time that it has used since its start.
    pub cpu_us: u64,
    /// Bytes that it uses.
    pub memory_bytes: u64,
}

/// Counts what one container uses.
#[derive(Clone, Debug)]
pub struct Meter {
    limits: Limits,
    started: SimTime,
    /// Up to when it has counted.
    at: SimTime,
    /// Microseconds of processor time that are still to be done; below zero what may be used at once.
    level_us: i64,
    used_us: u64,
    /// What somebody makes the container use besides.
    burnt_milli: u64,
    held_bytes: u64,
    /// When requests that are in hand end, and how many do.
    ends: BTreeMap<SimTime, u32>,
    in_hand: u32,
    /// What was seen at the last look.
    seen: Usage,
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Meter {
    /// Of a container that starts.
    pub fn new(limits: Limits, now: SimTime) -> Self {
        let mut meter = Self {
            limits,
            started: now,
            at: now,
            level_us: 0,
            used_us: 0,
            burnt_milli: 0,
            held_bytes: 0,
            ends: BTreeMap::new(),
            in_hand: 0,
            seen: Usage { at: now, started: now, ..Usage::default() },
        };
        meter.level_us = -meter.burst_us();
        meter
    }

    /// Microseconds of processor time that come in a millisecond: as many as there are thousandths of a processor.
    fn rate(&self) -> u64 {
        self.limits.cpu_milli.unwrap_or(self.limits.node_milli).max(1)
    }

    /// What may be used at once.
    fn burst_us(&self) -> i64 {
        self.limits.cpu_milli.map_or(0, |milli| signed(milli.saturating_mul(PERIOD_MS)))
    }

    /// What the program uses by itself and what somebody makes it use.
    fn background(&self, uses: &Uses) -> u64 {
        uses.idle_milli().saturating_add(self.burnt_milli)
    }

    /// The part of the rate that requests get: what the program's own work leaves, a tenth at least.
    fn for_requests(&self, uses: &Uses) -> u64 {
        self.rate().saturating_sub(self.background(uses)).max(self.rate() / 10).max(1)
    }

    /// Counts on to `now`, with a look where one was due.
    pub fn advance(&mut self, uses: &Uses, now: SimTime) {
        if now <= self.at {
            return;
        }
        let looked = self.started + now.ms_since(self.started) / HOUSEKEEPING_MS * HOUSEKEEPING_MS;
        if looked > self.seen.at {
            self.count(uses, looked);
            let memory_bytes = self.memory(uses, looked);
            self.seen = Usage { at: looked, started: self.started, cpu_us: self.used_us, memory_bytes };
        }
        self.count(uses, now);
    }

    fn count(&mut self, uses: &Uses, until: SimTime) {
        let ms = until.ms_since(self.at);
        let done = signed(self.for_requests(uses).saturating_mul(ms));
        let of_requests = self.level_us.max(0).min(done);
        self.level_us = self.level_us.saturating_sub(done).max(-self.burst_us());
        let of_itself = self.background(uses).saturating_mul(ms);
        let most = self.rate().saturating_mul(ms);
        self.used_us += of_itself.saturating_add(of_requests.unsigned_abs()).min(most);
        self.at = self.at.max(until);
        while let Some(entry) = self.ends.first_entry().filter(|entry| *entry.key() <= until) {
            self.in_hand -= entry.remove();
        }
    }

    /// Takes a request in that the program answers after `latency_ms` when it has the processor for itself; answers after how
    /// long it does, or nothing when it has too much to do.
    pub fn take(&mut self, uses: &Uses, latency_ms: u64, now: SimTime) -> Option<u64> {
        self.advance(uses, now);
        if self.in_hand >= MOST_IN_HAND {
            return None;
        }
        let work_us = uses.request_us();
        self.used_us += signed(work_us).min(-self.level_us.min(0)).unsigned_abs();
        self.level_us = self.level_us.saturating_add(signed(work_us));
        let waits_ms = self.level_us.max(0).unsigned_abs() / self.for_requests(uses);
        let takes_ms = latency_ms.saturating_add(waits_ms.max(work_us / 1000));
        if takes_ms > 0 {
            *self.ends.entry(now + takes_ms).or_default() += 1;
            self.in_hand += 1;
        }
        Some(takes_ms)
    }

    /// The container uses so much besides from now on; nothing stays as it is.
    pub fn load(&mut self, uses: &Uses, cpu_milli: Option<u64>, memory_bytes: Option<u64>, now: SimTime) {
        self.advance(uses, now);
        self.burnt_milli = cpu_milli.unwrap_or(self.burnt_milli);
        self.held_bytes = memory_bytes.unwrap_or(self.held_bytes);
    }

    fn memory(&self, uses: &Uses, at: SimTime) -> u64 {
        let grown = uses.growth_bytes().saturating_mul(at.ms_since(self.started)) / 60_000;
        let in_hand = uses.request_bytes().saturating_mul(u64::from(self.in_hand));
        uses.memory_bytes().saturating_add(in_hand).saturating_add(grown).saturating_add(self.held_bytes)
    }

    /// When the container needs more memory than it may have, as far as that is known now.
    pub fn overflows_at(&self, uses: &Uses) -> Option<SimTime> {
        let limit = self.limits.memory_bytes?;
        let now = self.memory(uses, self.at);
        if now > limit {
            return Some(self.at);
        }
        let growth = uses.growth_bytes();
        (growth > 0).then(|| self.at + ((limit - now + 1).saturating_mul(60_000)).div_ceil(growth))
    }

    /// What the last look before `now` has shown.
    pub fn seen(&self, uses: &Uses, now: SimTime) -> Usage {
        let mut ahead = self.clone();
        ahead.advance(uses, now);
        ahead.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(document: serde_json::Value) -> Uses {
        serde_json::from_value(document).expect("what a program uses")
    }

    fn limited(cpu_milli: u64, memory_bytes: u64) -> Limits {
        Limits { cpu_milli: Some(cpu_milli), memory_bytes: Some(memory_bytes), node_milli: 2000 }
    }

    /// Asks every `every_ms` for a minute; the last answer's latency, and the thousandths of a processor that were used.
    fn ask(meter: &mut Meter, uses: &Uses, every_ms: u64) -> (u64, u64) {
        let mut last = 0;
        for at in (0..60_000).step_by(usize::try_from(every_ms).unwrap()) {
            last = meter.take(uses, 0, SimTime(at)).unwrap_or(u64::MAX);
        }
        (last, meter.seen(uses, SimTime(60_000)).cpu_us / 60_000)
    }

    #[test]
    fn requests_cost_what_is_declared() {
        let uses = uses(serde_json::json!({"cpuMillisecondsPerRequest": 5, "idleCpu": "10m"}));
        let mut meter = Meter::new(Limits { node_milli: 2000, ..Limits::default() }, SimTime::ZERO);
        // 50 requests a second of 5 ms are a quarter of a processor.
        assert_eq!(ask(&mut meter, &uses, 20), (5, 260));
    }

    #[test]
    fn a_container_at_its_limit_serves_more_slowly_and_uses_no_more() {
        let uses = uses(serde_json::json!({"cpuMillisecondsPerRequest": 5, "idleCpu": 0}));
        let mut meter = Meter::new(limited(200, 1 << 30), SimTime::ZERO);
        let (latency_ms, milli) = ask(&mut meter, &uses, 20);
        assert!(latency_ms > 10_000, "{latency_ms}");
        assert!((199..=201).contains(&milli), "{milli}");
        // What comes in a tenth of a second may be used at once.
        let mut meter = Meter::new(limited(200, 1 << 30), SimTime::ZERO);
        let latencies: Vec<_> = (0..6).map(|_| meter.take(&uses, 0, SimTime::ZERO)).collect();
        assert_eq!(latencies, [Some(5), Some(5), Some(5), Some(5), Some(25), Some(50)]);
    }

    #[test]
    fn who_asks_for_ever_more_is_not_taken_in_for_ever() {
        let uses = uses(serde_json::json!({"cpuMillisecondsPerRequest": 1000}));
        let mut meter = Meter::new(limited(100, 1 << 30), SimTime::ZERO);
        let taken = (0..2000).filter(|_| meter.take(&uses, 0, SimTime::ZERO).is_some()).count();
        assert_eq!(taken, 1000);
    }

    #[test]
    fn memory_that_grows_overflows_at_a_moment_that_is_known() {
        let uses = uses(serde_json::json!({"memory": "10Mi", "memoryPerMinute": "6Mi"}));
        let meter = Meter::new(limited(100, 16 << 20), SimTime::ZERO);
        let at = meter.overflows_at(&uses).expect("it does");
        assert_eq!(at.as_ms(), 60_001);
        let steady = Uses::default();
        assert_eq!(meter.overflows_at(&steady), None);
        let mut meter = Meter::new(limited(100, 16 << 20), SimTime::ZERO);
        meter.load(&steady, None, Some(9 << 20), SimTime(5));
        assert_eq!(meter.overflows_at(&steady), Some(SimTime(5)));
    }

    #[test]
    fn what_is_burnt_counts_and_is_held_to_the_limit() {
        let mut meter = Meter::new(limited(300, 1 << 30), SimTime::ZERO);
        meter.load(&Uses::default(), Some(5000), None, SimTime::ZERO);
        assert_eq!(meter.seen(&Uses::default(), SimTime(20_000)).cpu_us / 20_000, 300);
    }
}
