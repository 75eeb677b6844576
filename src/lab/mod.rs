//! One visitor's lab: the cluster, the files, the terminals, and the way back in time.

pub mod forecast;
pub mod frames;
mod history;
pub mod pace;
mod presets;
pub mod problems;
mod recording;
pub mod start;
pub mod story;
pub mod timeline;
mod work;

use crate::api::KubernetesVersion;
use crate::cluster::{Cluster, ClusterConfig};
use crate::process::{Chunk, Files, Forwards, World};
use crate::shell::Terminal;
use crate::sim::SimTime;

use history::History;
pub use presets::PRESETS;
use recording::Anchor;
pub use recording::{Input, Patch, Recording};
pub use work::LONGEST_WORK_MS;

/// What a lab begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabOptions {
    /// Decides every random draw.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// A lab.
#[derive(Clone, Debug)]
pub struct Lab {
    cluster: Cluster,
    files: Files,
    forwards: Forwards,
    terminals: Vec<Seat>,
    history: History,
    /// The history that the present one took the place of last.
    former: Option<History>,
    /// Entries of the watch log that the terminals have seen.
    seen: usize,
    /// What was done.
    recording: Recording,
    /// Counts what was done.
    touches: u64,
}

/// A terminal with what it has written and nobody has taken.
#[derive(Clone, Debug, Default)]
struct Seat {
    terminal: Terminal,
    output: Vec<Chunk>,
}

impl Lab {
    /// A lab with the chapter's first manifest in `deployment.yaml`.
    pub fn new(options: &LabOptions) -> Self {
        Self::on(ClusterConfig { seed: options.seed, version: options.version, ..ClusterConfig::default() })
    }

    /// As [`Lab::new`], with these files and no other.
    pub fn with_files(options: &LabOptions, files: Files) -> Self {
        Self { files, ..Self::new(options) }
    }

    /// As [`Lab::new`], on a node of which it is said how fast it is.
    pub fn on(config: ClusterConfig) -> Self {
        let cluster = Cluster::new(config);
        let mut files = Files::default();
        if let Some((_, text)) = PRESETS.first() {
            files.write("deployment.yaml", *text);
        }
        Self {
            history: History::new(&cluster),
            former: None,
            cluster,
            files,
            forwards: Forwards::new(),
            terminals: vec![Seat::default()],
            seen: 0,
            recording: Recording::default(),
            touches: 0,
        }
    }

    /// A lab that goes on from the present, without the way back in time: to see what will be.
    pub fn ahead(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            files: self.files.clone(),
            forwards: self.forwards.clone(),
            terminals: self.terminals.clone(),
            history: History::without_return(&self.cluster),
            former: None,
            seen: self.seen,
            recording: Recording::default(),
            touches: 0,
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The cluster, to look at.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The cluster, to make trouble in.
    pub fn cluster_mut(&mut self) -> &mut Cluster {
        self.touches += 1;
        &mut self.cluster
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// A file's text.
    pub fn read(&self, name: &str) -> Option<&str> {
        self.files.read(name)
    }

    /// Writes a file.
    pub fn write(&mut self, name: &str, text: &str) {
        let is_input = self.recording.write(name, text, &self.files);
        self.files.write(name, text);
        if is_input {
            self.settle();
        }
    }

    /// What was done since [`Lab::record`] or the beginning, as it can be done again in a lab that begins as this one
    /// did. What was done to the cluster past the terminals is not in it ([`Lab::intervene`], [`Lab::cluster_mut`]).
    pub fn inputs(&self) -> Vec<Input> {
        self.recording.inputs(&self.files)
    }

    /// Rises whenever something is done but to let time pass: what was foreseen before may then not come.
    pub fn touches(&self) -> u64 {
        self.touches
    }

    /// Whether a command holds a terminal and waits for nothing but the clock.
    pub fn waits_for_clock(&self) -> bool {
        let waits = |seat: &Seat| {
            let terminal = &seat.terminal;
            terminal.is_busy() && terminal.wants_poll_at().is_some() && !terminal.waits_for_changes()
        };
        self.terminals.iter().any(waits)
    }

    /// Whether nothing was done since [`Lab::record`] or the beginning, but to let time pass.
    pub fn is_untouched(&self) -> bool {
        self.recording.is_untouched()
    }

    /// Forgets what was done so far. From now on every writing of a file counts when `is_watched`; else only what a
    /// file holds when a command could read it.
    pub fn record(&mut self, is_watched: bool) {
        self.recording = Recording::begin(self.anchor(), is_watched);
    }

    /// Notes an input that is not the lab's own but the lesson's.
    pub fn note(&mut self, input: Input) {
        self.recording.done(input, &self.files);
        self.settle();
    }

    /// Does again what was done in a lab that began as this one. Time passes at once; [`crate::session::Replay`] lets
    /// it pass by parts. Answers whether it could be done: a file's patch may not fit.
    pub fn repeat(&mut self, input: &Input) -> bool {
        match input {
            Input::Until(at) => self.run_until(*at),
            Input::Steps(steps) => (0..*steps).for_each(|_| {
                self.step();
            }),
            Input::Submit { terminal, line } => self.submit(*terminal, line),
            Input::Interrupt(terminal) => self.interrupt(*terminal),
            Input::Write { file, patch } => {
                let Some(text) = patch.apply(self.read(file).unwrap_or_default()) else { return false };
                self.write(file, &text);
            }
            Input::EndEdit => self.end_edit(),
            Input::Seek(at) => self.seek(*at),
            Input::UndoFork => self.undo_fork(),
            Input::Choose(_) | Input::Retry => self.note(input.clone()),
        }
        true
    }

    fn anchor(&self) -> Anchor {
        Anchor { now: self.now(), end: self.end(), is_calm: self.is_calm() }
    }

    /// Whether no terminal does anything by itself.
    pub fn is_calm(&self) -> bool {
        let is_calm = |seat: &Seat| !seat.terminal.is_busy() && !seat.terminal.has_jobs();
        self.files.edited().is_none() && self.terminals.iter().all(is_calm)
    }

    fn settle(&mut self) {
        let anchor = self.anchor();
        self.recording.settle(anchor);
    }

    /// Types a line into a terminal, which is opened when it is new, and runs it as far as it goes without time passing.
    /// Terminals are counted from 0; there are [`MAX_TERMINALS`], and a line for any other one is ignored.
    pub fn submit(&mut self, terminal: usize, line: &str) {
        self.touches += 1;
        if terminal >= MAX_TERMINALS {
            return;
        }
        while self.terminals.len() <= terminal {
            self.terminals.push(Seat::default());
        }
        let Some(seat) = self.terminals.get_mut(terminal) else { return };
        self.recording.done(Input::Submit { terminal, line: line.to_owned() }, &self.files);
        seat.terminal.submit(line);
        self.poll_terminals();
        self.settle();
    }

    /// What a terminal has written since this was last asked.
    pub fn take_output(&mut self, terminal: usize) -> Vec<Chunk> {
        self.terminals.get_mut(terminal).map(|seat| std::mem::take(&mut seat.output)).unwrap_or_default()
    }

    /// Whether a terminal's command still runs.
    pub fn is_busy(&self, terminal: usize) -> bool {
        self.seat(terminal).is_some_and(|seat| seat.terminal.is_busy())
    }

    /// When a terminal's command goes on by itself; none while it waits for changes, and when there is none.
    pub fn wakes_at(&self, terminal: usize) -> Option<SimTime> {
        self.seat(terminal).and_then(|seat| seat.terminal.wants_poll_at())
    }

    /// Whether a terminal waits for the rest of a command: an open quote, a here-document.
    pub fn needs_more(&self, terminal: usize) -> bool {
        self.seat(terminal).is_some_and(|seat| seat.terminal.needs_more())
    }

    /// Whether `text` is the beginning of a command whose rest has not come yet.
    pub fn is_incomplete(&self, text: &str) -> bool {
        Terminal::is_incomplete(text)
    }

    /// Exit code of a terminal's last command.
    pub fn exit_code(&self, terminal: usize) -> i32 {
        self.seat(terminal).map_or(0, |seat| seat.terminal.exit_code())
    }

    /// The exit code of a command that has ended since this was last asked.
    pub fn take_ended(&mut self, terminal: usize) -> Option<i32> {
        self.terminals.get_mut(terminal)?.terminal.take_ended()
    }

    /// The lines that were typed into a terminal.
    pub fn history(&self, terminal: usize) -> &[String] {
        self.seat(terminal).map_or(&[], |seat| seat.terminal.history())
    }

    /// What the word before `cursor` (in bytes) could be, for the Tab key: whole words, in order.
    pub fn complete(&mut self, terminal: usize, line: &str, cursor: usize) -> Vec<String> {
        let Self { terminals, cluster, files, forwards, .. } = self;
        // A terminal into which nothing was typed yet has no seat.
        let fresh = Terminal::new();
        let terminal = terminals.get(terminal).map_or(&fresh, |seat| &seat.terminal);
        terminal.complete(line, cursor, &World { cluster, files, forwards })
    }

    /// The file that `kubectl edit` has opened and waits for.
    pub fn edited(&self) -> Option<&str> {
        self.files.edited()
    }

    /// Closes the editor: what the file holds now is what `kubectl edit` takes.
    pub fn end_edit(&mut self) {
        self.touches += 1;
        self.recording.done(Input::EndEdit, &self.files);
        self.files.end_edit();
        self.poll_terminals();
        self.settle();
    }

    /// Ctrl-C. A terminal into which nothing was typed yet has nothing to interrupt.
    pub fn interrupt(&mut self, terminal: usize) {
        self.touches += 1;
        let Some(seat) = self.terminals.get_mut(terminal) else { return };
        self.recording.done(Input::Interrupt(terminal), &self.files);
        let mut world = World { cluster: &mut self.cluster, files: &mut self.files, forwards: &mut self.forwards };
        let chunks = seat.terminal.interrupt(&mut world);
        seat.output.extend(chunks);
        self.poll_terminals();
        self.settle();
    }

    /// When something happens next, in the cluster or in a terminal; in the past also, when something was done.
    pub fn next_at(&self) -> SimTime {
        let terminals = self.terminals.iter().filter_map(|seat| seat.terminal.wants_poll_at()).min();
        let done = self.history.next_change(self.now()).map_or(SimTime::NEVER, Cluster::now);
        self.cluster.next_at().min(terminals.unwrap_or(SimTime::NEVER)).min(done).max(self.now())
    }

    /// Handles the next event, and returns when that was; the present when nothing is to come.
    pub fn step(&mut self) -> SimTime {
        if self.next_at() != SimTime::NEVER {
            self.handle_next();
            self.recording.stepped();
        }
        self.now()
    }

    fn handle_next(&mut self) {
        let next = self.next_at();
        let done = self.history.next_change(self.now()).filter(|cluster| cluster.now() <= next);
        if let Some(cluster) = done {
            // What was done at this moment of the past is done again.
            self.cluster = cluster.clone();
        } else if self.cluster.next_at() <= next {
            self.cluster.step();
        } else {
            self.cluster.run_until(next);
        }
        self.after_time_passed();
    }

    /// Handles everything up to and including `until`, and makes that the present.
    pub fn run_until(&mut self, until: SimTime) {
        let is_due = self.next_at() <= until;
        if !is_due && until <= self.now() {
            return;
        }
        while self.next_at() <= until && self.next_at() != SimTime::NEVER {
            self.handle_next();
        }
        self.cluster.run_until(until.max(self.now()));
        self.after_time_passed();
        let anchor = self.anchor();
        self.recording.ran(anchor);
    }

    fn after_time_passed(&mut self) {
        let has_changed = self.cluster.log().len() > self.seen;
        let now = self.now();
        let is_due = |seat: &Seat| {
            seat.terminal.wants_poll_at().is_some_and(|at| at <= now)
                || (has_changed && seat.terminal.waits_for_changes())
        };
        if self.terminals.iter().any(is_due) {
            self.poll_terminals();
        }
        self.seen = self.cluster.log().len();
        self.history.time_passed(&self.cluster);
    }

    /// Does something to the cluster from outside: traffic, trouble, images. What came after this moment in an earlier
    /// history is gone.
    pub fn intervene<T>(&mut self, act: impl FnOnce(&mut Cluster) -> T) -> T {
        self.touches += 1;
        let before = self.outside_changes();
        let outcome = act(&mut self.cluster);
        self.after_changes(before);
        outcome
    }

    fn after_changes(&mut self, before: (u64, u64)) {
        self.cluster.settle();
        if self.outside_changes() == before {
            return;
        }
        if self.now() < self.history.end() {
            self.former = Some(self.history.clone());
        }
        self.history.changed_from_outside(&self.cluster);
    }

    /// Rises when somebody changes something: through the API server or past it.
    fn outside_changes(&self) -> (u64, u64) {
        (self.cluster.api.store().resource_version(), self.cluster.interventions())
    }

    /// Lets every terminal run on, until none changes anything more.
    fn poll_terminals(&mut self) {
        let before = self.outside_changes();
        self.poll_each();
        // A request through a forwarded port is news for the kubectl behind it, which may have been asked already.
        if self.forwards.values().any(|forward| !forward.connections.is_empty()) {
            self.poll_each();
        }
        self.after_changes(before);
    }

    fn poll_each(&mut self) {
        for seat in &mut self.terminals {
            let mut world = World { cluster: &mut self.cluster, files: &mut self.files, forwards: &mut self.forwards };
            let chunks = seat.terminal.poll(&mut world);
            seat.output.extend(chunks);
        }
    }

    /// The last moment that was reached: a seek can go no further.
    pub fn end(&self) -> SimTime {
        self.history.end().max(self.now())
    }

    /// Goes to a moment between the beginning and [`Lab::end`]: the cluster is then as it was. What is done from there
    /// on begins another history.
    pub fn seek(&mut self, to: SimTime) {
        let to = to.min(self.end());
        if to != self.now() {
            self.finish_work(LONGEST_WORK_MS);
            self.show(to);
            let anchor = self.anchor();
            self.recording.sought(anchor);
        }
    }

    /// The cluster as it was at a moment between the beginning and [`Lab::end`], to look at beside the present.
    pub fn past(&self, at: SimTime) -> Option<Cluster> {
        self.history.at(at.min(self.end()))
    }

    /// How many times something done in the past has begun another history.
    pub fn forks(&self) -> u32 {
        self.history.forks()
    }

    /// Whether there is a history to go back to with [`Lab::undo_fork`].
    pub fn can_undo_fork(&self) -> bool {
        self.former.is_some()
    }

    /// Goes back to the end of the history that was there before something done in the past began another one.
    pub fn undo_fork(&mut self) {
        if self.former.is_none() {
            return;
        }
        self.finish_work(LONGEST_WORK_MS);
        let Some(former) = self.former.take() else { return };
        self.recording.done(Input::UndoFork, &self.files);
        self.history = self.history.clone().replaced_by(former);
        self.show(self.history.end());
        self.settle();
    }

    fn show(&mut self, at: SimTime) {
        self.touches += 1;
        if let Some(cluster) = self.history.at(at) {
            self.cluster = cluster;
            self.seen = self.cluster.log().len();
        }
    }

    fn seat(&self, terminal: usize) -> Option<&Seat> {
        self.terminals.get(terminal)
    }
}

/// Terminals that can be open.
pub const MAX_TERMINALS: usize = 8;
/// What is typed into this terminal and those behind it is out of the visitor's sight.
pub const HIDDEN_TERMINAL: usize = 6;
