//! The page's words in both languages: a missing one is a compile error.

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// The value of `?lang=` and of the document's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Reads `zh-CN`, `en` and their like.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if text.starts_with("zh") {
            Some(Self::Zh)
        } else if text.starts_with("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}

/// Something that the page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Tagline,
    Play,
    Pause,
    Step,
    Speed,
    Time,
    OtherLang,
    Theme,
    ThemeAuto,
    ThemeLight,
    ThemeDark,
    Editor,
    EditorText,
    File,
    Files,
    Chapter,
    YourText,
    Draft,
    Apply,
    ApplyHint,
    Line,
    Column,
    NotSimulated,
    Stage,
    EmptyTitle,
    EmptyRead,
    EmptyApply,
    EmptyWatch,
    Terminal,
    TerminalInput,
    Clear,
    Interrupt,
    Suggestions,
    Events,
    NoEvents,
    Timeline,
    Moment,
    Before,
    After,
    UntilStable,
    Window,
    WholeHistory,
    Numbers,
    Past,
    ToEnd,
    UndoFork,
    Legend,
    ChartReady,
    ChartWaiting,
    ChartMost,
    ChartFewest,
    ChartLeaving,
    MarkChange,
    MarkDecision,
    MarkRestart,
    ShortMost,
    ShortFewest,
    Revision,
    Ready,
    Restarts,
    Leaving,
    Unowned,
    Most,
    Fewest,
    Replicas,
    Updated,
    Available,
    Paused,
}

/// What the page says in `lang`.
pub fn text(lang: Lang, key: Key) -> &'static str {
    let (zh, en) = both(key);
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn both(key: Key) -> (&'static str, &'static str) {
    match key {
        Key::Tagline => ("在浏览器里运行的 Kubernetes Deployment", "Kubernetes Deployments, alive in your browser"),
        Key::Play => ("播放", "Play"),
        Key::Pause => ("暂停", "Pause"),
        Key::Step => ("单步", "Step"),
        Key::Speed => ("速度", "Speed"),
        Key::Time => ("模拟时间", "Simulated time"),
        Key::OtherLang => ("English", "中文"),
        Key::Theme => ("外观", "Theme"),
        Key::ThemeAuto => ("自动", "Auto"),
        Key::ThemeLight => ("浅色", "Light"),
        Key::ThemeDark => ("深色", "Dark"),
        Key::Editor => ("清单", "Manifest"),
        Key::EditorText => ("清单的 YAML 文本", "The manifest's YAML text"),
        Key::File => ("打开", "Open"),
        Key::Files => ("文件", "Files"),
        Key::Chapter => ("教程里的清单", "The chapter's manifests"),
        Key::YourText => ("找回你的文本", "Your own text"),
        Key::Draft => ("替换前的文本", "Before it was replaced"),
        Key::Apply => ("应用", "Apply"),
        Key::ApplyHint => ("Ctrl/⌘ + 回车", "Ctrl/⌘ + Enter"),
        Key::Line => ("行", "line"),
        Key::Column => ("列", "column"),
        Key::NotSimulated => ("接受但不模拟：", "Accepted, not simulated:"),
        Key::Stage => ("集群", "Cluster"),
        Key::EmptyTitle => ("集群是空的，三步让它动起来", "Nothing runs yet. Three steps to a live rollout:"),
        Key::EmptyRead => {
            ("看一眼清单：它要求运行 hellok8s。", "Read the manifest: it asks for hellok8s to be kept running.")
        }
        Key::EmptyApply => ("点“应用”，把它交给集群。", "Press Apply to hand it to the cluster."),
        Key::EmptyWatch => (
            "看 Pod 启动；再改 replicas 或镜像，再应用一次。",
            "Watch its pods start. Then change replicas or the image, and apply again.",
        ),
        Key::Terminal => ("终端", "Terminal"),
        Key::TerminalInput => ("命令", "Command"),
        Key::Clear => ("清屏", "Clear"),
        Key::Interrupt => ("中断 Ctrl-C", "Stop Ctrl-C"),
        Key::Suggestions => ("试试", "Try"),
        Key::Events => ("事件", "Events"),
        Key::NoEvents => ("还没有事件。", "No events yet."),
        Key::Timeline => ("时间线", "Timeline"),
        Key::Moment => ("显示的时刻", "Moment shown"),
        Key::Before => ("上一个决定", "To the decision before"),
        Key::After => ("下一个决定", "To the next decision"),
        Key::UntilStable => ("运行到稳定", "Run until stable"),
        Key::Window => ("时间范围", "Span of time"),
        Key::WholeHistory => ("全部", "all"),
        Key::Numbers => ("数字", "Numbers"),
        Key::Past => (
            "正在看过去；现在做的改动会开始另一段历史。",
            "This is the past. What you change here begins another history.",
        ),
        Key::ToEnd => ("回到最后", "To the end"),
        Key::UndoFork => ("恢复原来的历史", "Restore the former history"),
        Key::Legend => ("图例", "Legend"),
        Key::ChartReady => ("就绪", "ready"),
        Key::ChartWaiting => ("未就绪", "not ready"),
        Key::ChartMost => ("上限", "most allowed"),
        Key::ChartFewest => ("可用下限", "fewest available"),
        Key::ChartLeaving => ("正在终止，不计数", "terminating, not counted"),
        Key::MarkChange => ("改动", "change"),
        Key::MarkDecision => ("决定", "decision"),
        Key::MarkRestart => ("重启", "restart"),
        Key::ShortMost => ("最多", "at most"),
        Key::ShortFewest => ("至少", "at least"),
        Key::Revision => ("版本", "revision"),
        Key::Ready => ("就绪", "ready"),
        Key::Restarts => ("次重启", "restarts"),
        Key::Leaving => ("正在离开，不计数", "leaving, not counted"),
        Key::Unowned => ("没有 ReplicaSet 的 Pod", "Pods without a ReplicaSet"),
        Key::Most => ("上限 replicas + maxSurge", "at most replicas + maxSurge"),
        Key::Fewest => ("可用下限 replicas − maxUnavailable", "at least replicas − maxUnavailable available"),
        Key::Replicas => ("副本", "replicas"),
        Key::Updated => ("已更新", "updated"),
        Key::Available => ("可用", "available"),
        Key::Paused => ("已暂停", "paused"),
    }
}
