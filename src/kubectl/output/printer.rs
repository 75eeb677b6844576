//! `-o FORMAT` as a printer of objects.

use serde_json::{Value, json};

use super::go_template::GoTemplate;
use super::jsonpath::{JsonPath, execution_error};
use super::{CustomColumns, go_syntax::quote, json, yaml};
use crate::api::Kind;
use crate::kubectl::TabWriter;
use crate::kubectl::field;

/// How objects are printed.
#[derive(Clone, Debug)]
pub enum Printer {
    /// A table, wide or not.
    Table {
        /// `-o wide`.
        wide: bool,
    },
    /// `-o json`.
    Json,
    /// `-o yaml`.
    Yaml,
    /// `-o name`.
    Name,
    /// `-o jsonpath=…`
    JsonPath {
        /// As it was typed.
        template: String,
        /// As it was read.
        path: JsonPath,
        /// `-o jsonpath-as-json=…`
        as_json: bool,
    },
    /// `-o go-template=…`
    Template(GoTemplate),
    /// `-o custom-columns=…`
    Columns(CustomColumns),
}

const GET_FORMATS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,\
     jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";
const OTHER_FORMATS: &str =
    "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";

impl Printer {
    /// Reads the value of `-o`; `tables` for commands that print tables. `read_file` gives the text of a file.
    ///
    /// # Errors
    /// When there is no such format, or its template cannot be read.
    pub fn parse(
        format: &str,
        tables: bool,
        no_headers: bool,
        read_file: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let (name, argument) = match format.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (format, None),
        };
        let template = || match argument {
            Some(template) if !template.is_empty() => Ok(template.to_owned()),
            _ => Err("template format specified but no template given".to_owned()),
        };
        let from_file = |path: String| {
            read_file(&path)
                .ok_or_else(|| format!("error reading --template {path}, open {path}: no such file or directory\n"))
        };
        let json_path = |template: String| {
            let path = JsonPath::parse(&template, true)
                .map_err(|error| format!("error parsing jsonpath {template}, {error}"))?;
            Ok(Self::JsonPath { template, path, as_json: name == "jsonpath-as-json" })
        };
        match (name, argument) {
            ("" | "wide", None) if tables => Ok(Self::Table { wide: name == "wide" }),
            ("json", None) => Ok(Self::Json),
            ("yaml", None) => Ok(Self::Yaml),
            ("name", None) => Ok(Self::Name),
            ("jsonpath" | "jsonpath-as-json", _) => json_path(template()?),
            ("jsonpath-file", _) => json_path(from_file(template()?)?),
            ("custom-columns", _) if tables => {
                Ok(Self::Columns(CustomColumns::parse(argument.unwrap_or_default(), no_headers)?))
            }
            ("go-template" | "template", _) => GoTemplate::parse(&template()?).map(Self::Template),
            ("go-template-file" | "templatefile", _) => GoTemplate::parse(&from_file(template()?)?).map(Self::Template),
            ("custom-columns-file", _) if tables => {
                let path = argument.unwrap_or_default();
                if path.is_empty() {
                    return Err("custom-columns format specified but no custom columns given".to_owned());
                }
                let text = read_file(path).ok_or_else(|| {
                    format!("error reading template {path}, open {path}: no such file or directory\n")
                })?;
                Ok(Self::Columns(CustomColumns::from_template(&text)?))
            }
            ("kyaml", _) => {
                Err(format!("the lab's kubectl has no {name} output; use json, yaml, jsonpath or custom-columns"))
            }
            _ => Err(format!(
                "unable to match a printer suitable for the output format {}, allowed formats are: {}",
                quote(format),
                if tables { GET_FORMATS } else { OTHER_FORMATS }
            )),
        }
    }

    /// Whether templates may ask for what is not there, which `--allow-missing-template-keys` says.
    #[must_use]
    pub fn allowing_missing_keys(self, allowed: bool) -> Self {
        match self {
            Self::Template(inner) => Self::Template(inner.allowing_missing_keys(allowed)),
            Self::JsonPath { template, path, as_json } => {
                Self::JsonPath { template, path: path.allowing_missing_keys(allowed), as_json }
            }
            other => other,
        }
    }

    /// Whether `metadata.managedFields` is shown, given `--show-managed-fields`.
    pub fn shows_managers(&self, asked: bool) -> bool {
        match self {
            Self::Json | Self::Yaml => asked,
            Self::JsonPath { .. } | Self::Template(_) | Self::Columns(_) => true,
            Self::Table { .. } | Self::Name => false,
        }
    }

    /// Whether objects are printed as a table.
    pub fn is_table(&self) -> bool {
        matches!(self, Self::Table { .. })
    }

    /// One object, or several as a list.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn print(&mut self, objects: Vec<Value>, single: bool) -> Result<String, String> {
        match self {
            Self::Name => Ok(objects.iter().map(|object| name_line(object, "")).collect()),
            Self::Columns(columns) => {
                let mut out = TabWriter::for_tables();
                columns.print(&objects, &mut out)?;
                Ok(out.flush())
            }
            Self::Table { .. } => Ok(String::new()),
            Self::Json => Ok(json::pretty(&whole(objects, single))),
            Self::Yaml => Ok(yaml::to_yaml(&whole(objects, single))),
            Self::Template(template) => template.execute(&whole(objects, single)),
            Self::JsonPath { template, path, as_json } => {
                let data = whole(objects, single);
                let text = if *as_json { path.execute_as_json(&data) } else { path.execute(&data) };
                text.map_err(|error| execution_error(template, &error, &data))
            }
        }
    }
}

/// `kubectl get`'s list. Models GetOptions.printGeneric.
fn whole(objects: Vec<Value>, single: bool) -> Value {
    let mut objects = objects;
    match objects.len() {
        1 if single => objects.remove(0),
        _ => json!({"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}),
    }
}

/// `deployment.apps/web scaled`. Models k8s.io/cli-runtime/pkg/printers NamePrinter.
pub fn name_line(object: &Value, operation: &str) -> String {
    let kind = field::text(object, "/kind").to_lowercase();
    let group =
        field::text(object, "/apiVersion").rsplit_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
    let space = if operation.is_empty() { "" } else { " " };
    format!("{kind}{group}/{}{space}{operation}\n", field::text(object, "/metadata/name"))
}

/// As [`name_line`], for an object that is known by kind and name.
pub fn name_line_of(kind: Kind, name: &str, operation: &str) -> String {
    let prefix = crate::kubectl::resource_type::kind_prefix(kind);
    let space = if operation.is_empty() { "" } else { " " };
    format!("{prefix}/{name}{space}{operation}\n")
}
