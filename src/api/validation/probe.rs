//! Probes, lifecycle hooks, and the handlers that both have.

use super::error::FieldError;
use super::field::Field;
use super::names;
use super::pod_spec::PodContext;
use super::ports::validate_number_or_name;

/// Which probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeKind {
    /// Whether it lives.
    Liveness,
    /// Whether it can serve.
    Readiness,
    /// Whether it has started.
    Startup,
}

/// Models validateLivenessProbe, validateReadinessProbe and validateStartupProbe.
pub(super) fn validate(probe: &Field<'_>, kind: ProbeKind, errors: &mut Vec<FieldError>) {
    if !probe.is_set() {
        return;
    }
    validate_handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], None, errors);
    for name in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        probe.child(name).check_not_negative(errors);
    }
    let grace_period = probe.child("terminationGracePeriodSeconds");
    if grace_period.number().is_some_and(|seconds| seconds <= 0) {
        errors.push(grace_period.invalid(grace_period.int(), "must be greater than 0"));
    }
    let success_threshold = probe.child("successThreshold");
    match kind {
        ProbeKind::Readiness => {
            if grace_period.is_set() {
                errors.push(grace_period.invalid_value("must not be set for readinessProbes"));
            }
        }
        ProbeKind::Liveness | ProbeKind::Startup => {
            if success_threshold.int() != 1 {
                errors.push(success_threshold.invalid(success_threshold.int(), "must be 1"));
            }
        }
    }
}

/// Models validateLifecycle.
pub(super) fn validate_lifecycle(lifecycle: &Field<'_>, context: &PodContext<'_>, errors: &mut Vec<FieldError>) {
    for name in ["postStart", "preStop"] {
        let hook = lifecycle.child(name);
        if hook.is_set() {
            validate_handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], context.grace_period_s, errors);
        }
    }
}

/// Exactly one of `kinds` must be there. Models validateHandler.
fn validate_handler(holder: &Field<'_>, kinds: &[&str], grace_period_s: Option<i64>, errors: &mut Vec<FieldError>) {
    let mut given = kinds.iter().map(|kind| (*kind, holder.child(kind))).filter(|(_, handler)| handler.is_set());
    let Some((kind, handler)) = given.next() else {
        errors.push(holder.required("must specify a handler type"));
        return;
    };
    match kind {
        "exec" => {
            if handler.child("command").len() == 0 {
                errors.push(handler.child("command").required(""));
            }
        }
        "httpGet" => validate_http_get(&handler, errors),
        "sleep" => validate_sleep(&handler, grace_period_s, errors),
        _ => validate_number_or_name(&handler.child("port"), errors),
    }
    errors.extend(given.map(|(_, other)| other.forbidden("may not specify more than 1 handler type")));
}

fn validate_http_get(http_get: &Field<'_>, errors: &mut Vec<FieldError>) {
    if http_get.child("path").text().is_empty() {
        errors.push(http_get.child("path").required(""));
    }
    validate_number_or_name(&http_get.child("port"), errors);
    let scheme = http_get.child("scheme");
    if !["HTTP", "HTTPS"].contains(&scheme.text()) {
        errors.push(scheme.not_supported(scheme.text(), &["HTTP", "HTTPS"]));
    }
    let headers = http_get.child("httpHeaders");
    for header in headers.items() {
        let name = header.child("name").text();
        errors.extend(names::http_header_name(name).into_iter().map(|complaint| headers.invalid(name, complaint)));
    }
}

fn validate_sleep(sleep: &Field<'_>, grace_period_s: Option<i64>, errors: &mut Vec<FieldError>) {
    let seconds = sleep.child("seconds").int();
    if let Some(most) = grace_period_s.filter(|most| !(0..=*most).contains(&seconds)) {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({most})");
        errors.push(sleep.invalid(seconds, detail));
    }
}
