//! Words of the timeline, its chart and its buttons.

use super::{Key, words};

words! {
    Play: "播放", "Play";
    Pause: "暂停", "Pause";
    Step: "单步", "Step";
    Speed: "速度", "Speed";
    Story: "讲解", "Story";
    Time: "模拟时间", "Simulated time";
    Deadline: "进度期限还剩", "progress deadline in";
    Timeline: "时间线", "Timeline";
    Moment: "显示的时刻", "Moment shown";
    Before: "上一个决定", "To the decision before";
    After: "下一个决定", "To the next decision";
    UntilStable: "运行到稳定", "Run until stable";
    Window: "时间范围", "Span of time";
    WholeHistory: "全部", "all";
    HistoryThinned: "一小时以前的细节已经删去", "Details older than an hour are gone";
    Numbers: "数字", "Numbers";
    Past: "正在看过去；现在做的改动会开始另一段历史。", "This is the past. What you change here begins another history.";
    ToEnd: "回到最后", "To the end";
    UndoFork: "恢复原来的历史", "Restore the former history";
    Legend: "图例", "Legend";
    ChartReady: "就绪", "ready";
    ChartWaiting: "未就绪", "not ready";
    ChartMost: "上限", "most allowed";
    ChartFewest: "可用下限", "fewest available";
    ChartLeaving: "正在终止，不计数", "terminating, not counted";
    MarkChange: "改动", "change";
    MarkDecision: "决定", "decision";
    MarkRestart: "重启", "restart";
    ShortMost: "最多", "at most";
    ShortFewest: "至少", "at least";
    ChartAnswered: "应答的请求", "requests answered";
    MarkTrouble: "故障、流量", "trouble, traffic";
    MarkDeadline: "超过期限", "deadline";
    EventBefore: "上一个事件", "To the event before";
    EventAfter: "下一个事件", "To the next event";
    Behind: "仅", "only";
    BehindHint:
        "要做的事太多，浏览器跟不上：时间走得比要求的慢，什么也不会漏掉。",
        "There is more to do than the browser gets done: time goes slower than asked for. Nothing is left out.";
    WholeChart: "整张图表", "The whole chart";
}
