//! The shape of every object: Kubernetes' Go structs as data.
//!
//! One table ([`types.txt`](schema/types.txt), read at first use) drives strict decoding, the pod template's hash,
//! strategic merge patches and `kubectl explain`. Start from [`of_kind`] or [`field`]:
//!
//! ```
//! use hellok8s_lab::api::{Kind, schema};
//!
//! let containers = schema::field(Kind::Deployment, &["spec", "template", "spec", "containers"]).expect("a field");
//! assert_eq!(containers.shape.go_type(), "[]v1.Container");
//! assert_eq!(containers.patch.merge_key, Some("name"));
//! let container = containers.shape.as_struct().expect("a list of structs");
//! assert!(container.field("imagee").is_none());
//! ```

mod table;
mod typed;

pub use typed::as_typed;

use super::Kind;

/// A Go struct.
#[derive(Debug)]
pub struct Type {
    /// Its name: `Container`.
    pub name: &'static str,
    /// Its package, as Go's `%T` writes it: `v1`, or `v2` for autoscaling.
    pub package: &'static str,
    /// Fields in Go's order.
    pub fields: Vec<Field>,
    /// Server-side apply takes a value of this type as a whole (`x-kubernetes-map-type: atomic`).
    pub is_atomic: bool,
}

/// A field of a Go struct.
#[derive(Debug)]
pub struct Field {
    /// Its name in JSON; empty for an inline struct, whose fields stand in for it.
    pub name: &'static str,
    /// Its name in Go.
    pub go_name: String,
    /// What it holds.
    pub shape: Shape,
    /// When Go leaves it out of JSON.
    pub omit: Omit,
    /// How a strategic merge patch treats it.
    pub patch: Patch,
    /// Whether it came to pod templates after Kubernetes 1.22.
    pub is_recent: bool,
    /// How server-side apply merges it.
    pub relation: Relation,
}

/// How server-side apply merges a list or a map: `x-kubernetes-list-type` and `x-kubernetes-map-type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// A map whose entries have managers each; also a struct and a scalar.
    Granular,
    /// As a whole.
    Atomic,
    /// A list of plain values, each once.
    Set,
    /// A list of maps that these fields tell apart.
    Keys(Vec<&'static str>),
}

/// When Go's encoder leaves a field out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Omit {
    /// Never.
    Never,
    /// When it is empty; a struct never is.
    Empty,
    /// When it is empty or a zero struct.
    Zero,
}

/// The struct tags `patchStrategy` and `patchMergeKey`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Lists are merged instead of replaced.
    pub merges: bool,
    /// The key by which list elements are matched; `None` for lists of plain values.
    pub merge_key: Option<&'static str>,
    /// Fields that the patch does not name are cleared (`retainKeys`).
    pub retains_keys: bool,
}

/// What a field, a list element or a map value holds.
#[derive(Debug)]
pub enum Shape {
    /// `string`, or a type made of it: its package and name.
    String(Option<(&'static str, &'static str)>),
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float64`
    Float,
    /// `[]byte`: base64 in JSON.
    Bytes,
    /// `resource.Quantity`
    Quantity,
    /// `intstr.IntOrString`
    IntOrString,
    /// `metav1.Time`
    Time,
    /// `metav1.MicroTime`
    MicroTime,
    /// Any JSON: `metav1.FieldsV1`, `runtime.RawExtension`.
    Raw,
    /// Another struct.
    Struct(TypeId),
    /// `*T`
    Pointer(Box<Shape>),
    /// `[]T`
    Slice(Box<Shape>),
    /// `map[string]T`; the name of the key's type when it is not `string`.
    Map(Option<&'static str>, Box<Shape>),
    /// `v1.ResourceList`: `map[ResourceName]Quantity`.
    ResourceList,
}

/// A type in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeId(u16);

impl TypeId {
    /// The type.
    pub fn get(self) -> &'static Type {
        table::get(self)
    }
}

/// The struct of a kind.
pub fn of_kind(kind: Kind) -> &'static Type {
    table::of_kind(kind)
}

/// A type by its Go name, such as `PodTemplateSpec`.
pub fn of_name(name: &str) -> Option<&'static Type> {
    table::find(name).map(TypeId::get)
}

/// The field that a path of JSON names leads to; lists and maps are passed through to their elements.
pub fn field(kind: Kind, path: &[&str]) -> Option<&'static Field> {
    let (first, rest) = path.split_first()?;
    let mut field = of_kind(kind).field(first)?;
    for name in rest {
        field = field.shape.as_struct()?.field(name)?;
    }
    Some(field)
}

impl Type {
    /// The field with this JSON name, also when an inline struct brings it.
    pub fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find_map(|field| match field.inline() {
            Some(inner) => inner.field(name),
            None => (field.name == name).then_some(field),
        })
    }

    /// Every JSON field, those of inline structs in their place.
    pub fn json_fields(&'static self) -> Vec<&'static Field> {
        let mut all = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            match field.inline() {
                Some(inner) => all.extend(inner.json_fields()),
                None => all.push(field),
            }
        }
        all
    }
}

impl Field {
    /// The struct whose fields stand in for this field.
    pub fn inline(&self) -> Option<&'static Type> {
        if self.name.is_empty() { self.shape.as_struct() } else { None }
    }
}

impl Shape {
    /// The struct behind pointers, lists and maps.
    pub fn as_struct(&self) -> Option<&'static Type> {
        match self {
            Self::Struct(id) => Some(id.get()),
            Self::Pointer(inner) | Self::Slice(inner) | Self::Map(_, inner) => inner.as_struct(),
            _ => None,
        }
    }

    /// This shape without pointers.
    pub fn pointee(&self) -> &Self {
        match self {
            Self::Pointer(inner) => inner.pointee(),
            other => other,
        }
    }

    /// The type as Go's `%T` writes it: `[]v1.Container`.
    pub fn go_type(&self) -> String {
        let mut text = String::new();
        self.write_go_type(&mut text);
        text
    }

    /// The type as `kubectl explain` says it: `[]Container`. Models k8s.io/kubectl/pkg/explain's names of types, which are
    /// OpenAPI's.
    pub fn openapi_type(&self) -> String {
        match self {
            Self::String(_) | Self::Bytes | Self::Time | Self::MicroTime => "string".to_owned(),
            Self::Bool => "boolean".to_owned(),
            Self::Int32 | Self::Int64 => "integer".to_owned(),
            Self::Float => "number".to_owned(),
            Self::Quantity => "Quantity".to_owned(),
            Self::IntOrString => "IntOrString".to_owned(),
            Self::Raw => "Object".to_owned(),
            Self::Struct(id) => id.get().name.to_owned(),
            Self::Pointer(inner) => inner.openapi_type(),
            Self::Slice(inner) => format!("[]{}", inner.openapi_type()),
            Self::Map(_, inner) => format!("map[string]{}", inner.openapi_type()),
            Self::ResourceList => "map[string]Quantity".to_owned(),
        }
    }

    pub(super) fn write_go_type(&self, text: &mut String) {
        text.push_str(match self {
            Self::String(None) => "string",
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float => "float64",
            Self::Bytes => "[]uint8",
            Self::Quantity => "resource.Quantity",
            Self::IntOrString => "intstr.IntOrString",
            Self::Time => "v1.Time",
            Self::MicroTime => "v1.MicroTime",
            Self::Raw => "v1.FieldsV1",
            Self::ResourceList => "v1.ResourceList",
            Self::Pointer(_) => "*",
            Self::Slice(_) => "[]",
            Self::Map(None, _) => "map[string]",
            Self::Map(Some(key), _) => return Self::write_map_type(key, self, text),
            Self::String(Some((package, name))) => return push_qualified(text, package, name),
            Self::Struct(id) => return push_qualified(text, id.get().package, id.get().name),
        });
        if let Self::Pointer(inner) | Self::Slice(inner) | Self::Map(_, inner) = self {
            inner.write_go_type(text);
        }
    }

    fn write_map_type(key: &str, map: &Self, text: &mut String) {
        text.push_str("map[v1.");
        text.push_str(key);
        text.push(']');
        if let Self::Map(_, inner) = map {
            inner.write_go_type(text);
        }
    }
}

fn push_qualified(text: &mut String, package: &str, name: &str) {
    text.push_str(package);
    text.push('.');
    text.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_types() {
        for kind in [Kind::Namespace, Kind::Deployment, Kind::HorizontalPodAutoscaler, Kind::EndpointSlice] {
            assert_eq!(of_kind(kind).name, kind.as_str());
        }
    }

    #[test]
    fn paths_pass_through_inline_structs_lists_and_pointers() {
        let path = ["spec", "template", "spec", "containers", "livenessProbe", "httpGet", "port"];
        let port = field(Kind::Deployment, &path).expect("a field");
        assert_eq!(port.shape.go_type(), "intstr.IntOrString");
        let strategy = field(Kind::Deployment, &["spec", "strategy"]).expect("a field");
        assert!(strategy.patch.retains_keys && !strategy.patch.merges);
        let limits = field(Kind::Pod, &["spec", "containers", "resources", "limits"]).expect("a field");
        assert_eq!(limits.shape.go_type(), "v1.ResourceList");
    }
}
