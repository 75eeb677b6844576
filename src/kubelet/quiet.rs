//! Quiet pods: probes and syncs that change nothing are not made one by one.
//!
//! A pod whose probes are all answered as before and whose last sync found nothing to do goes on like that until something
//! happens: its program ends or answers otherwise, or somebody changes something. It sleeps until then. Whoever looks at it
//! before finds it as if each probe and each sync had been made: they are counted when they are asked for.

use super::KubeletConfig;
use super::pod_worker::{Life, PodWorker};
use super::prober::{Answer, PodContext, Prober};
use super::probing;
use super::sync::SyncError;
use crate::api::{Container, Probe};
use crate::sim::SimTime;

impl PodWorker {
    /// Looks whether the pod is quiet from now on, and until when.
    pub(super) fn settle(&mut self, config: &KubeletConfig, now: SimTime) {
        self.quiet_until = self.end_of_quiet(now).filter(|until| *until > self.busy_next_at(config));
    }

    /// Until when nothing but probes and syncs that change nothing is to come; none when the next one may change something.
    fn end_of_quiet(&self, now: SimTime) -> Option<SimTime> {
        let is_at_rest = self.life == Life::Syncing
            && !self.sync.is_running
            && !self.sync.is_wanted
            && self.stops.is_empty()
            && self.pod.metadata.deletion_timestamp.is_none();
        if !is_at_rest {
            return None;
        }
        let steady = |container: &Container, probe: &Probe, answer: &Answer| {
            probing::steady_until(&self.runtime, now, container, probe, answer)
        };
        let probes = self.prober.steady_until(now, self.probed_pod(), &steady)?;
        let syncs = if self.is_calm { SimTime::NEVER } else { self.sync.again_at };
        let deadline = self.deadline_at().unwrap_or(SimTime::NEVER);
        let others = self.runtime.next_at().min(self.looks.next_at()).min(self.mounts.next_at());
        Some(probes.min(syncs).min(deadline).min(others))
    }

    /// What the probe workers see of the pod.
    pub(super) fn probed_pod(&self) -> PodContext<'_> {
        PodContext {
            spec: &self.pod.spec,
            status: self.status.status().map(|status| &**status),
            is_deleting: self.pod.metadata.deletion_timestamp.is_some(),
        }
    }

    /// Somebody is about to change something: what would have been done so far is counted, and what a sync would find is
    /// open again.
    pub(super) fn disturb(&mut self, config: &KubeletConfig, now: SimTime) {
        self.catch_up(config, now);
        self.is_calm = false;
    }

    /// Counts the probes and syncs that were not made one by one.
    pub(super) fn catch_up(&mut self, config: &KubeletConfig, now: SimTime) {
        let Some(last) = self.last_quiet(now) else { return };
        self.quiet_until = None;
        let (runtime, context) = (
            &mut self.runtime,
            PodContext {
                spec: &self.pod.spec,
                status: self.status.status().map(|status| &**status),
                is_deleting: false,
            },
        );
        self.prober.skip(last, context, &mut |container, probe, count, at| {
            probing::count_probes(runtime, container, probe, count, at);
        });
        while self.is_calm && self.sync.again_at <= last {
            let at = self.sync.again_at;
            self.sync.last_end = Some(at);
            self.plan_resync(config, at);
        }
    }

    /// The last moment at which the pod is quiet, as far as time has come: what is due at the end itself is done as usual.
    fn last_quiet(&self, now: SimTime) -> Option<SimTime> {
        self.quiet_until.map(|until| if now < until { now } else { until - 1 })
    }

    /// The probe workers as they are now, where probes have not been made one by one.
    pub(super) fn prober_at(&self, now: SimTime) -> Option<Prober> {
        let last = self.last_quiet(now).filter(|last| self.prober.next_at() <= *last)?;
        let mut prober = self.prober.clone();
        prober.skip(last, self.probed_pod(), &mut |_, _, _, _| {});
        Some(prober)
    }

    /// After a turn: a sync that ended in it without having done or told anything will do nothing the next time either,
    /// unless something changes, which it hears of.
    pub(super) fn note_calm(&mut self, config: &KubeletConfig, last_end: Option<SimTime>, has_told: bool) {
        if self.sync.last_end != last_end {
            let has_found_nothing = !has_told && !self.sync.has_done_something && self.sync.error == SyncError::None;
            self.is_calm = has_found_nothing
                && !self.depends_on_objects()
                && self.prober.has_begun(&self.pod.spec)
                && config.timings.resync_ms > config.timings.pleg_period_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fuzz::{Action, draw};
    use crate::lab::{Lab, LabOptions, MAX_TERMINALS};

    /// What can be seen of the pods now.
    fn seen(lab: &Lab) -> Vec<String> {
        let (fleet, now) = (lab.cluster().fleet(), lab.now());
        let pods = lab.cluster().api.store().pods(None);
        let of_pod = |pod: &std::sync::Arc<crate::api::Pod>| {
            let (uid, name) = (pod.metadata.uid.as_str(), &pod.metadata.name);
            let logs = pod.spec.containers.iter().map(|container| fleet.logs(uid, &container.name, false, now));
            format!("{name} at {now:?}: {:?} {:?}", fleet.pod_view(uid, now), logs.collect::<Vec<_>>())
        };
        pods.map(of_pod).collect()
    }

    fn act(lab: &mut Lab, action: &Action) {
        match action {
            Action::Type { terminal, line } => lab.submit(*terminal, line),
            Action::Interrupt(terminal) => lab.interrupt(*terminal),
            Action::Write { file, text } => lab.write(file, text),
            Action::Pass(ms) => lab.run_until(lab.now() + *ms),
            // Steps are of other lengths where nothing is skipped.
            Action::Step(_) | Action::Seek(_) | Action::UndoFork | Action::Copy => {}
        }
    }

    #[test]
    fn a_quiet_pod_is_what_it_would_be_if_each_probe_and_each_sync_were_made() {
        let mut quiet_pods = 0;
        for seed in 0..60 {
            let mut quiet = Lab::new(&LabOptions { seed, ..LabOptions::default() });
            let mut restless = quiet.clone();
            restless.cluster_mut().fleet_mut().be_restless();
            for action in draw(seed).iter().chain([&Action::Pass(90_000), &Action::Pass(7_777), &Action::Pass(300_000)])
            {
                let [ours, theirs] = [&mut quiet, &mut restless].map(|lab| {
                    act(lab, action);
                    let said: Vec<String> = (0..MAX_TERMINALS)
                        .flat_map(|terminal| lab.take_output(terminal))
                        .map(|chunk| chunk.text)
                        .collect();
                    (said, seen(lab))
                });
                assert_eq!(ours, theirs, "seed {seed}, {action:?}");
                quiet_pods += quiet.cluster().fleet().iter().map(super::super::Kubelet::quiet_pods).sum::<usize>();
            }
            let told = |lab: &Lab| {
                let log = lab.cluster().log().iter().map(|event| format!("{event:?}"));
                log.chain(lab.cluster().decisions().iter().map(|decision| format!("{decision:?}"))).collect::<Vec<_>>()
            };
            assert_eq!(told(&quiet), told(&restless), "seed {seed}");
        }
        assert!(quiet_pods > 500, "{quiet_pods}");
    }
}
