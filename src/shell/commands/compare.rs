//! `diff`: two files beside one another.

use super::usage;
use crate::kubectl::{Change, changes, hunks};
use crate::process::{Io, Poll, Process, Started, World};
use crate::script::Options;

#[derive(Clone)]
struct Diff {
    unified: bool,
    brief: bool,
    blind_to_blanks: bool,
    old: String,
    new: String,
}

/// How many pairs of lines are compared at the most.
const MOST_PAIRS: usize = 4_000_000;

/// `diff OLD NEW`, with `-u`, `-q` and `-w`; exits with 0 when they are the same, 1 when not, 2 when something is wrong.
pub(super) fn diff(rest: &[String]) -> Started {
    let long = [("unified", 'u'), ("brief", 'q'), ("ignore-all-space", 'w'), ("new-file", 'N'), ("color", 'c')];
    let options = Options::read("diff", rest, "uqwbNra", "", &long)?;
    let [old, new] = options.operands.as_slice() else {
        let last = rest.last().map_or("diff", String::as_str);
        let what = match options.operands.len() {
            0 | 1 => format!("missing operand after '{last}'"),
            _ => format!("extra operand '{last}'"),
        };
        return Err(usage(format!("diff: {what}\ndiff: Try 'diff --help' for more information.\n"), 2));
    };
    Ok(Box::new(Diff {
        unified: options.has('u'),
        brief: options.has('q'),
        blind_to_blanks: options.has('w') || options.has('b'),
        old: old.clone(),
        new: new.clone(),
    }))
}

impl Process for Diff {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let mut texts = Vec::new();
        for name in [&self.old, &self.new] {
            let text = match (name.as_str(), world.files.read(name)) {
                ("-", _) => match io.read_all() {
                    Some(text) => text,
                    None => return Poll::Waiting,
                },
                ("/dev/null", _) => String::new(),
                (_, Some(text)) => text.to_owned(),
                (_, None) => {
                    io.err(format!("diff: {name}: No such file or directory\n"));
                    return Poll::Exited(2);
                }
            };
            texts.push(text);
        }
        let [old, new] = texts.as_slice() else { return Poll::Exited(2) };
        Poll::Exited(self.compare(old, new, io))
    }
}

impl Diff {
    fn compare(&self, old: &str, new: &str, io: &mut Io) -> i32 {
        let (old, new) = (lines(old, self.blind_to_blanks), lines(new, self.blind_to_blanks));
        if old == new {
            return 0;
        }
        if self.brief {
            io.out(format!("Files {} and {} differ\n", self.old, self.new));
            return 1;
        }
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
        let left = old.len().min(new.len()) - head;
        let tail = old.iter().rev().zip(new.iter().rev()).take(left).take_while(|(one, other)| one == other).count();
        let (old_middle, new_middle) =
            (old.get(head..old.len() - tail).unwrap_or_default(), new.get(head..new.len() - tail).unwrap_or_default());
        if (old_middle.len() + 1).saturating_mul(new_middle.len() + 1) > MOST_PAIRS {
            io.err("diff: memory exhausted: the files differ in more lines than the lab compares\n");
            return 2;
        }
        let same = |lines: &[&str], from: usize, count: usize| -> Vec<(char, String)> {
            lines.iter().skip(from).take(count).map(|line| (' ', (*line).to_owned())).collect()
        };
        let mut all = same(&old, 0, head);
        all.extend(changes(old_middle, new_middle).into_iter().map(|(mark, line)| (mark, line.to_owned())));
        all.extend(same(&old, old.len() - tail, tail));
        let all: Vec<Change<'_>> = all.iter().map(|(mark, line)| (*mark, line.as_str())).collect();
        if self.unified {
            io.out(format!("--- {}\n+++ {}\n{}", self.old, self.new, hunks(&all)));
        } else {
            io.out(plain(&all));
        }
        1
    }
}

/// A text's lines; of a last one without an end this is said.
fn lines(text: &str, blind_to_blanks: bool) -> Vec<String> {
    let whole = |line: &str| {
        if blind_to_blanks { line.split_whitespace().collect::<Vec<_>>().join(" ") } else { line.to_owned() }
    };
    let mut lines: Vec<String> = text.lines().map(whole).collect();
    if let Some(last) = lines.last_mut().filter(|_| !text.ends_with('\n')) {
        last.push_str("\n\\ No newline at end of file");
    }
    lines
}

/// The changes in `diff`'s own form: `2c2`, `<` and `>`.
fn plain(changes: &[Change<'_>]) -> String {
    let (mut text, mut old_line, mut new_line) = (String::new(), 0, 0);
    let mut rest = changes.iter().peekable();
    while let Some((mark, _)) = rest.peek() {
        if *mark == ' ' {
            (old_line, new_line) = (old_line + 1, new_line + 1);
            rest.next();
            continue;
        }
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        while let Some((mark, line)) = rest.next_if(|(mark, _)| *mark != ' ') {
            if *mark == '-' { gone.push(*line) } else { come.push(*line) }
        }
        let range = |line: usize, count: usize| match count {
            0 => line.to_string(),
            1 => (line + 1).to_string(),
            count => format!("{},{}", line + 1, line + count),
        };
        let verb = match (gone.is_empty(), come.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        text.push_str(&format!("{}{verb}{}\n", range(old_line, gone.len()), range(new_line, come.len())));
        gone.iter().for_each(|line| text.push_str(&format!("< {line}\n")));
        if verb == 'c' {
            text.push_str("---\n");
        }
        come.iter().for_each(|line| text.push_str(&format!("> {line}\n")));
        (old_line, new_line) = (old_line + gone.len(), new_line + come.len());
    }
    text
}
