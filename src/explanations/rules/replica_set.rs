//! Rules of the ReplicaSet controller.

use super::rule;
use crate::explanations::Rule;

/// Of every such rule.
pub const RULES: &[Rule] = &[
    rule(
        "replicaset/create-pods",
        ("创建 Pod", "Creates pods"),
        "**要 {replicas} 个，现有 {pods} 个：**再创建 {count} 个。正在终止的不算。",
        "**{replicas} wanted, {pods} there:** {count} more {count|is|are} made. Pods that are leaving do not count.",
        "pkg/controller/replicaset/replica_set.go manageReplicas, slowStartBatch",
    ),
    rule(
        "replicaset/delete-pods",
        ("删除 Pod", "Deletes pods"),
        "**要 {replicas} 个，现有 {pods} 个：**删掉 {count} 个。先删没就绪的，再删就绪最晚的。",
        "**{replicas} wanted, {pods} there:** {count} must go. Unready pods go first, then those that became ready last.",
        "pkg/controller/controller_utils.go ActivePodsWithRanks, replica_set.go getPodsToDelete",
    ),
    rule(
        "replicaset/waits-for-expectations",
        ("等待已发出的请求", "Waits for what it asked for"),
        "**已经要过了：**上次要求的还没有全部看到，先不重复。",
        "**Asked already:** what it asked for has not all been seen yet, so nothing is asked twice.",
        "pkg/controller/replicaset/replica_set.go syncReplicaSet, SatisfiedExpectations",
    ),
    rule(
        "replicaset/waits-for-min-ready",
        ("就绪还不等于可用", "Ready is not available yet"),
        "**minReadySeconds {minReadySeconds}：**{readyButUnavailable} 个 Pod 已就绪，要连续就绪这么多秒才算可用。",
        "**minReadySeconds {minReadySeconds}:** {readyButUnavailable} ready {readyButUnavailable|pod|pods} must stay ready so long to count as available.",
        "pkg/controller/replicaset/replica_set_utils.go calculateStatus, IsPodAvailable",
    ),
    rule(
        "replicaset/adopt-pod",
        ("收养 Pod", "Adopts a pod"),
        "**收养：**Pod {pod/name} 没有控制者，标签又符合 selector，归这个 ReplicaSet 管。",
        "**Adopted:** pod {pod/name} has no controller and its labels match the selector, so this ReplicaSet takes it.",
        "pkg/controller/controller_ref_manager.go ClaimPods",
    ),
    rule(
        "replicaset/release-pod",
        ("放弃 Pod", "Releases a pod"),
        "**放手：**Pod {pod/name} 的标签不再符合 selector，这个 ReplicaSet 不再管它。",
        "**Let go:** the labels of pod {pod/name} no longer match this ReplicaSet's selector.",
        "pkg/controller/controller_ref_manager.go ClaimPods",
    ),
    rule(
        "replicaset/failed",
        ("创建或删除失败", "Creating or deleting failed"),
        "**要 {replicas} 个，现有 {pods} 个，但请求失败：**稍后再试。{error}",
        "**{replicas} wanted, {pods} there, but refused:** it is tried again later. {error}",
        "pkg/controller/replicaset/replica_set.go syncReplicaSet",
    ),
];
