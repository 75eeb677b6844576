//! `hellok8s-lab fuzz`: random worlds until enough seeds were played or enough time has passed.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "how long is played decides nothing of a world"
)]

use std::fs;

use hellok8s_lab::fuzz::{self, Finding};
use hellok8s_lab::session::Session;

use super::arguments::FuzzOptions;

/// Plays; every finding is printed and kept as a session.
///
/// # Errors
/// When something was found, or a file could not be read.
pub fn run(options: &FuzzOptions) -> Result<(), String> {
    if let Some(path) = &options.session {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let session = Session::parse(text.trim()).map_err(|error| format!("{}: {error:?}", path.display()))?;
        return match fuzz::play_session(&session) {
            None => {
                println!("every invariant holds");
                Ok(())
            }
            Some(violation) => Err(violation.to_string()),
        };
    }
    let deadline = options.minutes.map(|minutes| Clock::now().after_minutes(minutes));
    let mut found = 0_u64;
    let mut played = 0_u64;
    for seed in options.first..options.first.saturating_add(options.seeds) {
        if deadline.as_ref().is_some_and(Clock::is_over) {
            break;
        }
        played += 1;
        if let Some(finding) = fuzz::run(seed) {
            found += 1;
            tell(&finding)?;
        }
    }
    println!("{played} worlds, {found} findings");
    if found > 0 { Err(format!("{found} of {played} worlds break an invariant")) } else { Ok(()) }
}

fn tell(finding: &Finding) -> Result<(), String> {
    let path = format!("fuzz-{}.json", finding.seed);
    println!("seed {}: {}", finding.seed, finding.violation);
    let text = finding.session.to_text();
    fs::write(&path, format!("{text}\n")).map_err(|error| format!("{path}: {error}"))?;
    println!("  {path}: {text}\n  again: hellok8s-lab fuzz --session {path}");
    Ok(())
}

/// The clock of the machine: it bounds how long is played, and nothing that is played reads it.
struct Clock(std::time::Instant);

impl Clock {
    fn now() -> Self {
        Self(std::time::Instant::now())
    }

    fn after_minutes(self, minutes: u64) -> Self {
        let span = std::time::Duration::from_secs(minutes.saturating_mul(60));
        Self(self.0.checked_add(span).unwrap_or(self.0))
    }

    fn is_over(&self) -> bool {
        std::time::Instant::now() >= self.0
    }
}
