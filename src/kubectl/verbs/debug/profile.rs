//! What a profile of `kubectl debug` adds to the pod and its container. Models k8s.io/kubectl/pkg/cmd/debug/profiles.go.

use serde_json::{Map, Value, json};

use crate::kubectl::command::Call;
use crate::kubectl::failure::Failure;
use crate::kubectl::field;

/// How somebody debugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// By a container in the pod.
    Ephemeral,
    /// By a copy of the pod.
    Copy,
    /// By a pod on a node.
    Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Legacy,
    General,
    Baseline,
    Restricted,
    NetAdmin,
    SysAdmin,
}

/// A profile, and what of the pod a copy keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    named: Named,
    labels: bool,
    annotations: bool,
    init_containers: bool,
    /// Probes that go.
    probes: Vec<&'static str>,
}

impl Profile {
    /// The profile of a call.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn parse(call: &Call<'_, '_>) -> Result<Self, Failure> {
        let named = match call.flags.text("profile").unwrap_or("general") {
            "legacy" => Named::Legacy,
            "general" => Named::General,
            "baseline" => Named::Baseline,
            "restricted" => Named::Restricted,
            "netadmin" => Named::NetAdmin,
            "sysadmin" => Named::SysAdmin,
            other => return Err(Failure::Plain(format!("unknown profile: {other}"))),
        };
        let mut probes = Vec::new();
        for (flag, probe) in
            [("keep-liveness", "livenessProbe"), ("keep-readiness", "readinessProbe"), ("keep-startup", "startupProbe")]
        {
            if !call.flags.switch(flag) {
                probes.push(probe);
            }
        }
        Ok(Self {
            named,
            labels: call.flags.switch("keep-labels"),
            annotations: call.flags.switch("keep-annotations"),
            init_containers: call.flags.switch_or("keep-init-containers", true),
            probes,
        })
    }

    /// Whether it is the one that will be removed.
    pub fn is_legacy(&self) -> bool {
        self.named == Named::Legacy
    }

    /// Changes the pod and the container of this name.
    pub fn apply(&self, pod: &mut Value, container: &str, style: Style) {
        let sees_host = matches!(self.named, Named::Legacy | Named::General | Named::SysAdmin);
        if style == Style::Node && sees_host {
            mount_root(pod, container);
        }
        let clears = match self.named {
            Named::General => style == Style::Node,
            Named::Baseline | Named::Restricted => true,
            _ => false,
        };
        if let Some(fields) = container_mut(pod, container) {
            if clears {
                fields.remove("securityContext");
            }
            self.secure(fields, style);
        }
        match style {
            Style::Node if sees_host || self.named == Named::NetAdmin => {
                for name in ["hostNetwork", "hostPID", "hostIPC"] {
                    field::set(pod, &["spec", name], json!(true));
                }
            }
            Style::Copy => self.strip(pod),
            Style::Node | Style::Ephemeral => {}
        }
    }

    fn secure(&self, container: &mut Map<String, Value>, style: Style) {
        let mut context = container.get("securityContext").cloned().unwrap_or_else(|| json!({}));
        let before = context.clone();
        let mut add = field::list(&context, "/capabilities/add").to_vec();
        match self.named {
            Named::Legacy | Named::Baseline => return,
            Named::General if style == Style::Node => return,
            Named::General => add.push(json!("SYS_PTRACE")),
            Named::NetAdmin => add.extend([json!("NET_ADMIN"), json!("NET_RAW")]),
            Named::SysAdmin => field::set(&mut context, &["privileged"], json!(true)),
            Named::Restricted => {
                context = json!({
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true,
                    "seccompProfile": {"type": "RuntimeDefault"},
                });
                add.clear();
            }
        }
        if !add.is_empty() {
            field::set(&mut context, &["capabilities", "add"], Value::Array(add));
        }
        if context != before {
            container.insert("securityContext".to_owned(), context);
        }
    }

    /// What a copy does not keep: in the legacy profile its labels alone.
    fn strip(&self, pod: &mut Value) {
        let legacy = self.is_legacy();
        if let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) {
            if legacy || !self.labels {
                metadata.remove("labels");
            }
            if !legacy && !self.annotations {
                metadata.remove("annotations");
            }
        }
        let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut).filter(|_| !legacy) else { return };
        for container in spec.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container.retain(|name, _| !self.probes.contains(&name.as_str()));
            }
        }
        if !self.init_containers {
            spec.remove("initContainers");
        }
        spec.entry("shareProcessNamespace").or_insert_with(|| json!(true));
    }
}

/// Models mountRootPartition.
fn mount_root(pod: &mut Value, name: &str) {
    let mut volumes = field::list(pod, "/spec/volumes").to_vec();
    volumes.push(json!({"name": "host-root", "hostPath": {"path": "/"}}));
    field::set(pod, &["spec", "volumes"], Value::Array(volumes));
    if let Some(container) = container_mut(pod, name) {
        let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
        if let Some(mounts) = mounts.as_array_mut() {
            mounts.push(json!({"name": "host-root", "mountPath": "/host"}));
        }
    }
}

/// A container of the pod, of whichever kind. Models podutils.VisitContainers with AllContainers.
pub(super) fn container_mut<'v>(pod: &'v mut Value, name: &str) -> Option<&'v mut Map<String, Value>> {
    let spec = pod.get_mut("spec").and_then(Value::as_object_mut)?;
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    let mut all = spec.iter_mut().filter(|(list, _)| lists.contains(&list.as_str()));
    all.find_map(|(_, list)| {
        let found = list.as_array_mut()?.iter_mut().find(|container| field::text(container, "/name") == name)?;
        found.as_object_mut()
    })
}
