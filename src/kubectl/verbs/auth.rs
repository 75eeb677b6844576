//! `kubectl auth`, `completion` and `api-versions`.

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::resource_type::{listed, parse_type};
use crate::sorting;

pub(super) const CAN_I: Command = Command {
    path: "auth can-i",
    aliases: &[],
    about: "Check whether an action is allowed",
    usage: "VERB [TYPE | TYPE/NAME | NONRESOURCEURL]",
    flags: &[
        Flag::switch("all-namespaces", Some('A')),
        Flag::switch("list", None),
        Flag::switch("quiet", Some('q')),
        Flag::text("subresource", None),
    ],
    run: can_i,
};

pub(super) const WHO_AM_I: Command = Command {
    path: "auth whoami",
    aliases: &[],
    about: "Experimental: Check self subject attributes",
    usage: "",
    flags: &[Flag::text("output", Some('o'))],
    run: who_am_i,
};

pub(super) const COMPLETION: Command = Command {
    path: "completion",
    aliases: &[],
    about: "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
    usage: "SHELL",
    flags: &[],
    run: completion,
};

pub(super) const API_VERSIONS: Command = Command {
    path: "api-versions",
    aliases: &[],
    about: "Print the supported API versions on the server, in the form of \"group/version\"",
    usage: "",
    flags: &[],
    run: api_versions,
};

/// Models k8s.io/kubectl/pkg/cmd/auth WhoAmIOptions.
fn who_am_i(call: &mut Call<'_, '_>) -> Outcome {
    let text = match call.printer()? {
        None => "ATTRIBUTE   VALUE\nUsername    minikube-user\nGroups      [system:masters system:authenticated]\n"
            .to_owned(),
        Some(mut printer) => {
            let user =
                serde_json::json!({"groups": ["system:masters", "system:authenticated"], "username": "minikube-user"});
            let review = serde_json::json!({
                "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {},
                "status": {"userInfo": user},
            });
            printer.print(vec![review], true)?
        }
    };
    call.io.out(text);
    Ok(Next::Done)
}

/// The visitor may do everything.
fn can_i(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    if call.flags.switch("list") {
        let others = call.flags.switch("quiet") || call.flags.switch("all-namespaces");
        if others || call.flags.text("subresource").is_some_and(|name| !name.is_empty()) {
            return Err(Failure::new(
                "list option can't be specified with neither quiet, all-namespaces nor subresource options",
            ));
        }
        call.io.out(
            "Resources   Non-Resource URLs   Resource Names   Verbs\n*.*         []                  []               \
             [*]\n            [*]                 []               [*]\n",
        );
        return Ok(Next::Done);
    }
    if args.len() < 2 {
        return Err(Failure::new(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' \
             for help and examples.",
        ));
    }
    check_access(call, &args)?;
    let resource = args.get(1).map_or("", String::as_str);
    let name = resource.split('/').next().unwrap_or(resource);
    if name != "*" && !resource.starts_with('/') && parse_type(call.world.client(), name).is_err() {
        call.warn(&format!("the server doesn't have a resource type '{name}'\n"));
    }
    if !call.flags.switch("quiet") {
        call.io.out("yes\n");
    }
    Ok(Next::Done)
}

const RESOURCE_VERBS: [&str; 16] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "*",
    "approve",
    "sign",
    "escalate",
    "attest",
];
const PATH_VERBS: [&str; 8] = ["get", "put", "post", "head", "options", "delete", "patch", "*"];

/// Models k8s.io/kubectl/pkg/cmd/auth CanIOptions.Validate.
fn check_access(call: &mut Call<'_, '_>, args: &[String]) -> Result<(), Failure> {
    let [verb, resource] = args else { return Ok(()) };
    let subresource = call.flags.text("subresource").is_some_and(|name| !name.is_empty());
    let everywhere = call.flags.switch("all-namespaces");
    // Whoever asks may do everything in every namespace.
    call.namespace();
    if resource.starts_with('/') {
        if subresource {
            return Err(Failure::new("--subresource can not be used with NonResourceURL"));
        }
        if !PATH_VERBS.contains(&verb.as_str()) {
            call.warn(&format!("verb '{verb}' is not a known verb\n"));
        }
        return Ok(());
    }
    if everywhere {
        return Ok(());
    }
    let kind = parse_type(call.world.client(), resource.split('/').next().unwrap_or_default());
    if let Ok(kind) = kind
        && kind.is_cluster_scoped()
    {
        let group = if kind.group().is_empty() { String::new() } else { format!(" in group '{}'", kind.group()) };
        call.warn(&format!("resource '{}' is not namespace scoped{group}\n", kind.plural()));
    }
    if !RESOURCE_VERBS.contains(&verb.as_str()) {
        call.warn(&format!("verb '{verb}' is not a known verb\n"));
    }
    Ok(())
}

fn completion(call: &mut Call<'_, '_>) -> Outcome {
    match call.args() {
        [] => Err(call.usage("Shell not specified.")),
        [shell] if ["bash", "zsh", "fish", "powershell"].contains(&shell.as_str()) => {
            call.io.out("# The lab's terminal completes kubectl's words by itself: press Tab.\n");
            Ok(Next::Done)
        }
        [shell] => Err(call.usage(&format!("Unsupported shell type {shell:?}."))),
        _ => Err(call.usage("Too many arguments. Expected only the shell type.")),
    }
}

fn api_versions(call: &mut Call<'_, '_>) -> Outcome {
    let versions = sorting::set(listed(call.world.client()).iter().map(|(kind, _)| kind.api_version()));
    call.io.out(versions.into_iter().flat_map(|version| [version, "\n"]).collect::<String>());
    Ok(Next::Done)
}
