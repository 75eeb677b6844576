//! Law 1: the same seed and inputs give the same log, in this process again and in the other world.
//!
//! `./lab test wasm` runs this file natively and in wasm and compares the `log` lines that it prints.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::indexing_slicing)]

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
        lab.command(0, "kubectl apply -f deployment.yaml");
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

/// The liveness image's story under a way of letting time pass: the whole log, and what one pod went through, each with
/// its moment.
#[cfg(not(target_arch = "wasm32"))]
fn liveness(pass: &dyn Fn(&mut Lab, SimTime)) -> (String, Vec<(u64, String)>) {
    const MINUTES_15: SimTime = SimTime(900_000);
    let mut lab = Lab::new(&LabOptions { seed: SEED, ..LabOptions::default() });
    let manifest = PRESETS.iter().find(|(name, _)| *name == "liveness").map_or("", |(_, text)| text);
    lab.write("deployment.yaml", manifest);
    lab.command(0, "kubectl apply -f deployment.yaml");
    pass(&mut lab, MINUTES_15);
    let mut log = String::new();
    let mut story = Vec::new();
    let mut restarts = 0;
    let mut pod = String::new();
    for event in lab.cluster().log().iter() {
        let value = event.object.to_value();
        let _ = writeln!(log, "{} {} {value}", event.at.as_ms(), event.kind.as_str());
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        if value["kind"] != "Pod" || !(pod.is_empty() || pod == name) {
            continue;
        }
        name.clone_into(&mut pod);
        let container = &value["status"]["containerStatuses"][0];
        let count = container["restartCount"].as_i64().unwrap_or(0);
        if count > restarts {
            restarts = count;
            story.push((event.at.as_ms(), format!("restart {count}")));
        }
        let waits = container["state"]["waiting"]["message"].as_str().unwrap_or_default();
        if let Some(wait) = waits.strip_prefix("back-off ").and_then(|rest| rest.split(' ').next()) {
            let told = format!("waits {wait}");
            if !story.iter().any(|(_, known)| *known == told) {
                story.push((event.at.as_ms(), told));
            }
        }
    }
    (log, story)
}

/// Speeds change how much time passes in a frame, and an `advance` is one big step: nothing may come of it.
#[test]
#[cfg(not(target_arch = "wasm32"))]
fn the_liveness_story_is_the_same_at_every_step_size() {
    let (log, story) = liveness(&|lab, end| lab.run_until(end));
    let steps = |ms: u64| {
        move |lab: &mut Lab, end: SimTime| {
            while lab.now() < end {
                let until = (lab.now() + ms).min(end);
                lab.run_until(until);
            }
        }
    };
    for ms in [4, 16, 333, 1_000, 60_000] {
        let (other, told) = liveness(&steps(ms));
        assert_eq!(told, story, "in steps of {ms} ms");
        assert!(other == log, "in steps of {ms} ms the log is another one");
    }
    let (other, told) = liveness(&|lab, end| {
        while lab.now() < end && lab.next_at() <= end {
            lab.step();
        }
        lab.run_until(end);
    });
    assert_eq!(told, story, "event by event");
    assert!(other == log, "event by event the log is another one");

    // 15 s healthy, three failures 3 s apart from the next probe on, and the end: 23 to 25 s. The back-off counts from
    // the container's start, so that 10 s and 20 s have gone by when it ends, and 40 s and more are waited for.
    let words: Vec<&str> = story.iter().map(|(_, word)| word.as_str()).collect();
    let waits: Vec<&str> = words.iter().copied().filter(|word| word.starts_with("waits")).collect();
    assert_eq!(waits, ["waits 40s", "waits 1m20s", "waits 2m40s", "waits 5m0s"]);
    assert_eq!(
        words.iter().position(|word| *word == "waits 40s"),
        words.iter().position(|word| *word == "restart 4").map(|at| at + 1)
    );
    let restarts: Vec<u64> = story.iter().filter(|(_, word)| word.starts_with("restart")).map(|(at, _)| *at).collect();
    for pair in restarts.windows(2).take(3) {
        assert!((23_000..=25_500).contains(&(pair[1] - pair[0])), "{restarts:?}");
    }
}
