//! The kubelets of all nodes: one each, asked in the order of the nodes' names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Kubelet, KubeletConfig, PodView, Served};
use crate::images::{Exec, Faults, Found, Inside, LogLine, Outcome, Request};
use crate::script::Files;
use crate::sim::{Random, SimTime};

/// One kubelet a node, by the node's name. Who asks about a pod gets the answer of the kubelet that looks after it.
#[derive(Clone, Debug, Default)]
pub struct Fleet(BTreeMap<String, Kubelet>);

impl Fleet {
    /// Adds the kubelet of a new node. The others' pods get no address of its block (the third number of the address)
    /// from now on.
    pub fn add(&mut self, kubelet: Kubelet) {
        let block = kubelet.config().pod_block;
        self.0.values_mut().for_each(|other| other.leave_out(block));
        let name = kubelet.config().node_name.clone();
        self.0.insert(name, kubelet);
    }

    /// A node is gone, and all that ran on it.
    pub fn remove(&mut self, node: &str) -> Option<Kubelet> {
        self.0.remove(node)
    }

    /// The kubelet of a node.
    pub fn of_node(&self, node: &str) -> Option<&Kubelet> {
        self.0.get(node)
    }

    /// As [`Fleet::of_node`], to change it.
    pub fn of_node_mut(&mut self, node: &str) -> Option<&mut Kubelet> {
        self.0.get_mut(node)
    }

    /// All of them, by the name of their node.
    pub fn iter(&self) -> impl Iterator<Item = &Kubelet> {
        self.0.values()
    }

    /// How many nodes have one.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the kubelet of any node is down.
    pub fn is_any_stopped(&self) -> bool {
        self.iter().any(Kubelet::is_stopped)
    }

    /// The lowest block of addresses that no node has and of which no pod has an address; none when all are taken.
    pub fn free_block(&self) -> Option<u8> {
        (1..=u8::MAX).find(|block| {
            self.iter().all(|kubelet| kubelet.config().pod_block != *block && !kubelet.addresses.uses_block(*block))
        })
    }

    /// Draws the pods that are still to come from another seed: a forecast is run over several.
    pub fn reseed(&mut self, seed: u64) {
        self.0.values_mut().for_each(|kubelet| kubelet.reseed(seed));
    }

    /// When one of them has something to do next.
    pub fn next_wake(&self) -> SimTime {
        self.iter().map(Kubelet::next_wake).min().unwrap_or(SimTime::NEVER)
    }

    #[cfg(test)]
    pub(super) fn be_restless(&mut self) {
        self.0.values_mut().for_each(|kubelet| kubelet.is_restless = true);
    }

    /// The first one that has something to do at `now`.
    pub fn due(&mut self, now: SimTime) -> Option<&mut Kubelet> {
        self.0.values_mut().find(|kubelet| kubelet.next_wake() <= now)
    }

    /// The kubelet that looks after a pod.
    pub fn of_pod(&self, uid: &str) -> Option<&Kubelet> {
        self.iter().find(|kubelet| kubelet.has_pod(uid))
    }

    /// As [`Fleet::of_pod`], to change it.
    pub fn of_pod_mut(&mut self, uid: &str) -> Option<&mut Kubelet> {
        self.0.values_mut().find(|kubelet| kubelet.has_pod(uid))
    }

    /// The kubelet of the node that is called so, or has this address.
    pub fn of_host(&self, host: &str) -> Option<&Kubelet> {
        self.of_node(host).or_else(|| self.iter().find(|kubelet| kubelet.config().node_ip == host))
    }

    fn of_ip_mut(&mut self, pod_ip: &str) -> Option<&mut Kubelet> {
        self.0.values_mut().find(|kubelet| kubelet.pod_of_ip(pod_ip).is_some())
    }

    /// Whether a pod has this address.
    pub fn has_ip(&self, pod_ip: &str) -> bool {
        self.iter().any(|kubelet| kubelet.pod_of_ip(pod_ip).is_some())
    }

    /// See [`Kubelet::request`].
    pub fn request(&mut self, now: SimTime, pod_ip: &str, port: u16, request: &Request) -> Outcome {
        self.of_ip_mut(pod_ip).map_or(Outcome::Unreachable, |kubelet| kubelet.request(now, pod_ip, port, request))
    }

    /// See [`Kubelet::serve`].
    pub fn serve(&mut self, now: SimTime, pod_ip: &str, port: u16, path: &str) -> Served {
        self.of_ip_mut(pod_ip).map_or(Served::Unreachable, |kubelet| kubelet.serve(now, pod_ip, port, path))
    }

    /// See [`Kubelet::outlives`].
    pub fn outlives(&self, uid: &str, container_id: &str, at: SimTime) -> bool {
        self.of_pod(uid).is_some_and(|kubelet| kubelet.outlives(uid, container_id, at))
    }

    /// See [`Kubelet::logs`].
    pub fn logs(&self, uid: &str, container: &str, previous: bool, now: SimTime) -> Option<Vec<LogLine>> {
        self.of_pod(uid)?.logs(uid, container, previous, now)
    }

    /// See [`Kubelet::exec`].
    pub fn exec(&mut self, uid: &str, container: &str, command: &[String], now: SimTime) -> Option<Exec> {
        self.of_pod_mut(uid)?.exec(uid, container, command, now)
    }

    /// See [`Kubelet::answer_question`].
    pub fn answer_question(&mut self, uid: &str, container: &str, found: Found, now: SimTime) {
        if let Some(kubelet) = self.of_pod_mut(uid) {
            kubelet.answer_question(uid, container, found, now);
        }
    }

    /// See [`Kubelet::inside`].
    pub fn inside(&self, uid: &str, container: &str, command: &[String]) -> Option<Inside> {
        self.of_pod(uid)?.inside(uid, container, command)
    }

    /// The files of a running container.
    pub(crate) fn files_mut(&mut self, uid: &str, container: &str) -> Option<&mut Files> {
        self.of_pod_mut(uid)?.files_mut(uid, container)
    }

    /// See [`Kubelet::has_shell`].
    pub fn has_shell(&self, uid: &str, container: &str) -> bool {
        self.of_pod(uid).is_some_and(|kubelet| kubelet.has_shell(uid, container))
    }

    /// See [`Kubelet::pod_view`].
    pub fn pod_view(&self, uid: &str, now: SimTime) -> Option<PodView> {
        self.of_pod(uid)?.pod_view(uid, now)
    }

    /// See [`Kubelet::left_permille`].
    pub fn left_permille(&self, uid: &str, now: SimTime) -> Option<u64> {
        self.of_pod(uid)?.left_permille(uid, now)
    }

    /// See [`Kubelet::pod_faults`].
    pub fn pod_faults(&self, uid: &str) -> Option<&Faults> {
        self.of_pod(uid)?.pod_faults(uid)
    }

    /// See [`Kubelet::image_faults_changed`].
    pub fn image_faults_changed(&mut self, of_image: impl Fn(&str) -> Faults, now: SimTime) {
        self.0.values_mut().for_each(|kubelet| kubelet.image_faults_changed(&of_image, now));
    }

    /// See [`Kubelet::pod_removed`].
    pub fn pod_removed(&mut self, uid: &Arc<str>, now: SimTime) {
        if let Some(kubelet) = self.of_pod_mut(uid) {
            kubelet.pod_removed(uid, now);
        }
    }
}

impl KubeletConfig {
    /// What a clock of this kubelet draws its phase from: the world's seed alone on the first node, whose name then
    /// shifts nobody's draws, and on others their name too.
    pub(super) fn clock(&self, clock: &str) -> Random {
        match self.pod_block {
            0 => Random::derive(self.seed, clock),
            _ => Random::derive(self.seed, &format!("{clock}/{}", self.node_name)),
        }
    }
}
