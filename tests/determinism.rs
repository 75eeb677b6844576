//! Law 1: the same seed and inputs give the same log, in this process again and in the other world.
//!
//! `./lab test wasm` runs this file natively and in wasm and compares the `log` lines that it prints.

use std::fmt::Write as _;

use hellok8s_lab::sim::{EventQueue, Random, SimTime};
use wasm_bindgen_test::wasm_bindgen_test;

const SEED: u64 = 1;

/// What a run with this seed logs, one line an event.
fn log(seed: u64) -> String {
    let mut random = Random::derive(seed, "determinism");
    let mut queue = EventQueue::default();
    for number in 0..1000_u32 {
        queue.push(SimTime(random.between_ms(0, 600)), number);
    }
    let mut log = String::new();
    while let Some((at, number)) = queue.pop() {
        let _ = writeln!(log, "{} {number}", at.0);
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
    assert_eq!(first, log(SEED));
    assert_ne!(first, log(SEED + 1));

    let line = format!("log {} bytes {:016x}", first.len(), hash(&first));
    #[cfg(target_arch = "wasm32")]
    wasm_bindgen_test::console_log!("{line}");
    #[cfg(not(target_arch = "wasm32"))]
    println!("{line}");
}
