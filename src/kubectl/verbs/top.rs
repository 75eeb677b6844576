//! `kubectl top`: figures of a simple model, which says so. Programs here use no cpu and no memory.

use crate::api::{Kind, Pod};
use crate::apiserver::{LabelQuery, Selectors};
use crate::kubectl::TabWriter;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::sorting;

pub(super) const TOP_POD: Command = Command {
    path: "top pod",
    aliases: &["pods", "po"],
    about: "Display resource (CPU/memory) usage of pods",
    usage: "[NAME | -l label]",
    flags: &[
        Flag::switch("all-namespaces", Some('A')),
        Flag::switch("containers", None),
        Flag::switch("no-headers", None),
        Flag::text("selector", Some('l')),
        Flag::text("sort-by", None),
    ],
    run: pods,
};

pub(super) const TOP_NODE: Command = Command {
    path: "top node",
    aliases: &["nodes", "no"],
    about: "Display resource (CPU/memory) usage of nodes",
    usage: "[NAME | -l label]",
    flags: &[Flag::switch("no-headers", None), Flag::text("selector", Some('l')), Flag::text("sort-by", None)],
    run: nodes,
};

const NOTE: &str = "# the lab measures nothing: these figures come from a simple model\n";
/// What a node uses by itself.
const NODE_MILLICORES: u64 = 120;
const NODE_MEBIBYTES: u64 = 600;
const NODE_CORES: u64 = 2;
const NODE_MEMORY_MEBIBYTES: u64 = 3920;

/// Millicores and mebibytes of a pod: a running one idles, and each differs a little.
fn usage(pod: &Pod) -> (u64, u64) {
    let spread = pod.metadata.uid.bytes().map(u64::from).sum::<u64>();
    (1 + spread % 2, 4 + spread % 5)
}

fn is_measured(pod: &Pod) -> bool {
    pod.status.container_statuses.iter().any(|status| status.state.running.is_some())
}

fn pods(call: &mut Call<'_, '_>) -> Outcome {
    let query = LabelQuery::parse(call.flags.text("selector").unwrap_or_default()).map_err(Failure::Plain)?;
    let everywhere = call.flags.switch("all-namespaces");
    let namespace = call.namespace();
    let name = call.args().first().cloned();
    if let Some(name) = &name {
        call.world.client().get(Kind::Pod, &crate::apiserver::Key::new(namespace.as_str(), name.as_str()))?;
    }
    let pods = call.world.client().pods((!everywhere).then_some(namespace.as_str()));
    let wanted = pods.iter().filter(|pod| name.as_ref().is_none_or(|name| pod.metadata.name == *name));
    let mut rows: Vec<(u64, u64, String)> = Vec::new();
    for pod in wanted.filter(|pod| query.matches(&pod.metadata.labels) && is_measured(pod)) {
        let (cpu, memory) = usage(pod);
        let place = if everywhere { format!("{}\t", pod.metadata.namespace) } else { String::new() };
        let containers = if call.flags.switch("containers") {
            let names = pod.spec.containers.iter().map(|container| container.name.clone());
            names.map(|container| format!("{}\t{container}", pod.metadata.name)).collect()
        } else {
            vec![pod.metadata.name.clone()]
        };
        rows.extend(containers.into_iter().map(|name| (cpu, memory, format!("{place}{name}\t{cpu}m\t{memory}Mi\n"))));
    }
    if rows.is_empty() {
        call.io.err(if everywhere {
            "No resources found\n".to_owned()
        } else {
            format!("No resources found in {namespace} namespace.\n")
        });
        return Ok(Next::Done);
    }
    sort(call, &mut rows)?;
    let place = if everywhere { "NAMESPACE\t" } else { "" };
    let name = if call.flags.switch("containers") { "POD\tNAME" } else { "NAME" };
    print(call, &format!("{place}{name}\tCPU(cores)\tMEMORY(bytes)\n"), &rows);
    Ok(Next::Done)
}

fn nodes(call: &mut Call<'_, '_>) -> Outcome {
    let client = call.world.client();
    let all = client.pods(None);
    let mut rows = Vec::new();
    let labels = call.flags.text("selector").unwrap_or_default();
    let selectors = Selectors::parse(Kind::Node, labels, "")?;
    for node in client.select(Kind::Node, None, &selectors) {
        let name = &node.metadata().name;
        let pods: Vec<(u64, u64)> =
            all.iter().filter(|pod| pod.node_name == *name && is_measured(pod)).map(|pod| usage(pod)).collect();
        let cpu = NODE_MILLICORES + pods.iter().map(|(cpu, _)| cpu).sum::<u64>();
        let memory = NODE_MEBIBYTES + pods.iter().map(|(_, memory)| memory).sum::<u64>();
        let (cpu_share, memory_share) = (cpu / (NODE_CORES * 10), memory * 100 / NODE_MEMORY_MEBIBYTES);
        rows.push((cpu, memory, format!("{name}\t{cpu}m\t{cpu_share}%\t{memory}Mi\t{memory_share}%\n")));
    }
    sort(call, &mut rows)?;
    print(call, "NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\n", &rows);
    Ok(Next::Done)
}

fn sort(call: &Call<'_, '_>, rows: &mut [(u64, u64, String)]) -> Result<(), Failure> {
    match call.flags.text("sort-by") {
        None | Some("") => {}
        Some("cpu") => sorting::sort_by_key(rows, |(cpu, ..)| std::cmp::Reverse(*cpu)),
        Some("memory") => sorting::sort_by_key(rows, |(_, memory, _)| std::cmp::Reverse(*memory)),
        Some(_) => return Err(Failure::new("--sort-by accepts only cpu or memory")),
    }
    Ok(())
}

fn print(call: &mut Call<'_, '_>, header: &str, rows: &[(u64, u64, String)]) {
    let mut text = if call.flags.switch("no-headers") { String::new() } else { header.to_owned() };
    text.extend(rows.iter().map(|(.., row)| row.as_str()));
    call.io.err(NOTE);
    let mut table = TabWriter::for_tables();
    table.write(&text);
    call.io.out(table.flush());
}
