//! Commands in a container that `kubectl exec` starts: its shell and tools run with its files and variables, and in its
//! pod's network; `curl` and `wget` as such are the terminal's.

use super::curl;
use crate::images::{is_busybox, launch, said_here};
use crate::process::{Files, InContainer, Io, NotStarted, Poll, Process, Started, Stream, World};
use crate::script;

/// A program that runs in a container.
#[derive(Clone)]
struct Within {
    program: Program,
}

#[derive(Clone)]
enum Program {
    /// An HTTP client.
    Client(Box<dyn Process>),
    /// A shell or a tool.
    Script { process: Box<dyn script::Process>, place: InContainer, io: Io, is_busybox: bool },
}

impl Process for Within {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let poll = match &mut self.program {
            Program::Client(client) => client.poll(world, io),
            Program::Script { process, place, io: own, is_busybox } => {
                let reads = place.reads_input;
                if reads {
                    own.swap_input(io);
                }
                let poll = in_files(world, place, |world| process.poll(world, own));
                if reads {
                    own.swap_input(io);
                }
                for chunk in own.take_chunks() {
                    let said = chunk.text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
                        Some(line) if chunk.stream == Stream::Err => said_here(line, *is_busybox) + "\n",
                        _ => line.to_owned(),
                    });
                    io.write(chunk.stream, &said.collect::<String>());
                }
                // The container has ended, and all that ran in it.
                poll.unwrap_or(Poll::Exited(137))
            }
        };
        if let Poll::Exited(code) = poll
            && code != 0
        {
            io.err(format!("command terminated with exit code {code}\n"));
        }
        poll
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        match &mut self.program {
            Program::Client(client) => client.interrupt(world, io),
            Program::Script { process, place, io: own, .. } => {
                in_files(world, place, |world| process.interrupt(world, own)).unwrap_or(137)
            }
        }
    }
}

/// Lets something run with the files of a container; none when the container does not run any more.
fn in_files<T>(world: &mut World<'_>, place: &InContainer, run: impl FnOnce(&mut script::World<'_>) -> T) -> Option<T> {
    let mut files: Files = std::mem::take(world.cluster.fleet_mut().files_mut(&place.pod_uid, &place.container)?);
    let result = world.with_script_in(place, &mut files, run);
    if let Some(own) = world.cluster.fleet_mut().files_mut(&place.pod_uid, &place.container) {
        *own = files;
    }
    Some(result)
}

/// Starts a command in a container; none when the image says what it does, or has no such program.
pub fn start(command: &[String], world: &mut World<'_>, place: InContainer) -> Option<Started> {
    let InContainer { pod_uid, container, pod_ip, .. } = &place;
    if world.cluster.fleet().has_shell(pod_uid, container)
        && let Some(client) = http_client(command, pod_ip)
    {
        return Some(client);
    }
    let inside = world.cluster.inside(pod_uid, container, command)?;
    let files = world.cluster.fleet_mut().files_mut(pod_uid, container)?;
    let process = launch(command, &inside.image, &inside.around, files)?;
    let is_busybox = is_busybox(&inside.image);
    Some(match process {
        Ok(process) => {
            Ok(Box::new(Within { program: Program::Script { process, place, io: Io::default(), is_busybox } }))
        }
        Err(NotStarted { text, code }) => Err(NotStarted { text: said_here(text.trim_end(), is_busybox) + "\n", code }),
    })
}

/// Starts the HTTP client that `command` names, in the pod with this address; none when it names another program.
fn http_client(command: &[String], pod_ip: &str) -> Option<Started> {
    let (program, arguments) = command.split_first()?;
    // In a pod, localhost is the pod.
    let own = |word: &String| {
        ["localhost", "127.0.0.1"].iter().fold(word.clone(), |word, name| match word.split_once("://") {
            Some((scheme, rest)) if rest.starts_with(name) => format!("{scheme}://{}", rest.replacen(name, pod_ip, 1)),
            None if word.starts_with(name) => word.replacen(name, pod_ip, 1),
            _ => word,
        })
    };
    let arguments: Vec<String> = match program.rsplit('/').next().unwrap_or(program) {
        "curl" => arguments.iter().map(own).collect(),
        "wget" => as_curl(arguments).iter().map(own).collect(),
        _ => return None,
    };
    let started = curl::start(&arguments);
    Some(started.map(|client| Box::new(Within { program: Program::Client(client) }) as Box<dyn Process>))
}

/// `wget -qO- -T 2 URL` in curl's words.
fn as_curl(arguments: &[String]) -> Vec<String> {
    let mut words = vec!["-sSf".to_owned()];
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-T" | "--timeout" => words.extend(rest.next().map(|seconds| format!("-m{seconds}"))),
            "-O" | "--output-document" => drop(rest.next()),
            _ => match word.strip_prefix("--timeout=").or_else(|| word.strip_prefix("-T")) {
                Some(seconds) => words.push(format!("-m{seconds}")),
                None if word.ends_with('O') && word.starts_with('-') => drop(rest.next()),
                None if word.starts_with('-') => {}
                None => words.push(word.clone()),
            },
        }
    }
    words
}
