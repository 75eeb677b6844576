//! The hash of a pod template, which names ReplicaSets and labels their pods.
//!
//! Kubernetes hashes a textual dump of the Go struct `PodTemplateSpec`. So the name of a ReplicaSet depends on every
//! field's name, type and order in the release at hand; the schema has all that. The dump is never built: its parts
//! go straight into the hash.

use serde_json::{Map, Value};

use super::quantity::Amount;
use super::schema::{self, Field, Shape, Type};
use super::{KubernetesVersion, Quantity, Time, encode};

/// Seconds from year 1, where Go's clock starts, to 1970.
const GO_EPOCH_TO_UNIX_S: i64 = 62_135_596_800;

/// The `pod-template-hash` of a defaulted `PodTemplateSpec` as JSON.
/// Models controller.ComputeHash on what the controller manager reads from the API.
pub fn compute_hash(template: &Value, collision_count: Option<i32>, version: KubernetesVersion) -> String {
    let mut sink = Fnv(encode::FNV_OFFSET);
    dump(template, version, &mut sink);
    let mut hash = sink.0;
    if let Some(count) = collision_count {
        // Four bytes of an eight-byte buffer are set.
        hash = encode::fnv32a_on(hash, count.to_le_bytes().into_iter().chain([0; 4]));
    }
    encode::safe_encode(&hash.to_string())
}

/// The text that is hashed, for whoever wants to see it. Models dump.ForHash: spew's `%#v` with sorted keys.
pub fn dump_text(template: &Value, version: KubernetesVersion) -> String {
    let mut text = String::new();
    dump(template, version, &mut text);
    text
}

fn dump(template: &Value, version: KubernetesVersion, sink: &mut impl Sink) {
    let Some(kind) = schema::of_name("PodTemplateSpec") else { return };
    let mut dumper = Dumper { sink, is_old: version == KubernetesVersion::V1_22, type_name: String::new() };
    dumper.sink.push("(v1.PodTemplateSpec)");
    dumper.fields(kind, template.as_object().unwrap_or(&Map::new()));
}

/// Where the parts of the dump go.
trait Sink {
    fn push(&mut self, text: &str);
}

impl Sink for String {
    fn push(&mut self, text: &str) {
        self.push_str(text);
    }
}

struct Fnv(u32);

impl Sink for Fnv {
    fn push(&mut self, text: &str) {
        self.0 = encode::fnv32a_on(self.0, text.bytes());
    }
}

struct Dumper<'a, S> {
    sink: &'a mut S,
    is_old: bool,
    /// Scratch space.
    type_name: String,
}

impl<S: Sink> Dumper<'_, S> {
    fn fields(&mut self, kind: &'static Type, fields: &Map<String, Value>) {
        self.sink.push("{");
        let mut separator = "";
        for field in &kind.fields {
            if self.is_old && field.is_recent {
                continue;
            }
            if self.is_old && kind.name == "ObjectMeta" && field.name == "managedFields" {
                self.sink.push(" ClusterName:(string)");
            }
            self.sink.push(separator);
            separator = " ";
            self.field(field, fields);
        }
        self.sink.push("}");
    }

    fn field(&mut self, field: &'static Field, fields: &Map<String, Value>) {
        self.sink.push(if self.is_old { old_name(&field.go_name) } else { &field.go_name });
        self.sink.push(":");
        if let Some(inner) = field.inline() {
            self.go_type(&field.shape);
            self.fields(inner, fields);
            return;
        }
        self.go_type(&field.shape);
        self.value(&field.shape, fields.get(field.name).unwrap_or(&Value::Null));
    }

    /// The type in parentheses; list elements, map entries and pointees go without.
    fn go_type(&mut self, shape: &Shape) {
        self.type_name.clear();
        shape.write_go_type(&mut self.type_name);
        if self.is_old
            && let Some((start, name)) = self.type_name.rsplit_once('.')
            && old_name(name) != name
        {
            self.type_name = format!("{start}.{}", old_name(name));
        }
        self.sink.push("(");
        self.sink.push(&self.type_name);
        self.sink.push(")");
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        match (shape, value) {
            (Shape::Pointer(_), Value::Null) => self.sink.push("<nil>"),
            (Shape::Pointer(inner), value) => self.value(inner, value),
            (Shape::Struct(id), value) => match value.as_object() {
                Some(fields) => self.fields(id.get(), fields),
                None => self.fields(id.get(), &Map::new()),
            },
            // The wire format does not tell an empty list or map from none.
            (Shape::Slice(inner), Value::Array(elements)) if !elements.is_empty() => self.elements(inner, elements),
            (Shape::Map(_, inner), Value::Object(entries)) if !entries.is_empty() => self.entries(inner, entries),
            (Shape::ResourceList, Value::Object(entries)) if !entries.is_empty() => {
                self.entries(&Shape::Quantity, entries);
            }
            (Shape::Slice(_) | Shape::Map(..) | Shape::ResourceList | Shape::Bytes, _) => self.sink.push("<nil>"),
            (Shape::String(_), value) => self.sink.push(value.as_str().unwrap_or_default()),
            (Shape::Bool, value) => self.sink.push(if *value == Value::Bool(true) { "true" } else { "false" }),
            (Shape::Int32 | Shape::Int64 | Shape::Float, value) => self.number(value.as_i64().unwrap_or(0)),
            (Shape::IntOrString, value) => self.int_or_string(value),
            (Shape::Quantity, value) => self.quantity(value.as_str().unwrap_or("0")),
            (Shape::Time | Shape::MicroTime, value) => self.time(value.as_str().and_then(Time::parse)),
            (Shape::Raw, _) => self.sink.push("{Raw:([]uint8)<nil>}"),
        }
    }

    fn elements(&mut self, shape: &Shape, elements: &[Value]) {
        let mut separator = "[";
        for element in elements {
            self.sink.push(separator);
            separator = " ";
            self.value(shape, element);
        }
        self.sink.push("]");
    }

    fn entries(&mut self, shape: &Shape, entries: &Map<String, Value>) {
        let mut separator = "map[";
        for (key, entry) in entries {
            self.sink.push(separator);
            separator = " ";
            self.sink.push(key);
            self.sink.push(":");
            self.value(shape, entry);
        }
        self.sink.push("]");
    }

    fn number(&mut self, number: i64) {
        self.sink.push(&number.to_string());
    }

    fn int_or_string(&mut self, value: &Value) {
        let (kind, text) = value.as_str().map_or(("0", ""), |text| ("1", text));
        self.sink.push("{Type:(intstr.Type)");
        self.sink.push(kind);
        self.sink.push(" IntVal:(int32)");
        self.number(value.as_i64().unwrap_or(0));
        self.sink.push(" StrVal:(string)");
        self.sink.push(text);
        self.sink.push("}");
    }

    /// A quantity as it is after it has been sent as its text and parsed again.
    fn quantity(&mut self, text: &str) {
        let sent = Quantity::parse(text).map_or_else(|_| "0".to_owned(), |quantity| quantity.to_string());
        let Ok(quantity) = Quantity::parse(&sent) else { return };
        let (value, scale) = match quantity.amount() {
            Amount::Int { value, scale } => (*value, *scale),
            Amount::Dec { .. } => (0, 0),
        };
        self.sink.push("{i:(resource.int64Amount){value:(int64)");
        self.number(value);
        self.sink.push(" scale:(resource.Scale)");
        self.number(i64::from(scale));
        self.sink.push("} d:(resource.infDecAmount){Dec:(*inf.Dec)");
        match quantity.amount() {
            Amount::Int { .. } => self.sink.push("<nil>"),
            Amount::Dec { value, scale } => {
                self.sink.push("{unscaled:(big.Int){neg:(bool)");
                self.sink.push(if value.is_negative() { "true" } else { "false" });
                self.sink.push(" abs:(big.nat)[");
                let words: Vec<String> = value.words(*scale).iter().map(u64::to_string).collect();
                self.sink.push(&words.join(" "));
                self.sink.push("]} scale:(inf.Scale)");
                self.number(i64::from(*scale));
                self.sink.push("}");
            }
        }
        self.sink.push("} s:(string)");
        self.sink.push(quantity.cached_text());
        self.sink.push(" Format:(resource.Format)");
        self.sink.push(quantity.format().as_str());
        self.sink.push("}");
    }

    /// Go also dumps the local time zone, which has no fixed text; here a time set in a template goes without it.
    fn time(&mut self, time: Option<Time>) {
        self.sink.push("{Time:(time.Time){wall:(uint64)0 ext:(int64)");
        self.number(time.map_or(0, |time| time.0 + GO_EPOCH_TO_UNIX_S));
        self.sink.push(" loc:(*time.Location)<nil>}}");
    }
}

/// The name that a type, or the field of an embedded one, had in 1.22.
fn old_name(name: &str) -> &str {
    match name {
        "ProbeHandler" | "LifecycleHandler" => "Handler",
        "TypedObjectReference" => "TypedLocalObjectReference",
        "VolumeResourceRequirements" => "ResourceRequirements",
        other => other,
    }
}
