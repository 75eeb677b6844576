//! OLD and NEW: a manifest, or the manifests of a folder, as kubectl would take them.

use std::fs;
use std::path::{Path, PathBuf};

use hellok8s_lab::api::Kind;
use hellok8s_lab::images::Declaration;
use hellok8s_lab::manifest::{self, Document, MAX_BYTES};
use hellok8s_lab::session::brought;
use serde_json::{Value, json};

/// The longest file that is read, in bytes: as long as a manifest may be.
const LONGEST_FILE: u64 = MAX_BYTES as u64;
/// The most files of a folder.
const MOST_FILES: usize = 1000;

/// One side of the change.
#[derive(Default)]
pub struct Side {
    /// As the user names it.
    pub shown: String,
    /// What `kubectl apply -f` is given in the lab.
    pub path: String,
    /// The files in the lab, by their paths there.
    pub files: Vec<(String, String)>,
    /// The objects in them, as far as they can be read.
    pub objects: Vec<Located>,
    /// Whether a file could not be read to its end.
    pub is_broken: bool,
    /// Whether a cluster has given the objects.
    pub is_exported: bool,
    /// Programs of images that are declared beside them.
    pub images: Vec<Declaration>,
    /// The files as they are named in the lab and by the user.
    names: Vec<(String, String)>,
}

/// An object, and where it stands.
pub struct Located {
    /// The file, as the user names it.
    pub file: String,
    /// What it says, with positions.
    pub document: Document,
}

impl Located {
    /// Kind, where it is one of Kubernetes' own.
    pub fn kind(&self) -> Option<Kind> {
        Kind::parse(self.word("/apiVersion"), self.word("/kind"))
    }

    /// Kind, namespace and name: what makes it the same object.
    pub fn key(&self) -> (&str, &str, &str) {
        let namespace = self.word("/metadata/namespace");
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        (self.word("/kind"), namespace, self.word("/metadata/name"))
    }

    /// Kind and name.
    pub fn name(&self) -> String {
        format!("{} {}", self.word("/kind"), self.word("/metadata/name"))
    }

    fn word(&self, pointer: &str) -> &str {
        self.document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Reads a side. `name` is what its folder in the lab is called. Folders in a folder are left out, as `kubectl apply -f`
/// leaves them out.
///
/// # Errors
/// When there is nothing to read, or too much.
pub fn read(path: &Path, name: &str) -> Result<Side, String> {
    let shown = path.display().to_string();
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    let is_folder = fs::metadata(path).map_err(failed)?.is_dir();
    let paths = if is_folder { manifests(path)? } else { vec![path.to_owned()] };
    let mut side = Side { shown: shown.clone(), path: name.to_owned(), ..Side::default() };
    for (number, file) in paths.iter().enumerate() {
        let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or("yaml");
        let extension = if ["json", "yml"].contains(&extension) { extension } else { "yaml" };
        // Names of the lab's own, in the folder's order, that need no quotes.
        let inner = format!("{name}/{number:04}.{extension}");
        side.add(&file.display().to_string(), inner, read_text(file)?)?;
    }
    if let ([(only, _)], false) = (side.files.as_slice(), is_folder) {
        side.path.clone_from(only);
    }
    Ok(side)
}

fn manifests(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", dir.display());
    let entries = fs::read_dir(dir).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let is_manifest = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        path.is_file() && extension.is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
    };
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_manifest).collect();
    paths.sort();
    if paths.len() > MOST_FILES {
        return Err(format!("{}: more than {MOST_FILES} manifests", dir.display()));
    }
    Ok(paths)
}

/// What stands in a file, as kubectl reads it.
///
/// # Errors
/// When it cannot be read, or is too long.
pub fn read_text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    // A pipe or a device has no length: what comes out of it is measured as it is read.
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, LONGEST_FILE + 1), &mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(format!("{}: longer than {LONGEST_FILE} bytes", path.display()));
    }
    Ok(manifest::text_of(&bytes))
}

impl Side {
    fn add(&mut self, shown: &str, inner: String, text: String) -> Result<(), String> {
        self.names.push((inner.clone(), shown.to_owned()));
        let documents = manifest::parse(shown, &text).unwrap_or_else(|error| {
            self.is_broken = true;
            error.documents
        });
        let declares_image = |document: &Document| {
            let has = |name: &str| document.value.get(name).is_some();
            has("image") && !has("kind") && !has("apiVersion")
        };
        if !documents.is_empty() && documents.iter().all(declares_image) {
            let images = Declaration::read_all(shown, &text).map_err(|complaints| complaints.join("\n"))?;
            self.images.extend(images);
            return Ok(());
        }
        let mut objects = Vec::new();
        for document in documents {
            add_object(&mut objects, shown, document);
        }
        if objects.iter().any(|object| brought::is_exported(&object.document.value)) {
            self.is_exported = true;
            objects.retain_mut(|object| match brought::creatable(&object.document.value) {
                Some(value) => {
                    object.document.value = value;
                    true
                }
                None => false,
            });
            let items: Vec<&Value> = objects.iter().map(|object| &object.document.value).collect();
            let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
            self.files.push((inner, list.to_string()));
        } else {
            self.files.push((inner, text));
        }
        self.objects.extend(objects);
        Ok(())
    }

    /// The objects' documents.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.objects.iter().map(|object| &object.document)
    }

    /// How many pods it asks for.
    pub fn pods(&self) -> i64 {
        let replicas = |document: &Document| document.value.pointer("/spec/replicas").and_then(Value::as_i64);
        self.documents().filter_map(replicas).map(|replicas| replicas.max(0)).fold(0, i64::saturating_add)
    }

    /// A kind that is not one of Kubernetes' own, if there is one: its group has a name of somebody's.
    pub fn foreign_kind(&self) -> Option<String> {
        let is_foreign = |object: &&Located| {
            let group = object.word("/apiVersion").split_once('/').map_or("", |(group, _)| group);
            object.kind().is_none() && group.contains('.') && !group.ends_with(".k8s.io")
        };
        let found = self.objects.iter().find(is_foreign)?;
        Some(format!("{} ({})", found.word("/kind"), found.word("/apiVersion")))
    }

    /// The objects that `new` does not name.
    pub fn missing_in(&self, new: &Self) -> Vec<String> {
        let is_named = |object: &&Located| new.objects.iter().any(|other| other.key() == object.key());
        self.objects.iter().filter(|object| !is_named(object)).map(Located::name).collect()
    }

    /// What is said of files in the lab, with the user's names of them.
    pub fn with_own_names(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (inner, shown)| text.replace(inner, shown))
    }
}

/// A List is its items.
pub fn add_object(objects: &mut Vec<Located>, shown: &str, document: Document) {
    let is_list = document.value.get("kind").and_then(Value::as_str) == Some("List");
    match document.value.get("items").and_then(Value::as_array) {
        Some(items) if is_list => {
            for value in items.clone() {
                let document = Document { value, positions: document.positions.clone() };
                objects.push(Located { file: shown.to_owned(), document });
            }
        }
        _ => objects.push(Located { file: shown.to_owned(), document }),
    }
}
