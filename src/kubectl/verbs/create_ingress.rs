//! `kubectl create ingress`.

use serde_json::{Map, Value, json};

use super::create::{COMMON, failed_to_create, name_of, send};
use crate::api::Kind;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag, with_flags};

pub(super) const INGRESS: Command = Command {
    path: "create ingress",
    aliases: &["ing"],
    about: "Create an ingress with the specified name",
    usage: "NAME --rule=host/path=service:port[,tls[=secret]]",
    flags: with_flags!(
        COMMON,
        [
            Flag::texts("annotation", None),
            Flag::text("class", None),
            Flag::text("default-backend", None),
            Flag::texts("rule", None),
        ]
    ),
    run: ingress,
};

/// Models k8s.io/kubectl/pkg/cmd/create CreateIngressOptions.
fn ingress(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let rules = call.flags.texts("rule").to_vec();
    let backend = call.flags.text("default-backend").unwrap_or_default().to_owned();
    if backend.is_empty() && rules.is_empty() {
        return Err(Failure::new(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all \
             traffic) or a list of rules (which catch specific paths)",
        ));
    }
    if let Some(odd) = rules.iter().find(|rule| !is_rule(rule)) {
        let form = "host/path=svcname:svcport[,tls[=secret]]";
        return Err(Failure::Plain(format!("rule {odd} is invalid and should be in format {form}")));
    }
    let mut annotations = Map::new();
    for annotation in call.flags.texts("annotation") {
        let Some((key, value)) = annotation.split_once('=') else {
            let why = format!("annotation {annotation} is invalid and should be in format key=[value]");
            return Err(Failure::Plain(why));
        };
        annotations.insert(key.to_owned(), json!(value));
    }
    if !backend.is_empty() && backend.split(':').count() != 2 {
        return Err(Failure::new("default-backend should be in format servicename:serviceport"));
    }
    let mut value = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": {},
    });
    if !annotations.is_empty() {
        field::set(&mut value, &["metadata", "annotations"], Value::Object(annotations));
    }
    let class = call.flags.text("class").filter(|class| !class.is_empty()).map(|class| json!(class));
    let parts = [
        ("ingressClassName", class),
        ("defaultBackend", (!backend.is_empty()).then(|| service(&backend))),
        ("tls", Some(certificates(&rules)).filter(|list| !list.is_empty()).map(Value::Array)),
        ("rules", Some(of_hosts(&rules)).filter(|list| !list.is_empty()).map(Value::Array)),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            field::set(&mut value, &["spec", name], part);
        }
    }
    if dry_run == DryRun::Client {
        field::set(&mut value, &["status"], json!({"loadBalancer": {}}));
    }
    let namespace = call.namespace();
    let done = send(call, Kind::Ingress, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "ingress"))?;
    Ok(Next::Done)
}

/// Whether a text begins as a rule does.
fn is_rule(text: &str) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let rest = text.trim_start_matches(|character| is_word(character) || matches!(character, '*' | '.'));
    rest.starts_with('/')
        && rest.match_indices('=').any(|(at, _)| {
            let behind = rest.get(at + 1..).unwrap_or_default();
            let port = behind.trim_start_matches(is_word);
            port.len() < behind.len() && port.strip_prefix(':').is_some_and(|port| port.starts_with(is_word))
        })
}

/// Hosts by the secret of their certificate; each host once.
fn certificates(rules: &[String]) -> Vec<Value> {
    let mut list: Vec<(String, Vec<String>)> = Vec::new();
    let mut seen = Vec::new();
    for rule in rules {
        let parts: Vec<&str> = rule.split(',').collect();
        let [_, tls] = parts.as_slice() else { continue };
        let host = rule.split('/').next().unwrap_or_default().to_owned();
        let secret = tls.split('=').nth(1).unwrap_or_default().to_owned();
        if seen.contains(&host) {
            continue;
        }
        match list.iter_mut().find(|(known, _)| *known == secret) {
            Some((_, hosts)) => hosts.push(host.clone()),
            None if host.is_empty() && secret.is_empty() => {}
            None => list.push((secret, Some(host.clone()).filter(|host| !host.is_empty()).into_iter().collect())),
        }
        seen.push(host);
    }
    let written = list.into_iter().map(|(secret, hosts)| {
        let mut entry = Map::new();
        if !hosts.is_empty() {
            entry.insert("hosts".to_owned(), json!(hosts));
        }
        if !secret.is_empty() {
            entry.insert("secretName".to_owned(), json!(secret));
        }
        Value::Object(entry)
    });
    written.collect()
}

/// Paths by host.
fn of_hosts(rules: &[String]) -> Vec<Value> {
    let mut hosts: Vec<(String, Vec<Value>)> = Vec::new();
    for rule in rules {
        let (host, rest) = rule.split(',').next().unwrap_or_default().split_once('/').unwrap_or_default();
        let mut parts = rest.split('=');
        let path = format!("/{}", parts.next().unwrap_or_default());
        let (path, kind) = path.strip_suffix('*').map_or((path.as_str(), "Exact"), |path| (path, "Prefix"));
        let backend = service(parts.next().unwrap_or_default());
        let entry = json!({"path": path, "pathType": kind, "backend": backend});
        match hosts.iter_mut().find(|(known, _)| known == host) {
            Some((_, paths)) => paths.push(entry),
            None => hosts.push((host.to_owned(), vec![entry])),
        }
    }
    let written = hosts.into_iter().map(|(host, paths)| {
        let mut rule = json!({"http": {"paths": paths}});
        if !host.is_empty() {
            field::set(&mut rule, &["host"], json!(host));
        }
        rule
    });
    written.collect()
}

fn service(text: &str) -> Value {
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    let port = port.parse::<i32>().map_or_else(|_| json!({"name": port}), |number| json!({"number": number}));
    json!({"service": {"name": name, "port": port}})
}
