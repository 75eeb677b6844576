//! `kubectl describe`: everything about one object, for reading.

mod autoscaler;
mod container;
mod deployment;
mod event;
mod gates;
mod ingress;
mod network;
mod node;
mod other;
mod pod;
mod policy;
mod roles;
mod storage;
mod template;
mod volume;
mod workloads;

use std::sync::Arc;

pub use deployment::{describe_deployment, describe_replica_set};
pub use event::{describe_events, event_interval};
pub use network::{describe_endpoint_slice, describe_service};
pub use node::describe_node;
pub use other::describe_generic;
pub use pod::describe_pod;
pub use template::describe_pod_template;

use crate::api::well_known::LAST_APPLIED;
use crate::api::{EndpointSlice, Event, Kind, KubernetesVersion, Object, Pod, ReplicaSet, StringMap};
use crate::kubectl::TabWriter;
use crate::kubectl::printers::escape_terminal;
use crate::sim::SimTime;

/// Annotations longer than this are broken over lines, or cut.
const MAX_ANNOTATION_BYTES: usize = 140;

/// What a description shows besides the object itself.
#[derive(Clone, Debug)]
pub struct Related<'a> {
    /// For ages.
    pub now: SimTime,
    /// Decides on texts.
    pub version: KubernetesVersion,
    /// Events about the object; absent with `--show-events=false`.
    pub events: Option<&'a [Arc<Event>]>,
    /// ReplicaSets that the deployment controls.
    pub replica_sets: &'a [Arc<ReplicaSet>],
    /// Pods that the object controls, or that run on the node.
    pub pods: &'a [Arc<Pod>],
    /// Slices of the service.
    pub endpoint_slices: &'a [Arc<EndpointSlice>],
}

/// The description of any object.
pub fn describe(object: &Object, related: &Related<'_>) -> String {
    describe_with(object, &[], related)
}

/// As [`describe`], with the objects that the description tells of besides: a namespace's quotas and limit ranges, the
/// Services of an ingress' namespace. Models k8s.io/kubectl/pkg/describe DescriberFor.
pub fn describe_with(object: &Object, others: &[Object], related: &Related<'_>) -> String {
    let mut out = Description::default();
    match object {
        Object::Deployment(deployment) => describe_deployment(deployment, related, &mut out),
        Object::ReplicaSet(replica_set) => describe_replica_set(replica_set, related, &mut out),
        Object::Pod(pod) => describe_pod(pod, related, &mut out),
        Object::Service(service) => describe_service(service, related, &mut out),
        Object::EndpointSlice(slice) => describe_endpoint_slice(slice, related, &mut out),
        Object::Generic(node) if node.kind == Kind::Node => describe_node(node, related, &mut out),
        Object::Generic(generic) => describe_generic(generic, others, related, &mut out),
        Object::Event(_) => other::describe_value(&object.to_value(), related, &mut out),
    }
    out.aligned()
}

/// Indented lines with cells. Models k8s.io/kubectl/pkg/describe PrefixWriter.
#[derive(Clone, Debug, Default)]
pub struct Description {
    text: String,
}

impl Description {
    /// A line, two spaces deeper for each level.
    pub fn line(&mut self, level: usize, text: &str) {
        self.write(&"  ".repeat(level));
        self.write(text);
        self.write("\n");
    }

    /// Text as it is; tabs end cells.
    pub fn write(&mut self, text: &str) {
        self.text.push_str(&escape_terminal(text));
    }

    /// Everything, aligned.
    pub fn aligned(self) -> String {
        let mut tabs = TabWriter::for_descriptions();
        tabs.write(&self.text);
        tabs.flush()
    }

    /// Everything, with its tabs: templates are printed so by `kubectl rollout`.
    pub fn with_tabs(self) -> String {
        self.text
    }

    /// `Labels:  a=1`, one a line. Models describe.go printLabelsMultiline.
    pub fn labels(&mut self, title: &str, labels: &StringMap) {
        self.write(&format!("{title}:\t"));
        if labels.is_empty() {
            self.write("<none>\n");
        }
        for (at, (key, value)) in labels.iter().enumerate() {
            let indent = if at == 0 { "" } else { "\t" };
            self.write(&format!("{indent}{key}={value}\n"));
        }
    }

    /// `Annotations:  a: 1`, one a line. Models describe.go printAnnotationsMultiline.
    pub fn annotations(&mut self, title: &str, annotations: &StringMap) {
        self.write(&format!("{title}:\t"));
        let mut shown = annotations.iter().filter(|(key, _)| *key != LAST_APPLIED).peekable();
        if shown.peek().is_none() {
            self.write("<none>\n");
        }
        for (at, (key, value)) in shown.enumerate() {
            let indent = if at == 0 { "" } else { "\t" };
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > MAX_ANNOTATION_BYTES || value.contains('\n') {
                self.write(&format!("{indent}{key}:\n"));
                for line in value.split('\n') {
                    self.write(&format!("\t  {}\n", shorten(line, MAX_ANNOTATION_BYTES - 2)));
                }
            } else {
                self.write(&format!("{indent}{key}: {value}\n"));
            }
        }
    }
}

/// At most `bytes` bytes, cut at a character.
fn shorten(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}...", text.get(..end).unwrap_or_default())
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// Go's `%v` of a boolean in descriptions. Models describe.go printBool.
fn true_or_false(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
