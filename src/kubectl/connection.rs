//! The flags that say how to reach the API server: what they name must be there, though the lab has only one cluster.

use serde_json::Value;

use super::command::Command;
use super::config;
use super::failure::Failure;
use super::field;
use super::flags::Parsed;
use crate::process::Files;

/// Refuses a context, cluster or user that the kubeconfig does not have, and a timeout that is none.
/// Models clientcmd's DirectClientConfig.ConfirmUsable and ClientConfig.
///
/// # Errors
/// With kubectl's sentences.
pub(super) fn check(command: &Command, flags: &Parsed, files: &Files) -> Result<(), Failure> {
    let binds = command.flags.iter().any(|flag| flag.name == "user");
    let config = match flags.text("kubeconfig").filter(|path| !path.is_empty()) {
        Some(path) => from_file(path, files)?,
        None => config::load(files),
    };
    let named = |flag: &str| flags.text(flag).filter(|name| !name.is_empty());
    let has = |list: &str, name: &str| field::list(&config, list).iter().any(|one| field::text(one, "/name") == name);
    let mut wrong = Vec::new();
    if let Some(context) = named("context").filter(|context| !has("/contexts", context)) {
        wrong.push(format!("context was not found for specified context: {context}"));
        if named("server").is_none() && named("cluster").is_none() {
            wrong.push("cluster has no server defined".to_owned());
        }
    }
    if let Some(cluster) = named("cluster").filter(|cluster| !has("/clusters", cluster) && named("server").is_none()) {
        wrong.push(format!("no server found for cluster {cluster:?}"));
    }
    match wrong.as_slice() {
        [] => {}
        [one] => return Err(unprefixed(format!("Error in configuration: {one}"))),
        several => {
            let lines: Vec<String> = several.iter().map(|one| format!("* {one}")).collect();
            return Err(unprefixed(format!("Error in configuration: \n{}", lines.join("\n"))));
        }
    }
    // Bindings have a flag of this name that speaks of other users.
    if let Some(user) = named("user").filter(|user| !binds && !has("/users", user)) {
        return Err(Failure::Plain(format!("auth info {user:?} does not exist")));
    }
    check_timeout(flags)
}

/// Models clientcmd.ParseTimeout.
fn check_timeout(flags: &Parsed) -> Result<(), Failure> {
    let Some(text) = flags.text("request-timeout") else { return Ok(()) };
    let is_number = text.parse::<i64>().is_ok_and(|seconds| seconds >= 0);
    if is_number || flags.duration_ms("request-timeout").is_some() {
        return Ok(());
    }
    Err(Failure::new(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding \
         time unit (e.g. 1s | 2m | 3h)",
    ))
}

fn from_file(path: &str, files: &Files) -> Result<Value, Failure> {
    let Some(text) = files.read(path) else {
        return Err(Failure::Plain(format!("stat {path}: no such file or directory")));
    };
    let failed = |why: &str| Failure::Plain(format!("error loading config file {path:?}: {why}"));
    let config = config::parse(text).map_err(|why| failed(&why))?;
    match field::text(&config, "/apiVersion") {
        "v1" | "" => Ok(config),
        other => Err(failed(&format!("no kind \"Config\" is registered for version {other:?}"))),
    }
}

/// A sentence that is printed without `error: `.
fn unprefixed(text: String) -> Failure {
    Failure::Many(vec![Failure::Plain(text)])
}
