//! Objects from JSON: the way back from [`Object::to_value`].

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Endpoint, EndpointSlice, Generic, Kind, Object, ObjectMeta, Pod, PodSpec, PodStatus, ServicePort};

/// How the volume with a service account's token is named.
const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";

impl Object {
    /// The object behind defaulted JSON, as [`strict::decode`](super::strict::decode) and
    /// [`set_defaults`](super::defaults::set_defaults) make it.
    ///
    /// # Errors
    /// When `value` is no object, or a field that the lab acts on has a value that validation would refuse.
    pub fn from_value(kind: Kind, value: Value) -> Result<Self, String> {
        let Value::Object(mut fields) = value else {
            return Err(format!("a {} must be a JSON object", kind.as_str()));
        };
        fields.remove("apiVersion");
        fields.remove("kind");
        if let Kind::Deployment | Kind::ReplicaSet | Kind::Pod | Kind::Service | Kind::EndpointSlice | Kind::Event =
            kind
        {
            fields.values_mut().for_each(drop_nulls);
            fields.retain(|_, value| !value.is_null());
        }
        Ok(match kind {
            Kind::Deployment => Self::Deployment(Arc::new(typed(Value::Object(fields))?)),
            Kind::ReplicaSet => Self::ReplicaSet(Arc::new(typed(Value::Object(fields))?)),
            Kind::Service => Self::Service(Arc::new(typed(Value::Object(fields))?)),
            Kind::Event => Self::Event(Arc::new(typed(Value::Object(fields))?)),
            Kind::Pod => Self::Pod(Arc::new(pod(fields)?)),
            Kind::EndpointSlice => Self::EndpointSlice(Arc::new(endpoint_slice(fields)?)),
            _ => {
                let metadata = part::<ObjectMeta>(&mut fields, "metadata")?;
                Self::Generic(Arc::new(Generic { kind, metadata, fields }))
            }
        })
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// Takes a field out; its default when absent.
fn part<T: DeserializeOwned + Default>(fields: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => typed(value),
    }
}

/// Go writes `null` for an absent value whose field has no `omitempty`; the typed structs know defaults instead.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// What [`Pod::spec_value`] adds goes back to where the pod keeps it.
fn pod(mut fields: Map<String, Value>) -> Result<Pod, String> {
    let metadata = part(&mut fields, "metadata")?;
    let status: PodStatus = part(&mut fields, "status")?;
    let mut spec: Map<String, Value> = part(&mut fields, "spec")?;
    let node_name = part(&mut spec, "nodeName")?;
    let token_volume = take_token_volume(&mut spec);
    let spec = PodSpec::from_value(Value::Object(spec)).map_err(|error| error.to_string())?;
    Ok(Pod { metadata, spec: Arc::new(spec), node_name, token_volume, status: status.into() })
}

/// Takes the token's volume and its mounts out of the spec; its name, or nothing.
fn take_token_volume(spec: &mut Map<String, Value>) -> String {
    let volumes = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    let name =
        volumes.filter_map(|volume| volume.get("name")?.as_str()).find(|name| name.starts_with(TOKEN_VOLUME_PREFIX));
    let Some(name) = name.map(str::to_owned) else { return String::new() };
    take_named(spec, "volumes", &name);
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                take_named(container, "volumeMounts", &name);
            }
        }
    }
    name
}

fn take_named(fields: &mut Map<String, Value>, list: &str, name: &str) {
    let Some(elements) = fields.get_mut(list).and_then(Value::as_array_mut) else { return };
    elements.retain(|element| element.get("name").and_then(Value::as_str) != Some(name));
    if elements.is_empty() {
        fields.remove(list);
    }
}

fn endpoint_slice(mut fields: Map<String, Value>) -> Result<EndpointSlice, String> {
    let endpoints: Vec<Value> = part(&mut fields, "endpoints")?;
    let endpoints = endpoints.into_iter().map(|value| endpoint(value).map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(EndpointSlice {
        metadata: part(&mut fields, "metadata")?,
        address_type: part(&mut fields, "addressType")?,
        endpoints,
        ports: part::<Vec<ServicePort>>(&mut fields, "ports")?,
    })
}

fn endpoint(value: Value) -> Result<Endpoint, String> {
    let mut fields: Map<String, Value> = typed(value)?;
    let addresses: Vec<String> = part(&mut fields, "addresses")?;
    let mut conditions: Map<String, Value> = part(&mut fields, "conditions")?;
    Ok(Endpoint {
        address: addresses.into_iter().next().unwrap_or_default(),
        ready: part(&mut conditions, "ready")?,
        serving: part(&mut conditions, "serving")?,
        terminating: part(&mut conditions, "terminating")?,
        target_ref: part(&mut fields, "targetRef")?,
        node_name: part(&mut fields, "nodeName")?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{defaults, strict};

    #[track_caller]
    fn check_round_trip(kind: Kind, object: Value) {
        let mut stored = strict::decode(kind, &object).map(|decoded| decoded.value).unwrap_or_default();
        defaults::set_defaults(kind, &mut stored);
        let read = Object::from_value(kind, stored.clone()).map(|object| object.to_value());
        assert_eq!(read, Ok(stored));
    }

    #[test]
    fn objects_come_back_as_they_were() {
        check_round_trip(
            Kind::Service,
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}}),
        );
        check_round_trip(
            Kind::ConfigMap,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "b"}}),
        );
        check_round_trip(
            Kind::HorizontalPodAutoscaler,
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"},
                "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "behavior": {}}}),
        );
    }

    #[test]
    fn a_pod_keeps_its_node_and_token_volume_beside_the_spec() {
        let spec = json!({"containers": [{"name": "app", "image": "nginx", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "emptyDir": {}}]});
        let pod = Pod {
            spec: Arc::new(PodSpec::from_value(spec.clone()).unwrap_or_default()),
            node_name: "minikube".to_owned(),
            token_volume: "kube-api-access-abcde".to_owned(),
            ..Pod::default()
        };
        let value = Object::Pod(Arc::new(pod.clone())).to_value();
        assert_eq!(Object::from_value(Kind::Pod, value), Ok(Object::Pod(Arc::new(pod))));
    }
}
