//! One kustomization: what it reads, what it generates and what it changes, in kustomize's order.
//! Models api/internal/target KustTarget.

use serde_json::Value;

use super::fields::{self, texts};
use super::resource::{Behavior, Resource, read};
use super::source::Folder;
use super::{generate, transform};
use crate::kubectl::field;

/// A kustomization that has been read.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    folder: Folder<'a>,
    fields: Value,
}

/// How many objects a build may hold.
const MOST_OBJECTS: usize = 20_000;

impl<'a> Target<'a> {
    /// Reads the kustomization of a folder. Models KustTarget.Load.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn load(folder: Folder<'a>, warnings: &mut Vec<String>) -> Result<Self, String> {
        let (_, text) = folder.kustomization()?;
        let fields = fields::read(text, folder.root(), warnings)?;
        Ok(Self { folder, fields })
    }

    /// What the file says.
    pub fn fields(&self) -> &Value {
        &self.fields
    }

    fn is_component(&self) -> bool {
        field::text(&self.fields, "/kind") == "Component"
    }

    /// The objects of this kustomization behind `found`, all of them changed by it.
    /// Models KustTarget.accumulateTarget.
    ///
    /// # Errors
    /// As kustomize says them.
    pub fn accumulate(&self, found: Vec<Resource>, warnings: &mut Vec<String>) -> Result<Vec<Resource>, String> {
        let mut found = found;
        for path in texts(&self.fields, "/resources") {
            self.add(path, &mut found, warnings).map_err(|why| format!("accumulating resources: {why}"))?;
        }
        for made in generate::objects(&self.fields, &self.folder)? {
            absorb(&mut found, made).map_err(|why| format!("merging from generator: {why}"))?;
        }
        for path in texts(&self.fields, "/components") {
            found = self.component(path, found, warnings).map_err(|why| format!("accumulating components: {why}"))?;
        }
        transform::all(&mut found, &self.fields, &self.folder)?;
        Ok(found)
    }

    /// Adds what a path of `resources` names: a file, else a folder. Models accumulateResources.
    fn add(&self, path: &str, found: &mut Vec<Resource>, warnings: &mut Vec<String>) -> Result<(), String> {
        let Err(not_a_file) = self.add_file(path, found) else { return Ok(()) };
        if path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/") {
            return Err(format!("accumulating resources from '{path}': the lab has no network, and fetches no base"));
        }
        let entered = match self.folder.enter(path) {
            Err(_) if not_a_file.contains("MalformedYAMLError") => return Err(not_a_file),
            entered => entered,
        };
        let added = entered.and_then(|folder| {
            let root = folder.root().to_owned();
            let target = Target::load(folder, warnings)
                .map_err(|why| format!("couldn't make target for path '{root}': {why}"))?;
            if target.is_component() {
                return Err(format!("expected kind != 'Component' for path '{root}'"));
            }
            let more = target
                .accumulate(Vec::new(), warnings)
                .map_err(|why| format!("recursed accumulation of path '{root}': {why}"))?;
            more.into_iter()
                .try_for_each(|resource| append(found, resource))
                .map_err(|why| format!("recursed merging from path '{root}': {why}"))
        });
        added.map_err(|why| format!("accumulation err='{not_a_file}': {why}"))
    }

    fn add_file(&self, path: &str, found: &mut Vec<Resource>) -> Result<(), String> {
        let read = self.folder.load(path).and_then(|text| {
            let read = read(text);
            read.map_err(|why| if why.starts_with("Malformed") { format!("{why} in File: {path}") } else { why })
        });
        let read = read.map_err(|why| format!("accumulating resources from '{path}': {why}"))?;
        read.into_iter()
            .try_for_each(|resource| append(found, resource))
            .map_err(|why| format!("merging resources from '{path}': {why}"))
    }

    /// Models accumulateComponents: a component goes on with the objects that are there.
    fn component(&self, path: &str, found: Vec<Resource>, warnings: &mut Vec<String>) -> Result<Vec<Resource>, String> {
        let folder = self.folder.enter(path).map_err(|why| format!("loader.New {why:?}"))?;
        let root = folder.root().to_owned();
        let result = Target::load(folder, warnings)
            .map_err(|why| format!("couldn't make target for path '{root}': {why}"))
            .and_then(|target| {
                if !target.is_component() {
                    let kind = match field::text(&target.fields, "/kind") {
                        "" => "Kustomization",
                        kind => kind,
                    };
                    return Err(format!("expected kind 'Component' for path '{root}' but got '{kind}'"));
                }
                target
                    .accumulate(found, warnings)
                    .map_err(|why| format!("recursed accumulation of path '{root}': {why}"))
            });
        result.map_err(|why| format!("accumulateDirectory: {why:?}"))
    }
}

/// Models resWrangler.Append.
fn append(found: &mut Vec<Resource>, resource: Resource) -> Result<(), String> {
    let id = resource.id();
    if found.iter().any(|other| other.id().equals(&id)) {
        return Err(format!("may not add resource with an already registered id: {id}"));
    }
    if found.len() >= MOST_OBJECTS {
        return Err(format!("the lab builds at most {MOST_OBJECTS} objects"));
    }
    found.push(resource);
    Ok(())
}

/// Models resWrangler.appendReplaceOrMerge.
fn absorb(found: &mut Vec<Resource>, mut made: Resource) -> Result<(), String> {
    let id = made.id();
    let mut old: Vec<&mut Resource> =
        found.iter_mut().filter(|other| other.was_called(|name| name.equals(&id))).collect();
    match old.as_mut_slice() {
        [] if matches!(made.behavior, Behavior::Merge | Behavior::Replace) => {
            Err(format!("id {} does not exist; cannot merge or replace", go_id(&made)))
        }
        [] => append(found, made),
        [old] => {
            let merges = match made.behavior {
                Behavior::Merge => true,
                Behavior::Replace => false,
                other => {
                    let behavior = if other == Behavior::Create { "create" } else { "unspecified" };
                    return Err(format!(
                        "id {} exists; can not use behavior: '{behavior}', behavior must be merge or replace",
                        go_id(&made)
                    ));
                }
            };
            for part in ["labels", "annotations"] {
                let pointer = format!("/metadata/{part}");
                let mut both = field::string_map(&old.value, &pointer);
                both.extend(field::string_map(&made.value, &pointer));
                if !both.is_empty() {
                    field::set(&mut made.value, &["metadata", part], serde_json::json!(both));
                }
            }
            if merges {
                for part in ["data", "binaryData"] {
                    let mut both = field::string_map(&old.value, &format!("/{part}"));
                    both.extend(field::string_map(&made.value, &format!("/{part}")));
                    if !both.is_empty() {
                        field::set(&mut made.value, &[part], serde_json::json!(both));
                    }
                }
            }
            made.is_hashed &= old.is_hashed || made.is_hashed;
            made.set_name(&old.id().name);
            made.set_namespace(&old.id().namespace);
            made.take_names(old);
            **old = made;
            Ok(())
        }
        _ => Err(format!("found multiple objects that could accept merge of {id}")),
    }
}

/// An id as Go's `%#v` writes it.
fn go_id(resource: &Resource) -> String {
    let id = resource.id();
    format!(
        "resid.ResId{{Gvk:resid.Gvk{{Group:{:?}, Version:{:?}, Kind:{:?}, isClusterScoped:{}}}, Name:{:?}, Namespace:{:?}}}",
        id.group,
        id.version,
        id.kind,
        id.is_cluster_scoped(),
        id.name,
        id.namespace
    )
}
