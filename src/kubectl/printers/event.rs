//! Events.

use crate::api::{Event, MicroTime};
use crate::kubectl::duration::human_duration;
use crate::sim::SimTime;

use super::{Column, age, ms};

pub(super) fn columns() -> Vec<Column> {
    let mut columns = Vec::from(["Last Seen", "Type", "Reason", "Object"].map(Column::plain));
    columns.extend(["Subobject", "Source"].map(Column::wide));
    columns.push(Column::plain("Message"));
    columns.extend(["First Seen", "Count", "Name"].map(Column::wide));
    columns
}

/// Models pkg/printers/internalversion/printers.go printEvent.
pub fn print_event(event: &Event, now: SimTime) -> Vec<String> {
    let first = match event.first_timestamp {
        None => micro_age(event.event_time, now),
        seen => age(seen, now),
    };
    let (last, count) = match (event.series, event.last_timestamp) {
        (Some(series), _) => (micro_age(series.last_observed_time, now), series.count),
        (None, None) => (first.clone(), event.count.max(1)),
        (None, seen) => (age(seen, now), event.count.max(1)),
    };
    let kind = event.involved_object.kind.to_lowercase();
    let object = match event.involved_object.name.as_str() {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let component = first_non_empty(&event.source.component, &event.reporting_component);
    let source = match first_non_empty(&event.source.host, &event.reporting_instance) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    };
    vec![
        last,
        event.kind.as_str().to_owned(),
        event.reason.clone(),
        object,
        event.involved_object.field_path.clone(),
        source,
        event.message.trim().to_owned(),
        first,
        count.to_string(),
        event.metadata.name.clone(),
    ]
}

/// As [`age`], for the finer times of the new events API.
pub(crate) fn micro_age(since: Option<MicroTime>, now: SimTime) -> String {
    match since {
        None => "<unknown>".to_owned(),
        Some(since) => {
            let since_ms = since.0.div_euclid(1000) - crate::api::EPOCH_UNIX_S * 1000;
            human_duration(ms(now).saturating_sub(since_ms))
        }
    }
}

fn first_non_empty<'a>(first: &'a str, second: &'a str) -> &'a str {
    if first.is_empty() { second } else { first }
}
