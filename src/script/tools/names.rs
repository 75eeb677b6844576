//! Small programs about names and lines: `basename`, `dirname`, `whoami`, `hostname`, `rev`, `tac`, `nl`, `paste`.

use super::filter::{self, LineFilter, Options};
use super::{Context, unescape};
use crate::script::{Io, Started, World};

/// `basename PATH`, `basename PATH SUFFIX`
pub(super) fn base_name(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let Some(path) = arguments.get(1) else {
        io.err("basename: missing operand\nTry 'basename --help' for more information.\n");
        return 1;
    };
    let trimmed = path.trim_end_matches('/');
    let name = trimmed.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(path);
    let suffix = arguments.get(2).map_or("", String::as_str);
    let name = name.strip_suffix(suffix).filter(|name| !name.is_empty()).unwrap_or(name);
    io.out(format!("{name}\n"));
    0
}

/// `dirname PATH`
pub(super) fn directory_name(arguments: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    let Some(path) = arguments.get(1) else {
        io.err("dirname: missing operand\nTry 'dirname --help' for more information.\n");
        return 1;
    };
    let name = match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory.trim_end_matches('/'),
        None if path.starts_with('/') => "/",
        None => ".",
    };
    io.out(format!("{name}\n"));
    0
}

/// `whoami`
pub(super) fn user(_: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    io.out("learner\n");
    0
}

/// `hostname`
pub(super) fn host(_: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    io.out("minikube\n");
    0
}

#[derive(Clone)]
enum Kind {
    /// `rev`
    Mirrored,
    /// `tac`
    Backwards,
    /// `nl`, with the number of the line that comes next
    Numbered(usize),
    /// `paste -s`, with what stands between the lines
    Joined(String),
}

#[derive(Clone)]
struct Lines {
    kind: Kind,
    held: Vec<String>,
}

fn start(kind: Kind, files: Vec<String>) -> Started {
    Ok(filter::start(Lines { kind, held: Vec::new() }, files))
}

/// `rev`
pub(super) fn reverse(rest: &[String], _: &Context) -> Started {
    start(Kind::Mirrored, Options::read("rev", rest, "", "", &[])?.operands)
}

/// `tac`
pub(super) fn backwards(rest: &[String], _: &Context) -> Started {
    start(Kind::Backwards, Options::read("tac", rest, "", "", &[])?.operands)
}

/// `nl`
pub(super) fn number(rest: &[String], _: &Context) -> Started {
    start(Kind::Numbered(1), Options::read("nl", rest, "", "bnw", &[])?.operands)
}

/// `paste -sd,`; the lines of several files beside one another are not in this lab.
pub(super) fn paste(rest: &[String], _: &Context) -> Started {
    let options = Options::read("paste", rest, "s", "d", &[("serial", 's'), ("delimiters", 'd')])?;
    let between = options.value('d').map_or_else(|| "\t".to_owned(), unescape);
    if !options.has('s') {
        let text = "paste: only paste -s, which joins lines, is in this lab\n";
        return Err(super::usage(text, 1));
    }
    start(Kind::Joined(between), options.operands)
}

impl LineFilter for Lines {
    const NAME: &'static str = "cat";

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        match &mut self.kind {
            Kind::Mirrored => io.out(line.chars().rev().collect::<String>() + "\n"),
            Kind::Numbered(_) if line.is_empty() => io.out("       \n"),
            Kind::Numbered(next) => {
                io.out(format!("{next:6}\t{line}\n"));
                *next += 1;
            }
            Kind::Backwards | Kind::Joined(_) => self.held.push(line.to_owned()),
        }
        true
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        match &self.kind {
            Kind::Joined(between) => io.out(self.held.join(between) + "\n"),
            _ => self.held.drain(..).rev().for_each(|line| io.out(line + "\n")),
        }
        0
    }
}
