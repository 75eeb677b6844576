//! `kubectl version` and `kubectl cluster-info`.

use serde_json::json;

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;
use crate::kubectl::output::{json, yaml};

pub(super) const VERSION: Command = Command {
    path: "version",
    aliases: &[],
    about: "Print the client and server version information",
    usage: "",
    flags: &[Flag::switch("client", None), Flag::format()],
    run: version,
};

pub(super) const CLUSTER_INFO: Command = Command {
    path: "cluster-info",
    aliases: &[],
    about: "Display cluster information",
    usage: "",
    flags: &[],
    run: cluster_info,
};

fn version(call: &mut Call<'_, '_>) -> Outcome {
    let version = call.world.client().version();
    let (client, release) = (version.client_release(), version.release());
    let kustomize = "v5.8.1";
    let with_server = !call.flags.switch("client");
    let info = |release: &str| json!({"gitVersion": release, "platform": "linux/amd64", "compiler": "gc"});
    let mut whole = json!({"clientVersion": info(client), "kustomizeVersion": kustomize});
    if with_server {
        field::set(&mut whole, &["serverVersion"], info(release));
    }
    let text = match call.flags.text("output") {
        Some("json") => json::pretty(&whole).replace("    ", "  "),
        Some("yaml") => yaml::to_yaml(&whole),
        Some(_) => return Err(Failure::new("--output must be 'yaml' or 'json'")),
        None => {
            let server = if with_server { format!("Server Version: {release}\n") } else { String::new() };
            format!("Client Version: {client}\nKustomize Version: {kustomize}\n{server}")
        }
    };
    call.io.out(text);
    Ok(Next::Done)
}

fn cluster_info(call: &mut Call<'_, '_>) -> Outcome {
    let server = "https://192.168.49.2:8443";
    call.io.out(format!(
        "Kubernetes control plane is running at {server}\nCoreDNS is running at \
         {server}/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster \
         problems, use 'kubectl cluster-info dump'.\n"
    ));
    Ok(Next::Done)
}
