//! Starting a container: back-off, image, create, start, hook. Models startContainer of
//! pkg/kubelet/kuberuntime/kuberuntime_container.go.

use std::sync::Arc;

use serde_json::json;

use super::actions::KillReason;
use super::back_off::{GoDuration, crash_back_off};
use super::decisions::{self, reason};
use super::image_pull::{ImagePuller, Need, Waiting};
use super::load::limits_of;
use super::pod_worker::{PodWorker, Turn};
use super::probing::PodAsker;
use super::runtime::{Record, RecordState};
use super::sync::{Job, SyncError};
use super::termination::Stop;
use crate::api::{Container, EventType};
use crate::images::{ImageInfo, ImageReference, Program, Pull, Surroundings};
use crate::sim::{Random, SimTime};

/// A container on its way to run.
#[derive(Clone, Debug)]
pub struct Starting {
    pub name: String,
    pub is_init: bool,
    /// When the present stage ends.
    pub at: SimTime,
    pub stage: Stage,
}

/// What is being waited for.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Waits for its turn from `since`, and is at it from `begins`.
    Pull {
        reference: ImageReference,
        since: SimTime,
        begins: SimTime,
    },
    Create {
        reference: ImageReference,
        info: ImageInfo,
    },
    Start {
        info: ImageInfo,
    },
    PostStart {
        error: Option<String>,
    },
}

/// Hosts' names have at most this many characters.
const MAX_HOSTNAME: usize = 63;

impl PodWorker {
    pub(super) fn container(&self, name: &str) -> Option<Container> {
        let spec = &self.pod.spec;
        spec.containers.iter().chain(&spec.init_containers).find(|container| container.name == name).cloned()
    }

    /// Begins to start a container: with its back-off and its image.
    pub(super) fn start_container(&mut self, turn: &mut Turn<'_>, name: &str, is_init: bool) {
        let Some(container) = self.container(name) else { return };
        if self.is_held_back(turn, &container) {
            self.abort_init(&container, is_init);
            return;
        }
        let image = container.image.as_str();
        let registry = turn.world.registry();
        let on_node = |reference: &ImageReference| Ok(registry.on_node(reference).cloned());
        let need = self.retries.puller.need(image, &container.image_pull_policy, on_node, turn.now);
        let waiting = need.waiting(image, turn.config.version);
        let inputs =
            [("container", json!(name)), ("image", json!(image)), ("pullPolicy", json!(container.image_pull_policy))];
        let (rule, inputs, action) = match need {
            Need::Present(reference, info) => {
                let message = turn.config.version.image_present(image);
                self.record(turn, name, EventType::Normal, "Pulled", message);
                self.decide(turn, reason(decisions::IMAGE_PRESENT, &inputs, format!("use {image} from the node")));
                return self.create(turn, name, is_init, reference, info);
            }
            Need::Pull(reference) => {
                self.record(turn, name, EventType::Normal, "Pulling", format!("Pulling image \"{image}\""));
                self.decide(turn, reason(decisions::PULL_IMAGE, &inputs, format!("pull {image}")));
                return self.pull(turn, name, is_init, reference);
            }
            Need::BackOff { back_off_ms, until, .. } => {
                let inputs = [("backOffMs", json!(back_off_ms)), ("untilMs", json!(until))];
                let told = [("container", json!(name)), ("image", json!(image))];
                let action = format!("wait {} before the next pull", GoDuration(back_off_ms));
                (decisions::IMAGE_BACK_OFF, [told.as_slice(), inputs.as_slice()].concat(), action)
            }
            Need::NeverPull => (decisions::IMAGE_NEVER_PULLED, inputs.to_vec(), "give up for now".to_owned()),
            Need::InvalidName(_) | Need::InspectFailed(_) => {
                (decisions::INVALID_IMAGE_NAME, inputs.to_vec(), "give up for now".to_owned())
            }
        };
        let Some(Waiting { reason: why, message, event: (kind, event, text) }) = waiting else { return };
        self.record(turn, name, kind, event, text);
        self.decide(turn, reason(rule, &inputs, action));
        self.image_failed(turn, &container, is_init, why, message);
    }

    /// Queues the pull of an image.
    fn pull(&mut self, turn: &mut Turn<'_>, name: &str, is_init: bool, reference: ImageReference) {
        let timings = &turn.config.timings;
        let will_succeed = ImagePuller::will_succeed(&reference, turn.world.registry());
        let is_there = turn.world.registry().on_node(&reference).is_some();
        let (low, high) = match will_succeed {
            false => timings.failed_pull_ms,
            true if is_there || turn.pulls.brings(&reference, turn.now) => timings.pull_again_ms,
            true => timings.pull_ms,
        };
        let takes_ms = self.random.between_ms(low, high);
        let (begins, at) = turn.pulls.enter(&reference, will_succeed, takes_ms, turn.now);
        let stage = Stage::Pull { reference, since: turn.now, begins };
        self.sync.job = Some(Job::Start(Starting { name: name.to_owned(), is_init, at, stage }));
    }

    /// Models kubeGenericRuntimeManager.doBackOff.
    fn is_held_back(&mut self, turn: &mut Turn<'_>, container: &Container) -> bool {
        let name = container.name.as_str();
        let last = self.sync.seen.instances(name).find_map(Record::exit).cloned();
        let Some(last) = last else { return false };
        self.retries.crash_back_off.housekeep(turn.now);
        // Another image's crashes are none of this one's. Models GetBackoffKey.
        let key = format!("{name}/{}", container.image);
        let Some(held) = crash_back_off(&mut self.retries.crash_back_off, &key, last.at, turn.now) else {
            return false;
        };
        let pod = self.full_name();
        let message = turn.config.version.back_off_restarting(name, &pod);
        self.record(turn, name, EventType::Warning, "BackOff", message);
        let inputs = [
            ("container", json!(name)),
            ("exitCode", json!(last.code)),
            ("finishedMs", json!(last.at)),
            ("backOffMs", json!(held.back_off_ms)),
            ("untilMs", json!(held.until)),
        ];
        let action = format!("wait {} after the last exit", GoDuration(held.back_off_ms));
        self.decide(turn, reason(decisions::BACK_OFF, &inputs, action));
        self.retries.reasons.insert(Arc::from(name), ("CrashLoopBackOff".to_owned(), held.message(name, &pod)));
        self.retries.held_back.insert(Arc::from(name), held);
        self.sync.error = SyncError::BackOff(match self.sync.error {
            SyncError::BackOff(until) => until.min(held.until),
            SyncError::None | SyncError::Failed => held.until,
        });
        true
    }

    fn image_failed(&mut self, turn: &mut Turn<'_>, container: &Container, is_init: bool, why: &str, message: String) {
        self.record(turn, &container.name, EventType::Warning, "Failed", format!("Error: {why}"));
        self.start_failed(container, is_init, why, message);
    }

    fn start_failed(&mut self, container: &Container, is_init: bool, why: &str, message: String) {
        self.retries.reasons.insert(Arc::from(container.name.as_str()), (why.to_owned(), message));
        if self.sync.error == SyncError::None {
            self.sync.error = SyncError::Failed;
        }
        self.abort_init(container, is_init);
    }

    /// After an init container that could not be started nothing else is.
    fn abort_init(&mut self, container: &Container, is_init: bool) {
        if is_init && !container.is_sidecar() {
            self.sync.steps.clear();
        }
    }

    fn create(&mut self, turn: &mut Turn<'_>, name: &str, is_init: bool, reference: ImageReference, info: ImageInfo) {
        if let Err(message) = self.prepare(turn, name, &info) {
            let Some(container) = self.container(name) else { return };
            self.record(turn, name, EventType::Warning, "Failed", format!("Error: {message}"));
            let inputs = [("container", json!(name)), ("error", json!(message))];
            self.decide(turn, reason(decisions::CONFIG_ERROR, &inputs, format!("do not create container {name}")));
            self.start_failed(&container, is_init, "CreateContainerConfigError", message);
            return;
        }
        let (low, high) = turn.config.timings.create_ms;
        let at = turn.now + self.random.between_ms(low, high);
        let stage = Stage::Create { reference, info };
        self.sync.job = Some(Job::Start(Starting { name: name.to_owned(), is_init, at, stage }));
    }

    /// The present stage has ended.
    pub(super) fn go_on_starting(&mut self, turn: &mut Turn<'_>, starting: Starting) {
        let Some(container) = self.container(&starting.name) else { return };
        match starting.stage {
            Stage::Pull { ref reference, since, begins } => {
                self.image_pulled(turn, &container, &starting, reference, (since, begins));
            }
            Stage::Create { ref reference, ref info } => {
                let record = self.new_record(turn, &container, reference, info);
                self.runtime.create(record);
                let message = turn.config.version.container_created(&container.name);
                self.record(turn, &container.name, EventType::Normal, "Created", message);
                let (low, high) = turn.config.timings.start_ms;
                let at = turn.now + self.random.between_ms(low, high);
                let stage = Stage::Start { info: info.clone() };
                self.sync.job = Some(Job::Start(Starting { at, stage, ..starting.clone() }));
            }
            Stage::Start { ref info } => self.start_program(turn, &container, &starting, info),
            Stage::PostStart { ref error } => self.post_start_ended(turn, &container, starting.is_init, error.clone()),
        }
    }

    fn image_pulled(
        &mut self,
        turn: &mut Turn<'_>,
        container: &Container,
        starting: &Starting,
        reference: &ImageReference,
        (since, begins): (SimTime, SimTime),
    ) {
        let image = container.image.as_str();
        let registry = turn.world.registry();
        let answer = registry.pull(reference);
        if matches!(answer, Pull::Found(_)) {
            registry.pulled(reference);
        }
        match self.retries.puller.pulled(image, answer, turn.now) {
            Ok(info) => {
                let took = GoDuration(turn.now.ms_since(begins)).to_string();
                let with_wait = GoDuration(turn.now.ms_since(since)).to_string();
                let message = turn.config.version.image_pulled(image, &took, &with_wait, info.size_bytes);
                self.record(turn, &container.name, EventType::Normal, "Pulled", message);
                self.create(turn, &container.name, starting.is_init, reference.clone(), info);
            }
            Err(failed) => {
                self.record(turn, &container.name, EventType::Warning, "Failed", failed.event_message(image));
                let inputs = [("container", json!(container.name)), ("image", json!(image))];
                self.decide(turn, reason(decisions::PULL_FAILED, &inputs, format!("give up pulling {image} for now")));
                self.image_failed(turn, container, starting.is_init, failed.reason, failed.message);
            }
        }
    }

    /// The pod is deleted while its container is on the way: the runtime gives up where it is.
    pub(super) fn start_cancelled(&mut self, turn: &mut Turn<'_>, starting: &Starting) {
        const CANCELED: &str = "context canceled";
        let Some(container) = self.container(&starting.name) else { return };
        let name = starting.name.as_str();
        match starting.stage {
            Stage::Pull { .. } => {
                let error = format!("rpc error: code = Canceled desc = {CANCELED}");
                let message = format!("Failed to pull image \"{}\": {error}", container.image);
                self.record(turn, name, EventType::Warning, "Failed", message);
                self.image_failed(turn, &container, starting.is_init, "ErrImagePull", error);
            }
            Stage::Create { .. } => {
                self.record(turn, name, EventType::Warning, "Failed", format!("Error: {CANCELED}"));
            }
            Stage::Start { .. } => {
                self.runtime.start_failed(name, CANCELED, turn.now);
                self.record(turn, name, EventType::Warning, "Failed", format!("Error: {CANCELED}"));
            }
            Stage::PostStart { .. } => {}
        }
    }

    fn new_record(
        &self,
        turn: &Turn<'_>,
        container: &Container,
        reference: &ImageReference,
        info: &ImageInfo,
    ) -> Record {
        let attempt = self.sync.seen.latest(&container.name).map_or(0, |record| record.attempt + 1);
        let stream = format!("{}/{}/{attempt}", self.key.uid, container.name);
        Record {
            name: container.name.clone(),
            id: format!("containerd://{}", hex_digits(turn.config.seed, &stream)),
            attempt,
            image: reference.full(),
            spec_image: container.image.clone(),
            image_id: info.image_id.clone(),
            state: RecordState::Created,
        }
    }

    fn start_program(&mut self, turn: &mut Turn<'_>, container: &Container, starting: &Starting, info: &ImageInfo) {
        let name = container.name.as_str();
        let hostname: String = self.key.name.chars().take(MAX_HOSTNAME).collect();
        let prepared = self.prepared.get(name).cloned().unwrap_or_default();
        let surroundings = Surroundings {
            hostname,
            environment: Arc::clone(&prepared.environment),
            files: self.mounts.files_of(&self.pod.spec, name, &prepared.environment),
            limits: limits_of(&self.pod.spec, name, turn.world.objects()),
        };
        let program = Program::start(&info.declaration, &prepared.command, &prepared.args, surroundings, turn.now);
        self.looks.at_next_tick(turn.config, turn.now);
        let last = self.sync.seen.instances(name).find_map(Record::exit).cloned();
        let mut inputs = vec![("container", json!(name)), ("image", json!(container.image))];
        match program {
            Ok(mut program) => {
                program.set_faults(&info.faults, &self.faults);
                self.runtime.start(name, program, turn.now);
                let message = turn.config.version.container_started(name);
                self.record(turn, name, EventType::Normal, "Started", message);
                self.retries.reasons.remove(name);
                let rule = match last {
                    Some(last) => {
                        inputs.push(("lastExitCode", json!(last.code)));
                        inputs.push(("restartPolicy", json!(self.pod.spec.restart_policy)));
                        decisions::RESTART_CONTAINER
                    }
                    None => decisions::START_CONTAINER,
                };
                self.decide(turn, reason(rule, &inputs, format!("start container {name}")));
                self.run_post_start(turn, container, starting);
            }
            Err(error) => {
                self.runtime.start_failed(name, &error.0, turn.now);
                self.record(turn, name, EventType::Warning, "Failed", format!("Error: {}", error.0));
                self.decide(turn, reason(decisions::START_FAILED, &inputs, format!("report {name} as failed")));
                self.start_failed(container, starting.is_init, "RunContainerError", error.0);
            }
        }
    }

    fn run_post_start(&mut self, turn: &mut Turn<'_>, container: &Container, starting: &Starting) {
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.as_ref());
        let Some(hook) = hook else { return };
        let pod = self.full_name();
        let mut asker = PodAsker {
            runtime: &mut self.runtime,
            world: &mut *turn.world,
            seed: turn.config.seed,
            uid: &self.key.uid,
        };
        let run = asker.run_hook(turn.now, &pod, container, hook);
        let stage = Stage::PostStart { error: run.error };
        self.sync.job = Some(Job::Start(Starting { at: turn.now + run.latency_ms, stage, ..starting.clone() }));
    }

    fn post_start_ended(&mut self, turn: &mut Turn<'_>, container: &Container, is_init: bool, error: Option<String>) {
        let Some(error) = error else { return };
        let name = container.name.as_str();
        self.record(turn, name, EventType::Warning, "FailedPostStartHook", "PostStartHook failed".to_owned());
        let inputs = [("container", json!(name)), ("error", json!(error))];
        self.decide(turn, reason(decisions::HOOK_FAILED, &inputs, format!("kill container {name}")));
        self.stop_container(turn, name, "FailedPostStartHook", KillReason::FailedPostStartHook, Stop::default());
        self.start_failed(container, is_init, "PostStartHookError", error);
        self.sync.job = Some(Job::AwaitStops);
    }
}

/// 64 hexadecimal digits that belong to `stream`.
pub(super) fn hex_digits(seed: u64, stream: &str) -> String {
    let mut random = Random::derive(seed, stream);
    (0..8).map(|_| format!("{:08x}", random.next_u32())).collect()
}
