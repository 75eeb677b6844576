//! How `kubectl drain` empties a node: which pods may go, and how each is waited for. Models k8s.io/kubectl/pkg/drain.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::duration::go_duration;
use super::field;
use super::flags::DryRun;
use super::output::name_line_of;
use crate::api::well_known::MIRROR_POD;
use crate::api::{Kind, Pod, Time};
use crate::apiserver::{DeleteOptions, Key, Status};
use crate::sim::SimTime;

/// How long a refused eviction waits. Models EvictErrorRetryDelay.
const RETRY_MS: u64 = 5_000;
/// How often a pod that is to go is looked for. Models waitForDeleteParams.interval.
const POLL_MS: u64 = 1_000;

/// What the flags ask for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--force`: pods without a controller go, too.
    pub force: bool,
    /// `--ignore-daemonsets`: the pods of DaemonSets stay.
    pub ignore_daemon_sets: bool,
    /// `--delete-emptydir-data`: pods with local data go, too.
    pub delete_empty_dir_data: bool,
    /// `--disable-eviction`: pods are deleted, whatever a budget says.
    pub disable_eviction: bool,
    /// `--skip-wait-for-delete-timeout`, in seconds; 0 for none.
    pub skip_deleted_s: i64,
    /// `--dry-run`.
    pub dry_run: DryRun,
    /// `--grace-period`.
    pub delete: DeleteOptions,
    /// `--timeout` in milliseconds.
    pub timeout_ms: Option<u64>,
}

/// What a drain asks of the cluster.
pub trait Nodes {
    /// The present moment.
    fn now(&self) -> SimTime;
    /// The pods of a node that are meant.
    fn pods(&self, node: &str) -> Vec<Arc<Pod>>;
    /// One pod as it is now.
    fn pod(&self, key: &Key) -> Option<Arc<Pod>>;
    /// Whether a DaemonSet is there.
    fn has_daemon_set(&self, key: &Key) -> bool;
    /// Evicts a pod.
    ///
    /// # Errors
    /// What the API server says.
    fn evict(&mut self, key: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status>;
    /// Deletes a pod.
    ///
    /// # Errors
    /// What the API server says.
    fn delete(&mut self, key: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status>;
}

/// A line for the terminal, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Standard output.
    Out(String),
    /// Standard error.
    Err(String),
}

/// Why a node is not drained.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Failure {
    /// Several errors in one. Models Aggregate.
    Several(Vec<String>),
    /// One error.
    One(String),
}

impl Failure {
    /// Models Aggregate.Error, which tells equal errors once.
    fn text(&self) -> String {
        match self {
            Self::One(why) => why.clone(),
            Self::Several(whys) => {
                let mut told: Vec<&str> = Vec::new();
                whys.iter().for_each(|why| {
                    if !told.contains(&why.as_str()) {
                        told.push(why);
                    }
                });
                match told.as_slice() {
                    [only] => (*only).to_owned(),
                    several => format!("[{}]", several.join(", ")),
                }
            }
        }
    }
}

/// A pod that is to go.
#[derive(Clone, Debug)]
struct Leaving {
    key: Key,
    uid: String,
    state: Going,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    /// Its eviction is asked for then.
    Asks(SimTime),
    /// It is looked for then.
    Waits(SimTime),
}

/// A drain under way.
#[derive(Clone, Debug)]
pub struct Drain {
    options: Options,
    /// Nodes that are still to come, the next one last.
    nodes: Vec<String>,
    current: Option<NodeDrain>,
    failed: Vec<(String, Failure)>,
}

#[derive(Clone, Debug)]
struct NodeDrain {
    name: String,
    pods: Vec<Leaving>,
    failures: Vec<String>,
    deadline: Option<SimTime>,
}

impl Drain {
    /// A drain of nodes, one after the other.
    pub fn new(options: Options, mut nodes: Vec<String>) -> Self {
        nodes.reverse();
        Self { options, nodes, current: None, failed: Vec::new() }
    }

    /// Goes on as far as it comes now. When to go on; none when it has ended.
    pub fn go_on(&mut self, cluster: &mut dyn Nodes, lines: &mut Vec<Line>) -> Option<SimTime> {
        loop {
            let Some(mut node) = self.current.take().or_else(|| self.begin(cluster, lines)) else {
                if self.nodes.is_empty() {
                    return None;
                }
                continue;
            };
            node.ask(&self.options, cluster, lines);
            let overdue = node.look(&self.options, cluster, lines);
            if let Some(at) = node.next().filter(|_| overdue.is_none()) {
                self.current = Some(node);
                return Some(at);
            }
            let failure = overdue.or_else(|| match std::mem::take(&mut node.failures) {
                whys if whys.is_empty() => None,
                whys => Some(Failure::Several(whys)),
            });
            if let Some(failure) = &failure {
                self.tell_pending(&node.name, failure, cluster, lines);
            }
            self.end(node.name, failure, lines);
        }
    }

    /// What is left to say at the end, and the exit code. Models RunDrain and cmdutil.CheckErr.
    pub fn finish(&self, lines: &mut Vec<Line>) -> u8 {
        if self.failed.is_empty() {
            return 0;
        }
        lines.push(Line::Err("There are pending nodes to be drained:".to_owned()));
        lines.extend(self.failed.iter().map(|(name, _)| Line::Err(format!(" {name}"))));
        match self.failed.as_slice() {
            [(_, Failure::One(why))] => lines.push(Line::Err(format!("error: {why}"))),
            [(_, Failure::Several(whys))] => lines.extend(whys.iter().map(|why| Line::Err(why.clone()))),
            several => lines.extend(several.iter().map(|(_, why)| Line::Err(why.text()))),
        }
        1
    }

    /// Begins with the next node; none when there is nothing to wait for. Models deleteOrEvictPodsSimple.
    fn begin(&mut self, cluster: &mut dyn Nodes, lines: &mut Vec<Line>) -> Option<NodeDrain> {
        let name = self.nodes.pop()?;
        let chosen = Chosen::of(&name, &self.options, cluster);
        if !chosen.errors.is_empty() {
            self.end(name, Some(Failure::Several(chosen.errors)), lines);
            return None;
        }
        if !chosen.warnings.is_empty() {
            lines.push(Line::Err(format!("Warning: {}", chosen.warnings)));
        }
        if self.options.dry_run == DryRun::Client {
            let texts = chosen.pods.iter().map(|pod| Line::Out(format!("evicting pod {} (dry run)", shown(pod))));
            lines.extend(texts);
            self.end(name, None, lines);
            return None;
        }
        let now = cluster.now();
        let state = if self.options.disable_eviction { Going::Waits(now) } else { Going::Asks(now) };
        let leaving = |pod: &Arc<Pod>| Leaving { key: Key::of(&pod.metadata), uid: pod.metadata.uid.clone(), state };
        let pods: Vec<Leaving> = chosen.pods.iter().map(leaving).collect();
        if self.options.disable_eviction
            && let Some(failure) = self.delete_all(&pods, cluster)
        {
            self.tell_pending(&name, &failure, cluster, lines);
            self.end(name, Some(failure), lines);
            return None;
        }
        let deadline = self.options.timeout_ms.map(|ms| now + ms);
        Some(NodeDrain { name, pods, failures: Vec::new(), deadline })
    }

    /// Models the first half of deletePods.
    fn delete_all(&self, pods: &[Leaving], cluster: &mut dyn Nodes) -> Option<Failure> {
        for pod in pods {
            match cluster.delete(&pod.key, &self.options.delete, self.options.dry_run == DryRun::Server) {
                Err(status) if status.code != 404 => return Some(Failure::One(status.message)),
                _ => {}
            }
        }
        None
    }

    /// Which pods are still there when something has failed.
    fn tell_pending(&self, node: &str, failure: &Failure, cluster: &mut dyn Nodes, lines: &mut Vec<Line>) {
        let chosen = Chosen::of(node, &self.options, cluster);
        if !chosen.pods.is_empty() {
            let why = failure.text();
            lines.push(Line::Err(format!("There are pending pods in node {node:?} when an error occurred: {why}")));
            lines.extend(chosen.pods.iter().map(|pod| Line::Err(format!("pod/{}", pod.metadata.name))));
        }
        if !chosen.errors.is_empty() {
            let errors = Failure::Several(chosen.errors).text();
            lines.push(Line::Err("Following errors occurred while getting the list of pods to delete:".to_owned()));
            lines.push(Line::Err(errors));
        }
    }

    fn end(&mut self, name: String, failure: Option<Failure>, lines: &mut Vec<Line>) {
        match failure {
            None => {
                let text = name_line_of(Kind::Node, &name, &format!("drained{}", self.options.dry_run.suffix()));
                lines.push(Line::Out(text.trim_end().to_owned()));
            }
            Some(failure) => {
                let why = failure.text();
                lines.push(Line::Err(format!(
                    "error: unable to drain node {name:?} due to error: {why}, continuing command..."
                )));
                self.failed.push((name, failure));
            }
        }
    }
}

impl NodeDrain {
    /// Asks for the evictions that are due. Models evictPods.
    fn ask(&mut self, options: &Options, cluster: &mut dyn Nodes, lines: &mut Vec<Line>) {
        let now = cluster.now();
        let is_due = |pod: &Leaving| matches!(pod.state, Going::Asks(at) if at <= now);
        let suffix = if options.dry_run == DryRun::Server { " (server dry run)" } else { "" };
        let due = self.pods.iter().filter(|pod| is_due(pod));
        lines.extend(due.map(|pod| Line::Out(format!("evicting pod {}/{}{suffix}", pod.key.namespace, pod.key.name))));
        for mut pod in std::mem::take(&mut self.pods) {
            if !is_due(&pod) {
                self.pods.push(pod);
                continue;
            }
            let about = format!("pods/{:?} -n {:?}", &*pod.key.name, &*pod.key.namespace);
            if self.deadline.is_some_and(|at| at <= now) {
                let timeout = go_duration(options.timeout_ms.unwrap_or_default());
                self.failures.push(format!("error when evicting {about}: global timeout reached: {timeout}"));
                continue;
            }
            match cluster.evict(&pod.key, &options.delete, options.dry_run == DryRun::Server) {
                Ok(()) if options.dry_run == DryRun::Server => continue,
                Ok(()) => pod.state = Going::Waits(now),
                Err(status) if status.code == 404 => continue,
                Err(status) if status.code == 429 => {
                    let why = status.message;
                    lines.push(Line::Err(format!("error when evicting {about} (will retry after 5s): {why}")));
                    pod.state = Going::Asks(now + RETRY_MS);
                    if let Some(fresh) = cluster.pod(&pod.key) {
                        pod.uid.clone_from(&fresh.metadata.uid);
                    }
                }
                Err(status) => {
                    self.failures.push(format!("error when evicting {about}: {}", status.message));
                    continue;
                }
            }
            self.pods.push(pod);
        }
    }

    /// Looks for the pods that are to go; the failure of a deletion that takes too long. Models waitForDelete.
    fn look(&mut self, options: &Options, cluster: &mut dyn Nodes, lines: &mut Vec<Line>) -> Option<Failure> {
        let now = cluster.now();
        let is_late = self.deadline.is_some_and(|at| at <= now);
        let is_eviction = !options.disable_eviction;
        for mut pod in std::mem::take(&mut self.pods) {
            let Going::Waits(at) = pod.state else {
                self.pods.push(pod);
                continue;
            };
            if at <= now {
                pod.state = Going::Waits(now + POLL_MS);
                let found = cluster.pod(&pod.key).filter(|found| found.metadata.uid == pod.uid);
                let Some(found) = found else {
                    let word = if is_eviction { "evicted" } else { "deleted" };
                    let word = format!("{word}{}", options.dry_run.suffix());
                    lines.push(Line::Out(name_line_of(Kind::Pod, &pod.key.name, &word).trim_end().to_owned()));
                    continue;
                };
                if is_old(&found, options.skip_deleted_s, now) {
                    let (name, seconds) = (&*pod.key.name, options.skip_deleted_s);
                    lines.push(Line::Out(format!(
                        "pod {name:?} has DeletionTimestamp older than {seconds} seconds, skipping"
                    )));
                    continue;
                }
            }
            if is_late && is_eviction {
                let (name, namespace) = (&*pod.key.name, &*pod.key.namespace);
                self.failures.push(format!(
                    "error when waiting for pod {name:?} in namespace {namespace:?} to terminate: context deadline exceeded"
                ));
                continue;
            }
            self.pods.push(pod);
        }
        let has_failed = is_late && !is_eviction && !self.pods.is_empty();
        has_failed.then(|| Failure::One("context deadline exceeded".to_owned()))
    }

    /// When there is something to do; none when nothing is left.
    fn next(&self) -> Option<SimTime> {
        let of = |pod: &Leaving| match pod.state {
            Going::Asks(at) => at,
            // The end of the time is noticed at once, that of a retry only when it is made.
            Going::Waits(at) => self.deadline.map_or(at, |deadline| at.min(deadline)),
        };
        self.pods.iter().map(of).min()
    }
}

/// The pods of a node that may go, with what is to be said.
#[derive(Debug, Default)]
struct Chosen {
    pods: Vec<Arc<Pod>>,
    warnings: String,
    errors: Vec<String>,
}

/// What becomes of a pod. Models PodDeleteStatus.
enum Fate {
    Goes(Option<String>),
    Stays(Option<String>),
    Refused(String),
}

impl Chosen {
    /// Models GetPodsForDeletion.
    fn of(node: &str, options: &Options, cluster: &dyn Nodes) -> Self {
        let mut chosen = Self::default();
        // Go keeps both in maps and prints them in any order; here they come in the order of their texts.
        let (mut warnings, mut errors): (BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>) =
            Default::default();
        for pod in cluster.pods(node) {
            match fate(&pod, options, cluster) {
                Fate::Goes(warning) => {
                    if let Some(warning) = warning {
                        warnings.entry(warning).or_default().push(shown(&pod));
                    }
                    chosen.pods.push(pod);
                }
                Fate::Stays(None) => {}
                Fate::Stays(Some(warning)) => warnings.entry(warning).or_default().push(shown(&pod)),
                Fate::Refused(why) => errors.entry(why).or_default().push(shown(&pod)),
            }
        }
        let line = |(text, pods): (String, Vec<String>)| format!("{text}: {}", pods.join(", "));
        chosen.warnings = warnings.into_iter().map(line).collect::<Vec<_>>().join("; ");
        chosen.errors = errors.into_iter().map(|found| format!("cannot delete {}", line(found))).collect();
        chosen
    }
}

/// Models the filters of pkg/drain/filters.go in their order; of several warnings the last filter's stays.
fn fate(pod: &Pod, options: &Options, cluster: &dyn Nodes) -> Fate {
    if is_old(pod, options.skip_deleted_s, cluster.now()) {
        return Fate::Stays(None);
    }
    let is_finished = pod.status.phase.is_terminal();
    let controller = pod.metadata.controller();
    let daemon_set = controller.filter(|owner| owner.kind == "DaemonSet" && owner.api_version == "apps/v1");
    let mut warning = None;
    if let Some(owner) = daemon_set.filter(|_| !is_finished) {
        let key = Key::new(pod.metadata.namespace.as_str(), owner.name.as_str());
        if cluster.has_daemon_set(&key) {
            if !options.ignore_daemon_sets {
                return Fate::Refused("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)".to_owned());
            }
            return Fate::Stays(Some("ignoring DaemonSet-managed Pods".to_owned()));
        }
        let why = Status::not_found(Kind::DaemonSet, &owner.name).message;
        if !options.force {
            return Fate::Refused(why);
        }
    }
    if pod.metadata.annotations.contains_key(MIRROR_POD) {
        return Fate::Stays(None);
    }
    if !is_finished && has_local_storage(&pod.spec_value()) && !options.delete_empty_dir_data {
        return Fate::Refused("Pods with local storage (use --delete-emptydir-data to override)".to_owned());
    }
    if !is_finished && controller.is_none() {
        if !options.force {
            return Fate::Refused("Pods that declare no controller (use --force to override)".to_owned());
        }
        warning = Some("deleting Pods that declare no controller".to_owned());
    }
    Fate::Goes(warning)
}

fn has_local_storage(spec: &Value) -> bool {
    field::list(spec, "/volumes").iter().any(|volume| volume.get("emptyDir").is_some_and(|dir| !dir.is_null()))
}

/// Whether the pod was deleted so long ago that it is not waited for. Models shouldSkipPod.
fn is_old(pod: &Pod, skip_s: i64, now: SimTime) -> bool {
    let deleted = pod.metadata.deletion_timestamp;
    skip_s > 0 && deleted.is_some_and(|deleted| Time::from_sim(now).0 - deleted.0 > skip_s)
}

fn shown(pod: &Pod) -> String {
    format!("{}/{}", pod.metadata.namespace, pod.metadata.name)
}
