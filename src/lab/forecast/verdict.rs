//! A forecast in one word and the sentences behind it, for those who have to decide by it.

use super::{Asked, Change, Forecast, Gap, Outcome};
use crate::network::Loss;

/// What a change does, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It rolls out.
    RollsOut,
    /// Nothing changes.
    Unchanged,
    /// A Deployment or a Service that answered has nothing that answers for a while, or for good.
    Interrupts,
    /// It does not come to its end.
    Stalls,
    /// The API server, or kubectl before it, refuses it.
    Refused,
    /// Something decides that is not simulated.
    Unknown,
}

impl Ending {
    /// As JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RollsOut => "rolls-out",
            Self::Unchanged => "unchanged",
            Self::Interrupts => "interrupts",
            Self::Stalls => "stalls",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// A forecast, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In one word.
    pub ending: Ending,
    /// After how many seconds it ends: in the quickest run, rounded down, and in the slowest, rounded up.
    pub seconds: (u64, u64),
    /// The fewest pods that are available on the way, over all Deployments.
    pub fewest_available: i32,
    /// The most pods at once, those that are terminating left out.
    pub most_pods: i32,
    /// Why, in sentences.
    pub because: String,
}

impl Verdict {
    /// Judges a forecast. `answer` is what kubectl said of the change. What goes wrong counts more than what is slow:
    /// a rollout that interrupts and then stalls, stalls. Where there is traffic the requests that are lost decide whether
    /// it interrupts, and not the moments in which nothing could have answered.
    pub fn of(forecast: &Forecast, answer: &str) -> Self {
        let is_unchanged = answer.lines().all(|line| line.ends_with(" unchanged"));
        let (ending, because) = match (&forecast.change, forecast.outcome) {
            (Change::Refused(answer), _) => (Ending::Refused, answer.clone()),
            (_, Outcome::Stalls { .. } | Outcome::Open { .. }) => (Ending::Stalls, stalls(forecast)),
            _ if is_noticed(forecast) => (Ending::Interrupts, interrupts(forecast)),
            (Change::Nothing, _) if is_unchanged => (Ending::Unchanged, "Nothing in the cluster changes.".to_owned()),
            _ => (Ending::RollsOut, rolls_out(forecast)),
        };
        let seconds = match (ending, forecast.outcome) {
            (Ending::Refused | Ending::Unchanged, _) => (0, 0),
            (_, Outcome::Completes { shortest_ms, longest_ms }) => (shortest_ms / 1000, longest_ms.div_ceil(1000)),
            (_, Outcome::Stalls { after_ms: ms } | Outcome::Open { looked_ms: ms }) => (ms / 1000, ms.div_ceil(1000)),
        };
        let (fewest_available, most_pods) = (forecast.fewest_available, forecast.most_pods);
        Self { ending, seconds, fewest_available, most_pods, because }
    }

    /// The same where something that is not simulated may decide. What goes wrong without it is told all the same.
    pub fn undecided(self, because: &str) -> Self {
        match self.ending {
            Ending::RollsOut | Ending::Unchanged => {
                Self { ending: Ending::Unknown, because: format!("{because} But for that: {}", self.because), ..self }
            }
            _ => self,
        }
    }
}

/// Whether somebody is without an answer because of the change: those who ask, or, where nobody asks, those who would.
fn is_noticed(forecast: &Forecast) -> bool {
    let is_asked = |gap: &Gap| forecast.asked.iter().any(|asked| asked.notices(gap));
    forecast.asked.iter().any(Asked::is_worse) || forecast.gaps.iter().any(|gap| !is_asked(gap))
}

fn rolls_out(forecast: &Forecast) -> String {
    let mut said = match forecast.change {
        Change::Nothing => "No Deployment changes.".to_owned(),
        Change::Creates => "All pods become available.".to_owned(),
        Change::Scales { from, to } => format!("It is scaled from {from} to {to}, without a rollout."),
        Change::Adjusts => "No pod is replaced.".to_owned(),
        Change::RollsOut | Change::Refused(_) if !forecast.gaps.is_empty() => "All pods are replaced.".to_owned(),
        Change::RollsOut | Change::Refused(_) => {
            "All pods are replaced, and something answers all the time.".to_owned()
        }
    };
    if forecast.restarts > 0 {
        said.push_str(&format!(" Containers start again, {} times within a minute of that.", forecast.restarts));
    }
    for sentence in forecast.asked.iter().map(asked).chain(forecast.gaps.iter().map(gap)) {
        said.push_str(&format!(" {sentence}"));
    }
    said
}

fn interrupts(forecast: &Forecast) -> String {
    let said: Vec<String> = forecast.asked.iter().map(asked).chain(forecast.gaps.iter().map(gap)).collect();
    said.join(" ")
}

/// What becomes of the requests to a service.
fn asked(asked: &Asked) -> String {
    let Asked { per_second, before, since, .. } = asked;
    let name = asked.service.strip_prefix("default/").unwrap_or(&asked.service);
    let fates = Loss::ALL.iter().zip(since.lost).map(|(loss, count)| (loss.as_str(), count));
    let fates = fates.chain([("answered with an error", since.errors)]).filter(|(_, count)| *count > 0);
    let fates: Vec<String> = fates.map(|(fate, count)| format!("{count} {fate}")).collect();
    let failed = if fates.is_empty() { "none".to_owned() } else { since.failed().to_string() };
    let mut said = format!("At {per_second} requests a second Service {name} loses {failed} of {}", since.ended());
    if !fates.is_empty() {
        said.push_str(&format!(" ({})", fates.join(", ")));
    }
    if before.failed() > 0 {
        said.push_str(&format!("; before the change already {} of {}", before.failed(), before.ended()));
    }
    said + "."
}

fn gap(gap: &Gap) -> String {
    let (kind, name) = (gap.kind.as_str(), gap.name.strip_prefix("default/").unwrap_or(&gap.name));
    let what = if kind == "Service" { "ready endpoint" } else { "available pod" };
    if !gap.ends {
        return format!("{kind} {name} has no {what} in the end.");
    }
    // Tenths, rounded up: a gap is never told as none.
    let tenths = gap.length_ms.div_ceil(100);
    format!("{kind} {name} has no {what} for {}.{} s.", tenths / 10, tenths % 10)
}

fn stalls(forecast: &Forecast) -> String {
    let mut said: Vec<String> =
        forecast.standstill.iter().map(|line| format!("{}.", line.trim_end_matches('.'))).collect();
    if said.is_empty() {
        said.push("It does not come to its end.".to_owned());
    }
    said.extend(forecast.asked.iter().map(asked).chain(forecast.gaps.iter().map(gap)));
    said.join(" ")
}
