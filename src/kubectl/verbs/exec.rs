//! `kubectl exec`.

use std::fmt::Write as _;

use crate::api::PodPhase;
use crate::images::Exec;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::manifest_file;
use crate::kubectl::pods_of::{container_of, pods_behind};
use crate::kubectl::selection::filenames;
use crate::process::{InContainer, Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const EXEC: Command = Command {
    path: "exec",
    aliases: &[],
    about: "Execute a command in a container",
    usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
    flags: &[
        Flag::text("container", Some('c')),
        Flag::list("filename", Some('f')),
        Flag::duration("pod-running-timeout"),
        Flag::switch("quiet", Some('q')),
        Flag::switch("stdin", Some('i')),
        Flag::switch("tty", Some('t')),
    ],
    run: exec,
};

fn exec(call: &mut Call<'_, '_>) -> Outcome {
    let (target, command) = target_and_command(call)?;
    let (target, command) = (target.as_str(), command.as_slice());
    let dash = usize::from(!call.has_files());
    if !command.is_empty() && call.flags.dash != Some(dash) {
        return Err(call.usage("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"));
    }
    if command.is_empty() {
        return Err(Failure::new("you must specify at least one command for the container"));
    }
    let pods = pods_behind(call, target)?;
    let Some(pod) = pods.first() else { return Ok(Next::Done) };
    if matches!(pod.status.phase, PodPhase::Succeeded | PodPhase::Failed) {
        return Err(Failure::Plain(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            pod.status.phase.as_str()
        )));
    }
    let (container, note) = container_of(pod, call.flags.text("container"))?;
    if !call.flags.switch("quiet") {
        call.io.err(note.unwrap_or_default());
    }
    let now = call.world.client().now();
    let uid = pod.metadata.uid.clone();
    let place = InContainer {
        pod_uid: uid.clone(),
        pod_ip: pod.status.pod_ip.clone(),
        namespace: pod.metadata.namespace.clone(),
        container: container.clone(),
        reads_input: call.flags.switch("stdin"),
    };
    if let Some(started) = (call.programs.in_container)(command, call.world, place) {
        return match started {
            Ok(process) => Ok(Next::Wait(process)),
            Err(not_started) => {
                call.io.err(not_started.text);
                Err(Failure::Plain(format!("command terminated with exit code {}", not_started.code)))
            }
        };
    }
    match call.world.client_mut().exec(&uid, &container, command) {
        None => Err(Failure::Plain(format!("unable to upgrade connection: container not found (\"{container}\")"))),
        Some(Exec::NotFound) => Err(not_found(&uid, command.first().map_or("", String::as_str), now)),
        Some(Exec::Ended { exit_code, output, latency_ms }) => {
            Ok(Next::Wait(Box::new(Ending { exit_code, output, at: now + latency_ms })))
        }
    }
}

/// What is meant, by its name or by a file, and the command. Models ExecOptions.Complete and Run.
fn target_and_command(call: &mut Call<'_, '_>) -> Result<(String, Vec<String>), Failure> {
    let args = call.args().to_vec();
    let files = filenames(call);
    if files.is_empty() {
        let Some((target, command)) = args.split_first() else {
            return Err(Failure::new("pod, type/name or --filename must be specified"));
        };
        return Ok((target.clone(), command.to_vec()));
    }
    let manifests = manifest_file::read(call, &files)?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let [manifest] = manifests.as_slice() else {
        return Err(Failure::new("cannot exec into multiple objects at a time"));
    };
    Ok((format!("{}/{}", manifest.kind.plural(), manifest.key.name), args))
}

/// The runtime's words.
fn not_found(uid: &str, program: &str, now: SimTime) -> Failure {
    let mut id = String::new();
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in 0..4_u64 {
        for byte in uid.bytes().chain(now.as_ms().to_le_bytes()).chain(part.to_le_bytes()) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // Writing to a String cannot fail.
        let _ = write!(id, "{state:016x}");
    }
    let why = if program.contains('/') {
        format!("stat {program}: no such file or directory")
    } else {
        "executable file not found in $PATH".to_owned()
    };
    Failure::Plain(format!(
        "Internal error occurred: Internal error occurred: error executing command in container: failed to exec in \
         container: failed to start exec \"{id}\": OCI runtime exec failed: exec failed: unable to start container process: \
         exec: {program:?}: {why}: unknown"
    ))
}

/// A command that takes its time.
#[derive(Clone, Debug)]
struct Ending {
    exit_code: i32,
    output: String,
    at: SimTime,
}

impl Process for Ending {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if world.client().now() < self.at {
            return Poll::SleepUntil(self.at);
        }
        io.out(std::mem::take(&mut self.output));
        if self.exit_code != 0 {
            io.err(format!("command terminated with exit code {}\n", self.exit_code));
        }
        Poll::Exited(self.exit_code)
    }
}
