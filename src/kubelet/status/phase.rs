//! The pod's phase. Models getPhase of pkg/kubelet/kubelet_pods.go.

use crate::api::{Container, ContainerStatus, PodPhase, PodSpec, RestartPolicy};

/// Whether a container that ended with `exit_code` is started again. Models podutil.ContainerShouldRestart.
pub fn should_restart(container: &Container, spec: &PodSpec, exit_code: i32) -> bool {
    match container.restart_policy.as_deref() {
        Some("Always") => return true,
        Some("OnFailure") => return exit_code != 0,
        Some("Never") => return false,
        _ => {}
    }
    match spec.restart_policy {
        RestartPolicy::Always => true,
        RestartPolicy::OnFailure => exit_code != 0,
        RestartPolicy::Never => false,
    }
}

#[derive(Default)]
struct Count {
    pending_init: usize,
    pending_sidecars: usize,
    failed_for_good: usize,
    unknown: usize,
    running: usize,
    waiting: usize,
    stopped: usize,
    stopped_for_good: usize,
    succeeded: usize,
}

/// The phase that follows from the container statuses. `is_terminal` when the pod's containers are stopped and will
/// not start again; `is_initialized` when a container of the present sandbox has been started.
pub fn phase(spec: &PodSpec, statuses: &[ContainerStatus], is_terminal: bool, is_initialized: bool) -> PodPhase {
    let mut count = Count::default();
    for container in &spec.init_containers {
        let status = statuses.iter().find(|status| status.name == container.name);
        if container.is_sidecar() {
            count.add_sidecar(status);
        } else {
            count.add_init(container, spec, status);
        }
    }
    for container in &spec.containers {
        count.add_container(container, spec, statuses.iter().find(|status| status.name == container.name));
    }
    count.phase(is_terminal, is_initialized)
}

impl Count {
    fn add_init(&mut self, container: &Container, spec: &PodSpec, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.pending_init += 1;
            return;
        };
        let ended = if status.state.waiting.is_some() { &status.last_state } else { &status.state };
        match &ended.terminated {
            Some(terminated) if terminated.exit_code != 0 => {
                if !should_restart(container, spec, terminated.exit_code) {
                    self.failed_for_good += 1;
                }
            }
            Some(_) => {}
            None => self.pending_init += 1,
        }
    }

    fn add_sidecar(&mut self, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        if status.state.running.is_some() {
            if status.started != Some(true) {
                self.pending_sidecars += 1;
            }
            self.running += 1;
        } else if status.state.terminated.is_some() {
            // Ended sidecars do not count.
        } else if status.state.waiting.is_some() {
            if status.last_state.terminated.is_none() {
                self.pending_sidecars += 1;
                self.waiting += 1;
            }
        } else {
            self.pending_sidecars += 1;
            self.unknown += 1;
        }
    }

    fn add_container(&mut self, container: &Container, spec: &PodSpec, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        if status.state.running.is_some() {
            self.running += 1;
        } else if let Some(terminated) = &status.state.terminated {
            self.stopped += 1;
            if !should_restart(container, spec, terminated.exit_code) {
                self.stopped_for_good += 1;
            }
            if terminated.exit_code == 0 {
                self.succeeded += 1;
            }
        } else if status.state.waiting.is_some() {
            match &status.last_state.terminated {
                Some(terminated) => {
                    self.stopped += 1;
                    if !should_restart(container, spec, terminated.exit_code) {
                        self.stopped_for_good += 1;
                    }
                }
                None => self.waiting += 1,
            }
        } else {
            self.unknown += 1;
        }
    }

    fn phase(&self, is_terminal: bool, is_initialized: bool) -> PodPhase {
        if self.failed_for_good > 0 {
            return PodPhase::Failed;
        }
        let is_pending = self.pending_init > 0 || (self.pending_sidecars > 0 && !is_initialized) || self.waiting > 0;
        if is_pending || self.unknown > 0 {
            return PodPhase::Pending;
        }
        if self.running > 0 {
            return PodPhase::Running;
        }
        if self.stopped == 0 {
            return PodPhase::Pending;
        }
        if !is_terminal && self.stopped != self.stopped_for_good {
            return PodPhase::Running;
        }
        if self.stopped == self.succeeded { PodPhase::Succeeded } else { PodPhase::Failed }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn waits() -> Value {
        json!({"state": {"waiting": {}}})
    }

    fn runs() -> Value {
        json!({"state": {"running": {}}, "started": true})
    }

    fn done(code: i32) -> Value {
        json!({"state": {"terminated": {"exitCode": code}}})
    }

    /// Ended before, and waits to be started again.
    fn again(code: i32) -> Value {
        json!({"state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": code}}})
    }

    /// The phase of a pod with containers of these names and states: `init`, `side`, the others regular ones.
    fn of(policy: &str, containers: &[(&str, Value)], is_terminal: bool, is_initialized: bool) -> PodPhase {
        let (mut inits, mut regular, mut statuses) = (Vec::new(), Vec::new(), Vec::new());
        for (name, status) in containers {
            match *name {
                "init" => inits.push(json!({"name": name, "image": "web"})),
                "side" => inits.push(json!({"name": name, "image": "web", "restartPolicy": "Always"})),
                _ => regular.push(json!({"name": name, "image": "web"})),
            }
            if !status.is_null() {
                let mut status: ContainerStatus = serde_json::from_value(status.clone()).unwrap_or_default();
                (*name).clone_into(&mut status.name);
                statuses.push(status);
            }
        }
        let spec = json!({"restartPolicy": policy, "initContainers": inits, "containers": regular});
        phase(&PodSpec::from_value(spec).unwrap_or_default(), &statuses, is_terminal, is_initialized)
    }

    #[test]
    fn the_phase_follows_from_the_containers() {
        use PodPhase::{Failed, Pending, Running, Succeeded};
        for (policy, containers, wanted) in [
            ("Always", vec![("a", waits())], Pending),
            ("Always", vec![("a", Value::Null)], Pending),
            ("Always", vec![("a", runs()), ("b", Value::Null)], Pending),
            ("Always", vec![("a", runs()), ("b", waits())], Pending),
            ("Always", vec![("a", runs()), ("b", done(1))], Running),
            ("Always", vec![("a", done(0)), ("b", done(1))], Running),
            ("Always", vec![("a", again(1))], Running),
            ("OnFailure", vec![("a", done(0)), ("b", done(0))], Succeeded),
            ("OnFailure", vec![("a", done(0)), ("b", done(1))], Running),
            ("OnFailure", vec![("a", done(0)), ("b", again(1))], Running),
            ("Never", vec![("a", done(0)), ("b", done(0))], Succeeded),
            ("Never", vec![("a", done(0)), ("b", done(1))], Failed),
            ("Never", vec![("a", again(1))], Failed),
            ("Never", vec![("a", done(0)), ("b", runs())], Running),
            ("Always", vec![("init", runs()), ("a", waits())], Pending),
            ("Always", vec![("init", done(1)), ("a", waits())], Pending),
            ("Never", vec![("init", done(1)), ("a", waits())], Failed),
            ("Never", vec![("init", again(1)), ("a", waits())], Failed),
            ("Always", vec![("init", done(0)), ("a", runs())], Running),
            ("Always", vec![("init", again(0)), ("a", runs())], Running),
            ("Always", vec![("init", Value::Null), ("a", runs())], Pending),
            ("Never", vec![("side", runs()), ("a", done(0))], Running),
            ("Never", vec![("side", done(1)), ("a", done(0))], Succeeded),
            ("Never", vec![("side", again(1)), ("a", done(0))], Succeeded),
            ("Never", vec![("side", waits()), ("a", done(0))], Pending),
            ("Never", vec![("side", Value::Null), ("a", runs())], Pending),
        ] {
            assert_eq!(of(policy, &containers, false, false), wanted, "{policy} {containers:?}");
        }
    }

    #[test]
    fn what_is_stopped_for_good_has_ended_whatever_its_policy() {
        let of = |containers: &[(&str, Value)]| of("Always", containers, true, true);
        assert_eq!(of(&[("a", done(0))]), PodPhase::Succeeded);
        assert_eq!(of(&[("a", done(0)), ("b", done(1))]), PodPhase::Failed);
        assert_eq!(of(&[("a", waits())]), PodPhase::Pending);
    }

    #[test]
    fn a_sidecar_that_starts_again_does_not_set_the_pod_back() {
        let starts = json!({"state": {"running": {}}, "started": false});
        let of = |is_initialized| of("Always", &[("side", starts.clone()), ("a", runs())], false, is_initialized);
        assert_eq!((of(false), of(true)), (PodPhase::Pending, PodPhase::Running));
    }
}
