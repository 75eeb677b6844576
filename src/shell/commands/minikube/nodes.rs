//! `minikube start` and `minikube node`: how many nodes there are, and how large they are.

use crate::apiserver::NODE;
use crate::cluster::{MOST_NODES, NodeSize};
use crate::kubelet::Kubelet;
use crate::process::{Io, World};

/// `minikube start [--nodes N] [--cpus N] [--memory N]`, `minikube node list|add|delete|stop|start`
pub(super) fn run(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let done = read(arguments).and_then(|(options, words)| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["start"] => start(&options, world),
            ["node", "list"] => Ok(list(world)),
            ["node", "add"] => add(&options, world),
            ["node", "delete", name] => {
                let name = full_name(name, world);
                world.cluster.remove_node(&name)?;
                Ok(format!("💀  Node {} was successfully deleted.\n", short_name(&name)))
            }
            ["node", "stop", name] => {
                let name = full_name(name, world);
                world.cluster.fail_node(&name)?;
                Ok(format!("🛑  Successfully stopped node {}\n", short_name(&name)))
            }
            ["node", "start", name] => {
                let name = full_name(name, world);
                world.cluster.recover_node(&name)?;
                Ok(format!("🏄  Successfully started node {}!\n", short_name(&name)))
            }
            _ => Err("known here are node list, node add, node delete|stop|start NAME".to_owned()),
        }
    });
    match done {
        Ok(text) => {
            io.out(text);
            0
        }
        Err(text) => {
            io.err(format!("minikube: {text}\n"));
            1
        }
    }
}

/// Each node, as `minikube status` has it.
pub(super) fn status(world: &World<'_>) -> String {
    let of_node = |kubelet: &Kubelet| {
        let name = &kubelet.config().node_name;
        let host = if kubelet.is_cut_off() { "Stopped" } else { "Running" };
        let runs = if kubelet.is_stopped() { "Stopped" } else { "Running" };
        if name == NODE {
            format!(
                "{name}\ntype: Control Plane\nhost: {host}\nkubelet: {runs}\napiserver: Running\nkubeconfig: Configured\n\n"
            )
        } else {
            format!("{name}\ntype: Worker\nhost: {host}\nkubelet: {runs}\n\n")
        }
    };
    world.cluster.fleet().iter().map(of_node).collect()
}

/// Unlike the real one it changes a cluster that runs: the lab's always does.
fn start(options: &Options, world: &mut World<'_>) -> Result<String, String> {
    if options.nodes.is_some_and(|nodes| nodes == 0 || nodes > MOST_NODES) {
        return Err(format!("--nodes must be 1 to {MOST_NODES}"));
    }
    let is_sized = options.size.cpu.is_some() || options.size.memory.is_some();
    if is_sized {
        let names: Vec<String> =
            world.cluster.fleet().iter().map(|kubelet| kubelet.config().node_name.clone()).collect();
        for name in names {
            world.cluster.resize_node(&name, &options.size)?;
        }
    }
    let mut text = String::new();
    while world.cluster.fleet().len() < options.nodes.unwrap_or(1) {
        let name = next_name(world);
        world.cluster.add_node(&name, &options.size)?;
        text.push_str(&format!("👍  Starting \"{name}\" worker node in \"{NODE}\" cluster\n"));
    }
    let done = "Done! kubectl is now configured to use \"minikube\" cluster and \"default\" namespace by default";
    Ok(format!("{text}🏄  {done}\n"))
}

fn add(options: &Options, world: &mut World<'_>) -> Result<String, String> {
    let name = next_name(world);
    world.cluster.add_node(&name, &options.size)?;
    let short = short_name(&name);
    Ok(format!("😄  Adding node {short} to cluster {NODE} as [worker]\n🏄  Successfully added {short} to {NODE}!\n"))
}

fn list(world: &World<'_>) -> String {
    let line = |kubelet: &Kubelet| format!("{}\t{}\n", kubelet.config().node_name, kubelet.config().node_ip);
    world.cluster.fleet().iter().map(line).collect()
}

/// `minikube-m02` and so on: the first name that no node has.
fn next_name(world: &World<'_>) -> String {
    let names = (2..).map(|number| format!("{NODE}-m{number:02}"));
    let is_free = |name: &String| world.cluster.fleet().of_node(name).is_none();
    names.take(MOST_NODES + 1).find(is_free).unwrap_or_default()
}

/// minikube takes `m02` for `minikube-m02`.
fn full_name(name: &str, world: &World<'_>) -> String {
    let full = format!("{NODE}-{name}");
    if world.cluster.fleet().of_node(&full).is_some() { full } else { name.to_owned() }
}

fn short_name(name: &str) -> &str {
    name.strip_prefix(NODE).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name)
}

#[derive(Default)]
struct Options {
    nodes: Option<usize>,
    size: NodeSize,
}

fn read(arguments: &[String]) -> Result<(Options, Vec<String>), String> {
    let (mut options, mut words) = (Options::default(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value =
            || value.clone().or_else(|| rest.next().cloned()).ok_or_else(|| format!("flag needs an argument: {name}"));
        match name {
            "--nodes" | "-n" => {
                let value = value()?;
                options.nodes = Some(value.parse().map_err(|_| format!("{value:?} is no number of nodes"))?);
            }
            "--cpus" => options.size.cpu = Some(value()?),
            "--memory" => options.size.memory = Some(memory(&value()?)),
            // What has no meaning here, such as --driver=docker.
            _ if name.starts_with('-') => {}
            _ => words.push(word.clone()),
        }
    }
    Ok((options, words))
}

/// minikube counts in MB when no unit is said, and knows `2g`, `512mb` and their like.
fn memory(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    match lower.strip_prefix(number).unwrap_or_default() {
        "" | "m" | "mb" => format!("{number}Mi"),
        "g" | "gb" => format!("{number}Gi"),
        "k" | "kb" => format!("{number}Ki"),
        _ => text.to_owned(),
    }
}
