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
