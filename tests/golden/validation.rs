//! What the API server answers to a Deployment that is not valid.

use hellok8s_lab::api::validation::{
    FieldError, Policy, invalid_message, prepare_for_create, prepare_for_update, restore_empty_labels, validate_create,
    validate_status_update, validate_update, warnings,
};
use hellok8s_lab::api::{Kind, defaults, strict};
use serde_json::{Map, Value, json};

use crate::api_machinery::apply;
use crate::table;

const KIND: Kind = Kind::Deployment;

/// The base object with a row's changes.
fn changed(base: &Value, row: &Value) -> Value {
    let mut object = base.clone();
    for change in row["in"]["set"].as_array().into_iter().flatten() {
        apply(&mut object, change[0].as_str().unwrap_or_default(), change.get(1));
    }
    object
}

fn texts(errors: &[FieldError]) -> Vec<String> {
    errors.iter().map(FieldError::text).collect()
}

#[test]
fn creation() {
    let base = table::base("validation_base.json");
    table::run("validation", |row| {
        let mut ours = Map::new();
        let sent = changed(&base, row);
        match strict::decode(KIND, &sent) {
            Err(error) => {
                ours.insert("decodeError".into(), json!(error));
                ours.insert("strictDecodeError".into(), json!(error));
            }
            Ok(decoded) => {
                ours.insert("strictDecodeError".into(), json!(decoded.strict_error()));
                let mut object = decoded.value;
                fill_namespace(&mut object);
                restore_empty_labels(&sent, &mut object);
                defaults::set_defaults(KIND, &mut object);
                prepare_for_create(KIND, &mut object);
                // The table's API server was started without flags.
                let errors = validate_create(KIND, &object, Policy::default());
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                if !errors.is_empty() {
                    ours.insert("message".into(), json!(invalid_message(KIND, name, &errors)));
                }
                let rows: Vec<Value> = errors.iter().map(error_row).collect();
                ours.insert("errors".into(), json!(rows));
                ours.insert("warnings".into(), json!(warnings(KIND, &object, None)));
            }
        }
        ours.retain(|name, value| {
            let no_warnings = name == "warnings" && *value == json!([]);
            !value.is_null() && !no_warnings
        });
        table::same(&Value::Object(ours), &row["out"])
    });
}

/// The namespace of the request's path goes to an object that names none.
fn fill_namespace(object: &mut Value) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.entry("namespace").or_insert_with(|| json!("default"));
    }
}

fn error_row(error: &FieldError) -> Value {
    json!({"field": error.field, "type": error.kind.as_str(), "detail": error.detail, "text": error.text()})
}

#[test]
fn update() {
    let mut base = table::base("validation_base.json");
    defaults::set_defaults(KIND, &mut base);
    table::run("validation_update", |row| {
        let mut old = base.clone();
        old["metadata"]["generation"] = row["out"]["generationBefore"].clone();
        let mut new = changed(&old, row);
        defaults::set_defaults(KIND, &mut new);
        prepare_for_update(KIND, &mut new, &old);
        let ours = json!({
            "errors": texts(&validate_update(KIND, &new, &old, Policy::default())),
            "generationBefore": old["metadata"]["generation"],
            "generationAfter": new["metadata"]["generation"],
        });
        table::same(&ours, &row["out"])
    });
}

#[test]
fn deployments_upstream() {
    table::run_upstream_keyed("apps_validation", "TestValidateDeployment", |key, case| {
        // Only the internal type has a rollback; apps/v1 cannot say it.
        if case["Spec"]["RollbackTo"]["Revision"].as_i64().is_some_and(|revision| revision < 0) {
            return Ok(());
        }
        let errors = texts(&validate_create(KIND, &external(case), Policy::MINIKUBE));
        match errors.first() {
            None if key.is_empty() => Ok(()),
            Some(text) if !key.is_empty() && text.contains(key) => Ok(()),
            _ => Err(format!("ours {errors:?}\n  theirs {key}")),
        }
    });
    table::run_upstream("apps_validation", "TestValidateDeploymentUpdate", |case| {
        let (mut new, mut old) = (external(&case["update"]), external(&case["old"]));
        for object in [&mut new, &mut old] {
            object["metadata"]["resourceVersion"] = json!("1");
        }
        let errors = texts(&validate_update(KIND, &new, &old, Policy::MINIKUBE));
        table::same(&json!(errors.len()), &case["expectedErrNum"]).map_err(|why| format!("{why}\n  {errors:?}"))
    });
}

#[test]
fn statuses_upstream() {
    let check = |new: &Value, old: &Value, case: &Value| {
        let object = |status: &Value| json!({"metadata": {"name": "abc"}, "status": external(status)});
        let errors = texts(&validate_status_update(KIND, &object(new), &object(old)));
        table::same(&json!(!errors.is_empty()), &case["expectedErr"]).map_err(|why| format!("{why}\n  {errors:?}"))
    };
    table::run_upstream("apps_validation", "TestValidateDeploymentStatus", |case| check(case, case, case));
    table::run_upstream("apps_validation", "TestValidateDeploymentStatusUpdate", |case| {
        check(&case["to"], &case["from"], case)
    });
}

/// A dump of Go's internal types as the API writes them: names in lower case, absent what is empty, and what is
/// embedded laid flat.
fn external(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(external).collect()),
        Value::Object(fields) => {
            let mut converted = Map::new();
            for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                let field = external(field);
                match (name.as_str(), field) {
                    ("EphemeralContainerCommon" | "VolumeSource", Value::Object(embedded)) => {
                        converted.extend(embedded)
                    }
                    ("SecurityContext", Value::Object(mut context)) => {
                        for host in ["hostNetwork", "hostPID", "hostIPC"] {
                            converted.extend(context.remove(host).map(|value| (host.to_owned(), value)));
                        }
                        converted.insert("securityContext".to_owned(), Value::Object(context));
                    }
                    (_, field) => drop(converted.insert(external_name(name), field)),
                }
            }
            Value::Object(converted)
        }
        other => other.clone(),
    }
}

fn external_name(name: &str) -> String {
    if name == "ObjectMeta" {
        return "metadata".to_owned();
    }
    let capitals = name.chars().take_while(char::is_ascii_uppercase).count();
    // `DNSPolicy` is `dnsPolicy`, `TTY` is `tty`, `Name` is `name`.
    let lowered = if capitals == name.len() { capitals } else { capitals.saturating_sub(1).max(1) };
    name.chars().enumerate().map(|(at, c)| if at < lowered { c.to_ascii_lowercase() } else { c }).collect()
}
