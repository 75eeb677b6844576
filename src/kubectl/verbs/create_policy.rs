//! `kubectl create poddisruptionbudget|priorityclass|secret docker-registry`.

use serde_json::{Map, Value, json};

use super::create::{COMMON, failed_to_create, name_of, send};
use crate::api::Kind;
use crate::api::conversion::base64;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{Flag, with_flags};

pub(super) const POD_DISRUPTION_BUDGET: Command = Command {
    path: "create poddisruptionbudget",
    aliases: &["pdb"],
    about: "Create a pod disruption budget with the specified name",
    usage: "NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [Flag::text("max-unavailable", None), Flag::text("min-available", None), Flag::text("selector", None),]
    ),
    run: budget,
};

pub(super) const PRIORITY_CLASS: Command = Command {
    path: "create priorityclass",
    aliases: &["pc"],
    about: "Create a priority class with the specified name",
    usage: "NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::text("description", None),
            Flag::switch("global-default", None),
            Flag::text("preemption-policy", None),
            Flag::number("value", None),
        ]
    ),
    run: priority_class,
};

pub(super) const DOCKER_REGISTRY: Command = Command {
    path: "create secret docker-registry",
    aliases: &[],
    about: "Create a secret for use with a Docker registry",
    usage: "NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] \
            [--from-file=[key=]source] [--dry-run=server|client|none]",
    flags: with_flags!(
        COMMON,
        [
            Flag::text("docker-email", None),
            Flag::text("docker-password", None),
            Flag::text("docker-server", None),
            Flag::text("docker-username", None),
            Flag::list("from-file", None),
        ]
    ),
    run: docker_registry,
};

fn given<'c>(call: &'c Call<'_, '_>, flag: &str) -> Option<&'c str> {
    call.flags.text(flag).filter(|text| !text.is_empty())
}

/// Models k8s.io/kubectl/pkg/cmd/create PodDisruptionBudgetOpts.
fn budget(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let Some(selector) = given(call, "selector") else { return Err(Failure::new("a selector must be specified")) };
    let selector = label_selector(selector)?;
    let (flag, field_name, amount) = match (given(call, "min-available"), given(call, "max-unavailable")) {
        (None, None) => {
            return Err(Failure::new("one of min-available or max-unavailable must be specified"));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::new("min-available and max-unavailable cannot be both specified"));
        }
        (Some(amount), None) => ("min-available", "minAvailable", amount),
        (None, Some(amount)) => ("max-unavailable", "maxUnavailable", amount),
    };
    let digits = amount.strip_suffix('%').unwrap_or(amount);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Plain(format!("invalid format specified for {flag}")));
    }
    let amount = amount.parse::<i64>().map_or_else(|_| json!(amount), |number| json!(number));
    let mut value = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
        "spec": {"selector": selector},
    });
    field::set(&mut value, &["spec", field_name], amount);
    let namespace = call.namespace();
    let done = send(call, Kind::PodDisruptionBudget, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "poddisruptionbudgets"))?;
    Ok(Next::Done)
}

/// `a=b,c!=d,e in (f,g),h,!i` as a label selector of an object. Models metav1.ParseToLabelSelector.
fn label_selector(text: &str) -> Result<Value, Failure> {
    let mut labels = Map::new();
    let mut expressions = Vec::new();
    for requirement in crate::apiserver::LabelQuery::parse(text).map_err(Failure::Plain)?.requirements() {
        let (key, operator, values) = requirement;
        match (operator, values.as_slice()) {
            ("=", [value]) => drop(labels.insert(key, json!(value))),
            (operator, []) => expressions.push(json!({"key": key, "operator": operator})),
            (operator, values) => expressions.push(json!({"key": key, "operator": operator, "values": values})),
        }
    }
    let mut selector = Map::new();
    if !labels.is_empty() {
        selector.insert("matchLabels".to_owned(), Value::Object(labels));
    }
    if !expressions.is_empty() {
        selector.insert("matchExpressions".to_owned(), Value::Array(expressions));
    }
    Ok(Value::Object(selector))
}

/// Models PriorityClassOptions.
fn priority_class(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let policy = call.flags.text("preemption-policy").unwrap_or("PreemptLowerPriority");
    let mut value = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "preemptionPolicy": policy, "value": call.flags.number("value").unwrap_or(0),
    });
    if call.flags.switch("global-default") {
        field::set(&mut value, &["globalDefault"], json!(true));
    }
    if let Some(text) = given(call, "description") {
        field::set(&mut value, &["description"], json!(text));
    }
    let done = send(call, Kind::PriorityClass, "", value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "priorityclass"))?;
    Ok(Next::Done)
}

/// Models CreateSecretDockerRegistryOptions.
fn docker_registry(call: &mut Call<'_, '_>) -> Outcome {
    const KEY: &str = ".dockerconfigjson";
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let mut data = Map::new();
    for source in call.flags.texts("from-file") {
        let (key, path) = source.split_once('=').unwrap_or((KEY, source));
        let Some(text) = call.world.files.read(path) else {
            return Err(Failure::Plain(format!("error reading {path}: no such file or directory")));
        };
        data.insert(key.to_owned(), json!(base64(text)));
    }
    if data.is_empty() {
        let server = call.flags.text("docker-server").unwrap_or("https://index.docker.io/v1/");
        let (Some(user), Some(password)) = (given(call, "docker-username"), given(call, "docker-password")) else {
            return Err(Failure::new(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server is \
                 required",
            ));
        };
        let auth = base64(&format!("{user}:{password}"));
        // Go writes the fields in the order of the struct.
        let quoted = |text: &str| crate::kubectl::output::json::compact(&json!(text));
        let mut entry = format!("\"username\":{},\"password\":{}", quoted(user), quoted(password));
        if let Some(email) = given(call, "docker-email") {
            entry.push_str(&format!(",\"email\":{}", quoted(email)));
        }
        let text = format!("{{\"auths\":{{{}:{{{entry},\"auth\":{}}}}}}}", quoted(server), quoted(&auth));
        data.insert(KEY.to_owned(), json!(base64(&text)));
    }
    let value = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data,
        "type": "kubernetes.io/dockerconfigjson",
    });
    let namespace = call.namespace();
    send(call, Kind::Secret, &namespace, value, None, dry_run).map_err(|failure| match failure {
        Failure::Refused(refusal) => Failure::Plain(format!("failed to create secret {}", refusal.status.message)),
        other => other,
    })?;
    Ok(Next::Done)
}
