//! `kubectl set serviceaccount`.

use serde_json::json;

use super::{RECORDED, SHARED, Words, change_all, finish, pod_spec, select_all};
use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::with_flags;

pub(crate) const SERVICE_ACCOUNT: Command = Command {
    path: "set serviceaccount",
    aliases: &["sa"],
    about: "Update the service account of a resource",
    usage: "(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    flags: with_flags!(SHARED, [RECORDED]),
    run: set_service_account,
};

/// Models k8s.io/kubectl/pkg/cmd/set SetServiceAccountOptions.
fn set_service_account(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let Some((name, objects)) = args.split_last() else { return Err(Failure::new("serviceaccount is required")) };
    let objects = if call.flags.switch("local") { &[] } else { objects };
    let items = select_all(call, objects)?;
    let words =
        Words { done: "serviceaccount updated", failed: "failed to patch ServiceAccountName ", says_unchanged: true };
    let changed = change_all(call, items, &words, |_, item, value| {
        field::set(pod_spec(item.kind, value)?, &["serviceAccountName"], json!(name));
        Ok(())
    });
    finish(changed)
}
