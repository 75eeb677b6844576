//! `curl`: requests to the lab's pods, services and forwarded ports.

use super::usage;
use crate::images::{Outcome, Request, Response, reason};
use crate::network::Reply;
use crate::process::{Connection, Io, Poll, Process, Started, World};
use crate::script::Options;
use crate::sim::SimTime;

/// Milliseconds until a connection to an address that nobody has is given up: no route to host.
const NO_ROUTE_MS: u64 = 3068;

#[derive(Clone)]
struct Curl {
    options: Settings,
    url: Url,
    state: State,
}

#[derive(Clone)]
struct Settings {
    silent: bool,
    shows_errors: bool,
    include: bool,
    head: bool,
    verbose: bool,
    fails: bool,
    max_time_ms: Option<u64>,
    connect_time_ms: Option<u64>,
    output: Option<String>,
    write_out: Option<String>,
    request: Request,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub host: String,
    pub port: u16,
    pub path: String,
    pub tls: bool,
}

#[derive(Clone)]
enum State {
    Starting,
    Answering { since: SimTime, at: SimTime, response: Response },
    Hanging { since: SimTime, connected: bool },
}

const LONG: [(&str, char); 13] = [
    ("silent", 's'),
    ("show-error", 'S'),
    ("include", 'i'),
    ("head", 'I'),
    ("verbose", 'v'),
    ("fail", 'f'),
    ("location", 'L'),
    ("max-time", 'm'),
    ("connect-timeout", 'T'),
    ("output", 'o'),
    ("write-out", 'w'),
    ("request", 'X'),
    ("header", 'H'),
];

/// Starts `curl`.
pub(super) fn start(rest: &[String]) -> Started {
    let hint = "curl: try 'curl --help' or 'curl --manual' for more information\n";
    let options = Options::read("curl", rest, "sSiIvfLkgN", "moTwXHdA", &LONG)
        .map_err(|failure| usage(failure.text.lines().next().unwrap_or_default().to_owned() + "\n" + hint, 2))?;
    let Some(text) = options.operands.first() else { return Err(usage(hint, 2)) };
    let Some(url) = Url::parse(text) else {
        return Err(usage("curl: (3) URL rejected: Malformed input to a URL function\n", 3));
    };
    let milliseconds =
        |letter: char| options.value(letter).and_then(crate::images::Seconds::parse).map(crate::images::Seconds::as_ms);
    let method = match options.value('X') {
        Some(method) => method.to_owned(),
        None if options.has('I') => "HEAD".to_owned(),
        None if options.value('d').is_some() => "POST".to_owned(),
        None => "GET".to_owned(),
    };
    let host = if url.port == 80 { url.host.clone() } else { format!("{}:{}", url.host, url.port) };
    let mut headers = vec![
        ("Host".to_owned(), host),
        ("User-Agent".to_owned(), options.value('A').unwrap_or("curl/8.5.0").to_owned()),
        ("Accept".to_owned(), "*/*".to_owned()),
    ];
    for (_, header) in options.given.iter().filter(|(letter, _)| *letter == 'H') {
        if let Some((name, value)) = header.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let settings = Settings {
        silent: options.has('s'),
        shows_errors: options.has('S'),
        include: options.has('i') || options.has('I'),
        head: options.has('I'),
        verbose: options.has('v'),
        fails: options.has('f'),
        max_time_ms: milliseconds('m'),
        connect_time_ms: milliseconds('T'),
        output: options.value('o').map(str::to_owned),
        write_out: options.value('w').map(str::to_owned),
        request: Request { method, path: url.path.clone(), headers, tls: url.tls },
    };
    Ok(Box::new(Curl { options: settings, url, state: State::Starting }))
}

impl Url {
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if scheme == "https" { 443 } else { 80 }),
        };
        if host.is_empty() || host.contains(' ') {
            return None;
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Self { host: host.to_owned(), port, path, tls: scheme == "https" })
    }
}

/// Sends a request from the learner's machine: localhost leads through forwarded ports, all else into the cluster.
pub(super) fn send(world: &mut World<'_>, host: &str, port: u16, request: &Request) -> Reply {
    if !is_local(host) {
        return world.cluster.send(host, port, request);
    }
    let Some(forward) = world.forwards.get(&port) else { return Reply::NoEndpoints };
    let (namespace, pod, port_in_pod) = (forward.namespace.clone(), forward.pod.clone(), forward.port);
    let outcome = match address(world, &namespace, &pod) {
        Some(pod_ip) => {
            let now = world.cluster.now();
            let outcome = world.cluster.fleet_mut().request(now, &pod_ip, port_in_pod, request);
            Some((pod_ip, outcome))
        }
        None => None,
    };
    let connection = match &outcome {
        None | Some((_, Outcome::Unreachable)) => Connection::Lost,
        Some((_, Outcome::Refused)) => Connection::Refused,
        Some(_) => Connection::Open,
    };
    if let Some(forward) = world.forwards.get_mut(&port) {
        forward.connections.push(connection);
    }
    let (pod_ip, outcome) = outcome.unwrap_or((String::new(), Outcome::Refused));
    Reply::From { pod_ip, outcome }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0")
}

/// A pod's address, while it has one.
fn address(world: &World<'_>, namespace: &str, name: &str) -> Option<String> {
    let pod = world.cluster.api.store().pods(Some(namespace)).find(|pod| pod.metadata.name == name)?;
    let has_ended = pod.status.phase.is_terminal() || pod.status.pod_ip.is_empty();
    (!has_ended).then(|| pod.status.pod_ip.clone())
}

impl Curl {
    fn connect(&mut self, world: &mut World<'_>, io: &mut Io) -> Result<State, i32> {
        let now = world.cluster.now();
        let host = &self.url.host;
        let outcome = match send(world, host, self.url.port, &self.options.request) {
            Reply::UnknownHost => return Err(self.fail(6, &format!("Could not resolve host: {host}"), io)),
            Reply::NoEndpoints => return Err(self.refused(0, io)),
            Reply::From { outcome, .. } => outcome,
        };
        if self.options.verbose && matches!(outcome, Outcome::Answered(_) | Outcome::Hangs) {
            self.narrate_request(io);
        }
        match outcome {
            Outcome::Answered(response) => {
                let at = now + response.latency_ms;
                Ok(State::Answering { since: now, at, response })
            }
            // A forwarded port answers by closing: kubectl has taken the connection already.
            Outcome::Refused | Outcome::Unreachable if is_local(host) => {
                Err(self.fail(52, "Empty reply from server", io))
            }
            Outcome::Refused => Err(self.refused(0, io)),
            Outcome::Hangs => Ok(State::Hanging { since: now, connected: true }),
            Outcome::NoTls => {
                Err(self.fail(35, "TLS connect error: error:0A00010B:SSL routines::wrong version number", io))
            }
            Outcome::Unreachable => Ok(State::Hanging { since: now, connected: false }),
        }
    }

    fn refused(&self, ms: u64, io: &mut Io) -> i32 {
        let (host, port) = (&self.url.host, self.url.port);
        self.fail(7, &format!("Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"), io)
    }

    fn fail(&self, code: i32, text: &str, io: &mut Io) -> i32 {
        self.write_out("000", 0, 0, io);
        if !self.options.silent || self.options.shows_errors {
            io.err(format!("curl: ({code}) {text}\n"));
        }
        code
    }

    fn narrate_request(&self, io: &mut Io) {
        let (host, port) = (&self.url.host, self.url.port);
        let address = if host == "localhost" { "127.0.0.1" } else { host };
        io.err(format!("*   Trying {address}:{port}...\n* Connected to {host} ({address}) port {port}\n"));
        let Request { method, path, headers, .. } = &self.options.request;
        io.err(format!("> {method} {path} HTTP/1.1\n"));
        headers.iter().for_each(|(name, value)| io.err(format!("> {name}: {value}\n")));
        io.err("> \n");
    }

    fn finish(&self, response: &Response, ms: u64, world: &mut World<'_>, io: &mut Io) -> i32 {
        let status = response.status;
        let first = format!("HTTP/1.1 {status} {}", reason(status)).trim_end().to_owned();
        if self.options.verbose {
            io.err(format!("< {first}\n"));
            response.headers.iter().for_each(|(name, value)| io.err(format!("< {name}: {value}\n")));
            io.err("< \n");
        }
        let fails = self.options.fails && status >= 400;
        let mut text = String::new();
        if self.options.include {
            text.extend([&first, "\r\n"]);
            response.headers.iter().for_each(|(name, value)| text.extend([name, ": ", value, "\r\n"]));
            text.push_str("\r\n");
        }
        if !self.options.head && !fails {
            text.push_str(&response.body);
        }
        match self.options.output.as_deref() {
            None | Some("-") => io.out(text),
            Some("/dev/null") => {}
            Some(path) => {
                if let Err(why) = world.files.store(path, text) {
                    io.err(format!("curl: (23) client returned ERROR on write: {why}\n"));
                    return 23;
                }
            }
        }
        if self.options.verbose {
            io.err(format!("* Connection #0 to host {} left intact\n", self.url.host));
        }
        self.write_out(&status.to_string(), response.body.len(), ms, io);
        if !fails {
            return 0;
        }
        if !self.options.silent || self.options.shows_errors {
            io.err(format!("curl: (22) The requested URL returned error: {status}\n"));
        }
        22
    }

    fn write_out(&self, code: &str, size: usize, ms: u64, io: &mut Io) {
        let Some(format) = &self.options.write_out else { return };
        let seconds = format!("{}.{:03}000", ms / 1000, ms % 1000);
        let text = format
            .replace("%{http_code}", code)
            .replace("%{response_code}", code)
            .replace("%{time_total}", &seconds)
            .replace("%{size_download}", &size.to_string());
        io.out(crate::script::unescape(&text));
    }
}

impl Process for Curl {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if let State::Starting = self.state {
            match self.connect(world, io) {
                Ok(state) => self.state = state,
                Err(code) => return Poll::Exited(code),
            }
        }
        let now = world.cluster.now();
        let most_ms = self.options.max_time_ms.unwrap_or(u64::MAX);
        let (end, ms) = match &self.state {
            State::Starting => return Poll::Waiting,
            State::Answering { since, at, response } => {
                if now >= *at && at.ms_since(*since) <= most_ms {
                    return Poll::Exited(self.finish(response, at.ms_since(*since), world, io));
                }
                ((*at).min(*since + most_ms), most_ms)
            }
            State::Hanging { since, connected: true } => (*since + most_ms, most_ms),
            State::Hanging { since, connected: false } => {
                let connect_ms = self.options.connect_time_ms.unwrap_or(u64::MAX).min(most_ms);
                if connect_ms > NO_ROUTE_MS {
                    let until = *since + NO_ROUTE_MS;
                    return if now < until {
                        Poll::SleepUntil(until)
                    } else {
                        Poll::Exited(self.refused(NO_ROUTE_MS, io))
                    };
                }
                (*since + connect_ms, connect_ms)
            }
        };
        if end == SimTime::NEVER {
            return Poll::Waiting;
        }
        if now < end {
            return Poll::SleepUntil(end);
        }
        let text = match self.state {
            State::Hanging { connected: false, .. } => format!("Connection timed out after {ms} milliseconds"),
            _ => format!("Operation timed out after {ms} milliseconds with 0 bytes received"),
        };
        Poll::Exited(self.fail(28, &text, io))
    }
}
