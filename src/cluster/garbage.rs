//! The garbage collector's graph: which object is to be looked at when another one changes.
//!
//! Models pkg/controller/garbagecollector/graph_builder.go processGraphChanges.

use super::Cluster;
use super::work::Task;
use crate::api::{Kind, Object, ObjectMeta, OwnerReference};
use crate::apiserver::{Change, ChangeType, Key, Store, owner_kind};
use crate::controllers::garbage_collection::{is_dangling, is_deleting_dependents, is_orphaning};

impl Cluster {
    pub(super) fn route_garbage(&mut self, change: &Change) {
        let (object, metadata) = (&change.object, change.object.metadata());
        if change.kind == ChangeType::Deleted {
            self.look_at_dependents(metadata);
            metadata.owner_references.iter().for_each(|owner| self.look_at_owner(metadata, owner));
            return;
        }
        let old = change.old.as_ref().map(Object::metadata);
        if old.is_none_or(|old| old.owner_references != metadata.owner_references) {
            self.route_owners(object, old.map(|old| old.owner_references.as_slice()).unwrap_or_default());
        }
        let begins = |state: fn(&ObjectMeta) -> bool| state(metadata) && !old.is_some_and(state);
        if begins(is_deleting_dependents) {
            self.look_at_dependents(metadata);
            self.enqueue(Task::Collect(object.kind(), Key::of(metadata)));
        }
        if begins(is_orphaning) {
            self.enqueue(Task::Orphan(object.kind(), Key::of(metadata)));
        }
    }

    /// Owners that do not exist, or wait for their dependents, concern who has just named them; owners that wait are
    /// concerned when somebody is not in their way any more.
    #[inline(never)]
    fn route_owners(&mut self, object: &Object, old: &[OwnerReference]) {
        let metadata = object.metadata();
        let owners = &metadata.owner_references;
        let is_new = |owner: &&OwnerReference| old.iter().all(|known| known.uid != owner.uid);
        let store = self.api.store();
        let concerns = |owner: &OwnerReference| {
            let waits = || owner_key(store, metadata, owner).and_then(|(kind, key)| store.get(kind, &key));
            is_dangling(store, metadata, owner) == Some(true)
                || waits().is_some_and(|found| is_deleting_dependents(found.metadata()))
        };
        if owners.iter().filter(is_new).any(concerns) {
            self.enqueue(Task::Collect(object.kind(), Key::of(metadata)));
        }
        for known in old {
            let now = owners.iter().find(|owner| owner.uid == known.uid);
            if now.is_none_or(|now| known.block_owner_deletion && !now.block_owner_deletion) {
                self.look_at_owner(metadata, known);
            }
        }
    }

    fn look_at_dependents(&mut self, owner: &ObjectMeta) {
        let dependents = self.api.store().owned_by(&owner.uid);
        let tasks: Vec<Task> =
            dependents.map(|object| Task::Collect(object.kind(), Key::of(object.metadata()))).collect();
        tasks.into_iter().for_each(|task| self.enqueue(task));
    }

    /// An owner that waits for its dependents may have waited for this one.
    fn look_at_owner(&mut self, item: &ObjectMeta, owner: &OwnerReference) {
        let Some((kind, key)) = owner_key(self.api.store(), item, owner) else { return };
        let found = self.api.store().get(kind, &key).map(Object::metadata);
        if found.is_some_and(|found| found.uid == owner.uid && is_deleting_dependents(found)) {
            self.enqueue(Task::Collect(kind, key));
        }
    }
}

fn owner_key(store: &Store, item: &ObjectMeta, owner: &OwnerReference) -> Option<(Kind, Key)> {
    let kind = owner_kind(store, owner)?;
    let namespace = if kind.is_cluster_scoped() { "" } else { item.namespace.as_str() };
    Some((kind, Key::new(namespace, owner.name.as_str())))
}
