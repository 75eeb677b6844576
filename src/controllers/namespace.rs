//! The namespace controller: empties a namespace that is being deleted, its pods first, and lets it go.
//!
//! Models pkg/controller/namespace/deletion.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::plan::reason;
use super::{Plan, Request};
use crate::api::{Generic, Kind, Object, Time};
use crate::apiserver::{DeleteOptions, Key};
use crate::sim::SimTime;

/// Every rule by which this component decides.
pub const RULES: &[&str] = &["namespace/empty"];

/// The controller looks at a namespace this long after it has changed, so that caches have seen what was created last.
/// Models namespaceDeletionGracePeriod.
pub const GRACE_MS: u64 = 5_000;
/// How long finalizers are taken to need. Models finalizerEstimateSeconds.
const FINALIZER_S: i64 = 15;

/// What stays when everything has been asked to go.
#[derive(Default)]
struct Remaining {
    /// By resource: `pods.`, `deployments.apps`.
    resources: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
    /// Seconds until it will have gone.
    estimate_s: i64,
    /// What is still there though nothing is known to hold it.
    unexpected: Option<String>,
}

/// One pass. `contents` is all that lives in the namespace.
/// Models namespacedResourcesDeleter.Delete and deleteAllContent.
pub fn sync(namespace: &Arc<Generic>, contents: &[Object], now: SimTime) -> Plan {
    let mut plan = Plan::default();
    let Some(deleted) = namespace.metadata.deletion_timestamp else { return plan };
    let (pods, others): (Vec<_>, Vec<_>) = contents.iter().partition(|object| object.kind() == Kind::Pod);
    let mut remaining = Remaining::default();
    delete(namespace, &pods, &mut remaining, &mut plan);
    remaining.estimate_pods(&pods, deleted, now);
    if remaining.resources.is_empty() {
        delete(namespace, &others, &mut remaining, &mut plan);
        report(namespace, remaining.conditions(now), &mut plan);
    } else {
        // As long as there are pods, nothing else is touched, nor counted.
        let unexpected = (remaining.estimate_s == 0).then(|| {
            format!(
                "unexpected items still remain in namespace: {} for gvr: /v1, Resource=pods",
                namespace.metadata.name
            )
        });
        report(namespace, Remaining { unexpected, ..Remaining::default() }.conditions(now), &mut plan);
    }
    if remaining.estimate_s > 0 {
        plan.requeue_after(u64::try_from(remaining.estimate_s / 2 + 1).unwrap_or(1) * 1000);
    } else if remaining.resources.is_empty() {
        plan.request(Request::FinalizeNamespace(Key::of(&namespace.metadata)), None);
    } else {
        // It should have gone by now.
        plan.requeue_after(0);
    }
    plan
}

fn delete(namespace: &Generic, objects: &[&Object], remaining: &mut Remaining, plan: &mut Plan) {
    let mut why = None;
    if objects.iter().any(|object| object.metadata().deletion_timestamp.is_none()) {
        let action = format!("delete what is in {}", namespace.metadata.name);
        why = Some(reason("namespace/empty", vec![("objects", objects.len().into())], action));
    }
    for object in objects {
        let metadata = object.metadata();
        if metadata.deletion_timestamp.is_none() {
            let options = DeleteOptions::default();
            plan.request(Request::Delete { kind: object.kind(), key: Key::of(metadata), options }, why.take());
        }
        if stays(object) {
            remaining.add(object);
        }
    }
}

/// Whether the API server only marks the object when it is deleted.
fn stays(object: &Object) -> bool {
    let has_grace = match object {
        Object::Pod(pod) => {
            let seconds = pod.metadata.deletion_grace_period_seconds;
            let seconds = seconds.unwrap_or(pod.spec.termination_grace_period_seconds);
            !pod.node_name.is_empty() && !pod.status.phase.is_terminal() && seconds > 0
        }
        _ => false,
    };
    let metadata = object.metadata();
    has_grace || !metadata.finalizers.is_empty() || metadata.deletion_timestamp.is_some()
}

impl Remaining {
    fn add(&mut self, object: &Object) {
        let kind = object.kind();
        let group = kind.api_version().split_once('/').map_or("", |(group, _)| group);
        *self.resources.entry(format!("{}.{group}", kind.plural())).or_default() += 1;
        for finalizer in &object.metadata().finalizers {
            *self.finalizers.entry(finalizer.clone()).or_default() += 1;
            self.estimate_s = self.estimate_s.max(FINALIZER_S);
        }
    }

    /// Models estimateGracefulTerminationForPods.
    fn estimate_pods(&mut self, pods: &[&Object], deleted: Time, now: SimTime) {
        let grace_s = |object: &&Object| match object {
            Object::Pod(pod) if !pod.status.phase.is_terminal() => Some(pod.spec.termination_grace_period_seconds),
            _ => None,
        };
        let longest_s = pods.iter().filter_map(grace_s).max().unwrap_or(0);
        let passed_s = Time::from_sim(now).0 - deleted.0;
        if passed_s < longest_s && !self.resources.is_empty() {
            self.estimate_s = longest_s;
        }
    }

    /// Models namespaceConditionUpdater: type, status, reason and message of each, and when they came to be so.
    fn conditions(&self, now: SimTime) -> Vec<Value> {
        let listed = |counts: &BTreeMap<String, usize>, word: &str| {
            let each = counts.iter().map(|(name, count)| format!("{name} {word} {count} resource instances"));
            each.collect::<Vec<_>>().join(", ")
        };
        let mut conditions = vec![
            ["NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"]
                .map(str::to_owned),
            [
                "NamespaceDeletionGroupVersionParsingFailure",
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed",
            ]
            .map(str::to_owned),
            [
                "NamespaceDeletionContentFailure",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
            ]
            .map(str::to_owned),
            ["NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"].map(str::to_owned),
            ["NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"]
                .map(str::to_owned),
        ];
        let what = [
            (3, &self.resources, "SomeResourcesRemain", "Some resources are remaining: ", "has"),
            (
                4,
                &self.finalizers,
                "SomeFinalizersRemain",
                "Some content in the namespace has finalizers remaining: ",
                "in",
            ),
        ];
        for (at, counts, reason, text, word) in what {
            if let Some([_, known, message]) = conditions.get_mut(at).filter(|_| !counts.is_empty()) {
                reason.clone_into(known);
                *message = format!("{text}{}", listed(counts, word));
            }
        }
        if let Some((error, [_, reason, message])) = self.unexpected.as_ref().zip(conditions.get_mut(2)) {
            "ContentDeletionFailed".clone_into(reason);
            *message = format!("Failed to delete all resource types, 1 remaining: {error}");
        }
        let time = Time::from_sim(now).to_string();
        let remains = ["ContentDeletionFailed", "SomeResourcesRemain", "SomeFinalizersRemain"];
        let value = |[kind, reason, message]: [String; 3]| {
            let status = if remains.contains(&reason.as_str()) { "True" } else { "False" };
            json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": time})
        };
        conditions.into_iter().map(value).collect()
    }
}

/// Writes the conditions that have changed. Models updateConditions.
fn report(namespace: &Arc<Generic>, mut wanted: Vec<Value>, plan: &mut Plan) {
    let status = namespace.fields.get("status");
    let known = status.and_then(|status| status.get("conditions")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    for condition in &mut wanted {
        let before = known.iter().find(|before| before["type"] == condition["type"]);
        if let Some(before) = before.filter(|before| before["status"] == condition["status"]) {
            condition["lastTransitionTime"] = before["lastTransitionTime"].clone();
        }
    }
    if wanted == known {
        return;
    }
    let mut namespace = Generic::clone(namespace);
    namespace.fields.insert("status".to_owned(), json!({"phase": "Terminating", "conditions": wanted}));
    plan.request(Request::UpdateStatus(Object::Generic(Arc::new(namespace))), None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ObjectMeta, Pod, PodSpec};

    /// Each condition that is true, with its message, and when the controller looks again.
    fn told(pod: Pod, now_s: u64) -> (Vec<(String, String)>, Option<u64>) {
        let deleted = Some(Time::from_sim(SimTime(0)));
        let metadata = ObjectMeta { name: "shop".to_owned(), deletion_timestamp: deleted, ..ObjectMeta::default() };
        let namespace = Arc::new(Generic { kind: Kind::Namespace, metadata, fields: serde_json::Map::new() });
        let plan = sync(&namespace, &[Object::Pod(Arc::new(pod))], SimTime(now_s * 1000));
        let written = plan.steps.iter().find_map(|step| match &step.request {
            Request::UpdateStatus(Object::Generic(written)) => written.fields.get("status").cloned(),
            _ => None,
        });
        let conditions = written.and_then(|status| status["conditions"].as_array().cloned()).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is_true = |condition: &&Value| condition["status"] == "True";
        let said = conditions.iter().filter(is_true).map(|it| (text(&it["reason"]), text(&it["message"])));
        (said.collect(), plan.requeue_after_ms)
    }

    fn going(finalizers: &[&str]) -> Pod {
        let mut spec = PodSpec::default();
        spec.termination_grace_period_seconds = 30;
        let metadata = ObjectMeta {
            deletion_timestamp: Some(Time(30)),
            deletion_grace_period_seconds: Some(30),
            finalizers: finalizers.iter().map(|name| (*name).to_owned()).collect(),
            ..ObjectMeta::default()
        };
        Pod { metadata, spec: Arc::new(spec), node_name: "minikube".to_owned(), ..Pod::default() }
    }

    #[test]
    fn pods_that_outlive_their_grace_are_a_failure_and_those_with_finalizers_are_not() {
        let mut pod = going(&[]);
        assert_eq!(told(pod.clone(), 29), (vec![], Some(16_000)));
        let failure = "Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: shop \
                       for gvr: /v1, Resource=pods";
        let failed = vec![("ContentDeletionFailed".to_owned(), failure.to_owned())];
        assert_eq!(told(pod.clone(), 30), (failed, Some(0)));
        pod.metadata.finalizers = vec!["example.com/hold".to_owned()];
        assert_eq!(told(pod, 100), (vec![], Some(8_000)));
    }
}
