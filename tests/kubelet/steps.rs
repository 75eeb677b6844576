//! One story, whatever the steps in which time passes.

use crate::node::{Node, liveness};

/// From the recording: the container runs 15 s, fails three times in 9 s, and is started again. The first two waits
/// (10 s, 20 s) are over by then, for they are counted from the end of the instance before.
#[test]
fn the_liveness_story_holds_for_thirteen_minutes_in_steps_of_every_size() {
    const END_MS: u64 = 13 * 60_000;
    let run = |step_ms: u64| {
        let mut node = Node::new();
        node.bind("live", liveness());
        for at in (0..END_MS).step_by(usize::try_from(step_ms).expect("a step")) {
            node.run_until(at);
        }
        node.run_until(END_MS);
        node
    };
    let whole = run(END_MS);
    for step_ms in [1, 16, 100, 1_000, 1_013, 60_000] {
        let other = run(step_ms);
        assert_eq!(other.log, whole.log, "steps of {step_ms} ms");
        assert_eq!(other.events, whole.events, "steps of {step_ms} ms");
        assert_eq!(other.decisions, whole.decisions, "steps of {step_ms} ms");
    }
    let first = |text: &str| whole.times(text).first().copied();
    let starts: Vec<u64> = (0..=4).filter_map(|n| first(&format!("running#{n}"))).collect();
    assert_eq!(starts.len(), 5, "{:#?}", whole.log);
    for pair in starts.windows(2) {
        assert!((23_000..=25_000).contains(&(pair[1] - pair[0])), "{starts:?}");
    }
    let held: Vec<(u64, &str)> =
        whole.log.iter().filter_map(|(at, line)| Some((*at, line.split_once("CrashLoopBackOff#")?.1))).collect();
    assert_eq!(held.first().map(|(_, restarts)| *restarts), Some("4"), "{held:?}");
    for (at, restarts) in held {
        let next: u32 = restarts.parse().expect("a count");
        let Some(start) = first(&format!("running#{}", next + 1)) else { continue };
        // The wait, counted from the end of the container, and the jitter of the pod's next sync: up to a half of it,
        // at most 30 s, and the ticks of the kubelet's clocks.
        let wait_ms: u64 = [40_000, 80_000, 160_000, 300_000][(next as usize - 4).min(3)];
        let waited_ms = start - at;
        assert!((wait_ms - 2_000..=wait_ms + 33_000).contains(&waited_ms), "restart {next}: {waited_ms} ms");
    }
}

#[test]
fn one_big_step_and_many_small_ones_tell_the_same_story() {
    let (mut big, mut small) = (Node::new(), Node::new());
    big.bind("live", liveness());
    small.bind("live", liveness());
    big.run_until(400_000);
    for at in (0..=400_000).step_by(137) {
        small.run_until(at);
    }
    small.run_until(400_000);
    assert_eq!(big.log, small.log);
}
