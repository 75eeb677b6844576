//! `kubectl config`: one context, whose namespace can be changed.

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::config::{current_namespace, kubeconfig, set_namespace};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;

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
    usage: "",
    flags: &[Flag::switch("no-headers", None), Flag::text("output", Some('o'))],
    run: get_contexts,
};

pub(super) const SET_CONTEXT: Command = Command {
    path: "config set-context",
    aliases: &[],
    about: "Set a context entry in kubeconfig",
    usage: "[NAME | --current] [--namespace=namespace]",
    flags: &[Flag::switch("current", None)],
    run: set_context,
};

pub(super) const USE_CONTEXT: Command = Command {
    path: "config use-context",
    aliases: &["use"],
    about: "Set the current-context in a kubeconfig file",
    usage: "CONTEXT_NAME",
    flags: &[],
    run: use_context,
};

const CONTEXT: &str = "minikube";

fn view(call: &mut Call<'_, '_>) -> Outcome {
    let text = kubeconfig(&current_namespace(call.world.files));
    let text = match call.flags.text("output") {
        None | Some("" | "yaml") => text,
        Some(format) => {
            let documents = crate::manifest::parse("config", &text).map_err(|error| error.text)?;
            let values = documents.into_iter().map(|document| document.value).collect();
            crate::kubectl::output::Printer::parse(format, false, false, |_| None)?.print(values, true)?
        }
    };
    call.io.out(text);
    Ok(Next::Done)
}

fn current_context(call: &mut Call<'_, '_>) -> Outcome {
    call.io.out(format!("{CONTEXT}\n"));
    Ok(Next::Done)
}

fn get_contexts(call: &mut Call<'_, '_>) -> Outcome {
    if call.flags.text("output") == Some("name") {
        return current_context(call);
    }
    let mut table = crate::kubectl::TabWriter::for_tables();
    if !call.flags.switch("no-headers") {
        table.write("CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n");
    }
    let namespace = current_namespace(call.world.files);
    table.write(&format!("*\t{CONTEXT}\t{CONTEXT}\t{CONTEXT}\t{namespace}\n"));
    call.io.out(table.flush());
    Ok(Next::Done)
}

fn set_context(call: &mut Call<'_, '_>) -> Outcome {
    let named = call.args().first().map(String::as_str);
    if named.is_none() && !call.flags.switch("current") {
        return Err(Failure::new("you must specify a non-empty context name or --current"));
    }
    if named.is_some_and(|name| name != CONTEXT) {
        return Err(Failure::Plain(format!("the lab has only the context {CONTEXT:?}")));
    }
    if let Some(namespace) = call.flags.text("namespace").map(str::to_owned) {
        set_namespace(call.world.files, &namespace);
    }
    call.io.out(format!("Context \"{CONTEXT}\" modified.\n"));
    Ok(Next::Done)
}

fn use_context(call: &mut Call<'_, '_>) -> Outcome {
    match call.args().first().map(String::as_str) {
        Some(CONTEXT) => {
            call.io.out(format!("Switched to context \"{CONTEXT}\".\n"));
            Ok(Next::Done)
        }
        Some(other) => Err(Failure::Plain(format!("no context exists with the name: {other:?}"))),
        None => Err(call.usage("Unexpected args: []")),
    }
}
