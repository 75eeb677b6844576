//! Whole rollouts, second by second: both controllers against a store in memory, by the tables' tick rule.
//!
//! The store checks resource versions and a plan ends at its first conflict, as in the lab's loop. It is not the lab's
//! API server because the tables want the pods' uids to be their ordinals.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{
    Deployment, KubernetesVersion, Pod, PodPhase, PodSpec, ReplicaSet, RollingUpdateDeployment, StrategyType, Time,
};
use hellok8s_lab::controllers::deployment::{self, conditions, revision, status};
use hellok8s_lab::controllers::{Plan, Request, replica_set};
use hellok8s_lab::sim::SimTime;
use serde_json::{Map, Value, json};

use super::replica_set::ready_condition;
use super::{bound, count, list, table, text};

/// The names that the tables' ReplicaSets have; they break ties between those made in the same second.
const HASHES: [(&str, &str); 6] = [
    ("v1", "5655fd8bf8"),
    ("v2", "85979f4f89"),
    ("v3", "64c6d9458d"),
    ("v4", "6df747d8cf"),
    ("v5", "7c864cf894"),
    ("v6", "6b48f6d5d5"),
];

/// The object was written since it was read.
struct Conflict;

/// What the API server and the kubelet hold.
struct World<'a> {
    input: &'a Value,
    now: SimTime,
    deployment: Arc<Deployment>,
    sets: Vec<Arc<ReplicaSet>>,
    pods: Vec<Arc<Pod>>,
    writes: u64,
    pods_created: usize,
    pods_deleted: usize,
    actions: Vec<Value>,
    deleted_sets: Vec<String>,
    events: Vec<String>,
}

impl World<'_> {
    fn new(input: &Value) -> World<'_> {
        World {
            input,
            now: SimTime::ZERO,
            deployment: Arc::default(),
            sets: Vec::new(),
            pods: Vec::new(),
            writes: 0,
            pods_created: 0,
            pods_deleted: 0,
            actions: Vec::new(),
            deleted_sets: Vec::new(),
            events: Vec::new(),
        }
    }

    fn operate(&mut self, op: &Value) {
        let before = self.deployment.spec.clone();
        let deployment = Arc::make_mut(&mut self.deployment);
        match op["op"].as_str() {
            Some("create") => {
                *deployment = new_deployment(self.input);
                set_version(deployment, &text(&op["version"]));
            }
            Some("setVersion") => set_version(deployment, &text(&op["version"])),
            Some("scale") => deployment.spec.replicas = count(&op["replicas"]),
            Some("pause") => deployment.spec.paused = true,
            Some("resume") => deployment.spec.paused = false,
            other => panic!("unknown operation {other:?}"),
        }
        if deployment.spec != before {
            deployment.metadata.generation += 1;
        }
    }

    fn run_kubelet(&mut self) {
        let now = Time::from_sim(self.now).0;
        let termination = i64::from(count(&self.input["terminationTicks"]));
        self.pods.retain(|pod| pod.metadata.deletion_timestamp.is_none_or(|at| now - at.0 < termination));
        for pod in &mut self.pods {
            let delay = self.input["readyDelayTicks"][pod.spec.containers[0].image.as_str()].as_i64().unwrap_or(-1);
            let age = now - pod.metadata.creation_timestamp.unwrap_or_default().0;
            let is_going = pod.metadata.deletion_timestamp.is_some();
            if !is_going && !pod.is_ready() && delay >= 0 && age >= delay {
                let condition = ready_condition(true, Some(Time(now)));
                Arc::make_mut(pod).status.conditions = vec![condition];
            }
        }
    }

    fn run_controllers(&mut self) {
        loop {
            let before = self.writes;
            let mut order = self.sets.clone();
            order.sort_by(|a, b| {
                let key = |set: &ReplicaSet| (set.metadata.creation_timestamp, set.metadata.name.clone());
                key(a).cmp(&key(b))
            });
            for set in &order {
                self.sync_replica_set(&set.metadata.name);
            }
            self.sync_deployment();
            if self.writes == before {
                break;
            }
        }
    }

    fn sync_replica_set(&mut self, name: &str) {
        let Some(set) = self.sets.iter().find(|set| set.metadata.name == name).cloned() else { return };
        let input = replica_set::Input {
            replica_set: &set,
            replica_sets: &self.sets,
            pods: &self.pods,
            on_node: None,
            expectations_satisfied: true,
            burst_replicas: replica_set::BURST_REPLICAS,
            version: KubernetesVersion::V1_36,
        };
        let plan = replica_set::sync(&input, self.now);
        self.perform(plan);
    }

    fn sync_deployment(&mut self) {
        let deployment = Arc::clone(&self.deployment);
        let version = deployment.spec.template.spec.containers[0].image.as_str();
        let hash = HASHES.iter().find(|(known, _)| *known == version).map_or("", |(_, hash)| hash);
        let input = deployment::Input {
            deployment: &deployment,
            replica_sets: &self.sets,
            pods: &self.pods,
            template_hash: hash,
            version: KubernetesVersion::V1_36,
        };
        let plan = deployment::sync(&input, self.now);
        self.perform(plan);
    }

    fn perform(&mut self, plan: Plan) {
        for step in plan.steps {
            if let Request::RecordEvent { reason, message, .. } = step.request {
                if reason == "ScalingReplicaSet" {
                    self.events.push(message);
                }
                continue;
            }
            if self.request(step.request).is_err() {
                break;
            }
        }
    }

    /// The next resource version.
    fn written(&mut self) -> u64 {
        self.writes += 1;
        self.writes
    }

    fn request(&mut self, request: Request) -> Result<(), Conflict> {
        match request {
            Request::CreateReplicaSet(set) => {
                let mut set = ReplicaSet::clone(&set);
                set.metadata.resource_version = self.written();
                set.metadata.uid = format!("{}-{}", set.metadata.name, self.writes);
                set.metadata.creation_timestamp = Some(Time::from_sim(self.now));
                set.metadata.generation = 1;
                self.actions.push(json!([version_of(&set), 0, set.spec.replicas]));
                self.sets.push(Arc::new(set));
            }
            Request::UpdateReplicaSet(new) => {
                let version = self.written();
                let old = self.stored(&new)?;
                let (from, to) = (old.spec.replicas, new.spec.replicas);
                let is_changed = old.spec != new.spec;
                let (status, generation) = (old.status.clone(), old.metadata.generation);
                let stored = Arc::make_mut(old);
                *stored = ReplicaSet::clone(&new);
                stored.status = status;
                stored.metadata.generation = generation + i64::from(is_changed);
                stored.metadata.resource_version = version;
                if from != to {
                    self.actions.push(json!([version_of(&new), from, to]));
                }
            }
            Request::UpdateReplicaSetStatus(new) => {
                let version = self.written();
                let stored = Arc::make_mut(self.stored(&new)?);
                stored.status = new.status.clone();
                stored.metadata.resource_version = version;
            }
            Request::DeleteReplicaSet(set) => {
                self.written();
                self.sets.retain(|stored| stored.metadata.uid != set.metadata.uid);
                self.deleted_sets.push(version_of(&set));
            }
            Request::UpdateDeploymentStatus(new) => {
                let version = self.written();
                if new.metadata.resource_version != self.deployment.metadata.resource_version {
                    return Err(Conflict);
                }
                let stored = Arc::make_mut(&mut self.deployment);
                stored.status = new.status.clone();
                stored.metadata.annotations = new.metadata.annotations.clone();
                stored.metadata.resource_version = version;
            }
            Request::CreatePods { owner, count } => {
                self.written();
                for _ in 0..count {
                    self.create_pod(&owner);
                }
            }
            Request::DeletePods { pods, .. } => {
                self.written();
                for pod in &mut self.pods {
                    if pods.iter().any(|victim| victim.metadata.uid == pod.metadata.uid) {
                        Arc::make_mut(pod).metadata.deletion_timestamp = Some(Time::from_sim(self.now));
                        self.pods_deleted += 1;
                    }
                }
            }
            other => panic!("not in these tables: {other:?}"),
        }
        Ok(())
    }

    /// The ReplicaSet to be written, if `set` is based on its newest version.
    fn stored(&mut self, set: &ReplicaSet) -> Result<&mut Arc<ReplicaSet>, Conflict> {
        let version = set.metadata.resource_version;
        let stored = self.sets.iter_mut().find(|stored| stored.metadata.name == set.metadata.name).ok_or(Conflict)?;
        if version == 0 || version == stored.metadata.resource_version { Ok(stored) } else { Err(Conflict) }
    }

    fn create_pod(&mut self, owner: &ReplicaSet) {
        self.pods_created += 1;
        let mut pod = replica_set::new_pod(owner);
        pod.metadata.name = format!("{}{}", pod.metadata.generate_name, self.pods_created);
        pod.metadata.uid = format!("{:08}", self.pods_created);
        pod.metadata.creation_timestamp = Some(Time::from_sim(self.now));
        pod.node_name = "node".into();
        pod.status.phase = PodPhase::Running;
        pod.status.conditions.push(ready_condition(false, None));
        self.pods.push(Arc::new(pod));
    }

    fn is_terminating(&self) -> bool {
        self.pods.iter().any(|pod| pod.metadata.deletion_timestamp.is_some())
    }

    fn is_done(&self) -> bool {
        !self.is_terminating()
            && !self.deployment.spec.paused
            && status::is_complete(&self.deployment, &self.deployment.status)
    }

    /// The state as the tables show it, without what happened in the tick.
    fn picture(&self) -> Map<String, Value> {
        let mut sets = Map::new();
        for set in &self.sets {
            let terminating = self.pods.iter().filter(|pod| {
                pod.metadata.deletion_timestamp.is_some() && pod.metadata.is_controlled_by(&set.metadata.uid)
            });
            let status = &set.status;
            let row = json!([
                set.spec.replicas,
                status.replicas,
                status.ready_replicas,
                status.available_replicas,
                terminating.count()
            ]);
            sets.insert(version_of(set), row);
        }
        let status = &self.deployment.status;
        let available = conditions::get(status, "Available").map(|condition| condition.status.clone());
        let progressing = conditions::get(status, "Progressing");
        let picture = json!({
            "rs": sets,
            "status": [
                status.replicas,
                status.updated_replicas,
                status.ready_replicas,
                status.available_replicas,
                status.unavailable_replicas,
            ],
            "available": available.unwrap_or_default(),
            "progressing": progressing.map(|condition| condition.status.clone()).unwrap_or_default(),
            "reason": progressing.map(|condition| condition.reason.clone()).unwrap_or_default(),
        });
        picture.as_object().cloned().unwrap_or_default()
    }

    fn final_sets(&self) -> Value {
        let mut sets = BTreeMap::new();
        for set in &self.sets {
            let of = |key: &str| set.metadata.annotations.get(key).cloned().unwrap_or_default();
            let row = json!({
                "revision": of(revision::REVISION),
                "history": of(revision::REVISION_HISTORY),
                "desired": of(revision::DESIRED_REPLICAS),
                "max": of(revision::MAX_REPLICAS),
            });
            sets.insert(version_of(set), row);
        }
        json!(sets)
    }
}

fn version_of(set: &ReplicaSet) -> String {
    set.spec.template.spec.containers[0].image.clone()
}

fn set_version(deployment: &mut Deployment, version: &str) {
    let spec = json!({"containers": [{"name": "web", "image": version}]});
    deployment.spec.template.spec = Arc::new(PodSpec::from_value(spec).expect("a pod spec"));
}

fn new_deployment(input: &Value) -> Deployment {
    let number = |key: &str| input[key].as_i64().and_then(|number| i32::try_from(number).ok());
    let mut deployment = super::deployment(input);
    deployment.spec.min_ready_seconds = count(&input["minReadySeconds"]);
    deployment.spec.progress_deadline_seconds = number("progressDeadlineSeconds");
    deployment.spec.revision_history_limit = number("revisionHistoryLimit");
    if input["strategy"] == "Recreate" {
        deployment.spec.strategy.kind = StrategyType::Recreate;
        deployment.spec.strategy.rolling_update = None::<RollingUpdateDeployment>;
    }
    assert_eq!(bound(&input["maxSurge"]).is_some(), deployment.spec.strategy.rolling_update.is_some());
    deployment
}

fn roll_out(input: &Value) -> Value {
    let mut world = World::new(input);
    let (mut steps, mut last) = (Vec::new(), Map::new());
    let ops = list(&input["ops"]);
    let mut completed = false;
    for tick in 0..=count(&input["maxTicks"]) {
        world.now = SimTime(u64::try_from(tick).unwrap_or(0) * 1000);
        for op in ops.iter().filter(|op| count(&op["t"]) == tick) {
            world.operate(op);
        }
        world.run_kubelet();
        world.run_controllers();
        let mut step = world.picture();
        let actions = std::mem::take(&mut world.actions);
        let deleted = std::mem::take(&mut world.deleted_sets);
        if step != last || !actions.is_empty() || !deleted.is_empty() {
            last.clone_from(&step);
            step.insert("t".into(), tick.into());
            step.insert("actions".into(), actions.into());
            if !deleted.is_empty() {
                step.insert("deletedRS".into(), deleted.into());
            }
            steps.push(Value::Object(step));
        }
        completed = ops.iter().all(|op| count(&op["t"]) <= tick) && world.is_done();
        if completed {
            break;
        }
    }
    let revision = world.deployment.metadata.annotations.get(revision::REVISION).cloned();
    json!({
        "completed": completed,
        "steps": steps,
        "events": world.events,
        "finalRS": world.final_sets(),
        "podsCreated": world.pods_created,
        "podsDeleted": world.pods_deleted,
        "deploymentRevision": revision.unwrap_or_default(),
    })
}

fn run(name: &str) {
    table::run(name, |row| table::same(&roll_out(&row["in"]), &row["out"]));
}

#[test]
fn rollout_basic() {
    run("rollout_basic");
}

#[test]
fn rollout_v3() {
    run("rollout_v3");
}

#[test]
fn rollout_rollback() {
    run("rollout_rollback");
}

#[test]
fn rollout_scale() {
    run("rollout_scale");
}

#[test]
fn rollout_minready() {
    run("rollout_minready");
}

#[test]
fn rollout_stuck() {
    run("rollout_stuck");
}

#[test]
fn rollout_pause() {
    run("rollout_pause");
}

#[test]
fn rollout_recreate() {
    run("rollout_recreate");
}

#[test]
fn rollout_history() {
    run("rollout_history");
}
