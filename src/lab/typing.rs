//! What is typed: lines, Ctrl-C, Tab, and the end of an edit.

use super::Lab;
use super::recording::Input;
use crate::process::Chunk;
use crate::shell::Terminal;
use crate::sim::SimTime;

impl Lab {
    /// Types a line into a terminal, which is opened when it is new, and runs it as far as it goes without time passing.
    /// Terminals are counted from 0; there are [`super::MAX_TERMINALS`], and a line for any other one is ignored.
    pub fn submit(&mut self, terminal: usize, line: &str) {
        self.touches += 1;
        if self.desk.open(terminal).is_none() {
            return;
        }
        self.recording.done(Input::Submit { terminal, line: line.to_owned() }, &self.desk.files);
        if let Some(terminal) = self.desk.terminal_mut(terminal) {
            terminal.submit(line);
        }
        self.poll_terminals();
        self.settle();
    }

    /// Ctrl-C. A terminal into which nothing was typed yet has nothing to interrupt.
    pub fn interrupt(&mut self, terminal: usize) {
        self.touches += 1;
        if self.desk.terminal(terminal).is_none() {
            return;
        }
        self.recording.done(Input::Interrupt(terminal), &self.desk.files);
        self.desk.interrupt(terminal, &mut self.cluster);
        self.poll_terminals();
        self.settle();
    }

    /// What a terminal has written since this was last asked.
    pub fn take_output(&mut self, terminal: usize) -> Vec<Chunk> {
        self.desk.take_output(terminal)
    }

    /// Whether a terminal's command still runs.
    pub fn is_busy(&self, terminal: usize) -> bool {
        self.desk.terminal(terminal).is_some_and(Terminal::is_busy)
    }

    /// When a terminal's command goes on by itself; none while it waits for changes, and when there is none.
    pub fn wakes_at(&self, terminal: usize) -> Option<SimTime> {
        self.desk.terminal(terminal).and_then(Terminal::wants_poll_at)
    }

    /// Whether a terminal waits for the rest of a command: an open quote, a here-document.
    pub fn needs_more(&self, terminal: usize) -> bool {
        self.desk.terminal(terminal).is_some_and(Terminal::needs_more)
    }

    /// Whether `text` is the beginning of a command whose rest has not come yet.
    pub fn is_incomplete(&self, text: &str) -> bool {
        Terminal::is_incomplete(text)
    }

    /// Exit code of a terminal's last command.
    pub fn exit_code(&self, terminal: usize) -> i32 {
        self.desk.terminal(terminal).map_or(0, Terminal::exit_code)
    }

    /// The exit code of a command that has ended since this was last asked.
    pub fn take_ended(&mut self, terminal: usize) -> Option<i32> {
        self.desk.terminal_mut(terminal)?.take_ended()
    }

    /// The lines that were typed into a terminal.
    pub fn history(&self, terminal: usize) -> &[String] {
        self.desk.terminal(terminal).map_or(&[], Terminal::history)
    }

    /// What the word before `cursor` (in bytes) could be, for the Tab key: whole words, in order.
    pub fn complete(&mut self, terminal: usize, line: &str, cursor: usize) -> Vec<String> {
        self.desk.complete(terminal, line, cursor, &mut self.cluster)
    }

    /// The file that `kubectl edit` has opened and waits for.
    pub fn edited(&self) -> Option<&str> {
        self.desk.files.edited()
    }

    /// Closes the editor: what the file holds now is what `kubectl edit` takes.
    pub fn end_edit(&mut self) {
        self.touches += 1;
        self.recording.done(Input::EndEdit, &self.desk.files);
        self.desk.files.end_edit();
        self.poll_terminals();
        self.settle();
    }

    /// Whether a command holds a terminal and waits for nothing but the clock.
    pub fn waits_for_clock(&self) -> bool {
        self.desk.waits_for_clock()
    }

    /// Whether no terminal does anything by itself.
    pub fn is_calm(&self) -> bool {
        self.desk.is_calm()
    }

    /// Lets every terminal run on, until none changes anything more.
    pub(super) fn poll_terminals(&mut self) {
        let before = self.outside_changes();
        self.desk.poll(&mut self.cluster);
        self.after_changes(before);
    }
}
