//! What happened when, counted from the watch log and the decisions: the chart and the marks of the page's timeline.
//!
//! It goes on from where it has read to, and forgets what a new history takes the place of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::Object;
use crate::apiserver::ChangeType;
use crate::cluster::{Cluster, WatchEvent};
use crate::controllers::deployment::fenceposts;
use crate::network::Second;
use crate::sim::SimTime;

/// Samples, and marks, that are held: of more, those far back become fewer.
const MOST_ENTRIES: usize = 20_000;

/// The pods of one ReplicaSet at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackCount {
    /// Pods that get traffic.
    pub ready: i32,
    /// Pods that do not, and are not on their way out.
    pub waiting: i32,
}

/// What was counted at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// By track, as [`Timeline::tracks`] lists them; the last one counts the pods without a ReplicaSet.
    pub counts: Vec<TrackCount>,
    /// Pods on their way out, which no limit counts.
    pub terminating: i32,
    /// Available pods, as the Deployments' status says.
    pub available: i32,
    /// Most pods that may live at once: replicas + maxSurge of every Deployment.
    pub most: i32,
    /// Fewest pods that must be available: replicas − maxUnavailable of every Deployment.
    pub fewest: i32,
}

impl Sample {
    /// Pods that get traffic.
    pub fn ready(&self) -> i32 {
        self.counts.iter().map(|count| count.ready).sum()
    }

    /// Pods that count: those that are not on their way out.
    pub fn total(&self) -> i32 {
        self.counts.iter().map(|count| count.ready + count.waiting).sum()
    }
}

/// A ReplicaSet that has been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Its uid.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// The image of its pods' first container.
    pub image: String,
    /// When it was made, in simulated milliseconds.
    pub since_ms: u64,
}

/// What a mark on the timeline stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Somebody changed what a Deployment wants.
    Change,
    /// A controller decided something.
    Decision,
    /// A container was started again.
    Restart,
    /// A Deployment made no progress for too long.
    Deadline,
    /// Somebody made trouble, or traffic.
    Trouble,
    /// An event was recorded.
    Event,
}

/// A moment that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// Why.
    pub kind: MarkKind,
}

/// The counts and marks of a history.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    tracks: Vec<Track>,
    samples: Vec<Sample>,
    marks: Vec<Mark>,
    seconds: Vec<Second>,
    versions: Vec<Arc<str>>,
    facts: Facts,
    /// Entries of the watch log that were read.
    read: usize,
    /// Decisions that were read.
    read_decisions: usize,
    /// Troubles that were read.
    read_troubles: usize,
    /// The history that was read.
    forks: u32,
}

/// What is known of the objects that are counted, by uid.
#[derive(Clone, Debug, Default)]
struct Facts {
    pods: BTreeMap<String, PodFacts>,
    deployments: BTreeMap<String, DeploymentFacts>,
    /// The pods by track, counted; those without a ReplicaSet apart.
    counts: Vec<TrackCount>,
    loose: TrackCount,
    terminating: i32,
}

impl Facts {
    /// What is known of a pod now: none when it is gone.
    fn put_pod(&mut self, uid: &str, facts: Option<PodFacts>) -> Option<PodFacts> {
        let before = match facts {
            Some(facts) => self.pods.insert(uid.to_owned(), facts),
            None => self.pods.remove(uid),
        };
        before.into_iter().for_each(|facts| self.add(facts, -1));
        facts.into_iter().for_each(|facts| self.add(facts, 1));
        before
    }

    fn add(&mut self, facts: PodFacts, number: i32) {
        if !facts.is_active {
            self.terminating += number;
            return;
        }
        let count = match facts.track {
            Some(track) => {
                if self.counts.len() <= track {
                    self.counts.resize(track + 1, TrackCount::default());
                }
                self.counts.get_mut(track)
            }
            None => Some(&mut self.loose),
        };
        if let Some(count) = count {
            *(if facts.is_ready { &mut count.ready } else { &mut count.waiting }) += number;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PodFacts {
    track: Option<usize>,
    is_active: bool,
    is_ready: bool,
    restarts: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DeploymentFacts {
    most: i32,
    fewest: i32,
    available: i32,
    generation: i64,
    is_late: bool,
}

impl Timeline {
    /// Reads on in the cluster's logs. `forks` is the lab's [`super::Lab::forks`]: when it has changed, everything is
    /// read again.
    pub fn read(&mut self, cluster: &Cluster, forks: u32) {
        if self.forks != forks {
            *self = Self { forks, ..Self::default() };
        }
        let (mut at, known) = (None, self.read);
        for event in cluster.log().since(known) {
            if at.is_some_and(|before: SimTime| before < event.at) {
                self.count(at);
            }
            at = Some(event.at);
            self.note(event);
        }
        self.count(at);
        self.read = self.read.max(cluster.log().len());
        for decision in cluster.decisions().since(self.read_decisions) {
            // Scheduling and the kubelet's routine would bury what the controllers decide.
            if matches!(decision.controller, "deployment" | "replicaset") {
                self.mark(decision.t_ms, MarkKind::Decision);
            }
        }
        self.read_decisions = self.read_decisions.max(cluster.decisions().len());
        for trouble in cluster.troubles().since(self.read_troubles) {
            self.mark(trouble.as_ms(), MarkKind::Trouble);
        }
        self.read_troubles = self.read_troubles.max(cluster.troubles().len());
        self.thin_out();
        self.read_traffic(cluster);
    }

    /// Lets the cluster forget some of what was read.
    pub(super) fn forget_in(&self, cluster: &mut Cluster) {
        cluster.forget(self.read, self.read_decisions);
    }

    /// The seconds that are over. One that is not is read when it is.
    fn read_traffic(&mut self, cluster: &Cluster) {
        let (traffic, now_s) = (cluster.traffic(), cluster.now().as_ms() / 1000);
        let known = self.seconds.last().map(|second| second.at_s);
        let is_new = |second: &&Second| known.is_none_or(|known| second.at_s > known);
        let mut new: Vec<Second> = traffic.seconds().rev().take_while(is_new).cloned().collect();
        new.reverse();
        self.seconds.extend(new.into_iter().filter(|second| second.at_s < now_s));
        if traffic.versions().len() > self.versions.len() {
            self.versions = traffic.versions().to_vec();
        }
    }

    /// The seconds in which requests ended, oldest first.
    pub fn seconds(&self) -> &[Second] {
        &self.seconds
    }

    /// The versions that have been asked, each with the place of the newest ReplicaSet that has it: see
    /// [`Second::answered`].
    pub fn versions(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let place = |image: &str| self.tracks.iter().rposition(|track| track.image == image);
        self.versions.iter().map(move |image| (&**image, place(image)))
    }

    /// The ReplicaSets that have been, oldest first: the place of each is its colour.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The place of a ReplicaSet.
    pub fn track(&self, uid: &str) -> Option<usize> {
        self.tracks.iter().position(|track| track.uid == uid)
    }

    /// One sample a change, oldest first.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The marks, oldest first within each kind.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The nearest mark of these kinds before `at_ms`.
    pub fn mark_before(&self, at_ms: u64, kinds: &[MarkKind]) -> Option<u64> {
        self.marks
            .iter()
            .filter(|mark| kinds.contains(&mark.kind))
            .map(|mark| mark.at_ms)
            .filter(|at| *at < at_ms)
            .max()
    }

    /// The nearest mark of these kinds after `at_ms`.
    pub fn mark_after(&self, at_ms: u64, kinds: &[MarkKind]) -> Option<u64> {
        self.marks
            .iter()
            .filter(|mark| kinds.contains(&mark.kind))
            .map(|mark| mark.at_ms)
            .filter(|at| *at > at_ms)
            .min()
    }

    /// Whether exactly this cluster's log has been read, and nothing that comes later.
    pub fn is_of(&self, cluster: &Cluster, forks: u32) -> bool {
        self.forks == forks && self.read == cluster.log().len() && self.read_decisions == cluster.decisions().len()
    }

    /// Which of the lab's histories this is.
    pub fn forks(&self) -> u32 {
        self.forks
    }

    fn note(&mut self, event: &WatchEvent) {
        let is_gone = event.kind == ChangeType::Deleted;
        match &event.object {
            Object::ReplicaSet(set) if self.track(&set.metadata.uid).is_none() => {
                let (uid, name) = (set.metadata.uid.clone(), set.metadata.name.clone());
                let image = set.spec.template.spec.containers.first().map(|container| container.image.clone());
                self.tracks.push(Track { uid, name, image: image.unwrap_or_default(), since_ms: event.at.as_ms() });
            }
            Object::Pod(pod) if is_gone => {
                self.facts.put_pod(&pod.metadata.uid, None);
            }
            Object::Pod(pod) => {
                let owner = pod.metadata.controller();
                let restarts = pod.status.container_statuses.iter().map(|status| status.restart_count).sum();
                let facts = PodFacts {
                    track: owner.and_then(|owner| self.track(&owner.uid)),
                    is_active: pod.is_active(),
                    is_ready: pod.is_active() && pod.is_ready(),
                    restarts,
                };
                let before = self.facts.put_pod(&pod.metadata.uid, Some(facts));
                if before.is_some_and(|before| before.restarts < restarts) {
                    self.mark(event.at.as_ms(), MarkKind::Restart);
                }
            }
            Object::Deployment(deployment) if is_gone => {
                self.facts.deployments.remove(&deployment.metadata.uid);
                self.mark(event.at.as_ms(), MarkKind::Change);
            }
            Object::Deployment(deployment) => {
                let facts = DeploymentFacts {
                    most: fenceposts::max_total(deployment),
                    fewest: fenceposts::min_available(deployment),
                    available: deployment.status.available_replicas,
                    generation: deployment.metadata.generation,
                    is_late: deployment
                        .status
                        .conditions
                        .iter()
                        .any(|condition| condition.reason == "ProgressDeadlineExceeded"),
                };
                let before = self.facts.deployments.insert(deployment.metadata.uid.clone(), facts);
                if before.is_none_or(|before| before.generation != facts.generation) {
                    self.mark(event.at.as_ms(), MarkKind::Change);
                }
                if facts.is_late && before.is_some_and(|before| !before.is_late) {
                    self.mark(event.at.as_ms(), MarkKind::Deadline);
                }
            }
            Object::Event(_) if !is_gone => self.mark(event.at.as_ms(), MarkKind::Event),
            _ => {}
        }
    }

    fn mark(&mut self, at_ms: u64, kind: MarkKind) {
        let mark = Mark { at_ms, kind };
        if self.marks.iter().rev().take(8).all(|known| *known != mark) {
            self.marks.push(mark);
        }
    }

    /// Counts what is known now as the state at `at`.
    /// Of too many samples and marks every second one of the older half goes; what somebody changed stays.
    fn thin_out(&mut self) {
        let mut nth = 0;
        let mut every_second = |is_spare: bool, at: usize, half: usize| {
            nth += usize::from(is_spare && at < half);
            !is_spare || at >= half || nth % 2 == 0
        };
        if self.samples.len() > MOST_ENTRIES {
            let (half, mut at) = (self.samples.len() / 2, 0);
            self.samples.retain(|_| {
                at += 1;
                every_second(true, at, half)
            });
        }
        if self.marks.len() > MOST_ENTRIES {
            let (half, mut at) = (self.marks.len() / 2, 0);
            self.marks.retain(|mark| {
                at += 1;
                every_second(matches!(mark.kind, MarkKind::Decision | MarkKind::Event | MarkKind::Restart), at, half)
            });
        }
    }

    fn count(&mut self, at: Option<SimTime>) {
        let Some(at) = at else { return };
        let facts = &self.facts;
        let mut counts = facts.counts.clone();
        counts.resize(self.tracks.len(), TrackCount::default());
        counts.push(facts.loose);
        let mut sample = Sample { counts, terminating: facts.terminating, ..Sample::default() };
        for deployment in facts.deployments.values() {
            sample.most += deployment.most;
            sample.fewest += deployment.fewest;
            sample.available += deployment.available;
        }
        sample.at_ms = self.samples.last().map_or(0, |last| last.at_ms);
        if self.samples.last() == Some(&sample) {
            return;
        }
        sample.at_ms = at.as_ms();
        match self.samples.last_mut().filter(|last| last.at_ms == sample.at_ms) {
            Some(last) => *last = sample,
            None => self.samples.push(sample),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Lab, LabOptions, PRESETS};

    fn apply(lab: &mut Lab, preset: &str) {
        let text = PRESETS.iter().find(|(name, _)| *name == preset).map_or("", |(_, text)| text);
        lab.write("deployment.yaml", text);
        lab.command(0, "kubectl apply -f deployment.yaml");
    }

    #[test]
    fn a_rollout_is_counted_between_its_limits() {
        let mut lab = Lab::new(&LabOptions::default());
        apply(&mut lab, "v1, 3 replicas");
        lab.run_until(SimTime(20_000));
        apply(&mut lab, "v2");
        lab.run_until(SimTime(60_000));
        let mut timeline = Timeline::default();
        timeline.read(lab.cluster(), lab.forks());
        assert_eq!(timeline.tracks().len(), 2);
        let rolling = timeline.samples().iter().filter(|sample| sample.at_ms >= 20_000);
        for sample in rolling {
            assert!(sample.total() <= 4 && sample.ready() >= 3, "{sample:?}");
            assert_eq!((sample.most, sample.fewest), (4, 3));
        }
        let last = timeline.samples().last().map(|sample| (sample.ready(), sample.total(), sample.terminating));
        assert_eq!(last, Some((3, 3, 0)));
        let changes = timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Change);
        // Each change is made when kubectl has started.
        let since_ms = changes.zip([0, 20_000]).map(|(mark, typed_ms)| mark.at_ms.checked_sub(typed_ms));
        let since_ms: Vec<_> = since_ms.collect();
        assert!(since_ms.len() == 2 && since_ms.iter().flatten().all(|ms| (50..100).contains(ms)), "{since_ms:?}");
    }

    #[test]
    fn requests_troubles_and_events_are_on_it() {
        let mut lab = Lab::new(&LabOptions::default());
        apply(&mut lab, "v1, 3 replicas");
        lab.command(0, "kubectl expose deployment hellok8s-deployment --port=3000");
        lab.run_until(SimTime(20_000));
        lab.command(0, "lab traffic hellok8s-deployment 10");
        lab.run_until(SimTime(25_500));
        let mut timeline = Timeline::default();
        timeline.read(lab.cluster(), lab.forks());
        let full: u32 = timeline.seconds().iter().flat_map(|second| &second.answered).map(|(_, count)| count).sum();
        assert!((40..=50).contains(&full), "the second that is not over is not read: {full}");
        lab.run_until(SimTime(27_000));
        timeline.read(lab.cluster(), lab.forks());
        let places: Vec<u64> = timeline.seconds().iter().map(|second| second.at_s).collect();
        assert_eq!(places, [20, 21, 22, 23, 24, 25, 26]);
        assert_eq!(timeline.versions().map(|(_, track)| track).collect::<Vec<_>>(), [Some(0)]);
        let troubles = timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Trouble);
        assert_eq!(troubles.map(|mark| mark.at_ms).collect::<Vec<_>>(), [20_000]);
        assert!(timeline.mark_before(20_000, &[MarkKind::Event]).is_some_and(|at_ms| at_ms > 0));
        let traffic = lab.cluster().traffic();
        assert_eq!(traffic.service("default/hellok8s-deployment"), Some(traffic.totals()));
        assert_eq!(traffic.service("default/another"), None);
        lab.seek(SimTime(22_000));
        timeline.read(lab.cluster(), lab.forks());
        assert_eq!(timeline.seconds().len(), 7, "looking back forgets nothing");
    }

    #[test]
    fn another_history_takes_the_place_of_the_old_one() {
        let mut lab = Lab::new(&LabOptions::default());
        let mut timeline = Timeline::default();
        apply(&mut lab, "v1, 3 replicas");
        lab.run_until(SimTime(20_000));
        apply(&mut lab, "v2");
        lab.run_until(SimTime(60_000));
        timeline.read(lab.cluster(), lab.forks());
        lab.seek(SimTime(10_000));
        timeline.read(lab.cluster(), lab.forks());
        assert_eq!((timeline.forks(), timeline.tracks().len()), (0, 2), "looking back changes nothing");
        lab.command(0, "kubectl scale deployment hellok8s-deployment --replicas=1");
        lab.run_until(SimTime(15_000));
        timeline.read(lab.cluster(), lab.forks());
        assert_eq!((timeline.forks(), timeline.tracks().len()), (1, 1));
        assert_eq!(timeline.samples().last().map(Sample::total), Some(1));
        lab.undo_fork();
        timeline.read(lab.cluster(), lab.forks());
        assert_eq!((lab.now(), timeline.tracks().len()), (SimTime(60_000), 2));
        assert!(!lab.can_undo_fork());
    }
}
