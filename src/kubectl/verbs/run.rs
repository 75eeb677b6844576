//! `kubectl run`.

use serde_json::json;

use crate::api::Kind;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;

use super::create::send;

pub(super) const RUN: Command = Command {
    path: "run",
    aliases: &[],
    about: "Run a particular image on the cluster",
    usage: "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--command] -- [COMMAND] \
            [args...]",
    flags: &[
        Flag::switch("command", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::texts("env", None),
        Flag::switch("expose", None),
        Flag::text("image", None),
        Flag::text("image-pull-policy", None),
        Flag::text("labels", Some('l')),
        Flag::text("output", Some('o')),
        Flag::text("port", None),
        Flag::switch("quiet", Some('q')),
        Flag::text("restart", None),
        Flag::switch("rm", None),
        Flag::switch("stdin", Some('i')),
        Flag::switch("tty", Some('t')),
    ],
    run,
};

/// Models k8s.io/kubectl/pkg/cmd/run RunOptions.
fn run(call: &mut Call<'_, '_>) -> Outcome {
    let Some(name) = call.args().first().cloned() else {
        return Err(call.usage("NAME is required for run"));
    };
    let Some(image) = call.flags.text("image").map(str::to_owned).filter(|image| !image.is_empty()) else {
        return Err(Failure::new("required flag(s) \"image\" not set"));
    };
    if call.flags.switch("stdin") || call.flags.switch("tty") || call.flags.switch("rm") {
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
    if let Some(policy) = call.flags.text("image-pull-policy") {
        field::set(&mut container, &["imagePullPolicy"], json!(policy));
    }
    let namespace = call.namespace();
    let value = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
    });
    send(call, Kind::Pod, &namespace, value, None, dry_run)?;
    Ok(Next::Done)
}
