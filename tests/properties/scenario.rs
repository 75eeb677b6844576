//! Random manifests, and what may happen to them.

use proptest::prelude::*;
use serde_json::{Value, json};

/// A number of pods, or a percentage of them.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    Pods(i32),
    Percent(i32),
}

impl Bound {
    pub fn value(self) -> Value {
        match self {
            Self::Pods(pods) => json!(pods),
            Self::Percent(percent) => json!(format!("{percent}%")),
        }
    }

    /// Of `replicas`, rounded up.
    pub fn up(self, replicas: i32) -> i32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => (replicas * percent + 99) / 100,
        }
    }

    /// Of `replicas`, rounded down.
    pub fn down(self, replicas: i32) -> i32 {
        match self {
            Self::Pods(pods) => pods,
            Self::Percent(percent) => replicas * percent / 100,
        }
    }
}

/// `None` is Recreate; else maxSurge and maxUnavailable.
pub type Rollout = Option<(Bound, Bound)>;

/// What the pods run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Template {
    pub image: &'static str,
    /// Ready when `/healthz` answers, else at once.
    pub has_readiness_probe: bool,
    /// Distinguishes templates that are otherwise the same.
    pub number: u8,
}

#[derive(Clone, Debug)]
pub struct Spec {
    pub replicas: i32,
    pub strategy: Rollout,
    pub min_ready_seconds: i32,
    pub history_limit: i32,
    pub deadline_seconds: i32,
    pub template: Template,
}

/// What happens to the Deployment or its pods.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    Template(Template),
    Scale(i32),
    Pause(bool),
    Strategy(Rollout),
    MinReadySeconds(i32),
    /// Somebody deletes a pod, with its grace period or without.
    DeletePod {
        number: usize,
        at_once: bool,
    },
    /// Somebody changes a ReplicaSet, which the Deployment's controller sets right again.
    ScaleReplicaSet {
        number: usize,
        replicas: i32,
    },
}

#[derive(Clone, Debug)]
pub struct Scenario {
    pub seed: u64,
    pub spec: Spec,
    /// Each after a time in ms.
    pub edits: Vec<(u64, Edit)>,
}

impl Template {
    /// Whether its pods become available and stay so.
    pub fn is_sound(&self) -> bool {
        match self.image {
            "guangzhengli/hellok8s:v1" | "guangzhengli/hellok8s:v2" | "guangzhengli/hellok8s:v3" => true,
            _ => !self.has_readiness_probe && self.image != MISSING,
        }
    }

    pub fn value(&self) -> Value {
        let mut container = json!({"name": "app", "image": self.image});
        if self.has_readiness_probe {
            let http = json!({"path": if self.is_sound() { "/" } else { "/healthz" }, "port": 3000});
            container["readinessProbe"] = json!({"httpGet": http, "periodSeconds": 2, "initialDelaySeconds": 1});
        }
        json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"number": self.number.to_string()}},
            "spec": {"containers": [container]},
        })
    }
}

pub fn strategy_value(strategy: Rollout) -> Value {
    match strategy {
        None => json!({"type": "Recreate", "rollingUpdate": null}),
        Some((surge, unavailable)) => {
            let bounds = json!({"maxSurge": surge.value(), "maxUnavailable": unavailable.value()});
            json!({"type": "RollingUpdate", "rollingUpdate": bounds})
        }
    }
}

impl Spec {
    pub fn value(&self) -> Value {
        json!({
            "metadata": {"name": "web"},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": {"app": "web"}},
                "strategy": strategy_value(self.strategy),
                "minReadySeconds": self.min_ready_seconds,
                "revisionHistoryLimit": self.history_limit,
                "progressDeadlineSeconds": self.deadline_seconds,
                "template": self.template.value(),
            },
        })
    }
}

/// An image that does not exist.
const MISSING: &str = "guangzhengli/hellok8s:v99";

fn bound() -> impl Strategy<Value = Bound> {
    prop_oneof![(0..4).prop_map(Bound::Pods), (0..=100).prop_map(Bound::Percent)]
}

fn strategy() -> impl Strategy<Value = Rollout> {
    let rolling = (bound(), bound()).prop_map(|(surge, unavailable)| {
        let is_nothing = |bound| matches!(bound, Bound::Pods(0) | Bound::Percent(0));
        // Both may not be 0.
        Some((if is_nothing(surge) && is_nothing(unavailable) { Bound::Pods(1) } else { surge }, unavailable))
    });
    prop_oneof![4 => rolling, 1 => Just(None)]
}

fn template() -> impl Strategy<Value = Template> {
    let image = prop_oneof![
        3 => Just("guangzhengli/hellok8s:v1"),
        3 => Just("guangzhengli/hellok8s:v2"),
        1 => Just("guangzhengli/hellok8s:v3"),
        1 => Just("guangzhengli/hellok8s:bad"),
        1 => Just("guangzhengli/hellok8s:liveness"),
        1 => Just(MISSING),
    ];
    (image, any::<bool>(), 0..3_u8).prop_map(|(image, has_readiness_probe, number)| Template {
        image,
        has_readiness_probe,
        number,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => template().prop_map(Edit::Template),
        3 => (0..8).prop_map(Edit::Scale),
        2 => any::<bool>().prop_map(Edit::Pause),
        1 => strategy().prop_map(Edit::Strategy),
        1 => (0..4).prop_map(Edit::MinReadySeconds),
        2 => (0..8_usize, any::<bool>()).prop_map(|(number, at_once)| Edit::DeletePod { number, at_once }),
        1 => (0..3_usize, 0..8).prop_map(|(number, replicas)| Edit::ScaleReplicaSet { number, replicas }),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    (0..8, strategy(), 0..4, 0..3, 10..60, template()).prop_map(
        |(replicas, strategy, min_ready_seconds, history_limit, deadline_seconds, template)| Spec {
            replicas,
            strategy,
            min_ready_seconds,
            history_limit,
            deadline_seconds,
            template,
        },
    )
}

pub fn scenario() -> impl Strategy<Value = Scenario> {
    // Races happen within milliseconds, rollouts take seconds.
    let wait = prop_oneof![2 => 0..50_u64, 2 => 50..3_000_u64, 2 => 3_000..30_000_u64];
    (any::<u64>(), spec(), prop::collection::vec((wait, edit()), 0..8)).prop_map(|(seed, spec, edits)| Scenario {
        seed,
        spec,
        edits,
    })
}
