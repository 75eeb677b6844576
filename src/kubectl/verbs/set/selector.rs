//! `kubectl set selector`.

use serde_json::json;

use super::{RECORDED, SHARED, Words, change_all, finish, select_all};
use crate::api::Kind;
use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{Flag, with_flags};

pub(crate) const SELECTOR: Command = Command {
    path: "set selector",
    aliases: &[],
    about: "Set the selector on a resource",
    usage: "(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
    flags: with_flags!(SHARED, [RECORDED, Flag::text("resource-version", None),]),
    run: set_selector,
};

/// Models k8s.io/kubectl/pkg/cmd/set SetSelectorOptions.
fn set_selector(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let Some((expression, objects)) = args.split_last() else { return Err(Failure::new("one selector is required")) };
    let mut selector = serde_json::Map::new();
    let mut odd = None;
    for term in expression.split(',').filter(|term| !term.is_empty()) {
        match term.split_once('=').filter(|(key, _)| !key.ends_with('!')) {
            Some((key, value)) => drop(selector.insert(key.to_owned(), json!(value.trim_start_matches('=')))),
            None => odd = Some(term),
        }
    }
    let items = select_all(call, objects)?;
    let version = call.flags.text("resource-version").unwrap_or_default().to_owned();
    let words = Words { done: "selector updated", failed: "", says_unchanged: false };
    let changed = change_all(call, items, &words, |_, item, value| {
        if item.kind != Kind::Service {
            return Err("setting a selector is only supported for Services".to_owned());
        }
        if let Some(odd) = odd {
            return Err(format!("match expression {odd} not supported on this object"));
        }
        field::set(value, &["spec", "selector"], json!(selector));
        if !version.is_empty() {
            field::set(value, &["metadata", "resourceVersion"], json!(version));
        }
        Ok(())
    });
    finish(changed)
}
