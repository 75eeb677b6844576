//! `kubectl create`: from files, and from flags.

use serde_json::{Value, json};

use crate::api::Kind;
use crate::api::conversion::base64;
use crate::api::well_known::LAST_APPLIED;
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag, with_flags};
use crate::kubectl::manifest_file;
use crate::kubectl::raw::{self, Method};
use crate::kubectl::selection::filenames;

use super::apply::{with_last_applied, write_options};

pub(super) const CREATE: Command = Command {
    path: "create",
    aliases: &[],
    about: "Create a resource from a file or from stdin",
    usage: "-f FILENAME",
    flags: &[
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::text("output", Some('o')),
        Flag::switch("record", None),
        Flag::text("raw", None),
        Flag::switch("recursive", Some('R')),
        Flag::switch("save-config", None),
        Flag::text("selector", Some('l')),
        Flag::optional("validate", "strict"),
    ],
    run: create,
};

pub(super) const COMMON: [Flag; 4] = [
    Flag::optional("dry-run", "unchanged"),
    Flag::text("output", Some('o')),
    Flag::switch("save-config", None),
    Flag::optional("validate", "strict"),
];

pub(super) const DEPLOYMENT: Command = Command {
    path: "create deployment",
    aliases: &["deploy"],
    about: "Create a deployment with the specified name",
    usage: "NAME --image=image -- [COMMAND] [args...]",
    flags: with_flags!(
        COMMON,
        [Flag::list("image", None), Flag::number("port", None), Flag::number("replicas", Some('r')),]
    ),
    run: deployment,
};

pub(super) const NAMESPACE: Command = Command {
    path: "create namespace",
    aliases: &["ns"],
    about: "Create a namespace with the specified name",
    usage: "NAME",
    flags: &COMMON,
    run: namespace,
};

pub(super) const CONFIG_MAP: Command = Command {
    path: "create configmap",
    aliases: &["cm"],
    about: "Create a config map from a local file, directory or literal value",
    usage: "NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
    flags: with_flags!(
        COMMON,
        [Flag::texts("from-env-file", None), Flag::texts("from-file", None), Flag::texts("from-literal", None),]
    ),
    run: config_map,
};

pub(super) const SECRET: Command = Command {
    path: "create secret generic",
    aliases: &[],
    about: "Create a secret from a local file, directory, or literal value",
    usage: "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] \
            [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::texts("from-env-file", None),
            Flag::list("from-file", None),
            Flag::texts("from-literal", None),
            Flag::text("type", None),
        ]
    ),
    run: secret,
};

pub(super) const SERVICE_ACCOUNT: Command = Command {
    path: "create serviceaccount",
    aliases: &["sa"],
    about: "Create a service account with the specified name",
    usage: "NAME",
    flags: &COMMON,
    run: service_account,
};

fn create(call: &mut Call<'_, '_>) -> Outcome {
    if call.flags.text("raw").is_some_and(|path| !path.is_empty()) {
        return raw::run(call, Method::Post).map(|()| Next::Done);
    }
    let files = filenames(call);
    if files.is_empty() {
        if let Some(word) = call.args().first() {
            return Err(Failure::usage("kubectl create", &format!("unknown command {word:?}")));
        }
        return Err(Failure::new("must specify one of -f and -k"));
    }
    if !call.args().is_empty() {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    }
    let dry_run = call.flags.dry_run()?;
    let mut failures = Vec::new();
    let manifests = manifest_file::read(call, &files)?;
    if manifests.is_empty() {
        return Err(Failure::new("no objects passed to create"));
    }
    for manifest in manifests {
        let result = manifest.and_then(|manifest| {
            send(call, manifest.kind, &manifest.key.namespace, manifest.value, Some(&manifest.source), dry_run)
        });
        failures.extend(result.err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// Creates an object and prints what `-o` asks for.
pub(super) fn send(
    call: &mut Call<'_, '_>,
    kind: Kind,
    namespace: &str,
    value: Value,
    source: Option<&str>,
    dry_run: DryRun,
) -> Result<(), Failure> {
    let value = prepared(call, kind, namespace, value, source)?;
    let printed = if dry_run == DryRun::Client {
        value
    } else {
        let options = write_options(call, dry_run)?;
        let result = call.world.client_mut().create(kind, namespace, value, options);
        call.written(result).map_err(|failure| failure.when("creating", source))?.to_value()
    };
    let held = if source.is_none() { Held::Typed } else { Held::Map };
    call.answer(kind, printed, "created", dry_run, held)
}

/// The object as it is sent: with its namespace, the command and itself as annotations where that is asked for.
fn prepared(
    call: &Call<'_, '_>,
    kind: Kind,
    namespace: &str,
    mut value: Value,
    source: Option<&str>,
) -> Result<Value, Failure> {
    let options = write_options(call, DryRun::None);
    options?;
    if source.is_none() && call.has_explicit_namespace() && !kind.is_cluster_scoped() {
        field::set(&mut value, &["metadata", "namespace"], json!(namespace));
    }
    call.record(&mut value);
    let annotated = field::string_map(&value, "/metadata/annotations").contains_key(LAST_APPLIED);
    if call.flags.switch("save-config") || annotated {
        value = with_last_applied(&value, source.is_none().then_some(kind));
    }
    Ok(value)
}

/// The one name that a command needs. Models create.NameFromCommandArgs.
pub(super) fn name_of(call: &Call<'_, '_>) -> Result<String, Failure> {
    let count = call.flags.dash.unwrap_or(call.args().len());
    match call.args().first() {
        Some(name) if count == 1 => Ok(name.clone()),
        _ => Err(call.usage(&format!("exactly one NAME is required, got {count}"))),
    }
}

/// What stands behind `--`.
pub(super) fn command_of(call: &Call<'_, '_>) -> Vec<String> {
    call.flags.dash.and_then(|dash| call.args().get(dash..)).unwrap_or_default().to_vec()
}

/// An image's name as a container's: `nginx` of `docker.io/library/nginx:1.25`.
fn container_name(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split(['@', ':']).next().unwrap_or(name);
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// Models k8s.io/kubectl/pkg/cmd/create CreateDeploymentOptions.
fn deployment(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let images = call.flags.texts("image").to_vec();
    if images.is_empty() {
        return Err(Failure::new("required flag(s) \"image\" not set"));
    }
    let command = command_of(call);
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::new("cannot specify multiple --image options and command"));
    }
    let dry_run = call.flags.dry_run()?;
    let port = call.flags.number("port").filter(|port| *port >= 0);
    let containers: Vec<Value> = images
        .iter()
        .enumerate()
        .map(|(at, image)| {
            let mut container = json!({"name": container_name(image), "image": image, "resources": {}});
            if !command.is_empty() {
                field::set(&mut container, &["command"], json!(command));
            }
            // Only the first container gets the port.
            if let Some(port) = port.filter(|_| at == 0) {
                field::set(&mut container, &["ports"], json!([{"containerPort": port}]));
            }
            container
        })
        .collect();
    let labels = json!({"app": name});
    let namespace = call.namespace();
    let value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": call.flags.number("replicas").unwrap_or(1), "selector": {"matchLabels": labels}, "strategy": {},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    });
    let done = send(call, Kind::Deployment, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "deployment"))?;
    Ok(Next::Done)
}

/// Models the wrapping of errors in `kubectl create KIND`; the API server's own answers keep their form.
pub(super) fn failed_to_create(failure: Failure, what: &str) -> Failure {
    match failure {
        Failure::Refused(refusal) => Failure::Plain(format!("failed to create {what}: {}", refusal.status.message)),
        other => other,
    }
}

fn namespace(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    send(call, Kind::Namespace, "", value, None, dry_run)?;
    Ok(Next::Done)
}

fn service_account(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let namespace = call.namespace();
    let value = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
    let done = send(call, Kind::ServiceAccount, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "serviceaccount"))?;
    Ok(Next::Done)
}

/// Keys and values of `--from-literal` and `--from-file`. Models handleConfigMapFromLiteralSources, …FromFileSources.
fn data_of(call: &Call<'_, '_>, kind: &str) -> Result<serde_json::Map<String, Value>, Failure> {
    let mut data = serde_json::Map::new();
    let mut add = |key: &str, value: &str| {
        if let Some(old) = data.insert(key.to_owned(), json!(value)) {
            drop(old);
            return Err(Failure::Plain(format!("cannot add key {key}, another key by that name already exists")));
        }
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(Failure::Plain(format!(
                "{key:?} is not valid key name for a {kind} a valid config key must consist of alphanumeric \
                 characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for \
                 validation is '[-._a-zA-Z0-9]+')"
            )));
        }
        Ok(())
    };
    for literal in call.flags.texts("from-literal") {
        let (key, value) = literal
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Failure::Plain(format!("invalid literal source {literal}, expected key=value")))?;
        add(key, value.trim_matches(['\'', '"']))?;
    }
    let files = &call.world.files;
    let env_files = call.flags.texts("from-env-file");
    let others = call.flags.texts("from-file").len() + call.flags.texts("from-literal").len();
    if !env_files.is_empty() && others > 0 {
        return Err(Failure::new("from-env-file cannot be combined with from-file or from-literal"));
    }
    for path in env_files {
        let text = files
            .read(path)
            .ok_or_else(|| Failure::Plain(format!("error reading {path}: no such file or directory")))?;
        // Models pkg/util AddFromEnvFile: blank lines and comments mean nothing, and so does a name alone.
        for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((key, value)) = line.split_once('=') {
                add(key, value)?;
            }
        }
    }
    for source in call.flags.texts("from-file") {
        let (key, path) = match source.split_once('=') {
            Some((key, path)) => (Some(key), path),
            None => (None, source.as_str()),
        };
        let base = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        if let Some(text) = files.read(path) {
            add(&key.map_or_else(|| base(path), str::to_owned), text)?;
        } else if !files.is_directory(path) {
            return Err(Failure::Plain(format!("error reading {path}: no such file or directory")));
        } else if key.is_some() {
            return Err(Failure::new("cannot give a key name for a directory path"));
        } else {
            for below in files.below(path) {
                add(&base(below), files.read(below).unwrap_or_default())?;
            }
        }
    }
    Ok(data)
}

fn config_map(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let data = data_of(call, "ConfigMap")?;
    let namespace = call.namespace();
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    if !data.is_empty() {
        field::set(&mut value, &["data"], Value::Object(data));
    }
    let done = send(call, Kind::ConfigMap, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "configmap"))?;
    Ok(Next::Done)
}

fn secret(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let mut data = data_of(call, "Secret")?;
    for (_, value) in &mut data {
        *value = json!(base64(value.as_str().unwrap_or_default()));
    }
    let namespace = call.namespace();
    let mut value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    if !data.is_empty() {
        field::set(&mut value, &["data"], Value::Object(data));
    }
    if let Some(kind) = call.flags.text("type").filter(|kind| !kind.is_empty()) {
        field::set(&mut value, &["type"], json!(kind));
    }
    let done = send(call, Kind::Secret, &namespace, value, None, dry_run);
    done.map_err(|failure| match failure {
        Failure::Refused(refusal) => Failure::Plain(format!("failed to create secret {}", refusal.status.message)),
        other => other,
    })?;
    Ok(Next::Done)
}
