//! The beats of a history, read from the watch log, the decisions and the lost requests.
//!
//! They are read on from where reading stopped, and all anew when another history takes the place of this one.

use std::collections::BTreeMap;

use super::beat::{Beat, BeatKind, Subject};
use super::reel::{Entry, Reel};
use super::rules::{self, Weight};
use crate::api::{Event, Object, Pod};
use crate::apiserver::ChangeType;
use crate::cluster::{Cluster, WatchEvent};
use crate::decision::Decision;
use crate::network::{Fate, Sample};

/// What happens within so many simulated milliseconds by one cause is one beat …
const MOMENT_MS: u64 = 60;
/// … and within more than that when there are more pods than this: so much more for each.
const FEW_PODS: usize = 12;
const MOMENT_OF_A_POD_MS: u64 = 20;
const LONGEST_MOMENT_MS: u64 = 5_000;
/// Pods that stop together do not end at the same moment.
const ENDS_WITHIN_MS: u64 = 200;
/// A pod's status is written later than what the kubelet decided.
const STATUS_LAG_MS: u64 = 1_000;
/// While requests are lost again and again they are one beat.
const OUTAGE_MS: u64 = 5_000;
/// With more pods than this a pod's way to its node and its end are no beats.
const CROWD: usize = 50;

/// The beats of a history.
#[derive(Clone, Debug, Default)]
pub struct Beats {
    reel: Reel,
    /// By namespace and name, as decisions name them.
    pods: BTreeMap<String, PodFacts>,
    read: usize,
    read_decisions: usize,
    read_losses: usize,
    forks: u32,
    last_loss_ms: Option<u64>,
}

/// What is known of a pod.
#[derive(Clone, Debug)]
struct PodFacts {
    uid: String,
    /// Its owner, as decisions name it; the pod itself when it has none.
    owner: String,
    is_ready: bool,
    is_leaving: bool,
    /// What a decision of the kubelet has told of it last, and when.
    told: Option<(BeatKind, u64)>,
    /// For how long it waits until it is tried again, as was told: the kubelet says so again whenever it looks.
    waits_ms: Option<u64>,
}

/// What is read, in the order of time.
enum Item<'a> {
    Decision(usize, &'a Decision),
    Event(&'a WatchEvent),
    Loss(&'a Sample),
}

impl Beats {
    /// Beats that go on from where these have read to.
    pub(super) fn ahead(&self) -> Self {
        Self { reel: self.reel.ahead(), pods: self.pods.clone(), ..*self }
    }

    /// Reads on in the cluster's logs. `forks` is the lab's [`crate::lab::Lab::forks`].
    pub fn read(&mut self, cluster: &Cluster, forks: u32) {
        if self.forks != forks {
            *self = Self { forks, ..Self::default() };
        }
        let first_decision = self.read_decisions;
        let mut events = cluster.log().since(self.read).peekable();
        let mut decisions = (first_decision..).zip(cluster.decisions().since(first_decision)).peekable();
        let losses = cluster.traffic().losses();
        let mut lost = losses.since(self.read_losses).peekable();
        loop {
            let event_ms = events.peek().map_or(u64::MAX, |event| event.at.as_ms());
            let decision_ms = decisions.peek().map_or(u64::MAX, |(_, decision)| decision.t_ms);
            let lost_ms = lost.peek().map_or(u64::MAX, |sample| sample.at.as_ms());
            // A decision stands before what follows from it.
            let item = if decision_ms <= event_ms && decision_ms <= lost_ms {
                decisions.next().map(|(at, decision)| Item::Decision(at, decision))
            } else if event_ms <= lost_ms {
                events.next().map(Item::Event)
            } else {
                lost.next().map(Item::Loss)
            };
            let at_ms = decision_ms.min(event_ms).min(lost_ms).min(cluster.now().as_ms());
            self.reel.let_go(at_ms, self.moment_ms());
            match item {
                Some(Item::Decision(at, decision)) => self.note_decision(at, decision),
                Some(Item::Event(event)) => self.note_event(event),
                Some(Item::Loss(sample)) => self.note_loss(sample),
                None => break,
            }
        }
        self.read = self.read.max(cluster.log().len());
        self.read_decisions = self.read_decisions.max(cluster.decisions().len());
        self.read_losses = self.read_losses.max(losses.len());
    }

    /// Lets the cluster forget some of what was read.
    pub(super) fn forget_in(&self, cluster: &mut Cluster) {
        cluster.forget(self.read, self.read_decisions);
    }

    /// How many beats there have been.
    pub fn len(&self) -> usize {
        self.reel.len()
    }

    /// Whether there has been none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the first beat that is kept.
    pub fn first(&self) -> usize {
        self.reel.first()
    }

    /// The beat with this number; none where it is not kept.
    pub fn get(&self, number: usize) -> Option<&Beat> {
        self.reel.get(number)
    }

    /// The number of the last beat at or before a moment.
    pub fn last_at(&self, at_ms: u64) -> Option<usize> {
        self.after(at_ms).checked_sub(1).filter(|number| *number >= self.first())
    }

    /// The number that the first beat after a moment has or will have.
    pub fn after(&self, at_ms: u64) -> usize {
        self.reel.after(at_ms)
    }

    /// The history that was read.
    pub fn forks(&self) -> u32 {
        self.forks
    }

    #[inline(never)]
    fn note_decision(&mut self, at: usize, decision: &Decision) {
        let Some((kind, weight)) = rules::kind(decision) else { return };
        let (at_ms, object) = (decision.t_ms, decision.object.as_str());
        let is_crowd = self.pods.len() > FEW_PODS;
        let mut pod = object.strip_prefix("Pod/").and_then(|key| self.pods.get_mut(key));
        if let Some(pod) = &mut pod {
            // A container that is tried again waits anew, if it must.
            match (kind, waits_ms(decision)) {
                (BeatKind::Restarted | BeatKind::Pulls, _) => pod.waits_ms = None,
                (_, Some(ms)) if pod.waits_ms.replace(ms) == Some(ms) => return,
                _ => {}
            }
        }
        let owner = pod.as_ref().map(|pod| pod.owner.clone());
        let cause = match (weight, pod) {
            (Weight::Own, _) if !is_crowd => None,
            (Weight::Own | Weight::Remark, _) => Some(format!("{} {object}", decision.rule)),
            (Weight::Shared, Some(pod)) => {
                pod.told = Some((kind, at_ms));
                Some(cause_of(kind, decision.rule, &pod.owner))
            }
            (Weight::Shared, None) => Some(decision.rule.to_owned()),
        };
        if let Some(name) = object.strip_prefix("Deployment/").filter(|_| weight != Weight::Remark) {
            self.reel.answer(&format!("ReplicaSet/{name}-"));
        }
        let is_said = match kind {
            BeatKind::Scheduled => self.pods.len() > CROWD || self.is_made_now(at_ms, object, owner.as_deref()),
            // A pod is told to stop by what the kubelet decides and by the change of the object; it is the same.
            BeatKind::Leaves => self.is_foreseen(object, at_ms),
            _ => weight == Weight::Remark && self.reel.recent(at_ms, MOMENT_MS).any(|entry| names(&entry.beat, object)),
        };
        if is_said {
            return;
        }
        let subject = Subject::read(object);
        let beat = Beat { at_ms, kind, subject, decision: Some(at), count: 1, is_probed: true, loss: None };
        let entry = Entry { beat, cause, rule: decision.rule };
        match owner.filter(|_| kind == BeatKind::Ready) {
            Some(owner) => self.reel.hold(entry, &owner),
            None => self.reel.push(entry, self.moment_ms()),
        }
    }

    #[inline(never)]
    fn note_event(&mut self, event: &WatchEvent) {
        match &event.object {
            Object::Pod(pod) => self.note_pod(event, pod),
            Object::Event(said) if event.kind == ChangeType::Added && said.reason == "Unhealthy" => {
                self.note_probe(event.at.as_ms(), said);
            }
            _ => {}
        }
    }

    /// An event says that a probe has failed for the first time.
    fn note_probe(&mut self, at_ms: u64, said: &Event) {
        let object = &said.involved_object;
        let key = format!("{}/{}", object.namespace, object.name);
        let Some(pod) = self.pods.get(&key).filter(|pod| !pod.is_leaving) else { return };
        let subject =
            Subject { kind: "Pod".to_owned(), namespace: object.namespace.clone(), name: object.name.clone() };
        let is_probed = said.message.starts_with("Readiness");
        let cause = Some(cause_of(BeatKind::ProbeFails, "", &pod.owner));
        let kind = BeatKind::ProbeFails;
        let beat = Beat { at_ms, kind, subject, decision: None, count: 1, is_probed, loss: None };
        self.reel.push(Entry { beat, cause, rule: "" }, self.moment_ms());
    }

    fn note_pod(&mut self, event: &WatchEvent, pod: &Pod) {
        let (at_ms, key) = (event.at.as_ms(), format!("{}/{}", pod.metadata.namespace, pod.metadata.name));
        if event.kind == ChangeType::Deleted {
            if let Some(before) = self.pods.remove(&key)
                && self.pods.len() < CROWD
            {
                self.push_of_pod(pod, BeatKind::Gone, at_ms, &before.owner);
            }
            return;
        }
        let owner = pod.metadata.controller().map_or_else(
            || format!("Pod/{key}"),
            |owner| format!("{}/{}/{}", owner.kind, pod.metadata.namespace, owner.name),
        );
        let object = format!("Pod/{key}");
        let before = self.pods.get(&key).filter(|before| before.uid == pod.metadata.uid);
        let (told, waits_ms) = before.map_or((None, None), |before| (before.told, before.waits_ms));
        let (was_ready, was_leaving) = before.map_or((false, false), |before| (before.is_ready, before.is_leaving));
        let is_new = before.is_none();
        let is_leaving = pod.metadata.deletion_timestamp.is_some();
        let is_ready = !is_leaving && pod.is_ready();
        let facts =
            PodFacts { uid: pod.metadata.uid.clone(), owner: owner.clone(), is_ready, is_leaving, told, waits_ms };
        self.pods.insert(key, facts);
        let kind = match () {
            () if is_new => BeatKind::Made,
            () if is_leaving && !was_leaving => BeatKind::Leaves,
            () if is_ready && !was_ready => BeatKind::Ready,
            () if was_ready && !is_ready && pod.is_active() => BeatKind::NotReady,
            () => return,
        };
        let is_told =
            told.is_some_and(|(told, told_ms)| at_ms.saturating_sub(told_ms) <= STATUS_LAG_MS && tells(told, kind));
        let is_foreseen = match kind {
            BeatKind::Made => self.is_caused_by(at_ms, "replicaset/create-pods", &owner),
            BeatKind::Leaves => self.is_foreseen(&object, at_ms),
            _ => false,
        };
        if !is_told && !is_foreseen {
            self.push_of_pod(pod, kind, at_ms, &owner);
        }
    }

    /// Whether a beat of this moment tells that a pod was made: then it tells as well that it has a node.
    fn is_made_now(&self, at_ms: u64, object: &str, owner: Option<&str>) -> bool {
        let is_made = |entry: &Entry| entry.beat.kind == BeatKind::Made && names(&entry.beat, object);
        let by_owner = owner.is_some_and(|owner| self.is_caused_by(at_ms, "replicaset/create-pods", owner));
        by_owner || self.reel.recent(at_ms, MOMENT_MS).any(is_made)
    }

    /// Whether a beat of this moment says that a pod is to stop.
    fn is_foreseen(&self, object: &str, at_ms: u64) -> bool {
        let owner = object.strip_prefix("Pod/").and_then(|key| self.pods.get(key)).map(|pod| pod.owner.as_str());
        let by_owner = owner.is_some_and(|owner| self.is_caused_by(at_ms, "replicaset/delete-pods", owner));
        let says = |entry: &Entry| {
            let leaves = entry.beat.kind == BeatKind::Leaves && entry.beat.decision.is_none();
            rules::ENDS_PODS.contains(&entry.rule) || (leaves && names(&entry.beat, object))
        };
        by_owner || self.reel.recent(at_ms, self.moment_ms()).any(says)
    }

    fn is_caused_by(&self, at_ms: u64, rule: &str, owner: &str) -> bool {
        self.reel.recent(at_ms, self.moment_ms()).any(|entry| entry.rule == rule && names(&entry.beat, owner))
    }

    #[inline(never)]
    fn note_loss(&mut self, sample: &Sample) {
        let Fate::Lost(loss) = sample.fate else { return };
        let at_ms = sample.at.as_ms();
        let last = self.last_loss_ms.replace(at_ms);
        if last.is_some_and(|last| at_ms.saturating_sub(last) <= OUTAGE_MS) {
            return;
        }
        let subject = Subject::read(&format!("Service/{}", sample.service));
        let beat =
            Beat { at_ms, kind: BeatKind::Lost, subject, decision: None, count: 1, is_probed: false, loss: Some(loss) };
        self.reel.push(Entry { beat, cause: None, rule: "" }, MOMENT_MS);
    }

    fn push_of_pod(&mut self, pod: &Pod, kind: BeatKind, at_ms: u64, owner: &str) {
        let subject = Subject {
            kind: "Pod".to_owned(),
            namespace: pod.metadata.namespace.clone(),
            name: pod.metadata.name.clone(),
        };
        let has_probe = || pod.spec.containers.iter().any(|container| container.readiness_probe.is_some());
        let runs = || pod.status.container_statuses.iter().all(|status| status.state.running.is_some());
        let is_probed = if kind == BeatKind::Ready { has_probe() } else { runs() };
        let beat = Beat { at_ms, kind, subject, decision: None, count: 1, is_probed, loss: None };
        let entry = Entry { beat, cause: Some(cause_of(kind, "", owner)), rule: "" };
        match kind {
            BeatKind::Ready => self.reel.hold(entry, owner),
            BeatKind::Gone => self.reel.push(entry, self.moment_ms().max(ENDS_WITHIN_MS)),
            _ => self.reel.push(entry, self.moment_ms()),
        }
    }

    /// How long a moment is: with many pods longer, since too much happens in each.
    fn moment_ms(&self) -> u64 {
        let more = u64::try_from(self.pods.len().saturating_sub(FEW_PODS)).unwrap_or(u64::MAX);
        more.saturating_mul(MOMENT_OF_A_POD_MS).clamp(MOMENT_MS, LONGEST_MOMENT_MS)
    }
}

/// For how long the kubelet waits by this decision, if it waits.
fn waits_ms(decision: &Decision) -> Option<u64> {
    decision.inputs.iter().find(|(name, _)| *name == "backOffMs").and_then(|(_, value)| value.as_u64())
}

/// Whether a beat is of this object, as decisions name it.
fn names(beat: &Beat, object: &str) -> bool {
    let Subject { kind, namespace, name } = &beat.subject;
    let mut parts = object.splitn(3, '/');
    parts.next() == Some(kind) && parts.next() == Some(namespace) && parts.next() == Some(name)
}

/// What beats of one moment must share to be one. Whether a pod is ready is told by the kubelet or by the pod's status.
fn cause_of(kind: BeatKind, rule: &str, owner: &str) -> String {
    let is_status = matches!(kind, BeatKind::Ready | BeatKind::NotReady | BeatKind::Leaves);
    if is_status { format!("{kind:?} {owner}") } else { format!("{kind:?} {rule} {owner}") }
}

/// Whether a beat of the first kind has told what one of the second would tell of the same pod.
fn tells(told: BeatKind, kind: BeatKind) -> bool {
    match kind {
        BeatKind::NotReady => told != BeatKind::Ready,
        kind => told == kind,
    }
}
