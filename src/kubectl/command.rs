//! Finds the command that a line names, reads its flags, runs it.

use crate::api::Time;
use crate::process::{Io, Process, Programs, World};

use super::failure::Failure;
use super::flags::{Flag, Parsed};
use super::help;
use super::verbs;

/// A command, such as `rollout status`.
pub(super) struct Command {
    /// Words behind `kubectl`.
    pub path: &'static str,
    /// Other names of its last word.
    pub aliases: &'static [&'static str],
    /// One line about it.
    pub about: &'static str,
    /// Arguments, for the usage line.
    pub usage: &'static str,
    /// Its own flags.
    pub flags: &'static [Flag],
    /// What it does.
    pub run: fn(&mut Call<'_, '_>) -> Outcome,
}

/// What a command has to work with.
pub(super) struct Call<'a, 'w> {
    /// Cluster, files, ports.
    pub world: &'a mut World<'w>,
    /// Standard input and output.
    pub io: &'a mut Io,
    /// Flags.
    pub flags: Parsed,
    /// Which command.
    pub command: &'static Command,
    /// What it may start.
    pub programs: Programs,
    /// The warnings that were printed.
    pub warned: Vec<String>,
}

/// How a command goes on.
pub(super) enum Next {
    /// It has done everything.
    Done,
    /// It waits for what is to happen.
    Wait(Box<dyn Process>),
}

/// What running a command gives.
pub(super) type Outcome = Result<Next, Failure>;

impl Call<'_, '_> {
    /// What is no flag.
    pub fn args(&self) -> &[String] {
        &self.flags.args
    }

    /// `kubectl rollout status`.
    pub fn full_name(&self) -> String {
        format!("kubectl {}", self.command.path)
    }

    /// The namespace of this call: `-n`, else the context's.
    pub fn namespace(&self) -> String {
        match self.flags.text("namespace") {
            Some(namespace) if !namespace.is_empty() => namespace.to_owned(),
            _ => super::verbs::context_namespace(self),
        }
    }

    /// Whether `-n` was given.
    pub fn has_explicit_namespace(&self) -> bool {
        self.flags.is_set("namespace")
    }

    /// Whether objects are named by files: `-f` or `-k`.
    pub fn has_files(&self) -> bool {
        let by_name = self.flags.is_set("filename");
        self.flags.is_set("kustomize") || by_name
    }

    /// Prints `Warning: …` to standard error, once for each text. Models client-go rest NewWarningWriter, deduplicating.
    pub fn warn(&mut self, text: &str) {
        if !self.warned.iter().any(|warned| warned == text) {
            self.warned.push(text.to_owned());
            self.io.err(format!("Warning: {text}\n"));
        }
    }

    /// Logs a warning as klog writes it: the date, the time, the process's number, where in the source.
    pub fn log_warning(&mut self, source: &str, words: &str) {
        let [_, month, day, hour, minute, second, _] = Time::from_sim(self.world.client().now()).civil();
        self.io
            .err(format!("W{month:02}{day:02} {hour:02}:{minute:02}:{second:02}.000000       1 {source}] {words}\n"));
    }

    /// A wrong use of this command.
    pub fn usage(&self, text: &str) -> Failure {
        Failure::usage(&self.full_name(), text)
    }

    /// The answer of `result`, with the warnings printed.
    pub fn written(
        &mut self,
        result: Result<crate::apiserver::Applied, crate::apiserver::Status>,
    ) -> Result<crate::api::Object, Failure> {
        let applied = result?;
        for warning in &applied.warnings {
            self.warn(warning);
        }
        Ok(applied.object)
    }
}

/// Does what the arguments say, up to where it has to wait.
pub(super) fn run(args: &[String], programs: Programs, world: &mut World<'_>, io: &mut Io) -> Outcome {
    let Some(found) = find(args)? else {
        io.out(help::overview());
        return Ok(Next::Done);
    };
    let (command, rest) = match found {
        Found::Command(command, rest) => (command, rest),
        Found::Group(group, rest) => {
            let flags = parse(&rest, &[], group)?;
            io.out(help::page(group));
            // Models cmdutil.DefaultSubCommandRun: a group alone is a wrong use.
            return if flags.switch("help") { Ok(Next::Done) } else { Err(Failure::Exit(1)) };
        }
        Found::Help(topic) => {
            io.out(help::topic(&topic));
            return Ok(Next::Done);
        }
    };
    let flags = parse(&rest, command.flags, command.path)?;
    if flags.switch("help") {
        io.out(help::page(command.path));
        return Ok(Next::Done);
    }
    if !command.path.starts_with("config ") {
        super::connection::check(command, &flags, world.files)?;
    }
    if flags.is_set("record") {
        io.err("Flag --record has been deprecated, --record will be removed in the future\n");
    }
    let dry_run_warning = flags.dry_run_warning();
    let mut call = Call { world, io, flags, command, programs, warned: Vec::new() };
    if let Some((line, words)) = dry_run_warning {
        call.log_warning(&format!("helpers.go:{line}"), &words);
    }
    let outcome = (command.run)(&mut call);
    #[cfg(test)]
    super::tests::note(command.path, &call.flags);
    outcome
}

fn parse(words: &[String], flags: &[Flag], path: &str) -> Result<Parsed, Failure> {
    Parsed::parse(words, flags)
        .map_err(|error| Failure::Plain(format!("{error}\nSee 'kubectl {path} --help' for usage.")))
}

enum Found {
    Command(&'static Command, Vec<String>),
    Group(&'static str, Vec<String>),
    Help(Vec<String>),
}

/// Takes the command's words out of the arguments; flags may stand before them. Models cobra's Command.Find.
fn find(args: &[String]) -> Result<Option<Found>, Failure> {
    let mut rest = args.to_vec();
    let mut path = "";
    let mut from = 0;
    let mut word = None;
    while let Some(at) = first_word(&rest, from) {
        let next = rest.get(at).map_or("", String::as_str);
        let Some(found) = verbs::child(path, next) else {
            word = Some(next.to_owned());
            break;
        };
        path = found;
        rest.remove(at);
        from = at;
        if path == "help" {
            return Ok(Some(Found::Help(rest)));
        }
        if verbs::group(path).is_none() {
            break;
        }
    }
    match (verbs::command(path), word) {
        (Some(command), _) => Ok(Some(Found::Command(command, rest))),
        (None, Some(word)) if path.is_empty() => Err(Failure::Plain(unknown_command(&word))),
        (None, None) if path.is_empty() => {
            let flags = Parsed::parse(args, &[]);
            flags.map_err(|error| Failure::Plain(format!("{error}\nSee 'kubectl --help' for usage.")))?;
            Ok(None)
        }
        (None, None) => Ok(Some(Found::Group(path, rest))),
        (None, Some(_)) if rest.iter().any(|word| word == "--help" || word == "-h") => {
            Ok(Some(Found::Group(path, Vec::from(["-h".to_owned()]))))
        }
        (None, Some(_)) => {
            let words: Vec<&str> = rest.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
            Err(Failure::usage(&format!("kubectl {path}"), &format!("unknown command {:?}", words.join(" "))))
        }
    }
}

/// The first argument from `from` on that is no flag and no flag's value.
fn first_word(args: &[String], from: usize) -> Option<usize> {
    let mut skip = false;
    for (at, arg) in args.iter().enumerate().skip(from) {
        if skip {
            skip = false;
        } else if arg == "--" {
            return None;
        } else if arg.starts_with('-') && arg.len() > 1 {
            let takes_next = |flag: &Flag| {
                let long = arg.strip_prefix("--") == Some(flag.name);
                let short = flag.short.is_some_and(|short| *arg == format!("-{short}"));
                flag.takes != super::flags::Takes::Switch && (long || short)
            };
            skip = super::flags::GLOBAL.iter().any(takes_next);
        } else {
            return Some(at);
        }
    }
    None
}

/// Words of other programs, and what kubectl calls it. Models the commands' SuggestFor.
const SUGGESTED_FOR: [(&str, &[&str]); 2] = [("get", &["list", "ps"]), ("delete", &["rm", "remove"])];

/// Models cobra's suggestions: names at most two edits away, or that begin so.
fn unknown_command(word: &str) -> String {
    let mut text = format!("unknown command {word:?} for \"kubectl\"\n");
    let mut similar: Vec<&str> = Vec::new();
    for command in verbs::ORDER {
        let is_meant = SUGGESTED_FOR.iter().any(|(name, others)| *name == command && others.contains(&word));
        let near = is_meant || edit_distance(&word.to_lowercase(), command) <= 2;
        if near || command.starts_with(&word.to_lowercase()) {
            similar.push(command);
        }
    }
    if !similar.is_empty() {
        text.push_str("\nDid you mean this?\n");
        text.extend(similar.iter().flat_map(|name| ["\t", name, "\n"]));
    }
    text
}

/// Levenshtein's distance.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let replace = cell(&row, j) + usize::from(x != *y);
            next.push(replace.min(cell(&row, j + 1) + 1).min(cell(&next, j) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0).max(a.chars().count().saturating_sub(64))
}
