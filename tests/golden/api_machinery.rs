//! Quantities, int-or-percent, encoded names, defaulting, the pod template's hash.

use hellok8s_lab::api::{IntOrString, Quantity, encode};
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
    let dec = &quantity["d"]["Dec"];
    if dec.is_null() {
        return Some(format!("{}e{}", quantity["i"]["value"], quantity["i"]["scale"]));
    }
    let words = dec["unscaled"]["abs"].as_array().cloned().unwrap_or_default();
    let magnitude = words.iter().rev().fold(0_u128, |sum, word| (sum << 64) | u128::from(word.as_u64().unwrap_or(0)));
    let sign = if dec["unscaled"]["neg"] == true { "-" } else { "" };
    Some(format!("{sign}{magnitude}e{}", -dec["scale"].as_i64()?))
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
