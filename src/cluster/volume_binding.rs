//! Claims of pods that look for a node. Models pkg/scheduler/framework/plugins/volumebinding and volumerestrictions.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Generic, Kind, Object};
use crate::apiserver::{Change, Key};
use crate::controllers::persistent_volumes as volumes;
use crate::scheduler::{PodInfo, cycle};

use super::Cluster;

/// Models ErrReasonBindConflict.
const NOTHING_TO_BIND: &str = "node(s) didn't find available persistent volumes to bind";
/// Models ErrReasonNodeConflict.
const ELSEWHERE: &str = "node(s) had volume node affinity conflict";

/// What a pod's claims allow.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Why no node will do.
    pub refusal: Option<String>,
    /// Why a node will not do, by its name.
    pub nodes: BTreeMap<String, &'static str>,
    /// Claims that only one pod may use at a time, by name.
    pub exclusive: Vec<String>,
    /// Claims that wait until the pod has a node.
    delayed: Vec<Arc<Generic>>,
}

fn is_bound(claim: &Generic) -> bool {
    !volumes::text(claim, "/spec/volumeName").is_empty()
        && claim.metadata.annotations.contains_key(volumes::BIND_COMPLETED)
}

impl Cluster {
    /// What a pod's claims say of the nodes. Models the PreFilter and the Filter of VolumeBinding.
    pub(super) fn claims_of(&self, pod: &PodInfo) -> Claims {
        let mut found = Claims::default();
        if pod.claims.is_empty() {
            return found;
        }
        let mut bound = Vec::new();
        let mut is_immediate = false;
        for name in &pod.claims {
            let key = Key::new(pod.namespace.as_str(), name.as_str());
            let Some(claim) = self.generic(Kind::PersistentVolumeClaim, &key) else {
                found.refusal = Some(format!("persistentvolumeclaim \"{name}\" not found"));
                return found;
            };
            let modes = claim.fields.get("spec").and_then(|spec| spec.get("accessModes")?.as_array());
            if modes.is_some_and(|modes| modes.iter().any(|mode| mode == "ReadWriteOncePod")) {
                found.exclusive.push(name.clone());
            }
            let volume = volumes::text(&claim, "/spec/volumeName");
            if volumes::text(&claim, "/status/phase") == "Lost" {
                found.refusal =
                    Some(format!("persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}"));
                return found;
            }
            if claim.metadata.deletion_timestamp.is_some() {
                found.refusal = Some(format!("persistentvolumeclaim {name:?} is being deleted"));
                return found;
            }
            if is_bound(&claim) {
                bound.extend(self.generic(Kind::PersistentVolume, &Key::new("", volume)));
            } else if volume.is_empty()
                && self.storage_class(&claim).as_deref().is_some_and(volumes::waits_for_consumer)
            {
                found.delayed.push(claim);
            } else {
                is_immediate = true;
            }
        }
        if is_immediate {
            found.refusal = Some("pod has unbound immediate PersistentVolumeClaims".to_owned());
            return found;
        }
        let all = self.all_volumes();
        for node in self.api.store().list(Kind::Node, None) {
            let Object::Generic(node) = node else { continue };
            let why = if bound.iter().any(|volume| !volumes::allows_node(volume, node)) {
                ELSEWHERE
            } else if found.delayed.iter().any(|claim| !self.can_serve(claim, node, &all)) {
                NOTHING_TO_BIND
            } else {
                continue;
            };
            found.nodes.insert(node.metadata.name.clone(), why);
        }
        found
    }

    /// Whether a claim gets a volume on a node: one that is there, or one that is made. Models FindPodVolumes.
    fn can_serve(&self, claim: &Generic, node: &Generic, all: &[Arc<Generic>]) -> bool {
        if let Some(chosen) = claim.metadata.annotations.get(volumes::SELECTED_NODE) {
            return *chosen == node.metadata.name;
        }
        let makes = || {
            let class = self.storage_class(claim);
            class.is_some_and(|class| volumes::text(&class, "/provisioner") != volumes::NO_PROVISIONER)
        };
        volumes::find_match(claim, all.iter(), Some(node), true).is_some() || makes()
    }

    /// Reserves volumes on the node that was chosen, or has them made there; answers whether the pod has to wait for that.
    /// Models Reserve and PreBind of VolumeBinding.
    pub(super) fn reserve_volumes(&mut self, claims: &Claims, node: &str) -> bool {
        let Some(Object::Generic(node)) = self.api.store().get(Kind::Node, &Key::new("", node)).cloned() else {
            return false;
        };
        for claim in &claims.delayed {
            let all = self.all_volumes();
            if all.iter().any(|volume| volumes::is_bound_to(volume, claim)) {
                continue;
            }
            let changed = match volumes::find_match(claim, all.iter(), Some(&node), true) {
                Some(volume) => volumes::reserved(&volume, claim),
                None => {
                    let mut asked = Generic::clone(claim);
                    asked.metadata.annotations.insert(volumes::SELECTED_NODE.to_owned(), node.metadata.name.clone());
                    Some(asked)
                }
            };
            // They were read a moment ago, and nobody writes in between.
            drop(changed.map(|changed| self.api.update(Object::Generic(Arc::new(changed)))));
        }
        !claims.delayed.is_empty()
    }

    /// A claim has changed: pods that wait for it are tried again.
    pub(super) fn route_storage_to_scheduler(&mut self, change: &Change) {
        let waiting = self.scheduler.waiting_for(cycle::VOLUME_BINDING);
        self.activate_all(&waiting);
        let Object::Generic(claim) = &change.object else { return };
        if change.object.kind() != Kind::PersistentVolumeClaim || !is_bound(claim) {
            return;
        }
        let metadata = &claim.metadata;
        let pods = self.api.store().pods(Some(&metadata.namespace)).filter(|pod| {
            pod.node_name.is_empty() && crate::scheduler::claims_of(pod.spec.raw()).contains(&metadata.name)
        });
        let pods: Vec<Arc<PodInfo>> = pods.map(|pod| Arc::new(PodInfo::read(pod))).collect();
        self.activate_all(&pods);
    }

    pub(super) fn all_volumes(&self) -> Vec<Arc<Generic>> {
        let volumes = self.api.store().list(Kind::PersistentVolume, None).filter_map(|object| match object {
            Object::Generic(found) => Some(Arc::clone(found)),
            _ => None,
        });
        volumes.collect()
    }
}
