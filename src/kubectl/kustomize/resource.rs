//! An object on its way through a kustomization, and the names that it had. Models api/resource and kyaml/resid.

use serde_json::{Map, Value};

use crate::api::Kind;
use crate::kubectl::field;

/// What tells an object from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub name: String,
    /// Empty where the object names none.
    pub namespace: String,
}

/// A kind of objects; an empty field means any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gvk<'a> {
    pub group: &'a str,
    pub version: &'a str,
    pub kind: &'a str,
}

impl Id {
    /// Whether the kind is one of those. Models Gvk.IsSelected.
    pub fn is_of(&self, gvk: &Gvk<'_>) -> bool {
        let fits = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        fits(gvk.group, &self.group) && fits(gvk.version, &self.version) && fits(gvk.kind, &self.kind)
    }

    /// What is not known is taken for an object in a namespace. Models Gvk.IsClusterScoped.
    pub fn is_cluster_scoped(&self) -> bool {
        let api_version =
            if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) };
        Kind::parse(&api_version, &self.kind).is_some_and(Kind::is_cluster_scoped)
    }

    /// Models ResId.EffectiveNamespace.
    pub fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.is_cluster_scoped() => "_non_namespaceable_",
            "" => "default",
            namespace => namespace,
        }
    }

    /// Models ResId.Equals.
    pub fn equals(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.group == other.group
            && self.version == other.version
            && self.name == other.name
            && self.effective_namespace() == other.effective_namespace()
    }

    /// `Deployment.v1.apps`. Models Gvk.String.
    pub fn gvk(&self) -> String {
        gvk_text(&Gvk { group: &self.group, version: &self.version, kind: &self.kind })
    }
}

/// Models Gvk.String.
pub(super) fn gvk_text(gvk: &Gvk<'_>) -> String {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    format!("{}.{}.{}", or(gvk.kind, "[noKind]"), or(gvk.version, "[noVer]"), or(gvk.group, "[noGrp]"))
}

impl std::fmt::Display for Id {
    /// Models ResId.String.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = if self.name.is_empty() { "[noName]" } else { &self.name };
        let namespace = if self.namespace.is_empty() { "[noNs]" } else { &self.namespace };
        write!(formatter, "{}/{name}.{namespace}", self.gvk())
    }
}

/// What becomes of a generated object whose name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Behavior {
    #[default]
    Unspecified,
    Create,
    Replace,
    Merge,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Resource {
    pub value: Value,
    /// Namespaces, names and kinds that it had, the first one first.
    pub previous: Vec<(String, String, String)>,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    pub behavior: Behavior,
    /// Whether its name ends in a hash of its contents.
    pub is_hashed: bool,
}

impl Resource {
    pub fn new(value: Value) -> Self {
        Self { value, ..Self::default() }
    }

    /// As it is named now.
    pub fn id(&self) -> Id {
        let (namespace, name) = (self.text("/metadata/namespace"), self.text("/metadata/name"));
        self.named(namespace, name, self.text("/kind"))
    }

    fn named(&self, namespace: &str, name: &str, kind: &str) -> Id {
        let api_version = self.text("/apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let [group, version, kind, name, namespace] = [group, version, kind, name, namespace].map(str::to_owned);
        Id { group, version, kind, name, namespace }
    }

    /// As it was named before, the first name first.
    pub fn previous_ids(&self) -> Vec<Id> {
        self.previous.iter().map(|(namespace, name, kind)| self.named(namespace, name, kind)).collect()
    }

    /// As it was named in its file.
    pub fn first_id(&self) -> Id {
        self.previous_ids().into_iter().next().unwrap_or_else(|| self.id())
    }

    /// Whether one of its names, present or past, is this.
    pub fn was_called(&self, is_it: impl Fn(&Id) -> bool) -> bool {
        self.previous_ids().iter().any(&is_it) || is_it(&self.id())
    }

    /// Notes its name, which is about to change. Models Resource.StorePreviousId.
    pub fn note_name(&mut self) {
        let id = self.id();
        self.previous.push((id.effective_namespace().to_owned(), id.name, id.kind));
    }

    /// Takes over what another one was called.
    pub fn take_names(&mut self, other: &Self) {
        self.previous.clone_from(&other.previous);
        self.prefixes.clone_from(&other.prefixes);
        self.suffixes.clone_from(&other.suffixes);
    }

    pub fn text(&self, pointer: &str) -> &str {
        field::text(&self.value, pointer)
    }

    pub fn set_name(&mut self, name: &str) {
        field::set(&mut self.value, &["metadata", "name"], Value::from(name));
    }

    /// Sets a text below `metadata`, or takes it away when it is empty.
    pub fn set_namespace(&mut self, namespace: &str) {
        if namespace.is_empty() {
            if let Some(metadata) = self.value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("namespace");
            }
        } else {
            field::set(&mut self.value, &["metadata", "namespace"], Value::from(namespace));
        }
    }

    /// Whether it is only for the build. Models Factory.DropLocalNodes.
    pub fn is_local(&self) -> bool {
        let annotations = self.value.pointer("/metadata/annotations");
        annotations
            .and_then(|annotations| annotations.get("config.kubernetes.io/local-config"))
            .is_some_and(|value| value.as_str() != Some("false"))
    }
}

/// The objects of a text's documents, those of lists among them. Models Factory.SliceFromBytes.
///
/// # Errors
/// When it is no YAML, or a document is no object with a kind and a name.
pub(super) fn read(text: &str) -> Result<Vec<Resource>, String> {
    let documents = crate::manifest::parse("", text).map_err(|error| {
        let why = error.text.split_once("yaml: ").map_or(error.text.as_str(), |(_, why)| why);
        format!("MalformedYAMLError: yaml: {why}")
    })?;
    let mut nodes: std::collections::VecDeque<Value> = documents.into_iter().map(|document| document.value).collect();
    nodes.iter().try_for_each(check)?;
    let mut found = Vec::new();
    while let Some(mut node) = nodes.pop_front() {
        let is_list = field::text(&node, "/kind").ends_with("List");
        match node.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) if is_list => {
                items.iter().try_for_each(check)?;
                nodes.extend(items);
            }
            Some(Value::Null) if is_list => {}
            Some(_) if is_list => {
                let kind = field::text(&node, "/kind");
                return Err(format!("expected array in {kind}/items, but found something else"));
            }
            Some(items) => {
                field::set(&mut node, &["items"], items);
                found.push(Resource::new(node));
            }
            None => found.push(Resource::new(node)),
        }
    }
    Ok(found)
}

/// Models RNode.GetValidatedMetadata.
fn check(value: &Value) -> Result<(), String> {
    let Value::Object(fields) = value else {
        return Err(format!("wrong node kind: expected MappingNode but got ScalarNode: node contents:\n{value}\n"));
    };
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    let name = field::text(value, "/metadata/name");
    let what = || {
        let version = field::text(value, "/apiVersion");
        let namespace = field::text(value, "/metadata/namespace");
        let (labels, annotations) = (fields.get("metadata"), fields.get("metadata"));
        let map = |metadata: Option<&Value>, name: &str| {
            let empty = Map::new();
            let entries = metadata.and_then(|metadata| metadata.get(name)).and_then(Value::as_object);
            let entries = entries.unwrap_or(&empty).iter();
            entries.map(|(key, value)| format!("{key}:{}", field::scalar(value))).collect::<Vec<_>>().join(" ")
        };
        let (labels, annotations) = (map(labels, "labels"), map(annotations, "annotations"));
        format!("{{{{{version} {kind}}} {{{{{name} {namespace}}} map[{labels}] map[{annotations}]}}}}")
    };
    if kind.is_empty() {
        return Err(format!("missing kind in object {}", what()));
    }
    if name.is_empty() && !kind.ends_with("List") {
        return Err(format!("missing metadata.name in object {}", what()));
    }
    Ok(())
}
