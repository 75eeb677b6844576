//! Words of the terminal.

use super::{Key, words};

words! {
    Terminal: "终端", "Terminal";
    TerminalInput: "命令", "Command";
    Clear: "清屏", "Clear";
    Interrupt: "中断 Ctrl-C", "Stop Ctrl-C";
    Suggestions: "试试", "Try";
    Terminals: "终端列表", "Terminals";
    OpenTerminal: "再打开一个终端", "Open another terminal";
}
