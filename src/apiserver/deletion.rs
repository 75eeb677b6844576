//! Deletion: graceful for pods, with finalizers and propagation for the rest.

use super::{ApiServer, Key, Status};
use crate::api::{Kind, Object, Time};

/// The finalizer of a foreground deletion.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of a deletion that leaves the dependents.
pub(crate) const ORPHAN: &str = "orphan";

/// Models plugin namespace/lifecycle.
const IMMORTAL_NAMESPACES: [&str; 3] = ["default", "kube-system", "kube-public"];

/// `metav1.DeletionPropagation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes now, what it owns goes afterwards.
    #[default]
    Background,
    /// What it owns goes first.
    Foreground,
    /// What it owns stays.
    Orphan,
}

/// `metav1.DeleteOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds of grace; the object's own when absent.
    pub grace_period_seconds: Option<i64>,
    /// What happens to the objects that it owns.
    pub propagation: Propagation,
    /// Only an object with this uid is meant.
    pub uid: Option<String>,
}

/// How a deletion went.
#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    /// The object, as it is now or was last.
    pub object: Object,
    /// Whether it has left the store.
    pub gone: bool,
}

impl ApiServer {
    /// Deletes an object, or marks it for deletion.
    /// Models apiserver/pkg/registry/rest/delete.go BeforeDelete and generic/registry/store.go Delete.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the uid is another.
    pub fn delete(&mut self, kind: Kind, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        let old = self.get(kind, key)?.clone();
        if kind == Kind::Namespace && IMMORTAL_NAMESPACES.contains(&&*key.name) {
            return Err(Status::forbidden(kind, &key.name, "this namespace may not be deleted"));
        }
        if let Some(uid) = options.uid.as_ref().filter(|uid| **uid != old.metadata().uid) {
            let why = format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                old.metadata().uid
            );
            return Err(Status::conflict(kind, &key.name, &why));
        }
        let mut new = old.clone();
        apply_propagation(&mut new, options.propagation);
        if kind == Kind::Namespace {
            end_namespace(&mut new);
        }
        let grace = grace_period(&new, options);
        if kind == Kind::Pod && grace > 0 {
            return Ok(self.delete_gracefully(new, &old, grace));
        }
        let now = Time::from_sim(self.now);
        if new.metadata().finalizers.is_empty() && !has_contents(self, kind, key) {
            if kind == Kind::Pod {
                new.with_metadata(|metadata| {
                    metadata.deletion_timestamp = Some(now);
                    metadata.deletion_grace_period_seconds = Some(0);
                    metadata.generation += i64::from(old.metadata().deletion_timestamp.is_none());
                });
            }
            if kind == Kind::CustomResourceDefinition {
                self.delete_instances(&old);
            }
            return Ok(Deleted { object: self.store.remove(new), gone: true });
        }
        new.with_metadata(|metadata| {
            if metadata.deletion_timestamp.is_none() {
                metadata.generation += i64::from(metadata.generation > 0);
            }
            metadata.deletion_timestamp = Some(metadata.deletion_timestamp.map_or(now, |planned| planned.min(now)));
            metadata.deletion_grace_period_seconds = Some(0);
        });
        Ok(Deleted { object: self.store_update(new, &old), gone: false })
    }

    fn delete_gracefully(&mut self, mut new: Object, old: &Object, grace: i64) -> Deleted {
        let now = Time::from_sim(self.now);
        new.with_metadata(|metadata| match (metadata.deletion_timestamp, metadata.deletion_grace_period_seconds) {
            (Some(at), Some(before)) => {
                // A deletion that is under way can only be made shorter.
                if grace < before {
                    let at = Time((at.0 - before + grace).max(now.0));
                    metadata.deletion_grace_period_seconds = Some(if at == now { 1 } else { grace });
                    metadata.deletion_timestamp = Some(at);
                }
            }
            _ => {
                metadata.deletion_timestamp = Some(Time(now.0 + grace));
                metadata.deletion_grace_period_seconds = Some(grace);
                metadata.generation += 1;
            }
        });
        Deleted { object: self.store_update(new, old), gone: false }
    }
}

/// Models pkg/registry/core/namespace/storage Delete.
fn end_namespace(namespace: &mut Object) {
    if let Object::Generic(generic) = namespace {
        let fields = &mut std::sync::Arc::make_mut(generic).fields;
        let status = fields.entry("status").or_insert_with(|| serde_json::json!({}));
        if let Some(status) = status.as_object_mut() {
            status.insert("phase".to_owned(), "Terminating".into());
        }
    }
}

/// A namespace goes when it is empty.
fn has_contents(server: &ApiServer, kind: Kind, key: &Key) -> bool {
    kind == Kind::Namespace && server.namespace_contents(&key.name).next().is_some()
}

impl ApiServer {
    /// What lives in a namespace.
    pub(crate) fn namespace_contents<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Object> {
        let kinds = self.kinds().into_iter().filter(|kind| !kind.is_cluster_scoped());
        kinds.flat_map(move |kind| self.store.list(kind, Some(namespace)))
    }
}

/// Models pkg/registry/core/pod/strategy.go CheckGracefulDelete: other kinds have no grace.
fn grace_period(object: &Object, options: &DeleteOptions) -> i64 {
    let Object::Pod(pod) = object else { return 0 };
    // A request without a grace period leaves that of a deletion under way as it is.
    if let (None, Some(left)) = (options.grace_period_seconds, pod.metadata.deletion_grace_period_seconds) {
        return left;
    }
    let wanted = options.grace_period_seconds.unwrap_or(pod.spec.termination_grace_period_seconds);
    if pod.node_name.is_empty() || pod.status.phase.is_terminal() {
        return 0;
    }
    if wanted < 0 { 1 } else { wanted }
}

/// Models apiserver/pkg/registry/generic/registry/store.go deletionFinalizersForGarbageCollection.
fn apply_propagation(object: &mut Object, propagation: Propagation) {
    let wanted = match propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    object.with_metadata(|metadata| {
        metadata.finalizers.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
        metadata.finalizers.extend(wanted.map(str::to_owned));
    });
}
