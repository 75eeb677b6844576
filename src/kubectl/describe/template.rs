//! Pod templates and what pods and templates have in common.

use serde_json::Value;

use crate::api::{KubernetesVersion, PodTemplateSpec};
use crate::kubectl::field;
use crate::sorting;

use super::Description;
use super::container::describe_containers;
use super::volume::describe_volumes;

/// Models k8s.io/kubectl/pkg/describe DescribePodTemplate.
pub fn describe_pod_template(template: &PodTemplateSpec, version: KubernetesVersion, out: &mut Description) {
    let spec = field::as_value(template.spec.raw());
    out.line(0, "Pod Template:");
    out.labels("  Labels", &template.metadata.labels);
    if !template.metadata.annotations.is_empty() {
        out.annotations("  Annotations", &template.metadata.annotations);
    }
    let account = field::text(&spec, "/serviceAccountName");
    if !account.is_empty() {
        out.line(1, &format!("Service Account:\t{account}"));
    }
    let no_lookup = |_: &str| String::new();
    let init_containers = field::list(&spec, "/initContainers");
    if !init_containers.is_empty() {
        describe_containers("Init Containers", init_containers, &[], &no_lookup, "  ", out);
    }
    describe_containers("Containers", field::list(&spec, "/containers"), &[], &no_lookup, "  ", out);
    describe_volumes(field::list(&spec, "/volumes"), "  ", out);
    describe_topology_spread(field::list(&spec, "/topologySpreadConstraints"), "  ", out);
    let priority = field::text(&spec, "/priorityClassName");
    if !priority.is_empty() {
        out.line(1, &format!("Priority Class Name:\t{priority}"));
    }
    if version.describes_scheduling() {
        out.labels("  Node-Selectors", &field::string_map(&spec, "/nodeSelector"));
        describe_tolerations("  Tolerations", field::list(&spec, "/tolerations"), out);
    }
}

/// Models k8s.io/kubectl/pkg/describe describeTopologySpreadConstraints.
pub(super) fn describe_topology_spread(constraints: &[Value], space: &str, out: &mut Description) {
    let mut constraints: Vec<&Value> = constraints.iter().collect();
    sorting::sort_by_key(&mut constraints, |constraint| field::text(constraint, "/topologyKey"));
    if constraints.is_empty() {
        return;
    }
    out.write(&format!("{space}Topology Spread Constraints:\t"));
    for (at, constraint) in constraints.into_iter().enumerate() {
        if at > 0 {
            out.write(&format!("{space}\t"));
        }
        let unsatisfiable = field::text(constraint, "/whenUnsatisfiable");
        let skew = field::number(constraint, "/maxSkew");
        out.write(&format!(
            "{}:{unsatisfiable} when max skew {skew} is exceeded",
            field::text(constraint, "/topologyKey")
        ));
        let selector = constraint.get("labelSelector").filter(|selector| !selector.is_null());
        if let Some(selector) = selector.and_then(|selector| serde_json::from_value(selector.clone()).ok()) {
            out.write(&format!(" for selector {}", crate::kubectl::printers::format_label_selector(&selector)));
        }
        out.write("\n");
    }
}

/// Models k8s.io/kubectl/pkg/describe printPodTolerationsMultiline.
pub(super) fn describe_tolerations(title: &str, tolerations: &[Value], out: &mut Description) {
    out.write(&format!("{title}:\t"));
    if tolerations.is_empty() {
        out.write("<none>\n");
    }
    let mut tolerations: Vec<&Value> = tolerations.iter().collect();
    sorting::sort_by_key(&mut tolerations, |toleration| field::text(toleration, "/key"));
    for (at, toleration) in tolerations.into_iter().enumerate() {
        if at > 0 {
            out.write("\t");
        }
        out.write(&format!("{}\n", toleration_text(toleration)));
    }
}

fn toleration_text(toleration: &Value) -> String {
    let part = |name: &str| field::text(toleration, name);
    let with = |before: &str, text: &str| if text.is_empty() { String::new() } else { format!("{before}{text}") };
    let taint = part("/key").to_owned() + &with("=", part("/value")) + &with(":", part("/effect"));
    let exists = match (part("/operator"), part("/value"), taint.is_empty()) {
        ("Exists", "", true) => "op=Exists",
        ("Exists", "", false) => " op=Exists",
        _ => "",
    };
    let seconds = toleration.get("tolerationSeconds").and_then(Value::as_i64);
    let seconds = seconds.map_or_else(String::new, |seconds| format!(" for {seconds}s"));
    taint + exists + &seconds
}
