//! The commands, one verb a file.

mod annotate;
mod api_resources;
mod apply;
mod auth;
mod config;
mod create;
mod delete;
mod describe;
mod diff;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod get;
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

use super::command::Command;

/// Commands with commands of their own.
pub(super) const GROUPS: [&str; 6] = ["auth", "config", "create", "rollout", "set", "top"];

/// Every command.
pub(super) const COMMANDS: &[&Command] = &[
    &create::CREATE,
    &create::DEPLOYMENT,
    &create::NAMESPACE,
    &create::CONFIG_MAP,
    &create::SERVICE_ACCOUNT,
    &expose::EXPOSE,
    &run::RUN,
    &set::IMAGE,
    &set::ENV,
    &set::RESOURCES,
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
    &version::VERSION,
    &refused::AUTOSCALE,
    &refused::CP,
    &refused::ATTACH,
    &refused::PROXY,
    &refused::DEBUG,
    &explain::EXPLAIN,
    &diff::DIFF,
    &edit::EDIT,
    &replace::REPLACE,
    &node::CORDON,
    &node::UNCORDON,
    &node::DRAIN,
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
