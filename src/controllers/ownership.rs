//! Who owns what: orphans that match a selector are adopted, own objects that no longer match are released.

use crate::api::ObjectMeta;

/// What a controller does about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It is its own already.
    Owned,
    /// It takes the orphan.
    Adopt,
    /// It lets it go.
    Release,
    /// It is none of its business.
    Ignore,
}

/// Models pkg/controller/controller_ref_manager.go ClaimObject.
pub(super) fn claim(controller: &ObjectMeta, object: &ObjectMeta, matches: bool) -> Claim {
    let controller_is_going = controller.deletion_timestamp.is_some();
    match object.controller() {
        Some(owner) if owner.uid != controller.uid => Claim::Ignore,
        // What is owned may be claimed by a controller that is being deleted: it asks for no action.
        Some(_) if matches => Claim::Owned,
        Some(_) if controller_is_going => Claim::Ignore,
        Some(_) => Claim::Release,
        None if controller_is_going || !matches || object.deletion_timestamp.is_some() => Claim::Ignore,
        None if !controller.namespace.is_empty() && controller.namespace != object.namespace => Claim::Ignore,
        None => Claim::Adopt,
    }
}
