//! `kubectl cordon`, `uncordon` and `taint`.

use serde_json::{Value, json};

use crate::api::Kind;
use crate::apiserver::{Key, PatchType, Selectors};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::name_line_of;
use crate::kubectl::selection::{cannot_find, nothing_given};

pub(super) const CORDON: Command = Command {
    path: "cordon",
    aliases: &[],
    about: "Mark node as unschedulable",
    usage: "NODE",
    flags: &[Flag::optional("dry-run", "unchanged"), Flag::text("selector", Some('l'))],
    run: |call| cordon(call, true),
};

pub(super) const UNCORDON: Command = Command {
    path: "uncordon",
    aliases: &[],
    about: "Mark node as schedulable",
    usage: "NODE",
    flags: &[Flag::optional("dry-run", "unchanged"), Flag::text("selector", Some('l'))],
    run: |call| cordon(call, false),
};

pub(super) const TAINT: Command = Command {
    path: "taint",
    aliases: &[],
    about: "Update the taints on one or more nodes",
    usage: "NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
    flags: &[
        Flag::switch("all", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::text("output", Some('o')),
        Flag::switch("overwrite", None),
        Flag::text("selector", Some('l')),
        Flag::optional("validate", "strict"),
    ],
    run: taint,
};

/// The nodes that the arguments name, or that `-l` selects. Models DrainCmdOptions.Complete.
pub(super) fn nodes(call: &Call<'_, '_>, names: &[String]) -> Result<Vec<(String, Value)>, Failure> {
    let client = call.world.client();
    let labels = call.flags.text("selector");
    if names.is_empty() && labels.is_none() && !call.flags.switch("all") {
        return Err(call.usage(&format!("USAGE: {} NODE [flags]", call.command.path)));
    }
    let labels = labels.filter(|labels| !labels.is_empty());
    if !names.is_empty() && labels.is_some() {
        return Err(call.usage("error: cannot specify both a node name and a --selector option"));
    }
    if names.is_empty() {
        if labels.is_none() && !call.flags.switch("all") {
            return Err(nothing_given(call));
        }
        let labels = labels.unwrap_or_default();
        let selectors = Selectors::parse(Kind::Node, labels, "")
            .map_err(|why| cannot_find(Kind::Node, Some(labels), None, &why))?;
        let found = client.select(Kind::Node, None, &selectors);
        return Ok(found.iter().map(|node| (node.metadata().name.clone(), node.to_value())).collect());
    }
    let named = names.iter().map(|name| {
        let name = name.strip_prefix("node/").or(name.strip_prefix("nodes/")).unwrap_or(name);
        let node = client.get(Kind::Node, &Key::new("", name))?;
        Ok((name.to_owned(), node.to_value()))
    });
    named.collect()
}

/// The node after a change; none when the change is not sent.
fn patch_node(call: &mut Call<'_, '_>, name: &str, change: &Value, dry_run: DryRun) -> Result<Option<Value>, Failure> {
    if dry_run == DryRun::Client {
        return Ok(None);
    }
    let options = call.write_options(dry_run);
    let key = Key::new("", name);
    let result = call.world.client_mut().patch(Kind::Node, &key, change, PatchType::Merge, options);
    call.written(result).map(|node| Some(node.to_value()))
}

/// Models k8s.io/kubectl/pkg/cmd/drain RunCordonOrUncordon.
pub(super) fn cordon(call: &mut Call<'_, '_>, closes: bool) -> Outcome {
    let names = call.args().to_vec();
    let dry_run = call.flags.dry_run()?;
    for (name, node) in nodes(call, &names)? {
        let word = if closes { "cordoned" } else { "uncordoned" };
        let operation = if field::flag(&node, "/spec/unschedulable") == closes {
            format!("already {word}")
        } else {
            let wanted = if closes { json!(true) } else { Value::Null };
            patch_node(call, &name, &json!({"spec": {"unschedulable": wanted}}), dry_run)?;
            word.to_owned()
        };
        call.io.out(name_line_of(Kind::Node, &name, &format!("{operation}{}", dry_run.suffix())));
    }
    Ok(Next::Done)
}

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// One change of a node's taints.
enum Change {
    Put { key: String, value: String, effect: String },
    Remove { key: String, effect: Option<String> },
}

/// Models k8s.io/kubectl/pkg/cmd/taint.
fn taint(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let (Some((resource, rest)), dry_run) = (args.split_first(), call.flags.dry_run()?) else {
        return Err(call.usage("one or more resources must be specified as <resource> <name> or <resource>/<name>"));
    };
    let (names, specs): (Vec<String>, Vec<String>) = match resource.split_once('/') {
        Some((_, name)) => (vec![name.to_owned()], rest.to_vec()),
        None => {
            rest.iter().cloned().partition(|word| !word.contains('=') && !word.contains(':') && !word.ends_with('-'))
        }
    };
    if !["node", "nodes", "no"].contains(&resource.split('/').next().unwrap_or_default()) {
        return Err(Failure::Plain(format!("invalid resource type {resource}, only node(s) is supported")));
    }
    if specs.is_empty() {
        return Err(Failure::new("at least one taint update is required"));
    }
    super::apply::write_options(call, dry_run)?;
    // With all of them, or those that a selector means, no names count.
    let names = if call.flags.switch("all") || call.flags.is_set("selector") { Vec::new() } else { names };
    let changes = specs.iter().map(|spec| parse_taint(spec)).collect::<Result<Vec<_>, _>>();
    let changes = changes.map_err(|failure| call.usage(&failure.message()))?;
    for (name, node) in nodes(call, &names)? {
        let mut taints = field::list(&node, "/spec/taints").to_vec();
        let mut operation = "modified";
        for change in &changes {
            operation = change_taints(&mut taints, change, &name, call.flags.switch("overwrite"))?;
        }
        let mut changed = node.clone();
        field::set(&mut changed, &["spec", "taints"], json!(taints));
        let sent = patch_node(call, &name, &json!({"spec": {"taints": taints}}), dry_run)?;
        call.answer(Kind::Node, sent.unwrap_or(changed), operation, dry_run, Held::Typed)?;
    }
    Ok(Next::Done)
}

fn change_taints(taints: &mut Vec<Value>, change: &Change, node: &str, may: bool) -> Result<&'static str, Failure> {
    let same = |taint: &Value, key: &str, effect: Option<&str>| {
        field::text(taint, "/key") == key && effect.is_none_or(|effect| field::text(taint, "/effect") == effect)
    };
    match change {
        Change::Put { key, value, effect } => {
            let new = json!({"key": key, "value": value, "effect": effect});
            match taints.iter_mut().find(|taint| same(taint, key, Some(effect))) {
                Some(_) if !may => Err(Failure::Plain(format!(
                    "node {node} already has {key} taint(s) with same effect(s) and --overwrite is false"
                ))),
                Some(taint) => {
                    *taint = new;
                    Ok("modified")
                }
                None => {
                    taints.push(new);
                    Ok("tainted")
                }
            }
        }
        Change::Remove { key, effect } => {
            let before = taints.len();
            taints.retain(|taint| !same(taint, key, effect.as_deref()));
            if taints.len() == before {
                let shown = effect.as_ref().map_or_else(|| key.clone(), |effect| format!("{key}:{effect}"));
                return Err(Failure::Plain(format!("taint {shown:?} not found")));
            }
            Ok("untainted")
        }
    }
}

/// Reads `key=value:Effect`, `key:Effect`, `key:Effect-`, `key-`. Models pkg/util/taints parseTaint.
fn parse_taint(spec: &str) -> Result<Change, Failure> {
    let check = |effect: &str| {
        if EFFECTS.contains(&effect) {
            Ok(effect.to_owned())
        } else {
            Err(Failure::Plain(format!("invalid taint effect: {effect}, unsupported taint effect")))
        }
    };
    if let Some(removed) = spec.strip_suffix('-') {
        let (key, effect) = match removed.split_once(':') {
            Some((key, effect)) => (key, Some(check(effect)?)),
            None => (removed, None),
        };
        return Ok(Change::Remove { key: key.split('=').next().unwrap_or(key).to_owned(), effect });
    }
    let Some((key, effect)) = spec.rsplit_once(':') else {
        return Err(Failure::Plain(format!("invalid taint spec: {spec}")));
    };
    let (key, value) = key.split_once('=').unwrap_or((key, ""));
    Ok(Change::Put { key: key.to_owned(), value: value.to_owned(), effect: check(effect)? })
}
