//! `cargo bench`: how long the engine takes for what a visitor of the page may ask of it.
//!
//! Prints a line each: what, milliseconds, and how much simulated time or how many watch events that was.
//!
//! `cargo bench --bench engine -- scale` makes and rolls 100, 1,000, 3,000 and 10,000 pods, or as many as the numbers
//! behind it say, and prints what a pod costs in each; `-- forecast` looks ahead at such a rollout. docs/performance.md has
//! the figures.

// This is no part of the simulation: it may look at the clock, and at floats to print.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic, clippy::cast_precision_loss)]
#![allow(clippy::panic)]

use std::time::Instant;

use hellok8s_lab::lab::forecast::{Forecaster, Strategy};
use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::sim::SimTime;

#[path = "../tests/rollouts/mod.rs"]
mod rollouts;

use rollouts::{apply, type_line, until_ready};

fn measure<T>(what: &str, act: impl FnOnce() -> (T, String)) -> T {
    let began = Instant::now();
    let (outcome, note) = act();
    println!("{what:<52} {:>10.1} ms   {note}", began.elapsed().as_secs_f64() * 1000.0);
    outcome
}

fn rollout(pods: usize) -> Lab {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    measure(&format!("{pods} pods are made"), || {
        apply(&mut lab, "v1", pods);
        let seconds = until_ready(&mut lab, pods);
        ((), format!("{seconds} s simulated, {} watch events", lab.cluster().log().len()))
    });
    let before = lab.cluster().log().len();
    measure(&format!("{pods} pods are rolled out anew"), || {
        apply(&mut lab, "v2", pods);
        let seconds = until_ready(&mut lab, pods);
        ((), format!("{seconds} s simulated, {} watch events", lab.cluster().log().len() - before))
    });
    lab
}

fn hour() {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    apply(&mut lab, "liveness", 100);
    measure("an hour of 100 pods that crash again and again", || {
        for second in 1..=3600 {
            lab.run_until(SimTime(second * 1000));
        }
        ((), format!("{} watch events", lab.cluster().log().len()))
    });
    let mut longest = 0.0_f64;
    let mut total = 0.0_f64;
    // Places spread over the hour, in no order.
    let places: Vec<u64> = (0..60).map(|number| (number * 37 % 60) * 60_000 + 31_415).collect();
    for place in &places {
        let began = Instant::now();
        lab.seek(SimTime(*place));
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        longest = longest.max(ms);
        total += ms;
    }
    println!("{:<52} {:>10.1} ms   longest {longest:.1} ms", "a seek in that hour", total / places.len() as f64);
}

/// Pods that come to rest, and then what a forecast of their rollout costs, as the page makes one: of one run, because they
/// are many.
fn forecasts(sizes: &[usize]) {
    let began = Instant::now();
    for &pods in sizes {
        let mut lab = rollouts::lab().ahead();
        rollouts::roll_out(&mut lab, "v1", pods);
        lab.write("web.yaml", &rollouts::manifest("v2", pods));
        let start = cpu_seconds(began);
        let forecaster = Forecaster::new(&lab, &Timeline::default(), "web.yaml", &Strategy::AsWritten, &[]);
        let forecast = forecaster.with_one_run().finish();
        let seconds = cpu_seconds(began) - start;
        println!("a forecast of {pods:>6} pods {seconds:>8.3} s of CPU   {:?}", forecast.outcome);
    }
}

fn copies(lab: &Lab) {
    let copy = measure("a copy of a cluster with 1000 pods", || (lab.cluster().clone(), String::new()));
    measure("a minute of it ahead", || {
        let mut copy = copy;
        copy.run_until(lab.now() + 60_000);
        ((), format!("{} watch events", copy.log().len() - lab.cluster().log().len()))
    });
}

fn traffic() {
    let mut lab = Lab::new(&LabOptions { seed: 1, ..LabOptions::default() });
    apply(&mut lab, "v1", 3);
    type_line(&mut lab, "kubectl expose deployment web --port 80 --target-port 3000");
    type_line(&mut lab, "lab traffic web 100");
    measure("an hour of 100 requests a second", || {
        for second in 1..=3600 {
            lab.run_until(SimTime(second * 1000));
        }
        ((), format!("{} answers", lab.cluster().traffic().totals().answered))
    });
}

/// Seconds of CPU that this process has used; where the system does not say so, seconds since `began`.
fn cpu_seconds(began: Instant) -> f64 {
    let used = std::fs::read_to_string("/proc/self/schedstat").ok();
    let used = used.as_deref().and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    used.map_or_else(|| began.elapsed().as_secs_f64(), |nanoseconds| nanoseconds as f64 / 1e9)
}

/// A number that another watch log would hardly have (FNV-1a over what the log says): to see that it is still the same.
fn fingerprint(lab: &Lab) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for event in lab.cluster().log().iter() {
        for byte in format!("{event:?}").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

/// Makes and rolls so many pods, behind a service, in a cluster without a way back in time.
fn scale(sizes: &[usize]) {
    println!(
        "{:>6} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}  watch log",
        "pods", "made s", "rolled s", "total s", "us a pod", "x first", "events", "seen", "ranked"
    );
    let began = Instant::now();
    let mut first = None;
    for &pods in sizes {
        let mut lab = rollouts::lab().ahead();
        let start = cpu_seconds(began);
        apply(&mut lab, "v1", pods);
        until_ready(&mut lab, pods);
        let made = cpu_seconds(began);
        apply(&mut lab, "v2", pods);
        until_ready(&mut lab, pods);
        let rolled = cpu_seconds(began);
        let cost = (rolled - start) * 1e6 / pods as f64;
        let ratio = cost / *first.get_or_insert(cost);
        println!(
            "{pods:>6} {:>8.3} {:>8.3} {:>8.3} {cost:>9.0} {ratio:>9.2} {:>9} {:>9} {:>9}  {:016x}",
            made - start,
            rolled - made,
            rolled - start,
            lab.cluster().log().len(),
            lab.cluster().visits().seen,
            lab.cluster().visits().ranked,
            fingerprint(&lab)
        );
    }
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let sizes: Vec<usize> = only.iter().filter_map(|word| word.parse().ok()).collect();
    if is_wanted("rollout") {
        let lab = rollout(1_000);
        copies(&lab);
    }
    if is_wanted("scale") {
        scale(if sizes.is_empty() { &[100, 1_000, 3_000, 10_000] } else { &sizes });
    }
    if is_wanted("forecast") {
        forecasts(if sizes.is_empty() { &[1_000, 10_000] } else { &sizes });
    }
    if is_wanted("hour") {
        hour();
    }
    if is_wanted("traffic") {
        traffic();
    }
}
