//! What a running program makes of requests.

use std::sync::Arc;

use super::super::declaration::{Declaration, Route, Seconds};
use super::super::http::{Answer, Outcome, Request, Response};
use super::{LogLine, Program, crash_exit, push_line};
use crate::api::Time;
use crate::sim::SimTime;

/// What becomes of a request that was taken in.
pub(super) enum Taken<'a> {
    Refused,
    Hangs,
    NotFound,
    Answer { status: u16, body: &'a str, latency_ms: u64, route: &'a Route },
}

impl Program {
    /// Whether something accepts connections on the port.
    pub fn is_listening(&self, now: SimTime, port: u16) -> bool {
        let has_started = now >= self.started + self.declaration.startup_seconds.as_ms();
        let runs = self.exit.as_ref().is_none_or(|exit| now < exit.at);
        let serves = self.declaration.serves_http(port) || self.declaration.grpc_port == Some(port);
        self.script.is_none() && has_started && runs && serves
    }

    /// Whether the port answers gRPC's health service.
    pub fn serves_grpc(&self, now: SimTime, port: u16) -> bool {
        self.declaration.grpc_port == Some(port) && self.is_listening(now, port)
    }

    /// Whether it is made to accept connections on the port, once it has started.
    pub fn serves(&self, port: u16) -> bool {
        self.script.is_none() && (self.declaration.serves_http(port) || self.declaration.grpc_port == Some(port))
    }

    /// The status with which it answers at once for a path, and until when it does, as long as it runs; none where a
    /// request may change that, or is told in the log.
    pub fn steady_status(&self, port: u16, path: &str, now: SimTime) -> Option<(u16, SimTime)> {
        let declaration = &self.declaration;
        let counts = declaration.exit.as_ref().is_some_and(|crash| crash.after_requests.is_some())
            || declaration.logs.iter().any(|rule| rule.on_request);
        if counts || declaration.tls || !declaration.serves_http(port) || !self.is_listening(now, port) {
            return None;
        }
        let route = declaration.routes.iter().find(|route| fits(route, path))?;
        let age_ms = now.ms_since(self.started);
        let (mut status, mut latency, mut hangs) = (route.status, route.latency_seconds, route.hangs);
        let mut until = SimTime::NEVER;
        for change in &route.changes {
            if change.after_requests.is_some() {
                return None;
            }
            match change.after_seconds.map(Seconds::as_ms) {
                Some(after_ms) if age_ms <= after_ms => until = until.min(self.started + after_ms + 1),
                _ => {
                    status = change.status.unwrap_or(status);
                    latency = change.latency_seconds.unwrap_or(latency);
                    hangs = change.hangs.unwrap_or(hangs);
                }
            }
        }
        (!hangs && latency.as_ms() == 0).then_some((status, until))
    }

    /// Counts requests for a path that were not made one by one.
    pub fn count_requests(&mut self, path: &str, count: u64) {
        self.all_requests += count;
        let found = self.declaration.routes.iter().position(|route| fits(route, path));
        if let Some(of_route) = found.and_then(|index| self.requests.get_mut(index)) {
            *of_route += count;
        }
    }

    /// Answers a request.
    pub fn request(&mut self, now: SimTime, port: u16, request: &Request) -> Outcome {
        let declaration = Arc::clone(&self.declaration);
        let path = request.path.split('?').next().unwrap_or("/");
        if self.is_listening(now, port) && request.tls != declaration.tls {
            return self.answer_wrong_scheme(now, request.tls);
        }
        let (status, body, route, latency_ms) = match self.take_request(&declaration, now, port, path) {
            Taken::Refused => return Outcome::Refused,
            Taken::Hangs => return Outcome::Hangs,
            Taken::NotFound => (404, "404 page not found\n".to_owned(), None, 0),
            Taken::Answer { status, body, latency_ms, route } => {
                (status, self.fill(body, now, path), Some(route), latency_ms)
            }
        };
        Outcome::Answered(self.response(now, status, body, route, latency_ms))
    }

    /// As a server written in Go does. Models net/http's server and its transport's first read.
    fn answer_wrong_scheme(&self, now: SimTime, is_tls: bool) -> Outcome {
        if is_tls {
            return Outcome::NoTls;
        }
        let body = "Client sent an HTTP request to an HTTPS server.\n".to_owned();
        Outcome::Answered(self.response(now, 400, body, None, 0))
    }

    /// As [`Program::request`], for whoever looks at no more than the status.
    pub fn answer(&mut self, now: SimTime, port: u16, path: &str) -> Answer {
        let declaration = Arc::clone(&self.declaration);
        match self.take_request(&declaration, now, port, path) {
            Taken::Refused => Answer::Refused,
            Taken::Hangs => Answer::Hangs,
            Taken::NotFound => Answer::Status(404, 0),
            Taken::Answer { status, latency_ms, .. } => Answer::Status(status, latency_ms),
        }
    }

    fn take_request<'a>(&mut self, declaration: &'a Declaration, now: SimTime, port: u16, path: &str) -> Taken<'a> {
        if !self.is_listening(now, port) || !declaration.serves_http(port) {
            return Taken::Refused;
        }
        self.all_requests += 1;
        let found = declaration.routes.iter().enumerate().find(|(_, route)| fits(route, path));
        let taken = found.map_or(Taken::NotFound, |(index, route)| self.take_route(now, index, route));
        let status = if let Taken::Answer { status, .. } = &taken { *status } else { 404 };
        for rule in declaration.logs.iter().filter(|rule| rule.on_request) {
            let text = self.fill(&rule.line, now, path).replace("{status}", &status.to_string());
            push_line(&mut self.lines, LogLine { at: now, text });
        }
        let taken = self.work_on(taken, declaration, now);
        if let Some(crash) = &declaration.exit
            && crash.after_requests.is_some_and(|limit| self.all_requests >= limit)
            && self.exit.is_none()
        {
            self.exit = Some(crash_exit(crash, now));
        }
        taken
    }

    fn take_route<'a>(&mut self, now: SimTime, index: usize, route: &'a Route) -> Taken<'a> {
        let count = self.requests.get_mut(index).map_or(0, |count| {
            *count += 1;
            *count
        });
        let age_ms = now.ms_since(self.started);
        let (mut status, mut body, mut latency, mut hangs) =
            (route.status, route.body.as_str(), route.latency_seconds, route.hangs);
        for change in &route.changes {
            let has_come = change.after_seconds.is_none_or(|after| age_ms > after.as_ms())
                && change.after_requests.is_none_or(|after| count > after);
            if has_come {
                status = change.status.unwrap_or(status);
                body = change.body.as_deref().unwrap_or(body);
                latency = change.latency_seconds.unwrap_or(latency);
                hangs = change.hangs.unwrap_or(hangs);
            }
        }
        if hangs {
            return Taken::Hangs;
        }
        Taken::Answer { status, body, latency_ms: latency.as_ms(), route }
    }

    fn response(&self, now: SimTime, status: u16, body: String, route: Option<&Route>, latency_ms: u64) -> Response {
        let date = Time::from_sim(now).rfc1123z().replace("+0000", "GMT");
        let kind = route.and_then(|route| route.content_type.as_deref()).unwrap_or("text/plain; charset=utf-8");
        let length = ("Content-Length", body.len().to_string());
        let mut headers = match &self.declaration.server {
            Some(server) => {
                vec![("Server", server.clone()), ("Date", date), ("Content-Type", kind.to_owned()), length]
            }
            None => vec![("Date", date), length, ("Content-Type", kind.to_owned())],
        };
        if let Some(location) = route.and_then(|route| route.location.clone()) {
            headers.push(("Location", location));
        }
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Response { status, headers, body, latency_ms }
    }

    pub(super) fn fill(&self, text: &str, now: SimTime, path: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let age_ms = now.ms_since(self.started);
        let seconds = if age_ms.is_multiple_of(1000) {
            (age_ms / 1000).to_string()
        } else {
            format!("{}.{:03}", age_ms / 1000, age_ms % 1000).trim_end_matches('0').to_owned()
        };
        text.replace("{hostname}", &self.around.hostname)
            .replace("{seconds}", &seconds)
            .replace("{requests}", &self.all_requests.to_string())
            .replace("{path}", path)
    }
}

fn fits(route: &Route, path: &str) -> bool {
    route.path == path || (!route.exact && route.path.ends_with('/') && path.starts_with(&route.path))
}
