//! Ten thousand pods cost ten times a thousand: counted in pods that controllers look at, because seconds depend on the
//! machine. `cargo bench --bench engine -- scale` has the seconds.

use hellok8s_lab::api::Kind;
use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::lab::{Lab, LabOptions};

mod rollouts;

use rollouts::roll_out;

/// What work a thousand changes of the store cost while so many pods behind a service are made and rolled.
struct Work {
    /// Pods that controllers look at, to see what has changed.
    seen: usize,
    /// Endpoints that kube-proxy reads.
    proxied: usize,
    /// Turns of the kubelet's pods.
    turns: usize,
    /// Pods that are ranked for each one that goes.
    ranked: usize,
}

fn rolled(pods: usize) -> Lab {
    let mut lab = rollouts::lab();
    roll_out(&mut lab, "v1", pods);
    roll_out(&mut lab, "v2", pods);
    lab
}

fn work(pods: usize) -> Work {
    let lab = rolled(pods);
    let (visits, changes) = (lab.cluster().visits(), lab.cluster().log().len());
    println!("{pods} pods: {visits:?}, {changes} changes");
    let of_changes = |count: usize| count * 1_000 / changes;
    Work {
        seen: of_changes(visits.seen),
        proxied: of_changes(visits.proxied),
        turns: of_changes(visits.turns),
        ranked: visits.ranked / pods,
    }
}

#[test]
fn what_a_change_costs_does_not_grow_with_the_number_of_pods() {
    let few = work(100);
    for pods in [300, 1_000] {
        let many = work(pods);
        for (what, many, few) in [
            ("pods seen", many.seen, few.seen),
            ("endpoints read", many.proxied, few.proxied),
            ("turns of pods", many.turns, few.turns),
        ] {
            assert!(many <= few * 3 / 2, "{many} {what} for a thousand changes with {pods} pods, {few} with 100");
        }
        assert!(many.ranked <= 4, "{} pods are ranked for each that goes", many.ranked);
    }
}

/// Probes that are answered as before, and syncs that find nothing to do, are not made one by one.
#[test]
fn an_hour_in_which_nothing_happens_costs_a_pod_next_to_nothing() {
    let mut lab = rolled(100);
    let before = lab.cluster().visits();
    lab.run_until(lab.now() + 3_600_000);
    let after = lab.cluster().visits();
    println!("{before:?}, {after:?}");
    assert!(after.turns - before.turns <= 3 * 100, "{} turns", after.turns - before.turns);
    assert_eq!((after.seen, after.ranked), (before.seen, before.ranked));
    // Yet each probe was made, as far as anybody can see.
    let cluster = lab.cluster();
    for pod in cluster.api.store().pods(None) {
        let view = cluster.fleet().pod_view(&pod.metadata.uid, lab.now()).unwrap_or_else(|| panic!("no view"));
        let probes = view.containers.iter().flat_map(|container| &container.probes);
        let last: Vec<u64> = probes.filter_map(|probe| Some(probe.last.as_ref()?.at.as_ms())).collect();
        assert!(last.len() == 2 && last.iter().all(|at| lab.now().as_ms() - at < 10_000), "{last:?}");
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
