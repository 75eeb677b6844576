//! Tolerations of taints.

use super::error::FieldError;
use super::field::Field;
use super::labels::validate_label_name;
use super::names;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Models ValidateTolerations.
pub(super) fn validate_all(tolerations: &Field<'_>, errors: &mut Vec<FieldError>) {
    for toleration in tolerations.items() {
        validate(&toleration, errors);
    }
}

fn validate(toleration: &Field<'_>, errors: &mut Vec<FieldError>) {
    let key = toleration.child("key");
    let operator = toleration.child("operator");
    let effect = toleration.child("effect");
    if !key.text().is_empty() {
        validate_label_name(&key, errors);
    } else if operator.text() != "Exists" {
        errors.push(operator.invalid_text(
            "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
        ));
    }
    if toleration.child("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
        errors.push(effect.invalid_text("effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    let value = toleration.child("value").text();
    match operator.text() {
        "Equal" | "" => {
            let complaints = names::label_value(value);
            if !complaints.is_empty() {
                errors.push(operator.invalid(value, complaints.join(";")));
            }
        }
        "Exists" => {
            if !value.is_empty() {
                errors.push(operator.invalid(value, "value must be empty when `operator` is 'Exists'"));
            }
        }
        "Lt" | "Gt" => errors.push(operator.not_supported(operator.value(), &["Equal", "Exists", "Lt", "Gt"])),
        _ => errors.push(operator.not_supported(operator.value(), &["Equal", "Exists"])),
    }
    if !effect.text().is_empty() {
        effect.check_enum(&EFFECTS, errors);
    }
}
