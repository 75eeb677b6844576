//! `-f`: files, directories and standard input, as objects that can be sent.

use std::rc::Rc;

use serde_json::Value;

use crate::api::Kind;
use crate::apiserver::{Key, LabelQuery};
use crate::manifest::{self, Positions};

use super::command::Call;
use super::document::{self, Found, Refusal};
use super::failure::Failure;
use super::field;
use super::kustomize;
use super::output::go_syntax::quote;
use super::output::yaml::to_yaml;
use super::selection::label_selector;

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
    let kustomization = call.flags.text("kustomize").filter(|folder| !folder.is_empty()).map(str::to_owned);
    if let Some(folder) = &kustomization {
        texts.push((folder.clone(), built(call, folder)?));
    }
    for file in files.iter().filter(|_| kustomization.is_none()) {
        if file == "-" {
            texts.push(("STDIN".to_owned(), call.io.read_all().unwrap_or_default()));
        } else {
            texts.extend(texts_of(call, file)?);
        }
    }
    let mut manifests = Vec::new();
    let checks = checks_documents(call);
    let definitions = call.world.client().definitions();
    let labels = label_selector(call).map(LabelQuery::parse).transpose()?;
    for (source, text) in texts {
        call.world.files.forget_complaints(&source);
        let (documents, error) = match manifest::parse(&source, &text) {
            Ok(documents) => (documents, None),
            Err(mut error) => (std::mem::take(&mut error.documents), Some(error)),
        };
        let mut is_read_on = true;
        for document in documents {
            let positions = Rc::new(document.positions);
            match document::objects(document.value, &source, checks, &definitions) {
                Ok(objects) => manifests.extend(objects.into_iter().map(|found| match found {
                    Ok(found) => manifest(call, found, &source, &positions),
                    Err(refusal) => Err(refused(call, refusal, &source, &positions)),
                })),
                Err(refusal) => {
                    is_read_on = !matches!(refusal, Refusal::File(_));
                    manifests.push(Err(refused(call, refusal, &source, &positions)));
                }
            }
            if !is_read_on {
                break;
            }
        }
        if let Some(error) = error.filter(|_| is_read_on) {
            call.world.files.complain(&source, (error.line, error.column), error.text.as_str());
            manifests.push(Err(Failure::Plain(error.text)));
        }
    }
    if let Some(labels) = labels {
        manifests.retain(|found| {
            found
                .as_ref()
                .map_or(true, |manifest| labels.matches(&field::string_map(&manifest.value, "/metadata/labels")))
        });
    }
    Ok(manifests)
}

/// What the kustomization in a folder makes, as text. Models FilenameOptions.validate and KustomizeVisitor.
fn built(call: &mut Call<'_, '_>, folder: &str) -> Result<String, Failure> {
    if !call.flags.texts("filename").is_empty() {
        return Err(Failure::new("only one of -f or -k can be specified"));
    }
    if call.flags.switch("recursive") {
        return Err(Failure::new("the -k flag can't be used with -f or -R"));
    }
    let (built, why) = kustomize::build(call.world.files, folder, false, kustomize::Order::ByKind);
    built.warnings.iter().for_each(|warning| call.io.err(format!("{warning}\n")));
    match why {
        Some(why) => Err(Failure::Plain(why)),
        None => Ok(built.objects.iter().map(to_yaml).collect::<Vec<_>>().join("---\n")),
    }
}

/// Whether kubectl looks at documents before it decodes them: where objects are written, unless told not to.
fn checks_documents(call: &Call<'_, '_>) -> bool {
    let writes = ["apply", "create", "replace"].contains(&call.command.path);
    writes && !matches!(call.flags.text("validate"), Some("false" | "ignore"))
}

fn refused(call: &mut Call<'_, '_>, refusal: Refusal, source: &str, positions: &Positions) -> Failure {
    let (Refusal::File(text) | Refusal::Document(text) | Refusal::Item(text)) = &refusal;
    // `… into Go struct field ObjectMeta.metadata.labels of type string`
    let path = text.split_once(" struct field ").and_then(|(_, rest)| rest.split(' ').next());
    let path = path.and_then(|path| path.split_once('.')).map_or("", |(_, path)| path);
    call.world.files.complain(source, positions.nearest(path), text.as_str());
    match refusal {
        Refusal::Item(text) => Failure::Many(vec![Failure::Plain(text)]),
        Refusal::File(text) | Refusal::Document(text) => Failure::Plain(text),
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

/// The object with its namespace. Models cli-runtime's RequireNamespace and SetNamespace.
fn manifest(call: &Call<'_, '_>, found: Found, source: &str, positions: &Rc<Positions>) -> Result<Manifest, Failure> {
    let Found { kind, mut value, path } = found;
    let place = (Rc::clone(positions), path);
    let name = field::text(&value, "/metadata/name").to_owned();
    let namespace = field::text(&value, "/metadata/namespace").to_owned();
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
