//! A session as other people's tools read it.

use super::replay::{Line, Reopened, What};
use crate::lab::HIDDEN_TERMINAL;
use crate::sim::SimTime;

/// The lines of a session file, as `hellok8s-lab run` reads it: one terminal in which every command is typed at the
/// moment at which it was typed here. What ran while something else was done runs in the background there.
pub fn kubectl_session(reopened: &Reopened) -> String {
    let config = reopened.lab.cluster().config();
    let mut text = format!("# hellok8s-lab run --seed {} --k8s {} SESSION\n", config.seed, config.version.as_str());
    if let Some(progress) = &reopened.progress {
        let start = &progress.lesson().start;
        start.files.iter().for_each(|(file, content)| text.push_str(&here_document(file, content)));
        start.run.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    let mut now = reopened.began;
    for (index, line) in reopened.lines.iter().enumerate() {
        let later = reopened.lines.get(index + 1..).unwrap_or_default();
        match &line.what {
            What::Command(command) => {
                sleep_until(&mut text, &mut now, line.at);
                let (command, end) = as_typed_alone(command, line, later, reopened.lab.now());
                text.push_str(&format!("{command}\n"));
                // While a command runs, the next line waits.
                now = now.max(end.unwrap_or(now));
            }
            What::Wrote { file, text: content } if !is_overwritten(file, later) => {
                sleep_until(&mut text, &mut now, line.at);
                text.push_str(&here_document(file, content));
            }
            _ => {}
        }
    }
    sleep_until(&mut text, &mut now, reopened.lab.now());
    text
}

fn sleep_until(text: &mut String, now: &mut SimTime, at: SimTime) {
    if at > *now {
        text.push_str(&format!("sleep {}\n", seconds(at.ms_since(*now))));
        *now = at;
    }
}

/// Whether the editor wrote this file once more before anything could read it.
fn is_overwritten(file: &str, later: &[Line]) -> bool {
    let before_next = later.iter().take_while(|line| !matches!(line.what, What::Command(_)));
    before_next.into_iter().any(|line| matches!(&line.what, What::Wrote { file: other, .. } if other == file))
}

/// A command as it is typed when there is one terminal only, and when it ends if the session waits for it.
fn as_typed_alone(command: &str, typed: &Line, later: &[Line], last: SimTime) -> (String, Option<SimTime>) {
    let mine = |line: &&Line| line.terminal == typed.terminal;
    let end = later.iter().filter(mine).find(|line| matches!(line.what, What::Ended(_) | What::Interrupted));
    let until = end.map_or(last, |line| line.at);
    let is_input = |line: &&Line| matches!(line.what, What::Command(_) | What::Wrote { .. });
    let is_overtaken = later.iter().take_while(|line| line.at < until).any(|line| is_input(&line));
    let was_cut = end.is_none_or(|line| line.what == What::Interrupted);
    let mut command = command.trim_end().trim_end_matches('&').trim_end().to_owned();
    let takes = until.ms_since(typed.at);
    if was_cut && takes > 0 {
        command = format!("timeout {} {command}", seconds(takes));
    }
    if is_overtaken {
        return (format!("{command} &"), None);
    }
    (command, Some(until))
}

fn here_document(file: &str, text: &str) -> String {
    let mut end = "EOF".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    let line_feed = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("cat > '{}' <<'{end}'\n{text}{line_feed}{end}\n", file.replace('\'', r"'\''"))
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) {
        return (ms / 1000).to_string();
    }
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// What was typed and printed, as a tutorial shows it: every command behind `$ ` with its output in a fenced block, the
/// manifests that were written before it in blocks of their own. `hellok8s-lab check` reads it.
pub fn markdown(reopened: &Reopened) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for (index, line) in reopened.lines.iter().enumerate() {
        let later = reopened.lines.get(index + 1..).unwrap_or_default();
        match &line.what {
            What::Wrote { file, text } if !is_overwritten(file, later) => {
                let language = file.rsplit_once('.').map(|(_, end)| end).filter(|end| FILES.contains(end));
                blocks.push(match language {
                    Some(language) => fenced(&format!("{language} title={file:?}"), text),
                    None => fenced("console", &prompted(&here_document(file, text))),
                });
            }
            What::Command(command) if line.terminal < HIDDEN_TERMINAL => {
                blocks.push(fenced("console", &format!("{}{}", prompted(command), output_of(line, later))));
            }
            _ => {}
        }
    }
    blocks.join("\n")
}

/// Files that have a block of their own.
const FILES: [&str; 3] = ["yaml", "yml", "json"];

/// A command behind its prompts.
fn prompted(command: &str) -> String {
    let lines = command.trim_end().lines().enumerate();
    lines.map(|(at, line)| format!("{} {line}\n", if at == 0 { '$' } else { '>' })).collect()
}

/// What a command printed until the next one was typed into its terminal.
fn output_of(typed: &Line, later: &[Line]) -> String {
    let mine = later.iter().filter(|line| line.terminal == typed.terminal);
    let until_next = mine.take_while(|line| !matches!(line.what, What::Command(_)));
    let texts = until_next.filter_map(|line| match &line.what {
        What::Out(text) | What::Err(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn fenced(head: &str, text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let line_feed = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{head}\n{text}{line_feed}{fence}\n")
}
