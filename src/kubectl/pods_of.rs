//! The pod that `logs`, `exec` and `port-forward` mean.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::api::{Kind, Object, Pod, PodPhase, Time};
use crate::apiserver::Key;
use crate::sorting;

use super::command::Call;
use super::failure::Failure;
use super::selection::{pod_labels, type_and_name};

/// The pods behind `deployment/web`, best first; the pod itself for `web` or `pod/web`.
///
/// # Errors
/// When there is no such object, or it has no pods.
pub(super) fn pods_behind(call: &Call<'_, '_>, argument: &str) -> Result<Vec<Arc<Pod>>, Failure> {
    let namespace = call.namespace();
    let (kind, name) =
        if argument.contains('/') { type_and_name(call.world.client(), argument)? } else { (Kind::Pod, argument) };
    let object = call.world.client().get(kind, &Key::new(namespace.as_str(), name))?;
    if let Object::Pod(pod) = object {
        return Ok(vec![pod]);
    }
    let labels = pod_labels(&object)?;
    let mut pods = call.world.client().pods(Some(&namespace));
    pods.retain(|pod| labels.matches(pod.labels()));
    sorting::sort_by_key(&mut pods, |pod| logging_order(pod));
    if pods.is_empty() {
        return Err(Failure::new("timed out waiting for the condition"));
    }
    Ok(pods)
}

/// Models k8s.io/kubectl/pkg/util/podutils ByLogging: assigned, running, ready, ready for longer, restarted more
/// often, older.
fn logging_order(pod: &Pod) -> (bool, u8, bool, Option<Time>, Reverse<i32>, Option<Time>) {
    let phase = match pod.status.phase {
        PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => 0,
        PodPhase::Unknown => 1,
        PodPhase::Pending => 2,
    };
    let ready_since =
        pod.condition("Ready").filter(|ready| ready.status == "True").and_then(|c| c.last_transition_time);
    let restarts = pod.status.container_statuses.iter().map(|status| status.restart_count).max().unwrap_or(0);
    let created = pod.metadata.creation_timestamp;
    (pod.node_name.is_empty(), phase, !pod.is_ready(), ready_since, Reverse(restarts), created)
}

/// The container that is meant: `-c`, the annotation's, or the first.
///
/// # Errors
/// When the pod has no such container.
pub(super) fn container_of(pod: &Pod, wanted: Option<&str>) -> Result<(String, Option<String>), Failure> {
    let names: Vec<&str> = pod.spec.containers.iter().map(|container| container.name.as_str()).collect();
    let init: Vec<&str> = pod.spec.init_containers.iter().map(|container| container.name.as_str()).collect();
    let listed = names.iter().map(|name| (*name).to_owned()).chain(init.iter().map(|name| format!("{name} (init)")));
    let listed = listed.collect::<Vec<_>>().join(", ");
    let annotated = pod.metadata.annotations.get("kubectl.kubernetes.io/default-container").map(String::as_str);
    let annotated = annotated.filter(|name| names.contains(name));
    match wanted.or(annotated) {
        Some(wanted) if names.contains(&wanted) || init.contains(&wanted) => Ok((wanted.to_owned(), None)),
        Some(wanted) => Err(Failure::Plain(format!(
            "container {wanted} is not valid for pod {} out of: {listed}",
            pod.metadata.name
        ))),
        None => {
            let first = names.first().map_or_else(String::new, |name| (*name).to_owned());
            let several = names.len() + init.len() > 1;
            let note = several.then(|| format!("Defaulted container \"{first}\" out of: {listed}\n"));
            Ok((first, note))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ContainerStatus, PodCondition};

    /// A pod of these: node, phase, whether and since when it is ready, restarts, age.
    fn pod(node: &str, phase: PodPhase, ready: Option<i64>, restarts: i32, created: i64) -> Pod {
        let mut pod = Pod { node_name: node.to_owned(), ..Pod::default() };
        pod.status.phase = phase;
        pod.metadata.creation_timestamp = Some(Time(created));
        pod.status.container_statuses =
            vec![ContainerStatus { restart_count: restarts, ..ContainerStatus::default() }].into();
        pod.status.conditions = vec![PodCondition {
            kind: "Ready".to_owned(),
            status: if ready.is_some() { "True" } else { "False" }.to_owned(),
            last_transition_time: Some(Time(ready.unwrap_or(1))),
            ..PodCondition::default()
        }];
        pod
    }

    #[test]
    fn the_pod_that_is_meant_is_placed_runs_is_ready_for_longest_restarted_most_or_is_oldest() {
        use PodPhase::{Pending, Running, Unknown};
        let pods = [
            pod("n", Running, Some(10), 0, 50),
            pod("n", Running, Some(20), 3, 40),
            pod("n", Running, Some(20), 1, 30),
            pod("n", Running, Some(20), 1, 35),
            pod("n", Running, None, 9, 1),
            pod("n", Running, None, 9, 2),
            pod("n", Unknown, Some(5), 9, 1),
            pod("n", Pending, None, 9, 1),
            pod("", Pending, None, 9, 0),
        ];
        for pair in pods.windows(2) {
            assert!(logging_order(&pair[0]) < logging_order(&pair[1]), "{:?} {:?}", pair[0].status, pair[1].status);
        }
    }
}
