//! The text of a session. Its first keys are `v`, the format's version; `s`, the seed; `k`, the version of Kubernetes;
//! `l`, a lesson's id, or `y`, its YAML; `f`, the open file; `h`, the fingerprint; `b`, the version of the lab that made it; all but `v` only where they are not
//! the default. `i` lists what was done: a number lets so many milliseconds pass (since the beginning, behind
//! `u`), a text is a line typed into the first terminal, and the rest are lists that begin with a letter.

use serde_json::{Map, Value, json};

use super::{DEFAULT_SEED, LONGEST_TEXT, Session, SessionError, Start};
use crate::api::KubernetesVersion;
use crate::lab::{Input, LabOptions, Patch};
use crate::sim::SimTime;

/// The version of the format.
const VERSION: u64 = 1;
/// The longest name of a version of the lab, in bytes.
const LONGEST_VERSION: usize = 32;
/// More than anybody types.
const MOST_INPUTS: usize = 20_000;
/// More simulated time than anybody lets pass, in milliseconds: a week.
const LONGEST_MS: u64 = 7 * 24 * 3_600_000;
/// More single steps than anybody makes.
const MOST_STEPS: u64 = 1_000_000;

pub(super) fn write(session: &Session) -> String {
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    put("v", VERSION.into());
    match &session.start {
        Start::Free(options) => {
            if options.seed != DEFAULT_SEED {
                put("s", options.seed.into());
            }
            if options.version != KubernetesVersion::default() {
                put("k", options.version.as_str().into());
            }
        }
        Start::Lesson(id) => drop(put("l", id.as_str().into())),
        Start::OwnLesson(text) => drop(put("y", text.as_str().into())),
    }
    if let Some(file) = &session.open_file {
        put("f", file.as_str().into());
    }
    if let Some(fingerprint) = session.fingerprint {
        put("h", fingerprint.into());
    }
    if let Some(version) = &session.made_by {
        put("b", version.as_str().into());
    }
    let mut now = 0;
    put("i", session.inputs.iter().map(|input| write_input(input, &mut now)).collect());
    Value::Object(all).to_string()
}

fn write_input(input: &Input, now: &mut u64) -> Value {
    match input {
        Input::Until(at) => {
            let passed = at.as_ms().saturating_sub(*now);
            *now = at.as_ms();
            passed.into()
        }
        Input::Steps(steps) => json!(["s", steps]),
        Input::Submit { terminal: 0, line } => line.as_str().into(),
        Input::Submit { terminal, line } => json!(["t", terminal, line]),
        Input::Interrupt(terminal) => json!(["c", terminal]),
        Input::Write { file, patch: Patch { base, from, cut, text } } => json!(["w", file, base, from, cut, text]),
        Input::EndEdit => json!(["e"]),
        Input::Seek(at) => {
            *now = at.as_ms();
            json!(["g", at.as_ms()])
        }
        Input::UndoFork => {
            *now = 0;
            json!(["u"])
        }
        Input::Choose(choice) => json!(["a", choice]),
        Input::Retry => json!(["r"]),
    }
}

pub(super) fn read(text: &str) -> Result<Session, SessionError> {
    if text.len() > LONGEST_TEXT {
        return Err(SessionError::TooLong);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| SessionError::Broken(error.to_string()))?;
    let version = value.get("v").and_then(Value::as_u64).ok_or_else(|| broken("v"))?;
    if version > VERSION {
        return Err(SessionError::TooNew(version));
    }
    let text_of = |key: &str| match value.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(broken(key)),
    };
    let start = match (text_of("l")?, text_of("y")?) {
        (Some(id), _) => Start::Lesson(id),
        (None, Some(text)) => Start::OwnLesson(text),
        (None, None) => {
            let seed = value.get("s").map_or(Some(DEFAULT_SEED), Value::as_u64).ok_or_else(|| broken("s"))?;
            let version = match text_of("k")? {
                Some(text) => KubernetesVersion::parse(&text).ok_or_else(|| broken("k"))?,
                None => KubernetesVersion::default(),
            };
            Start::Free(LabOptions { seed, version })
        }
    };
    let fingerprint = match value.get("h") {
        None => None,
        Some(number) => Some(number.as_u64().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| broken("h"))?),
    };
    let made_by = text_of("b")?;
    // It is shown to the visitor.
    let is_version = |text: &String| text.len() <= LONGEST_VERSION && text.chars().all(|c| c.is_ascii_graphic());
    if !made_by.as_ref().is_none_or(is_version) {
        return Err(broken("b"));
    }
    let inputs = value.get("i").and_then(Value::as_array).ok_or_else(|| broken("i"))?;
    if inputs.len() > MOST_INPUTS {
        return Err(SessionError::TooLong);
    }
    Ok(Session { start, inputs: read_inputs(inputs)?, open_file: text_of("f")?, fingerprint, made_by })
}

fn read_inputs(values: &[Value]) -> Result<Vec<Input>, SessionError> {
    let mut inputs = Vec::with_capacity(values.len());
    let (mut now, mut passed, mut stepped) = (0_u64, 0_u64, 0_u64);
    for (at, value) in values.iter().enumerate() {
        let input = read_input(value, now).ok_or_else(|| broken(&format!("i[{at}]")))?;
        match &input {
            Input::Until(SimTime(until)) => {
                passed = passed.saturating_add(until - now);
                now = *until;
            }
            Input::Seek(SimTime(to)) => now = *to,
            Input::UndoFork => now = 0,
            Input::Steps(steps) => stepped = stepped.saturating_add(*steps),
            _ => {}
        }
        if passed > LONGEST_MS || now > LONGEST_MS || stepped > MOST_STEPS {
            return Err(SessionError::TooLong);
        }
        inputs.push(input);
    }
    Ok(inputs)
}

fn read_input(value: &Value, now: u64) -> Option<Input> {
    let parts = match value {
        Value::Number(passed) => return Some(Input::Until(SimTime(now.checked_add(passed.as_u64()?)?))),
        Value::String(line) => return Some(Input::Submit { terminal: 0, line: line.clone() }),
        Value::Array(parts) => parts,
        _ => return None,
    };
    let number = |at: usize| parts.get(at)?.as_u64();
    let size = |at: usize| usize::try_from(number(at)?).ok();
    let text = |at: usize| parts.get(at)?.as_str().map(str::to_owned);
    Some(match parts.first()?.as_str()? {
        "s" => Input::Steps(number(1)?),
        "t" => Input::Submit { terminal: size(1)?, line: text(2)? },
        "c" => Input::Interrupt(size(1)?),
        "w" => Input::Write {
            file: text(1)?,
            patch: Patch { base: size(2)?, from: size(3)?, cut: size(4)?, text: text(5)? },
        },
        "e" => Input::EndEdit,
        "g" => Input::Seek(SimTime(number(1)?)),
        "u" => Input::UndoFork,
        "a" => Input::Choose(size(1)?),
        "r" => Input::Retry,
        _ => return None,
    })
}

fn broken(what: &str) -> SessionError {
    SessionError::Broken(what.to_owned())
}
