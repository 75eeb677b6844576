//! What a manifest's author should know before it is applied: what is wrong with it and where, and which of its
//! fields are kept without being acted on.

use serde_json::Value;

use crate::api::{Consequence, Kind, consequence, not_simulated, parse_kind};
use crate::apiserver::{ApiServer, WriteOptions};
use crate::cluster::Cluster;
use crate::images::{Declaration, Registry, stand_ins};
use crate::manifest::{self, Document};
use crate::sorting;

/// Something wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1.
    pub column: usize,
    /// What, in Kubernetes' words.
    pub message: String,
}

/// A field that is kept without being acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptField {
    /// Its path; behind it the object, where there may be several.
    pub place: String,
    /// What follows.
    pub consequence: Consequence,
}

/// What there is to say about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// What keeps it from being applied, in the file's order.
    pub problems: Vec<Problem>,
    /// Fields that are accepted and kept but change nothing in the lab; those that may decide come first.
    pub not_simulated: Vec<KeptField>,
    /// The images whose programs the file declares, if that is what it does.
    pub images: Vec<String>,
}

/// Reads a file as `kubectl apply -f` and an API server without objects would, or `docker build` if it declares an image's
/// program. The kinds are those that `server` knows, users' own included. A file that is neither YAML nor JSON by its name
/// is not read.
pub fn review(file: &str, text: &str, server: &ApiServer) -> Review {
    let mut review = Review::default();
    let (_, extension) = file.rsplit_once('.').unwrap_or_default();
    if !["yaml", "yml", "json"].contains(&extension) {
        return review;
    }
    let (documents, broken) = match manifest::parse(file, text) {
        Ok(documents) => (documents, None),
        Err(error) => {
            let problem = Problem { line: error.line.max(1), column: error.column.max(1), message: error.text };
            (error.documents, Some(problem))
        }
    };
    let declares_image = |document: &Document| {
        let has = |name: &str| document.value.get(name).is_some();
        has("image") && !has("kind") && !has("apiVersion")
    };
    if !documents.is_empty() && documents.iter().all(declares_image) {
        documents.iter().for_each(|document| review.read_image(document));
    } else {
        documents.iter().for_each(|document| review.read(document, server));
    }
    review.problems.extend(broken);
    sorting::sort_by_key(&mut review.problems, |problem| (problem.line, problem.column));
    sorting::sort_by_key(&mut review.not_simulated, |field| (!field.consequence.may_decide, field.place.clone()));
    review.not_simulated.dedup();
    review
}

/// The fields of a cluster's objects that are kept without being acted on and that may decide how it ends.
pub fn kept_fields(cluster: &Cluster) -> Vec<KeptField> {
    let mut fields: Vec<KeptField> = Vec::new();
    for (kind, key, paths) in cluster.api.not_simulated() {
        fields.extend(paths.iter().map(|path| KeptField {
            place: format!("{path} of {} {}", kind.as_str(), key.name),
            consequence: consequence(kind, path),
        }));
    }
    fields.retain(|field| field.consequence.may_decide);
    fields
}

/// The images of a manifest that `registry` does not know: their pods would never start.
pub fn unknown_images(file: &str, text: &str, registry: &Registry) -> Vec<String> {
    let documents = manifest::parse(file, text).unwrap_or_else(|error| error.documents);
    stand_ins(&documents, registry).into_iter().map(|stand_in| stand_in.image).collect()
}

impl Review {
    fn read_image(&mut self, document: &Document) {
        self.images.extend(document.value.get("image").map(|image| image.as_str().unwrap_or_default().to_owned()));
        for (line, column, message) in Declaration::of_document(document, None).err().unwrap_or_default() {
            self.problems.push(Problem { line: line.max(1), column: column.max(1), message });
        }
    }

    fn read(&mut self, document: &Document, server: &ApiServer) {
        let word = |name: &str| document.value.get(name).and_then(Value::as_str).unwrap_or_default();
        let (api_version, name) = (word("apiVersion"), word("kind"));
        if name.is_empty() {
            return self.complain(document, "kind", "Object 'Kind' is missing");
        }
        if api_version.is_empty() {
            return self.complain(document, "apiVersion", "Object 'apiVersion' is missing");
        }
        let defined = || parse_kind(&server.definitions(), api_version, name);
        let Some(kind) = Kind::parse(api_version, name).or_else(defined) else {
            let message = format!("no matches for kind {name:?} in version {api_version:?}");
            let place = if Kind::ALL.iter().any(|kind| kind.as_str() == name) { "apiVersion" } else { "kind" };
            return self.complain(document, place, &message);
        };
        let paths = not_simulated(kind, &document.value).into_iter();
        self.not_simulated.extend(paths.map(|place| KeptField { consequence: consequence(kind, &place), place }));
        match server.decode(kind, &document.value) {
            Err(message) => self.complain(document, wrong_type_path(&message), &message),
            Ok(decoded) if !decoded.strict_errors.is_empty() => {
                for message in &decoded.strict_errors {
                    self.complain(document, message.split('"').nth(1).unwrap_or_default(), message);
                }
            }
            Ok(_) => self.validate(kind, document, server),
        }
    }

    fn validate(&mut self, kind: Kind, document: &Document, server: &ApiServer) {
        // Only the rules are asked for: what is in the visitor's cluster plays no part, nor does its random seed.
        let namespace = document.value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default");
        let mut fresh = server.emptied(namespace);
        let options = WriteOptions { dry_run: true, ..WriteOptions::default() };
        let Err(status) = fresh.create_value(kind, namespace, document.value.clone(), options) else { return };
        if [403, 404, 409].contains(&status.code) {
            return;
        }
        if status.causes.is_empty() {
            self.complain(document, "metadata", &status.message);
        }
        for cause in &status.causes {
            self.complain(document, &cause.field, &format!("{}: {}", cause.field, cause.message));
        }
    }

    fn complain(&mut self, document: &Document, path: &str, message: &str) {
        let (line, column) = document.positions.nearest(path);
        let problem = Problem { line: line.max(1), column: column.max(1), message: message.to_owned() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// The field that `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32` is
/// about: `spec.replicas`.
fn wrong_type_path(message: &str) -> &str {
    let Some((_, behind)) = message.split_once("Go struct field ") else { return "" };
    let field = behind.split(' ').next().unwrap_or_default();
    field.split_once('.').map_or("", |(_, path)| path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::KubernetesVersion;
    use crate::lab::PRESETS;

    fn server() -> ApiServer {
        ApiServer::new(0, KubernetesVersion::default())
    }

    fn found(text: &str) -> Vec<(usize, usize, String)> {
        found_by(&server(), text)
    }

    fn found_by(server: &ApiServer, text: &str) -> Vec<(usize, usize, String)> {
        let review = review("deployment.yaml", text, server);
        review.problems.into_iter().map(|problem| (problem.line, problem.column, problem.message)).collect()
    }

    fn v1(from: &str, to: &str) -> String {
        PRESETS.first().map_or("", |(_, text)| text).replacen(from, to, 1)
    }

    #[test]
    fn the_chapter_is_right() {
        for (name, text) in PRESETS {
            assert_eq!(found(text), [], "{name}");
        }
    }

    #[test]
    fn every_kind_of_mistake_has_its_place() {
        let at = |text: &str| found(text).into_iter().map(|(line, column, _)| (line, column)).collect::<Vec<_>>();
        assert_eq!(at("kind: Deployment\nspec:\n\treplicas: 1\n").len(), 1);
        assert_eq!(at(&v1("kind: Deployment", "kind: Deploymint")), [(2, 1)]);
        assert_eq!(at(&v1("apps/v1", "apps/v2")), [(1, 1)]);
        assert_eq!(at(&v1("replicas: 1", "replicas: many")), [(6, 3)]);
        assert_eq!(at(&v1("replicas: 1", "replicas: -1")), [(6, 3)]);
        assert_eq!(at(&v1("replicas: 1", "replics: 1")), [(6, 3)]);
        let unknown = found(&v1("replicas: 1", "replics: 1"));
        assert_eq!(unknown.first().map(|(_, _, message)| message.as_str()), Some("unknown field \"spec.replics\""));
    }

    #[test]
    fn the_program_of_an_image_is_read_as_such() {
        let review = |text: &str| review("image.yaml", text, &server());
        let good = review(crate::images::EXAMPLE);
        assert_eq!((good.problems, good.images), (vec![], vec!["me/web:v1".to_owned()]));
        let bad = review(&crate::images::EXAMPLE.replace("status: 503", "status: 42"));
        let message = "routes[0].changes[0].status: 42 is no HTTP status: must be between 200 and 599";
        assert_eq!(bad.problems, [Problem { line: 12, column: 9, message: message.to_owned() }]);
        assert_eq!(super::review("Dockerfile", "FROM scratch\n", &server()), Review::default());
    }

    #[test]
    fn fields_that_change_nothing_are_told() {
        let text = v1("    spec:\n", "    spec:\n      hostname: mine\n");
        let review = review("deployment.yaml", &text, &server());
        assert_eq!(review.problems, []);
        assert!(!review.not_simulated.is_empty());
    }

    #[test]
    fn what_stands_in_a_namespace_that_is_not_there_yet_is_looked_at_too() {
        let text = v1("metadata:\n", "metadata:\n  namespace: shop\n").replacen("replicas: 1", "replicas: -1", 1);
        let said = found(&text);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said.iter().all(|(_, _, message)| message.contains("must be greater than or equal to 0")), "{said:?}");
    }

    #[test]
    fn a_users_own_kind_is_known_with_its_schema_once_it_is_defined() {
        let teapot = "apiVersion: example.com/v1\nkind: Teapot\nmetadata:\n  name: t\nspec:\n  cups: 3\n";
        let mut server = server();
        let unknown = "no matches for kind \"Teapot\" in version \"example.com/v1\"";
        assert_eq!(found_by(&server, teapot), [(2, 1, unknown.to_owned())]);
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "teapots.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"plural": "teapots", "kind": "Teapot"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {"spec": {"type": "object", "required": ["cups"], "properties": {
                        "cups": {"type": "integer", "minimum": 1},
                    }}},
                }}}],
            },
        });
        let kind = Kind::CustomResourceDefinition;
        server.create_value(kind, "", definition, WriteOptions::default()).expect("a definition");
        assert_eq!(found_by(&server, teapot), []);
        assert_eq!(found_by(&server, &teapot.replace("  name: t", "  name: t\n  namespace: kitchen")), []);
        let places = |text: &str| -> Vec<_> {
            found_by(&server, text).into_iter().map(|(line, _, message)| (line, message)).collect()
        };
        let pot = places(&teapot.replace("cups: 3", "cups: 0"));
        assert!(matches!(pot.as_slice(), [(6, message)] if message.starts_with("spec.cups: ")), "{pot:?}");
        let pot = places(&teapot.replace("cups: 3", "cups: 3\n  lid: blue"));
        assert_eq!(pot, [(7, "unknown field \"spec.lid\"".to_owned())]);
        let pot = places(&teapot.replace("example.com/v1", "example.com/v2"));
        assert!(matches!(pot.as_slice(), [(2, message)] if message.starts_with("no matches")), "{pot:?}");
    }
}
