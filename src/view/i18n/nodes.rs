//! Words of the nodes, of what bounds the pods, and of the trouble that can be made with them.

use super::{Key, words};

words! {
    Ways: "怎么看集群", "How to look at the cluster";
    WaysHint: "按版本看，或按节点看（按键 n）", "by revision or by node (key n)";
    ByRevision: "按版本", "By revision";
    ByNode: "按节点", "By node";
    Nodes: "个节点", "nodes";
    AddNode: "加一个节点", "Add a node";
    NodeHint: "看这个节点的全部，让它出故障", "all of this node, and trouble for it";
    NoNodeYet: "还没有节点", "No node yet";
    NobodyWaits: "没有 Pod 在等", "no pod waits";
    NodeReady: "就绪", "Ready";
    NodeNotReady: "未就绪", "NotReady";
    NodeGone: "节点已不在", "gone";
    Cordoned: "已封锁", "cordoned";
    CutOff: "失去联系", "no contact";
    KubeletDown: "kubelet 已停", "kubelet down";
    Requested: "已请求的资源", "What is requested of it";
    FailNode: "让节点失联", "Fail node";
    RecoverNode: "让节点恢复", "Recover node";
    Cordon: "封锁", "Cordon";
    Uncordon: "解除封锁", "Uncordon";
    Drain: "排空", "Drain";
    Bounds: "配额、中断预算、自动扩缩", "Quotas, budgets and autoscalers";
    Quota: "配额", "quota";
    LimitRange: "限制范围", "limit range";
    Budget: "中断预算", "budget";
    Autoscaler: "自动扩缩", "autoscaler";
    QuotaOf: "/", "of";
    QuotaOthers: "项", "more";
    Full: "已满", "full";
    MustStay: "个必须留下", "must stay";
    MayGo: "个可以走", "may go";
    NoneMayGo: "一个也不能走", "none may go";
    AtMost: "已到上限", "at its most";
    SetQuota: "设配额：不许再多 Pod", "Set a quota: no more pods";
    RemoveQuota: "删除配额", "Remove the quota";
    SetBudget: "设中断预算：最多走一个", "Set a budget: one may go";
    RemoveBudget: "删除中断预算", "Remove the budget";
    DeleteUsed: "删除", "Delete";
    BringBack: "恢复", "Bring back";
    DeleteIt: "删除它", "Delete it";
    PlacementSame: "其余各项各节点相同", "the same on all nodes";
    PlacementChosen: "选中", "chosen";
    PlacementRefused: "不行", "refused";
    Points: "分", "points";
}
