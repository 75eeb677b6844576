//! Commands take the time that they take: kubectl's start and its requests, drawn from the seed. The cluster goes on
//! meanwhile, and whoever stops time is answered nevertheless.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use hellok8s_lab::lab::{LONGEST_WORK_MS, Lab, LabOptions};
use hellok8s_lab::sim::SimTime;

fn lab(seed: u64) -> Lab {
    Lab::new(&LabOptions { seed, ..LabOptions::default() })
}

fn output(lab: &mut Lab) -> String {
    lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
}

/// What a line prints, and how long it takes in milliseconds.
fn run(lab: &mut Lab, line: &str) -> (String, u64) {
    let began = lab.now();
    lab.command(0, line);
    (output(lab), lab.now().ms_since(began))
}

#[test]
fn a_call_takes_its_start_and_its_requests() {
    let mut shortest_and_longest = (u64::MAX, 0);
    for seed in 0..50 {
        let mut lab = lab(seed);
        let (text, ms) = run(&mut lab, "kubectl get pods");
        assert_eq!(text, "No resources found in default namespace.\n");
        assert!((60..=88).contains(&ms), "{ms}");
        shortest_and_longest = (ms.min(shortest_and_longest.0), ms.max(shortest_and_longest.1));
        // Without a request only the start.
        let (_, ms) = run(&mut lab, "kubectl get pods --nope");
        assert!((52..=72).contains(&ms), "{ms}");
        // The schema's two, one that looks and one that creates.
        let (_, ms) = run(&mut lab, "kubectl apply -f deployment.yaml");
        assert!((52 + 4 * 8..=72 + 4 * 16).contains(&ms), "{ms}");
        assert_eq!(run(&mut lab, "echo a; sed -n 1p deployment.yaml"), ("a\napiVersion: apps/v1\n".to_owned(), 0));
    }
    assert!(shortest_and_longest.1 > shortest_and_longest.0 + 10, "drawn: {shortest_and_longest:?}");
}

#[test]
fn the_next_command_sees_what_the_one_before_has_caused() {
    let mut lab = lab(1);
    let lines =
        "kubectl create deployment web --image=guangzhengli/hellok8s:v1 --replicas=3\nkubectl get pods --no-headers";
    let (text, _) = run(&mut lab, lines);
    assert_eq!(text.matches("ContainerCreating").count(), 3, "{text}");
    // Nothing of a command is seen before it has been done.
    let (typed_at, has_pods) = (lab.now(), |lab: &Lab| lab.cluster().api.store().pods(None).count());
    lab.submit(0, "kubectl scale deployment web --replicas=5");
    lab.run_until(typed_at + 51);
    assert_eq!((has_pods(&lab), output(&mut lab)), (3, String::new()));
    lab.run_until(typed_at + 200);
    assert_eq!((has_pods(&lab), output(&mut lab)), (5, "deployment.apps/web scaled\n".to_owned()));
}

#[test]
fn a_call_takes_its_time_wherever_it_stands() {
    let mut lab = lab(1);
    let calls = [
        ("kubectl get pods && kubectl get pods", 2),
        ("kubectl get pods | wc -l", 1),
        ("echo $(kubectl get pods) $(kubectl get pods)", 2),
        ("for i in 1 2 3; do kubectl get pods; done", 3),
        ("sh -c 'kubectl get pods'", 1),
        ("timeout 10 kubectl get pods", 1),
        ("echo pods rs | xargs -n 1 kubectl get", 2),
        ("! kubectl get pods", 1),
    ];
    for (line, count) in calls {
        let (_, ms) = run(&mut lab, line);
        assert!((60 * count..=88 * count).contains(&ms), "{line}: {ms}");
    }
    let (text, ms) = run(&mut lab, "time kubectl get pods");
    assert!(text.contains(&format!("real\t0m0.0{ms}s")), "{ms} ms: {text}");
    assert_eq!(run(&mut lab, "timeout 0.01 kubectl get pods; echo $?"), ("124\n".to_owned(), 10));
}

#[test]
fn whoever_interrupts_a_call_that_starts_has_done_nothing() {
    let mut lab = lab(1);
    lab.submit(0, "kubectl apply -f deployment.yaml");
    lab.run_until(SimTime(40));
    assert!(lab.is_busy(0));
    lab.interrupt(0);
    lab.run_until(SimTime(1_000));
    assert_eq!((output(&mut lab), lab.exit_code(0)), ("^C\n".to_owned(), 130));
    assert_eq!(lab.cluster().api.store().deployments(None).count(), 0);
}

#[test]
fn a_call_is_answered_before_another_moment_is_shown() {
    let mut lab = lab(1);
    lab.command(0, "kubectl apply -f deployment.yaml");
    lab.run_until(SimTime(5_000));
    output(&mut lab);
    lab.submit(0, "kubectl get deployment --no-headers -o name");
    lab.seek(SimTime(1_000));
    assert_eq!((output(&mut lab), lab.now()), ("deployment.apps/hellok8s-deployment\n".to_owned(), SimTime(1_000)));
    // In the past a call takes its time as well, and what only looks changes no history.
    let (text, ms) = run(&mut lab, "kubectl get pods -o name | wc -l");
    assert_eq!(text, "1\n");
    assert!((60..=88).contains(&ms) && lab.forks() == 0 && lab.end() > SimTime(5_000), "{ms}");
}

#[test]
fn nobody_waits_for_what_never_ends() {
    let mut lab = lab(1);
    let (_, ms) = run(&mut lab, "while true; do kubectl get pods; done");
    assert!(ms <= LONGEST_WORK_MS && lab.is_busy(0), "{ms}");
    lab.interrupt(0);
    let (_, ms) = run(&mut lab, "while true; do kubectl get pods & done");
    assert!(ms <= LONGEST_WORK_MS, "{ms}");
    lab.interrupt(0);
    // What waits and what sleeps is not at work.
    let (_, ms) = run(&mut lab, "kubectl get pods --watch");
    assert!(ms <= 88 && lab.is_busy(0), "{ms}");
    lab.interrupt(0);
    let (_, ms) = run(&mut lab, "watch kubectl get pods");
    assert!(ms <= 88 && lab.is_busy(0), "{ms}");
}
