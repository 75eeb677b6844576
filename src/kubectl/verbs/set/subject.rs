//! `kubectl set subject`.

use serde_json::{Value, json};

use super::{SELECTED, SHARED, Words, change_all, check_all_and_selector, finish, select_all};
use crate::api::Kind;
use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Flag, with_flags};
use crate::sorting;

pub(crate) const SUBJECT: Command = Command {
    path: "set subject",
    aliases: &[],
    about: "Update the user, group, or service account in a role binding or cluster role binding",
    usage: "(-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
    flags: with_flags!(
        SHARED,
        [SELECTED, Flag::list("group", None), Flag::list("serviceaccount", None), Flag::list("user", None),]
    ),
    run: set_subject,
};

const API_GROUP: &str = "rbac.authorization.k8s.io";

/// Models k8s.io/kubectl/pkg/cmd/set SubjectOptions.
fn set_subject(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let items = select_all(call, &args)?;
    check_all_and_selector(call)?;
    let given = |name: &str| sorting::set(call.flags.texts(name).iter().cloned());
    let (users, groups, accounts) = (given("user"), given("group"), given("serviceaccount"));
    if users.is_empty() && groups.is_empty() && accounts.is_empty() {
        return Err(Failure::new("you must specify at least one value of user, group or serviceaccount"));
    }
    let mut subjects: Vec<Value> = Vec::new();
    for (kind, names) in [("User", users), ("Group", groups)] {
        subjects.extend(names.iter().map(|name| json!({"apiGroup": API_GROUP, "kind": kind, "name": name})));
    }
    for account in &accounts {
        let Some((namespace, name)) =
            account.split_once(':').filter(|(_, name)| !name.is_empty() && !name.contains(':'))
        else {
            return Err(Failure::new("serviceaccount must be <namespace>:<name>"));
        };
        if namespace.is_empty() && items.iter().any(|item| item.kind == Kind::ClusterRoleBinding) {
            return Err(Failure::new("serviceaccount must be <namespace>:<name>, namespace must be specified"));
        }
        let namespace = if namespace.is_empty() { call.namespace() } else { namespace.to_owned() };
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let failed = "failed to patch subjects to rolebinding: ";
    let words = Words { done: "subjects updated", failed, says_unchanged: false };
    let changed = change_all(call, items, &words, |_, item, value| {
        if !matches!(item.kind, Kind::RoleBinding | Kind::ClusterRoleBinding) {
            return Err("setting subjects is only supported for RoleBinding/ClusterRoleBinding".to_owned());
        }
        let Some(fields) = value.as_object_mut() else { return Ok(()) };
        let listed = fields.entry("subjects").or_insert_with(|| json!([]));
        if let Some(listed) = listed.as_array_mut() {
            for subject in &subjects {
                if !listed.contains(subject) {
                    listed.push(subject.clone());
                }
            }
        }
        Ok(())
    });
    finish(changed)
}
