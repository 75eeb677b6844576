//! `curl` and `wget` in a container, as `kubectl exec POD -- curl http://web` starts them.

use super::curl;
use crate::process::{Io, Poll, Process, Started, World};

/// An HTTP client that runs in a container.
#[derive(Clone)]
struct Within {
    client: Box<dyn Process>,
}

impl Process for Within {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let poll = self.client.poll(world, io);
        if let Poll::Exited(code) = poll
            && code != 0
        {
            io.err(format!("command terminated with exit code {code}\n"));
        }
        poll
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.client.interrupt(world, io)
    }
}

/// Starts the HTTP client that `command` names, in the pod with this address; none when it names another program.
pub fn http_client(command: &[String], pod_ip: &str) -> Option<Started> {
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
    Some(curl::start(&arguments).map(|client| Box::new(Within { client }) as Box<dyn Process>))
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
