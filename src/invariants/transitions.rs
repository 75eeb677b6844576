//! What one write may make of an object.

use std::collections::BTreeMap;

use super::{Seen, components};
use crate::api::{ContainerStatus, Deployment, Object, ObjectMeta, Pod, ReplicaSet};
use crate::apiserver::{ChangeType, WatchEvent};

/// What is known of the objects before a write.
pub(super) struct Known<'a> {
    pub(super) objects: &'a mut BTreeMap<String, Object>,
    pub(super) last_version: &'a mut u64,
    /// Whether somebody's change is being taken in.
    pub(super) is_settling: bool,
}

impl Known<'_> {
    /// Takes the next write.
    pub(super) fn take(&mut self, event: &WatchEvent) -> Result<(), Seen> {
        let (object, meta) = (&event.object, event.object.metadata());
        let told = format!("{} {}/{}", object.kind().as_str(), meta.namespace, meta.name);
        // etcd's revision rises with every write (storage/etcd3/store.go); a deletion is reported with the version of its own.
        if event.kind != ChangeType::Deleted && meta.resource_version <= *self.last_version {
            return Err(("versions rise", format!("{told}: {} after {}", meta.resource_version, self.last_version)));
        }
        *self.last_version = (*self.last_version).max(meta.resource_version);
        let before = self.objects.get(&meta.uid);
        match (event.kind, before) {
            (ChangeType::Added, Some(_)) => return Err(("an object is added once", told)),
            (ChangeType::Modified | ChangeType::Deleted, None) => {
                return Err(("what changes was there", told));
            }
            (ChangeType::Modified, Some(before)) => {
                metadata(before.metadata(), meta).map_err(|(rule, what)| (rule, format!("{told}: {what}")))?;
                fields(before, object)
                    .and_then(|()| components::change(before, object, self.objects, self.is_settling))
                    .map_err(|(rule, what)| (rule, format!("{told}: {what}")))?;
            }
            (ChangeType::Deleted, Some(before)) => components::gone(before, self.objects, self.is_settling)
                .map_err(|(rule, what)| (rule, format!("{told}: {what}")))?,
            _ => {}
        }
        holds(object)
            .and_then(|()| components::holds(object))
            .map_err(|(rule, what)| (rule, format!("{told}: {what}")))?;
        if event.kind == ChangeType::Deleted {
            self.objects.remove(&meta.uid);
        } else {
            self.objects.insert(meta.uid.clone(), object.clone());
        }
        Ok(())
    }
}

/// apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMetaAccessorUpdate.
fn metadata(before: &ObjectMeta, after: &ObjectMeta) -> Result<(), Seen> {
    let same = (&before.name, &before.namespace, before.creation_timestamp)
        == (&after.name, &after.namespace, after.creation_timestamp);
    if !same {
        return Err(("name, namespace and creation stay", format!("{before:?} → {after:?}")));
    }
    if after.generation < before.generation {
        return Err(("a generation never falls", format!("{} → {}", before.generation, after.generation)));
    }
    match (before.deletion_timestamp, after.deletion_timestamp) {
        // registry/rest/delete.go BeforeDelete: only sooner.
        (Some(then), now) if now.is_none_or(|now| now > then) => {
            Err(("a deletion is not taken back", format!("{then:?} → {now:?}")))
        }
        _ => Ok(()),
    }
}

fn fields(before: &Object, after: &Object) -> Result<(), Seen> {
    match (before, after) {
        (Object::Pod(before), Object::Pod(after)) => pod_change(before, after),
        (Object::ReplicaSet(before), Object::ReplicaSet(after)) => {
            observed(before.status.observed_generation, after.status.observed_generation)?;
            // apps/validation ValidateReplicaSetUpdate: the selector is immutable.
            if before.spec.selector != after.spec.selector {
                return Err(("a selector stays", format!("{:?} → {:?}", before.spec.selector, after.spec.selector)));
            }
            Ok(())
        }
        (Object::Deployment(before), Object::Deployment(after)) => {
            observed(before.status.observed_generation, after.status.observed_generation)?;
            let collisions = |status: &Deployment| status.status.collision_count.unwrap_or(0);
            // apps/validation ValidateDeploymentStatusUpdate.
            if collisions(after) < collisions(before) {
                return Err(("collisions never fall", format!("{} → {}", collisions(before), collisions(after))));
            }
            Ok(())
        }
        (Object::Service(before), Object::Service(after)) => {
            // core/validation ValidateServiceUpdate: immutable once set, but for a change of the type.
            let is_same_type = before.spec.kind == after.spec.kind;
            if is_same_type && !before.spec.cluster_ip.is_empty() && before.spec.cluster_ip != after.spec.cluster_ip {
                let (old, new) = (&before.spec.cluster_ip, &after.spec.cluster_ip);
                return Err(("a service keeps its address", format!("{old} → {new}")));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn observed(before: i64, after: i64) -> Result<(), Seen> {
    if after < before {
        return Err(("an observed generation never falls", format!("{before} → {after}")));
    }
    Ok(())
}

fn pod_change(before: &Pod, after: &Pod) -> Result<(), Seen> {
    // registry/core/pod/storage BindingREST.setPodNodeAndMetadata: a pod that has a node is not bound again.
    if !before.node_name.is_empty() && before.node_name != after.node_name {
        return Err(("a pod stays on its node", format!("{} → {}", before.node_name, after.node_name)));
    }
    let (old, new) = (before.status.phase, after.status.phase);
    // kubelet_pods.go generateAPIPodStatus: the phase of a pod that has ended stays.
    if old.is_terminal() && new != old {
        return Err(("an ended pod stays ended", format!("{} → {}", old.as_str(), new.as_str())));
    }
    let count = |statuses: &[ContainerStatus], name: &str| {
        statuses.iter().find(|status| status.name == name).map(|status| status.restart_count)
    };
    for status in &after.status.container_statuses {
        let restarts = count(&before.status.container_statuses, &status.name).unwrap_or(0);
        // kuberuntime_manager.go: a container begins with the count of the one before it.
        if status.restart_count < restarts {
            let what = format!("{}: {restarts} → {}", status.name, status.restart_count);
            return Err(("restarts never fall", what));
        }
    }
    Ok(())
}

/// What holds of an object by itself.
fn holds(object: &Object) -> Result<(), Seen> {
    let controllers = object.metadata().owner_references.iter().filter(|owner| owner.controller).count();
    // apimachinery ValidateOwnerReferences.
    if controllers > 1 {
        return Err(("an object has one controller", format!("it has {controllers}")));
    }
    match object {
        Object::Pod(pod) => pod_holds(pod),
        Object::ReplicaSet(set) => set_holds(set),
        Object::Deployment(deployment) => deployment_holds(deployment),
        Object::Event(event) if event.series.is_none() && event.event_time.is_none() && event.count < 1 => {
            Err(("an event happened", format!("{} times", event.count)))
        }
        _ => Ok(()),
    }
}

fn pod_holds(pod: &Pod) -> Result<(), Seen> {
    let is = |kind: &str| pod.condition(kind).is_some_and(|condition| condition.status == "True");
    // status/generate.go GeneratePodReadyCondition: ready when its containers are.
    if is("Ready") && !is("ContainersReady") {
        return Err(("a ready pod has ready containers", format!("{:?}", pod.status.conditions)));
    }
    if is("ContainersReady") && !pod.status.container_statuses.iter().all(|status| status.ready) {
        return Err(("a ready pod has ready containers", format!("{:?}", pod.status.container_statuses)));
    }
    // BindingREST.setPodNodeAndMetadata writes the node and the condition at once.
    if is("PodScheduled") && pod.node_name.is_empty() {
        return Err(("a scheduled pod has a node", "it has none".to_owned()));
    }
    if !pod.status.pod_ip.is_empty() && pod.node_name.is_empty() {
        return Err(("a scheduled pod has a node", format!("it has the address {}", pod.status.pod_ip)));
    }
    Ok(())
}

/// apps/validation ValidateReplicaSetStatus.
fn set_holds(set: &ReplicaSet) -> Result<(), Seen> {
    let status = &set.status;
    let is_sound = status.fully_labeled_replicas <= status.replicas
        && status.ready_replicas <= status.replicas
        && status.available_replicas <= status.ready_replicas
        && status.available_replicas >= 0
        && status.observed_generation <= set.metadata.generation;
    if is_sound { Ok(()) } else { Err(("a ReplicaSet's counts fit together", format!("{status:?}"))) }
}

/// apps/validation ValidateDeploymentStatus.
fn deployment_holds(deployment: &Deployment) -> Result<(), Seen> {
    let status = &deployment.status;
    let is_sound = status.updated_replicas <= status.replicas
        && status.ready_replicas <= status.replicas
        && status.available_replicas <= status.ready_replicas
        && status.available_replicas >= 0
        && status.unavailable_replicas >= 0
        && status.observed_generation <= deployment.metadata.generation;
    if is_sound { Ok(()) } else { Err(("a Deployment's counts fit together", format!("{status:?}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PodPhase;
    use crate::sim::SimTime;
    use std::sync::Arc;

    fn pod(version: u64, change: impl FnOnce(&mut Pod)) -> Object {
        let mut pod = Pod::default();
        pod.metadata.uid = "u".to_owned();
        pod.metadata.name = "web".to_owned();
        pod.metadata.resource_version = version;
        change(&mut pod);
        Object::Pod(Arc::new(pod))
    }

    /// What is seen against the rules in these writes.
    fn seen(writes: Vec<(ChangeType, Object)>) -> Option<&'static str> {
        let (mut objects, mut last_version) = (BTreeMap::new(), 0);
        let mut known = Known { objects: &mut objects, last_version: &mut last_version, is_settling: true };
        let events = writes.into_iter().map(|(kind, object)| WatchEvent { at: SimTime(0), kind, object });
        events.map(|event| known.take(&event)).find_map(Result::err).map(|(rule, _)| rule)
    }

    #[test]
    fn what_no_write_may_do_is_seen() {
        use ChangeType::{Added, Deleted, Modified};
        let plain = |version| pod(version, |_| ());
        let on = |version, node: &str| pod(version, |pod| node.clone_into(&mut pod.node_name));
        let ended = |version, phase| pod(version, |pod| pod.status.phase = phase);
        assert_eq!(seen(vec![(Added, plain(1)), (Modified, on(2, "a")), (Deleted, on(3, "a"))]), None);
        assert_eq!(seen(vec![(Added, plain(2)), (Modified, plain(2))]), Some("versions rise"));
        assert_eq!(seen(vec![(Added, plain(1)), (Added, plain(2))]), Some("an object is added once"));
        assert_eq!(seen(vec![(Modified, plain(1))]), Some("what changes was there"));
        assert_eq!(seen(vec![(Added, on(1, "a")), (Modified, on(2, "b"))]), Some("a pod stays on its node"));
        let back = vec![(Added, ended(1, PodPhase::Failed)), (Modified, ended(2, PodPhase::Running))];
        assert_eq!(seen(back), Some("an ended pod stays ended"));
        let generation = |version, generation| pod(version, |pod| pod.metadata.generation = generation);
        let fallen = vec![(Added, generation(1, 2)), (Modified, generation(2, 1))];
        assert_eq!(seen(fallen), Some("a generation never falls"));
    }
}
