//! `kubectl create service clusterip|nodeport|loadbalancer|externalname`.

use serde_json::{Map, Value, json};

use super::create::{name_of, send};
use crate::api::Kind;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;

const DRY_RUN: Flag = Flag::optional("dry-run", "unchanged");
const OUTPUT: Flag = Flag::text("output", Some('o'));
const SAVE: Flag = Flag::switch("save-config", None);
const TCP: Flag = Flag::list("tcp", None);
const VALIDATE: Flag = Flag::optional("validate", "strict");

macro_rules! service {
    ($name:ident, $path:literal, $kind:literal, $usage:literal, $flag:expr) => {
        pub(super) const $name: Command = Command {
            path: concat!("create service ", $path),
            aliases: &[],
            about: concat!("Create a ", $kind, " service"),
            usage: concat!("NAME ", $usage, " [--dry-run=server|client|none]"),
            flags: &[DRY_RUN, OUTPUT, SAVE, TCP, VALIDATE, $flag],
            run: |call| create(call, $kind),
        };
    };
}

service!(CLUSTER_IP, "clusterip", "ClusterIP", "[--tcp=<port>:<targetPort>]", Flag::text("clusterip", None));
service!(NODE_PORT, "nodeport", "NodePort", "[--tcp=port:targetPort]", Flag::number("node-port", None));
service!(
    EXTERNAL_NAME,
    "externalname",
    "ExternalName",
    "--external-name external.name",
    Flag::text("external-name", None)
);

pub(super) const LOAD_BALANCER: Command = Command {
    path: "create service loadbalancer",
    aliases: &[],
    about: "Create a LoadBalancer service",
    usage: "NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
    flags: &[DRY_RUN, OUTPUT, SAVE, TCP, VALIDATE],
    run: |call| create(call, "LoadBalancer"),
};

/// Models k8s.io/kubectl/pkg/cmd/create ServiceOptions.
fn create(call: &mut Call<'_, '_>, kind: &str) -> Outcome {
    let external = call.flags.text("external-name").map(str::to_owned);
    if kind == "ExternalName" && external.is_none() {
        return Err(Failure::new("required flag(s) \"external-name\" not set"));
    }
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let cluster_ip = call.flags.text("clusterip").unwrap_or_default().to_owned();
    let pairs = call.flags.texts("tcp");
    if cluster_ip != "None" && pairs.is_empty() && external.is_none() {
        return Err(Failure::new("at least one tcp port specifier must be provided"));
    }
    let node_port = call.flags.number("node-port").unwrap_or(0);
    let ports = pairs.iter().map(|pair| port(pair, node_port)).collect::<Result<Vec<Value>, Failure>>()?;
    let labels = json!({"app": name});
    let mut spec = Map::new();
    if !ports.is_empty() {
        spec.insert("ports".to_owned(), Value::Array(ports));
    }
    spec.insert("selector".to_owned(), labels.clone());
    spec.insert("type".to_owned(), json!(kind));
    if !cluster_ip.is_empty() {
        spec.insert("clusterIP".to_owned(), json!(cluster_ip));
    }
    if let Some(external) = external {
        spec.insert("externalName".to_owned(), json!(external));
    }
    let value =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"labels": labels, "name": name}, "spec": spec});
    let namespace = call.namespace();
    send(call, Kind::Service, &namespace, value, None, dry_run).map_err(|failure| match failure {
        Failure::Refused(refusal) => {
            Failure::Plain(format!("failed to create {kind} service: {}", refusal.status.message))
        }
        other => other,
    })?;
    Ok(Next::Done)
}

/// Models parsePorts: `80`, `80:3000`, `80:http`.
fn port(pair: &str, node_port: i64) -> Result<Value, Failure> {
    let (port, target) = pair.split_once(':').unwrap_or((pair, pair));
    let number: u16 = port.parse().map_err(|error: std::num::ParseIntError| {
        let range = matches!(error.kind(), std::num::IntErrorKind::PosOverflow);
        let what = if range { "value out of range" } else { "invalid syntax" };
        Failure::Plain(format!("strconv.ParseUint: parsing {port:?}: {what}"))
    })?;
    let target_port = match target.parse::<i64>() {
        Ok(target) if !(1..=65535).contains(&target) => {
            return Err(Failure::new("must be between 1 and 65535, inclusive"));
        }
        Ok(target) => json!(target),
        Err(_) => json!(target),
    };
    let mut value =
        json!({"name": pair.replace(':', "-"), "port": number, "protocol": "TCP", "targetPort": target_port});
    if node_port != 0 {
        field::set(&mut value, &["nodePort"], json!(node_port));
    }
    Ok(value)
}
