//! Rules of the scheduler, the endpoints, the node, garbage collection and namespaces.

use super::rule;
use crate::explanations::Rule;

/// Of every such rule.
pub const RULES: &[Rule] = &[
    rule(
        "scheduler/bind",
        ("调度", "Scheduled"),
        "**节点 {node}：**{nodesThatFit|放得下|放得下的节点里它得分最高}（已有 {podsOnNode} 个 Pod），Pod {object} 去那里。",
        "**Node {node}:** {nodesThatFit|it has room|it scores best of those with room} ({podsOnNode} {podsOnNode|pod|pods} there), so pod {object} goes there.",
        "pkg/scheduler/schedule_one.go schedulePod",
    ),
    rule(
        "scheduler/unschedulable",
        ("没有合适的节点", "No node fits"),
        "**没有节点收得下：**Pod {object} 只能等。{obstacle/reasons}",
        "**No node takes it:** pod {object} has to wait. {obstacle/reasons}",
        "pkg/scheduler/schedule_one.go handleSchedulingFailure",
    ),
    rule(
        "scheduler/preempt",
        ("抢占：请走优先级低的", "Preemption: less important pods go"),
        "**优先级 {priority}：**Pod {pod/name} 比节点 {node} 上的 {victims} 更重要，它们让位。",
        "**Priority {priority}:** pod {pod/name} matters more than {victims} on node {node}, so they make room.",
        "pkg/scheduler/framework/preemption/preemption.go Preempt",
    ),
    rule(
        "quota/count",
        ("清点配额", "A quota is counted"),
        "**已用 {used}：**这个命名空间的配额是 {hard}。",
        "**{used} used:** the namespace's quota is {hard}.",
        "pkg/controller/resourcequota/resource_quota_controller.go syncResourceQuota",
    ),
    rule(
        "budget/count",
        ("清点可以中断几个", "How many may be disrupted"),
        "**可中断 {allowed} 个：**{expected} 个 Pod 里有 {healthy} 个就绪，至少要 {desired} 个。",
        "**{allowed} may be disrupted:** of {expected} {expected|pod|pods} {healthy} are ready, and {desired} must be.",
        "pkg/controller/disruption/disruption.go updatePdbStatus",
    ),
    rule(
        "budget/refuse",
        ("驱逐被拒绝", "An eviction is refused"),
        "**不能驱逐：**Pod {pod/name} 留下。{why}。",
        "**No eviction:** pod {pod/name} stays. {why}.",
        "pkg/registry/core/pod/storage/eviction.go checkAndDecrement",
    ),
    rule(
        "autoscaler/scale",
        ("自动伸缩", "An autoscaler scales"),
        "**{before} → {after}：**HPA {object} 改了副本数（{why}）。",
        "**{before} → {after}:** autoscaler {object} changes the number of replicas ({why}).",
        "pkg/controller/podautoscaler/horizontal.go reconcileAutoscaler",
    ),
    rule(
        "endpoints/update",
        ("更新请求的去处", "Where requests go"),
        "**{ready}/{pods} 个 Pod 就绪：**发给 {service} 的请求只去就绪的（之前 {readyBefore} 个）。",
        "**{ready} of {pods} {pods|pod|pods} ready:** only ready ones get the requests for {service} (before: {readyBefore}).",
        "staging/src/k8s.io/endpointslice/reconciler.go reconcile",
    ),
    rule(
        "node/not-ready",
        ("节点 NotReady", "The node is not ready"),
        "**{graceSeconds} 秒没有心跳：**节点 {node} 标记为 NotReady，上面的 Pod 也不再就绪。",
        "**No heartbeat for {graceSeconds} s:** node {node} is marked NotReady, and so are its pods.",
        "pkg/controller/nodelifecycle/node_lifecycle_controller.go monitorNodeHealth",
    ),
    rule(
        "node/ready",
        ("节点 Ready", "The node is ready"),
        "**又有心跳了：**节点 {node} 恢复为 Ready。",
        "**Heartbeats again:** node {node} is Ready.",
        "pkg/kubelet/kubelet_node_status.go updateNodeStatus",
    ),
    rule(
        "node/evict",
        ("被污点驱逐", "Evicted by a taint"),
        "**驱逐：**Pod {pod/name} 不再容忍 {node} 的污点，被删除。",
        "**Evicted:** pod {pod/name} tolerates the taint of {node} no longer and is deleted.",
        "pkg/controller/tainteviction/taint_eviction.go processPodOnNode",
    ),
    rule(
        "node/gone",
        ("节点已不存在", "Its node is no more"),
        "**节点没了：**{node} 已不存在，上面的 Pod {pod/name} 被删除。",
        "**Its node is gone:** {node} no longer exists, and pod {pod/name} is deleted.",
        "pkg/controller/podgc/gc_controller.go gcOrphaned",
    ),
    rule(
        "garbage/owner-gone",
        ("所有者已不在", "Its owner is gone"),
        "**所有者没了：**{owner} 已不存在，轮到 {object}。",
        "**Its owner is gone:** {owner} no longer exists, and {object} follows.",
        "pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem",
    ),
    rule(
        "garbage/dependents-first",
        ("前台删除：先删下属", "Foreground deletion: dependents first"),
        "**前台删除：**{object} 要先于所有者 {owner} 删除。",
        "**Foreground deletion:** {object} goes before its owner {owner}.",
        "pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem",
    ),
    rule(
        "garbage/waits-for-dependents",
        ("下属都已删除", "Its dependents are gone"),
        "**下属都没了：**以前台方式删除的 {object} 现在可以离开。",
        "**Nothing is left below it:** {object}, deleted in the foreground, may go now.",
        "pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem",
    ),
    rule(
        "garbage/orphan-dependents",
        ("保留下属", "Orphans the dependents"),
        "**--cascade=orphan：**所有者走了，它的下属留下，不再有所有者。",
        "**--cascade=orphan:** the owner goes; what it owned stays, without an owner.",
        "pkg/controller/garbagecollector/garbagecollector.go orphanDependents",
    ),
    rule(
        "namespace/empty",
        ("清空命名空间", "Empties the namespace"),
        "**命名空间 {object} 要删除：**先删里面的 {objects} 个对象，Pod 最先。",
        "**Namespace {object} is being deleted:** what is in it goes first ({objects} {objects|object|objects}), pods before the rest.",
        "pkg/controller/namespace/deletion/namespaced_resources_deleter.go deleteAllContent",
    ),
];
