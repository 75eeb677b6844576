//! `kubectl config set-context|set-cluster|set-credentials`.

use serde_json::{Value, json};

use super::{load, names, store};
use crate::api::conversion::base64;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::config::entry;
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::Flag;

pub(crate) const SET_CONTEXT: Command = Command {
    path: "config set-context",
    aliases: &[],
    about: "Set a context entry in kubeconfig",
    usage: "[NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
    flags: &[Flag::switch("current", None)],
    run: set_context,
};

pub(crate) const SET_CLUSTER: Command = Command {
    path: "config set-cluster",
    aliases: &[],
    about: "Set a cluster entry in kubeconfig",
    usage: "NAME [--server=server] [--certificate-authority=path/to/certificate/authority] \
            [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]",
    flags: &[Flag::switch("embed-certs", None), Flag::text("proxy-url", None), Flag::text("tls-server-name", None)],
    run: set_cluster,
};

pub(crate) const SET_CREDENTIALS: Command = Command {
    path: "config set-credentials",
    aliases: &[],
    about: "Set a user entry in kubeconfig",
    usage: "NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] \
            [--username=basic_user] [--password=basic_password]",
    flags: &[Flag::switch("embed-certs", None), Flag::text("password", None), Flag::text("username", None)],
    run: set_credentials,
};

/// Models k8s.io/kubectl/pkg/cmd/config SetContextOptions.
fn set_context(call: &mut Call<'_, '_>) -> Outcome {
    let mut config = load(call);
    let current = call.flags.switch("current");
    let name = match call.args() {
        [] if current => field::text(&config, "/current-context").to_owned(),
        [] => return Err(Failure::new("you must specify a non-empty context name or --current")),
        [_] if current => return Err(Failure::new("you cannot specify both a context name and --current")),
        [name] => name.clone(),
        args => return Err(call.usage(&format!("Unexpected args: [{}]", args.join(" ")))),
    };
    if name.is_empty() {
        return Err(Failure::new("no current context is set"));
    }
    let done = if names(&config, "contexts").contains(&name.as_str()) { "modified" } else { "created" };
    let changes = fields_of(call, &[("cluster", "cluster"), ("user", "user"), ("namespace", "namespace")]);
    change(&mut config, "contexts", &name, changes);
    store(call, &config);
    call.io.out(format!("Context \"{name}\" {done}.\n"));
    Ok(Next::Done)
}

/// Models SetClusterOptions.
fn set_cluster(call: &mut Call<'_, '_>) -> Outcome {
    let name = one_name(call)?;
    let is_insecure = call.flags.switch("insecure-skip-tls-verify");
    let authority = call.flags.text("certificate-authority").map(str::to_owned);
    if is_insecure && authority.is_some() {
        return Err(Failure::new("you cannot specify a certificate authority and insecure mode at the same time"));
    }
    let mut changes =
        fields_of(call, &[("server", "server"), ("tls-server-name", "tls-server-name"), ("proxy-url", "proxy-url")]);
    if call.flags.is_set("insecure-skip-tls-verify") {
        changes.push(("insecure-skip-tls-verify".to_owned(), json!(is_insecure)));
    }
    if call.flags.switch("embed-certs") && authority.is_none() {
        return Err(Failure::new("you must specify a --certificate-authority to embed"));
    }
    changes.extend(certificate(call, "certificate-authority")?);
    let mut config = load(call);
    change(&mut config, "clusters", &name, changes);
    store(call, &config);
    call.io.out(format!("Cluster {name:?} set.\n"));
    Ok(Next::Done)
}

/// Models SetCredentialsOptions.
fn set_credentials(call: &mut Call<'_, '_>) -> Outcome {
    let name = one_name(call)?;
    let embeds = call.flags.switch("embed-certs");
    if embeds && !call.flags.is_set("client-certificate") && !call.flags.is_set("client-key") {
        return Err(Failure::new("you must specify a --client-certificate or --client-key to embed"));
    }
    if call.flags.is_set("token") && call.flags.is_set("username") {
        return Err(Failure::new(
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        ));
    }
    let mut changes = fields_of(call, &[("token", "token"), ("username", "username"), ("password", "password")]);
    changes.extend(certificate(call, "client-certificate")?);
    changes.extend(certificate(call, "client-key")?);
    let mut config = load(call);
    change(&mut config, "users", &name, changes);
    store(call, &config);
    call.io.out(format!("User {name:?} set.\n"));
    Ok(Next::Done)
}

fn one_name(call: &Call<'_, '_>) -> Result<String, Failure> {
    match call.args() {
        [name] => Ok(name.clone()),
        args => Err(call.usage(&format!("Unexpected args: [{}]", args.join(" ")))),
    }
}

/// Fields and values, as the flags that were given say.
fn fields_of(call: &Call<'_, '_>, flags: &[(&str, &str)]) -> Vec<(String, Value)> {
    let given = flags.iter().filter_map(|(flag, name)| Some(((*name).to_owned(), json!(call.flags.text(flag)?))));
    given.collect()
}

/// A file's path, or with `--embed-certs` what it holds.
fn certificate(call: &Call<'_, '_>, flag: &str) -> Result<Vec<(String, Value)>, Failure> {
    let Some(path) = call.flags.text(flag) else { return Ok(Vec::new()) };
    let data = format!("{flag}-data");
    if !call.flags.switch("embed-certs") {
        return Ok(vec![(flag.to_owned(), json!(path)), (data, Value::Null)]);
    }
    let text = call.world.files.read(path).ok_or_else(|| {
        Failure::Plain(format!("could not stat {flag} file {path}: stat {path}: no such file or directory"))
    })?;
    Ok(vec![(data, json!(base64(text))), (flag.to_owned(), Value::Null)])
}

/// Sets fields of an entry; those that are null are taken away.
fn change(config: &mut Value, list: &str, name: &str, changes: Vec<(String, Value)>) {
    let Some(fields) = entry(config, list, name).and_then(Value::as_object_mut) else { return };
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(&name);
        } else {
            fields.insert(name, value);
        }
    }
}
