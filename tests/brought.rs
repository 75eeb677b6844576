//! Somebody's own cluster, brought along: what it is there it is here, as far as its objects tell.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;

use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};
use hellok8s_lab::lang::Lang;
use hellok8s_lab::session::{Replay, brought};
use hellok8s_lab::sim::SimTime;

fn say(lab: &mut Lab, line: &str) -> String {
    lab.take_output(0);
    lab.command(0, line);
    lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
}

/// A cluster with two revisions of a Deployment, some minutes old.
fn theirs() -> Lab {
    let mut lab = Lab::new(&LabOptions { seed: 77, ..LabOptions::default() });
    let preset = |wanted: &str| PRESETS.iter().find(|(name, _)| *name == wanted).unwrap().1;
    for (name, until_ms) in [("v1, 3 replicas", 200_000), ("v2", 500_000)] {
        lab.write("deployment.yaml", preset(name));
        lab.command(0, "kubectl apply -f deployment.yaml");
        lab.run_until(SimTime(until_ms));
    }
    lab.command(0, "kubectl expose deployment hellok8s-deployment --port=3000");
    // Something tells how late it is.
    lab.command(0, "kubectl create configmap settings --from-literal=a=b");
    lab
}

/// Kind and name, with the uid.
fn identities(lab: &mut Lab) -> BTreeMap<String, String> {
    let columns = "KIND:.kind,NAME:.metadata.name,UID:.metadata.uid";
    let said = say(
        lab,
        &format!("kubectl get deployments,replicasets,pods,configmaps -o custom-columns={columns} --no-headers"),
    );
    let rows = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|row| row[1] != "kube-root-ca.crt");
    rows.map(|row| (format!("{} {}", row[0], row[1]), row[2].to_owned())).collect()
}

fn opened(text: &str) -> Lab {
    Replay::new(brought::session(text, Lang::En).unwrap()).unwrap().finish().unwrap().lab
}

#[test]
fn uids_ages_and_revisions_are_those_of_there() {
    let mut lab = theirs();
    let wanted = identities(&mut lab);
    let text = say(&mut lab, "kubectl get deployments,replicasets,pods,services,configmaps -o yaml");
    let mut here = opened(&text);
    assert_eq!(identities(&mut here), wanted);
    // A minute has gone by since: the cluster has come to rest.
    let ages = say(&mut here, "kubectl get deployments,replicasets --no-headers");
    assert!(ages.lines().any(|line| line.starts_with("deployment.apps/") && line.ends_with(" 9m20s")), "{ages}");
    let history = say(&mut here, "kubectl rollout history deployment hellok8s-deployment");
    let revisions: Vec<&str> = history.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(revisions[2..], ["1", "2"], "{history}");
    let ready = say(&mut here, "kubectl get deployment hellok8s-deployment --no-headers");
    assert!(ready.contains("3/3"), "{ready}");
    say(&mut here, "kubectl rollout undo deployment hellok8s-deployment");
    here.run_until(here.now() + 60_000);
    let image = say(&mut here, "kubectl get deployment hellok8s-deployment -o jsonpath={..image}");
    assert!(image.ends_with(":v1"), "{image}");
    assert_eq!(here.cluster().api.store().replica_sets(None).count(), 2, "the one of there is used again");
}

#[test]
fn what_was_not_brought_along_is_made_again() {
    let mut lab = theirs();
    let text = say(&mut lab, "kubectl get deployments,pods -o yaml");
    let mut here = opened(&text);
    let (wanted, found) = (identities(&mut lab), identities(&mut here));
    let deployment = "Deployment hellok8s-deployment";
    assert_eq!(found[deployment], wanted[deployment]);
    // Pods without their ReplicaSet would be nobody's.
    assert_eq!(here.cluster().api.store().pods(None).filter(|pod| pod.is_ready()).count(), 3);
    assert_eq!(here.cluster().api.store().replica_sets(None).count(), 1);
}

#[test]
fn objects_that_are_wrong_or_twice_there_are_told() {
    let mut lab = Lab::new(&LabOptions::default());
    let object = |kind: &str, name: &str, uid: &str| {
        format!(
            "- apiVersion: v1\n  kind: {kind}\n  metadata: {{name: {name}, uid: {uid}, creationTimestamp: \"2030-01-01T00:00:00Z\"}}\n"
        )
    };
    let uid = "00000000-0000-4000-8000-000000000001";
    let items = [
        ("ConfigMap", "a", uid),
        ("ConfigMap", "b", uid),
        ("ConfigMap", "c", "x"),
        ("ConfigMap", "a", uid),
        ("Wish", "d", uid),
    ];
    let items: String = items.iter().map(|(kind, name, uid)| object(kind, name, uid)).collect();
    lab.write("cluster.yaml", &format!("apiVersion: v1\nkind: List\nitems:\n{items}"));
    assert_eq!(
        say(&mut lab, "lab bring cluster.yaml 2026-01-01T00:00:00Z"),
        "3 objects brought along\nConfigMap a: configmaps \"a\" already exists\nWish d: the lab has no such kind\n"
    );
    let uids = say(&mut lab, "kubectl get configmaps a b c -o jsonpath={.items[*].metadata.uid}");
    let uids: Vec<&str> = uids.split_whitespace().collect();
    assert!(uids[0] == uid && uids[1] != uid && uids[2].len() == 36, "{uids:?}");
    assert_eq!(say(&mut lab, "lab bring cluster.yaml soon"), "lab: \"soon\" is no time such as 2026-01-01T00:00:00Z\n");
    assert_eq!(say(&mut lab, "lab bring other.yaml 2026-01-01T00:00:00Z"), "lab: there is no file other.yaml\n");
}
