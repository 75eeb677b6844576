//! The manifests that every lab offers.

/// Name and text of each, in the order of the chapter.
pub const PRESETS: &[(&str, &str)] = &[
    ("v1, 1 replica", include_str!("presets/01-v1-replicas-1.yaml")),
    ("v1, 3 replicas", include_str!("presets/02-v1-replicas-3.yaml")),
    ("v2", include_str!("presets/03-v2.yaml")),
    ("v2, rolling update 1/1", include_str!("presets/04-v2-rolling-update.yaml")),
    ("liveness", include_str!("presets/05-liveness.yaml")),
    ("bad readiness", include_str!("presets/06-bad-readiness.yaml")),
];
