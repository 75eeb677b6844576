//! A forecast as a paragraph, as JSON and as Markdown.

use hellok8s_lab::lab::forecast::{Asked, Ending, Verdict};
use serde::Serialize;
use serde_json::{Value, json};

use super::Told;
use super::unsimulated::Note;

/// The contract with scripts: docs/forecast.md.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    outcome: &'static str,
    seconds: [u64; 2],
    fewest_available: i32,
    most_pods: i32,
    because: &'a str,
    not_simulated: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    traffic: Vec<Value>,
}

/// One JSON object.
pub fn json(told: &Told) -> String {
    let Verdict { ending, seconds, fewest_available, most_pods, because } = &told.verdict;
    let answer = Answer {
        outcome: ending.as_str(),
        seconds: [seconds.0, seconds.1],
        fewest_available: *fewest_available,
        most_pods: *most_pods,
        because,
        not_simulated: told.not_simulated.iter().map(line).collect(),
        traffic: told.asked.iter().map(traffic).collect(),
    };
    serde_json::to_string(&answer).unwrap_or_default() + "\n"
}

fn traffic(asked: &Asked) -> Value {
    let (before, since) = (&asked.before, &asked.since);
    json!({
        "service": asked.service,
        "perSecond": asked.per_second,
        "requests": since.ended(),
        "lost": since.failed(),
        "lostBefore": before.failed(),
    })
}

/// A paragraph, and a line for each thing that is not simulated.
pub fn text(told: &Told) -> String {
    let verdict = &told.verdict;
    let mut text = format!("{}: {}", words(verdict.ending), verdict.because);
    if let Some(figures) = figures(told) {
        text.push_str(&format!(" {figures}."));
    }
    text.push('\n');
    for note in &told.not_simulated {
        text.push_str(&format!("not simulated: {}\n", line(note)));
    }
    text
}

/// For a comment below a change.
pub fn markdown(told: &Told) -> String {
    let verdict = &told.verdict;
    // What is refused has lines of its own.
    let because = verdict.because.replace('\n', "  \n");
    let mut text = format!("**This change {}.** {because}\n", sentence(verdict.ending));
    if let Some(figures) = figures(told) {
        text.push_str(&format!("\n{figures}.\n"));
    }
    if !told.not_simulated.is_empty() {
        text.push_str("\nNot simulated:\n\n");
        for note in &told.not_simulated {
            text.push_str(&format!("- `{}` ({}): {}\n", note.path, note.object, note.text));
        }
    }
    text
}

/// `spec.hostNetwork: what follows (Deployment web)`.
fn line(note: &Note) -> String {
    format!("{}: {} ({})", note.path, note.text, note.object)
}

fn words(ending: Ending) -> &'static str {
    match ending {
        Ending::RollsOut => "rolls out",
        Ending::Unchanged => "unchanged",
        Ending::Interrupts => "interrupts service",
        Ending::Stalls => "stalls",
        Ending::Refused => "refused",
        Ending::Unknown => "cannot say",
    }
}

fn sentence(ending: Ending) -> &'static str {
    match ending {
        Ending::RollsOut => "rolls out",
        Ending::Unchanged => "changes nothing",
        Ending::Interrupts => "interrupts service",
        Ending::Stalls => "stalls",
        Ending::Refused => "is refused",
        Ending::Unknown => "may do something that is not simulated",
    }
}

/// The figures, where something was played through.
fn figures(told: &Told) -> Option<String> {
    let Verdict { ending, seconds, fewest_available, most_pods, .. } = &told.verdict;
    if told.runs == 0 || matches!(ending, Ending::Refused | Ending::Unchanged) {
        return None;
    }
    let time = if seconds.0 == seconds.1 { seconds.1.to_string() } else { format!("{} to {}", seconds.0, seconds.1) };
    let what = if *ending == Ending::Stalls { "given up after" } else { "over after" };
    let runs = if told.runs == 1 { "1 run".to_owned() } else { format!("{} runs", told.runs) };
    Some(format!(
        "In {runs} it is {what} {time} s, with at least {fewest_available} pods available and at most {most_pods} at once"
    ))
}
