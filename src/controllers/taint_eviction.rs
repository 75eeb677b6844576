//! The taint eviction controller: which pods a taint of their node drives away, and when.
//!
//! Models pkg/controller/tainteviction.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::plan::reason;
use super::taints::matching_tolerations;
use super::{Plan, Request};
use crate::api::{EventType, Kind, ObjectReference, Pod, PodCondition, Time};
use crate::apiserver::{DeleteOptions, Key};
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["node/evict"];

const EVENT: &str = "TaintManagerEviction";

/// The evictions that are planned. Models TimedWorkerQueue.
#[derive(Clone, Debug, Default)]
pub struct Evictions(BTreeMap<Key, Eviction>);

/// When a pod is to go, and since when that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Eviction {
    planned: SimTime,
    at: SimTime,
}

impl Evictions {
    /// Whether none is planned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pods whose eviction is planned.
    pub fn pods(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    /// Whether the pod is to go now.
    pub fn is_due(&self, pod: &Key, now: SimTime) -> bool {
        self.0.get(pod).is_some_and(|eviction| eviction.at <= now)
    }

    /// Models cancelWorkWithEvent.
    fn cancel(&mut self, pod: &Key, plan: &mut Plan) {
        if self.0.remove(pod).is_some() {
            plan.request(event(pod, format!("Cancelling deletion of Pod {pod}")), None);
        }
    }
}

/// The pod, its tolerations, its node or that node's taints have changed: plans its eviction, or cancels it. `pod` is
/// none when it is gone. Models handlePodUpdate and processPodOnNode.
pub fn consider(evictions: &mut Evictions, key: &Key, pod: Option<&Arc<Pod>>, taints: &[&Value], now: SimTime) -> Plan {
    let mut plan = Plan::default();
    let Some(pod) = pod.filter(|_| !taints.is_empty()) else {
        evictions.cancel(key, &mut plan);
        return plan;
    };
    let Some(tolerations) = matching_tolerations(pod, taints) else {
        evictions.cancel(key, &mut plan);
        evict(pod, now, &mut plan);
        return plan;
    };
    let Some(tolerated_ms) = tolerated_ms(&tolerations) else {
        evictions.cancel(key, &mut plan);
        return plan;
    };
    if evictions.0.get(key).is_some_and(|eviction| eviction.planned < now) {
        // What is planned stays, though the pod may tolerate the taints for longer now.
        return plan;
    }
    evictions.cancel(key, &mut plan);
    if tolerated_ms == 0 {
        evict(pod, now, &mut plan);
    } else {
        evictions.0.insert(key.clone(), Eviction { planned: now, at: now + tolerated_ms });
        plan.requeue_after(tolerated_ms);
    }
    plan
}

/// The pod's time on the node is over. Models deletePodHandler.
pub fn carry_out(evictions: &mut Evictions, key: &Key, pod: Option<&Arc<Pod>>, now: SimTime) -> Plan {
    evictions.0.remove(key);
    let mut plan = Plan::default();
    if let Some(pod) = pod {
        evict(pod, now, &mut plan);
    }
    plan
}

/// The shortest of the times for which the taints are tolerated; none when that is for ever.
/// Models getMinTolerationTime.
fn tolerated_ms(tolerations: &[&Value]) -> Option<u64> {
    let seconds = tolerations.iter().filter_map(|toleration| toleration.get("tolerationSeconds")?.as_i64());
    seconds.min().map(|seconds| u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

/// Models addConditionAndDeletePod.
fn evict(pod: &Arc<Pod>, now: SimTime, plan: &mut Plan) {
    let key = Key::of(&pod.metadata);
    plan.request(event(&key, format!("Marking for deletion Pod {key}")), None);
    let mut status = pod.status.clone();
    let before = status.conditions.iter().position(|condition| condition.kind == "DisruptionTarget");
    let condition = PodCondition {
        kind: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
        reason: "DeletionByTaintManager".to_owned(),
        message: "Taint manager: deleting due to NoExecute taint".to_owned(),
        last_transition_time: Some(Time::from_sim(now)),
        observed_generation: pod.metadata.generation,
        ..PodCondition::default()
    };
    match before.and_then(|at| status.conditions.get_mut(at)) {
        // A pod that already had the condition keeps its time.
        Some(known) if known.status == condition.status => {
            *known = PodCondition { last_transition_time: known.last_transition_time, ..condition };
        }
        Some(known) => *known = condition,
        None => status.conditions.push(condition),
    }
    plan.request(Request::UpdatePodStatus { pod: Arc::clone(pod), status }, None);
    let inputs = vec![("pod", (&*key.name).into()), ("node", pod.node_name.as_str().into())];
    let why = reason("node/evict", inputs, format!("delete pod {}", key.name));
    plan.request(Request::Delete { kind: Kind::Pod, key, options: DeleteOptions::default() }, Some(why));
}

/// An event about the pod, without its uid as the controller writes it.
fn event(pod: &Key, message: String) -> Request {
    let object = ObjectReference {
        kind: "Pod".to_owned(),
        namespace: pod.namespace.to_string(),
        name: pod.name.to_string(),
        api_version: "v1".to_owned(),
        ..ObjectReference::default()
    };
    Request::RecordEvent { object, kind: EventType::Normal, reason: EVENT, message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{ObjectMeta, PodSpec};

    fn pod(tolerations: Value) -> Arc<Pod> {
        let spec = json!({"containers": [], "tolerations": tolerations});
        let metadata = ObjectMeta { name: "web".to_owned(), namespace: "default".to_owned(), ..ObjectMeta::default() };
        Arc::new(Pod { metadata, spec: Arc::new(PodSpec::from_value(spec).unwrap_or_default()), ..Pod::default() })
    }

    fn taint(key: &str) -> Value {
        json!({"key": key, "effect": "NoExecute"})
    }

    fn tolerates(key: &str, seconds: Option<i64>) -> Value {
        let mut toleration = json!({"key": key, "operator": "Exists"});
        if let Some(seconds) = seconds {
            toleration["tolerationSeconds"] = json!(seconds);
        }
        toleration
    }

    /// What is done with a pod of which nothing is known: deleted at once, or after so many milliseconds.
    fn fate(tolerations: Value, taints: &[&str]) -> (bool, Option<u64>) {
        let taints: Vec<Value> = taints.iter().map(|key| taint(key)).collect();
        let taints: Vec<&Value> = taints.iter().collect();
        let pod = pod(tolerations);
        let key = Key::of(&pod.metadata);
        let plan = consider(&mut Evictions::default(), &key, Some(&pod), &taints, SimTime(1_000));
        let deletes = plan.steps.iter().any(|step| matches!(step.request, Request::Delete { .. }));
        (deletes, plan.requeue_after_ms)
    }

    #[test]
    fn the_first_toleration_of_each_taint_counts_and_of_those_the_shortest() {
        assert_eq!(fate(json!([]), &["a"]), (true, None));
        assert_eq!(fate(json!([]), &[]), (false, None));
        assert_eq!(fate(json!([tolerates("a", None)]), &["a"]), (false, None));
        assert_eq!(fate(json!([tolerates("a", None)]), &["a", "b"]), (true, None));
        assert_eq!(fate(json!([tolerates("a", Some(0))]), &["a"]), (true, None));
        assert_eq!(fate(json!([tolerates("a", Some(-5))]), &["a"]), (true, None));
        assert_eq!(fate(json!([tolerates("a", Some(30)), tolerates("a", Some(10))]), &["a"]), (false, Some(30_000)));
        assert_eq!(fate(json!([tolerates("a", None), tolerates("a", Some(10))]), &["a"]), (false, None));
        let both = json!([tolerates("a", Some(30)), tolerates("b", Some(20)), tolerates("b", Some(5))]);
        assert_eq!(fate(both, &["a", "b"]), (false, Some(20_000)));
    }

    /// The texts of a plan's events, and what else it asks for.
    fn told(plan: &Plan) -> Vec<&str> {
        let text = |step: &'_ super::super::Step| match &step.request {
            Request::RecordEvent { message, .. } if message.starts_with("Cancelling") => "cancels",
            Request::RecordEvent { .. } => "marks",
            Request::UpdatePodStatus { .. } => "writes",
            Request::Delete { .. } => "deletes",
            _ => "?",
        };
        plan.steps.iter().map(text).collect()
    }

    #[test]
    fn what_is_planned_stays_until_it_is_cancelled_or_too_late() {
        let (a, b) = (taint("a"), taint("b"));
        let (short, long) = (pod(json!([tolerates("a", Some(10))])), pod(json!([tolerates("a", Some(60))])));
        let key = Key::of(&short.metadata);
        let mut evictions = Evictions::default();
        assert!(told(&consider(&mut evictions, &key, Some(&short), &[&a], SimTime(0))).is_empty());
        assert!(!evictions.is_due(&key, SimTime(9_999)) && evictions.is_due(&key, SimTime(10_000)));
        // It tolerates the taint for longer now, which comes too late.
        let plan = consider(&mut evictions, &key, Some(&long), &[&a], SimTime(5_000));
        assert_eq!((told(&plan), plan.requeue_after_ms), (vec![], None));
        assert!(evictions.is_due(&key, SimTime(10_000)));
        // A second taint is not tolerated at all.
        let mut other = evictions.clone();
        let plan = consider(&mut other, &key, Some(&short), &[&a, &b], SimTime(5_000));
        assert_eq!(told(&plan), ["cancels", "marks", "writes", "deletes"]);
        assert!(other.is_empty());
        for (pod, taints) in [(Some(&short), vec![]), (None, vec![&a])] {
            let mut other = evictions.clone();
            assert_eq!(told(&consider(&mut other, &key, pod, &taints, SimTime(5_000))), ["cancels"]);
            assert!(other.is_empty());
            assert!(told(&consider(&mut other, &key, pod, &taints, SimTime(6_000))).is_empty());
        }
        assert_eq!(
            told(&carry_out(&mut evictions, &key, Some(&short), SimTime(10_000))),
            ["marks", "writes", "deletes"]
        );
        assert!(evictions.is_empty());
        assert!(told(&carry_out(&mut evictions, &key, None, SimTime(10_000))).is_empty());
    }

    #[test]
    fn an_evicted_pod_says_why_it_goes_and_since_when() {
        let plan = consider(
            &mut Evictions::default(),
            &Key::new("default", "web"),
            Some(&pod(json!([]))),
            &[&taint("a")],
            SimTime(7_000),
        );
        let status = plan.steps.iter().find_map(|step| match &step.request {
            Request::UpdatePodStatus { status, .. } => Some(status.clone()),
            _ => None,
        });
        let conditions = status.map(|status| status.into_inner().conditions).unwrap_or_default();
        let seen: Vec<_> =
            conditions.iter().map(|it| (it.kind.as_str(), it.reason.as_str(), it.last_transition_time)).collect();
        assert_eq!(seen, [("DisruptionTarget", "DeletionByTaintManager", Some(Time::from_sim(SimTime(7_000))))]);
    }
}
