//! `kubectl logs`.

use std::sync::Arc;

use crate::api::{ContainerState, Kind, MicroTime, Object, Pod, Time};
use crate::apiserver::{Key, LabelQuery, Status};
use crate::images::LogLine;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::pods_of::{container_of, pods_behind};
use crate::kubectl::selection::cannot_find;
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const LOGS: Command = Command {
    path: "logs",
    aliases: &["log"],
    about: "Print the logs for a container in a pod",
    usage: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    flags: &[
        Flag::switch("all-containers", None),
        Flag::switch("all-pods", None),
        Flag::text("container", Some('c')),
        Flag::switch("follow", Some('f')),
        Flag::switch("ignore-errors", None),
        Flag::number("limit-bytes", None),
        Flag::number("max-log-requests", None),
        Flag::duration("pod-running-timeout"),
        Flag::switch("prefix", None),
        Flag::switch("previous", Some('p')),
        Flag::text("selector", Some('l')),
        Flag::duration("since"),
        Flag::text("since-time", None),
        Flag::number("tail", None),
        Flag::switch("timestamps", None),
    ],
    run: logs,
};

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required \
     argument for the logs command";

/// How lines are chosen and shown.
#[derive(Clone, Debug)]
struct Style {
    /// How many bytes at most.
    limit: Option<usize>,
    tail: Option<usize>,
    since: SimTime,
    timestamps: bool,
    prefix: bool,
    previous: bool,
}

/// One container's log.
#[derive(Clone, Debug)]
struct Source {
    pod: Arc<Pod>,
    container: String,
    /// Lines that were printed, counted over the instance's whole log.
    printed: usize,
    /// Restarts of the instance that `printed` counts.
    restarts: i32,
}

fn logs(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let selector = call.flags.text("selector").map(str::to_owned);
    match (args.len(), &selector) {
        (0, None) => return Err(call.usage(USAGE)),
        (0, Some(_)) | (1 | 2, None) => {}
        (_, Some(_)) => return Err(call.usage("only a selector (-l) or a POD name is allowed")),
        _ => return Err(call.usage(USAGE)),
    }
    let style = style(call, selector.is_some())?;
    let container = call.flags.text("container").map(str::to_owned).or_else(|| args.get(1).cloned());
    let pods = match &selector {
        Some(selector) => selected_pods(call, selector)?,
        None => named_pods(call, args.first().map_or("", String::as_str))?,
    };
    let mut sources = Vec::new();
    for pod in pods {
        let names: Vec<String> = if call.flags.switch("all-containers") {
            let init = pod.spec.init_containers.iter();
            init.chain(&pod.spec.containers).map(|container| container.name.clone()).collect()
        } else {
            let (name, note) = container_of(&pod, container.as_deref())?;
            call.io.err(note.unwrap_or_default());
            vec![name]
        };
        for container in names {
            sources.push(Source { restarts: restarts(&pod, &container), pod: Arc::clone(&pod), container, printed: 0 });
        }
    }
    let follows = call.flags.switch("follow");
    let allowed = call.flags.number("max-log-requests").unwrap_or(5);
    if follows && i64::try_from(sources.len()).is_ok_and(|count| count > allowed) {
        return Err(Failure::Plain(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {allowed}, use \
             --max-log-requests to increase the limit",
            sources.len()
        )));
    }
    let goes_on = call.flags.switch("ignore-errors");
    for source in &mut sources {
        match source.first(call.world, &style) {
            Ok(text) => call.io.out(text),
            Err(failure) if goes_on => call.io.err(failure.report()),
            Err(failure) => return Err(failure),
        }
    }
    if follows && !sources.is_empty() {
        return Ok(Next::Wait(Box::new(Follow { sources, style })));
    }
    Ok(Next::Done)
}

/// Models LogsOptions.Validate.
fn style(call: &Call<'_, '_>, by_selector: bool) -> Result<Style, Failure> {
    let tail = call.flags.number("tail").unwrap_or(if by_selector && !call.flags.switch("follow") { 10 } else { -1 });
    if tail < -1 {
        return Err(Failure::new("--tail must be greater than or equal to -1"));
    }
    let since_ms = call.flags.duration_ms("since");
    if since_ms.is_some_and(|ms| ms <= 0) {
        return Err(Failure::new("--since must be greater than 0"));
    }
    if call.flags.is_set("container") && call.args().len() > 1 {
        return Err(Failure::new("only one of -c or an inline [CONTAINER] arg is allowed"));
    }
    let limit = call.flags.number("limit-bytes");
    if limit.is_some_and(|bytes| bytes < 1) {
        return Err(Failure::new("--limit-bytes must be greater than 0"));
    }
    let since_time = call.flags.text("since-time").filter(|text| !text.is_empty());
    if since_time.is_some() && since_ms.is_some() {
        return Err(Failure::new("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    let since_time = since_time.map(|text| {
        let time = Time::parse(text);
        time.ok_or_else(|| {
            Failure::Plain(format!("parsing time {0:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {0:?}", text))
        })
    });
    let since_time = since_time.transpose()?.map(Time::to_sim);
    let now = call.world.client().now();
    Ok(Style {
        limit: limit.and_then(|bytes| usize::try_from(bytes).ok()),
        tail: usize::try_from(tail).ok(),
        since: since_ms
            .and_then(|ms| u64::try_from(ms).ok())
            .map_or(since_time.unwrap_or(SimTime::ZERO), |ms| now - ms),
        timestamps: call.flags.switch("timestamps"),
        prefix: call.flags.switch("prefix") || call.flags.switch("all-pods"),
        previous: call.flags.switch("previous"),
    })
}

fn selected_pods(call: &mut Call<'_, '_>, selector: &str) -> Result<Vec<Arc<Pod>>, Failure> {
    let query = LabelQuery::parse(selector).map_err(|why| cannot_find(Kind::Pod, Some(selector), None, &why))?;
    let namespace = call.namespace();
    let mut pods = call.world.client().pods(Some(&namespace));
    pods.retain(|pod| query.matches(pod.labels()));
    if pods.is_empty() {
        call.io.err(format!("No resources found in {namespace} namespace.\n"));
    }
    Ok(pods)
}

fn named_pods(call: &mut Call<'_, '_>, argument: &str) -> Result<Vec<Arc<Pod>>, Failure> {
    let namespace = call.namespace();
    let mut pods = pods_behind(call, argument).map_err(|failure| {
        if failure.is_not_found() && call.world.client().version().names_namespace_of_missing_logs() {
            let why = failure.message();
            return Failure::Plain(format!("error from server (NotFound): {why} in namespace {namespace:?}"));
        }
        failure
    })?;
    if call.flags.switch("all-pods") {
        return Ok(pods);
    }
    if pods.len() > 1 {
        let name = pods.first().map_or("", |pod| &pod.metadata.name);
        call.io.err(format!("Found {} pods, using pod/{name}\n", pods.len()));
        pods.truncate(1);
    }
    Ok(pods)
}

fn restarts(pod: &Pod, container: &str) -> i32 {
    let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    statuses.filter(|status| status.name == container).map(|status| status.restart_count).sum()
}

impl Source {
    /// What is there already.
    fn first(&mut self, world: &World<'_>, style: &Style) -> Result<String, Failure> {
        let lines = self.lines(world, style.previous)?;
        self.printed = lines.len();
        let recent: Vec<&LogLine> = lines.iter().filter(|line| line.at >= style.since).collect();
        let skipped = style.tail.map_or(0, |tail| recent.len().saturating_sub(tail));
        let mut text: String = recent.into_iter().skip(skipped).map(|line| self.shown(line, style)).collect();
        if let Some(limit) = style.limit {
            let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or(0));
        }
        Ok(text)
    }

    fn shown(&self, line: &LogLine, style: &Style) -> String {
        let prefix =
            if style.prefix { format!("[pod/{}/{}] ", self.pod.metadata.name, self.container) } else { String::new() };
        let time = if style.timestamps {
            format!("{} ", MicroTime::from_sim(line.at).to_string().replace('Z', "000Z"))
        } else {
            String::new()
        };
        format!("{prefix}{time}{}\n", line.text)
    }

    /// The instance's log, or why there is none. Models kubelet's validateContainerLogStatus.
    fn lines(&self, world: &World<'_>, previous: bool) -> Result<Vec<LogLine>, Failure> {
        let (pod, container) = (&self.pod, &self.container);
        let bad = |text: String| Failure::from(Status::bad_request(text));
        let name = &pod.metadata.name;
        if let Some(lines) = world.client().logs(&pod.metadata.uid, container, previous) {
            return Ok(lines);
        }
        if previous {
            return Err(bad(format!("previous terminated container {container:?} in pod {name:?} not found")));
        }
        let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
        let state = statuses.filter(|status| status.name == *container).map(|status| &status.state).next();
        let reason = match state {
            Some(ContainerState { waiting: Some(waiting), .. }) => match waiting.reason.as_str() {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                other => other,
            },
            _ if pod.node_name.is_empty() => return Ok(Vec::new()),
            Some(ContainerState { waiting: None, .. }) => return Ok(Vec::new()),
            None => "ContainerCreating",
        };
        Err(bad(format!("container {container:?} in pod {name:?} is waiting to start: {reason}")))
    }
}

/// `kubectl logs -f`.
#[derive(Clone, Debug)]
struct Follow {
    sources: Vec<Source>,
    style: Style,
}

/// How often a followed log is read again when nothing else happens.
const READ_EVERY_MS: u64 = 1000;

impl Process for Follow {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let style = self.style.clone();
        self.sources.retain_mut(|source| {
            if let Ok(lines) = source.lines(world, false)
                && let Some(new) = lines.get(source.printed..)
            {
                let text: String = new.iter().map(|line| source.shown(line, &style)).collect();
                io.out(text);
                source.printed = lines.len();
            }
            // The stream of an instance ends with it.
            match world.client().get(crate::api::Kind::Pod, &Key::of(&source.pod.metadata)) {
                Ok(Object::Pod(pod)) => {
                    pod.metadata.uid == source.pod.metadata.uid
                        && !pod.status.phase.is_terminal()
                        && restarts(&pod, &source.container) == source.restarts
                }
                _ => false,
            }
        });
        if self.sources.is_empty() { Poll::Exited(0) } else { Poll::SleepUntil(world.client().now() + READ_EVERY_MS) }
    }
}
