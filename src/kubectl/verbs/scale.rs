//! `kubectl scale`.

use serde_json::json;

use crate::api::Kind;
use crate::apiserver::{Key, Status, WriteOptions};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::selection::{Item, Rules, select};
use crate::process::{Chunk, Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const SCALE: Command = Command {
    path: "scale",
    aliases: &[],
    about: "Set a new size for a deployment, replica set, or replication controller",
    usage: "[--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)",
    flags: &[
        Flag::switch("all", None),
        Flag::number("current-replicas", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::text("output", Some('o')),
        Flag::switch("record", None),
        Flag::switch("recursive", Some('R')),
        Flag::number("replicas", None),
        Flag::text("resource-version", None),
        Flag::text("selector", Some('l')),
        Flag::duration("timeout"),
    ],
    run: scale,
};

fn scale(call: &mut Call<'_, '_>) -> Outcome {
    let Some(replicas) = call.flags.number("replicas") else {
        return Err(Failure::new("required flag(s) \"replicas\" not set"));
    };
    let dry_run = call.flags.dry_run()?;
    if replicas < 0 {
        return Err(Failure::new(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let current = call.flags.number("current-replicas").unwrap_or(-1);
    if current < -1 {
        return Err(Failure::new("The --current-replicas must specify an integer of -1 or greater"));
    }
    let args = call.args().to_vec();
    let types_alone = call.flags.switch("all");
    let selection = select(call, &args, Rules { types_alone, files_as_they_are: false })?;
    let mut failures = selection.failures;
    if failures.is_empty() && selection.items.is_empty() {
        return Err(Failure::new("no objects passed to scale"));
    }
    if call.flags.text("resource-version").is_some_and(|version| !version.is_empty()) && selection.items.len() > 1 {
        return Err(Failure::new("cannot use --resource-version with multiple resources"));
    }
    let timeout = call.flags.duration_ms("timeout").and_then(|ms| u64::try_from(ms).ok()).filter(|ms| *ms > 0);
    for item in &selection.items {
        if let Err(failure) = scale_one(call, item, replicas, current, dry_run) {
            failures.push(failure);
        }
    }
    let Some(timeout) = timeout.filter(|_| dry_run == DryRun::None && failures.is_empty()) else {
        return Failure::from_all(failures).map_or(Ok(Next::Done), Err);
    };
    let waiting = selection.items.iter().map(|item| (item.kind, item.key.clone())).collect();
    let until = call.world.client().now() + timeout;
    // What is said about the objects is said when they have the size.
    let said = call.io.take_chunks();
    Ok(Next::Wait(Box::new(Scaling { waiting, replicas, until, said })))
}

/// Waits for `--timeout` until the objects have as many pods as they are to have.
/// Models k8s.io/kubectl/pkg/scale WaitForScaleHasDesiredReplicas.
#[derive(Clone, Debug)]
struct Scaling {
    waiting: Vec<(Kind, Key)>,
    replicas: i64,
    until: SimTime,
    said: Vec<Chunk>,
}

impl Process for Scaling {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let (client, replicas) = (world.client(), self.replicas);
        self.waiting.retain(|(kind, key)| {
            client.get(*kind, key).is_ok_and(|object| field::number(&object.to_value(), "/status/replicas") != replicas)
        });
        if self.waiting.is_empty() {
            for chunk in std::mem::take(&mut self.said) {
                io.write(chunk.stream, &chunk.text);
            }
            return Poll::Exited(0);
        }
        if client.now() >= self.until {
            io.err("error: timed out waiting for the condition\n");
            return Poll::Exited(1);
        }
        Poll::ChangesUntil(self.until)
    }
}

fn scale_one(
    call: &mut Call<'_, '_>,
    item: &Item,
    replicas: i64,
    current: i64,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let Some(object) = &item.object else { return Ok(()) };
    // Whether a user's kind can be scaled the server knows.
    if !item.kind.is_custom()
        && !matches!(item.kind, Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController)
    {
        let mut status = Status::not_found(item.kind, &item.key.name);
        "the server could not find the requested resource".clone_into(&mut status.message);
        return Err(status.into());
    }
    let mut value = object.to_value();
    let was = field::number(&value, "/spec/replicas");
    if current >= 0 && was != current {
        return Err(Failure::Plain(format!("Expected replicas to be {current}, was {was}")));
    }
    let wanted = call.flags.text("resource-version").filter(|version| !version.is_empty());
    let version = field::text(&value, "/metadata/resourceVersion");
    if let Some(wanted) = wanted.filter(|wanted| *wanted != version) {
        return Err(Failure::Plain(format!("Expected resource version to be {wanted}, was {version}")));
    }
    field::set(&mut value, &["spec", "replicas"], json!(replicas));
    call.record(&mut value);
    if dry_run != DryRun::Client {
        let options = WriteOptions { to_scale: true, ..call.write_options(dry_run) };
        let result = call.world.client_mut().replace(item.kind, value, options);
        value = call.written(result)?.to_value();
    }
    call.answer(item.kind, value, "scaled", dry_run, Held::Map)
}
