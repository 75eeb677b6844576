//! `kubectl help` and `--help`: what the lab's kubectl can do, in its own words.

use super::command::Command;
use super::flags::{Flag, Takes};
use super::verbs;

/// `kubectl` alone.
pub(super) fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\nCommands:\n".to_owned();
    let single = verbs::COMMANDS.iter().filter(|command| !command.path.contains(' '));
    text.extend(single.map(|command| format!("  {:<15} {}\n", command.path, command.about)));
    let groups = verbs::GROUPS.iter().filter(|group| !verbs::COMMANDS.iter().any(|command| command.path == **group));
    text.extend(groups.map(|group| {
        format!(
            "  {group:<15} {}
",
            members(group).join(", ")
        )
    }));
    text + "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n"
}

/// A group of commands, such as `kubectl rollout`.
pub(super) fn group(group: &str) -> String {
    let mut text = "Available Commands:\n".to_owned();
    let prefix = format!("{group} ");
    let commands =
        verbs::COMMANDS.iter().filter_map(|command| Some((command.path.strip_prefix(&prefix)?, command.about)));
    text.extend(commands.map(|(name, about)| {
        format!(
            "  {name:<15} {about}
"
        )
    }));
    text + &format!("\nUsage:\n  kubectl {group} SUBCOMMAND [options]\n")
}

/// One command.
pub(super) fn command(command: &Command) -> String {
    let mut text = format!("{}\n\nOptions:\n", command.about);
    for flag in command.flags {
        text.push_str(&option(flag));
    }
    text + &format!("\nUsage:\n  kubectl {} {} [options]\n", command.path, command.usage)
}

/// `kubectl help …`.
pub(super) fn topic(words: &[String]) -> String {
    let path = words.join(" ");
    if let Some(found) = verbs::COMMANDS.iter().find(|command| command.path == path) {
        command(found)
    } else if let Some(found) = verbs::GROUPS.iter().find(|group| **group == path) {
        group(found)
    } else {
        overview()
    }
}

fn members(group: &str) -> Vec<&'static str> {
    let commands = verbs::COMMANDS.iter().filter_map(|command| command.path.split_once(' '));
    commands.filter(|(parent, _)| *parent == group).map(|(_, name)| name).collect()
}

fn option(flag: &Flag) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let value = match flag.takes {
        Takes::Switch => "",
        Takes::Text | Takes::OptionalText(_) => "=''",
        Takes::List | Takes::Texts => "=[]",
        Takes::Number => "=0",
        Takes::Duration => "=0s",
    };
    format!("    {short}--{}{value}\n", flag.name)
}
