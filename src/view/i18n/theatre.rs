//! Words of the stage: pods, services and what can be done to them.

use super::{Key, words};

words! {
    Stage: "集群", "Cluster";
    EmptyTitle: "集群是空的，三步让它动起来", "Nothing runs yet. Three steps to a live rollout:";
    EmptyRead: "看一眼清单：它要求运行 hellok8s。", "Read the manifest: it asks for hellok8s to be kept running.";
    EmptyApply: "点“应用”，把它交给集群。", "Press Apply to hand it to the cluster.";
    EmptyWatch:
        "看 Pod 启动；再改 replicas 或镜像，再应用一次。",
        "Watch its pods start. Then change replicas or the image, and apply again.";
    EmptyDemo: "演示一次滚动更新", "Show me a rollout";
    Client: "客户端", "Client";
    Endpoints: "个就绪端点", "endpoints ready";
    Answered: "已应答", "answered";
    Lost: "丢失或出错", "lost or failed";
    Trouble: "制造故障", "Make trouble";
    KillContainer: "杀掉容器", "Kill container";
    FailHealthz: "/healthz 返回 500", "/healthz answers 500";
    HangHealthz: "/healthz 不应答", "/healthz hangs";
    MendHealthz: "/healthz 恢复", "/healthz mended";
    DeletePod: "删除 Pod", "Delete pod";
    StopKubelet: "停止 kubelet", "Stop kubelet";
    StartKubelet: "启动 kubelet", "Start kubelet";
    Revision: "版本", "revision";
    Ready: "就绪", "ready";
    Restarts: "次重启", "restarts";
    Leaving: "正在离开，不计数", "leaving, not counted";
    Unowned: "没有 ReplicaSet 的 Pod", "Pods without a ReplicaSet";
    Most: "上限 replicas + maxSurge", "at most replicas + maxSurge";
    Fewest: "可用下限 replicas − maxUnavailable", "at least replicas − maxUnavailable available";
    Replicas: "副本", "replicas";
    Updated: "已更新", "updated";
    Available: "可用", "available";
    Paused: "已暂停", "paused";
    Pods: "Pod", "Pods";
    StateCreating: "正在创建", "being created";
    StatePending: "等待调度", "pending";
    StateBackOff: "退避，等待重启", "waiting to be restarted";
    StateFailed: "出错", "failing";
    StateCompleted: "已结束", "completed";
    Requests: "请求", "Requests";
    SlowImage: "镜像启动变慢 20 秒", "Image slow to start: 20 s";
    MendImage: "镜像恢复", "Image mended";
    PointHint: "指向一个 Pod 看细节，点它看全部。", "Point at a pod for details, click it for all of them.";
    Age: "存在", "age";
    ExitCode: "上次退出码", "last exit code";
    NextIn: "下次探测，还有", "next in";
    GraceEnds: "宽限期还剩", "grace period ends in";
    BackOffEnds: "退避还剩", "back-off ends in";
}
