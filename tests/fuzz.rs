//! Random worlds: a fixed set of them, watched at every step. `hellok8s-lab fuzz` plays others.
#![cfg(not(target_arch = "wasm32"))]

use hellok8s_lab::fuzz;

/// Worlds that are played by every run of the tests, from seed 0 on.
const SEEDS: u64 = 24;

#[test]
fn invariants_hold_in_random_worlds() {
    let found: Vec<String> = (0..SEEDS)
        .filter_map(fuzz::run)
        .map(|finding| format!("seed {}: {}\n{}", finding.seed, finding.violation, finding.session.to_text()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_seed_draws_the_same_world_again() {
    assert_eq!(fuzz::draw(5), fuzz::draw(5));
    assert_ne!(fuzz::draw(5), fuzz::draw(6));
}
