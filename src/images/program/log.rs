//! The log of a running program.

use super::{LogLine, MAX_LOG_LINES, Program};
use crate::images::Seconds;
use crate::sim::SimTime;
use crate::sorting;

impl Program {
    /// The log up to `until`, oldest first.
    pub fn log_lines(&self, until: SimTime) -> Vec<LogLine> {
        let end = self.exit.as_ref().map_or(until, |exit| exit.at.min(until));
        let mut lines: Vec<LogLine> = self.lines.iter().filter(|line| line.at <= until).cloned().collect();
        if self.script.is_none() {
            for rule in self.declaration.logs.iter().filter(|rule| !rule.on_request) {
                let mut at = self.started + rule.at_seconds.as_ms();
                let every_ms = rule.every_seconds.map_or(0, Seconds::as_ms);
                let count = end.ms_since(at).checked_div(every_ms).unwrap_or(0);
                at += count.saturating_sub(MAX_LOG_LINES as u64) * every_ms;
                while at <= end {
                    lines.push(LogLine { at, text: self.fill(&rule.line, at, "") });
                    if every_ms == 0 {
                        break;
                    }
                    at += every_ms;
                }
            }
            sorting::sort_by_key(&mut lines, |line| line.at);
        }
        let surplus = lines.len().saturating_sub(MAX_LOG_LINES);
        lines.drain(..surplus);
        lines
    }
}
