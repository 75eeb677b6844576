//! ConfigMaps and Secrets that a kustomization makes, and the hashes in their names.
//! Models api/internal/generators, api/kv and api/hasher.

use serde_json::{Map, Value, json};

use super::fields::texts;
use super::resource::{Behavior, Resource};
use super::sha256;
use super::source::Folder;
use crate::api::StringMap;
use crate::api::conversion::base64;
use crate::kubectl::field;

/// What the generators of a kustomization make.
///
/// # Errors
/// When a source cannot be read, or a key comes twice.
pub(super) fn objects(fields: &Value, folder: &Folder<'_>) -> Result<Vec<Resource>, String> {
    let mut made = Vec::new();
    for (list, kind) in [("/configMapGenerator", "ConfigMap"), ("/secretGenerator", "Secret")] {
        for arguments in field::list(fields, list) {
            made.push(object(arguments, kind, fields, folder)?);
        }
    }
    Ok(made)
}

fn object(arguments: &Value, kind: &str, fields: &Value, folder: &Folder<'_>) -> Result<Resource, String> {
    let name = field::text(arguments, "/name");
    if name.is_empty() {
        return Err("a configmap must have a name".to_owned());
    }
    let mut metadata = json!({"name": name});
    let namespace = field::text(arguments, "/namespace");
    if !namespace.is_empty() {
        field::set(&mut metadata, &["namespace"], json!(namespace));
    }
    let mut data = StringMap::new();
    for (key, value) in pairs(arguments, folder).map_err(|why| format!("loading KV pairs: {why}"))? {
        let value = if kind == "Secret" { wrapped_base64(&value) } else { value };
        if data.insert(key.clone(), value).is_some() {
            return Err(format!("configmap {name} illegally repeats the key `{key}`"));
        }
    }
    let option = |name: &str| {
        let is_on = |value: Option<&Value>| value.is_some_and(|value| field::flag(value, &format!("/{name}")));
        is_on(arguments.get("options")) || is_on(fields.get("generatorOptions"))
    };
    for part in ["labels", "annotations"] {
        let mut both = field::string_map(fields, &format!("/generatorOptions/{part}"));
        both.extend(field::string_map(arguments, &format!("/options/{part}")));
        if !both.is_empty() {
            field::set(&mut metadata, &[part], json!(both));
        }
    }
    let mut value = json!({"apiVersion": "v1", "kind": kind, "metadata": metadata});
    if kind == "Secret" {
        let secret_type = match field::text(arguments, "/type") {
            "" => "Opaque",
            other => other,
        };
        field::set(&mut value, &["type"], json!(secret_type));
    }
    if !data.is_empty() || kind == "Secret" {
        field::set(&mut value, &["data"], json!(data));
    }
    if option("immutable") {
        field::set(&mut value, &["immutable"], json!(true));
    }
    let behavior = match field::text(arguments, "/behavior") {
        "merge" => Behavior::Merge,
        "replace" => Behavior::Replace,
        "create" => Behavior::Create,
        _ => Behavior::Unspecified,
    };
    Ok(Resource { behavior, is_hashed: !option("disableNameSuffixHash"), ..Resource::new(value) })
}

/// Models kv.loader Load: files of variables first, then literals, then files.
fn pairs(arguments: &Value, folder: &Folder<'_>) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    let mut variables = texts(arguments, "/envs");
    variables.extend(Some(field::text(arguments, "/env")).filter(|path| !path.is_empty()));
    for path in &variables {
        let text = folder.load(path).map_err(|why| format!("env source files: [{}]: {why}", variables.join(" ")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            if !key.is_empty() {
                all.push((key.to_owned(), value.to_owned()));
            }
        }
    }
    let literals = texts(arguments, "/literals");
    for literal in &literals {
        let pair = literal.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or_else(|| {
            let all = literals.join(" ");
            format!("literal sources [{all}]: invalid literal source {literal}, expected key=value")
        })?;
        all.push((key.to_owned(), unquoted(value).to_owned()));
    }
    let files = texts(arguments, "/files");
    for source in &files {
        let pair = file_source(source).and_then(|(key, path)| Ok((key.to_owned(), folder.load(path)?.to_owned())));
        all.push(pair.map_err(|why| format!("file sources: [{}]: {why}", files.join(" ")))?);
    }
    Ok(all)
}

/// Models generators.ParseFileSource.
fn file_source(source: &str) -> Result<(&str, &str), String> {
    match source.split('=').collect::<Vec<_>>().as_slice() {
        [path] => Ok((path.rsplit('/').next().unwrap_or(path), path)),
        ["", path] => Err(format!("missing key name for file path {path:?} in source {source:?}")),
        [key, ""] => Err(format!("missing file path for key name {key:?} in source {source:?}")),
        [key, path] => Ok((key, path)),
        _ => Err(format!("source {source:?} key name or file path contains '='")),
    }
}

/// Models kv.removeQuotes.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// In lines of 70 characters where there is more than one. Models kyaml/yaml encodeBase64.
fn wrapped_base64(text: &str) -> String {
    const LINE: usize = 70;
    let encoded = base64(text);
    if encoded.len() < LINE {
        return encoded;
    }
    let lines = encoded.as_bytes().chunks(LINE);
    lines.map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
}

/// Puts a hash behind the names of what was generated. Models HashTransformerPlugin.
pub(super) fn add_hashes(resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.is_hashed) {
        let name = format!("{}-{}", resource.text("/metadata/name"), hash(&resource.value));
        resource.note_name();
        resource.set_name(&name);
    }
}

/// The hash of a ConfigMap's or Secret's contents. Models hasher.Hasher.
pub(super) fn hash(object: &Value) -> String {
    let mut hashed = Map::new();
    let kind = field::text(object, "/kind");
    let part = |name: &str| object.get(name).cloned().unwrap_or_else(|| json!(""));
    hashed.insert("kind".to_owned(), json!(kind));
    hashed.insert("name".to_owned(), json!(field::text(object, "/metadata/name")));
    hashed.insert("data".to_owned(), part("data"));
    let more = if kind == "Secret" {
        hashed.insert("type".to_owned(), part("type"));
        "stringData"
    } else {
        "binaryData"
    };
    if let Some(map) = object.get(more).filter(|value| value.is_object()) {
        hashed.insert(more.to_owned(), map.clone());
    }
    let hex = sha256::hex(&go_json(&Value::Object(hashed)));
    let letters = hex.chars().take(10).map(|digit| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    });
    letters.collect()
}

/// As Go's encoder writes JSON: what would be HTML is escaped.
fn go_json(value: &Value) -> String {
    let mut text = value.to_string();
    for (plain, escaped) in
        [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")]
    {
        if text.contains(plain) {
            text = text.replace(plain, escaped);
        }
    }
    text
}
