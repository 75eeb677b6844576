//! The cells of `kubectl get`: one printer a kind, as the API server's table converter has them.

mod administration;
mod event;
mod network;
mod node;
mod other;
mod pod;
mod selector;
mod table;
mod workload;

pub(crate) use event::micro_age;
pub use event::print_event;
pub use network::{print_endpoint_slice, print_service};
pub use node::{node_roles, print_node};
pub(crate) use other::{access_modes, storage};
pub use pod::print_pod;
pub use selector::{format_label_selector, format_labels, selector_text};
pub use table::{Column, Row, Table, TableOptions, TablePrinter, escape_terminal};
pub use workload::{print_deployment, print_replica_set};

use crate::api::{Kind, KubernetesVersion, Object, Time};
use crate::kubectl::duration::human_duration;
use crate::sim::SimTime;

/// The columns of a kind's table. Models pkg/printers/internalversion AddHandlers.
pub fn columns(kind: Kind) -> Vec<Column> {
    match kind {
        Kind::Pod => pod::columns(),
        Kind::Deployment => workload::deployment_columns(),
        Kind::ReplicaSet | Kind::ReplicationController => workload::replica_set_columns(),
        Kind::Service => network::service_columns(),
        Kind::EndpointSlice => network::endpoint_slice_columns(),
        Kind::Ingress => network::ingress_columns(),
        Kind::Endpoints => network::endpoints_columns(),
        Kind::Node => node::columns(),
        Kind::Event => event::columns(),
        _ => other::columns(kind),
    }
}

/// An object's cells, plain and wide ones, in the order of [`columns`].
pub fn cells(object: &Object, now: SimTime, version: KubernetesVersion) -> Vec<String> {
    match object {
        Object::Pod(pod) => print_pod(pod, now, version),
        Object::Deployment(deployment) => print_deployment(deployment, now),
        Object::ReplicaSet(replica_set) => print_replica_set(replica_set, now),
        Object::Service(service) => print_service(service, now),
        Object::EndpointSlice(slice) => print_endpoint_slice(slice, now),
        Object::Event(event) => print_event(event, now),
        Object::Generic(generic) => match generic.kind {
            Kind::Node => print_node(generic, now),
            Kind::Ingress => network::print_ingress(generic, now),
            Kind::Endpoints => network::print_endpoints(generic, now),
            _ => other::print(generic, now),
        },
    }
}

/// How long ago, shortened; `<unknown>` for no time. Models pkg/printers/internalversion translateTimestampSince.
pub fn age(since: Option<Time>, now: SimTime) -> String {
    match since {
        None => "<unknown>".to_owned(),
        Some(since) => human_duration(ms(now).saturating_sub(since.as_sim_ms())),
    }
}

/// Milliseconds as a signed number, for differences.
pub(crate) fn ms(now: SimTime) -> i64 {
    i64::try_from(now.as_ms()).unwrap_or(i64::MAX)
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text.to_owned() }
}
