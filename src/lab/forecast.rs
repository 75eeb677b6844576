//! How it will end: a copy of the lab applies a file and runs ahead.
//!
//! It is the same engine, so that a forecast is what happens when nobody does anything else. A [`Forecaster`] works in
//! pieces, since the page must not stand still meanwhile.

mod change;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lab;
use super::timeline::{Sample, Timeline};
use crate::api::Deployment;
use crate::controllers::deployment::status;
use crate::sim::SimTime;

pub use change::{Change, Strategy, strategy_words};
use change::{change, deployments, set_strategy};

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
    change: Change,
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
    lost: Option<u64>,
}

/// One run.
#[derive(Clone, Debug)]
struct Run {
    lab: Lab,
    timeline: Timeline,
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
        let mut origin = lab.ahead();
        let before = deployments(&origin);
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
        let run = Run::new(&origin, &timeline);
        let mut forecaster = Self { origin, timeline, before, change, seeds, run, done: Vec::new() };
        if matches!(forecaster.change, Change::Refused(_) | Change::Nothing) {
            forecaster.run.is_over = true;
            forecaster.seeds.clear();
        }
        forecaster
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
                self.done.push(self.run.done(&self.origin));
                let Some(seed) = self.seeds.pop() else { return Some(self.forecast()) };
                self.origin.cluster_mut().kubelet_mut().reseed(seed);
                self.run = Run::new(&self.origin, &self.timeline);
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
            lost: self.done.iter().filter_map(|run| run.lost).max(),
            runs: self.done.len(),
            timeline: first.map(|run| run.timeline.clone()).unwrap_or_default(),
            start_ms,
        }
    }
}

impl Run {
    fn new(lab: &Lab, timeline: &Timeline) -> Self {
        Self {
            lab: lab.ahead(),
            timeline: timeline.clone(),
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
        let now = self.lab.now();
        let store = self.lab.cluster().api.store();
        let changed: Vec<&Arc<Deployment>> = store
            .deployments(None)
            .filter(|deployment| {
                let old = before.get(&deployment.metadata.uid);
                old.is_none_or(|old| old.metadata.generation != deployment.metadata.generation)
            })
            .collect();
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

    fn done(&self, origin: &Lab) -> Done {
        Done {
            timeline: self.timeline.clone(),
            complete_at: self.complete_at,
            stalled_at: self.stalled_at,
            looked_at: self.lab.now(),
            restarts: self.restarts(origin.now()),
            lost: self.lost(origin),
        }
    }

    /// Requests that were lost since `origin`, if there is traffic.
    fn lost(&self, origin: &Lab) -> Option<u64> {
        let lost = |lab: &Lab| {
            let totals = lab.cluster().traffic().totals();
            totals.lost() + totals.errors
        };
        let has_traffic = origin.cluster().traffic().streams().next().is_some();
        has_traffic.then(|| lost(&self.lab).saturating_sub(lost(origin)))
    }

    fn restarts(&self, start: SimTime) -> i32 {
        use super::timeline::MarkKind;
        let marks = self.timeline.marks().iter();
        let restarts = marks.filter(|mark| mark.kind == MarkKind::Restart && mark.at_ms > start.as_ms());
        i32::try_from(restarts.count()).unwrap_or(i32::MAX)
    }
}

impl Done {
    /// What was counted from the change on.
    fn samples(&self, start_ms: u64) -> impl Iterator<Item = &Sample> {
        let first = self.timeline.samples().partition_point(|sample| sample.at_ms <= start_ms).saturating_sub(1);
        self.timeline.samples().iter().skip(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{LabOptions, PRESETS};

    fn preset(name: &str) -> &'static str {
        PRESETS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    fn lab(name: &str) -> Lab {
        let mut lab = Lab::new(&LabOptions::default());
        lab.write("deployment.yaml", preset(name));
        lab.submit(0, "kubectl apply -f deployment.yaml");
        lab.run_until(SimTime(60_000));
        lab
    }

    fn forecast(lab: &mut Lab, text: &str, strategy: &Strategy) -> Forecast {
        lab.write("deployment.yaml", text);
        Forecaster::new(lab, &Timeline::default(), "deployment.yaml", strategy, &[11, 12]).finish()
    }

    #[test]
    fn what_a_change_does_is_told_beforehand() {
        let mut lab = lab("v1, 3 replicas");
        let same = forecast(&mut lab, preset("v1, 3 replicas"), &Strategy::AsWritten);
        assert_eq!(same.change, Change::Nothing);
        let scaled = forecast(&mut lab, preset("v1, 1 replica"), &Strategy::AsWritten);
        assert_eq!(scaled.change, Change::Scales { from: 3, to: 1 });
        let rolled = forecast(&mut lab, preset("v2"), &Strategy::AsWritten);
        assert_eq!((&rolled.change, rolled.fewest_available, rolled.most_pods), (&Change::RollsOut, 3, 4));
        assert_eq!(rolled.runs, 3);
        assert!(
            matches!(rolled.outcome, Outcome::Completes { shortest_ms, longest_ms } if shortest_ms > 1_000 && longest_ms < 30_000)
        );
        assert!(matches!(forecast(&mut lab, "kind: [", &Strategy::AsWritten).change, Change::Refused(_)));
        assert_eq!(lab.cluster().api.store().deployments(None).map(|one| one.spec.replicas).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_stall_and_restarts_are_foreseen() {
        let mut lab = lab("v2, rolling update 1/1");
        let bad = forecast(&mut lab, preset("bad readiness"), &Strategy::AsWritten);
        assert!(matches!(bad.outcome, Outcome::Stalls { after_ms: 600_000..=620_000 }), "{:?}", bad.outcome);
        assert_eq!(bad.fewest_available, 2);
        let crashing = forecast(&mut lab, preset("liveness"), &Strategy::AsWritten);
        assert!(crashing.restarts >= 3, "{}", crashing.restarts);
    }

    #[test]
    fn lost_requests_are_foreseen() {
        let mut lab = lab("v1, 3 replicas");
        let without = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
        assert_eq!(without.lost, None);
        lab.submit(0, "kubectl expose deployment hellok8s-deployment --port=3000");
        lab.run_until(SimTime(65_000));
        lab.submit(0, "lab traffic hellok8s-deployment 20");
        lab.run_until(SimTime(70_000));
        let recreate = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
        let careful = Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" };
        let careful = forecast(&mut lab, preset("v2"), &careful);
        let (recreate, careful) = (recreate.lost.unwrap_or(0), careful.lost.unwrap_or(u64::MAX));
        assert!(recreate > 20 && careful < recreate, "{recreate} {careful}");
    }

    #[test]
    fn strategies_are_compared() {
        let mut lab = lab("v1, 3 replicas");
        let recreate = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
        assert_eq!((recreate.fewest_available, recreate.most_pods), (0, 3));
        let careful = Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" };
        let careful = forecast(&mut lab, preset("v2"), &careful);
        assert_eq!((careful.fewest_available, careful.most_pods), (3, 4));
    }

    #[test]
    fn a_large_rollout_is_foreseen_in_small_pieces_by_one_run() {
        let mut lab = lab("v1, 3 replicas");
        lab.submit(0, "kubectl scale deployment hellok8s-deployment --replicas=300");
        lab.run_until(SimTime(120_000));
        let new = |lab: &mut Lab, replicas: usize| {
            let replicas = format!("replicas: {replicas}");
            lab.write("deployment.yaml", &preset("v2").replace("replicas: 3", &replicas));
            Forecaster::new(lab, &Timeline::default(), "deployment.yaml", &Strategy::AsWritten, &[11, 12])
        };
        let mut forecaster = new(&mut lab, 300).with_one_run();
        assert_eq!((forecaster.size(), forecaster.looked_ms()), (300, 0));
        let mut pieces = 0;
        let piecemeal = loop {
            pieces += 1;
            if let Some(forecast) = forecaster.go_on(1) {
                break forecast;
            }
        };
        assert!(pieces > 1_000, "{pieces}");
        assert_eq!((piecemeal.runs, piecemeal.fewest_available, piecemeal.most_pods), (1, 225, 375));
        let whole = new(&mut lab, 300).with_one_run().finish();
        assert_eq!((whole.outcome, whole.timeline.samples()), (piecemeal.outcome, piecemeal.timeline.samples()));
        assert_eq!(new(&mut lab, 5_000).size(), 5_000);
    }
}
