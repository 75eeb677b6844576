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
