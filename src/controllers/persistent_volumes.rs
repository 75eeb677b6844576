//! Claims and volumes: which volume a claim gets, and what the controller makes of either.
//! Models pkg/controller/volume/persistentvolume and component-helpers/storage/volume.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::resources::quantity;
use crate::api::{Generic, Kind, LabelSelector, Quantity, StringMap, well_known};

/// Every rule of the controller.
pub const RULES: &[&str] = &["volume/bind", "volume/provision", "volume/none"];

/// The provisioner of a class whose volumes somebody makes beforehand.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
/// The provisioner that minikube has.
pub const MINIKUBE: &str = "k8s.io/minikube-hostpath";
/// A claim's binding is done.
pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// The controller made the binding, and may undo it.
pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// The node for which a claim that waits for a consumer is to be served.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Who made a volume.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// Who is asked for a claim's volume, by its names.
pub const PROVISIONER: [&str; 2] =
    ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];
/// Keeps claims that pods use.
pub const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
/// Keeps volumes that are bound.
pub const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// A text of an object.
pub fn text<'a>(object: &'a Generic, pointer: &str) -> &'a str {
    let (field, rest) =
        pointer.trim_start_matches('/').split_once('/').unwrap_or((pointer.trim_start_matches('/'), ""));
    let value = object.fields.get(field);
    let value = if rest.is_empty() { value } else { value.and_then(|value| value.pointer(&format!("/{rest}"))) };
    value.and_then(Value::as_str).unwrap_or_default()
}

fn value<'a>(object: &'a Generic, field: &str, pointer: &str) -> Option<&'a Value> {
    object.fields.get(field)?.pointer(pointer).filter(|value| !value.is_null())
}

/// The class of a claim or a volume. Models GetPersistentVolumeClaimClass and GetPersistentVolumeClass.
pub fn class_of(object: &Generic) -> &str {
    match object.metadata.annotations.get(well_known::BETA_STORAGE_CLASS) {
        Some(class) => class,
        None => text(object, "/spec/storageClassName"),
    }
}

/// Whether a class waits with the binding until a pod wants the claim.
pub fn waits_for_consumer(class: &Generic) -> bool {
    text(class, "/volumeBindingMode") == "WaitForFirstConsumer"
}

fn modes(object: &Generic) -> Vec<&str> {
    value(object, "spec", "/accessModes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn volume_mode(object: &Generic) -> &str {
    match text(object, "/spec/volumeMode") {
        "" => "Filesystem",
        mode => mode,
    }
}

fn size(object: &Generic, pointer: &str) -> Quantity {
    value(object, "spec", pointer).and_then(quantity).unwrap_or_else(|| Quantity::from_value(0))
}

fn capacity(volume: &Generic) -> Quantity {
    size(volume, "/capacity/storage")
}

fn requested(claim: &Generic) -> Quantity {
    size(claim, "/resources/requests/storage")
}

/// Whether a volume is reserved for a claim. Models IsVolumeBoundToClaim.
pub fn is_bound_to(volume: &Generic, claim: &Generic) -> bool {
    let of =
        |name: &str| value(volume, "spec", &format!("/claimRef/{name}")).and_then(Value::as_str).unwrap_or_default();
    value(volume, "spec", "/claimRef").is_some()
        && of("name") == claim.metadata.name
        && of("namespace") == claim.metadata.namespace
        && (of("uid").is_empty() || of("uid") == claim.metadata.uid)
}

/// Whether a node may use a volume. Models CheckNodeAffinity.
pub fn allows_node(volume: &Generic, node: &Generic) -> bool {
    let Some(terms) = value(volume, "spec", "/nodeAffinity/required/nodeSelectorTerms").and_then(Value::as_array)
    else {
        return true;
    };
    let holds = |requirement: &Value| {
        let field = |name: &str| requirement.get(name).and_then(Value::as_str).unwrap_or_default();
        let values = requirement.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let label = node.metadata.labels.get(field("key"));
        let is_listed = label.is_some_and(|label| values.iter().any(|value| value == label.as_str()));
        match field("operator") {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => label.is_some(),
            "DoesNotExist" => label.is_none(),
            _ => false,
        }
    };
    terms.iter().any(|term| {
        let requirements = term.get("matchExpressions").and_then(Value::as_array);
        requirements.is_some_and(|requirements| requirements.iter().all(holds))
    })
}

/// The volume for a claim: one that is reserved for it, or the smallest that fits, with as few access modes as possible.
/// `node` is the one that a pod is to go to; without it, a claim that waits for a consumer gets a reserved one only.
/// Models findByClaim and FindMatchingVolume.
pub fn find_match<'a>(
    claim: &Generic,
    volumes: impl Iterator<Item = &'a Arc<Generic>>,
    node: Option<&Generic>,
    waits: bool,
) -> Option<Arc<Generic>> {
    let wanted = modes(claim);
    let mut by_modes: BTreeMap<(usize, Vec<&str>), Vec<&Arc<Generic>>> = BTreeMap::new();
    for volume in volumes {
        let own = modes(volume);
        if wanted.iter().all(|mode| own.contains(mode)) {
            by_modes.entry((own.len(), own)).or_default().push(volume);
        }
    }
    by_modes.into_values().find_map(|group| best_of(claim, group, node, waits))
}

fn best_of(claim: &Generic, group: Vec<&Arc<Generic>>, node: Option<&Generic>, waits: bool) -> Option<Arc<Generic>> {
    let selector = value(claim, "spec", "/selector").cloned();
    let selector: Option<LabelSelector> = selector.and_then(|selector| serde_json::from_value(selector).ok());
    let requested = requested(claim);
    let mut smallest: Option<&Arc<Generic>> = None;
    for volume in group {
        let is_free = value(volume, "spec", "/claimRef").is_none();
        let fits = capacity(volume).cmp(&requested).is_ge()
            && volume_mode(volume) == volume_mode(claim)
            && volume.metadata.deletion_timestamp.is_none();
        if !fits || !(is_free || is_bound_to(volume, claim)) {
            continue;
        }
        let is_reachable = node.is_none_or(|node| allows_node(volume, node));
        if is_bound_to(volume, claim) {
            return is_reachable.then(|| Arc::clone(volume));
        }
        let matches = text(volume, "/status/phase") == "Available"
            && selector.as_ref().is_none_or(|selector| selector.matches(&volume.metadata.labels))
            && class_of(volume) == class_of(claim)
            && is_reachable
            && (node.is_some() || !waits);
        if matches && smallest.is_none_or(|known| capacity(known).cmp(&capacity(volume)).is_gt()) {
            smallest = Some(volume);
        }
    }
    smallest.map(Arc::clone)
}

/// Why a volume that a claim names does not fit it. Models checkVolumeSatisfyClaim.
pub fn mismatch(volume: &Generic, claim: &Generic) -> Option<String> {
    let own = modes(volume);
    Some(if volume.metadata.deletion_timestamp.is_some() {
        format!("the volume is marked for deletion {:?}", volume.metadata.name)
    } else if capacity(volume).cmp(&requested(claim)).is_lt() {
        "requested PV is too small".to_owned()
    } else if class_of(volume) != class_of(claim) {
        "storageClassName does not match".to_owned()
    } else if volume_mode(volume) != volume_mode(claim) {
        "incompatible volumeMode".to_owned()
    } else if !modes(claim).iter().all(|mode| own.contains(mode)) {
        "incompatible accessMode".to_owned()
    } else {
        return None;
    })
}

fn object_at<'a>(fields: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    fields.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// The volume, reserved for the claim; none when it is that already. Models GetBindVolumeToClaim.
pub fn reserved(volume: &Generic, claim: &Generic) -> Option<Generic> {
    let mut new = volume.clone();
    let is_free = !is_bound_to(volume, claim);
    let uid = value(volume, "spec", "/claimRef/uid").and_then(Value::as_str).unwrap_or_default();
    if !is_free && uid == claim.metadata.uid {
        return None;
    }
    if is_free {
        new.metadata.annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
    }
    object_at(&mut new.fields, "spec")?.insert("claimRef".to_owned(), reference(claim));
    Some(new)
}

/// What a volume says of its claim.
pub fn reference(claim: &Generic) -> Value {
    let metadata = &claim.metadata;
    json!({
        "apiVersion": "v1", "kind": Kind::PersistentVolumeClaim.as_str(), "name": metadata.name,
        "namespace": metadata.namespace, "resourceVersion": metadata.resource_version.to_string(), "uid": metadata.uid,
    })
}

/// The claim with its volume; none when it has it already. Models bindClaimToVolume.
pub fn bound(claim: &Generic, volume: &str) -> Option<Generic> {
    let mut new = claim.clone();
    if text(claim, "/spec/volumeName") != volume {
        object_at(&mut new.fields, "spec")?.insert("volumeName".to_owned(), volume.into());
        new.metadata.annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
    }
    new.metadata.annotations.insert(BIND_COMPLETED.to_owned(), "yes".to_owned());
    (new != *claim).then_some(new)
}

/// The object in another phase, with what else its status then says; none when it is so already.
pub fn in_phase(object: &Generic, phase: &str, more: &[(&str, Value)]) -> Option<Generic> {
    let mut new = object.clone();
    let status = object_at(&mut new.fields, "status")?;
    status.insert("phase".to_owned(), phase.into());
    for (name, value) in more {
        if value.is_null() {
            status.remove(*name);
        } else {
            status.insert((*name).to_owned(), value.clone());
        }
    }
    (new != *object).then_some(new)
}

/// What a bound claim's status says of its volume. Models updateClaimStatus.
pub fn of_volume(volume: &Generic) -> [(&'static str, Value); 2] {
    let of = |pointer: &str| value(volume, "spec", pointer).cloned().unwrap_or_default();
    [("accessModes", of("/accessModes")), ("capacity", of("/capacity"))]
}

/// The volume that minikube's provisioner makes for a claim.
pub fn provisioned(claim: &Generic, class: &Generic, identity: &str) -> Generic {
    let metadata = &claim.metadata;
    let policy = match text(class, "/reclaimPolicy") {
        "" => "Delete",
        policy => policy,
    };
    let spec = json!({
        "accessModes": modes(claim), "capacity": {"storage": requested(claim).canonical()}, "claimRef": reference(claim),
        "hostPath": {"path": format!("/tmp/hostpath-provisioner/{}/{}", metadata.namespace, metadata.name), "type": ""},
        "persistentVolumeReclaimPolicy": policy, "storageClassName": class.metadata.name, "volumeMode": "Filesystem",
    });
    let mut new = Generic {
        kind: Kind::PersistentVolume,
        metadata: crate::api::ObjectMeta { name: volume_name(claim), ..crate::api::ObjectMeta::default() },
        fields: Map::from_iter([("spec".to_owned(), spec), ("status".to_owned(), json!({"phase": "Pending"}))]),
    };
    new.metadata.annotations = StringMap::from_iter([
        ("hostPathProvisionerIdentity".to_owned(), identity.to_owned()),
        (PROVISIONED_BY.to_owned(), MINIKUBE.to_owned()),
    ]);
    new.metadata.finalizers = vec![VOLUME_PROTECTION.to_owned()];
    new
}

/// The name of the volume that is made for a claim.
pub fn volume_name(claim: &Generic) -> String {
    format!("pvc-{}", claim.metadata.uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: Kind, name: &str, fields: &Value) -> Arc<Generic> {
        let mut metadata = crate::api::ObjectMeta { name: name.to_owned(), ..crate::api::ObjectMeta::default() };
        metadata.uid = format!("uid-{name}");
        let fields = fields.as_object().cloned().unwrap_or_default();
        Arc::new(Generic { kind, metadata, fields })
    }

    fn volume(name: &str, size: &str, modes: &[&str], more: &Value) -> Arc<Generic> {
        let mut spec = json!({"capacity": {"storage": size}, "accessModes": modes});
        if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
            spec.extend(more.clone());
        }
        object(Kind::PersistentVolume, name, &json!({"spec": spec, "status": {"phase": "Available"}}))
    }

    fn claim(size: &str, more: &Value) -> Arc<Generic> {
        let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}});
        if let (Some(spec), Some(more)) = (spec.as_object_mut(), more.as_object()) {
            spec.extend(more.clone());
        }
        object(Kind::PersistentVolumeClaim, "data", &json!({"spec": spec}))
    }

    #[test]
    fn the_smallest_that_fits_with_the_fewest_modes() {
        let none = json!({});
        let volumes = [
            volume("big", "10Gi", &["ReadWriteOnce"], &none),
            volume("small", "2Gi", &["ReadWriteOnce"], &none),
            volume("tiny", "1Gi", &["ReadWriteOnce"], &none),
            volume("many", "2Gi", &["ReadWriteOnce", "ReadWriteMany"], &none),
            volume("classy", "2Gi", &["ReadWriteOnce"], &json!({"storageClassName": "fast"})),
            volume("taken", "2Gi", &["ReadWriteOnce"], &json!({"claimRef": {"name": "other"}})),
        ];
        let found = |claim: &Generic, waits| {
            find_match(claim, volumes.iter(), None, waits).map(|found| found.metadata.name.clone())
        };
        assert_eq!(found(&claim("1500Mi", &none), false).as_deref(), Some("small"));
        assert_eq!(found(&claim("1Gi", &none), false).as_deref(), Some("tiny"));
        assert_eq!(found(&claim("20Gi", &none), false), None);
        assert_eq!(found(&claim("1Gi", &json!({"storageClassName": "fast"})), false).as_deref(), Some("classy"));
        assert_eq!(found(&claim("1Gi", &json!({"accessModes": ["ReadWriteMany"]})), false).as_deref(), Some("many"));
        assert_eq!(found(&claim("1Gi", &json!({"volumeMode": "Block"})), false), None);
        // Until a pod wants it, a claim that waits gets a volume that is reserved for it only.
        assert_eq!(found(&claim("1Gi", &none), true), None);
        let own = [volume("own", "2Gi", &["ReadWriteOnce"], &json!({"claimRef": {"name": "data", "namespace": ""}}))];
        let found = find_match(&claim("1Gi", &none), own.iter(), None, true);
        assert_eq!(found.map(|found| found.metadata.name.clone()).as_deref(), Some("own"));
    }

    #[test]
    fn a_volume_that_is_named_must_fit() {
        let volume = volume("v", "1Gi", &["ReadOnlyMany"], &json!({}));
        for (size, more, why) in [
            ("2Gi", json!({}), Some("requested PV is too small")),
            ("1Gi", json!({"storageClassName": "x"}), Some("storageClassName does not match")),
            ("1Gi", json!({"volumeMode": "Block"}), Some("incompatible volumeMode")),
            ("1Gi", json!({}), Some("incompatible accessMode")),
            ("1Gi", json!({"accessModes": ["ReadOnlyMany"]}), None),
        ] {
            assert_eq!(mismatch(&volume, &claim(size, &more)).as_deref(), why, "{size} {more}");
        }
    }
}
