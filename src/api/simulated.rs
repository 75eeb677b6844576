//! What the lab accepts, stores and shows, and does not act on.

mod consequences;

use serde_json::Value;

use super::schema::{self, Shape, Type};
use super::{Kind, defaults};

pub use consequences::{Consequence, consequence};

/// Fields that have no effect here, by type.
const WITHOUT_EFFECT: &[(&str, &[&str])] = &[
    (
        "Container",
        &[
            "workingDir",
            "resizePolicy",
            "restartPolicyRules",
            "volumeDevices",
            "securityContext",
            "stdin",
            "stdinOnce",
            "tty",
        ],
    ),
    ("ResourceRequirements", &["limits", "claims"]),
    (
        "PodSpec",
        &[
            "dnsConfig",
            "dnsPolicy",
            "ephemeralContainers",
            "hostAliases",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "hostname",
            "hostnameOverride",
            "os",
            "resourceClaims",
            "runtimeClassName",
            "schedulingGroup",
            "securityContext",
            "serviceAccountName",
            "setHostnameAsFQDN",
            "shareProcessNamespace",
            "subdomain",
        ],
    ),
    (
        "ServiceSpec",
        &[
            "externalIPs",
            "externalName",
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "internalTrafficPolicy",
            "ipFamilies",
            "ipFamilyPolicy",
            "loadBalancerClass",
            "loadBalancerIP",
            "loadBalancerSourceRanges",
            "sessionAffinity",
            "sessionAffinityConfig",
            "trafficDistribution",
        ],
    ),
];

/// Paths in `object` that have no effect here, in the order of the schema. Values that are empty or the default are
/// not listed: pass the object as the user gave it, or as it is stored.
pub fn not_simulated(kind: Kind, object: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    match kind {
        Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job
        | Kind::CronJob
        | Kind::HorizontalPodAutoscaler
        | Kind::PodDisruptionBudget
        | Kind::Ingress
        | Kind::NetworkPolicy
        | Kind::PersistentVolumeClaim
        | Kind::ReplicationController => paths.extend(object.get("spec").map(|_| "spec".to_owned())),
        _ => collect(schema::of_kind(kind), object, "", &mut paths),
    }
    paths
}

fn collect(kind: &'static Type, object: &Value, path: &str, paths: &mut Vec<String>) {
    let without_effect =
        WITHOUT_EFFECT.iter().find(|(name, _)| *name == kind.name).map_or(&[] as &[&str], |(_, fields)| fields);
    for field in kind.json_fields() {
        let Some(value) = object.get(field.name) else { continue };
        let path = if path.is_empty() { field.name.to_owned() } else { format!("{path}.{}", field.name) };
        if !without_effect.contains(&field.name) {
            descend(&field.shape, value, &path, paths);
        } else if !is_empty(value) && defaults::of_type(kind.name, field.name) != Some(value) {
            paths.push(path);
        }
    }
}

fn descend(shape: &Shape, value: &Value, path: &str, paths: &mut Vec<String>) {
    match (shape.pointee(), value) {
        (Shape::Struct(id), _) => collect(id.get(), value, path, paths),
        (Shape::Slice(inner), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                descend(inner, element, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_what_has_no_effect() {
        let deployment = json!({"spec": {"template": {"spec": {
            "dnsPolicy": "ClusterFirst", "securityContext": {}, "nodeSelector": {"disk": "ssd"}, "hostNetwork": true,
            "containers": [{"name": "app", "resources": {"limits": {"cpu": "1"}}}, {"name": "b", "resources": {}}],
        }}}});
        assert_eq!(
            not_simulated(Kind::Deployment, &deployment),
            ["spec.template.spec.containers[0].resources.limits", "spec.template.spec.hostNetwork"],
        );
    }
}
