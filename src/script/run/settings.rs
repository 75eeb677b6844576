//! Builtins that change how the shell runs: `set`, `shift`, `trap`, `return`, `getopts`, `shopt`.

use super::Environment;
use crate::script::Io;
use crate::script::environment::{SIGNALS, Settings, Unwind};
use crate::script::language::is_name;

fn switch<'a>(settings: &'a mut Settings, name: &str) -> Option<&'a mut bool> {
    Some(match name {
        "errexit" => &mut settings.errexit,
        "nounset" => &mut settings.nounset,
        "xtrace" => &mut settings.xtrace,
        "pipefail" => &mut settings.pipefail,
        "noglob" => &mut settings.noglob,
        _ => return None,
    })
}

/// Settings that change nothing here.
const WITHOUT_EFFECT: [&str; 12] = [
    "allexport",
    "braceexpand",
    "emacs",
    "errtrace",
    "functrace",
    "hashall",
    "histexpand",
    "history",
    "monitor",
    "noclobber",
    "posix",
    "vi",
];

/// `set -euo pipefail`, `set +e`, `set -- a b`
pub(crate) fn set(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    if rest.is_empty() {
        for (name, value) in &environment.variables {
            io.out(format!("{name}={}\n", super::declare::quoted(value)));
        }
        return 0;
    }
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let (on, letters) = match (word.strip_prefix('-'), word.strip_prefix('+')) {
            (Some("-"), _) => {
                environment.positional = words.cloned().collect();
                return 0;
            }
            (Some(letters), _) => (true, letters),
            (_, Some(letters)) => (false, letters),
            (None, None) => {
                environment.positional = std::iter::once(word).chain(words).cloned().collect();
                return 0;
            }
        };
        for letter in letters.chars() {
            let name = match letter {
                'e' => "errexit",
                'u' => "nounset",
                'x' => "xtrace",
                'f' => "noglob",
                'o' => match words.next() {
                    Some(name) => name.as_str(),
                    None => {
                        show(environment, io);
                        return 0;
                    }
                },
                'a' | 'b' | 'h' | 'm' | 'v' | 'B' | 'C' | 'E' | 'H' | 'T' => continue,
                _ => {
                    io.err(format!("bash: set: -{letter}: invalid option\n"));
                    return 2;
                }
            };
            match switch(&mut environment.settings, name) {
                Some(setting) => *setting = on,
                None if WITHOUT_EFFECT.contains(&name) => {}
                None => {
                    io.err(format!("bash: set: {name}: invalid option name\n"));
                    return 2;
                }
            }
        }
    }
    0
}

fn show(environment: &Environment, io: &mut Io) {
    let Settings { errexit, nounset, xtrace, pipefail, noglob } = environment.settings;
    let all =
        [("errexit", errexit), ("noglob", noglob), ("nounset", nounset), ("pipefail", pipefail), ("xtrace", xtrace)];
    for (name, on) in all {
        io.out(format!("{name:<15}\t{}\n", if on { "on" } else { "off" }));
    }
}

/// `shift`, `shift 2`
pub(super) fn shift(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let count: usize = match rest.first().map_or(Ok(1), |text| text.parse()) {
        Ok(count) => count,
        Err(_) => {
            io.err(format!("bash: shift: {}: numeric argument required\n", rest.first().map_or("", String::as_str)));
            return 1;
        }
    };
    match environment.positional.get(count..) {
        Some(left) => {
            environment.positional = left.into();
            0
        }
        None => 1,
    }
}

/// Options of bash's own, none of which the lab's shell has.
pub(super) fn shopt(rest: &[String], io: &mut Io) -> i32 {
    let names: Vec<&str> = rest.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    if names.is_empty() || names.iter().all(|name| matches!(*name, "expand_aliases" | "checkwinsize")) {
        return 0;
    }
    io.err(format!("bash: shopt: {}: the lab's shell has no such option\n", names.join(" ")));
    1
}

/// `trap 'COMMANDS' EXIT INT`, `trap - EXIT`, `trap`
pub(super) fn trap(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let words: Vec<&String> = rest.iter().skip_while(|word| *word == "--").collect();
    let Some((action, signals)) = words.split_first().filter(|(first, _)| !first.starts_with("-p")) else {
        for (signal, text) in &environment.traps {
            let prefix = if matches!(*signal, "EXIT" | "ERR") { "" } else { "SIG" };
            io.out(format!("trap -- '{}' {prefix}{signal}\n", text.replace('\'', "'\\''")));
        }
        return 0;
    };
    let (action, signals) =
        if signals.is_empty() { ("-", [*action].to_vec()) } else { (action.as_str(), signals.to_vec()) };
    let mut code = 0;
    for name in signals {
        let plain = name.strip_prefix("SIG").unwrap_or(name).to_uppercase();
        let known = match plain.as_str() {
            "0" => Some("EXIT"),
            "2" => Some("INT"),
            "15" => Some("TERM"),
            "HUP" | "QUIT" | "PIPE" | "USR1" | "USR2" | "DEBUG" | "RETURN" | "TSTP" | "WINCH" => continue,
            plain => SIGNALS.into_iter().find(|known| *known == plain),
        };
        match known {
            None => {
                io.err(format!("bash: trap: {name}: invalid signal specification\n"));
                code = 1;
            }
            Some(signal) if action == "-" => drop(environment.traps.remove(signal)),
            Some(signal) => drop(environment.traps.insert(signal, action.to_owned())),
        }
    }
    code
}

/// `return`, `return 3`
pub(super) fn leave(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    if environment.frames.is_empty() && environment.nesting == 0 {
        io.err("bash: return: can only `return' from a function or sourced script\n");
        return 1;
    }
    let code = match rest.first().map(|text| text.parse::<i32>()) {
        None => environment.last_exit,
        Some(Ok(code)) => code & 0xff,
        Some(Err(_)) => {
            io.err(format!("bash: return: {}: numeric argument required\n", rest.first().map_or("", String::as_str)));
            2
        }
    };
    environment.unwind = Some(Unwind::Return(code));
    code
}

/// `getopts ab: NAME`
pub(super) fn options(rest: &[String], environment: &mut Environment, io: &mut Io) -> i32 {
    let (Some(letters), Some(name)) = (rest.first(), rest.get(1).filter(|name| is_name(name))) else {
        io.err("bash: getopts: usage: getopts optstring name [arg ...]\n");
        return 2;
    };
    match option(letters, name, rest.get(2..).unwrap_or_default(), environment, io) {
        Ok(code) => code,
        Err(why) => environment.give_up(&why, io),
    }
}

fn option(
    letters: &str,
    name: &str,
    own: &[String],
    environment: &mut Environment,
    io: &mut Io,
) -> Result<i32, String> {
    let (is_quiet, letters) = letters.strip_prefix(':').map_or((false, letters), |letters| (true, letters));
    let number = |environment: &Environment, name: &str| environment.value(name).and_then(|text| text.parse().ok());
    let mut at: usize = number(environment, "OPTIND").unwrap_or(1).max(1);
    // How far the word at hand has been read; of a new one the dash is.
    let mut within: usize = number(environment, "_OPTCHAR").filter(|_| at > 0).unwrap_or(1).max(1);
    let words: Vec<String> = if own.is_empty() { environment.positional.to_vec() } else { own.to_vec() };
    let word = words.get(at - 1).filter(|word| word.starts_with('-') && word.len() > 1 && *word != "--");
    let Some((word, letter)) = word.and_then(|word| Some((word, word.chars().nth(within)?))) else {
        let is_end = words.get(at - 1).is_some_and(|word| word == "--");
        environment.assign("OPTIND", (at + usize::from(is_end)).to_string())?;
        environment.assign(name, "?".to_owned())?;
        environment.unset("_OPTCHAR");
        return Ok(1);
    };
    within += 1;
    environment.unset("OPTARG");
    let kind = letters.find(letter).filter(|_| letter != ':').map(|place| letters.get(place + 1..).unwrap_or_default());
    let mut found = letter.to_string();
    let rest: String = word.chars().skip(within).collect();
    match kind {
        None => {
            if is_quiet {
                environment.assign("OPTARG", found.clone())?;
            } else {
                io.err(format!("bash: illegal option -- {letter}\n"));
            }
            "?".clone_into(&mut found);
        }
        Some(tail) if tail.starts_with(':') => {
            let value = if rest.is_empty() {
                let next = words.get(at).cloned();
                at += usize::from(next.is_some());
                next
            } else {
                Some(rest.clone())
            };
            within = usize::MAX;
            match value {
                Some(value) => environment.assign("OPTARG", value)?,
                None if is_quiet => {
                    environment.assign("OPTARG", found.clone())?;
                    ":".clone_into(&mut found);
                }
                None => {
                    io.err(format!("bash: option requires an argument -- {letter}\n"));
                    "?".clone_into(&mut found);
                }
            }
        }
        Some(_) => {}
    }
    if within == usize::MAX || rest.is_empty() {
        at += 1;
        environment.unset("_OPTCHAR");
    } else {
        environment.assign("_OPTCHAR", within.to_string())?;
    }
    environment.assign("OPTIND", at.to_string())?;
    environment.assign(name, found)?;
    Ok(0)
}
