//! The fields of a kustomization's file: what they hold, and Go's words for what does not fit. Models api/types.

use serde_json::{Map, Value};

use crate::api::strict::describe;
use crate::kubectl::field;

/// The names that a kustomization's file may have. Models konfig.RecognizedKustomizationFileNames.
pub(super) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Fields that the lab does not act on: a build without them would be another one.
pub(super) const REFUSED: [&str; 12] = [
    "openapi",
    "replacements",
    "vars",
    "crds",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// What a field holds.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Bool,
    Int,
    /// A map of texts.
    Map,
    /// A map of truth values.
    Bools,
    Texts,
    One(&'static Struct),
    List(&'static Struct),
    /// Not looked at.
    Any,
}

struct Struct {
    name: &'static str,
    fields: &'static [(&'static str, Shape)],
}

use Shape::{Any, Bool, Bools, Int, List, One, Text, Texts};

static META: Struct = Struct {
    name: "ObjectMeta",
    fields: &[("name", Text), ("namespace", Text), ("labels", Shape::Map), ("annotations", Shape::Map)],
};
static FIELD_SPEC: Struct = Struct {
    name: "FieldSpec",
    fields: &[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Bool)],
};
static LABEL: Struct = Struct {
    name: "Label",
    fields: &[
        ("pairs", Shape::Map),
        ("includeSelectors", Bool),
        ("includeTemplates", Bool),
        ("fields", List(&FIELD_SPEC)),
    ],
};
static SELECTOR: Struct = Struct {
    name: "Selector",
    fields: &[
        ("group", Text),
        ("version", Text),
        ("kind", Text),
        ("name", Text),
        ("namespace", Text),
        ("annotationSelector", Text),
        ("labelSelector", Text),
    ],
};
static PATCH: Struct = Struct {
    name: "Patch",
    fields: &[("path", Text), ("patch", Text), ("target", One(&SELECTOR)), ("options", Bools)],
};
static IMAGE: Struct = Struct {
    name: "Image",
    fields: &[("name", Text), ("newName", Text), ("tagSuffix", Text), ("newTag", Text), ("digest", Text)],
};
static REPLICA: Struct = Struct { name: "Replica", fields: &[("name", Text), ("count", Int)] };
static OPTIONS: Struct = Struct {
    name: "GeneratorOptions",
    fields: &[
        ("labels", Shape::Map),
        ("annotations", Shape::Map),
        ("disableNameSuffixHash", Bool),
        ("immutable", Bool),
    ],
};
static CONFIG_MAP: Struct = Struct {
    name: "ConfigMapArgs",
    fields: &[
        ("namespace", Text),
        ("name", Text),
        ("behavior", Text),
        ("literals", Texts),
        ("files", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", One(&OPTIONS)),
    ],
};
static SECRET: Struct = Struct {
    name: "SecretArgs",
    fields: &[
        ("namespace", Text),
        ("name", Text),
        ("behavior", Text),
        ("literals", Texts),
        ("files", Texts),
        ("envs", Texts),
        ("env", Text),
        ("options", One(&OPTIONS)),
        ("type", Text),
    ],
};
static LEGACY: Struct = Struct { name: "LegacySortOptions", fields: &[("orderFirst", Texts), ("orderLast", Texts)] };
static SORT: Struct = Struct { name: "SortOptions", fields: &[("order", Text), ("legacySortOptions", One(&LEGACY))] };
static KUSTOMIZATION: Struct = Struct {
    name: "Kustomization",
    fields: &[
        ("kind", Text),
        ("apiVersion", Text),
        ("metadata", One(&META)),
        ("openapi", Any),
        ("namePrefix", Text),
        ("nameSuffix", Text),
        ("namespace", Text),
        ("commonLabels", Shape::Map),
        ("labels", List(&LABEL)),
        ("commonAnnotations", Shape::Map),
        ("patchesStrategicMerge", Texts),
        ("patchesJson6902", List(&PATCH)),
        ("patches", List(&PATCH)),
        ("images", List(&IMAGE)),
        ("imageTags", List(&IMAGE)),
        ("replacements", Any),
        ("replicas", List(&REPLICA)),
        ("vars", Any),
        ("sortOptions", One(&SORT)),
        ("resources", Texts),
        ("components", Texts),
        ("crds", Any),
        ("bases", Texts),
        ("configMapGenerator", List(&CONFIG_MAP)),
        ("secretGenerator", List(&SECRET)),
        ("helmGlobals", Any),
        ("helmCharts", Any),
        ("helmChartInflationGenerator", Any),
        ("generatorOptions", One(&OPTIONS)),
        ("configurations", Any),
        ("generators", Any),
        ("transformers", Any),
        ("validators", Any),
        ("buildMetadata", Any),
    ],
};

/// The fields of a kustomization's text, with what stands under an old name under its new one. What is deprecated is added
/// to `warnings`. Models Kustomization.Unmarshal, CheckDeprecatedFields, FixKustomization, CheckEmpty and EnforceFields.
///
/// # Errors
/// In kustomize's words, or the lab's for what it does not act on.
pub(super) fn read(text: &str, root: &str, warnings: &mut Vec<String>) -> Result<Value, String> {
    let documents = crate::manifest::parse("", text).map_err(|error| {
        let why = error.text.split_once("yaml: ").map_or(error.text.as_str(), |(_, why)| why);
        format!("invalid Kustomization: yaml: {why}")
    })?;
    let value = documents.into_iter().next().map_or(Value::Null, |document| document.value);
    check(&value, &KUSTOMIZATION).map_err(|why| format!("invalid Kustomization: json: {why}"))?;
    let mut fields =
        if let Value::Object(fields) = value { named_as_known(fields, &KUSTOMIZATION) } else { Map::new() };
    fields.retain(|_, value| !value.is_null());
    for (old, new, how) in [
        ("bases", "resources", ""),
        ("commonLabels", "labels", ""),
        ("imageTags", "images", ""),
        ("patchesJson6902", "patches", ""),
        ("patchesStrategicMerge", "patches", ""),
        ("vars", "replacements", "[EXPERIMENTAL] "),
    ] {
        if fields.contains_key(old) {
            warnings.push(format!(
                "# Warning: '{old}' is deprecated. Please use '{new}' instead. {how}Run 'kustomize edit fix' to update \
                 your Kustomization automatically."
            ));
        }
    }
    for (old, new) in [("bases", "resources"), ("imageTags", "images")] {
        if let Some(Value::Array(more)) = fields.remove(old)
            && let Value::Array(list) = fields.entry(new).or_insert_with(|| Value::Array(Vec::new()))
        {
            list.extend(more);
        }
    }
    if !fields.iter().any(|(name, value)| !["kind", "apiVersion"].contains(&name.as_str()) && !is_zero(value)) {
        return Err("kustomization.yaml is empty".to_owned());
    }
    enforce(&fields, root)?;
    if let Some(name) = REFUSED.into_iter().find(|name| fields.get(*name).is_some_and(|value| !is_zero(value))) {
        return Err(format!("the lab's kustomize does not act on {name:?}, which {root} asks for"));
    }
    Ok(Value::Object(fields))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(_) | Value::Object(_) => false,
    }
}

fn enforce(fields: &Map<String, Value>, root: &str) -> Result<(), String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = match text("kind") {
        "" => "Kustomization",
        kind => kind,
    };
    let version =
        if kind == "Component" { "kustomize.config.k8s.io/v1alpha1" } else { "kustomize.config.k8s.io/v1beta1" };
    let mut problems = Vec::new();
    if !["Kustomization", "Component"].contains(&kind) {
        problems.push("kind should be Kustomization or Component".to_owned());
    }
    if !text("apiVersion").is_empty() && text("apiVersion") != version {
        problems.push(format!("apiVersion for {kind} should be {version}"));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("Failed to read kustomization file under {root}:\n{}", problems.join("\n")))
}

/// Holds a value against a Go struct. Models encoding/json's Decoder with DisallowUnknownFields.
fn check(value: &Value, wanted: &'static Struct) -> Result<(), String> {
    match value {
        Value::Null => Ok(()),
        Value::Object(fields) => check_fields(fields, wanted, &mut Vec::new()),
        other => Err(format!("cannot unmarshal {} into Go value of type types.{}", describe(other), wanted.name)),
    }
}

/// The field that a name means, in whatever case its letters are. Models encoding/json's decoder, which folds names.
fn field_of(wanted: &'static Struct, name: &str) -> Option<(&'static str, Shape)> {
    let exact = wanted.fields.iter().find(|(known, _)| *known == name);
    exact.or_else(|| wanted.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))).copied()
}

/// The fields under the names that Go's struct has; of two that mean the same the later one stays.
fn named_as_known(fields: Map<String, Value>, wanted: &'static Struct) -> Map<String, Value> {
    let renamed = fields.into_iter().map(|(name, value)| match field_of(wanted, &name) {
        Some((known, shape)) => (known.to_owned(), renamed_within(value, shape)),
        None => (name, value),
    });
    renamed.collect()
}

fn renamed_within(value: Value, shape: Shape) -> Value {
    match (shape, value) {
        (One(inner), Value::Object(fields)) => Value::Object(named_as_known(fields, inner)),
        (List(inner), Value::Array(list)) => {
            Value::Array(list.into_iter().map(|item| renamed_within(item, One(inner))).collect())
        }
        (_, value) => value,
    }
}

fn check_fields(
    fields: &Map<String, Value>,
    wanted: &'static Struct,
    path: &mut Vec<&'static str>,
) -> Result<(), String> {
    for (name, value) in fields {
        let Some((known, shape)) = field_of(wanted, name) else { return Err(format!("unknown field {name:?}")) };
        path.push(known);
        check_shape(value, shape, wanted, path)?;
        path.pop();
    }
    Ok(())
}

fn check_shape(
    value: &Value,
    shape: Shape,
    inside: &'static Struct,
    path: &mut Vec<&'static str>,
) -> Result<(), String> {
    let place = format!("{}.{}", inside.name, path.join("."));
    let wrong = |value: &Value, wanted: &str| {
        Err(format!("cannot unmarshal {} into Go struct field {place} of type {wanted}", describe(value)))
    };
    match (shape, value) {
        (_, Value::Null) | (Any, _) | (Text, Value::String(_)) | (Bool, Value::Bool(_)) => Ok(()),
        (Int, Value::Number(number)) if number.is_i64() => Ok(()),
        (Text, other) => wrong(other, "string"),
        (Bool, other) => wrong(other, "bool"),
        (Int, other) => wrong(other, "int64"),
        (Shape::Map, Value::Object(fields)) => match fields.values().find(|value| !value.is_string()) {
            Some(other) if !other.is_null() => wrong(other, "string"),
            _ => Ok(()),
        },
        (Shape::Map, other) => wrong(other, "map[string]string"),
        (Bools, Value::Object(fields)) => match fields.values().find(|value| !value.is_boolean()) {
            Some(other) if !other.is_null() => wrong(other, "bool"),
            _ => Ok(()),
        },
        (Bools, other) => wrong(other, "map[string]bool"),
        (Texts, Value::Array(list)) => match list.iter().find(|value| !value.is_string()) {
            Some(other) if !other.is_null() => wrong(other, "string"),
            _ => Ok(()),
        },
        (Texts, other) => wrong(other, "[]string"),
        (One(inner), Value::Object(fields)) => check_fields(fields, inner, path),
        (One(inner), other) => wrong(other, &format!("types.{}", inner.name)),
        (List(inner), Value::Array(list)) => {
            for item in list {
                match item {
                    Value::Object(fields) => check_fields(fields, inner, path)?,
                    Value::Null => {}
                    other => return wrong(other, &format!("types.{}", inner.name)),
                }
            }
            Ok(())
        }
        (List(inner), other) => wrong(other, &format!("[]types.{}", inner.name)),
    }
}

/// The texts of a list.
pub(super) fn texts<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    field::list(value, pointer).iter().filter_map(Value::as_str).collect()
}
