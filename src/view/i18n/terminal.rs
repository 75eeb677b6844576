//! Words of the terminal.

use super::{Key, words};

words! {
    Terminal: "终端", "Terminal";
    TerminalInput: "命令", "Command";
    Clear: "清屏", "Clear";
    LogThinned: "（更早的输出已经删去，只保留最近的一部分）", "(older output is gone: only the latest is kept)";
    Interrupt: "中断 Ctrl-C", "Stop Ctrl-C";
    Suggestions: "试试", "Try";
    Terminals: "终端列表", "Terminals";
    OpenTerminal: "再打开一个终端", "Open another terminal";
    MendLine: "改好", "Mend";
    LineMended: "已改好，回车运行。", "Mended: Enter runs it.";
    AsTyped: "恢复原样", "As I typed it";
    PasteHeld: "粘贴的内容还没有运行：", "What was pasted has not been run:";
    MendAndRun: "改好并运行", "Mend and run";
    RunAsPasted: "原样运行", "Run as pasted";
}
