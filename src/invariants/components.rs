//! What the scheduler, the kubelet, the quotas and the controller of endpoints may write.

use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use crate::api::resources::Resources;
use crate::api::{ContainerStatus, EndpointSlice, Generic, Kind, Object, Pod, RestartPolicy};
use crate::apiserver::quota::Quota;
use crate::controllers::endpoints;
use crate::scheduler::{NodeInfo, PodInfo};

/// Endpoints of one slice at most: the controller's --max-endpoints-per-slice.
const MOST_ENDPOINTS: usize = 100;

/// Looks at a write; `known` are the objects before it. While somebody's change is being taken in, what was read before it
/// may still decide.
pub(super) fn change(
    before: &Object,
    after: &Object,
    known: &BTreeMap<String, Object>,
    is_settling: bool,
) -> Result<(), Seen> {
    match (before, after) {
        (Object::Pod(before), Object::Pod(after)) => {
            if before.node_name.is_empty() && !after.node_name.is_empty() {
                bound(after, known, is_settling)?;
            }
            containers(before, after)
        }
        (Object::Generic(before), Object::Generic(after)) if after.kind == Kind::ResourceQuota => {
            charged(before, after)
        }
        _ => Ok(()),
    }
}

/// Looks at an object by itself.
pub(super) fn holds(object: &Object) -> Result<(), Seen> {
    match object {
        Object::Pod(pod) => {
            let mut told = BTreeSet::new();
            // core/v1 PodStatus: the conditions are a map, and their type is its key.
            if let Some(twice) = pod.status.conditions.iter().find(|condition| !told.insert(condition.kind.as_str())) {
                return Err(("a condition is told once", format!("{} stands twice", twice.kind)));
            }
            pod.status.container_statuses.iter().try_for_each(container)
        }
        Object::EndpointSlice(slice) => slice_holds(slice),
        _ => Ok(()),
    }
}

/// Looks at an object that is gone.
pub(super) fn gone(last: &Object, known: &BTreeMap<String, Object>, is_settling: bool) -> Result<(), Seen> {
    let Object::Pod(pod) = last else { return Ok(()) };
    let runs = pod.status.container_statuses.iter().any(|status| status.state.running.is_some());
    // Without a grace period the API server asks no kubelet; somebody may have forced it, and nobody asks the kubelet of a node
    // that is gone (podgc).
    if !runs || pod.metadata.deletion_timestamp.is_none() || is_settling || node(known, &pod.node_name).is_none() {
        return Ok(());
    }
    // kubelet/status/status_manager.go canBeDeleted.
    Err(("a pod goes when its containers have ended", format!("{:?}", pod.status.container_statuses)))
}

fn node<'a>(known: &'a BTreeMap<String, Object>, name: &str) -> Option<&'a Generic> {
    known.values().find_map(|object| match object {
        Object::Generic(node) if node.kind == Kind::Node && node.metadata.name == name => Some(&**node),
        _ => None,
    })
}

/// scheduler/framework/plugins: noderesources/fit.go fitsRequest, tainttoleration, nodeunschedulable, nodeaffinity.
fn bound(pod: &Pod, known: &BTreeMap<String, Object>, is_settling: bool) -> Result<(), Seen> {
    let Some(node) = node(known, &pod.node_name) else {
        return if is_settling {
            Ok(())
        } else {
            Err(("a pod is bound to a node that is there", pod.node_name.clone()))
        };
    };
    let (node, wanted) = (NodeInfo::read(node), PodInfo::read(pod));
    let mut asked = wanted.requests.clone();
    let mut pods = 1;
    for other in known.values() {
        if let Object::Pod(other) = other
            && other.node_name == node.name
            && other.metadata.uid != pod.metadata.uid
            && !other.status.phase.is_terminal()
        {
            asked.add(&PodInfo::read(other).requests, 1);
            pods += 1;
        }
    }
    if let Some(what) = too_much(&asked, pods, &wanted.requests, &node.allocatable) {
        return Err(("a node has room for the pods bound to it", format!("{}: {what}", node.name)));
    }
    let repels = node.taints.iter().any(|taint| taint.keeps_away() && !taint.is_tolerated(&wanted.tolerations));
    if !is_settling && repels {
        return Err(("a pod tolerates the taints of its node", format!("{:?}", node.taints)));
    }
    if !is_settling && !wanted.allows_node(&node.name, &node.labels) {
        return Err(("a pod is where its node selector leads", node.name));
    }
    Ok(())
}

/// A resource of which the pod asks for nothing may be overdrawn by others.
fn too_much(asked: &Resources, pods: i64, wanted: &Resources, there: &Resources) -> Option<String> {
    let amounts = [
        ("cpu", wanted.milli_cpu, asked.milli_cpu, there.milli_cpu),
        ("memory", wanted.memory, asked.memory, there.memory),
        ("ephemeral-storage", wanted.ephemeral_storage, asked.ephemeral_storage, there.ephemeral_storage),
        ("pods", 1, pods, there.pods),
    ];
    let over = amounts.iter().find(|(_, wanted, asked, there)| *wanted > 0 && asked > there)?;
    Some(format!("{} of {} {}", over.2, over.3, over.0))
}

fn containers(before: &Pod, after: &Pod) -> Result<(), Seen> {
    // kubelet_pods.go getPhase: what has run counts as running or stopped for ever after.
    if before.status.phase.as_str() == "Running" && after.status.phase.as_str() == "Pending" {
        return Err(("a pod that ran is not pending again", format!("{:?}", after.status.container_statuses)));
    }
    if after.spec.restart_policy == RestartPolicy::Always {
        return Ok(());
    }
    // kubelet/status/status_manager.go checkContainerStateTransition.
    for old in &before.status.container_statuses {
        let Some(ended) = &old.state.terminated else { continue };
        let may_restart = ended.exit_code != 0 && after.spec.restart_policy == RestartPolicy::OnFailure;
        let runs_again = |new: &ContainerStatus| new.name == old.name && new.state.terminated.is_none();
        let has_own_rule = after.spec.containers.iter().any(|container| container.restart_policy.is_some());
        if !may_restart && !has_own_rule && after.status.container_statuses.iter().any(runs_again) {
            return Err(("a container that must not restart stays ended", old.name.clone()));
        }
    }
    Ok(())
}

fn container(status: &ContainerStatus) -> Result<(), Seen> {
    let state = &status.state;
    let states = [state.waiting.is_some(), state.running.is_some(), state.terminated.is_some()];
    // core/v1 ContainerState: only one of its members may be specified.
    if states.iter().filter(|is| **is).count() > 1 {
        return Err(("a container is in one state", format!("{state:?}")));
    }
    // kubelet/prober/prober_manager.go UpdatePodStatus: only what runs is ready. It need not have started: since 1.35 a new
    // instance takes over `started` from the one before it (kubelet_pods.go convertToAPIContainerStatuses) and is ready with
    // it, and status_manager.go SetContainerStartup takes back `started` alone.
    if status.ready && state.running.is_none() {
        return Err(("a ready container runs", format!("{status:?}")));
    }
    // kuberuntime_container.go toKubeContainerStatus: what was before has ended.
    if status.last_state.running.is_some() || status.last_state.waiting.is_some() {
        return Err(("a former state is an end", format!("{:?}", status.last_state)));
    }
    Ok(())
}

/// plugin/pkg/admission/resourcequota/controller.go CheckRequest: use rises within what is allowed.
fn charged(before: &Generic, after: &Generic) -> Result<(), Seen> {
    let [old, new] = [before, after].map(|quota| Quota::read(&quota.metadata.name, &quota.fields));
    let is_same = before.fields.get("spec") == after.fields.get("spec") && old.hard == new.hard;
    let (Some(old), Some(used), true) = (&old.used, &new.used, is_same) else { return Ok(()) };
    for (name, hard) in &new.hard {
        let (Some(was), Some(is)) = (old.get(name), used.get(name)) else { continue };
        if is > was && is > hard {
            return Err(("a quota's use rises within it", format!("{name}: {was:?} → {is:?} of {hard:?}")));
        }
    }
    Ok(())
}

/// endpointslice/utils.go podToEndpoint, and reconciler.go.
fn slice_holds(slice: &EndpointSlice) -> Result<(), Seen> {
    let service = slice.metadata.labels.get(endpoints::SERVICE_NAME);
    if !service.is_some_and(|service| endpoints::is_slice_of(slice, service)) {
        return Ok(());
    }
    if slice.endpoints.len() > MOST_ENDPOINTS {
        return Err(("a slice holds so many endpoints at most", format!("{}", slice.endpoints.len())));
    }
    let mut pods = BTreeSet::new();
    for endpoint in &slice.endpoints {
        if !pods.insert((&endpoint.address, &endpoint.target_ref.uid)) {
            return Err(("a pod stands once in a slice", endpoint.address.clone()));
        }
        // A service that publishes what is not ready calls all of them ready.
        if endpoint.serving && !endpoint.terminating && !endpoint.ready {
            return Err(("an endpoint that serves is ready", endpoint.address.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ContainerStateRunning, ContainerStateTerminated, ObjectMeta};
    use std::sync::Arc;

    fn rule(outcome: Result<(), Seen>) -> Option<&'static str> {
        outcome.err().map(|(rule, _)| rule)
    }

    fn status(change: impl FnOnce(&mut ContainerStatus)) -> ContainerStatus {
        let mut status = ContainerStatus { name: "main".to_owned(), ..ContainerStatus::default() };
        change(&mut status);
        status
    }

    fn pod(change: impl FnOnce(&mut Pod)) -> Pod {
        let mut pod = Pod::default();
        change(&mut pod);
        pod
    }

    #[test]
    fn what_no_kubelet_writes_is_seen() {
        assert_eq!(rule(container(&status(|status| status.ready = true))), Some("a ready container runs"));
        let taken_back = status(|status| {
            status.state.running = Some(ContainerStateRunning::default());
            (status.ready, status.started) = (true, Some(false));
        });
        assert_eq!(rule(container(&taken_back)), None);
        let both = status(|status| {
            status.state.running = Some(ContainerStateRunning::default());
            status.state.terminated = Some(ContainerStateTerminated::default());
        });
        assert_eq!(rule(container(&both)), Some("a container is in one state"));
        let never = |is_ended: bool| {
            pod(|pod| {
                Arc::make_mut(&mut pod.spec).restart_policy = RestartPolicy::Never;
                pod.status.container_statuses = vec![status(|status| {
                    status.state.terminated = is_ended.then(ContainerStateTerminated::default);
                })]
                .into();
            })
        };
        assert_eq!(
            rule(containers(&never(true), &never(false))),
            Some("a container that must not restart stays ended")
        );
        assert_eq!(rule(containers(&never(false), &never(true))), None);
    }

    #[test]
    fn a_node_without_room_or_that_repels_is_seen() {
        let node = |taints: serde_json::Value| {
            let fields = serde_json::json!({"spec": {"taints": taints}, "status": {"allocatable": {"pods": "1"}}});
            let mut node =
                Generic { kind: Kind::Node, metadata: ObjectMeta::default(), fields: serde_json::Map::new() };
            node.metadata.name = "a".to_owned();
            node.fields = fields.as_object().cloned().unwrap_or_default();
            Object::Generic(Arc::new(node))
        };
        let other = pod(|pod| {
            pod.metadata.uid = "other".to_owned();
            pod.node_name = "a".to_owned();
        });
        let one = pod(|pod| pod.node_name = "a".to_owned());
        let mut known = BTreeMap::from([("node".to_owned(), node(serde_json::json!([])))]);
        assert_eq!(rule(bound(&one, &known, false)), None);
        known.insert("other".to_owned(), Object::Pod(Arc::new(other)));
        assert_eq!(rule(bound(&one, &known, false)), Some("a node has room for the pods bound to it"));
        known.remove("other");
        known.insert("node".to_owned(), node(serde_json::json!([{"key": "a", "effect": "NoSchedule"}])));
        assert_eq!(rule(bound(&one, &known, false)), Some("a pod tolerates the taints of its node"));
    }

    #[test]
    fn a_quota_that_is_exceeded_is_seen() {
        let quota = |used: u32| {
            let status = serde_json::json!({"hard": {"pods": "2"}, "used": {"pods": used.to_string()}});
            let mut fields = serde_json::Map::new();
            fields.insert("status".to_owned(), status);
            Generic { kind: Kind::ResourceQuota, metadata: ObjectMeta::default(), fields }
        };
        assert_eq!(rule(charged(&quota(1), &quota(2))), None);
        assert_eq!(rule(charged(&quota(2), &quota(3))), Some("a quota's use rises within it"));
        assert_eq!(rule(charged(&quota(4), &quota(3))), None);
    }
}
