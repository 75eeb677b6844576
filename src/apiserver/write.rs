//! Creating and updating typed objects: what controllers and the kubelet do, and the last step of every user's request.

use std::sync::Arc;

use super::admission::Admitting;
use super::{ApiServer, Key, Status};
use crate::api::validation::has_spec_generation;
use crate::api::{Generic, Kind, Object, ObjectMeta, Pod, PodStatus, StringMap, Time};
use crate::sim::Shared;

impl ApiServer {
    /// Stores a new object: gives it a name if asked, a uid, a creation time and its first generation.
    /// Models apiserver/pkg/registry/rest/create.go BeforeCreate and the strategies' PrepareForCreate.
    ///
    /// # Errors
    /// `AlreadyExists`; `NotFound` when the namespace does not exist; `Forbidden` when it is being deleted.
    pub fn create(&mut self, object: Object) -> Result<Object, Status> {
        let object = self.prepare_create(object)?;
        // What a controller sends is valid where the object that it was made from is; only the name is its own.
        // And an image with a blank at its end, which a template may have and a pod may not.
        let has_loose_image = match &object {
            Object::Pod(pod) => {
                let mut containers = pod.spec.init_containers.iter().chain(&pod.spec.containers);
                containers.any(|container| container.image.trim() != container.image)
            }
            _ => false,
        };
        if object.kind() == Kind::ReplicaSet || has_loose_image {
            super::rest::check_valid(&object)?;
        }
        let object = self.store.put(object);
        self.charge(&object);
        Ok(object)
    }

    /// What [`ApiServer::create`] would store, without storing it.
    pub(super) fn prepare_create(&mut self, mut object: Object) -> Result<Object, Status> {
        let (kind, now) = (object.kind(), self.now);
        self.check_namespace(kind, object.metadata())?;
        let admitting = match &object {
            Object::Pod(pod) => self.admissible(pod.spec.raw(), &pod.metadata)?,
            _ => Admitting::default(),
        };
        if object.metadata().name.is_empty() && !object.metadata().generate_name.is_empty() {
            let name = self.fresh_name(kind, object.metadata());
            object.with_metadata(|metadata| metadata.name = name);
        }
        let key = Key::of(object.metadata());
        if self.store.get(kind, &key).is_some() {
            return Err(Status::already_exists(kind, &key.name));
        }
        let (uid, created) =
            self.identity.take().unwrap_or_else(|| (self.names.uid(kind, &key, now), Time::from_sim(now)));
        object.with_metadata(|metadata| {
            metadata.uid = uid;
            metadata.creation_timestamp = Some(created);
            metadata.deletion_timestamp = None;
            metadata.deletion_grace_period_seconds = None;
            metadata.generation = i64::from(has_generation(kind));
            metadata.resource_version = 0;
        });
        self.with_addresses(&mut object)?;
        self.admit_storage(&mut object);
        if let Object::Pod(pod) = &mut object {
            let volume = self.names.suffix_for(&key.to_string(), now);
            let limits = self.limit_ranges(&pod.metadata.namespace);
            self.admission.admit_pod(Arc::make_mut(pod), &volume, &admitting, &limits);
        }
        self.check_gates(&object)?;
        Ok(object)
    }

    #[inline(never)]
    pub(super) fn fresh_name(&mut self, kind: Kind, metadata: &ObjectMeta) -> String {
        // Kubernetes tries eight times; after that the name is taken and the answer is AlreadyExists.
        let mut name = String::new();
        for _ in 0..8 {
            name = self.names.generate(kind, &metadata.generate_name, self.now);
            if self.store.get(kind, &Key::new(metadata.namespace.as_str(), name.as_str())).is_none() {
                break;
            }
        }
        name
    }

    pub(super) fn check_namespace(&self, kind: Kind, metadata: &ObjectMeta) -> Result<(), Status> {
        if kind.is_cluster_scoped() {
            return Ok(());
        }
        let namespace = &metadata.namespace;
        match self.store.get(Kind::Namespace, &Key::new("", namespace.as_str())) {
            None => Err(Status::not_found(Kind::Namespace, namespace)),
            Some(found) if found.metadata().deletion_timestamp.is_some() => {
                // Names are generated after admission.
                let name = if metadata.name.is_empty() { &metadata.generate_name } else { &metadata.name };
                Err(Status::namespace_terminating(kind, name, namespace))
            }
            Some(_) => Ok(()),
        }
    }

    /// Replaces an object's spec and metadata; the status stays as stored. The generation rises when the spec changed.
    /// A write that changes nothing is answered without a new resource version, as etcd's store does.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when `object` is not based on the newest version (0 skips that check) or has another uid.
    pub fn update(&mut self, object: Object) -> Result<Object, Status> {
        let old = self.current(object.kind(), object.metadata())?;
        let changed = has_generation(object.kind()) && counts_as_change(&object, &old);
        let mut object = carry_over(object, &old);
        object.with_metadata(|metadata| metadata.generation = old.metadata().generation + i64::from(changed));
        Ok(self.store_update(object, &old))
    }

    /// Replaces an object's status; everything else stays as stored, but for a Deployment's annotations, which travel
    /// with its status. Models the strategies' status PrepareForUpdate.
    ///
    /// # Errors
    /// As [`ApiServer::update`].
    pub fn update_status(&mut self, object: Object) -> Result<Object, Status> {
        let old = self.current(object.kind(), object.metadata())?;
        let mut new = old.clone();
        take_status(&mut new, object);
        Ok(self.store_update(new, &old))
    }

    /// Replaces a pod's status, as the kubelet does.
    ///
    /// # Errors
    /// `NotFound` when the pod is gone or is another one of the same name.
    pub fn update_pod_status(&mut self, key: &Key, uid: &str, status: Shared<PodStatus>) -> Result<Object, Status> {
        match self.store.pod(key) {
            Some(pod) if pod.metadata.uid == uid => {
                let old = Object::Pod(Arc::clone(pod));
                let new = Pod { status, ..(**pod).clone() };
                Ok(self.store_update(Object::Pod(Arc::new(new)), &old))
            }
            _ => Err(Status::not_found(Kind::Pod, &key.name)),
        }
    }

    /// Binds a pod to a node. Models pkg/registry/core/pod/storage BindingREST: sets the node, the condition, and the
    /// labels that tell where the node is.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the pod is bound already.
    pub fn bind(
        &mut self,
        key: &Key,
        node: &str,
        labels: StringMap,
        status: Shared<PodStatus>,
    ) -> Result<Object, Status> {
        let Some(pod) = self.store.pod(key) else { return Err(Status::not_found(Kind::Pod, &key.name)) };
        if !pod.node_name.is_empty() {
            let why = format!("pod {} is already assigned to node {:?}", key.name, pod.node_name);
            return Err(Status::conflict(Kind::Pod, &key.name, &why));
        }
        let old = Object::Pod(Arc::clone(pod));
        let mut new = Pod { node_name: node.to_owned(), status, ..(**pod).clone() };
        new.metadata.labels.extend(labels);
        Ok(self.store_update(Object::Pod(Arc::new(new)), &old))
    }

    /// The stored object, when `metadata` is that of its newest version, or of no version in particular.
    pub(super) fn current(&self, kind: Kind, metadata: &ObjectMeta) -> Result<Object, Status> {
        let old = self.get(kind, &Key::of(metadata))?;
        if !metadata.uid.is_empty() && metadata.uid != old.metadata().uid {
            let why = format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                metadata.uid,
                old.metadata().uid
            );
            return Err(Status::conflict(kind, &metadata.name, &why));
        }
        if metadata.resource_version != 0 && metadata.resource_version != old.metadata().resource_version {
            return Err(Status::modified(kind, &metadata.name));
        }
        Ok(old.clone())
    }

    /// Stores `new` unless it equals `old`; takes it out when its last finalizer has gone.
    pub(super) fn store_update(&mut self, mut new: Object, old: &Object) -> Object {
        let version = old.metadata().resource_version;
        new.with_metadata(|metadata| metadata.resource_version = version);
        if new == *old {
            return new;
        }
        let metadata = new.metadata();
        let finished = metadata.deletion_timestamp.is_some()
            && metadata.finalizers.is_empty()
            && !old.metadata().finalizers.is_empty()
            && metadata.deletion_grace_period_seconds.unwrap_or(0) == 0;
        if finished { self.store.remove(new) } else { self.store.put(new) }
    }
}

/// Takes over the status of `given`. Models the status strategies' PrepareForUpdate.
pub(super) fn take_status(stored: &mut Object, given: Object) {
    match (stored, given) {
        (Object::Deployment(stored), Object::Deployment(given)) => {
            let stored = Arc::make_mut(stored);
            stored.status = given.status.clone();
            stored.metadata.annotations = given.metadata.annotations.clone();
        }
        (Object::ReplicaSet(stored), Object::ReplicaSet(given)) => {
            Arc::make_mut(stored).status = given.status.clone();
        }
        (Object::Pod(stored), Object::Pod(given)) => Arc::make_mut(stored).status = given.status.clone(),
        (Object::Generic(stored), Object::Generic(given)) => {
            if let Some(status) = given.fields.get("status") {
                Arc::make_mut(stored).fields.insert("status".to_owned(), status.clone());
            }
        }
        _ => {}
    }
}

/// What an update may not touch is taken from the stored object. Models the strategies' PrepareForUpdate.
pub(super) fn carry_over(mut object: Object, old: &Object) -> Object {
    let was = old.metadata().clone();
    object.with_metadata(|metadata| {
        metadata.uid = was.uid;
        metadata.creation_timestamp = was.creation_timestamp;
        metadata.deletion_timestamp = was.deletion_timestamp;
        metadata.deletion_grace_period_seconds = was.deletion_grace_period_seconds;
    });
    match (&mut object, old) {
        (Object::Deployment(new), Object::Deployment(old)) => Arc::make_mut(new).status = old.status.clone(),
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => Arc::make_mut(new).status = old.status.clone(),
        (Object::Pod(new), Object::Pod(old)) => {
            let new = Arc::make_mut(new);
            new.status = old.status.clone();
            new.node_name.clone_from(&old.node_name);
            new.token_volume.clone_from(&old.token_volume);
        }
        (Object::Service(new), Object::Service(old)) => ApiServer::keep_addresses(Arc::make_mut(new), old),
        (Object::Generic(new), Object::Generic(old)) => keep_status(Arc::make_mut(new), old),
        _ => {}
    }
    object
}

fn keep_status(new: &mut Generic, old: &Generic) {
    match old.fields.get("status") {
        Some(status) => new.fields.insert("status".to_owned(), status.clone()),
        None => new.fields.remove("status"),
    };
}

/// A Deployment's annotations count, because its ReplicaSets copy them.
fn counts_as_change(new: &Object, old: &Object) -> bool {
    match (new, old) {
        (Object::Deployment(new), Object::Deployment(old)) => {
            new.spec != old.spec || new.metadata.annotations != old.metadata.annotations
        }
        (Object::ReplicaSet(new), Object::ReplicaSet(old)) => new.spec != old.spec,
        (Object::Pod(new), Object::Pod(old)) => new.spec != old.spec,
        (Object::Generic(new), Object::Generic(old)) if new.kind.is_custom() => {
            let counts = |name: &&String| *name != "status";
            let mut names = new.fields.keys().chain(old.fields.keys()).filter(counts);
            names.any(|name| new.fields.get(name) != old.fields.get(name))
        }
        (Object::Generic(new), Object::Generic(old)) => new.fields.get("spec") != old.fields.get("spec"),
        // Everything of a slice counts but its metadata, and of that its labels.
        (Object::EndpointSlice(new), Object::EndpointSlice(old)) => {
            new.endpoints != old.endpoints
                || new.ports != old.ports
                || new.address_type != old.address_type
                || new.metadata.labels != old.metadata.labels
        }
        _ => false,
    }
}

/// Whether objects of this kind count their changes: those of their spec, or a slice's, which has none.
fn has_generation(kind: Kind) -> bool {
    has_spec_generation(kind) || kind == Kind::EndpointSlice
}
