//! Taints and tolerations. Models component-helpers/scheduling/corev1.

use serde_json::Value;

use super::well_known;

/// A node's taint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A pod's toleration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toleration {
    key: String,
    operator: String,
    value: String,
    /// Empty for every effect.
    pub effect: String,
}

/// The taint of a node that takes no new pods.
pub fn unschedulable() -> Taint {
    Taint { key: well_known::UNSCHEDULABLE.to_owned(), value: String::new(), effect: "NoSchedule".to_owned() }
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Taint {
    /// Reads one.
    pub fn read(value: &Value) -> Self {
        Self { key: text(value, "key"), value: text(value, "value"), effect: text(value, "effect") }
    }

    /// Whether it keeps pods away from the node.
    pub fn keeps_away(&self) -> bool {
        matches!(self.effect.as_str(), "NoSchedule" | "NoExecute")
    }

    /// Whether one of the tolerations is for it.
    pub fn is_tolerated(&self, tolerations: &[Toleration]) -> bool {
        tolerations.iter().any(|toleration| toleration.tolerates(self))
    }
}

impl Toleration {
    /// Reads one.
    pub fn read(value: &Value) -> Self {
        Self {
            key: text(value, "key"),
            operator: text(value, "operator"),
            value: text(value, "value"),
            effect: text(value, "effect"),
        }
    }

    /// Models core/v1 Toleration.ToleratesTaint, without the comparisons `Lt` and `Gt`, which are off by default.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && match self.operator.as_str() {
                "" | "Equal" => self.value == taint.value,
                "Exists" => true,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tolerations_fit_by_key_value_and_effect() {
        let taint = json!({"key": "k", "value": "v", "effect": "NoExecute"});
        for (toleration, fits) in [
            (json!({"operator": "Exists"}), true),
            (json!({"key": "k", "operator": "Exists"}), true),
            (json!({"key": "k", "value": "v"}), true),
            (json!({"key": "k", "value": "v", "operator": "Equal"}), true),
            (json!({"key": "k", "value": "v", "operator": "Gt"}), false),
            (json!({"key": "k", "value": "v", "effect": "NoSchedule"}), false),
            (json!({"key": "k", "value": "w"}), false),
            (json!({"key": "l", "operator": "Exists"}), false),
        ] {
            assert_eq!(Toleration::read(&toleration).tolerates(&Taint::read(&taint)), fits, "{toleration}");
        }
    }
}
