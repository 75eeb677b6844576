//! `kubectl expose`.

use serde_json::{Value, json};

use crate::api::{Kind, Object};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::name_line_of;
use crate::kubectl::selection::{Item, Rules, select};

pub(super) const EXPOSE: Command = Command {
    path: "expose",
    aliases: &[],
    about: "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
    usage: "(-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] \
            [--name=name] [--type=type]",
    flags: &[
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::text("labels", Some('l')),
        Flag::text("name", None),
        Flag::text("output", Some('o')),
        Flag::text("port", None),
        Flag::text("protocol", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", None),
        Flag::text("target-port", None),
        Flag::text("type", None),
    ],
    run: expose,
};

fn expose(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let dry_run = call.flags.dry_run()?;
    let selection = select(call, &args, Rules::default())?;
    let mut failures = selection.failures;
    for item in &selection.items {
        failures.extend(expose_one(call, item, dry_run).err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// Models k8s.io/kubectl/pkg/cmd/expose.
fn expose_one(call: &mut Call<'_, '_>, item: &Item, dry_run: DryRun) -> Result<(), Failure> {
    let Some(object) = &item.object else { return Ok(()) };
    let value = object.to_value();
    let pointer = match object {
        Object::Deployment(_) | Object::ReplicaSet(_) => "/spec/selector/matchLabels",
        Object::Service(_) => "/spec/selector",
        Object::Pod(_) => "/metadata/labels",
        _ => {
            let kind = item.kind.as_str();
            return Err(Failure::Plain(format!("cannot expose a {kind}")));
        }
    };
    let selector = field::string_map(&value, pointer);
    if selector.is_empty() {
        return Err(Failure::new(
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
        ));
    }
    let ports = match call.flags.text("port") {
        Some(port) => vec![port.to_owned()],
        None => container_ports(&value),
    };
    if ports.is_empty() {
        return Err(call.usage("couldn't find port via --port flag or introspection"));
    }
    let name = call.flags.text("name").unwrap_or(&item.key.name).to_owned();
    let protocol = call.flags.text("protocol").unwrap_or("TCP").to_owned();
    let number_or_name = |text: &str| text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number));
    let several = ports.len() > 1;
    let ports: Vec<Value> = ports
        .iter()
        .enumerate()
        .map(|(at, port)| {
            let target = call.flags.text("target-port").map_or_else(|| number_or_name(port), number_or_name);
            let mut port = json!({"protocol": protocol, "port": number_or_name(port), "targetPort": target});
            if several {
                field::set(&mut port, &["name"], json!(format!("port-{}", at + 1)));
            }
            port
        })
        .collect();
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "labels": field::string_map(&value, "/metadata/labels")},
        "spec": {"ports": ports, "selector": selector},
    });
    if let Some(kind) = call.flags.text("type") {
        field::set(&mut service, &["spec", "type"], json!(kind));
    }
    let namespace = item.key.namespace.clone();
    if call.flags.is_set("output") {
        return super::create::send(call, Kind::Service, &namespace, service, None, dry_run);
    }
    if dry_run != DryRun::Client {
        let options = crate::apiserver::WriteOptions { dry_run: dry_run == DryRun::Server, ..Default::default() };
        let result = call.world.client_mut().create(Kind::Service, &namespace, service, options);
        call.written(result)?;
    }
    call.io.out(name_line_of(Kind::Service, &name, &format!("exposed{}", dry_run.suffix())));
    Ok(())
}

fn container_ports(value: &Value) -> Vec<String> {
    let template = value.pointer("/spec/template").unwrap_or(value);
    let containers = field::list(template, "/spec/containers").iter();
    containers
        .flat_map(|container| field::list(container, "/ports"))
        .map(|port| field::number(port, "/containerPort").to_string())
        .collect()
}
