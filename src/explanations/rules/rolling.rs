//! Rules of rolling updates, Recreate and scaling.

use super::rule;
use crate::explanations::Rule;

/// Of every such rule.
pub const RULES: &[Rule] = &[
    rule(
        "rolling/scale-up-new",
        ("扩大新的 ReplicaSet", "Scale up the new ReplicaSet"),
        "**maxSurge {maxSurgeResolved}：**最多 {maxTotalPods} 个 Pod，现有 {currentPods} 个，新的 ReplicaSet 从 {from} 扩到 {to}。",
        "**maxSurge {maxSurgeResolved}:** at most {maxTotalPods} {maxTotalPods|pod|pods} may exist. There {currentPods|is|are} {currentPods}, so the new ReplicaSet goes from {from} to {to}.",
        "pkg/controller/deployment/rolling.go reconcileNewReplicaSet",
    ),
    rule(
        "rolling/waits-for-room",
        ("没有空位，等待", "No room yet"),
        "**maxSurge {maxSurgeResolved}：**最多 {maxTotalPods} 个 Pod，现在已有 {currentPods} 个，新的要等旧的离开。",
        "**maxSurge {maxSurgeResolved}:** at most {maxTotalPods} {maxTotalPods|pod|pods} may exist, and {currentPods} {currentPods|does|do}. New ones wait until old ones leave.",
        "pkg/controller/deployment/util/deployment_util.go NewRSNewReplicas",
    ),
    rule(
        "rolling/scale-down-new",
        ("缩小新的 ReplicaSet", "Scale down the new ReplicaSet"),
        "**replicas {replicas}：**新的 ReplicaSet 多了，直接从 {from} 缩到 {to}。",
        "**replicas {replicas}:** the new ReplicaSet has more than that, so it goes from {from} to {to} at once.",
        "pkg/controller/deployment/rolling.go reconcileNewReplicaSet",
    ),
    rule(
        "rolling/cleanup-unhealthy",
        ("先去掉旧的、不可用的 Pod", "Old pods that are unavailable go first"),
        "**旧的有 {unavailable} 个不可用：**先去掉它们，谁也不受影响。旧的从 {from} 缩到 {to}。",
        "**{unavailable} old {unavailable|pod is|pods are} not available:** such pods go first, nobody misses them. From {from} to {to}.",
        "pkg/controller/deployment/rolling.go cleanupUnhealthyReplicas",
    ),
    rule(
        "rolling/scale-down-old",
        ("缩小旧的 ReplicaSet", "Scale down an old ReplicaSet"),
        "**maxUnavailable {maxUnavailableResolved}：**{replicas} 个里至少要有 {minAvailable} 个可用，现在有 {available} 个，旧的从 {from} 减到 {to}。",
        "**maxUnavailable {maxUnavailableResolved}:** at least {minAvailable} of {replicas} must stay available. {available} {available|is|are}, so the old ReplicaSet goes from {from} to {to}.",
        "pkg/controller/deployment/rolling.go scaleDownOldReplicaSetsForRollingUpdate",
    ),
    rule(
        "rolling/waits-for-availability",
        ("等新的 Pod 可用", "Waits for new pods to be available"),
        "**maxUnavailable {maxUnavailableResolved}：**至少要有 {minAvailable} 个可用，再减就不够了，旧的先留着等新的可用。",
        "**maxUnavailable {maxUnavailableResolved}:** at least {minAvailable} must stay available, so the old pods stay until new ones are available.",
        "pkg/controller/deployment/rolling.go reconcileOldReplicaSets",
    ),
    rule(
        "recreate/scale-down-old",
        ("Recreate：先停掉旧的", "Recreate: the old ones go first"),
        "**strategy {strategy}：**旧的一次从 {from} 减到 {to}；新的起来之前，没有 Pod 提供服务。",
        "**strategy {strategy}:** the old ReplicaSet goes from {from} to {to} at once. Until new pods run, nothing serves.",
        "pkg/controller/deployment/recreate.go scaleDownOldReplicaSetsForRecreate",
    ),
    rule(
        "recreate/waits-for-old-pods",
        ("Recreate：等旧的 Pod 结束", "Recreate: waits for the old pods"),
        "**还有 {oldPods} 个旧 Pod 没结束**（正在终止的也算），先不创建新的。",
        "**{oldPods} old {oldPods|pod has|pods have} not ended** (leaving ones count here), so no new one is made yet.",
        "pkg/controller/deployment/recreate.go oldPodsRunning",
    ),
    rule(
        "recreate/scale-up-new",
        ("Recreate：启动新的", "Recreate: the new ones start"),
        "**旧的都结束了：**新的 ReplicaSet 一次从 {from} 扩到 {to}。",
        "**No old pod is left:** the new ReplicaSet goes from {from} to {to} at once.",
        "pkg/controller/deployment/recreate.go scaleUpNewReplicaSetForRecreate",
    ),
    rule(
        "scale/active-or-latest",
        ("跟随 replicas", "Follows replicas"),
        "**replicas {replicas}：**没有正在进行的更新，{replicaSet/name} 直接从 {from} 调到 {to}。",
        "**replicas {replicas}:** no rollout is under way, so ReplicaSet {replicaSet/name} simply goes from {from} to {to}.",
        "pkg/controller/deployment/sync.go scale",
    ),
    rule(
        "scale/saturated",
        ("新的已经足够，旧的归零", "The new one is enough"),
        "**新的已有 {newAvailable}/{replicas} 个可用：**旧的用不着了，从 {from} 减到 {to}。",
        "**{newAvailable} of {replicas} new {replicas|pod|pods} available:** the old ReplicaSet is no longer needed and goes from {from} to {to}.",
        "pkg/controller/deployment/sync.go scale",
    ),
    rule(
        "scale/proportional",
        ("按比例伸缩", "Scales in proportion"),
        "**更新途中改了 replicas：**变化 {podsToAdd} 按大小分摊，{replicaSet/name} 从 {from} 到 {to}。",
        "**replicas changed mid-rollout:** the difference ({podsToAdd}) is shared out by size, so {replicaSet/name} goes from {from} to {to}.",
        "pkg/controller/deployment/sync.go scale, util GetReplicaSetProportion",
    ),
];
