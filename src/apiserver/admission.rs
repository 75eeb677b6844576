//! What admission adds to a pod when it is created.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ApiServer, Key, Status, limit_range};
use crate::api::defaults::pod::set_pod_spec;
use crate::api::well_known;
use crate::api::{Generic, Kind, Object, ObjectMeta, Pod, PodSpec, PodStatus};

/// What a pod's priority class says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priority {
    value: i64,
    policy: String,
}

impl Default for Priority {
    fn default() -> Self {
        Self { value: 0, policy: "PreemptLowerPriority".to_owned() }
    }
}

impl ApiServer {
    /// Refuses a pod whose service account or priority class does not exist; the class's priority otherwise.
    /// Models plugin/pkg/admission/{serviceaccount,priority}.
    ///
    /// # Errors
    /// `Forbidden`, with the name as it is before it is generated.
    pub(super) fn admissible(&self, spec: &Map<String, Value>, metadata: &ObjectMeta) -> Result<Priority, Status> {
        let refuse = |why: &str| {
            let name = if metadata.name.is_empty() { &metadata.generate_name } else { &metadata.name };
            Status::forbidden(Kind::Pod, name, why)
        };
        let text = |field: &str| spec.get(field).and_then(Value::as_str).unwrap_or_default();
        let account = match (text("serviceAccountName"), text("serviceAccount")) {
            ("", old) => old,
            (account, _) => account,
        };
        let namespace = metadata.namespace.as_str();
        // Every namespace has this one, a moment after it was made.
        let is_given = !account.is_empty() && account != "default";
        if is_given && self.store.get(Kind::ServiceAccount, &Key::new(namespace, account)).is_none() {
            return Err(refuse(&format!(
                "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
            )));
        }
        let class = text("priorityClassName");
        if class.is_empty() {
            return Ok(Priority::default());
        }
        let Some(Object::Generic(found)) = self.store.get(Kind::PriorityClass, &Key::new("", class)) else {
            return Err(refuse(&format!("no PriorityClass with name {class} was found")));
        };
        let policy = found.fields.get("preemptionPolicy").and_then(Value::as_str);
        Ok(Priority {
            value: found.fields.get("value").and_then(Value::as_i64).unwrap_or(0),
            policy: policy.map_or_else(|| Priority::default().policy, str::to_owned),
        })
    }
}

/// Adds the defaults of a stock cluster's admission plugins, and remembers the result for each owner, so that the pods
/// of one ReplicaSet share one spec.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// By the owner's uid.
    admitted: BTreeMap<String, Admitted>,
}

/// A spec that has been admitted.
#[derive(Clone, Debug)]
struct Admitted {
    before: Arc<PodSpec>,
    after: Arc<PodSpec>,
    /// The versions of the LimitRanges that were applied.
    limits: Vec<u64>,
    /// What they have set.
    note: Option<String>,
}

impl Admission {
    /// Models plugin/pkg/admission/{serviceaccount,defaulttolerationseconds,priority,limitranger} and core/v1
    /// SetDefaults_Pod.
    pub fn admit_pod(&mut self, pod: &mut Pod, volume_suffix: &str, priority: &Priority, limits: &[Arc<Generic>]) {
        pod.token_volume = match pod.spec.raw().get("automountServiceAccountToken") {
            Some(Value::Bool(false)) => String::new(),
            _ => format!("kube-api-access-{volume_suffix}"),
        };
        let owner = pod.metadata.controller().map(|owner| owner.uid.clone());
        let versions: Vec<u64> = limits.iter().map(|range| range.metadata.resource_version).collect();
        let known = owner.as_ref().and_then(|uid| self.admitted.get(uid));
        let known = known.filter(|known| Arc::ptr_eq(&known.before, &pod.spec) && known.limits == versions);
        let (after, note) = match known {
            Some(known) => (Arc::clone(&known.after), known.note.clone()),
            None => {
                let (after, note) = admitted(&pod.spec, priority, limits);
                let after = Arc::new(after);
                if let Some(uid) = owner {
                    let before = Arc::clone(&pod.spec);
                    let known = Admitted { before, after: Arc::clone(&after), limits: versions, note: note.clone() };
                    self.admitted.insert(uid, known);
                }
                (after, note)
            }
        };
        if let Some(note) = note {
            pod.metadata.annotations.insert("kubernetes.io/limit-ranger".to_owned(), note);
        }
        pod.spec = after;
        pod.status = PodStatus { qos_class: qos_class(pod.spec.raw()).to_owned(), ..PodStatus::default() };
    }

    /// Forgets the specs of owners that are gone.
    pub fn forget(&mut self, uid: &str) {
        self.admitted.remove(uid);
    }
}

fn admitted(spec: &PodSpec, priority: &Priority, limits: &[Arc<Generic>]) -> (PodSpec, Option<String>) {
    let mut raw = spec.raw().clone();
    // Decoding a pod comes before its admission, also one that a controller has made of a template.
    set_pod_spec(&mut raw);
    admit_spec(&mut raw, priority);
    let note = limits.iter().filter_map(|range| limit_range::mutate(&range.fields, &mut raw)).last();
    // The typed fields were read from the same JSON, so reading them again cannot fail.
    (PodSpec::from_value(Value::Object(raw)).unwrap_or_else(|_| spec.clone()), note)
}

/// Fills in what admission adds to a pod's spec.
pub(super) fn admit_spec(raw: &mut Map<String, Value>, priority: &Priority) {
    let account = raw
        .get("serviceAccountName")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .unwrap_or("default")
        .to_owned();
    raw.insert("serviceAccountName".into(), json!(account));
    raw.insert("serviceAccount".into(), json!(account));
    raw.entry("preemptionPolicy").or_insert_with(|| json!(priority.policy));
    raw.entry("priority").or_insert_with(|| json!(priority.value));
    if let Some(tolerations) = raw.entry("tolerations").or_insert_with(|| json!([])).as_array_mut() {
        for key in [well_known::NOT_READY, well_known::UNREACHABLE] {
            let tolerated = tolerations.iter().any(|toleration| {
                let of = |field: &str| toleration.get(field).and_then(Value::as_str).unwrap_or("");
                (of("key") == key || of("key").is_empty()) && (of("effect") == "NoExecute" || of("effect").is_empty())
            });
            if !tolerated {
                tolerations
                    .push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
            }
        }
    }
}

/// Models pkg/apis/core/v1/helper/qos ComputePodQOS, for cpu and memory.
fn qos_class(spec: &Map<String, Value>) -> &'static str {
    let containers: Vec<&Value> = ["containers", "initContainers"]
        .iter()
        .filter_map(|list| spec.get(*list).and_then(Value::as_array))
        .flatten()
        .collect();
    let amount = |container: &Value, list: &str, resource: &str| {
        container
            .get("resources")
            .and_then(|resources| resources.get(list)?.get(resource))
            .filter(|value| !is_zero(value))
            .cloned()
    };
    let mut any = false;
    let mut guaranteed = true;
    for container in containers {
        for resource in ["cpu", "memory"] {
            let (request, limit) = (amount(container, "requests", resource), amount(container, "limits", resource));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn is_zero(amount: &Value) -> bool {
    match amount {
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_matches(['0', '.']).is_empty()
        }
        _ => true,
    }
}
