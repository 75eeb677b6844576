//! Stand-ins: programs for the images of a manifest that nobody here has, made from what the manifest says of them.
//!
//! A learner who pastes a Deployment of their own wants to see it roll out, although the lab does not have its image.

use serde_json::Value;

use super::{Crash, Declaration, ExecAnswer, ImageReference, OnSigterm, Registry, Route, Seconds};
use crate::api::{Container, Lifecycle, LifecycleHandler, PodSpec, Probe, ProbeHandler};
use crate::manifest::Document;

/// Until a stand-in listens: long enough to be seen.
const STARTUP: Seconds = Seconds(2_000);
/// What an init container takes.
const INIT: Seconds = Seconds(1_000);
/// What a second program of the same image takes: longer than anybody watches.
const FOR_EVER: Seconds = Seconds(1_000_000_000);
/// Shells and `sleep`, which every stand-in has: a hook that waits must take its time.
const WITH_SHELL: [&str; 5] = ["sh", "bash", "ash", "dash", "sleep"];

/// A program for each image in the documents' pods that `registry` does not know. It listens on the ports that the
/// manifest declares or probes, answers 200 to everything, and its probes' commands succeed; an init container ends
/// with 0 after a second.
pub fn stand_ins(documents: &[Document], registry: &Registry) -> Vec<Declaration> {
    let mut made: Vec<Declaration> = Vec::new();
    let specs: Vec<PodSpec> = documents.iter().filter_map(|document| pod_spec(&document.value)).collect();
    // The main containers of all documents first: an image that serves and also prepares is above all a server.
    for container in specs.iter().flat_map(|spec| &spec.containers) {
        if let Some(declaration) = entry(&mut made, container, registry) {
            serve(declaration, container);
        }
    }
    for container in specs.iter().flat_map(|spec| &spec.init_containers) {
        if let Some(declaration) = entry(&mut made, container, registry) {
            match container.restart_policy.as_deref() {
                Some("Always") => serve(declaration, container),
                _ => prepare(declaration, container),
            }
        }
    }
    for spec in &specs {
        if asks_for_non_root(spec) {
            // An image that its manifest does not let run as root was made with a user of its own.
            let used: Vec<&str> =
                spec.containers.iter().chain(&spec.init_containers).map(|c| c.image.as_str()).collect();
            let of_pod = made.iter_mut().filter(|declaration| used.contains(&declaration.image.as_str()));
            of_pod.for_each(|declaration| declaration.user = Some("65532".to_owned()));
        }
    }
    made
}

fn asks_for_non_root(spec: &PodSpec) -> bool {
    let asks = |holder: &serde_json::Map<String, Value>| {
        holder.get("securityContext").and_then(|context| context.get("runAsNonRoot")) == Some(&Value::Bool(true))
    };
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec.raw().get(list)?.as_array());
    asks(spec.raw()) || lists.flatten().filter_map(Value::as_object).any(asks)
}

fn pod_spec(manifest: &Value) -> Option<PodSpec> {
    let is_pod = manifest.get("kind").and_then(Value::as_str) == Some("Pod");
    let spec = if is_pod { manifest.get("spec") } else { manifest.pointer("/spec/template/spec") };
    PodSpec::from_value(spec?.clone()).ok()
}

/// The stand-in for the container's image; none when the image is known, or its name is no name.
fn entry<'a>(
    made: &'a mut Vec<Declaration>,
    container: &Container,
    registry: &Registry,
) -> Option<&'a mut Declaration> {
    let reference = ImageReference::parse(&container.image).ok()?;
    if registry.knows(&reference) {
        return None;
    }
    let place = made.iter().position(|known| known.image == container.image).unwrap_or_else(|| {
        made.push(Declaration {
            image: container.image.clone(),
            shell: true,
            any_command: true,
            ..Declaration::default()
        });
        made.len() - 1
    });
    made.get_mut(place)
}

/// The container runs for ever, and answers whoever asks.
fn serve(declaration: &mut Declaration, container: &Container) {
    let program = container.command.first().cloned();
    if declaration.entrypoint.is_empty() {
        declaration.entrypoint = vec![program.unwrap_or_else(|| "/app".to_owned())];
        declaration.startup_seconds = STARTUP;
        declaration.sigterm = Some(OnSigterm::Exit { exit_code: 0, after_seconds: Seconds(0) });
        declaration.exit = None;
    } else if program.is_some() && program.as_ref() != declaration.entrypoint.first() {
        answer(declaration, &arguments(declaration, container), FOR_EVER);
    }
    for port in container.ports.iter().filter(|port| matches!(port.protocol.as_str(), "" | "TCP")) {
        listen(declaration, Some(port.container_port));
    }
    for probe in [&container.startup_probe, &container.readiness_probe, &container.liveness_probe].into_iter().flatten()
    {
        satisfy(declaration, container, probe);
    }
    if let Some(Lifecycle { post_start, pre_stop, .. }) = &container.lifecycle {
        [post_start, pre_stop].into_iter().flatten().for_each(|hook| run(declaration, container, hook));
    }
    if declaration.port.is_some() && declaration.routes.is_empty() {
        declaration.routes.push(Route {
            path: "/".to_owned(),
            status: 200,
            body: "ok\n".to_owned(),
            ..Route::default()
        });
    }
}

/// The container ends well after a while.
fn prepare(declaration: &mut Declaration, container: &Container) {
    let arguments = arguments(declaration, container);
    if declaration.entrypoint.is_empty() {
        declaration.entrypoint = vec![arguments.first().cloned().unwrap_or_else(|| "/app".to_owned())];
        declaration.exit = Some(Crash { after_seconds: Some(INIT), ..Crash::default() });
    } else if declaration.exit.is_none() {
        answer(declaration, &arguments, INIT);
    }
}

/// What the container starts.
fn arguments(declaration: &Declaration, container: &Container) -> Vec<String> {
    let given = if container.command.is_empty() { &declaration.entrypoint } else { &container.command };
    given.iter().chain(&container.args).cloned().collect()
}

fn answer(declaration: &mut Declaration, command: &[String], latency_seconds: Seconds) {
    if !command.is_empty() && !declaration.exec.iter().any(|known| known.command == command) {
        declaration.exec.push(ExecAnswer { command: command.to_vec(), latency_seconds, ..ExecAnswer::default() });
    }
}

fn satisfy(declaration: &mut Declaration, container: &Container, probe: &Probe) {
    let ProbeHandler { exec, http_get, tcp_socket, grpc } = &probe.handler;
    if let Some(exec) = exec {
        answer(declaration, &exec.command, Seconds(0));
    }
    if let Some(get) = http_get.as_ref().filter(|get| get.host.is_empty()) {
        listen(declaration, container.resolve_port(&get.port));
        declaration.tls |= get.scheme.eq_ignore_ascii_case("https");
    }
    if let Some(socket) = tcp_socket.as_ref().filter(|socket| socket.host.is_empty()) {
        listen(declaration, container.resolve_port(&socket.port));
    }
    if let Some(grpc) = grpc {
        declaration.grpc_port = u16::try_from(grpc.port).ok();
    }
}

fn run(declaration: &mut Declaration, container: &Container, hook: &LifecycleHandler) {
    if let Some(exec) = &hook.exec {
        let program = exec.command.first().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
        if !WITH_SHELL.contains(&program) {
            answer(declaration, &exec.command, Seconds(0));
        }
    }
    if let Some(get) = hook.http_get.as_ref().filter(|get| get.host.is_empty()) {
        listen(declaration, container.resolve_port(&get.port));
    }
}

fn listen(declaration: &mut Declaration, port: Option<i32>) {
    let Some(port) = port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0) else { return };
    if declaration.port.is_none() {
        declaration.port = Some(port);
    } else if declaration.port != Some(port) && !declaration.more_ports.contains(&port) {
        declaration.more_ports.push(port);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::images::Program;
    use crate::manifest;
    use crate::sim::SimTime;

    fn made(containers: &str) -> Vec<Declaration> {
        let text = format!("kind: Deployment\nspec: {{template: {{spec: {containers}}}}}\n");
        let documents = manifest::parse("web.yaml", &text).map_err(|error| error.text).expect("YAML");
        let made = stand_ins(&documents, &Registry::default());
        for declaration in &made {
            let value = serde_json::to_value(declaration).expect("JSON");
            assert_eq!(Declaration::from_value(&value).as_ref(), Ok(declaration), "{value}");
        }
        made
    }

    #[test]
    fn known_images_need_none() {
        assert_eq!(
            made("{containers: [{name: web, image: nginx}, {name: v1, image: 'guangzhengli/hellok8s:v1'}]}"),
            []
        );
    }

    #[test]
    fn whatever_a_stand_in_is_told_to_start_is_its_program() {
        let made = made(
            "{initContainers: [{name: check, image: 'acme/tools:1', command: [/bin/sh, -exc, 'for i in $(seq 3); do nc db; done']}],
              containers: [{name: api, image: 'acme/api:7', command: [sh, -c, 'exec java -jar app.jar'], ports: [{containerPort: 80}]}]}",
        );
        let program = |image: &str, command: &[&str]| {
            let declaration = made.iter().find(|declaration| declaration.image == image).expect("made").clone();
            let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            let around = crate::images::Surroundings::default();
            Program::start(&Arc::new(declaration), &command, &[], around, SimTime::ZERO).expect("it starts")
        };
        let check = program("acme/tools:1", &["/bin/sh", "-exc", "for i in $(seq 3); do nc db; done"]);
        assert_eq!(check.exit().map(|exit| (exit.at.as_ms(), exit.code)), Some((1000, 0)));
        let api = program("acme/api:7", &["sh", "-c", "exec java -jar app.jar"]);
        assert!(api.is_listening(SimTime(2000), 80));
        assert!(api.exit().is_none());
    }

    #[test]
    fn a_later_document_s_server_is_a_server_though_an_earlier_one_prepares_with_its_image() {
        let text = "kind: DaemonSet\nspec: {template: {spec: {initContainers: [{name: i, image: 'a/all:1', command: [/install]}], \
                    containers: [{name: c, image: 'a/node:1'}]}}}\n---\nkind: Deployment\nspec: {template: {spec: {containers: \
                    [{name: c, image: 'a/all:1', args: [serve]}]}}}\n";
        let documents = manifest::parse("web.yaml", text).map_err(|error| error.text).expect("YAML");
        let made = stand_ins(&documents, &Registry::default());
        let all = made.iter().find(|declaration| declaration.image == "a/all:1").expect("made");
        assert_eq!(all.exit, None);
        assert_eq!(all.exec.iter().map(|answer| answer.command.join(" ")).collect::<Vec<_>>(), ["/install"]);
    }

    #[test]
    fn it_listens_where_the_manifest_looks_for_it() {
        let made = made(
            "{containers: [{name: api, image: 'acme/api:7', ports: [{name: http, containerPort: 8080}],
              readinessProbe: {httpGet: {port: http, path: /ready}}, livenessProbe: {tcpSocket: {port: 9090}},
              startupProbe: {exec: {command: [cat, /tmp/up]}}, lifecycle: {preStop: {exec: {command: [sh, -c, sleep 5]}}}}]}",
        );
        let [api] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!((api.port, api.more_ports.as_slice()), (Some(8080), [9090].as_slice()));
        assert_eq!(api.exec.iter().map(|answer| answer.command.join(" ")).collect::<Vec<_>>(), ["cat /tmp/up"]);
    }

    #[test]
    fn one_image_may_prepare_and_serve() {
        let made = made(
            "{initContainers: [{name: migrate, image: 'acme/api:7', args: [migrate]}],
              containers: [{name: api, image: 'acme/api:7'}, {name: worker, image: 'acme/api:7', command: [/worker]}]}",
        );
        let [api] = made.as_slice() else { panic!("{made:?}") };
        let commands: Vec<_> =
            api.exec.iter().map(|answer| (answer.command.join(" "), answer.latency_seconds)).collect();
        assert_eq!(commands, [("/worker".to_owned(), FOR_EVER), ("/app migrate".to_owned(), INIT)]);
        assert_eq!(api.exit, None);
    }
}
