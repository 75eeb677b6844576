//! `v1.Probe` and its handlers.

use serde::{Deserialize, Serialize};

use super::{IntOrString, is_zero, meta::null_as_default};

/// `v1.Probe`, after defaulting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// What is asked.
    #[serde(flatten)]
    pub handler: ProbeHandler,
    /// Seconds after the container's start before the first probe.
    #[serde(skip_serializing_if = "is_zero")]
    pub initial_delay_seconds: i32,
    /// Seconds after which a probe without an answer has failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeout_seconds: i32,
    /// Seconds from probe to probe.
    #[serde(skip_serializing_if = "is_zero")]
    pub period_seconds: i32,
    /// Successes in a row that make a failed probe succeed.
    #[serde(skip_serializing_if = "is_zero")]
    pub success_threshold: i32,
    /// Failures in a row that make the probe fail.
    #[serde(skip_serializing_if = "is_zero")]
    pub failure_threshold: i32,
    /// Seconds of grace when this probe's failure kills the container; the pod's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_grace_period_seconds: Option<i64>,
}

/// `v1.ProbeHandler`: exactly one is set in a valid probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeHandler {
    /// Runs a command in the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecAction>,
    /// Sends a GET request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_get: Option<HttpGetAction>,
    /// Opens a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_socket: Option<TcpSocketAction>,
    /// Asks gRPC's health service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcAction>,
}

/// `v1.ExecAction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecAction {
    /// Program and arguments, run without a shell.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub command: Vec<String>,
}

/// `v1.HTTPGetAction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HttpGetAction {
    /// Path, with query.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Number, or the name of one of the container's ports.
    pub port: IntOrString,
    /// Host to connect to; the pod's IP when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// `HTTP` or `HTTPS`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheme: String,
    /// Headers to send.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub http_headers: Vec<HttpHeader>,
}

/// `v1.HTTPHeader`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// `v1.TCPSocketAction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TcpSocketAction {
    /// Number, or the name of one of the container's ports.
    pub port: IntOrString,
    /// Host to connect to; the pod's IP when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
}

/// `v1.GRPCAction`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GrpcAction {
    /// Port number.
    pub port: i32,
    /// Name of the service that is asked for; empty asks for the server itself.
    pub service: String,
}
