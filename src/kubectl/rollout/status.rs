//! How far a rollout has come.

use crate::api::Deployment;
use crate::api::well_known;

use super::revision::revision;

/// What `kubectl rollout status` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The line to print, with its line break.
    pub message: String,
    /// Whether the command ends here.
    pub done: bool,
}

/// How far the rollout is; `Err` is why it will not succeed.
/// Models k8s.io/kubectl/pkg/polymorphichelpers DeploymentStatusViewer.Status.
///
/// # Errors
/// When the progress deadline has passed, or `wanted_revision` (0 for any) is not the running one.
pub fn deployment_progress(deployment: &Deployment, wanted_revision: i64) -> Result<Progress, String> {
    let (name, status) = (&deployment.metadata.name, &deployment.status);
    if wanted_revision > 0 {
        check_revision(deployment, wanted_revision)?;
    }
    if deployment.metadata.generation > status.observed_generation {
        return Ok(waiting("Waiting for deployment spec update to be observed...\n".to_owned()));
    }
    let progressing = status.conditions.iter().find(|condition| condition.kind == "Progressing");
    if progressing.is_some_and(|condition| condition.reason == "ProgressDeadlineExceeded") {
        return Err(format!("deployment \"{name}\" exceeded its progress deadline"));
    }
    let (wanted, updated) = (deployment.spec.replicas, status.updated_replicas);
    let rest = if updated < wanted {
        format!("{updated} out of {wanted} new replicas have been updated...")
    } else if status.replicas > updated {
        format!("{} old replicas are pending termination...", status.replicas - updated)
    } else if status.available_replicas < updated {
        format!("{} of {updated} updated replicas are available...", status.available_replicas)
    } else {
        return Ok(Progress { message: format!("deployment \"{name}\" successfully rolled out\n"), done: true });
    };
    Ok(waiting(format!("Waiting for deployment \"{name}\" rollout to finish: {rest}\n")))
}

fn waiting(message: String) -> Progress {
    Progress { message, done: false }
}

fn check_revision(deployment: &Deployment, wanted: i64) -> Result<(), String> {
    let name = &deployment.metadata.name;
    match revision(&deployment.metadata) {
        None => {
            let text = deployment.metadata.annotations.get(well_known::DEPLOYMENT_REVISION);
            let text = text.map_or("", String::as_str);
            Err(format!(
                "cannot get the revision of deployment \"{name}\": strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        }
        Some(running) if running != wanted => {
            Err(format!("desired revision ({wanted}) is different from the running revision ({running})"))
        }
        Some(_) => Ok(()),
    }
}
