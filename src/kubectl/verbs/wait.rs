//! `kubectl wait`.

use crate::api::Kind;
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;
use crate::kubectl::output::go_syntax::{quote, sprint};
use crate::kubectl::output::jsonpath::{JsonPath, relaxed};
use crate::kubectl::output::name_line_of;
use crate::kubectl::selection::{Rules, select};
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const WAIT: Command = Command {
    path: "wait",
    aliases: &[],
    about: "Wait for a specific condition on one or many resources",
    usage: "([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) \
            [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
    flags: &[
        Flag::switch("all", None),
        Flag::switch("all-namespaces", Some('A')),
        Flag::text("field-selector", None),
        Flag::list("filename", Some('f')),
        Flag::texts("for", None),
        Flag::text("output", Some('o')),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::duration("timeout"),
    ],
    run: wait,
};

const DEFAULT_TIMEOUT_MS: i64 = 30_000;
/// What a negative timeout stands for.
const WEEK_MS: u64 = 7 * 24 * 3_600_000;

#[derive(Clone, Debug)]
enum Condition {
    Deleted,
    Is { kind: String, status: String },
    Path { path: JsonPath, value: String },
}

fn wait(call: &mut Call<'_, '_>) -> Outcome {
    let wanted = call.flags.texts("for").to_vec();
    let conditions = wanted.iter().map(|text| condition(text)).collect::<Result<Vec<_>, _>>()?;
    if conditions.is_empty() {
        return Err(Failure::new("unrecognized condition: []"));
    }
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules::default())?;
    let only_deleted = conditions.iter().all(|condition| matches!(condition, Condition::Deleted));
    let failures = selection.failures.into_iter().filter(|failure| !(only_deleted && failure.is_not_found()));
    if let Some(failure) = Failure::from_all(failures.collect()) {
        return Err(failure);
    }
    if selection.items.is_empty() {
        return if only_deleted { Ok(Next::Done) } else { Err(Failure::new("no matching resources found")) };
    }
    let timeout = call.flags.duration_ms("timeout").unwrap_or(DEFAULT_TIMEOUT_MS);
    let until = call.world.cluster.now() + u64::try_from(timeout).unwrap_or(WEEK_MS);
    let pending = selection
        .items
        .into_iter()
        .map(|item| {
            let uid = item.object.map(|object| object.metadata().uid.clone()).unwrap_or_default();
            (item.kind, item.key, uid)
        })
        .collect();
    Ok(Next::Wait(Box::new(Wait { pending, conditions, until })))
}

/// Models k8s.io/kubectl/pkg/cmd/wait conditionFuncsFor.
fn condition(text: &str) -> Result<Condition, Failure> {
    if text.eq_ignore_ascii_case("delete") {
        return Ok(Condition::Deleted);
    }
    if text.eq_ignore_ascii_case("create") {
        return Ok(Condition::Path { path: JsonPath::parse("{.metadata.uid}", true)?, value: String::new() });
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (kind, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Condition::Is { kind: kind.to_owned(), status: status.to_owned() });
    }
    let Some(rest) = text.strip_prefix("jsonpath=") else {
        return Err(Failure::Plain(format!("unrecognized condition: {}", quote(text))));
    };
    // `==` belongs to a filter; a single `=` separates the value.
    let bytes = rest.as_bytes();
    let is_single = |at: &usize| {
        bytes.get(*at) == Some(&b'=')
            && bytes.get(at + 1) != Some(&b'=')
            && at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'=')
    };
    let (path, value) = match (0..bytes.len()).find(is_single).and_then(|at| rest.split_at_checked(at)) {
        Some((path, value)) => (path, value.get(1..).unwrap_or_default().trim_matches(['\'', '"'])),
        None => (rest, ""),
    };
    Ok(Condition::Path { path: JsonPath::parse(&relaxed(path)?, true)?, value: value.to_owned() })
}

#[derive(Clone, Debug)]
struct Wait {
    /// Kind, key and uid of what has not got there yet, in order.
    pending: Vec<(Kind, Key, String)>,
    conditions: Vec<Condition>,
    until: SimTime,
}

impl Condition {
    fn is_met(&self, world: &World<'_>, kind: Kind, key: &Key, uid: &str) -> bool {
        let object = world.cluster.api.get(kind, key).ok();
        match self {
            Self::Deleted => object.is_none_or(|object| object.metadata().uid != uid),
            Self::Is { kind, status } => {
                let Some(value) = object.map(crate::api::Object::to_value) else { return false };
                let observed = field::number(&value, "/status/observedGeneration");
                if observed != 0 && observed < field::number(&value, "/metadata/generation") {
                    return false;
                }
                field::list(&value, "/status/conditions").iter().any(|condition| {
                    field::text(condition, "/type").eq_ignore_ascii_case(kind)
                        && field::text(condition, "/status").eq_ignore_ascii_case(status)
                })
            }
            Self::Path { path, value } => {
                let Some(object) = object.map(crate::api::Object::to_value) else { return false };
                let Ok(found) = path.find(&object) else { return false };
                let mut found = found.into_iter().flatten();
                found.next().is_some_and(|found| value.is_empty() || sprint(&found) == *value)
            }
        }
    }
}

impl Process for Wait {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        while let Some((kind, key, uid)) = self.pending.first() {
            let met = self.conditions.iter().all(|condition| condition.is_met(world, *kind, key, uid));
            if !met && world.cluster.now() < self.until {
                return Poll::SleepUntil(self.until);
            }
            if !met {
                let lines = self.pending.iter().map(|(kind, key, _)| {
                    format!("timed out waiting for the condition on {}/{}\n", kind.plural(), key.name)
                });
                let prefix = if self.pending.len() == 1 { "error: " } else { "" };
                io.err(prefix);
                io.err(lines.collect::<String>());
                return Poll::Exited(1);
            }
            io.out(name_line_of(*kind, &key.name, "condition met"));
            self.pending.remove(0);
        }
        Poll::Exited(0)
    }
}
