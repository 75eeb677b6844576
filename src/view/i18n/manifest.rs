//! Words of the manifest's panel: files, editor and forecast.

use super::{Key, words};

words! {
    Editor: "清单", "Manifest";
    EditorText: "清单的 YAML 文本", "The manifest's YAML text";
    File: "打开", "Open";
    Files: "文件", "Files";
    Chapter: "教程里的清单", "The chapter's manifests";
    YourText: "找回你的文本", "Your own text";
    Draft: "替换前的文本", "Before it was replaced";
    NewFile: "新建文件", "New file";
    ChangeFile: "重命名或删除文件", "Rename or delete the file";
    FileName: "文件名", "File name";
    Create: "新建", "Create";
    Rename: "重命名", "Rename";
    Delete: "删除", "Delete";
    NameTaken: "已有同名文件", "There is a file of this name";
    NameWrong: "文件名只能包含字母、数字和 . _ - /", "A name has letters, digits and . _ - / only";
    Images: "镜像里的程序", "The images' programs";
    BuildImage: "构建镜像并载入节点", "Build and load image";
    EditSave: "保存并关闭", "Save and close";
    EditWaits: "kubectl edit 正在等待", "kubectl edit waits for this text";
    Apply: "应用", "Apply";
    ApplyHint: "Ctrl/⌘ + 回车", "Ctrl/⌘ + Enter";
    Line: "行", "line";
    Column: "列", "column";
    NotSimulated: "接受但不模拟：", "Accepted, not simulated:";
    UnknownImages:
        "实验室里没有这些镜像，Pod 会一直停在 ImagePullBackOff：",
        "Images that the lab does not have, so that pods stay in ImagePullBackOff:";
    StandIn: "造替身镜像", "Make stand-ins";
    Forecast: "预测", "Forecast";
    ForecastNone: "正在计算……", "being worked out…";
    ForecastMany: "Pod 超过 2000 个时不预测。", "None is made with more than 2,000 pods.";
    ForecastLooked: "已算到应用之后", "looked ahead so far:";
    ForecastRefused: "会被拒绝：", "It will be refused:";
    ForecastNothing: "没有变化。", "Nothing changes.";
    ForecastCreates: "会创建 Deployment。", "A Deployment is created.";
    ForecastScales: "只伸缩，不更新：", "It only scales, without a rollout:";
    ForecastRollsOut: "会触发滚动更新。", "It rolls out.";
    ForecastAdjusts: "改动不涉及模板，不会更新 Pod。", "The template stays, so no pod is replaced.";
    ForecastCompletes: "完成用时", "Complete after";
    ForecastStalls:
        "会卡住：新的 Pod 一直不可用，ProgressDeadlineExceeded 在",
        "It will stall: the new pods never become available; ProgressDeadlineExceeded after";
    ForecastOpen: "还没有结果，已往后看了", "No end in sight after";
    ForecastRestarts: "容器会重启，次数：", "Containers will restart, times:";
    ForecastFewest: "可用最少", "Fewest available";
    ForecastMost: "Pod 最多", "most pods";
    Compare: "比较策略", "Compare strategies";
    CompareTitle: "同一次改动，不同的策略（maxSurge / maxUnavailable）", "The same change under other strategies (maxSurge / maxUnavailable)";
    ForecastLost: "丢失或出错的请求", "requests lost or failed";
}
