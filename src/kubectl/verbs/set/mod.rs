//! `kubectl set image|env|resources|selector|serviceaccount|subject`.

mod env;
mod image;
mod resources;
mod selector;
mod service_account;
mod subject;

pub(super) use env::ENV;
pub(super) use image::IMAGE;
pub(super) use resources::RESOURCES;
pub(super) use selector::SELECTOR;
pub(super) use service_account::SERVICE_ACCOUNT;
pub(super) use subject::SUBJECT;

use serde_json::Value;

use crate::api::{Kind, schema};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::selection::{Item, Rules, select};

const SHARED: [Flag; 6] = [
    Flag::switch("all", None),
    Flag::optional("dry-run", "unchanged"),
    Flag::list("filename", Some('f')),
    Flag::switch("local", None),
    Flag::text("output", Some('o')),
    Flag::switch("recursive", Some('R')),
];
const SELECTED: Flag = Flag::text("selector", Some('l'));
const RECORDED: Flag = Flag::switch("record", None);

const NOTHING_NAMED: &str = "one or more resources must be specified as <resource> <name> or <resource>/<name>";

/// Splits `deployment/web a=b c=d` into objects and pairs. Models cmdutil.GetResourcesAndPairs.
fn split(args: &[String], what: &str, removals: bool) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_pair = |arg: &String| arg.contains('=') || (removals && arg.ends_with('-'));
    let first = args.iter().position(is_pair).unwrap_or(args.len());
    let (objects, pairs) = args.split_at(first);
    if let Some(odd) = pairs.iter().find(|arg| !is_pair(arg)) {
        return Err(Failure::Plain(format!("all resources must be specified before {what} changes: {odd}")));
    }
    Ok((objects.to_vec(), pairs.to_vec()))
}

/// Whether a container's name fits: `*` stands for any text. Models set.selectContainers.
fn is_wanted(container: &Value, pattern: &str) -> bool {
    let name = field::text(container, "/name");
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

/// The containers of a pod spec, those that run before the others at the end.
fn containers_of(spec: &mut Value) -> impl Iterator<Item = &mut Value> {
    let lists = spec.as_object_mut().into_iter().flatten();
    let lists = lists.filter(|(name, _)| *name == "containers" || *name == "initContainers");
    lists.filter_map(|(_, list)| list.as_array_mut()).flatten()
}

fn select_all(call: &mut Call<'_, '_>, objects: &[String]) -> Result<Vec<Item>, Failure> {
    check_all_and_selector(call)?;
    let types_alone = call.flags.switch("all");
    let selection = select(call, objects, Rules { types_alone, files_as_they_are: false })?;
    match Failure::from_all(selection.failures) {
        Some(failure) => Err(failure),
        None => Ok(selection.items),
    }
}

fn check_all_and_selector(call: &Call<'_, '_>) -> Result<(), Failure> {
    let has_selector = call.flags.text("selector").is_some_and(|selector| !selector.is_empty());
    if call.flags.switch("all") && has_selector {
        return Err(Failure::new("cannot set --all and --selector at the same time"));
    }
    Ok(())
}

/// The pod spec of an object. Models polymorphichelpers updatePodSpecForObject.
fn pod_spec(kind: Kind, value: &mut Value) -> Result<&mut Value, String> {
    let pointer = match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::DaemonSet
        | Kind::StatefulSet
        | Kind::Job => "/spec/template/spec",
        _ => "",
    };
    let package = schema::of_kind(kind).package;
    let why = || format!("the object is not a pod or does not have a pod template: *{package}.{}", kind.as_str());
    if pointer.is_empty() {
        return Err(why());
    }
    value.pointer_mut(pointer).ok_or_else(why)
}

/// What is said about a change.
struct Words {
    /// Behind an object's name.
    done: &'static str,
    /// Before the API server's refusal.
    failed: &'static str,
    /// Whether objects that stay the same are spoken of.
    says_unchanged: bool,
}

/// Changes every object and says so; those that stay the same are not spoken of. Models set.CalculatePatches and the
/// loops over its patches.
fn change_all(
    call: &mut Call<'_, '_>,
    items: Vec<Item>,
    words: &Words,
    mut edit: impl FnMut(&mut Call<'_, '_>, &Item, &mut Value) -> Result<(), String>,
) -> Result<(), Vec<Failure>> {
    let dry_run = call.flags.dry_run().map_err(|failure| vec![failure])?;
    let is_local = call.flags.switch("local");
    let mut failures = Vec::new();
    for item in items {
        let Some(old) = item.value() else { continue };
        let mut new = old.clone();
        if let Err(why) = edit(call, &item, &mut new) {
            // `set selector` alone says only why.
            failures.push(Failure::Plain(if words.failed.is_empty() {
                why
            } else {
                format!("error: {}/{} {why}\n", item.kind.plural(), item.key.name)
            }));
            continue;
        }
        if new == old && !words.says_unchanged {
            continue;
        }
        call.record(&mut new);
        if !is_local && dry_run != DryRun::Client {
            let options = call.write_options(dry_run);
            let result = call.world.client_mut().replace(item.kind, new, options);
            match call.written(result) {
                Ok(object) => new = object.to_value(),
                Err(failure) if words.failed.is_empty() => {
                    failures.push(failure);
                    continue;
                }
                Err(failure) => {
                    failures.push(Failure::Plain(format!("{}{}", words.failed, failure.message())));
                    continue;
                }
            }
        }
        failures.extend(call.answer(item.kind, new, words.done, dry_run, Held::Typed).err());
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn finish(result: Result<(), Vec<Failure>>) -> Outcome {
    let failures = result.err().unwrap_or_default();
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_wanted;

    #[test]
    fn container_names_may_have_wildcards() {
        for (pattern, name, fits) in [
            ("*", "web", true),
            ("web", "web", true),
            ("we*", "web", true),
            ("*b", "web", true),
            ("w*b", "web", true),
            ("w", "web", false),
            ("*x*", "web", false),
            ("*e*", "web", true),
        ] {
            assert_eq!(is_wanted(&json!({"name": name}), pattern), fits, "{pattern} {name}");
        }
    }
}
