//! `kubectl help`, `--help` and `options`: pages in the real kubectl's form, made of the table that the parser uses
//! (`flags.rs`, each verb's `Command`) and of the words in `help.txt`.
//!
//! `help.txt` begins with a line for each flag: its name, its default, a sentence. Then, for each command, `@path`, its
//! description, its examples (`# what` and a line to type), `> usage` where the command gives none, and `! flag=default
//! sentence` for a flag that means something else there.

use super::flags::{self, Flag, GLOBAL, Takes};
use super::verbs;
use crate::sorting;

/// Commands that have others below them in kubectl, and none in the lab.
const WITH_OTHER_CHILDREN: [&str; 3] = ["certificate", "cluster-info", "plugin"];

const TEXT: &str = include_str!("help.txt");
/// How the real kubectl groups its commands.
const SECTIONS: [(&str, &[&str]); 8] = [
    ("Basic Commands (Beginner)", &["create", "expose", "run", "set"]),
    ("Basic Commands (Intermediate)", &["explain", "get", "edit", "delete"]),
    ("Deploy Commands", &["rollout", "scale", "autoscale"]),
    ("Cluster Management Commands", &["cluster-info", "top", "cordon", "uncordon", "drain", "taint"]),
    (
        "Troubleshooting and Debugging Commands",
        &["describe", "logs", "attach", "exec", "port-forward", "proxy", "cp", "auth", "debug", "events"],
    ),
    ("Advanced Commands", &["diff", "apply", "patch", "replace", "wait", "kustomize"]),
    ("Settings Commands", &["label", "annotate", "completion"]),
    ("Other Commands", &["api-resources", "api-versions", "config", "version"]),
];
const GLOBAL_HINT: &str =
    "Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n";

/// `kubectl` alone.
pub(super) fn overview() -> String {
    let children = verbs::children("");
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: \
                    https://kubernetes.io/docs/reference/kubectl/\n\n"
        .to_owned();
    for (title, names) in SECTIONS {
        text.push_str(&format!("{title}:\n"));
        for name in names {
            let about = children.iter().find(|(path, ..)| path == name).map_or("", |(_, _, about)| *about);
            text.push_str(&format!("  {name:<15} {about}\n"));
        }
        text.push('\n');
    }
    text + "Usage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given \
            command.\n"
        + GLOBAL_HINT
}

/// A command or a group of commands. Models k8s.io/kubectl/pkg/util/templates.
pub(super) fn page(path: &str) -> String {
    let section = section(path);
    let is = |mark: &str| section.iter().filter_map(move |line| line.strip_prefix(mark)).collect::<Vec<_>>();
    let mut text = String::new();
    let words = section.iter().take_while(|line| !line.starts_with(['#', '>', '!']));
    let words: Vec<&str> = words.copied().collect();
    let known = verbs::children(parent(path)).into_iter().find(|(known, ..)| *known == path);
    let (_, aliases, about) = known.unwrap_or_default();
    text.push_str(if words.is_empty() { about } else { "" });
    text.push_str(words.join("\n").trim_end());
    text.push_str("\n\n");
    if !aliases.is_empty() {
        text.push_str(&format!("Aliases:\n{}, {}\n\n", last(path), aliases.join(", ")));
    }
    let examples: Vec<String> = section
        .iter()
        .skip(words.len())
        .filter(|line| !line.is_empty() && !line.starts_with(['>', '!']))
        .enumerate()
        .map(
            |(at, line)| {
                if line.starts_with('#') && at > 0 { format!("  \n  {line}\n") } else { format!("  {line}\n") }
            },
        )
        .collect();
    if !examples.is_empty() {
        text.push_str(&format!("Examples:\n{}\n", examples.concat()));
    }
    let children = verbs::children(path);
    if !children.is_empty() {
        let width = children.iter().map(|(path, ..)| last(path).len()).max().unwrap_or(0).max(11);
        text.push_str("Available Commands:\n");
        text.extend(children.iter().map(|(path, _, about)| format!("  {:<width$}   {about}\n", last(path))));
        text.push('\n');
    }
    let command = verbs::command(path);
    let mut flags = flags::of_command(command.map_or(&[], |command| command.flags));
    // A flag that is deprecated works, and is not shown.
    flags.retain(|flag| flag.name != "record");
    if !flags.is_empty() {
        text.push_str("Options:\n");
        text.extend(flags.iter().map(|flag| option(flag, &is("! "))));
    }
    let usage = is("> ").first().copied().map(str::to_owned);
    let usage = usage.unwrap_or_else(|| match command {
        Some(command) => command.usage.to_owned(),
        None => "SUBCOMMAND".to_owned(),
    });
    let space = if usage.is_empty() { "" } else { " " };
    text.push_str(&format!("Usage:\n  kubectl {path}{space}{usage} [options]\n\n"));
    if !children.is_empty() || WITH_OTHER_CHILDREN.contains(&path) {
        text.push_str(&format!(
            "Use \"kubectl {path} <command> --help\" for more information about a given command.\n"
        ));
    }
    text + GLOBAL_HINT
}

/// `kubectl help …`.
pub(super) fn topic(words: &[String]) -> String {
    let mut path = "";
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        match verbs::child(path, word) {
            Some(found) => path = found,
            None if path.is_empty() => {
                // Models k8s.io/kubectl/pkg/cmd/help RunHelp.
                return format!("Unknown help topic [`{}`]\n{}", words.join(" "), overview());
            }
            None => break,
        }
    }
    if path.is_empty() || path == "help" { overview() } else { page(path) }
}

/// `kubectl options`
pub(super) fn global_options() -> String {
    let mut flags: Vec<Flag> = GLOBAL.into_iter().filter(|flag| flag.name != "help").collect();
    sorting::sort_by_key(&mut flags, |flag| flag.name);
    let options: String = flags.iter().map(|flag| option(flag, &[])).collect();
    format!("The following options can be passed to any command:\n\n{}", options.trim_end_matches('\n')) + "\n"
}

fn section(path: &str) -> Vec<&'static str> {
    let mut lines = TEXT.lines().skip_while(|line| line.strip_prefix('@') != Some(path));
    lines.next();
    lines.take_while(|line| !line.starts_with('@')).collect()
}

fn option(flag: &Flag, own: &[&'static str]) -> String {
    let general = TEXT.lines().take_while(|line| !line.starts_with('@'));
    let line = own.iter().copied().chain(general).find(|line| line.split(['=', ' ']).next() == Some(flag.name));
    let (head, words) = line.unwrap_or_default().split_once(' ').unwrap_or_default();
    let default = head.split_once('=').map_or(
        match flag.takes {
            Takes::Switch => "false",
            Takes::Text | Takes::Format | Takes::OptionalText(_) => "''",
            Takes::List | Takes::Texts => "[]",
            Takes::Number => "0",
            Takes::Duration => "0s",
        },
        |(_, default)| default,
    );
    let short = flag.short.map_or_else(String::new, |short| format!("-{short}, "));
    format!("    {short}--{}={default}:\n\t{words}\n\n", flag.name)
}

fn parent(path: &str) -> &str {
    path.rsplit_once(' ').map_or("", |(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit(' ').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_every_flag_is_described() {
        for (path, _, about) in verbs::GROUPS
            .iter()
            .map(|group| (group.path, group.aliases, group.about))
            .chain(verbs::COMMANDS.iter().map(|command| (command.path, command.aliases, command.about)))
        {
            assert!(!about.is_empty(), "{path}");
            let has_no_flags = verbs::command(path).is_some_and(|command| flags::of_command(command.flags).is_empty());
            assert!(has_no_flags || !section(path).is_empty(), "help.txt has nothing about {path}");
        }
        let names: Vec<&str> = TEXT
            .lines()
            .take_while(|line| !line.starts_with('@'))
            .filter_map(|line| line.split(['=', ' ']).next())
            .collect();
        for command in verbs::COMMANDS {
            let section = section(command.path);
            let own: Vec<&str> =
                section.iter().filter_map(|line| line.strip_prefix("! ")?.split(['=', ' ']).next()).collect();
            let flags = flags::of_command(command.flags);
            for flag in &flags {
                assert!(own.contains(&flag.name) || names.contains(&flag.name), "{}: --{}", command.path, flag.name);
            }
            for name in own {
                assert!(
                    flags.iter().any(|flag| flag.name == name) || name == "namespace",
                    "{}: --{name}",
                    command.path
                );
            }
        }
    }

    #[test]
    fn every_example_can_be_typed() {
        for command in verbs::COMMANDS {
            for line in section(command.path).iter().filter(|line| line.starts_with("kubectl ")) {
                let words = shlex::split(line).unwrap();
                let rest: Vec<String> = words.into_iter().skip(1 + command.path.split(' ').count()).collect();
                assert!(line.starts_with(&format!("kubectl {}", command.path)), "{line}");
                assert_eq!(flags::Parsed::parse(&rest, command.flags).map(|_| ()), Ok(()), "{line}");
            }
        }
    }
}
