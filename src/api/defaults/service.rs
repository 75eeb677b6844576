//! Services and network policies.

use serde_json::{Value, json};

use super::{Fields, elements, object, set, text};

/// Seconds for which a client stays with its pod under `ClientIP` affinity.
const AFFINITY_TIMEOUT_SECONDS: i32 = 10_800;

/// Models SetDefaults_Service.
pub(super) fn set_service(fields: &mut Fields) {
    let Some(spec) = object(fields, "spec") else { return };
    set(spec, "sessionAffinity", || "None".into());
    set(spec, "type", || "ClusterIP".into());
    set_affinity(spec);
    for port in elements(spec, "ports") {
        if port.get("targetPort").is_none_or(|target| *target == json!(0) || *target == json!("")) {
            let own = port.get("port").cloned().unwrap_or(json!(0));
            port.insert("targetPort".to_owned(), own);
        }
    }
    let kind = text(spec, "type").to_owned();
    let is_external = match kind.as_str() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty()),
        _ => false,
    };
    if is_external {
        set(spec, "externalTrafficPolicy", || "Cluster".into());
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        set(spec, "internalTrafficPolicy", || "Cluster".into());
    }
    if kind == "LoadBalancer" {
        set(spec, "allocateLoadBalancerNodePorts", || true.into());
    }
}

fn set_affinity(spec: &mut Fields) {
    match text(spec, "sessionAffinity") {
        "None" => {
            spec.remove("sessionAffinityConfig");
        }
        "ClientIP" => {
            let timeout =
                spec.get("sessionAffinityConfig").and_then(|config| config.pointer("/clientIP/timeoutSeconds"));
            if timeout.is_none_or(Value::is_null) {
                let config = json!({"clientIP": {"timeoutSeconds": AFFINITY_TIMEOUT_SECONDS}});
                spec.insert("sessionAffinityConfig".to_owned(), config);
            }
        }
        _ => {}
    }
}

/// Models SetDefaults_NetworkPolicy.
pub(super) fn set_network_policy(fields: &mut Fields) {
    let Some(spec) = object(fields, "spec") else { return };
    let is_empty = |spec: &Fields, name: &str| spec.get(name).and_then(Value::as_array).is_none_or(Vec::is_empty);
    if is_empty(spec, "policyTypes") {
        let types = if is_empty(spec, "egress") { json!(["Ingress"]) } else { json!(["Ingress", "Egress"]) };
        spec.insert("policyTypes".to_owned(), types);
    }
}
