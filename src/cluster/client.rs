//! The cluster as its clients see it.

use std::cell::Cell;

use serde_json::Value;

use super::Cluster;
use crate::api::{Definition, Kind, KubernetesVersion, Object};
use crate::apiserver::{
    Applied, DeleteOptions, Deleted, Key, Managers, PatchType, Selectors, Status, WatchEvent, WriteOptions,
};
use crate::client::{CallTimes, Client, MetricsApi, NodeMetrics, PodMetrics, Requests, Watch};
use crate::controllers::endpoints;
use crate::images::{Exec, Inside, LogLine};
use crate::script::Files;
use crate::sim::{Random, SimTime};

/// Counts what clients ask for. A request that only reads leaves the cluster as it is, and is counted nevertheless.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(Cell<Requests>);

impl Asked {
    fn read(&self) {
        let requests = self.0.get();
        self.0.set(Requests { reads: requests.reads + 1, ..requests });
    }

    fn write(&self) {
        let requests = self.0.get();
        self.0.set(Requests { writes: requests.writes + 1, ..requests });
    }

    fn exec(&self) {
        let requests = self.0.get();
        self.0.set(Requests { execs: requests.execs + 1, ..requests });
    }
}

impl Cluster {
    /// Where a command runs that kubectl starts in a container: see [`crate::images::Program::inside`].
    pub(crate) fn inside(&mut self, pod_uid: &str, container: &str, command: &[String]) -> Option<Inside> {
        let inside = self.fleet.inside(pod_uid, container, command)?;
        self.asked.exec();
        Some(inside)
    }
}

impl Client for Cluster {
    fn now(&self) -> SimTime {
        self.now
    }

    fn version(&self) -> KubernetesVersion {
        self.api.version
    }

    fn call_times(&self) -> CallTimes {
        self.config.calls
    }

    fn random(&self, stream: &str) -> Random {
        Random::derive(self.config.seed, stream)
    }

    fn requests(&self) -> Requests {
        self.asked.0.get()
    }

    fn get(&self, kind: Kind, key: &Key) -> Result<Object, Status> {
        self.asked.read();
        if kind == Kind::Endpoints {
            let all = endpoints::mirrored(self.api.store(), Some(&key.namespace));
            let found = all.into_iter().find(|object| object.metadata().name == *key.name);
            return found.ok_or_else(|| Status::not_found(kind, &key.name));
        }
        self.api.get(kind, key).cloned()
    }

    fn peek(&self, kind: Kind, key: &Key) -> Option<Object> {
        self.api.get(kind, key).ok().cloned()
    }

    fn definitions(&self) -> Vec<Definition> {
        self.api.definitions()
    }

    fn select(&self, kind: Kind, namespace: Option<&str>, selectors: &Selectors) -> Vec<Object> {
        self.asked.read();
        let store = self.api.store();
        if kind == Kind::Endpoints {
            let all = endpoints::mirrored(store, namespace).into_iter();
            return all.filter(|object| selectors.matches(object)).collect();
        }
        store.list(kind, namespace).filter(|object| selectors.matches(object)).cloned().collect()
    }

    fn watch(&mut self, kind: Kind) -> Watch {
        self.asked.read();
        self.settle();
        Watch::at(self.log.len(), kind)
    }

    fn events(&self, watch: &mut Watch) -> Vec<WatchEvent> {
        let entries = self.log.since(watch.position);
        watch.position = self.log.len();
        let entries = entries.filter_map(|event| match watch.kind {
            Kind::Endpoints => {
                let (object, kind) = endpoints::mirrored_change(self.api.store(), &event.object, event.kind)?;
                Some(WatchEvent { kind, object, ..event.clone() })
            }
            kind => (event.object.kind() == kind).then(|| event.clone()),
        });
        let mut reported = Vec::new();
        for event in entries.collect::<Vec<_>>() {
            reported.extend(watch.report(event));
        }
        reported
    }

    fn create(&mut self, kind: Kind, namespace: &str, value: Value, options: WriteOptions) -> Result<Applied, Status> {
        self.asked.write();
        self.api.create_value(kind, namespace, value, options)
    }

    fn replace(&mut self, kind: Kind, value: Value, options: WriteOptions) -> Result<Applied, Status> {
        self.asked.write();
        self.api.replace(kind, value, options)
    }

    fn patch(
        &mut self,
        kind: Kind,
        key: &Key,
        patch: &Value,
        patch_type: PatchType,
        options: WriteOptions,
    ) -> Result<Applied, Status> {
        self.asked.write();
        self.api.patch(kind, key, patch, patch_type, options)
    }

    fn apply(
        &mut self,
        kind: Kind,
        key: &Key,
        config: &Value,
        force: bool,
        options: WriteOptions,
    ) -> Result<Applied, Status> {
        self.asked.write();
        self.api.apply(kind, key, config, force, options)
    }

    fn managers(&self, object: &Object) -> Managers {
        self.api.managers(object)
    }

    fn upgrade_managers(&mut self, kind: Kind, key: &Key, to: &str) -> bool {
        let changed = self.api.upgrade_managers(kind, key, to);
        if changed {
            self.asked.write();
        }
        changed
    }

    fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        self.asked.write();
        self.api.delete(kind, key, options)
    }

    fn evict(&mut self, pod: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        self.asked.write();
        self.evict_pod(pod, options, dry_run)
    }

    fn logs(&self, pod_uid: &str, container: &str, previous: bool) -> Option<Vec<LogLine>> {
        self.asked.read();
        self.fleet.logs(pod_uid, container, previous, self.now)
    }

    fn metrics_api(&self) -> MetricsApi {
        self.asked.read();
        Self::metrics_api(self)
    }

    fn pod_metrics(&self, namespace: Option<&str>) -> Vec<PodMetrics> {
        self.asked.read();
        Self::pod_metrics(self, namespace)
    }

    fn node_metrics(&self) -> Vec<NodeMetrics> {
        self.asked.read();
        Self::node_metrics(self)
    }

    fn has_shell(&self, pod_uid: &str, container: &str) -> bool {
        self.fleet.has_shell(pod_uid, container)
    }

    fn exec(&mut self, pod_uid: &str, container: &str, command: &[String]) -> Option<Exec> {
        self.asked.exec();
        self.fleet.exec(pod_uid, container, command, self.now)
    }

    fn files_mut(&mut self, pod_uid: &str, container: &str) -> Option<&mut Files> {
        self.asked.exec();
        self.fleet.files_mut(pod_uid, container)
    }
}
