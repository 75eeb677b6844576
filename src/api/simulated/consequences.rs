//! What follows from a field's being kept without being acted on.

use crate::api::Kind;
use crate::lang::Lang;

/// What the lab leaves out by not acting on a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// In words.
    pub text: &'static str,
    /// In Chinese words.
    pub chinese: &'static str,
    /// Whether a real cluster may come to another end because of it.
    pub may_decide: bool,
}

impl Consequence {
    /// The words in a language.
    pub fn say(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.chinese,
            Lang::En => self.text,
        }
    }
}

const fn decides(text: &'static str, chinese: &'static str) -> Consequence {
    Consequence { text, chinese, may_decide: true }
}

const fn harmless(text: &'static str, chinese: &'static str) -> Consequence {
    Consequence { text, chinese, may_decide: false }
}

const OUTSIDE: Consequence = harmless("clients outside of the cluster are not simulated", "不模拟集群外的客户端");
const WAY_IN: Consequence = decides(
    "clients outside of the cluster are not simulated, and may lose their way in",
    "不模拟集群外的客户端，它们可能进不来",
);
const TYPED: Consequence = harmless("nobody types into the container", "没有人向容器输入");
const NAMED: Consequence =
    harmless("the pod is called otherwise inside of itself alone", "只改变 Pod 内部看到的主机名");
const FILES: Consequence = decides("the program may be kept from its files", "程序可能无法访问自己的文件");
const SECCOMP: Consequence = decides(
    "a call that the profile forbids fails, and a profile that is not on the node keeps the container from starting",
    "被禁止的系统调用会失败；节点上没有这个配置文件时容器无法启动",
);
const APP_ARMOR: Consequence =
    decides("a node without the profile does not start the container", "没有这个配置文件的节点不会启动容器");
const DNS: Consequence = decides("names may resolve otherwise, or not at all", "域名解析的结果可能不同，或解析不了");
const HOST: Consequence = harmless("what the program may do to the node is not simulated", "不模拟程序能对节点做什么");
const MESSAGE: Consequence =
    harmless("what a container leaves there is shown in its status alone", "只影响容器状态里显示的退出信息");
const READ_ONLY: Consequence = decides("a program that writes there fails", "程序如果往那里写就会失败");
const CLONED: Consequence = decides(
    "the volume begins with the data of that one, and is not made without it",
    "卷以它的数据开始，没有它就不会制备",
);
const POLICY: Consequence =
    decides("it may refuse what is created or changed, or change it", "它可能拒绝或改动创建、修改的对象");
const RIGHTS: Consequence = harmless("everybody may do everything here", "这里不检查权限");
const KEPT: Consequence = harmless("no rollout depends on it", "和滚动更新无关");
const TOKEN: Consequence = harmless("nobody looks at the token here", "这里没有人检查令牌");
const ATTACHED: Consequence = decides(
    "the pod waits until that volume is attached and mounted; here it starts with an empty directory",
    "Pod 要等这个卷挂载好才会启动；这里给它一个空目录",
);

/// Fields that have no effect here, by type, each with what follows from that.
pub(super) const WITHOUT_EFFECT: &[(&str, &[(&str, Consequence)])] = &[
    (
        "Container",
        &[
            (
                "workingDir",
                decides(
                    "a program that looks for its files there may not find them",
                    "程序在那里找不到文件时可能启动失败",
                ),
            ),
            (
                "resizePolicy",
                harmless(
                    "it matters when a running container's resources are changed, which nobody does here",
                    "只在修改运行中容器的资源时有用，这里没有这种修改",
                ),
            ),
            (
                "restartPolicyRules",
                decides(
                    "a container that ends may be started again, or not, otherwise than here",
                    "容器退出后是否重启，可能与这里不同",
                ),
            ),
            (
                "volumeDevices",
                decides("the pod waits until the block device is attached", "Pod 要等块设备挂上才会启动"),
            ),
            ("terminationMessagePath", MESSAGE),
            ("terminationMessagePolicy", MESSAGE),
            ("stdin", TYPED),
            ("stdinOnce", TYPED),
            ("tty", TYPED),
        ],
    ),
    (
        "Lifecycle",
        &[(
            "stopSignal",
            decides(
                "the program is asked to end by that signal, and may end sooner or later than here",
                "程序收到的是这个信号，停止得可能比这里早或晚",
            ),
        )],
    ),
    (
        "SecurityContext",
        &[
            ("allowPrivilegeEscalation", harmless("programs here do not gain rights", "这里的程序不会提升权限")),
            (
                "capabilities",
                decides(
                    "a program may lack a right that it needs, such as that to a port below 1024",
                    "程序可能缺少所需的权限，例如监听 1024 以下的端口",
                ),
            ),
            ("privileged", HOST),
            ("seLinuxOptions", FILES),
            ("windowsOptions", harmless("the nodes here run Linux", "这里的节点是 Linux")),
            ("runAsGroup", FILES),
            (
                "readOnlyRootFilesystem",
                decides("a program that writes outside of its volumes fails", "程序如果写卷以外的文件就会失败"),
            ),
            (
                "procMount",
                decides("a node that does not allow it does not start the container", "不允许的节点不会启动这个容器"),
            ),
            ("seccompProfile", SECCOMP),
            ("appArmorProfile", APP_ARMOR),
        ],
    ),
    (
        "PodSecurityContext",
        &[
            ("seLinuxOptions", FILES),
            ("windowsOptions", harmless("the nodes here run Linux", "这里的节点是 Linux")),
            ("runAsGroup", FILES),
            ("seccompProfile", SECCOMP),
            ("appArmorProfile", APP_ARMOR),
            ("supplementalGroups", FILES),
            (
                "fsGroup",
                decides(
                    "without it the program may be kept from its volumes' files",
                    "没有它，程序可能无法访问卷里的文件",
                ),
            ),
            (
                "fsGroupChangePolicy",
                harmless("it is about how long a large volume takes to be mounted", "只影响大卷挂载所需的时间"),
            ),
            ("seLinuxChangePolicy", harmless("it is about how volumes are labelled", "只影响卷的标签方式")),
        ],
    ),
    (
        "ResourceRequirements",
        &[
            (
                "limits",
                decides(
                    "here a program needs what its image declares, or next to nothing; one that needs more than its limits is throttled, or killed for its memory",
                    "这里的程序只用镜像声明的资源，没有声明就几乎不用；实际用得比限制多的容器会被限速，或因内存被终止",
                ),
            ),
            (
                "claims",
                decides("the pod is scheduled only where the claimed device is", "Pod 只会调度到有所申请设备的节点"),
            ),
        ],
    ),
    (
        "PodSpec",
        &[
            ("dnsConfig", DNS),
            ("dnsPolicy", DNS),
            ("ephemeralContainers", harmless("they are there for debugging alone", "只用于调试")),
            ("hostAliases", decides("names may resolve otherwise", "域名解析的结果可能不同")),
            ("hostIPC", HOST),
            (
                "hostNetwork",
                decides(
                    "its programs listen at the node's address, where another one may listen already",
                    "程序在节点的地址上监听，端口可能已被占用",
                ),
            ),
            ("hostPID", HOST),
            (
                "hostUsers",
                decides(
                    "a node without user namespaces does not start the pod",
                    "不支持用户命名空间的节点不会启动这个 Pod",
                ),
            ),
            ("hostname", NAMED),
            ("hostnameOverride", NAMED),
            (
                "resourceClaims",
                decides("the pod is scheduled only once the claim is allocated", "申请分配好之后 Pod 才会被调度"),
            ),
            (
                "runtimeClassName",
                decides("a node without that runtime does not start the pod", "没有这个运行时的节点不会启动这个 Pod"),
            ),
            (
                "schedulingGroup",
                decides(
                    "pods of a group are scheduled together or not at all",
                    "同组的 Pod 要么一起调度，要么都不调度",
                ),
            ),
            ("setHostnameAsFQDN", NAMED),
            ("shareProcessNamespace", harmless("containers see each other's processes", "容器之间能看到彼此的进程")),
            ("subdomain", harmless("the pod has a name of its own in DNS", "Pod 在 DNS 里有自己的名字")),
        ],
    ),
    (
        "EmptyDirVolumeSource",
        &[
            ("medium", harmless("it is about where the files lie", "只决定文件放在哪里")),
            ("sizeLimit", decides("a pod that writes more is evicted", "写得更多的 Pod 会被驱逐")),
        ],
    ),
    (
        "VolumeMount",
        &[
            (
                "recursiveReadOnly",
                decides("a node that cannot do it does not start the container", "做不到的节点不会启动容器"),
            ),
            ("readOnly", READ_ONLY),
            ("mountPropagation", harmless("nothing is mounted below a volume here", "这里不会在卷下面再挂载别的")),
        ],
    ),
    (
        "HorizontalPodAutoscalerSpec",
        &[(
            "metrics",
            decides(
                "here there is no load but what this lab makes, and no metrics without minikube's metrics-server; under another load the replicas may be others between the bounds",
                "这里只有实验自己产生的负载，不启用 minikube 的 metrics-server 就没有指标；真实负载下副本数可能是上下限之间的其他值",
            ),
        )],
    ),
    ("NodeSpec", &[("providerID", KEPT), ("configSource", KEPT), ("externalID", KEPT)]),
    ("ServiceAccount", &[("secrets", KEPT)]),
    ("PriorityClass", &[("description", KEPT)]),
    (
        "PersistentVolumeClaimSpec",
        &[
            ("dataSource", CLONED),
            ("dataSourceRef", CLONED),
            (
                "volumeAttributesClassName",
                decides("a claim of another class than the volume's is not bound", "和卷的类不同的申领不会绑定"),
            ),
        ],
    ),
    (
        "StorageClass",
        &[
            ("parameters", harmless("they are for the provisioner alone", "只给制备器看")),
            (
                "mountOptions",
                decides("a volume that cannot be mounted so keeps its pods waiting", "不能这样挂载时 Pod 会一直等待"),
            ),
            ("allowVolumeExpansion", harmless("claims do not grow here", "这里的申领不会扩容")),
            ("allowedTopologies", decides("volumes are made only for some nodes", "只为部分节点制备卷")),
        ],
    ),
    ("PersistentVolumeClaimVolumeSource", &[("readOnly", READ_ONLY)]),
    ("DownwardAPIVolumeFile", &[("resourceFieldRef", decides("the file is empty here", "这里这个文件是空的"))]),
    (
        "VolumeProjection",
        &[
            ("clusterTrustBundle", decides("the pod waits until the bundle exists", "证书包存在之前 Pod 会一直等待")),
            ("podCertificate", decides("the pod waits until the certificate is issued", "证书签发之前 Pod 会一直等待")),
        ],
    ),
    (
        "HostPathVolumeSource",
        &[
            ("path", harmless("the files of the node are not seen in the container", "容器里看不到节点上的文件")),
            (
                "type",
                decides(
                    "each node has what minikube's has; on one that lacks it the pod waits",
                    "这里每个节点都有 minikube 节点所有的文件；缺少它的节点上 Pod 会一直等待",
                ),
            ),
        ],
    ),
    ("ServiceAccountTokenProjection", &[("audience", TOKEN), ("expirationSeconds", TOKEN)]),
    (
        "ServiceSpec",
        &[
            ("allocateLoadBalancerNodePorts", OUTSIDE),
            ("externalIPs", WAY_IN),
            (
                "externalName",
                decides(
                    "the Service is a name in DNS, and no traffic goes through it here",
                    "这个 Service 只是一个 DNS 名字，这里没有流量经过它",
                ),
            ),
            ("externalTrafficPolicy", WAY_IN),
            ("healthCheckNodePort", OUTSIDE),
            (
                "internalTrafficPolicy",
                decides(
                    "a node without a pod of the Service drops what its clients send",
                    "节点上没有这个 Service 的 Pod 时，该节点的请求会被丢弃",
                ),
            ),
            ("ipFamilies", decides("addresses here are IPv4 alone", "这里只有 IPv4 地址")),
            ("ipFamilyPolicy", decides("addresses here are IPv4 alone", "这里只有 IPv4 地址")),
            ("loadBalancerClass", WAY_IN),
            ("loadBalancerIP", WAY_IN),
            ("loadBalancerSourceRanges", WAY_IN),
            ("sessionAffinity", harmless("each request is balanced by itself here", "这里每个请求都单独负载均衡")),
            (
                "sessionAffinityConfig",
                harmless("each request is balanced by itself here", "这里每个请求都单独负载均衡"),
            ),
            ("trafficDistribution", harmless("there is one zone here", "这里只有一个区域")),
        ],
    ),
    ("ServicePort", &[("appProtocol", harmless("it is a hint for who reads it", "只是给读取者的提示"))]),
    (
        "Volume",
        &[
            ("gcePersistentDisk", ATTACHED),
            ("awsElasticBlockStore", ATTACHED),
            ("gitRepo", ATTACHED),
            ("nfs", ATTACHED),
            ("iscsi", ATTACHED),
            ("glusterfs", ATTACHED),
            ("rbd", ATTACHED),
            ("flexVolume", ATTACHED),
            ("cinder", ATTACHED),
            ("cephfs", ATTACHED),
            ("flocker", ATTACHED),
            ("fc", ATTACHED),
            ("azureFile", ATTACHED),
            ("vsphereVolume", ATTACHED),
            ("quobyte", ATTACHED),
            ("azureDisk", ATTACHED),
            ("photonPersistentDisk", ATTACHED),
            ("portworxVolume", ATTACHED),
            ("scaleIO", ATTACHED),
            ("storageos", ATTACHED),
            ("csi", ATTACHED),
            ("ephemeral", ATTACHED),
            ("image", ATTACHED),
        ],
    ),
];

/// What nobody here does for a kind, with the field that stands for all of it.
pub(super) fn of_kind(kind: Kind) -> Option<(&'static str, Consequence)> {
    Some(match kind {
        Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicationController => {
            ("spec", decides("none of its pods is made here", "这里不会创建它的 Pod"))
        }
        Kind::Job | Kind::CronJob => ("spec", decides("none of its pods runs here", "这里不会运行它的 Pod")),
        Kind::Ingress => ("spec", WAY_IN),
        Kind::NetworkPolicy => ("spec", decides("it may keep requests from the pods", "它可能拦下发往 Pod 的请求")),
        Kind::MutatingWebhookConfiguration | Kind::ValidatingWebhookConfiguration => ("webhooks", POLICY),
        Kind::ValidatingAdmissionPolicy | Kind::ValidatingAdmissionPolicyBinding => ("spec", POLICY),
        Kind::Role | Kind::ClusterRole => ("rules", RIGHTS),
        Kind::RoleBinding | Kind::ClusterRoleBinding => ("roleRef", RIGHTS),
        Kind::RuntimeClass => ("handler", KEPT),
        Kind::IngressClass => ("spec", OUTSIDE),
        Kind::CSIDriver | Kind::Lease | Kind::FlowSchema | Kind::PriorityLevelConfiguration => ("spec", KEPT),
        Kind::APIService => ("spec", decides("what it serves is unknown here", "它提供的资源在这里都不认识")),
        Kind::PodTemplate => ("template", KEPT),
        Kind::ControllerRevision => ("data", KEPT),
        _ => return None,
    })
}

/// What follows from not acting on `path` of an object, a path as [`super::not_simulated`] gives it.
pub fn consequence(kind: Kind, path: &str) -> Consequence {
    if let Some((_, consequence)) = of_kind(kind).filter(|(field, _)| *field == path) {
        return consequence;
    }
    let field = path.rsplit('.').next().unwrap_or(path);
    let field = field.split('[').next().unwrap_or(field);
    let known = WITHOUT_EFFECT.iter().flat_map(|(_, fields)| *fields).find(|(name, _)| *name == field);
    known.map_or(decides("it is kept and not acted on here", "只保存，不起作用"), |(_, consequence)| {
        *consequence
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_one_consequence_wherever_it_stands() {
        let all: Vec<&(&str, Consequence)> = WITHOUT_EFFECT.iter().flat_map(|(_, fields)| *fields).collect();
        for (name, consequence) in &all {
            assert!(all.iter().all(|(other, of)| other != name || of == consequence), "{name}");
        }
    }

    #[test]
    fn limits_may_decide_and_a_terminal_does_not() {
        let limits = "spec.template.spec.containers[0].resources.limits";
        assert!(consequence(Kind::Deployment, limits).text.contains("killed for its memory"));
        assert!(!consequence(Kind::Deployment, "spec.template.spec.containers[0].tty").may_decide);
        assert!(consequence(Kind::HorizontalPodAutoscaler, "spec.metrics").may_decide);
    }
}
