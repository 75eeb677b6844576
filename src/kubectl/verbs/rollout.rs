//! `kubectl rollout`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::well_known::{DEPLOYMENT_REVISION, LAST_APPLIED};
use crate::api::{Deployment, Kind, Object, ReplicaSet, Time};
use crate::apiserver::{ChangeType, Key, PatchType, qualified};
use crate::client::Watch;
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::rollout::{
    Return, Undo, daemon_set_progress, deployment_progress, revision_history, revision_undo, stateful_set_progress,
    undo as plan_undo, view_history,
};
use crate::kubectl::selection::{Item, Rules, select};
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;

const OUTPUT: Flag = Flag::text("output", Some('o'));
const FILES: [Flag; 3] =
    [Flag::list("filename", Some('f')), Flag::switch("recursive", Some('R')), Flag::text("selector", Some('l'))];

macro_rules! rollout_command {
    ($path:literal, $about:literal, $run:expr, [$($flag:expr),*]) => {
        Command {
            path: $path,
            aliases: &[],
            about: $about,
            usage: "(TYPE NAME | TYPE/NAME) [flags]",
            flags: &[FILES[0], FILES[1], FILES[2], $($flag),*],
            run: $run,
        }
    };
}

pub(super) const STATUS: Command = rollout_command!(
    "rollout status",
    "Show the status of the rollout",
    status,
    [Flag::number("revision", None), Flag::duration("timeout"), Flag::switch("watch", Some('w'))]
);
pub(super) const HISTORY: Command =
    rollout_command!("rollout history", "View rollout history", history, [OUTPUT, Flag::number("revision", None)]);
pub(super) const UNDO: Command = rollout_command!(
    "rollout undo",
    "Undo a previous rollout",
    undo,
    [OUTPUT, Flag::number("to-revision", None), Flag::optional("dry-run", "unchanged")]
);
pub(super) const PAUSE: Command =
    rollout_command!("rollout pause", "Mark the provided resource as paused", pause, [OUTPUT]);
pub(super) const RESUME: Command = rollout_command!("rollout resume", "Resume a paused resource", resume, [OUTPUT]);
pub(super) const RESTART: Command = rollout_command!("rollout restart", "Restart a resource", restart, [OUTPUT]);

fn items(call: &mut Call<'_, '_>, types_alone: bool) -> Result<(Vec<Item>, Vec<Failure>), Failure> {
    let args = call.args().to_vec();
    if args.is_empty() && !call.has_files() {
        return Err(Failure::new("required resource not specified"));
    }
    let selection = select(call, &args, Rules { types_alone, files_as_they_are: false })?;
    let path = call.command.path;
    let says_nothing_found = !matches!(path, "rollout history" | "rollout undo");
    if says_nothing_found && selection.items.is_empty() && selection.failures.is_empty() {
        let namespace = call.namespace();
        call.io.err(format!("No resources found in {namespace} namespace.\n"));
    }
    Ok((selection.items, selection.failures))
}

fn deployment_of<'i>(item: &'i Item, otherwise: &str) -> Result<&'i Arc<Deployment>, Failure> {
    match &item.object {
        Some(Object::Deployment(deployment)) => Ok(deployment),
        _ => Err(Failure::new(otherwise)),
    }
}

/// Whether an object of this kind has ControllerRevisions.
fn has_revisions(kind: Kind) -> bool {
    matches!(kind, Kind::DaemonSet | Kind::StatefulSet)
}

fn revisions(call: &Call<'_, '_>, item: &Item) -> Vec<Value> {
    let found = call.world.client().list(Kind::ControllerRevision, Some(&item.key.namespace));
    found.iter().map(Object::to_value).collect()
}

/// The history of a DaemonSet or StatefulSet.
fn revision_history_of(call: &mut Call<'_, '_>, item: &Item, revision: i64) -> Result<(), Failure> {
    let set = item.value().unwrap_or_default();
    let text = revision_history(item.kind, &set, &revisions(call, item), revision, call.world.client().version())?;
    let with = if revision > 0 { format!("with revision #{revision}") } else { String::new() };
    call.answer(item.kind, set, &format!("{with}\n{text}"), DryRun::None, Held::Typed)
}

/// Brings a DaemonSet or StatefulSet back.
fn revision_undo_of(call: &mut Call<'_, '_>, item: &Item, wanted: i64, dry_run: DryRun) -> Result<(), Failure> {
    let set = item.value().unwrap_or_default();
    let version = call.world.client().version();
    let is_client = dry_run == DryRun::Client;
    let plan = revision_undo(item.kind, &set, &revisions(call, item), wanted, is_client, version)?;
    let patch = match plan {
        Return::Say(text) => return call.answer(item.kind, set, &text, dry_run, Held::Typed),
        Return::Patch(patch) => patch,
    };
    let options = call.write_options(dry_run);
    let result = call.world.client_mut().patch(item.kind, &item.key, &patch, PatchType::Strategic, options);
    let written = call
        .written(result)
        .map_err(|failure| Failure::Plain(format!("failed restoring revision {wanted}: {}", failure.message())))?;
    call.answer(item.kind, written.to_value(), "rolled back", dry_run, Held::Typed)
}

fn quoted_kind(kind: Kind) -> String {
    let group = if kind.group().is_empty() { String::new() } else { format!(".{}", kind.group()) };
    format!("\"{}{group}\"", kind.as_str())
}

fn replica_sets(call: &Call<'_, '_>, deployment: &Deployment) -> Vec<Arc<ReplicaSet>> {
    let (metadata, selector) = (&deployment.metadata, &deployment.spec.selector);
    let mut sets = call.world.client().replica_sets(&metadata.namespace);
    sets.retain(|set| set.metadata.is_controlled_by(&metadata.uid) && selector.matches(&set.metadata.labels));
    sets
}

fn finish(failures: Vec<Failure>) -> Outcome {
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

fn history(call: &mut Call<'_, '_>) -> Outcome {
    let revision = call.flags.number("revision").unwrap_or(0);
    if revision < 0 {
        return Err(Failure::Plain(format!("revision must be a positive integer: {revision}")));
    }
    let (items, mut failures) = items(call, true)?;
    for item in &items {
        if let Err(failure) = history_of(call, item, revision) {
            failures.push(failure);
        }
    }
    finish(failures)
}

fn history_of(call: &mut Call<'_, '_>, item: &Item, revision: i64) -> Result<(), Failure> {
    if has_revisions(item.kind) {
        return revision_history_of(call, item, revision);
    }
    let otherwise = format!("no history viewer has been implemented for {}", quoted_kind(item.kind));
    let deployment = deployment_of(item, &otherwise)?;
    let sets = replica_sets(call, deployment);
    // `--template` alone is of the Deployment.
    if call.flags.given.iter().any(|(name, _)| *name == "output") {
        return print_revisions(call, &sets, revision);
    }
    let text = view_history(deployment, &sets, revision, call.world.client().version())?;
    let with = if revision > 0 { format!("with revision #{revision}") } else { String::new() };
    let value = Object::Deployment(Arc::clone(deployment)).to_value();
    call.answer(item.kind, value, &format!("{with}\n{text}"), DryRun::None, Held::Typed)
}

/// `-o` of a history: the ReplicaSets themselves. Models RolloutHistoryOptions.Run.
fn print_revisions(call: &mut Call<'_, '_>, sets: &[Arc<ReplicaSet>], wanted: i64) -> Result<(), Failure> {
    let revision = |set: &ReplicaSet| {
        let text = set.metadata.annotations.get(DEPLOYMENT_REVISION);
        text.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    let mut known: Vec<_> = sets.iter().map(|set| (revision(set), set)).collect();
    crate::sorting::sort_by_key(&mut known, |(revision, _)| *revision);
    if wanted > 0 {
        known.retain(|(revision, _)| *revision == wanted);
        if known.is_empty() {
            return Err(Failure::new("unable to find the specified revision"));
        }
    }
    for (_, set) in known {
        let value = Object::ReplicaSet(Arc::clone(set)).to_value();
        call.answer(Kind::ReplicaSet, value, "", DryRun::None, Held::Typed)?;
    }
    Ok(())
}

fn undo(call: &mut Call<'_, '_>) -> Outcome {
    let revision = call.flags.number("to-revision").unwrap_or(0);
    let dry_run = call.flags.dry_run()?;
    let (items, mut failures) = items(call, true)?;
    for item in &items {
        if let Err(failure) = undo_one(call, item, revision, dry_run) {
            failures.push(failure);
        }
    }
    finish(failures)
}

fn undo_one(call: &mut Call<'_, '_>, item: &Item, revision: i64, dry_run: DryRun) -> Result<(), Failure> {
    if has_revisions(item.kind) {
        return revision_undo_of(call, item, revision, dry_run);
    }
    let otherwise = format!("no rollbacker has been implemented for {}", quoted_kind(item.kind));
    let deployment = deployment_of(item, &otherwise)?;
    let version = call.world.client().version();
    if version.warns_of_undo() && deployment.metadata.annotations.contains_key(LAST_APPLIED) {
        call.warn(&format!(
            "resource {}/{} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} \
             annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl \
             apply' with your previous configuration file instead.",
            item.kind.plural(),
            item.key.name
        ));
    }
    let sets = replica_sets(call, deployment);
    let mut shown = Object::Deployment(Arc::clone(deployment)).to_value();
    let done = match plan_undo(deployment, &sets, revision, dry_run == DryRun::Client, version)? {
        Undo::Print(text) | Undo::Skip(text) => text,
        Undo::Restore { template, annotations } => {
            let mut value = Object::Deployment(Arc::clone(deployment)).to_value();
            field::set(&mut value, &["spec", "template"], serde_json::to_value(&*template).unwrap_or_default());
            field::set(&mut value, &["metadata", "annotations"], json!(annotations));
            let options = call.write_options(dry_run);
            let result = call.world.client_mut().replace(item.kind, value, options);
            let written = call.written(result).map_err(|failure| {
                Failure::Plain(format!("failed restoring revision {revision}: {}", failure.message()))
            })?;
            shown = written.to_value();
            "rolled back".to_owned()
        }
    };
    call.answer(item.kind, shown, &done, dry_run, Held::Typed)
}

fn pause(call: &mut Call<'_, '_>) -> Outcome {
    change(call, "paused", |item, value| {
        if item.kind != Kind::Deployment {
            return Err("pausing is not supported".to_owned());
        }
        if field::flag(value, "/spec/paused") {
            return Err("is already paused".to_owned());
        }
        field::set(value, &["spec", "paused"], json!(true));
        Ok(())
    })
}

fn resume(call: &mut Call<'_, '_>) -> Outcome {
    change(call, "resumed", |item, value| {
        if item.kind != Kind::Deployment {
            return Err("resuming is not supported".to_owned());
        }
        if !field::flag(value, "/spec/paused") {
            return Err("is not paused".to_owned());
        }
        field::set(value, &["spec", "paused"], json!(false));
        Ok(())
    })
}

fn restart(call: &mut Call<'_, '_>) -> Outcome {
    let now = Time::from_sim(call.world.client().now()).to_string();
    change(call, "restarted", move |item, value| {
        if !matches!(item.kind, Kind::Deployment | Kind::DaemonSet | Kind::StatefulSet) {
            return Err("restarting is not supported".to_owned());
        }
        if field::flag(value, "/spec/paused") {
            return Err("can't restart paused deployment (run rollout resume first)".to_owned());
        }
        let place = ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"];
        field::set(value, &place, json!(now));
        Ok(())
    })
}

/// Changes each object that is meant, and says so.
fn change(call: &mut Call<'_, '_>, done: &str, edit: impl Fn(&Item, &mut Value) -> Result<(), String>) -> Outcome {
    let (items, mut failures) = items(call, true)?;
    for item in &items {
        let Some(object) = &item.object else { continue };
        let old = object.to_value();
        let mut new = old.clone();
        if let Err(why) = edit(item, &mut new) {
            let sentence = format!("error: {} \"{}\" {why}", qualified(item.kind), item.key.name);
            failures.push(Failure::Plain(sentence));
            continue;
        }
        if old == new {
            let name = &item.key.name;
            failures.push(Failure::Plain(format!(
                "failed to create patch for {name}: if restart has already been triggered within the past second, please \
                 wait before attempting to trigger another"
            )));
            continue;
        }
        let options = call.write_options(DryRun::None);
        let result = call.world.client_mut().replace(item.kind, new, options);
        match call.written(result) {
            Ok(object) => {
                failures.extend(call.answer(item.kind, object.to_value(), done, DryRun::None, Held::Typed).err());
            }
            Err(failure) => failures.push(Failure::Plain(format!("failed to patch: {}", failure.message()))),
        }
    }
    finish(failures)
}

fn status(call: &mut Call<'_, '_>) -> Outcome {
    let revision = call.flags.number("revision").unwrap_or(0);
    if revision < 0 {
        return Err(Failure::Plain(format!("revision must be a positive integer: {revision}")));
    }
    let (items, failures) = items(call, true)?;
    if let Some(item) = items.iter().find(|item| item.kind != Kind::Deployment && !has_revisions(item.kind)) {
        return Err(Failure::Plain(format!("no status viewer has been implemented for {}", item.kind.as_str())));
    }
    let timeout = call.flags.duration_ms("timeout").and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    Ok(Next::Wait(Box::new(Following {
        waiting: items.into_iter().rev().map(|item| (item.kind, item.key)).collect(),
        failures,
        timeout,
        current: None,
        revision,
        watches: call.flags.switch_or("watch", true),
        until: SimTime::NEVER,
    })))
}

/// `kubectl rollout status`: a line for every change of the object, until the rollout is done.
#[derive(Clone, Debug)]
struct Following {
    /// What is to be followed after the present one, last first.
    waiting: Vec<(Kind, Key)>,
    /// What was not found and what did not succeed, which is said at the end.
    failures: Vec<Failure>,
    /// How long each may take.
    timeout: Option<u64>,
    current: Option<Watch>,
    revision: i64,
    watches: bool,
    until: SimTime,
}

enum Step {
    GoOn,
    Finished,
    Failed(String),
}

impl Following {
    fn report(&self, object: &Object, io: &mut Io) -> Step {
        let progress = match object {
            Object::Deployment(deployment) => deployment_progress(deployment, self.revision),
            other if other.kind() == Kind::DaemonSet => daemon_set_progress(&other.to_value()),
            other => stateful_set_progress(&other.to_value()),
        };
        match progress {
            Ok(progress) => {
                io.out(&progress.message);
                if progress.done || !self.watches { Step::Finished } else { Step::GoOn }
            }
            Err(error) => Step::Failed(error),
        }
    }

    fn follow(&self, watch: &mut Watch, world: &World<'_>, io: &mut Io) -> Step {
        for entry in world.client().events(watch) {
            if entry.kind == ChangeType::Deleted {
                return Step::Failed("object has been deleted".to_owned());
            }
            match self.report(&entry.object, io) {
                Step::GoOn => {}
                step => return step,
            }
        }
        if world.client().now() >= self.until {
            return Step::Failed("timed out waiting for the condition".to_owned());
        }
        Step::GoOn
    }

    fn begin(&mut self, kind: Kind, key: &Key, world: &mut World<'_>, io: &mut Io) -> Step {
        let mut watch = world.client_mut().watch(kind);
        watch.namespace = Some(key.namespace.to_string());
        watch.name = Some(key.name.to_string());
        self.current = Some(watch);
        self.until = self.timeout.map_or(SimTime::NEVER, |ms| world.client().now() + ms);
        match world.client().get(kind, key) {
            Ok(object) => self.report(&object, io),
            Err(_) => Step::Failed("object has been deleted".to_owned()),
        }
    }
}

impl Process for Following {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        loop {
            let step = match self.current.take() {
                Some(mut watch) => {
                    let step = self.follow(&mut watch, world, io);
                    self.current = Some(watch);
                    step
                }
                None => match self.waiting.pop() {
                    Some((kind, key)) => self.begin(kind, &key, world, io),
                    None => {
                        let failures = std::mem::take(&mut self.failures);
                        let Some(failure) = Failure::from_all(failures) else { return Poll::Exited(0) };
                        io.err(failure.report());
                        return Poll::Exited(failure.exit_code());
                    }
                },
            };
            match step {
                Step::GoOn if self.until == SimTime::NEVER => return Poll::Waiting,
                Step::GoOn => return Poll::ChangesUntil(self.until),
                Step::Finished => self.current = None,
                Step::Failed(error) => {
                    self.failures.push(Failure::Plain(error));
                    self.current = None;
                }
            }
        }
    }
}
