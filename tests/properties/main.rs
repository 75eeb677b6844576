//! What always holds, whatever is applied, edited and deleted, and when.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test's panic is its answer")]

mod mistakes;
mod scenario;
mod world;

use std::fmt::Write as _;

use hellok8s_lab::api::Object;
use hellok8s_lab::cluster::{Cluster, RULES};
use hellok8s_lab::sim::SimTime;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use scenario::{Bound, Edit, Scenario, Spec, Template, scenario};
use world::World;

/// A failure is kept beside this file and tried first from then on: commit it with what mends it.
const KEPT_FAILURES: FileFailurePersistence = FileFailurePersistence::WithSource("regressions");

/// So many scenarios a property, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 32;

#[allow(clippy::disallowed_methods, reason = "how many cases there are is nothing that the engine reads")]
fn config() -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(CASES),
        failure_persistence: Some(Box::new(KEPT_FAILURES)),
        ..ProptestConfig::default()
    }
}

/// Plays the scenario and lets the rollout end; nothing when Kubernetes' own rules do not let it.
fn played_to_the_end(scenario: &Scenario) -> Result<Option<World>, String> {
    let mut world = World::new(scenario);
    world.play(&scenario.edits)?;
    world.run_for(1)?;
    world.let_it_end();
    // A deletion may take its 30 s, a pull that failed waits for its next turn; each step of a rollout may need both.
    world.run_for(900)?;
    Ok(Some(world).filter(|world| !world.is_at_dead_end()))
}

fn text_of(cluster: &Cluster) -> String {
    let mut text = String::new();
    for event in cluster.log().iter() {
        let _ = writeln!(text, "{} {} {}", event.at.as_ms(), event.kind.as_str(), event.object.to_value());
    }
    for decision in cluster.decisions().iter() {
        let _ = writeln!(text, "{decision:?}");
    }
    text
}

fn finished(result: Result<(), String>) -> Result<(), TestCaseError> {
    result.map_err(TestCaseError::fail)
}

/// There are the wanted pods, of the wanted template, and no others.
fn check_finished(world: &World) -> Result<(), String> {
    let (deployment, pods) = (world.deployment(), world.pods());
    let Some(new) = world.new_set() else { return Err("there is no new ReplicaSet".to_owned()) };
    let wanted = usize::try_from(world.spec.replicas).unwrap_or_default();
    let ours = pods.iter().filter(|pod| pod.metadata.is_controlled_by(&new.metadata.uid) && pod.is_ready()).count();
    if (pods.len(), ours) != (wanted, wanted) {
        return Err(format!("{} pods, {ours} of them new and ready, where {wanted} are wanted", pods.len()));
    }
    let progressing = deployment.status.conditions.iter().find(|condition| condition.kind == "Progressing");
    if progressing.is_none_or(|condition| condition.reason != "NewReplicaSetAvailable") {
        return Err(format!("{progressing:?}"));
    }
    let old = world.sets().len() - 1;
    if i32::try_from(old).unwrap_or(i32::MAX) > world.spec.history_limit {
        return Err(format!("{old} old ReplicaSets, where {} are kept", world.spec.history_limit));
    }
    Ok(())
}

/// 4 by hand beside 7, of an old ReplicaSet that was made when at most 1 pod might exist: 4 × (7 + 1) / 1 = 32. The new one
/// goes to 0, and the rollout sets it right.
#[test]
fn a_share_of_an_outgrown_size_is_as_large_as_kubernetes_makes_it() {
    let template = |image, number| Template { image, has_readiness_probe: number > 1, number };
    let (v1, v2) = ("guangzhengli/hellok8s:v1", "guangzhengli/hellok8s:v2");
    let scenario = Scenario {
        seed: 0,
        spec: Spec {
            replicas: 0,
            strategy: Some((Bound::Pods(1), Bound::Pods(0))),
            min_ready_seconds: 2,
            history_limit: 2,
            deadline_seconds: 10,
            template: template(v1, 0),
        },
        edits: vec![
            (100, Edit::Template(template(v1, 1))),
            (100, Edit::Template(template(v2, 2))),
            (8_000, Edit::Scale(7)),
            (2_000, Edit::ScaleReplicaSet { number: 2, replicas: 4 }),
        ],
    };
    let mut world = World::new(&scenario);
    assert_eq!(world.play(&scenario.edits), Ok(()));
    let mut most = 0;
    while world.cluster.now() < SimTime(11_000) {
        assert_eq!(world.run_until(world.cluster.next_at()), Ok(()));
        most = most.max(world.asked_for());
    }
    assert_eq!(most, 32);
    assert_eq!(world.run_for(900), Ok(()));
    assert_eq!(check_finished(&world), Ok(()));
}

proptest! {
    #![proptest_config(config())]

    /// Never more than replicas + maxSurge pods that are not terminating, never fewer available than replicas −
    /// maxUnavailable by the controllers' own doing, and statuses that tell what is there.
    #[test]
    fn limits_hold_and_statuses_are_true(scenario in scenario()) {
        let mut world = World::new(&scenario);
        finished(world.play(&scenario.edits).and_then(|()| world.run_for(120)))?;
        for decision in world.cluster.decisions().iter() {
            prop_assert!(RULES.iter().any(|rules| rules.contains(&decision.rule)), "{}", decision.rule);
        }
    }

    #[test]
    fn a_finished_rollout_has_exactly_the_wanted_pods(scenario in scenario()) {
        let world = played_to_the_end(&scenario).map_err(TestCaseError::fail)?;
        finished(world.map_or(Ok(()), |world| check_finished(&world)))?;
    }

    #[test]
    fn what_is_finished_is_left_alone(scenario in scenario()) {
        let world = played_to_the_end(&scenario).map_err(TestCaseError::fail)?;
        let Some(mut world) = world else { return Ok(()) };
        let version = world.cluster.api.store().resource_version();
        finished(world.run_for(1200))?;
        prop_assert_eq!(world.cluster.api.store().resource_version(), version);
    }

    /// A rollout that is stuck reaches a fixed point as well, though its pods go on trying.
    #[test]
    fn what_is_stuck_is_left_alone(scenario in scenario()) {
        let mut world = World::new(&scenario);
        finished(world.play(&scenario.edits).and_then(|()| world.run_for(300)))?;
        let seen = world.cluster.log().len();
        let is_quiet = world.spec.template.image.ends_with("bad") || world.spec.template.is_sound();
        finished(world.run_for(600))?;
        let written = world.cluster.log().iter().skip(seen).find(|event| match &event.object {
            Object::Deployment(_) | Object::ReplicaSet(_) => is_quiet,
            _ => false,
        });
        prop_assert!(written.is_none(), "{:?}", written);
    }

    #[test]
    fn a_replay_from_any_checkpoint_equals_the_original(scenario in scenario(), at in 0..8_usize) {
        let (before, after) = scenario.edits.split_at(at.min(scenario.edits.len()));
        let mut original = World::new(&scenario);
        finished(original.play(before))?;
        let mut checkpoint = original.clone();
        for world in [&mut original, &mut checkpoint] {
            finished(world.play(after).and_then(|()| world.run_for(60)))?;
        }
        prop_assert!(text_of(&original.cluster) == text_of(&checkpoint.cluster), "the replay differs");
        let mut again = World::new(&scenario);
        finished(again.play(&scenario.edits).and_then(|()| again.run_for(60)))?;
        prop_assert!(text_of(&original.cluster) == text_of(&again.cluster), "the same seed and edits differ");
    }
}
