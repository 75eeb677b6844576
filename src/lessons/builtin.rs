//! The lessons that come with the lab.

use std::sync::Arc;

use super::Lesson;

/// Name and text of each, in the list's order.
const FILES: &[(&str, &str)] = &[
    ("scale.yaml", include_str!("chapter/scale.yaml")),
    ("upgrade.yaml", include_str!("chapter/upgrade.yaml")),
    ("rolling-update.yaml", include_str!("chapter/rolling-update.yaml")),
    ("liveness.yaml", include_str!("chapter/liveness.yaml")),
    ("readiness.yaml", include_str!("chapter/readiness.yaml")),
    ("rollback.yaml", include_str!("chapter/rollback.yaml")),
    ("unavailable-first.yaml", include_str!("rollout/unavailable-first.yaml")),
    ("terminating-pods.yaml", include_str!("rollout/terminating-pods.yaml")),
    ("rounding.yaml", include_str!("rollout/rounding.yaml")),
    ("zero-zero.yaml", include_str!("rollout/zero-zero.yaml")),
    ("ready-available.yaml", include_str!("rollout/ready-available.yaml")),
    ("progress-deadline.yaml", include_str!("rollout/progress-deadline.yaml")),
    ("stuck-by-quota.yaml", include_str!("rollout/stuck-by-quota.yaml")),
    ("stuck-by-limits.yaml", include_str!("rollout/stuck-by-limits.yaml")),
    ("missing-config.yaml", include_str!("rollout/missing-config.yaml")),
    ("no-readiness-probe.yaml", include_str!("probes/no-readiness-probe.yaml")),
    ("readiness-or-liveness.yaml", include_str!("probes/readiness-or-liveness.yaml")),
    ("back-off.yaml", include_str!("probes/back-off.yaml")),
    ("template-only.yaml", include_str!("revisions/template-only.yaml")),
    ("replicaset-names.yaml", include_str!("revisions/replicaset-names.yaml")),
    ("undo-toggles.yaml", include_str!("revisions/undo-toggles.yaml")),
    ("undo-and-file.yaml", include_str!("revisions/undo-and-file.yaml")),
    ("autoscaler-and-apply.yaml", include_str!("revisions/autoscaler-and-apply.yaml")),
    ("config-changed.yaml", include_str!("revisions/config-changed.yaml")),
    ("selector.yaml", include_str!("revisions/selector.yaml")),
    ("draining.yaml", include_str!("traffic/draining.yaml")),
    ("budget-and-drain.yaml", include_str!("traffic/budget-and-drain.yaml")),
];

/// All of them. A file that is wrong is left out; tests see to it that none is.
pub fn lessons() -> Vec<Arc<Lesson>> {
    FILES.iter().filter_map(|(name, text)| Lesson::parse(name, text).ok()).map(Arc::new).collect()
}

/// The one with this id.
pub fn lesson(id: &str) -> Option<Arc<Lesson>> {
    let (name, text) = FILES.iter().find(|(name, _)| name.strip_suffix(".yaml") == Some(id))?;
    Lesson::parse(name, text).ok().map(Arc::new)
}
