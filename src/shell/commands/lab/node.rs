//! `lab node` and `lab kubelet`: nodes that come, go, fail and recover.

use crate::api::well_known::ZONE;
use crate::apiserver::NODE;
use crate::cluster::NodeSize;
use crate::process::World;

const USAGE: &str = "node add NAME [--cpus N] [--memory N] [--pods N] [--zone ZONE] [--label KEY=VALUE], \
                     node remove|fail|recover NAME";

/// `lab node [list|add|remove|fail|recover]`
pub(super) fn run(arguments: &[String], world: &mut World<'_>) -> Result<String, String> {
    let (size, words) = read(arguments)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["list"] => Ok(list(world)),
        ["add", name] => {
            world.cluster.add_node(name, &size)?;
            Ok(format!("node {name} added\n"))
        }
        ["remove", name] => {
            world.cluster.remove_node(name)?;
            Ok(format!("node {name} removed\n"))
        }
        ["fail", name] => {
            world.cluster.fail_node(name)?;
            Ok(format!("node {name} fails\n"))
        }
        ["recover", name] => {
            world.cluster.recover_node(name)?;
            Ok(format!("node {name} recovers\n"))
        }
        _ => Err(format!("what? {USAGE}")),
    }
}

/// `lab kubelet stop|start [NODE]`
pub(super) fn kubelet(world: &mut World<'_>, word: &str, node: Option<&str>) -> Result<String, String> {
    let name = node.unwrap_or(NODE);
    let (done, _) = match word {
        "stop" => ("stopped", world.cluster.stop_kubelet(name)?),
        _ => ("started", world.cluster.start_kubelet(name)?),
    };
    Ok(match node {
        None => format!("kubelet {done}\n"),
        Some(name) => format!("kubelet of {name} {done}\n"),
    })
}

fn list(world: &World<'_>) -> String {
    let line = |kubelet: &crate::kubelet::Kubelet| {
        let config = kubelet.config();
        format!("{}\t{}\n", config.node_name, config.node_ip)
    };
    world.cluster.fleet().iter().map(line).collect()
}

/// The amounts and labels, and the other words. An option's value stands behind it or behind `=`.
fn read(arguments: &[String]) -> Result<(NodeSize, Vec<String>), String> {
    let (mut size, mut words) = (NodeSize::default(), Vec::new());
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let Some(option) = word.strip_prefix("--") else {
            words.push(word.clone());
            continue;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (option, rest.next().cloned().ok_or_else(|| format!("--{option} needs a value: {USAGE}"))?),
        };
        match name {
            "cpus" => size.cpu = Some(value),
            "memory" => size.memory = Some(value),
            "pods" => {
                size.pods = Some(value.parse().map_err(|_| format!("{value:?} is no number of pods: {USAGE}"))?);
            }
            "zone" => _ = size.labels.insert(ZONE.to_owned(), value),
            "label" => {
                let (key, value) =
                    value.split_once('=').ok_or_else(|| format!("{value:?} is no label: --label KEY=VALUE"))?;
                size.labels.insert(key.to_owned(), value.to_owned());
            }
            _ => return Err(format!("--{name} is no option here: {USAGE}")),
        }
    }
    Ok((size, words))
}
