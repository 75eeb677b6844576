//! A decoded value as Go prints it, for complaints about keys.

use std::cmp::Ordering;

use crate::api::go_text;
use crate::sorting;

use super::decode::{Data, Decoded, Key};
use super::fault::Fault;
use super::resolve::Scalar;

/// How long a printed value may become: a key of aliases of a long text would fill the memory.
const MAX_PRINTED_BYTES: usize = 4096;

/// A key as JSON has it. Models sigs.k8s.io/yaml convertToJSONableObject.
pub(super) fn key_to_text(key: &Key, value: &Decoded) -> Result<String, Fault> {
    let (type_name, shown) = match &key.scalar {
        Scalar::Text(text) => return Ok(text.clone()),
        Scalar::Bool(value) => return Ok(value.to_string()),
        Scalar::Int(value) => return Ok(value.to_string()),
        Scalar::Float(value) => {
            return Ok(match go_text::float32(*value).as_str() {
                "NaN" => ".nan".to_owned(),
                "+Inf" => ".inf".to_owned(),
                "-Inf" => "-.inf".to_owned(),
                text => text.to_owned(),
            });
        }
        Scalar::Null => ("%!s(<nil>)", "<nil>".to_owned()),
        Scalar::Unsigned(value) => ("uint64", format!("{value:#x}")),
    };
    let problem = format!("unsupported map key of type: {type_name}, key: {shown}, value: {}", go_syntax(value));
    Err(Fault::decoding(problem, Some(key.mark)))
}

/// Go's `%#v` of a decoded value.
pub(super) fn go_syntax(decoded: &Decoded) -> String {
    let mut text = String::new();
    write(&decoded.data, false, &mut text);
    if text.len() > MAX_PRINTED_BYTES {
        let end = (0..=MAX_PRINTED_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn write(data: &Data, in_interface: bool, text: &mut String) {
    if text.len() > MAX_PRINTED_BYTES {
        return;
    }
    match data {
        Data::Scalar(scalar) => write_scalar(scalar, in_interface, text),
        Data::Sequence(items) => {
            text.push_str("[]interface {}{");
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                write(&item.data, true, text);
            }
            text.push('}');
        }
        Data::Mapping(entries) => {
            text.push_str("map[interface {}]interface {}{");
            let mut pairs: Vec<&(Key, Decoded)> = entries.list.iter().collect();
            sorting::sort_by(&mut pairs, |(left, _), (right, _)| order(&left.scalar, &right.scalar));
            for (at, (key, value)) in pairs.into_iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                write_scalar(&key.scalar, true, text);
                text.push(':');
                write(&value.data, true, text);
            }
            text.push('}');
        }
    }
}

fn write_scalar(scalar: &Scalar, in_interface: bool, text: &mut String) {
    match scalar {
        Scalar::Null => text.push_str(if in_interface { "interface {}(nil)" } else { "<nil>" }),
        Scalar::Bool(value) => text.push_str(&value.to_string()),
        Scalar::Int(value) => text.push_str(&value.to_string()),
        Scalar::Unsigned(value) => text.push_str(&format!("{value:#x}")),
        Scalar::Float(value) => text.push_str(&go_text::float(*value)),
        Scalar::Text(value) => {
            let end = (0..=value.len().min(MAX_PRINTED_BYTES)).rev().find(|end| value.is_char_boundary(*end));
            text.push_str(&go_text::quote(value.get(..end.unwrap_or(0)).unwrap_or_default()));
        }
    }
}

/// Models internal/fmtsort compare: nothing first, then by type, as the types lie in kubectl's memory, then by value.
fn order(left: &Scalar, right: &Scalar) -> Ordering {
    match (left, right) {
        (Scalar::Bool(left), Scalar::Bool(right)) => left.cmp(right),
        (Scalar::Int(left), Scalar::Int(right)) => left.cmp(right),
        (Scalar::Unsigned(left), Scalar::Unsigned(right)) => left.cmp(right),
        (Scalar::Float(left), Scalar::Float(right)) => {
            left.partial_cmp(right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
        }
        (Scalar::Text(left), Scalar::Text(right)) => left.cmp(right),
        _ => type_place(left).cmp(&type_place(right)),
    }
}

fn type_place(scalar: &Scalar) -> u8 {
    match scalar {
        Scalar::Null => 0,
        Scalar::Text(_) => 1,
        Scalar::Int(_) => 2,
        Scalar::Bool(_) => 3,
        Scalar::Float(_) => 4,
        Scalar::Unsigned(_) => 5,
    }
}
