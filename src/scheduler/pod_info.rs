//! A pod as the scheduler sees it. Models framework.PodInfo.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::selector::{NodeTerm, Selector};
use crate::api::resources::{Missing, Resources, pod_requests};
use crate::api::taints::Toleration;
use crate::api::{OwnerReference, Pod, PodSpec, StringMap, Time};

/// The field of terms that must hold.
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
/// The field of terms that are wishes.
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// A port on the node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// The address; `0.0.0.0` for all.
    pub ip: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The port.
    pub port: i64,
}

/// One term of a pod's affinity to other pods. Models framework.AffinityTerm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffinityTerm {
    /// Of which pods.
    pub selector: Selector,
    /// Nodes with the same value of this label are one place.
    pub topology_key: String,
    /// In these namespaces.
    pub namespaces: BTreeSet<String>,
    /// And in those with fitting labels.
    pub namespace_selector: Selector,
}

/// One constraint of a pod's spreading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpreadConstraint {
    /// How many pods more than the emptiest place another may have.
    pub max_skew: i64,
    /// Nodes with the same value of this label are one place.
    pub topology_key: String,
    /// Of which pods.
    pub selector: Selector,
    /// With fewer places the emptiest one counts as empty.
    pub min_domains: i64,
    /// Only nodes count that the pod's node affinity allows.
    pub honors_affinity: bool,
    /// Only nodes count whose taints the pod tolerates.
    pub honors_taints: bool,
    /// It must hold; else it is a wish.
    pub is_hard: bool,
}

/// What of a pod decides where it goes.
#[derive(Clone, Debug, Default)]
pub struct PodInfo {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// The version of the pod that was read.
    pub version: u64,
    /// Labels.
    pub labels: StringMap,
    /// Its node; empty before.
    pub node_name: String,
    /// The node that is being freed for it.
    pub nominated_node: String,
    /// Its priority.
    pub priority: i64,
    /// Whether it may drive others away.
    pub may_preempt: bool,
    /// When the kubelet saw it first.
    pub start: Option<Time>,
    /// Whether it is being deleted.
    pub is_terminating: bool,
    /// Whether the scheduler has it deleted for another pod.
    pub is_preempted: bool,
    /// Who controls it.
    pub owner: Option<OwnerReference>,
    /// What it asks for.
    pub requests: Resources,
    /// The same with the defaults for what is not asked for: cpu and memory.
    pub counted: (i64, i64),
    /// As `counted`, but as the pod is scored itself.
    pub scored: (i64, i64),
    /// Ports on the node.
    pub host_ports: Vec<HostPort>,
    /// Labels that its node must have.
    pub node_selector: StringMap,
    /// Terms of which its node must fulfil one; none when it has no such wish.
    pub required_nodes: Option<Vec<NodeTerm>>,
    /// Terms with weights.
    pub preferred_nodes: Vec<(i64, NodeTerm)>,
    /// Pods that must be near.
    pub required_affinity: Vec<AffinityTerm>,
    /// Pods that must not be near.
    pub required_anti_affinity: Vec<AffinityTerm>,
    /// Pods that should be near, by weight.
    pub preferred_affinity: Vec<(i64, AffinityTerm)>,
    /// Pods that should not be near, by weight.
    pub preferred_anti_affinity: Vec<(i64, AffinityTerm)>,
    /// Tolerations.
    pub tolerations: Vec<Toleration>,
    /// Spreading.
    pub spread: Vec<SpreadConstraint>,
    /// Images of all containers, and how many of the containers are for initialization.
    pub images: Vec<String>,
    /// Claims for storage.
    pub claims: Vec<String>,
}

/// What a spec asks for.
#[derive(Clone, Debug, Default)]
struct Amounts {
    requests: Resources,
    counted: (i64, i64),
    scored: (i64, i64),
}

impl Amounts {
    fn of(spec: &Map<String, Value>) -> Self {
        Self {
            requests: Resources::from_list(&pod_requests(spec, Missing::Nothing)),
            counted: cpu_and_memory(spec, Missing::DefaultBesidePod),
            scored: cpu_and_memory(spec, Missing::Default),
        }
    }
}

/// What the specs that were read last ask for: all pods of a template share one.
#[derive(Clone, Debug, Default)]
pub struct Reader(Vec<(Arc<PodSpec>, Amounts)>);

/// So many specs are remembered.
const REMEMBERED: usize = 8;

impl Reader {
    /// Reads a pod.
    pub fn read(&mut self, pod: &Pod) -> PodInfo {
        let known = self.0.iter().find(|(spec, _)| Arc::ptr_eq(spec, &pod.spec)).map(|(_, amounts)| amounts.clone());
        let amounts = known.unwrap_or_else(|| {
            let amounts = Amounts::of(pod.spec.raw());
            self.0.truncate(REMEMBERED - 1);
            self.0.insert(0, (Arc::clone(&pod.spec), amounts.clone()));
            amounts
        });
        PodInfo::with(pod, amounts)
    }
}

impl PodInfo {
    /// Reads a pod.
    pub fn read(pod: &Pod) -> Self {
        Self::with(pod, Amounts::of(pod.spec.raw()))
    }

    fn with(pod: &Pod, amounts: Amounts) -> Self {
        let (metadata, spec) = (&pod.metadata, pod.spec.raw());
        let affinity = |kind: &str, list: &str| {
            let of_kind = spec.get("affinity").and_then(|affinity| affinity.get(kind));
            of_kind.and_then(|of_kind| of_kind.get(list)).filter(|list| !list.is_null())
        };
        let term = |value: &Value| AffinityTerm::read(value, &metadata.namespace, &metadata.labels);
        let required = |kind: &str| array(affinity(kind, REQUIRED)).iter().map(term).collect();
        let preferred = |kind: &str| {
            let terms = array(affinity(kind, PREFERRED)).iter();
            terms.filter_map(|given| Some((integer(given, "weight"), term(given.get("podAffinityTerm")?)))).collect()
        };
        let node_terms = affinity("nodeAffinity", REQUIRED).map(|required| array(required.get("nodeSelectorTerms")));
        let preferred_nodes = array(affinity("nodeAffinity", PREFERRED)).iter();
        let disruption = pod.condition("DisruptionTarget");
        Self {
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
            uid: metadata.uid.clone(),
            version: metadata.resource_version,
            labels: metadata.labels.clone(),
            node_name: pod.node_name.clone(),
            nominated_node: pod.status.nominated_node_name.clone(),
            priority: spec.get("priority").and_then(Value::as_i64).unwrap_or(0),
            may_preempt: spec.get("preemptionPolicy").is_none_or(|policy| policy != "Never"),
            start: pod.status.start_time,
            is_terminating: metadata.deletion_timestamp.is_some(),
            is_preempted: metadata.deletion_timestamp.is_some()
                && disruption.is_some_and(|found| found.status == "True" && found.reason == "PreemptionByScheduler"),
            owner: metadata.controller().cloned(),
            requests: amounts.requests,
            counted: amounts.counted,
            scored: amounts.scored,
            host_ports: host_ports(spec),
            node_selector: spec
                .get("nodeSelector")
                .and_then(|selector| serde_json::from_value(selector.clone()).ok())
                .unwrap_or_default(),
            required_nodes: node_terms.map(|terms| terms.iter().map(NodeTerm::read).collect()),
            preferred_nodes: preferred_nodes
                .filter_map(|given| Some((integer(given, "weight"), NodeTerm::read(given.get("preference")?))))
                .collect(),
            required_affinity: required("podAffinity"),
            required_anti_affinity: required("podAntiAffinity"),
            preferred_affinity: preferred("podAffinity"),
            preferred_anti_affinity: preferred("podAntiAffinity"),
            tolerations: array(spec.get("tolerations")).iter().map(Toleration::read).collect(),
            spread: array(spec.get("topologySpreadConstraints"))
                .iter()
                .map(|given| SpreadConstraint::read(given, &metadata.labels))
                .collect(),
            images: images(spec),
            claims: claims_of(spec),
        }
    }

    /// Whether a node has the labels that the pod asks for. Models RequiredNodeAffinity.Match.
    pub fn allows_node(&self, name: &str, labels: &StringMap) -> bool {
        self.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.required_nodes.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(name, labels)))
    }

    /// Whether it has any affinity to pods, or against them. Models podWithAffinity.
    pub fn has_affinity(&self) -> bool {
        !(self.required_affinity.is_empty()
            && self.required_anti_affinity.is_empty()
            && self.preferred_affinity.is_empty()
            && self.preferred_anti_affinity.is_empty())
    }
}

impl AffinityTerm {
    fn read(value: &Value, namespace: &str, labels: &StringMap) -> Self {
        let namespaces: BTreeSet<String> =
            array(value.get("namespaces")).iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        let namespace_selector = Selector::read(value.get("namespaceSelector"));
        let is_own = namespaces.is_empty() && namespace_selector == Selector::Nothing;
        let mut selector = Selector::read(value.get("labelSelector"));
        selector.merge_label_keys(value.get("matchLabelKeys"), "In", labels);
        selector.merge_label_keys(value.get("mismatchLabelKeys"), "NotIn", labels);
        Self {
            selector,
            topology_key: value.get("topologyKey").and_then(Value::as_str).unwrap_or_default().to_owned(),
            namespaces: if is_own { BTreeSet::from([namespace.to_owned()]) } else { namespaces },
            namespace_selector,
        }
    }

    /// Whether the term speaks of a pod, whose namespace has these labels. Models AffinityTerm.Matches.
    pub fn matches(&self, pod: &PodInfo, namespace_labels: &StringMap) -> bool {
        (self.namespaces.contains(&pod.namespace) || self.namespace_selector.matches(namespace_labels))
            && self.selector.matches(&pod.labels)
    }
}

impl SpreadConstraint {
    fn read(value: &Value, labels: &StringMap) -> Self {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let mut selector = Selector::read(value.get("labelSelector"));
        selector.merge_label_keys(value.get("matchLabelKeys"), "In", labels);
        Self {
            max_skew: integer(value, "maxSkew"),
            topology_key: text("topologyKey").to_owned(),
            selector,
            min_domains: value.get("minDomains").and_then(Value::as_i64).unwrap_or(1),
            honors_affinity: text("nodeAffinityPolicy") != "Ignore",
            honors_taints: text("nodeTaintsPolicy") == "Honor",
            is_hard: text("whenUnsatisfiable") != "ScheduleAnyway",
        }
    }
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn integer(value: &Value, field: &str) -> i64 {
    value.get(field).and_then(Value::as_i64).unwrap_or(0)
}

fn cpu_and_memory(spec: &Map<String, Value>, missing: Missing) -> (i64, i64) {
    let counted = Resources::from_list(&pod_requests(spec, missing));
    (counted.milli_cpu, counted.memory)
}

/// Models schedutil.GetHostPorts.
fn host_ports(spec: &Map<String, Value>) -> Vec<HostPort> {
    let sidecars = array(spec.get("initContainers"))
        .iter()
        .filter(|container| container.get("restartPolicy").is_some_and(|policy| policy == "Always"));
    let ports = sidecars.chain(array(spec.get("containers"))).flat_map(|container| array(container.get("ports")));
    let read = |port: &Value| {
        let text = |field: &str, default: &str| {
            port.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).unwrap_or(default).to_owned()
        };
        let number = integer(port, "hostPort");
        let port = HostPort { ip: text("hostIP", "0.0.0.0"), protocol: text("protocol", "TCP"), port: number };
        (number > 0).then_some(port)
    };
    ports.filter_map(read).collect()
}

fn images(spec: &Map<String, Value>) -> Vec<String> {
    let containers = array(spec.get("initContainers")).iter().chain(array(spec.get("containers")));
    let image = |container: &Value| container.get("image").and_then(Value::as_str).unwrap_or_default().to_owned();
    containers.map(image).collect()
}

/// The names of the claims that a pod's volumes are of.
pub fn claims_of(spec: &Map<String, Value>) -> Vec<String> {
    let name = |volume: &Value| volume.get("persistentVolumeClaim")?.get("claimName")?.as_str().map(str::to_owned);
    array(spec.get("volumes")).iter().filter_map(name).collect()
}
