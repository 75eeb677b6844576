//! `kubectl delete`.

use std::collections::VecDeque;

use crate::api::Kind;
use crate::apiserver::{DeleteOptions, Key, Propagation};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{DryRun, Flag, Parsed};
use crate::kubectl::output::name_line_of;
use crate::kubectl::raw::{self, Method};
use crate::kubectl::resource_type::kind_prefix;
use crate::kubectl::selection::{Item, Rules, Selection, select};
use crate::process::{Input, Io, Poll, Process, Programs, World};
use crate::sim::SimTime;

pub(super) const DELETE: Command = Command {
    path: "delete",
    aliases: &[],
    about: "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    usage: "([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])",
    flags: &[
        Flag::switch("all", None),
        Flag::switch("all-namespaces", Some('A')),
        Flag::optional("cascade", "background"),
        Flag::optional("dry-run", "unchanged"),
        Flag::text("field-selector", None),
        Flag::list("filename", Some('f')),
        Flag::switch("force", None),
        Flag::number("grace-period", None),
        Flag::switch("ignore-not-found", None),
        Flag::switch("interactive", Some('i')),
        Flag::switch("now", None),
        Flag::format(),
        Flag::text("raw", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::duration("timeout"),
        Flag::switch("wait", None),
    ],
    run: delete,
};

#[derive(Clone, Debug)]
struct Plan {
    options: DeleteOptions,
    dry_run: DryRun,
    forced: bool,
    names_only: bool,
}

fn delete(call: &mut Call<'_, '_>) -> Outcome {
    if call.flags.text("raw").is_some_and(|path| !path.is_empty()) {
        if call.flags.switch("interactive") {
            return Err(Failure::new("--interactive can not be used with --raw"));
        }
        return raw::run(call, Method::Delete).map(|()| Next::Done);
    }
    let plan = plan(call)?;
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules { types_alone: false, files_as_they_are: true })?;
    if call.flags.switch("interactive") {
        return ask(call, plan, selection);
    }
    delete_all(call, &plan, selection)
}

/// Models DeleteOptions.confirmation.
fn ask(call: &mut Call<'_, '_>, plan: Plan, selection: Selection) -> Outcome {
    if selection.items.is_empty() && selection.failures.is_empty() {
        call.io.out("No resources found\n");
        return Ok(Next::Done);
    }
    let names: String = selection.items.iter().map(|item| name_line_of(item.kind, &item.key.name, "")).collect();
    let count = selection.items.len();
    call.io.out(format!(
        "You are about to delete the following {count} resource(s):\n{names}Do you want to continue? (y/N): "
    ));
    let (flags, programs) = (call.flags.clone(), call.programs);
    Ok(Next::Wait(Box::new(Asking { flags, programs, asked: Some((plan, selection)), then: None })))
}

/// Waits for the answer, and then for the deletion.
#[derive(Clone, Debug)]
struct Asking {
    flags: Parsed,
    programs: Programs,
    /// What is to be deleted, until there is an answer.
    asked: Option<(Plan, Selection)>,
    /// What the deletion waits for.
    then: Option<Box<dyn Process>>,
}

impl Process for Asking {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if let Some(then) = &mut self.then {
            return then.poll(world, io);
        }
        let answer = match io.read_line() {
            Input::Pending => return Poll::Waiting,
            Input::Line(line) => line,
            Input::End => String::new(),
        };
        let Some((plan, selection)) = self.asked.take() else { return Poll::Exited(0) };
        if !answer.trim().eq_ignore_ascii_case("y") {
            io.out("deletion is cancelled\n");
            return Poll::Exited(0);
        }
        let (flags, programs) = (self.flags.clone(), self.programs);
        let mut call = Call { world, io, flags, command: &DELETE, programs, warned: Vec::new() };
        match delete_all(&mut call, &plan, selection) {
            Ok(Next::Done) => Poll::Exited(0),
            Ok(Next::Wait(then)) => self.then.insert(then).poll(world, io),
            Err(failure) => {
                io.err(failure.report());
                Poll::Exited(failure.exit_code())
            }
        }
    }
}

fn delete_all(call: &mut Call<'_, '_>, plan: &Plan, selection: Selection) -> Outcome {
    let ignores = call.flags.switch_or(
        "ignore-not-found",
        ["all", "selector", "field-selector"].iter().any(|flag| call.flags.is_set(flag)),
    );
    let is_bound = call.has_explicit_namespace() && !call.flags.switch("all-namespaces");
    if is_bound && selection.items.iter().any(|item| item.kind.is_cluster_scoped()) {
        call.warn("deleting cluster-scoped resources, not scoped to the provided namespace");
    }
    let mut failures: Vec<Failure> =
        selection.failures.into_iter().filter(|failure| !(ignores && failure.is_not_found())).collect();
    let mut waiting = VecDeque::new();
    let mut found = 0;
    for item in &selection.items {
        match delete_one(call, item, plan) {
            Ok(pending) => {
                found += 1;
                waiting.extend(pending);
            }
            Err(failure) if ignores && failure.is_not_found() => {}
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(failure) = Failure::from_all(failures) {
        return Err(failure);
    }
    if found == 0 {
        call.io.out("No resources found\n");
        return Ok(Next::Done);
    }
    if !call.flags.switch_or("wait", !plan.forced) || plan.dry_run != DryRun::None {
        return Ok(Next::Done);
    }
    let timeout = call.flags.duration_ms("timeout").and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    let until = timeout.map_or(SimTime::NEVER, |ms| call.world.client().now() + ms);
    Ok(Next::Wait(Box::new(Gone { waiting, until })))
}

/// Models DeleteOptions.Complete and Validate.
fn plan(call: &mut Call<'_, '_>) -> Result<Plan, Failure> {
    let forced = call.flags.switch("force");
    let mut grace = call.flags.number("grace-period").unwrap_or(-1);
    if call.flags.switch("now") {
        if grace != -1 {
            return Err(Failure::new("--now and --grace-period cannot be specified together"));
        }
        grace = 1;
    }
    if grace == 0 && !forced {
        grace = 1;
    }
    if forced && grace < 0 {
        grace = 0;
    }
    let dry_run = call.flags.dry_run()?;
    let output = call.flags.text("output").unwrap_or_default();
    if !matches!(output, "" | "name") {
        return Err(Failure::Plain(format!("unexpected -o output mode: {output}. We only support '-o name'")));
    }
    let names_only = output == "name";
    for selector in ["selector", "field-selector"] {
        if call.flags.switch("all") && call.flags.is_set(selector) {
            return Err(Failure::Plain(format!("cannot set --all and --{selector} at the same time")));
        }
    }
    if forced && grace > 0 {
        return Err(Failure::new("--force and --grace-period greater than 0 cannot be specified together"));
    }
    let propagation = propagation(call)?;
    if forced {
        call.warn(
            "Immediate deletion does not wait for confirmation that the running resource has been terminated. The \
             resource may continue to run on the cluster indefinitely.",
        );
    }
    let grace_period_seconds = (grace >= 0).then_some(grace);
    Ok(Plan { options: DeleteOptions { grace_period_seconds, propagation, uid: None }, dry_run, forced, names_only })
}

/// `--cascade`. Models cmdutil.GetCascadingStrategy.
pub(super) fn propagation(call: &Call<'_, '_>) -> Result<Propagation, Failure> {
    match call.flags.text("cascade") {
        None | Some("background" | "true") => Ok(Propagation::Background),
        Some("foreground") => Ok(Propagation::Foreground),
        Some("orphan" | "false") => Ok(Propagation::Orphan),
        Some(other) => Err(Failure::Plain(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

/// What has to be waited for, once it is marked.
fn delete_one(call: &mut Call<'_, '_>, item: &Item, plan: &Plan) -> Result<Option<Pending>, Failure> {
    let mut pending = None;
    if plan.dry_run == DryRun::None {
        let deleted = call.world.client_mut().delete(item.kind, &item.key, &plan.options);
        let deleted = deleted.map_err(|status| Failure::from(status).when("deleting", item.source.as_deref()))?;
        if !deleted.gone {
            pending =
                Some(Pending { kind: item.kind, key: item.key.clone(), uid: deleted.object.metadata().uid.clone() });
        }
    } else {
        call.world.client().get(item.kind, &item.key)?;
    }
    if plan.names_only {
        call.io.out(name_line_of(item.kind, &item.key.name, ""));
        return Ok(pending);
    }
    let mut operation =
        if plan.options.grace_period_seconds == Some(0) { "force deleted" } else { "deleted" }.to_owned();
    if call.world.client().version().says_where_it_deleted() && !item.kind.is_cluster_scoped() {
        operation = format!("{operation} from {} namespace", item.key.namespace);
    }
    let suffix = plan.dry_run.suffix();
    call.io.out(format!("{} \"{}\" {operation}{suffix}\n", kind_prefix(item.kind), item.key.name));
    Ok(pending)
}

#[derive(Clone, Debug)]
struct Pending {
    kind: Kind,
    key: Key,
    uid: String,
}

/// Waits until what was deleted is gone. Models k8s.io/kubectl/pkg/cmd/wait IsDeleted.
#[derive(Clone, Debug)]
struct Gone {
    /// In the order in which they are waited for: one after the other.
    waiting: VecDeque<Pending>,
    until: SimTime,
}

impl Process for Gone {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let client = world.client();
        let is_there = |pending: &Pending| {
            client.get(pending.kind, &pending.key).is_ok_and(|object| object.metadata().uid == pending.uid)
        };
        while self.waiting.front().is_some_and(|first| !is_there(first)) {
            self.waiting.pop_front();
        }
        let Some(first) = self.waiting.front() else { return Poll::Exited(0) };
        if world.client().now() >= self.until {
            let (kind, name) = (first.kind.plural(), &first.key.name);
            io.err(format!("error: timed out waiting for the condition on {kind}/{name}\n"));
            return Poll::Exited(1);
        }
        if self.until == SimTime::NEVER { Poll::Waiting } else { Poll::ChangesUntil(self.until) }
    }
}
