//! What kubectl's own exports cost: a `kind: List` of many objects holds no more for each than a short one does.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, reason = "a test's panic is its answer")]

use std::fmt::Write as _;

use hellok8s_lab::lab::{Lab, LabOptions};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// As `kubectl get configmaps -o yaml` would print so many.
fn maps(count: usize) -> String {
    let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for number in 0..count {
        writeln!(text, "- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{number}}}, data: {{a: b}}}}")
            .expect("a text");
    }
    text
}

/// As `kubectl get pods -o yaml` would print so many, with a status that is as long as a real one's.
fn pods(count: usize) -> String {
    let variables: String =
        (0..20).map(|number| format!("      - {{name: V{number}, value: \"{number}\"}}\n")).collect();
    let conditions: String = ["Initialized", "Ready", "ContainersReady", "PodScheduled"]
        .map(|kind| format!("    - {{type: {kind}, status: \"True\", lastTransitionTime: \"2026-01-01T00:00:00Z\"}}\n"))
        .concat();
    let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for number in 0..count {
        writeln!(text, "- apiVersion: v1\n  kind: Pod\n  metadata: {{name: p{number}, labels: {{app: web}}}}")
            .expect("a text");
        text.push_str("  spec:\n    containers:\n    - name: app\n      image: nginx\n      env:\n");
        text.push_str(&variables);
        text.push_str("  status:\n    phase: Running\n    conditions:\n");
        text.push_str(&conditions);
    }
    text
}

/// The most bytes that were held while a text was applied, beyond those that were held before, and what kubectl printed.
fn peak(text: &str) -> (usize, usize) {
    let mut lab = Lab::new(&LabOptions::default());
    lab.write("m.yaml", text);
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    lab.submit(0, "kubectl create -f m.yaml | grep -c created");
    lab.run_until(lab.now() + 600_000);
    let said = lab.take_output(0);
    let printed: String = said.iter().map(|piece| piece.text.as_str()).collect();
    (
        ALLOCATED.peak_usage() - before,
        printed.lines().rev().find_map(|line| line.trim().parse().ok()).unwrap_or_default(),
    )
}

/// Twice as many objects hold twice as much: positions of all of a text, held for each of its objects, would be four times.
#[test]
fn a_list_of_many_objects_holds_in_proportion() {
    for (text, few) in [(maps as fn(usize) -> String, 200), (pods, 40)] {
        let ((small, first), (large, second)) = (peak(&text(few)), peak(&text(4 * few)));
        assert_eq!((first, second), (few, 4 * few));
        assert!(large < 6 * small, "{few} objects: {small} bytes; four times as many: {large}");
    }
}
