//! Takes out the mutants that do not compile, by what the compiler says of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;
use crate::find::Mutant;
use crate::tree::{self, Place};

/// Writes the copy until it compiles; what had to go.
pub fn sift(
    sources: &BTreeMap<String, String>,
    copy: &Path,
    target: &Path,
    mutants: &mut Vec<Mutant>,
) -> Outcome<Vec<Mutant>> {
    let mut gone = Vec::new();
    tree::without_conflicts(mutants);
    loop {
        let places = tree::write(sources, copy, mutants)?;
        let errors = check(copy, target)?;
        if errors.is_empty() {
            return Ok(gone);
        }
        let guilty: BTreeSet<u32> = errors.iter().flat_map(|error| blame(error, &places)).collect();
        if guilty.is_empty() {
            let first = errors.first().and_then(|error| error["rendered"].as_str()).unwrap_or_default();
            return Err(format!("an error that no mutant is near to:\n{first}"));
        }
        let (out, kept) = mutants.drain(..).partition(|mutant| guilty.contains(&mutant.id));
        gone.extend::<Vec<Mutant>>(out);
        *mutants = kept;
    }
}

/// The compiler's errors as it writes them in JSON.
fn check(copy: &Path, target: &Path) -> Outcome<Vec<Value>> {
    let output = Command::new("cargo")
        .args(["check", "--quiet", "--locked", "--lib", "--message-format=json"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"]["level"] == "error")
        .map(|mut line| line["message"].take())
        .filter(|message| message["spans"].as_array().is_some_and(|spans| !spans.is_empty()))
        .collect();
    if errors.is_empty() && !output.status.success() {
        return Err("the copy does not compile, and the compiler does not say where".to_owned());
    }
    Ok(errors)
}

/// The mutants that an error speaks of: in whose own text it is; else the innermost that it is in; else the nearest.
fn blame(error: &Value, places: &BTreeMap<String, Vec<Place>>) -> Vec<u32> {
    let mut spans: Vec<&Value> = error["spans"].as_array().into_iter().flatten().collect();
    spans.sort_by_key(|span| span["is_primary"] != true);
    let spans: Vec<(&[Place], usize, usize)> = spans
        .into_iter()
        .filter_map(|span| {
            let file = places.get(span["file_name"].as_str()?)?;
            let (start, end) = (span["byte_start"].as_u64()?, span["byte_end"].as_u64()?);
            Some((file.as_slice(), usize::try_from(start).ok()?, usize::try_from(end).ok()?))
        })
        .collect();
    let own = spans.iter().find_map(|&(file, start, end)| {
        file.iter().find(|place| place.own.iter().any(|own| own.start <= start && end <= own.end))
    });
    let around = || {
        spans.iter().find_map(|&(file, start, end)| {
            file.iter()
                .filter(|place| place.whole.start <= start && end <= place.whole.end)
                .min_by_key(|place| place.whole.len())
        })
    };
    let nearest =
        || spans.iter().find_map(|&(file, start, _)| file.iter().min_by_key(|place| place.whole.start.abs_diff(start)));
    own.or_else(around).or_else(nearest).map(|place| place.id).into_iter().collect()
}
