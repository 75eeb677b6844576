//! The garbage collector: what is left when an owner goes.

use serde_json::json;

use crate::api::{Kind, Object};
use crate::apiserver::{DeleteOptions, FOREGROUND, Key, ORPHAN, Propagation, Store};
use crate::decision::Reason;

/// Every rule by which this component decides.
pub const RULES: &[&str] =
    &["garbage/owner-gone", "garbage/dependents-first", "garbage/waits-for-dependents", "garbage/orphan-dependents"];

/// What the garbage collector wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Collection {
    /// Delete this object.
    Delete {
        /// Which kind.
        kind: Kind,
        /// Which object.
        key: Key,
        /// How.
        options: DeleteOptions,
        /// Why.
        reason: Reason,
    },
    /// Write this object: an owner reference or a finalizer was taken out.
    Update {
        /// The object without it.
        object: Object,
        /// Why.
        reason: Reason,
    },
}

/// The owner with this uid has gone: what only it owned goes too, what has another owner forgets it.
/// Models pkg/controller/garbagecollector attemptToDeleteItem.
pub fn collect_orphans(store: &Store, owner_uid: &str) -> Vec<Collection> {
    store.owned_by(owner_uid).map(|object| collect_orphan(store, object, owner_uid)).collect()
}

fn collect_orphan(store: &Store, object: &Object, owner_uid: &str) -> Collection {
    let metadata = object.metadata();
    let has_living_owner = metadata.owner_references.iter().any(|owner| {
        owner.uid != owner_uid
            && Kind::parse(&owner.api_version, &owner.kind).is_some_and(|kind| {
                store.has_uid(kind, &Key::new(metadata.namespace.as_str(), owner.name.as_str()), &owner.uid)
            })
    });
    if has_living_owner {
        let mut object = object.clone();
        object.with_metadata(|metadata| metadata.owner_references.retain(|owner| owner.uid != owner_uid));
        let reason = reason("garbage/owner-gone", &object, owner_uid, "forget the owner that is gone");
        return Collection::Update { object, reason };
    }
    let is_waiting = metadata.finalizers.iter().any(|finalizer| finalizer == FOREGROUND);
    Collection::Delete {
        kind: object.kind(),
        key: Key::of(metadata),
        options: DeleteOptions {
            grace_period_seconds: None,
            propagation: if is_waiting { Propagation::Foreground } else { Propagation::Background },
            uid: Some(metadata.uid.clone()),
        },
        reason: reason("garbage/owner-gone", object, owner_uid, "delete it as well"),
    }
}

/// An owner is being deleted and has one of the collector's finalizers: its dependents go first, or are let go.
/// Models pkg/controller/garbagecollector processDeletingDependentsItem and orphanDependents.
pub fn collect_dependents(store: &Store, owner: &Object) -> Vec<Collection> {
    let metadata = owner.metadata();
    let has = |wanted: &str| metadata.finalizers.iter().any(|finalizer| finalizer == wanted);
    if metadata.deletion_timestamp.is_none() {
        Vec::new()
    } else if has(ORPHAN) {
        let mut wanted: Vec<Collection> =
            store.owned_by(&metadata.uid).map(|object| let_go(object, &metadata.uid)).collect();
        wanted.push(finalize(owner, ORPHAN, "garbage/orphan-dependents"));
        wanted
    } else if has(FOREGROUND) {
        let blocking: Vec<&Object> = store
            .owned_by(&metadata.uid)
            .filter(|object| {
                object
                    .metadata()
                    .owner_references
                    .iter()
                    .any(|owner| owner.uid == metadata.uid && owner.block_owner_deletion)
            })
            .collect();
        if blocking.is_empty() {
            return vec![finalize(owner, FOREGROUND, "garbage/waits-for-dependents")];
        }
        blocking
            .into_iter()
            .filter(|object| object.metadata().deletion_timestamp.is_none())
            .map(|object| delete_first(object, &metadata.uid))
            .collect()
    } else {
        Vec::new()
    }
}

fn delete_first(object: &Object, owner_uid: &str) -> Collection {
    Collection::Delete {
        kind: object.kind(),
        key: Key::of(object.metadata()),
        options: DeleteOptions {
            grace_period_seconds: None,
            propagation: Propagation::Foreground,
            uid: Some(object.metadata().uid.clone()),
        },
        reason: reason("garbage/dependents-first", object, owner_uid, "delete it before its owner"),
    }
}

fn let_go(object: &Object, owner_uid: &str) -> Collection {
    let mut object = object.clone();
    object.with_metadata(|metadata| metadata.owner_references.retain(|owner| owner.uid != owner_uid));
    let reason = reason("garbage/orphan-dependents", &object, owner_uid, "let it go");
    Collection::Update { object, reason }
}

fn finalize(owner: &Object, finalizer: &str, rule: &'static str) -> Collection {
    let mut object = owner.clone();
    object.with_metadata(|metadata| metadata.finalizers.retain(|held| held != finalizer));
    let uid = object.metadata().uid.clone();
    let reason = reason(rule, &object, &uid, "no dependent is in the way: let the owner go");
    Collection::Update { object, reason }
}

fn reason(rule: &'static str, object: &Object, owner_uid: &str, action: &str) -> Reason {
    let owner = object.metadata().owner_references.iter().find(|owner| owner.uid == owner_uid);
    let owner = owner.map_or_else(String::new, |owner| format!("{}/{}", owner.kind, owner.name));
    Reason {
        rule,
        inputs: vec![("owner", json!(owner))],
        action: format!("{} {}: {action}", object.kind().as_str(), object.metadata().name),
    }
}
