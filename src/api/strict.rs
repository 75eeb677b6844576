//! Reads an object's JSON as the API server does: into Kubernetes' Go structs and back.
//!
//! What comes out is what the API server would store before defaulting: unknown fields gone, empty values dropped,
//! quantities in canonical form. What Go's decoder complains about is told in its words.
//! Models vendor/sigs.k8s.io/json UnmarshalStrict and encoding/json's Marshal.

mod scalar;
mod unstructured;

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::Kind;
use super::go_text;
use super::schema::{self, Field, Omit, Shape, Type};

pub use unstructured::decode_unstructured;

/// Strict errors are not collected beyond this number.
const MAX_STRICT_ERRORS: usize = 100;

/// An object as the Go structs hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The object, as Go would write it.
    pub value: Value,
    /// `unknown field "spec.foo"`, in the order of the input.
    pub strict_errors: Vec<String>,
}

impl Decoded {
    /// The error that the API server answers under strict field validation.
    pub fn strict_error(&self) -> Option<String> {
        if self.strict_errors.is_empty() {
            return None;
        }
        Some(format!("strict decoding error: {}", self.strict_errors.join(", ")))
    }
}

/// Decodes an object of this kind.
///
/// # Errors
/// The decoder's text when a value has the wrong type:
/// `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`.
pub fn decode(kind: Kind, value: &Value) -> Result<Decoded, String> {
    if kind.is_custom() {
        return decode_custom(schema::of_kind(kind), value);
    }
    decode_type(schema::of_kind(kind), value)
}

/// Of a user's kind only the metadata has a Go struct; the rest is for the definition's schema.
/// Models apiextensions-apiserver's schemaCoercingDecoder.
fn decode_custom(of: &'static Type, value: &Value) -> Result<Decoded, String> {
    let Value::Object(fields) = value else { return decode_type(of, value) };
    let is_known = |name: &String| of.field(name).is_some();
    let known = fields.iter().filter(|(name, _)| is_known(name));
    let known: Map<String, Value> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut decoded = decode_type(of, &Value::Object(known))?;
    if let Value::Object(all) = &mut decoded.value {
        let others = fields.iter().filter(|(name, _)| !is_known(name));
        all.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    }
    Ok(decoded)
}

/// Decodes a value of any type of the schema, such as a `PodTemplateSpec`.
///
/// # Errors
/// As [`decode`].
pub fn decode_type(kind: &'static Type, value: &Value) -> Result<Decoded, String> {
    let mut decoder = Decoder::default();
    let decoded = match value {
        Value::Object(fields) => decoder.fields(kind, fields)?,
        Value::Null => decoder.fields(kind, &Map::new())?,
        other => {
            let found = describe(other);
            return Err(format!("json: cannot unmarshal {found} into Go value of type {}.{}", kind.package, kind.name));
        }
    };
    match decoder.saved_error {
        Some(error) => Err(error),
        None => Ok(Decoded { value: decoded, strict_errors: decoder.strict_errors }),
    }
}

/// Go's decoder goes on after a value of the wrong type and reports the first one in the end; what a type's own
/// decoder refuses ends it at once. The former is `saved_error`, the latter an `Err`.
#[derive(Default)]
struct Decoder {
    saved_error: Option<String>,
    strict_errors: Vec<String>,
    /// The struct whose field is being read.
    owner: &'static str,
    /// Go's path to it: no indices, but the names of inline structs.
    fields: Vec<String>,
    /// The user's path to it.
    path: String,
}

impl Decoder {
    fn fields(&mut self, kind: &'static Type, input: &Map<String, Value>) -> Result<Value, String> {
        let mut output = Map::new();
        for (name, value) in input {
            let Some((inlines, field)) = find(kind, name) else {
                self.unknown(name);
                continue;
            };
            let (owner, fields, path) = (self.owner, self.fields.len(), self.path.len());
            self.owner = kind.name;
            self.fields.extend(inlines);
            self.fields.push(name.clone());
            self.push_path(name);
            let decoded = self.value(&field.shape, value)?;
            self.owner = owner;
            self.fields.truncate(fields);
            self.path.truncate(path);
            if !is_omitted(field, &decoded) {
                output.insert(name.clone(), decoded);
            }
        }
        for field in kind.json_fields() {
            if !output.contains_key(field.name) && (field.omit == Omit::Never || is_struct(&field.shape)) {
                let zero = zero(&field.shape);
                if !is_omitted(field, &zero) {
                    output.insert(field.name.to_owned(), zero);
                }
            }
        }
        Ok(Value::Object(output))
    }

    fn value(&mut self, shape: &Shape, value: &Value) -> Result<Value, String> {
        match (shape, value) {
            (Shape::Pointer(_), Value::Null) => Ok(Value::Null),
            (Shape::Pointer(inner), _) => self.value(inner, value),
            (Shape::Struct(id), Value::Object(fields)) => self.fields(id.get(), fields),
            (Shape::Slice(inner), Value::Array(elements)) => self.elements(inner, elements),
            (Shape::Map(_, inner), Value::Object(entries)) => self.entries(inner, entries),
            (Shape::ResourceList, Value::Object(entries)) => self.entries(&Shape::Quantity, entries),
            (Shape::Quantity, _) => scalar::quantity(value),
            (Shape::IntOrString, _) => self.int_or_string(value),
            (Shape::Time | Shape::MicroTime, _) => self.time(shape, value),
            (Shape::Raw, _) => Ok(value.clone()),
            (_, Value::Null) => Ok(zero(shape)),
            (Shape::String(_), Value::String(_)) | (Shape::Bool, Value::Bool(_)) | (Shape::Float, Value::Number(_)) => {
                Ok(value.clone())
            }
            (Shape::Int32 | Shape::Int64, Value::Number(number)) => {
                let text = go_text::number(number);
                let is_wide = matches!(shape, Shape::Int64);
                match text.parse::<i64>().ok().filter(|number| is_wide || i32::try_from(*number).is_ok()) {
                    Some(number) => Ok(number.into()),
                    None => Ok(self.mismatch(&format!("number {text}"), shape)),
                }
            }
            (Shape::Bytes, Value::String(text)) => {
                if let Err(error) = scalar::check_base64(text) {
                    self.save(error);
                }
                Ok(value.clone())
            }
            _ => Ok(self.mismatch(describe(value), shape)),
        }
    }

    fn elements(&mut self, shape: &Shape, elements: &[Value]) -> Result<Value, String> {
        let length = self.path.len();
        let mut decoded = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(self.path, "[{index}]");
            decoded.push(self.value(shape, element)?);
            self.path.truncate(length);
        }
        Ok(Value::Array(decoded))
    }

    fn entries(&mut self, shape: &Shape, entries: &Map<String, Value>) -> Result<Value, String> {
        let length = self.path.len();
        let mut decoded = Map::new();
        for (key, entry) in entries {
            self.push_path(key);
            decoded.insert(key.clone(), self.value(shape, entry)?);
            self.path.truncate(length);
        }
        Ok(Value::Object(decoded))
    }

    /// Models IntOrString.UnmarshalJSON.
    fn int_or_string(&self, value: &Value) -> Result<Value, String> {
        let found = match value {
            Value::String(_) => return Ok(value.clone()),
            Value::Null => return Ok(0.into()),
            Value::Number(number) => {
                let text = go_text::number(number);
                if let Ok(number) = text.parse::<i32>() {
                    return Ok(number.into());
                }
                format!("number {text}")
            }
            other => describe(other).to_owned(),
        };
        Err(self.type_error(&found, "int32"))
    }

    /// Models metav1.Time.UnmarshalJSON.
    fn time(&self, shape: &Shape, value: &Value) -> Result<Value, String> {
        match value {
            Value::Null => Ok(Value::Null),
            Value::String(text) => scalar::time(text, matches!(shape, Shape::MicroTime)),
            other => Err(self.type_error(describe(other), "string")),
        }
    }

    fn mismatch(&mut self, found: &str, shape: &Shape) -> Value {
        let error = self.type_error(found, &shape.go_type());
        self.save(error);
        zero(shape)
    }

    /// Models json.UnmarshalTypeError.
    fn type_error(&self, found: &str, wanted: &str) -> String {
        let (owner, fields) = (self.owner, self.fields.join("."));
        format!("json: cannot unmarshal {found} into Go struct field {owner}.{fields} of type {wanted}")
    }

    fn save(&mut self, error: String) {
        self.saved_error.get_or_insert(error);
    }

    fn unknown(&mut self, name: &str) {
        let length = self.path.len();
        self.push_path(name);
        let error = format!("unknown field {}", go_text::quote(&self.path));
        self.path.truncate(length);
        if self.strict_errors.len() < MAX_STRICT_ERRORS && !self.strict_errors.contains(&error) {
            self.strict_errors.push(error);
        }
    }

    fn push_path(&mut self, name: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }
}

/// The field, and the Go names of the inline structs on the way to it.
fn find(kind: &'static Type, name: &str) -> Option<(Vec<String>, &'static Field)> {
    kind.fields.iter().find_map(|field| match field.inline() {
        Some(inner) => find(inner, name).map(|(mut inlines, found)| {
            inlines.insert(0, field.go_name.clone());
            (inlines, found)
        }),
        None => (field.name == name).then(|| (Vec::new(), field)),
    })
}

/// What Go's decoder calls a value of this sort.
pub fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether Go holds it as a struct, which `omitempty` never leaves out.
fn is_struct(shape: &Shape) -> bool {
    matches!(shape, Shape::Struct(_) | Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::MicroTime)
}

fn is_omitted(field: &Field, value: &Value) -> bool {
    match field.omit {
        Omit::Never => false,
        Omit::Zero => value.is_null(),
        Omit::Empty if is_struct(&field.shape) => false,
        Omit::Empty => match value {
            Value::Null => true,
            _ if matches!(field.shape, Shape::Pointer(_)) => false,
            Value::Bool(value) => !value,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(elements) => elements.is_empty(),
            Value::Object(fields) => fields.is_empty(),
        },
    }
}

/// Go's zero value, as its encoder writes it.
fn zero(shape: &Shape) -> Value {
    match shape {
        Shape::String(_) => "".into(),
        Shape::Bool => false.into(),
        Shape::Int32 | Shape::Int64 | Shape::Float | Shape::IntOrString => 0.into(),
        Shape::Quantity => "0".into(),
        // Decoding nothing meets no error.
        Shape::Struct(id) => Decoder::default().fields(id.get(), &Map::new()).unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_error(spec: Value, expected: &str) {
        let error = decode(Kind::Deployment, &json!({"spec": spec})).err();
        assert_eq!(error.as_deref(), Some(expected));
    }

    #[test]
    fn the_first_wrong_type_is_told() {
        check_error(
            json!({"selector": {"matchLabels": {"a": 1}}, "strategy": "Recreate"}),
            "json: cannot unmarshal number into Go struct field LabelSelector.spec.selector.matchLabels of type string",
        );
        check_error(
            json!({"strategy": "Recreate"}),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.strategy of type v1.DeploymentStrategy",
        );
    }

    #[test]
    fn inline_structs_show_in_the_path() {
        let probe = json!({"httpGet": {"port": true}, "periodSeconds": "5"});
        check_error(
            json!({"template": {"spec": {"containers": [{"livenessProbe": probe}]}}}),
            "json: cannot unmarshal bool into Go struct field \
             HTTPGetAction.spec.template.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
        );
    }

    #[test]
    fn what_a_type_refuses_itself_comes_before_wrong_types() {
        check_error(
            json!({"replicas": "3", "template": {"spec": {"overhead": {"cpu": "1 x"}}}}),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
    }

    #[test]
    fn unknown_fields_are_told_in_order() {
        let decoded =
            decode(Kind::Pod, &json!({"foo": 1, "metadata": {"nam": "x"}, "spec": {"containers": [{"x": null}]}}));
        let error = decoded.ok().and_then(|decoded| decoded.strict_error());
        let expected = "strict decoding error: unknown field \"foo\", unknown field \"metadata.nam\", \
                        unknown field \"spec.containers[0].x\"";
        assert_eq!(error.as_deref(), Some(expected));
    }

    #[test]
    fn times_and_base64_are_checked() {
        let error = |kind, object: Value| decode(kind, &object).err().unwrap_or_default();
        assert_eq!(
            error(Kind::Pod, json!({"metadata": {"creationTimestamp": "now"}})),
            "parsing time \"now\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"now\" as \"2006\"",
        );
        assert_eq!(error(Kind::Secret, json!({"data": {"a": "YWI"}})), "illegal base64 data at input byte 0");
        assert_eq!(error(Kind::Secret, json!({"data": {"a": "YW*="}})), "illegal base64 data at input byte 2");
        assert_eq!(error(Kind::Secret, json!({"data": {"a": "YWI="}})), "");
    }
}
