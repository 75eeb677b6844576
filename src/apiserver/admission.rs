//! What admission adds to a pod when it is created.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ApiServer, Key, Status, limit_range};
use crate::api::defaults::pod::set_pod_spec;
use crate::api::resources::{ResourceList, add, resource_list};
use crate::api::well_known;
use crate::api::{Generic, Kind, Object, ObjectMeta, Pod, PodSpec, PodStatus};

/// What a pod's priority class and its service account say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitting {
    /// The class's name; empty for none.
    class: String,
    priority: i64,
    policy: String,
    /// What pulls images where the pod names no secret itself.
    pull_secrets: Vec<Value>,
    /// Whether a pod that does not say so gets a token.
    gives_token: bool,
}

impl Default for Admitting {
    fn default() -> Self {
        let policy = "PreemptLowerPriority".to_owned();
        Self { class: String::new(), priority: 0, policy, pull_secrets: Vec::new(), gives_token: true }
    }
}

impl ApiServer {
    /// Refuses a pod whose service account, priority class or runtime class does not exist, or that has another priority than
    /// its class gives it; what account and class give it otherwise.
    /// Models plugin/pkg/admission/{serviceaccount,priority,runtimeclass}.
    ///
    /// # Errors
    /// `Forbidden`, with the name as it is before it is generated.
    #[inline(never)]
    pub(super) fn admissible(&self, spec: &Map<String, Value>, metadata: &ObjectMeta) -> Result<Admitting, Status> {
        let refuse = |why: &str| {
            let name = if metadata.name.is_empty() { &metadata.generate_name } else { &metadata.name };
            Status::forbidden(Kind::Pod, name, why)
        };
        let text = |field: &str| spec.get(field).and_then(Value::as_str).unwrap_or_default();
        let account = match (text("serviceAccountName"), text("serviceAccount")) {
            ("", "") => "default",
            ("", old) => old,
            (account, _) => account,
        };
        let namespace = metadata.namespace.as_str();
        let found = self.store.get(Kind::ServiceAccount, &Key::new(namespace, account));
        // Every namespace has the default one, a moment after it was made.
        if found.is_none() && account != "default" {
            return Err(refuse(&format!(
                "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
            )));
        }
        let account = found.and_then(|found| match found {
            Object::Generic(account) => Some(&account.fields),
            _ => None,
        });
        let of_account = |field: &str| account.and_then(|fields| fields.get(field));
        let named = |secret: &Value| Some(json!({"name": secret.get("name")?}));
        let pull_secrets = of_account("imagePullSecrets").and_then(Value::as_array).into_iter().flatten();
        let admitting = Admitting {
            pull_secrets: pull_secrets.filter_map(named).collect(),
            gives_token: of_account("automountServiceAccountToken") != Some(&Value::Bool(false)),
            ..self
                .priority(text("priorityClassName"))
                .ok_or_else(|| refuse(&format!("no PriorityClass with name {} was found", text("priorityClassName"))))?
        };
        let computed = "priority admission controller computed";
        let origin = "from the given PriorityClass name";
        let given = spec.get("priority").and_then(Value::as_i64);
        if let Some(given) = given.filter(|given| *given != admitting.priority) {
            return Err(refuse(&format!(
                "the integer value of priority ({given}) must not be provided in pod spec; {computed} {} {origin}",
                admitting.priority
            )));
        }
        let given = text("preemptionPolicy");
        if !given.is_empty() && given != admitting.policy {
            return Err(refuse(&format!(
                "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; {computed} {} {origin}",
                admitting.policy
            )));
        }
        let class = spec.get("runtimeClassName").and_then(Value::as_str);
        if let Some(class) = class.filter(|class| self.store.get(Kind::RuntimeClass, &Key::new("", *class)).is_none()) {
            return Err(refuse(&format!("pod rejected: RuntimeClass {class:?} not found")));
        }
        Ok(admitting)
    }

    /// What the class of this name gives, or the default class where none is named; none when there is no such class.
    /// Models getDefaultPriorityClass: of several default ones the least counts.
    fn priority(&self, class: &str) -> Option<Admitting> {
        let classes = self.store.list(Kind::PriorityClass, None).filter_map(|object| match object {
            Object::Generic(class) => Some(class),
            _ => None,
        });
        let value = |class: &Generic| class.fields.get("value").and_then(Value::as_i64).unwrap_or(0);
        let found = if class.is_empty() {
            let defaults = classes.filter(|class| class.fields.get("globalDefault") == Some(&Value::Bool(true)));
            let Some(least) = defaults.min_by_key(|class| value(class)) else { return Some(Admitting::default()) };
            least
        } else {
            classes.into_iter().find(|found| found.metadata.name == class)?
        };
        let (usual, policy) = (Admitting::default(), found.fields.get("preemptionPolicy").and_then(Value::as_str));
        Some(Admitting {
            class: found.metadata.name.clone(),
            priority: value(found),
            policy: policy.map_or_else(|| usual.policy.clone(), str::to_owned),
            ..usual
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
    admitting: Admitting,
    after: Arc<PodSpec>,
    qos_class: &'static str,
    /// The versions of the LimitRanges that were applied.
    limits: Vec<u64>,
    /// What they have set.
    note: Option<String>,
}

impl Admission {
    /// Models plugin/pkg/admission/{serviceaccount,defaulttolerationseconds,priority,limitranger} and core/v1
    /// SetDefaults_Pod.
    #[inline(never)]
    pub fn admit_pod(&mut self, pod: &mut Pod, volume_suffix: &str, admitting: &Admitting, limits: &[Arc<Generic>]) {
        let asked = pod.spec.raw().get("automountServiceAccountToken").and_then(Value::as_bool);
        let gets_token = asked.unwrap_or(admitting.gives_token);
        pod.token_volume = if gets_token { format!("kube-api-access-{volume_suffix}") } else { String::new() };
        let owner = pod.metadata.controller().map(|owner| owner.uid.clone());
        let versions: Vec<u64> = limits.iter().map(|range| range.metadata.resource_version).collect();
        let is_same = |known: &&Admitted| {
            Arc::ptr_eq(&known.before, &pod.spec) && known.limits == versions && known.admitting == *admitting
        };
        let known = owner.as_ref().and_then(|uid| self.admitted.get(uid)).filter(is_same).cloned();
        let known = known.unwrap_or_else(|| {
            let (after, note) = admitted(&pod.spec, admitting, limits);
            let known = Admitted {
                before: Arc::clone(&pod.spec),
                admitting: admitting.clone(),
                qos_class: qos_class(after.raw()),
                after: Arc::new(after),
                limits: versions,
                note,
            };
            if let Some(uid) = owner {
                self.admitted.insert(uid, known.clone());
            }
            known
        });
        if let Some(note) = known.note {
            pod.metadata.annotations.insert("kubernetes.io/limit-ranger".to_owned(), note);
        }
        pod.spec = known.after;
        pod.status = PodStatus { qos_class: known.qos_class.to_owned(), ..PodStatus::default() }.into();
    }

    /// Forgets the specs of owners that are gone.
    pub fn forget(&mut self, uid: &str) {
        self.admitted.remove(uid);
    }
}

fn admitted(spec: &PodSpec, admitting: &Admitting, limits: &[Arc<Generic>]) -> (PodSpec, Option<String>) {
    let mut raw = spec.raw().clone();
    // Decoding a pod comes before its admission, also one that a controller has made of a template.
    set_pod_spec(&mut raw);
    admit_spec(&mut raw, admitting);
    let note = limits.iter().filter_map(|range| limit_range::mutate(&range.fields, &mut raw)).last();
    // The typed fields were read from the same JSON, so reading them again cannot fail.
    (PodSpec::from_value(Value::Object(raw)).unwrap_or_else(|_| spec.clone()), note)
}

/// Fills in what admission adds to a pod's spec.
pub(super) fn admit_spec(raw: &mut Map<String, Value>, admitting: &Admitting) {
    let account = raw
        .get("serviceAccountName")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .unwrap_or("default")
        .to_owned();
    raw.insert("serviceAccountName".into(), json!(account));
    raw.insert("serviceAccount".into(), json!(account));
    raw.entry("preemptionPolicy").or_insert_with(|| json!(admitting.policy));
    raw.entry("priority").or_insert_with(|| json!(admitting.priority));
    if !admitting.class.is_empty() {
        raw.insert("priorityClassName".into(), json!(admitting.class));
    }
    let has_secrets = raw.get("imagePullSecrets").and_then(Value::as_array).is_some_and(|secrets| !secrets.is_empty());
    if !has_secrets && !admitting.pull_secrets.is_empty() {
        raw.insert("imagePullSecrets".into(), json!(admitting.pull_secrets));
    }
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

/// Models pkg/apis/core/v1/helper/qos ComputePodQOS: what the pod as a whole asks for counts alone, where it is given.
fn qos_class(spec: &Map<String, Value>) -> &'static str {
    let of_pod = spec.get("resources").filter(|resources| !resources.is_null());
    let lists = ["containers", "initContainers"].into_iter();
    let containers = lists.filter_map(|list| spec.get(list)?.as_array()).flatten().map(|found| found.get("resources"));
    let holders: Vec<Option<&Value>> = of_pod.map_or_else(|| containers.collect(), |resources| vec![Some(resources)]);
    let counted = |holder: Option<&Value>, list: &str| {
        let mut amounts = resource_list(holder.and_then(|resources| resources.get(list)));
        amounts.retain(|name, amount| matches!(name.as_str(), "cpu" | "memory") && amount.sign() > 0);
        amounts
    };
    let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
    let mut is_guaranteed = true;
    for holder in holders {
        let own = counted(holder, "limits");
        is_guaranteed &= own.len() == 2;
        add(&mut requests, &counted(holder, "requests"));
        add(&mut limits, &own);
    }
    match (requests.is_empty() && limits.is_empty(), is_guaranteed && requests == limits) {
        (true, _) => "BestEffort",
        (false, true) => "Guaranteed",
        (false, false) => "Burstable",
    }
}
