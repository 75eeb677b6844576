//! The checks of the Pod Security Standards. Models k8s.io/pod-security-admission/policy.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::profiles::{app_armor_profile, se_linux_options, seccomp_profile, seccomp_profile_restricted, sysctls};
use super::{Level, LevelVersion, Violations};
use crate::api::StringMap;

/// A check's reason and details when a pod does not pass it.
pub(super) type Finding = Option<(String, String)>;

/// A check, and the first minor version of Kubernetes 1 that has it.
struct Check {
    level: Level,
    since: u64,
    /// The last minor version in which it is part of `restricted`: a stricter one stands for it there from then on.
    restricted_until: Option<u64>,
    run: fn(&Subject<'_>) -> Finding,
}

const ALWAYS: Option<u64> = Some(u64::MAX);
/// The stricter check is as old.
const NEVER: Option<u64> = None;

const fn baseline(since: u64, restricted_until: Option<u64>, run: fn(&Subject<'_>) -> Finding) -> Check {
    Check { level: Level::Baseline, since, restricted_until, run }
}

const fn restricted(since: u64, run: fn(&Subject<'_>) -> Finding) -> Check {
    Check { level: Level::Restricted, since, restricted_until: ALWAYS, run }
}

/// In the order in which they are told: those of `baseline` first, each half by name.
const CHECKS: [Check; 19] = [
    baseline(0, ALWAYS, app_armor_profile),
    baseline(0, Some(21), capabilities),
    baseline(0, ALWAYS, host_namespaces),
    baseline(0, NEVER, host_path_volumes),
    baseline(0, ALWAYS, host_ports),
    baseline(34, ALWAYS, host_probes),
    baseline(0, ALWAYS, privileged),
    baseline(0, Some(34), proc_mount_baseline),
    baseline(0, ALWAYS, se_linux_options),
    baseline(0, Some(18), seccomp_profile),
    baseline(0, ALWAYS, sysctls),
    baseline(0, ALWAYS, windows_host_process),
    restricted(8, allow_privilege_escalation),
    restricted(22, capabilities_restricted),
    restricted(35, proc_mount),
    restricted(0, restricted_volumes),
    restricted(0, run_as_non_root),
    restricted(23, run_as_user),
    restricted(19, seccomp_profile_restricted),
];

/// What of a pod is looked at.
pub(super) struct Subject<'a> {
    pub annotations: &'a StringMap,
    spec: &'a Map<String, Value>,
    /// Of the version of the level; the largest number for the latest.
    pub minor: u64,
}

/// What a level does not allow of a pod. Models EvaluatePod of the registry.
pub(super) fn violations(rule: LevelVersion, annotations: &StringMap, spec: &Map<String, Value>) -> Violations {
    let minor = rule.minor.unwrap_or(u64::MAX);
    let subject = Subject { annotations, spec, minor };
    let applies = |check: &&Check| {
        let is_asked = match rule.level {
            Level::Privileged => false,
            Level::Baseline => check.level == Level::Baseline,
            Level::Restricted => check.restricted_until.is_some_and(|until| minor <= until),
        };
        is_asked && check.since <= minor
    };
    CHECKS.iter().filter(applies).filter_map(|check| (check.run)(&subject)).collect()
}

impl<'a> Subject<'a> {
    /// All containers, in the order in which they are told.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> {
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        let spec = self.spec;
        lists.into_iter().filter_map(move |list| spec.get(list)?.as_array()).flatten().map(Container)
    }

    fn volumes(&self) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.spec.get("volumes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// A field of the pod's own security context.
    pub fn security(&self, pointer: &str) -> Option<&'a Value> {
        self.spec.get("securityContext")?.pointer(pointer)
    }

    /// The names of the containers that are bad.
    pub fn bad(&self, is_bad: impl Fn(Container<'a>) -> bool) -> Vec<String> {
        self.containers().filter(|container| is_bad(*container)).map(Container::name).collect()
    }

    /// A pod in a user namespace of its own may do more from 1.35 on. Models relaxPolicyForUserNamespacePod.
    fn is_relaxed(&self) -> bool {
        self.minor >= 35 && self.spec.get("hostUsers") == Some(&Value::Bool(false))
    }

    /// From 1.25 on a pod for Windows need not set what Windows does not have.
    pub fn is_for_windows(&self) -> bool {
        self.minor >= 25 && self.spec.get("os").and_then(|os| os.get("name")).and_then(Value::as_str) == Some("windows")
    }
}

#[derive(Clone, Copy)]
pub(super) struct Container<'a>(&'a Value);

impl<'a> Container<'a> {
    pub fn name(self) -> String {
        self.0.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn security(self, pointer: &str) -> Option<&'a Value> {
        self.0.get("securityContext")?.pointer(pointer)
    }

    fn texts(self, pointer: &str) -> impl Iterator<Item = &'a str> {
        let list = self.security(pointer).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }
}

pub(super) fn found(reason: &str, detail: String) -> Finding {
    Some((reason.to_owned(), detail))
}

pub(super) fn join_quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<String> = items.into_iter().map(|item| format!("\"{}\"", item.as_ref())).collect();
    quoted.join(", ")
}

pub(super) fn plural<'a>(one: &'a str, many: &'a str, count: usize) -> &'a str {
    if count == 1 { one } else { many }
}

/// `container "a"`, `containers "a", "b"`.
pub(super) fn containers_named(names: &[String]) -> String {
    format!("{} {}", plural("container", "containers", names.len()), join_quoted(names))
}

/// Who sets what must not be set: `pod and container "a"`.
pub(super) fn setters(is_pod: bool, containers: &[String]) -> Vec<String> {
    let mut setters = Vec::new();
    if is_pod {
        setters.push("pod".to_owned());
    }
    if !containers.is_empty() {
        setters.push(containers_named(containers));
    }
    setters
}

pub(super) fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

const USUAL_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The containers that add other capabilities than these, and which.
fn added(pod: &Subject<'_>, allowed: &[&str]) -> (Vec<String>, BTreeSet<String>) {
    let mut others = BTreeSet::new();
    let mut names = Vec::new();
    for container in pod.containers() {
        let added: Vec<&str> = container.texts("/capabilities/add").filter(|name| !allowed.contains(name)).collect();
        if !added.is_empty() {
            names.push(container.name());
            others.extend(added.into_iter().map(str::to_owned));
        }
    }
    (names, others)
}

fn capabilities(pod: &Subject<'_>) -> Finding {
    let (names, others) = added(pod, &USUAL_CAPABILITIES);
    if names.is_empty() {
        return None;
    }
    let who = containers_named(&names);
    let what = join_quoted(others);
    found("non-default capabilities", format!("{who} must not include {what} in securityContext.capabilities.add"))
}

fn capabilities_restricted(pod: &Subject<'_>) -> Finding {
    if pod.is_for_windows() {
        return None;
    }
    let missing = pod.bad(|container| !container.texts("/capabilities/drop").any(|name| name == "ALL"));
    let (adding, others) = added(pod, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !missing.is_empty() {
        let who = containers_named(&missing);
        details.push(format!("{who} must set securityContext.capabilities.drop=[\"ALL\"]"));
    }
    if !adding.is_empty() {
        let (who, what) = (containers_named(&adding), join_quoted(others));
        details.push(format!("{who} must not include {what} in securityContext.capabilities.add"));
    }
    if details.is_empty() { None } else { found("unrestricted capabilities", details.join("; ")) }
}

fn host_namespaces(pod: &Subject<'_>) -> Finding {
    let set =
        ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| pod.spec.get(*field) == Some(&true.into()));
    let set: Vec<String> = set.map(|field| format!("{field}=true")).collect();
    if set.is_empty() { None } else { found("host namespaces", set.join(", ")) }
}

fn host_path_volumes(pod: &Subject<'_>) -> Finding {
    let volumes = pod.volumes().filter(|volume| is_set(volume, "hostPath"));
    let names: Vec<&str> = volumes.map(|volume| text(volume.get("name"))).collect();
    if names.is_empty() {
        return None;
    }
    let word = plural("volume", "volumes", names.len());
    found("hostPath volumes", format!("{word} {}", join_quoted(names)))
}

fn is_set(volume: &Map<String, Value>, source: &str) -> bool {
    volume.get(source).is_some_and(|source| !source.is_null())
}

fn host_ports(pod: &Subject<'_>) -> Finding {
    let ports_of = |container: Container<'_>| -> Vec<String> {
        let ports = container.0.get("ports").and_then(Value::as_array).into_iter().flatten();
        let ports = ports.filter_map(|port| port.get("hostPort")?.as_i64()).filter(|port| *port != 0);
        ports.map(|port| port.to_string()).collect()
    };
    let names = pod.bad(|container| !ports_of(container).is_empty());
    if names.is_empty() {
        return None;
    }
    let ports: BTreeSet<String> = pod.containers().flat_map(ports_of).collect();
    let (uses, word) = (plural("uses", "use", names.len()), plural("hostPort", "hostPorts", ports.len()));
    let ports = ports.into_iter().collect::<Vec<_>>().join(", ");
    found("hostPort", format!("{} {uses} {word} {ports}", containers_named(&names)))
}

fn host_probes(pod: &Subject<'_>) -> Finding {
    const PLACES: [&str; 5] =
        ["/livenessProbe", "/readinessProbe", "/startupProbe", "/lifecycle/postStart", "/lifecycle/preStop"];
    let hosts_of = |container: Container<'_>| -> Vec<String> {
        let handlers = PLACES.iter().filter_map(|place| container.0.pointer(place));
        let hosts =
            handlers.flat_map(|handler| ["/httpGet/host", "/tcpSocket/host"].map(|host| text(handler.pointer(host))));
        hosts.filter(|host| !host.is_empty()).map(str::to_owned).collect()
    };
    let names: BTreeSet<String> = pod.bad(|container| !hosts_of(container).is_empty()).into_iter().collect();
    if names.is_empty() {
        return None;
    }
    let hosts: BTreeSet<String> = pod.containers().flat_map(hosts_of).collect();
    let names: Vec<String> = names.into_iter().collect();
    let uses = plural("uses", "use", names.len());
    let word = plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.len());
    found("probe or lifecycle host", format!("{} {uses} {word} {}", containers_named(&names), join_quoted(hosts)))
}

fn privileged(pod: &Subject<'_>) -> Finding {
    let names = pod.bad(|container| container.security("/privileged") == Some(&Value::Bool(true)));
    if names.is_empty() {
        return None;
    }
    found("privileged", format!("{} must not set securityContext.privileged=true", containers_named(&names)))
}

fn proc_mount_baseline(pod: &Subject<'_>) -> Finding {
    if pod.is_relaxed() { None } else { proc_mount(pod) }
}

fn proc_mount(pod: &Subject<'_>) -> Finding {
    fn other(container: Container<'_>) -> Option<&str> {
        container.security("/procMount").and_then(Value::as_str).filter(|kind| *kind != "Default")
    }
    let names = pod.bad(|container| other(container).is_some());
    if names.is_empty() {
        return None;
    }
    let kinds: BTreeSet<&str> = pod.containers().filter_map(other).collect();
    let who = containers_named(&names);
    found("procMount", format!("{who} must not set securityContext.procMount to {}", join_quoted(kinds)))
}

fn windows_host_process(pod: &Subject<'_>) -> Finding {
    let is_on = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let names = pod.bad(|container| is_on(container.security("/windowsOptions/hostProcess")));
    let setters = setters(is_on(pod.security("/windowsOptions/hostProcess")), &names);
    if setters.is_empty() {
        return None;
    }
    let who = setters.join(" and ");
    found("hostProcess", format!("{who} must not set securityContext.windowsOptions.hostProcess=true"))
}

fn allow_privilege_escalation(pod: &Subject<'_>) -> Finding {
    if pod.is_for_windows() {
        return None;
    }
    let names = pod.bad(|container| container.security("/allowPrivilegeEscalation") != Some(&Value::Bool(false)));
    if names.is_empty() {
        return None;
    }
    let who = containers_named(&names);
    found("allowPrivilegeEscalation != false", format!("{who} must set securityContext.allowPrivilegeEscalation=false"))
}

/// What a volume may be made of.
const ALLOWED_VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Of what else, in the order in which it is looked for.
const OTHER_VOLUMES: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

fn restricted_volumes(pod: &Subject<'_>) -> Finding {
    let is_bad = |volume: &&Map<String, Value>| !ALLOWED_VOLUMES.iter().any(|source| is_set(volume, source));
    let names: Vec<&str> = pod.volumes().filter(is_bad).map(|volume| text(volume.get("name"))).collect();
    if names.is_empty() {
        return None;
    }
    let source = |volume: &Map<String, Value>| {
        OTHER_VOLUMES.into_iter().find(|source| is_set(volume, source)).unwrap_or("unknown")
    };
    let types: BTreeSet<&str> = pod.volumes().filter(is_bad).map(source).collect();
    let (volumes, uses) = (plural("volume", "volumes", names.len()), plural("uses", "use", names.len()));
    let word = plural("restricted volume type", "restricted volume types", types.len());
    let (names, types) = (join_quoted(names), join_quoted(types));
    found("restricted volume types", format!("{volumes} {names} {uses} {word} {types}"))
}

fn run_as_non_root(pod: &Subject<'_>) -> Finding {
    const REASON: &str = "runAsNonRoot != true";
    if pod.is_relaxed() {
        return None;
    }
    let of_pod = pod.security("/runAsNonRoot");
    let explicit = pod.bad(|container| container.security("/runAsNonRoot") == Some(&Value::Bool(false)));
    let setters = setters(of_pod == Some(&Value::Bool(false)), &explicit);
    if !setters.is_empty() {
        let who = setters.join(" and ");
        return found(REASON, format!("{who} must not set securityContext.runAsNonRoot=false"));
    }
    if of_pod == Some(&Value::Bool(true)) {
        return None;
    }
    let implicit = pod.bad(|container| container.security("/runAsNonRoot").is_none());
    if implicit.is_empty() {
        return None;
    }
    let who = containers_named(&implicit);
    found(REASON, format!("pod or {who} must set securityContext.runAsNonRoot=true"))
}

fn run_as_user(pod: &Subject<'_>) -> Finding {
    if pod.is_relaxed() {
        return None;
    }
    let is_root = |value: Option<&Value>| value.and_then(Value::as_i64) == Some(0);
    let names = pod.bad(|container| is_root(container.security("/runAsUser")));
    let setters = setters(is_root(pod.security("/runAsUser")), &names);
    if setters.is_empty() {
        return None;
    }
    found("runAsUser=0", format!("{} must not set runAsUser=0", setters.join(" and ")))
}
