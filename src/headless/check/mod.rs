//! `check FILE.md`: types the commands of a Markdown tutorial into a lab and compares what they print with what the
//! tutorial says. docs/lessons.md has the rules.

mod compare;
mod junit;
mod markdown;
mod names;
mod player;

use std::fs;
use std::path::{Path, PathBuf};

use hellok8s_lab::api::KubernetesVersion;
use hellok8s_lab::lab::LabOptions;
use hellok8s_lab::manifest;

use junit::Case;
use markdown::{Command, Part};
use player::Player;

/// How to check a tutorial.
#[derive(Default)]
pub struct CheckOptions {
    /// The tutorial.
    pub file: PathBuf,
    /// Whether to write what was printed into it.
    pub is_update: bool,
    /// Where what was found goes as JUnit's XML.
    pub junit: Option<PathBuf>,
    /// Folder with the lab's first files.
    pub dir: Option<PathBuf>,
    /// Seed.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// What was found.
#[derive(Default)]
struct Report {
    text: String,
    commands: usize,
    compared: usize,
    different: usize,
    cases: Vec<Case>,
    /// Lines of the tutorial, from and to, and what is to stand there.
    replacements: Vec<(usize, usize, Vec<String>)>,
}

/// Checks a tutorial and prints the differences.
pub fn run(options: &CheckOptions) -> Result<(), String> {
    let shown = options.file.display().to_string();
    let text = fs::read_to_string(&options.file).map_err(|error| format!("{shown}: {error}"))?;
    let begin = LabOptions { seed: options.seed, version: options.version };
    let lab = super::session::lab_with(options.dir.as_deref(), &begin)?;
    let parts = markdown::parts(&text, &|command| lab.is_incomplete(command));
    let lines: Vec<&str> = text.lines().collect();
    let mut player = Player::new(lab);
    let mut report = Report::default();
    for part in &parts {
        match part {
            Part::File { line, name, text } => {
                write_file(&mut player, name.as_deref(), text, *line, &shown, &mut report)
            }
            Part::Command(command) => play(&mut player, command, &lines, &shown, &mut report),
        }
    }
    finish(options, &text, &shown, report)
}

fn finish(options: &CheckOptions, text: &str, shown: &str, report: Report) -> Result<(), String> {
    if options.is_update {
        let changed = report.replacements.len();
        if changed > 0 {
            fs::write(&options.file, replaced(text, report.replacements))
                .map_err(|error| format!("{shown}: {error}"))?;
        }
        println!("{shown}: {changed} outputs rewritten");
        return Ok(());
    }
    print!("{}", report.text);
    if let Some(path) = &options.junit {
        fs::write(path, junit::xml(shown, &report.cases)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let summary =
        format!("{} commands, {} outputs compared, {} differ", report.commands, report.compared, report.different);
    println!("{shown}: {summary}");
    if report.different > 0 { Err("the tutorial differs from the lab".to_owned()) } else { Ok(()) }
}

/// Writes a block of the tutorial into the lab's files: under its name, or over the file that holds the same object,
/// or else over the one that was written last.
fn write_file(player: &mut Player, name: Option<&str>, text: &str, line: usize, shown: &str, report: &mut Report) {
    let object = identity(text);
    let same = || {
        let mut files = player.lab().files().iter();
        object
            .as_ref()
            .and_then(|_| files.find(|(_, known)| identity(known) == object))
            .map(|(name, _)| name.to_owned())
    };
    let name = name.map(str::to_owned).or_else(same).or_else(|| player.last_file().map(str::to_owned));
    match name {
        Some(name) if object.is_some() || Path::new(&name).extension().is_some() => player.write(&name, text),
        _ => report.text.push_str(&format!("{shown}:{}: a file without a name is left out\n", line + 1)),
    }
}

/// Kind and name of a text's first object.
fn identity(text: &str) -> Option<(String, String)> {
    let documents = manifest::parse("", text).ok()?;
    let value = &documents.first()?.value;
    let kind = value.get("kind")?.as_str()?;
    Some((kind.to_owned(), value.get("metadata")?.get("name")?.as_str()?.to_owned()))
}

fn play(player: &mut Player, command: &Command, lines: &[&str], shown: &str, report: &mut Report) {
    report.commands += 1;
    let place = format!("{shown}:{}: $ {}", command.line + 1, command.text);
    let Some(printed) = &command.printed else {
        let (output, exit_code) = player.run(&command.text);
        let mut failure = None;
        if exit_code != 0 {
            report.different += 1;
            let output: String = output.lines().map(|line| format!("+{line}\n")).collect();
            let text = format!("fails with exit code {exit_code}, which the tutorial does not show\n{output}");
            report.text.push_str(&format!("{place}\n{text}\n"));
            failure = Some(("The command fails.", text));
        }
        report.cases.push(Case { line: command.line + 1, command: command.text.clone(), failure });
        return;
    };
    report.compared += 1;
    let expected: Vec<String> = printed.texts(lines);
    let output = player.run_until_printed(&command.text, &expected);
    let output: Vec<String> = output.lines().map(|line| line.trim_end().to_owned()).collect();
    let mut case = Case { line: command.line + 1, command: command.text.clone(), failure: None };
    if compare::fits(&expected, &output) {
        report.cases.push(case);
        return;
    }
    report.different += 1;
    let difference = compare::unified(&expected, &output, printed.from + 1);
    report.text.push_str(&format!("{place}\n{difference}\n"));
    case.failure = Some(("The command prints something else.", difference));
    report.cases.push(case);
    let new = output.iter().map(|line| format!("{}{line}", printed.prefix).trim_end().to_owned()).collect();
    report.replacements.push((printed.from, printed.to, new));
}

/// The text with some of its lines replaced.
fn replaced(text: &str, replacements: Vec<(usize, usize, Vec<String>)>) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for (from, to, new) in replacements.into_iter().rev() {
        lines.splice(from..to, new);
    }
    lines.join("\n")
}
