//! `kubectl create job` and `create cronjob`: objects whose controllers the lab does not have, so that they stay as they are.

use serde_json::{Value, json};

use super::create::{command_of, failed_to_create, name_of, send};
use crate::api::Kind;
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::selection::type_and_name;

const DRY_RUN: Flag = Flag::optional("dry-run", "unchanged");
const IMAGE: Flag = Flag::text("image", None);
const OUTPUT: Flag = Flag::text("output", Some('o'));
const SAVE: Flag = Flag::switch("save-config", None);
const VALIDATE: Flag = Flag::optional("validate", "strict");

pub(super) const JOB: Command = Command {
    path: "create job",
    aliases: &[],
    about: "Create a job with the specified name",
    usage: "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
    flags: &[DRY_RUN, Flag::text("from", None), IMAGE, OUTPUT, SAVE, VALIDATE],
    run: job,
};

pub(super) const CRON_JOB: Command = Command {
    path: "create cronjob",
    aliases: &["cj"],
    about: "Create a cron job with the specified name",
    usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
    flags: &[DRY_RUN, IMAGE, OUTPUT, Flag::text("restart", None), SAVE, Flag::text("schedule", None), VALIDATE],
    run: cron_job,
};

/// Models k8s.io/kubectl/pkg/cmd/create CreateJobOptions.
fn job(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let (image, from) = (given(call, "image"), given(call, "from"));
    let command = command_of(call);
    let mut value = match (image, from) {
        (Some(image), None) => {
            let spec = json!({"template": template(&name, &image, &command, "Never")});
            json!({"metadata": {"name": name}, "spec": spec})
        }
        (None, Some(_)) if !command.is_empty() => return Err(Failure::new("cannot specify --from and command")),
        (None, Some(from)) => job_of(call, &name, &from)?,
        _ => return Err(Failure::new("either --image or --from must be specified")),
    };
    field::set(&mut value, &["apiVersion"], json!("batch/v1"));
    field::set(&mut value, &["kind"], json!("Job"));
    finish(call, Kind::Job, value, dry_run, "job")
}

/// A job as the cron job would make it. Models createJobFromCronJob.
fn job_of(call: &Call<'_, '_>, name: &str, from: &str) -> Result<Value, Failure> {
    let (kind, cron_job) = type_and_name(call.world.client(), from)?;
    let object = call.world.client().get(kind, &Key::new(call.namespace(), cron_job))?;
    if kind != Kind::CronJob {
        return Err(Failure::new(format!("unknown object type *{}", go_type(kind))));
    }
    let uid = object.metadata().uid.clone();
    let template = object.to_value().pointer("/spec/jobTemplate").cloned().unwrap_or_default();
    let mut annotations = json!({"cronjob.kubernetes.io/instantiate": "manual"});
    if let Some(all) = annotations.as_object_mut() {
        all.extend(
            field::string_map(&template, "/metadata/annotations").into_iter().map(|(key, text)| (key, json!(text))),
        );
    }
    let owner = json!({"apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job, "uid": uid, "controller": true});
    let mut metadata = json!({"name": name, "annotations": annotations, "ownerReferences": [owner]});
    if let Some(labels) = template.pointer("/metadata/labels") {
        field::set(&mut metadata, &["labels"], labels.clone());
    }
    Ok(json!({"metadata": metadata, "spec": template.get("spec").cloned().unwrap_or_default()}))
}

/// `v1.Deployment`.
fn go_type(kind: Kind) -> String {
    format!("{}.{}", kind.api_version().rsplit('/').next().unwrap_or_default(), kind.as_str())
}

/// Models k8s.io/kubectl/pkg/cmd/create CreateCronJobOptions.
fn cron_job(call: &mut Call<'_, '_>) -> Outcome {
    let missing: Vec<String> =
        ["image", "schedule"].iter().filter(|flag| !call.flags.is_set(flag)).map(|flag| format!("{flag:?}")).collect();
    if !missing.is_empty() {
        return Err(Failure::new(format!("required flag(s) {} not set", missing.join(", "))));
    }
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let restart = given(call, "restart").unwrap_or_else(|| "OnFailure".to_owned());
    let image = given(call, "image").unwrap_or_default();
    let template = template(&name, &image, &command_of(call), &restart);
    let value = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name},
        "spec": {
            "schedule": given(call, "schedule").unwrap_or_default(),
            "jobTemplate": {"metadata": {"name": name}, "spec": {"template": template}},
        },
    });
    finish(call, Kind::CronJob, value, dry_run, "cronjob")
}

fn given(call: &Call<'_, '_>, flag: &str) -> Option<String> {
    call.flags.text(flag).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn template(name: &str, image: &str, command: &[String], restart: &str) -> Value {
    let mut container = json!({"name": name, "image": image, "resources": {}});
    if !command.is_empty() {
        field::set(&mut container, &["command"], json!(command));
    }
    json!({"metadata": {}, "spec": {"containers": [container], "restartPolicy": restart}})
}

fn finish(call: &mut Call<'_, '_>, kind: Kind, mut value: Value, dry_run: DryRun, what: &str) -> Outcome {
    if dry_run == DryRun::Client {
        field::set(&mut value, &["status"], json!({}));
    }
    let namespace = call.namespace();
    let done = send(call, kind, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, what))?;
    Ok(Next::Done)
}
