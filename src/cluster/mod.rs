//! The loop that lets the parts act: it hands changes to whom they concern, runs what is due, and keeps the logs.
//!
//! [`Cluster`] is a plain value. Whoever wants to go back keeps copies; whoever wants to know how it ends runs a copy
//! ahead.

mod act;
mod admission;
mod autoscaling;
mod client;
mod clients;
mod garbage;
mod gates;
mod hashes;
mod kubelet_world;
mod limits;
mod metrics;
mod node;
mod nodes;
mod passes;
mod pod_garbage;
mod requests;
mod retention;
mod routes;
mod rules;
mod scheduling;
mod trouble;
mod volume_binding;
mod volumes;
mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Event, Generic, Kind, KubernetesVersion, Object, Pod};
pub use crate::apiserver::WatchEvent;
use crate::apiserver::{ApiServer, Key, NODE};
use crate::client::CallTimes;
use crate::controllers::endpoints::{Trackers, TriggerTimes};
use crate::controllers::replica_set::Expectations;
use crate::decision::{Decision, Reason};
use crate::events::Recorder;
use crate::events::series::SeriesRecorder;
use crate::images::Registry;
use crate::kubelet::{Fleet, Kubelet, Timings};
use crate::network::{Proxy, Traffic};
use crate::scheduler::Scheduler;
use crate::sim::{Log, SimTime};

use client::Asked;
use hashes::TemplateHash;
use limits::ControllerClient;
use node::NodeWatch;
pub use nodes::{MOST_NODES, MOST_PODS, NodeSize};
use passes::Pass;
use retention::Expiries;
pub use rules::RULES;
pub use trouble::Target;
use work::WorkQueue;

/// What a world begins with.
#[derive(Clone, Debug, Default)]
pub struct ClusterConfig {
    /// Decides every random draw.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
    /// How long things take on the node.
    pub timings: Timings,
    /// How long a call of kubectl takes.
    pub calls: CallTimes,
}

/// What the work of the cluster's parts costs, counted: pods that controllers have looked at one by one, the same pod as
/// often as they did, and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// To see what has changed.
    pub seen: usize,
    /// To choose which ones go, when a ReplicaSet has too many: as in Kubernetes, all of them are ranked each time.
    pub ranked: usize,
    /// Endpoints that `kube-proxy` has read to write its rules.
    pub proxied: usize,
    /// Turns of kubelets' pods: each may be several probes, a step of a sync, or both.
    pub turns: usize,
    /// Tasks that controllers and the scheduler have taken from their queues.
    pub tasks: usize,
}

/// The simulated cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The API server: everybody's only door to the objects.
    pub api: ApiServer,
    /// The images on the node and in the hub.
    pub registry: Registry,
    config: ClusterConfig,
    now: SimTime,
    work: WorkQueue,
    fleet: Fleet,
    recorder: Recorder,
    scheduler: Scheduler,
    /// The scheduler's events that may recur.
    series: SeriesRecorder<Arc<Event>>,
    expectations: Expectations,
    replica_set_client: ControllerClient,
    /// Passes of the ReplicaSet controller that wait for its client.
    passes: BTreeMap<Key, Pass>,
    log: Log<WatchEvent>,
    decisions: Log<Decision>,
    /// Whether the logs are held whole.
    keeps_logs: bool,
    expiries: Expiries,
    /// What clients have asked for so far.
    asked: Asked,
    /// Requests that went through a service so far: each is balanced by a draw of its own.
    requests: u64,
    proxy: Proxy,
    traffic: Traffic,
    node_watch: NodeWatch,
    /// What the EndpointSlice controller saw at its last passes.
    trigger_times: TriggerTimes,
    /// The slices as it left them.
    slices: Trackers,
    /// The node and the pod that a kubelet took last.
    admitted: Option<(Arc<Generic>, Arc<Pod>)>,
    /// What the autoscalers' controller remembers.
    autoscalers: autoscaling::Autoscalers,
    metrics: metrics::MetricsServer,
    /// When somebody changed something past the API server.
    interventions: Log<SimTime>,
    /// The last decisions not to act, by object and rule: they are logged when they are new.
    notes: BTreeMap<String, BTreeMap<&'static str, Reason>>,
    /// How many pods controllers have looked at.
    visits: Visits,
    /// Hashes of templates by Deployment uid, with what they were made from.
    hashes: BTreeMap<String, TemplateHash>,
}

impl Cluster {
    /// A cluster with one node and nothing on it.
    pub fn new(config: ClusterConfig) -> Self {
        let mut fleet = Fleet::default();
        fleet.add(nodes::kubelet(&config, NODE, 0));
        let api = ApiServer::new(config.seed, config.version);
        let mut scheduler = Scheduler::default();
        for node in api.store().list(Kind::Node, None) {
            if let Object::Generic(node) = node {
                scheduler.node_changed(node);
            }
        }
        Self {
            api,
            registry: Registry::default(),
            now: SimTime::ZERO,
            work: WorkQueue::default(),
            fleet,
            recorder: Recorder::new(config.version),
            scheduler,
            series: SeriesRecorder::default(),
            expectations: Expectations::default(),
            replica_set_client: ControllerClient::default(),
            passes: BTreeMap::new(),
            log: Log::default(),
            decisions: Log::default(),
            keeps_logs: false,
            expiries: Expiries::default(),
            asked: Asked::default(),
            requests: 0,
            proxy: Proxy::default(),
            traffic: Traffic::default(),
            node_watch: NodeWatch::default(),
            trigger_times: TriggerTimes::default(),
            slices: Trackers::default(),
            admitted: None,
            autoscalers: autoscaling::Autoscalers::default(),
            metrics: metrics::MetricsServer::default(),
            interventions: Log::default(),
            notes: BTreeMap::new(),
            visits: Visits::default(),
            hashes: BTreeMap::new(),
            config,
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// What the world began with.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// From now on calls of kubectl take so long.
    pub fn set_call_times(&mut self, calls: CallTimes) {
        self.config.calls = calls;
    }

    /// The watch log: every change of every object, oldest first.
    pub fn log(&self) -> &Log<WatchEvent> {
        &self.log
    }

    /// Every decision, oldest first.
    pub fn decisions(&self) -> &Log<Decision> {
        &self.decisions
    }

    /// How many pods the controllers have looked at so far: what their work costs.
    pub fn visits(&self) -> Visits {
        let turns = self.fleet.iter().map(Kubelet::turns).sum();
        Visits { proxied: self.proxy.read(), turns, ..self.visits }
    }

    /// Lets go of a part of what the logs hold before so many entries, for who has read them and never goes back.
    pub(crate) fn forget(&mut self, entries: usize, decisions: usize) {
        self.log.forget(entries);
        self.decisions.forget(decisions);
    }

    /// The nodes' kubelets, to ask them about pods.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// As [`Cluster::fleet`], to send requests to pods and to make trouble.
    pub fn fleet_mut(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    /// When something happens next; the present when changes have not been handed on yet.
    pub fn next_at(&self) -> SimTime {
        let next = self.work.next_at().min(self.fleet.next_wake()).min(self.proxy.next_at());
        next.max(self.now)
    }

    /// Hands on what the user's requests have changed, so that the log shows it now.
    pub fn settle(&mut self) {
        self.hand_on_changes();
    }

    /// Goes to the next event and handles it. Returns the new present, or nothing when no event is to come.
    pub fn step(&mut self) -> Option<SimTime> {
        self.hand_on_changes();
        let next = self.next_at();
        if next == SimTime::NEVER {
            return None;
        }
        // That an event's time is over is no reason to go on, and is not missed either.
        let next = self.serve_traffic(next.min(self.expiries.next_at()));
        self.go_to(next);
        self.handle_due();
        Some(self.now)
    }

    /// Handles everything up to and including `until`, and makes that the present.
    pub fn run_until(&mut self, until: SimTime) {
        self.hand_on_changes();
        loop {
            let due = self.next_at().min(self.expiries.next_at());
            let next = self.serve_traffic(due.min(until));
            if next > until || self.next_at().min(self.expiries.next_at()) > next {
                break;
            }
            self.go_to(next);
            self.handle_due();
        }
        self.go_to(until.max(self.now));
    }

    fn go_to(&mut self, at: SimTime) {
        self.now = at;
        self.api.set_now(at);
    }

    /// One thing that is due now: the kubelets before the controllers, so that what exists is known before it is judged.
    fn handle_due(&mut self) {
        if self.expiries.next_at() <= self.now {
            self.expire_event();
        } else if self.fleet.next_wake() <= self.now {
            self.run_kubelets();
        } else if self.proxy.next_at() <= self.now {
            self.proxy.sync(self.api.store(), self.now);
        } else if let Some(task) = self.work.pop_due(self.now) {
            self.run_task(&task);
        }
        self.hand_on_changes();
    }

    fn decide(&mut self, controller: &'static str, object: &str, reason: Reason) {
        self.decisions.push(Decision {
            t_ms: self.now.as_ms(),
            controller,
            object: object.to_owned(),
            rule: reason.rule,
            inputs: reason.inputs,
            action: reason.action,
        });
    }
}
