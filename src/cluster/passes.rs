//! A ReplicaSet controller's pass, which waits for its client's limit: a hundred pods are not made at once.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Cluster;
use super::limits::CALL_MS;
use super::requests::Failure;
use super::work::Task;
use crate::api::{EventType, Kind, Object, Pod, ReplicaSet};
use crate::apiserver::{DeleteOptions, Key, Status};
use crate::controllers::{Plan, Request, Step, replica_set};
use crate::decision::Reason;
use crate::sim::SimTime;

const CONTROLLER: &str = "replicaset";

/// A pass on its way.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// The ReplicaSet as it was read.
    set: Arc<ReplicaSet>,
    /// Its pods, counted then: nothing that has come since is in the informer's cache yet.
    counts: replica_set::Counts,
    steps: VecDeque<Step>,
    notes: Vec<Reason>,
    requeue_after_ms: Option<u64>,
    is_idle: bool,
    /// What is being done.
    job: Option<Job>,
    /// Why; none once that is said.
    reason: Option<Reason>,
    /// When what comes next is asked for. Requests take no time here, but tokens are taken as if they took some.
    clock: SimTime,
    /// Whether the ReplicaSet has changed meanwhile.
    again: bool,
}

/// One step of a pass: its requests, each with the moment from which on it may be sent.
#[derive(Clone, Debug)]
struct Job {
    what: What,
    calls: VecDeque<SimTime>,
    acted: usize,
    error: Option<Status>,
}

#[derive(Clone, Debug)]
enum What {
    Create { owner: Arc<ReplicaSet>, count: usize, batches: replica_set::Batches },
    Delete { owner: Arc<ReplicaSet>, pods: VecDeque<Arc<Pod>> },
    Other(Option<Box<Request>>),
}

impl Cluster {
    /// Whether a ReplicaSet's pass stands still because the controller's client has no token for its next request.
    pub fn waits_for_client(&self) -> bool {
        !self.passes.is_empty()
    }

    /// Whether a pass of this ReplicaSet is on its way: then the next one comes after it.
    pub(super) fn is_in_pass(&mut self, key: &Key) -> bool {
        self.passes.get_mut(key).map(|pass| pass.again = true).is_some()
    }

    /// Carries out a plan for a ReplicaSet, as far as its client's limit allows; the rest follows in time.
    pub(super) fn begin_pass(&mut self, set: &Arc<ReplicaSet>, counts: replica_set::Counts, plan: Plan) {
        let pass = Pass {
            set: Arc::clone(set),
            counts,
            is_idle: plan.steps.is_empty(),
            steps: plan.steps.into(),
            notes: plan.notes,
            requeue_after_ms: plan.requeue_after_ms,
            job: None,
            reason: None,
            clock: self.now,
            again: false,
        };
        self.go_on(Key::of(&set.metadata), pass);
    }

    /// A request of this ReplicaSet's pass has its token.
    pub(super) fn resume_pass(&mut self, key: &Key) {
        if let Some(pass) = self.passes.remove(key) {
            self.go_on(key.clone(), pass);
        }
    }

    fn go_on(&mut self, key: Key, mut pass: Pass) {
        let object = format!("ReplicaSet/{key}");
        let failure = loop {
            let job = pass.job.take().or_else(|| {
                let step = pass.steps.pop_front()?;
                pass.reason = step.reason;
                Some(self.begin_job(step.request, pass.clock))
            });
            let Some(mut job) = job else { break None };
            if let Some(at) = self.work_on(&mut job, &mut pass.clock) {
                if job.acted > 0
                    && let Some(reason) = pass.reason.take()
                {
                    self.decide(CONTROLLER, &object, reason);
                }
                pass.job = Some(job);
                self.passes.insert(key.clone(), pass);
                self.work.add(Task::Pass(key), at);
                return;
            }
            let (acted, done) = self.end_job(job);
            if let Some(reason) = pass.reason.take().filter(|_| acted || done.is_ok()) {
                self.decide(CONTROLLER, &object, reason);
            }
            if let Err(failure) = done {
                break Some(failure);
            }
        };
        self.end_pass(key, pass, failure);
    }

    fn end_pass(&mut self, key: Key, pass: Pass, failure: Option<Failure>) {
        let object = format!("ReplicaSet/{key}");
        let task = Task::ReplicaSet(key);
        match failure {
            None => self.after_steps(CONTROLLER, &object, pass.notes, pass.is_idle, pass.requeue_after_ms, &task),
            Some(failure) => {
                if failure.managing {
                    let input = replica_set::Input {
                        replica_set: &pass.set,
                        replica_sets: &[],
                        pods: &[],
                        on_node: None,
                        expectations_satisfied: true,
                        burst_replicas: replica_set::BURST_REPLICAS,
                        version: self.config.version,
                    };
                    let message = &failure.status.message;
                    let plan = replica_set::management_failed(&input, &pass.counts, message, self.now);
                    let _given_up = self.perform(CONTROLLER, &object, plan, &task);
                }
                self.work.add_rate_limited(task.clone(), self.now);
            }
        }
        if pass.again {
            self.work.add(task, self.now);
        }
    }

    fn begin_job(&mut self, request: Request, at: SimTime) -> Job {
        let mut calls = 1;
        let what = match request {
            Request::CreatePods { owner, count } => {
                self.expectations.expect_creations(&Key::of(&owner.metadata).to_string(), count, self.now);
                calls = 0;
                let batches = replica_set::Batches::new(count, replica_set::SLOW_START_INITIAL_BATCH_SIZE);
                What::Create { owner, count, batches }
            }
            Request::DeletePods { owner, pods } => {
                let keys = pods.iter().map(|pod| Key::of(&pod.metadata).to_string());
                self.expectations.expect_deletions(&Key::of(&owner.metadata).to_string(), keys, self.now);
                calls = pods.len();
                What::Delete { owner, pods: pods.into() }
            }
            other => What::Other(Some(Box::new(other))),
        };
        Job { what, calls: self.reserve(calls, at), acted: 0, error: None }
    }

    /// Takes so many tokens at once, as that many goroutines do.
    fn reserve(&mut self, count: usize, at: SimTime) -> VecDeque<SimTime> {
        self.send_events(at);
        (0..count).map(|_| self.replica_set_client.bucket.reserve(at)).collect()
    }

    /// Sends the requests that have their tokens. Answers when the next one has its own; nothing when all are sent.
    fn work_on(&mut self, job: &mut Job, clock: &mut SimTime) -> Option<SimTime> {
        loop {
            if job.calls.is_empty()
                && job.error.is_none()
                && let What::Create { batches, .. } = &mut job.what
                && let Some(size) = batches.next()
            {
                job.calls = self.reserve(size, *clock);
            }
            let at = *job.calls.front()?;
            // A token that was there is used at once.
            if at > *clock && at > self.now {
                return Some(at);
            }
            job.calls.pop_front();
            let done = self.call(&mut job.what, at + CALL_MS);
            job.acted += usize::from(done.is_ok());
            job.error = job.error.take().or(done.err());
            if job.calls.is_empty() {
                *clock = at + CALL_MS;
            }
        }
    }

    fn call(&mut self, what: &mut What, answered: SimTime) -> Result<(), Status> {
        match what {
            What::Create { owner, .. } => self.create_pod(owner, answered),
            What::Delete { owner, pods } => {
                pods.pop_front().map_or(Ok(()), |pod| self.delete_pod(owner, &pod, answered))
            }
            What::Other(request) => match request.take() {
                Some(request) => self.request(CONTROLLER, *request).map_err(|failure| failure.status),
                None => Ok(()),
            },
        }
    }

    /// Whether anything was done, and the step's outcome.
    fn end_job(&mut self, job: Job) -> (bool, Result<(), Failure>) {
        let is_managing = !matches!(job.what, What::Other(_));
        if let What::Create { owner, count, .. } = &job.what {
            let key = Key::of(&owner.metadata).to_string();
            for _ in job.acted..*count {
                self.expectations.creation_observed(&key);
            }
        }
        let outcome = match job.error {
            None => Ok(()),
            Some(status) if is_managing => Err(Failure::managing(status)),
            Some(status) => Err(status.into()),
        };
        (is_managing && job.acted > 0, outcome)
    }

    /// Models RealPodControl.CreatePods.
    fn create_pod(&mut self, owner: &Arc<ReplicaSet>, answered: SimTime) -> Result<(), Status> {
        let pod = replica_set::new_pod(owner);
        match self.api.create(Object::Pod(Arc::new(pod))) {
            Ok(created) => {
                let message = format!("Created pod: {}", created.metadata().name);
                self.tell(CONTROLLER, owner, (EventType::Normal, "SuccessfulCreate", message), answered);
                Ok(())
            }
            // In a namespace that is going, every creation would fail: there is nothing to be done.
            Err(status) if status.is_namespace_terminating() => Ok(()),
            Err(status) => {
                let message = format!("Error creating: {}", status.message);
                self.tell(CONTROLLER, owner, (EventType::Warning, "FailedCreate", message), answered);
                Err(status)
            }
        }
    }

    /// Models RealPodControl.DeletePod, and what manageReplicas makes of its error.
    fn delete_pod(&mut self, owner: &Arc<ReplicaSet>, pod: &Pod, answered: SimTime) -> Result<(), Status> {
        let key = Key::of(&pod.metadata);
        match self.api.delete(Kind::Pod, &key, &DeleteOptions::default()) {
            Ok(_) => {
                let message = format!("Deleted pod: {}", key.name);
                self.tell(CONTROLLER, owner, (EventType::Normal, "SuccessfulDelete", message), answered);
                Ok(())
            }
            Err(status) => {
                let set = Key::of(&owner.metadata).to_string();
                self.expectations.deletion_observed(&set, &key.to_string());
                // Somebody else was faster: there will be no change to wait for, and nothing is amiss.
                if status.code == 404 {
                    return Ok(());
                }
                let message = format!("Error deleting: {}", status.message);
                self.tell(CONTROLLER, owner, (EventType::Warning, "FailedDelete", message), answered);
                Err(status)
            }
        }
    }
}
