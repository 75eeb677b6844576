//! Words of the panel beside the stage: decisions, objects and events.

use super::{Key, words};

words! {
    Events: "事件", "Events";
    NoEvents: "还没有事件。", "No events yet.";
    Side: "说明", "Explanations";
    Why: "为什么", "Why";
    WhyAll: "也显示调度器和 kubelet 的决定", "Also the scheduler's and the kubelet's decisions";
    WhyNone:
        "还没有决定。应用清单后，控制器的每个决定都会记在这里。",
        "No decisions yet. Apply the manifest, and every decision of the controllers is told here.";
    WhyNumbers: "数字", "The numbers";
    GoThere: "回到这一刻", "Go to this moment";
    Object: "对象", "Object";
    Deselect: "取消选择", "Deselect";
    Aspects: "看什么", "What to show";
    Describe: "描述", "Describe";
    Yaml: "YAML", "YAML";
    Logs: "日志", "Logs";
    Decisions: "决定，最新的在前", "Decisions, newest first";
}
