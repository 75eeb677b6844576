//! What each level refuses of which pod, in the API server's words.

use serde_json::{Value, json};

use super::*;

/// What a level finds of a pod.
fn told(level: Level, minor: Option<u64>, annotations: &[(&str, &str)], spec: &Value) -> String {
    let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let spec = spec.as_object().expect("a spec");
    with_details(&checks::violations(LevelVersion { level, minor }, &annotations, spec))
}

/// A pod with one container that `restricted` allows, changed.
fn pod(of_pod: &Value, of_container: &Value) -> Value {
    let mut container = json!({
        "name": "web", "image": "nginx",
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
    });
    let mut spec = json!({"securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}});
    merge(&mut container, of_container);
    merge(&mut spec, of_pod);
    spec["containers"] = json!([container]);
    spec
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().into_iter().flatten() {
        match into.get_mut(key).filter(|known| known.is_object() && value.is_object()) {
            Some(known) => merge(known, value),
            None => into[key] = value.clone(),
        }
    }
}

#[test]
fn a_pod_that_says_nothing_breaks_four_rules_of_restricted_and_none_of_baseline() {
    let spec = json!({"initContainers": [{"name": "init"}], "containers": [{"name": "web"}]});
    assert_eq!(told(Level::Baseline, None, &[], &spec), "");
    assert_eq!(told(Level::Privileged, None, &[], &spec), "");
    assert_eq!(
        told(Level::Restricted, None, &[], &spec),
        "allowPrivilegeEscalation != false (containers \"init\", \"web\" must set \
         securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers \"init\", \"web\" must \
         set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or containers \"init\", \"web\" must \
         set securityContext.runAsNonRoot=true), seccompProfile (pod or containers \"init\", \"web\" must set \
         securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
    );
    assert_eq!(told(Level::Restricted, None, &[], &pod(&json!({}), &json!({}))), "");
}

#[test]
fn each_rule_has_its_words() {
    use Level::{Baseline, Restricted};
    let none = json!({});
    let security = |field: Value| json!({"securityContext": field});
    let rows: [(Level, Value, Value, &str); 30] = [
        (
            Baseline,
            security(json!({"appArmorProfile": {"type": "Unconfined"}})),
            none.clone(),
            "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")",
        ),
        (
            Baseline,
            none.clone(),
            security(json!({"capabilities": {"add": ["SYS_TIME", "NET_ADMIN", "CHOWN"]}})),
            "non-default capabilities (container \"web\" must not include \"NET_ADMIN\", \"SYS_TIME\" in \
             securityContext.capabilities.add)",
        ),
        (
            Baseline,
            json!({"hostNetwork": true, "hostPID": true, "hostIPC": true}),
            none.clone(),
            "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
        ),
        (
            Baseline,
            json!({"volumes": [{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {"path": "/"}}]}),
            none.clone(),
            "hostPath volumes (volumes \"a\", \"b\")",
        ),
        (
            Baseline,
            none.clone(),
            json!({"ports": [{"containerPort": 1, "hostPort": 80}, {"containerPort": 2, "hostPort": 443}]}),
            "hostPort (container \"web\" uses hostPorts 443, 80)",
        ),
        (
            Baseline,
            none.clone(),
            json!({"livenessProbe": {"httpGet": {"host": "other", "port": 80}}}),
            "probe or lifecycle host (container \"web\" uses probe or lifecycle host \"other\")",
        ),
        (
            Baseline,
            none.clone(),
            json!({
                "readinessProbe": {"tcpSocket": {"host": "b", "port": 80}},
                "lifecycle": {"preStop": {"httpGet": {"host": "a", "port": 80}}},
            }),
            "probe or lifecycle host (container \"web\" uses probe or lifecycle hosts \"a\", \"b\")",
        ),
        (
            Baseline,
            none.clone(),
            security(json!({"privileged": true})),
            "privileged (container \"web\" must not set securityContext.privileged=true)",
        ),
        (
            Baseline,
            none.clone(),
            security(json!({"procMount": "Unmasked"})),
            "procMount (container \"web\" must not set securityContext.procMount to \"Unmasked\")",
        ),
        (Baseline, json!({"hostUsers": false}), security(json!({"procMount": "Unmasked"})), ""),
        (
            Restricted,
            json!({"hostUsers": false}),
            security(json!({"procMount": "Unmasked"})),
            "procMount (container \"web\" must not set securityContext.procMount to \"Unmasked\")",
        ),
        (
            Baseline,
            security(json!({"seLinuxOptions": {"type": "spc_t", "user": "u"}})),
            security(json!({"seLinuxOptions": {"role": "r"}})),
            "seLinuxOptions (pod and container \"web\" set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user \
             may not be set; role may not be set)",
        ),
        (Baseline, security(json!({"seLinuxOptions": {"type": "container_engine_t"}})), none.clone(), ""),
        (
            Baseline,
            none.clone(),
            security(json!({"seccompProfile": {"type": "Unconfined"}})),
            "seccompProfile (container \"web\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
        ),
        (
            Restricted,
            none.clone(),
            security(json!({"seccompProfile": {"type": "Unconfined"}})),
            "seccompProfile (container \"web\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
        ),
        (
            Baseline,
            security(
                json!({"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}, {"name": "kernel.msgmax", "value": "1"}]}),
            ),
            none.clone(),
            "forbidden sysctls (kernel.msgmax)",
        ),
        (
            Baseline,
            security(json!({"windowsOptions": {"hostProcess": true}})),
            security(json!({"windowsOptions": {"hostProcess": true}})),
            "hostProcess (pod and container \"web\" must not set securityContext.windowsOptions.hostProcess=true)",
        ),
        (
            Restricted,
            none.clone(),
            security(json!({"capabilities": {"drop": ["NET_RAW"], "add": ["CHOWN", "NET_BIND_SERVICE"]}})),
            "unrestricted capabilities (container \"web\" must set securityContext.capabilities.drop=[\"ALL\"]; container \
             \"web\" must not include \"CHOWN\" in securityContext.capabilities.add)",
        ),
        (Restricted, none.clone(), security(json!({"capabilities": {"add": ["NET_BIND_SERVICE"]}})), ""),
        (
            Restricted,
            json!({"volumes": [
                {"name": "a", "emptyDir": {}}, {"name": "b", "nfs": {"server": "s", "path": "/"}},
                {"name": "c", "hostPath": {"path": "/"}},
            ]}),
            none.clone(),
            "restricted volume types (volumes \"b\", \"c\" use restricted volume types \"hostPath\", \"nfs\")",
        ),
        (
            Restricted,
            security(json!({"runAsNonRoot": false})),
            security(json!({"runAsNonRoot": true})),
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
        ),
        (
            Restricted,
            none.clone(),
            security(json!({"runAsNonRoot": false})),
            "runAsNonRoot != true (container \"web\" must not set securityContext.runAsNonRoot=false)",
        ),
        (
            Restricted,
            security(json!({"runAsNonRoot": null})),
            none.clone(),
            "runAsNonRoot != true (pod or container \"web\" must set securityContext.runAsNonRoot=true)",
        ),
        (Restricted, security(json!({"runAsNonRoot": null})), security(json!({"runAsNonRoot": true})), ""),
        (
            Restricted,
            json!({"hostUsers": false, "securityContext": {"runAsNonRoot": false, "runAsUser": 0}}),
            none.clone(),
            "",
        ),
        (
            Restricted,
            security(json!({"runAsUser": 0})),
            security(json!({"runAsUser": 0})),
            "runAsUser=0 (pod and container \"web\" must not set runAsUser=0)",
        ),
        (
            Restricted,
            security(json!({"seccompProfile": null})),
            none.clone(),
            "seccompProfile (pod or container \"web\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \
             \"Localhost\")",
        ),
        (
            Restricted,
            none.clone(),
            security(json!({"allowPrivilegeEscalation": true})),
            "allowPrivilegeEscalation != false (container \"web\" must set \
             securityContext.allowPrivilegeEscalation=false)",
        ),
        (
            Restricted,
            json!({"os": {"name": "windows"}, "securityContext": {"seccompProfile": null}}),
            json!({"securityContext": null}),
            "",
        ),
        (
            Restricted,
            none.clone(),
            security(json!({"privileged": true})),
            "privileged (container \"web\" must not set securityContext.privileged=true)",
        ),
    ];
    for (level, of_pod, of_container, expected) in rows {
        let spec = without_nulls(pod(&of_pod, &of_container));
        assert_eq!(told(level, None, &[], &spec), expected, "{spec}");
    }
}

/// A null takes a field away.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[test]
fn an_older_version_asks_for_less() {
    let adds = pod(&json!({}), &json!({"securityContext": {"capabilities": {"drop": [], "add": ["SYS_TIME"]}}}));
    let default = "non-default capabilities (container \"web\" must not include \"SYS_TIME\" in \
                   securityContext.capabilities.add)";
    assert_eq!(told(Level::Restricted, Some(21), &[], &adds), default);
    assert!(told(Level::Restricted, Some(22), &[], &adds).starts_with("unrestricted capabilities"));
    let nothing = json!({"containers": [{"name": "web"}]});
    let non_root = "runAsNonRoot != true (pod or container \"web\" must set securityContext.runAsNonRoot=true)";
    assert_eq!(told(Level::Restricted, Some(7), &[], &nothing), non_root);
    assert!(told(Level::Restricted, Some(8), &[], &nothing).starts_with("allowPrivilegeEscalation"));
    let host = pod(&json!({}), &json!({"livenessProbe": {"httpGet": {"host": "other", "port": 80}}}));
    assert_eq!(told(Level::Baseline, Some(33), &[], &host), "");
    assert_ne!(told(Level::Baseline, Some(34), &[], &host), "");
    let sysctl = |name: &str| pod(&json!({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}}), &json!({}));
    for (name, since) in
        [("net.ipv4.ip_local_reserved_ports", 27), ("net.ipv4.tcp_fin_timeout", 29), ("net.ipv4.tcp_wmem", 32)]
    {
        assert_eq!(told(Level::Baseline, Some(since), &[], &sysctl(name)), "");
        assert_eq!(told(Level::Baseline, Some(since - 1), &[], &sysctl(name)), format!("forbidden sysctls ({name})"));
    }
}

#[test]
fn annotations_of_old_count() {
    let spec = pod(&json!({}), &json!({}));
    let app_armor = [("container.apparmor.security.beta.kubernetes.io/web", "unconfined")];
    assert_eq!(
        told(Level::Baseline, None, &app_armor, &spec),
        "forbidden AppArmor profile (annotation must not set AppArmor profile type to \
         \"container.apparmor.security.beta.kubernetes.io/web=\"unconfined\"\")"
    );
    assert_eq!(
        told(Level::Baseline, None, &[("container.apparmor.security.beta.kubernetes.io/web", "localhost/x")], &spec),
        ""
    );
    let seccomp = [("seccomp.security.alpha.kubernetes.io/pod", "unconfined")];
    assert_eq!(told(Level::Baseline, Some(19), &seccomp, &spec), "");
    assert_eq!(
        told(Level::Baseline, Some(18), &seccomp, &spec),
        "seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")"
    );
}

#[test]
fn labels_are_read_as_a_policy() {
    let of = |labels: &[(&str, &str)]| {
        let labels =
            labels.iter().map(|(key, value)| (format!("pod-security.kubernetes.io/{key}"), (*value).to_owned()));
        let (policy, errors) = Policy::of(&labels.collect());
        let errors: Vec<String> = errors.iter().map(FieldError::body).collect();
        (policy.enforce.shown(), policy.warn.shown(), errors)
    };
    let expect = |enforce: &str, warn: &str, errors: &[&str]| {
        (enforce.to_owned(), warn.to_owned(), errors.iter().map(|error| (*error).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(of(&[]), expect("privileged:latest", "privileged:latest", &[]));
    assert_eq!(
        of(&[("enforce", "baseline"), ("enforce-version", "v1.30")]),
        expect("baseline:v1.30", "baseline:v1.30", &[])
    );
    assert_eq!(
        of(&[("enforce", "baseline"), ("enforce-version", "v1.30"), ("warn-version", "latest")]),
        expect("baseline:v1.30", "baseline:latest", &[])
    );
    assert_eq!(
        of(&[("enforce", "restricted"), ("warn", "baseline")]),
        expect("restricted:latest", "baseline:latest", &[])
    );
    let level = |value: &str| format!("Invalid value: \"{value}\": must be one of privileged, baseline, restricted");
    let version = "Invalid value: \"v1.05\": must be \"latest\" or \"v1.x\"";
    assert_eq!(
        of(&[("warn", "c"), ("audit", "b"), ("enforce", "a"), ("audit-version", "v1.05")]),
        expect("restricted:latest", "privileged:latest", &[&level("a"), &level("b"), version, &level("c")])
    );
}
