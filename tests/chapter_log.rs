//! Law 1 for the whole lab: the same seed and the same commands give the same watch log, byte for byte.

use std::fmt::Write as _;

use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};
use hellok8s_lab::sim::SimTime;

const SEED: u64 = 1;

/// What the chapter's manifests, applied one after the other, write to the watch log of a world with this seed.
fn log(seed: u64) -> String {
    let mut lab = Lab::new(&LabOptions { seed, ..LabOptions::default() });
    for (number, (_, manifest)) in PRESETS.iter().enumerate() {
        lab.write("deployment.yaml", manifest);
        lab.submit(0, "kubectl apply -f deployment.yaml");
        lab.run_until(SimTime(60_000 * (number as u64 + 1)));
    }
    let mut log = String::new();
    for event in lab.cluster().log().iter() {
        let _ = writeln!(log, "{} {} {}", event.at.as_ms(), event.kind.as_str(), event.object.to_value());
    }
    log
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let first = log(SEED);
    assert!(first == log(SEED), "the same seed gave another log");
    assert!(first != log(SEED + 1), "another seed gave the same log");
}
