//! The hash of a Deployment's template, computed once for each template.

use serde_json::json;

use crate::api::{Deployment, PodTemplateSpec, template_hash};

use super::Cluster;

/// A hash with what it was made from.
#[derive(Clone, Debug)]
pub struct TemplateHash {
    template: PodTemplateSpec,
    collision_count: Option<i32>,
    hash: String,
}

impl Cluster {
    /// The `pod-template-hash` of this Deployment's template with its present collision count.
    pub(super) fn template_hash(&mut self, deployment: &Deployment) -> String {
        let (template, collision_count) = (&deployment.spec.template, deployment.status.collision_count);
        let known = self.hashes.get(&deployment.metadata.uid);
        if let Some(known) =
            known.filter(|known| known.template == *template && known.collision_count == collision_count)
        {
            return known.hash.clone();
        }
        let value = json!(template);
        let hash = template_hash::compute_hash(&value, collision_count, self.config.version);
        let entry = TemplateHash { template: template.clone(), collision_count, hash: hash.clone() };
        self.hashes.insert(deployment.metadata.uid.clone(), entry);
        hash
    }
}
