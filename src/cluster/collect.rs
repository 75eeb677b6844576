//! Garbage collection and the end of namespaces, carried out.

use crate::api::Kind;
use crate::apiserver::{DeleteOptions, Key};
use crate::controllers::garbage_collection::Collection;

use super::Cluster;
use crate::decision::Reason;

/// Every rule by which the namespace controller decides.
pub const NAMESPACE_RULES: &[&str] = &[EMPTY_NAMESPACE];

const EMPTY_NAMESPACE: &str = "namespace/empty";

impl Cluster {
    pub(super) fn collect(&mut self, wanted: Vec<Collection>) {
        for collection in wanted {
            // What has changed or gone meanwhile comes back as a change of its own.
            match collection {
                Collection::Delete { kind, key, options, reason } => {
                    if self.api.delete(kind, &key, &options).is_ok() {
                        self.decide("garbage-collector", &format!("{}/{key}", kind.as_str()), reason);
                    }
                }
                Collection::Update { object, reason } => {
                    let name = format!("{}/{}", object.kind().as_str(), Key::of(object.metadata()));
                    if self.api.update(object).is_ok() {
                        self.decide("garbage-collector", &name, reason);
                    }
                }
            }
        }
    }

    /// Models pkg/controller/namespace: everything in the namespace is deleted, then the namespace itself.
    pub(super) fn empty_namespace(&mut self, key: &Key) {
        let contents: Vec<(Kind, Key)> = self
            .api
            .namespace_contents(&key.name)
            .filter(|object| object.metadata().deletion_timestamp.is_none())
            .map(|object| (object.kind(), Key::of(object.metadata())))
            .collect();
        if !contents.is_empty() {
            let inputs = vec![("objects", contents.len().into())];
            let action = format!("delete what is in {}", key.name);
            self.decide(
                "namespace",
                &format!("Namespace/{}", key.name),
                Reason { rule: EMPTY_NAMESPACE, inputs, action },
            );
        }
        for (kind, object) in contents {
            drop(self.api.delete(kind, &object, &DeleteOptions::default()));
        }
        let ending =
            self.api.get(Kind::Namespace, key).is_ok_and(|found| found.metadata().deletion_timestamp.is_some());
        if ending && self.api.namespace_contents(&key.name).next().is_none() {
            drop(self.api.delete(Kind::Namespace, key, &DeleteOptions::default()));
        }
    }
}
