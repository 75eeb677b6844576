//! A session: lines in, transcript out.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use hellok8s_lab::lab::problems::kept_fields;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::shell::Terminal;
use hellok8s_lab::sim::SimTime;
use serde_json::json;

use super::arguments::RunOptions;
use super::folder::{self, Folder};

/// A command that sleeps to a fixed moment may sleep for so long.
const LONGEST_SLEEP_MS: u64 = 7 * 24 * 3600 * 1000;

/// Every other one is ended after so much simulated time: it watches or turns, and would go on without end.
const LONGEST_COMMAND_MS: u64 = 3600 * 1000;

/// What is said of a command that was ended.
fn ended(after_ms: u64) -> String {
    format!(
        "# ended after {} minutes of simulated time: it would go on; say for how long with timeout, for example: timeout \
         60 watch kubectl get pods\n",
        after_ms / 60_000
    )
}

/// How often a command may set itself another alarm and still count as one that sleeps.
const SLEEPERS_WAKES: u32 = 10;

/// Runs a session and writes its logs. What is not simulated and may decide is said on standard error.
pub fn run(options: &RunOptions) -> Result<(), String> {
    let text = read_session(&options.session)?;
    let mut lab = lab_with(options.dir.as_deref(), &LabOptions { seed: options.seed, version: options.version })?;
    if options.timeline.is_some() || options.decisions.is_some() {
        lab.cluster_mut().keep_logs();
    }
    let mut out = std::io::stdout().lock();
    for command in Terminal::commands(&text) {
        let transcript = type_command(&mut lab, &command);
        out.write_all(transcript.as_bytes()).map_err(|error| error.to_string())?;
    }
    for field in kept_fields(lab.cluster()) {
        eprintln!("hellok8s-lab: not simulated: {}: {}", field.place, field.consequence.text);
    }
    if let Some(path) = &options.timeline {
        write_lines(
            path,
            lab.cluster().log().iter().map(|event| {
                json!({"t_ms": event.at.as_ms(), "type": event.kind.as_str(), "object": event.object.to_value()})
                    .to_string()
            }),
        )?;
    }
    if let Some(path) = &options.decisions {
        write_lines(path, lab.cluster().decisions().iter().map(|decision| json!(decision).to_string()))?;
    }
    Ok(())
}

fn read_session(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    } else {
        bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A lab with the files of a folder; without one, with the chapter's first manifest. What is left out of the folder is
/// said on standard error.
pub(super) fn lab_with(dir: Option<&Path>, options: &LabOptions) -> Result<Lab, String> {
    let Some(dir) = dir else { return Ok(Lab::new(options)) };
    let Folder { files, left_out, .. } = folder::read(dir)?;
    for line in left_out {
        eprintln!("hellok8s-lab: left out: {line}");
    }
    Ok(Lab::with_files(options, files))
}

/// Types one command and lets time pass until it ends.
fn type_command(lab: &mut Lab, command: &str) -> String {
    let shown = command.trim_start().strip_prefix("$ ").unwrap_or(command);
    if shown.trim().is_empty() || shown.trim_start().starts_with('#') {
        return format!("{shown}\n");
    }
    let mut transcript = format!("$ {shown}\n");
    lab.submit(0, shown);
    let began = lab.now();
    let mut wakes = (None, 0_u32);
    loop {
        transcript.extend(lab.take_output(0).into_iter().map(|chunk| chunk.text));
        if !lab.is_busy(0) {
            break;
        }
        if lab.edited().is_some() {
            transcript.push_str("# there is no editor here: set KUBE_EDITOR, for example to 'sed -i s/v1/v2/'\n");
            lab.end_edit();
            continue;
        }
        let next = lab.next_at();
        if lab.wakes_at(0) != wakes.0 {
            wakes = (lab.wakes_at(0), wakes.1 + 1);
        }
        let sleeps = wakes.0.is_some() && wakes.1 < SLEEPERS_WAKES;
        let longest_ms = if sleeps { LONGEST_SLEEP_MS } else { LONGEST_COMMAND_MS };
        if next == SimTime::NEVER || next.ms_since(began) > longest_ms {
            lab.interrupt(0);
            transcript.extend(lab.take_output(0).into_iter().map(|chunk| chunk.text));
            if next != SimTime::NEVER {
                transcript.push_str(&ended(lab.now().ms_since(began)));
            }
            break;
        }
        lab.step();
    }
    if lab.exit_code(0) != 0 {
        if !transcript.ends_with('\n') {
            transcript.push('\n');
        }
        transcript.push_str(&format!("# exit {}\n", lab.exit_code(0)));
    } else if !transcript.ends_with('\n') {
        transcript.push('\n');
    }
    transcript
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) -> Result<(), String> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
