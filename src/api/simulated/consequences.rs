//! What follows from a field's being kept without being acted on.

use crate::api::Kind;

/// What the lab leaves out by not acting on a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// In words.
    pub text: &'static str,
    /// Whether a real cluster may come to another end because of it.
    pub may_decide: bool,
}

const fn decides(text: &'static str) -> Consequence {
    Consequence { text, may_decide: true }
}

const fn harmless(text: &'static str) -> Consequence {
    Consequence { text, may_decide: false }
}

/// By the field's name; a kind's own stand in [`of_kind`].
const OF_FIELDS: &[(&str, Consequence)] = &[
    ("workingDir", decides("a program that looks for its files there may not find them")),
    ("resizePolicy", harmless("it matters when a running container's resources are changed, which nobody does here")),
    ("restartPolicyRules", decides("a container that ends may be started again, or not, otherwise than here")),
    ("volumeDevices", decides("the pod waits until the block device is attached")),
    ("securityContext", decides("the kubelet may refuse to start the container, or its program may lack a right")),
    ("stdin", harmless("nobody types into the container")),
    ("stdinOnce", harmless("nobody types into the container")),
    ("tty", harmless("nobody types into the container")),
    ("limits", decides("a container that goes beyond them is throttled, or killed for its memory")),
    ("claims", decides("the pod is scheduled only where the claimed device is")),
    ("dnsConfig", decides("names may resolve otherwise, or not at all")),
    ("dnsPolicy", decides("names may resolve otherwise, or not at all")),
    ("ephemeralContainers", harmless("they are there for debugging alone")),
    ("hostAliases", decides("names may resolve otherwise")),
    ("hostIPC", decides("admission may refuse the pod")),
    ("hostNetwork", decides("its programs listen at the node's address, where another one may listen already")),
    ("hostPID", decides("admission may refuse the pod")),
    ("hostUsers", decides("a node without user namespaces does not start the pod")),
    ("hostname", harmless("the pod is called otherwise inside of itself alone")),
    ("hostnameOverride", harmless("the pod is called otherwise inside of itself alone")),
    ("os", decides("the pod is started only on a node of that operating system")),
    ("resourceClaims", decides("the pod is scheduled only once the claim is allocated")),
    ("runtimeClassName", decides("a node without that runtime does not start the pod")),
    ("schedulingGroup", decides("pods of a group are scheduled together or not at all")),
    ("serviceAccountName", decides("without that ServiceAccount no pod is made")),
    ("setHostnameAsFQDN", harmless("the pod is called otherwise inside of itself alone")),
    ("shareProcessNamespace", harmless("containers see each other's processes")),
    ("subdomain", harmless("the pod has a name of its own in DNS")),
    ("externalIPs", decides("clients outside of the cluster are not simulated, and may lose their way in")),
    ("externalName", decides("the Service is a name in DNS, and no traffic goes through it here")),
    ("externalTrafficPolicy", decides("clients outside of the cluster are not simulated, and may lose their way in")),
    ("healthCheckNodePort", harmless("clients outside of the cluster are not simulated")),
    ("internalTrafficPolicy", decides("a node without a pod of the Service drops what its clients send")),
    ("ipFamilies", decides("addresses here are IPv4 alone")),
    ("ipFamilyPolicy", decides("addresses here are IPv4 alone")),
    ("loadBalancerClass", decides("clients outside of the cluster are not simulated, and may lose their way in")),
    ("loadBalancerIP", decides("clients outside of the cluster are not simulated, and may lose their way in")),
    (
        "loadBalancerSourceRanges",
        decides("clients outside of the cluster are not simulated, and may lose their way in"),
    ),
    ("sessionAffinity", harmless("each request is balanced by itself here")),
    ("sessionAffinityConfig", harmless("each request is balanced by itself here")),
    ("trafficDistribution", harmless("there is one zone here")),
];

fn of_kind(kind: Kind) -> Option<Consequence> {
    Some(match kind {
        Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController => decides("none of its pods is made here"),
        Kind::Job | Kind::CronJob => decides("none of its pods runs here"),
        Kind::HorizontalPodAutoscaler => decides("it may change the number of replicas at any time"),
        Kind::PodDisruptionBudget => {
            harmless("it guards against evictions; a rollout deletes pods itself and does not ask it")
        }
        Kind::Ingress => decides("clients outside of the cluster are not simulated, and may lose their way in"),
        Kind::NetworkPolicy => decides("it may keep requests from the pods"),
        Kind::PersistentVolumeClaim => decides("pods that use it wait until it is bound"),
        _ => return None,
    })
}

/// What follows from not acting on `path` of an object, a path as [`super::not_simulated`] gives it.
pub fn consequence(kind: Kind, path: &str) -> Consequence {
    if path == "spec"
        && let Some(consequence) = of_kind(kind)
    {
        return consequence;
    }
    let field = path.rsplit('.').next().unwrap_or(path);
    let field = field.split('[').next().unwrap_or(field);
    let known = OF_FIELDS.iter().find(|(name, _)| *name == field);
    known.map_or(decides("it is kept and not acted on here"), |(_, consequence)| *consequence)
}

#[cfg(test)]
mod tests {
    use super::super::WITHOUT_EFFECT;
    use super::*;

    #[test]
    fn every_field_without_effect_has_its_consequence() {
        let fields: Vec<&str> = WITHOUT_EFFECT.iter().flat_map(|(_, fields)| *fields).copied().collect();
        let missing: Vec<&&str> =
            fields.iter().filter(|field| !OF_FIELDS.iter().any(|(name, _)| name == *field)).collect();
        assert_eq!(missing, Vec::<&&str>::new());
        let stale: Vec<&str> = OF_FIELDS.iter().map(|(name, _)| *name).filter(|name| !fields.contains(name)).collect();
        assert_eq!(stale, Vec::<&str>::new());
    }

    #[test]
    fn a_budget_does_not_decide_and_limits_may() {
        assert!(!consequence(Kind::PodDisruptionBudget, "spec").may_decide);
        let limits = "spec.template.spec.containers[0].resources.limits";
        assert!(consequence(Kind::Deployment, limits).text.contains("killed for its memory"));
    }
}
