//! `kubectl top`: what pods and nodes use, as the metrics-server says.

use std::cmp::Reverse;

use crate::api::resources::quantity;
use crate::api::{Kind, Time};
use crate::apiserver::{Key, Selectors, Status};
use crate::client::{ContainerMetrics, MetricsApi, NodeMetrics, PodMetrics};
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
        Flag::text("field-selector", None),
        Flag::switch("no-headers", None),
        Flag::text("selector", Some('l')),
        Flag::text("sort-by", None),
        Flag::switch("sum", None),
    ],
    run: pods,
};

pub(super) const TOP_NODE: Command = Command {
    path: "top node",
    aliases: &["nodes", "no"],
    about: "Display resource (CPU/memory) usage of nodes",
    usage: "[NAME | -l label]",
    flags: &[
        Flag::switch("no-headers", None),
        Flag::text("selector", Some('l')),
        Flag::switch("show-capacity", None),
        Flag::text("sort-by", None),
    ],
    run: nodes,
};

/// A pod that is older should have metrics. Models metricsCreationDelay.
const CREATION_DELAY_S: i64 = 120;

/// Billionths of a processor, and bytes.
type Use = (u64, u64);

fn sum<'a>(containers: impl IntoIterator<Item = &'a ContainerMetrics>) -> Use {
    containers.into_iter().fold((0, 0), |(cpu, memory), one| (cpu + one.cpu_nano, memory + one.memory_bytes))
}

fn cells((cpu_nano, memory_bytes): Use) -> [String; 2] {
    [format!("{}m", cpu_nano.div_ceil(1_000_000)), format!("{}Mi", memory_bytes >> 20)]
}

/// What both commands check before they ask.
fn prepare(call: &Call<'_, '_>, selects: bool, or_selector: &str) -> Result<Option<String>, Failure> {
    if call.args().len() > 1 {
        return Err(call.usage(&format!(
            "{} {}",
            call.command.path.rsplit(' ').next().unwrap_or_default(),
            call.command.usage
        )));
    }
    if !matches!(call.flags.text("sort-by"), None | Some("" | "cpu" | "memory")) {
        return Err(Failure::new("--sort-by accepts only cpu or memory"));
    }
    let name = call.args().first().cloned();
    if name.is_some() && selects {
        return Err(Failure::new(format!("only one of NAME or {or_selector} can be provided")));
    }
    Ok(name)
}

fn available(call: &Call<'_, '_>) -> Result<(), Failure> {
    match call.world.client().metrics_api() {
        MetricsApi::Serves => Ok(()),
        MetricsApi::Absent | MetricsApi::Unavailable => Err(Failure::new("Metrics API not available")),
    }
}

/// Models k8s.io/kubectl/pkg/cmd/top RunTopPod.
fn pods(call: &mut Call<'_, '_>) -> Outcome {
    let text = |name: &str| call.flags.text(name).unwrap_or_default();
    let (labels, fields) = (text("selector"), text("field-selector"));
    let name = prepare(call, !labels.is_empty() || !fields.is_empty(), "selector")?;
    let selectors = Selectors::parse(Kind::Pod, labels, fields)?;
    let everywhere = call.flags.switch("all-namespaces");
    let namespace = call.namespace();
    available(call)?;
    let client = call.world.client();
    let scope = (!everywhere).then_some(namespace.as_str());
    let selected = client.select(Kind::Pod, scope, &selectors);
    let mut metrics = client.pod_metrics(scope);
    match &name {
        Some(name) => {
            metrics.retain(|pod| pod.name == *name);
            if metrics.is_empty() {
                let message = format!("podmetrics.metrics.k8s.io \"{namespace}/{name}\" not found");
                return Err(Status { message, ..Status::not_found(Kind::Pod, name) }.into());
            }
        }
        None => metrics.retain(|pod| {
            let is_it = |object: &crate::api::Object| {
                let metadata = object.metadata();
                metadata.name == pod.name && metadata.namespace == pod.namespace
            };
            selected.iter().any(is_it)
        }),
    }
    if metrics.is_empty() {
        let now = Time::from_sim(client.now());
        if let Some(pod) = selected.first() {
            let metadata = pod.metadata();
            let age_s = metadata.creation_timestamp.map_or(0, |created| now.0 - created.0);
            return Err(Failure::new(if age_s > CREATION_DELAY_S {
                let age = crate::kubelet::back_off::GoDuration(u64::try_from(age_s).unwrap_or_default() * 1000);
                format!("Metrics not available for pod {}/{}, age: {age}", metadata.namespace, metadata.name)
            } else {
                "metrics not available yet".to_owned()
            }));
        }
        call.io.err(if everywhere {
            "No resources found\n".to_owned()
        } else {
            format!("No resources found in {namespace} namespace.\n")
        });
        return Ok(Next::Done);
    }
    print_pods(call, &mut metrics, everywhere);
    Ok(Next::Done)
}

/// Models k8s.io/kubectl/pkg/metricsutil PrintPodMetrics.
fn print_pods(call: &mut Call<'_, '_>, metrics: &mut [PodMetrics], everywhere: bool) {
    let by = call.flags.text("sort-by").unwrap_or_default().to_owned();
    let with_containers = call.flags.switch("containers");
    match by.as_str() {
        "cpu" => sorting::sort_by_key(metrics, |pod| Reverse(sum(&pod.containers).0)),
        "memory" => sorting::sort_by_key(metrics, |pod| Reverse(sum(&pod.containers).1)),
        _ => sorting::sort_by_key(metrics, |pod| (everywhere.then(|| pod.namespace.clone()), pod.name.clone())),
    }
    let mut text = String::new();
    let mut columns = 3;
    if !call.flags.switch("no-headers") {
        for (is_there, column) in [(everywhere, "NAMESPACE"), (with_containers, "POD")] {
            if is_there {
                columns += 1;
                text.push_str(&format!("{column}\t"));
            }
        }
        text.push_str("NAME\tCPU(cores)\tMEMORY(bytes)\t\n");
    }
    for pod in metrics.iter_mut() {
        let place = if everywhere { format!("{}\t", pod.namespace) } else { String::new() };
        if !with_containers {
            text.push_str(&format!("{place}{}\t{}\t\n", pod.name, cells(sum(&pod.containers)).join("\t")));
            continue;
        }
        match by.as_str() {
            "cpu" => sorting::sort_by_key(&mut pod.containers, |one| Reverse(one.cpu_nano)),
            "memory" => sorting::sort_by_key(&mut pod.containers, |one| Reverse(one.memory_bytes)),
            _ => sorting::sort_by_key(&mut pod.containers, |one| one.name.clone()),
        }
        for one in &pod.containers {
            let cells = cells((one.cpu_nano, one.memory_bytes)).join("\t");
            text.push_str(&format!("{place}{}\t{}\t{cells}\t\n", pod.name, one.name));
        }
    }
    if call.flags.switch("sum") {
        let total = cells(sum(metrics.iter().flat_map(|pod| &pod.containers))).join("\t");
        text.push_str(&format!("{}________\t________\t\n", "\t".repeat(columns - 2)));
        text.push_str(&format!("{}\t{total}\t\n", "\t".repeat(columns - 3)));
    }
    print(call, &text);
}

/// Models k8s.io/kubectl/pkg/cmd/top RunTopNode.
fn nodes(call: &mut Call<'_, '_>) -> Outcome {
    let labels = call.flags.text("selector").unwrap_or_default();
    let name = prepare(call, !labels.is_empty(), "--selector")?;
    let selectors = Selectors::parse(Kind::Node, labels, "")?;
    available(call)?;
    let client = call.world.client();
    let mut metrics = client.node_metrics();
    let known = match &name {
        Some(name) => {
            metrics.retain(|node| node.name == *name);
            if metrics.is_empty() {
                let message = format!("nodemetrics.metrics.k8s.io {name:?} not found");
                return Err(Status { message, ..Status::not_found(Kind::Node, name) }.into());
            }
            vec![client.get(Kind::Node, &Key::new("", name.as_str()))?]
        }
        None => client.select(Kind::Node, None, &selectors),
    };
    metrics.retain(|node| known.iter().any(|known| known.metadata().name == node.name));
    if metrics.is_empty() {
        return Err(Failure::new("metrics not available yet"));
    }
    match call.flags.text("sort-by") {
        Some("cpu") => sorting::sort_by_key(&mut metrics, |node| Reverse(node.cpu_nano)),
        Some("memory") => sorting::sort_by_key(&mut metrics, |node| Reverse(node.memory_bytes)),
        _ => sorting::sort_by_key(&mut metrics, |node| node.name.clone()),
    }
    let list = if call.flags.switch("show-capacity") { "capacity" } else { "allocatable" };
    let mut text = String::new();
    if !call.flags.switch("no-headers") {
        text.push_str("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\t\n");
    }
    for NodeMetrics { name, cpu_nano, memory_bytes, .. } in &metrics {
        let node = known.iter().find(|known| known.metadata().name == *name).map(crate::api::Object::to_value);
        let has = |what: &str| {
            let amount = node.as_ref().and_then(|node| node.pointer(&format!("/status/{list}/{what}")));
            amount.and_then(quantity).and_then(|amount| u64::try_from(amount.milli_value()).ok()).unwrap_or_default()
        };
        // Both are compared in thousandths.
        let share = |used: u64, has: u64| used.saturating_mul(100).checked_div(has).unwrap_or_default();
        let cpu = share(cpu_nano.div_ceil(1_000_000), has("cpu"));
        let memory = share(memory_bytes.saturating_mul(1000), has("memory"));
        let [cores, bytes] = cells((*cpu_nano, *memory_bytes));
        text.push_str(&format!("{name}\t{cores}\t{cpu}%\t{bytes}\t{memory}%\t\n"));
    }
    for missing in known.iter().filter(|known| !metrics.iter().any(|node| node.name == known.metadata().name)) {
        text.push_str(&format!("{}{}\n", missing.metadata().name, "\t<unknown>".repeat(4)));
    }
    print(call, &text);
    Ok(Next::Done)
}

fn print(call: &mut Call<'_, '_>, text: &str) {
    let mut table = TabWriter::for_tables();
    table.write(text);
    call.io.out(table.flush());
}
