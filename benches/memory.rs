//! `cargo bench --bench memory`: what the state of a pod takes.
//!
//! Makes pods, lets two hours pass, in which events and the logs' entries become old and go, and prints how many bytes are
//! free once such a lab is dropped, for each pod that it has more than another one.

// This is no part of the simulation: it may look at floats to print.
#![allow(clippy::disallowed_types, clippy::float_arithmetic, clippy::cast_precision_loss)]
#![allow(clippy::panic)]

use hellok8s_lab::lab::Lab;
use peak_alloc::PeakAlloc;

#[path = "../tests/rollouts/mod.rs"]
mod rollouts;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const FEW: usize = 100;
const TWO_HOURS_MS: u64 = 7_200_000;

/// Bytes that only this value holds.
fn held<T>(value: T) -> usize {
    let before = ALLOCATED.current_usage();
    drop(value);
    before - ALLOCATED.current_usage()
}

fn lab(pods: usize) -> Lab {
    let mut lab = rollouts::lab().ahead();
    rollouts::roll_out(&mut lab, "v1", pods);
    lab
}

fn main() {
    let sizes: Vec<usize> =
        std::env::args().skip(1).filter_map(|word| word.parse().ok()).filter(|pods| *pods > FEW).collect();
    let [fresh, rested] = [0, TWO_HOURS_MS].map(|ms| {
        move |pods: usize| {
            let mut lab = lab(pods);
            lab.run_until(lab.now() + ms);
            held(lab)
        }
    });
    let (few_fresh, few_rested) = (fresh(FEW), rested(FEW));
    println!("{:>6} {:>24} {:>24}", "pods", "bytes a pod, just made", "two hours later");
    for pods in if sizes.is_empty() { vec![1_000, 10_000] } else { sizes } {
        let of_one = |all: usize, few: usize| all.saturating_sub(few) as f64 / (pods - FEW) as f64;
        println!("{pods:>6} {:>24.0} {:>24.0}", of_one(fresh(pods), few_fresh), of_one(rested(pods), few_rested));
    }
}
