//! `kubectl events`.

use std::sync::Arc;

use crate::api::{Event, Kind, Object};
use crate::client::Watch;
use crate::kubectl::TabWriter;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::describe::event_interval;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::printers::escape_terminal;
use crate::kubectl::selection::type_and_name;
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;
use crate::sorting;

pub(super) const EVENTS: Command = Command {
    path: "events",
    aliases: &[],
    about: "List events",
    usage: "[(-o|--output=)json|yaml|name] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
    flags: &[
        Flag::switch("all-namespaces", Some('A')),
        Flag::number("chunk-size", None),
        Flag::text("for", None),
        Flag::switch("no-headers", None),
        Flag::text("output", Some('o')),
        Flag::list("types", None),
        Flag::switch("watch", Some('w')),
    ],
    run: events,
};

fn events(call: &mut Call<'_, '_>) -> Outcome {
    let types: Vec<String> = call.flags.texts("types").iter().map(|kind| kind.to_lowercase()).collect();
    if types.iter().any(|kind| kind != "normal" && kind != "warning") {
        return Err(Failure::new("valid --types are Normal or Warning"));
    }
    let about = match call.flags.text("for") {
        None => None,
        Some(text) if !text.contains('/') => return Err(Failure::new("--for must be in resource/name form")),
        Some(text) => {
            let (kind, name) = type_and_name(call.world.client(), text)?;
            Some((kind.as_str().to_owned(), name.to_owned()))
        }
    };
    let all = call.flags.switch("all-namespaces");
    let namespace = call.namespace();
    let filter = Filter { types, about, namespace: (!all).then(|| namespace.clone()) };
    let watch = call.world.client_mut().watch(Kind::Event);
    let client = call.world.client();
    let mut found: Vec<Arc<Event>> = client
        .list(Kind::Event, filter.namespace.as_deref())
        .into_iter()
        .filter_map(|object| match object {
            Object::Event(event) => Some(event),
            _ => None,
        })
        .filter(|event| filter.accepts(event))
        .collect();
    sorting::sort_by_key(&mut found, |event| seen_last(event));
    let watches = call.flags.switch("watch");
    if found.is_empty() && !watches {
        call.io.err(if all {
            "No events found.\n".to_owned()
        } else {
            format!("No events found in {namespace} namespace.\n")
        });
        return Ok(Next::Done);
    }
    if let Some(mut printer) = call.printer()? {
        // kubectl's printer of names takes no typed lists, and its complaint is dropped.
        if call.flags.text("output") == Some("name") {
            return Ok(Next::Done);
        }
        let values = found.iter().map(|event| Object::Event(Arc::clone(event)).to_value()).collect();
        let text = printer.print(values, false)?;
        call.io.out(text);
        return Ok(Next::Done);
    }
    let mut listing = Listing { filter, tabs: TabWriter::for_tables(), headed: call.flags.switch("no-headers"), watch };
    for event in &found {
        listing.write(event, call.world.client().now());
    }
    let text = listing.tabs.flush();
    call.io.out(text);
    if watches { Ok(Next::Wait(Box::new(listing))) } else { Ok(Next::Done) }
}

/// Models k8s.io/kubectl/pkg/cmd/events SortableEvents: by the last time that is known.
fn seen_last(event: &Event) -> i64 {
    let series = event.series.and_then(|series| series.last_observed_time).map(|time| time.0);
    let last = event.last_timestamp.map(|time| time.0.saturating_mul(1_000_000));
    series.or(last).or(event.event_time.map(|time| time.0)).unwrap_or(0)
}

#[derive(Clone, Debug)]
struct Filter {
    types: Vec<String>,
    about: Option<(String, String)>,
    namespace: Option<String>,
}

impl Filter {
    fn accepts(&self, event: &Event) -> bool {
        let object = &event.involved_object;
        (self.types.is_empty() || self.types.contains(&event.kind.as_str().to_lowercase()))
            && self.about.as_ref().is_none_or(|(kind, name)| *kind == object.kind && *name == object.name)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == event.metadata.namespace)
    }
}

/// The table, which `-w` lets grow.
#[derive(Clone, Debug)]
struct Listing {
    filter: Filter,
    tabs: TabWriter,
    headed: bool,
    watch: Watch,
}

impl Listing {
    /// Models k8s.io/kubectl/pkg/cmd/events EventPrinter.printOneEvent.
    fn write(&mut self, event: &Event, now: SimTime) {
        let all = self.filter.namespace.is_none();
        if !self.headed {
            self.headed = true;
            let first = if all { "NAMESPACE\t" } else { "" };
            self.tabs.write(&format!("{first}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"));
        }
        let namespace = if all { format!("{}\t", event.metadata.namespace) } else { String::new() };
        let object = &event.involved_object;
        self.tabs.write(&format!(
            "{namespace}{}\t{}\t{}\t{}/{}\t{}\n",
            event_interval(event, now),
            event.kind.as_str(),
            escape_terminal(&event.reason),
            escape_terminal(&object.kind),
            escape_terminal(&object.name),
            escape_terminal(event.message.trim())
        ));
    }
}

impl Process for Listing {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        for entry in world.client().events(&mut self.watch) {
            if let Object::Event(event) = &entry.object
                && entry.kind != crate::apiserver::ChangeType::Deleted
                && self.filter.accepts(event)
            {
                self.write(event, entry.at);
                io.out(self.tabs.flush());
            }
        }
        Poll::Waiting
    }
}
