//! Trouble: containers that end, programs that answer wrongly, a kubelet that is down; and requests by the thousand.

use std::sync::Arc;

use super::Kubelet;
use crate::images::{Answer, Faults};
use crate::sim::SimTime;

/// What became of a request to a pod's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// The pod's network decided; with the pod's uid and the id of the container that has the request in hand.
    By(Answer, Option<(Arc<str>, String)>),
    /// No pod has this address.
    Unreachable,
}

impl Kubelet {
    /// Ends a running container with SIGKILL, or as the kernel does when memory runs out; answers whether it ran.
    pub fn kill_container(&mut self, uid: &str, container: &str, out_of_memory: bool, now: SimTime) -> bool {
        let Some(worker) = self.disturb(uid, now).filter(|worker| worker.runtime.is_running(container)) else {
            self.reschedule(&Arc::from(uid));
            return false;
        };
        if out_of_memory {
            worker.runtime.run_out_of_memory(container, now);
        } else {
            worker.runtime.kill(container, now);
        }
        self.reschedule(&Arc::from(uid));
        true
    }

    /// Changes the faults of a pod, those of its containers that are still to come included; answers whether there is
    /// such a pod. `of_image` gives the faults of an image by its full name.
    pub fn change_pod_faults(
        &mut self,
        uid: &str,
        change: impl FnOnce(&mut Faults),
        of_image: impl Fn(&str) -> Faults,
        now: SimTime,
    ) -> bool {
        let Some(worker) = self.disturb(uid, now) else { return false };
        change(&mut worker.faults);
        let of_pod = worker.faults.clone();
        worker.runtime.change_faults(of_image, &of_pod);
        self.reschedule(&Arc::from(uid));
        true
    }

    /// The faults of images are others now.
    pub fn image_faults_changed(&mut self, of_image: impl Fn(&str) -> Faults, now: SimTime) {
        for uid in self.workers.keys().cloned().collect::<Vec<_>>() {
            let Some(worker) = self.disturb(&uid, now) else { continue };
            let of_pod = worker.faults.clone();
            worker.runtime.change_faults(&of_image, &of_pod);
            self.reschedule(&uid);
        }
    }

    /// The faults of a pod.
    pub fn pod_faults(&self, uid: &str) -> Option<&Faults> {
        self.workers.get(uid).map(|(worker, _)| &worker.faults)
    }

    /// Whether it is down: containers run on, and nobody looks after them.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Whether nobody reaches the node, nor what runs on it.
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// The node is lost to the cluster, or is back: what runs on it runs on, and nobody reaches it.
    pub fn cut_off(&mut self, is_cut_off: bool) {
        self.is_cut_off = is_cut_off;
    }

    /// `systemctl stop kubelet`.
    pub fn stop(&mut self, now: SimTime) {
        for uid in self.workers.keys().cloned().collect::<Vec<_>>() {
            self.disturb(&uid, now);
            self.reschedule(&uid);
        }
        self.is_stopped = true;
    }

    /// `systemctl start kubelet`: what was due meanwhile is done now. Probes of pods that are new to it begin after a
    /// random part of their period, and what it remembered of crashes is gone.
    pub fn start(&mut self, now: SimTime) {
        if !std::mem::take(&mut self.is_stopped) {
            return;
        }
        self.config.started_at = Some(now);
        let uids: Vec<Arc<str>> = self.workers.keys().cloned().collect();
        for uid in uids {
            if let Some((worker, _)) = self.workers.get_mut(&uid) {
                Arc::make_mut(worker).kubelet_restarted(&self.config, now);
            }
            self.reschedule(&uid);
        }
    }

    /// A request to a pod's address of which only the status matters.
    pub fn serve(&mut self, now: SimTime, pod_ip: &str, port: u16, path: &str) -> Served {
        let reached = self.addresses.pod(pod_ip).filter(|_| !self.is_cut_off);
        let Some((worker, _)) = reached.and_then(|uid| self.workers.get_mut(uid)) else {
            return Served::Unreachable;
        };
        let worker = Arc::make_mut(worker);
        let end_before = worker.runtime.next_at();
        let (answer, id) = worker.runtime.answer(port, path, now);
        // Only who waits for the answer wants to know from whom.
        let waits = !matches!(answer, Answer::Status(_, 0) | Answer::Refused);
        let holder = id.filter(|_| waits).map(|id| (Arc::from(worker.key.uid.as_str()), id.to_owned()));
        if worker.runtime.next_at() != end_before {
            let uid = Arc::from(worker.key.uid.as_str());
            self.reschedule(&uid);
        }
        Served::By(answer, holder)
    }

    /// Whether a container runs at `at`, as far as is known.
    pub fn outlives(&self, uid: &str, container_id: &str, at: SimTime) -> bool {
        !self.is_cut_off && self.workers.get(uid).is_some_and(|(worker, _)| worker.runtime.outlives(container_id, at))
    }
}
