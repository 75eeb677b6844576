//! The programs that scripts use on every machine.

mod awk;
mod characters;
mod encode;
mod files;
pub(crate) mod filter;
mod format;
mod grep;
mod lines;
mod names;
pub(crate) mod network;
mod ordered;
mod print;
mod sed;
mod shell;
mod time;
mod xargs;

pub(crate) use format::formatted;
pub(super) use print::condition;
pub(crate) use time::duration_ms;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::script::language::ParseError;
use crate::script::{Io, Machine, NotStarted, Poll, Process, Started, World};

/// How many scripts may stand in one another.
pub(super) const DEEPEST: u32 = 16;

/// A program that does all it does at once.
type Immediate = fn(&[String], &mut World<'_>, &mut Io) -> i32;

#[derive(Clone)]
struct Once {
    run: Immediate,
    arguments: Vec<String>,
}

impl Process for Once {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        Poll::Exited((self.run)(&self.arguments, world, io))
    }
}

/// What a program finds around it when it starts.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Where it runs.
    pub machine: &'static Machine,
    /// How many scripts stand around it.
    pub nesting: u32,
    /// The variables that were exported to it.
    pub variables: Arc<BTreeMap<String, String>>,
}

impl Context {
    /// What a program finds that nothing has started.
    pub fn of(machine: &'static Machine) -> Self {
        Self { machine, nesting: 0, variables: Arc::default() }
    }
}

/// Makes a process of a program's arguments, or fails with what the program says about them.
type Start = fn(&[String], &Context) -> Started;

enum Program {
    Immediate(Immediate),
    Process(Start),
}

/// A program by its name.
struct Known {
    name: &'static str,
    program: Program,
}

const fn immediate(name: &'static str, run: Immediate) -> Known {
    Known { name, program: Program::Immediate(run) }
}

const fn process(name: &'static str, start: Start) -> Known {
    Known { name, program: Program::Process(start) }
}

const PROGRAMS: &[Known] = &[
    immediate("[", print::test),
    process("awk", awk::start),
    process("base64", encode::base64),
    immediate("basename", names::base_name),
    process("bash", shell::start),
    process("cat", lines::cat),
    immediate("clear", print::clear),
    immediate("cp", files::copy),
    process("cut", characters::cut),
    immediate("date", time::date),
    immediate("dirname", names::directory_name),
    immediate("echo", print::echo),
    process("envsubst", encode::envsubst),
    immediate("false", print::no),
    process("grep", grep::start),
    process("head", lines::head),
    immediate("hostname", names::host),
    immediate("ls", files::list),
    immediate("mkdir", files::make_directory),
    immediate("mv", files::rename),
    process("nl", names::number),
    process("paste", names::paste),
    immediate("printf", format::printf),
    immediate("pwd", print::working_directory),
    process("rev", names::reverse),
    immediate("rm", files::remove),
    process("sed", sed::start),
    immediate("seq", print::sequence),
    process("sh", shell::start),
    process("sleep", time::sleep),
    process("sort", ordered::sort),
    process("tac", names::backwards),
    process("tail", lines::tail),
    process("tee", lines::tee),
    immediate("test", print::test),
    process("timeout", time::timeout),
    immediate("touch", files::touch),
    process("tr", characters::translate),
    immediate("true", print::yes),
    process("uniq", ordered::unique),
    process("watch", time::watch),
    process("wc", lines::word_count),
    immediate("whoami", names::user),
    process("xargs", xargs::start),
    process("yes", time::yes),
];

/// The names of the programs of a machine.
pub(crate) fn names(machine: &'static Machine) -> impl Iterator<Item = &'static str> {
    let tools = PROGRAMS.iter().map(|known| known.name).filter(|name| !machine.lacks.contains(name));
    tools.chain(machine.own.iter().copied().filter(|name| !machine.lacks.contains(name)))
}

/// Whether there is a program of this name.
pub(super) fn exists(name: &str, machine: &'static Machine) -> bool {
    names(machine).any(|known| known == name)
}

/// Starts a program: its name and its arguments.
pub(crate) fn start(arguments: &[String], context: &Context) -> Started {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(Box::new(Once { run: print::yes, arguments: Vec::new() }));
    };
    let base =
        ["/bin/", "/usr/bin/", "/usr/local/bin/"].iter().find_map(|path| name.strip_prefix(path)).unwrap_or(name);
    let is_there = !context.machine.lacks.contains(&base);
    if is_there
        && context.machine.own.contains(&base)
        && let Some(started) = (context.machine.start)(arguments, context)
    {
        return started;
    }
    match PROGRAMS.iter().find(|known| known.name == base && is_there).map(|known| &known.program) {
        Some(Program::Immediate(run)) => Ok(Box::new(Once { run: *run, arguments: arguments.to_vec() })),
        Some(Program::Process(start)) => start(rest, context),
        None if context.machine.runs_files && name.contains('/') => {
            shell::start(&[vec!["--".to_owned()], arguments.to_vec()].concat(), context)
        }
        None => Err(NotStarted { text: (context.machine.not_found)(name), code: 127 }),
    }
}

/// How much work a program is, in commands that do everything at once.
pub(super) fn effort(arguments: &[String]) -> u32 {
    let name = arguments.first().map_or("", String::as_str);
    match PROGRAMS.iter().find(|known| known.name == name).map(|known| &known.program) {
        Some(Program::Process(_)) => 9,
        _ => 0,
    }
}

/// A failure of a program that is told by itself.
pub(crate) fn usage(text: impl Into<String>, code: i32) -> NotStarted {
    NotStarted { text: text.into(), code }
}

/// Where an extended regular expression and its groups fit a text.
pub(super) fn captures(pattern: &str, text: &str) -> Result<Option<Vec<String>>, String> {
    let pattern = crate::script::Pattern::parse(pattern, true, false)?;
    let chars: Vec<char> = text.chars().collect();
    Ok(pattern.find(&chars, 0).map(|groups| {
        let text_of = |(from, to): (usize, usize)| chars.get(from..to).unwrap_or_default().iter().collect();
        groups.into_iter().map(|group| group.map(text_of).unwrap_or_default()).collect()
    }))
}

/// A syntax error in bash's words, without `bash: `.
pub(crate) fn syntax_error(error: &ParseError) -> String {
    match error {
        ParseError::Incomplete => "syntax error: unexpected end of file".to_owned(),
        ParseError::Syntax(text) => text.clone(),
    }
}

/// The character that up to `most` digits name.
fn number(chars: &mut std::str::Chars<'_>, base: u32, most: usize) -> Option<char> {
    let digits: String = chars.clone().take(most).take_while(|c| c.is_digit(base)).collect();
    for _ in digits.chars() {
        chars.next();
    }
    u32::from_str_radix(&digits, base).ok().and_then(char::from_u32)
}

/// `\n`, `\t` and their like in the characters that they stand for.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('e' | 'E') => out.push('\u{1b}'),
            Some('a') => out.push('\u{7}'),
            Some('x') if chars.clone().next().is_some_and(|c| c.is_ascii_hexdigit()) => {
                out.extend(number(&mut chars, 16, 2));
            }
            Some('0') => out.extend(number(&mut chars, 8, 3).or(Some('\0'))),
            Some(c @ '1'..='7') => {
                let more: String = chars.clone().take(2).take_while(|c| c.is_digit(8)).collect();
                for _ in more.chars() {
                    chars.next();
                }
                out.extend(u32::from_str_radix(&format!("{c}{more}"), 8).ok().and_then(char::from_u32));
            }
            Some(c @ ('\\' | '\'' | '"')) => out.push(c),
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    out
}
