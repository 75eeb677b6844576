//! `kubectl config set|unset`: one property by its path.

use serde_json::{Value, json};

use super::{load, store};
use crate::api::conversion::base64;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::config::entry;
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;

pub(crate) const SET: Command = Command {
    path: "config set",
    aliases: &[],
    about: "Set an individual value in a kubeconfig file",
    usage: "PROPERTY_NAME PROPERTY_VALUE",
    flags: &[Flag::switch("set-raw-bytes", None)],
    run: set,
};

pub(crate) const UNSET: Command = Command {
    path: "config unset",
    aliases: &[],
    about: "Unset an individual value in a kubeconfig file",
    usage: "PROPERTY_NAME",
    flags: &[],
    run: unset,
};

const LISTS: [&str; 3] = ["clusters", "contexts", "users"];
/// Properties that hold truth values.
const SWITCHES: [&str; 2] = ["insecure-skip-tls-verify", "disable-compression"];

/// `clusters.NAME.FIELD`: the list, the entry's name, which may hold points, and the field.
fn split(property: &str) -> Option<(&str, &str, &str)> {
    let (list, rest) = property.split_once('.')?;
    let (name, last) = rest.rsplit_once('.')?;
    LISTS.contains(&list).then_some((list, name, last))
}

/// Models k8s.io/kubectl/pkg/cmd/config SetOptions.
fn set(call: &mut Call<'_, '_>) -> Outcome {
    let [property, value] = call.args() else {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    };
    if value.is_empty() {
        return Err(Failure::new("you cannot use set to unset a property"));
    }
    let mut config = load(call);
    if let Some((list, name, last)) = split(property) {
        let value = if last.ends_with("-data") && call.flags.switch("set-raw-bytes") {
            json!(base64(value))
        } else if SWITCHES.contains(&last) {
            json!(value == "true")
        } else {
            json!(value)
        };
        if let Some(fields) = entry(&mut config, list, name) {
            field::set(fields, &[last], value);
        }
    } else if property == "current-context" {
        field::set(&mut config, &["current-context"], json!(value));
    } else {
        return Err(unknown(property));
    }
    let property = property.clone();
    store(call, &config);
    call.io.out(format!("Property {property:?} set.\n"));
    Ok(Next::Done)
}

fn unset(call: &mut Call<'_, '_>) -> Outcome {
    let [property] = call.args() else {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    };
    let property = property.clone();
    let mut config = load(call);
    let name = property.split_once('.').filter(|(list, _)| LISTS.contains(list));
    let entries = name.and_then(|(list, name)| Some((config.get_mut(list)?.as_array_mut()?, name)));
    match entries {
        Some((entries, name)) if entries.iter().any(|one| field::text(one, "/name") == name) => {
            entries.retain(|one| field::text(one, "/name") != name);
        }
        Some((entries, rest)) => {
            let fields = rest.rsplit_once('.').and_then(|(name, last)| {
                let one = entries.iter_mut().find(|one| field::text(one, "/name") == name)?;
                let inner = ["cluster", "context", "user"].into_iter().find(|inner| one.get(*inner).is_some())?;
                Some((one.get_mut(inner)?.as_object_mut()?, last))
            });
            if let Some((fields, last)) = fields {
                fields.remove(last);
            }
        }
        None if property == "current-context" || LISTS.contains(&property.as_str()) => {
            let empty = if property == "current-context" { json!("") } else { Value::Null };
            field::set(&mut config, &[property.as_str()], empty);
        }
        None => return Err(unknown(&property)),
    }
    store(call, &config);
    call.io.out(format!("Property {property:?} unset.\n"));
    Ok(Next::Done)
}

fn unknown(property: &str) -> Failure {
    let first = property.split('.').next().unwrap_or_default();
    Failure::Plain(format!("unable to locate path {first:?} in the kubeconfig"))
}
