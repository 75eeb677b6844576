//! `kubectl debug`: a container beside those of a pod, a copy of a pod, a pod on a node.

mod profile;

use serde_json::{Map, Value, json};

use profile::{Profile, Style, container_mut};

use crate::api::Kind;
use crate::api::patch::{strategic_merge, two_way};
use crate::apiserver::{DeleteOptions, Key, PatchType, WriteOptions};
use crate::images::ImageReference;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::manifest_file;
use crate::kubectl::selection::{filenames, type_and_name};

pub(super) const DEBUG: Command = Command {
    path: "debug",
    aliases: &[],
    about: "Create debugging sessions for troubleshooting workloads and nodes",
    usage: "(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]",
    flags: &[
        Flag::switch("arguments-only", None),
        Flag::switch("attach", None),
        Flag::text("container", Some('c')),
        Flag::text("copy-to", None),
        Flag::text("custom", None),
        Flag::list("env", None),
        Flag::list("filename", Some('f')),
        Flag::text("image", None),
        Flag::text("image-pull-policy", None),
        Flag::switch("keep-annotations", None),
        Flag::switch("keep-init-containers", None),
        Flag::switch("keep-labels", None),
        Flag::switch("keep-liveness", None),
        Flag::switch("keep-readiness", None),
        Flag::switch("keep-startup", None),
        Flag::text("profile", None),
        Flag::switch("quiet", Some('q')),
        Flag::switch("replace", None),
        Flag::switch("same-node", None),
        Flag::list("set-image", None),
        Flag::switch("share-processes", None),
        Flag::switch("stdin", Some('i')),
        Flag::text("target", None),
        Flag::switch("tty", Some('t')),
    ],
    run: debug,
};

/// What the flags say of the container.
struct Wanted {
    container: String,
    image: String,
    copy_to: String,
    target: String,
    pull_policy: String,
    words: Vec<String>,
    variables: Map<String, Value>,
    set_images: Map<String, Value>,
    profile: Profile,
    /// The part of a container that `--custom` lays over it.
    custom: Option<Value>,
}

/// Models k8s.io/kubectl/pkg/cmd/debug DebugOptions.Complete, Validate and Run.
fn debug(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let dash = call.flags.dash.unwrap_or(args.len()).min(args.len());
    let (names, words) = args.split_at(dash);
    let text = |call: &Call<'_, '_>, name: &str| call.flags.text(name).unwrap_or_default().to_owned();
    let profile = Profile::parse(call)?;
    let wanted = Wanted {
        container: text(call, "container"),
        image: text(call, "image"),
        copy_to: text(call, "copy-to"),
        target: text(call, "target"),
        pull_policy: text(call, "image-pull-policy"),
        words: words.to_vec(),
        variables: pairs(call, "env")?,
        set_images: pairs(call, "set-image")?,
        profile,
        custom: custom(call)?,
    };
    validate(call, &wanted, names)?;
    let mut objects = Vec::new();
    let files = filenames(call);
    if !files.is_empty() {
        for manifest in manifest_file::read(call, &files)? {
            let manifest = manifest?;
            objects.push((manifest.kind, manifest.value));
        }
    }
    let namespace = call.namespace();
    for name in names {
        let client = call.world.client();
        let (kind, name) = if name.contains('/') { type_and_name(client, name)? } else { (Kind::Pod, name.as_str()) };
        let place = if kind.is_cluster_scoped() { "" } else { namespace.as_str() };
        objects.push((kind, client.get(kind, &Key::new(place, name))?.to_value()));
    }
    for (kind, object) in objects {
        match kind {
            Kind::Node => on_node(call, &wanted, &object, &namespace)?,
            Kind::Pod if !wanted.copy_to.is_empty() => copy(call, &wanted, &object)?,
            Kind::Pod => beside(call, &wanted, &object)?,
            other => {
                let version = other.api_version();
                let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
                let kind = format!("{version}, Kind={}", other.as_str());
                return Err(Failure::Plain(format!("{kind:?} not supported by debug")));
            }
        }
    }
    Ok(Next::Done)
}

/// `NAME=value` pairs, by name. Models pflag's StringToString.
fn pairs(call: &Call<'_, '_>, name: &str) -> Result<Map<String, Value>, Failure> {
    let given = call.flags.texts(name);
    let whole = given.join(",");
    let read = given.iter().map(|pair| {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::Plain(format!(
                "invalid argument {whole:?} for \"--{name}\" flag: {pair} must be formatted as key=value"
            ))
        })?;
        Ok((key.to_owned(), json!(value)))
    });
    read.collect()
}

fn custom(call: &Call<'_, '_>) -> Result<Option<Value>, Failure> {
    let Some(path) = call.flags.text("custom").filter(|path| !path.is_empty()) else { return Ok(None) };
    let text = call.world.files.read(path).ok_or_else(|| {
        Failure::Plain(format!(
            "must pass a container spec json file for custom profile: open {path}: no such file or directory"
        ))
    })?;
    let documents = crate::manifest::parse(path, text);
    let value = documents.ok().and_then(|documents| documents.into_iter().next()).map(|document| document.value);
    match value.filter(Value::is_object) {
        Some(value) => Ok(Some(value)),
        None => Err(Failure::Plain(format!("{path} does not contain a valid container spec"))),
    }
}

fn validate(call: &mut Call<'_, '_>, wanted: &Wanted, names: &[String]) -> Result<(), Failure> {
    let fail = |text: &str| Err(Failure::new(text));
    let (has_image, copies) = (!wanted.image.is_empty(), !wanted.copy_to.is_empty());
    if call.flags.switch("attach") && !has_image && wanted.container.is_empty() {
        return fail("you must specify --container or create a new container using --image in order to attach.");
    }
    let (replaces, same_node) = (call.flags.switch("replace"), call.flags.switch("same-node"));
    if copies {
        if !has_image && wanted.set_images.is_empty() && wanted.words.is_empty() {
            return fail("you must specify --image, --set-image or command arguments.");
        }
        if !wanted.words.is_empty() && wanted.container.is_empty() && !has_image {
            return fail("you must specify an existing container or a new image when specifying args.");
        }
    } else if replaces {
        return fail("--replace may only be used with --copy-to.");
    } else if same_node {
        return fail("--same-node may only be used with --copy-to.");
    } else if !wanted.set_images.is_empty() {
        return fail("--set-image may only be used with --copy-to.");
    } else if !has_image {
        return fail("you must specify --image when not using --copy-to.");
    }
    if has_image && ImageReference::parse(&wanted.image).is_err() {
        return Err(Failure::Plain(format!("invalid image name {:?}: invalid reference format", wanted.image)));
    }
    if names.is_empty() && !call.has_files() {
        return fail("NAME or filename is required for debug");
    }
    if !["Always", "IfNotPresent", "Never", ""].contains(&wanted.pull_policy.as_str()) {
        return Err(Failure::Plain(format!("invalid image pull policy: {}", wanted.pull_policy)));
    }
    for (name, image) in &wanted.set_images {
        let image = image.as_str().unwrap_or_default();
        if ImageReference::parse(image).is_err() {
            let why = "invalid reference format";
            return Err(Failure::Plain(format!("invalid image name {image:?} for container {name:?}: {why}")));
        }
    }
    if !wanted.target.is_empty() {
        if copies {
            return fail("--target is incompatible with --copy-to. Use --share-processes instead.");
        }
        say(
            call,
            &format!(
                "Targeting container {:?}. If you don't see processes from this container it may be because the container \
                 runtime doesn't support this feature.\n",
                wanted.target
            ),
        );
    }
    if call.flags.switch("tty") && !call.flags.switch("stdin") {
        return fail("-i/--stdin is required for containers with -t/--tty=true");
    }
    if let Some(custom) = &wanted.custom {
        let fixed = ["name", "command", "image", "lifecycle", "volumeDevices"];
        if fixed.iter().any(|name| custom.get(*name).is_some_and(|value| !value.is_null() && *value != json!(""))) {
            return fail("name, command, image, lifecycle and volume devices are not modifiable via custom profile");
        }
    }
    if wanted.profile.is_legacy() {
        call.io.err(
            "--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, \
             for example \"--profile=general\".\n",
        );
    }
    let attaches = call.flags.switch_or("attach", call.flags.switch("stdin"));
    if attaches {
        return fail("the lab cannot attach to containers; add --attach=false, and use exec and logs");
    }
    Ok(())
}

fn say(call: &mut Call<'_, '_>, text: &str) {
    if !call.flags.switch("quiet") {
        call.io.out(text);
    }
}

/// An ephemeral container in the pod. Models debugByEphemeralContainer and generateDebugContainer.
fn beside(call: &mut Call<'_, '_>, wanted: &Wanted, pod: &Value) -> Result<(), Failure> {
    let name = container_name(call, wanted, pod);
    let mut container = new_container(call, wanted, &name);
    if !wanted.target.is_empty() {
        field::set(&mut container, &["targetContainerName"], json!(wanted.target));
    }
    let mut changed = pod.clone();
    let mut list = field::list(pod, "/spec/ephemeralContainers").to_vec();
    list.push(container);
    field::set(&mut changed, &["spec", "ephemeralContainers"], Value::Array(list));
    wanted.profile.apply(&mut changed, &name, Style::Ephemeral);
    let changed = customized(wanted, changed, &name, "ephemeralContainers")?;
    warn_of_user(call, &changed, &name);
    let patch = two_way(pod, &changed, Kind::Pod).map_err(Failure::Plain)?;
    let key = Key::new(field::text(pod, "/metadata/namespace"), field::text(pod, "/metadata/name"));
    let options = WriteOptions { to_ephemeral_containers: true, ..call.write_options(DryRun::None) };
    let result = call.world.client_mut().patch(Kind::Pod, &key, &patch, PatchType::Strategic, options);
    call.written(result)?;
    call.io.err(
        "The lab keeps ephemeral containers and does not run them: kubectl exec reaches the pod's own containers.\n",
    );
    Ok(())
}

/// A copy of the pod. Models debugByCopy and generatePodCopyWithDebugContainer.
fn copy(call: &mut Call<'_, '_>, wanted: &Wanted, pod: &Value) -> Result<(), Failure> {
    let namespace = field::text(pod, "/metadata/namespace").to_owned();
    let mut copied = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": wanted.copy_to, "namespace": namespace},
        "spec": pod.get("spec").cloned().unwrap_or_default(),
    });
    for name in ["labels", "annotations"] {
        if let Some(map) = pod.pointer(&format!("/metadata/{name}")) {
            field::set(&mut copied, &["metadata", name], map.clone());
        }
    }
    if let Some(spec) = copied.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("ephemeralContainers");
        if call.flags.is_set("share-processes") {
            spec.insert("shareProcessNamespace".to_owned(), json!(call.flags.switch("share-processes")));
        }
        if !call.flags.switch("same-node") {
            spec.remove("nodeName");
        }
        for container in spec.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
            let named = wanted.set_images.get(field::text(container, "/name"));
            if let Some(image) = named.or_else(|| wanted.set_images.get("*")).filter(|image| **image != json!("")) {
                field::set(container, &["image"], image.clone());
            }
        }
    }
    let name = with_debugger(call, wanted, &mut copied)?;
    if let Some(name) = &name {
        wanted.profile.apply(&mut copied, name, Style::Copy);
        copied = customized(wanted, copied, name, "containers")?;
        warn_of_user(call, &copied, name);
    }
    let options = call.write_options(DryRun::None);
    let made = call.world.client_mut().create(Kind::Pod, &namespace, copied, options);
    call.written(made)?;
    if call.flags.switch("replace") {
        let key = Key::new(namespace, field::text(pod, "/metadata/name"));
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        call.world.client_mut().delete(Kind::Pod, &key, &options)?;
    }
    Ok(())
}

/// The container that is debugged, new or changed; none where only images were set.
fn with_debugger(call: &mut Call<'_, '_>, wanted: &Wanted, copied: &mut Value) -> Result<Option<String>, Failure> {
    let mut name = wanted.container.clone();
    if container_mut(copied, &name).is_none() {
        if wanted.image.is_empty() {
            return if wanted.set_images.is_empty() {
                Err(Failure::new("you must specify image when creating new container"))
            } else {
                Ok(None)
            };
        }
        name = container_name(call, wanted, copied);
        let mut list = field::list(copied, "/spec/containers").to_vec();
        list.push(json!({"name": name, "terminationMessagePolicy": "File"}));
        field::set(copied, &["spec", "containers"], Value::Array(list));
    }
    let (stdin, tty) = (call.flags.switch("stdin"), call.flags.switch("tty"));
    let arguments_only = call.flags.switch("arguments-only");
    if let Some(container) = container_mut(copied, &name) {
        if !wanted.words.is_empty() {
            let list = if arguments_only { "args" } else { "command" };
            if !arguments_only {
                container.remove("args");
            }
            container.insert(list.to_owned(), json!(wanted.words));
        }
        if !wanted.variables.is_empty() {
            container.insert("env".to_owned(), variables(wanted));
        }
        for (field, text) in [("image", &wanted.image), ("imagePullPolicy", &wanted.pull_policy)] {
            if !text.is_empty() {
                container.insert(field.to_owned(), json!(text));
            }
        }
        for (field, on) in [("stdin", stdin), ("tty", tty)] {
            if on {
                container.insert(field.to_owned(), json!(true));
            } else {
                container.remove(field);
            }
        }
    }
    Ok(Some(name))
}

/// A pod that sees the node. Models generateNodeDebugPod.
fn on_node(call: &mut Call<'_, '_>, wanted: &Wanted, node: &Value, namespace: &str) -> Result<(), Failure> {
    let node = field::text(node, "/metadata/name").to_owned();
    let container = if wanted.container.is_empty() { "debugger".to_owned() } else { wanted.container.clone() };
    let name = format!("node-debugger-{node}-{}", suffix(call));
    say(call, &format!("Creating debugging pod {name} with container {container} on node {node}.\n"));
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"}},
        "spec": {
            "containers": [new_container(call, wanted, &container)], "nodeName": node, "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
        },
    });
    wanted.profile.apply(&mut pod, &container, Style::Node);
    let pod = customized(wanted, pod, &container, "containers")?;
    let options = call.write_options(DryRun::None);
    let made = call.world.client_mut().create(Kind::Pod, namespace, pod, options);
    call.written(made).map(drop)
}

fn new_container(call: &Call<'_, '_>, wanted: &Wanted, name: &str) -> Value {
    let mut container = json!({"name": name, "image": wanted.image, "terminationMessagePolicy": "File"});
    let command = if call.flags.switch("arguments-only") { "args" } else { "command" };
    let given = [
        (!wanted.variables.is_empty()).then(|| ("env", variables(wanted))),
        (!wanted.pull_policy.is_empty()).then(|| ("imagePullPolicy", json!(wanted.pull_policy))),
        call.flags.switch("stdin").then_some(("stdin", json!(true))),
        call.flags.switch("tty").then_some(("tty", json!(true))),
        (!wanted.words.is_empty()).then(|| (command, json!(wanted.words))),
    ];
    for (field, value) in given.into_iter().flatten() {
        field::set(&mut container, &[field], value);
    }
    container
}

fn variables(wanted: &Wanted) -> Value {
    wanted.variables.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

/// Models computeDebugContainerName.
fn container_name(call: &mut Call<'_, '_>, wanted: &Wanted, pod: &Value) -> String {
    if !wanted.container.is_empty() {
        return wanted.container.clone();
    }
    let mut pod = pod.clone();
    let mut name = format!("debugger-{}", suffix(call));
    while container_mut(&mut pod, &name).is_some() {
        name.push('x');
    }
    say(call, &format!("Defaulting debug container name to {name}.\n"));
    name
}

/// Five random letters. Models apimachinery/pkg/util/rand String.
fn suffix(call: &Call<'_, '_>) -> String {
    const LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
    let client = call.world.client();
    let mut random = client.random(&format!("debug/{}", client.now().as_ms()));
    let letter = |_| LETTERS.chars().nth(random.below(27) as usize).unwrap_or('x');
    (0..5).map(letter).collect()
}

/// With what `--custom` says. Models applyCustomProfile and applyCustomProfileEphemeral.
fn customized(wanted: &Wanted, pod: Value, name: &str, list: &str) -> Result<Value, Failure> {
    let Some(custom) = &wanted.custom else { return Ok(pod) };
    let mut part = custom.clone();
    field::set(&mut part, &["name"], json!(name));
    let patch = json!({"spec": {list: [part]}});
    let why = |why: String| Failure::Plain(format!("error creating three way patch to add debug container: {why}"));
    strategic_merge(&pod, &patch, Kind::Pod).map_err(why)
}

/// Models displayWarning: capabilities mean little to a user that is not root.
fn warn_of_user(call: &mut Call<'_, '_>, pod: &Value, name: &str) {
    let user = |value: Option<&Value>| value.and_then(|value| value.get("runAsUser")).and_then(Value::as_i64);
    if user(pod.pointer("/spec/securityContext")).unwrap_or(0) == 0 {
        return;
    }
    let mut pod = pod.clone();
    let Some(context) = container_mut(&mut pod, name).and_then(|container| container.get("securityContext").cloned())
    else {
        return;
    };
    let is_strong = field::flag(&context, "/privileged") || !field::list(&context, "/capabilities/add").is_empty();
    if user(Some(&context)) != Some(0) && is_strong {
        call.io.err(
            "Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug \
             profile may not work. Please consider using \"--custom\" with a custom profile that specifies \
             \"securityContext.runAsUser: 0\".\n",
        );
    }
}
