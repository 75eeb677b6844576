//! `kubectl apply --prune`: deletes what an earlier `apply` made and this one does not name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::well_known::LAST_APPLIED;
use crate::api::{Kind, Object, parse_kind};
use crate::apiserver::{DeleteOptions, Key, Selectors};
use crate::kubectl::answer::Held;
use crate::kubectl::command::Call;
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::DryRun;

/// What is pruned without `--prune-allowlist`. Models k8s.io/kubectl/pkg/util/prune.
const DEFAULT_KINDS: [Kind; 16] = [
    Kind::ConfigMap,
    Kind::Endpoints,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Secret,
    Kind::Service,
    Kind::Job,
    Kind::CronJob,
    Kind::Ingress,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Namespace,
    Kind::PersistentVolume,
];

const WITH_NAMESPACE: &str = "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used \
                              with the --namespace flag in a future release. To preserve the current behaviour, list the \
                              resources you want to target explicitly in the --prune-allowlist flag.";

/// What an `apply` has been about.
#[derive(Default)]
pub(in crate::kubectl::verbs) struct Visited {
    /// The namespaces of its objects.
    pub namespaces: BTreeSet<String>,
    /// The objects, by uid.
    pub uids: BTreeSet<String>,
}

impl Visited {
    /// Notes an object that has been applied.
    pub fn object(&mut self, object: &Value) {
        self.uids.insert(field::text(object, "/metadata/uid").to_owned());
    }
}

/// Why `--prune` cannot be used with the other flags; none without it. Models ApplyOptions.Validate.
pub(super) fn refused(call: &Call<'_, '_>) -> Option<&'static str> {
    let selector = call.flags.text("selector").unwrap_or_default();
    let [all, force, server_side] = ["all", "force", "server-side"].map(|flag| call.flags.switch(flag));
    if !call.flags.switch("prune") {
        return None;
    }
    let refused = [
        (force, "--force cannot be used with --prune"),
        (
            !all && selector.is_empty(),
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. \
             If you did not mean to prune all resources, specify a label selector",
        ),
        (server_side, "--prune is in alpha and doesn't currently work on objects created by server-side apply"),
    ];
    refused.into_iter().find(|(is_refused, _)| *is_refused).map(|(_, why)| why)
}

/// The kinds that are pruned. Models prune.ParseResources.
pub(in crate::kubectl::verbs) fn kinds(call: &Call<'_, '_>) -> Result<Vec<Kind>, Failure> {
    let named = call.flags.texts("prune-allowlist");
    if named.is_empty() {
        return Ok(DEFAULT_KINDS.to_vec());
    }
    let definitions = call.world.client().definitions();
    let kind = |text: &String| {
        let [group, version, kind] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(Failure::Plain(format!(
                "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
            )));
        };
        let api_version = if group == "core" { version.to_owned() } else { format!("{group}/{version}") };
        parse_kind(&definitions, api_version.trim_start_matches('/'), kind).ok_or_else(|| {
            let group = if group == "core" { "" } else { group };
            Failure::Plain(format!(
                "no matches for kind {kind:?} in version {:?}",
                format!("{group}/{version}").trim_start_matches('/')
            ))
        })
    };
    named.iter().map(kind).collect()
}

/// The objects that go. Models pruner.pruneAll.
pub(in crate::kubectl::verbs) fn condemned(
    call: &mut Call<'_, '_>,
    kinds: &[Kind],
    visited: &Visited,
) -> Result<Vec<Object>, Failure> {
    if call.has_explicit_namespace() && call.flags.texts("prune-allowlist").is_empty() {
        call.log_warning("prune.go:71", WITH_NAMESPACE);
    }
    let labels = call.flags.text("selector").unwrap_or_default().to_owned();
    let mut found = Vec::new();
    let namespaced = kinds.iter().filter(|kind| !kind.is_cluster_scoped());
    let places =
        visited.namespaces.iter().flat_map(|name| namespaced.clone().map(move |kind| (*kind, Some(name.as_str()))));
    let others = kinds.iter().filter(|kind| kind.is_cluster_scoped()).map(|kind| (*kind, None));
    for (kind, namespace) in places.chain(others) {
        let selectors = Selectors::parse(kind, &labels, "").map_err(Failure::Plain)?;
        let objects = call.world.client().select(kind, namespace, &selectors);
        found.extend(objects.into_iter().filter(|object| {
            let metadata = object.metadata();
            metadata.annotations.contains_key(LAST_APPLIED) && !visited.uids.contains(&metadata.uid)
        }));
    }
    Ok(found)
}

/// Deletes them, and says so.
pub(super) fn prune(call: &mut Call<'_, '_>, visited: &Visited, dry_run: DryRun) -> Result<(), Failure> {
    let kinds = kinds(call)?;
    let grace = call.flags.number("grace-period").filter(|seconds| *seconds >= 0);
    let propagation = crate::kubectl::verbs::delete::propagation(call)?;
    for object in condemned(call, &kinds, visited)? {
        let kind = object.kind();
        if dry_run == DryRun::None {
            let options = DeleteOptions { grace_period_seconds: grace, propagation, uid: None };
            let done = call.world.client_mut().delete(kind, &Key::of(object.metadata()), &options);
            done.map_err(|status| {
                let scope = if kind.is_cluster_scoped() { "nonNamespaced" } else { "namespaced" };
                let (version, name) = (kind.api_version(), kind.as_str());
                let version = if kind.group().is_empty() { format!("/{version}") } else { version.to_owned() };
                Failure::Plain(format!("error pruning {scope} object {version}, Kind={name}: {}", status.message))
            })?;
        }
        call.answer(kind, object.to_value(), "pruned", dry_run, Held::Map)?;
    }
    Ok(())
}
