//! `kubectl config get-clusters|get-users|delete-context|delete-cluster|delete-user|rename-context`.

use serde_json::{Value, json};

use super::{FILE, load, names, store};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;

macro_rules! entry_command {
    ($name:ident, $path:literal, $about:literal, $usage:literal, $run:expr) => {
        pub(crate) const $name: Command = Command {
            path: concat!("config ", $path),
            aliases: &[],
            about: $about,
            usage: $usage,
            flags: &[],
            run: $run,
        };
    };
}

entry_command!(GET_CLUSTERS, "get-clusters", "Display clusters defined in the kubeconfig", "", |call| {
    list(call, "clusters")
});
entry_command!(GET_USERS, "get-users", "Display users defined in the kubeconfig", "", |call| list(call, "users"));
entry_command!(DELETE_CONTEXT, "delete-context", "Delete the specified context from the kubeconfig", "NAME", |call| {
    delete(call, "contexts", "context")
});
entry_command!(DELETE_CLUSTER, "delete-cluster", "Delete the specified cluster from the kubeconfig", "NAME", |call| {
    delete(call, "clusters", "cluster")
});
entry_command!(DELETE_USER, "delete-user", "Delete the specified user from the kubeconfig", "NAME", |call| {
    delete(call, "users", "user")
});
entry_command!(
    RENAME_CONTEXT,
    "rename-context",
    "Rename a context from the kubeconfig file",
    "CONTEXT_NAME NEW_NAME",
    rename
);

fn list(call: &mut Call<'_, '_>, list: &str) -> Outcome {
    let config = load(call);
    let lines: String = names(&config, list).into_iter().map(|name| format!("{name}\n")).collect();
    call.io.out(format!("NAME\n{lines}"));
    Ok(Next::Done)
}

fn delete(call: &mut Call<'_, '_>, list: &str, what: &str) -> Outcome {
    let [name] = call.args() else { return Err(call.usage(&format!("{what} to delete is required"))) };
    let name = name.clone();
    let mut config = load(call);
    if !names(&config, list).contains(&name.as_str()) {
        return Err(Failure::Plain(format!("cannot delete {what} {name}, not in {FILE}")));
    }
    if list == "contexts" && field::text(&config, "/current-context") == name {
        call.io.err(
            "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n",
        );
    }
    if let Some(Value::Array(entries)) = config.get_mut(list) {
        entries.retain(|one| field::text(one, "/name") != name);
    }
    store(call, &config);
    call.io.out(format!("deleted {what} {name} from {FILE}\n"));
    Ok(Next::Done)
}

fn rename(call: &mut Call<'_, '_>) -> Outcome {
    let [old, new] = call.args() else {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    };
    let (old, new) = (old.clone(), new.clone());
    let mut config = load(call);
    let known = names(&config, "contexts");
    if !known.contains(&old.as_str()) {
        return Err(Failure::Plain(format!("cannot rename the context {old:?}, it's not in {FILE}")));
    }
    if known.contains(&new.as_str()) {
        return Err(Failure::Plain(format!(
            "cannot rename the context {old:?}, the context {new:?} already exists in {FILE}"
        )));
    }
    if let Some(Value::Array(entries)) = config.get_mut("contexts") {
        for entry in entries.iter_mut().filter(|one| field::text(one, "/name") == old) {
            field::set(entry, &["name"], json!(new));
        }
        crate::sorting::sort_by_key(entries, |one| field::text(one, "/name").to_owned());
    }
    if field::text(&config, "/current-context") == old {
        field::set(&mut config, &["current-context"], json!(new));
    }
    store(call, &config);
    call.io.out(format!("Context {old:?} renamed to {new:?}.\n"));
    Ok(Next::Done)
}
