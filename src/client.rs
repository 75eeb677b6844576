//! A client of the cluster: the requests that kubectl sends, to the API server and through it to a node's kubelet.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::api::{Definition, Kind, KubernetesVersion, Object, Pod, ReplicaSet, Time};
use crate::apiserver::{
    Applied, DeleteOptions, Deleted, Key, Managers, PatchType, Selectors, Status, WatchEvent, WriteOptions,
};
use crate::images::{Exec, LogLine};
use crate::script::Files;
use crate::sim::{Random, SimTime};

/// How long a call of kubectl takes, in milliseconds. A pair is the smallest and the largest; each call draws its own.
///
/// Measured in recordings of a real cluster: docs/fidelity.md, "How long a command takes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTimes {
    /// From its start to its first request: the program, its configuration, what it knows of the server's resources.
    pub start_ms: (u64, u64),
    /// A request and its answer.
    pub request_ms: (u64, u64),
    /// To start a program in a container.
    pub exec_ms: (u64, u64),
}

impl CallTimes {
    /// Of calls that take no time: where only their outcome is asked for.
    pub const NONE: Self = Self { start_ms: (0, 0), request_ms: (0, 0), exec_ms: (0, 0) };
}

impl Default for CallTimes {
    fn default() -> Self {
        Self { start_ms: (52, 72), request_ms: (8, 16), exec_ms: (70, 110) }
    }
}

/// How many requests clients have sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Those that only read.
    pub reads: u64,
    /// Those that change something.
    pub writes: u64,
    /// Those that start a program in a container.
    pub execs: u64,
}

impl Requests {
    /// Those that were sent since there were `before` of them.
    pub fn since(self, before: Self) -> Self {
        Self {
            reads: self.reads - before.reads.min(self.reads),
            writes: self.writes - before.writes.min(self.writes),
            execs: self.execs - before.execs.min(self.execs),
        }
    }
}

/// Whether the cluster serves metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsApi {
    /// Nobody has made such an API.
    Absent,
    /// Its server does not answer yet.
    Unavailable,
    /// It answers.
    Serves,
}

/// What a container uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerMetrics {
    /// Its name.
    pub name: String,
    /// Billionths of a processor.
    pub cpu_nano: u64,
    /// Bytes.
    pub memory_bytes: u64,
}

/// What a pod uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodMetrics {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When that was seen.
    pub at: Time,
    /// Over how long, in seconds.
    pub window_s: i64,
    /// Its containers by name.
    pub containers: Vec<ContainerMetrics>,
}

/// What a node uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeMetrics {
    /// Its name.
    pub name: String,
    /// When that was seen.
    pub at: Time,
    /// Billionths of a processor.
    pub cpu_nano: u64,
    /// Bytes.
    pub memory_bytes: u64,
}

/// What can be asked of a cluster from outside.
pub trait Client {
    /// The present moment.
    fn now(&self) -> SimTime;

    /// The cluster's Kubernetes.
    fn version(&self) -> KubernetesVersion;

    /// How long a call takes.
    fn call_times(&self) -> CallTimes;

    /// The stream of random numbers with this name.
    fn random(&self, stream: &str) -> Random;

    /// How many requests clients have sent so far.
    fn requests(&self) -> Requests;

    /// One object.
    ///
    /// # Errors
    /// `NotFound`.
    fn get(&self, kind: Kind, key: &Key) -> Result<Object, Status>;

    /// The object that an answer of before was of, if it is still there. No request.
    fn peek(&self, kind: Kind, key: &Key) -> Option<Object>;

    /// The kinds that users have defined: what kubectl knows of the server beforehand. No request.
    fn definitions(&self) -> Vec<Definition>;

    /// The objects of a kind that are selected, by namespace and name; of all namespaces when none is given.
    fn select(&self, kind: Kind, namespace: Option<&str>, selectors: &Selectors) -> Vec<Object>;

    /// Begins a watch: it reports what happens to the objects of a kind from now on.
    fn watch(&mut self, kind: Kind) -> Watch;

    /// What has happened since a watch was last asked, oldest first.
    fn events(&self, watch: &mut Watch) -> Vec<WatchEvent>;

    /// Creates an object.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::create_value`].
    fn create(&mut self, kind: Kind, namespace: &str, value: Value, options: WriteOptions) -> Result<Applied, Status>;

    /// Replaces an object.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::replace`].
    fn replace(&mut self, kind: Kind, value: Value, options: WriteOptions) -> Result<Applied, Status>;

    /// Changes an object by a patch.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::patch`].
    fn patch(
        &mut self,
        kind: Kind,
        key: &Key,
        patch: &Value,
        patch_type: PatchType,
        options: WriteOptions,
    ) -> Result<Applied, Status>;

    /// Applies a configuration on the server, taking fields from others with `force`.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::apply`].
    fn apply(
        &mut self,
        kind: Kind,
        key: &Key,
        config: &Value,
        force: bool,
        options: WriteOptions,
    ) -> Result<Applied, Status>;

    /// Who manages which fields of an object: a part of it, which is sent only to those who ask.
    fn managers(&self, object: &Object) -> Managers;

    /// As [`crate::apiserver::ApiServer::upgrade_managers`].
    fn upgrade_managers(&mut self, kind: Kind, key: &Key, to: &str) -> bool;

    /// Deletes an object.
    ///
    /// # Errors
    /// As [`crate::apiserver::ApiServer::delete`].
    fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status>;

    /// Asks a pod to leave its node.
    ///
    /// # Errors
    /// As [`Client::delete`].
    fn evict(&mut self, pod: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status>;

    /// A container's log, or the one of the container before it; none when there is no such container on a node.
    fn logs(&self, pod_uid: &str, container: &str, previous: bool) -> Option<Vec<LogLine>>;

    /// Whether metrics are served.
    fn metrics_api(&self) -> MetricsApi;

    /// What the pods of a namespace use, or all, as far as that is known.
    fn pod_metrics(&self, namespace: Option<&str>) -> Vec<PodMetrics>;

    /// What the nodes use, as far as that is known.
    fn node_metrics(&self) -> Vec<NodeMetrics>;

    /// Whether a container runs that has a shell and common programs.
    fn has_shell(&self, pod_uid: &str, container: &str) -> bool;

    /// Runs a command in a container; none when the container does not run.
    fn exec(&mut self, pod_uid: &str, container: &str, command: &[String]) -> Option<Exec>;

    /// The files of a running container, to copy from and to; none when the container does not run.
    fn files_mut(&mut self, pod_uid: &str, container: &str) -> Option<&mut Files>;
}

impl dyn Client + '_ {
    /// All objects of a kind in a namespace, or everywhere.
    pub fn list(&self, kind: Kind, namespace: Option<&str>) -> Vec<Object> {
        self.select(kind, namespace, &Selectors::default())
    }

    /// The Pods of a namespace, or all.
    pub fn pods(&self, namespace: Option<&str>) -> Vec<Arc<Pod>> {
        let pods = self.list(Kind::Pod, namespace).into_iter().filter_map(|object| match object {
            Object::Pod(pod) => Some(pod),
            _ => None,
        });
        pods.collect()
    }

    /// The ReplicaSets of a namespace.
    pub fn replica_sets(&self, namespace: &str) -> Vec<Arc<ReplicaSet>> {
        let sets = self.list(Kind::ReplicaSet, Some(namespace)).into_iter().filter_map(|object| match object {
            Object::ReplicaSet(set) => Some(set),
            _ => None,
        });
        sets.collect()
    }
}

/// A watch: which objects it reports, and how far it has come.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The objects' kind.
    pub kind: Kind,
    /// Only those of this namespace.
    pub namespace: Option<String>,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those.
    pub selectors: Selectors,
    /// Uids of what was selected so far: an object that stops being selected is reported once more, as deleted.
    pub shown: BTreeSet<String>,
    /// How many entries of the cluster's log it has read.
    pub(crate) position: usize,
}

impl Watch {
    /// A watch that goes on behind so many entries of the log.
    pub(crate) fn at(position: usize, kind: Kind) -> Self {
        let (selectors, shown) = (Selectors::default(), BTreeSet::new());
        Self { kind, namespace: None, name: None, selectors, shown, position }
    }

    /// The event as this watch reports it, if it concerns it.
    pub(crate) fn report(&mut self, event: WatchEvent) -> Option<WatchEvent> {
        let metadata = event.object.metadata();
        let is_watched = event.object.kind() == self.kind
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == metadata.namespace)
            && self.name.as_ref().is_none_or(|name| *name == metadata.name);
        if !is_watched {
            return None;
        }
        if self.selectors.matches(&event.object) {
            self.shown.insert(metadata.uid.clone());
            return Some(event);
        }
        let kind = crate::apiserver::ChangeType::Deleted;
        self.shown.remove(&metadata.uid).then_some(WatchEvent { kind, ..event })
    }
}
