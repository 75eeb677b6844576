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
