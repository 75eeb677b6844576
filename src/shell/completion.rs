//! Tab: what the word at the cursor could be.

use std::collections::BTreeSet;

use crate::process::World;
use crate::script::{self, Environment};

/// Words behind which another command begins.
const PREFIXES: [&str; 8] = ["do", "then", "else", "time", "sudo", "watch", "xargs", "!"];

/// The words that the one before `cursor` could become, in order.
pub(super) fn complete(line: &str, cursor: usize, environment: &Environment, world: &World<'_>) -> Vec<String> {
    let before = line.get(..cursor).unwrap_or(line);
    let begun = before.rsplit(|c: char| c.is_whitespace() || "|&;()<>".contains(c)).next().unwrap_or_default();
    let lead = before.strip_suffix(begun).unwrap_or(before).trim_end();
    let previous = lead.rsplit(|c: char| c.is_whitespace() || "|&;(".contains(c)).next().unwrap_or_default();
    let is_command = lead.is_empty() || lead.ends_with(['|', '&', ';', '(']) || PREFIXES.contains(&previous);
    if let Some(name) = begun.strip_prefix('$') {
        return environment
            .variables
            .keys()
            .filter(|known| known.starts_with(name) && known.as_str() != "!")
            .map(|known| format!("${known}"))
            .collect();
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    if let Some(words) = kubectl_words(lead, environment) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        found.extend(crate::kubectl::complete(&words, begun, world));
    } else if is_command {
        let names = script::names(environment.machine).chain(script::BUILTINS).map(str::to_owned);
        let names = names.chain(environment.aliases.keys().cloned());
        found.extend(names.filter(|name| name.starts_with(begun)));
    } else {
        found.extend(files(begun, world));
        let command = lead.rsplit(['|', '&', ';', '(']).next().unwrap_or_default();
        found.extend(words_of_lab(command, world).into_iter().filter(|word| word.starts_with(begun)));
    }
    found.into_iter().collect()
}

/// The words between `kubectl`, or an alias of it, and the word at the cursor.
fn kubectl_words(lead: &str, environment: &Environment) -> Option<Vec<String>> {
    let command = lead.rsplit(['|', '&', ';', '(']).next().unwrap_or_default();
    let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    while words.first().is_some_and(|word| PREFIXES.contains(&word.as_str()) || word.contains('=')) {
        words.remove(0);
    }
    if let Some(text) = words.first().and_then(|word| environment.aliases.get(word)) {
        let text: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.splice(..1, text);
    }
    (words.first().is_some_and(|word| word == "kubectl")).then(|| words.split_off(1))
}

/// What may come next in `lab …` and `minikube …`: verbs, and names of nodes behind those that want one.
fn words_of_lab(command: &str, world: &World<'_>) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let fixed: &[&str] = match words.as_slice() {
        ["lab"] => {
            &["fail", "help", "image", "kill", "kubelet", "load", "node", "slow", "stand-in", "status", "traffic"]
        }
        ["lab", "node"] => &["add", "fail", "list", "recover", "remove"],
        ["lab", "node", "add", _, ..] => &["--cpus", "--label", "--memory", "--pods", "--zone"],
        ["lab", "kubelet"] => &["start", "stop"],
        ["minikube"] => &["addons", "image", "ip", "node", "service", "start", "status"],
        ["minikube", "addons"] => &["disable", "enable", "list"],
        ["minikube", "addons", "disable" | "enable"] => &["metrics-server"],
        ["minikube", "start"] => &["--cpus", "--memory", "--nodes"],
        ["minikube", "node"] => &["add", "delete", "list", "start", "stop"],
        ["lab", "node", "fail" | "recover" | "remove"]
        | ["lab", "kubelet", "start" | "stop"]
        | ["minikube", "node", "delete" | "start" | "stop"] => {
            return world.cluster.fleet().iter().map(|kubelet| kubelet.config().node_name.clone()).collect();
        }
        _ => &[],
    };
    fixed.iter().map(|word| (*word).to_owned()).collect()
}

/// Files and directories whose path begins so.
fn files(begun: &str, world: &World<'_>) -> Vec<String> {
    world
        .files
        .iter()
        .filter_map(|(path, _)| {
            let rest = path.strip_prefix(begun)?;
            let end = rest.find('/').map_or(path.len(), |slash| begun.len() + slash + 1);
            path.get(..end).map(str::to_owned)
        })
        .collect()
}
