//! What a ReplicaSet's status says of its pods: numbers, taken from the pods or from the store's own counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{Pod, ReplicaSet, StringMap, Time};
use crate::apiserver::Tally;
use crate::sim::SimTime;

/// How many of a ReplicaSet's pods are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that have neither ended nor are being deleted.
    pub active: usize,
    /// Those that are being deleted and have not ended.
    pub terminating: usize,
    /// Active ones with all labels of the template.
    pub fully_labeled: usize,
    /// Active ones that are ready.
    pub ready: usize,
    /// Those of them that have been for `minReadySeconds`.
    pub available: usize,
    /// In how many milliseconds the next one has been. Models findMinNextPodAvailabilitySimpleCheck.
    pub next_available_ms: Option<u64>,
}

impl Counts {
    /// Counts the pods that the ReplicaSet has claimed.
    pub fn of(set: &ReplicaSet, active: &[Arc<Pod>], terminating: usize, now: SimTime) -> Self {
        let mut counts = Self { active: active.len(), terminating, ..Self::default() };
        let mut ready: BTreeMap<Option<Time>, usize> = BTreeMap::new();
        for pod in active {
            counts.fully_labeled += usize::from(has_labels(&pod.metadata.labels, &set.spec.template.metadata.labels));
            if let Some(since) = pod.ready_since() {
                *ready.entry(since).or_default() += 1;
            }
        }
        counts.add_ready(set, &ready, now);
        counts
    }

    /// The same from the store's counts of the pods that the ReplicaSet controls; nothing when one of them has to be
    /// looked at, because the ReplicaSet does not select it any more.
    pub fn of_tally(set: &ReplicaSet, tally: Option<&Tally>, now: SimTime) -> Option<Self> {
        let mut counts = Self::default();
        for group in tally.map(Tally::groups).unwrap_or_default() {
            if !set.spec.selector.matches(&group.labels) {
                if group.active > 0 {
                    return None;
                }
                continue;
            }
            counts.active += group.active;
            counts.terminating += group.terminating;
            if has_labels(&group.labels, &set.spec.template.metadata.labels) {
                counts.fully_labeled += group.active;
            }
            counts.add_ready(set, &group.ready, now);
        }
        Some(counts)
    }

    /// Models IsPodAvailable and nextPodAvailabilityCheck of pkg/api/v1/pod/util.go.
    fn add_ready(&mut self, set: &ReplicaSet, ready: &BTreeMap<Option<Time>, usize>, now: SimTime) {
        let min_ready_ms = i64::from(set.spec.min_ready_seconds) * 1000;
        let now_ms = i64::try_from(now.as_ms()).unwrap_or(i64::MAX / 2);
        for (since, pods) in ready {
            self.ready += pods;
            let remaining_ms = since.map(|since| since.as_sim_ms() + min_ready_ms - now_ms);
            if min_ready_ms == 0 || remaining_ms.is_some_and(|ms| ms <= 0) {
                self.available += pods;
            }
            if min_ready_ms > 0
                && let Some(ms) = remaining_ms.and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0)
            {
                self.next_available_ms = Some(self.next_available_ms.map_or(ms, |next| next.min(ms)));
            }
        }
    }
}

fn has_labels(labels: &StringMap, wanted: &StringMap) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Object, ObjectMeta, OwnerReference, PodCondition, PodPhase, PodStatus};
    use crate::apiserver::{Key, Store};
    use crate::sim::Random;

    fn labels(random: &mut Random, others: u32) -> StringMap {
        let app = if random.below(others) == 0 { "shop" } else { "web" };
        let mut labels = StringMap::from([("app".to_owned(), app.to_owned())]);
        if random.below(3) > 0 {
            labels.insert("tier".to_owned(), "front".to_owned());
        }
        labels
    }

    fn drawn(name: &str, others: u32, random: &mut Random) -> Pod {
        let owner = |uid: &str| OwnerReference { uid: uid.to_owned(), controller: true, ..OwnerReference::default() };
        let labels = labels(random, others);
        let mut draw = |bound: u32| random.below(bound);
        let ready = PodCondition {
            kind: "Ready".to_owned(),
            status: if draw(3) > 0 { "True" } else { "False" }.to_owned(),
            last_transition_time: (draw(9) > 0).then(|| Time::from_sim(SimTime(u64::from(draw(20)) * 1000))),
            ..PodCondition::default()
        };
        Pod {
            metadata: ObjectMeta {
                name: name.to_owned(),
                namespace: "default".to_owned(),
                labels,
                owner_references: [vec![owner("set")], vec![owner("other")], Vec::new()]
                    .into_iter()
                    .nth(draw(8).saturating_sub(5) as usize)
                    .unwrap_or_default()
                    .into(),
                deletion_timestamp: (draw(6) == 0).then(Time::default),
                ..ObjectMeta::default()
            },
            node_name: if draw(4) > 0 { "node" } else { "" }.to_owned(),
            status: PodStatus {
                phase: [PodPhase::Running, PodPhase::Pending, PodPhase::Failed][draw(3) as usize],
                conditions: vec![ready],
                ..PodStatus::default()
            }
            .into(),
            ..Pod::default()
        }
    }

    #[test]
    fn the_store_s_counts_are_those_of_the_pods() {
        let mut random = Random::derive(1, "counts");
        let mut set = ReplicaSet::default();
        set.spec.selector.match_labels = [("app".to_owned(), "web".to_owned())].into();
        set.spec.template.metadata.labels = labels(&mut random, 1_000);
        set.spec.template.metadata.labels.insert("tier".to_owned(), "front".to_owned());
        let mut store = Store::default();
        let (mut counted, mut looked_at) = (0, 0);
        for round in 0..3_000_u64 {
            set.spec.min_ready_seconds = [0, 5, 10][(round % 3) as usize];
            let name = format!("pod-{}", random.below(40));
            let others = if round < 1_500 { 100 } else { 4_000 };
            match store.pod(&Key::new("default", name.as_str())).filter(|_| random.below(4) == 0).cloned() {
                Some(pod) => drop(store.remove(Object::Pod(pod))),
                None => drop(store.put(Object::Pod(Arc::new(drawn(&name, others, &mut random))))),
            }
            let own: Vec<_> = store.pods(None).filter(|pod| pod.metadata.is_controlled_by("set")).cloned().collect();
            let matches = |pod: &Arc<Pod>| set.spec.selector.matches(pod.labels());
            let active: Vec<_> = own.iter().filter(|pod| pod.is_active()).cloned().collect();
            let is_terminating = |pod: &&Arc<Pod>| !pod.is_active() && !pod.status.phase.is_terminal() && matches(pod);
            let terminating = own.iter().filter(is_terminating).count();
            let now = SimTime(random.between_ms(5_000, 30_000));
            let wanted = active.iter().all(matches).then(|| Counts::of(&set, &active, terminating, now));
            if wanted.is_some() {
                counted += 1
            } else {
                looked_at += 1
            }
            assert_eq!(Counts::of_tally(&set, store.tally("set"), now), wanted, "round {round}");
        }
        assert!(counted > 500 && looked_at > 100, "{counted} {looked_at}");
    }
}
