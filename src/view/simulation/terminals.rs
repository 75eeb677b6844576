//! What the terminals of the page show, and the commands that buttons type.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use hellok8s_lab::lab::LONGEST_WORK_MS;
use hellok8s_lab::lessons::Observation;
use hellok8s_lab::process::{Chunk, Stream};
use hellok8s_lab::session::{Line, What};
use hellok8s_lab::shell::{Terminal, is_service, never_ends};
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::{Core, Said, Simulation, Transcript, set};
use crate::view::browser;

/// The terminals that the visitor can open.
pub const TERMINALS: usize = 5;
/// The terminal of the Apply button, which must work while the shown one is busy.
pub(super) const APPLY: usize = TERMINALS;
/// The terminal of `window.lab.exec`.
pub(super) const HIDDEN: usize = hellok8s_lab::lab::HIDDEN_TERMINAL;

/// What a terminal shows.
#[derive(Clone, Copy)]
pub struct TerminalSignals {
    /// Its log.
    pub log: RwSignal<Transcript>,
    /// Whether a command runs.
    pub runs: RwSignal<bool>,
    /// Whether a command has run for long enough to be interrupted by hand.
    pub is_busy: RwSignal<bool>,
    /// Whether it waits for the rest of a command.
    pub needs_more: RwSignal<bool>,
}

impl Default for TerminalSignals {
    fn default() -> Self {
        Self {
            log: RwSignal::new(Transcript::default()),
            runs: RwSignal::new(false),
            is_busy: RwSignal::new(false),
            needs_more: RwSignal::new(false),
        }
    }
}

/// What has run for so long, in microseconds of the viewer's time, is no command that is answered at once.
const LONG_US: u64 = 300_000;

/// What a program writes to get an empty screen, and to empty what was scrolled away as well.
const ERASE: &str = "\u{1b}[2J";
const ERASE_HISTORY: &str = "\u{1b}[3J";

/// Called with a command's whole output when it has ended.
pub(super) type Done = Box<dyn FnOnce(String)>;

/// Commands that run in a terminal of their own, one after the other.
pub(super) struct Lane {
    terminal: usize,
    /// Whether the visitor's terminal shows them.
    is_shown: bool,
    running: Option<(String, Done)>,
    /// When the one that runs is interrupted.
    until: Option<SimTime>,
    waiting: VecDeque<Asked>,
}

/// A command that was asked for.
struct Asked {
    line: String,
    /// After so many simulated milliseconds it is interrupted: it watches, and others wait for it.
    longest_ms: Option<u64>,
    then: Done,
}

/// What a command of a page's block is given.
const LONGEST_OF_BLOCK_MS: u64 = 120_000;
/// What it is given when it would go on for ever.
const LONGEST_WATCH_MS: u64 = 10_000;

impl Lane {
    pub(super) fn new(terminal: usize, is_shown: bool) -> Self {
        Self { terminal, is_shown, running: None, until: None, waiting: VecDeque::new() }
    }
}

impl Core {
    /// Whether a terminal's command has run for long in the viewer's time.
    fn is_busy_for_long(&mut self, terminal: usize) -> bool {
        let Some(since_us) = self.busy_since_us.get_mut(terminal) else { return false };
        if !self.lab.is_busy(terminal) {
            *since_us = None;
            return false;
        }
        let now_us = browser::now_us();
        now_us.saturating_sub(*since_us.get_or_insert(now_us)) >= LONG_US
    }
}

impl Simulation {
    pub(super) fn read_terminals(self, core: &mut Core, done: &mut Vec<(Done, String)>) {
        for terminal in 0..TERMINALS {
            let chunks = core.lab.take_output(terminal);
            self.show(core, terminal, chunks);
            if let Some(signals) = self.signals(terminal) {
                set(signals.runs, core.lab.is_busy(terminal));
                set(signals.is_busy, core.is_busy_for_long(terminal));
                set(signals.needs_more, core.lab.needs_more(terminal));
            }
        }
        let shown = self.terminal.get_untracked();
        for at in 0..core.lanes.len() {
            while let Some(lane) = core.lanes.get_mut(at) {
                let (terminal, is_shown) = (lane.terminal, lane.is_shown);
                if lane.running.is_none() {
                    let Some(Asked { line, longest_ms, then }) = lane.waiting.pop_front() else { break };
                    lane.running = Some((String::new(), then));
                    lane.until = longest_ms.map(|ms| core.lab.now() + ms);
                    if is_shown {
                        self.say(core, shown, Said::Command, &line);
                    }
                    core.note(&line);
                    core.lab.submit(terminal, &line);
                    core.is_stale = true;
                    if !is_shown {
                        // Nobody watches: the time that it takes goes by at once, also where a page draws no frames.
                        core.lab.finish_work(LONGEST_WORK_MS);
                    }
                }
                if core.lanes.get(at).and_then(|lane| lane.until).is_some_and(|until| core.lab.now() >= until) {
                    core.lab.interrupt(terminal);
                }
                let chunks = core.lab.take_output(terminal);
                let text: String = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
                if is_shown {
                    self.show(core, shown, chunks);
                }
                // The next command waits until what was put into the background has begun.
                let is_at_work = is_shown && core.lab.is_at_work(terminal);
                let is_over = !is_at_work && !core.lab.is_busy(terminal);
                let Some(lane) = core.lanes.get_mut(at) else { break };
                if let Some((output, _)) = &mut lane.running {
                    output.push_str(&text);
                }
                if !is_over {
                    break;
                }
                if let Some((output, then)) = lane.running.take() {
                    done.push((then, output));
                }
            }
        }
    }

    fn show(self, core: &mut Core, terminal: usize, chunks: Vec<Chunk>) {
        for chunk in chunks {
            let said = if chunk.stream == Stream::Out { Said::Out } else { Said::Err };
            core.seen.push(Observation::Printed(chunk.text.clone()));
            let text = match chunk.text.rsplit_once(ERASE) {
                Some((_, behind)) => {
                    self.erase(terminal);
                    behind.trim_start_matches(ERASE_HISTORY)
                }
                None => &chunk.text,
            };
            if !text.is_empty() {
                self.say(core, terminal, said, text);
            }
        }
    }

    /// A command asks for an empty screen: what was written before the command itself stays when it goes on writing,
    /// as `watch` does.
    fn erase(self, terminal: usize) {
        if let Some(signals) = self.signals(terminal) {
            signals.log.update(Transcript::erase);
        }
    }

    fn say(self, core: &mut Core, terminal: usize, said: Said, text: &str) {
        if said == Said::Command {
            core.seen.push(Observation::Typed(text.to_owned()));
        }
        if let Some(signals) = self.signals(terminal) {
            signals.log.update(|log| log.say(said, text));
        }
    }

    /// Writes what was typed and printed before into the terminals' logs.
    pub(super) fn write_again(self, core: &mut Core, lines: Vec<Line>) {
        for line in lines.into_iter().filter(|line| line.terminal < HIDDEN) {
            // What the Apply button types stands in the first terminal.
            let terminal = if line.terminal == APPLY { 0 } else { line.terminal };
            match line.what {
                What::Command(text) => self.say(core, terminal, Said::Command, &text),
                What::Out(text) => self.show(core, terminal, vec![Chunk { stream: Stream::Out, text }]),
                What::Err(text) => self.show(core, terminal, vec![Chunk { stream: Stream::Err, text }]),
                What::Ended(_) | What::Interrupted | What::Wrote { .. } => {}
            }
        }
        for lane in &mut core.lanes {
            if lane.running.is_none() && core.lab.is_busy(lane.terminal) {
                lane.running = Some((String::new(), Box::new(|_| ())));
            }
        }
    }

    /// The terminal that is shown, also when it changes.
    pub fn shown_terminal(self) -> TerminalSignals {
        self.signals(self.terminal.get()).unwrap_or_default()
    }

    pub(super) fn signals(self, terminal: usize) -> Option<TerminalSignals> {
        self.terminals.with_value(|terminals| terminals.get(terminal).copied())
    }

    /// Opens another terminal and shows it.
    pub fn open_terminal(self) {
        let open = self.open_terminals.get_untracked();
        if open < TERMINALS {
            self.open_terminals.set(open + 1);
            self.terminal.set(open);
        }
    }

    /// What the word before `cursor` (in bytes) could be.
    pub fn complete(self, line: &str, cursor: usize) -> Vec<String> {
        let terminal = self.terminal.get_untracked();
        self.core.try_update_value(|core| core.lab.complete(terminal, line, cursor)).unwrap_or_default()
    }

    /// Types a line into the visitor's terminal.
    pub fn submit(self, line: &str) {
        self.core.update_value(|core| {
            let terminal = self.terminal.get_untracked();
            core.note(line);
            self.say(core, terminal, Said::Command, line);
            core.lab.submit(terminal, line);
            core.is_stale = true;
        });
        self.refresh(true);
    }

    /// Ctrl-C in the visitor's terminal.
    pub fn interrupt(self) {
        self.core.update_value(|core| {
            core.note("^C");
            core.lab.interrupt(self.terminal.get_untracked());
        });
        self.refresh(true);
    }

    /// Empties the terminal's log.
    pub fn clear(self) {
        self.shown_terminal().log.set(Transcript::default());
    }

    /// `kubectl apply -f FILE`, shown in the terminal; `then` gets the output.
    pub fn apply(self, file: &str, then: impl FnOnce(String) + 'static) {
        self.enqueue(0, format!("kubectl apply -f {file}"), None, Box::new(then));
    }

    /// Runs a command of a button, shown in the terminal.
    pub fn command(self, line: String) {
        self.enqueue(0, line, None, Box::new(|_| ()));
    }

    /// As [`Simulation::command`]; `then` gets the output.
    pub fn command_then(self, line: String, then: impl FnOnce(String) + 'static) {
        self.enqueue(0, line, None, Box::new(then));
    }

    /// The text that `kubectl edit` waits for is done.
    pub fn end_edit(self) {
        self.core.update_value(|core| {
            core.note("kubectl edit");
            core.lab.end_edit();
            core.is_stale = true;
        });
        self.refresh(true);
    }

    /// Runs a line out of sight; `then` gets the output.
    pub fn exec(self, line: String, then: impl FnOnce(String) + 'static) {
        self.enqueue(1, line, None, Box::new(then));
    }

    /// Types the commands of a text, one after the other, shown in the terminal. One that would go on for ever is
    /// interrupted after a while. `then` gets what all of them print.
    pub fn type_all(self, text: &str, then: impl FnOnce(String) + 'static) {
        let is_said = |line: &String| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let commands: Vec<String> = Terminal::commands(text).into_iter().filter(is_said).collect();
        let printed = Rc::new(RefCell::new(String::new()));
        let mut then = Some(then);
        if commands.is_empty() {
            then.take().into_iter().for_each(|then| then(String::new()));
        }
        let last = commands.len().saturating_sub(1);
        for (number, line) in commands.into_iter().enumerate() {
            // What others need goes on running behind them.
            let line = if is_service(&line) && !line.trim_end().ends_with('&') { format!("{line} &") } else { line };
            let longest_ms = if never_ends(&line) { LONGEST_WATCH_MS } else { LONGEST_OF_BLOCK_MS };
            let (printed, then) = (Rc::clone(&printed), then.take_if(|_| number == last));
            let done = move |output: String| {
                printed.borrow_mut().push_str(&output);
                then.into_iter().for_each(|then| then(printed.take()));
            };
            self.enqueue(0, line, Some(longest_ms), Box::new(done));
        }
    }

    fn enqueue(self, lane: usize, line: String, longest_ms: Option<u64>, then: Done) {
        self.core.update_value(|core| {
            if let Some(lane) = core.lanes.get_mut(lane) {
                lane.waiting.push_back(Asked { line, longest_ms, then });
            }
        });
        self.refresh(true);
    }
}
