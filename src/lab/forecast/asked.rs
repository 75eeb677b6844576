//! Requests on the way, by the service that is asked: what lets a forecast say whether clients notice the change.

use super::{Gap, Run};
use crate::api::{Kind, Service};
use crate::apiserver::Key;
use crate::lab::Lab;
use crate::network::Totals;
use crate::sorting;

/// What becomes of the requests to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Namespace and name, with a slash between.
    pub service: String,
    /// Requests a second.
    pub per_second: u32,
    /// Namespace and name of the Deployments whose pods stand behind it.
    pub deployments: Vec<String>,
    /// Requests that ended before the change.
    pub before: Totals,
    /// Requests that ended after it, in the run that lost most.
    pub since: Totals,
}

impl Asked {
    /// Whether a larger part of the requests fails than before the change.
    pub fn is_worse(&self) -> bool {
        let (before, since) = (u128::from(self.before.failed()), u128::from(self.since.failed()));
        since * u128::from(self.before.ended().max(1)) > before * u128::from(self.since.ended().max(1))
    }

    /// Whether these requests would have noticed a gap.
    pub fn notices(&self, gap: &Gap) -> bool {
        match gap.kind {
            Kind::Service => self.service == gap.name,
            _ => self.deployments.contains(&gap.name),
        }
    }
}

/// The services that are asked when the change is made, with what became of their requests in one run.
pub(super) fn asked(origin: &Lab, run: &Run) -> Vec<Asked> {
    let store = origin.cluster().api.store();
    let streams = origin.cluster().traffic().streams();
    let of = |stream: &crate::network::Stream| {
        let totals = |lab: &Lab| lab.cluster().traffic().service(&stream.service).cloned().unwrap_or_default();
        let (namespace, name) = stream.service.split_once('/').unwrap_or(("default", &stream.service));
        let service = store.service(&Key::new(namespace, name));
        let before = totals(origin);
        Asked {
            service: stream.service.to_string(),
            per_second: stream.per_second,
            deployments: service.map(|service| deployments_behind(origin, service)).unwrap_or_default(),
            since: totals(&run.lab).since(&before),
            before,
        }
    };
    streams.map(of).collect()
}

fn deployments_behind(lab: &Lab, service: &Service) -> Vec<String> {
    let (namespace, selector) = (&service.metadata.namespace, &service.spec.selector);
    let deployments = lab.cluster().api.store().deployments(Some(namespace));
    let is_behind = |labels: &crate::api::StringMap| {
        !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    };
    let behind = deployments.filter(|deployment| is_behind(&deployment.spec.template.metadata.labels));
    behind.map(|deployment| format!("{namespace}/{}", deployment.metadata.name)).collect()
}

/// Of several runs, for each service the one that lost most.
pub(super) fn worst(runs: impl IntoIterator<Item = Asked>) -> Vec<Asked> {
    let mut worst: Vec<Asked> = Vec::new();
    for asked in runs {
        match worst.iter_mut().find(|known| known.service == asked.service) {
            Some(known) if known.since.failed() < asked.since.failed() => *known = asked,
            Some(_) => {}
            None => worst.push(asked),
        }
    }
    sorting::sort_by_key(&mut worst, |asked| asked.service.clone());
    worst
}
