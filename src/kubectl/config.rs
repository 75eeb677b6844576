//! The kubeconfig. It is kept as a file of the lab, as in real life.

use serde_json::{Value, json};

use super::field;
use super::output::yaml::to_yaml;
use crate::manifest;
use crate::process::Files;

const PATH: &str = ".kube/config";

/// The kubeconfig: the file, or what a new minikube writes.
pub(super) fn load(files: &Files) -> Value {
    load_from(files, PATH)
}

/// The kubeconfig in another file.
pub(super) fn load_from(files: &Files, path: &str) -> Value {
    files.read(path).and_then(|text| parse(text).ok()).unwrap_or_else(minikube)
}

/// Writes the kubeconfig.
pub(super) fn store(files: &mut Files, path: Option<&str>, config: &Value) {
    files.write(path.unwrap_or(PATH), to_yaml(config));
}

/// Reads a kubeconfig.
///
/// # Errors
/// When it is no YAML, or no mapping.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let documents = manifest::parse("config", text).map_err(|error| error.text)?;
    let first = documents.into_iter().next().map_or_else(|| json!({}), |document| document.value);
    if first.is_object() { Ok(first) } else { Err("it is no mapping".to_owned()) }
}

/// The present context's namespace.
pub(super) fn current_namespace(files: &Files) -> String {
    let config = load(files);
    namespace_of(&config, field::text(&config, "/current-context"))
}

/// A context's namespace.
pub(super) fn namespace_of(config: &Value, context: &str) -> String {
    let named = field::list(config, "/contexts").iter().find(|one| field::text(one, "/name") == context);
    match named.map_or("", |one| field::text(one, "/context/namespace")) {
        "" => "default".to_owned(),
        namespace => namespace.to_owned(),
    }
}

/// The entry with this name in `clusters`, `contexts` or `users`; made when it is not there. Models clientcmd's
/// named maps, which are lists in the file.
pub(super) fn entry<'c>(config: &'c mut Value, list: &str, name: &str) -> Option<&'c mut Value> {
    let inner = list.trim_end_matches('s');
    let fields = config.as_object_mut()?;
    let entries = fields.entry(list).or_insert_with(|| json!([]));
    if !entries.is_array() {
        *entries = json!([]);
    }
    let entries = entries.as_array_mut()?;
    if !entries.iter().any(|one| field::text(one, "/name") == name) {
        entries.push(json!({inner: {}, "name": name}));
        crate::sorting::sort_by_key(entries, |one| field::text(one, "/name").to_owned());
    }
    entries.iter_mut().find(|one| field::text(one, "/name") == name)?.get_mut(inner)
}

/// What minikube writes.
fn minikube() -> Value {
    json!({
        "apiVersion": "v1",
        "clusters": [{
            "cluster": {
                "certificate-authority": "/home/user/.minikube/ca.crt", "server": "https://192.168.49.2:8443"
            },
            "name": "minikube",
        }],
        "contexts": [{
            "context": {"cluster": "minikube", "namespace": "default", "user": "minikube"}, "name": "minikube"
        }],
        "current-context": "minikube",
        "kind": "Config",
        "users": [{
            "name": "minikube",
            "user": {
                "client-certificate": "/home/user/.minikube/profiles/minikube/client.crt",
                "client-key": "/home/user/.minikube/profiles/minikube/client.key",
            },
        }],
    })
}
