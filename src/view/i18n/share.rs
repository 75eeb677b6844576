//! Words around links, files and pictures.

use super::{Key, words};

words! {
    Share: "分享", "Share";
    ShareHint:
        "链接里有文件、命令和这一刻；打开它的人看到的完全一样。",
        "A link holds your files, commands and this very moment: who opens it sees the same.";
    ShareText: "链接或文本", "The link or text";
    CopyLink: "复制链接", "Copy link";
    CopySession: "复制为 kubectl 会话", "Copy as kubectl session";
    CopyMarkdown: "复制为 Markdown 记录", "Copy as Markdown transcript";
    SaveFile: "保存为文件", "Save as file";
    OpenFile: "打开会话或课程文件……", "Open a session or lesson…";
    Report: "反馈问题……", "Report a problem…";
    ReportReady: "反馈已复制，写明情况后由你自己发送：页面不会发送任何内容。", "The report is copied. Say in it what happened, and send it yourself: the page sends nothing.";
    ReportIssue: "用它新建一个 issue", "Open an issue with it";
    ReportWanted: "我想做什么：", "What I wanted to do:";
    ReportHappened: "我做了什么，结果怎样：", "What I did, and what happened:";
    ReportReal: "真实集群会怎样（如果不一样）：", "What a real cluster does, if that differs:";
    ReportNoLink: "（链接太长：请用“保存为文件”，附上文件。）", "(Too much for a link: please attach what Save as file gives.)";
    Saved: "文件已保存。", "The file is saved.";
    Copied: "已复制。", "Copied.";
    CopyByHand:
        "浏览器不允许复制：文本已选中，请手动复制。",
        "The browser does not let the page copy. The text is selected: copy it by hand.";
    LinkTooLong: "内容太多，链接放不下：请保存为文件再发送。", "Too much for a link: save it as a file and send that.";
    LinkFailed: "这个浏览器生成不了链接：请保存为文件。", "This browser cannot make the link: save a file instead.";
    Shared: "这是别人分享的一刻。你自己的内容还在。", "This is a moment that somebody shared. Your own lab is kept.";
    Brought: "这是你的集群；没能带过来的写在 cluster.yaml 开头。你原来的内容还在。", "This is your cluster: the top of cluster.yaml says what was not carried over. What you had before is kept.";
    SharedDiffers: "它是用另一个版本做的，可能略有不同。", "It was made with another version of the lab and may differ.";
    SharedChanged:
        "这是别人分享的一刻，加上你在其中做的改动。你自己的内容还在。",
        "This is a moment that somebody shared, with what you have done in it. Your own lab is kept.";
    SessionBroken: "这个链接或文件不完整或已损坏。", "This link or file is damaged or incomplete.";
    SessionTooNew: "它是用更新的版本做的：请刷新页面再试。", "It was made with a newer version of the lab: reload the page and try again.";
    SessionTooLong: "它太大了，无法打开。", "It is too large to be opened.";
    Picture: "存图", "Picture";
    PictureHint: "把这一刻存成图片或动画", "Save this moment as a picture, or the way to it as a film";
    PicturePng: "PNG", "PNG";
    PicturePngHint: "PNG 图片，双倍清晰度", "A PNG, twice as sharp as on the screen";
    PictureSvg: "SVG", "SVG";
    PictureSvgHint: "SVG 图片，任意放大都清晰", "An SVG, sharp at any size";
    Film: "动画", "Film";
    FilmHint: "从上一次改动到这一刻的过程，存成会动的 SVG", "From the last change to this moment, as an SVG that moves";
}
