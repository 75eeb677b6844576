//! `hey`: many requests to one URL, and what became of them, counted. Models github.com/rakyll/hey's report.

use super::curl::{Url, send};
use super::usage;
use crate::images::{Outcome, Request, Seconds};
use crate::network::Reply;
use crate::process::{Io, Poll, Process, Started, World};
use crate::script::Options;
use crate::sim::SimTime;

/// No request takes less: a worker without a rate asks so often at most.
const LEAST_MS: u64 = 1;
const MOST_WORKERS: u64 = 200;
const MOST_REQUESTS: u64 = 1_000_000;
/// A duration ends it however many requests were asked for.
const LONGEST_MS: u64 = 3_600_000;

const USAGE: &str = "\
Usage: hey [options...] <url>

  -n  Number of requests to run. Default is 200.
  -c  Number of workers to run concurrently. Default is 50.
  -q  Rate limit, in queries per second (QPS) per worker. Default is no rate limit.
  -z  Duration of application to send requests, such as 10s or 3m; -n is ignored then.
  -t  Timeout for each request in seconds. Default is 20, use 0 for infinite.
";

#[derive(Clone)]
struct Hey {
    url: Url,
    request: Request,
    interval_ms: u64,
    timeout_ms: u64,
    lasts_ms: Option<u64>,
    left: u64,
    /// When each worker can ask again.
    workers: Vec<SimTime>,
    began: Option<SimTime>,
    /// When the last answer came.
    ended: SimTime,
    latencies: Vec<u64>,
    statuses: Vec<(u16, u64)>,
    errors: Vec<(String, u64)>,
}

/// Starts `hey`.
pub(super) fn start(rest: &[String]) -> Started {
    let options = Options::read("hey", rest, "", "ncqztmH", &[]).map_err(|_| usage(USAGE, 1))?;
    let Some(url) = options.operands.first().and_then(|text| Url::parse(text)) else { return Err(usage(USAGE, 1)) };
    let number = |letter: char, default: u64| match options.value(letter) {
        None => Ok(default),
        Some(text) => text.parse::<u64>().map_err(|_| usage(USAGE, 1)),
    };
    let (requests, workers, rate) = (number('n', 200)?, number('c', 50)?, number('q', 0)?);
    let lasts_ms = match options.value('z') {
        None => None,
        Some(text) => Some(span_ms(text).ok_or_else(|| usage(USAGE, 1))?.min(LONGEST_MS)),
    };
    if workers == 0 || (lasts_ms.is_none() && requests < workers) {
        return Err(usage("-n cannot be less than -c\n", 1));
    }
    let timeout_ms = match number('t', 20)? {
        0 => LONGEST_MS,
        seconds => seconds.saturating_mul(1000).min(LONGEST_MS),
    };
    let request = Request { tls: url.tls, ..Request::get(&url.path) };
    Ok(Box::new(Hey {
        url,
        request,
        interval_ms: 1000_u64.checked_div(rate).unwrap_or(0),
        timeout_ms,
        lasts_ms,
        left: if lasts_ms.is_some() { MOST_REQUESTS } else { requests.min(MOST_REQUESTS) },
        workers: (0..workers.min(MOST_WORKERS)).map(|_| SimTime::ZERO).collect(),
        began: None,
        ended: SimTime::ZERO,
        latencies: Vec::new(),
        statuses: Vec::new(),
        errors: Vec::new(),
    }))
}

fn span_ms(text: &str) -> Option<u64> {
    match (text.strip_suffix('m'), text.strip_suffix('s')) {
        (Some(minutes), _) => Seconds::parse(minutes).map(|span| span.as_ms().saturating_mul(60)),
        (_, Some(seconds)) => Seconds::parse(seconds).map(Seconds::as_ms),
        _ => None,
    }
}

impl Hey {
    /// Sends one request; answers how long its worker waits for what becomes of it.
    fn ask(&mut self, world: &mut World<'_>) -> u64 {
        let Url { host, port, path, .. } = &self.url;
        let what = format!("Get \"http://{host}:{port}{path}\": ");
        let dial = |why: &str| format!("{what}dial tcp {host}:{port}: {why}");
        let (error, ms) = match send(world, host, *port, &self.request) {
            Reply::UnknownHost => (format!("{what}dial tcp: lookup {host}: no such host"), LEAST_MS),
            Reply::NoEndpoints => (dial("connect: connection refused"), LEAST_MS),
            Reply::From { outcome, .. } => match outcome {
                Outcome::Answered(answer) if answer.latency_ms < self.timeout_ms => {
                    let ms = answer.latency_ms.max(LEAST_MS);
                    self.latencies.push(ms);
                    count(&mut self.statuses, answer.status);
                    return ms;
                }
                Outcome::Refused => (dial("connect: connection refused"), LEAST_MS),
                Outcome::NoTls => (format!("{what}http: server gave HTTP response to HTTPS client"), LEAST_MS),
                Outcome::Answered(_) | Outcome::Hangs | Outcome::Unreachable => (
                    format!("{what}context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
                    self.timeout_ms,
                ),
            },
        };
        count(&mut self.errors, error);
        ms
    }

    fn report(&mut self, began: SimTime, io: &mut Io) {
        let total_ms = self.ended.ms_since(began).max(1);
        let answered = u64::try_from(self.latencies.len()).unwrap_or(u64::MAX);
        let mut text = format!("\nSummary:\n  Total:\t{} secs\n", seconds(total_ms));
        if let (Some(slowest), Some(fastest)) = (self.latencies.iter().max(), self.latencies.iter().min()) {
            let average = self.latencies.iter().sum::<u64>() / answered.max(1);
            for (name, ms) in [("Slowest", *slowest), ("Fastest", *fastest), ("Average", average)] {
                text.push_str(&format!("  {name}:\t{} secs\n", seconds(ms)));
            }
        }
        let asked = answered + self.errors.iter().map(|(_, count)| count).sum::<u64>();
        let rate = asked.saturating_mul(10_000_000) / total_ms;
        text.push_str(&format!("  Requests/sec:\t{}.{:04}\n\n", rate / 10_000, rate % 10_000));
        self.statuses.sort_unstable();
        text.push_str("\nStatus code distribution:\n");
        text.extend(self.statuses.iter().map(|(status, count)| format!("  [{status}]\t{count} responses\n")));
        if !self.errors.is_empty() {
            text.push_str("\nError distribution:\n");
            text.extend(self.errors.iter().map(|(error, count)| format!("  [{count}]\t{error}\n")));
        }
        io.out(text);
    }
}

fn count<T: PartialEq>(counts: &mut Vec<(T, u64)>, what: T) {
    match counts.iter_mut().find(|(known, _)| *known == what) {
        Some((_, count)) => *count += 1,
        None => counts.push((what, 1)),
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}0", ms / 1000, ms % 1000)
}

impl Process for Hey {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let now = world.cluster.now();
        let began = *self.began.get_or_insert(now);
        let until = self.lasts_ms.map_or(SimTime::NEVER, |ms| began + ms);
        let mut next = SimTime::NEVER;
        for at in 0..self.workers.len() {
            if self.left == 0 || now >= until {
                break;
            }
            let Some(free_at) = self.workers.get(at).copied() else { break };
            if free_at <= now {
                self.left -= 1;
                let ms = self.ask(world);
                self.ended = self.ended.max(now + ms);
                if let Some(worker) = self.workers.get_mut(at) {
                    *worker = now + ms.max(self.interval_ms);
                }
            }
            next = next.min(self.workers.get(at).copied().unwrap_or(SimTime::NEVER));
        }
        if self.left > 0 && next.min(until) > now && now < until {
            return Poll::SleepUntil(next.min(until));
        }
        // The last answers are waited for.
        if now < self.ended && self.lasts_ms.is_none() {
            return Poll::SleepUntil(self.ended);
        }
        self.ended = if self.lasts_ms.is_some() { now } else { self.ended };
        self.report(began, io);
        Poll::Exited(0)
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let now = world.cluster.now();
        self.ended = now;
        self.report(self.began.unwrap_or(now), io);
        0
    }
}
