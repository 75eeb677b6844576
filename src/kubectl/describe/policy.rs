//! Network policies.

use serde_json::Value;

use crate::api::{Generic, LabelSelector};
use crate::kubectl::field;
use crate::kubectl::printers::format_label_selector;
use crate::sim::SimTime;

use super::{Description, or_none};

/// One of the two directions, in words.
struct Direction {
    kind: &'static str,
    /// Where the rules stand.
    rules: &'static str,
    /// Where a rule's other ends stand.
    ends: &'static str,
    word: &'static str,
    title: &'static str,
    unrestricted: &'static str,
}

const INGRESS: Direction = Direction {
    kind: "Ingress",
    rules: "/spec/ingress",
    ends: "/from",
    word: "ingress",
    title: "From",
    unrestricted: "source",
};
const EGRESS: Direction = Direction {
    kind: "Egress",
    rules: "/spec/egress",
    ends: "/to",
    word: "egress",
    title: "To",
    unrestricted: "destination",
};

/// Models k8s.io/kubectl/pkg/describe describeNetworkPolicy.
pub(super) fn describe_network_policy(object: &Generic, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    let metadata = &object.metadata;
    out.line(0, &format!("Name:\t{}", metadata.name));
    out.line(0, &format!("Namespace:\t{}", metadata.namespace));
    let created = metadata.creation_timestamp.unwrap_or_else(|| crate::api::Time::from_sim(SimTime::ZERO));
    // As Go prints a time in a location that is UTC.
    out.line(0, &format!("Created on:\t{} +0000 UTC", created.to_string().replace('T', " ").trim_end_matches('Z')));
    out.labels("Labels", &metadata.labels);
    out.annotations("Annotations", &metadata.annotations);
    out.line(0, "Spec:");
    let chosen = match selector(&fields, "/spec/podSelector") {
        Some(text) if text != "<none>" => text,
        _ => "<none> (Allowing the specific traffic to all pods in this namespace)".to_owned(),
    };
    // Two writes with indents of their own, as there.
    out.write(&format!("  PodSelector:     {chosen}\n"));
    let types: Vec<&str> = field::list(&fields, "/spec/policyTypes").iter().filter_map(Value::as_str).collect();
    for direction in [INGRESS, EGRESS] {
        if types.contains(&direction.kind) {
            out.line(1, &format!("Allowing {} traffic:", direction.word));
            describe_rules(field::list(&fields, direction.rules), &direction, out);
        } else {
            out.line(1, &format!("Not affecting {} traffic", direction.word));
        }
    }
    out.line(1, &format!("Policy Types: {}", or_none(&types.join(", "))));
}

/// Models printNetworkPolicySpecIngressFrom and printNetworkPolicySpecEgressTo.
fn describe_rules(rules: &[Value], direction: &Direction, out: &mut Description) {
    let Direction { ends, word, title, unrestricted, .. } = direction;
    if rules.is_empty() {
        return out.line(2, &format!("<none> (Selected pods are isolated for {word} connectivity)"));
    }
    for (at, rule) in rules.iter().enumerate() {
        let ports = field::list(rule, "/ports");
        if ports.is_empty() {
            out.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in ports {
            let number = port.get("port").filter(|port| !port.is_null()).map_or("<nil>".to_owned(), field::scalar);
            let protocol = match field::text(port, "/protocol") {
                "" => "TCP",
                protocol => protocol,
            };
            match port.get("endPort").filter(|end| !end.is_null()) {
                None => out.line(2, &format!("To Port: {number}/{protocol}")),
                Some(end) => out.line(2, &format!("To Port Range: {number}-{}/{protocol}", field::scalar(end))),
            }
        }
        let peers = field::list(rule, ends);
        if peers.is_empty() {
            out.line(2, &format!("{title}: <any> (traffic not restricted by {unrestricted})"));
        }
        for peer in peers {
            out.line(2, &format!("{title}:"));
            let (namespaces, pods) = (selector(peer, "/namespaceSelector"), selector(peer, "/podSelector"));
            let is_block = namespaces.is_none() && pods.is_none();
            if let Some(namespaces) = namespaces {
                out.line(3, &format!("NamespaceSelector: {namespaces}"));
            }
            if let Some(pods) = pods {
                out.line(3, &format!("PodSelector: {pods}"));
            }
            if let Some(block) = peer.get("ipBlock").filter(|block| is_block && !block.is_null()) {
                let except: Vec<&str> = field::list(block, "/except").iter().filter_map(Value::as_str).collect();
                out.line(3, "IPBlock:");
                out.line(4, &format!("CIDR: {}", field::text(block, "/cidr")));
                out.line(4, &format!("Except: {}", except.join(", ")));
            }
        }
        if at + 1 != rules.len() {
            out.line(2, "----------");
        }
    }
}

fn selector(value: &Value, pointer: &str) -> Option<String> {
    let selector = value.pointer(pointer).filter(|selector| !selector.is_null())?;
    let selector: LabelSelector = serde_json::from_value(selector.clone()).unwrap_or_default();
    Some(format_label_selector(&selector))
}
