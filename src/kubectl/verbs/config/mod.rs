//! `kubectl config`: the kubeconfig's clusters, users and contexts. Whatever a context names, it is the lab's cluster
//! that answers.

mod change;
mod entries;
mod property;

pub(super) use change::{SET_CLUSTER, SET_CONTEXT, SET_CREDENTIALS};
pub(super) use entries::{DELETE_CLUSTER, DELETE_CONTEXT, DELETE_USER, GET_CLUSTERS, GET_USERS, RENAME_CONTEXT};
pub(super) use property::{SET, UNSET};

use serde_json::{Value, json};

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::config::{self, namespace_of};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;
use crate::kubectl::output::yaml::to_yaml;

/// Where kubectl keeps the kubeconfig, as it says so.
const FILE: &str = "/home/user/.kube/config";

pub(super) const VIEW: Command = Command {
    path: "config view",
    aliases: &[],
    about: "Display merged kubeconfig settings or a specified kubeconfig file",
    usage: "",
    flags: &[Flag::switch("minify", None), Flag::switch("raw", None), Flag::text("output", Some('o'))],
    run: view,
};

pub(super) const CURRENT_CONTEXT: Command = Command {
    path: "config current-context",
    aliases: &[],
    about: "Display the current-context",
    usage: "",
    flags: &[],
    run: current_context,
};

pub(super) const GET_CONTEXTS: Command = Command {
    path: "config get-contexts",
    aliases: &[],
    about: "Describe one or many contexts",
    usage: "[(-o|--output=)name)]",
    flags: &[Flag::switch("no-headers", None), Flag::format()],
    run: get_contexts,
};

pub(super) const USE_CONTEXT: Command = Command {
    path: "config use-context",
    aliases: &["use"],
    about: "Set the current-context in a kubeconfig file",
    usage: "CONTEXT_NAME",
    flags: &[],
    run: use_context,
};

/// The kubeconfig of `--kubeconfig`, or the usual one.
fn load(call: &Call<'_, '_>) -> Value {
    match path_of(call) {
        Some(path) => config::load_from(call.world.files, &path),
        None => config::load(call.world.files),
    }
}

/// Writes the kubeconfig of `--kubeconfig`, or the usual one.
fn store(call: &mut Call<'_, '_>, config: &Value) {
    let path = path_of(call);
    config::store(call.world.files, path.as_deref(), config);
}

fn path_of(call: &Call<'_, '_>) -> Option<String> {
    call.flags.text("kubeconfig").filter(|path| !path.is_empty()).map(str::to_owned)
}

/// The names in `clusters`, `contexts` or `users`.
fn names<'c>(config: &'c Value, list: &str) -> Vec<&'c str> {
    field::list(config, &format!("/{list}")).iter().map(|one| field::text(one, "/name")).collect()
}

fn view(call: &mut Call<'_, '_>) -> Outcome {
    let mut config = load(call);
    if call.flags.switch("minify") {
        minify(&mut config)?;
    }
    if !call.flags.switch("raw") {
        redact(&mut config);
    }
    let text = match call.printer()? {
        None => to_yaml(&config),
        Some(mut printer) => printer.print(vec![config], true)?,
    };
    call.io.out(text);
    Ok(Next::Done)
}

/// Leaves only what the present context uses. Models clientcmd/api.MinifyConfig.
fn minify(config: &mut Value) -> Result<(), Failure> {
    let current = field::text(config, "/current-context").to_owned();
    if current.is_empty() {
        return Err(Failure::new("current-context must exist in order to minify"));
    }
    let contexts = field::list(config, "/contexts");
    let Some(context) = contexts.iter().find(|one| field::text(one, "/name") == current).cloned() else {
        return Err(Failure::Plain(format!("cannot locate context {current}")));
    };
    let keep = [
        ("contexts", current),
        ("clusters", field::text(&context, "/context/cluster").to_owned()),
        ("users", field::text(&context, "/context/user").to_owned()),
    ];
    for (list, name) in keep {
        if let Some(Value::Array(entries)) = config.get_mut(list) {
            entries.retain(|one| field::text(one, "/name") == name);
        }
    }
    Ok(())
}

/// Models clientcmd/api.ShortenConfig and RedactSecrets.
fn redact(config: &mut Value) {
    for (list, inner) in [("clusters", "cluster"), ("users", "user")] {
        let Some(Value::Array(entries)) = config.get_mut(list) else { continue };
        for fields in entries.iter_mut().filter_map(|one| one.get_mut(inner)?.as_object_mut()) {
            for (name, value) in fields {
                match name.as_str() {
                    "certificate-authority-data" | "client-certificate-data" | "client-key-data" => {
                        *value = json!("DATA+OMITTED");
                    }
                    "token" | "password" => *value = json!("REDACTED"),
                    _ => {}
                }
            }
        }
    }
}

fn current_context(call: &mut Call<'_, '_>) -> Outcome {
    let config = load(call);
    match field::text(&config, "/current-context") {
        "" => Err(Failure::new("current-context is not set")),
        context => {
            call.io.out(format!("{context}\n"));
            Ok(Next::Done)
        }
    }
}

/// Models k8s.io/kubectl/pkg/cmd/config GetContextsOptions.
fn get_contexts(call: &mut Call<'_, '_>) -> Outcome {
    let config = load(call);
    let output = call.flags.text("output").unwrap_or_default();
    if !matches!(output, "" | "name") {
        return Err(Failure::Plain(format!(
            "--output {output} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    let all = names(&config, "contexts");
    let wanted: Vec<&str> =
        if call.args().is_empty() { all.clone() } else { call.args().iter().map(String::as_str).collect() };
    let (found, missing): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|name| all.contains(name));
    let mut table = crate::kubectl::TabWriter::for_tables();
    if output.is_empty() && !call.flags.switch("no-headers") {
        table.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    for name in found {
        if output == "name" {
            table.write(&format!("{name}\n"));
            continue;
        }
        let context = field::list(&config, "/contexts").iter().find(|one| field::text(one, "/name") == name);
        let text = |pointer: &str| context.map_or("", |context| field::text(context, pointer));
        let mark = if field::text(&config, "/current-context") == name { "*" } else { "" };
        let (cluster, user) = (text("/context/cluster"), text("/context/user"));
        let namespace = text("/context/namespace");
        table.write(&format!("{mark}\t{name}\t{cluster}\t{user}\t{namespace}\n"));
    }
    let missing = missing.into_iter().map(|name| Failure::Plain(format!("context {name} not found"))).collect();
    call.io.out(table.flush());
    Failure::from_all(missing).map_or(Ok(Next::Done), Err)
}

fn use_context(call: &mut Call<'_, '_>) -> Outcome {
    let [name] = call.args() else {
        let args = call.args().join(" ");
        return Err(call.usage(&format!("Unexpected args: [{args}]")));
    };
    let mut config = load(call);
    if !names(&config, "contexts").contains(&name.as_str()) {
        return Err(Failure::Plain(format!("no context exists with the name: {name:?}")));
    }
    field::set(&mut config, &["current-context"], json!(name));
    let name = name.clone();
    store(call, &config);
    call.io.out(format!("Switched to context \"{name}\".\n"));
    Ok(Next::Done)
}

/// The namespace of the context that the call uses.
pub(in crate::kubectl) fn namespace(call: &Call<'_, '_>) -> String {
    let config = load(call);
    let context = call.flags.text("context").filter(|context| !context.is_empty());
    namespace_of(&config, context.unwrap_or_else(|| field::text(&config, "/current-context")))
}
