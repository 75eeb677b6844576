//! Ten thousand pods cost ten times a thousand: counted in pods that controllers look at, because seconds depend on the
//! machine. `cargo bench --bench engine -- scale` has the seconds.

use hellok8s_lab::api::Kind;
use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::lab::{Lab, LabOptions};

fn manifest(tag: &str, replicas: usize) -> String {
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
"
    )
}

fn type_line(lab: &mut Lab, line: &str) {
    lab.submit(0, line);
    while lab.is_busy(0) {
        let next = lab.now() + 10;
        lab.run_until(next);
    }
    let said: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    assert_eq!(lab.exit_code(0), 0, "{line}: {said}");
}

/// Applies a manifest and lets time pass until its pods are ready and no others are left.
fn roll_out(lab: &mut Lab, tag: &str, pods: usize) {
    lab.write("web.yaml", &manifest(tag, pods));
    type_line(lab, "kubectl apply -f web.yaml");
    let began = lab.now();
    loop {
        let next = lab.now() + 1_000;
        lab.run_until(next);
        let store = lab.cluster().api.store();
        let is_done = |pods: i32| {
            store.deployments(None).all(|found| found.status.ready_replicas == pods && found.status.replicas == pods)
        };
        if store.count(Kind::Pod) == pods && is_done(i32::try_from(pods).unwrap_or(0)) {
            return;
        }
        assert!(lab.now().ms_since(began) < 3_600_000, "{pods} pods do not become ready");
    }
}

/// How many pods controllers look at for each change of the store, while so many pods behind a service are made and
/// rolled.
fn visits_per_thousand_changes(pods: usize) -> usize {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    type_line(&mut lab, "kubectl create service clusterip web --tcp=80:3000");
    roll_out(&mut lab, "v1", pods);
    roll_out(&mut lab, "v2", pods);
    let (visits, changes) = (lab.cluster().visits(), lab.cluster().log().len());
    println!("{pods} pods: {visits:?}, {changes} changes");
    visits.seen * 1_000 / changes
}

#[test]
fn what_a_change_costs_does_not_grow_with_the_number_of_pods() {
    let few = visits_per_thousand_changes(100);
    for pods in [300, 1_000] {
        let many = visits_per_thousand_changes(pods);
        assert!(many <= few * 3 / 2, "{many} visits for a thousand changes with {pods} pods, {few} with 100");
    }
}

/// As in the recordings of a real controller manager (x1-nodeless, x1-real): 24 or 25 within a tenth of a second, then one
/// every fifty milliseconds and now and then an event in its place, all within 3.95 seconds.
#[test]
fn a_hundred_pods_are_made_as_fast_as_the_controller_manager_may() {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    roll_out(&mut lab, "v1", 100);
    let log = lab.cluster().log();
    let made = log.iter().filter(|entry| entry.kind == ChangeType::Added && entry.object.kind() == Kind::Pod);
    let made: Vec<u64> = made.map(|entry| entry.at.as_ms()).collect();
    let (first, last) = (made[0], made[made.len() - 1]);
    let at_once = made.iter().filter(|at| **at - first <= 100).count();
    println!("{at_once} at once, the last one after {} ms", last - first);
    assert_eq!(made.len(), 100);
    assert!((24..=26).contains(&at_once), "{at_once} at once");
    assert!((3_700..=4_100).contains(&(last - first)), "{} ms", last - first);
    let gaps = made.windows(2).map(|pair| pair[1] - pair[0]).skip(at_once);
    assert!(gaps.clone().all(|gap| gap == 50 || gap == 100), "{:?}", gaps.collect::<Vec<_>>());
}
