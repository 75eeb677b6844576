//! Random worlds: a fixed set of them, watched at every step. `hellok8s-lab fuzz` plays others.
#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::unwrap_used)]

use hellok8s_lab::fuzz;
use hellok8s_lab::session::Session;

/// Worlds that are played by every run of the tests, from seed 0 on.
const SEEDS: u64 = 24;
/// Seeds whose worlds broke an invariant once.
const FOUND_SEEDS: [u64; 2] = [100_097, 100_351];

#[test]
fn invariants_hold_in_random_worlds() {
    let found: Vec<String> = (0..SEEDS)
        .filter_map(fuzz::run)
        .map(|finding| format!("seed {}: {}\n{}", finding.seed, finding.violation, finding.session.to_text()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Sessions in which something did not hold once.
const FOUND: [&str; 1] = [
    // A command that was at work in the past began another history while a moment beyond its end was sought.
    r#"{"v":1,"s":100097,"i":[15791,["g",2205],["t",1,"(kubectl create configmap web --from-literal=a=b; sleep 3; kubectl scale deployment api --replicas=6) &"],["s",1],["g",12195],"kubectl apply -f deployment.yaml",120000]}"#,
];

#[test]
fn what_was_found_once_holds() {
    for text in FOUND {
        let session = Session::parse(text).unwrap();
        assert_eq!(fuzz::play_session(&session), None, "{text}");
    }
    assert!(FOUND_SEEDS.into_iter().all(|seed| fuzz::run(seed).is_none()));
}

#[test]
fn a_seed_draws_the_same_world_again() {
    assert_eq!(fuzz::draw(5), fuzz::draw(5));
    assert_ne!(fuzz::draw(5), fuzz::draw(6));
}
