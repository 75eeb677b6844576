//! The recorder and its correlator.

use hellok8s_lab::api::{Event, EventSource, EventType, KubernetesVersion, ObjectMeta, ObjectReference, Time};
use hellok8s_lab::events::{Correlated, Correlator, EventWrite, Note, Recorder};
use hellok8s_lab::sim::SimTime;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::kubelet::{list, number, text};
use crate::table::{self, same};

fn event(given: &[Value]) -> Event {
    let at = |index: usize| given.get(index).map(text).unwrap_or_default();
    let seconds = given.first().and_then(Value::as_i64).unwrap_or_default();
    let time = Some(Time(Time::from_sim(SimTime::ZERO).0 + seconds));
    Event {
        metadata: ObjectMeta { name: format!("{}.{seconds:x}", at(2)), ..ObjectMeta::default() },
        involved_object: ObjectReference {
            kind: "Pod".into(),
            namespace: "default".into(),
            uid: at(2),
            name: at(2),
            api_version: "v1".into(),
            field_path: at(6),
            ..ObjectReference::default()
        },
        kind: if at(3) == "Warning" { EventType::Warning } else { EventType::Normal },
        reason: at(4),
        message: at(5),
        source: EventSource { component: at(1), host: "n1".into() },
        reporting_component: at(1),
        reporting_instance: "n1".into(),
        count: 1,
        first_timestamp: time,
        last_timestamp: time,
        ..Event::default()
    }
}

/// What the generator's API server holds, and what its answers were.
#[derive(Clone, Default)]
struct Sink {
    correlators: BTreeMap<String, Correlator>,
    stored: Vec<Event>,
}

/// The zero time of Go, in the table's seconds.
const NEVER_S: i64 = -9_223_372_036;

fn seconds(time: Option<Time>) -> i64 {
    time.map_or(0, |time| time.as_sim_ms() / 1000)
}

impl Sink {
    fn correlator(&mut self, component: &str) -> &mut Correlator {
        self.correlators.entry(component.to_owned()).or_insert_with(|| Correlator::new(KubernetesVersion::V1_36))
    }

    fn record(&mut self, event: Event, now: SimTime, forget: usize) -> Value {
        let component = event.source.component.clone();
        let (word, event) = match self.correlator(&component).correlate_forgetting(event, now, forget) {
            Correlated::Dropped => return json!(["dropped"]),
            Correlated::Created(event) => ("created", event),
            Correlated::Patched(event) => ("patched", event),
        };
        let at = self.stored.iter().position(|stored| stored.metadata.name == event.metadata.name);
        let (count, last_s) = (event.count, seconds(event.last_timestamp));
        match at {
            Some(at) => {
                let first_s = seconds(event.first_timestamp);
                self.stored[at] = event;
                json!([word, at, count, first_s, last_s])
            }
            None if word == "created" => {
                let first_s = seconds(event.first_timestamp);
                self.stored.push(event);
                json!([word, self.stored.len() - 1, count, first_s, last_s])
            }
            // The generator applies the patch of an event whose creation was held back to an empty event.
            None => json!([word, 0, count, NEVER_S, last_s]),
        }
    }
}

/// Whether the rest of the row can be had. Where events are combined, Go forgets any one of the remembered messages
/// (the order of its maps differs from run to run), so every choice that can matter is tried.
fn can_follow(sink: &mut Sink, given: &[Value], expected: &[Value], stored: &Value) -> bool {
    let (Some(first), Some(want)) = (given.first(), expected.first()) else {
        let ours: Vec<Value> = sink
            .stored
            .iter()
            .map(|event| {
                json!([
                    event.source.component,
                    event.involved_object.name,
                    event.kind,
                    event.reason,
                    event.message,
                    event.count,
                    seconds(event.first_timestamp),
                    seconds(event.last_timestamp),
                ])
            })
            .collect();
        return json!(ours) == *stored;
    };
    let mut event = event(list(first));
    event.metadata.name = format!("{}.{}", event.metadata.name, given.len());
    let now = SimTime(number(&first[0]) * 1000);
    let choices = choices(sink, &event, &given[1..]);
    if let [choice] = choices.as_slice() {
        return sink.record(event, now, *choice) == *want && can_follow(sink, &given[1..], &expected[1..], stored);
    }
    choices.into_iter().any(|choice| {
        let mut next = sink.clone();
        next.record(event.clone(), now, choice) == *want && can_follow(&mut next, &given[1..], &expected[1..], stored)
    })
}

/// Which messages are worth forgetting: each that comes again, and one of those that never do.
fn choices(sink: &mut Sink, event: &Event, to_come: &[Value]) -> Vec<usize> {
    let mut messages = sink.correlator(&event.source.component).remembered_messages(event);
    messages.push(event.message.clone());
    messages.sort();
    messages.dedup();
    if messages.len() < 10 {
        return vec![0];
    }
    let comes_again = |message: &str| {
        to_come.iter().any(|later| {
            later[1] == event.source.component.as_str()
                && later[2] == event.involved_object.name.as_str()
                && later[3] == event.kind.as_str()
                && later[4] == event.reason.as_str()
                && later[5] == message
        })
    };
    let indexes = || messages.iter().enumerate();
    let mut choices: Vec<usize> = indexes().filter(|(_, message)| comes_again(message)).map(|(at, _)| at).collect();
    choices.extend(indexes().find(|(_, message)| !comes_again(message)).map(|(at, _)| at));
    choices
}

#[test]
fn events() {
    table::run("events", |row| {
        let (given, each) = (list(&row["in"]["events"]), list(&row["out"]["each"]));
        if can_follow(&mut Sink::default(), given, each, &row["out"]["stored"]) {
            return Ok(());
        }
        let mut sink = Sink::default();
        let ours: Vec<Value> = given
            .iter()
            .enumerate()
            .map(|(index, given)| {
                let mut event = event(list(given));
                event.metadata.name = format!("{}.{index}", event.metadata.name);
                sink.record(event, SimTime(number(&given[0]) * 1000), 0)
            })
            .collect();
        same(&json!(ours), &row["out"]["each"])
    });
}

/// What the recorder makes of a sequence of notes.
fn run_recorder(test: &str) {
    let state = std::cell::RefCell::new((Recorder::new(KubernetesVersion::V1_36), 0_u64));
    table::run_upstream("record", test, |case| {
        let (recorder, step) = &mut *state.borrow_mut();
        *step += 1;
        let given = &case["expect"];
        let Ok(mut expected) = serde_json::from_value::<Event>(given.clone()) else {
            return Err("not an event".to_owned());
        };
        // Events of Kubernetes' own first sink are counted anew by the second.
        if test == "TestMultiSinkCache" && *step == 8 {
            *recorder = Recorder::new(KubernetesVersion::V1_36);
        }
        let note = Note {
            source: expected.source.clone(),
            object: expected.involved_object.clone(),
            kind: expected.kind,
            reason: expected.reason.clone(),
            message: expected.message.clone(),
        };
        let (is_update, event) = match recorder.record(note, SimTime(*step * 1000)) {
            Some(EventWrite::Create(event)) => (false, event),
            Some(EventWrite::Patch(event)) => (true, event),
            None => return Err("held back".to_owned()),
        };
        if !event.metadata.name.starts_with(&format!("{}.", expected.metadata.name)) {
            return Err(format!("named {}", event.metadata.name));
        }
        // Their test, too, compares names by prefix and leaves the times out.
        expected.metadata.name.clone_from(&event.metadata.name);
        expected.first_timestamp = event.first_timestamp;
        expected.last_timestamp = event.last_timestamp;
        expected.reporting_component.clone_from(&event.reporting_component);
        let theirs = json!([case["expectUpdate"], expected]);
        same(&json!([is_update, event]), &theirs)
    });
}

#[test]
fn upstream_recorder() {
    run_recorder("TestEventf");
    run_recorder("TestEventfNoNamespace");
    run_recorder("TestMultiSinkCache");
}
