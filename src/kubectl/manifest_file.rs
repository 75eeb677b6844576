//! `-f`: files, directories and standard input, as objects that can be sent.

use std::rc::Rc;

use serde_json::Value;

use crate::api::Kind;
use crate::apiserver::Key;
use crate::manifest::{self, Positions};

use super::command::Call;
use super::failure::Failure;
use super::field;
use super::output::go_syntax::quote;

/// One document of a file.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    /// Kind.
    pub kind: Kind,
    /// Namespace (the call's where the document has none) and name.
    pub key: Key,
    /// The document, with its namespace.
    pub value: Value,
    /// The file; `STDIN` for standard input.
    pub source: String,
    /// Where the document's values stand in the file, and the path of the object in the document.
    place: (Rc<Positions>, String),
}

impl Manifest {
    /// Notes in which line of the file the failure's cause stands.
    pub fn mark(&self, call: &mut Call<'_, '_>, failure: &Failure) {
        let (positions, prefix) = &self.place;
        for (path, text) in failure.places() {
            let path = if prefix.is_empty() { path } else { format!("{prefix}.{path}") };
            call.world.files.complain(&self.source, positions.nearest(&path), text);
        }
    }
}

const EXTENSIONS: [&str; 3] = [".json", ".yaml", ".yml"];

/// Reads every document of `files`; one that cannot be used is a failure among the others.
/// Models k8s.io/cli-runtime/pkg/resource Builder.FilenameParam and its visitors.
///
/// # Errors
/// When a path does not exist or holds no manifests.
pub(super) fn read(call: &mut Call<'_, '_>, files: &[String]) -> Result<Vec<Result<Manifest, Failure>>, Failure> {
    let mut texts = Vec::new();
    for file in files {
        if file == "-" {
            texts.push(("STDIN".to_owned(), call.io.read_all().unwrap_or_default()));
        } else {
            texts.extend(texts_of(call, file)?);
        }
    }
    let mut manifests = Vec::new();
    for (source, text) in texts {
        call.world.files.forget_complaints(&source);
        let (documents, error) = match manifest::parse(&source, &text) {
            Ok(documents) => (documents, None),
            Err(mut error) => (std::mem::take(&mut error.documents), Some(error)),
        };
        for document in documents {
            let positions = Rc::new(document.positions);
            for (value, prefix) in objects_of(document.value) {
                let place = (Rc::clone(&positions), prefix);
                manifests.push(manifest(call, value, &source, place));
            }
        }
        if let Some(error) = error {
            call.world.files.complain(&source, (error.line, error.column), error.text.as_str());
            manifests.push(Err(Failure::Plain(error.text)));
        }
    }
    Ok(manifests)
}

/// The document itself, or the items of a list, each with its path in the document.
fn objects_of(mut value: Value) -> Vec<(Value, String)> {
    let is_list = field::text(&value, "/kind").ends_with("List");
    match value.get_mut("items").filter(|_| is_list).map(Value::take) {
        Some(Value::Array(items)) => {
            items.into_iter().enumerate().map(|(at, item)| (item, format!("items[{at}]"))).collect()
        }
        _ => vec![(value, String::new())],
    }
}

/// The files that a path names: itself, or what a directory holds.
fn texts_of(call: &Call<'_, '_>, path: &str) -> Result<Vec<(String, String)>, Failure> {
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(Failure::Plain(format!("unable to read URL {path:?}: the lab has no network")));
    }
    let files = &call.world.files;
    if let Some(text) = files.read(path) {
        return Ok(vec![(path.to_owned(), text.to_owned())]);
    }
    if !files.is_directory(path) {
        return Err(Failure::Plain(format!("the path {path:?} does not exist")));
    }
    let directory = crate::process::Files::normalize(path);
    let recursive = call.flags.switch("recursive");
    let found: Vec<(String, String)> = files
        .below(path)
        .into_iter()
        .filter(|name| EXTENSIONS.iter().any(|extension| name.ends_with(extension)))
        .filter(|name| {
            let inner = name.strip_prefix(&directory).unwrap_or(name).trim_start_matches('/');
            recursive || !inner.contains('/')
        })
        .filter_map(|name| Some((name.to_owned(), files.read(name)?.to_owned())))
        .collect();
    if found.is_empty() {
        return Err(Failure::Plain(format!(
            "error reading [{path}]: recognized file extensions are [{}]",
            EXTENSIONS.join(" ")
        )));
    }
    Ok(found)
}

fn manifest(
    call: &mut Call<'_, '_>,
    mut value: Value,
    source: &str,
    place: (Rc<Positions>, String),
) -> Result<Manifest, Failure> {
    let validating = |what: &str| {
        Failure::Plain(format!(
            "error validating {}: error validating data: {what}; if you choose to ignore these errors, turn validation \
             off with --validate=false",
            quote(source)
        ))
    };
    if !value.is_object() {
        return Err(validating("invalid object to validate"));
    }
    let (api_version, kind) = (field::text(&value, "/apiVersion").to_owned(), field::text(&value, "/kind").to_owned());
    let missing: Vec<&str> = [(&api_version, "apiVersion not set"), (&kind, "kind not set")]
        .into_iter()
        .filter(|(text, _)| text.is_empty())
        .map(|(_, what)| what)
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(validating(one)),
        all => return Err(validating(&format!("[{}]", all.join(", ")))),
    }
    let name = field::text(&value, "/metadata/name").to_owned();
    let namespace = field::text(&value, "/metadata/namespace").to_owned();
    let Some(kind) = Kind::parse(&api_version, &kind) else {
        call.world.files.complain(source, place.0.nearest(&place.1), format!("no such kind: {api_version}"));
        return Err(Failure::Plain(format!(
            "resource mapping not found for name: {} namespace: {} from {}: no matches for kind {} in version {}\nensure \
             CRDs are installed first",
            quote(&name),
            quote(&namespace),
            quote(source),
            quote(&kind),
            quote(&api_version)
        )));
    };
    if kind.is_cluster_scoped() {
        return Ok(Manifest { kind, key: Key::new("", name), value, source: source.to_owned(), place });
    }
    let wanted = call.namespace();
    if !namespace.is_empty() && call.has_explicit_namespace() && namespace != wanted {
        return Err(Failure::Plain(format!(
            "the namespace from the provided object {} does not match the namespace {}. You must pass '--namespace={}' \
             to perform this operation.",
            quote(&namespace),
            quote(&wanted),
            namespace
        )));
    }
    let namespace = if namespace.is_empty() { wanted } else { namespace };
    if !value.get("metadata").is_some_and(Value::is_object) {
        field::set(&mut value, &["metadata"], Value::Object(serde_json::Map::new()));
    }
    field::set(&mut value, &["metadata", "namespace"], Value::String(namespace.clone()));
    Ok(Manifest { kind, key: Key::new(namespace, name), value, source: source.to_owned(), place })
}
