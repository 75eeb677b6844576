//! What a container is given before it starts: its environment, its volumes, its user.

use std::collections::BTreeMap;
use std::sync::Arc;

use hellok8s_lab::api::{Generic, Kind, Object, ObjectMeta, Pod, Service, StringMap, defaults};
use hellok8s_lab::kubelet::environment::{self, Given, expansion};
use hellok8s_lab::kubelet::non_root::{self, ImageUser};
use hellok8s_lab::kubelet::objects::{HostPath, ObjectReader};
use hellok8s_lab::kubelet::volumes::{self, VolumeContext};
use serde_json::{Map, Value, json};

use crate::table::{self, same};

/// The objects of a row.
struct Objects<'a>(&'a Value);

impl ObjectReader for Objects<'_> {
    fn config_map(&self, _namespace: &str, name: &str) -> Option<StringMap> {
        serde_json::from_value(self.0["configMaps"].get(name)?.clone()).ok()
    }

    fn secret(&self, _namespace: &str, name: &str) -> Option<StringMap> {
        serde_json::from_value(self.0["secrets"].get(name)?.clone()).ok()
    }

    fn host_path(&self, _namespace: &str, _claim: &str) -> Option<HostPath> {
        None
    }

    fn services(&self) -> Vec<Arc<Service>> {
        let services = self.0["services"].as_array().map_or(&[][..], Vec::as_slice);
        services.iter().map(|service| Arc::new(serde_json::from_value(service.clone()).unwrap())).collect()
    }

    fn node(&self) -> Option<Arc<Generic>> {
        match Object::from_value(Kind::Node, self.0["node"].clone()).ok()? {
            Object::Generic(node) => Some(node),
            _ => None,
        }
    }
}

fn pod(value: &Value) -> Pod {
    let mut value = value.clone();
    defaults::set_defaults(Kind::Pod, &mut value);
    match Object::from_value(Kind::Pod, value).unwrap() {
        Object::Pod(pod) => (*pod).clone(),
        _ => panic!("a pod"),
    }
}

fn container(spec: &Map<String, Value>) -> Map<String, Value> {
    spec["containers"][0].as_object().unwrap().clone()
}

fn failed(error: &str) -> Value {
    json!({
        "error": error,
        "event": ["Warning", "Failed", format!("Error: {error}")],
        "waiting": {"reason": "CreateContainerConfigError", "message": error},
    })
}

#[test]
fn container_env() {
    table::run("container_env", |row| {
        let input = &row["in"];
        let pod = pod(&input["pod"]);
        let mut spec = pod.spec.raw().clone();
        spec.entry("enableServiceLinks").or_insert(json!(true));
        let ips: Vec<String> = serde_json::from_value(input["podIPs"].clone()).unwrap();
        let files: BTreeMap<String, StringMap> =
            input.get("files").map(|files| serde_json::from_value(files.clone()).unwrap()).unwrap_or_default();
        let given = Given {
            metadata: &pod.metadata,
            spec: &spec,
            node_name: &pod.node_name,
            pod_ips: &ips,
            objects: &Objects(input),
            files: &files,
        };
        let container = container(&spec);
        let ours = match environment::variables(&given, &container) {
            Err(error) => failed(&error),
            Ok(env) => {
                let expanded = |field: &str| {
                    let words = container.get(field).and_then(Value::as_array).filter(|words| !words.is_empty());
                    words.map(|words| {
                        let expand =
                            |word: &Value| expansion::expand(word.as_str().unwrap(), |name| env.get(name).cloned());
                        words.iter().map(expand).collect::<Vec<_>>()
                    })
                };
                json!({"error": null, "env": env.iter().collect::<Vec<_>>(), "command": expanded("command"), "args": expanded("args")})
            }
        };
        same(&ours, &row["out"])
    });
}

#[test]
fn volume_source() {
    table::run("volume_source", |row| {
        let metadata = ObjectMeta { namespace: "default".to_owned(), name: "web".to_owned(), ..ObjectMeta::default() };
        let spec = Map::new();
        let volume = &row["in"]["volume"];
        let context =
            VolumeContext { metadata: &metadata, spec: &spec, node_name: "n1", objects: &Objects(&row["in"]) };
        let ours = match volumes::set_up(&context, volume) {
            Ok(files) => {
                let file = |(path, file): (String, volumes::File)| {
                    (path, json!({"data": file.data, "mode": format!("{:04o}", file.mode)}))
                };
                json!({"error": null, "files": files.into_iter().map(file).collect::<Map<_, _>>()})
            }
            Err(error) => {
                let message = volumes::failure_message(volume["name"].as_str().unwrap(), &error);
                json!({"error": error, "event": ["Warning", "FailedMount", message]})
            }
        };
        same(&ours, &row["out"])
    });
}

#[test]
fn run_as_non_root() {
    table::run("run_as_non_root", |row| {
        let pod = pod(&row["in"]["pod"]);
        let spec = pod.spec.raw();
        let image = &row["in"]["imageUser"];
        let user = match (image.get("uid").and_then(Value::as_i64), image.get("username").and_then(Value::as_str)) {
            (Some(id), _) => ImageUser::Id(id),
            (None, Some(name)) if !name.is_empty() => ImageUser::Name(name.to_owned()),
            _ => ImageUser::Unknown,
        };
        let metadata = &pod.metadata;
        let name = format!("{}_{}({})", metadata.name, metadata.namespace, metadata.uid);
        let ours = match non_root::verify(&name, spec, &container(spec), &user) {
            Ok(()) => json!({"error": null}),
            Err(error) => failed(&error),
        };
        same(&ours, &row["out"])
    });
}
