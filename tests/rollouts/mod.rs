//! Rollouts of many pods, for `tests/scale.rs` and `benches/engine.rs`.

#![allow(dead_code, reason = "each of the two uses a part of it")]

use hellok8s_lab::api::Kind;
use hellok8s_lab::apiserver::Tally;
use hellok8s_lab::lab::{Lab, LabOptions};

/// Pods of one container that are asked both ways, behind the label `app: web`.
pub fn manifest(tag: &str, replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: app
          image: guangzhengli/hellok8s:{tag}
          readinessProbe:
            httpGet:
              path: /
              port: 3000
          livenessProbe:
            httpGet:
              path: /healthz
              port: 3000
            periodSeconds: 10
"
    )
}

/// A lab with a service that no pod stands behind yet.
pub fn lab() -> Lab {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    type_line(&mut lab, "kubectl create service clusterip web --tcp=80:3000");
    lab
}

/// Types a line and lets time pass until it is answered.
pub fn type_line(lab: &mut Lab, line: &str) {
    lab.submit(0, line);
    while lab.is_busy(0) {
        let next = lab.now() + 10;
        lab.run_until(next);
    }
    let said: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    assert_eq!(lab.exit_code(0), 0, "{line}: {said}");
}

/// Writes a manifest and applies it.
pub fn apply(lab: &mut Lab, tag: &str, replicas: usize) {
    lab.write("web.yaml", &manifest(tag, replicas));
    type_line(lab, "kubectl apply -f web.yaml");
}

/// How many pods of ReplicaSets are ready and stay. The store has counted them: who measures must not look at each.
fn ready(lab: &Lab) -> usize {
    let store = lab.cluster().api.store();
    let tallies = store.replica_sets(None).filter_map(|set| store.tally(&set.metadata.uid));
    tallies.flat_map(Tally::groups).flat_map(|group| group.ready.values()).sum()
}

/// Lets time pass in the page's steps until so many pods are ready and no others are left; answers the seconds.
pub fn until_ready(lab: &mut Lab, pods: usize) -> u64 {
    let began = lab.now();
    loop {
        let next = lab.now() + 250;
        lab.run_until(next);
        if lab.cluster().api.store().count(Kind::Pod) == pods && ready(lab) == pods {
            return lab.now().ms_since(began) / 1000;
        }
        assert!(lab.now().ms_since(began) < 3_600_000, "{} of {pods} pods are ready", ready(lab));
    }
}

/// Applies a manifest and lets time pass until its pods are ready and no others are left.
pub fn roll_out(lab: &mut Lab, tag: &str, pods: usize) {
    apply(lab, tag, pods);
    until_ready(lab, pods);
}
