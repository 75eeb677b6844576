//! Volumes: the kinds that a learner meets with their details, the others with their type.

use serde_json::Value;

use crate::kubectl::field;

use super::Description;

/// Models k8s.io/kubectl/pkg/describe describeVolumes.
pub(super) fn describe_volumes(volumes: &[Value], space: &str, out: &mut Description) {
    if volumes.is_empty() {
        out.line(0, &format!("{space}Volumes:\t<none>"));
        return;
    }
    out.line(0, &format!("{space}Volumes:"));
    let indent = if space.is_empty() { "" } else { " " };
    for volume in volumes {
        out.line(1, &format!("{indent}{}:", field::text(volume, "/name")));
        describe_source(volume, out);
    }
}

fn describe_source(volume: &Value, out: &mut Description) {
    let source = |name: &str| volume.get(name).filter(|source| !source.is_null());
    if let Some(path) = source("hostPath") {
        let kind = path.get("type").map_or_else(|| "<none>".to_owned(), field::scalar);
        out.line(2, "Type:\tHostPath (bare host directory volume)");
        out.line(2, &format!("Path:\t{}", field::text(path, "/path")));
        out.line(2, &format!("HostPathType:\t{kind}"));
    } else if let Some(empty) = source("emptyDir") {
        let limit = empty.get("sizeLimit").map(field::scalar).filter(|limit| limit != "0");
        out.line(2, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)");
        out.line(2, &format!("Medium:\t{}", field::text(empty, "/medium")));
        out.line(2, &format!("SizeLimit:\t{}", limit.as_deref().unwrap_or("<unset>")));
    } else if let Some(secret) = source("secret") {
        out.line(2, "Type:\tSecret (a volume populated by a Secret)");
        out.line(2, &format!("SecretName:\t{}", field::text(secret, "/secretName")));
        out.line(2, &format!("Optional:\t{}", field::flag(secret, "/optional")));
    } else if let Some(config_map) = source("configMap") {
        out.line(2, "Type:\tConfigMap (a volume populated by a ConfigMap)");
        out.line(2, &format!("Name:\t{}", field::text(config_map, "/name")));
        out.line(2, &format!("Optional:\t{}", field::flag(config_map, "/optional")));
    } else if let Some(claim) = source("persistentVolumeClaim") {
        out.line(2, "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
        out.line(2, &format!("ClaimName:\t{}", field::text(claim, "/claimName")));
        out.line(2, &format!("ReadOnly:\t{}", field::flag(claim, "/readOnly")));
    } else if let Some(nfs) = source("nfs") {
        out.line(2, "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)");
        out.line(2, &format!("Server:\t{}", field::text(nfs, "/server")));
        out.line(2, &format!("Path:\t{}", field::text(nfs, "/path")));
        out.line(2, &format!("ReadOnly:\t{}", field::flag(nfs, "/readOnly")));
    } else if let Some(downward) = source("downwardAPI") {
        describe_downward_api(downward, out);
    } else if let Some(projected) = source("projected") {
        describe_projected(projected, out);
    } else {
        out.line(1, "<unknown>");
    }
}

fn describe_downward_api(downward: &Value, out: &mut Description) {
    out.line(2, "Type:\tDownwardAPI (a volume populated by information about the pod)");
    out.line(2, "Items:");
    for item in field::list(downward, "/items") {
        for from in ["/fieldRef/fieldPath", "/resourceFieldRef/resource"] {
            if let Some(from) = item.pointer(from).and_then(Value::as_str) {
                out.line(3, &format!("{from} -> {}", field::text(item, "/path")));
            }
        }
    }
}

/// Models describe.go printProjectedVolumeSource.
fn describe_projected(projected: &Value, out: &mut Description) {
    out.line(2, "Type:\tProjected (a volume that contains injected data from multiple sources)");
    for source in field::list(projected, "/sources") {
        if let Some(secret) = source.get("secret") {
            out.line(2, &format!("SecretName:\t{}", field::text(secret, "/name")));
            out.line(2, &format!("Optional:\t{}", field::flag(secret, "/optional")));
        } else if source.get("downwardAPI").is_some() {
            out.line(2, "DownwardAPI:\ttrue");
        } else if let Some(config_map) = source.get("configMap") {
            out.line(2, &format!("ConfigMapName:\t{}", field::text(config_map, "/name")));
            out.line(2, &format!("Optional:\t{}", field::flag(config_map, "/optional")));
        } else if let Some(token) = source.get("serviceAccountToken") {
            out.line(2, &format!("TokenExpirationSeconds:\t{}", field::number(token, "/expirationSeconds")));
        }
    }
}
