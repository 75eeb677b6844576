//! Words of the page's frame: its head, its notices, its borders and the list of keys.

use super::{Key, words};

words! {
    Tagline: "在浏览器里运行的 Kubernetes Deployment", "Kubernetes Deployments, alive in your browser";
    OtherLang: "English", "中文";
    Theme: "外观", "Theme";
    ThemeAuto: "自动", "Auto";
    ThemeLight: "浅色", "Light";
    ThemeDark: "深色", "Dark";
    Panels: "面板", "Panels";
    Keys: "按键", "Keys";
    KeysAnywhere: "任何地方", "Anywhere";
    KeysList: "打开这份列表", "this list";
    KeysNext: "下一个控件（Shift + Tab：上一个）", "the next control (Shift + Tab: the one before)";
    KeysEscape: "关闭打开的菜单或列表", "closes what is open: a menu, this list";
    KeysLeave: "离开编辑器", "leaves the editor";
    KeysIndent: "增加、减少缩进", "indents, takes it back";
    KeysOffers: "列出可以填写的字段和值", "lists the fields and values that fit";
    KeysUndo: "撤销、重做", "undoes, does again";
    KeysRun: "运行这一行", "runs the line";
    KeysHistory: "以前输入的命令", "commands typed before";
    KeysComplete: "补全；没有输入时离开终端", "completes; with nothing typed, leaves the terminal";
    KeysSearch: "在以前的命令里查找", "searches the commands typed before";
    KeysInterrupt: "中断正在运行的命令", "stops the command that runs";
    KeysPlay: "停下、继续（不在输入框里、不在按钮上时）", "stops time, lets it go on (outside of fields and buttons)";
    KeysBeat: "上一拍、下一拍：回到、走到故事的旁边一刻", "to the story's beat before, to its next";
    KeysSecond: "后退、前进一秒", "a second back, a second on";
    KeysTenSeconds: "前进、后退十秒", "ten seconds on, ten seconds back";
    KeysEnds: "回到开头、到最后", "to the beginning, to the end";
    Replaying: "正在重放……", "Replaying…";
    Cancel: "取消", "Cancel";
    AsShared: "恢复分享时的样子", "As it was shared";
    BackToMine: "回到我的", "Back to mine";
    Close: "关闭", "Close";
    NothingLost: "你的内容没有变。", "Nothing of yours has changed.";
    Stop: "。", ".";
    Comma: "，", ", ";
    KeysWhyNext: "上一个、下一个决定", "the decision before, the next one";
    KeysWhyEnds: "最新、最旧的决定", "the newest decision, the oldest";
    KeysWhyInto: "打开、收起数字", "opens the numbers, closes them";
    KeysWhyThere: "回到这一刻", "goes to its moment";
    KeysGrid: "很多 Pod 时：到旁边的 Pod", "among many pods: to the neighbouring one";
    KeysGridEnds: "第一个、最后一个 Pod", "to the first, to the last";
    KeysGridOpen: "看这个 Pod 的全部", "shows all of the pod";
    Border: "边界：", "Border of";
    BorderHint: "拖动调整大小，双击还原", "Drag to resize, double click to set back";
    Fold: "收起", "Fold away";
    Unfold: "展开", "Bring back";
}
