//! `kubectl cp`: files between the learner's directory and a container.

use crate::api::{Kind, Object, Pod, PodPhase};
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::pods_of::container_of;
use crate::process::Files;

pub(super) const CP: Command = Command {
    path: "cp",
    aliases: &[],
    about: "Copy files and directories to and from containers",
    usage: "<file-spec-src> <file-spec-dest>",
    flags: &[Flag::text("container", Some('c')), Flag::switch("no-preserve", None), Flag::number("retries", None)],
    run: copy,
};

/// `[[namespace/]pod:]file/path`
struct Place {
    /// Namespace, empty for the call's, and name.
    pod: Option<(String, String)>,
    path: String,
}

/// Models cp.extractFileSpec.
fn place(text: &str) -> Result<Place, Failure> {
    let Some((pod, path)) = text.split_once(':') else { return Ok(Place { pod: None, path: text.to_owned() }) };
    let pod = match pod.split('/').collect::<Vec<_>>().as_slice() {
        [""] | [_, _, _, ..] | [] => {
            return Err(Failure::new("filespec must match the canonical format: [[namespace/]pod:]file/path"));
        }
        [name] => (String::new(), (*name).to_owned()),
        [namespace, name] => ((*namespace).to_owned(), (*name).to_owned()),
    };
    Ok(Place { pod: Some(pod), path: path.to_owned() })
}

/// Models CopyOptions.Run.
fn copy(call: &mut Call<'_, '_>) -> Outcome {
    let [from, to] = call.args() else { return Err(Failure::new("source and destination are required")) };
    let (from, to) = (place(from)?, place(to)?);
    if from.pod.is_some() && to.pod.is_some() {
        return Err(Failure::new("one of src or dest must be a local file specification"));
    }
    if from.path.is_empty() || to.path.is_empty() {
        return Err(Failure::new("filepath can not be empty"));
    }
    let Some((namespace, name)) = from.pod.as_ref().or(to.pod.as_ref()) else {
        return Err(Failure::new("one of src or dest must be a remote file specification"));
    };
    if to.pod.is_some() && call.world.files.read(&from.path).is_none() && !call.world.files.is_directory(&from.path) {
        return Err(Failure::Plain(format!("{} doesn't exist in local filesystem", from.path)));
    }
    let namespace = if namespace.is_empty() { call.namespace() } else { namespace.clone() };
    let key = Key::new(namespace.as_str(), name.as_str());
    let Object::Pod(pod) = call.world.client().get(Kind::Pod, &key)? else { return Ok(Next::Done) };
    let container = running(&pod, call.flags.text("container"))?;
    let uid = pod.metadata.uid.clone();
    if !call.world.client().has_shell(&uid, &container) {
        return Err(Failure::new(
            "Internal error occurred: error executing command in container: failed to exec in container: exec: \"tar\": \
             executable file not found in $PATH: unknown",
        ));
    }
    // Taken out for as long as it takes: the visitor's files are of the same world.
    let Some(mut inside) = call.world.client_mut().files_mut(&uid, &container).map(std::mem::take) else {
        return Err(Failure::Plain(format!(
            "Internal error occurred: unable to upgrade connection: container not found (\"{container}\")"
        )));
    };
    let copied = if to.pod.is_some() {
        transfer(call.world.files, &from.path, &mut inside, &to.path)
    } else {
        transfer(&inside, &from.path, call.world.files, &to.path)
    };
    if let Some(files) = call.world.client_mut().files_mut(&uid, &container) {
        *files = inside;
    }
    match copied {
        Ok(0) => {
            let path = from.path.trim_start_matches('/');
            call.io.err(format!("tar: {path}: Cannot stat: No such file or directory\n"));
            call.io.err("tar: Exiting with failure status due to previous errors\n");
            call.io.err("command terminated with exit code 2\n");
            Err(Failure::Exit(2))
        }
        Ok(_) => {
            // What tar says of names that begin at the root.
            if from.path.starts_with('/') && from.pod.is_some() {
                call.io.out("tar: removing leading '/' from member names\n");
            }
            Ok(Next::Done)
        }
        Err(why) => Err(Failure::Plain(why)),
    }
}

fn running(pod: &Pod, wanted: Option<&str>) -> Result<String, Failure> {
    if matches!(pod.status.phase, PodPhase::Succeeded | PodPhase::Failed) {
        return Err(Failure::Plain(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            pod.status.phase.as_str()
        )));
    }
    container_of(pod, wanted).map(|(container, _)| container)
}

/// Copies a file, or what a directory holds; how many files that were.
fn transfer(from: &Files, path: &str, to: &mut Files, target: &str) -> Result<usize, String> {
    let base = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).to_owned();
    let into = |to: &Files| target.ends_with('/') || target == "." || to.is_directory(target);
    let store = |to: &mut Files, place: &str, text: &str| {
        to.store(place, text).map_err(|why| format!("open {place}: {}", why.to_lowercase()))
    };
    if let Some(text) = from.read(path) {
        let place =
            if into(to) { format!("{}/{}", target.trim_end_matches('/'), base(path)) } else { target.to_owned() };
        store(to, &place, text)?;
        return Ok(1);
    }
    let directory = Files::normalize(path);
    // A directory is copied into one that is there, with its name.
    let target = if to.is_directory(target) && target != "." {
        format!("{}/{}", target.trim_end_matches('/'), base(path))
    } else {
        target.trim_end_matches('/').to_owned()
    };
    let below: Vec<(String, String)> = from
        .below(path)
        .into_iter()
        .filter_map(|name| Some((name.strip_prefix(&directory)?.to_owned(), from.read(name)?.to_owned())))
        .collect();
    for (name, text) in &below {
        store(to, &format!("{target}/{}", name.trim_start_matches('/')), text)?;
    }
    Ok(below.len())
}
