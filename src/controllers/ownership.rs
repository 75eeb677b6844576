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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{OwnerReference, Time};

    #[test]
    fn claims() {
        let owner =
            |uid: &str| vec![OwnerReference { uid: uid.to_owned(), controller: true, ..OwnerReference::default() }];
        let object = |owners: Vec<OwnerReference>, is_going: bool, namespace: &str| ObjectMeta {
            namespace: namespace.to_owned(),
            owner_references: owners.into(),
            deletion_timestamp: is_going.then(Time::default),
            ..ObjectMeta::default()
        };
        let here = |owners, is_going| object(owners, is_going, "default");
        let (own, others, none) = (owner("me"), owner("other"), Vec::new());
        // Whether the controller is being deleted, the object, whether the selector matches; what follows.
        for (is_going, object, matches, wanted) in [
            (false, here(own.clone(), false), true, Claim::Owned),
            (true, here(own.clone(), false), true, Claim::Owned),
            (false, here(own.clone(), false), false, Claim::Release),
            (true, here(own.clone(), false), false, Claim::Ignore),
            (false, here(own.clone(), true), false, Claim::Release),
            (false, here(others.clone(), false), true, Claim::Ignore),
            (false, here(others, false), false, Claim::Ignore),
            (false, here(none.clone(), false), true, Claim::Adopt),
            (false, here(none.clone(), false), false, Claim::Ignore),
            (true, here(none.clone(), false), true, Claim::Ignore),
            (false, here(none.clone(), true), true, Claim::Ignore),
            (false, object(none, false, "elsewhere"), true, Claim::Ignore),
        ] {
            let controller = ObjectMeta { uid: "me".to_owned(), ..here(Vec::new(), is_going) };
            assert_eq!(claim(&controller, &object, matches), wanted, "{is_going} {matches} {object:?}");
        }
    }
}
