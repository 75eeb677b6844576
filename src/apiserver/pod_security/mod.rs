//! Pod security admission: what the labels of a namespace allow its pods.
//!
//! Models plugin/pkg/admission/security/podsecurity and k8s.io/pod-security-admission with their default configuration:
//! nobody is exempt, and without labels everything is allowed. There is no audit log here, so its labels are only read.

mod checks;
mod profiles;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::rest::invalid;
use super::{ApiServer, Key, Status};
use crate::api::validation::{BadValue, FieldError, FieldErrorKind, invalid_message};
use crate::api::{Kind, KubernetesVersion, Object, Pod, StringMap};

/// So many pods are looked at when a namespace becomes stricter. Models defaultNamespaceMaxPodsToCheck.
const MOST_PODS_LOOKED_AT: usize = 3_000;

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
const ENFORCE_VERSION: &str = "pod-security.kubernetes.io/enforce-version";
const AUDIT: &str = "pod-security.kubernetes.io/audit";
const AUDIT_VERSION: &str = "pod-security.kubernetes.io/audit-version";
const WARN: &str = "pod-security.kubernetes.io/warn";
const WARN_VERSION: &str = "pod-security.kubernetes.io/warn-version";

/// How much is allowed; the strictest is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }

    /// Models ParseLevel.
    fn parse(text: &str) -> Result<Self, &'static str> {
        [Self::Privileged, Self::Baseline, Self::Restricted]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or("must be one of privileged, baseline, restricted")
    }
}

/// A level as it was in a minor version of Kubernetes 1; the latest without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LevelVersion {
    level: Level,
    minor: Option<u64>,
}

impl LevelVersion {
    const DEFAULT: Self = Self { level: Level::Privileged, minor: None };

    /// `restricted:latest`, `baseline:v1.30`.
    fn shown(self) -> String {
        let version = self.minor.map_or_else(|| "latest".to_owned(), |minor| format!("v1.{minor}"));
        format!("{}:{version}", self.level.as_str())
    }

    /// Models ParseVersion.
    fn parse_minor(text: &str) -> Result<Option<u64>, &'static str> {
        if text == "latest" {
            return Ok(None);
        }
        let digits = text.strip_prefix("v1.").filter(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && (*digits == "0" || !digits.starts_with('0'))
        });
        digits.and_then(|digits| digits.parse().ok()).map(Some).ok_or("must be \"latest\" or \"v1.x\"")
    }
}

/// What a namespace's labels ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Policy {
    enforce: LevelVersion,
    warn: LevelVersion,
}

impl Policy {
    /// The policy of these labels, and what is wrong with them. Models PolicyToEvaluate.
    fn of(labels: &StringMap) -> (Self, Vec<FieldError>) {
        let mut policy = Self { enforce: LevelVersion::DEFAULT, warn: LevelVersion::DEFAULT };
        let mut errors = Vec::new();
        let mut complain = |label: &str, value: &str, detail: &str| {
            errors.push(FieldError {
                field: format!("metadata.labels[{label}]"),
                kind: FieldErrorKind::Invalid,
                bad_value: BadValue::Text(value.to_owned()),
                detail: detail.to_owned(),
            });
        };
        let mut level_of = |label: &str, otherwise: Level| {
            let text = labels.get(label)?;
            let level = Level::parse(text);
            if let Err(why) = level {
                complain(label, text, why);
            }
            Some((level.unwrap_or(otherwise), level.is_ok()))
        };
        let enforce = level_of(ENFORCE, Level::Restricted);
        level_of(AUDIT, Level::Privileged);
        let warn = level_of(WARN, Level::Privileged);
        let mut minor_of = |label: &str| {
            let text = labels.get(label)?;
            let minor = LevelVersion::parse_minor(text);
            if let Err(why) = minor {
                complain(label, text, why);
            }
            Some(minor.unwrap_or(None))
        };
        policy.enforce.minor = minor_of(ENFORCE_VERSION).flatten();
        minor_of(AUDIT_VERSION);
        let warn_minor = minor_of(WARN_VERSION);
        policy.warn.minor = warn_minor.flatten();
        if let Some((level, _)) = enforce {
            policy.enforce.level = level;
        }
        if let Some((level, _)) = warn {
            policy.warn.level = level;
        }
        // Who is refused is warned, where nothing is said about warnings.
        let is_enforced = enforce.is_some_and(|(_, is_valid)| is_valid);
        if warn.is_none() && is_enforced && policy.enforce.level > policy.warn.level {
            policy.warn.level = policy.enforce.level;
            if warn_minor.is_none() {
                policy.warn.minor = policy.enforce.minor;
            }
        }
        crate::sorting::sort_by_key(&mut errors, |error| {
            ORDER.iter().position(|label| error.field.contains(&format!("[{label}]")))
        });
        (policy, errors)
    }
}

/// The order in which complaints about labels are told.
const ORDER: [&str; 6] = [ENFORCE, ENFORCE_VERSION, AUDIT, AUDIT_VERSION, WARN, WARN_VERSION];

/// What is wrong with a pod, in the order of the checks: the reason, and the details, which may be none.
type Violations = Vec<(String, String)>;

/// `privileged (container "web" must not set securityContext.privileged=true), …`. Models ForbiddenDetail.
fn with_details(violations: &Violations) -> String {
    let texts = violations.iter().map(
        |(reason, detail)| {
            if detail.is_empty() { reason.clone() } else { format!("{reason} ({detail})") }
        },
    );
    texts.collect::<Vec<_>>().join(", ")
}

fn reasons(violations: &Violations) -> String {
    violations.iter().map(|(reason, _)| reason.as_str()).collect::<Vec<_>>().join(", ")
}

/// Metadata and spec of an object's pods.
fn pod_of(kind: Kind, object: &Value) -> Option<(&Value, &Map<String, Value>)> {
    let pod = match kind {
        Kind::Pod => object,
        Kind::CronJob => object.pointer("/spec/jobTemplate/spec/template")?,
        Kind::PodTemplate => object.get("template")?,
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::StatefulSet
        | Kind::DaemonSet
        | Kind::Job => object.pointer("/spec/template")?,
        _ => return None,
    };
    Some((pod.get("metadata").unwrap_or(&Value::Null), pod.get("spec")?.as_object()?))
}

impl ApiServer {
    fn policy(&self, namespace: &str) -> Option<Policy> {
        // The admission plugin came with 1.23.
        if self.version == KubernetesVersion::V1_22 {
            return None;
        }
        let found = self.store.get(Kind::Namespace, &Key::new("", namespace))?;
        let labels = &found.metadata().labels;
        labels.keys().any(|label| label.starts_with("pod-security.kubernetes.io/")).then(|| Policy::of(labels).0)
    }

    /// Refuses a pod that its namespace does not allow. Models ValidatePod.
    pub(super) fn check_pod_security(&self, pod: &Pod) -> Result<(), Status> {
        let Some(policy) = self.policy(&pod.metadata.namespace) else { return Ok(()) };
        let annotations = &pod.metadata.annotations;
        let violations = checks::violations(policy.enforce, annotations, pod.spec.raw());
        if violations.is_empty() {
            return Ok(());
        }
        let why = format!("violates PodSecurity {:?}: {}", policy.enforce.shown(), with_details(&violations));
        Err(Status::forbidden(Kind::Pod, &pod.metadata.name, &why))
    }

    /// What a user is warned of who writes a pod, or something that makes pods. Models ValidatePodController, and the end
    /// of EvaluatePod.
    pub(super) fn pod_security_warnings(&self, kind: Kind, object: &Value) -> Option<String> {
        let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str)?;
        let policy = self.policy(namespace).filter(|policy| policy.warn.level > Level::Privileged)?;
        let (metadata, spec) = pod_of(kind, object)?;
        let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flatten();
        let annotations: StringMap =
            annotations.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect();
        let violations = checks::violations(policy.warn, &annotations, spec);
        let shown = policy.warn.shown();
        (!violations.is_empty()).then(|| format!("would violate PodSecurity {shown:?}: {}", with_details(&violations)))
    }

    /// The same for what replaces a stored object. Of a pod only a new image counts: the rest of what is looked at cannot
    /// be changed. Models isSignificantPodUpdate.
    ///
    /// # Errors
    /// `Forbidden` for a pod, `Invalid` for a namespace.
    pub(super) fn check_security_of_update(&self, object: &Object, old: &Object) -> Result<Vec<String>, Status> {
        match (object, old) {
            (Object::Pod(new), Object::Pod(old)) if images(new) == images(old) => return Ok(Vec::new()),
            (Object::Pod(pod), _) => self.check_pod_security(pod)?,
            _ if object.kind() == Kind::Namespace => {
                let (metadata, before) = (object.metadata(), old.metadata());
                return self.check_namespace_labels(&metadata.name, &metadata.labels, Some(&before.labels));
            }
            _ => {}
        }
        if self.policy(&object.metadata().namespace).is_none() {
            return Ok(Vec::new());
        }
        Ok(self.pod_security_warnings(object.kind(), &object.to_value()).into_iter().collect())
    }

    /// Refuses labels of a namespace that mean nothing, and warns of pods that a stricter namespace would not take.
    /// Models ValidateNamespace.
    ///
    /// # Errors
    /// `Invalid`.
    pub(super) fn check_namespace_labels(
        &self,
        name: &str,
        labels: &StringMap,
        old: Option<&StringMap>,
    ) -> Result<Vec<String>, Status> {
        if self.version == KubernetesVersion::V1_22 {
            return Ok(Vec::new());
        }
        let (policy, errors) = Policy::of(labels);
        let before = old.map(Policy::of);
        if !errors.is_empty() && before.as_ref().is_none_or(|(_, known)| *known != errors) {
            return Err(invalid(invalid_message(Kind::Namespace, name, &errors), &errors));
        }
        let Some((before, _)) = before else { return Ok(Vec::new()) };
        let (new, old) = (policy.enforce, before.enforce);
        let is_looser = new.minor == old.minor && new.level <= old.level;
        if new == old || new.level == Level::Privileged || is_looser {
            return Ok(Vec::new());
        }
        Ok(self.violators(name, new))
    }

    /// The warnings about pods that exist already. Models EvaluatePodsInNamespace.
    fn violators(&self, namespace: &str, enforce: LevelVersion) -> Vec<String> {
        let pods: Vec<&Arc<Pod>> = self.store.pods(Some(namespace)).collect();
        let looked_at = prioritized(&pods);
        let mut found: BTreeMap<String, (String, usize)> = BTreeMap::new();
        for pod in looked_at.iter().take(MOST_PODS_LOOKED_AT) {
            let violations = checks::violations(enforce, &pod.metadata.annotations, pod.spec.raw());
            if !violations.is_empty() {
                let name = pod.metadata.name.clone();
                let (first, count) = found.entry(reasons(&violations)).or_insert_with(|| (name.clone(), 0));
                *count += 1;
                if name < *first {
                    *first = name;
                }
            }
        }
        let mut warnings = Vec::new();
        if looked_at.len() > MOST_PODS_LOOKED_AT {
            warnings.push(format!(
                "new PodSecurity enforce level only checked against the first {MOST_PODS_LOOKED_AT} of {} existing pods",
                looked_at.len()
            ));
        }
        if !found.is_empty() {
            warnings.push(format!(
                "existing pods in namespace {namespace:?} violate the new PodSecurity enforce level {:?}",
                enforce.shown()
            ));
        }
        let mut of_pods: Vec<String> = found
            .into_iter()
            .map(|(reasons, (name, count))| match count {
                1 => format!("{name}: {reasons}"),
                2 => format!("{name} (and 1 other pod): {reasons}"),
                more => format!("{name} (and {} other pods): {reasons}", more - 1),
            })
            .collect();
        crate::sorting::sort(&mut of_pods);
        warnings.extend(of_pods);
        warnings
    }
}

fn images(pod: &Pod) -> Vec<&str> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    let containers = lists.into_iter().filter_map(|list| pod.spec.raw().get(list)?.as_array()).flatten();
    containers.map(|container| container.get("image").and_then(Value::as_str).unwrap_or_default()).collect()
}

/// One pod of each controller first. Models prioritizePods.
fn prioritized<'a>(pods: &[&'a Arc<Pod>]) -> Vec<&'a Arc<Pod>> {
    let mut seen = std::collections::BTreeSet::new();
    let (mut first, rest): (Vec<&'a Arc<Pod>>, Vec<&'a Arc<Pod>>) =
        pods.iter().copied().partition(|pod| match pod.metadata.controller() {
            None => true,
            Some(owner) => seen.insert(owner.uid.clone()),
        });
    first.extend(rest);
    first
}
