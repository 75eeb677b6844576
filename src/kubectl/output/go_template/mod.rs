//! `-o go-template`: Go's text/template, as kubectl runs it.

mod constant;
mod functions;
mod lexer;
mod parser;
mod printf;
mod run;
mod tree;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::go_text::quote;

use parser::parse;
use run::Run;
use tree::Node;

/// Blocks, parentheses and templates deeper than this are refused, so that no template can exhaust the stack.
const MAX_NESTING: usize = 32;

/// A template that has been read.
#[derive(Clone, Debug)]
pub struct GoTemplate {
    template: String,
    templates: BTreeMap<String, Vec<Node>>,
    /// Whether a key that is not there is an error. Models text/template's `missingkey=error`.
    needs_keys: bool,
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// With kubectl's and Go's words.
    pub fn parse(template: &str) -> Result<Self, String> {
        let templates = parse(template).map_err(|error| format!("error parsing template {template}, {error}\n"))?;
        Ok(Self { template: template.to_owned(), templates, needs_keys: false })
    }

    /// Whether keys may be missing, which `--allow-missing-template-keys` says.
    #[must_use]
    pub fn allowing_missing_keys(self, allowed: bool) -> Self {
        Self { needs_keys: !allowed, ..self }
    }

    /// The filled-in template.
    ///
    /// # Errors
    /// With kubectl's and Go's words, when the template does not fit the object.
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        let mut run = Run::new(&self.template, &self.templates, self.needs_keys);
        match run.whole(data) {
            Ok(()) => Ok(run.out),
            Err(error) => Err(format!("error executing template {}: {error}", quote(&self.template))),
        }
    }
}

#[cfg(test)]
mod tests;
