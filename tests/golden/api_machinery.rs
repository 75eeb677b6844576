//! Quantities, int-or-percent, encoded names, defaulting, the pod template's hash.

use hellok8s_lab::api::{
    IntOrString, Kind, KubernetesVersion, Object, Quantity, defaults, encode, strict, template_hash,
};
use serde_json::{Value, json};

use crate::table;

#[test]
fn quantity() {
    table::run("quantity", |row| {
        let text = row["in"]["text"].as_str().unwrap_or_default();
        let mut ours = match Quantity::parse(text) {
            Err(error) => json!({"error": error.to_string()}),
            Ok(quantity) => json!({
                "canonical": quantity.to_string(),
                "format": quantity.format().as_str(),
                "milliValue": quantity.milli_value(),
                "recanonicalized": quantity.canonical(),
                "sign": quantity.sign(),
                "value": quantity.value(),
            }),
        };
        // The table leaves out thousandths that do not fit 64 bits.
        if row["out"]["milliValue"].is_null() && ours["error"].is_null() {
            ours["milliValue"] = Value::Null;
        }
        table::same(&ours, &row["out"])
    });
}

#[test]
fn quantity_upstream() {
    let canonical =
        |text: &Value| Quantity::parse(text.as_str().unwrap_or_default().trim()).map(|quantity| quantity.canonical());
    table::run_upstream("quantity", "TestQuantityParseEmit", |case| {
        table::same(&json!(canonical(&case["in"]).ok()), &case["expect"])
    });
    table::run_upstream("quantity", "TestQuantityString", |case| {
        let texts = [&case["expect"], &case["alternate"]].into_iter().filter(|text| *text != "");
        let ours: Vec<Value> = texts.clone().map(|text| json!(canonical(text).ok())).collect();
        table::same(&json!(ours), &json!(vec![&case["expect"]; texts.count()]))
    });
    table::run_upstream("quantity", "TestQuantityCmp", |case| {
        let read = |name: &str| Quantity::parse(case[name].as_str().unwrap_or_default()).ok();
        table::same(&json!(read("x").cmp(&read("y")) as i8), &case["expect"])
    });
    table::run_upstream("quantity", "TestQuantityParse", |case| {
        let text = case["input"].as_str().unwrap_or_default();
        let expected = expected_value(&case["expect"]);
        let ours = Quantity::parse(text).map(|quantity| (quantity.format().as_str(), quantity.canonical()));
        let format = case["expect"]["Format"].as_str().unwrap_or_default();
        match (ours, expected) {
            (Ok((ours_format, _)), _) if ours_format != format => Err(format!("{text}: {ours_format}, not {format}")),
            (Ok(_), Some(expected)) if Quantity::parse(text) == Quantity::parse(&expected) => Ok(()),
            (ours, expected) => Err(format!("{text}: {ours:?}, not {expected:?}")),
        }
    });
}

/// The value of a dumped Go quantity, written so that it can be parsed.
fn expected_value(quantity: &Value) -> Option<String> {
    let number = |path: &str| quantity.pointer(path).and_then(Value::as_i64);
    let Some(scale) = number("/d/Dec/scale") else {
        return Some(format!("{}e{}", number("/i/value")?, number("/i/scale")?));
    };
    let words = quantity.pointer("/d/Dec/unscaled/abs").and_then(Value::as_array).cloned().unwrap_or_default();
    let magnitude = words.iter().rev().fold(0_u128, |sum, word| (sum << 64) | u128::from(word.as_u64().unwrap_or(0)));
    let is_negative = quantity.pointer("/d/Dec/unscaled/neg") == Some(&Value::Bool(true));
    Some(format!("{}{magnitude}e{}", if is_negative { "-" } else { "" }, -scale))
}

#[test]
fn intstr() {
    table::run("intstr", |row| {
        let input = &row["in"];
        let text = input["value"].as_str().unwrap_or_default();
        let parsed = IntOrString::parse(text);
        let value = if input["isInt"] == true { parsed.clone() } else { IntOrString::String(text.to_owned()) };
        let total = i32::try_from(input["total"].as_i64().unwrap_or_default()).unwrap_or_default();
        let mut ours = json!({
            "parseOfText": {"isInt": matches!(parsed, IntOrString::Int(_)), "text": parsed.to_string()},
        });
        match (value.scaled(total, false), value.scaled(total, true)) {
            (Ok(down), Ok(up)) => {
                ours["roundDown"] = json!(down);
                ours["roundUp"] = json!(up);
            }
            (Err(error), _) | (_, Err(error)) => ours["error"] = json!(error),
        }
        table::same(&ours, &row["out"])
    });
}

#[test]
fn intstr_upstream() {
    let read = |value: &Value| serde_json::from_value::<IntOrString>(value.clone()).unwrap_or_default();
    table::run_upstream("intstr", "TestGetIntFromIntOrPercent", |case| {
        let total = i32::try_from(case["total"].as_i64().unwrap_or_default()).unwrap_or_default();
        let ours = read(&case["input"]).scaled(total, case["roundUp"] == true);
        let expected = if case["expectErr"] == true { None } else { case["expectVal"].as_i64() };
        table::same(&json!(ours.ok()), &json!(expected))
    });
    table::run_upstream("intstr", "TestParse", |case| {
        table::same(&json!(IntOrString::parse(case["input"].as_str().unwrap_or_default())), &case["output"])
    });
}

#[test]
fn encode_names() {
    table::run("encode", |row| {
        let text = row["in"]["text"].as_str().unwrap_or_default();
        let hash = encode::fnv32a(text.bytes());
        let ours = json!({
            "safeEncode": encode::safe_encode(text),
            "fnv32a": hash,
            "hashName": encode::safe_encode(&hash.to_string()),
        });
        table::same(&ours, &row["out"])
    });
}

/// Reads, then defaults: what the API server stores.
fn stored(kind: Kind, object: &Value) -> Result<Value, String> {
    let mut value = strict::decode(kind, object)?.value;
    defaults::set_defaults(kind, &mut value);
    Ok(value)
}

#[test]
fn defaulting() {
    table::run("defaulting", |row| {
        let ours = stored(Kind::Deployment, &row["in"])?;
        table::same(&ours, &row["out"])?;
        table::same(&Object::from_value(Kind::Deployment, ours.clone())?.to_value(), &ours)
    });
}

#[test]
fn defaulting_upstream() {
    // The Go tests compare specs.
    let check = |kind: Kind, before: &'static str| {
        move |case: &Value| table::same(&stored(kind, &case[before])?["spec"], &case["expected"]["spec"])
    };
    table::run_upstream("apps_defaults", "TestSetDefaultDeployment", check(Kind::Deployment, "original"));
    table::run_upstream("apps_defaults", "TestSetDefaultDaemonSetSpec", check(Kind::DaemonSet, "original"));
    table::run_upstream("apps_defaults", "TestSetDefaultStatefulSet", |case| {
        let mut ours = stored(Kind::StatefulSet, &case["original"])?;
        // The test switches the feature; here it is as in the release.
        if case["enableMaxUnavailablePolicy"] == false
            && case["original"]["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"].is_null()
            && let Some(bounds) = ours.pointer_mut("/spec/updateStrategy/rollingUpdate").and_then(Value::as_object_mut)
        {
            bounds.remove("maxUnavailable");
        }
        table::same(&ours["spec"], &case["expected"]["spec"])
    });
    table::run_upstream("apps_defaults", "TestSetDefaultReplicaSetReplicas", |case| {
        table::same(&stored(Kind::ReplicaSet, &case["rs"])?["spec"]["replicas"], &case["expectReplicas"])
    });
}

/// The validation table's rows, as far as the decoder decides them.
#[test]
fn decoding() {
    let base = table::base("validation_base.json");
    table::run("validation", |row| {
        let mut object = base.clone();
        for change in row["in"]["set"].as_array().into_iter().flatten() {
            apply(&mut object, change[0].as_str().unwrap_or_default(), change.get(1));
        }
        let (decode_error, strict_error) = match strict::decode(Kind::Deployment, &object) {
            Ok(decoded) => (None, decoded.strict_error()),
            Err(error) => (Some(error.clone()), Some(error)),
        };
        let ours = json!({"decodeError": decode_error, "strictDecodeError": strict_error});
        let theirs = &row["out"];
        let theirs = json!({"decodeError": theirs["decodeError"], "strictDecodeError": theirs["strictDecodeError"]});
        table::same(&ours, &theirs)
    });
}

/// Sets the value at `a/b/0`, or takes it away.
pub fn apply(object: &mut Value, path: &str, value: Option<&Value>) {
    let mut at = object;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let index = part.parse::<usize>();
        if parts.peek().is_none() {
            match (at, index, value) {
                (Value::Array(list), Ok(index), Some(value)) => {
                    if let Some(element) = list.get_mut(index) {
                        *element = value.clone();
                    }
                }
                (Value::Object(fields), _, Some(value)) => drop(fields.insert(part.to_owned(), value.clone())),
                (Value::Object(fields), _, None) => drop(fields.remove(part)),
                _ => {}
            }
            return;
        }
        let next = match (at, index) {
            (Value::Array(list), Ok(index)) => list.get_mut(index),
            (Value::Object(fields), _) => Some(fields.entry(part).or_insert_with(|| json!({}))),
            _ => None,
        };
        let Some(next) = next else { return };
        at = next;
    }
}

#[test]
fn template_hash_of_pods() {
    table::run("template_hash", |row| {
        let template = &row["in"]["template"];
        let collisions = row["in"]["collisionCount"].as_i64().and_then(|count| i32::try_from(count).ok());
        let theirs = &row["out"];
        if let Some(dump) = theirs["dump"].as_str() {
            let ours = template_hash::dump_text(template, KubernetesVersion::V1_36);
            table::same(&json!(ours), &json!(dump))?;
        }
        let hash = template_hash::compute_hash(template, collisions, KubernetesVersion::V1_36);
        table::same(&json!(hash), &theirs["hash"])
    });
}

/// The names of the tutorial's ReplicaSets in both releases.
#[test]
fn template_hash_of_the_tutorial() {
    let chapter = [
        ("02-v1-replicas-3", "77bffb88c5", "574b6cc557"),
        ("03-v2", "66799848c4", "6cbdd75c98"),
        ("05-liveness", "568845cdf4", "8559854db9"),
        ("06-bad-readiness", "9c57c7f56", "57d5987557"),
    ];
    for (name, old, new) in chapter {
        let path = format!("{}/tests/data/tutorial/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the manifest");
        let document = hellok8s_lab::manifest::parse(name, &text).expect("YAML").remove(0);
        let manifest = document.value;
        let template = stored(Kind::Deployment, &manifest).expect("a Deployment")["spec"]["template"].take();
        for (version, expected) in [(KubernetesVersion::V1_22, old), (KubernetesVersion::V1_36, new)] {
            assert_eq!(template_hash::compute_hash(&template, None, version), expected, "{name} {version:?}");
        }
    }
}
