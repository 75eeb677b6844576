//! A container's environment: `env`, `envFrom`, the services' variables, and what `$(NAME)` stands for.
//! Models pkg/kubelet/kubelet_pods.go makeEnvironmentVariables.

mod env_file;
pub mod expansion;
mod fields;
mod resource_fields;
mod service_variables;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::objects::ObjectReader;
use crate::api::{ObjectMeta, StringMap};

pub use fields::{FieldContext, field_value};
pub use resource_fields::value as resource_value;

/// What a container's environment is made from.
pub struct Given<'a> {
    /// The pod's metadata.
    pub metadata: &'a ObjectMeta,
    /// The pod's spec, defaulted.
    pub spec: &'a Map<String, Value>,
    /// The node that the pod is on.
    pub node_name: &'a str,
    /// The addresses that the runtime gave the pod; empty for none.
    pub pod_ips: &'a [String],
    /// The other objects.
    pub objects: &'a dyn ObjectReader,
    /// Files by volume and path, for `fileKeyRef`; a volume that is not mounted is absent.
    pub files: &'a BTreeMap<String, StringMap>,
}

/// The variables of `container` by name. The order in which the kubelet hands them on is Go's random one.
///
/// # Errors
/// The kubelet's text, with which the container waits as `CreateContainerConfigError`.
pub fn variables(given: &Given<'_>, container: &Map<String, Value>) -> Result<StringMap, String> {
    let links = given.spec.get("enableServiceLinks").and_then(Value::as_bool).unwrap_or(true);
    let services = service_variables::of(&given.objects.services(), &given.metadata.namespace, links);
    let mut variables = StringMap::new();
    for source in list(container, "envFrom") {
        add_all(given, source, &mut variables)?;
    }
    for variable in list(container, "env") {
        let name = text(variable, "name");
        let literal = text(variable, "value");
        let value = if literal.is_empty() {
            match variable.get("valueFrom").filter(|from| !from.is_null()) {
                Some(from) => resolved(given, container, from)?,
                None => Some(String::new()),
            }
        } else {
            Some(expansion::expand(literal, |name| variables.get(name).or_else(|| services.get(name)).cloned()))
        };
        if let Some(value) = value {
            variables.insert(name.to_owned(), value);
        }
    }
    for (name, value) in services {
        variables.entry(name).or_insert(value);
    }
    Ok(variables)
}

/// One entry of `envFrom`: every key of a ConfigMap or Secret.
fn add_all(given: &Given<'_>, source: &Value, variables: &mut StringMap) -> Result<(), String> {
    let prefix = text(source, "prefix");
    for (field, kind) in [("configMapRef", "configmap"), ("secretRef", "secret")] {
        let Some(reference) = source.get(field).filter(|reference| !reference.is_null()) else { continue };
        let Some(data) = look_up(given, kind, reference)? else { return Ok(()) };
        variables.extend(data.into_iter().map(|(key, value)| (format!("{prefix}{key}"), value)));
        return Ok(());
    }
    Ok(())
}

/// The value behind `valueFrom`; none when it is optional and missing.
fn resolved(given: &Given<'_>, container: &Map<String, Value>, from: &Value) -> Result<Option<String>, String> {
    let source = |field: &str| from.get(field).filter(|source| !source.is_null());
    if let Some(reference) = source("fieldRef") {
        let context = FieldContext {
            metadata: given.metadata,
            spec: given.spec,
            node_name: given.node_name,
            pod_ips: given.pod_ips,
            node: given.objects.node(),
        };
        return field_value(&context, reference).map(Some);
    }
    if let Some(reference) = source("resourceFieldRef") {
        return resource_fields::value(given.spec, container, reference, given.objects.node().as_deref()).map(Some);
    }
    for (field, kind, name) in [("configMapKeyRef", "configmap", "ConfigMap"), ("secretKeyRef", "secret", "Secret")] {
        let Some(reference) = source(field) else { continue };
        let Some(data) = look_up(given, kind, reference)? else { return Ok(None) };
        let key = text(reference, "key");
        return match data.get(key) {
            Some(value) => Ok(Some(value.clone())),
            None if is_optional(reference) => Ok(None),
            None => {
                let (namespace, object) = (&given.metadata.namespace, text(reference, "name"));
                Err(format!("couldn't find key {key} in {name} {namespace}/{object}"))
            }
        };
    }
    source("fileKeyRef").map_or(Ok(Some(String::new())), |reference| file_key(given, reference))
}

fn look_up(given: &Given<'_>, kind: &str, reference: &Value) -> Result<Option<StringMap>, String> {
    let (namespace, name) = (given.metadata.namespace.as_str(), text(reference, "name"));
    let found = match kind {
        "configmap" => given.objects.config_map(namespace, name),
        _ => given.objects.secret(namespace, name),
    };
    if found.is_none() && !is_optional(reference) {
        return Err(format!("{kind} \"{name}\" not found"));
    }
    Ok(found)
}

fn file_key(given: &Given<'_>, reference: &Value) -> Result<Option<String>, String> {
    let (volume, path, key) = (text(reference, "volumeName"), text(reference, "path"), text(reference, "key"));
    let Some(files) = given.files.get(volume) else {
        return Err(format!("cannot find the volume \"{volume}\" referenced by FileKeyRef"));
    };
    let value = files.get(path).and_then(|content| env_file::value(content, key).ok());
    match value {
        None => Err("couldn't parse env file".to_owned()),
        Some(value) if !value.is_empty() => Ok(Some(value)),
        Some(_) if is_optional(reference) => Ok(None),
        Some(_) => {
            let uid = &given.metadata.uid;
            let path = format!("/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/{volume}/{path}");
            Err(format!("environment variable key \"{key}\" not found in file \"{path}\""))
        }
    }
}

fn list<'a>(container: &'a Map<String, Value>, field: &str) -> &'a [Value] {
    container.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn is_optional(reference: &Value) -> bool {
    reference.get("optional") == Some(&Value::Bool(true))
}
