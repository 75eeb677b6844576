//! `-o custom-columns=NAME:.metadata.name,…`.

use serde_json::Value;

use crate::kubectl::TabWriter;
use crate::kubectl::printers::escape_terminal;

use super::go_syntax::sprint;
use super::jsonpath::{JsonPath, relaxed};

/// Columns with a path each.
#[derive(Clone, Debug)]
pub struct CustomColumns {
    columns: Vec<(String, JsonPath)>,
    no_headers: bool,
    printed_headers: bool,
}

impl CustomColumns {
    /// Reads `HEADER:path,…`. Models k8s.io/kubectl/pkg/cmd/get NewCustomColumnsPrinterFromSpec.
    ///
    /// # Errors
    /// When a part is no header with a path.
    pub fn parse(spec: &str, no_headers: bool) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        let column = |part: &str| {
            let (header, path) = part
                .split_once(':')
                .ok_or_else(|| format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"))?;
            Ok((header.to_owned(), JsonPath::parse(&relaxed(path)?, true)?))
        };
        let columns: Result<Vec<_>, String> = spec.split(',').map(column).collect();
        Ok(Self { columns: columns?, no_headers, printed_headers: false })
    }

    /// Reads a line of headers and a line of paths. Models NewCustomColumnsPrinterFromTemplate.
    ///
    /// # Errors
    /// When a line is missing, or they have not as many words.
    pub fn from_template(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut words = |what: &str| {
            let line = lines.next().ok_or_else(|| {
                format!(
                    "invalid template, missing {what} line. Expected format is one line of space separated headers, one line of \
                     space separated column specs."
                )
            })?;
            Ok::<_, String>(line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let (headers, paths) = (words("header")?, words("spec")?);
        if headers.len() != paths.len() {
            let (headers, paths) = (headers.len(), paths.len());
            return Err(format!("number of headers ({headers}) and field specifications ({paths}) don't match"));
        }
        let column = |(header, path): (String, String)| Ok((header, JsonPath::parse(&relaxed(&path)?, true)?));
        let columns: Result<Vec<_>, String> = headers.into_iter().zip(paths).map(column).collect();
        Ok(Self { columns: columns?, no_headers: false, printed_headers: false })
    }

    /// Writes one line for each object, and the headers before the first.
    ///
    /// # Errors
    /// When a path does not fit an object.
    pub fn print(&mut self, objects: &[Value], out: &mut TabWriter) -> Result<(), String> {
        if !self.no_headers && !self.printed_headers {
            let headers: Vec<&str> = self.columns.iter().map(|(header, _)| header.as_str()).collect();
            out.write(&format!("{}\n", headers.join("\t")));
            self.printed_headers = true;
        }
        for object in objects {
            let mut cells = Vec::new();
            for (_, path) in &self.columns {
                let found = path.find(object)?;
                let mut texts: Vec<String> = Vec::new();
                if found.first().is_none_or(Vec::is_empty) {
                    texts.push("<none>".to_owned());
                }
                texts.extend(found.iter().flatten().map(|value| escape_terminal(&sprint(value))));
                cells.push(texts.join(","));
            }
            out.write(&format!("{}\n", cells.join("\t")));
        }
        Ok(())
    }
}
