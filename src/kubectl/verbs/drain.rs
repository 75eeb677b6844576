//! `kubectl drain`: [`crate::kubectl::drain`] with its flags, as a command that runs.

use std::sync::Arc;

use super::node::{cordon, nodes};
use crate::api::{Kind, Object, Pod};
use crate::apiserver::{DeleteOptions, Key, Selectors, Status};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::drain::{Drain, Line, Nodes, Options};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const DRAIN: Command = Command {
    path: "drain",
    aliases: &[],
    about: "Drain node in preparation for maintenance",
    usage: "NODE",
    flags: &[
        Flag::switch("delete-emptydir-data", None),
        Flag::switch("disable-eviction", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::switch("force", None),
        Flag::number("grace-period", None),
        Flag::switch("ignore-daemonsets", None),
        Flag::text("pod-selector", None),
        Flag::text("selector", Some('l')),
        Flag::number("skip-wait-for-delete-timeout", None),
        Flag::duration("timeout"),
    ],
    run: drain,
};

/// Models k8s.io/kubectl/pkg/cmd/drain Complete and RunDrain.
fn drain(call: &mut Call<'_, '_>) -> Outcome {
    let names = call.args().to_vec();
    let selector = call.flags.text("pod-selector").unwrap_or_default().to_owned();
    let selectors = Selectors::parse(Kind::Pod, &selector, "")
        .map_err(|_| Failure::new("--pod-selector=<pod_selector> must be a valid label selector"))?;
    let timeout = call.flags.duration_ms("timeout").and_then(|ms| u64::try_from(ms).ok());
    let options = Options {
        force: call.flags.switch("force"),
        ignore_daemon_sets: call.flags.switch("ignore-daemonsets"),
        delete_empty_dir_data: call.flags.switch("delete-emptydir-data"),
        disable_eviction: call.flags.switch("disable-eviction"),
        skip_deleted_s: call.flags.number("skip-wait-for-delete-timeout").unwrap_or_default(),
        dry_run: call.flags.dry_run()?,
        delete: DeleteOptions {
            grace_period_seconds: call.flags.number("grace-period").filter(|seconds| *seconds >= 0),
            ..DeleteOptions::default()
        },
        timeout_ms: timeout.filter(|ms| *ms > 0),
    };
    cordon(call, true)?;
    let names = nodes(call, &names)?.into_iter().map(|(name, _)| name).collect();
    Ok(Next::Wait(Box::new(Draining { drain: Drain::new(options, names), selectors })))
}

/// The command while it runs.
#[derive(Clone, Debug)]
struct Draining {
    drain: Drain,
    selectors: Selectors,
}

impl Process for Draining {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let mut lines = Vec::new();
        let next = self.drain.go_on(&mut Reached { world, selectors: &self.selectors }, &mut lines);
        let poll = match next {
            Some(at) => Poll::SleepUntil(at),
            None => Poll::Exited(self.drain.finish(&mut lines).into()),
        };
        for line in lines {
            match line {
                Line::Out(text) => io.out(format!("{text}\n")),
                Line::Err(text) => io.err(format!("{text}\n")),
            }
        }
        poll
    }
}

/// The cluster as a drain reaches it.
struct Reached<'a, 'w> {
    world: &'a mut World<'w>,
    selectors: &'a Selectors,
}

impl Nodes for Reached<'_, '_> {
    fn now(&self) -> SimTime {
        self.world.client().now()
    }

    fn pods(&self, node: &str) -> Vec<Arc<Pod>> {
        let found = self.world.client().select(Kind::Pod, None, self.selectors);
        let on_node = found.into_iter().filter_map(|found| match found {
            Object::Pod(pod) if pod.node_name == node => Some(pod),
            _ => None,
        });
        on_node.collect()
    }

    fn pod(&self, key: &Key) -> Option<Arc<Pod>> {
        match self.world.client().get(Kind::Pod, key) {
            Ok(Object::Pod(pod)) => Some(pod.clone()),
            _ => None,
        }
    }

    fn has_daemon_set(&self, key: &Key) -> bool {
        self.world.client().get(Kind::DaemonSet, key).is_ok()
    }

    fn evict(&mut self, key: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        self.world.client_mut().evict(key, options, dry_run)
    }

    fn delete(&mut self, key: &Key, options: &DeleteOptions, dry_run: bool) -> Result<(), Status> {
        if dry_run {
            return self.world.client().get(Kind::Pod, key).map(drop);
        }
        self.world.client_mut().delete(Kind::Pod, key, options).map(drop)
    }
}
