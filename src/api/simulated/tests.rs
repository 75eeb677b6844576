//! Every field is accounted for: acted on, or told of with what follows.

use serde_json::json;

use super::*;
use crate::api::schema::TypeId;

/// The fields that the lab acts on, by type; a type that holds others is acted on through those.
const ACTED_ON: &[(&str, &str)] = &[
    ("ConfigMap", "immutable data binaryData"),
    ("CustomResourceDefinition", "spec"),
    ("LimitRangeItem", "type max min default defaultRequest maxLimitRequestRatio"),
    ("LimitRangeSpec", "limits"),
    ("NamespaceSpec", "finalizers"),
    ("NodeSpec", "podCIDR podCIDRs unschedulable taints"),
    ("PersistentVolume", "spec"),
    ("PersistentVolumeClaimSpec", "accessModes selector resources volumeName storageClassName volumeMode"),
    ("PriorityClass", "value globalDefault preemptionPolicy"),
    ("ResourceQuotaSpec", "hard scopes scopeSelector"),
    ("ScopeSelector", "matchExpressions"),
    ("ScopedResourceSelectorRequirement", "scopeName operator values"),
    ("Secret", "immutable data stringData type"),
    ("ServiceAccount", "imagePullSecrets automountServiceAccountToken"),
    ("StorageClass", "provisioner reclaimPolicy volumeBindingMode"),
    ("Taint", "key value effect timeAdded"),
    ("VolumeResourceRequirements", "requests limits"),
    ("Affinity", "nodeAffinity podAffinity podAntiAffinity"),
    ("ConfigMapEnvSource", "name optional"),
    ("ConfigMapKeySelector", "name key optional"),
    ("ConfigMapProjection", "name items optional"),
    ("ConfigMapVolumeSource", "name items defaultMode optional"),
    (
        "Container",
        "name image command args ports envFrom env resources restartPolicy volumeMounts livenessProbe readinessProbe \
         startupProbe lifecycle imagePullPolicy securityContext",
    ),
    ("ContainerPort", "name hostPort containerPort protocol hostIP"),
    (
        "DeploymentSpec",
        "replicas selector template strategy minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds",
    ),
    ("DeploymentStrategy", "type rollingUpdate"),
    ("DownwardAPIProjection", "items"),
    ("DownwardAPIVolumeFile", "path fieldRef mode"),
    ("DownwardAPIVolumeSource", "items defaultMode"),
    ("EmptyDirVolumeSource", ""),
    ("EnvFromSource", "prefix configMapRef secretRef"),
    ("EnvVar", "name value valueFrom"),
    ("EnvVarSource", "fieldRef resourceFieldRef configMapKeyRef secretKeyRef fileKeyRef"),
    ("ExecAction", "command"),
    ("FileKeySelector", "volumeName path key optional"),
    ("GRPCAction", "port service"),
    ("HTTPGetAction", "path port host scheme httpHeaders"),
    ("HTTPHeader", "name value"),
    ("CrossVersionObjectReference", "kind name apiVersion"),
    ("HPAScalingPolicy", "type value periodSeconds"),
    ("HPAScalingRules", "stabilizationWindowSeconds selectPolicy policies tolerance"),
    ("HorizontalPodAutoscalerBehavior", "scaleUp scaleDown"),
    ("HorizontalPodAutoscalerSpec", "scaleTargetRef minReplicas maxReplicas behavior"),
    ("KeyToPath", "key path mode"),
    ("LabelSelector", "matchLabels matchExpressions"),
    ("LabelSelectorRequirement", "key operator values"),
    ("Lifecycle", "postStart preStop"),
    ("LifecycleHandler", "exec httpGet tcpSocket sleep"),
    ("LocalObjectReference", "name"),
    ("NodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution"),
    ("NodeSelector", "nodeSelectorTerms"),
    ("NodeSelectorRequirement", "key operator values"),
    ("NodeSelectorTerm", "matchExpressions matchFields"),
    ("ObjectFieldSelector", "apiVersion fieldPath"),
    ("PersistentVolumeClaimVolumeSource", "claimName"),
    ("PodAffinity", "requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution"),
    ("PodAffinityTerm", "labelSelector namespaces topologyKey namespaceSelector matchLabelKeys mismatchLabelKeys"),
    (
        "PodAntiAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution preferredDuringSchedulingIgnoredDuringExecution",
    ),
    ("PodDisruptionBudgetSpec", "minAvailable selector maxUnavailable unhealthyPodEvictionPolicy"),
    ("PodOS", "name"),
    ("PodReadinessGate", "conditionType"),
    ("PodSchedulingGate", "name"),
    ("PodSecurityContext", "runAsUser runAsNonRoot supplementalGroupsPolicy sysctls"),
    ("Sysctl", "name value"),
    (
        "PodSpec",
        "volumes initContainers containers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds nodeSelector \
         serviceAccountName serviceAccount automountServiceAccountToken nodeName securityContext imagePullSecrets \
         affinity schedulerName tolerations priorityClassName priority readinessGates enableServiceLinks \
         preemptionPolicy overhead topologySpreadConstraints os schedulingGates resources",
    ),
    ("PodTemplateSpec", "metadata spec"),
    ("PreferredSchedulingTerm", "weight preference"),
    (
        "Probe",
        "exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold \
         terminationGracePeriodSeconds",
    ),
    ("ProjectedVolumeSource", "sources defaultMode"),
    ("ReplicaSetSpec", "replicas minReadySeconds selector template"),
    ("ResourceFieldSelector", "containerName resource divisor"),
    ("ResourceRequirements", "requests"),
    ("RollingUpdateDeployment", "maxUnavailable maxSurge"),
    ("SecretEnvSource", "name optional"),
    ("SecretKeySelector", "name key optional"),
    ("SecretProjection", "name items optional"),
    ("SecretVolumeSource", "secretName items defaultMode optional"),
    ("SecurityContext", "runAsUser runAsNonRoot"),
    ("ServiceAccountTokenProjection", "path"),
    ("ServicePort", "name protocol port targetPort nodePort"),
    ("ServiceSpec", "ports selector clusterIP clusterIPs type publishNotReadyAddresses"),
    ("SleepAction", "seconds"),
    ("TCPSocketAction", "port host"),
    ("Toleration", "key operator value effect tolerationSeconds"),
    (
        "TopologySpreadConstraint",
        "maxSkew topologyKey whenUnsatisfiable labelSelector minDomains nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys",
    ),
    ("Volume", "name hostPath emptyDir secret downwardAPI configMap persistentVolumeClaim projected"),
    ("VolumeMount", "name mountPath subPath subPathExpr"),
    ("VolumeProjection", "secret downwardAPI configMap serviceAccountToken"),
    ("WeightedPodAffinityTerm", "weight podAffinityTerm"),
];

fn without_effect(kind: &'static Type) -> Vec<&'static str> {
    let of_kind = WITHOUT_EFFECT.iter().filter(|(name, _)| *name == kind.name);
    of_kind.flat_map(|(_, fields)| fields.iter().map(|(name, _)| *name)).collect()
}

fn below(shape: &'static Shape) -> Option<TypeId> {
    match shape {
        Shape::Struct(id) => Some(*id),
        Shape::Pointer(inner) | Shape::Slice(inner) | Shape::Map(_, inner) => below(inner),
        _ => None,
    }
}

fn walk(kind: &'static Type, seen: &mut Vec<&'static str>, missing: &mut Vec<String>) {
    if kind.name == "ObjectMeta" || kind.name.ends_with("Status") || seen.contains(&kind.name) {
        return;
    }
    seen.push(kind.name);
    let acted_on = ACTED_ON.iter().find(|(name, _)| *name == kind.name).map_or("", |(_, fields)| *fields);
    let untouched = without_effect(kind);
    let is_object = kind.json_fields().iter().any(|field| field.name == "apiVersion");
    for field in kind.json_fields() {
        // Who an object is and how it fares; its spec is looked into.
        if is_object && ["kind", "apiVersion", "metadata", "status"].contains(&field.name) {
            continue;
        }
        if let (true, "spec", Some(id)) = (is_object, field.name, below(&field.shape)) {
            walk(id.get(), seen, missing);
            continue;
        }
        if acted_on.split_whitespace().any(|name| name == field.name) {
            assert!(!untouched.contains(&field.name), "{}.{} is both", kind.name, field.name);
            if let Some(id) = below(&field.shape) {
                walk(id.get(), seen, missing);
            }
        } else if !untouched.contains(&field.name) {
            missing.push(format!("{}.{}", kind.name, field.name));
        }
    }
}

#[test]
fn every_field_is_acted_on_or_has_a_consequence() {
    let (mut seen, mut missing) = (Vec::new(), Vec::new());
    // Events, and what controllers write about Services, are nobody's wish.
    let reports = [Kind::Event, Kind::Endpoints, Kind::EndpointSlice];
    for kind in Kind::ALL.iter().copied().filter(|kind| whole(*kind).is_none() && !reports.contains(kind)) {
        walk(schema::of_kind(kind), &mut seen, &mut missing);
    }
    assert!(missing.is_empty(), "{missing:?}");
    let stale: Vec<&str> = ACTED_ON.iter().map(|(name, _)| *name).filter(|name| !seen.contains(name)).collect();
    assert!(stale.is_empty(), "{stale:?}");
}

#[test]
fn names_what_has_no_effect() {
    let deployment = json!({"spec": {"template": {"spec": {
        "dnsPolicy": "ClusterFirst", "securityContext": {"runAsNonRoot": true}, "nodeSelector": {"disk": "ssd"},
        "hostNetwork": true, "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "containers": [{"name": "app", "resources": {"limits": {"cpu": "1"}}}, {"name": "b", "resources": {}}],
    }}}});
    assert_eq!(
        not_simulated(Kind::Deployment, &deployment),
        ["spec.template.spec.containers[0].resources.limits", "spec.template.spec.hostNetwork",],
    );
}

#[test]
fn of_an_autoscaler_only_what_the_load_decides_is_named() {
    let mut spec = json!({"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 5});
    spec["behavior"] = json!({"scaleDown": {"stabilizationWindowSeconds": 60}});
    assert_eq!(not_simulated(Kind::HorizontalPodAutoscaler, &json!({"spec": spec})), Vec::<String>::new());
    spec["metrics"] = json!([{"type": "Resource"}]);
    assert_eq!(not_simulated(Kind::HorizontalPodAutoscaler, &json!({"spec": spec})), ["spec.metrics"]);
}

#[test]
fn what_the_api_server_fills_in_is_not_told() {
    let mut service = json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}], "type": "LoadBalancer"}});
    defaults::set_defaults(Kind::Service, &mut service);
    service["spec"]["ipFamilies"] = json!(["IPv4"]);
    service["spec"]["ipFamilyPolicy"] = json!("SingleStack");
    assert_eq!(not_simulated(Kind::Service, &service), Vec::<String>::new());
    service["spec"]["internalTrafficPolicy"] = json!("Local");
    assert_eq!(not_simulated(Kind::Service, &service), ["spec.internalTrafficPolicy"]);
}
