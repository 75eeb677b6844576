//! `sed`: substitutions, printing and deleting of lines.

use super::filter::{self, LineFilter, Options, contents};
use super::{Context, usage};
use crate::script::pattern::{Captures, Pattern};
use crate::script::{Io, Poll, Process, Started, World};

#[derive(Clone, Debug)]
enum Address {
    Line(usize),
    /// `1~2`: a line, and then each so many lines.
    Every(usize, usize),
    Last,
    Fits(Pattern),
}

#[derive(Clone, Debug)]
enum Action {
    Print,
    Delete,
    Quit,
    Number,
    Append(String),
    Insert(String),
    Change(String),
    Substitute { pattern: Pattern, replacement: String, all: bool, nth: usize, print: bool },
}

#[derive(Clone, Debug)]
struct Step {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
    /// Between the two addresses.
    inside: bool,
}

#[derive(Clone)]
struct Sed {
    steps: Vec<Step>,
    silent: bool,
    number: usize,
    /// The line whose turn comes when it is known whether another follows.
    held: Option<String>,
    quits: bool,
}

/// `sed SCRIPT FILE …`, with `-n`, `-e`, `-E` and `-i`
pub(super) fn start(rest: &[String], _: &Context) -> Started {
    // `-i` may carry a suffix of its own: `-i.bak` keeps a copy.
    let suffix = rest.iter().find_map(|word| word.strip_prefix("-i")).filter(|suffix| suffix.starts_with(['.', '~']));
    let words: Vec<String> =
        rest.iter().map(|word| if word.starts_with("-i") { "-i".to_owned() } else { word.clone() }).collect();
    let long = [("quiet", 'n'), ("silent", 'n'), ("regexp-extended", 'E'), ("in-place", 'i'), ("expression", 'e')];
    let mut options = Options::read("sed", &words, "nErisu", "e", &long)?;
    let mut scripts: Vec<String> =
        options.given.iter().filter(|(letter, _)| *letter == 'e').map(|(_, value)| value.clone()).collect();
    if scripts.is_empty() {
        if options.operands.is_empty() {
            return Err(usage("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n", 1));
        }
        scripts.push(options.operands.remove(0));
    }
    let script = scripts.join("\n");
    let steps = Parser { chars: script.chars().collect(), at: 0, extended: options.has('E') || options.has('r') }
        .steps()
        .map_err(|(at, why)| usage(format!("sed: -e expression #1, char {at}: {why}\n"), 1))?;
    let sed = Sed { steps, silent: options.has('n'), number: 0, held: None, quits: false };
    if options.has('i') {
        return Ok(Box::new(InPlace { sed, suffix: suffix.map(str::to_owned), files: options.operands }));
    }
    Ok(filter::start(sed, options.operands))
}

/// `sed -i`
#[derive(Clone)]
struct InPlace {
    sed: Sed,
    suffix: Option<String>,
    files: Vec<String>,
}

impl Process for InPlace {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let mut code = 0;
        for file in &self.files {
            let Ok(text) = contents("sed", file, world) else {
                io.err(format!("sed: can't read {file}: No such file or directory\n"));
                code = 2;
                continue;
            };
            let mut sed = self.sed.clone();
            let mut out = Io::default();
            for line in text.lines() {
                if !sed.line(line, file, &mut out) {
                    break;
                }
            }
            sed.end(&mut out);
            let mut whole: String = out.take_chunks().into_iter().map(|chunk| chunk.text).collect();
            if !text.ends_with('\n') && whole.ends_with('\n') {
                whole.pop();
            }
            let kept =
                self.suffix.as_ref().map_or(Ok(()), |suffix| world.files.store(&format!("{file}{suffix}"), text));
            if let Err(why) = kept.and_then(|()| world.files.store(file, whole)) {
                io.err(format!("sed: couldn't write {file}: {why}\n"));
                code = 4;
            }
        }
        Poll::Exited(code)
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    extended: bool,
}

type Parsed<T> = Result<T, (usize, String)>;

impl Parser {
    fn error<T>(&self, why: &str) -> Parsed<T> {
        Err((self.at, why.to_owned()))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip(&mut self, chars: &[char]) {
        while self.peek().is_some_and(|c| chars.contains(&c)) {
            self.at += 1;
        }
    }

    fn steps(mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            self.skip(&[' ', '\t', '\n', ';']);
            if self.peek().is_none() {
                return Ok(steps);
            }
            let from = self.address()?;
            let mut to = None;
            if self.peek() == Some(',') {
                self.at += 1;
                to = self.address()?;
                if to.is_none() {
                    return self.error("unexpected `,'");
                }
            }
            self.skip(&[' ']);
            let negated = self.peek() == Some('!');
            self.at += usize::from(negated);
            let action = self.action()?;
            steps.push(Step { from, to, negated, action, inside: false });
        }
    }

    fn address(&mut self) -> Parsed<Option<Address>> {
        match self.peek() {
            Some('$') => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            Some('/') => {
                self.at += 1;
                let text = self.until('/', "unterminated address regex")?;
                self.pattern(&text, false).map(|pattern| Some(Address::Fits(pattern)))
            }
            Some(c) if c.is_ascii_digit() => {
                let number = self.number();
                if self.peek() != Some('~') {
                    return Ok(Some(Address::Line(number)));
                }
                self.at += 1;
                Ok(Some(Address::Every(number, self.number())))
            }
            _ => Ok(None),
        }
    }

    fn number(&mut self) -> usize {
        let mut number = 0_usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit as usize);
            self.at += 1;
        }
        number
    }

    fn pattern(&self, text: &str, ignore_case: bool) -> Parsed<Pattern> {
        Pattern::parse(text, self.extended, ignore_case).map_err(|why| (self.at, why))
    }

    /// The text up to `end`; `\end` stands for it.
    fn until(&mut self, end: char, why: &str) -> Parsed<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == end {
                return Ok(text);
            }
            if c == '\\' {
                let Some(escaped) = self.peek() else { break };
                self.at += 1;
                if escaped != end {
                    text.push('\\');
                }
                text.push(escaped);
                continue;
            }
            text.push(c);
        }
        self.error(why)
    }

    fn action(&mut self) -> Parsed<Action> {
        let Some(c) = self.peek() else { return self.error("missing command") };
        self.at += 1;
        Ok(match c {
            'p' => Action::Print,
            'd' => Action::Delete,
            'q' => Action::Quit,
            '=' => Action::Number,
            'a' | 'i' | 'c' => {
                self.skip(&[' ', '\\', '\n']);
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let text: String = rest.iter().take_while(|c| **c != '\n').collect();
                self.at += text.chars().count();
                match c {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                }
            }
            's' => self.substitution()?,
            other => return self.error(&format!("unknown command: `{other}'")),
        })
    }

    fn substitution(&mut self) -> Parsed<Action> {
        let why = "unterminated `s' command";
        let Some(delimiter) = self.peek() else { return self.error(why) };
        self.at += 1;
        let text = self.until(delimiter, why)?;
        let replacement = self.until(delimiter, why)?;
        let (mut all, mut print, mut ignore_case, mut nth) = (false, false, false, 1);
        while let Some(flag) = self.peek() {
            match flag {
                'g' => all = true,
                'p' => print = true,
                'i' | 'I' => ignore_case = true,
                digit if digit.is_ascii_digit() => nth = digit.to_digit(10).map_or(1, |digit| digit.max(1) as usize),
                ';' | '\n' | ' ' | '}' => break,
                _ => return self.error("unknown option to `s'"),
            }
            self.at += 1;
        }
        Ok(Action::Substitute { pattern: self.pattern(&text, ignore_case)?, replacement, all, nth, print })
    }
}

impl Step {
    fn applies(&mut self, number: usize, is_last: bool, line: &str) -> bool {
        let fits = |address: &Address| match address {
            Address::Line(wanted) => *wanted == number,
            Address::Every(first, step) => {
                number >= *first && (number - first).checked_rem(*step).unwrap_or(number - first) == 0
            }
            Address::Last => is_last,
            Address::Fits(pattern) => pattern.is_match(line),
        };
        let applies = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => fits(from),
            (Some(_), Some(to)) if self.inside => {
                self.inside = !(fits(to) || matches!(to, Address::Line(end) if *end < number));
                !matches!(to, Address::Line(end) if *end < number)
            }
            (Some(from), Some(to)) => {
                let begins = fits(from);
                self.inside = begins && !matches!(to, Address::Line(end) if *end <= number);
                begins
            }
        };
        applies != self.negated
    }
}

impl Sed {
    fn run(&mut self, line: String, is_last: bool, io: &mut Io) {
        self.number += 1;
        let mut text = line;
        let mut after = String::new();
        let mut is_deleted = false;
        for step in &mut self.steps {
            if !step.applies(self.number, is_last, &text) {
                continue;
            }
            match &step.action {
                Action::Print => io.out(format!("{text}\n")),
                Action::Number => io.out(format!("{}\n", self.number)),
                Action::Insert(added) => io.out(format!("{added}\n")),
                Action::Append(added) => after.extend([added, "\n"]),
                Action::Change(added) => {
                    io.out(format!("{added}\n"));
                    is_deleted = true;
                }
                Action::Delete => is_deleted = true,
                Action::Quit => self.quits = true,
                Action::Substitute { pattern, replacement, all, nth, print } => {
                    if let Some(changed) = substituted(&text, pattern, replacement, *all, *nth) {
                        text = changed;
                        if *print {
                            io.out(format!("{text}\n"));
                        }
                    }
                }
            }
            if is_deleted || self.quits {
                break;
            }
        }
        if !is_deleted && !self.silent {
            io.out(text + "\n");
        }
        io.out(after);
    }
}

fn substituted(text: &str, pattern: &Pattern, replacement: &str, all: bool, nth: usize) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let part = |from: usize, to: usize| chars.get(from..to).unwrap_or_default().iter();
    let (mut out, mut at, mut copied, mut count) = (String::new(), 0, 0, 0);
    let mut changed = false;
    while let Some(captures) = pattern.find(&chars, at) {
        let Some((start, end)) = captures.first().copied().flatten() else { break };
        count += 1;
        if count >= nth {
            out.extend(part(copied, start));
            replace(replacement, &captures, &chars, &mut out);
            copied = end;
            changed = true;
            if !all {
                break;
            }
        }
        at = if end > start { end } else { end + 1 };
        if at > chars.len() {
            break;
        }
    }
    out.extend(part(copied, chars.len()));
    changed.then_some(out)
}

fn replace(replacement: &str, captures: &Captures, text: &[char], out: &mut String) {
    let group = |index: usize| {
        let (start, end) = captures.get(index).copied().flatten().unwrap_or((0, 0));
        text.get(start..end).unwrap_or_default().iter()
    };
    let mut chars = replacement.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.extend(group(0)),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(digit) if digit.is_ascii_digit() => {
                    out.extend(group(digit.to_digit(10).map_or(0, |digit| digit as usize)));
                }
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
}

impl LineFilter for Sed {
    const NAME: &'static str = "sed";
    const TROUBLE: i32 = 2;

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        // Only `$` needs to know whether a line is the last; without it a line goes through at once.
        let knows_last = self
            .steps
            .iter()
            .any(|step| [&step.from, &step.to].into_iter().any(|address| matches!(address, Some(Address::Last))));
        if !knows_last {
            self.run(line.to_owned(), false, io);
        } else if let Some(before) = self.held.replace(line.to_owned()) {
            self.run(before, false, io);
        }
        !self.quits
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        if let Some(last) = self.held.take().filter(|_| !self.quits) {
            self.run(last, true, io);
        }
        0
    }
}
