//! The sentences of what a pod needs before it may run: its volumes, its configuration, a place, a permission.

use super::Rule;
use super::rules::rule;

/// Of every such rule.
pub const RULES: &[Rule] = &[
    rule(
        "kubelet/config-error",
        ("容器的配置缺东西", "The container's configuration lacks something"),
        "容器 {container} 还不能创建：{error}。缺的东西补上以后，kubelet 下次同步时会再试。",
        "Container {container} cannot be created: {error}. When what is missing is there, the kubelet's next sync goes on.",
        "pkg/kubelet/kuberuntime/kuberuntime_container.go generateContainerConfig",
    ),
    rule(
        "kubelet/mount-failed",
        ("卷挂不上", "A volume cannot be mounted"),
        "卷 {volume} 挂不上：{error}。{backOffMs/s} 秒后再试；在此之前没有容器会启动。",
        "Volume {volume} cannot be mounted: {error}. It is tried again in {backOffMs/s} s; no container starts before.",
        "pkg/kubelet/volumemanager/volume_manager.go WaitForAttachAndMount",
    ),
    rule(
        "kubelet/mounted",
        ("卷挂上了", "The volume is mounted"),
        "卷 {volume} 现在挂上了，Pod 可以继续启动。",
        "Volume {volume} is mounted now, so the pod goes on to start.",
        "pkg/volume/util/operationexecutor/operation_generator.go GenerateMountVolumeFunc",
    ),
    rule(
        "scheduler/preempt",
        ("抢占：请走优先级低的", "Preemption: less important pods go"),
        "没有空位：{obstacle}。{pod} 的优先级是 {priority}，节点 {node} 上优先级更低的 {victims} 让出位置。",
        "There is no room: {obstacle}. {pod} has priority {priority}, so {victims} on the node {node}, which have less, make room.",
        "pkg/scheduler/framework/preemption/preemption.go Preempt",
    ),
];
