//! Names that have changed are changed where others name them. Models api/filters/nameref and namereference.go.

use serde_json::Value;

use super::places::{Place, visit};
use super::resource::{Gvk, Id, Resource};
use crate::kubectl::field;

/// Where pods stand in the kinds that make them.
const POD_SPECS: [(&str, &str); 9] = [
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// Where pods name others, and which kinds that make pods kustomize does not look at there.
const IN_PODS: [(&str, &[&str], &[&str]); 5] = [
    (
        "ConfigMap",
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
        &["ReplicationController"],
    ),
    (
        "Secret",
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
        &["ReplicationController"],
    ),
    ("ServiceAccount", &["serviceAccountName"], &["PodTemplate", "ReplicaSet"]),
    ("PersistentVolumeClaim", &["volumes/persistentVolumeClaim/claimName"], &["PodTemplate", "ReplicaSet"]),
    ("PriorityClass", &["priorityClassName"], &["PodTemplate", "ReplicaSet"]),
];

/// Other places: the kind that is named, the kind that names it, and where.
const ELSEWHERE: [(&str, &str, &str); 40] = [
    ("Deployment", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("ReplicationController", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("ReplicaSet", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("StatefulSet", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"),
    ("ConfigMap", "Node", "spec/configSource/configMap"),
    ("ConfigMap", "Role", "rules/resourceNames"),
    ("ConfigMap", "ClusterRole", "rules/resourceNames"),
    ("ConfigMap", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"),
    ("Secret", "Ingress", "spec/tls/secretName"),
    ("Secret", "Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
    ("Secret", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
    ("Secret", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"),
    ("Secret", "ServiceAccount", "imagePullSecrets/name"),
    ("Secret", "StorageClass", "parameters/secretName"),
    ("Secret", "StorageClass", "parameters/adminSecretName"),
    ("Secret", "StorageClass", "parameters/userSecretName"),
    ("Secret", "StorageClass", "parameters/secretRef"),
    ("Secret", "Role", "rules/resourceNames"),
    ("Secret", "ClusterRole", "rules/resourceNames"),
    ("Secret", "PersistentVolume", "spec/azureFile/secretName"),
    ("Service", "StatefulSet", "spec/serviceName"),
    ("Service", "Ingress", "spec/rules/http/paths/backend/serviceName"),
    ("Service", "Ingress", "spec/backend/serviceName"),
    ("Service", "Ingress", "spec/rules/http/paths/backend/service/name"),
    ("Service", "Ingress", "spec/defaultBackend/service/name"),
    ("Service", "APIService", "spec/service/name"),
    ("Service", "ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
    ("Service", "MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
    ("Role", "RoleBinding", "roleRef/name"),
    ("ClusterRole", "RoleBinding", "roleRef/name"),
    ("ClusterRole", "ClusterRoleBinding", "roleRef/name"),
    ("ServiceAccount", "RoleBinding", "subjects"),
    ("ServiceAccount", "ClusterRoleBinding", "subjects"),
    ("PersistentVolume", "PersistentVolumeClaim", "spec/volumeName"),
    ("PersistentVolume", "ClusterRole", "rules/resourceNames"),
    ("StorageClass", "PersistentVolume", "spec/storageClassName"),
    ("StorageClass", "PersistentVolumeClaim", "spec/storageClassName"),
    ("StorageClass", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
    ("IngressClass", "Ingress", "spec/ingressClassName"),
    ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "spec/policyName"),
];

/// What another one may name: what it was called and is called, without its contents.
struct Candidate {
    id: Id,
    before: Vec<Id>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// Changes the names. Models nameReferenceTransformer.
///
/// # Errors
/// When a name may mean several objects.
pub(super) fn update(resources: &mut [Resource]) -> Result<(), String> {
    let candidates: Vec<Candidate> = resources
        .iter()
        .map(|resource| Candidate {
            id: resource.id(),
            before: resource.previous_ids(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        })
        .collect();
    if candidates.iter().all(|candidate| candidate.before.is_empty()) {
        return Ok(());
    }
    for resource in resources {
        let kind = resource.first_id().kind;
        for (target, paths, not_in) in IN_PODS {
            for (_, spec) in POD_SPECS.iter().filter(|(made, _)| *made == kind && !not_in.contains(made)) {
                for path in paths {
                    change(resource, &candidates, target, &format!("{spec}/{path}"))?;
                }
            }
        }
        for (target, _, path) in ELSEWHERE.iter().filter(|(_, referrer, _)| *referrer == kind) {
            change(resource, &candidates, target, path)?;
        }
    }
    Ok(())
}

fn change(referrer: &mut Resource, candidates: &[Candidate], target: &str, path: &str) -> Result<(), String> {
    let search = Search::of(referrer, candidates, target, path);
    let place = Place { of: Gvk::default(), path, creates: false };
    let id = referrer.id();
    visit(referrer, &place, &mut |value| search.put(value))
        .map_err(|why| format!("updating name reference in '{path}' field of '{id}': {why}"))
}

/// The objects that a place may name.
struct Search<'a> {
    candidates: Vec<&'a Candidate>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl<'a> Search<'a> {
    /// Models SubsetThatCouldBeReferencedByResource and Filter.selectReferral, as far as they do not look at the name.
    fn of(referrer: &Resource, candidates: &'a [Candidate], target: &str, path: &str) -> Self {
        let id = referrer.id();
        let bound: Vec<&str> = field::list(&referrer.value, "/subjects")
            .iter()
            .filter(|_| id.kind.ends_with("RoleBinding"))
            .map(|subject| field::text(subject, "/namespace"))
            .collect();
        let reaches = |other: &Id| {
            id.is_cluster_scoped()
                || other.is_cluster_scoped()
                || other.effective_namespace() == id.effective_namespace()
                || other.kind == "ServiceAccount" && bound.contains(&other.effective_namespace())
        };
        let wanted = Gvk { kind: target, ..Gvk::default() };
        let is_role = path.ends_with("roleRef/name");
        let role = field::text(&referrer.value, "/roleRef/kind");
        let fits = |candidate: &&Candidate| {
            candidate.before.iter().any(|before| before.is_of(&wanted))
                && (!is_role || role.is_empty() || candidate.before.iter().any(|before| before.kind == role))
                && reaches(&candidate.id)
        };
        let candidates = candidates.iter().filter(fits).collect();
        Self { candidates, prefixes: referrer.prefixes.clone(), suffixes: referrer.suffixes.clone() }
    }

    /// Models Filter.set, setScalar and setMapping.
    fn put(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(name) => {
                if let Some(found) = self.find(name, None)? {
                    found.id.name.clone_into(name);
                }
                Ok(())
            }
            Value::Array(list) => list.iter_mut().try_for_each(|item| self.put(item)),
            Value::Object(fields) => {
                let name = fields.get("name").and_then(Value::as_str);
                let name = name.ok_or("path config error; no 'name' field in node")?.to_owned();
                let namespace = fields.get("namespace").and_then(Value::as_str).map(str::to_owned);
                let Some(found) = self.find(&name, namespace.as_deref())? else { return Ok(()) };
                fields.insert("name".to_owned(), found.id.name.clone().into());
                if !found.id.namespace.is_empty() {
                    fields.insert("namespace".to_owned(), found.id.namespace.clone().into());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Models Filter.selectReferral.
    fn find(&self, name: &str, namespace: Option<&str>) -> Result<Option<&Candidate>, String> {
        let mut found: Vec<&Candidate> = self
            .candidates
            .iter()
            .copied()
            .filter(|candidate| candidate.before.iter().any(|before| before.name == name))
            .collect();
        if let Some(namespace) = namespace {
            let first = |candidate: &Candidate| {
                candidate.before.first().map_or("", |before| before.effective_namespace()) == namespace
            };
            let has_first = found.iter().any(|candidate| first(candidate));
            found.retain(
                |candidate| {
                    if has_first { first(candidate) } else { candidate.id.effective_namespace() == namespace }
                },
            );
        }
        if found.len() > 1 {
            found.retain(|candidate| self.has_same_ends(candidate, true));
        }
        if found.len() > 1 {
            found.retain(|candidate| self.has_same_ends(candidate, false));
        }
        let Some(first) = found.first().copied() else { return Ok(None) };
        let same = |other: &&Candidate| {
            other.id.name == first.id.name && (namespace.is_none() || other.id.namespace == first.id.namespace)
        };
        if found.iter().all(same) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
        Err(format!("found multiple possible referrals: {}", ids.join(", ")))
    }

    /// Models Resource.PrefixesSuffixesEquals.
    fn has_same_ends(&self, candidate: &Candidate, allows_none: bool) -> bool {
        let same = |own: &[String], other: &[String]| {
            if own.is_empty() || other.is_empty() {
                return allows_none || own.len() == other.len();
            }
            own.ends_with(other) || other.ends_with(own)
        };
        same(&candidate.prefixes, &self.prefixes) && same(&candidate.suffixes, &self.suffixes)
    }
}
