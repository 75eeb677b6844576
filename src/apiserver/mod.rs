//! The API server: the only owner of objects. It defaults, validates and stores; its changes are the only output.

mod admission;
mod apply;
mod bootstrap;
mod definitions;
mod deletion;
mod gates;
mod key;
pub mod limit_range;
mod managers;
mod names;
mod patch;
mod pod_security;
pub mod quota;
mod rest;
mod selectors;
mod service_addresses;
mod status;
mod store;
mod tally;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use bootstrap::node;
pub use bootstrap::{Capacity, NODE, NODE_IP};
pub use definitions::owner_kind;
pub use deletion::{DeleteOptions, Deleted, Propagation};
pub(crate) use deletion::{FOREGROUND, ORPHAN};
pub use key::Key;
pub use managers::{Manager, Managers, Operation};
pub use patch::PatchType;
pub use rest::{Applied, FieldValidation, WriteOptions};
pub use selectors::{FieldSelector, LabelQuery, Selectors};
pub use status::{Cause, Status, qualified};
pub use store::{Change, ChangeType, Store, WatchEvent};
pub use tally::{Group, Tally};

use std::sync::Arc;

use crate::api::{Kind, KubernetesVersion, Object, Time};
use crate::sim::{SharedMap, SimTime};

/// The API server.
#[derive(Clone, Debug)]
pub struct ApiServer {
    store: Store,
    seed: u64,
    names: names::Names,
    admission: admission::Admission,
    not_simulated: rest::NotSimulated,
    /// Who manages which fields of the objects that users have written.
    managed: SharedMap<(Kind, Key), Arc<managers::Noted>>,
    /// The profile that is played.
    pub version: KubernetesVersion,
    now: SimTime,
    /// Uid and creation time of the next object, where it has them from another cluster.
    identity: Option<(String, Time)>,
}

impl ApiServer {
    /// A server with what every fresh cluster holds: namespaces, the node, the service `kubernetes`.
    pub fn new(seed: u64, version: KubernetesVersion) -> Self {
        let mut server = Self {
            store: Store::default(),
            seed,
            names: names::Names::new(seed),
            admission: admission::Admission::default(),
            not_simulated: rest::NotSimulated::new(),
            managed: SharedMap::default(),
            version,
            now: SimTime::ZERO,
            identity: None,
        };
        server.bootstrap();
        server
    }

    /// The objects, to read.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The moment at which requests arrive now.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Drops what was remembered for the pods of an owner that is gone.
    pub(crate) fn forget_owner(&mut self, uid: &str) {
        self.admission.forget(uid);
    }

    /// Sets the moment at which the next requests arrive. Only the loop calls this.
    pub(crate) fn set_now(&mut self, now: SimTime) {
        self.now = now;
    }

    /// The changes since this was last asked. Only the loop calls this.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        let changes = self.store.take_changes();
        if !self.not_simulated.is_empty() || !self.managed.is_empty() {
            for object in
                changes.iter().filter(|change| change.kind == ChangeType::Deleted).map(|change| &change.object)
            {
                let place = (object.kind(), Key::of(object.metadata()));
                self.not_simulated.remove(&place);
                // Another object of this name may have come since.
                if self.managed.get(&place).is_some_and(|noted| noted.is_of(object)) {
                    self.managed.remove(&place);
                }
            }
        }
        changes
    }

    /// The object of this kind and name.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, kind: Kind, key: &Key) -> Result<&Object, Status> {
        self.store.get(kind, key).ok_or_else(|| Status::not_found(kind, &key.name))
    }
}
