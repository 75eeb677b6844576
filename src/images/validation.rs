//! Reads a declaration and says what is wrong with it, and where.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::declaration::{Crash, Declaration, DeclarationError, ExecAnswer, LogRule, OnSigterm, Route, RouteChange};
use super::{ImageReference, Request, Uses};
use crate::manifest::{self, Document};

impl Declaration {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// Every field that is unknown, missing, of a wrong type or out of its range, with its path.
    pub fn from_value(value: &Value) -> Result<Self, Vec<DeclarationError>> {
        let mut errors = Vec::new();
        check_parts(value, &mut errors);
        if errors.is_empty() {
            match serde_json::from_value::<Self>(value.clone()) {
                Ok(declaration) => {
                    declaration.check(&mut errors);
                    if errors.is_empty() {
                        return Ok(declaration);
                    }
                }
                Err(_) => check_object::<Self>(value, "", &mut errors),
            }
        }
        Err(errors)
    }

    /// Reads the one declaration that a file holds, as YAML or JSON; `name` takes the place of its `image`.
    ///
    /// # Errors
    /// Every complaint in a line, with the file's name, line and column.
    pub fn read(file: &str, text: &str, name: Option<&str>) -> Result<Self, Vec<String>> {
        let documents = manifest::parse(file, text)
            .map_err(|error| vec![format!("{file}:{}:{}: {}", error.line, error.column, error.text)])?;
        let [document] = documents.as_slice() else {
            return Err(vec![format!("{file}: must hold one declaration, and holds {}", documents.len())]);
        };
        Self::of_document(document, name).map_err(|errors| lines(file, errors))
    }

    /// As [`Declaration::read`], of a file that has been read.
    ///
    /// # Errors
    /// Every complaint with line and column.
    pub fn of_document(document: &Document, name: Option<&str>) -> Result<Self, Vec<Told>> {
        let mut value = document.value.clone();
        if let (Some(name), Some(fields)) = (name, value.as_object_mut()) {
            fields.insert("image".to_owned(), name.into());
        }
        Self::from_value(&value).map_err(|errors| told(document, &errors))
    }

    /// Reads all declarations of a file, as YAML or JSON.
    ///
    /// # Errors
    /// As [`Declaration::read`].
    pub fn read_all(file: &str, text: &str) -> Result<Vec<Self>, Vec<String>> {
        let documents = manifest::parse(file, text)
            .map_err(|error| vec![format!("{file}:{}:{}: {}", error.line, error.column, error.text)])?;
        let mut declarations = Vec::new();
        let mut complaints = Vec::new();
        for document in &documents {
            match Self::from_value(&document.value) {
                Ok(declaration) => declarations.push(declaration),
                Err(errors) => complaints.extend(lines(file, told(document, &errors))),
            }
        }
        if complaints.is_empty() { Ok(declarations) } else { Err(complaints) }
    }

    /// Whether it answers HTTP (or HTTPS) on this port.
    pub(super) fn serves_http(&self, port: u16) -> bool {
        self.port == Some(port) || self.more_ports.contains(&port)
    }

    fn check(&self, errors: &mut Vec<DeclarationError>) {
        if let Err(message) = ImageReference::parse(&self.image) {
            push(errors, "image", &message);
        }
        if self.entrypoint.is_empty() && self.cmd.is_empty() && self.port.is_none() && !self.shell {
            push(errors, "", "a program needs a `port`, an `entrypoint` or a `shell`");
        }
        if self.port == Some(0) {
            push(errors, "port", "must be between 1 and 65535");
        }
        for (index, _) in self.more_ports.iter().enumerate().filter(|(_, port)| **port == 0) {
            push(errors, &format!("morePorts[{index}]"), "must be between 1 and 65535");
        }
        for (is_given, field) in
            [(!self.routes.is_empty(), "routes"), (!self.more_ports.is_empty(), "morePorts"), (self.tls, "tls")]
        {
            if is_given && self.port.is_none() {
                push(errors, field, "needs a `port` to answer on");
            }
        }
        for (index, route) in self.routes.iter().enumerate() {
            check_route(route, &format!("routes[{index}]"), errors);
        }
        if let Some(exit) = &self.exit {
            if exit.after_seconds.is_none() && exit.after_requests.is_none() {
                push(errors, "exit", "needs `afterSeconds` or `afterRequests`");
            }
            check_code(exit.exit_code, "exit.exitCode", errors);
        }
        if let Some(OnSigterm::Exit { exit_code, .. }) = &self.sigterm {
            check_code(*exit_code, "sigterm.exitCode", errors);
        }
        for (index, answer) in self.exec.iter().enumerate() {
            if answer.command.is_empty() {
                push(errors, &format!("exec[{index}].command"), "must name a program");
            }
            check_code(answer.exit_code, &format!("exec[{index}].exitCode"), errors);
        }
        for (index, rule) in self.logs.iter().enumerate() {
            if rule.every_seconds.is_some_and(|every| every.as_ms() < 100) {
                push(errors, &format!("logs[{index}].everySeconds"), "must be at least 0.1");
            }
        }
    }
}

/// A complaint with its line and column.
type Told = (usize, usize, String);

fn told(document: &Document, errors: &[DeclarationError]) -> Vec<Told> {
    let mut all = Vec::new();
    for error in errors {
        let (line, column) = document.positions.nearest(&error.path);
        let colon = if error.path.is_empty() { "" } else { ": " };
        all.push((line, column, format!("{}{colon}{}", error.path, error.message)));
    }
    all
}

fn lines(file: &str, complaints: Vec<Told>) -> Vec<String> {
    complaints.into_iter().map(|(line, column, what)| format!("{file}:{line}:{column}: {what}")).collect()
}

impl Request {
    /// A GET of this path.
    pub fn get(path: &str) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), headers: Vec::new(), tls: false }
    }
}

fn check_route(route: &Route, path: &str, errors: &mut Vec<DeclarationError>) {
    if !route.path.starts_with('/') {
        push(errors, &format!("{path}.path"), "must begin with `/`");
    }
    check_status(route.status, &format!("{path}.status"), errors);
    for (index, change) in route.changes.iter().enumerate() {
        let path = format!("{path}.changes[{index}]");
        if change.after_seconds.is_none() && change.after_requests.is_none() {
            push(errors, &path, "needs `afterSeconds` or `afterRequests`");
        }
        if let Some(status) = change.status {
            check_status(status, &format!("{path}.status"), errors);
        }
    }
}

fn check_status(status: u16, path: &str, errors: &mut Vec<DeclarationError>) {
    if !(200..=599).contains(&status) {
        push(errors, path, &format!("{status} is no HTTP status: must be between 200 and 599"));
    }
}

fn check_code(code: i32, path: &str, errors: &mut Vec<DeclarationError>) {
    if !(0..=255).contains(&code) {
        push(errors, path, &format!("{code} is no exit code: must be between 0 and 255"));
    }
}

fn push(errors: &mut Vec<DeclarationError>, path: &str, message: &str) {
    errors.push(DeclarationError { path: path.to_owned(), message: message.to_owned() });
}

/// The parts of a declaration one by one, so that an error has its place.
fn check_parts(value: &Value, errors: &mut Vec<DeclarationError>) {
    let Value::Object(fields) = value else {
        push(errors, "", "must be a mapping with at least `image`");
        return;
    };
    each(fields, "routes", |route, path| {
        check_object::<Route>(route, path, errors);
        if let Some(route) = route.as_object() {
            each(route, "changes", |change, inner| {
                check_object::<RouteChange>(change, &format!("{path}.{inner}"), errors);
            });
        }
    });
    each(fields, "exec", |answer, path| check_object::<ExecAnswer>(answer, path, errors));
    each(fields, "logs", |rule, path| check_object::<LogRule>(rule, path, errors));
    if let Some(uses) = fields.get("uses") {
        check_object::<Uses>(uses, "uses", errors);
    }
    if let Some(exit) = fields.get("exit") {
        check_object::<Crash>(exit, "exit", errors);
    }
    if let Some(sigterm) = fields.get("sigterm")
        && serde_json::from_value::<OnSigterm>(sigterm.clone()).is_err()
    {
        push(errors, "sigterm", "must be `ignore`, or a mapping with `exitCode` and perhaps `afterSeconds`");
    }
}

fn each(fields: &Map<String, Value>, name: &str, mut check: impl FnMut(&Value, &str)) {
    for (index, item) in fields.get(name).and_then(Value::as_array).into_iter().flatten().enumerate() {
        check(item, &format!("{name}[{index}]"));
    }
}

/// Adds an error when the value does not fit; found by leaving out one field after the other.
fn check_object<T: DeserializeOwned>(value: &Value, path: &str, errors: &mut Vec<DeclarationError>) {
    let Err(error) = serde_json::from_value::<T>(value.clone()) else { return };
    let message = error.to_string();
    let culprit = value.as_object().and_then(|fields| {
        fields.keys().find(|key| {
            let mut without = fields.clone();
            without.remove(*key);
            match serde_json::from_value::<T>(Value::Object(without)) {
                Ok(_) => true,
                Err(other) => other.to_string() != message && !other.to_string().starts_with("missing field"),
            }
        })
    });
    let nested = ["routes", "exec", "logs", "changes", "exit", "sigterm", "uses"];
    if culprit.is_some_and(|key| {
        nested.contains(&key.as_str()) && errors.iter().any(|known| known.path.contains(key.as_str()))
    }) {
        return;
    }
    let path = match culprit {
        Some(key) if path.is_empty() => key.clone(),
        Some(key) => format!("{path}.{key}"),
        None => path.to_owned(),
    };
    push(errors, &path, &message);
}

#[cfg(test)]
mod tests {
    // A test that finds something else than it expects may end at once.
    #![allow(clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    fn paths(value: &Value) -> Vec<String> {
        match Declaration::from_value(value) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.path).collect(),
        }
    }

    #[test]
    fn complaints_about_a_file_have_line_and_column() {
        let text = "# my image\nimage: me/web:v1\nport: 80\nroutes:\n  - path: /\n    status: 42\n    boddy: hi\n";
        let errors = Declaration::read("image.yaml", text, None).expect_err("two mistakes");
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with("image.yaml:7:5: routes[0].boddy: unknown field `boddy`"), "{errors:?}");
        let text = text.replace("    boddy: hi\n", "");
        assert_eq!(
            Declaration::read("image.yaml", &text, None),
            Err(vec!["image.yaml:6:5: routes[0].status: 42 is no HTTP status: must be between 200 and 599".to_owned()])
        );
        let good = Declaration::read("image.yaml", &text.replace("42", "204"), Some("you/web:v2")).expect("no mistake");
        assert_eq!(good.image, "you/web:v2");
        assert!(Declaration::read("image.yaml", "a: [", None).expect_err("YAML")[0].starts_with("image.yaml:"));
        assert!(Declaration::read("image.yaml", "", None).expect_err("nothing")[0].contains("holds 0"));
    }

    #[test]
    fn errors_have_their_place() {
        let good = json!({"image": "me/web:v1", "port": 80, "routes": [{"path": "/"}]});
        assert!(paths(&good).is_empty());
        assert_eq!(paths(&json!({"image": "me/web", "port": "x"})), ["port"]);
        assert_eq!(paths(&json!({"image": "me/web", "port": 80, "colour": 1})), ["colour"]);
        assert_eq!(
            paths(&json!({"image": "me/web", "port": 80, "routes": [{"path": "/"}, {"path": "/", "status": 42}]})),
            ["routes[1].status"]
        );
        let change = json!({"image": "me/web", "port": 80, "routes": [{"path": "/", "changes": [{"status": "bad"}]}]});
        assert!(paths(&change).iter().any(|path| path == "routes[0].changes[0].status"), "{:?}", paths(&change));
        assert_eq!(paths(&json!({"image": "Me/Web", "port": 80})), ["image"]);
        assert_eq!(paths(&json!([])), [""]);
    }
}
