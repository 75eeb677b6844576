//! Many simulated hours of pods that crash and requests that go on: what is held stays bounded.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, reason = "a test's panic is its answer")]

use hellok8s_lab::lab::{Lab, LabOptions};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Simulated hours, unless `SOAK_HOURS` says otherwise.
const HOURS: u64 = 4;
/// Pods that crash again and again, unless `SOAK_PODS` says otherwise.
const PODS: u64 = 20;

#[allow(clippy::disallowed_methods, reason = "how long the test is is nothing that the engine reads")]
fn wanted(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What has been asked for and not given back, in MiB: as many on every machine.
fn held_mib() -> usize {
    ALLOCATED.current_usage() >> 20
}

/// What the system has given this process, in MiB: more, because what is given back leaves gaps.
#[allow(clippy::disallowed_methods, reason = "the system is asked, not the engine")]
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn crashing(pods: u64) -> Lab {
    let mut lab = Lab::new(&LabOptions::default());
    lab.submit(0, "kubectl apply -f deployment.yaml");
    lab.submit(0, "kubectl expose deployment hellok8s-deployment --port=3000");
    lab.submit(0, "lab traffic hellok8s-deployment 10");
    lab.submit(
        0,
        &format!("kubectl create deployment bad --image=busybox --replicas={pods} -- sh -c 'sleep 1; exit 1'"),
    );
    lab
}

#[test]
fn hours_of_crashes_hold_no_more_than_the_first_ones() {
    let (hours, pods) = (wanted("SOAK_HOURS", HOURS), wanted("SOAK_PODS", PODS));
    let mut lab = crashing(pods);
    let mut held = vec![held_mib()];
    let mut tasks = vec![0];
    for hour in 1..=hours {
        for _ in 0..3600 {
            lab.run_until(lab.now() + 1_000);
            drop(lab.take_output(0));
        }
        held.push(held_mib());
        let cluster = lab.cluster();
        tasks.push(cluster.visits().tasks);
        let events = cluster.api.store().list(hellok8s_lab::api::Kind::Event, None).count();
        println!(
            "hour {hour}: {} MiB of {}, {events} events, log {}, decisions {}, tasks {}",
            held.last().expect("pushed"),
            resident_mib(),
            cluster.log().len(),
            cluster.decisions().len(),
            cluster.visits().tasks
        );
    }
    // What is put off does not come more often from hour to hour.
    let of_hour: Vec<usize> = tasks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(of_hour.iter().skip(2).all(|tasks| *tasks <= of_hour[1] * 5 / 4), "{of_hour:?} tasks");
    // In the last quarter no more than before it, but for copies of moments that have become fewer and share less.
    let before = usize::try_from(hours * 3 / 4).ok().and_then(|at| held.get(at)).copied().unwrap_or_default();
    let last = held.last().copied().unwrap_or_default();
    assert!(last <= before + before / 3 + 16, "{held:?} MiB");
}

#[test]
fn an_event_is_stored_for_an_hour_after_its_last_write() {
    let mut lab = Lab::new(&LabOptions::default());
    lab.submit(0, "kubectl create deployment web --image=nginx");
    lab.run_until(lab.now() + 60_000);
    let count = |lab: &Lab| lab.cluster().api.store().list(hellok8s_lab::api::Kind::Event, None).count();
    let there = count(&lab);
    assert!(there > 4, "{there}");
    let mut jumped = lab.clone();
    lab.run_until(lab.now() + 3_500_000);
    assert_eq!(count(&lab), there);
    lab.run_until(lab.now() + 100_000);
    assert_eq!(count(&lab), 0);
    // It is deleted at its moment, however time passes.
    jumped.run_until(lab.now());
    let told = |lab: &Lab| {
        let log = lab.cluster().log();
        log.iter().map(|event| (event.at, event.object.metadata().uid.clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&jumped), told(&lab));
}
