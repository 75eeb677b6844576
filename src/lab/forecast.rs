//! How it will end: a copy of the lab applies a file and runs ahead.
//!
//! It is the same engine, so that a forecast is what happens when nobody does anything else. A [`Forecaster`] works in
//! pieces, since the page must not stand still meanwhile.

mod asked;
mod availability;
mod change;
mod standstill;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lab;
use super::problems::{KeptField, kept_fields};
use super::timeline::{Sample, Timeline};
use crate::api::Deployment;
use crate::apiserver::Store;
use crate::controllers::deployment::status;
use crate::sim::SimTime;

pub use asked::Asked;
pub use availability::Gap;
use availability::{Availability, longest};
pub use change::{Change, Strategy, strategy_words};
use change::{change, deployments, set_strategy};
pub use verdict::{Ending, Verdict};

/// The terminal of the copy in which the file is applied: nobody else types there.
const TERMINAL: usize = 7;
/// After a rollout is complete it is watched for so long: containers that crash do so by then.
const WATCHED_MS: u64 = 60_000;
/// No forecast looks further ahead.
const FURTHEST_MS: u64 = 1_800_000;
/// Simulated time between two looks at how it goes.
const LOOK_MS: u64 = 250;
/// Events of a piece of work.
const PIECE: usize = 2;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All wanted pods are updated and available after so long.
    Completes {
        /// In simulated milliseconds, over all runs the shortest.
        shortest_ms: u64,
        /// The longest.
        longest_ms: u64,
    },
    /// It makes no progress for too long, which is noted after so long.
    Stalls {
        /// In simulated milliseconds.
        after_ms: u64,
    },
    /// Neither, for as long as the forecast looks.
    Open {
        /// In simulated milliseconds.
        looked_ms: u64,
    },
}

/// A forecast.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// What applying does at once.
    pub change: Change,
    /// How it ends.
    pub outcome: Outcome,
    /// The fewest available pods on the way.
    pub fewest_available: i32,
    /// The most pods that count at once on the way.
    pub most_pods: i32,
    /// The most pods at once, with those that are terminating.
    pub most_with_terminating: i32,
    /// Containers that were started again.
    pub restarts: i32,
    /// Requests that are lost or answered with an error at the traffic that there is, at most; none without traffic.
    pub lost: Option<u64>,
    /// What becomes of the requests at that traffic, by service, in the worst run.
    pub asked: Vec<Asked>,
    /// Deployments and Services that are without anything that answers for a while, in the worst run.
    pub gaps: Vec<Gap>,
    /// Fields that are kept without being acted on, and that may make it end otherwise.
    pub not_simulated: Vec<KeptField>,
    /// What holds up the Deployments that are not complete at the end of the first run that has such.
    pub standstill: Vec<String>,
    /// Of these runs: randomness may matter.
    pub runs: usize,
    /// What the first run counted, and the moment of the change in it.
    pub timeline: Timeline,
    /// When the change was made, in simulated milliseconds.
    pub start_ms: u64,
}

/// Runs ahead.
#[derive(Clone, Debug)]
pub struct Forecaster {
    /// The copy that is run for each seed, and what was counted of it.
    origin: Lab,
    timeline: Timeline,
    before: BTreeMap<String, Arc<Deployment>>,
    /// Who had something that answers before the change.
    availability: Availability,
    change: Change,
    /// What kubectl said.
    answer: String,
    seeds: Vec<u64>,
    run: Run,
    done: Vec<Done>,
}

/// What is kept of a run that is over.
#[derive(Clone, Debug)]
struct Done {
    timeline: Timeline,
    complete_at: Option<SimTime>,
    stalled_at: Option<SimTime>,
    /// When it was over.
    looked_at: SimTime,
    restarts: i32,
    asked: Vec<Asked>,
    gaps: Vec<Gap>,
    standstill: Vec<String>,
}

/// One run.
#[derive(Clone, Debug)]
struct Run {
    lab: Lab,
    timeline: Timeline,
    availability: Availability,
    /// When the change was made.
    began: SimTime,
    /// When it is looked at next.
    look_at: SimTime,
    /// When the rollout was complete.
    complete_at: Option<SimTime>,
    stalled_at: Option<SimTime>,
    is_over: bool,
}

impl Forecaster {
    /// Applies `file` in a copy of the lab. `seeds` are those of more runs than the first one. `known` is what was
    /// counted of the lab before, which need not be counted again; it may be of another lab.
    pub fn new(lab: &Lab, known: &Timeline, file: &str, strategy: &Strategy, seeds: &[u64]) -> Self {
        let mut origin = lab.ahead_at_once();
        let before = deployments(&origin);
        let mut availability = Availability::of(origin.cluster());
        origin.submit(TERMINAL, &format!("kubectl apply -f '{}'", file.replace('\'', "")));
        let answer: String = origin.take_output(TERMINAL).into_iter().map(|chunk| chunk.text).collect();
        let change = if origin.exit_code(TERMINAL) == 0 && !origin.is_busy(TERMINAL) {
            change(&before, &deployments(&origin))
        } else {
            Change::Refused(answer.trim_end().to_owned())
        };
        if !matches!(change, Change::Refused(_)) {
            set_strategy(&mut origin, &before, strategy);
        }
        let mut seeds = seeds.to_vec();
        seeds.reverse();
        let mut timeline = if known.is_of(lab.cluster(), lab.forks()) { known.clone() } else { Timeline::default() };
        timeline.read(origin.cluster(), timeline.forks());
        availability.read(origin.cluster());
        let run = Run::new(&origin, &timeline, &availability);
        let done = Vec::new();
        let mut forecaster = Self { origin, timeline, before, availability, change, answer, seeds, run, done };
        if matches!(forecaster.change, Change::Refused(_) | Change::Nothing) {
            forecaster.run.is_over = true;
            forecaster.seeds.clear();
        }
        forecaster
    }

    /// Runs ahead also where no Deployment changes: a Service's selector may matter as well.
    pub fn though_no_deployment_changes(mut self, seeds: &[u64]) -> Self {
        if self.change == Change::Nothing {
            self.run.is_over = false;
            self.seeds = seeds.iter().rev().copied().collect();
        }
        self
    }

    /// What kubectl answered.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// How many pods there are or shall be, whichever is more: the work grows with it.
    pub fn size(&self) -> usize {
        let store = self.origin.cluster().api.store();
        let wanted = store.deployments(None).map(|deployment| usize::try_from(deployment.spec.replicas).unwrap_or(0));
        store.pods(None).count().max(wanted.fold(0, usize::saturating_add))
    }

    /// Only the run that is under way: randomness is then not told of.
    pub fn with_one_run(mut self) -> Self {
        self.seeds.clear();
        self
    }

    /// How far ahead the present run has looked, in simulated milliseconds.
    pub fn looked_ms(&self) -> u64 {
        self.run.lab.now().ms_since(self.run.began)
    }

    /// Runs on for so many pieces of work, which are short. Answers the forecast when it is ready.
    pub fn go_on(&mut self, pieces: usize) -> Option<Forecast> {
        for _ in 0..pieces {
            if self.run.is_over {
                self.done.push(self.run.done(&self.origin, &self.before));
                let Some(seed) = self.seeds.pop() else { return Some(self.forecast()) };
                self.origin.cluster_mut().fleet_mut().reseed(seed);
                self.run = Run::new(&self.origin, &self.timeline, &self.availability);
            }
            self.run.go_on(&self.before);
        }
        None
    }

    /// The whole forecast at once.
    pub fn finish(mut self) -> Forecast {
        loop {
            if let Some(forecast) = self.go_on(1_000) {
                return forecast;
            }
        }
    }

    fn forecast(&self) -> Forecast {
        let start = self.origin.now();
        let start_ms = start.as_ms();
        let samples = || self.done.iter().flat_map(move |run| run.samples(start_ms));
        let ends: Vec<u64> = self.done.iter().filter_map(|run| Some(run.complete_at?.ms_since(start))).collect();
        let first = self.done.first();
        let stalls = self.done.iter().filter_map(|run| Some(run.stalled_at?.ms_since(start))).min();
        let outcome = match (stalls, ends.iter().min(), ends.iter().max()) {
            (Some(after_ms), _, _) => Outcome::Stalls { after_ms },
            (None, Some(shortest), Some(longest)) if ends.len() == self.done.len() => {
                Outcome::Completes { shortest_ms: *shortest, longest_ms: *longest }
            }
            _ => Outcome::Open { looked_ms: first.map_or(0, |run| run.looked_at.ms_since(start)) },
        };
        Forecast {
            change: self.change.clone(),
            outcome,
            fewest_available: samples().map(|sample| sample.available).min().unwrap_or(0),
            most_pods: samples().map(Sample::total).max().unwrap_or(0),
            most_with_terminating: samples().map(|sample| sample.total() + sample.terminating).max().unwrap_or(0),
            restarts: first.map_or(0, |run| run.restarts),
            lost: self.done.iter().filter_map(Done::lost).max(),
            asked: asked::worst(self.done.iter().flat_map(|run| run.asked.clone())),
            standstill: self
                .done
                .iter()
                .map(|run| run.standstill.clone())
                .find(|told| !told.is_empty())
                .unwrap_or_default(),
            not_simulated: kept_fields(self.origin.cluster()),
            gaps: longest(self.done.iter().flat_map(|run| run.gaps.clone())),
            runs: self.done.len(),
            timeline: first.map(|run| run.timeline.clone()).unwrap_or_default(),
            start_ms,
        }
    }
}

impl Run {
    fn new(lab: &Lab, timeline: &Timeline, availability: &Availability) -> Self {
        Self {
            lab: lab.ahead(),
            timeline: timeline.clone(),
            availability: availability.clone(),
            began: lab.now(),
            look_at: lab.now() + LOOK_MS,
            complete_at: None,
            stalled_at: None,
            is_over: false,
        }
    }

    fn go_on(&mut self, before: &BTreeMap<String, Arc<Deployment>>) {
        if self.is_over {
            return;
        }
        // Piece by piece: at the end there would be so much of it that the page stood still.
        self.timeline.forget_in(self.lab.cluster_mut());
        for _ in 0..PIECE {
            if self.lab.next_at() > self.look_at {
                self.lab.run_until(self.look_at);
                self.look(before);
                return;
            }
            self.lab.step();
        }
    }

    /// Notes what has become of the change.
    fn look(&mut self, before: &BTreeMap<String, Arc<Deployment>>) {
        self.look_at = self.lab.now() + LOOK_MS;
        self.timeline.read(self.lab.cluster(), self.timeline.forks());
        self.availability.read(self.lab.cluster());
        let now = self.lab.now();
        let store = self.lab.cluster().api.store();
        let changed: Vec<&Arc<Deployment>> = changed(store, before).collect();
        let is_late = |deployment: &&Arc<Deployment>| {
            deployment.status.conditions.iter().any(|condition| condition.reason == "ProgressDeadlineExceeded")
        };
        let is_complete = changed.iter().all(|deployment| {
            deployment.status.observed_generation >= deployment.metadata.generation
                && status::is_complete(deployment, &deployment.status)
        });
        if self.complete_at.is_none() && changed.iter().any(is_late) {
            self.stalled_at = Some(now);
            self.is_over = true;
        } else if is_complete && self.complete_at.is_none() {
            self.complete_at = self.timeline.samples().last().map(|sample| SimTime(sample.at_ms));
        }
        let is_watched = self.complete_at.is_some_and(|at| now.ms_since(at) >= WATCHED_MS);
        self.is_over |= is_watched || now.ms_since(self.began) >= FURTHEST_MS;
    }

    fn done(&self, origin: &Lab, before: &BTreeMap<String, Arc<Deployment>>) -> Done {
        let store = self.lab.cluster().api.store();
        Done {
            timeline: self.timeline.clone(),
            complete_at: self.complete_at,
            stalled_at: self.stalled_at,
            looked_at: self.lab.now(),
            restarts: self.restarts(origin.now()),
            asked: asked::asked(origin, self),
            gaps: self.availability.gaps(self.lab.now()),
            standstill: standstill::reasons(changed(store, before), store),
        }
    }

    fn restarts(&self, start: SimTime) -> i32 {
        use super::timeline::MarkKind;
        let marks = self.timeline.marks().iter();
        let restarts = marks.filter(|mark| mark.kind == MarkKind::Restart && mark.at_ms > start.as_ms());
        i32::try_from(restarts.count()).unwrap_or(i32::MAX)
    }
}

/// The Deployments that were changed, or are new.
fn changed<'a>(
    store: &'a Store,
    before: &'a BTreeMap<String, Arc<Deployment>>,
) -> impl Iterator<Item = &'a Arc<Deployment>> {
    store.deployments(None).filter(|deployment| {
        let old = before.get(&deployment.metadata.uid);
        old.is_none_or(|old| old.metadata.generation != deployment.metadata.generation)
    })
}

impl Done {
    /// Requests that were lost since the change, if there is traffic.
    fn lost(&self) -> Option<u64> {
        (!self.asked.is_empty()).then(|| self.asked.iter().map(|asked| asked.since.failed()).sum())
    }

    /// What was counted from the change on.
    fn samples(&self, start_ms: u64) -> impl Iterator<Item = &Sample> {
        let first = self.timeline.samples().partition_point(|sample| sample.at_ms <= start_ms).saturating_sub(1);
        self.timeline.samples().iter().skip(first)
    }
}

#[cfg(test)]
mod tests;
