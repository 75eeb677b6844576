//! Nodes, with what their pods ask for.

use serde_json::Value;

use crate::api::{Generic, Pod, Time};
use crate::kubectl::field;
use crate::kubectl::printers::{age, node_roles};
use crate::sorting;

use super::event::describe_events;
use super::pod::time_text;
use super::{Description, Related, or_none};

/// A resource amount in thousandths, and whether it was written with a binary suffix.
#[derive(Clone, Copy, Default)]
struct Amount {
    milli: i128,
    binary: bool,
}

/// Models k8s.io/kubectl/pkg/describe describeNode.
pub fn describe_node(node: &Generic, related: &Related<'_>, out: &mut Description) {
    let fields = field::as_value(&node.fields);
    let metadata = &node.metadata;
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Roles:\t{}", or_none(&node_roles(&metadata.labels).join(","))));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    out.line(
        0,
        &format!("CreationTimestamp:\t{}", metadata.creation_timestamp.map(Time::rfc1123z).unwrap_or_default()),
    );
    describe_taints(field::list(&fields, "/spec/taints"), out);
    out.line(0, &format!("Unschedulable:\t{}", field::flag(&fields, "/spec/unschedulable")));
    describe_lease(node, related, out);
    describe_conditions(field::list(&fields, "/status/conditions"), out);
    out.line(0, "Addresses:");
    for address in field::list(&fields, "/status/addresses") {
        out.line(1, &format!("{}:\t{}", field::text(address, "/type"), field::text(address, "/address")));
    }
    for (title, pointer) in [("Capacity", "/status/capacity"), ("Allocatable", "/status/allocatable")] {
        let mut resources = field::entries(&fields, pointer).peekable();
        if resources.peek().is_some() {
            out.line(0, &format!("{title}:"));
        }
        for (name, quantity) in resources {
            out.line(1, &format!("{name}:\t{}", field::scalar(quantity)));
        }
    }
    describe_system(&fields, out);
    let cidrs: Vec<String> = field::list(&fields, "/spec/podCIDRs").iter().map(field::scalar).collect();
    for (title, text) in [
        ("PodCIDR", field::text(&fields, "/spec/podCIDR")),
        ("PodCIDRs", &cidrs.join(",")),
        ("ProviderID", field::text(&fields, "/spec/providerID")),
    ] {
        if !text.is_empty() {
            out.line(0, &format!("{title}:\t{text}"));
        }
    }
    describe_pods(&fields, related, out);
    if let Some(events) = related.events {
        describe_events(events, related, out);
    }
}

fn describe_taints(taints: &[Value], out: &mut Description) {
    out.write("Taints:\t");
    if taints.is_empty() {
        out.write("<none>\n");
    }
    let mut taints: Vec<&Value> = taints.iter().collect();
    sorting::sort_by_key(&mut taints, |taint| (field::text(taint, "/effect"), field::text(taint, "/key")));
    for (at, taint) in taints.into_iter().enumerate() {
        let indent = if at == 0 { "" } else { "\t" };
        let (key, value, effect) =
            (field::text(taint, "/key"), field::text(taint, "/value"), field::text(taint, "/effect"));
        let value = if value.is_empty() { String::new() } else { format!("={value}") };
        out.write(&format!("{indent}{key}{value}:{effect}\n"));
    }
}

/// The kubelet renews its lease every ten seconds; the lab keeps no Lease objects, so it is told from the clock.
fn describe_lease(node: &Generic, related: &Related<'_>, out: &mut Description) {
    let created = node.metadata.creation_timestamp.unwrap_or_default();
    let now = Time::from_sim(related.now);
    let renewed = Time(now.0 - (now.0 - created.0).rem_euclid(10));
    out.line(0, "Lease:");
    out.line(1, &format!("HolderIdentity:\t{}", node.metadata.name));
    out.line(1, "AcquireTime:\t<unset>");
    out.line(1, &format!("RenewTime:\t{}", renewed.rfc1123z()));
}

fn describe_conditions(conditions: &[Value], out: &mut Description) {
    if conditions.is_empty() {
        return;
    }
    out.write("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for condition in conditions {
        let part = |name: &str| field::text(condition, name);
        let (heartbeat, transition) = (time_text(part("/lastHeartbeatTime")), time_text(part("/lastTransitionTime")));
        out.line(
            1,
            &format!(
                "{} \t{} \t{heartbeat} \t{transition} \t{} \t{}",
                part("/type"),
                part("/status"),
                part("/reason"),
                part("/message")
            ),
        );
    }
}

fn describe_system(fields: &Value, out: &mut Description) {
    out.line(0, "System Info:");
    for (title, name) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        out.line(1, &format!("{title}:\t{}", field::text(fields, &format!("/status/nodeInfo/{name}"))));
    }
}

/// Models k8s.io/kubectl/pkg/describe describeNodeResource.
fn describe_pods(fields: &Value, related: &Related<'_>, out: &mut Description) {
    let pods: Vec<&Pod> =
        related.pods.iter().map(AsRef::as_ref).filter(|pod: &&Pod| !pod.status.phase.is_terminal()).collect();
    out.line(0, &format!("Non-terminated Pods:\t({} in total)", pods.len()));
    out.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    out.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let available = |resource: &str| {
        let in_list = |list: &str| fields.pointer(list).and_then(|list| list.get(resource));
        let quantity = in_list("/status/allocatable").or_else(|| in_list("/status/capacity"));
        quantity.map(|quantity| Amount::parse(&field::scalar(quantity))).unwrap_or_default()
    };
    let share = |amount: Amount, resource: &str| amount.share_of(available(resource));
    for pod in &pods {
        let cell = |list: &str, resource: &str| share(requested(pod, list, resource), resource);
        out.line(
            1,
            &format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                pod.metadata.namespace,
                pod.metadata.name,
                cell("requests", "cpu"),
                cell("limits", "cpu"),
                cell("requests", "memory"),
                cell("limits", "memory"),
                age(pod.metadata.creation_timestamp, related.now)
            ),
        );
    }
    out.write("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
    out.line(1, "Resource\tRequests\tLimits");
    out.line(1, "--------\t--------\t------");
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let total = |list: &str| {
            let amounts = pods.iter().map(|pod| requested(pod, list, resource));
            share(amounts.fold(Amount::default(), Amount::plus), resource)
        };
        out.line(1, &format!("{resource}\t{}\t{}", total("requests"), total("limits")));
    }
    for page in ["hugepages-1Gi", "hugepages-2Mi"] {
        if fields.pointer(&format!("/status/allocatable/{page}")).is_some() {
            out.line(1, &format!("{page}\t0 (0%)\t0 (0%)"));
        }
    }
}

/// The sum over the pod's containers. Models k8s.io/component-helpers/resource PodRequests and PodLimits, without
/// init containers and overhead.
fn requested(pod: &Pod, list: &str, resource: &str) -> Amount {
    let containers = pod.spec.raw().get("containers").and_then(Value::as_array).into_iter().flatten();
    let quantities = containers.filter_map(|container| container.get("resources")?.get(list)?.get(resource));
    quantities.map(|quantity| Amount::parse(&field::scalar(quantity))).fold(Amount::default(), Amount::plus)
}

impl Amount {
    const BINARY: [&'static str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const DECIMAL: [&'static str; 6] = ["k", "M", "G", "T", "P", "E"];

    /// Stored quantities are valid; anything else counts as nothing.
    fn parse(text: &str) -> Self {
        let digits = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, suffix) = text.split_at(digits);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let thousandths: i128 = format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let milli = whole.parse::<i128>().unwrap_or(0).saturating_mul(1000).saturating_add(thousandths);
        if suffix == "m" {
            return Self { milli: milli / 1000, binary: false };
        }
        let power = |suffixes: &[&str]| {
            suffixes.iter().position(|known| *known == suffix).and_then(|at| u32::try_from(at).ok())
        };
        match (power(&Self::BINARY), power(&Self::DECIMAL)) {
            (Some(power), _) => Self { milli: milli.saturating_mul(1024_i128.pow(power)), binary: power > 0 },
            (None, Some(power)) => Self { milli: milli.saturating_mul(1000_i128.pow(power + 1)), binary: false },
            (None, None) => Self::default(),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self { milli: self.milli.saturating_add(other.milli), binary: self.binary || other.binary }
    }

    /// `250m (12%)`.
    fn share_of(self, available: Self) -> String {
        let percent = self.milli.saturating_mul(100).checked_div(available.milli).unwrap_or(0);
        format!("{} ({percent}%)", self.text())
    }

    fn text(self) -> String {
        let whole = self.milli / 1000;
        if self.milli % 1000 != 0 {
            return format!("{}m", self.milli);
        }
        if self.binary {
            let fits = |power: &u32| whole != 0 && whole % 1024_i128.pow(*power) == 0;
            let power = (0..7).rev().find(fits).unwrap_or(0);
            let suffix = usize::try_from(power).ok().and_then(|at| Self::BINARY.get(at)).copied().unwrap_or("");
            return format!("{}{suffix}", whole / 1024_i128.pow(power));
        }
        let fits = |power: &u32| whole != 0 && whole % 1000_i128.pow(*power) == 0;
        match (1..=6).rev().find(fits) {
            Some(power) => {
                let suffix = usize::try_from(power - 1).ok().and_then(|at| Self::DECIMAL.get(at)).copied();
                format!("{}{}", whole / 1000_i128.pow(power), suffix.unwrap_or(""))
            }
            None => whole.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn adds_and_writes_amounts() {
        let sum = |a: &str, b: &str| Amount::parse(a).plus(Amount::parse(b)).text();
        assert_eq!(sum("64Mi", "64Mi"), "128Mi");
        assert_eq!(sum("250m", "0.75"), "1");
        assert_eq!(sum("100m", "0"), "100m");
        assert_eq!(sum("0", "0"), "0");
        assert_eq!(Amount::parse("250m").share_of(Amount::parse("2")), "250m (12%)");
    }
}
