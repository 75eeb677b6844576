//! What the container runtime holds for one pod: its sandbox and its containers, running and ended.

use std::sync::Arc;

use crate::api::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, StringMap, Time,
};
use crate::images::{Answer, Exec, Exit, Faults, Found, Inside, LogLine, Outcome, Program, Question, Request, Usage};
use crate::script::Files;
use crate::sim::SimTime;

/// Instances of one container that are kept: the present one and the one before.
/// Models the kubelet's default of one dead container a pod.
const KEPT_INSTANCES: usize = 2;

/// A container instance as the runtime reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The container's name.
    pub name: String,
    /// `containerd://…`.
    pub id: String,
    /// How many instances came before.
    pub attempt: i32,
    /// The image's full name.
    pub image: String,
    /// The image as the pod's spec had it when this instance was created: another one means another container.
    /// Models kubecontainer.HashContainer, which hashes name and image.
    pub spec_image: String,
    /// `sha256:…`.
    pub image_id: String,
    /// What it does.
    pub state: RecordState,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Created, not started.
    Created,
    /// Runs.
    Running {
        /// Since when.
        started: SimTime,
    },
    /// Has ended.
    Exited {
        /// Since when it had run; none when it never did.
        started: Option<SimTime>,
        /// When it ended, and how.
        exit: Exit,
        /// The termination message.
        message: String,
    },
}

impl Record {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        matches!(self.state, RecordState::Running { .. })
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.state {
            RecordState::Exited { exit, .. } => Some(exit),
            _ => None,
        }
    }

    /// The state as the API writes it.
    pub fn api_state(&self) -> ContainerState {
        match &self.state {
            RecordState::Created => {
                ContainerState { waiting: Some(ContainerStateWaiting::default()), ..ContainerState::default() }
            }
            RecordState::Running { started } => ContainerState {
                running: Some(ContainerStateRunning { started_at: Time::from_sim(*started) }),
                ..ContainerState::default()
            },
            RecordState::Exited { started, exit, message } => ContainerState {
                terminated: Some(ContainerStateTerminated {
                    exit_code: exit.code,
                    reason: exit.reason.clone(),
                    message: message.clone(),
                    // containerd reports the epoch for what never started.
                    started_at: Some(started.map_or(Time(0), Time::from_sim)),
                    finished_at: Some(Time::from_sim(exit.at)),
                    container_id: self.id.clone(),
                    ..ContainerStateTerminated::default()
                }),
                ..ContainerState::default()
            },
        }
    }
}

/// What the kubelet saw of the runtime at its last look. Models kubecontainer.PodStatus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeStatus {
    /// The ready sandbox's address.
    pub sandbox_ip: Option<String>,
    /// Whether there ever was a sandbox.
    pub had_sandbox: bool,
    /// Instances, the latest of each container first.
    pub records: Arc<Vec<Record>>,
}

impl RuntimeStatus {
    /// The latest instance of a container.
    pub fn latest(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }

    /// The latest instances of a container, latest first.
    pub fn instances<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.name == name)
    }
}

/// The runtime's part of one pod.
#[derive(Clone, Debug, Default)]
pub struct PodRuntime {
    sandbox_ip: Option<String>,
    had_sandbox: bool,
    instances: Vec<Instance>,
}

#[derive(Clone, Debug)]
struct Instance {
    record: Record,
    /// Copies of the pod share it until it goes on: one that has ended, for good.
    program: Option<Arc<Program>>,
}

impl PodRuntime {
    /// The sandbox stands and has an address.
    pub fn create_sandbox(&mut self, ip: String) {
        self.sandbox_ip = Some(ip);
        self.had_sandbox = true;
    }

    /// The sandbox is gone, and with it the address.
    pub fn stop_sandbox(&mut self) -> Option<String> {
        self.sandbox_ip.take()
    }

    /// The pod's address.
    pub fn ip(&self) -> Option<&str> {
        self.sandbox_ip.as_deref()
    }

    /// What a look at the runtime shows now.
    pub fn look(&self) -> RuntimeStatus {
        RuntimeStatus {
            sandbox_ip: self.sandbox_ip.clone(),
            had_sandbox: self.had_sandbox,
            records: Arc::new(self.instances.iter().rev().map(|instance| instance.record.clone()).collect()),
        }
    }

    /// A new instance is created; the oldest of the same container is forgotten.
    pub fn create(&mut self, record: Record) {
        let name = record.name.clone();
        self.instances.push(Instance { record, program: None });
        let mut left = self.instances.iter().filter(|instance| instance.record.name == name).count();
        self.instances.retain(|instance| {
            let is_surplus = instance.record.name == name && left > KEPT_INSTANCES;
            left -= usize::from(is_surplus);
            !is_surplus
        });
    }

    /// The latest instance of a container starts.
    // Copies of the cluster share programs, in one thread: what a script holds need not go to another one.
    #[allow(clippy::arc_with_non_send_sync)]
    pub fn start(&mut self, name: &str, program: Program, now: SimTime) {
        if let Some(instance) = self.latest_mut(name) {
            instance.record.state = RecordState::Running { started: now };
            instance.program = Some(Arc::new(program));
        }
    }

    /// The latest instance of a container could not be started.
    pub fn start_failed(&mut self, name: &str, message: &str, now: SimTime) {
        if let Some(instance) = self.latest_mut(name) {
            let exit = Exit { at: now, code: 128, reason: "StartError".to_owned() };
            instance.record.state = RecordState::Exited { started: None, exit, message: message.to_owned() };
        }
    }

    /// Carries the programs on to `now`; answers whether one has ended.
    pub fn advance(&mut self, now: SimTime) -> bool {
        let mut has_ended = false;
        for instance in &mut self.instances {
            let RecordState::Running { started } = instance.record.state else { continue };
            let Some(program) = &mut instance.program else { continue };
            if program.next_at() > now {
                continue;
            }
            let program = Arc::make_mut(program);
            program.advance(now);
            if let Some(exit) = program.exit().filter(|exit| exit.at <= now) {
                let exit = exit.clone();
                instance.record.state = RecordState::Exited { started: Some(started), exit, message: String::new() };
                has_ended = true;
            }
        }
        has_ended
    }

    /// What programs ask of the network: the container's name and the question.
    pub fn take_questions(&mut self) -> Vec<(String, Question)> {
        let mut questions = Vec::new();
        for instance in &mut self.instances {
            let asks = instance.program.as_mut().filter(|program| program.asks());
            let question = asks.and_then(|program| Arc::make_mut(program).take_question());
            questions.extend(question.map(|question| (instance.record.name.clone(), question)));
        }
        questions
    }

    /// As [`Program::answer_question`].
    pub fn answer_question(&mut self, name: &str, found: Found, now: SimTime) {
        if let Some(program) = self.program_mut(name) {
            program.answer_question(found, now);
        }
    }

    /// As [`Program::inside`].
    pub fn inside(&self, name: &str, command: &[String]) -> Option<Inside> {
        let instance = self.latest(name).filter(|instance| instance.record.is_running())?;
        instance.program.as_ref()?.inside(command)
    }

    /// The files of a running container.
    pub fn files_mut(&mut self, name: &str) -> Option<&mut Files> {
        self.program_mut(name).map(Program::files_mut)
    }

    /// When a program must be looked at next.
    pub fn next_at(&self) -> SimTime {
        let running = self.instances.iter().filter(|instance| instance.record.is_running());
        running
            .filter_map(|instance| instance.program.as_ref().map(|program| program.next_at()))
            .min()
            .unwrap_or(SimTime::NEVER)
    }

    /// The names of running containers, oldest first.
    pub fn running(&self) -> Vec<String> {
        let running = self.instances.iter().filter(|instance| instance.record.is_running());
        running.map(|instance| instance.record.name.clone()).collect()
    }

    /// Whether the container runs.
    pub fn is_running(&self, name: &str) -> bool {
        self.latest(name).is_some_and(|instance| instance.record.is_running())
    }

    /// Since when a container runs.
    pub fn started(&self, name: &str) -> Option<SimTime> {
        match self.latest(name)?.record.state {
            RecordState::Running { started } => Some(started),
            _ => None,
        }
    }

    /// How the latest instance of a container ended.
    pub fn exit(&self, name: &str) -> Option<&Exit> {
        self.latest(name).and_then(|instance| instance.record.exit())
    }

    /// SIGTERM to a running container; answers how it ends because of it, if it does.
    pub fn sigterm(&mut self, name: &str, now: SimTime) -> Option<Exit> {
        self.program_mut(name).and_then(|program| program.sigterm(now).cloned())
    }

    /// SIGKILL to a running container.
    pub fn kill(&mut self, name: &str, now: SimTime) {
        if let Some(program) = self.program_mut(name) {
            program.kill(now);
        }
    }

    /// Runs a command in a running container.
    pub fn exec(&mut self, name: &str, command: &[String], now: SimTime) -> Option<Exec> {
        self.program_mut(name).map(|program| program.exec(now, command))
    }

    /// Whether a running container's image holds a shell.
    pub fn has_shell(&self, name: &str) -> bool {
        let instance = self.latest(name).filter(|instance| instance.record.is_running());
        instance.and_then(|instance| instance.program.as_ref()).is_some_and(|program| program.declaration().shell)
    }

    /// Sends a request to the pod: whichever container listens on the port answers.
    pub fn request(&mut self, port: u16, request: &Request, now: SimTime) -> Outcome {
        if self.sandbox_ip.is_none() {
            return Outcome::Unreachable;
        }
        let listening = self.instances.iter_mut().filter(|instance| instance.record.is_running());
        listening
            .filter_map(|instance| instance.program.as_mut())
            .find(|program| program.is_listening(now, port))
            .map_or(Outcome::Refused, |program| Arc::make_mut(program).request(now, port, request))
    }

    /// As [`PodRuntime::request`], for whoever looks at no more than the status; with the id of the container that
    /// answered.
    pub fn answer(&mut self, port: u16, path: &str, now: SimTime) -> (Answer, Option<&str>) {
        for instance in self.instances.iter_mut().filter(|instance| instance.record.is_running()) {
            if let Some(program) = instance.program.as_mut().filter(|program| program.is_listening(now, port)) {
                return (Arc::make_mut(program).answer(now, port, path), Some(&instance.record.id));
            }
        }
        (Answer::Refused, None)
    }

    /// Whether the container with this id runs at `at`, as far as is known.
    pub fn outlives(&self, id: &str, at: SimTime) -> bool {
        let Some(instance) = self.instances.iter().find(|instance| instance.record.id == id) else { return false };
        match &instance.record.state {
            RecordState::Exited { exit, .. } => exit.at > at,
            _ => instance.program.as_ref().and_then(|program| program.exit()).is_none_or(|exit| exit.at > at),
        }
    }

    /// The faults of the pod, or of an image, are others now. How long a program takes to start matters to those only
    /// that have yet to start.
    pub fn change_faults(&mut self, of_image: impl Fn(&str) -> Faults, of_pod: &Faults) {
        for instance in self.instances.iter_mut().filter(|instance| instance.record.is_running()) {
            if let Some(program) = instance.program.as_mut().map(Arc::make_mut) {
                let mut of_image = of_image(&instance.record.image);
                let startup_ms = program.declaration().startup_seconds.as_ms();
                of_image.set_startup_ms(Some(startup_ms));
                program.set_faults(&of_image, of_pod);
            }
        }
    }

    /// A running container's volumes hold other files now.
    pub fn renew_files(&mut self, name: &str, files: &StringMap) {
        if let Some(program) = self.program_mut(name) {
            program.renew_files(files);
        }
    }

    /// A running container uses so much besides from now on; answers whether it runs.
    pub fn load(&mut self, name: &str, cpu_milli: Option<u64>, memory_bytes: Option<u64>, now: SimTime) -> bool {
        let program = self.program_mut(name);
        program.map(|program| program.load(cpu_milli, memory_bytes, now)).is_some()
    }

    /// What was last seen of the running containers.
    pub fn usage(&self, now: SimTime) -> Vec<(String, Usage)> {
        let running = self.instances.iter().filter(|instance| instance.record.is_running());
        let used =
            running.filter_map(|instance| Some((instance.record.name.clone(), instance.program.as_ref()?.usage(now))));
        used.collect()
    }

    /// The kernel ends a running container.
    pub fn run_out_of_memory(&mut self, name: &str, now: SimTime) {
        if let Some(program) = self.program_mut(name) {
            program.run_out_of_memory(now);
        }
    }

    /// Whether a container accepts connections on the port, and whether it speaks gRPC there.
    pub fn listener(&self, port: u16, now: SimTime) -> Option<bool> {
        let running = self.instances.iter().filter(|instance| instance.record.is_running());
        running
            .filter_map(|instance| instance.program.as_ref())
            .find(|program| program.is_listening(now, port))
            .map(|program| program.serves_grpc(now, port))
    }

    /// As [`PodRuntime::listener`], where no other container can ever accept connections on the port.
    pub fn only_listener(&self, port: u16, now: SimTime) -> Option<bool> {
        let program = self.only_server(port)?;
        program.is_listening(now, port).then(|| program.serves_grpc(now, port))
    }

    /// The status with which the port answers for a path, and until when it does; none where that may change with any
    /// request.
    pub fn steady_status(&self, port: u16, path: &str, now: SimTime) -> Option<(u16, SimTime)> {
        self.only_server(port)?.steady_status(port, path, now)
    }

    /// Counts requests that were not made one by one: see [`PodRuntime::steady_status`].
    pub fn count_requests(&mut self, port: u16, path: &str, count: u64, at: SimTime) {
        let running = self.instances.iter_mut().filter(|instance| instance.record.is_running());
        let mut programs = running.filter_map(|instance| instance.program.as_mut());
        if let Some(program) = programs.find(|program| program.is_listening(at, port)) {
            Arc::make_mut(program).count_requests(path, count);
        }
    }

    /// The only running program that is made to serve this port.
    fn only_server(&self, port: u16) -> Option<&Program> {
        let running = self.instances.iter().filter(|instance| instance.record.is_running());
        let mut servers =
            running.filter_map(|instance| instance.program.as_deref()).filter(|program| program.serves(port));
        servers.next().filter(|_| servers.next().is_none())
    }

    /// The log of the latest instance, or of the one before.
    pub fn log(&self, name: &str, previous: bool, now: SimTime) -> Option<Vec<LogLine>> {
        let mut instances = self.instances.iter().rev().filter(|instance| instance.record.name == name);
        let instance = instances.nth(usize::from(previous))?;
        Some(instance.program.as_ref().map(|program| program.log_lines(now)).unwrap_or_default())
    }

    fn latest(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().rev().find(|instance| instance.record.name == name)
    }

    fn latest_mut(&mut self, name: &str) -> Option<&mut Instance> {
        self.instances.iter_mut().rev().find(|instance| instance.record.name == name)
    }

    fn program_mut(&mut self, name: &str) -> Option<&mut Program> {
        self.latest_mut(name).filter(|instance| instance.record.is_running())?.program.as_mut().map(Arc::make_mut)
    }
}
