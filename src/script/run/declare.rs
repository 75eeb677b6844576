//! Assignments, and the builtins whose operands they are: `local`, `declare`, `export`, `readonly`.

use super::parameter::assign_element;
use super::{Environment, arithmetic};
use crate::script::Io;
use crate::script::environment::Array;
use crate::script::language::{Assignment, Value, is_name};

/// An assignment with its values.
#[derive(Clone, Debug)]
pub(super) struct Given {
    name: String,
    index: Option<String>,
    appends: bool,
    value: Option<Values>,
}

#[derive(Clone, Debug)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl Given {
    /// Puts assignments and their values together: `texts` holds indices and texts, in order.
    pub fn new(assignments: &[Assignment], texts: Vec<String>, arrays: Vec<Vec<String>>) -> Vec<Self> {
        let (mut texts, mut arrays) = (texts.into_iter(), arrays.into_iter());
        assignments
            .iter()
            .map(|assignment| Self {
                name: assignment.name.clone(),
                index: assignment.index.as_ref().and_then(|_| texts.next()),
                appends: assignment.appends,
                value: match assignment.value {
                    Value::None => None,
                    Value::Text(_) => texts.next().map(Values::One),
                    Value::Array(_) => arrays.next().map(Values::Many),
                },
            })
            .collect()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// How long its values are.
    pub fn bytes(&self) -> usize {
        match &self.value {
            None => 0,
            Some(Values::One(text)) => text.len(),
            Some(Values::Many(texts)) => texts.iter().map(String::len).sum(),
        }
    }

    /// Name and value, where it is a plain one.
    pub fn into_text(self) -> Option<(String, String)> {
        match self.value {
            Some(Values::One(text)) if self.index.is_none() => Some((self.name, text)),
            _ => None,
        }
    }

    /// Gives the variable what it is to have.
    ///
    /// # Errors
    /// When it is too long, readonly, or the index is none.
    pub fn assign(self, environment: &mut Environment) -> Result<(), String> {
        let name = self.name.as_str();
        match self.value {
            None => Ok(()),
            Some(Values::One(text)) => match self.index {
                Some(index) => {
                    let at = arithmetic::evaluate(&index, environment)?;
                    let before = if self.appends { super::parameter::element(name, at, environment) } else { None };
                    assign_element(name, at, before.unwrap_or_default() + &text, environment)
                }
                None if self.appends => {
                    let before = environment.value(name).unwrap_or_default();
                    environment.assign(name, before + &text)
                }
                None => environment.assign(name, text),
            },
            Some(Values::Many(texts)) => {
                let mut array: Array =
                    if self.appends { environment.values(name).into_iter().collect() } else { Array::new() };
                let mut next = array.last_key_value().map_or(0, |(at, _)| at + 1);
                for text in texts {
                    let indexed = text.strip_prefix('[').and_then(|rest| rest.split_once("]="));
                    let at = indexed.and_then(|(at, value)| Some((at.parse::<usize>().ok()?, value.to_owned())));
                    let (at, value) = at.unwrap_or((next, text));
                    next = at.saturating_add(1);
                    array.insert(at, value);
                }
                environment.assign_array(name, array)
            }
        }
    }
}

/// What `set -x` shows of a command.
pub(super) fn trace(given: &[Given], arguments: &[String]) -> String {
    let mut text = String::new();
    for given in given {
        if let Some(Values::One(value)) = &given.value {
            text.push_str(&format!("+ {}={}\n", given.name, quoted(value)));
        }
    }
    if !arguments.is_empty() {
        text.push('+');
        for argument in arguments {
            text.push(' ');
            text.push_str(&quoted(argument));
        }
        text.push('\n');
    }
    text
}

/// A text as a shell would read it back.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Whether the command is one whose operands are assignments.
pub(super) fn is_declaring(arguments: &[String]) -> bool {
    let name = arguments.first().map_or("", String::as_str);
    matches!(name, "declare" | "local" | "readonly" | "typeset")
        || (name == "export" && !arguments.iter().any(|word| word == "-p"))
}

/// `local x=1`, `declare -a list`, `readonly X`, `export PATH=…`
pub(super) fn run(arguments: &[String], given: Vec<Given>, environment: &mut Environment, io: &mut Io) -> i32 {
    let Some((command, words)) = arguments.split_first() else { return 0 };
    let letters: String = words.iter().filter_map(|word| word.strip_prefix(['-', '+'])).collect();
    if letters.contains('A') {
        io.err(format!("bash: {command}: -A: associative arrays are not in this lab's shell\n"));
        return 2;
    }
    if command == "local" && environment.frames.is_empty() {
        io.err("bash: local: can only be used in a function\n");
        return 1;
    }
    let operands: Vec<&String> = words.iter().filter(|word| !word.starts_with(['-', '+'])).collect();
    if given.is_empty() && operands.is_empty() {
        print_all(command, &letters, environment, io);
        return 0;
    }
    let is_local = command == "local" || (matches!(command.as_str(), "declare" | "typeset") && !letters.contains('g'));
    let mut code = 0;
    // What came out of a variable: `export "$pair"`.
    let more = operands.into_iter().map(|word| {
        let (name, value) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        Given {
            name: name.to_owned(),
            index: None,
            appends: false,
            value: value.map(|value| Values::One(value.to_owned())),
        }
    });
    for mut given in given.into_iter().chain(more.collect::<Vec<_>>()) {
        let name = given.name.clone();
        if !is_name(&name) {
            io.err(format!("bash: {command}: `{name}': not a valid identifier\n"));
            code = 1;
            continue;
        }
        if command == "export" && letters.contains('n') {
            environment.exported.remove(&name);
            continue;
        }
        if letters.contains('p') {
            match environment.value(&name) {
                Some(value) => io.out(format!("declare -- {name}=\"{value}\"\n")),
                None => {
                    io.err(format!("bash: {command}: {name}: not found\n"));
                    code = 1;
                }
            }
            continue;
        }
        if is_local {
            environment.make_local(&name);
        }
        if letters.contains('i')
            && let Some(Values::One(text)) = &mut given.value
        {
            match arithmetic::evaluate(text, environment) {
                Ok(value) => *text = value.to_string(),
                Err(why) => {
                    io.err(format!("bash: {why}\n"));
                    code = 1;
                    continue;
                }
            }
        }
        if letters.contains('a') && given.value.is_none() && environment.values(&name).is_empty() {
            given.value = Some(Values::Many(Vec::new()));
        }
        if let Err(why) = given.assign(environment) {
            if why.ends_with("readonly variable") {
                io.err(format!("bash: {why}\n"));
                code = 1;
                continue;
            }
            return environment.give_up(&why, io);
        }
        if command == "readonly" || letters.contains('r') {
            environment.readonly.insert(name.clone());
        }
        if command == "export" || letters.contains('x') {
            environment.exported.insert(name);
        }
    }
    code
}

fn print_all(command: &str, letters: &str, environment: &Environment, io: &mut Io) {
    if letters.contains(['f', 'F']) {
        for name in environment.functions.keys() {
            io.out(format!("declare -f {name}\n"));
        }
        return;
    }
    let (names, flag): (Vec<&String>, &str) = match command {
        "export" => (environment.exported.iter().collect(), "-x"),
        "readonly" => (environment.readonly.iter().collect(), "-r"),
        _ => (environment.variables.keys().collect(), "--"),
    };
    for name in names {
        let value = environment.value(name).unwrap_or_default();
        io.out(format!("declare {flag} {name}=\"{value}\"\n"));
    }
}
