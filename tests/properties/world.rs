//! A cluster with one Deployment, watched at every step.

use std::collections::VecDeque;
use std::sync::Arc;

use hellok8s_lab::api::{Deployment, Kind, Object, Pod, ReplicaSet};
use hellok8s_lab::apiserver::{DeleteOptions, Key, PatchType, WriteOptions};
use hellok8s_lab::cluster::{Cluster, ClusterConfig};
use hellok8s_lab::controllers::deployment::revision::{DESIRED_REPLICAS, MAX_REPLICAS};
use hellok8s_lab::controllers::replica_set::availability::is_available;
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};

use crate::scenario::{Edit, Rollout, Scenario, Spec, Template, strategy_value};

/// For so long after an edit the controllers may still act by what they read before it.
const SETTLING_MS: u64 = 1000;
/// For so long after a pod lost its readiness the controllers may not know yet.
const LAG_MS: u64 = 100;

#[derive(Clone, Copy, Debug)]
struct Limits {
    since: SimTime,
    replicas: i32,
    strategy: Rollout,
}

impl Limits {
    fn most(&self) -> i32 {
        self.replicas + self.strategy.map_or(0, |(surge, _)| surge.up(self.replicas))
    }

    /// The least that must be available; nothing under Recreate.
    fn least(&self) -> i32 {
        self.strategy.map_or(0, |(surge, unavailable)| {
            let down = unavailable.down(self.replicas);
            // Both are 0: one pod may go nevertheless.
            let down = if down == 0 && surge.up(self.replicas) == 0 { 1 } else { down };
            self.replicas - down
        })
    }
}

#[derive(Clone)]
pub struct World {
    pub cluster: Cluster,
    pub spec: Spec,
    paused: bool,
    /// The present limits last, before them those that held within the settling time.
    limits: VecDeque<Limits>,
    edited: SimTime,
    /// When somebody last scaled a ReplicaSet that was made for a smaller size.
    outgrown: Option<SimTime>,
    /// When a pod was last lost by other doing than the controllers'.
    lost: SimTime,
    changed: SimTime,
    seen: usize,
    available: Vec<String>,
    /// How many pods the ReplicaSets ask for, all together.
    asked: i32,
    /// Since when there have been more pods than that.
    too_many: Option<SimTime>,
    /// When a ReplicaSet's pass last waited for the controller's client.
    throttled: SimTime,
}

fn key(name: &str) -> Key {
    Key::new("default", name)
}

impl World {
    pub fn new(scenario: &Scenario) -> Self {
        let config = ClusterConfig { seed: scenario.seed, ..ClusterConfig::default() };
        let mut cluster = Cluster::new(config);
        let spec = scenario.spec.clone();
        let created = cluster.api.create_value(Kind::Deployment, "default", spec.value(), WriteOptions::default());
        assert!(created.is_ok(), "{created:?}");
        let limits = Limits { since: SimTime::ZERO, replicas: spec.replicas, strategy: spec.strategy };
        Self {
            cluster,
            spec,
            paused: false,
            limits: [limits].into(),
            edited: SimTime::ZERO,
            outgrown: None,
            lost: SimTime::ZERO,
            changed: SimTime::ZERO,
            seen: 0,
            available: Vec::new(),
            asked: 0,
            too_many: None,
            throttled: SimTime::ZERO,
        }
    }

    pub fn deployment(&self) -> Arc<Deployment> {
        Arc::clone(self.cluster.api.store().deployment(&key("web")).expect("the Deployment"))
    }

    pub fn sets(&self) -> Vec<Arc<ReplicaSet>> {
        self.cluster.api.store().replica_sets(Some("default")).cloned().collect()
    }

    pub fn pods(&self) -> Vec<Arc<Pod>> {
        self.cluster.api.store().pods(Some("default")).cloned().collect()
    }

    /// The ReplicaSet with the present template.
    pub fn new_set(&self) -> Option<Arc<ReplicaSet>> {
        let number = self.spec.template.number.to_string();
        self.sets().into_iter().find(|set| {
            let template = &set.spec.template;
            let container = &template.spec.containers[0];
            template.metadata.annotations.get("number") == Some(&number)
                && container.image == self.spec.template.image
                && container.readiness_probe.is_some() == self.spec.template.has_readiness_probe
        })
    }

    fn available_pods(&self) -> Vec<String> {
        let (sets, now) = (self.sets(), self.cluster.now());
        let is_available = |pod: &Pod| {
            let owner = sets.iter().find(|set| pod.metadata.is_controlled_by(&set.metadata.uid));
            pod.is_active() && owner.is_some_and(|set| is_available(pod, set.spec.min_ready_seconds, now))
        };
        self.pods().iter().filter(|pod| is_available(pod)).map(|pod| pod.metadata.uid.clone()).collect()
    }

    pub fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Template(template) => self.set_template(template),
            Edit::Scale(replicas) => {
                self.spec.replicas = replicas;
                self.patch(Kind::Deployment, "web", json!({"spec": {"replicas": replicas}}));
            }
            Edit::Pause(paused) => self.pause(paused),
            Edit::Strategy(strategy) => {
                self.spec.strategy = strategy;
                self.patch(Kind::Deployment, "web", json!({"spec": {"strategy": strategy_value(strategy)}}));
            }
            Edit::MinReadySeconds(seconds) => {
                self.spec.min_ready_seconds = seconds;
                self.patch(Kind::Deployment, "web", json!({"spec": {"minReadySeconds": seconds}}));
            }
            Edit::DeletePod { number, at_once } => {
                let pods = self.pods();
                if let Some(pod) = pods.get(number % pods.len().max(1)) {
                    let grace_period_seconds = at_once.then_some(0);
                    let options = DeleteOptions { grace_period_seconds, ..DeleteOptions::default() };
                    let deleted = self.cluster.api.delete(Kind::Pod, &key(&pod.metadata.name), &options);
                    assert!(deleted.is_ok(), "{deleted:?}");
                }
            }
            Edit::ScaleReplicaSet { number, replicas } => {
                let sets = self.sets();
                if let Some(set) = sets.get(number % sets.len().max(1)) {
                    if self.is_for_smaller_size(set) {
                        self.outgrown = Some(self.cluster.now());
                    }
                    self.patch(Kind::ReplicaSet, &set.metadata.name, json!({"spec": {"replicas": replicas}}));
                }
            }
        }
        self.note_edit();
    }

    fn is_for_smaller_size(&self, set: &ReplicaSet) -> bool {
        let most = Limits { since: SimTime::ZERO, replicas: self.spec.replicas, strategy: self.spec.strategy }.most();
        let made_for = set.metadata.annotations.get(MAX_REPLICAS).and_then(|max| max.parse::<i32>().ok());
        made_for.is_some_and(|made_for| made_for < most)
    }

    fn note_edit(&mut self) {
        self.cluster.settle();
        self.edited = self.cluster.now();
        let limits = Limits { since: self.edited, replicas: self.spec.replicas, strategy: self.spec.strategy };
        self.limits.push_back(limits);
        self.available = self.available_pods();
        self.asked = self.asked_for();
    }

    pub fn asked_for(&self) -> i32 {
        self.sets().iter().map(|set| set.spec.replicas).sum()
    }

    fn set_template(&mut self, template: Template) {
        self.spec.template = template;
        self.patch(Kind::Deployment, "web", json!({"spec": {"template": template.value()}}));
    }

    fn pause(&mut self, paused: bool) {
        self.paused = paused;
        self.patch(Kind::Deployment, "web", json!({"spec": {"paused": paused}}));
    }

    fn patch(&mut self, kind: Kind, name: &str, change: Value) {
        let options = WriteOptions::default();
        let patched = self.cluster.api.patch(kind, &key(name), &change, PatchType::Merge, options);
        assert!(patched.is_ok(), "{patched:?}");
    }

    /// Lets the rollout go on, with a template that works where the last one does not.
    pub fn let_it_end(&mut self) {
        self.pause(false);
        if !self.spec.template.is_sound() {
            self.set_template(Template { image: "guangzhengli/hellok8s:v3", ..self.spec.template });
        }
        self.note_edit();
    }

    /// Recreate scales nothing in proportion, and a ReplicaSet that was made for another size turns every pass into
    /// one that only scales: with two ReplicaSets that have pods, Kubernetes itself goes no further.
    pub fn is_at_dead_end(&self) -> bool {
        let sets = self.sets();
        let active: Vec<_> = sets.iter().filter(|set| set.spec.replicas > 0).collect();
        let wanted = self.spec.replicas.to_string();
        let is_for_other_size =
            |set: &ReplicaSet| set.metadata.annotations.get(DESIRED_REPLICAS).is_some_and(|desired| *desired != wanted);
        self.spec.strategy.is_none() && active.len() > 1 && active.iter().any(|set| is_for_other_size(set))
    }

    /// Runs the whole scenario, watching.
    pub fn play(&mut self, edits: &[(u64, Edit)]) -> Result<(), String> {
        for (wait_ms, edit) in edits {
            self.run_until(self.cluster.now() + *wait_ms)?;
            self.edit(*edit);
        }
        Ok(())
    }

    /// Runs until then, and watches every step.
    pub fn run_until(&mut self, until: SimTime) -> Result<(), String> {
        while self.cluster.next_at() <= until {
            self.cluster.step();
            self.watch()?;
            // A pod becomes available without a change; whoever counts it may have to wait for its turn.
            let (now, next) = (self.cluster.now(), self.cluster.next_at());
            if next > now && next.ms_since(self.changed.max(self.edited)) > SETTLING_MS {
                self.check_status()?;
            }
        }
        self.cluster.run_until(until);
        Ok(())
    }

    pub fn run_for(&mut self, seconds: u64) -> Result<(), String> {
        self.run_until(self.cluster.now() + seconds * 1000)
    }

    fn watch(&mut self) -> Result<(), String> {
        let now = self.cluster.now();
        let mut deleted = Vec::new();
        let mut is_news = false;
        for event in self.cluster.log().iter().skip(self.seen) {
            self.seen += 1;
            is_news |= !matches!(event.object, Object::Event(_));
            if let Object::Pod(pod) = &event.object
                && pod.metadata.deletion_timestamp.is_some()
            {
                deleted.push(pod.metadata.uid.clone());
            }
        }
        if !is_news {
            return Ok(());
        }
        self.changed = now;
        while self.limits.len() > 1 && now.ms_since(self.limits[1].since) > SETTLING_MS {
            self.limits.pop_front();
        }
        self.check_most()?;
        let available = self.available_pods();
        let gone: Vec<&String> = self.available.iter().filter(|uid| !available.contains(uid)).collect();
        let (taken, lost): (Vec<&String>, Vec<&String>) = gone.into_iter().partition(|uid| deleted.contains(uid));
        if !lost.is_empty() {
            self.lost = now;
        }
        let is_known = now.ms_since(self.lost.max(SimTime(1))) > LAG_MS || self.lost == SimTime::ZERO;
        let is_settled = now.ms_since(self.edited) > SETTLING_MS;
        if !taken.is_empty() && is_known && is_settled {
            self.check_least(available.len(), taken.len())?;
        }
        self.available = available;
        Ok(())
    }

    /// Never more than replicas + maxSurge pods that are not terminating: the Deployment's controller asks for no more,
    /// and what the ReplicaSets' controller has too many goes within milliseconds, or as soon as its client, which may
    /// send 20 requests a second, lets it.
    ///
    /// Kubernetes itself breaks this in one case. An old ReplicaSet without pods keeps the size that the Deployment had;
    /// when the Deployment has grown since and somebody scales that ReplicaSet by hand, its share of the new size is
    /// reckoned from the old one (getReplicaSetFraction), and GetReplicaSetProportion bounds a share only from below when
    /// pods are to go.
    fn check_most(&mut self) -> Result<(), String> {
        let now = self.cluster.now();
        let most = self.limits.iter().map(Limits::most).max().unwrap_or_default();
        let asked = self.asked_for();
        let is_outgrown = self.outgrown.is_some_and(|at| now.ms_since(at) <= SETTLING_MS);
        if asked > most && asked > self.asked && !is_outgrown {
            return Err(format!("{}: {asked} pods are asked for, where {most} are allowed", now.as_ms()));
        }
        self.asked = asked;
        let pods = i32::try_from(self.pods().iter().filter(|pod| pod.is_active()).count()).unwrap_or(i32::MAX);
        self.too_many = (pods > asked).then(|| self.too_many.unwrap_or(now));
        if self.cluster.waits_for_client() {
            self.throttled = now;
        }
        match self.too_many {
            Some(since) if now.ms_since(since.max(self.throttled)) > LAG_MS => {
                Err(format!("{}: {pods} pods, where {asked} were asked for", now.as_ms()))
            }
            _ => Ok(()),
        }
    }

    /// Available never below replicas − maxUnavailable by the controllers' own doing.
    fn check_least(&self, available: usize, taken: usize) -> Result<(), String> {
        let least = self.limits.iter().map(Limits::least).min().unwrap_or_default();
        if i32::try_from(available).unwrap_or(i32::MAX) < least {
            return Err(format!(
                "{}: {available} pods are available after {taken} were deleted, where {least} have to be",
                self.cluster.now().as_ms()
            ));
        }
        Ok(())
    }

    /// The statuses tell what is there.
    pub fn check_status(&self) -> Result<(), String> {
        let now = self.cluster.now();
        let pods = self.pods();
        let mut total = [0_usize; 4];
        for set in self.sets() {
            let own: Vec<_> = pods.iter().filter(|pod| pod.metadata.is_controlled_by(&set.metadata.uid)).collect();
            let count = |is: &dyn Fn(&Pod) -> bool| own.iter().filter(|pod| is(pod)).count();
            let minimum = set.spec.min_ready_seconds;
            let there = [
                count(&Pod::is_active),
                count(&|pod| pod.is_active() && pod.is_ready()),
                count(&|pod| pod.is_active() && is_available(pod, minimum, now)),
                count(&|pod| !pod.is_active() && !pod.status.phase.is_terminal()),
            ];
            let status = &set.status;
            let told = [
                status.replicas,
                status.ready_replicas,
                status.available_replicas,
                status.terminating_replicas.unwrap_or(-1),
            ];
            self.expect_same(&set.metadata.name, &there, &told)?;
            if status.observed_generation != set.metadata.generation {
                return Err(format!("{}: {} has not been observed", now.as_ms(), set.metadata.name));
            }
            total.iter_mut().zip(there).for_each(|(total, there)| *total += there);
        }
        let deployment = self.deployment();
        let status = &deployment.status;
        let told = [
            status.replicas,
            status.ready_replicas,
            status.available_replicas,
            status.terminating_replicas.unwrap_or(-1),
        ];
        self.expect_same("the Deployment", &total, &told)?;
        let updated = self.new_set().map_or(0, |set| set.status.replicas);
        if status.updated_replicas != updated || status.observed_generation != deployment.metadata.generation {
            return Err(format!("{}: {status:?}, but {updated} are updated", now.as_ms()));
        }
        Ok(())
    }

    fn expect_same(&self, what: &str, there: &[usize; 4], told: &[i32; 4]) -> Result<(), String> {
        let there = there.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        if there == *told {
            return Ok(());
        }
        let now = self.cluster.now().as_ms();
        Err(format!("{now}: {what} tells {told:?} of pods, ready, available, terminating, where {there:?} are there"))
    }
}
