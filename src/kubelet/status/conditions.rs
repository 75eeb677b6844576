//! The pod's conditions. Models pkg/kubelet/status/generate.go.

use crate::api::{ContainerStatus, PodCondition, PodPhase, PodSpec};

/// Status, reason and message of a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConditionValue {
    /// `True` or `False`.
    pub is_true: bool,
    /// CamelCase word; empty for none.
    pub reason: &'static str,
    /// Sentence; empty for none.
    pub message: String,
}

impl ConditionValue {
    fn yes() -> Self {
        Self { is_true: true, ..Self::default() }
    }

    fn no(reason: &'static str, message: String) -> Self {
        Self { is_true: false, reason, message }
    }
}

/// `ContainersReady`; `statuses` holds init containers and containers, or nothing when nothing is known.
/// Models GenerateContainersReadyCondition.
pub fn containers_ready(spec: &PodSpec, statuses: Option<&[ContainerStatus]>, phase: PodPhase) -> ConditionValue {
    let Some(statuses) = statuses else {
        return ConditionValue::no("UnknownContainerStatuses", String::new());
    };
    let mut unknown = Vec::new();
    let mut unready = Vec::new();
    let sidecars = spec.init_containers.iter().filter(|container| container.is_sidecar());
    for container in sidecars.chain(&spec.containers) {
        match find(statuses, &container.name) {
            Some(status) if !status.ready => unready.push(container.name.as_str()),
            Some(_) => {}
            None => unknown.push(container.name.as_str()),
        }
    }
    if phase == PodPhase::Succeeded && unknown.is_empty() {
        return ConditionValue::no("PodCompleted", String::new());
    }
    if phase == PodPhase::Failed {
        return ConditionValue::no("PodFailed", String::new());
    }
    let message = unready_message(&unknown, "unready", &unready);
    if message.is_empty() { ConditionValue::yes() } else { ConditionValue::no("ContainersNotReady", message) }
}

/// `Ready`. `others` are the pod's conditions that readiness gates may name. Models GeneratePodReadyCondition.
pub fn ready(
    spec: &PodSpec,
    others: &[PodCondition],
    statuses: Option<&[ContainerStatus]>,
    phase: PodPhase,
) -> ConditionValue {
    let containers = containers_ready(spec, statuses, phase);
    if !containers.is_true {
        return containers;
    }
    let messages: Vec<String> = spec
        .readiness_gates
        .iter()
        .filter_map(|gate| match others.iter().find(|condition| &condition.kind == gate) {
            None => Some(format!("corresponding condition of pod readiness gate \"{gate}\" does not exist.")),
            Some(condition) if condition.status != "True" => {
                Some(format!("the status of pod readiness gate \"{gate}\" is not \"True\", but {}", condition.status))
            }
            Some(_) => None,
        })
        .collect();
    if messages.is_empty() {
        ConditionValue::yes()
    } else {
        ConditionValue::no("ReadinessGatesNotReady", messages.join(", "))
    }
}

/// `Initialized`; `was_initialized` when the condition was true before. Models GeneratePodInitializedCondition.
pub fn initialized(
    spec: &PodSpec,
    statuses: Option<&[ContainerStatus]>,
    phase: PodPhase,
    was_initialized: bool,
) -> ConditionValue {
    if statuses.is_none() && !spec.init_containers.is_empty() {
        return ConditionValue::no("UnknownContainerStatuses", String::new());
    }
    let statuses = statuses.unwrap_or_default();
    let mut unknown = Vec::new();
    let mut incomplete = Vec::new();
    for container in &spec.init_containers {
        match find(statuses, &container.name) {
            None => unknown.push(container.name.as_str()),
            Some(status) => {
                let is_done = if container.is_sidecar() { status.started == Some(true) } else { status.ready };
                if !is_done {
                    incomplete.push(container.name.as_str());
                }
            }
        }
    }
    if phase == PodPhase::Succeeded && unknown.is_empty() {
        return ConditionValue { is_true: true, reason: "PodCompleted", message: String::new() };
    }
    if any_container_started(spec, statuses) {
        return ConditionValue::yes();
    }
    let message = unready_message(&unknown, "incomplete", &incomplete);
    if message.is_empty() || was_initialized {
        ConditionValue::yes()
    } else {
        ConditionValue::no("ContainersNotInitialized", message)
    }
}

/// Models kubecontainer.HasAnyRegularContainerStarted.
fn any_container_started(spec: &PodSpec, statuses: &[ContainerStatus]) -> bool {
    statuses.iter().any(|status| {
        (status.state.running.is_some() || status.state.terminated.is_some())
            && spec.containers.iter().any(|container| container.name == status.name)
    })
}

fn find<'a>(statuses: &'a [ContainerStatus], name: &str) -> Option<&'a ContainerStatus> {
    statuses.iter().find(|status| status.name == name)
}

fn unready_message(unknown: &[&str], word: &str, others: &[&str]) -> String {
    let mut messages = Vec::new();
    if !unknown.is_empty() {
        messages.push(format!("containers with unknown status: [{}]", unknown.join(" ")));
    }
    if !others.is_empty() {
        messages.push(format!("containers with {word} status: [{}]", others.join(" ")));
    }
    messages.join(", ")
}
