//! Containers, in pods and in templates.

use std::fmt::Write as _;

use serde_json::Value;

use crate::api::{ContainerState, ContainerStatus, IntOrString, Probe, Time};
use crate::kubectl::field;
use crate::sorting;

use super::{Description, or_none, true_or_false};

/// Looks up what a `fieldRef` of an environment variable stands for; templates have nothing to look up.
pub type FieldLookup<'a> = &'a dyn Fn(&str) -> String;

/// Models k8s.io/kubectl/pkg/describe describeContainers; `space` indents the heading.
pub fn describe_containers(
    label: &str,
    containers: &[Value],
    statuses: &[ContainerStatus],
    lookup: FieldLookup<'_>,
    space: &str,
    out: &mut Description,
) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    out.line(0, &format!("{space}{label}:{none}"));
    for container in containers {
        let name = field::text(container, "/name");
        let status = statuses.iter().rfind(|status| status.name == name);
        let indent = if space.is_empty() { "" } else { " " };
        out.line(1, &format!("{indent}{name}:"));
        describe_image(container, status, out);
        for (list, title) in [("/command", "Command:"), ("/args", "Args:")] {
            describe_words(field::list(container, list), title, out);
        }
        if let Some(status) = status {
            describe_state(status, out);
        }
        describe_resources(container.pointer("/resources"), 2, out);
        describe_probes(container, out);
        describe_env_from(field::list(container, "/envFrom"), out);
        describe_env(container, lookup, out);
        describe_mounts(container, out);
    }
}

/// Models describe.go describeContainerBasicInfo.
fn describe_image(container: &Value, status: Option<&ContainerStatus>, out: &mut Description) {
    if let Some(status) = status {
        out.line(2, &format!("Container ID:\t{}", status.container_id));
    }
    out.line(2, &format!("Image:\t{}", field::text(container, "/image")));
    if let Some(status) = status {
        out.line(2, &format!("Image ID:\t{}", status.image_id));
    }
    let ports = field::list(container, "/ports");
    for (title, number) in [("Port", "/containerPort"), ("Host Port", "/hostPort")] {
        let text: Vec<String> = ports.iter().map(|port| port_text(port, number)).collect();
        let text = text.join(", ");
        let plural = if text.contains(',') { "s" } else { "" };
        out.line(2, &format!("{title}{plural}:\t{}", or_none(&text)));
    }
    let profile = field::text(container, "/securityContext/seccompProfile/type");
    if !profile.is_empty() {
        out.line(2, &format!("SeccompProfile:\t{profile}"));
        if profile == "Localhost" {
            let file = field::text(container, "/securityContext/seccompProfile/localhostProfile");
            out.line(3, &format!("LocalhostProfile:\t{file}"));
        }
    }
}

fn port_text(port: &Value, number: &str) -> String {
    let text = format!("{}/{}", field::number(port, number), field::text(port, "/protocol"));
    match field::text(port, "/name") {
        "" => text,
        name => format!("{text} ({name})"),
    }
}

fn describe_words(words: &[Value], title: &str, out: &mut Description) {
    if words.is_empty() {
        return;
    }
    out.line(2, title);
    for line in words.iter().filter_map(Value::as_str).flat_map(|word| word.split('\n')) {
        out.line(3, line);
    }
}

fn describe_state(status: &ContainerStatus, out: &mut Description) {
    describe_status("State", &status.state, out);
    if status.last_state.terminated.is_some() {
        describe_status("Last State", &status.last_state, out);
    }
    out.line(2, &format!("Ready:\t{}", true_or_false(status.ready)));
    out.line(2, &format!("Restart Count:\t{}", status.restart_count));
}

/// Models describe.go describeStatus.
fn describe_status(name: &str, state: &ContainerState, out: &mut Description) {
    let time = |time: Option<Time>| time.map_or_else(|| ZERO_TIME.to_owned(), Time::rfc1123z);
    match state {
        ContainerState { running: Some(running), .. } => {
            out.line(2, &format!("{name}:\tRunning"));
            out.line(3, &format!("Started:\t{}", running.started_at.rfc1123z()));
        }
        ContainerState { waiting: None, terminated: Some(terminated), .. } => {
            out.line(2, &format!("{name}:\tTerminated"));
            let mut detail = |title: &str, text: &str| {
                if !text.is_empty() {
                    out.line(3, &format!("{title}:\t{text}"));
                }
            };
            detail("Reason", &terminated.reason);
            detail("Message", &terminated.message);
            detail("Exit Code", &terminated.exit_code.to_string());
            if terminated.signal > 0 {
                detail("Signal", &terminated.signal.to_string());
            }
            detail("Started", &time(terminated.started_at));
            detail("Finished", &time(terminated.finished_at));
        }
        ContainerState { waiting, .. } => {
            out.line(2, &format!("{name}:\tWaiting"));
            if let Some(waiting) = waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
                out.line(3, &format!("Reason:\t{}", waiting.reason));
            }
        }
    }
}

/// Go's zero time, which the runtime reports for a container that never started.
const ZERO_TIME: &str = "Mon, 01 Jan 0001 00:00:00 +0000";

/// Models describe.go describeResources.
pub fn describe_resources(resources: Option<&Value>, level: usize, out: &mut Description) {
    let Some(resources) = resources else { return };
    for (list, title) in [("/limits", "Limits:"), ("/requests", "Requests:")] {
        let mut entries = field::entries(resources, list).peekable();
        if entries.peek().is_some() {
            out.line(level, title);
        }
        for (name, quantity) in entries {
            out.line(level + 1, &format!("{name}:\t{}", field::scalar(quantity)));
        }
    }
}

fn describe_probes(container: &Value, out: &mut Description) {
    for (name, title) in
        [("/livenessProbe", "Liveness"), ("/readinessProbe", "Readiness"), ("/startupProbe", "Startup")]
    {
        let probe = container.pointer(name).filter(|probe| !probe.is_null());
        if let Some(probe) = probe.and_then(|probe| serde_json::from_value::<Probe>(probe.clone()).ok()) {
            out.line(2, &format!("{title}:\t{}", describe_probe(&probe)));
        }
    }
}

/// Models k8s.io/kubectl/pkg/describe DescribeProbe.
pub fn describe_probe(probe: &Probe) -> String {
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold
    );
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    let handler = &probe.handler;
    if let Some(exec) = &handler.exec {
        format!("exec [{}] {attributes}", exec.command.join(" "))
    } else if let Some(get) = &handler.http_get {
        let host = if get.host.contains(':') { format!("[{}]", get.host) } else { get.host.clone() };
        let port = port(&get.port);
        let host = if port.is_empty() { host } else { format!("{host}:{port}") };
        let slash = if get.path.is_empty() || get.path.starts_with('/') { "" } else { "/" };
        let path = escaped_path(&get.path);
        format!("http-get {}://{host}{slash}{path} {attributes}", get.scheme.to_lowercase())
    } else if let Some(tcp) = &handler.tcp_socket {
        format!("tcp-socket {}:{} {attributes}", tcp.host, port(&tcp.port))
    } else if let Some(grpc) = &handler.grpc {
        format!("grpc <pod>:{} {} {attributes}", grpc.port, grpc.service)
    } else {
        format!("unknown {attributes}")
    }
}

/// Percent-encodes what may not stand in a URL's path. Models net/url URL.EscapedPath.
fn escaped_path(path: &str) -> String {
    let mut escaped = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Models describe.go describeContainerEnvFrom.
fn describe_env_from(sources: &[Value], out: &mut Description) {
    if sources.is_empty() {
        return;
    }
    out.line(2, "Environment Variables from:");
    for source in sources {
        let (from, reference) = match (source.get("configMapRef"), source.get("secretRef")) {
            (Some(reference), _) => ("ConfigMap", reference),
            (None, Some(reference)) => ("Secret", reference),
            (None, None) => ("", &Value::Null),
        };
        let (name, optional) = (field::text(reference, "/name"), field::flag(reference, "/optional"));
        let prefix = match field::text(source, "/prefix") {
            "" => String::new(),
            prefix => format!(" with prefix '{prefix}'"),
        };
        out.line(3, &format!("{name}\t{from}{prefix}\tOptional: {optional}"));
    }
}

/// Models describe.go describeContainerEnvVars.
fn describe_env(container: &Value, lookup: FieldLookup<'_>, out: &mut Description) {
    let variables = field::list(container, "/env");
    let none = if variables.is_empty() { "\t<none>" } else { "" };
    out.line(2, &format!("Environment:{none}"));
    for variable in variables {
        let name = field::text(variable, "/name");
        match variable.get("valueFrom").filter(|from| !from.is_null()) {
            None => {
                for (at, line) in field::text(variable, "/value").split('\n').enumerate() {
                    let title = if at == 0 { format!("{name}:") } else { String::new() };
                    out.line(3, &format!("{title}\t{line}"));
                }
            }
            Some(from) => {
                if let Some(text) = value_from(from, container, lookup) {
                    out.line(3, &format!("{name}:\t{text}"));
                }
            }
        }
    }
}

fn value_from(from: &Value, container: &Value, lookup: FieldLookup<'_>) -> Option<String> {
    if let Some(reference) = from.get("fieldRef") {
        let path = field::text(reference, "/fieldPath");
        return Some(format!("{} ({}:{path})", lookup(path), field::text(reference, "/apiVersion")));
    }
    if let Some(reference) = from.get("resourceFieldRef") {
        let resource = field::text(reference, "/resource");
        let quantity = container.pointer(&format!("/resources/{}", resource.replace('.', "/")));
        let value = match quantity.map(field::scalar) {
            Some(quantity) => quantity,
            None if resource == "limits.cpu" || resource == "limits.memory" => "node allocatable".to_owned(),
            None => "0".to_owned(),
        };
        return Some(format!("{value} ({resource})"));
    }
    let key_of = |reference: &Value, place: &str| {
        let (key, name) = (field::text(reference, "/key"), field::text(reference, "/name"));
        format!("<set to the key '{key}' {place} '{name}'>\tOptional: {}", field::flag(reference, "/optional"))
    };
    let secret = from.get("secretKeyRef").map(|reference| key_of(reference, "in secret"));
    secret.or_else(|| from.get("configMapKeyRef").map(|reference| key_of(reference, "of config map")))
}

/// Models describe.go describeContainerVolumes.
fn describe_mounts(container: &Value, out: &mut Description) {
    let mut mounts: Vec<&Value> = field::list(container, "/volumeMounts").iter().collect();
    sorting::sort_by_key(&mut mounts, |mount| field::text(mount, "/mountPath"));
    let none = if mounts.is_empty() { "\t<none>" } else { "" };
    out.line(2, &format!("Mounts:{none}"));
    for mount in mounts {
        let mut flags = if field::flag(mount, "/readOnly") { "ro" } else { "rw" }.to_owned();
        let sub_path = field::text(mount, "/subPath");
        if !sub_path.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(flags, ",path={sub_path:?}");
        }
        let (path, name) = (field::text(mount, "/mountPath"), field::text(mount, "/name"));
        out.line(3, &format!("{path} from {name} ({flags})"));
    }
}
