//! Hints in Chinese beside what kubectl says in English, by the kind of its error: what it means, and what to do.

/// An error's kind: all of these words stand in it; and the hint.
type Row = (&'static [&'static str], &'static str);

/// Errors, the particular ones before the general.
const ERRORS: &[Row] = &[
    (&["selector", "field is immutable"], "selector 创建后就不能改：换个名字另建一个，或者先删除再创建。"),
    (&["field is immutable"], "这个字段创建后就不能改：先删除再创建，或者换个名字。"),
    (&["selector", "does not match template"], "selector 和 template 里的 labels 对不上：两处要写得一样。"),
    (&["unknown field"], "有 Kubernetes 不认识的字段：检查拼写、大小写和缩进的层级。"),
    (&["error converting YAML"], "YAML 写得不对：多半是缩进、Tab，或者冒号后面少了空格，行号在报错里。"),
    (&["error parsing"], "文件解析不了：多半是缩进、Tab，或者冒号后面少了空格，行号在报错里。"),
    (
        &["no matches for kind"],
        "集群里没有这个 kind：检查 apiVersion 和 kind 的拼写，大小写也要对；自定义资源要先装 CRD。",
    ),
    (&["doesn't have a resource type"], "没有这种资源：检查拼写；kubectl api-resources 会列出全部。"),
    (&["ImagePull"], "镜像拉不下来：检查镜像名和标签；kubectl describe pod 的 Events 里写着原因。"),
    (&["AlreadyExists"], "同名的对象已经有了：用 kubectl apply 更新它，或者先 kubectl delete。"),
    (&["already exists"], "同名的对象已经有了：用 kubectl apply 更新它，或者先 kubectl delete。"),
    (&["command not found"], "终端里没有这个命令：输入 help 看看有哪些。"),
    (&["(NotFound)"], "没有这个对象：检查名字的拼写，以及是不是在别的命名空间（-n）；kubectl get 看看有哪些。"),
    (&["does not exist"], "没有这个文件：检查文件名和路径；ls 看看有哪些。"),
    (&["the object has been modified"], "这个对象刚被改过：重新取一份再改。"),
    (&["exceeded its progress deadline"], "更新卡住了，超过期限没有进展：kubectl get pods 看看新 Pod 为什么没有就绪。"),
    (&["timed out waiting"], "等到超时条件也没满足：看看 Pod 的状态，或者加大 --timeout。"),
    (&["onnection refused"], "连接被拒绝：那个端口上没有程序在监听；检查端口、targetPort，以及 Pod 是否就绪。"),
    (
        &["Couldn't connect to server"],
        "连不上：那个地址和端口没有程序在监听；检查端口、targetPort，以及 Pod 是否就绪。",
    ),
    (&["was refused"], "连接被拒绝：那个端口上没有程序在监听；检查地址和端口。"),
    (&["ould not resolve host"], "找不到这个主机名：检查 Service 的名字；在集群外要用地址和端口。"),
    (
        &["Metrics API not available"],
        "没有指标：minikube 默认不装 metrics-server，用 minikube addons enable metrics-server 打开，大约半分钟后才有数据。",
    ),
    (&["metrics not available yet"], "指标还没有：metrics-server 每 15 秒采一次，Pod 启动后要等几十秒。"),
    (&["unknown command"], "kubectl 没有这个子命令：kubectl --help 会列出全部。"),
    (&["unknown", "flag"], "没有这个选项：在命令后面加 --help 看看有哪些。"),
    (&["is invalid"], "有字段的值不合规则：冒号后面写着是哪个字段、为什么。"),
    (&["(Forbidden)"], "请求被拒绝：后面写着原因，常见的是配额不够或者策略不允许。"),
];

/// States of pods, as they stand in a list.
const STATES: &[Row] = &[
    (
        &["ImagePullBackOff"],
        "ImagePullBackOff：镜像拉不下来，隔一阵再试；检查镜像名和标签，kubectl describe pod 的 Events 里写着原因。",
    ),
    (&["ErrImagePull"], "ErrImagePull：镜像拉不下来；检查镜像名和标签，kubectl describe pod 的 Events 里写着原因。"),
    (
        &["CrashLoopBackOff"],
        "CrashLoopBackOff：容器一再退出，等一阵才会重启；kubectl logs --previous 看看它退出前的输出。",
    ),
    (
        &["CreateContainerConfigError"],
        "CreateContainerConfigError：引用的 ConfigMap 或 Secret 不在，或者里面没有那个键。",
    ),
    (&["OOMKilled"], "OOMKilled：内存超过了 limits，容器被杀掉了。"),
];

/// The hint for what a command has written to its standard error.
pub fn of_error(text: &str) -> Option<&'static str> {
    find(ERRORS, text)
}

/// The hint for what a command has printed, where a pod in it is in trouble.
pub fn of_output(text: &str) -> Option<&'static str> {
    find(STATES, text)
}

fn find(rows: &[Row], text: &str) -> Option<&'static str> {
    rows.iter().find(|(words, _)| words.iter().all(|word| text.contains(word))).map(|(_, hint)| *hint)
}
