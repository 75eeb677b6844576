//! What the stage draws: the cluster's objects, read once a frame and told only where they have changed.

use std::collections::BTreeMap;

use hellok8s_lab::api::{Deployment, Kind, KubernetesVersion, Object, Pod, ReplicaSet, StrategyType};
use hellok8s_lab::cluster::Cluster;
use hellok8s_lab::controllers::deployment::fenceposts;
use hellok8s_lab::kubectl::printers;
use hellok8s_lab::kubelet::PodView;
use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::network::Fate;
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

/// A thing that is drawn, with the object that it is drawn for.
pub trait Look: Clone + PartialEq + Send + Sync + 'static {
    /// The object's uid.
    fn uid(&self) -> &str;
    /// The uid of the object inside which it is drawn, empty for none.
    fn parent(&self) -> &str;
}

/// One drawn thing; its signal moves only when its own look changes.
#[derive(Clone)]
pub struct Row<L: Look> {
    /// The object's uid.
    pub uid: String,
    /// See [`Look::parent`].
    pub parent: String,
    /// How it looks now.
    pub look: ArcRwSignal<L>,
}

/// The drawn things of one kind.
pub struct Rows<L: Look>(RwSignal<Vec<Row<L>>>);

// Derived, it would ask the same of the looks.
#[expect(clippy::expl_impl_clone_on_copy, reason = "a signal is copied whatever it holds")]
impl<L: Look> Clone for Rows<L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Look> Copy for Rows<L> {}

impl<L: Look> Default for Rows<L> {
    fn default() -> Self {
        Self(RwSignal::new(Vec::new()))
    }
}

impl<L: Look> Rows<L> {
    /// All of them.
    pub fn all(self) -> Vec<Row<L>> {
        self.0.get()
    }

    /// Those drawn inside of `parent`.
    pub fn inside(self, parent: &str) -> Vec<Row<L>> {
        self.0.with(|rows| rows.iter().filter(|row| row.parent == parent).cloned().collect())
    }

    /// What `tell` says of the first one that fits, as of now.
    fn find<T>(self, fits: impl Fn(&L) -> bool, tell: impl Fn(&L) -> T) -> Option<T> {
        self.0.with_untracked(|rows| {
            rows.iter().find_map(|row| row.look.with_untracked(|look| fits(look).then(|| tell(look))))
        })
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0.with(Vec::is_empty)
    }

    fn sync(self, looks: Vec<L>) {
        let mut known: BTreeMap<String, Row<L>> =
            self.0.with_untracked(|rows| rows.iter().map(|row| (row.uid.clone(), row.clone())).collect());
        let rows: Vec<Row<L>> = looks
            .into_iter()
            .map(|look| match known.remove(look.uid()).filter(|row| row.parent == look.parent()) {
                Some(row) => {
                    if row.look.with_untracked(|old| *old != look) {
                        row.look.set(look);
                    }
                    row
                }
                None => {
                    let (uid, parent) = (look.uid().to_owned(), look.parent().to_owned());
                    Row { uid, parent, look: ArcRwSignal::new(look) }
                }
            })
            .collect();
        let is_same = |old: &Vec<Row<L>>| {
            old.len() == rows.len() && old.iter().zip(&rows).all(|(a, b)| a.uid == b.uid && a.parent == b.parent)
        };
        if !self.0.with_untracked(is_same) {
            self.0.set(rows);
        }
    }
}

/// The state of a pod as its shape and pattern tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodState {
    /// Not on a node yet.
    Pending,
    /// Its container is being made.
    Creating,
    /// Runs and gets no traffic.
    NotReady,
    /// Runs and gets traffic.
    Ready,
    /// Waits for its next start.
    BackOff,
    /// Cannot start, or has failed.
    Failed,
    /// Has ended well.
    Completed,
    /// On its way out.
    Terminating,
}

impl PodState {
    /// The style sheet's name of it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Creating => "creating",
            Self::NotReady => "not-ready",
            Self::Ready => "ready",
            Self::BackOff => "back-off",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Terminating => "terminating",
        }
    }

    fn of(pod: &Pod, status: &str) -> Self {
        if pod.metadata.deletion_timestamp.is_some() {
            return Self::Terminating;
        }
        match status {
            "Running" | "NotReady" if pod.is_ready() => Self::Ready,
            "Running" | "NotReady" => Self::NotReady,
            "Pending" => Self::Pending,
            "ContainerCreating" | "PodInitializing" => Self::Creating,
            "CrashLoopBackOff" => Self::BackOff,
            "Completed" | "Succeeded" => Self::Completed,
            _ => Self::Failed,
        }
    }
}

/// A probe's last result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeLook {
    /// `liveness`, `readiness`, `startup`.
    pub kind: &'static str,
    /// When, in simulated milliseconds.
    pub at_ms: u64,
    /// Whether it succeeded.
    pub success: bool,
    /// The HTTP status code, if there was an answer.
    pub code: Option<u16>,
    /// The results of this kind in a row.
    pub run: u32,
    /// How many failures in a row have a consequence.
    pub threshold: u32,
}

/// How a pod looks.
#[derive(Clone, Debug, PartialEq)]
pub struct PodLook {
    /// Uid.
    pub uid: String,
    /// Uid of its ReplicaSet, empty without one.
    pub owner: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Name of its ReplicaSet.
    pub replica_set: String,
    /// kubectl's READY column.
    pub ready: String,
    /// kubectl's STATUS column.
    pub status: String,
    /// Restarts.
    pub restarts: String,
    /// Its first container's image.
    pub image: String,
    /// Its state.
    pub state: PodState,
    /// How far its creation has come, in thousandths.
    pub made_permille: Option<u32>,
    /// Seconds until its back-off or its grace period ends, or until it counts as available.
    pub countdown_s: Option<u64>,
    /// Whether it is ready, but not for minReadySeconds yet.
    pub is_unripe: bool,
    /// The last results of its probes.
    pub probes: Vec<ProbeLook>,
    /// How much of the back-off is left, in thousandths.
    pub left_permille: Option<u64>,
}

/// How a ReplicaSet looks.
#[derive(Clone, Debug, PartialEq)]
pub struct SetLook {
    /// Uid.
    pub uid: String,
    /// Uid of its Deployment, empty without one.
    pub owner: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Its Deployment's revision.
    pub revision: String,
    /// Which of the palette's colours is its own.
    pub hue: usize,
    /// The image of its pods.
    pub image: String,
    /// Wanted pods.
    pub replicas: i32,
    /// Ready pods.
    pub ready: i32,
    /// Whether it holds no pods and wants none.
    pub is_idle: bool,
}

/// How a Deployment looks.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentLook {
    /// Uid.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Wanted pods.
    pub replicas: i32,
    /// Pods made from the present template.
    pub updated: i32,
    /// Ready pods.
    pub ready: i32,
    /// Available pods.
    pub available: i32,
    /// Most pods that may live at once.
    pub most: i32,
    /// Fewest pods that must be available.
    pub fewest: i32,
    /// `RollingUpdate`, `Recreate`.
    pub strategy: &'static str,
    /// Whether its rollout is paused.
    pub is_paused: bool,
    /// The condition that tells how its rollout goes: status and reason of `Progressing`.
    pub progress: String,
    /// Seconds until its rollout has made no progress for too long.
    pub deadline_s: Option<u64>,
    /// Its newest decision's place in the log.
    pub decision: Option<usize>,
    /// Its pods that count, by revision: colour and whether ready.
    pub slots: Vec<(usize, bool)>,
}

/// How a Service looks.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceLook {
    /// Uid.
    pub uid: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Address and ports.
    pub address: String,
    /// Endpoints that get requests.
    pub ready: usize,
    /// All endpoints.
    pub endpoints: usize,
    /// Requests a second that clients send.
    pub rate: u32,
    /// Requests answered so far, by all services' clients.
    pub answered: u64,
    /// Requests lost or answered with an error so far.
    pub lost: u64,
    /// The newest requests: number, and whether answered well.
    pub recent: Vec<(u64, bool)>,
}

/// How an event looks.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLook {
    /// Uid.
    pub uid: String,
    /// When it was seen last.
    pub at_ms: u64,
    /// Whether something is wrong.
    pub is_warning: bool,
    /// One word.
    pub reason: String,
    /// `pod/NAME`.
    pub object: String,
    /// A sentence.
    pub message: String,
    /// How often.
    pub count: i32,
}

macro_rules! look {
    ($look:ty, $parent:expr) => {
        impl Look for $look {
            fn uid(&self) -> &str {
                &self.uid
            }
            fn parent(&self) -> &str {
                let parent: fn(&Self) -> &str = $parent;
                parent(self)
            }
        }
    };
}
look!(PodLook, |look| &look.owner);
look!(SetLook, |look| &look.owner);
look!(DeploymentLook, |_| "");
look!(ServiceLook, |_| "");
look!(EventLook, |_| "");

/// The newest events that are shown.
const EVENTS: usize = 80;

/// Everything that is drawn.
#[derive(Clone, Copy, Default)]
pub struct Scene {
    /// Deployments.
    pub deployments: Rows<DeploymentLook>,
    /// ReplicaSets, newest first.
    pub sets: Rows<SetLook>,
    /// Pods, oldest first.
    pub pods: Rows<PodLook>,
    /// Services that somebody made.
    pub services: Rows<ServiceLook>,
    /// Events, newest first.
    pub events: Rows<EventLook>,
    /// Whether the node's kubelet is down.
    pub kubelet_is_stopped: RwSignal<bool>,
}

impl Scene {
    /// The kind and namespace of the pod, ReplicaSet or Deployment with this name.
    pub fn find(self, name: &str) -> Option<(&'static str, String)> {
        self.pods
            .find(|look| look.name == name, |look| ("Pod", look.namespace.clone()))
            .or_else(|| self.sets.find(|look| look.name == name, |look| ("ReplicaSet", look.namespace.clone())))
            .or_else(|| self.deployments.find(|look| look.name == name, |look| ("Deployment", look.namespace.clone())))
    }

    /// Reads the cluster's objects. A ReplicaSet's colour is its place in the timeline.
    pub fn read(self, cluster: &Cluster, timeline: &Timeline, events_changed: bool) {
        let (store, version) = (cluster.api.store(), cluster.config().version);
        let mut sets: Vec<_> = store.replica_sets(None).cloned().collect();
        let hue = |uid: &str| timeline.track(uid).unwrap_or(0) % HUES;
        sets.sort_by_key(|set| std::cmp::Reverse(revision_number(set)));
        let mut pods: Vec<_> = store.pods(None).collect();
        pods.sort_by(|a, b| {
            let key = |pod: &Pod| (pod.metadata.creation_timestamp, pod.metadata.uid.len());
            key(a).cmp(&key(b)).then_with(|| a.metadata.uid.cmp(&b.metadata.uid))
        });
        let min_ready: BTreeMap<&str, i32> =
            sets.iter().map(|set| (set.metadata.uid.as_str(), set.spec.min_ready_seconds)).collect();
        let looks: Vec<PodLook> = pods.iter().map(|pod| pod_look(pod, cluster, version, &min_ready)).collect();
        self.sets.sync(sets.iter().map(|set| set_look(set, hue(&set.metadata.uid), &looks)).collect());
        let deployments = store.deployments(None);
        self.deployments
            .sync(deployments.map(|deployment| deployment_look(deployment, cluster, &sets, &hue, &looks)).collect());
        self.pods.sync(looks);
        self.services.sync(service_looks(cluster));
        let is_stopped = cluster.kubelet().is_stopped();
        if self.kubelet_is_stopped.get_untracked() != is_stopped {
            self.kubelet_is_stopped.set(is_stopped);
        }
        if events_changed {
            self.events.sync(event_looks(cluster));
        }
    }
}

/// How many colours the palette has.
pub const HUES: usize = 7;

fn revision_number(set: &ReplicaSet) -> i64 {
    revision(set).parse().unwrap_or(0)
}

fn revision(set: &ReplicaSet) -> &str {
    set.metadata.annotations.get("deployment.kubernetes.io/revision").map_or("", String::as_str)
}

fn pod_look(pod: &Pod, cluster: &Cluster, version: KubernetesVersion, min_ready: &BTreeMap<&str, i32>) -> PodLook {
    let now = cluster.now();
    let mut cells = printers::print_pod(pod, now, version).into_iter().skip(1);
    let mut cell = || cells.next().unwrap_or_default();
    let (ready, status, restarts) = (cell(), cell(), cell());
    let owner = pod.metadata.controller();
    let view = cluster.kubelet().pod_view(&pod.metadata.uid, now);
    let back_off = view.as_ref().and_then(|view| {
        view.containers.iter().find_map(|container| Some((container.back_off_until?, container.back_off_ms)))
    });
    let grace_until = view.as_ref().and_then(|view| view.grace_until);
    let left_ms = |until: SimTime| until.ms_since(now);
    let state = PodState::of(pod, &status);
    let ripe_at = owner
        .and_then(|owner| min_ready.get(owner.uid.as_str()))
        .filter(|seconds| **seconds > 0 && state == PodState::Ready)
        .and_then(|seconds| Some(ready_since(pod)? + u64::try_from(*seconds).ok()? * 1000))
        .filter(|at| *at > now);
    let until = match state {
        PodState::Terminating => grace_until,
        PodState::Ready => ripe_at,
        _ => back_off.map(|(until, _)| until),
    };
    PodLook {
        uid: pod.metadata.uid.clone(),
        owner: owner.map(|owner| owner.uid.clone()).unwrap_or_default(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
        replica_set: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
        ready,
        restarts: restarts.split(' ').next().unwrap_or("0").to_owned(),
        image: pod.spec.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        state,
        made_permille: view.as_ref().and_then(|view| view.starting_permille),
        countdown_s: until.map(left_ms).filter(|left| *left > 0).map(|left| left.div_ceil(1000)),
        is_unripe: ripe_at.is_some(),
        probes: view.as_ref().map(probe_looks).unwrap_or_default(),
        left_permille: back_off.map(|(until, whole)| left_ms(until) * 1000 / whole.max(1)),
        status,
    }
}

/// Since when the pod has been ready.
fn ready_since(pod: &Pod) -> Option<SimTime> {
    let ready =
        pod.status.conditions.iter().find(|condition| condition.kind == "Ready" && condition.status == "True")?;
    Some(SimTime(u64::try_from(ready.last_transition_time?.as_sim_ms()).ok()?))
}

fn probe_looks(view: &PodView) -> Vec<ProbeLook> {
    let probes = view.containers.iter().flat_map(|container| &container.probes);
    let last = probes.filter_map(|probe| {
        let pulse = probe.last.as_ref()?;
        Some(ProbeLook {
            kind: probe.kind.as_str(),
            at_ms: pulse.at.as_ms(),
            success: pulse.success,
            code: pulse.status_code,
            run: probe.result_run,
            threshold: probe.failure_threshold,
        })
    });
    last.collect()
}

fn set_look(set: &ReplicaSet, hue: usize, pods: &[PodLook]) -> SetLook {
    let uid = &set.metadata.uid;
    let image = set.spec.template.spec.containers.first().map(|container| container.image.clone());
    SetLook {
        uid: uid.clone(),
        owner: set.metadata.controller().map(|owner| owner.uid.clone()).unwrap_or_default(),
        namespace: set.metadata.namespace.clone(),
        name: set.metadata.name.clone(),
        revision: revision(set).to_owned(),
        hue,
        image: image.unwrap_or_default(),
        replicas: set.spec.replicas,
        ready: set.status.ready_replicas,
        is_idle: set.spec.replicas == 0 && !pods.iter().any(|pod| pod.owner == *uid),
    }
}

fn deployment_look(
    deployment: &Deployment,
    cluster: &Cluster,
    sets: &[std::sync::Arc<ReplicaSet>],
    hue: &impl Fn(&str) -> usize,
    pods: &[PodLook],
) -> DeploymentLook {
    let uid = &deployment.metadata.uid;
    let (most, fewest) = (fenceposts::max_total(deployment), fenceposts::min_available(deployment));
    let mut slots = Vec::new();
    for set in sets.iter().rev().filter(|set| set.metadata.is_controlled_by(uid)) {
        let mut mine: Vec<bool> = pods
            .iter()
            .filter(|pod| pod.owner == set.metadata.uid && pod.state != PodState::Terminating)
            .map(|pod| pod.state == PodState::Ready)
            .collect();
        mine.sort_unstable_by_key(|ready| !ready);
        slots.extend(mine.into_iter().map(|ready| (hue(&set.metadata.uid), ready)));
    }
    slots.sort_by_key(|(_, ready)| !ready);
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing");
    DeploymentLook {
        uid: uid.clone(),
        namespace: deployment.metadata.namespace.clone(),
        name: deployment.metadata.name.clone(),
        replicas: deployment.spec.replicas,
        updated: deployment.status.updated_replicas,
        ready: deployment.status.ready_replicas,
        available: deployment.status.available_replicas,
        most,
        fewest,
        strategy: match deployment.spec.strategy.kind {
            StrategyType::RollingUpdate => "RollingUpdate",
            StrategyType::Recreate => "Recreate",
        },
        is_paused: deployment.spec.paused,
        progress: progressing.map(|condition| condition.reason.clone()).unwrap_or_default(),
        deadline_s: deadline_s(deployment, cluster.now()),
        decision: newest_decision(deployment, cluster),
        slots,
    }
}

/// Requests that are drawn as dots on their way.
const DOTS: usize = 24;

fn service_looks(cluster: &Cluster) -> Vec<ServiceLook> {
    let (store, traffic) = (cluster.api.store(), cluster.traffic());
    let slices: Vec<_> = store
        .list(Kind::EndpointSlice, None)
        .filter_map(|object| match object {
            Object::EndpointSlice(slice) => Some(slice),
            _ => None,
        })
        .collect();
    let services = store.services(None).filter(|service| service.metadata.name != "kubernetes");
    services
        .map(|service| {
            let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
            let mine = slices.iter().filter(|slice| {
                slice.metadata.namespace == *namespace
                    && slice.metadata.labels.get("kubernetes.io/service-name") == Some(name)
            });
            let endpoints: Vec<bool> =
                mine.flat_map(|slice| slice.endpoints.iter().map(|endpoint| endpoint.ready)).collect();
            let key = format!("{namespace}/{name}");
            let rate = traffic.streams().find(|stream| *stream.service == *key).map_or(0, |stream| stream.per_second);
            let recent = traffic.recent().rev().filter(|sample| *sample.service == *key).take(DOTS);
            let is_good = |fate: Fate| matches!(fate, Fate::Answered(status) if status < 500);
            let ports: Vec<String> = service.spec.ports.iter().map(|port| port.port.to_string()).collect();
            let totals = traffic.totals();
            ServiceLook {
                uid: service.metadata.uid.clone(),
                namespace: namespace.clone(),
                name: name.clone(),
                address: format!("{}:{}", service.spec.cluster_ip, ports.join(",")),
                ready: endpoints.iter().filter(|ready| **ready).count(),
                endpoints: endpoints.len(),
                rate,
                answered: totals.answered - totals.errors.min(totals.answered),
                lost: totals.lost() + totals.errors,
                recent: recent.map(|sample| (sample.number, is_good(sample.fate))).collect(),
            }
        })
        .collect()
}

/// What is left of progressDeadlineSeconds while a rollout is under way.
fn deadline_s(deployment: &Deployment, now: SimTime) -> Option<u64> {
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing")?;
    let is_over = matches!(progressing.reason.as_str(), "NewReplicaSetAvailable" | "ProgressDeadlineExceeded");
    if is_over || deployment.spec.paused {
        return None;
    }
    let whole_s = u64::try_from(deployment.spec.progress_deadline_seconds?).ok().filter(|s| *s < 1_000_000)?;
    let since_ms = u64::try_from(progressing.last_update_time?.as_sim_ms()).ok()?;
    Some((since_ms + whole_s * 1000).saturating_sub(now.as_ms()).div_ceil(1000))
}

/// The note that comes with every pass of a rollout.
pub const ROUTINE: &str = "deployment/waits-for-progress";
/// How many decisions are looked through for a Deployment's newest one.
const RECENT: usize = 2000;

fn newest_decision(deployment: &Deployment, cluster: &Cluster) -> Option<usize> {
    let object = format!("Deployment/{}/{}", deployment.metadata.namespace, deployment.metadata.name);
    let decisions = cluster.decisions();
    let end = decisions.len();
    (end.saturating_sub(RECENT)..end)
        .rev()
        // That the deadline's clock runs says least of all.
        .find(|number| {
            let decision = decisions.get(*number);
            decision.is_some_and(|decision| decision.object == object && decision.rule != ROUTINE)
        })
}

fn event_looks(cluster: &Cluster) -> Vec<EventLook> {
    let mut events: Vec<_> = cluster
        .api
        .store()
        .list(Kind::Event, None)
        .filter_map(|object| match object {
            Object::Event(event) => Some(event),
            _ => None,
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.metadata.resource_version));
    events
        .into_iter()
        .take(EVENTS)
        .map(|event| EventLook {
            uid: event.metadata.uid.clone(),
            at_ms: event
                .last_timestamp
                .or(event.metadata.creation_timestamp)
                .map_or(0, |at| u64::try_from(at.as_sim_ms()).unwrap_or(0)),
            is_warning: event.kind == hellok8s_lab::api::EventType::Warning,
            reason: event.reason.clone(),
            object: format!("{}/{}", event.involved_object.kind.to_ascii_lowercase(), event.involved_object.name),
            message: event.message.clone(),
            count: event.count.max(1),
        })
        .collect()
}
