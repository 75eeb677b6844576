//! `kubectl set env`.

use serde_json::{Value, json};

use super::{
    NOTHING_NAMED, SELECTED, SHARED, Words, change_all, containers_of, finish, is_wanted, pod_spec, select_all, split,
};
use crate::api::Kind;
use crate::api::conversion::from_base64;
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag, with_flags};
use crate::kubectl::selection::{Item, type_and_name};

pub(crate) const ENV: Command = Command {
    path: "set env",
    aliases: &[],
    about: "Update environment variables on a pod template",
    usage: "RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
    flags: with_flags!(
        SHARED,
        [
            SELECTED,
            Flag::text("containers", Some('c')),
            Flag::texts("env", Some('e')),
            Flag::text("from", None),
            Flag::list("keys", None),
            Flag::switch("list", None),
            Flag::switch("overwrite", None),
            Flag::text("prefix", None),
            Flag::switch("resolve", None),
        ]
    ),
    run: set_env,
};

/// What is done to the environment of each container.
struct Changes {
    /// Variables with their names, as `env` lists them.
    set: Vec<Value>,
    removed: Vec<String>,
    overwrites: bool,
}

/// Models k8s.io/kubectl/pkg/cmd/set EnvOptions.
fn set_env(call: &mut Call<'_, '_>) -> Outcome {
    let (objects, pairs) = split(call.args(), "environment", true)?;
    let is_local = call.flags.switch("local");
    if is_local && call.flags.dry_run()? == DryRun::Server {
        return Err(Failure::new("cannot specify --local and --dry-run=server - did you mean --dry-run=client?"));
    }
    if objects.is_empty() && !call.has_files() {
        return Err(Failure::new(NOTHING_NAMED));
    }
    let lists = call.flags.switch("list");
    if lists && call.flags.is_set("output") {
        return Err(Failure::new("--list and --output may not be specified together"));
    }
    if call.flags.is_set("keys") && !call.flags.is_set("from") {
        return Err(Failure::new("when specifying --keys, a configmap or secret must be provided with --from"));
    }
    let pairs: Vec<String> = call.flags.texts("env").iter().cloned().chain(pairs).collect();
    let (mut set, removed) = parsed(call, &pairs)?;
    if let Some(from) = call.flags.text("from").filter(|from| !from.is_empty()).map(str::to_owned) {
        set.extend(imported(call, &from)?);
    }
    if let Some(prefix) = call.flags.text("prefix") {
        for variable in &mut set {
            let name = format!("{prefix}{}", field::text(variable, "/name"));
            field::set(variable, &["name"], json!(name));
        }
    }
    let uses_stdin =
        pairs.iter().any(|pair| pair == "-") && call.flags.texts("filename").iter().any(|file| file == "-");
    if uses_stdin {
        return Err(Failure::new("standard input cannot be used for multiple arguments"));
    }
    let items = select_all(call, &objects)?;
    let changes = Changes { set, removed, overwrites: call.flags.switch_or("overwrite", true) };
    let wanted = call.flags.text("containers").unwrap_or("*").to_owned();
    if lists {
        return list(call, &items, &wanted, &changes);
    }
    let words =
        Words { done: "env updated", failed: "failed to patch env update to pod template: ", says_unchanged: false };
    let changed = change_all(call, items, &words, |call, item, value| {
        let mut found = false;
        for container in containers_of(pod_spec(item.kind, value)?).filter(|container| is_wanted(container, &wanted)) {
            found = true;
            changes.apply(container)?;
        }
        if !found {
            let (kind, name) = (item.kind.as_str(), &item.key.name);
            call.warn(&format!("{kind}/{name} does not have any containers matching {wanted:?}"));
        }
        Ok(())
    });
    finish(changed)
}

impl Changes {
    /// Models set.updateEnv and validateNoOverwrites.
    fn apply(&self, container: &mut Value) -> Result<(), String> {
        let mut variables = field::list(container, "/env").to_vec();
        let had_list = container.get("env").is_some();
        let place =
            |variables: &[Value], name: &str| variables.iter().position(|one| field::text(one, "/name") == name);
        for new in &self.set {
            let name = field::text(new, "/name");
            let old = place(&variables, name).and_then(|at| variables.get_mut(at));
            match old {
                Some(old) if !self.overwrites && field::text(old, "/value") != field::text(new, "/value") => {
                    let value = field::text(old, "/value");
                    return Err(format!("'{name}' already has a value ({value}), and --overwrite is false"));
                }
                Some(old) => *old = new.clone(),
                None => variables.push(new.clone()),
            }
        }
        variables.retain(|variable| !self.removed.iter().any(|name| name == field::text(variable, "/name")));
        if had_list || !variables.is_empty() {
            field::set(container, &["env"], json!(variables));
        }
        Ok(())
    }
}

/// `A=b`, `A-` and `-` for standard input. Models set/env.ParseEnv.
fn parsed(call: &mut Call<'_, '_>, pairs: &[String]) -> Result<(Vec<Value>, Vec<String>), Failure> {
    let mut set = Vec::new();
    let mut removed = Vec::new();
    for pair in pairs {
        if pair == "-" {
            let text = call.io.read_all().unwrap_or_default();
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
            set.extend(lines.filter_map(|line| line.split_once('=')).map(|(name, value)| variable(name, value)));
        } else if let Some((name, value)) = pair.split_once('=') {
            if let Some(complaint) = env_var_key(name) {
                return Err(Failure::Plain(format!("{name:?} is not a valid key name: {complaint}")));
            }
            set.push(variable(name, value));
        } else if let Some(name) = pair.strip_suffix('-') {
            removed.push(name.to_owned());
        } else {
            return Err(Failure::Plain(format!("unknown environment variable: {pair}")));
        }
    }
    let both = |name: &String| pairs.iter().any(|pair| pair.split_once('=').is_some_and(|(set, _)| set == name));
    if removed.iter().any(both) {
        return Err(Failure::new("can not both modify and remove the same environment variable in the same command"));
    }
    Ok((set, removed))
}

/// What is wrong with a variable's name, by the rule that kubectl kept. Models k8s.io/apimachinery validation.IsEnvVarName.
fn env_var_key(name: &str) -> Option<&'static str> {
    let is_inner = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
    if name.is_empty() || !name.chars().all(is_inner) || name.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Some(
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must \
             not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation \
             is '[-._a-zA-Z][-._a-zA-Z0-9]*')",
        );
    }
    match name {
        "." => Some("must not be '.'"),
        ".." => Some("must not be '..'"),
        _ if name.starts_with("..") => Some("must not start with '..'"),
        _ => None,
    }
}

fn variable(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// The keys of the ConfigMap or Secret of `--from`, as references.
fn imported(call: &mut Call<'_, '_>, from: &str) -> Result<Vec<Value>, Failure> {
    let (kind, name) = type_and_name(call.world.client(), from)?;
    let reference = match kind {
        Kind::Secret => "secretKeyRef",
        Kind::ConfigMap => "configMapKeyRef",
        _ => return Err(Failure::new("unsupported resource specified in --from")),
    };
    let object = call.world.client().get(kind, &Key::new(call.namespace(), name))?.to_value();
    let wanted = call.flags.texts("keys").to_vec();
    let mut variables = Vec::new();
    for (key, _) in field::entries(&object, "/data") {
        if !wanted.is_empty() && !wanted.contains(key) {
            continue;
        }
        let valid = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let variable: String = key.chars().map(valid).collect::<String>().to_uppercase();
        if variable != *key {
            call.warn(&format!("key {key} transferred to {variable}"));
        }
        variables.push(json!({"name": variable, "valueFrom": {reference: {"key": key, "name": name}}}));
    }
    Ok(variables)
}

/// `--list`: the environment as it would be.
fn list(call: &mut Call<'_, '_>, items: &[Item], wanted: &str, changes: &Changes) -> Outcome {
    let resolves = call.flags.switch("resolve");
    let mut failed = false;
    for item in items {
        let Some(mut value) = item.value() else { continue };
        let Ok(spec) = pod_spec(item.kind, &mut value) else { continue };
        for container in containers_of(spec).filter(|container| is_wanted(container, wanted)) {
            changes.apply(container)?;
            let (kind, name) = (item.kind.as_str(), &item.key.name);
            call.io.out(format!("# {kind} {name}, container {}\n", field::text(container, "/name")));
            for variable in field::list(container, "/env") {
                let name = field::text(variable, "/name");
                let Some(source) = variable.get("valueFrom") else {
                    call.io.out(format!("{name}={}\n", field::text(variable, "/value")));
                    continue;
                };
                let value = if resolves { Some(resolved(call, item, source)) } else { None };
                match value {
                    Some(Ok(value)) => call.io.out(format!("{name}={value}\n")),
                    Some(Err(why)) => {
                        call.io.out(format!("# {name} from {}\n", described(source)));
                        call.io.err(format!("error retrieving reference for {name}: {why}\n"));
                        failed = true;
                    }
                    None => call.io.out(format!("# {name} from {}\n", described(source))),
                }
            }
        }
    }
    if failed { Err(Failure::Exit(0)) } else { Ok(Next::Done) }
}

/// Models set/env.GetEnvVarRefString.
fn described(source: &Value) -> String {
    let text = |pointer: &str| field::text(source, pointer);
    if source.get("configMapKeyRef").is_some() {
        format!("configmap {}, key {}", text("/configMapKeyRef/name"), text("/configMapKeyRef/key"))
    } else if source.get("secretKeyRef").is_some() {
        format!("secret {}, key {}", text("/secretKeyRef/name"), text("/secretKeyRef/key"))
    } else if source.get("fieldRef").is_some() {
        format!("field path {}", text("/fieldRef/fieldPath"))
    } else if source.get("resourceFieldRef").is_some() {
        let container = text("/resourceFieldRef/containerName");
        let slash = if container.is_empty() { "" } else { "/" };
        format!("resource field {container}{slash}{}", text("/resourceFieldRef/resource"))
    } else {
        "invalid valueFrom".to_owned()
    }
}

/// The value that a reference leads to. Models set/env.GetEnvVarRefValue.
fn resolved(call: &Call<'_, '_>, item: &Item, source: &Value) -> Result<String, String> {
    for (reference, kind, what) in
        [("secretKeyRef", Kind::Secret, "secret"), ("configMapKeyRef", Kind::ConfigMap, "config map")]
    {
        let Some(of) = source.get(reference) else { continue };
        let (name, key) = (field::text(of, "/name"), field::text(of, "/key"));
        let object = call.world.client().get(kind, &Key::new(call.namespace(), name));
        let value = object.map_err(|status| status.message)?.to_value();
        let text = field::string_map(&value, "/data").get(key).cloned();
        let text = text.ok_or_else(|| format!("key {key} not found in {what} {name}"))?;
        return Ok(if kind == Kind::Secret { from_base64(&text) } else { text });
    }
    let Some(object) = item.value() else { return Err("invalid valueFrom".to_owned()) };
    match field::text(source, "/fieldRef/fieldPath") {
        "metadata.name" => Ok(field::text(&object, "/metadata/name").to_owned()),
        "metadata.namespace" => Ok(field::text(&object, "/metadata/namespace").to_owned()),
        "metadata.uid" => Ok(field::text(&object, "/metadata/uid").to_owned()),
        "" => Err("Unsupported container resource".to_owned()),
        other => Err(format!("unsupported fieldPath: {other}")),
    }
}
