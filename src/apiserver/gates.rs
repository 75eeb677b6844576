//! The gates that a namespace may have: LimitRanges, pod security and ResourceQuotas; and budgets, which hold evictions up.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::quota::{self, Charge, Quota};
use super::{ApiServer, DeleteOptions, Deleted, Key, Status, limit_range};
use crate::api::resources::ResourceList;
use crate::api::{Generic, Kind, Object, Pod, PodCondition, Time, well_known};

/// Marks the class of claims that name none.
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// The annotation that says what a LimitRange has set.
const LIMIT_RANGER: &str = "kubernetes.io/limit-ranger";

impl ApiServer {
    fn generics(&self, kind: Kind, namespace: &str) -> Vec<Arc<Generic>> {
        let found = self.store.list(kind, Some(namespace)).filter_map(|object| match object {
            Object::Generic(generic) => Some(Arc::clone(generic)),
            _ => None,
        });
        found.collect()
    }

    /// The LimitRanges of a namespace.
    pub(super) fn limit_ranges(&self, namespace: &str) -> Vec<Arc<Generic>> {
        self.generics(Kind::LimitRange, namespace)
    }

    /// What a stock cluster's admission plugins add to claims and volumes: the default class, and what keeps them while they
    /// are used. Models plugin/pkg/admission/storage/{storageclass/setdefault,storageobjectinuseprotection}.
    pub(super) fn admit_storage(&self, object: &mut Object) {
        let finalizer = match object.kind() {
            Kind::PersistentVolumeClaim => CLAIM_PROTECTION,
            Kind::PersistentVolume => VOLUME_PROTECTION,
            _ => return,
        };
        object.with_metadata(|metadata| {
            if !metadata.finalizers.iter().any(|held| held == finalizer) {
                metadata.finalizers.push(finalizer.to_owned());
            }
        });
        let Object::Generic(claim) = object else { return };
        if claim.kind != Kind::PersistentVolumeClaim
            || claim.metadata.annotations.contains_key(well_known::BETA_STORAGE_CLASS)
        {
            return;
        }
        let Some(default) = self.default_class() else { return };
        if let Some(Value::Object(spec)) = Arc::make_mut(claim).fields.get_mut("spec")
            && spec.get("storageClassName").is_none_or(Value::is_null)
        {
            spec.insert("storageClassName".to_owned(), default.into());
        }
    }

    /// The class of claims that name none: the newest of those that are marked so. Models GetDefaultClass.
    fn default_class(&self) -> Option<String> {
        let marked = self
            .store
            .list(Kind::StorageClass, None)
            .filter(|class| class.metadata().annotations.get(IS_DEFAULT).is_some_and(|value| value == "true"));
        let newest = marked
            .map(Object::metadata)
            .max_by_key(|metadata| (metadata.creation_timestamp, std::cmp::Reverse(metadata.name.clone())));
        newest.map(|metadata| metadata.name.clone())
    }

    /// Refuses an object that a LimitRange, the namespace's labels or a quota do not allow. Models the validating halves
    /// of LimitRanger, PodSecurity and ResourceQuota, in their order.
    pub(super) fn check_gates(&self, object: &Object) -> Result<(), Status> {
        let (kind, metadata) = (object.kind(), object.metadata());
        if kind == Kind::Event || kind.is_cluster_scoped() {
            return Ok(());
        }
        let ranges = match kind {
            Kind::Pod | Kind::PersistentVolumeClaim => self.limit_ranges(&metadata.namespace),
            _ => Vec::new(),
        };
        for range in ranges {
            let errors = match object {
                Object::Pod(pod) => limit_range::validate_pod(&range.fields, pod.spec.raw()),
                other => limit_range::validate_claim(&range.fields, &other.to_value()),
            };
            if let Some(why) = limit_range::message(&errors) {
                return Err(Status::forbidden(kind, &metadata.name, &why));
            }
        }
        if let Object::Pod(pod) = object {
            self.check_pod_security(pod)?;
        }
        self.charged(object).map(drop)
    }

    /// The quotas of an object's namespace, with the object charged.
    fn charged(&self, object: &Object) -> Result<Vec<(Arc<Generic>, Quota)>, Status> {
        let (kind, metadata) = (object.kind(), object.metadata());
        if kind == Kind::Event || kind.is_cluster_scoped() {
            return Ok(Vec::new());
        }
        let stored = self.generics(Kind::ResourceQuota, &metadata.namespace);
        if stored.is_empty() { Ok(Vec::new()) } else { self.charged_to(stored, object) }
    }

    #[inline(never)]
    fn charged_to(&self, stored: Vec<Arc<Generic>>, object: &Object) -> Result<Vec<(Arc<Generic>, Quota)>, Status> {
        let (kind, metadata) = (object.kind(), object.metadata());
        let mut quotas: Vec<Quota> =
            stored.iter().map(|found| Quota::read(&found.metadata.name, &found.fields)).collect();
        let value = object.to_value();
        let charge = Charge {
            resource: kind.plural(),
            group: kind.group(),
            name: &metadata.name,
            subresource: "",
            object: &value,
            old: None,
        };
        quota::check(&mut quotas, charge, Time::from_sim(self.now)).map_err(Status::forbidden_message)?;
        Ok(stored.into_iter().zip(quotas).collect())
    }

    /// Charges the quotas for an object that has been created.
    pub(super) fn charge(&mut self, object: &Object) {
        let Ok(charged) = self.charged(object) else { return };
        for (stored, quota) in charged {
            if let Some(used) = quota.used {
                self.write_usage(&stored, &quota.hard, &used);
            }
        }
    }

    /// Writes what is used of a quota, if that is news.
    #[inline(never)]
    pub(crate) fn write_usage(&mut self, stored: &Arc<Generic>, hard: &ResourceList, used: &ResourceList) -> bool {
        let texts = |list: &ResourceList| -> Value {
            let texts = list.iter().map(|(name, amount)| (name.clone(), Value::from(amount.to_string())));
            Value::Object(texts.collect())
        };
        let status = serde_json::json!({"hard": texts(hard), "used": texts(used)});
        if stored.fields.get("status") == Some(&status) {
            return false;
        }
        let mut quota = Generic::clone(stored);
        quota.fields.insert("status".to_owned(), status);
        let old = Object::Generic(Arc::clone(stored));
        self.store_update(Object::Generic(Arc::new(quota)), &old);
        true
    }

    /// Fills in what LimitRanges give, and says so in an annotation. Models the mutating half of LimitRanger.
    pub(super) fn apply_limit_ranges(
        &self,
        namespace: &str,
        spec: &mut Map<String, Value>,
    ) -> Option<(String, String)> {
        let ranges = self.limit_ranges(namespace);
        let notes = ranges.iter().filter_map(|range| limit_range::mutate(&range.fields, spec));
        notes.last().map(|note| (LIMIT_RANGER.to_owned(), note))
    }

    /// Marks a pod as evicted and deletes it. Models addConditionAndDeletePod.
    ///
    /// # Errors
    /// As [`ApiServer::delete`].
    pub(crate) fn delete_evicted(&mut self, pod: &Arc<Pod>, options: &DeleteOptions) -> Result<Deleted, Status> {
        let key = Key::of(&pod.metadata);
        let mut status = pod.status.clone();
        let before = status.conditions.iter_mut().find(|condition| condition.kind == "DisruptionTarget");
        let known = before.as_ref().filter(|before| before.status == "True");
        let since = known.and_then(|before| before.last_transition_time);
        let condition = PodCondition {
            kind: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
            reason: "EvictionByEvictionAPI".to_owned(),
            message: "Eviction API: evicting".to_owned(),
            last_transition_time: since.or(Some(Time::from_sim(self.now))),
            ..PodCondition::default()
        };
        match before {
            Some(before) => *before = condition,
            None => status.conditions.push(condition),
        }
        self.update_pod_status(&key, &pod.metadata.uid, status)?;
        self.delete(Kind::Pod, &key, options)
    }
}
