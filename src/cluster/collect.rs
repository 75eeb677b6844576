//! Garbage collection and the end of namespaces, carried out.

use crate::api::Kind;
use crate::apiserver::{DeleteOptions, Key};
use crate::controllers::garbage_collection::Collection;

use super::Cluster;

impl Cluster {
    pub(super) fn collect(&mut self, wanted: Vec<Collection>) {
        for collection in wanted {
            // What has changed or gone meanwhile comes back as a change of its own.
            match collection {
                Collection::Delete { kind, key, options, reason } => {
                    self.decide("garbage-collector", &format!("{}/{key}", kind.as_str()), reason);
                    drop(self.api.delete(kind, &key, &options));
                }
                Collection::Update { object, reason } => {
                    let name = format!("{}/{}", object.kind().as_str(), Key::of(object.metadata()));
                    self.decide("garbage-collector", &name, reason);
                    drop(self.api.update(object));
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
