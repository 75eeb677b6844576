//! Recorded scenarios, typed again into the lab: what the simulated cluster does is what the real one did.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod recordings;

use recordings::Recording;

#[test]
fn every_recording_can_be_read() {
    for name in ["a", "b", "c", "d", "g", "h", "i", "j", "l", "m"] {
        let recording = Recording::read(name);
        let commands = recording.commands();
        assert!(commands.len() > 10, "{name}: {} commands", commands.len());
        assert!(commands.iter().all(|typed| !typed.output.contains("#[")), "{name}");
    }
}
