//! The commands, one verb a file.

mod annotate;
mod api_resources;
mod apply;
mod auth;
mod autoscale;
mod config;
mod cp;
mod create;
mod create_ingress;
mod create_job;
mod create_policy;
mod create_quota;
mod create_rbac;
mod create_service;
mod create_tls;
mod debug;
mod delete;
mod describe;
pub(super) mod diff;
mod drain;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
mod kustomize;
mod logs;
mod node;
mod patch;
mod port_forward;
mod refused;
mod replace;
mod rollout;
mod run;
mod scale;
mod set;
mod top;
mod version;
mod wait;

pub(super) use config::namespace as context_namespace;

use super::command::Command;
use crate::sorting;

/// A command with commands of its own.
pub(super) struct Group {
    /// Words behind `kubectl`.
    pub path: &'static str,
    /// Other names of its last word.
    pub aliases: &'static [&'static str],
    /// One line about it.
    pub about: &'static str,
}

const fn group_of(path: &'static str, aliases: &'static [&'static str], about: &'static str) -> Group {
    Group { path, aliases, about }
}

/// Every command that has commands of its own.
pub(super) const GROUPS: [Group; 9] = [
    group_of("apply", &[], "Apply a configuration to a resource by file name or stdin"),
    group_of("create", &[], "Create a resource from a file or from stdin"),
    group_of("create secret", &[], "Create a secret using a specified subcommand"),
    group_of("create service", &["svc"], "Create a service using a specified subcommand"),
    group_of("set", &[], "Set specific features on objects"),
    group_of("rollout", &[], "Manage the rollout of a resource"),
    group_of("top", &[], "Display resource (CPU/memory) usage"),
    group_of("auth", &[], "Inspect authorization"),
    group_of("config", &[], "Modify kubeconfig files"),
];

/// The group of this path.
pub(super) fn group(path: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.path == path)
}

/// The command of this path.
pub(super) fn command(path: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.path == path).copied()
}

/// Path, other names and one line about each command below `parent`, empty for the top.
pub(super) fn children(parent: &str) -> Vec<(&'static str, &'static [&'static str], &'static str)> {
    let all = GROUPS.iter().map(|group| (group.path, group.aliases, group.about));
    let all = all.chain(COMMANDS.iter().map(|command| (command.path, command.aliases, command.about)));
    let mut found: Vec<_> =
        all.filter(|(path, ..)| path.rsplit_once(' ').map_or("", |(parent, _)| parent) == parent).collect();
    sorting::sort_by_key(&mut found, |(path, ..)| *path);
    found.dedup_by_key(|(path, ..)| *path);
    found
}

/// The path of the command below `parent` that `word` names.
pub(super) fn child(parent: &str, word: &str) -> Option<&'static str> {
    if parent.is_empty() && word == "help" {
        return Some("help");
    }
    let named = |(path, aliases, _): &(&'static str, &'static [&'static str], _)| {
        path.rsplit(' ').next() == Some(word) || aliases.contains(&word)
    };
    children(parent).into_iter().find(named).map(|(path, ..)| path)
}

/// Every command.
pub(super) const COMMANDS: &[&Command] = &[
    &create::CREATE,
    &create::DEPLOYMENT,
    &create::NAMESPACE,
    &create::CONFIG_MAP,
    &create::SERVICE_ACCOUNT,
    &create_service::CLUSTER_IP,
    &create_service::NODE_PORT,
    &create_service::LOAD_BALANCER,
    &create_service::EXTERNAL_NAME,
    &create::SECRET,
    &create_policy::DOCKER_REGISTRY,
    &create_policy::POD_DISRUPTION_BUDGET,
    &create_policy::PRIORITY_CLASS,
    &create_quota::QUOTA,
    &create_job::CRON_JOB,
    &create_ingress::INGRESS,
    &create_job::JOB,
    &create_rbac::ROLE,
    &create_rbac::CLUSTER_ROLE,
    &create_rbac::ROLE_BINDING,
    &create_rbac::CLUSTER_ROLE_BINDING,
    &create_tls::TLS,
    &refused::CREATE_TOKEN,
    &kustomize::KUSTOMIZE,
    &refused::OPTIONS,
    &expose::EXPOSE,
    &run::RUN,
    &set::IMAGE,
    &set::ENV,
    &set::RESOURCES,
    &set::SELECTOR,
    &set::SERVICE_ACCOUNT,
    &set::SUBJECT,
    &get::GET,
    &delete::DELETE,
    &rollout::HISTORY,
    &rollout::PAUSE,
    &rollout::RESTART,
    &rollout::RESUME,
    &rollout::STATUS,
    &rollout::UNDO,
    &scale::SCALE,
    &version::CLUSTER_INFO,
    &describe::DESCRIBE,
    &logs::LOGS,
    &exec::EXEC,
    &port_forward::PORT_FORWARD,
    &events::EVENTS,
    &apply::APPLY,
    &apply::VIEW_LAST_APPLIED,
    &apply::SET_LAST_APPLIED,
    &patch::PATCH,
    &wait::WAIT,
    &annotate::LABEL,
    &annotate::ANNOTATE,
    &api_resources::API_RESOURCES,
    &config::VIEW,
    &config::CURRENT_CONTEXT,
    &config::GET_CONTEXTS,
    &config::SET_CONTEXT,
    &config::USE_CONTEXT,
    &config::SET,
    &config::UNSET,
    &config::SET_CLUSTER,
    &config::SET_CREDENTIALS,
    &config::GET_CLUSTERS,
    &config::GET_USERS,
    &config::DELETE_CONTEXT,
    &config::DELETE_CLUSTER,
    &config::DELETE_USER,
    &config::RENAME_CONTEXT,
    &version::VERSION,
    &autoscale::AUTOSCALE,
    &refused::CERTIFICATE,
    &refused::PLUGIN,
    &refused::ALPHA,
    &cp::CP,
    &refused::ATTACH,
    &refused::PROXY,
    &debug::DEBUG,
    &explain::EXPLAIN,
    &diff::DIFF,
    &edit::EDIT,
    &replace::REPLACE,
    &node::CORDON,
    &node::UNCORDON,
    &drain::DRAIN,
    &node::TAINT,
    &top::TOP_POD,
    &top::TOP_NODE,
    &auth::CAN_I,
    &auth::WHO_AM_I,
    &auth::COMPLETION,
    &auth::API_VERSIONS,
];

/// The real kubectl's commands in its order, for suggestions.
pub(super) const ORDER: [&str; 43] = [
    "create",
    "expose",
    "run",
    "set",
    "explain",
    "get",
    "edit",
    "delete",
    "rollout",
    "scale",
    "autoscale",
    "certificate",
    "cluster-info",
    "top",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "describe",
    "logs",
    "attach",
    "exec",
    "port-forward",
    "proxy",
    "cp",
    "auth",
    "debug",
    "events",
    "diff",
    "apply",
    "patch",
    "replace",
    "wait",
    "kustomize",
    "label",
    "annotate",
    "completion",
    "alpha",
    "plugin",
    "version",
    "api-versions",
    "api-resources",
    "config",
];
