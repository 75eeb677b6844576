//! What a pod's volumes hold: ConfigMaps, Secrets and facts about the pod, as files.
//! Models pkg/volume/{configmap,secret,projected,downwardapi}.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::environment::{FieldContext, field_value, resource_value};
use super::objects::ObjectReader;
use crate::api::{ObjectMeta, StringMap};

/// A file in a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// What it holds.
    pub data: String,
    /// Its permissions.
    pub mode: u32,
}

/// The files of a volume by path.
pub type Files = BTreeMap<String, File>;

/// The pod that a volume belongs to.
pub struct VolumeContext<'a> {
    /// The pod's metadata.
    pub metadata: &'a ObjectMeta,
    /// The pod's spec.
    pub spec: &'a Map<String, Value>,
    /// The node that the pod is on.
    pub node_name: &'a str,
    /// The other objects.
    pub objects: &'a dyn ObjectReader,
}

/// The permissions of files where a volume says nothing of them.
const DEFAULT_MODE: u32 = 0o644;

/// The files of a volume; none for volumes that the kubelet fills with nothing.
///
/// # Errors
/// Why it cannot be mounted, as the event `FailedMount` says it behind the colon.
pub fn set_up(context: &VolumeContext<'_>, volume: &Value) -> Result<Files, String> {
    let source = |field: &str| volume.get(field).filter(|source| !source.is_null());
    if let Some(given) = source("configMap") {
        return source_files(context, "configmap", given, text(given, "name"), mode(given, "defaultMode"));
    }
    if let Some(given) = source("secret") {
        return source_files(context, "secret", given, text(given, "secretName"), mode(given, "defaultMode"));
    }
    if let Some(given) = source("downwardAPI") {
        return downward_files(context, given, mode(given, "defaultMode"));
    }
    source("projected").map_or_else(|| Ok(Files::new()), |given| projected_files(context, given))
}

/// The event's text. Models operationexecutor GenerateMountVolumeFunc.
pub fn failure_message(volume: &str, cause: &str) -> String {
    format!("MountVolume.SetUp failed for volume \"{volume}\" : {cause}")
}

/// Every source's files, or every source's failure. Models projectedVolumeMounter.collectData.
fn projected_files(context: &VolumeContext<'_>, given: &Value) -> Result<Files, String> {
    let mode = mode(given, "defaultMode");
    let mut files = Files::new();
    let mut errors: Vec<String> = Vec::new();
    for source in given.get("sources").and_then(Value::as_array).into_iter().flatten() {
        let of = |field: &str| source.get(field).filter(|source| !source.is_null());
        let made = if let Some(secret) = of("secret") {
            source_files(context, "secret", secret, text(secret, "name"), mode)
        } else if let Some(map) = of("configMap") {
            source_files(context, "configmap", map, text(map, "name"), mode)
        } else if let Some(facts) = of("downwardAPI") {
            downward_files(context, facts, mode)
        } else if let Some(token) = of("serviceAccountToken") {
            let file = File { data: "eyJhbGciOiJSUzI1NiJ9.e30.lab".to_owned(), mode };
            Ok(Files::from([(text(token, "path").to_owned(), file)]))
        } else {
            Ok(Files::new())
        };
        match made {
            Ok(made) => files.extend(made),
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    aggregate(files, &errors)
}

/// The files, unless there are errors. Models utilerrors.NewAggregate.
fn aggregate(files: Files, errors: &[String]) -> Result<Files, String> {
    match errors {
        [] => Ok(files),
        [error] => Err(error.clone()),
        errors => Err(format!("[{}]", errors.join(", "))),
    }
}

/// The keys of a ConfigMap or Secret. Models MakePayload.
fn source_files(
    context: &VolumeContext<'_>,
    kind: &str,
    source: &Value,
    name: &str,
    default_mode: u32,
) -> Result<Files, String> {
    let is_optional = source.get("optional") == Some(&Value::Bool(true));
    let namespace = context.metadata.namespace.as_str();
    let found = match kind {
        "configmap" => context.objects.config_map(namespace, name),
        _ => context.objects.secret(namespace, name),
    };
    let data = match found {
        Some(data) => data,
        None if is_optional => StringMap::new(),
        None => return Err(format!("{kind} \"{name}\" not found")),
    };
    let items = source.get("items").and_then(Value::as_array).filter(|items| !items.is_empty());
    let Some(items) = items else {
        let file = |(key, data)| (key, File { data, mode: default_mode });
        return Ok(data.into_iter().map(file).collect());
    };
    let mut files = Files::new();
    for item in items {
        let key = text(item, "key");
        match data.get(key) {
            Some(data) => {
                let mode = item.get("mode").and_then(Value::as_u64).and_then(|mode| mode.try_into().ok());
                let file = File { data: data.clone(), mode: mode.unwrap_or(default_mode) };
                files.insert(text(item, "path").to_owned(), file);
            }
            None if is_optional => {}
            None if kind == "configmap" => {
                return Err(format!("configmap references non-existent config key: {key}"));
            }
            None => return Err(format!("references non-existent secret key: {key}")),
        }
    }
    Ok(files)
}

/// Facts about the pod. Models downwardapi.CollectData.
fn downward_files(context: &VolumeContext<'_>, source: &Value, default_mode: u32) -> Result<Files, String> {
    let fields = FieldContext {
        metadata: context.metadata,
        spec: context.spec,
        node_name: context.node_name,
        pod_ips: &[],
        node: context.objects.node(),
    };
    let (mut files, mut errors) = (Files::new(), Vec::new());
    for item in source.get("items").and_then(Value::as_array).into_iter().flatten() {
        let given = |field: &str| item.get(field).filter(|reference| !reference.is_null());
        let made = match (given("fieldRef"), given("resourceFieldRef")) {
            (Some(reference), _) => field_value(&fields, reference),
            (None, Some(reference)) => resource_value(context.spec, &Map::new(), reference, fields.node.as_deref()),
            (None, None) => Ok(String::new()),
        };
        let data = match made {
            Ok(data) => data,
            Err(error) => {
                errors.extend((!errors.contains(&error)).then_some(error));
                continue;
            }
        };
        let mode = item.get("mode").and_then(Value::as_u64).and_then(|mode| mode.try_into().ok());
        files.insert(text(item, "path").to_owned(), File { data, mode: mode.unwrap_or(default_mode) });
    }
    aggregate(files, &errors)
}

fn mode(source: &Value, field: &str) -> u32 {
    source.get(field).and_then(Value::as_u64).and_then(|mode| mode.try_into().ok()).unwrap_or(DEFAULT_MODE)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
