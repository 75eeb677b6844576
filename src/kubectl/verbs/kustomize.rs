//! `kubectl kustomize`: prints what a kustomization makes. Models kustomize/v5/commands/build.

use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::kustomize::{Order, build};
use crate::kubectl::output::yaml::to_yaml;

pub(super) const KUSTOMIZE: Command = Command {
    path: "kustomize",
    aliases: &[],
    about: "Build a kustomization target from a directory or URL",
    usage: "DIR",
    flags: &[
        Flag::switch("enable-alpha-plugins", None),
        Flag::switch("enable-helm", None),
        Flag::text("load-restrictor", None),
        Flag::format(),
        Flag::text("reorder", None),
    ],
    run: kustomize,
};

fn kustomize(call: &mut Call<'_, '_>) -> Outcome {
    if call.args().len() > 1 {
        return Err(Failure::new("specify one path to kustomization.yaml"));
    }
    for (flag, what) in [("enable-helm", "charts of Helm"), ("enable-alpha-plugins", "plugins of kustomize")] {
        if call.flags.switch(flag) {
            return Err(Failure::Plain(format!("the lab has no {what}, which --{flag} asks for")));
        }
    }
    let one_of = |name: &str, legal: [&str; 2], default: usize| {
        let given = call.flags.text(name).filter(|text| !text.is_empty());
        given.map_or(Ok(default), |given| legal.iter().position(|word| *word == given).ok_or(given)).map_err(|given| {
            Failure::Plain(format!("illegal flag value --{name} {given}; legal values: [{}]", legal.join(" ")))
        })
    };
    let restrictor = one_of("load-restrictor", ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"], 0)?;
    let reorder = one_of("reorder", ["legacy", "none"], 0)?;
    if call.flags.is_set("reorder") {
        call.io.err(
            "Flag --reorder has been deprecated, use the new 'sortOptions' field in kustomization.yaml instead.\n",
        );
    }
    let path = call.args().first().map_or(".", String::as_str);
    let order = if reorder == 1 { Order::AsFound } else { Order::ByKind };
    let (built, why) = build(call.world.files, path, restrictor == 1, order);
    built.warnings.iter().for_each(|warning| call.io.err(format!("{warning}\n")));
    if let Some(why) = why {
        return Err(Failure::Plain(why));
    }
    let text = built.objects.iter().map(to_yaml).collect::<Vec<_>>().join("---\n");
    match call.flags.text("output").filter(|path| !path.is_empty()).map(str::to_owned) {
        None => call.io.out(text),
        Some(folder) if call.world.files.is_directory(&folder) => {
            for object in &built.objects {
                let path = format!("{}/{}", folder.trim_end_matches('/'), file_name(object));
                write(call, &path, to_yaml(object))?;
            }
        }
        Some(path) => write(call, &path, text)?,
    }
    Ok(Next::Done)
}

fn write(call: &mut Call<'_, '_>, path: &str, text: String) -> Result<(), Failure> {
    call.world.files.store(path, text).map_err(|why| Failure::Plain(format!("open {path}: {why}")))
}

/// `apps_v1_deployment_web.yaml`. Models build/writer.go fileName.
fn file_name(object: &serde_json::Value) -> String {
    let text = |pointer: &str| crate::kubectl::field::text(object, pointer);
    let name = format!("{}_{}_{}.yaml", text("/apiVersion").replace('/', "_"), text("/kind"), text("/metadata/name"));
    name.to_lowercase()
}
