//! `kubectl api-resources`.

use crate::kubectl::TabWriter;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::resource_type::listed;
use crate::sorting;

pub(super) const API_RESOURCES: Command = Command {
    path: "api-resources",
    aliases: &[],
    about: "Print the supported API resources on the server",
    usage: "",
    flags: &[
        Flag::text("api-group", None),
        Flag::switch("cached", None),
        Flag::switch("namespaced", None),
        Flag::switch("no-headers", None),
        Flag::format(),
        Flag::text("sort-by", None),
    ],
    run: api_resources,
};

fn api_resources(call: &mut Call<'_, '_>) -> Outcome {
    let mut table = TabWriter::for_tables();
    let names_only = call.flags.text("output") == Some("name");
    if !call.flags.switch("no-headers") && !names_only {
        table.write("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND\n");
    }
    let group = call.flags.text("api-group");
    let scope = call.flags.is_set("namespaced").then(|| call.flags.switch("namespaced"));
    let mut kinds = listed(call.world.client());
    match call.flags.text("sort-by") {
        None | Some("") => sorting::sort_by_key(&mut kinds, |(kind, _)| (kind.group(), kind.plural())),
        Some("name") => sorting::sort_by_key(&mut kinds, |(kind, _)| kind.plural()),
        Some("kind") => sorting::sort_by_key(&mut kinds, |(kind, _)| kind.as_str()),
        Some(_) => return Err(Failure::new("--sort-by accepts only name or kind")),
    }
    for (kind, shorts) in kinds {
        let is_namespaced = !kind.is_cluster_scoped();
        if group.is_some_and(|group| group != kind.group()) || scope.is_some_and(|scope| scope != is_namespaced) {
            continue;
        }
        if names_only {
            table.write(&format!("{}\n", crate::apiserver::qualified(kind)));
            continue;
        }
        table.write(&format!(
            "{}\t{}\t{}\t{is_namespaced}\t{}\n",
            kind.plural(),
            shorts.join(","),
            kind.api_version(),
            kind.as_str()
        ));
    }
    call.io.out(table.flush());
    Ok(Next::Done)
}
