//! Law 1: the same seed and inputs give the same log, in this process again and in the other world.
//!
//! `./lab test wasm` runs this file natively and in wasm and compares the `log` lines that it prints.

use std::fmt::Write as _;

use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};
use hellok8s_lab::sim::SimTime;
use wasm_bindgen_test::wasm_bindgen_test;

const SEED: u64 = 1;

/// What the chapter's manifests, applied one after the other, write to the watch log of a world with this seed, and
/// what is decided there.
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
    for decision in lab.cluster().decisions().iter() {
        let _ = writeln!(log, "{decision:?}");
    }
    log
}

/// FNV-1a, 64 bit.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[wasm_bindgen_test(unsupported = test)]
fn the_same_seed_gives_the_same_log() {
    let first = log(SEED);
    assert!(first == log(SEED), "the same seed gave another log");
    assert!(first != log(SEED + 1), "another seed gave the same log");

    let line = format!("log {} bytes {:016x}", first.len(), hash(&first));
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{line}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{line}");
}
