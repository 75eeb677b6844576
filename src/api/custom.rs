//! Kinds that users define: what a CustomResourceDefinition says about its objects' kind.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;

use serde_json::{Map, Value};

use super::Kind;

/// How many kinds users may define, over all clusters of a process. Definitions beyond that are kept and not served.
const MAX_KINDS: usize = 4096;

/// A kind that a user has defined. Group and plural say which one it is; the rest may change while its objects stay.
#[derive(Debug)]
pub struct CustomKind {
    group: String,
    plural: String,
    kind: String,
    api_version: String,
    is_namespaced: bool,
    columns: Vec<PrinterColumn>,
}

/// A column that `kubectl get` shows of a user's kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrinterColumn {
    /// Its head.
    pub name: String,
    /// Whether only `-o wide` shows it.
    pub is_wide: bool,
    /// Whether it is a moment, which is shown as an age.
    pub is_date: bool,
    /// Where its value stands: `.spec.replicas`.
    pub path: String,
}

impl CustomKind {
    /// `company.com`.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// `foos`.
    pub fn plural(&self) -> &str {
        &self.plural
    }

    /// `Foo`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `company.com/v1`: of its versions the one that kubectl prefers.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Whether its objects live in namespaces.
    pub fn is_namespaced(&self) -> bool {
        self.is_namespaced
    }

    /// What `kubectl get` shows beside the name; the age, where nothing is said.
    pub fn columns(&self) -> &[PrinterColumn] {
        &self.columns
    }

    fn whole(&self) -> (&str, &str, &str, &str, bool, &[PrinterColumn]) {
        (&self.group, &self.plural, &self.kind, &self.api_version, self.is_namespaced, &self.columns)
    }
}

impl PartialEq for CustomKind {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for CustomKind {}

impl PartialOrd for CustomKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CustomKind {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.group, &self.plural).cmp(&(&other.group, &other.plural))
    }
}

impl Hash for CustomKind {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.group, &self.plural).hash(state);
    }
}

/// A kind with all that is said about it, so that those that differ in anything are kept apart.
struct Interned(&'static CustomKind);

impl PartialEq for Interned {
    fn eq(&self, other: &Self) -> bool {
        self.0.whole() == other.0.whole()
    }
}

impl Eq for Interned {}

impl PartialOrd for Interned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Interned {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.whole().cmp(&other.0.whole())
    }
}

/// Each kind that was ever defined, once: so a [`Kind`] is a copy of a pointer, as those of Kubernetes are. Whichever
/// lab asks first, the answer is the same.
static KINDS: Mutex<BTreeSet<Interned>> = Mutex::new(BTreeSet::new());

fn intern(kind: CustomKind) -> Option<&'static CustomKind> {
    let mut kinds = KINDS.lock().ok()?;
    let found = kinds.iter().find(|known| known.0.whole() == kind.whole()).map(|known| known.0);
    if found.is_some() || kinds.len() >= MAX_KINDS {
        return found;
    }
    let kept: &'static CustomKind = Box::leak(Box::new(kind));
    kinds.insert(Interned(kept));
    Some(kept)
}

/// What a CustomResourceDefinition that is served says to clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The kind.
    pub kind: Kind,
    /// `foo`.
    pub singular: String,
    /// `FooList`.
    pub list_kind: String,
    /// Other names on the command line.
    pub short_names: Vec<String>,
    /// Groups of kinds such as `all` that it belongs to.
    pub categories: Vec<String>,
    /// Every served version, the preferred one first.
    pub versions: Vec<String>,
}

impl Definition {
    /// Reads the fields of a CustomResourceDefinition; none while it is not served.
    pub fn read(fields: &Map<String, Value>) -> Option<Self> {
        let conditions = fields.get("status")?.get("conditions")?.as_array()?;
        let is_established = conditions
            .iter()
            .any(|condition| text(condition, "type") == "Established" && text(condition, "status") == "True");
        if is_established { Self::of_spec(fields.get("spec")?) } else { None }
    }

    /// Reads a definition's spec.
    pub fn of_spec(spec: &Value) -> Option<Self> {
        let names = spec.get("names")?;
        let mut versions: Vec<String> = served(spec).map(|version| text(version, "name").to_owned()).collect();
        crate::sorting::sort_by(&mut versions, |left, right| compare_versions(left, right));
        let (group, plural, kind) = (text(spec, "group"), text(names, "plural"), text(names, "kind"));
        let version = versions.first()?;
        if group.is_empty() || plural.is_empty() || kind.is_empty() || version.is_empty() {
            return None;
        }
        let or = |name: &str, default: String| match text(names, name) {
            "" => default,
            given => given.to_owned(),
        };
        let (singular, list_kind) = (or("singular", kind.to_lowercase()), or("listKind", format!("{kind}List")));
        let custom = intern(CustomKind {
            group: group.to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            api_version: format!("{group}/{version}"),
            is_namespaced: text(spec, "scope") == "Namespaced",
            columns: columns(version_of(spec, version)?),
        })?;
        let (short_names, categories) = (texts(names, "shortNames"), texts(names, "categories"));
        Some(Self { kind: Kind::Custom(custom), singular, list_kind, short_names, categories, versions })
    }

    /// Whether it serves this version, `company.com/v1`.
    pub fn serves(&self, api_version: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.kind.group() == group && self.versions.iter().any(|served| served == version)
    }
}

/// The kind with this name in manifests and this group and version, built in or defined.
pub fn parse_kind(definitions: &[Definition], api_version: &str, kind: &str) -> Option<Kind> {
    let defined = || definitions.iter().find(|known| known.kind.as_str() == kind && known.serves(api_version));
    Kind::parse(api_version, kind).or_else(|| defined().map(|known| known.kind))
}

/// The versions of a definition's spec that are served.
fn served(spec: &Value) -> impl Iterator<Item = &Value> {
    let versions = spec.get("versions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    versions.iter().filter(|version| version.get("served").and_then(Value::as_bool) == Some(true))
}

/// The version of a definition's spec that goes by this name.
pub fn version_of<'a>(spec: &'a Value, name: &str) -> Option<&'a Value> {
    served(spec).find(|version| text(version, "name") == name)
}

/// Models apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
fn columns(version: &Value) -> Vec<PrinterColumn> {
    let given = version.get("additionalPrinterColumns").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let column = |column: &Value| PrinterColumn {
        name: text(column, "name").to_owned(),
        is_wide: column.get("priority").and_then(Value::as_i64).unwrap_or_default() > 0,
        is_date: text(column, "type") == "date",
        path: text(column, "jsonPath").to_owned(),
    };
    if given.is_empty() {
        let (name, path) = ("Age".to_owned(), ".metadata.creationTimestamp".to_owned());
        return vec![PrinterColumn { name, is_wide: false, is_date: true, path }];
    }
    given.iter().map(column).collect()
}

/// The order of preference: `v2`, `v1`, `v1beta2`, `v1alpha1`, others by name.
/// Models apimachinery/pkg/version CompareKubeAwareVersionStrings.
fn compare_versions(left: &str, right: &str) -> Ordering {
    match (stability(left), stability(right)) {
        (Some(left), Some(right)) => right.cmp(&left),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}

/// How stable a version is, then its numbers.
fn stability(version: &str) -> Option<(u8, u32, u32)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, minor) = rest.split_at(end);
    let major = major.parse().ok()?;
    if minor.is_empty() {
        return Some((2, major, 0));
    }
    let (level, minor) = match (minor.strip_prefix("beta"), minor.strip_prefix("alpha")) {
        (Some(minor), _) => (1, minor),
        (_, Some(minor)) => (0, minor),
        _ => return None,
    };
    Some((level, major, minor.parse().ok()?))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_most_stable_version_comes_first() {
        let mut versions = ["foo1", "v1alpha1", "v10beta3", "v2", "v1", "v11alpha2", "foo10", "v11beta2", "v10"];
        versions.sort_by(|left, right| compare_versions(left, right));
        assert_eq!(versions, ["v10", "v2", "v1", "v11beta2", "v10beta3", "v11alpha2", "v1alpha1", "foo1", "foo10"]);
    }

    #[test]
    fn a_kind_stays_itself_when_its_version_changes() {
        let spec = |version: &str| {
            json!({
                "group": "example.com", "scope": "Namespaced", "names": {"plural": "teapots", "kind": "Teapot"},
                "versions": [{"name": version, "served": true}, {"name": "v0", "served": false}]
            })
        };
        let before = Definition::of_spec(&spec("v1beta1")).expect("served");
        let after = Definition::of_spec(&spec("v1")).expect("served");
        assert_eq!(before.kind, after.kind);
        assert_eq!((before.kind.api_version(), after.kind.api_version()), ("example.com/v1beta1", "example.com/v1"));
        assert_eq!((after.singular.as_str(), after.list_kind.as_str()), ("teapot", "TeapotList"));
        assert!(after.serves("example.com/v1") && !after.serves("example.com/v0") && !after.serves("v1"));
    }
}
