//! The table of events at the end of a description.

use std::sync::Arc;

use crate::api::Event;
use crate::kubectl::printers::{age, micro_age};
use crate::sim::SimTime;
use crate::sorting;

use super::{Description, Related};

/// Models k8s.io/kubectl/pkg/describe DescribeEvents.
pub fn describe_events(events: &[Arc<Event>], related: &Related<'_>, out: &mut Description) {
    if events.is_empty() {
        out.line(0, "Events:\t<none>");
        return;
    }
    let mut events: Vec<&Event> = events.iter().map(Arc::as_ref).collect();
    sorting::sort_by_key(&mut events, |event| event.last_timestamp);
    out.write("Events:\n  Type\tReason\tAge\tFrom\tMessage\n");
    out.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let source = match event.source.component.as_str() {
            "" => &event.reporting_component,
            component => component,
        };
        let mut message = event.message.trim().to_owned();
        let path = &event.involved_object.field_path;
        if !path.is_empty() && related.version.describes_event_field_path() {
            message = format!("{path}: {message}");
        }
        let (kind, reason, interval) = (event.kind.as_str(), &event.reason, event_interval(event, related.now));
        out.line(1, &format!("{kind}\t{reason}\t{interval}\t{source}\t{message}"));
    }
}

/// When and how often an event was seen. Models k8s.io/kubectl/pkg/cmd/events getInterval.
pub fn event_interval(event: &Event, now: SimTime) -> String {
    let first = match event.event_time {
        None => age(event.first_timestamp, now),
        time => micro_age(time, now),
    };
    if let Some(series) = event.series {
        let last = micro_age(series.last_observed_time, now);
        format!("{last} (x{} over {first})", series.count)
    } else if event.count > 1 {
        format!("{} (x{} over {first})", age(event.last_timestamp, now), event.count)
    } else {
        first
    }
}
