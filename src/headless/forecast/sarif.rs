//! A forecast as the Static Analysis Results Interchange Format 2.1.0, which code hosts show beside the lines.

use hellok8s_lab::lab::forecast::Ending;
use serde_json::{Value, json};

use super::Told;
use super::side::Side;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// One run with a result for the forecast, and one for each thing that is not simulated.
pub fn sarif(told: &Told, new: &Side) -> String {
    let verdict = &told.verdict;
    let level = match verdict.ending {
        Ending::RollsOut | Ending::Unchanged => "note",
        Ending::Unknown => "warning",
        Ending::Interrupts | Ending::Stalls | Ending::Refused => "error",
    };
    let is_deployment = |object: &&super::side::Located| object.key().0 == "Deployment";
    let first = new.objects.iter().find(is_deployment).or(new.objects.first());
    let (file, line) = first.map_or((new.shown.clone(), 1), |object| {
        (object.file.clone(), object.document.positions.nearest("kind").0.max(1))
    });
    let mut results = vec![result(verdict.ending.as_str(), level, &verdict.because, &file, line)];
    results.extend(told.not_simulated.iter().map(|note| {
        let level = if note.may_decide { "warning" } else { "note" };
        let text = format!("{} is not simulated: {}.", note.path, note.text);
        result("not-simulated", level, &text, &note.file, note.line)
    }));
    let rules: Vec<Value> =
        RULES.iter().map(|(id, text)| json!({"id": id, "shortDescription": {"text": text}})).collect();
    let driver = json!({"name": "hellok8s-lab", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

const RULES: [(&str, &str); 7] = [
    ("rolls-out", "The change rolls out."),
    ("unchanged", "The change changes nothing."),
    ("interrupts", "The change interrupts service."),
    ("stalls", "The rollout does not come to its end."),
    ("refused", "The API server refuses the change."),
    ("unknown", "Something that is not simulated may decide."),
    ("not-simulated", "A field is not acted on in the forecast."),
];

fn result(rule: &str, level: &str, text: &str, file: &str, line: usize) -> Value {
    // An address as RFC 3986 has it: relative to the folder in which the command was started.
    let uri = file.replace('\\', "/").replace('%', "%25").replace(' ', "%20");
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}],
    })
}
