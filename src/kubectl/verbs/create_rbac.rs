//! `kubectl create role|clusterrole|rolebinding|clusterrolebinding`.

use serde_json::{Map, Value, json};

use super::create::{COMMON, failed_to_create, name_of, send};
use crate::api::Kind;
use crate::client::Client;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{Flag, with_flags};
use crate::kubectl::resource_type::parse_type;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) const ROLE: Command = Command {
    path: "create role",
    aliases: &[],
    about: "Create a role with single rule",
    usage: "NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] \
            [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [Flag::list("resource", None), Flag::texts("resource-name", None), Flag::list("verb", None),]
    ),
    run: |call| role(call, Kind::Role),
};

pub(super) const CLUSTER_ROLE: Command = Command {
    path: "create clusterrole",
    aliases: &[],
    about: "Create a cluster role",
    usage: "NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::list("aggregation-rule", None),
            Flag::list("non-resource-url", None),
            Flag::list("resource", None),
            Flag::texts("resource-name", None),
            Flag::list("verb", None),
        ]
    ),
    run: |call| role(call, Kind::ClusterRole),
};

pub(super) const ROLE_BINDING: Command = Command {
    path: "create rolebinding",
    aliases: &[],
    about: "Create a role binding for a particular role or cluster role",
    usage: "NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::text("clusterrole", None),
            Flag::texts("group", None),
            Flag::text("role", None),
            Flag::texts("serviceaccount", None),
            Flag::texts("user", None),
        ]
    ),
    run: |call| binding(call, Kind::RoleBinding),
};

pub(super) const CLUSTER_ROLE_BINDING: Command = Command {
    path: "create clusterrolebinding",
    aliases: &[],
    about: "Create a cluster role binding for a particular cluster role",
    usage: "NAME --clusterrole=NAME [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::text("clusterrole", None),
            Flag::texts("group", None),
            Flag::texts("serviceaccount", None),
            Flag::texts("user", None),
        ]
    ),
    run: |call| binding(call, Kind::ClusterRoleBinding),
};

const RESOURCE_VERBS: [&str; 14] = [
    "*",
    "get",
    "delete",
    "list",
    "create",
    "update",
    "patch",
    "watch",
    "proxy",
    "deletecollection",
    "use",
    "bind",
    "escalate",
    "impersonate",
];
const URL_VERBS: [&str; 8] = ["*", "get", "post", "put", "delete", "patch", "head", "options"];

/// Verbs that fit some resources only.
const SPECIAL_VERBS: [(&str, &[(&str, &str)]); 4] = [
    ("use", &[("podsecuritypolicies", "policy"), ("podsecuritypolicies", "extensions")]),
    ("bind", &[("roles", GROUP), ("clusterroles", GROUP)]),
    ("escalate", &[("roles", GROUP), ("clusterroles", GROUP)]),
    ("impersonate", &[("users", ""), ("serviceaccounts", ""), ("groups", ""), ("userextras", "authentication.k8s.io")]),
];

/// A resource of a rule.
struct Resource {
    name: String,
    group: String,
    subresource: String,
}

/// The texts, each once; the first `*` alone when `star` says that it stands for all.
fn distinct(texts: &[String], star: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        if star && text == "*" {
            return vec![text.clone()];
        }
        if !found.contains(text) {
            found.push(text.clone());
        }
    }
    found
}

/// Models CreateRoleOptions and CreateClusterRoleOptions.
fn role(call: &mut Call<'_, '_>, kind: Kind) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let verbs = distinct(call.flags.texts("verb"), true);
    let resources = resources(call.world.client(), call.flags.texts("resource"));
    let names = distinct(call.flags.texts("resource-name"), false);
    let mut value = json!({"apiVersion": kind.api_version(), "kind": kind.as_str(), "metadata": {"name": name}});
    let is_cluster = kind == Kind::ClusterRole;
    // Only a ClusterRole has these.
    let [urls, aggregation] = ["non-resource-url", "aggregation-rule"]
        .map(|flag| if is_cluster { distinct(call.flags.texts(flag), false) } else { Vec::new() });
    if aggregation.is_empty() {
        if verbs.is_empty() {
            return Err(Failure::new("at least one verb must be specified"));
        }
        if resources.is_empty() && urls.is_empty() {
            let what = if is_cluster { "one of resource or nonResourceURL" } else { "at least one resource" };
            return Err(Failure::Plain(format!("{what} must be specified")));
        }
        if !resources.is_empty() {
            for verb in verbs.iter().filter(|verb| !RESOURCE_VERBS.contains(&verb.as_str())) {
                call.warn(&format!("'{verb}' is not a standard resource verb"));
            }
            check_resources(call.world.client(), &resources, &verbs)?;
        }
        check_urls(&urls, &verbs)?;
        field::set(&mut value, &["rules"], rules(&verbs, &resources, &names, &urls));
    } else {
        if !(urls.is_empty() && verbs.is_empty() && resources.is_empty() && names.is_empty()) {
            return Err(Failure::new(
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames",
            ));
        }
        let pairs = aggregation.iter().filter_map(|pair| pair.split_once('='));
        let labels: Map<String, Value> = pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect();
        field::set(&mut value, &["aggregationRule"], json!({"clusterRoleSelectors": [{"matchLabels": labels}]}));
        field::set(&mut value, &["rules"], Value::Null);
    }
    let namespace = if is_cluster { String::new() } else { call.namespace() };
    send(call, kind, &namespace, value, None, dry_run)?;
    Ok(Next::Done)
}

/// Reads `resource.group/subresource`, with the server's names where it knows them; a `*` alone stands for all.
fn resources(client: &dyn Client, texts: &[String]) -> Vec<Resource> {
    let mut found = Vec::new();
    for text in texts {
        let (place, subresource) = text.split_once('/').unwrap_or((text, ""));
        let (name, group) = match parse_type(client, place) {
            Ok(kind) => (kind.plural(), kind.group()),
            Err(_) => place.split_once('.').unwrap_or((place, "")),
        };
        let resource = Resource { name: name.to_owned(), group: group.to_owned(), subresource: subresource.to_owned() };
        if text == "*" {
            return vec![resource];
        }
        found.push(resource);
    }
    found
}

/// Models validateResource.
fn check_resources(client: &dyn Client, resources: &[Resource], verbs: &[String]) -> Result<(), Failure> {
    for resource in resources {
        if resource.name.is_empty() {
            return Err(Failure::new("resource must be specified if apiGroup/subresource specified"));
        }
        if resource.name == "*" {
            return Ok(());
        }
        let place = match resource.group.as_str() {
            "" => resource.name.clone(),
            group => format!("{}.{group}", resource.name),
        };
        let found = parse_type(client, &place);
        let mut is_special = false;
        for (verb, fitting) in SPECIAL_VERBS.iter().filter(|(verb, _)| verbs.iter().any(|given| given == verb)) {
            is_special = fitting.iter().any(|(name, group)| *name == resource.name && *group == resource.group);
            if !is_special {
                let Resource { name, group, .. } = resource;
                return Err(Failure::Plain(format!("can not perform '{verb}' on '{name}' in group '{group}'")));
            }
        }
        if found.is_err() && !is_special {
            let Resource { name, group, .. } = resource;
            let place = if group.is_empty() { String::new() } else { format!(" in group {group:?}") };
            return Err(Failure::Plain(format!("the server doesn't have a resource type {name:?}{place}")));
        }
    }
    Ok(())
}

fn check_urls(urls: &[String], verbs: &[String]) -> Result<(), Failure> {
    if urls.is_empty() {
        return Ok(());
    }
    if let Some(verb) = verbs.iter().find(|verb| !URL_VERBS.contains(&verb.as_str())) {
        return Err(Failure::Plain(format!("invalid verb: '{verb}' for nonResourceURL")));
    }
    for url in urls.iter().filter(|url| *url != "*") {
        if !url.starts_with('/') {
            return Err(Failure::new("nonResourceURL should start with /"));
        }
        if url.strip_suffix('*').unwrap_or(url).contains('*') {
            return Err(Failure::new("nonResourceURL only supports wildcard matches when '*' is at the end"));
        }
    }
    Ok(())
}

/// A rule for each API group, in their order, and one for the paths. Models generateResourcePolicyRules.
fn rules(verbs: &[String], resources: &[Resource], names: &[String], urls: &[String]) -> Value {
    let mut groups: Vec<&str> = Vec::new();
    for resource in resources {
        if !groups.contains(&resource.group.as_str()) {
            groups.push(&resource.group);
        }
    }
    crate::sorting::sort(&mut groups);
    let mut rules = Vec::new();
    for group in groups {
        let mut of_group: Vec<String> = Vec::new();
        for resource in resources.iter().filter(|resource| resource.group == group) {
            let name = match resource.subresource.as_str() {
                "" => resource.name.clone(),
                subresource => format!("{}/{subresource}", resource.name),
            };
            if !of_group.contains(&name) {
                of_group.push(name);
            }
        }
        let mut rule = json!({"apiGroups": [group], "resources": of_group, "verbs": verbs});
        if !names.is_empty() {
            field::set(&mut rule, &["resourceNames"], json!(names));
        }
        rules.push(rule);
    }
    if !urls.is_empty() {
        rules.push(json!({"nonResourceURLs": urls, "verbs": verbs}));
    }
    Value::Array(rules)
}

/// Models RoleBindingOptions and ClusterRoleBindingOptions.
fn binding(call: &mut Call<'_, '_>, kind: Kind) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let is_cluster = kind == Kind::ClusterRoleBinding;
    let given = |flag: &str| call.flags.text(flag).filter(|text| !text.is_empty()).map(str::to_owned);
    let cluster_role = given("clusterrole");
    let role = if is_cluster { None } else { given("role") };
    let (role_kind, role) = match (cluster_role, role) {
        (Some(role), None) => ("ClusterRole", role),
        (None, Some(role)) => ("Role", role),
        (None, None) if is_cluster => return Err(Failure::new("required flag(s) \"clusterrole\" not set")),
        _ => return Err(Failure::new("exactly one of clusterrole or role must be specified")),
    };
    let mut subjects = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        let named = call.flags.texts(flag).iter();
        subjects.extend(named.map(|name| json!({"apiGroup": GROUP, "kind": kind, "name": name})));
    }
    for account in call.flags.texts("serviceaccount") {
        let parts: Vec<&str> = account.split(':').collect();
        let [namespace, name] = parts[..] else {
            return Err(Failure::new("serviceaccount must be <namespace>:<name>"));
        };
        if namespace.is_empty() || name.is_empty() {
            return Err(Failure::new("serviceaccount must be <namespace>:<name>"));
        }
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let mut value = json!({
        "apiVersion": kind.api_version(), "kind": kind.as_str(), "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": role},
    });
    if !subjects.is_empty() {
        field::set(&mut value, &["subjects"], json!(subjects));
    }
    let namespace = if is_cluster { String::new() } else { call.namespace() };
    let done = send(call, kind, &namespace, value, None, dry_run);
    let what = if is_cluster { "clusterrolebinding" } else { "rolebinding" };
    done.map_err(|failure| failed_to_create(failure, what))?;
    Ok(Next::Done)
}
