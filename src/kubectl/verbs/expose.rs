//! `kubectl expose`.

use serde_json::{Map, Value, json};

use crate::api::Kind;
use crate::api::patch::{json_merge_patch, json_patch, strategic_merge};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::go_syntax::quote;
use crate::kubectl::selection::{Item, Rules, select};

pub(super) const EXPOSE: Command = Command {
    path: "expose",
    aliases: &[],
    about: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    usage: "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] \
            [--name=name] [--type=type]",
    flags: &[
        Flag::text("cluster-ip", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::text("external-ip", None),
        Flag::list("filename", Some('f')),
        Flag::text("labels", Some('l')),
        Flag::text("load-balancer-ip", None),
        Flag::text("name", None),
        Flag::text("output", Some('o')),
        Flag::text("override-type", None),
        Flag::text("overrides", None),
        Flag::text("port", None),
        Flag::text("protocol", None),
        Flag::switch("record", None),
        Flag::switch("recursive", Some('R')),
        Flag::switch("save-config", None),
        Flag::text("selector", None),
        Flag::text("session-affinity", None),
        Flag::text("target-port", None),
        Flag::text("type", None),
    ],
    run: expose,
};

fn expose(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let dry_run = call.flags.dry_run()?;
    let selection = select(call, &args, Rules { files_as_they_are: true, ..Rules::default() })?;
    let mut failures = selection.failures;
    for item in &selection.items {
        failures.extend(expose_one(call, item, dry_run).err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// Models k8s.io/kubectl/pkg/cmd/expose ExposeServiceOptions.RunExpose.
fn expose_one(call: &mut Call<'_, '_>, item: &Item, dry_run: DryRun) -> Result<(), Failure> {
    let Some(value) = item.value() else { return Ok(()) };
    let of_object = selector_of(item.kind, &value)?;
    let selector = match call.flags.text("selector").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => of_object.map_err(|why| {
            Failure::Plain(format!("couldn't retrieve selectors via --selector flag or introspection: {why}"))
        })?,
    };
    let ports = match call.flags.text("port").filter(|port| !port.is_empty()) {
        Some(ports) => ports.split(',').map(str::to_owned).collect(),
        None => container_ports(&value),
    };
    if ports.is_empty() && call.flags.text("cluster-ip") != Some("None") {
        return Err(Failure::new("couldn't find port via --port flag or introspection"));
    }
    let ports = service_ports(call, &ports, &value)?;
    let own_labels = match call.flags.text("labels").filter(|text| !text.is_empty()) {
        Some(text) => labels(text)?,
        None => value.pointer("/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default(),
    };
    let name = call.flags.text("name").filter(|name| !name.is_empty()).unwrap_or(&item.key.name).to_owned();
    // A Service's name has at most 63 characters.
    let name = if call.flags.is_set("name") { name } else { name.chars().take(63).collect() };
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": ports, "selector": selector},
    });
    if !own_labels.is_empty() {
        field::set(&mut service, &["metadata", "labels"], Value::Object(own_labels));
    }
    set_details(call, &mut service)?;
    let mut service = overridden(call, Kind::Service, service)?;
    let namespace = item.key.namespace.clone();
    call.record(&mut service);
    if dry_run == DryRun::Client {
        if call.has_explicit_namespace() {
            field::set(&mut service, &["metadata", "namespace"], json!(namespace));
        }
        return call.answer(Kind::Service, service, "exposed", dry_run, Held::Typed);
    }
    if call.flags.switch("save-config") {
        service = super::apply::with_last_applied(&service, Some(Kind::Service));
    }
    let options = call.write_options(dry_run);
    let result = call.world.client_mut().create(Kind::Service, &namespace, service, options);
    let service = call.written(result)?.to_value();
    call.answer(Kind::Service, service, "exposed", dry_run, Held::Typed)
}

/// What the flags say about the Service itself.
fn set_details(call: &Call<'_, '_>, service: &mut Value) -> Result<(), Failure> {
    let given = |flag: &str| call.flags.text(flag).filter(|text| !text.is_empty()).map(str::to_owned);
    let kind = given("type");
    if let Some(kind) = &kind {
        field::set(service, &["spec", "type"], json!(kind));
    }
    if let Some(address) = given("external-ip") {
        field::set(service, &["spec", "externalIPs"], json!([address]));
    }
    if let Some(address) = given("load-balancer-ip").filter(|_| kind.as_deref() == Some("LoadBalancer")) {
        field::set(service, &["spec", "loadBalancerIP"], json!(address));
    }
    if let Some(affinity) = given("session-affinity") {
        if !["None", "ClientIP"].contains(&affinity.as_str()) {
            return Err(Failure::Plain(format!("unknown session affinity: {affinity}")));
        }
        field::set(service, &["spec", "sessionAffinity"], json!(affinity));
    }
    if let Some(address) = given("cluster-ip") {
        field::set(service, &["spec", "clusterIP"], json!(address));
    }
    Ok(())
}

type Labels = Map<String, Value>;

/// The labels by which the object's pods are found.
/// Models polymorphichelpers' canBeExposed and mapBasedSelectorForObject.
///
/// # Errors
/// When objects of this kind cannot be exposed. The inner error says that this one has no labels.
fn selector_of(kind: Kind, value: &Value) -> Result<Result<Labels, String>, Failure> {
    let (pointer, nothing) = match kind {
        Kind::Deployment => {
            ("/spec/selector/matchLabels", "invalid deployment: no selectors, therefore cannot be exposed")
        }
        Kind::ReplicaSet => {
            ("/spec/selector/matchLabels", "invalid replicaset: no selectors, therefore cannot be exposed")
        }
        Kind::ReplicationController => ("/spec/selector", "selector must be specified"),
        Kind::Service => ("/spec/selector", "the service has no pod selector set"),
        Kind::Pod => ("/metadata/labels", "the pod has no labels and cannot be exposed"),
        other => {
            let group = if other.group().is_empty() { String::new() } else { format!(".{}", other.group()) };
            return Err(Failure::Plain(format!("cannot expose a {}{group}", other.as_str())));
        }
    };
    let labels = value.pointer(pointer).and_then(Value::as_object).filter(|labels| !labels.is_empty()).cloned();
    Ok(labels.ok_or_else(|| nothing.to_owned()))
}

/// Models expose.parseLabels.
fn labels(text: &str) -> Result<Labels, Failure> {
    let pair = |pair: &str| match pair.split('=').collect::<Vec<_>>().as_slice() {
        ["", _] => Err(Failure::new("unexpected empty label key")),
        [key, value] => Ok(((*key).to_owned(), json!(value))),
        _ => Err(Failure::Plain(format!("unexpected label spec: {pair}"))),
    };
    text.split(',').map(pair).collect()
}

/// Models ExposeServiceOptions.createService.
fn service_ports(call: &Call<'_, '_>, ports: &[String], value: &Value) -> Result<Vec<Value>, Failure> {
    let target = call.flags.text("target-port").filter(|target| !target.is_empty());
    let wanted = call.flags.text("protocol").filter(|protocol| !protocol.is_empty());
    let known = protocols(value);
    let mut made = Vec::new();
    for (at, port) in ports.iter().enumerate() {
        let number: i64 = port
            .parse()
            .map_err(|_| Failure::Plain(format!("strconv.Atoi: parsing {}: invalid syntax", quote(port))))?;
        let target =
            target.map_or_else(|| json!(number), |text| text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)));
        let of_port: Vec<&str> =
            known.iter().filter(|(known, _)| known == port).map(|(_, protocol)| protocol.as_str()).collect();
        let protocols = match wanted {
            Some(protocol) => vec![protocol],
            None if of_port.is_empty() => vec!["TCP"],
            None => of_port,
        };
        for protocol in &protocols {
            let mut one = json!({"port": number, "protocol": protocol, "targetPort": target});
            if protocols.len() > 1 {
                field::set(&mut one, &["name"], json!(format!("port-{}-{}", at + 1, protocol.to_lowercase())));
            } else if ports.len() > 1 {
                field::set(&mut one, &["name"], json!(format!("port-{}", at + 1)));
            }
            made.push(one);
        }
    }
    Ok(made)
}

/// The ports of the containers, or of the Service. Models polymorphichelpers portsForObject.
fn container_ports(value: &Value) -> Vec<String> {
    let mut ports: Vec<String> = protocols(value).into_iter().map(|(port, _)| port).collect();
    ports.dedup();
    ports
}

/// Ports with their protocols. Models polymorphichelpers multiProtocolsForObject.
fn protocols(value: &Value) -> Vec<(String, String)> {
    let template = value.pointer("/spec/template").unwrap_or(value);
    let of_containers = field::list(template, "/spec/containers").iter().flat_map(|one| field::list(one, "/ports"));
    let of_service = field::list(value, "/spec/ports").iter();
    let pair = |port: &Value, name: &str| {
        let protocol = field::text(port, "/protocol");
        let protocol = if protocol.is_empty() { "TCP" } else { protocol };
        (field::number(port, name).to_string(), protocol.to_owned())
    };
    of_containers.map(|port| pair(port, "/containerPort")).chain(of_service.map(|port| pair(port, "/port"))).collect()
}

/// `--overrides`: JSON that is laid over an object. Models cmdutil.OverrideOptions.
pub(super) fn overridden(call: &Call<'_, '_>, kind: Kind, value: Value) -> Result<Value, Failure> {
    let Some(text) = call.flags.text("overrides").filter(|text| !text.is_empty()) else { return Ok(value) };
    let change = crate::manifest::unmarshal(text).map_err(Failure::Plain)?;
    match call.flags.text("override-type").unwrap_or("merge") {
        "merge" => Ok(json_merge_patch(&value, &change)),
        "strategic" => strategic_merge(&value, &change, kind).map_err(Failure::Plain),
        "json" => json_patch(&value, &change).map_err(Failure::Plain),
        other => {
            Err(Failure::Plain(format!("invalid override type: {}, expected merge, strategic or json", quote(other))))
        }
    }
}
