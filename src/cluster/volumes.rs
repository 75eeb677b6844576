//! Claims get their volumes: the controller of both, minikube's provisioner, and what protects them while they are used.
//! Models pkg/controller/volume/persistentvolume/pv_controller.go, pvcprotection and pvprotection.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::{EventSource, EventType, Generic, Kind, Object};
use crate::apiserver::{Change, ChangeType, DeleteOptions, Key, NODE};
use crate::controllers::persistent_volumes as volumes;
use crate::controllers::reference_to;
use crate::decision::Reason;
use crate::events::Note;
use crate::sim::{Random, SimTime};

use super::Cluster;
use super::work::Task;

/// `--pvclaimbinder-sync-period`
const RESYNC_MS: u64 = 15_000;
/// What minikube's provisioner takes for a volume, and to take one away.
const PROVISION_MS: u64 = 120;
/// The event source of the controller.
const CONTROLLER: &str = "persistentvolume-controller";

impl Cluster {
    /// Who looks at a change of claims, volumes and the pods that use them.
    pub(super) fn route_volumes(&mut self, change: &Change) {
        let key = Key::of(change.object.metadata());
        match change.object.kind() {
            Kind::PersistentVolumeClaim => {
                // The volume of a claim that is gone is looked at again.
                if let Object::Generic(claim) = &change.object {
                    let volume = volumes::text(claim, "/spec/volumeName");
                    if !volume.is_empty() {
                        self.enqueue(Task::Volume(Key::new("", volume)));
                    }
                }
                self.enqueue(Task::Claim(key));
            }
            Kind::PersistentVolume => {
                // The claim of a volume that is gone has lost it.
                if let (Object::Generic(volume), ChangeType::Deleted) = (&change.object, change.kind) {
                    let of = |name: &str| volumes::text(volume, &format!("/spec/claimRef/{name}"));
                    self.enqueue(Task::Claim(Key::new(of("namespace"), of("name"))));
                }
                self.enqueue(Task::Volume(key));
            }
            Kind::Pod => {
                // A claim that is to go goes when its last pod has gone.
                let Object::Pod(pod) = &change.object else { return };
                let namespace = pod.metadata.namespace.as_str();
                let ending = self
                    .api
                    .store()
                    .list(Kind::PersistentVolumeClaim, Some(namespace))
                    .filter(|claim| claim.metadata().deletion_timestamp.is_some());
                let ending: Vec<Key> = ending.map(|claim| Key::of(claim.metadata())).collect();
                ending.into_iter().for_each(|key| self.enqueue(Task::Claim(key)));
            }
            _ => return,
        }
        if change.object.kind() != Kind::Pod {
            let next = SimTime((self.now.as_ms() / RESYNC_MS + 1) * RESYNC_MS);
            self.work.add(Task::Volumes, next);
        }
    }

    /// All that is not done is looked at again every 15 seconds.
    pub(super) fn resync_volumes(&mut self) {
        let unfinished = |kind: Kind, done: &[&str]| {
            let open = self.api.store().list(kind, None).filter_map(|object| match object {
                Object::Generic(found) if !done.contains(&volumes::text(found, "/status/phase")) => {
                    Some((found.metadata.resource_version, Key::of(&found.metadata)))
                }
                _ => None,
            });
            // Go's caches have no order; here those come first that have waited longest.
            let mut open: Vec<(u64, Key)> = open.collect();
            crate::sorting::sort_by_key(&mut open, |(version, _)| *version);
            open.into_iter().map(|(_, key)| key).collect::<Vec<Key>>()
        };
        let claims = unfinished(Kind::PersistentVolumeClaim, &["Bound", "Lost"]);
        let open = unfinished(Kind::PersistentVolume, &["Bound", "Available", "Released"]);
        if !claims.is_empty() || !open.is_empty() {
            self.work.add(Task::Volumes, self.now + RESYNC_MS);
        }
        open.iter().for_each(|key| self.sync_volume(key));
        claims.iter().for_each(|key| self.sync_claim(key));
    }

    fn put(&mut self, object: Generic) -> Option<Arc<Generic>> {
        match self.api.update(Object::Generic(Arc::new(object))) {
            Ok(Object::Generic(stored)) => Some(stored),
            _ => None,
        }
    }

    fn put_status(&mut self, object: Option<Generic>) {
        if let Some(object) = object {
            // It was read a moment ago, and nobody writes in between.
            drop(self.api.update_status(Object::Generic(Arc::new(object))));
        }
    }

    fn note_storage(&mut self, object: &Generic, from: &str, kind: EventType, reason: &str, message: String) {
        let source = EventSource { component: from.to_owned(), host: String::new() };
        let reference = reference_to(object.kind, &object.metadata);
        self.record(Note { object: reference, source, kind, reason: reason.to_owned(), message });
    }

    /// The class of a claim, when it exists.
    pub(super) fn storage_class(&self, claim: &Generic) -> Option<Arc<Generic>> {
        let name = volumes::class_of(claim);
        if name.is_empty() { None } else { self.generic(Kind::StorageClass, &Key::new("", name)) }
    }

    /// One look at a claim. Models syncClaim, and the protection of claims that pods use.
    pub(super) fn sync_claim(&mut self, key: &Key) {
        let Some(claim) = self.generic(Kind::PersistentVolumeClaim, key) else { return };
        if claim.metadata.deletion_timestamp.is_some() {
            return self.let_go(&claim, volumes::CLAIM_PROTECTION, self.is_in_use(&claim));
        }
        if claim.metadata.annotations.contains_key(volumes::BIND_COMPLETED) {
            return self.sync_bound_claim(&claim);
        }
        let named = volumes::text(&claim, "/spec/volumeName").to_owned();
        if named.is_empty() {
            return self.find_volume(&claim);
        }
        let Some(volume) = self.generic(Kind::PersistentVolume, &Key::new("", named.as_str())) else {
            return self.put_status(volumes::in_phase(&claim, "Pending", &[]));
        };
        let is_free = volume.fields.get("spec").is_none_or(|spec| spec.get("claimRef").is_none_or(Value::is_null));
        if is_free && let Some(why) = volumes::mismatch(&volume, &claim) {
            let message = format!("Cannot bind to requested volume {named:?}: {why}");
            self.note_storage(&claim, CONTROLLER, EventType::Warning, "VolumeMismatch", message);
        } else if is_free || volumes::is_bound_to(&volume, &claim) {
            return self.bind_claim(&claim, &volume);
        } else {
            let message = format!("volume {named:?} already bound to a different claim.");
            self.note_storage(&claim, CONTROLLER, EventType::Warning, "FailedBinding", message);
        }
        self.put_status(volumes::in_phase(&claim, "Pending", &[]));
    }

    /// Models syncUnboundClaim for a claim that names no volume.
    fn find_volume(&mut self, claim: &Arc<Generic>) {
        let class = self.storage_class(claim);
        let waits = class.as_deref().is_some_and(volumes::waits_for_consumer);
        if let Some(volume) = volumes::find_match(claim, self.all_volumes().iter(), None, waits) {
            return self.bind_claim(claim, &volume);
        }
        let class_name = volumes::class_of(claim).to_owned();
        if waits && !claim.metadata.annotations.contains_key(volumes::SELECTED_NODE) {
            let (reason, message) = self.awaited(claim);
            self.note_storage(claim, CONTROLLER, EventType::Normal, reason, message);
        } else if let Some(class) = class {
            return self.ask_provisioner(claim, &class);
        } else if !class_name.is_empty() {
            let message = format!("storageclass.storage.k8s.io {class_name:?} not found");
            self.note_storage(claim, CONTROLLER, EventType::Warning, "ProvisioningFailed", message);
            self.note_unbound(claim, &format!("the storage class {class_name} does not exist"));
            return;
        } else {
            let message = "no persistent volumes available for this claim and no storage class is set".to_owned();
            self.note_storage(claim, CONTROLLER, EventType::Normal, "FailedBinding", message);
            self.note_unbound(claim, "no volume fits it, and it names no class that would make one");
        }
        self.put_status(volumes::in_phase(claim, "Pending", &[]));
    }

    fn note_unbound(&mut self, claim: &Generic, why: &str) {
        let key = Key::of(&claim.metadata);
        let about = format!("PersistentVolumeClaim/{key}");
        let inputs = vec![("claim", json!(claim.metadata.name)), ("why", json!(why))];
        let reason =
            Reason { rule: "volume/none", inputs, action: format!("claim {} stays pending", claim.metadata.name) };
        // Said once for as long as it is so.
        let known = self.notes.entry(about.clone()).or_default();
        if known.get("volume/none") != Some(&reason) {
            known.insert("volume/none", reason.clone());
            self.decide(CONTROLLER, &about, reason);
        }
    }

    /// What a claim waits for that waits for a pod. Models emitEventForUnboundDelayBindingClaim.
    fn awaited(&self, claim: &Generic) -> (&'static str, String) {
        let metadata = &claim.metadata;
        let pods = self.api.store().pods(Some(&metadata.namespace));
        let users = pods.filter(|pod| {
            pod.node_name.is_empty() && crate::scheduler::claims_of(pod.spec.raw()).contains(&metadata.name)
        });
        let names: Vec<&str> = users.map(|pod| pod.metadata.name.as_str()).collect();
        match names.as_slice() {
            [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_owned()),
            [one] => ("WaitForPodScheduled", format!("waiting for pod {one} to be scheduled")),
            all => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", all.join(","))),
        }
    }

    /// Models provisionClaim.
    fn ask_provisioner(&mut self, claim: &Arc<Generic>, class: &Generic) {
        let provisioner = volumes::text(class, "/provisioner").to_owned();
        if provisioner == volumes::NO_PROVISIONER {
            let message = format!("no volume plugin matched name: {provisioner}");
            return self.note_storage(claim, CONTROLLER, EventType::Warning, "ProvisioningFailed", message);
        }
        let mut asked = Generic::clone(claim);
        for name in volumes::PROVISIONER {
            asked.metadata.annotations.insert(name.to_owned(), provisioner.clone());
        }
        let is_new = asked != **claim;
        let stored = if is_new { self.put(asked) } else { Some(Arc::clone(claim)) };
        let Some(claim) = stored else { return };
        let message = format!(
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system \
             administrator. If volume creation is delayed, please verify that the provisioner is running and correctly \
             registered."
        );
        self.note_storage(&claim, CONTROLLER, EventType::Normal, "ExternalProvisioning", message);
        if provisioner == volumes::MINIKUBE && is_new {
            self.work.add(Task::Provision(Key::of(&claim.metadata)), self.now + PROVISION_MS);
        } else if provisioner != volumes::MINIKUBE {
            self.note_unbound(&claim, &format!("nobody here makes volumes as {provisioner}"));
        }
    }

    /// minikube's storage-provisioner makes a volume. Models sig-storage-lib-external-provisioner.
    pub(super) fn provision(&mut self, key: &Key) {
        let Some(claim) = self.generic(Kind::PersistentVolumeClaim, key) else { return };
        let Some(class) = self.storage_class(&claim).filter(|_| volumes::text(&claim, "/spec/volumeName").is_empty())
        else {
            return;
        };
        let identity = identity(self.config.seed);
        let from = format!("{}_{NODE}_{identity}", volumes::MINIKUBE);
        let message = format!("External provisioner is provisioning volume for claim \"{key}\"");
        self.note_storage(&claim, &from, EventType::Normal, "Provisioning", message);
        let volume = volumes::provisioned(&claim, &class, &identity);
        let name = volume.metadata.name.clone();
        if self.api.create(Object::Generic(Arc::new(volume))).is_ok() {
            let message = format!("Successfully provisioned volume {name}");
            self.note_storage(&claim, &from, EventType::Normal, "ProvisioningSucceeded", message);
            let inputs = vec![("claim", json!(claim.metadata.name)), ("class", json!(class.metadata.name))];
            let reason = Reason { rule: "volume/provision", inputs, action: format!("make volume {name}") };
            self.decide(CONTROLLER, &format!("PersistentVolumeClaim/{key}"), reason);
        }
    }

    /// Writes both sides of a binding. Models bind.
    fn bind_claim(&mut self, claim: &Arc<Generic>, volume: &Arc<Generic>) {
        let volume = match volumes::reserved(volume, claim) {
            Some(new) => self.put(new),
            None => Some(Arc::clone(volume)),
        };
        let Some(volume) = volume else { return };
        self.put_status(volumes::in_phase(&volume, "Bound", &[]));
        let bound = volumes::bound(claim, &volume.metadata.name);
        let is_new = bound.is_some();
        let claim = match bound {
            Some(new) => self.put(new),
            None => Some(Arc::clone(claim)),
        };
        let Some(claim) = claim else { return };
        self.put_status(volumes::in_phase(&claim, "Bound", &volumes::of_volume(&volume)));
        if is_new {
            let (name, key) = (&volume.metadata.name, Key::of(&claim.metadata));
            let inputs = vec![("claim", json!(claim.metadata.name)), ("volume", json!(name))];
            let reason = Reason { rule: "volume/bind", inputs, action: format!("bind volume {name} to claim {key}") };
            self.decide(CONTROLLER, &format!("PersistentVolumeClaim/{key}"), reason);
        }
    }

    /// Models syncBoundClaim.
    fn sync_bound_claim(&mut self, claim: &Arc<Generic>) {
        let name = volumes::text(claim, "/spec/volumeName").to_owned();
        let volume = self.generic(Kind::PersistentVolume, &Key::new("", name.as_str()));
        let (reason, message) = match &volume {
            Some(volume) if volumes::is_bound_to(volume, claim) => return self.bind_claim(claim, volume),
            Some(volume)
                if volume.fields.get("spec").is_none_or(|spec| spec.get("claimRef").is_none_or(Value::is_null)) =>
            {
                return self.bind_claim(claim, volume);
            }
            Some(_) => ("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly"),
            None if name.is_empty() => {
                ("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
            }
            None => ("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!"),
        };
        let nothing = [("accessModes", Value::Null), ("capacity", Value::Null)];
        if let Some(lost) = volumes::in_phase(claim, "Lost", &nothing) {
            self.put_status(Some(lost));
            self.note_storage(claim, CONTROLLER, EventType::Warning, reason, message.to_owned());
        }
    }

    /// One look at a volume. Models syncVolume, reclaimVolume and the protection of volumes that are bound.
    pub(super) fn sync_volume(&mut self, key: &Key) {
        let Some(volume) = self.generic(Kind::PersistentVolume, key) else { return };
        let phase = volumes::text(&volume, "/status/phase").to_owned();
        if volume.metadata.deletion_timestamp.is_some() {
            self.let_go(&volume, volumes::VOLUME_PROTECTION, phase == "Bound");
        }
        let of_claim = |name: &str| {
            let spec = volume.fields.get("spec");
            spec.and_then(|spec| spec.pointer(&format!("/claimRef/{name}"))).and_then(Value::as_str).unwrap_or_default()
        };
        if of_claim("uid").is_empty() {
            return self.put_status(volumes::in_phase(&volume, "Available", &[]));
        }
        let claim = self.generic(Kind::PersistentVolumeClaim, &Key::new(of_claim("namespace"), of_claim("name")));
        match claim.filter(|claim| claim.metadata.uid == of_claim("uid")) {
            Some(claim) if volumes::text(&claim, "/spec/volumeName").is_empty() => {
                self.enqueue(Task::Claim(Key::of(&claim.metadata)));
            }
            Some(claim) if volumes::text(&claim, "/spec/volumeName") == volume.metadata.name => {
                self.put_status(volumes::in_phase(&volume, "Bound", &[]));
            }
            Some(_) => {}
            None => {
                if phase != "Released" && phase != "Failed" {
                    self.put_status(volumes::in_phase(&volume, "Released", &[]));
                } else if phase == "Released"
                    && volumes::text(&volume, "/spec/persistentVolumeReclaimPolicy") == "Delete"
                {
                    self.reclaim(&volume);
                }
            }
        }
    }

    /// A volume whose claim is gone goes too. Models deleteVolumeOperation and minikube's provisioner.
    fn reclaim(&mut self, volume: &Arc<Generic>) {
        let path = volumes::text(volume, "/spec/hostPath/path");
        let why = if volume.metadata.annotations.contains_key(volumes::PROVISIONED_BY) || path.starts_with("/tmp/") {
            if volume.metadata.deletion_timestamp.is_none() {
                let gone =
                    self.api.delete(Kind::PersistentVolume, &Key::of(&volume.metadata), &DeleteOptions::default());
                drop(gone);
            }
            return;
        } else if path.is_empty() {
            format!(
                "error getting deleter volume plugin for volume {:?}: no volume plugin matched",
                volume.metadata.name
            )
        } else {
            format!("host_path deleter only supports /tmp/.+ but received provided {path}")
        };
        let failed = volumes::in_phase(volume, "Failed", &[("message", json!(why))]);
        self.put_status(failed);
        self.note_storage(volume, CONTROLLER, EventType::Warning, "VolumeFailedDelete", why);
    }

    /// Whether a pod that has a node uses a claim. Models podUsesPVC.
    fn is_in_use(&self, claim: &Generic) -> bool {
        let mut pods = self.api.store().pods(Some(&claim.metadata.namespace));
        pods.any(|pod| {
            !pod.node_name.is_empty() && crate::scheduler::claims_of(pod.spec.raw()).contains(&claim.metadata.name)
        })
    }

    /// Takes the finalizer away from what nobody uses any more.
    fn let_go(&mut self, object: &Generic, finalizer: &str, is_in_use: bool) {
        if is_in_use || !object.metadata.finalizers.iter().any(|held| held == finalizer) {
            return;
        }
        let mut free = object.clone();
        free.metadata.finalizers.retain(|held| held != finalizer);
        self.put(free);
    }
}

/// What minikube's provisioner calls itself: a uuid that it draws when it starts.
fn identity(seed: u64) -> String {
    let mut random = Random::derive(seed, "storage-provisioner");
    let mut digits = || format!("{:08x}", random.next_u32());
    let (a, b, c, d) = (digits(), digits(), digits(), digits());
    let part = |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    format!("{a}-{}-4{}-a{}-{}{d}", part(&b, 0, 4), part(&b, 5, 8), part(&c, 0, 3), part(&c, 3, 7))
}
