//! The store: every object, by kind, namespace and name, and the changes that nobody has taken yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Key, Tally};
use crate::api::well_known::SERVICE_NAME;
use crate::api::{Deployment, EndpointSlice, Kind, Object, Pod, ReplicaSet, Service};
use crate::sim::{SharedMap, SimTime};

/// What a watch reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeType {
    /// The object is new.
    Added,
    /// The object is another than before.
    Modified,
    /// The object is gone; what is reported is its last state.
    Deleted,
}

impl ChangeType {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// A change of the store.
#[derive(Clone, Debug)]
pub struct Change {
    /// What happened.
    pub kind: ChangeType,
    /// The object now; its last state when it was deleted.
    pub object: Object,
    /// The object before; absent when it was added.
    pub old: Option<Object>,
}

/// One entry of the watch log.
#[derive(Clone, Debug)]
pub struct WatchEvent {
    /// When.
    pub at: SimTime,
    /// What happened.
    pub kind: ChangeType,
    /// The object now; its last state when it was deleted.
    pub object: Object,
}

/// Objects by key, with an index from owner to owned.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: BTreeMap<Kind, SharedMap<Key, Object>>,
    /// What each owner, by uid, owns: the objects themselves, because controllers read all of an owner's again and again.
    owned: BTreeMap<String, SharedMap<(Kind, Key), Object>>,
    /// The pods that each object, by uid, controls, counted.
    tallies: BTreeMap<String, Tally>,
    /// The slices that are labelled with a service's name, by the service.
    slices: BTreeMap<Key, SharedMap<Key, Arc<EndpointSlice>>>,
    /// Pods without a controller.
    orphans: BTreeSet<Key>,
    resource_version: u64,
    changes: Vec<Change>,
}

impl Store {
    /// The version of the last write.
    pub fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// How many objects there are.
    pub fn object_count(&self) -> usize {
        self.objects.values().map(SharedMap::len).sum()
    }

    /// The object of this kind and key.
    pub fn get(&self, kind: Kind, key: &Key) -> Option<&Object> {
        self.objects.get(&kind)?.get(key)
    }

    /// The objects of a kind, ordered by namespace and name; all namespaces when none is given.
    pub fn list<'a>(&'a self, kind: Kind, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Object> {
        self.objects
            .get(&kind)
            .into_iter()
            .flat_map(SharedMap::iter)
            .filter(move |(key, _)| namespace.is_none_or(|namespace| &*key.namespace == namespace))
            .map(|(_, object)| object)
    }

    /// What the object with this uid owns, by kind and key.
    pub fn owned_by<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Object> {
        self.owned.get(uid).into_iter().flat_map(SharedMap::values)
    }

    /// How many pods the object with this uid controls, and how they are; none where it never controlled one.
    pub fn tally(&self, uid: &str) -> Option<&Tally> {
        self.tallies.get(uid)
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects.get(&kind).map_or(0, SharedMap::len)
    }

    /// Whether an object with this uid is in the store.
    pub fn has_uid(&self, kind: Kind, key: &Key, uid: &str) -> bool {
        self.get(kind, key).is_some_and(|object| object.metadata().uid == uid)
    }

    /// Puts `object` in with the next resource version and reports the change.
    pub fn put(&mut self, mut object: Object) -> Object {
        self.resource_version += 1;
        let version = self.resource_version;
        object.with_metadata(|metadata| metadata.resource_version = version);
        let (kind, key) = (object.kind(), Key::of(object.metadata()));
        let old = self.objects.entry(kind).or_default().insert(key.clone(), object.clone());
        if let Some(old) = &old {
            self.forget(kind, &key, old, Some(&object));
        }
        for owner in &object.metadata().owner_references {
            // An entry is there already for all but the first of an object's writes: only its object changes.
            match self.owned.get_mut(&owner.uid) {
                Some(owned) => drop(owned.insert((kind, key.clone()), object.clone())),
                None => {
                    let mut first = SharedMap::default();
                    first.insert((kind, key.clone()), object.clone());
                    self.owned.insert(owner.uid.clone(), first);
                }
            }
        }
        if let Object::Pod(pod) = &object {
            match pod.metadata.controller() {
                Some(owner) => match self.tallies.get_mut(&owner.uid) {
                    Some(tally) => tally.add(pod),
                    None => self.tallies.entry(owner.uid.clone()).or_default().add(pod),
                },
                None => drop(self.orphans.insert(key)),
            }
        }
        if let Object::EndpointSlice(slice) = &object
            && let Some(service) = service_of(slice)
        {
            self.slices.entry(service).or_default().insert(Key::of(&slice.metadata), Arc::clone(slice));
        }
        let change = if old.is_some() { ChangeType::Modified } else { ChangeType::Added };
        self.changes.push(Change { kind: change, object: object.clone(), old });
        object
    }

    /// The objects of a kind that its user has defined anew, unchanged but for that.
    pub(super) fn relabel(&mut self, kind: Kind) {
        let Some(objects) = self.objects.get(&kind) else { return };
        let found: Vec<(Key, Object)> = objects.iter().map(|(key, object)| (key.clone(), object.clone())).collect();
        let objects = self.objects.entry(kind).or_default();
        for (key, object) in found {
            if let Object::Generic(mut generic) = object {
                Arc::make_mut(&mut generic).kind = kind;
                objects.insert(key, Object::Generic(generic));
            }
        }
    }

    /// Takes an object out; `last` is the state in which the deletion is reported.
    pub fn remove(&mut self, mut last: Object) -> Object {
        self.resource_version += 1;
        let version = self.resource_version;
        last.with_metadata(|metadata| metadata.resource_version = version);
        let (kind, key) = (last.kind(), Key::of(last.metadata()));
        let old = self.objects.get_mut(&kind).and_then(|objects| objects.remove(&key));
        if let Some(old) = &old {
            self.forget(kind, &key, old, None);
        }
        self.changes.push(Change { kind: ChangeType::Deleted, object: last.clone(), old });
        last
    }

    /// The changes since this was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Takes the object `old` out of the indexes, except where `new`, which takes its place, stays.
    fn forget(&mut self, kind: Kind, key: &Key, old: &Object, new: Option<&Object>) {
        if let Object::Pod(pod) = old {
            match pod.metadata.controller() {
                Some(owner) => self.discount(&owner.uid, pod),
                None => drop(self.orphans.remove(key)),
            }
        }
        if let Object::EndpointSlice(slice) = old {
            self.forget_slice(key, slice, new);
        }
        let stays =
            |uid: &str| new.is_some_and(|new| new.metadata().owner_references.iter().any(|kept| kept.uid == uid));
        for owner in old.metadata().owner_references.iter().filter(|owner| !stays(&owner.uid)) {
            if let Some(owned) = self.owned.get_mut(&owner.uid) {
                owned.remove(&(kind, key.clone()));
                if owned.is_empty() {
                    self.owned.remove(&owner.uid);
                }
            }
        }
    }

    fn forget_slice(&mut self, key: &Key, slice: &EndpointSlice, new: Option<&Object>) {
        let Some(service) = service_of(slice) else { return };
        let stays = matches!(new, Some(Object::EndpointSlice(new)) if service_of(new).as_ref() == Some(&service));
        if stays {
            return;
        }
        if let Some(slices) = self.slices.get_mut(&service) {
            slices.remove(key);
            if slices.is_empty() {
                self.slices.remove(&service);
            }
        }
    }

    fn discount(&mut self, owner: &str, pod: &Pod) {
        let Some(tally) = self.tallies.get_mut(owner) else { return };
        tally.remove(pod);
        if tally.groups().is_empty() {
            self.tallies.remove(owner);
        }
    }

    /// A Deployment.
    pub fn deployment(&self, key: &Key) -> Option<&Arc<Deployment>> {
        match self.get(Kind::Deployment, key)? {
            Object::Deployment(object) => Some(object),
            _ => None,
        }
    }

    /// A ReplicaSet.
    pub fn replica_set(&self, key: &Key) -> Option<&Arc<ReplicaSet>> {
        match self.get(Kind::ReplicaSet, key)? {
            Object::ReplicaSet(object) => Some(object),
            _ => None,
        }
    }

    /// A Pod.
    pub fn pod(&self, key: &Key) -> Option<&Arc<Pod>> {
        match self.get(Kind::Pod, key)? {
            Object::Pod(object) => Some(object),
            _ => None,
        }
    }

    /// A Service.
    pub fn service(&self, key: &Key) -> Option<&Arc<Service>> {
        match self.get(Kind::Service, key)? {
            Object::Service(object) => Some(object),
            _ => None,
        }
    }

    /// The Pods of a namespace, or all.
    pub fn pods<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Pod>> {
        self.list(Kind::Pod, namespace).filter_map(|object| match object {
            Object::Pod(pod) => Some(pod),
            _ => None,
        })
    }

    /// The Pods of a namespace that no controller owns.
    pub fn orphan_pods<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Pod>> {
        self.orphans
            .range(Key::new(namespace, "")..)
            .take_while(move |key| &*key.namespace == namespace)
            .filter_map(|key| self.pod(key))
    }

    /// The slices that are labelled with a service's name, by name.
    pub fn slices_of(&self, service: &Key) -> impl Iterator<Item = &Arc<EndpointSlice>> {
        self.slices.get(service).into_iter().flat_map(SharedMap::values)
    }

    /// The ReplicaSets of a namespace, or all.
    pub fn replica_sets<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Arc<ReplicaSet>> {
        self.list(Kind::ReplicaSet, namespace).filter_map(|object| match object {
            Object::ReplicaSet(object) => Some(object),
            _ => None,
        })
    }

    /// The Deployments of a namespace, or all.
    pub fn deployments<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Deployment>> {
        self.list(Kind::Deployment, namespace).filter_map(|object| match object {
            Object::Deployment(object) => Some(object),
            _ => None,
        })
    }

    /// The Services of a namespace, or all.
    pub fn services<'a>(&'a self, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Service>> {
        self.list(Kind::Service, namespace).filter_map(|object| match object {
            Object::Service(object) => Some(object),
            _ => None,
        })
    }
}

fn service_of(slice: &EndpointSlice) -> Option<Key> {
    let name = slice.metadata.labels.get(SERVICE_NAME)?;
    Some(Key::new(slice.metadata.namespace.as_str(), name.as_str()))
}
