//! Makes probes and runs hooks: httpGet, tcpSocket, exec, grpc. Models pkg/probe and pkg/kubelet/lifecycle.

use super::KubeletWorld;
use super::ProbeKind;
use super::back_off::GoDuration;
use super::prober::{Answer, Asker, ProbeVerdict};
use super::runtime::PodRuntime;
use super::start::hex_digits;
use crate::api::{
    Container, ExecAction, GrpcAction, HttpGetAction, IntOrString, LifecycleHandler, Probe, TcpSocketAction, go_text,
};
use crate::images::{Exec, Outcome, Request, Response};
use crate::sim::SimTime;

/// Redirects that a probe follows.
const MAX_REDIRECTS: usize = 10;

/// Asks the containers of one pod.
pub struct PodAsker<'a> {
    /// The pod's runtime.
    pub runtime: &'a mut PodRuntime,
    /// Hosts outside of the pod.
    pub world: &'a mut dyn KubeletWorld,
    /// The world's seed and the pod's uid, from which ids of commands are made.
    pub seed: u64,
    /// See `seed`.
    pub uid: &'a str,
}

/// What a hook came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRun {
    /// Milliseconds that it took.
    pub latency_ms: u64,
    /// The error; none when it went well.
    pub error: Option<String>,
}

impl Asker for PodAsker<'_> {
    fn ask(&mut self, now: SimTime, _kind: ProbeKind, container: &Container, probe: &Probe) -> Answer {
        let timeout_ms = u64::try_from(probe.timeout_seconds).unwrap_or(0).max(1) * 1000;
        let handler = &probe.handler;
        if let Some(exec) = &handler.exec {
            self.ask_exec(now, container, exec, timeout_ms)
        } else if let Some(get) = &handler.http_get {
            self.ask_http(now, container, get, timeout_ms)
        } else if let Some(tcp) = &handler.tcp_socket {
            self.ask_tcp(now, container, tcp, timeout_ms)
        } else if let Some(grpc) = &handler.grpc {
            self.ask_grpc(now, grpc, timeout_ms)
        } else {
            error(format!("missing probe handler for {}", container.name))
        }
    }
}

impl PodAsker<'_> {
    fn ask_exec(&mut self, now: SimTime, container: &Container, exec: &ExecAction, timeout_ms: u64) -> Answer {
        match self.runtime.exec(&container.name, &exec.command, now) {
            None => error("container not running".to_owned()),
            Some(Exec::NotFound) => error(self.exec_error(now, &exec.command)),
            Some(Exec::Ended { latency_ms, .. }) if latency_ms > timeout_ms => {
                let command = exec.command.join(" ");
                let text = format!("command timed out: \"{command}\" timed out after {}", GoDuration(timeout_ms));
                failure(text, timeout_ms)
            }
            Some(Exec::Ended { exit_code: 0, latency_ms, .. }) => success(latency_ms),
            Some(Exec::Ended { output, latency_ms, .. }) => failure(output, latency_ms),
        }
    }

    fn exec_error(&self, now: SimTime, command: &[String]) -> String {
        let program = command.first().map_or("", String::as_str);
        let why = if program.contains('/') {
            format!("exec: \"{program}\": stat {program}: no such file or directory")
        } else {
            format!("exec: \"{program}\": executable file not found in $PATH")
        };
        format!(
            "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{}\": OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown",
            hex_digits(self.seed, &format!("{}/exec/{}", self.uid, now.as_ms()))
        )
    }

    /// Models pkg/probe/http DoHTTPProbe.
    fn ask_http(&mut self, now: SimTime, container: &Container, get: &HttpGetAction, timeout_ms: u64) -> Answer {
        let port = match resolve_port(container, &get.port) {
            Ok(port) => port,
            Err(message) => return error(message),
        };
        let scheme = if get.scheme.is_empty() { "http".to_owned() } else { get.scheme.to_lowercase() };
        let own = self.runtime.ip().unwrap_or_default().to_owned();
        let host = if get.host.is_empty() { own } else { get.host.clone() };
        let (mut port, mut path) =
            (port, if get.path.starts_with('/') { get.path.clone() } else { format!("/{}", get.path) });
        let mut latency_ms = 0;
        for redirects in 0..=MAX_REDIRECTS {
            let url = format!("{scheme}://{host}:{port}{path}");
            let address = format!("{host}:{port}");
            let outcome = self.send(now, &host, port, &path, get);
            let response = match outcome {
                Outcome::Refused => {
                    return failure(
                        format!("Get \"{url}\": dial tcp {address}: connect: connection refused"),
                        latency_ms,
                    );
                }
                Outcome::Unreachable => {
                    let why = "i/o timeout (Client.Timeout exceeded while awaiting headers)";
                    return failure(format!("Get \"{url}\": dial tcp {address}: {why}"), timeout_ms);
                }
                Outcome::Hangs => return failure(http_timeout(&url), timeout_ms),
                Outcome::NoTls => {
                    let why = "http: server gave HTTP response to HTTPS client";
                    return failure(format!("Get \"{url}\": {why}"), latency_ms);
                }
                Outcome::Answered(response) => response,
            };
            latency_ms += response.latency_ms;
            if latency_ms >= timeout_ms {
                return failure(http_timeout(&url), timeout_ms);
            }
            match redirect(&response, &host, port) {
                Some(next) if redirects < MAX_REDIRECTS => (port, path) = next,
                Some(_) => return failure(format!("Get \"{url}\": stopped after 10 redirects"), latency_ms),
                None => return judge(&response, latency_ms),
            }
        }
        error("too many redirects".to_owned())
    }

    fn send(&mut self, now: SimTime, host: &str, port: u16, path: &str, get: &HttpGetAction) -> Outcome {
        let headers = get.http_headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect();
        let tls = get.scheme.eq_ignore_ascii_case("https");
        let request = Request { method: "GET".to_owned(), path: path.to_owned(), headers, tls };
        if self.runtime.ip() == Some(host) {
            self.runtime.request(port, &request, now)
        } else {
            self.world.request(now, host, port, &request)
        }
    }

    /// Models pkg/probe/tcp DoTCPProbe.
    fn ask_tcp(&mut self, now: SimTime, container: &Container, tcp: &TcpSocketAction, timeout_ms: u64) -> Answer {
        let port = match resolve_port(container, &tcp.port) {
            Ok(port) => port,
            Err(message) => return error(message),
        };
        let own = self.runtime.ip().unwrap_or_default().to_owned();
        let host = if tcp.host.is_empty() { own.clone() } else { tcp.host.clone() };
        let is_open = if host == own {
            Some(self.runtime.listener(port, now).is_some())
        } else {
            match self.world.request(now, &host, port, &Request::get("/")) {
                Outcome::Answered(_) | Outcome::Hangs | Outcome::NoTls => Some(true),
                Outcome::Refused => Some(false),
                Outcome::Unreachable => None,
            }
        };
        match is_open {
            Some(true) => success(0),
            Some(false) => failure(format!("dial tcp {host}:{port}: connect: connection refused"), 0),
            None => failure(format!("dial tcp {host}:{port}: i/o timeout"), timeout_ms),
        }
    }

    /// Models pkg/probe/grpc: a server that does not speak gRPC is tried until the time is up.
    fn ask_grpc(&mut self, now: SimTime, grpc: &GrpcAction, timeout_ms: u64) -> Answer {
        let port = u16::try_from(grpc.port).unwrap_or(0);
        if self.runtime.listener(port, now) == Some(true) {
            return success(0);
        }
        let address = format!("{}:{port}", self.runtime.ip().unwrap_or_default());
        let timeout = GoDuration(timeout_ms);
        let text =
            format!("timeout: failed to connect service \"{address}\" within {timeout}: context deadline exceeded");
        failure(text, timeout_ms)
    }

    /// Runs a hook of a container of `pod`, which is written `NAME_NAMESPACE(UID)`.
    /// Models handlerRunner.Run of pkg/kubelet/lifecycle/handlers.go.
    pub fn run_hook(&mut self, now: SimTime, pod: &str, container: &Container, hook: &LifecycleHandler) -> HookRun {
        let failed = |what: String, error: String| {
            let name = &container.name;
            Some(format!("{what} for Container {name:?} in Pod {pod:?} failed - error: {error}"))
        };
        if let Some(sleep) = &hook.sleep {
            return HookRun { latency_ms: u64::try_from(sleep.seconds).unwrap_or(0) * 1000, error: None };
        }
        if let Some(exec) = &hook.exec {
            let words = exec.command.join(" ");
            let (latency_ms, error, output) = match self.runtime.exec(&container.name, &exec.command, now) {
                Some(Exec::Ended { exit_code: 0, latency_ms, .. }) => return HookRun { latency_ms, error: None },
                Some(Exec::Ended { exit_code, latency_ms, output }) => {
                    (latency_ms, format!("command '{words}' exited with {exit_code}: "), output)
                }
                Some(Exec::NotFound) => (0, self.exec_error(now, &exec.command), String::new()),
                None => (0, "container not running".to_owned(), String::new()),
            };
            let error = format!("{error}, message: {}", go_text::quote(&output));
            return HookRun { latency_ms, error: failed(format!("Exec lifecycle hook ([{words}])"), error) };
        }
        if let Some(get) = &hook.http_get {
            // The answer's status does not matter; what does is that there is one.
            let answer = self.ask_http(now, container, get, u64::MAX / 4);
            let error = match answer.verdict {
                ProbeVerdict::Failure(text) if answer.status_code.is_none() => Some(text),
                ProbeVerdict::Error(text) => Some(text),
                _ => None,
            };
            let error = error.and_then(|error| failed(format!("HTTP lifecycle hook ({})", get.path), error));
            return HookRun { latency_ms: answer.latency_ms, error };
        }
        HookRun { latency_ms: 0, error: Some("invalid handler".to_owned()) }
    }
}

/// Until when a probe that has succeeded at once is answered in the same way; none where the next answer may be another.
pub(super) fn steady_until(
    runtime: &PodRuntime,
    now: SimTime,
    container: &Container,
    probe: &Probe,
    answer: &Answer,
) -> Option<SimTime> {
    let handler = &probe.handler;
    if handler.exec.is_some() {
        // A command may change the files that it finds the next time.
        return None;
    }
    if let Some((port, path)) = own_path(runtime, container, probe) {
        let (status, until) = runtime.steady_status(port, path, now)?;
        return ((200..=299).contains(&status) && answer.status_code == Some(status)).then_some(until);
    }
    if handler.http_get.is_some() || answer.status_code.is_some() {
        return None;
    }
    let port = match (&handler.tcp_socket, &handler.grpc) {
        (Some(tcp), _) if tcp.host.is_empty() => resolve_port(container, &tcp.port).ok()?,
        (None, Some(grpc)) => u16::try_from(grpc.port).ok()?,
        _ => return None,
    };
    // What listens goes on until it ends, which the pod waits for anyway.
    let listener = runtime.only_listener(port, now)?;
    (listener || handler.tcp_socket.is_some()).then_some(SimTime::NEVER)
}

/// Counts probes that were not made one by one, the last of them at `at`.
pub(super) fn count_probes(runtime: &mut PodRuntime, container: &Container, probe: &Probe, count: u64, at: SimTime) {
    if let Some((port, path)) = own_path(runtime, container, probe) {
        runtime.count_requests(port, path, count, at);
    }
}

/// The port and the path of an HTTP probe of the pod itself.
fn own_path<'a>(runtime: &PodRuntime, container: &Container, probe: &'a Probe) -> Option<(u16, &'a str)> {
    let get = probe.handler.http_get.as_ref().filter(|_| probe.handler.exec.is_none())?;
    let is_own = get.host.is_empty() || runtime.ip() == Some(&get.host);
    let is_plain = get.scheme.is_empty() || get.scheme.eq_ignore_ascii_case("http");
    if runtime.ip().is_none() || !is_own || !is_plain {
        return None;
    }
    let path = get.path.split('?').next().unwrap_or_default();
    Some((resolve_port(container, &get.port).ok()?, if path.starts_with('/') { path } else { return None }))
}

fn judge(response: &Response, latency_ms: u64) -> Answer {
    let verdict = match response.status {
        200..=299 => ProbeVerdict::Success,
        300..=399 => ProbeVerdict::Warning(format!("Probe terminated redirects, Response body: {}", response.body)),
        status => ProbeVerdict::Failure(format!("HTTP probe failed with statuscode: {status}")),
    };
    Answer { verdict, latency_ms, status_code: Some(response.status) }
}

/// Port and path on the same host to which a response redirects. Models RedirectChecker, for which another port is the
/// same host; paths that are not whole, and https, are not followed here.
fn redirect(response: &Response, host: &str, port: u16) -> Option<(u16, String)> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.header("Location")?;
    if location.starts_with('/') && !location.starts_with("//") {
        return Some((port, location.to_owned()));
    }
    let rest = location.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, port.parse().ok()?),
        None => (authority, 80),
    };
    (name == host).then(|| (port, format!("/{path}")))
}

/// Models pkg/probe/util.go ResolveContainerPort.
fn resolve_port(container: &Container, port: &IntOrString) -> Result<u16, String> {
    let Some(number) = container.resolve_port(port) else {
        let IntOrString::String(name) = port else { return Err("invalid port number: 0".to_owned()) };
        return Err(format!("strconv.Atoi: parsing \"{name}\": invalid syntax"));
    };
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("invalid port number: {number}")),
    }
}

fn http_timeout(url: &str) -> String {
    format!("Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
}

fn success(latency_ms: u64) -> Answer {
    Answer { verdict: ProbeVerdict::Success, latency_ms, status_code: None }
}

fn failure(text: String, latency_ms: u64) -> Answer {
    Answer { verdict: ProbeVerdict::Failure(text), latency_ms, status_code: None }
}

fn error(text: String) -> Answer {
    Answer { verdict: ProbeVerdict::Error(text), latency_ms: 0, status_code: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_the_host_and_may_change_the_port() {
        let to = |status: u16, location: &str| {
            let response = Response {
                status,
                headers: vec![("Location".to_owned(), location.to_owned())].into_iter().collect(),
                ..Response::default()
            };
            redirect(&response, "10.244.0.3", 8080)
        };
        let at = |port: u16, path: &str| Some((port, path.to_owned()));
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(to(status, "/next"), at(8080, "/next"), "{status}");
        }
        assert_eq!((to(200, "/next"), to(304, "/next")), (None, None));
        assert_eq!(to(302, "http://10.244.0.3:8080/next"), at(8080, "/next"));
        assert_eq!(to(302, "http://10.244.0.3:81"), at(81, "/"));
        assert_eq!(to(302, "http://10.244.0.3/next"), at(80, "/next"));
        assert_eq!(to(302, "http://example.com/next"), None);
        assert_eq!(to(302, "//example.com/next"), None);
    }
}
