//! Command lines as cobra and pflag read them: flags anywhere, `--name=value`, `-oyaml`, `-it`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use crate::sorting;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, or `=true` and `=false`.
    Switch,
    /// A text.
    Text,
    /// `-o` of a command that has its own few formats, and no templates.
    Format,
    /// A text; the one given here when there is none behind a `=`.
    OptionalText(&'static str),
    /// Texts separated by commas; may be repeated.
    List,
    /// A text; may be repeated.
    Texts,
    /// A whole number.
    Number,
    /// `30s`, `1m`.
    Duration,
}

/// A flag of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    pub name: &'static str,
    pub short: Option<char>,
    pub takes: Takes,
}

/// Flags of every command.
pub(super) const GLOBAL: [Flag; 18] = [
    Flag::text("namespace", Some('n')),
    Flag::switch("help", Some('h')),
    Flag::text("as", None),
    Flag::list("as-group", None),
    Flag::text("as-uid", None),
    Flag::text("cache-dir", None),
    Flag::text("certificate-authority", None),
    Flag::text("client-certificate", None),
    Flag::text("client-key", None),
    Flag::text("cluster", None),
    Flag::text("context", None),
    Flag::switch("insecure-skip-tls-verify", None),
    Flag::text("kubeconfig", None),
    Flag::text("request-timeout", None),
    Flag::text("server", Some('s')),
    Flag::text("token", None),
    Flag::text("user", None),
    Flag::number("v", Some('v')),
];

/// Flags that come with another one: with `--output` also `--template` and so on. Models genericclioptions' and cmdutil's
/// groups of flags.
const WITH: [(&str, Flag); 5] = [
    ("dry-run", Flag::text("field-manager", None)),
    ("filename", Flag::text("kustomize", Some('k'))),
    ("output", Flag::switch("allow-missing-template-keys", None)),
    ("output", Flag::switch("show-managed-fields", None)),
    ("output", Flag::text("template", None)),
];

/// The flags of two lists as one.
pub(super) const fn joined<const N: usize>(shared: &[Flag], own: &[Flag]) -> [Flag; N] {
    let mut all = [Flag::switch("", None); N];
    let mut at = 0;
    while at < N {
        // The length of the result is that of both together: see [`with_flags`].
        let (list, place) = if at < shared.len() { (shared, at) } else { (own, at - shared.len()) };
        if let Some((_, rest)) = list.split_at_checked(place)
            && let Some(flag) = rest.first()
            && let Some((_, slots)) = all.split_at_mut_checked(at)
            && let Some(slot) = slots.first_mut()
        {
            *slot = *flag;
        }
        at += 1;
    }
    all
}

/// The flags that a command shares with others, and its own.
macro_rules! with_flags {
    ($shared:expr, [$($own:expr),* $(,)?]) => {{
        const OWN: &[crate::kubectl::flags::Flag] = &[$($own),*];
        const ALL: [crate::kubectl::flags::Flag; $shared.len() + OWN.len()] =
            crate::kubectl::flags::joined(&$shared, OWN);
        &ALL
    }};
}
pub(super) use with_flags;

/// For commands that are refused whatever is asked of them.
pub(super) const ANY: [Flag; 1] = [Flag::optional("*", "")];

/// A command's flags with those that come along, by name.
pub(super) fn of_command(flags: &[Flag]) -> Vec<Flag> {
    let own = flags.iter().copied().filter(|flag| flag.name != "*");
    let along = WITH.iter().filter(|(with, flag)| comes_along(flags, with, flag)).map(|(_, flag)| *flag);
    let mut all: Vec<Flag> = own.chain(along).collect();
    sorting::sort_by_key(&mut all, |flag| flag.name);
    all
}

fn comes_along(flags: &[Flag], with: &str, flag: &Flag) -> bool {
    let has = |name: &str| flags.iter().any(|own| own.name == name && own.takes != Takes::Format);
    // What deletes and what drains writes no fields.
    let writes = flag.name != "field-manager" || has("output");
    has(with)
        && writes
        && !flags.iter().any(|own| own.name == flag.name || own.short == flag.short && own.short.is_some())
}

impl Flag {
    pub const fn switch(name: &'static str, short: Option<char>) -> Self {
        Self { name, short, takes: Takes::Switch }
    }

    pub const fn text(name: &'static str, short: Option<char>) -> Self {
        Self { name, short, takes: Takes::Text }
    }

    /// `-o` without templates.
    pub const fn format() -> Self {
        Self { name: "output", short: Some('o'), takes: Takes::Format }
    }

    pub const fn optional(name: &'static str, without_value: &'static str) -> Self {
        Self { name, short: None, takes: Takes::OptionalText(without_value) }
    }

    pub const fn list(name: &'static str, short: Option<char>) -> Self {
        Self { name, short, takes: Takes::List }
    }

    pub const fn texts(name: &'static str, short: Option<char>) -> Self {
        Self { name, short, takes: Takes::Texts }
    }

    pub const fn number(name: &'static str, short: Option<char>) -> Self {
        Self { name, short, takes: Takes::Number }
    }

    pub const fn duration(name: &'static str) -> Self {
        Self { name, short: None, takes: Takes::Duration }
    }

    /// Checks a value. Models pflag's Set methods and Go's strconv errors.
    fn check(&self, value: &str) -> Result<(), String> {
        let problem = match self.takes {
            Takes::Switch if parse_bool(value).is_none() => {
                format!("strconv.ParseBool: parsing {value:?}: invalid syntax")
            }
            Takes::Number => match value.parse::<i64>() {
                Ok(_) => return Ok(()),
                Err(error) => {
                    let range = matches!(
                        error.kind(),
                        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
                    );
                    let what = if range { "value out of range" } else { "invalid syntax" };
                    format!("strconv.ParseInt: parsing {value:?}: {what}")
                }
            },
            Takes::Duration if parse_duration_ms(value).is_none() => format!("time: invalid duration {value:?}"),
            _ => return Ok(()),
        };
        let names = match self.short {
            Some(short) => format!("-{short}, --{}", self.name),
            None => format!("--{}", self.name),
        };
        Err(format!("invalid argument {value:?} for \"{names}\" flag: {problem}"))
    }
}

/// Flags and arguments of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Names and values of all flags, as they were given.
    pub given: Vec<(&'static str, String)>,
    /// Which flags the command has asked for: one that no command asks for would be taken and ignored.
    read: RefCell<BTreeSet<&'static str>>,
    /// What is no flag.
    pub args: Vec<String>,
    /// How many arguments stand before `--`; none without it.
    pub dash: Option<usize>,
}

impl Parsed {
    /// Reads `words`. Models pflag FlagSet.Parse.
    ///
    /// # Errors
    /// With pflag's sentences.
    pub fn parse(words: &[String], flags: &[Flag]) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                parsed.dash = Some(parsed.args.len());
                parsed.args.extend(words.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                parsed.long(long, flags, &mut words)?;
            } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                parsed.shorts(short, flags, &mut words)?;
            } else {
                parsed.args.push(word.clone());
            }
        }
        parsed.join_template();
        Ok(parsed)
    }

    /// `-o go-template --template=X` means `-o go-template=X`.
    fn join_template(&mut self) {
        let Some(template) = self.values.remove("template").and_then(|mut values| values.pop()) else { return };
        let format = match self.text("output") {
            None | Some("") => "go-template",
            Some(format) if format.contains("template") || format.contains("jsonpath") => format,
            Some(_) => return,
        };
        let joined = format!("{format}={template}");
        self.values.insert("output", vec![joined]);
    }

    fn long<'a>(
        &mut self,
        word: &str,
        flags: &[Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(format!("bad flag syntax: --{word}"));
        }
        let flag = find(flags, |flag| flag.name == name).ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match (value, flag.takes) {
            (Some(value), _) => value.to_owned(),
            (None, Takes::Switch) => "true".to_owned(),
            (None, Takes::OptionalText(without)) => without.to_owned(),
            (None, _) => words.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        self.set(flag, value)
    }

    fn shorts<'a>(
        &mut self,
        letters: &str,
        flags: &[Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            let flag = find(flags, |flag| flag.short == Some(letter))
                .ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{rest}"))?;
            let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
            if let Some(value) = behind.strip_prefix('=') {
                return self.set(flag, value.to_owned());
            }
            if flag.takes == Takes::Switch {
                self.set(flag, "true".to_owned())?;
                rest = behind;
                continue;
            }
            let value = match behind {
                "" => words.next().cloned().ok_or_else(|| format!("flag needs an argument: '{letter}' in -{rest}"))?,
                value => value.to_owned(),
            };
            return self.set(flag, value);
        }
        Ok(())
    }

    fn set(&mut self, flag: Flag, value: String) -> Result<(), String> {
        flag.check(&value)?;
        self.given.push((flag.name, value.clone()));
        let values = self.values.entry(flag.name).or_default();
        match flag.takes {
            Takes::List => values.extend(value.split(',').map(str::to_owned)),
            Takes::Texts => values.push(value),
            _ => *values = vec![value],
        }
        Ok(())
    }

    /// Whether the flag was given.
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&Vec<String>> {
        let (name, values) = self.values.get_key_value(name)?;
        self.read.borrow_mut().insert(name);
        Some(values)
    }

    /// Which flags the command has asked for.
    #[cfg(test)]
    pub fn read(&self) -> BTreeSet<&'static str> {
        self.read.borrow().clone()
    }

    /// A switch.
    pub fn switch(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| parse_bool(value) == Some(true))
    }

    /// A switch that is on by default.
    pub fn switch_or(&self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |value| parse_bool(value) == Some(true))
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.last().map(String::as_str)
    }

    /// All texts.
    pub fn texts(&self, name: &str) -> &[String] {
        self.get(name).map_or(&[], Vec::as_slice)
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A duration in milliseconds.
    pub fn duration_ms(&self, name: &str) -> Option<i64> {
        parse_duration_ms(self.text(name)?)
    }

    /// What kubectl logs about a dry run whose value is missing or a truth value: its line in helpers.go, and the words.
    pub fn dry_run_warning(&self) -> Option<(u32, String)> {
        let text = self.text("dry-run")?;
        if text == "unchanged" {
            return Some((719, "--dry-run is deprecated and can be replaced with --dry-run=client.".to_owned()));
        }
        let word = if parse_bool(text)? { "client" } else { "none" };
        let line = if word == "client" { 733 } else { 736 };
        let words =
            format!("--dry-run={text} is deprecated (boolean value) and can be replaced with --dry-run={word}.");
        Some((line, words))
    }

    /// The dry run that is asked for. Models cmdutil.GetDryRunStrategy.
    ///
    /// # Errors
    /// When it is none of the words.
    pub fn dry_run(&self) -> Result<DryRun, Failure> {
        match self.text("dry-run") {
            None | Some("none") => Ok(DryRun::None),
            // Without a value it means the client's, which is deprecated.
            Some("client" | "unchanged") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some(other) => match parse_bool(other) {
                Some(true) => Ok(DryRun::Client),
                Some(false) => Ok(DryRun::None),
                None => Err(Failure::Plain(format!(
                    "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
                ))),
            },
        }
    }
}

/// `--dry-run`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// It is meant.
    #[default]
    None,
    /// kubectl only says what it would do.
    Client,
    /// The API server answers as if.
    Server,
}

impl DryRun {
    /// What stands behind the answer.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}

fn find(flags: &[Flag], is_it: impl Fn(&Flag) -> bool) -> Option<Flag> {
    let along = WITH.iter().filter(|(with, flag)| comes_along(flags, with, flag)).map(|(_, flag)| flag);
    let found = flags.iter().chain(&GLOBAL).chain(along).find(|flag| is_it(flag)).copied();
    found.or_else(|| flags.first().copied().filter(|flag| flag.name == "*"))
}

/// Models strconv.ParseBool.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Models time.ParseDuration, in milliseconds.
pub(super) fn parse_duration_ms(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total_us: i64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit_on) = rest.split_at_checked(end)?;
        let unit_end = unit_on.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit_on.len());
        let (unit, behind) = unit_on.split_at_checked(unit_end)?;
        let unit_us: i64 = match unit {
            "ns" => 0,
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let millionths: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
        let part = whole.checked_mul(unit_us)?.checked_add(millionths.checked_mul(unit_us)? / 1_000_000)?;
        total_us = total_us.checked_add(part)?;
        rest = behind;
    }
    (!text.is_empty()).then_some(sign * total_us / 1000)
}

#[cfg(test)]
mod tests;
