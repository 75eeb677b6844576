//! Work queues: which controller is to look at which object, and when.

use std::collections::BTreeMap;

use crate::apiserver::Key;
use crate::sim::{EventQueue, SimTime};

/// One look of one controller at one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// The scheduler: find a node for this pod.
    Schedule(Key),
    /// The scheduler's events: end the series that have stopped.
    EventSeries,
    /// The quota controller: count what is used of this quota.
    Quota(Key),
    /// The disruption controller: count this budget's pods.
    Budget(Key),
    /// The autoscalers' controller: look at this one's target.
    Autoscaler(Key),
    /// The volume controller: look at this claim.
    Claim(Key),
    /// The volume controller: look at this volume.
    Volume(Key),
    /// The volume controller: look at all that is not done.
    Volumes,
    /// minikube's provisioner: make a volume for this claim.
    Provision(Key),
    /// The metrics-server: ask the nodes.
    Scrape,
    /// The Deployment controller.
    Deployment(Key),
    /// The ReplicaSet controller.
    ReplicaSet(Key),
    /// The ReplicaSet controller: what this ReplicaSet's pass asks for next has its token.
    Pass(Key),
    /// The ReplicaSet controller: send the events that have waited for a token.
    SendEvents,
    /// The EndpointSlice controller: this service.
    Endpoints(Key),
    /// The garbage collector: this object's owners, or its dependents while it is being deleted after them.
    Collect(crate::api::Kind, Key),
    /// The garbage collector: this object is being deleted without its dependents.
    Orphan(crate::api::Kind, Key),
    /// The namespace controller: empty this namespace.
    Namespace(Key),
    /// The node lifecycle controller: look at this node and its taints.
    NodeHealth(Key),
    /// The pod garbage collector: pods whose node is no more.
    PodGarbage,
    /// The taint eviction controller: this pod and its node's taints.
    Evict(Key),
    /// The kubelet: this pod, which was given to its node past the scheduler.
    Admit(Key),
}

/// Tasks by time. A task that waits already is not queued twice; one that is put back for later is.
/// Models client-go util/workqueue.
#[derive(Clone, Debug, Default)]
pub struct WorkQueue {
    queue: EventQueue<Entry>,
    waiting: BTreeMap<Task, SimTime>,
    /// What controllers have put off, and until when.
    put_off: BTreeMap<Task, SimTime>,
    /// Failures in a row, for the rate limiter.
    failures: BTreeMap<Task, u32>,
}

#[derive(Clone, Debug)]
struct Entry {
    task: Task,
    cause: Cause,
}

/// Why a task is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Something has changed: see [`WorkQueue::add`].
    Change,
    /// See [`WorkQueue::add_after`].
    PutOff,
    /// See [`WorkQueue::add_later`].
    Moment,
}

impl WorkQueue {
    /// When the next task is due.
    pub fn next_at(&self) -> SimTime {
        self.queue.next_at().unwrap_or(SimTime::NEVER)
    }

    /// Queues `task` for `at`, unless it waits for that moment or an earlier one.
    pub fn add(&mut self, task: Task, at: SimTime) {
        if self.waiting.get(&task).is_some_and(|waiting| *waiting <= at) {
            return;
        }
        self.waiting.insert(task.clone(), at);
        self.queue.push(at, Entry { task, cause: Cause::Change });
    }

    /// Queues `task` for `at`, besides what has changed until then, unless it is put off until that moment or an earlier
    /// one: at that one its controller sees whether it must look again. Models waitingLoop of
    /// client-go/util/workqueue/delaying_queue.go.
    pub fn add_after(&mut self, task: Task, at: SimTime) {
        if self.put_off.get(&task).is_some_and(|put_off| *put_off <= at) {
            return;
        }
        self.put_off.insert(task.clone(), at);
        self.queue.push(at, Entry { task, cause: Cause::PutOff });
    }

    /// Whether `task` waits.
    pub fn awaits(&self, task: &Task) -> bool {
        self.waiting.contains_key(task)
    }

    /// Queues `task` for `at` whether or not it waits already: at that moment it is to be looked at.
    pub fn add_later(&mut self, task: Task, at: SimTime) {
        self.queue.push(at, Entry { task, cause: Cause::Moment });
    }

    /// Queues `task` after a failure: 5 ms, doubled with each failure in a row, at most 1000 s.
    /// Models workqueue.DefaultTypedControllerRateLimiter.
    pub fn add_rate_limited(&mut self, task: Task, now: SimTime) {
        let failures = self.failures.entry(task.clone()).or_default();
        let delay_ms = 5_u64.saturating_mul(1 << (*failures).min(30)).min(1_000_000);
        *failures += 1;
        self.add_later(task, now + delay_ms);
    }

    /// How often in a row `task` has failed.
    pub fn failures(&self, task: &Task) -> u32 {
        self.failures.get(task).copied().unwrap_or(0)
    }

    /// The last look at `task` went well.
    pub fn forget_failures(&mut self, task: &Task) {
        self.failures.remove(task);
    }

    /// Takes a task that is due.
    pub fn pop_due(&mut self, now: SimTime) -> Option<Task> {
        while self.next_at() <= now {
            let (at, entry) = self.queue.pop()?;
            let known = match entry.cause {
                Cause::Moment => return Some(entry.task),
                Cause::Change => &mut self.waiting,
                Cause::PutOff => &mut self.put_off,
            };
            // An entry whose task was queued again for an earlier moment is stale.
            if known.get(&entry.task) == Some(&at) {
                known.remove(&entry.task);
                return Some(entry.task);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_off_waits_once_until_the_earliest_moment() {
        let (task, other) = (Task::Deployment(Key::new("default", "web")), Task::PodGarbage);
        let mut work = WorkQueue::default();
        for at in [700, 600, 800, 600] {
            work.add_after(task.clone(), SimTime(at));
        }
        work.add(task.clone(), SimTime(5));
        work.add_later(other.clone(), SimTime(650));
        work.add_later(other.clone(), SimTime(650));
        assert_eq!(work.pop_due(SimTime(599)), Some(task.clone()), "what has changed is looked at besides");
        assert_eq!(work.pop_due(SimTime(599)), None);
        assert_eq!(work.pop_due(SimTime(600)), Some(task.clone()));
        work.add_after(task.clone(), SimTime(900));
        let rest: Vec<_> = std::iter::from_fn(|| work.pop_due(SimTime(899))).collect();
        assert_eq!(rest, [other.clone(), other]);
        assert_eq!((work.pop_due(SimTime(900)), work.next_at()), (Some(task), SimTime::NEVER));
    }
}
