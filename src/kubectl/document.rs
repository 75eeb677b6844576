//! A document of a file as kubectl's resource builder reads it: what it refuses before anything is sent, and the
//! objects of lists.

use serde_json::{Map, Value};

use crate::api::{Definition, Kind, autoscaling_v1, parse_kind, strict};

use super::field;
use super::output::go_syntax::quote;
use super::output::json;

/// Why a document is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The rest of its file is not read either.
    File(String),
    /// Only the document itself.
    Document(String),
    /// Items of a list: kubectl collects these, and prints such a collection without `error: `.
    Item(String),
}

/// An object of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// Its kind.
    pub kind: Kind,
    /// The object.
    pub value: Value,
    /// Its path in the document: `items[3]`, or nothing.
    pub path: String,
}

/// The objects of a document of the file `source`: itself, or the items of a list. `checks` is whether kubectl looks at
/// the document before it decodes it, as it does unless told not to.
/// Models k8s.io/cli-runtime/pkg/resource StreamVisitor.Visit, mapper.infoForData and FlattenListVisitor.
///
/// # Errors
/// When the document itself cannot be used.
pub(super) fn objects(
    value: Value,
    source: &str,
    checks: bool,
    definitions: &[Definition],
) -> Result<Vec<Result<Found, Refusal>>, Refusal> {
    if checks {
        let problems = check_kind(&value);
        if let Some(text) = aggregate(&problems) {
            return Err(Refusal::File(format!(
                "error validating {}: error validating data: {text}; if you choose to ignore these errors, turn \
                 validation off with --validate=false",
                quote(source)
            )));
        }
    }
    let unable = |why: String| Refusal::Document(format!("unable to decode {}: {why}", quote(source)));
    let Value::Object(mut fields) = value else {
        let found = strict::describe(&value);
        return Err(unable(format!("json: cannot unmarshal {found} into Go value of type unstructured.detector")));
    };
    let items = match fields.remove("items") {
        None => None,
        Some(items) => Some(items_of(items, &fields).map_err(unable)?),
    };
    let kind = text(&fields, "kind").to_owned();
    if kind.is_empty() {
        let raw = json::compact(&Value::Object(fields));
        return Err(unable(format!("Object 'Kind' is missing in '{raw}'")));
    }
    check_metadata(&fields).map_err(unable)?;
    let Some(items) = items else {
        let Some(known) = mapped(definitions, text(&fields, "apiVersion"), &kind) else {
            return Err(no_mapping(&fields, source));
        };
        let mut value = Value::Object(fields);
        autoscaling_v1::to_v2(&mut value);
        return Ok(vec![Ok(Found { kind: known, value, path: String::new() })]);
    };
    if !is_mapped_list(definitions, text(&fields, "apiVersion"), &kind) {
        return Err(no_mapping(&fields, source));
    }
    let mut found = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        flatten(item, format!("items[{at}]"), definitions, &mut found);
    }
    Ok(found)
}

/// Models k8s.io/kubectl/pkg/validation getObjectKind.
fn check_kind(value: &Value) -> Vec<String> {
    let Value::Object(fields) = value else { return vec!["invalid object to validate".to_owned()] };
    let mut problems = Vec::new();
    match fields.get("apiVersion") {
        None | Some(Value::Null) => problems.push("apiVersion not set".to_owned()),
        Some(Value::String(version)) if version.matches('/').count() > 1 => {
            problems.push(format!("unexpected GroupVersion string: {version}"));
        }
        Some(Value::String(_)) => {}
        Some(_) => problems.push("apiVersion isn't string type".to_owned()),
    }
    match fields.get("kind") {
        None | Some(Value::Null) => problems.push("kind not set".to_owned()),
        Some(Value::String(_)) => {}
        Some(_) => problems.push("kind isn't string type".to_owned()),
    }
    problems
}

/// Models apimachinery pkg/util/errors Aggregate.Error.
fn aggregate(problems: &[String]) -> Option<String> {
    match problems {
        [] => None,
        [one] => Some(one.clone()),
        all => Some(format!("[{}]", all.join(", "))),
    }
}

/// A list's items. Those without kind and version are of the list's: a `PodList` holds pods.
/// Models unstructured/helpers.go decodeToList.
fn items_of(items: Value, list: &Map<String, Value>) -> Result<Vec<Value>, String> {
    let items = match items {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => {
            let found = strict::describe(&other);
            return Err(format!(
                "json: cannot unmarshal {found} into Go struct field decodeList.items of type []json.RawMessage"
            ));
        }
    };
    let list_kind = text(list, "kind");
    let item_kind = list_kind.strip_suffix("List").unwrap_or(list_kind);
    items
        .into_iter()
        .map(|item| {
            let mut fields = match item {
                Value::Object(fields) => fields,
                Value::Null => Map::new(),
                other => {
                    let found = strict::describe(&other);
                    return Err(format!(
                        "json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
                    ));
                }
            };
            if text(&fields, "kind").is_empty() && text(&fields, "apiVersion").is_empty() {
                fields.insert("kind".to_owned(), item_kind.into());
                fields.insert("apiVersion".to_owned(), text(list, "apiVersion").into());
            }
            Ok(Value::Object(fields))
        })
        .collect()
}

/// An item, or the items of a list in a list.
fn flatten(mut item: Value, path: String, definitions: &[Definition], found: &mut Vec<Result<Found, Refusal>>) {
    if let Some(Value::Array(items)) = item.get_mut("items").map(Value::take) {
        for (at, inner) in items.into_iter().enumerate() {
            flatten(inner, format!("{path}.items[{at}]"), definitions, found);
        }
        return;
    }
    let (version, kind) = (field::text(&item, "/apiVersion").to_owned(), field::text(&item, "/kind").to_owned());
    let (version, kind) = (version.as_str(), kind.as_str());
    found.push(if kind.is_empty() {
        Err(Refusal::Item(
            "unable to get type info from the object \"*unstructured.Unstructured\": Object 'Kind' is missing in 'object \
             has no kind field '"
                .to_owned(),
        ))
    } else {
        match mapped(definitions, version, kind) {
            Some(kind) => {
                autoscaling_v1::to_v2(&mut item);
                Ok(Found { kind, value: item, path })
            }
            None => Err(Refusal::Item(format!(
                "unable to recognize no matches for kind {} in version {}",
                quote(kind),
                quote(version)
            ))),
        }
    });
}

/// Models cli-runtime's metadataValidatingDecoder: metadata that is no metadata would be lost on the way.
fn check_metadata(fields: &Map<String, Value>) -> Result<(), String> {
    let only: Map<String, Value> = ["apiVersion", "kind", "metadata"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fields.get(name)?.clone())))
        .collect();
    // Any kind will do whose metadata is an ObjectMeta; kubectl has a type of its own for it.
    match strict::decode(Kind::Namespace, &Value::Object(only)) {
        Ok(_) => Ok(()),
        Err(why) => Err(why.replace("Go struct field Namespace.", "Go struct field metadataOnlyObject.")),
    }
}

/// The kind with this name, which may be written in small letters. Models client-go restmapper NewDiscoveryRESTMapper.
fn mapped(definitions: &[Definition], version: &str, kind: &str) -> Option<Kind> {
    let autoscaler = Kind::HorizontalPodAutoscaler;
    let version = if version == autoscaling_v1::VERSION && kind == autoscaler.as_str() {
        autoscaler.api_version()
    } else {
        version
    };
    parse_kind(definitions, version, kind).or_else(|| {
        let small = |known: &Kind| known.as_str().to_ascii_lowercase() == kind && known.api_version() == version;
        Kind::ALL.iter().copied().find(small)
    })
}

/// Whatever has items counts as a list, of whichever kind; `List` is one in every version.
fn is_mapped_list(definitions: &[Definition], version: &str, kind: &str) -> bool {
    if kind == "List" {
        return Kind::ALL.iter().any(|known| known.api_version() == version)
            || definitions.iter().any(|known| known.serves(version));
    }
    let is_list = |known: &Definition| known.list_kind == kind && known.serves(version);
    let of_items = || Kind::parse(version, kind.strip_suffix("List")?);
    definitions.iter().any(is_list) || mapped(definitions, version, kind).or_else(of_items).is_some()
}

fn no_mapping(fields: &Map<String, Value>, source: &str) -> Refusal {
    let metadata = fields.get("metadata").and_then(Value::as_object);
    let of_metadata = |name: &str| quote(metadata.map_or("", |metadata| text(metadata, name)));
    Refusal::Document(format!(
        "resource mapping not found for name: {} namespace: {} from {}: no matches for kind {} in version {}\nensure \
         CRDs are installed first",
        of_metadata("name"),
        of_metadata("namespace"),
        quote(source),
        quote(text(fields, "kind")),
        quote(text(fields, "apiVersion"))
    ))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(value: Value, checks: bool) -> String {
        match objects(value, "f.yaml", checks, &[]) {
            Err(Refusal::File(text) | Refusal::Document(text) | Refusal::Item(text)) => text,
            Ok(found) => found
                .into_iter()
                .map(|found| match found {
                    Ok(found) => format!(
                        "{}:{}:{}",
                        found.kind.as_str(),
                        field::text(&found.value, "/metadata/name"),
                        found.path
                    ),
                    Err(Refusal::File(text) | Refusal::Document(text) | Refusal::Item(text)) => text,
                })
                .collect::<Vec<_>>()
                .join(" | "),
        }
    }

    /// What kubectl 1.36 says of the same documents.
    #[test]
    fn documents_are_refused_before_anything_is_sent() {
        let map = |metadata: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        let validating = |why: &str| {
            format!(
                "error validating \"f.yaml\": error validating data: {why}; if you choose to ignore these errors, turn \
                 validation off with --validate=false"
            )
        };
        for (value, expected) in [
            (json!("hello"), validating("invalid object to validate")),
            (json!({"a": 1}), validating("[apiVersion not set, kind not set]")),
            (json!({"apiVersion": "v1", "kind": 5}), validating("kind isn't string type")),
            (json!({"apiVersion": 1, "kind": "ConfigMap"}), validating("apiVersion isn't string type")),
            (json!({"apiVersion": "a/b/c", "kind": "X"}), validating("unexpected GroupVersion string: a/b/c")),
        ] {
            assert_eq!(outcome(value, true), expected);
        }
        let unable = "unable to decode \"f.yaml\": json: cannot unmarshal";
        let of_metadata = "into Go struct field ObjectMeta.metadata";
        for (value, expected) in [
            (map(json!({"name": 123})), format!("{unable} number {of_metadata}.name of type string")),
            (map(json!({"labels": {"a": 1}})), format!("{unable} number {of_metadata}.labels of type string")),
            (
                map(json!({"annotations": {"a": true}})),
                format!("{unable} bool {of_metadata}.annotations of type string"),
            ),
            (
                map(json!([])),
                format!("{unable} array into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"),
            ),
            (
                json!({"apiVersion": "v1", "kind": "List", "items": {}}),
                format!("{unable} object into Go struct field decodeList.items of type []json.RawMessage"),
            ),
        ] {
            assert_eq!(outcome(value, true), expected);
        }
        assert_eq!(
            outcome(json!({"apiVersion": "v1", "metadata": {"name": "a"}}), false),
            "unable to decode \"f.yaml\": Object 'Kind' is missing in '{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}}'"
        );
    }

    #[test]
    fn lists_are_their_items() {
        let item = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let list = |items: Value| json!({"apiVersion": "v1", "kind": "List", "items": items});
        let bare = json!({"metadata": {"name": "b"}});
        for (value, expected) in [
            (list(json!([item("a"), item("b")])), "ConfigMap:a:items[0] | ConfigMap:b:items[1]"),
            (list(json!([list(json!([item("a")]))])), "ConfigMap:a:items[0].items[0]"),
            (list(Value::Null), ""),
            (json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": [bare]}), "ConfigMap:b:items[0]"),
            (json!({"apiVersion": "v1", "kind": "ConfigMap", "items": []}), ""),
            (json!({"apiVersion": "v1", "kind": "configmap", "metadata": {"name": "a"}}), "ConfigMap:a:"),
            (
                list(json!([{"apiVersion": "v1", "kind": "Foo"}, item("b")])),
                "unable to recognize no matches for kind \"Foo\" in version \"v1\" | ConfigMap:b:items[1]",
            ),
            (
                list(json!([{"apiVersion": "v1", "metadata": {}}])),
                "unable to get type info from the object \"*unstructured.Unstructured\": Object 'Kind' is missing in \
                 'object has no kind field '",
            ),
        ] {
            assert_eq!(outcome(value, true), expected);
        }
    }
}
