//! `kubectl wait`.

use serde_json::Value;

use crate::api::{Kind, Object};
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{Flag, Parsed};
use crate::kubectl::output::go_syntax::{quote, sprint};
use crate::kubectl::output::jsonpath::{JsonPath, relaxed};
use crate::kubectl::output::{Printer, name_line_of};
use crate::kubectl::selection::{Item, Rules, Selection, select};
use crate::process::{Io, Poll, Process, Programs, World};
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
/// How often `--for=create` looks.
const POLL_MS: u64 = 500;
const TIMED_OUT: &str = "timed out waiting for the condition";

/// Models k8s.io/kubectl/pkg/cmd/wait WaitOptions.RunWaitContext.
fn wait(call: &mut Call<'_, '_>) -> Outcome {
    let wanted = call.flags.texts("for").to_vec();
    let printer = call.printer()?;
    let conditions = wanted.iter().map(|text| condition(text)).collect::<Result<Vec<_>, _>>()?;
    if conditions.is_empty() {
        return Err(Failure::new("unrecognized condition: []"));
    }
    let timeout = call.flags.duration_ms("timeout").unwrap_or(DEFAULT_TIMEOUT_MS);
    let until = call.world.client().now() + u64::try_from(timeout).unwrap_or(WEEK_MS);
    let wait = Wait { conditions, until, is_once: timeout == 0, printer, ..Wait::default() };
    let is_for_creation = wait.conditions.iter().any(|condition| matches!(condition, Condition::Created));
    if is_for_creation {
        let next = call.world.client().now();
        let (flags, programs) = (call.flags.clone(), call.programs);
        return Ok(Next::Wait(Box::new(Creation { flags, programs, next, wait, is_over: false })));
    }
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules::default())?;
    Ok(Next::Wait(Box::new(wait.of(selection)?)))
}

#[derive(Clone, Debug)]
enum Condition {
    Created,
    Deleted,
    Is { kind: String, status: String },
    Path { path: JsonPath, value: String },
}

/// Models wait.conditionFuncsFor.
fn condition(text: &str) -> Result<Condition, Failure> {
    if text.eq_ignore_ascii_case("delete") {
        return Ok(Condition::Deleted);
    }
    if text.eq_ignore_ascii_case("create") {
        return Ok(Condition::Created);
    }
    if let Some(rest) = text.strip_prefix("condition=") {
        let (kind, status) = rest.split_once('=').unwrap_or((rest, "true"));
        return Ok(Condition::Is { kind: kind.to_owned(), status: status.to_owned() });
    }
    let Some(rest) = text.strip_prefix("jsonpath=") else {
        return Err(Failure::Plain(format!("unrecognized condition: {}", quote(text))));
    };
    let parts = path_and_value(rest);
    let (path, value) = match parts.as_slice() {
        [path] => (path, None),
        [path, value] => (path, Some(value.trim_matches(['\'', '"']))),
        _ => {
            return Err(Failure::new(
                "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                 --for=jsonpath='{.status.readyReplicas}'",
            ));
        }
    };
    if path.is_empty() {
        return Err(Failure::new("jsonpath expression cannot be empty"));
    }
    let path = relaxed(path)?;
    if value == Some("") {
        return Err(Failure::new(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
        ));
    }
    Ok(Condition::Path { path: JsonPath::parse(&path, true)?, value: value.unwrap_or_default().to_owned() })
}

/// The text between single `=`; `==` belongs to a filter. Models wait.splitJSONPathInput.
fn path_and_value(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let last = parts.last_mut();
        match (c, last) {
            ('=', Some(last)) if characters.next_if_eq(&'=').is_some() => last.push_str("=="),
            ('=', _) => parts.push(String::new()),
            (c, Some(last)) => last.push(c),
            (_, None) => {}
        }
    }
    parts
}

impl Condition {
    /// Whether the object fulfils it. Models ConditionalWait.checkCondition and JSONPathWait.checkCondition.
    fn check(&self, object: &Object) -> Result<bool, Failure> {
        match self {
            Self::Created => Ok(true),
            Self::Deleted => Ok(false),
            Self::Is { kind, status } => Ok(is_condition(&object.to_value(), kind, status)),
            Self::Path { path, value } => {
                let object = object.to_value();
                let found = path.find(&object)?;
                let Some(first) = found.first().and_then(|found| found.first()) else { return Ok(false) };
                if found.len() > 1 {
                    return Err(Failure::new("given jsonpath expression matches more than one list"));
                }
                if found.first().is_some_and(|found| found.len() > 1) {
                    return Err(Failure::new("given jsonpath expression matches more than one value"));
                }
                if value.is_empty() {
                    return Ok(true);
                }
                if first.is_object() || first.is_array() {
                    return Err(Failure::new("jsonpath leads to a nested object or list which is not supported"));
                }
                Ok(sprint(first).trim() == value.trim())
            }
        }
    }
}

/// The first condition of this name decides, unless the controller has not seen the object's present form.
fn is_condition(object: &Value, kind: &str, status: &str) -> bool {
    let mut conditions = field::list(object, "/status/conditions").iter();
    let named = |condition: &&Value| {
        field::text(condition, "/type").eq_ignore_ascii_case(kind) && condition.get("status").is_some()
    };
    let Some(condition) = conditions.find(named) else { return false };
    let observed = condition.get("observedGeneration").or_else(|| object.pointer("/status/observedGeneration"));
    if let (Some(generation), Some(observed)) = (object.pointer("/metadata/generation"), observed)
        && observed.as_i64() < generation.as_i64()
    {
        return false;
    }
    field::text(condition, "/status").eq_ignore_ascii_case(status)
}

/// Waits until at least one object is there; then the conditions have their turn.
#[derive(Clone, Debug)]
struct Creation {
    flags: Parsed,
    programs: Programs,
    /// When it looks next.
    next: SimTime,
    wait: Wait,
    is_over: bool,
}

impl Creation {
    /// Whether an object is there, and none is missing.
    fn look(&mut self, world: &mut World<'_>, io: &mut Io) -> Result<bool, Failure> {
        let args = self.flags.args.clone();
        let mut call =
            Call { world, io, flags: self.flags.clone(), command: &WAIT, programs: self.programs, warned: Vec::new() };
        let selection = select(&mut call, &args, Rules::default())?;
        let is_missing = selection.failures.len() == 1 && selection.failures.iter().all(Failure::is_not_found);
        if is_missing || (selection.failures.is_empty() && selection.items.is_empty()) {
            return Ok(false);
        }
        self.wait = std::mem::take(&mut self.wait).of(selection)?;
        Ok(true)
    }
}

impl Process for Creation {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        if self.is_over {
            return self.wait.poll(world, io);
        }
        let now = world.client().now();
        if now < self.next {
            return Poll::SleepUntil(self.next);
        }
        match self.look(world, io) {
            Ok(true) => {
                self.is_over = true;
                self.wait.poll(world, io)
            }
            Ok(false) if now < self.wait.until => {
                self.next = (now + POLL_MS).min(self.wait.until);
                Poll::SleepUntil(self.next)
            }
            Ok(false) => end(io, Some(Failure::new(TIMED_OUT))),
            Err(failure) => end(io, Some(failure)),
        }
    }
}

fn end(io: &mut Io, failure: Option<Failure>) -> Poll {
    let Some(failure) = failure else { return Poll::Exited(0) };
    io.err(failure.report());
    Poll::Exited(failure.exit_code())
}

/// Waits for one object after the other, and with each for one condition after the other.
#[derive(Clone, Debug, Default)]
struct Wait {
    conditions: Vec<Condition>,
    until: SimTime,
    /// `--timeout=0`: it looks and does not wait.
    is_once: bool,
    printer: Option<Printer>,
    /// What is left, in order.
    items: Vec<Item>,
    /// Which condition of the first of them is waited for.
    at: usize,
    /// The object as it was when the waiting for this condition began.
    begun: Option<Object>,
    /// How many objects were printed.
    printed: usize,
    failures: Vec<Failure>,
}

/// What a look at an object comes to.
enum Look {
    Met(Option<Object>),
    NotYet,
    Failed(Failure),
}

impl Wait {
    /// The same for these objects.
    fn of(mut self, selection: Selection) -> Result<Self, Failure> {
        let is_for_deletion = self.conditions.iter().any(|condition| matches!(condition, Condition::Deleted));
        self.failures = selection.failures;
        self.failures.retain(|failure| !(is_for_deletion && failure.is_not_found()));
        self.items = selection.items;
        if self.items.is_empty() && self.failures.is_empty() && !is_for_deletion {
            return Err(Failure::new("no matching resources found"));
        }
        Ok(self)
    }

    /// Looks whether the first object fulfils the condition whose turn it is.
    /// Models wait.getObjAndCheckCondition and wait.IsDeleted.
    fn look(&mut self, world: &World<'_>, item: &Item, condition: &Condition) -> Look {
        let has_expired = !self.is_once && world.client().now() >= self.until;
        let found = world.client().get(item.kind, &item.key);
        let is_met = match (condition, &self.begun, found) {
            (Condition::Created, ..) => return Look::Met(item.object.clone()),
            (Condition::Deleted, None, Err(_)) => return Look::Met(item.object.clone()),
            (Condition::Deleted, None, Ok(object)) => {
                self.begun = Some(object);
                Ok(false)
            }
            (Condition::Deleted, Some(begun), found) => {
                let uid = &begun.metadata().uid;
                Ok(found.ok().is_none_or(|object| object.metadata().uid != *uid))
            }
            (_, None, Err(status)) => return Look::Failed(status.into()),
            // Time was over before its turn came: it is not looked at any more.
            (_, None, Ok(_)) if has_expired => Ok(false),
            (_, _, Ok(object)) => {
                let is_met = condition.check(&object);
                self.begun = Some(object);
                is_met
            }
            (_, Some(_), Err(_)) => Ok(false),
        };
        let place = || format!("{}/{}", item.kind.plural(), item.key.name);
        match is_met {
            Err(failure) => Look::Failed(failure),
            Ok(true) => Look::Met(self.begun.clone()),
            Ok(false) if self.is_once => Look::Failed(Failure::Plain(format!("condition not met for {}", place()))),
            Ok(false) if has_expired => Look::Failed(Failure::Plain(format!("{TIMED_OUT} on {}", place()))),
            Ok(false) => Look::NotYet,
        }
    }

    fn print(&mut self, kind: Kind, key: &Key, object: Option<&Object>) -> Result<String, Failure> {
        let (Some(printer), Some(object)) = (&mut self.printer, object) else {
            return Ok(name_line_of(kind, &key.name, "condition met"));
        };
        let text = printer.print(vec![object.to_value()], true)?;
        self.printed += 1;
        let is_next = self.printed > 1 && matches!(printer, Printer::Yaml);
        Ok(if is_next { format!("---\n{text}") } else { text })
    }
}

impl Process for Wait {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        while let Some(item) = self.items.first().cloned() {
            let Some(condition) = self.conditions.get(self.at).cloned() else {
                self.items.remove(0);
                self.at = 0;
                continue;
            };
            match self.look(world, &item, &condition) {
                Look::NotYet => return Poll::ChangesUntil(self.until),
                Look::Met(object) => {
                    // A template that does not fit is no reason to stop.
                    io.out(self.print(item.kind, &item.key, object.as_ref()).unwrap_or_default());
                    self.at += 1;
                }
                Look::Failed(failure) => {
                    self.failures.push(failure);
                    self.items.remove(0);
                    self.at = 0;
                }
            }
            self.begun = None;
        }
        end(io, Failure::from_all(std::mem::take(&mut self.failures)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_condition, path_and_value};

    #[test]
    fn a_single_equal_sign_separates() {
        assert_eq!(path_and_value("a.b.c====d.e.f===g.h.i==="), ["a.b.c====d.e.f==", "g.h.i==", ""]);
        assert_eq!(path_and_value("{.a}"), ["{.a}"]);
    }

    #[test]
    fn a_condition_counts_once_its_generation_is_observed() {
        let object = |generation: i64, conditions: serde_json::Value, observed: Option<i64>| {
            let mut object = json!({"metadata": {"generation": generation}, "status": {"conditions": conditions}});
            if let Some(observed) = observed {
                object["status"]["observedGeneration"] = json!(observed);
            }
            object
        };
        let plain = json!([{"type": "Ready", "status": "True"}]);
        assert!(is_condition(&object(2, plain.clone(), Some(2)), "ready", "TRUE"));
        assert!(!is_condition(&object(2, plain.clone(), Some(1)), "Ready", "true"));
        assert!(is_condition(&object(2, plain.clone(), None), "Ready", "true"));
        assert!(!is_condition(&object(2, plain.clone(), Some(0)), "Ready", "true"), "zero is a generation, too");
        assert!(!is_condition(&object(2, plain, None), "Ready", "false"));
        // A condition's own generation goes before the status's.
        let own = |observed: i64| json!([{"type": "Ready", "status": "True", "observedGeneration": observed}]);
        assert!(is_condition(&object(2, own(2), Some(1)), "Ready", "true"));
        assert!(!is_condition(&object(2, own(1), Some(2)), "Ready", "true"));
        // The first of two of the same name decides.
        let two = json!([{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True"}]);
        assert!(!is_condition(&object(1, two, None), "Ready", "true"));
    }
}
