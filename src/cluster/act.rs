//! Acting: who looks at what when its time has come, with what it reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Deployment, Event, Kind, Object, Pod, ReplicaSet, StrategyType, StringMap, Time};
use crate::apiserver::{Key, Store, Tally};
use crate::controllers::replica_set::ranking;
use crate::controllers::{
    Plan, deployment, endpoints, garbage_collection, namespace, node_lifecycle, replica_set, taint_eviction, taints,
};
use crate::events::{EventWrite, Note};

use super::Cluster;
use super::requests::Failure;
use super::work::Task;

/// What fails this often in a row is left alone until something changes.
/// Models maxRetries of pkg/controller/deployment and pkg/controller/endpointslice.
const MAX_RETRIES: u32 = 15;

impl Cluster {
    pub(super) fn run_task(&mut self, task: &Task) {
        self.visits.tasks += 1;
        // What seldom happens is called through a pointer: so it stays a function of its own, and the page fetches it later.
        let (seldom, key): (fn(&mut Self, &Key, &Task), &Key) = match task {
            Task::Schedule(key) => return self.schedule(key),
            Task::EventSeries => return self.tend_series(),
            Task::Deployment(key) => return self.sync_deployment(key, task),
            Task::ReplicaSet(key) => return self.sync_replica_set(key),
            Task::Pass(key) => return self.resume_pass(key),
            Task::SendEvents => return self.send_waiting_events(),
            Task::Endpoints(key) => return self.sync_endpoints(key, task),
            Task::NodeHealth(key) => return self.sync_node(key, task),
            Task::Scrape => return self.scrape(),
            Task::Volumes => return self.resync_volumes(),
            Task::PodGarbage => return self.collect_pods(),
            Task::Collect(_, key) | Task::Orphan(_, key) => (Self::collect, key),
            Task::Quota(key) => (|cluster, key, _| cluster.sync_quota(key), key),
            Task::Budget(key) => (|cluster, key, _| cluster.sync_budget(key), key),
            Task::Autoscaler(key) => (|cluster, key, _| cluster.sync_autoscaler(key), key),
            Task::Claim(key) => (|cluster, key, _| cluster.sync_claim(key), key),
            Task::Volume(key) => (|cluster, key, _| cluster.sync_volume(key), key),
            Task::Provision(key) => (|cluster, key, _| cluster.provision(key), key),
            Task::Namespace(key) => (Self::sync_namespace, key),
            Task::Evict(key) => (Self::sync_eviction, key),
            Task::Admit(key) => (|cluster, key, _| cluster.admit_pod(key), key),
        };
        seldom(self, key, task);
    }

    /// Tries again after a failure, until it has failed too often in a row.
    pub(super) fn finish(&mut self, outcome: Result<(), Failure>, task: &Task) {
        let Err(failure) = outcome else { return };
        // In a namespace that is going, every creation would fail: there is nothing to be done.
        if failure.status.is_namespace_terminating() || self.work.failures(task) >= MAX_RETRIES {
            self.work.forget_failures(task);
        } else {
            self.work.add_rate_limited(task.clone(), self.now);
        }
    }

    fn sync_deployment(&mut self, key: &Key, task: &Task) {
        let Some(deployment) = self.api.store().deployment(key).map(Arc::clone) else { return };
        let template_hash = self.template_hash(&deployment);
        let store = self.api.store();
        let replica_sets: Vec<_> = store.replica_sets(Some(&key.namespace)).cloned().collect();
        // Only Recreate asks after the pods.
        let asks = deployment.spec.strategy.kind == StrategyType::Recreate;
        let pods = if asks { self.pods_of(&deployment, &replica_sets) } else { Vec::new() };
        let input = deployment::Input {
            deployment: &deployment,
            replica_sets: &replica_sets,
            pods: &pods,
            template_hash: &template_hash,
            version: self.config.version,
        };
        let plan = deployment::sync(&input, self.now);
        let now = self.now;
        let object = format!("Deployment/{key}");
        self.visits.seen += pods.len();
        let outcome = self.perform("deployment", &object, plan, task);
        if let Err(failure) = &outcome
            && !failure.status.is_namespace_terminating()
            && let Some(set) = &failure.creating
        {
            let plan = deployment::creation_failed(&input, set, &failure.status.message, now);
            let _given_up = self.perform("deployment", &object, plan, task);
        }
        self.finish(outcome, task);
    }

    /// The pods that the Deployment's ReplicaSets control, oldest first: its own ReplicaSets', and those of the orphans
    /// that it may adopt. Models pkg/controller/deployment getPodMapForDeployment.
    fn pods_of(&self, deployment: &Deployment, replica_sets: &[Arc<ReplicaSet>]) -> Vec<Arc<Pod>> {
        let may_be_claimed = |set: &&Arc<ReplicaSet>| match set.metadata.controller() {
            Some(owner) => owner.uid == deployment.metadata.uid,
            None => deployment.spec.selector.matches(&set.metadata.labels),
        };
        sort_by_age(
            replica_sets.iter().filter(may_be_claimed).flat_map(|set| self.pods_owned_by(&set.metadata.uid)).collect(),
        )
    }

    fn pods_owned_by(&self, uid: &str) -> impl Iterator<Item = Arc<Pod>> {
        self.api.store().owned_by(uid).filter_map(|object| match object {
            Object::Pod(pod) => Some(Arc::clone(pod)),
            _ => None,
        })
    }

    fn sync_replica_set(&mut self, key: &Key) {
        if self.is_in_pass(key) {
            return;
        }
        let store = self.api.store();
        let Some(set) = store.replica_set(key).map(Arc::clone) else { return };
        let replica_sets: Vec<_> = store.replica_sets(Some(&key.namespace)).cloned().collect();
        let counted = replica_set::Input {
            replica_set: &set,
            replica_sets: &replica_sets,
            pods: &[],
            on_node: None,
            expectations_satisfied: self.expectations.are_satisfied(&key.to_string(), self.now),
            burst_replicas: replica_set::BURST_REPLICAS,
            version: self.config.version,
        };
        let now = self.now;
        let counts = self.counts(&set);
        let plan = counts.and_then(|counts| replica_set::sync_counted(&counted, &counts, now));
        let pods = if plan.is_none() { self.candidates(&set) } else { Vec::new() };
        let on_node = plan.is_none().then(|| self.on_node(&set, &replica_sets, &pods));
        let input = replica_set::Input { pods: &pods, on_node: on_node.as_ref(), ..counted };
        let plan = plan.unwrap_or_else(|| replica_set::sync(&input, now));
        let visits = if counts.is_some() { &mut self.visits.ranked } else { &mut self.visits.seen };
        *visits += pods.len();
        let counts = counts.unwrap_or_else(|| replica_set::count(&input, now));
        self.begin_pass(&set, counts, plan);
    }

    /// How a ReplicaSet's pods are; nothing when one of them has to be looked at, or an orphan that it may adopt.
    fn counts(&self, set: &ReplicaSet) -> Option<replica_set::Counts> {
        let store = self.api.store();
        let is_wanted = |pod: &Arc<Pod>| set.spec.selector.matches(pod.labels());
        if store.orphan_pods(&set.metadata.namespace).any(is_wanted) {
            return None;
        }
        replica_set::Counts::of_tally(set, store.tally(&set.metadata.uid), self.now)
    }

    /// The pods that a ReplicaSet's controller must look at, oldest first: its own, and the orphans that it may adopt.
    /// Pods of other owners can neither be adopted nor deleted.
    fn candidates(&self, set: &ReplicaSet) -> Vec<Arc<Pod>> {
        let orphans = self.api.store().orphan_pods(&set.metadata.namespace);
        let mut pods: Vec<Arc<Pod>> =
            orphans.filter(|pod| set.spec.selector.matches(pod.labels())).map(Arc::clone).collect();
        pods.extend(self.pods_owned_by(&set.metadata.uid));
        sort_by_age(pods)
    }

    /// How many active pods of the same Deployment each node has: its ReplicaSets' own, and
    /// those among `pods` that are to be adopted.
    fn on_node(&self, set: &ReplicaSet, replica_sets: &[Arc<ReplicaSet>], pods: &[Arc<Pod>]) -> ranking::OnNode {
        let sets = ranking::replica_sets_with_same_controller(set, replica_sets);
        let is_related = |labels: &StringMap| sets.iter().any(|set| set.spec.selector.matches(labels));
        let mut on_node = ranking::OnNode::new();
        for group in sets.iter().filter_map(|set| self.api.store().tally(&set.metadata.uid)).flat_map(Tally::groups) {
            if is_related(&group.labels) {
                *on_node.entry(group.node.clone()).or_default() += group.active;
            }
        }
        let is_adopted = |pod: &&Arc<Pod>| pod.metadata.controller().is_none() && pod.is_active();
        for pod in pods.iter().filter(is_adopted).filter(|pod| is_related(pod.labels())) {
            *on_node.entry(pod.node_name.clone()).or_default() += 1;
        }
        on_node
    }

    /// Passes an event through its component's recorder into the store.
    pub(super) fn record(&mut self, note: Note) {
        if let Some(write) = self.recorder.record(note, self.now) {
            self.write_event(write);
        }
    }

    pub(super) fn write_event(&mut self, write: EventWrite) {
        match write {
            // An event that cannot be stored (its namespace is going) is lost, as in a real cluster.
            EventWrite::Create(event) => drop(self.api.create(Object::Event(Arc::new(event)))),
            EventWrite::Patch(event) => {
                let key = Key::of(&event.metadata);
                match self.api.get(Kind::Event, &key) {
                    Ok(Object::Event(stored)) => {
                        let Event { message, last_timestamp, count, .. } = event;
                        let patched = Event { message, last_timestamp, count, ..Event::clone(stored) };
                        drop(self.api.update(Object::Event(Arc::new(patched))));
                    }
                    _ => {
                        self.recorder.recreated(&event);
                        drop(self.api.create(Object::Event(Arc::new(event))));
                    }
                }
            }
        }
    }

    fn sync_endpoints(&mut self, key: &Key, task: &Task) {
        let store = self.api.store();
        let Some(service) = store.service(key).map(Arc::clone).filter(|service| endpoints::is_managed(service)) else {
            return;
        };
        let selector = &service.spec.selector;
        let is_behind = |pod: &&Arc<Pod>| selector.iter().all(|(key, value)| pod.labels().get(key) == Some(value));
        let slices = self.slices.own(key, self.api.store().slices_of(key).cloned());
        let tracked = self.slices.take(&service, &slices);
        let store = self.api.store();
        let find = |name: &str| store.pod(&Key::new(Arc::clone(&key.namespace), name)).filter(is_behind).cloned();
        let times = &mut self.trigger_times;
        let changed = tracked.as_ref().and_then(|tracked| endpoints::sync_changed(&service, tracked, &find, times));
        let looked_at = match &changed {
            Some(_) => tracked.as_ref().map_or(0, |tracked| tracked.changed().count()),
            None => store.count(Kind::Pod),
        };
        let plan = changed.unwrap_or_else(|| {
            let pods: Vec<_> = store.pods(Some(&key.namespace)).filter(is_behind).cloned().collect();
            let input = endpoints::Input { service: &service, pods: &pods, slices: &slices };
            endpoints::sync(&input, &mut self.trigger_times)
        });
        self.visits.seen += looked_at;
        let outcome = self.perform("endpoints", &format!("Service/{key}"), plan, task);
        if outcome.is_ok() {
            self.slices.keep(&service, self.api.store().slices_of(key).cloned(), tracked);
        }
        self.finish(outcome, task);
    }

    /// The slices of a service that the controller looks after, by name.
    fn collect(&mut self, key: &Key, task: &Task) {
        let (kind, attempt): (Kind, fn(&Store, &Object) -> Plan) = match task {
            Task::Orphan(kind, _) => (*kind, garbage_collection::attempt_to_orphan),
            Task::Collect(kind, _) => (*kind, garbage_collection::attempt_to_delete),
            _ => return,
        };
        let store = self.api.store();
        let Some(item) = store.get(kind, key) else { return };
        let plan = attempt(store, item);
        let outcome = self.perform("garbage-collector", &format!("{}/{key}", kind.as_str()), plan, task);
        self.finish(outcome, task);
    }

    fn sync_namespace(&mut self, key: &Key, task: &Task) {
        let Some(Object::Generic(namespace)) = self.api.store().get(Kind::Namespace, key).cloned() else { return };
        let contents: Vec<Object> = self.api.namespace_contents(&key.name).cloned().collect();
        let plan = namespace::sync(&namespace, &contents, self.now);
        let outcome = self.perform("namespace", &format!("Namespace/{}", key.name), plan, task);
        self.finish(outcome, task);
    }

    fn sync_node(&mut self, key: &Key, task: &Task) {
        let Some(node) = self.node(&key.name) else { return };
        let is_lost = self.node_watch.is_lost(&key.name, self.now);
        // Only a node that is given up asks after its pods.
        let pods = if is_lost { self.pods_of_node(&key.name) } else { Vec::new() };
        let others_are_ready = self.is_any_node_ready_but(&key.name);
        let version = self.config.version;
        let input = node_lifecycle::Input { node: &node, pods: &pods, is_lost, others_are_ready, version };
        let plan = node_lifecycle::sync(&input, self.now);
        let outcome = self.perform("node", &format!("Node/{}", node.metadata.name), plan, task);
        self.finish(outcome, task);
    }

    fn sync_eviction(&mut self, key: &Key, task: &Task) {
        let pod = self.api.store().pod(key).filter(|pod| !pod.node_name.is_empty()).cloned();
        let node = pod.as_ref().and_then(|pod| self.node(&pod.node_name));
        let taints = node.as_ref().map(|node| taints::evicting(node)).unwrap_or_default();
        let (evictions, now) = (&mut self.node_watch.evictions, self.now);
        let plan = if evictions.is_due(key, now) {
            taint_eviction::carry_out(evictions, key, pod.as_ref(), now)
        } else {
            taint_eviction::consider(evictions, key, pod.as_ref(), &taints, now)
        };
        let outcome = self.perform("taint-eviction", &format!("Pod/{key}"), plan, task);
        self.finish(outcome, task);
    }
}

/// Oldest first; the store's order, which is by name, decides among those of one owner that were made at once. What
/// was made within one second was made at once, so that there are few ages.
fn sort_by_age(pods: Vec<Arc<Pod>>) -> Vec<Arc<Pod>> {
    let mut ages: BTreeMap<Option<Time>, Vec<Arc<Pod>>> = BTreeMap::new();
    for pod in pods {
        ages.entry(pod.metadata.creation_timestamp).or_default().push(pod);
    }
    ages.into_values().flatten().collect()
}
