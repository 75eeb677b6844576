//! The garbage collector: what is left when an owner goes.
//!
//! Models pkg/controller/garbagecollector. Each pass looks at one object; `cluster::garbage` keeps the graph and says
//! which object is to be looked at.

use serde_json::json;

use super::plan::reason;
use super::{Plan, Request};
use crate::api::{Object, ObjectMeta, OwnerReference};
use crate::apiserver::{DeleteOptions, FOREGROUND, Key, ORPHAN, Propagation, Store};
use crate::decision::Reason;

/// Every rule by which this component decides.
pub const RULES: &[&str] =
    &["garbage/owner-gone", "garbage/dependents-first", "garbage/waits-for-dependents", "garbage/orphan-dependents"];

/// What has become of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// It is there, and does not wait for its dependents to go.
    Solid,
    /// There is none with this uid.
    Dangling,
    /// It is being deleted as soon as its dependents are.
    Waiting,
}

/// Whether an object is being deleted in the foreground: its dependents go first. Models node.isDeletingDependents.
pub fn is_deleting_dependents(metadata: &ObjectMeta) -> bool {
    metadata.deletion_timestamp.is_some() && has(metadata, FOREGROUND)
}

/// Whether an object is being deleted and lets its dependents go before.
pub fn is_orphaning(metadata: &ObjectMeta) -> bool {
    metadata.deletion_timestamp.is_some() && has(metadata, ORPHAN)
}

/// Whether an owner exists; nothing is known of the owners of a kind that the API server does not have.
/// Models GarbageCollector.isDangling.
pub fn is_dangling(store: &Store, item: &ObjectMeta, owner: &OwnerReference) -> Option<bool> {
    Some(classify(store, item, owner)? == Owner::Dangling)
}

/// Looks at an object that has owners, or that is being deleted in the foreground.
/// Models GarbageCollector.attemptToDeleteItem.
pub fn attempt_to_delete(store: &Store, item: &Object) -> Plan {
    let metadata = item.metadata();
    if is_deleting_dependents(metadata) {
        return wait_for_dependents(store, item);
    }
    if metadata.deletion_timestamp.is_some() || metadata.owner_references.is_empty() {
        return Plan::default();
    }
    let owners: Option<Vec<_>> =
        metadata.owner_references.iter().map(|owner| Some((owner, classify(store, metadata, owner)?))).collect();
    let Some(owners) = owners else { return Plan::default() };
    let is_any = |wanted: Owner| owners.iter().any(|(_, owner)| *owner == wanted);
    if is_any(Owner::Solid) {
        let gone: Vec<&OwnerReference> =
            owners.iter().filter(|(_, owner)| *owner != Owner::Solid).map(|(reference, _)| *reference).collect();
        return forget(item, &gone);
    }
    let mut plan = Plan::default();
    let mut dependents = store.owned_by(&metadata.uid).peekable();
    if is_any(Owner::Waiting) && dependents.peek().is_some() {
        // Owners that wait for each other would wait for ever, so nothing waits for this one any more.
        if dependents.any(|dependent| is_deleting_dependents(dependent.metadata())) {
            plan.request(Request::Update(unblocked(item)), None);
        }
        let why = about(item, "garbage/dependents-first", owner(&owners, Owner::Waiting), "delete it before its owner");
        plan.request(delete(item, Propagation::Foreground), Some(why));
        return plan;
    }
    let propagation = if has(metadata, ORPHAN) {
        Propagation::Orphan
    } else if has(metadata, FOREGROUND) {
        Propagation::Foreground
    } else {
        Propagation::Background
    };
    let why = match owner(&owners, Owner::Waiting) {
        None => about(item, "garbage/owner-gone", owner(&owners, Owner::Dangling), "delete it as well"),
        waiting => about(item, "garbage/dependents-first", waiting, "delete it before its owner"),
    };
    plan.request(delete(item, propagation), Some(why));
    plan
}

/// Lets go of the dependents of an owner that is being deleted without them, and then of the owner.
/// Models GarbageCollector.attemptToOrphanWorker and orphanDependents.
pub fn attempt_to_orphan(store: &Store, item: &Object) -> Plan {
    let metadata = item.metadata();
    let mut plan = Plan::default();
    if !is_orphaning(metadata) {
        return plan;
    }
    for dependent in store.owned_by(&metadata.uid) {
        let why = dependent.metadata().owner_references.iter().find(|owner| owner.uid == metadata.uid);
        let why = about(dependent, "garbage/orphan-dependents", why, "let it go");
        plan.request(Request::Update(without(dependent, &[&metadata.uid])), Some(why));
    }
    plan.request(finalized(item, ORPHAN), Some(let_go(item, "garbage/orphan-dependents")));
    plan
}

/// Models processDeletingDependentsItem. The dependents that are in the way are looked at on their own.
fn wait_for_dependents(store: &Store, item: &Object) -> Plan {
    let uid = &item.metadata().uid;
    let blocks = |dependent: &Object| {
        let mut owners = dependent.metadata().owner_references.iter();
        owners.any(|owner| owner.uid == *uid && owner.block_owner_deletion)
    };
    let mut plan = Plan::default();
    if !store.owned_by(uid).any(blocks) {
        plan.request(finalized(item, FOREGROUND), Some(let_go(item, "garbage/waits-for-dependents")));
    }
    plan
}

/// Models classifyReferences. Of what lives in a namespace an object without one cannot say which one it means: such an
/// owner is neither there nor gone, and nobody is deleted because of it.
fn classify(store: &Store, item: &ObjectMeta, owner: &OwnerReference) -> Option<Owner> {
    let kind = crate::apiserver::owner_kind(store, owner)?;
    if item.namespace.is_empty() && !kind.is_cluster_scoped() {
        return None;
    }
    let namespace = if kind.is_cluster_scoped() { "" } else { item.namespace.as_str() };
    let found = store.get(kind, &Key::new(namespace, owner.name.as_str()));
    Some(match found.map(Object::metadata).filter(|found| found.uid == owner.uid) {
        None => Owner::Dangling,
        Some(found) if is_deleting_dependents(found) => Owner::Waiting,
        Some(_) => Owner::Solid,
    })
}

/// It has another owner: the ones that are gone, or wait for it to go, are only taken off.
fn forget(item: &Object, gone: &[&OwnerReference]) -> Plan {
    let mut plan = Plan::default();
    if let Some(first) = gone.first() {
        let uids: Vec<&str> = gone.iter().map(|owner| owner.uid.as_str()).collect();
        let why = about(item, "garbage/owner-gone", Some(first), "forget the owner that is gone");
        plan.request(Request::Update(without(item, &uids)), Some(why));
    }
    plan
}

fn has(metadata: &ObjectMeta, wanted: &str) -> bool {
    metadata.finalizers.iter().any(|finalizer| finalizer == wanted)
}

fn without(item: &Object, owners: &[&str]) -> Object {
    let mut object = item.clone();
    object.with_metadata(|metadata| metadata.owner_references.retain(|owner| !owners.contains(&owner.uid.as_str())));
    object
}

fn unblocked(item: &Object) -> Object {
    let mut object = item.clone();
    object.with_metadata(|metadata| {
        metadata.owner_references.iter_mut().for_each(|owner| owner.block_owner_deletion = false);
    });
    object
}

fn finalized(item: &Object, finalizer: &str) -> Request {
    let mut object = item.clone();
    object.with_metadata(|metadata| {
        metadata.finalizers.retain(|held| held != finalizer);
        metadata.resource_version = 0;
    });
    Request::Update(object)
}

fn delete(item: &Object, propagation: Propagation) -> Request {
    let metadata = item.metadata();
    let options = DeleteOptions { grace_period_seconds: None, propagation, uid: Some(metadata.uid.clone()) };
    Request::Delete { kind: item.kind(), key: Key::of(metadata), options }
}

fn owner<'a>(owners: &[(&'a OwnerReference, Owner)], wanted: Owner) -> Option<&'a OwnerReference> {
    owners.iter().find(|(_, owner)| *owner == wanted).map(|(reference, _)| *reference)
}

fn about(item: &Object, rule: &'static str, owner: Option<&OwnerReference>, action: &str) -> Reason {
    let owner = owner.map_or_else(String::new, |owner| format!("{}/{}", owner.kind, owner.name));
    let action = format!("{} {}: {action}", item.kind().as_str(), item.metadata().name);
    reason(rule, vec![("owner", json!(owner))], action)
}

fn let_go(item: &Object, rule: &'static str) -> Reason {
    let (kind, name) = (item.kind().as_str(), &item.metadata().name);
    let action = format!("{kind} {name}: no dependent is in the way: let the owner go");
    reason(rule, vec![("owner", json!(format!("{kind}/{name}")))], action)
}
