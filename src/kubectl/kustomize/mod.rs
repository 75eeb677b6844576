//! kustomize: a folder with a kustomization to the objects that it makes, as `kubectl kustomize` and `-k` build them.
//!
//! Models sigs.k8s.io/kustomize/api as kubectl 1.36 brings it along, but for what [`fields::REFUSED`] lists and what needs
//! a network.

mod fields;
mod generate;
mod merge;
mod order;
mod patches;
mod places;
mod references;
mod resource;
pub(super) mod sha256;
mod source;
mod target;
#[cfg(test)]
mod tests;
mod transform;

use serde_json::Value;

use crate::process::Files;

use source::Folder;
use target::Target;

/// What a kustomization makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Built {
    /// The objects, in kustomize's order.
    pub objects: Vec<Value>,
    /// What is said on standard error.
    pub warnings: Vec<String>,
}

/// In which order the objects come, where the kustomization does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Namespaces first, webhooks last.
    ByKind,
    /// As they were read and made.
    AsFound,
}

/// Builds the kustomization in the folder `path`, reading outside of it as well with `reads_everywhere`.
/// Models krusty Kustomizer.Run.
///
/// # Errors
/// In kustomize's words. What was said before is among [`Built::warnings`].
pub(super) fn build(files: &Files, path: &str, reads_everywhere: bool, order: Order) -> (Built, Option<String>) {
    let mut built = Built::default();
    let result = objects(files, path, reads_everywhere, order, &mut built.warnings);
    match result {
        Ok(objects) => {
            built.objects = objects;
            (built, None)
        }
        Err(why) => (built, Some(why)),
    }
}

fn objects(
    files: &Files,
    path: &str,
    reads_everywhere: bool,
    order: Order,
    warnings: &mut Vec<String>,
) -> Result<Vec<Value>, String> {
    if path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/") {
        return Err(format!("the lab has no network, so that the kustomization at {path} cannot be fetched"));
    }
    let folder = Folder::open(files, path, reads_everywhere)?;
    let target = Target::load(folder, warnings)?;
    let mut resources = target.accumulate(Vec::new(), warnings)?;
    generate::add_hashes(&mut resources);
    references::update(&mut resources)?;
    resources.retain(|resource| !resource.is_local());
    order::sort(&mut resources, target.fields(), order)?;
    Ok(resources.into_iter().map(|resource| resource.value).collect())
}
