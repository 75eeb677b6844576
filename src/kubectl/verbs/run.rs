//! `kubectl run`.

use serde_json::{Value, json};

use crate::api::Kind;
use crate::images::ImageReference;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};

use super::create::send;
use super::expose::overridden;

pub(super) const RUN: Command = Command {
    path: "run",
    aliases: &[],
    about: "Run a particular image on the cluster",
    usage: "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--command] -- [COMMAND] \
            [args...]",
    flags: &[
        Flag::texts("annotations", None),
        Flag::switch("attach", None),
        Flag::switch("command", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::texts("env", None),
        Flag::switch("expose", None),
        Flag::text("image", None),
        Flag::text("image-pull-policy", None),
        Flag::text("labels", Some('l')),
        Flag::text("output", Some('o')),
        Flag::text("override-type", None),
        Flag::text("overrides", None),
        Flag::text("port", None),
        Flag::switch("privileged", None),
        Flag::switch("quiet", Some('q')),
        Flag::text("restart", None),
        Flag::switch("record", None),
        Flag::switch("rm", None),
        Flag::switch("save-config", None),
        Flag::switch("stdin", Some('i')),
        Flag::switch("tty", Some('t')),
    ],
    run,
};

/// The Service of `--expose`. Models RunOptions.generateService.
fn expose_pod(
    call: &mut Call<'_, '_>,
    name: &str,
    labels: &serde_json::Map<String, Value>,
    namespace: &str,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let port = call.flags.text("port").unwrap_or_default();
    let number: i64 = port.parse().unwrap_or_default();
    let mut value = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"port": number, "protocol": "TCP", "targetPort": number}], "selector": labels},
    });
    if call.flags.is_set("labels") {
        field::set(&mut value, &["metadata", "labels"], json!(labels));
    }
    send(call, Kind::Service, namespace, value, None, dry_run)?;
    if call.flags.text("output") == Some("yaml") {
        call.io.out("---\n");
    }
    Ok(())
}

/// Models k8s.io/kubectl/pkg/cmd/run RunOptions.
fn run(call: &mut Call<'_, '_>) -> Outcome {
    let Some(name) = call.args().first().cloned() else {
        return Err(call.usage("NAME is required for run"));
    };
    let Some(image) = call.flags.text("image").map(str::to_owned).filter(|image| !image.is_empty()) else {
        return Err(Failure::new("required flag(s) \"image\" not set"));
    };
    if ImageReference::parse(&image).is_err() {
        return Err(Failure::Plain(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if call.flags.switch("tty") && !call.flags.switch("stdin") {
        return Err(call.usage("-i/--stdin is required for containers with -t/--tty=true"));
    }
    if call.flags.switch("expose") && call.flags.text("port").is_none_or(str::is_empty) {
        return Err(call.usage("--port must be set when exposing a service"));
    }
    if call.flags.switch("rm") && !call.flags.switch("stdin") && !call.flags.switch("attach") {
        return Err(call.usage("--rm should only be used for attached containers"));
    }
    if call.flags.switch("attach") || call.flags.switch("stdin") || call.flags.switch("tty") || call.flags.switch("rm")
    {
        return Err(Failure::new("the lab cannot attach to containers; run without -i, -t and --rm"));
    }
    let restart = call.flags.text("restart").unwrap_or("Always").to_owned();
    if !["Always", "OnFailure", "Never"].contains(&restart.as_str()) {
        return Err(call.usage(&format!("invalid restart policy: {restart}")));
    }
    let dry_run = call.flags.dry_run()?;
    let mut labels = serde_json::Map::new();
    for pair in call.flags.text("labels").unwrap_or_default().split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| Failure::Plain(format!("unexpected label spec: {pair}")))?;
        labels.insert(key.to_owned(), json!(value));
    }
    if labels.is_empty() {
        labels.insert("run".to_owned(), json!(name));
    }
    let mut container = json!({"name": name, "image": image, "resources": {}});
    let words: Vec<String> = call.args().get(1..).unwrap_or_default().to_vec();
    if !words.is_empty() {
        let list = if call.flags.switch("command") { "command" } else { "args" };
        field::set(&mut container, &[list], json!(words));
    }
    if let Some(port) = call.flags.text("port").and_then(|port| port.parse::<i64>().ok()) {
        field::set(&mut container, &["ports"], json!([{"containerPort": port}]));
    }
    let is_variable = |pair: &String| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty());
    if let Some(odd) = call.flags.texts("env").iter().find(|pair| !is_variable(pair)) {
        return Err(Failure::Plain(format!("invalid env: {odd}")));
    }
    let variables: Vec<_> = call
        .flags
        .texts("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    if !variables.is_empty() {
        field::set(&mut container, &["env"], json!(variables));
    }
    if call.flags.switch("privileged") {
        field::set(&mut container, &["securityContext"], json!({"privileged": true}));
    }
    if let Some(policy) = call.flags.text("image-pull-policy") {
        if !["Always", "IfNotPresent", "Never", ""].contains(&policy) {
            return Err(call.usage(&format!("invalid image pull policy: {policy}")));
        }
        field::set(&mut container, &["imagePullPolicy"], json!(policy));
    }
    let namespace = call.namespace();
    let mut value = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
    });
    for pair in call.flags.texts("annotations") {
        let (key, text) = pair
            .split_once('=')
            .ok_or_else(|| Failure::Plain(format!("Unexpected annotation {pair}: expected <annotation>=<value>")))?;
        field::set(&mut value, &["metadata", "annotations", key], json!(text));
    }
    let value = overridden(call, Kind::Pod, value)?;
    // The pod is made first, and the Service is what is spoken of first.
    let said = call.io.take_chunks();
    send(call, Kind::Pod, &namespace, value, None, dry_run)?;
    let of_pod = call.io.take_chunks();
    for chunk in said {
        call.io.write(chunk.stream, &chunk.text);
    }
    let service =
        if call.flags.switch("expose") { expose_pod(call, &name, &labels, &namespace, dry_run) } else { Ok(()) };
    for chunk in of_pod {
        call.io.write(chunk.stream, &chunk.text);
    }
    service.map(|()| Next::Done)
}
