//! Before a container is made: the pod's volumes, its secrets for pulls, its environment and its user.
//! Models pkg/kubelet/volumemanager and GenerateRunContainerOptions of pkg/kubelet/kubelet_pods.go.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::decisions::{self, reason};
use super::environment::{self, expansion};
use super::non_root::{self, ImageUser};
use super::objects::HostPath;
use super::pod_worker::{Life, PodWorker, Turn};
use super::volumes::{self, Files, VolumeContext};
use crate::api::{EventType, PodSpec, StringMap};
use crate::images::ImageInfo;
use crate::sim::SimTime;

/// A sync waits for its volumes no longer. Models volumemanager's podAttachAndMountTimeout of 2m3s.
const MOUNT_TIMEOUT_MS: u64 = 123_000;
/// How often a sync that waits looks. Models podAttachAndMountRetryInterval.
const POLL_MS: u64 = 300;
/// From a first failure to the next try. Models exponentialbackoff's initialDurationBeforeRetry and its maximum.
const FIRST_RETRY_MS: u64 = 500;
const MAX_RETRY_MS: u64 = 122_000;

/// The volumes of a pod.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    /// Those that need something, by name.
    volumes: BTreeMap<String, Mount>,
    /// When the last of them was mounted.
    complete_at: SimTime,
}

#[derive(Clone, Debug, Default)]
struct Mount {
    /// What it holds; none before it is mounted.
    files: Option<Arc<Files>>,
    back_off_ms: u64,
    /// When it is tried again.
    retry_at: Option<SimTime>,
}

/// What a container is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// Its variables.
    pub environment: Arc<StringMap>,
    /// Its command, with the variables put in.
    pub command: Vec<String>,
    /// Its arguments, with the variables put in.
    pub args: Vec<String>,
}

impl Mounts {
    /// Whether every volume is mounted.
    pub fn is_complete(&self) -> bool {
        self.volumes.values().all(|mount| mount.files.is_some())
    }

    /// Whether a volume is mounted.
    fn has(&self, volume: &str) -> bool {
        self.volumes.get(volume).is_some_and(|mount| mount.files.is_some())
    }

    /// When a volume is tried again.
    pub fn next_at(&self) -> SimTime {
        self.volumes.values().filter_map(|mount| mount.retry_at).min().unwrap_or(SimTime::NEVER)
    }

    /// When a sync that has waited since then goes on, or gives up.
    pub fn wait_ends(&self, since: SimTime) -> SimTime {
        if self.is_complete() {
            since + self.complete_at.ms_since(since).div_ceil(POLL_MS) * POLL_MS
        } else {
            since + MOUNT_TIMEOUT_MS
        }
    }

    /// The files that a container finds at its mounts, by path.
    pub fn files_of(&self, spec: &PodSpec, container: &str, environment: &StringMap) -> StringMap {
        let mut found = StringMap::new();
        if self.volumes.is_empty() {
            return found;
        }
        let mounts = raw_container(spec, container).and_then(|container| container.get("volumeMounts")?.as_array());
        for mount in mounts.into_iter().flatten() {
            let text = |field: &str| mount.get(field).and_then(Value::as_str).unwrap_or_default();
            let files = self.volumes.get(text("name")).and_then(|volume| volume.files.as_ref());
            let place = text("mountPath").trim_end_matches('/');
            let part = sub_path(mount, environment).unwrap_or_default();
            let part = part.trim_matches('/');
            for (path, file) in files.into_iter().flat_map(|files| files.iter()) {
                let path = match path.strip_prefix(part) {
                    _ if part.is_empty() => format!("{place}/{path}"),
                    Some("") => place.to_owned(),
                    Some(rest) if rest.starts_with('/') => format!("{place}{rest}"),
                    _ => continue,
                };
                found.insert(path, file.data.clone());
            }
        }
        found
    }

    /// Whether a container has a part of a volume mounted, which is never renewed.
    fn has_sub_path(spec: &PodSpec, container: &str) -> bool {
        let mounts = raw_container(spec, container).and_then(|container| container.get("volumeMounts")?.as_array());
        let is_part = |mount: &Value| {
            ["subPath", "subPathExpr"].iter().any(|field| mount.get(field).is_some_and(|path| path != ""))
        };
        mounts.into_iter().flatten().any(is_part)
    }
}

/// A container as it was given.
fn raw_container<'a>(spec: &'a PodSpec, name: &str) -> Option<&'a Map<String, Value>> {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec.raw().get(list)?.as_array());
    lists.flatten().find(|container| container.get("name").is_some_and(|own| own == name))?.as_object()
}

impl PodWorker {
    /// Renews the volumes that are mounted, tries those that are new, and answers whether all are mounted.
    /// Models VolumeManager.WaitForAttachAndMount.
    pub(super) fn begin_mounting(&mut self, turn: &mut Turn<'_>) -> bool {
        let volumes = self.pod.spec.raw().get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
        for volume in &volumes {
            let name = volume.get("name").and_then(Value::as_str).unwrap_or_default();
            let is_waiting = self.mounts.volumes.get(name).is_some_and(|mount| mount.retry_at.is_some());
            let is_due = || needs_objects(volume) || may_be_of_node(volume) && !self.mounts.has(name);
            if !is_waiting && is_due() {
                self.mount(turn, name, volume);
            }
        }
        if !volumes.is_empty() && self.mounts.is_complete() {
            self.renew_files();
        }
        self.mounts.is_complete()
    }

    /// Tries volumes whose time has come, whether or not a sync waits for them.
    pub(super) fn run_mounts(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.mounts.next_at() > turn.now || self.life != Life::Syncing {
            return false;
        }
        let due: Vec<String> = self
            .mounts
            .volumes
            .iter()
            .filter(|(_, mount)| mount.retry_at.is_some_and(|at| at <= turn.now))
            .map(|(name, _)| name.clone())
            .collect();
        let volumes = self.pod.spec.raw().get("volumes").and_then(Value::as_array).cloned().unwrap_or_default();
        for name in due {
            match volumes.iter().find(|volume| volume.get("name").is_some_and(|own| *own == name)) {
                Some(volume) => self.mount(turn, &name, volume),
                None => drop(self.mounts.volumes.remove(&name)),
            }
        }
        if self.mounts.is_complete() {
            self.renew_files();
        }
        true
    }

    fn mount(&mut self, turn: &mut Turn<'_>, name: &str, volume: &Value) {
        let of_node = self.place_of(turn, name, volume);
        let context = VolumeContext {
            metadata: &self.pod.metadata,
            spec: self.pod.spec.raw(),
            node_name: &self.pod.node_name,
            objects: turn.world.objects(),
        };
        let made = match &of_node {
            Some(place) => turn.host_files.set_up(&place.path, &place.kind).map(|()| Files::new()),
            None => volumes::set_up(&context, volume),
        };
        let mount = self.mounts.volumes.entry(name.to_owned()).or_default();
        match made {
            Ok(files) => {
                let had_failed = mount.retry_at.take().is_some();
                if mount.files.is_none() {
                    self.mounts.complete_at = self.mounts.complete_at.max(turn.now);
                }
                mount.files = Some(Arc::new(files));
                mount.back_off_ms = 0;
                if had_failed {
                    let inputs = [("volume", json!(name))];
                    self.decide(turn, reason(decisions::MOUNTED, &inputs, format!("mount volume {name}")));
                }
            }
            Err(error) => {
                mount.back_off_ms = (mount.back_off_ms * 2).clamp(FIRST_RETRY_MS, MAX_RETRY_MS);
                let wait_ms = mount.back_off_ms;
                mount.retry_at = Some(turn.now + wait_ms);
                let called = of_node.as_ref().map_or(name, |place| place.volume.as_str());
                let message = volumes::failure_message(called, &error);
                self.record_about(turn, String::new(), EventType::Warning, "FailedMount", message);
                let inputs = [("volume", json!(name)), ("error", json!(error)), ("backOffMs", json!(wait_ms))];
                self.decide(turn, reason(decisions::MOUNT_FAILED, &inputs, format!("try volume {name} again later")));
            }
        }
    }

    /// The place on the node that a volume is.
    fn place_of(&self, turn: &Turn<'_>, name: &str, volume: &Value) -> Option<HostPath> {
        let text = |path: &str| volume.pointer(path).and_then(Value::as_str).map(str::to_owned);
        if let Some(claim) = text("/persistentVolumeClaim/claimName") {
            return turn.world.objects().host_path(&self.key.namespace, &claim);
        }
        let kind = text("/hostPath/type").unwrap_or_default();
        text("/hostPath/path").map(|path| HostPath { volume: name.to_owned(), path, kind })
    }

    /// Running containers see what their volumes hold now; a part that is mounted by its path stays as it was.
    fn renew_files(&mut self) {
        for container in self.runtime.running() {
            if !Mounts::has_sub_path(&self.pod.spec, &container) {
                // Without parts nothing depends on the variables.
                let files = self.mounts.files_of(&self.pod.spec, &container, &StringMap::new());
                self.runtime.renew_files(&container, &files);
            }
        }
    }

    /// Whether what a sync finds depends on objects besides the pod.
    pub(super) fn depends_on_objects(&self) -> bool {
        let volumes = self.pod.spec.raw().get("volumes").and_then(Value::as_array);
        volumes.into_iter().flatten().any(needs_objects) || self.pod.spec.raw().contains_key("imagePullSecrets")
    }

    /// Says which secrets for pulls are missing. Models Kubelet.getPullSecretsForPod.
    pub(super) fn look_for_pull_secrets(&mut self, turn: &mut Turn<'_>) {
        let secrets = self.pod.spec.raw().get("imagePullSecrets").and_then(Value::as_array);
        let names = secrets.into_iter().flatten().filter_map(|secret| secret.get("name")?.as_str());
        let is_missing =
            |name: &&str| !name.is_empty() && turn.world.objects().secret(&self.key.namespace, name).is_none();
        let missing: Vec<&str> = names.filter(is_missing).collect();
        if !missing.is_empty() {
            let message = format!(
                "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                missing.join(", ")
            );
            let why = "FailedToRetrieveImagePullSecret";
            self.record_about(turn, String::new(), EventType::Warning, why, message);
        }
    }

    /// Makes a container's environment and looks at its user. Models kubeGenericRuntimeManager.generateContainerConfig.
    ///
    /// # Errors
    /// The text with which the container waits.
    pub(super) fn prepare(&mut self, turn: &mut Turn<'_>, name: &str, info: &ImageInfo) -> Result<(), String> {
        let Some(container) = raw_container(&self.pod.spec, name) else { return Ok(()) };
        let pod_ips: Vec<String> = self.runtime.ip().map(str::to_owned).into_iter().collect();
        let given = environment::Given {
            metadata: &self.pod.metadata,
            spec: self.pod.spec.raw(),
            node_name: &self.pod.node_name,
            pod_ips: &pod_ips,
            objects: turn.world.objects(),
            // A volume that a program has written to: none has written a file of variables here.
            files: &BTreeMap::new(),
        };
        let environment = environment::variables(&given, container)?;
        let user = match info.declaration.user.as_deref() {
            None | Some("") => ImageUser::Id(0),
            Some(user) => match user.split(':').next().unwrap_or_default() {
                number if number.parse::<i64>().is_ok() => ImageUser::Id(number.parse().unwrap_or(0)),
                name => ImageUser::Name(name.to_owned()),
            },
        };
        let mounts = container.get("volumeMounts").and_then(Value::as_array);
        for mount in mounts.into_iter().flatten() {
            sub_path(mount, &environment)?;
        }
        non_root::verify(&self.full_name(), self.pod.spec.raw(), container, &user)?;
        let words = |field: &str| -> Vec<String> {
            let words = container.get(field).and_then(Value::as_array).into_iter().flatten();
            let expand = |word: &Value| {
                expansion::expand(word.as_str().unwrap_or_default(), |name| environment.get(name).cloned())
            };
            words.map(expand).collect()
        };
        let (command, args) = (words("command"), words("args"));
        let prepared = Prepared { environment: Arc::new(environment), command, args };
        if **turn.prepared != prepared {
            *turn.prepared = Arc::new(prepared);
        }
        self.prepared.insert(Arc::from(name), Arc::clone(turn.prepared));
        Ok(())
    }
}

/// The part of a volume that is mounted, variables put in. Models ExpandContainerVolumeMounts.
///
/// # Errors
/// Which variables have no value.
fn sub_path(mount: &Value, environment: &StringMap) -> Result<String, String> {
    let text = |field: &str| mount.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("subPathExpr").is_empty() {
        return Ok(text("subPath").to_owned());
    }
    let missing = RefCell::new(BTreeSet::new());
    let expanded = expansion::expand(text("subPathExpr"), |name| {
        let value = environment.get(name).cloned().unwrap_or_default();
        if value.is_empty() {
            missing.borrow_mut().insert(name.to_owned());
        }
        Some(value)
    });
    let missing: Vec<String> = missing.into_inner().into_iter().collect();
    if missing.is_empty() { Ok(expanded) } else { Err(format!("missing value for {}", missing.join(", "))) }
}

/// Whether a volume is made from other objects, or from facts about its pod.
fn needs_objects(volume: &Value) -> bool {
    ["configMap", "secret", "projected", "downwardAPI"]
        .iter()
        .any(|source| volume.get(source).is_some_and(|v| !v.is_null()))
}

/// Whether a volume may be a place of the node.
fn may_be_of_node(volume: &Value) -> bool {
    ["hostPath", "persistentVolumeClaim"].iter().any(|source| volume.get(source).is_some_and(|v| !v.is_null()))
}
