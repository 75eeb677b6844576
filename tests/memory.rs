//! What is held of pods is shared between their versions: counted in bytes that are asked for, which no machine changes.
//! One test alone in its process, because it counts what all of the process holds. `cargo bench --bench memory` has more.
#![cfg(not(target_arch = "wasm32"))]

use peak_alloc::PeakAlloc;

mod rollouts;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Bytes for each pod just after it was made, with the log and the events of that.
const MOST_BYTES: usize = 34_000;

/// Bytes that a lab with so many pods holds just after it was made, with the log of it.
fn held(pods: usize) -> usize {
    let mut lab = rollouts::lab().ahead();
    rollouts::roll_out(&mut lab, "v1", pods);
    let before = ALLOCATED.current_usage();
    drop(lab);
    before - ALLOCATED.current_usage()
}

#[test]
fn what_a_pod_holds_is_bounded() {
    let (few, many) = (held(100), held(300));
    let each = (many - few) / 200;
    println!("{each} bytes a pod");
    assert!(each <= MOST_BYTES, "{each} bytes a pod");
}
