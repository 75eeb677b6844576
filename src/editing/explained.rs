//! What the fields that a learner meets are for, in the lab's own words, and the values of types that have few.

/// What a field is for, in Chinese and in English: by its struct and its name.
pub(super) fn field(owner: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let found = FIELDS.iter().find(|(of, known, ..)| (*of == owner || of.is_empty()) && *known == name);
    found.map(|(_, _, zh, en)| (*zh, *en))
}

/// The values of a type of Go's that is made of strings; none where any string will do.
pub(super) fn values(type_name: &str) -> &'static [&'static str] {
    VALUES.iter().find(|(name, _)| *name == type_name).map_or(&[], |(_, values)| *values)
}

/// What a value means.
pub(super) fn value(name: &str) -> Option<(&'static str, &'static str)> {
    MEANINGS.iter().find(|(known, ..)| *known == name).map(|(_, zh, en)| (*zh, *en))
}

type Explained = (&'static str, &'static str, &'static str, &'static str);

/// Struct, field, Chinese, English; without a struct, the field of any.
const FIELDS: &[Explained] = &[
    ("", "apiVersion", "API 组和版本，例如 apps/v1", "The API's group and version, such as apps/v1"),
    ("", "kind", "对象的种类，例如 Deployment", "What kind of object this is, such as Deployment"),
    ("", "metadata", "名称、标签和注解", "Its name, labels and annotations"),
    ("ObjectMeta", "name", "对象的名称，在命名空间里唯一", "The object's name, unique in its namespace"),
    ("ObjectMeta", "namespace", "所在的命名空间，不写则为 default", "Its namespace; default where none is given"),
    ("ObjectMeta", "labels", "标签：选择器按它找到对象", "Labels, by which selectors find the object"),
    ("ObjectMeta", "annotations", "注解：供工具读取的附加信息", "Notes that tools read; selectors do not see them"),
    ("Deployment", "spec", "希望集群达到的状态", "What the cluster is to bring about"),
    ("Pod", "spec", "要运行的容器和运行方式", "The containers to run, and how"),
    ("Service", "spec", "转发到哪些 Pod、用哪些端口", "Which pods get the requests, on which ports"),
    ("DeploymentSpec", "replicas", "要保持运行的 Pod 数量，默认 1", "How many pods are to run; 1 by default"),
    (
        "DeploymentSpec",
        "selector",
        "哪些 Pod 归它管；必须与模板的标签一致，创建后不能改",
        "Which pods are its own: must match the template's labels and cannot change later",
    ),
    (
        "DeploymentSpec",
        "template",
        "Pod 的模板；改动它就会触发滚动更新",
        "What its pods are made from; a change of it starts a rollout",
    ),
    ("DeploymentSpec", "strategy", "用新 Pod 替换旧 Pod 的方式", "How new pods take the place of old ones"),
    (
        "DeploymentSpec",
        "minReadySeconds",
        "Pod 就绪后再过几秒才算可用",
        "Seconds that a pod must be ready before it counts as available",
    ),
    (
        "DeploymentSpec",
        "revisionHistoryLimit",
        "为回滚保留多少个旧 ReplicaSet，默认 10",
        "Old ReplicaSets kept for going back; 10 by default",
    ),
    (
        "DeploymentSpec",
        "progressDeadlineSeconds",
        "多少秒没有进展就报告失败，默认 600",
        "Seconds without progress before the rollout counts as failed; 600 by default",
    ),
    (
        "DeploymentSpec",
        "paused",
        "为 true 时，模板的改动先不发布",
        "While true, changes of the template are not rolled out",
    ),
    (
        "DeploymentStrategy",
        "type",
        "RollingUpdate 逐步替换；Recreate 先删完旧的",
        "RollingUpdate replaces bit by bit, Recreate removes all old pods first",
    ),
    ("DeploymentStrategy", "rollingUpdate", "滚动更新的上限和下限", "The limits of a rolling update"),
    (
        "RollingUpdateDeployment",
        "maxSurge",
        "更新时最多多出几个 Pod：数字或百分比，默认 25%",
        "Pods above replicas during an update: a number or a percentage, 25% by default",
    ),
    (
        "RollingUpdateDeployment",
        "maxUnavailable",
        "更新时最多有几个 Pod 不可用：数字或百分比，默认 25%",
        "Pods that may be unavailable during an update: a number or a percentage, 25% by default",
    ),
    ("LabelSelector", "matchLabels", "Pod 必须带有的标签", "Labels that a pod must have"),
    (
        "LabelSelector",
        "matchExpressions",
        "用 In、NotIn、Exists 等表达的条件",
        "Conditions with In, NotIn, Exists and DoesNotExist",
    ),
    ("PodTemplateSpec", "spec", "要运行的容器和运行方式", "The containers to run, and how"),
    ("PodSpec", "containers", "Pod 里的容器，至少一个", "The pod's containers, at least one"),
    (
        "PodSpec",
        "initContainers",
        "在其他容器之前依次运行完的容器",
        "Containers that run to their end, one by one, before the others",
    ),
    (
        "PodSpec",
        "restartPolicy",
        "容器退出后是否重启；Deployment 只允许 Always",
        "Whether containers that end are started again; a Deployment allows Always only",
    ),
    (
        "PodSpec",
        "terminationGracePeriodSeconds",
        "收到 SIGTERM 后最多等几秒再强制终止，默认 30",
        "Seconds between SIGTERM and SIGKILL; 30 by default",
    ),
    ("PodSpec", "nodeSelector", "只调度到带有这些标签的节点", "Labels that the node must have"),
    ("PodSpec", "volumes", "容器可以挂载的卷", "Volumes that containers may mount"),
    ("PodSpec", "serviceAccountName", "Pod 以哪个服务账号访问 API", "The account with which the pod talks to the API"),
    ("PodSpec", "tolerations", "容忍节点上的哪些污点", "Taints of nodes that the pod puts up with"),
    ("PodSpec", "affinity", "偏好或要求调度到哪里", "Where the pod wants or needs to run"),
    ("PodSpec", "topologySpreadConstraints", "怎样把 Pod 分散到节点和区域", "How pods are spread over nodes and zones"),
    ("Container", "name", "容器名，在 Pod 内唯一", "The container's name, unique in the pod"),
    (
        "Container",
        "image",
        "镜像和标签，例如 guangzhengli/hellok8s:v1",
        "Image and tag, such as guangzhengli/hellok8s:v1",
    ),
    ("Container", "imagePullPolicy", "何时拉取镜像", "When the image is pulled"),
    ("Container", "command", "代替镜像 ENTRYPOINT 的命令", "What runs instead of the image's ENTRYPOINT"),
    ("Container", "args", "代替镜像 CMD 的参数", "Arguments instead of the image's CMD"),
    ("Container", "ports", "容器监听的端口", "Ports on which the container listens"),
    ("Container", "env", "环境变量", "Environment variables"),
    ("Container", "envFrom", "从 ConfigMap 或 Secret 引入环境变量", "Environment variables from ConfigMaps or Secrets"),
    ("Container", "resources", "CPU 和内存的请求与上限", "CPU and memory: what it asks for, and its limits"),
    (
        "Container",
        "livenessProbe",
        "存活探针：连续失败就重启容器",
        "Liveness: failing again and again restarts the container",
    ),
    (
        "Container",
        "readinessProbe",
        "就绪探针：失败时不再接收流量",
        "Readiness: while it fails, the pod gets no traffic",
    ),
    (
        "Container",
        "startupProbe",
        "启动探针：成功之前不做其他探测",
        "Startup: until it succeeds, the other probes wait",
    ),
    ("Container", "lifecycle", "启动后和停止前要做的事", "What is done after the start and before the end"),
    ("Container", "volumeMounts", "把卷挂载到哪些目录", "Where volumes are mounted"),
    ("ContainerPort", "containerPort", "端口号，1–65535", "The port's number, 1 to 65535"),
    ("Probe", "httpGet", "发 HTTP GET，200–399 算成功", "An HTTP GET; 200 to 399 is a success"),
    ("Probe", "tcpSocket", "能建立 TCP 连接就算成功", "Succeeds where a TCP connection opens"),
    ("Probe", "exec", "运行命令，退出码 0 算成功", "Runs a command; exit code 0 is a success"),
    (
        "Probe",
        "initialDelaySeconds",
        "容器启动后等几秒开始探测，默认 0",
        "Seconds after the start before the first probe; 0 by default",
    ),
    ("Probe", "periodSeconds", "每隔几秒探测一次，默认 10", "Seconds from probe to probe; 10 by default"),
    ("Probe", "timeoutSeconds", "几秒没有应答算失败，默认 1", "Seconds until an unanswered probe fails; 1 by default"),
    (
        "Probe",
        "failureThreshold",
        "连续失败几次才算失败，默认 3",
        "Failures in a row that count as failed; 3 by default",
    ),
    (
        "Probe",
        "successThreshold",
        "连续成功几次才算恢复，默认 1",
        "Successes in a row that count as well again; 1 by default",
    ),
    ("HTTPGetAction", "path", "请求的路径，例如 /healthz", "The path that is asked for, such as /healthz"),
    ("HTTPGetAction", "port", "端口号或端口名", "The port's number or name"),
    ("HTTPGetAction", "scheme", "HTTP 或 HTTPS", "HTTP or HTTPS"),
    ("ResourceRequirements", "requests", "调度时保证的数量", "What the scheduler sets aside"),
    ("ResourceRequirements", "limits", "最多能用的数量", "The most that may be used"),
    ("Lifecycle", "preStop", "发送 SIGTERM 之前要做的事", "Done before SIGTERM is sent"),
    ("Lifecycle", "postStart", "容器启动后马上要做的事", "Done as soon as the container has started"),
    ("EnvVar", "name", "变量名", "The variable's name"),
    ("EnvVar", "value", "变量的值，是字符串", "Its value, a string"),
    ("EnvVar", "valueFrom", "值的来源", "Where its value comes from"),
    ("ServiceSpec", "selector", "请求转发给带有这些标签的 Pod", "Requests go to the pods with these labels"),
    ("ServiceSpec", "ports", "对外端口和目标端口", "The service's ports, and the pods' behind them"),
    (
        "ServiceSpec",
        "type",
        "从哪里可以访问：集群内、节点端口或负载均衡",
        "Whence it can be reached: in the cluster, by node ports, by a load balancer",
    ),
    ("ServicePort", "port", "服务自己的端口", "The service's own port"),
    ("ServicePort", "targetPort", "Pod 的端口号或端口名", "The pods' port, by number or name"),
    ("ServicePort", "nodePort", "节点上的端口，30000–32767", "The port on every node, 30000 to 32767"),
    ("ConfigMap", "data", "键和文本", "Keys and texts"),
];

/// A type of Go's and its values (k8s.io/api 0.36).
const VALUES: &[(&str, &[&str])] = &[
    ("DeploymentStrategyType", &["RollingUpdate", "Recreate"]),
    ("StatefulSetUpdateStrategyType", &["RollingUpdate", "OnDelete"]),
    ("DaemonSetUpdateStrategyType", &["RollingUpdate", "OnDelete"]),
    ("PodManagementPolicyType", &["OrderedReady", "Parallel"]),
    ("PullPolicy", &["IfNotPresent", "Always", "Never"]),
    ("RestartPolicy", &["Always", "OnFailure", "Never"]),
    ("ContainerRestartPolicy", &["Always", "OnFailure", "Never"]),
    ("Protocol", &["TCP", "UDP", "SCTP"]),
    ("URIScheme", &["HTTP", "HTTPS"]),
    ("DNSPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
    ("TerminationMessagePolicy", &["File", "FallbackToLogsOnError"]),
    ("PreemptionPolicy", &["PreemptLowerPriority", "Never"]),
    ("TaintEffect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    ("TolerationOperator", &["Equal", "Exists"]),
    ("LabelSelectorOperator", &["In", "NotIn", "Exists", "DoesNotExist"]),
    ("NodeSelectorOperator", &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
    ("UnsatisfiableConstraintAction", &["DoNotSchedule", "ScheduleAnyway"]),
    ("NodeInclusionPolicy", &["Honor", "Ignore"]),
    ("ServiceType", &["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]),
    ("ServiceAffinity", &["None", "ClientIP"]),
    ("ServiceExternalTrafficPolicy", &["Cluster", "Local"]),
    ("ServiceInternalTrafficPolicy", &["Cluster", "Local"]),
    ("IPFamilyPolicy", &["SingleStack", "PreferDualStack", "RequireDualStack"]),
    ("IPFamily", &["IPv4", "IPv6"]),
    ("PersistentVolumeAccessMode", &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]),
    ("PersistentVolumeMode", &["Filesystem", "Block"]),
    ("ConcurrencyPolicy", &["Allow", "Forbid", "Replace"]),
    ("CompletionMode", &["NonIndexed", "Indexed"]),
    ("PathType", &["Prefix", "Exact", "ImplementationSpecific"]),
    ("PolicyType", &["Ingress", "Egress"]),
    ("MetricTargetType", &["Utilization", "Value", "AverageValue"]),
    ("MetricSourceType", &["Resource", "Pods", "Object", "External", "ContainerResource"]),
    ("HPAScalingPolicyType", &["Pods", "Percent"]),
    ("ScalingPolicySelect", &["Max", "Min", "Disabled"]),
    ("StorageMedium", &["Memory"]),
    ("SeccompProfileType", &["RuntimeDefault", "Unconfined", "Localhost"]),
    ("PodFSGroupChangePolicy", &["OnRootMismatch", "Always"]),
    ("MountPropagationMode", &["None", "HostToContainer", "Bidirectional"]),
    ("UnhealthyPodEvictionPolicyType", &["IfHealthyBudget", "AlwaysAllow"]),
];

/// A value, what it means in Chinese and in English. Names that mean different things in different fields are not here.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "Recreate",
        "先删除全部旧 Pod，再创建新的：中间没有服务",
        "All old pods go before new ones come: nothing answers in between",
    ),
    ("RollingUpdate", "一批一批地替换", "Replaces pods bit by bit"),
    ("IfNotPresent", "节点上没有这个镜像时才拉取", "Pulled only where the node does not have it"),
    ("OnFailure", "退出码不为 0 时才重启", "Started again only after a failure"),
    ("ClusterIP", "只能在集群内访问", "Reached from within the cluster only"),
    ("NodePort", "也可以通过每个节点的端口访问", "Reached by a port of every node as well"),
    ("LoadBalancer", "由云平台的负载均衡转发", "Reached by the cloud's load balancer"),
    ("NoSchedule", "不容忍它的 Pod 不会调度到这个节点", "Pods that do not tolerate it are not put there"),
    ("NoExecute", "不容忍它的 Pod 也会被驱逐", "Pods that do not tolerate it are evicted as well"),
    ("Deployment", "保持一组 Pod 运行，并滚动更新它们", "Keeps pods running and rolls out changes of them"),
    (
        "ReplicaSet",
        "保持固定数量的相同 Pod；通常由 Deployment 管理",
        "Keeps a number of like pods; mostly a Deployment's",
    ),
    ("Pod", "一起运行的一个或几个容器", "One container or several that run together"),
    ("Service", "给一组 Pod 一个固定的地址", "A lasting address for a group of pods"),
    ("ConfigMap", "供容器读取的配置", "Settings that containers read"),
];

/// Struct and field of each explanation.
#[cfg(test)]
pub(super) fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().map(|(owner, name, ..)| (*owner, *name))
}
