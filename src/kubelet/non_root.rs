//! Whether a container may run as its user. Models pkg/kubelet/kuberuntime/security_context_others.go.

use serde_json::{Map, Value};

/// The largest user id.
const MAX_UID: i64 = 2_147_483_647;

/// The user that an image's configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageUser {
    /// By number; 0 also when the image names nobody.
    Id(i64),
    /// By name.
    Name(String),
    /// Nothing is known of it.
    Unknown,
}

/// Refuses a container that would run as root though it must not. `pod` is written `NAME_NAMESPACE(UID)`.
/// Models verifyRunAsNonRoot.
///
/// # Errors
/// The kubelet's text, with which the container waits as `CreateContainerConfigError`.
pub fn verify(
    pod: &str,
    spec: &Map<String, Value>,
    container: &Map<String, Value>,
    image: &ImageUser,
) -> Result<(), String> {
    let effective = |field: &str| {
        let of =
            |holder: &Map<String, Value>| holder.get("securityContext")?.get(field).filter(|v| !v.is_null()).cloned();
        of(container).or_else(|| of(spec))
    };
    if effective("runAsNonRoot") != Some(Value::Bool(true)) {
        return Ok(());
    }
    let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
    let of_whom = format!("(pod: \"{pod}\", container: {name})");
    if let Some(user) = effective("runAsUser").and_then(|user| user.as_i64()) {
        return match user {
            0 => Err(format!("container's runAsUser breaks non-root policy {of_whom}")),
            _ => Ok(()),
        };
    }
    match image {
        ImageUser::Name(user) => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root {of_whom}"
        )),
        ImageUser::Id(0) => Err(format!("container has runAsNonRoot and image will run as root {of_whom}")),
        ImageUser::Id(user) if !(0..=MAX_UID).contains(user) => Err(format!(
            "container has runAsNonRoot and image has an invalid user id ({user}). (Must be 1-({MAX_UID})): must be between 0 and {MAX_UID}, inclusive {of_whom}"
        )),
        ImageUser::Id(_) | ImageUser::Unknown => Ok(()),
    }
}
