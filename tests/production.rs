//! What a production manifest meets: things that are missing, places that are full, permissions that are refused.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// What the session of `tests/production/NAME` prints.
fn play(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/production").join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"))
        .args(["run", "--seed", "1", "--dir"])
        .arg(&folder)
        .arg(folder.join("session.txt"))
        .output()
        .expect("the headless command");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Whether a line holds these parts in this order; `…` stands for anything.
fn has(printed: &str, parts: &str) -> bool {
    printed.lines().any(|line| {
        let mut rest = line;
        parts.split('…').all(|part| {
            let found = rest.find(part);
            rest = found.and_then(|at| rest.get(at + part.len()..)).unwrap_or_default();
            found.is_some()
        })
    })
}

#[track_caller]
fn assert_lines(name: &str, present: &[&str], absent: &[&str]) {
    let printed = play(name);
    let missing: Vec<_> = present.iter().filter(|parts| !has(&printed, parts)).collect();
    let unwanted: Vec<_> = absent.iter().filter(|parts| has(&printed, parts)).collect();
    assert!(missing.is_empty() && unwanted.is_empty(), "{printed}\nmissing {missing:?}\nunwanted {unwanted:?}");
}

#[test]
fn a_container_has_its_environment_and_keeps_it_until_it_is_restarted() {
    assert_lines("env", &["A=1", "B=1-x", "MODE=one", "MODE=two", "KUBERNETES_SERVICE_HOST=10.96.0.1"], &[]);
}

#[test]
fn a_missing_secret_holds_a_volume_up_until_it_is_made() {
    let present = [
        "0/1 …ContainerCreating",
        "MountVolume.SetUp failed for volume \"v\" : secret \"missing\" not found",
        "1/1 …Running",
        "s3cret",
    ];
    assert_lines("missing-secret", &present, &[]);
}

#[test]
fn a_missing_config_map_or_secret_and_a_root_user_keep_containers_from_being_created() {
    let present = [
        "0/1 …CreateContainerConfigError",
        "Warning …Failed …kubelet …Error: configmap \"settings\" not found",
        "Reason: …CreateContainerConfigError",
        "Error: secret \"settings\" not found",
        "Error: container has runAsNonRoot and image will run as root (pod: \"root-…_default(…)\", container: c)",
        "1/1 …Running",
        "one",
        "s3cret",
    ];
    assert_lines("missing-config", &present, &[]);
}

#[test]
fn a_missing_pull_secret_is_told() {
    let present = [
        "FailedToRetrieveImagePullSecret …Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
        "ImagePull",
    ];
    assert_lines("pull-secret", &present, &[]);
}

#[test]
fn a_pod_that_asks_for_more_than_the_node_has_waits() {
    let present = [
        "0/1 …Pending",
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ];
    assert_lines("cpu", &present, &[]);
}

#[test]
fn two_pods_cannot_have_one_port_of_the_node() {
    let present = ["0/1 …Pending", "1/1 …Running", "didn't have free ports for the requested pod ports"];
    assert_lines("host-port", &present, &[]);
}

#[test]
fn pods_that_keep_away_from_each_other_do_not_share_the_only_node() {
    let present =
        ["0/1 …Pending", "1 node(s) didn't match pod anti-affinity rules", "1 of 2 updated replicas are available"];
    assert_lines("anti-affinity", &present, &[]);
}

#[test]
fn a_more_important_pod_drives_a_less_important_one_away() {
    let present = ["high-…1/1 …Running", "low-…0/1 …Pending", "Preempted by pod …on node minikube"];
    assert_lines("preemption", &present, &[]);
}

#[test]
fn an_eviction_that_a_budget_does_not_allow_is_asked_for_again_until_the_time_is_up() {
    let present = [
        "w …1 …N/A …0",
        "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.",
        "global timeout reached: 20s",
    ];
    assert_lines("budget", &present, &["evicted"]);
}

#[test]
fn a_quota_refuses_what_is_too_much() {
    let present = [
        "q …pods: 2/2",
        "ReplicaFailure …True …FailedCreate",
        "is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
    ];
    assert_lines("quota", &present, &[]);
}

#[test]
fn kinds_that_nobody_acts_on_are_kept() {
    let present = [
        "clusterrole.rbac.authorization.k8s.io/r created",
        "customresourcedefinition.apiextensions.k8s.io/as.x.io created",
        "rc=0",
    ];
    assert_lines("kinds", &present, &[]);
}

#[test]
fn a_kubelet_refuses_what_does_not_fit_when_the_pod_names_its_node_itself() {
    let present = [
        "big …0/1 …OutOfcpu",
        "ssd …0/1 …NodeAffinity",
        "fits …1/1 …Running",
        "never …0/1 …ErrImageNeverPull",
        "Message: …Pod was rejected: Node didn't have enough resource: cpu, requested: 64000, used: …, capacity: ",
        "Warning …OutOfcpu …kubelet …Node didn't have enough resource: cpu, requested: 64000",
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
        "Container image \"busybox:1.36\" is not present with pull policy of Never",
        "pod \"big\" deleted",
    ];
    assert_lines("node-name", &present, &[]);
}

#[test]
fn a_pod_asks_for_its_limits_where_it_asks_for_nothing_else() {
    let present = [
        "FailedScheduling…0/1 nodes are available: 1 Insufficient cpu",
        "template: {\"memory\":\"64Mi\"}",
        "pod: {\"cpu\":\"1500m\",\"memory\":\"64Mi\"} {\"cpu\":\"100m\"} Burstable",
        "cpu…1500m (75%)…1500m (75%)",
    ];
    assert_lines("limits", &present, &[]);
}

#[test]
fn a_path_of_the_node_is_mounted_only_where_it_is_what_the_volume_asks_for() {
    let present = [
        "collector-…0/1 …ContainerCreating",
        "FailedMount …MountVolume.SetUp failed for volume \"docker\" : hostPath type check failed: /var/run/docker.sock is not a socket file",
        "FailedMount …MountVolume.SetUp failed for volume \"pv-of-node\" : hostPath type check failed: /srv/web is not a directory",
        "claims …0/1 …ContainerCreating",
        "maker …1/1 …Running",
        "claims …1/1 …Running",
    ];
    assert_lines("host-path", &present, &["for volume \"logs\"", "collector-…1/1"]);
}

#[test]
fn a_claim_for_one_pod_alone_keeps_the_second_one_waiting() {
    let present = [
        "w …1/2 …2 …1",
        "0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod.",
        // The new pod waits for the old one, which stays until the new one is ready: such a rollout never ends.
        "w …1/1 …1 …1",
        "Waiting for deployment \"w\" rollout to finish: 1 old replicas are pending termination...",
    ];
    assert_lines("single-claim", &present, &["w …2/2"]);
}

#[test]
fn what_a_node_or_the_server_does_not_know_keeps_pods_from_running() {
    let present = [
        "FailedCreate …pods \"sandbox-…is forbidden: pod rejected: RuntimeClass \"gvisor\" not found",
        "deployment.apps/sandbox …0/1 …0",
        "pod/kernel …SysctlForbidden",
        "SysctlForbidden …forbidden sysctl: \"net.core.somaxconn\" not allowlisted",
        "pod/parts-…0/1 …CreateContainerConfigError",
        "Failed …Error: missing value for NODE, TEAM",
        "level: info",
    ];
    assert_lines("refusals", &present, &["sandbox …1/1", "parts …1/1"]);
}

#[test]
fn an_autoscaler_that_cannot_work_is_refused_in_the_api_servers_words() {
    let present = [
        "\"a\" is invalid: spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`",
        "\"b\" is invalid: [spec.minReplicas: Invalid value: 0: must be greater than or equal to 1, spec.maxReplicas: Required value: must be set and greater than 0",
        "\"c\" is invalid: …spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group",
        "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
        "No resources found in default namespace.",
    ];
    assert_lines("autoscaler-wrong", &present, &["created"]);
}
