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
    ForecastRollsOut: "会触发滚动更新。", "A rollout begins.";
    ForecastAdjusts: "改动不涉及模板，不会更新 Pod。", "The template stays, so no pod is replaced.";
    ForecastCompletes: "完成用时", "Complete after";
    ForecastStalls:
        "会卡住：新的 Pod 一直不可用，ProgressDeadlineExceeded 在",
        "It will stall: the new pods never become available; ProgressDeadlineExceeded after";
    ForecastUnless: "结果可能不同，这里不模拟", "It may end otherwise, because this is not simulated:";
    ForecastOpen: "还没有结果，已往后看了", "No end in sight after";
    ForecastRestarts: "容器会重启，次数：", "Containers will restart, times:";
    ForecastFewest: "可用最少", "Fewest available";
    ForecastMost: "Pod 最多", "most pods";
    Compare: "比较策略", "Compare strategies";
    CompareTitle: "同一次改动，不同的策略（maxSurge / maxUnavailable）", "The same change under other strategies (maxSurge / maxUnavailable)";
    CompareWritten: "按清单", "As written";
    ForecastLost: "丢失或出错的请求", "requests lost or failed";
    EditorTab: "开始编辑后，Tab 缩进，Shift + Tab 减少缩进；按 Esc 再按 Tab 离开编辑器", "Once you edit, Tab indents and Shift + Tab takes it back; press Escape, then Tab, to leave the editor";
    EditorLeaves: "现在按 Tab 会离开编辑器", "Tab leaves the editor now";
    Required: "必填", "required";
    Offers: "可以填写的内容", "Suggestions";
    OffersCount: "项可选：用 ↑ ↓ 选择，回车填入", "suggestions: choose with ↑ ↓, take with Enter";
    Find: "查找", "Find";
    FindNext: "下一处", "Next";
    FindBefore: "上一处", "Previous";
    FindNone: "没有找到", "Not found";
    Tools: "编辑工具", "Editing tools";
    Undo: "撤销", "Undo";
    Redo: "重做", "Redo";
    Indent: "增加缩进", "Indent";
    Outdent: "减少缩进", "Outdent";
    Comment: "注释或取消注释", "Comment or uncomment";
    OddFound: "个字符只是看起来对", "characters only look right";
    Mend: "全部改好", "Mend all";
    TextLong: "文本太长，输入时不检查，也不预测：应用后才知道有没有错。", "The text is too long to be checked and forecast while it is typed: applying it tells what is wrong.";
    NotKept:
        "浏览器没能保存你的修改（存储已满或被禁用）：关闭或刷新页面就会丢失。请先存成文件。",
        "The browser does not keep your edits (its storage is full or switched off): closing or reloading the page loses them. Save them as a file first.";
    SaveText: "存成文件", "Save as file";
    OtherTab: "另一个标签页也改了这个文件，要用哪一份？", "Another tab has changed this file as well. Which text do you want?";
    TakeTheirs: "用那一份", "The other tab's";
    KeepMine: "保留这一份", "This one";
}
