//! Simulated time in words.

/// Simulated time as `1:05`, or `1:02:03` from an hour on.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Simulated time as `1:05.250`: for moments that lie close together.
pub fn exact(ms: u64) -> String {
    format!("{}.{:03}", clock(ms), ms % 1000)
}
