//! Builtins: commands that read or change the shell itself.

use super::{Environment, settings};
use crate::script::environment::Unwind;
use crate::script::language::is_name;
use crate::script::tools;
use crate::script::{Io, World};

/// What became of a possible builtin.
pub(super) enum Builtin {
    /// It has ended.
    Ended(i32),
    /// It runs this text in the same shell.
    Text(String),
    /// It reads lines into variables, as these words say.
    Read(Vec<String>),
    /// It waits for these jobs, or for all.
    Wait(Vec<String>),
    /// It is none; these are the program and its arguments, and variables that `env` gives it.
    None(Vec<String>, Vec<(String, String)>),
}

/// The builtins' names.
pub(crate) const NAMES: [&str; 38] = [
    ".",
    ":",
    "alias",
    "bg",
    "break",
    "cd",
    "command",
    "continue",
    "declare",
    "env",
    "eval",
    "exec",
    "exit",
    "export",
    "fg",
    "getopts",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "mapfile",
    "printenv",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "trap",
    "type",
    "typeset",
    "unalias",
    "unset",
    "wait",
    "which",
];

/// Runs a builtin.
pub(super) fn start(
    arguments: &[String],
    environment: &mut Environment,
    world: &mut World<'_>,
    io: &mut Io,
) -> Builtin {
    let Some((name, rest)) = arguments.split_first() else { return Builtin::Ended(0) };
    let number = |default: u32| rest.first().and_then(|text| text.parse().ok()).unwrap_or(default);
    Builtin::Ended(match name.as_str() {
        ":" | "bg" => 0,
        "set" => settings::set(rest, environment, io),
        "shift" => settings::shift(rest, environment, io),
        "shopt" => settings::shopt(rest, io),
        "trap" => settings::trap(rest, environment, io),
        "getopts" => settings::options(rest, environment, io),
        "return" => settings::leave(rest, environment, io),
        "printf" if rest.first().is_some_and(|word| word == "-v") => print_into(rest, environment, io),
        "test" | "[" if rest.first().is_some_and(|word| word == "-v") => {
            let name = rest.get(1).map_or("", String::as_str);
            i32::from(environment.value(name).is_none())
        }
        "cd" => change_directory(rest, environment, world, io),
        "break" => {
            environment.unwind = Some(Unwind::Break(number(1)));
            0
        }
        "continue" => {
            environment.unwind = Some(Unwind::Continue(number(1)));
            0
        }
        "exit" => {
            let code = rest.first().and_then(|text| text.parse::<i32>().ok()).unwrap_or(environment.last_exit) & 0xff;
            environment.unwind = Some(Unwind::Exit(code));
            code
        }
        "unset" => unset(rest, environment, io),
        "alias" => alias(rest, environment, io),
        "unalias" => unalias(rest, environment, io),
        "history" => {
            for (index, line) in environment.history.iter().enumerate() {
                io.out(format!("{:5}  {line}\n", index + 1));
            }
            0
        }
        "printenv" | "env" if environment.machine.own.contains(&name.as_str()) => {
            return Builtin::None(arguments.to_vec(), Vec::new());
        }
        "printenv" | "env" if rest.is_empty() => {
            for (name, value) in environment.exported_values() {
                io.out(format!("{name}={value}\n"));
            }
            0
        }
        "printenv" => print_variables(rest, environment, io),
        "env" => return with_variables(rest, environment, io),
        "type" | "which" => describe(name == "type", rest, environment, io),
        "jobs" => {
            for job in &environment.jobs {
                let state = if job.ended.is_some() { "Done   " } else { "Running" };
                io.out(format!("[{}]+  {state}                 {} &\n", job.number, job.text));
            }
            0
        }
        "kill" => kill(rest, environment, world, io),
        "let" => {
            let mut last = 0;
            for expression in rest {
                match super::arithmetic::evaluate(expression, environment) {
                    Ok(value) => last = value,
                    Err(text) => {
                        io.err(format!("bash: let: {text}\n"));
                        return Builtin::Ended(1);
                    }
                }
            }
            i32::from(last == 0)
        }
        "eval" => return Builtin::Text(rest.join(" ")),
        "source" | "." => return source(name, rest, world, io),
        "read" | "mapfile" | "readarray" => return Builtin::Read(arguments.to_vec()),
        "wait" => return Builtin::Wait(rest.to_vec()),
        "fg" => {
            let job = environment.job(rest.first().map_or("%+", String::as_str));
            return match job.map(|job| (job.number, job.text.clone())) {
                Some((number, text)) => {
                    io.out(format!("{text}\n"));
                    Builtin::Wait(vec![format!("%{number}")])
                }
                None => {
                    io.err("bash: fg: current: no such job\n");
                    Builtin::Ended(1)
                }
            };
        }
        "command" if rest.first().is_some_and(|word| word == "-v" || word == "-V") => {
            describe(rest.first().is_some_and(|word| word == "-V"), rest.get(1..).unwrap_or_default(), environment, io)
        }
        "command" | "exec" if !rest.is_empty() => return Builtin::None(rest.to_vec(), Vec::new()),
        "command" | "exec" => 0,
        _ => return Builtin::None(arguments.to_vec(), Vec::new()),
    })
}

/// `env NAME=value … PROGRAM …`
fn with_variables(rest: &[String], environment: &Environment, io: &mut Io) -> Builtin {
    let words: Vec<&String> = rest.iter().skip_while(|word| *word == "-i" || *word == "--").collect();
    let count = words.iter().take_while(|word| word.contains('=')).count();
    let (pairs, program) = words.split_at(count);
    let own: Vec<(String, String)> = pairs
        .iter()
        .filter_map(|word| word.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if program.is_empty() {
        let mut variables = environment.exported_values();
        variables.extend(own);
        for (name, value) in variables {
            io.out(format!("{name}={value}\n"));
        }
        return Builtin::Ended(0);
    }
    Builtin::None(program.iter().map(|word| (*word).clone()).collect(), own)
}

/// `unset NAME`, `unset -f NAME`, `unset 'NAME[1]'`
fn unset(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let functions = rest.first().is_some_and(|word| word == "-f");
    let mut code = 0;
    for name in rest.iter().filter(|word| !word.starts_with('-')) {
        if environment.readonly.contains(name) {
            io.err(format!("bash: unset: {name}: cannot unset: readonly variable\n"));
            code = 1;
        } else if functions {
            environment.functions.remove(name);
        } else if let Some((name, index)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            match super::arithmetic::evaluate(index, environment).map(usize::try_from) {
                Ok(Ok(at)) => environment.unset_at(name, at),
                _ => {
                    io.err(format!("bash: unset: [{index}]: bad array subscript\n"));
                    code = 1;
                }
            }
        } else if environment.value(name).is_some() || environment.arrays.contains_key(name) {
            environment.unset(name);
        } else {
            environment.functions.remove(name);
        }
    }
    code
}

/// `printf -v NAME FORMAT …`
fn print_into(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let Some(name) = rest.get(1).filter(|name| is_name(name)) else {
        io.err("bash: printf: usage: printf [-v var] format [arguments]\n");
        return 2;
    };
    let (text, code) = tools::formatted(rest.get(2..).unwrap_or_default(), io);
    match environment.assign(name, text) {
        Ok(()) => code,
        Err(why) => environment.give_up(&why, io),
    }
}

fn change_directory(rest: &[String], environment: &mut Environment, world: &World<'_>, io: &mut Io) -> i32 {
    // Elsewhere files are named by their whole path.
    let is_home = environment.machine.variables.contains(&("HOME", "/home/learner"));
    match rest.first().map(String::as_str) {
        Some(name) if !is_home => match environment.assign("PWD", name.to_owned()) {
            Ok(()) => 0,
            Err(why) => environment.give_up(&why, io),
        },
        None | Some("~" | "." | "-" | "/home/learner") => 0,
        Some(name) if world.files.is_directory(name) => {
            io.err("bash: cd: this lab has one directory: name its files with their path\n");
            1
        }
        Some(name) => {
            let what = if world.files.read(name).is_some() { "Not a directory" } else { "No such file or directory" };
            io.err(format!("bash: cd: {name}: {what}\n"));
            1
        }
    }
}

fn alias(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    if rest.is_empty() {
        for (name, text) in &environment.aliases {
            io.out(format!("alias {name}='{text}'\n"));
        }
    }
    let mut code = 0;
    for word in rest {
        match (word.split_once('='), environment.aliases.get(word)) {
            (Some((name, text)), _) => {
                environment.aliases.insert(name.to_owned(), text.to_owned());
            }
            (None, Some(text)) => io.out(format!("alias {word}='{text}'\n")),
            (None, None) => {
                io.err(format!("bash: alias: {word}: not found\n"));
                code = 1;
            }
        }
    }
    code
}

fn unalias(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let mut code = 0;
    for name in rest {
        if name == "-a" {
            environment.aliases.clear();
        } else if environment.aliases.remove(name).is_none() {
            io.err(format!("bash: unalias: {name}: not found\n"));
            code = 1;
        }
    }
    code
}

fn print_variables(rest: &[String], environment: &Environment, io: &mut Io) -> i32 {
    let mut code = 0;
    for name in rest {
        match environment.value(name).filter(|_| environment.exported.contains(name)) {
            Some(value) => io.out(format!("{value}\n")),
            None => code = 1,
        }
    }
    code
}

fn describe(is_type: bool, names: &[String], environment: &Environment, io: &mut Io) -> i32 {
    let mut code = 0;
    for name in names {
        let text = if let Some(text) = environment.aliases.get(name) {
            if is_type { format!("{name} is aliased to `{text}'") } else { format!("alias {name}='{text}'") }
        } else if environment.functions.contains_key(name) {
            if is_type { format!("{name} is a function") } else { name.clone() }
        } else if NAMES.contains(&name.as_str()) {
            if is_type { format!("{name} is a shell builtin") } else { name.clone() }
        } else if tools::exists(name, environment.machine) {
            if is_type { format!("{name} is /usr/bin/{name}") } else { format!("/usr/bin/{name}") }
        } else {
            if is_type {
                io.err(format!("bash: type: {name}: not found\n"));
            }
            code = 1;
            continue;
        };
        io.out(text + "\n");
    }
    code
}

fn kill(rest: &[String], environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> i32 {
    let mut code = 0;
    for name in rest.iter().filter(|word| !word.starts_with('-')) {
        match environment.job(name).filter(|job| job.ended.is_none()) {
            Some(job) => {
                job.running.interrupt(world, &mut Io::default());
                job.ended = Some(143);
            }
            None => {
                let what = if name.starts_with('%') { "no such job" } else { "No such process" };
                io.err(format!("bash: kill: {name}: {what}\n"));
                code = 1;
            }
        }
    }
    code
}

fn source(name: &str, rest: &[String], world: &World<'_>, io: &mut Io) -> Builtin {
    let Some(path) = rest.first() else {
        io.err(format!("bash: {name}: filename argument required\n"));
        return Builtin::Ended(2);
    };
    match world.files.read(path) {
        Some(text) => Builtin::Text(text.to_owned()),
        None => {
            io.err(format!("bash: {path}: No such file or directory\n"));
            Builtin::Ended(1)
        }
    }
}
