//! The lab behind the page: its pace, what it says to the terminal, and what the page does to it.

use std::collections::VecDeque;

use hellok8s_lab::lab::timeline::{MarkKind, Timeline};
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{self, Progress, Seen};
use hellok8s_lab::shell::{Chunk, Stream};
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::browser;
use super::scene::Scene;
use super::selection::Selection;
use super::settings;

/// The terminals that the visitor can open.
pub const TERMINALS: usize = 5;
/// The terminal of the Apply button, which must work while the shown one is busy.
const APPLY: usize = TERMINALS;
/// The terminal of `window.lab.exec`.
const HIDDEN: usize = TERMINALS + 1;

/// What `kubectl` and the others may add to the log before its oldest part goes.
const LOG_ENTRIES: usize = 600;
/// A page that was hidden goes on from where it was.
const LONGEST_FRAME_US: u64 = 250_000;
/// How far ahead a search for the next change or for rest looks: the progress deadline lies within.
const LONGEST_SEARCH_MS: u64 = 900_000;
/// What has not changed for so long is stable. Back-off goes on for longer.
const STABLE_MS: u64 = 30_000;
/// Speeds on offer, in hundredths.
pub const SPEEDS: [u32; 9] = [25, 50, 100, 200, 500, 1000, 2000, 3000, 6000];

/// What a piece of the terminal's log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A command, as typed.
    Command,
    /// Its output.
    Out,
    /// Its errors.
    Err,
}

/// A piece of the terminal's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts the pieces.
    pub number: u64,
    /// What it is.
    pub said: Said,
    /// Its text.
    pub text: String,
}

/// What a terminal shows.
#[derive(Clone, Copy)]
pub struct TerminalSignals {
    /// Its log.
    pub log: RwSignal<Vec<Entry>>,
    /// Whether a command runs.
    pub is_busy: RwSignal<bool>,
    /// Whether it waits for the rest of a command.
    pub needs_more: RwSignal<bool>,
}

impl Default for TerminalSignals {
    fn default() -> Self {
        Self { log: RwSignal::new(Vec::new()), is_busy: RwSignal::new(false), needs_more: RwSignal::new(false) }
    }
}

/// What a program writes to get an empty screen, and to empty what was scrolled away as well.
const ERASE: &str = "\u{1b}[2J";
const ERASE_HISTORY: &str = "\u{1b}[3J";

/// Called with a command's whole output when it has ended.
type Done = Box<dyn FnOnce(String)>;

/// Commands that run in a terminal of their own, one after the other.
struct Lane {
    terminal: usize,
    /// Whether the visitor's terminal shows them.
    is_shown: bool,
    running: Option<(String, Done)>,
    waiting: VecDeque<(String, Done)>,
}

impl Lane {
    fn new(terminal: usize, is_shown: bool) -> Self {
        Self { terminal, is_shown, running: None, waiting: VecDeque::new() }
    }
}

struct Core {
    lab: Lab,
    lanes: [Lane; 2],
    last_frame_us: Option<u64>,
    /// Simulated time that is due, in hundredths of microseconds.
    carry: u64,
    log_cursor: usize,
    log_number: u64,
    timeline: Timeline,
    last_read_ms: u64,
    /// Whether a command may have changed what no object tells, such as a stopped kubelet.
    is_stale: bool,
    /// The lesson that is being done.
    progress: Option<Progress>,
    /// What the lesson has not been told of yet.
    seen: Vec<Seen>,
}

/// The lab, and the signals that tell the page of it.
#[derive(Clone, Copy)]
pub struct Simulation {
    core: StoredValue<Core, LocalStorage>,
    /// What the stage draws.
    pub scene: Scene,
    /// Whether time goes on.
    pub playing: RwSignal<bool>,
    /// How fast, in hundredths.
    pub speed: RwSignal<u32>,
    /// The present, in simulated milliseconds.
    pub now_ms: RwSignal<u64>,
    /// The last moment of the history, in simulated milliseconds.
    pub end_ms: RwSignal<u64>,
    /// Whether there is a history to go back to.
    pub can_undo_fork: RwSignal<bool>,
    /// The terminals.
    terminals: StoredValue<Vec<TerminalSignals>>,
    /// How many of them are open.
    pub open_terminals: RwSignal<usize>,
    /// The one that is shown.
    pub terminal: RwSignal<usize>,
    /// Counts the changes of the cluster.
    pub changes: RwSignal<u64>,
    /// Counts the changes of what is wanted: those that a forecast depends on.
    pub spec_changes: RwSignal<u64>,
    /// Counts what happens in the lesson.
    pub lesson_changes: RwSignal<u64>,
    /// The object that the visitor looks at more closely.
    pub selected: RwSignal<Option<Selection>>,
}

/// The simulation of the page that is being built.
pub fn simulation() -> Simulation {
    expect_context()
}

impl Simulation {
    /// A lab as the page's address asks for it.
    pub fn start() -> Self {
        let options = LabOptions { seed: settings::seed(), version: settings::version() };
        let lab = Lab::new(&options);
        let core = Core {
            lab,
            lanes: [Lane::new(APPLY, true), Lane::new(HIDDEN, false)],
            last_frame_us: None,
            carry: 0,
            log_cursor: 0,
            log_number: 0,
            timeline: Timeline::default(),
            last_read_ms: 0,
            is_stale: true,
            progress: None,
            seen: Vec::new(),
        };
        let autoplay = browser::parameter("autoplay").is_none_or(|value| value != "0");
        let simulation = Self {
            core: StoredValue::new_local(core),
            scene: Scene::default(),
            playing: RwSignal::new(autoplay),
            speed: RwSignal::new(browser::parameter("speed").and_then(|text| parse_speed(&text)).unwrap_or(100)),
            now_ms: RwSignal::new(0),
            end_ms: RwSignal::new(0),
            can_undo_fork: RwSignal::new(false),
            terminals: StoredValue::new((0..TERMINALS).map(|_| TerminalSignals::default()).collect()),
            open_terminals: RwSignal::new(1),
            terminal: RwSignal::new(0),
            changes: RwSignal::new(0),
            spec_changes: RwSignal::new(0),
            lesson_changes: RwSignal::new(0),
            selected: RwSignal::new(None),
        };
        simulation.refresh();
        browser::on_every_frame(move |at_us| simulation.frame(at_us));
        simulation
    }

    fn frame(self, at_us: u64) {
        let (is_playing, speed) = (self.playing.get_untracked(), u64::from(self.speed.get_untracked()));
        self.core.update_value(|core| {
            let elapsed = at_us.saturating_sub(core.last_frame_us.replace(at_us).unwrap_or(at_us));
            if is_playing {
                core.carry += elapsed.min(LONGEST_FRAME_US) * speed;
                let due_ms = core.carry / 100_000;
                core.carry %= 100_000;
                let until = core.lab.now() + due_ms;
                core.lab.run_until(until);
            }
        });
        self.refresh();
    }

    /// Tells the page what has changed in the lab.
    fn refresh(self) {
        let mut done: Vec<(Done, String)> = Vec::new();
        self.core.update_value(|core| {
            self.read_terminals(core, &mut done);
            self.read_cluster(core);
            self.read_lesson(core);
        });
        // Outside of the borrow: who waits for a command may ask for the next one at once.
        for (then, output) in done {
            then(output);
        }
    }

    fn read_terminals(self, core: &mut Core, done: &mut Vec<(Done, String)>) {
        for terminal in 0..TERMINALS {
            let chunks = core.lab.take_output(terminal);
            self.show(core, terminal, chunks);
            if let Some(signals) = self.signals(terminal) {
                set(signals.is_busy, core.lab.is_busy(terminal));
                set(signals.needs_more, core.lab.needs_more(terminal));
            }
        }
        let shown = self.terminal.get_untracked();
        for at in 0..core.lanes.len() {
            while let Some(lane) = core.lanes.get_mut(at) {
                let (terminal, is_shown) = (lane.terminal, lane.is_shown);
                if lane.running.is_none() {
                    let Some((line, then)) = lane.waiting.pop_front() else { break };
                    lane.running = Some((String::new(), then));
                    if is_shown {
                        self.say(core, shown, Said::Command, &line);
                    }
                    core.lab.submit(terminal, &line);
                    core.is_stale = true;
                }
                let chunks = core.lab.take_output(terminal);
                let text: String = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
                if is_shown {
                    self.show(core, shown, chunks);
                }
                let is_over = !core.lab.is_busy(terminal);
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

    fn read_cluster(self, core: &mut Core) {
        let now_ms = core.lab.now().as_ms();
        let log = core.lab.cluster().log();
        let is_changed = log.len() != core.log_cursor || core.timeline.forks() != core.lab.forks();
        let is_due = now_ms.abs_diff(core.last_read_ms) >= 100;
        if is_changed {
            core.timeline.read(core.lab.cluster(), core.lab.forks());
            core.log_cursor = log.len();
        }
        if is_changed || is_due || std::mem::take(&mut core.is_stale) {
            self.scene.read(core.lab.cluster(), &core.timeline, is_changed);
            core.last_read_ms = now_ms;
        }
        set(self.now_ms, now_ms);
        set(self.end_ms, core.lab.end().as_ms());
        set(self.can_undo_fork, core.lab.can_undo_fork());
        if is_changed {
            self.changes.update(|count| *count += 1);
            let wanted =
                core.timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Change && mark.at_ms <= now_ms);
            set(self.spec_changes, u64::try_from(wanted.count()).unwrap_or(0) << 32 | u64::from(core.lab.forks()));
        }
    }

    fn read_lesson(self, core: &mut Core) {
        let Some(progress) = &mut core.progress else {
            core.seen.clear();
            return;
        };
        let seen = std::mem::take(&mut core.seen);
        let was_lost = progress.is_lost();
        let happenings = progress.observe(&core.lab, &seen);
        if !happenings.is_empty() || progress.is_lost() != was_lost {
            self.lesson_changes.update(|count| *count += 1);
        }
    }

    /// Puts another lab in the place of this one.
    fn replace_lab(self, core: &mut Core, lab: Lab) {
        core.lab = lab;
        core.timeline = Timeline::default();
        core.log_cursor = usize::MAX;
        core.is_stale = true;
        core.seen.clear();
        for terminal in 0..TERMINALS {
            if let Some(signals) = self.signals(terminal) {
                signals.log.set(Vec::new());
            }
        }
    }

    /// Begins a lesson. Answers whether there is one with this name.
    pub fn start_lesson(self, id: &str) -> bool {
        let Some(lesson) = lessons::lesson(id) else { return false };
        self.core.update_value(|core| {
            let mut lab = Lab::new(&lesson.start.options);
            let progress = Progress::start(&lesson, &mut lab);
            self.replace_lab(core, lab);
            core.progress = Some(progress);
        });
        self.selected.set(None);
        self.speed.set(lesson.start.speed.saturating_mul(100).clamp(25, 6000));
        self.playing.set(true);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh();
        true
    }

    /// Begins the lesson anew.
    pub fn restart_lesson(self) {
        let id = self.with_progress(|progress| progress.map(|progress| progress.lesson().id.clone()));
        if let Some(id) = id {
            self.start_lesson(&id);
        }
    }

    /// Ends the lesson: the lab is then an empty one.
    pub fn leave_lesson(self) {
        let options = LabOptions { seed: settings::seed(), version: settings::version() };
        self.core.update_value(|core| {
            self.replace_lab(core, Lab::new(&options));
            core.progress = None;
        });
        self.selected.set(None);
        self.lesson_changes.update(|count| *count += 1);
        self.refresh();
    }

    /// Begins the present step anew, from how things are.
    pub fn retry_step(self) {
        self.core.update_value(|core| {
            if let Some(progress) = &mut core.progress {
                progress.retry(&core.lab);
            }
        });
        self.lesson_changes.update(|count| *count += 1);
    }

    /// Chooses an answer of the present step.
    pub fn choose(self, choice: usize) {
        self.core.update_value(|core| core.seen.push(Seen::Chose(choice)));
        self.refresh();
    }

    /// Looks at the lesson that is being done.
    pub fn with_progress<T>(self, look: impl FnOnce(Option<&Progress>) -> T) -> T {
        self.core.with_value(|core| look(core.progress.as_ref()))
    }

    fn show(self, core: &mut Core, terminal: usize, chunks: Vec<Chunk>) {
        for chunk in chunks {
            let said = if chunk.stream == Stream::Out { Said::Out } else { Said::Err };
            core.seen.push(Seen::Printed(chunk.text.clone()));
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
        let Some(signals) = self.signals(terminal) else { return };
        signals.log.update(|log| {
            let command = log.iter().rposition(|entry| entry.said == Said::Command);
            let is_clear = command.and_then(|at| log.get(at)).is_some_and(|entry| entry.text.trim() == "clear");
            log.truncate(if is_clear { 0 } else { command.map_or(0, |at| at + 1) });
        });
    }

    fn say(self, core: &mut Core, terminal: usize, said: Said, text: &str) {
        if said == Said::Command {
            core.seen.push(Seen::Typed(text.to_owned()));
        }
        core.log_number += 1;
        let entry = Entry { number: core.log_number, said, text: text.to_owned() };
        let Some(signals) = self.signals(terminal) else { return };
        signals.log.update(|log| {
            log.push(entry);
            if log.len() > LOG_ENTRIES {
                log.drain(..log.len() - LOG_ENTRIES);
            }
        });
    }

    /// The terminal that is shown, also when it changes.
    pub fn shown_terminal(self) -> TerminalSignals {
        self.signals(self.terminal.get()).unwrap_or_default()
    }

    fn signals(self, terminal: usize) -> Option<TerminalSignals> {
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
            self.say(core, terminal, Said::Command, line);
            core.lab.submit(terminal, line);
            core.is_stale = true;
        });
        self.refresh();
    }

    /// Ctrl-C in the visitor's terminal.
    pub fn interrupt(self) {
        self.core.update_value(|core| core.lab.interrupt(self.terminal.get_untracked()));
        self.refresh();
    }

    /// Empties the terminal's log.
    pub fn clear(self) {
        self.shown_terminal().log.set(Vec::new());
    }

    /// `kubectl apply -f FILE`, shown in the terminal; `then` gets the output.
    pub fn apply(self, file: &str, then: impl FnOnce(String) + 'static) {
        self.enqueue(0, format!("kubectl apply -f {file}"), Box::new(then));
    }

    /// Runs a command of a button, shown in the terminal.
    pub fn command(self, line: String) {
        self.enqueue(0, line, Box::new(|_| ()));
    }

    /// Runs a line out of sight; `then` gets the output.
    pub fn exec(self, line: String, then: impl FnOnce(String) + 'static) {
        self.enqueue(1, line, Box::new(then));
    }

    fn enqueue(self, lane: usize, line: String, then: Done) {
        self.core.update_value(|core| {
            if let Some(lane) = core.lanes.get_mut(lane) {
                lane.waiting.push_back((line, then));
            }
        });
        self.refresh();
    }

    /// One event of the simulation.
    pub fn step(self) {
        self.playing.set(false);
        self.core.update_value(|core| {
            core.lab.step();
        });
        self.refresh();
    }

    /// Lets simulated time go by at once.
    pub fn advance(self, ms: u64) {
        self.core.update_value(|core| {
            let until = core.lab.now() + ms;
            core.lab.run_until(until);
        });
        self.refresh();
    }

    /// Looks at an object more closely; at none when it is the one already.
    pub fn select(self, kind: &'static str, namespace: &str, name: &str) {
        let selection = Selection { kind, namespace: namespace.to_owned(), name: name.to_owned() };
        self.selected.update(|selected| {
            *selected = if selected.as_ref() == Some(&selection) { None } else { Some(selection) };
        });
    }

    /// The kind and namespace of the pod, ReplicaSet or Deployment with this name.
    pub fn find(self, name: &str) -> Option<(&'static str, String)> {
        if name.len() < 3 {
            return None;
        }
        // Read while the terminals are: then the page holds the lab, and the scene knows the names.
        self.scene.find(name)
    }

    /// Looks at the lab.
    pub fn with<T>(self, look: impl FnOnce(&Lab) -> T) -> T {
        self.core.with_value(|core| look(&core.lab))
    }

    /// Looks at the counts and marks.
    pub fn with_timeline<T>(self, look: impl FnOnce(&Timeline) -> T) -> T {
        self.core.with_value(|core| look(&core.timeline))
    }

    /// Shows another moment, at most the last one that was reached.
    pub fn seek(self, to_ms: u64) {
        self.playing.set(false);
        self.core.update_value(|core| core.lab.seek(SimTime(to_ms)));
        self.refresh();
    }

    /// Shows the neighbouring moment that stands out. Beyond the last one the simulation runs on to the next change.
    pub fn to_mark(self, is_after: bool, kinds: &[MarkKind]) {
        let now = self.now_ms.get_untracked();
        let to = self.with_timeline(|timeline| {
            if is_after { timeline.mark_after(now, kinds) } else { timeline.mark_before(now, kinds) }
        });
        match to {
            Some(to_ms) => self.seek(to_ms),
            None if is_after => self.run_to_mark(kinds),
            None => {}
        }
    }

    fn run_to_mark(self, kinds: &[MarkKind]) {
        self.playing.set(false);
        self.core.update_value(|core| {
            let start = core.lab.now();
            let marks = core.timeline.marks().len();
            while core.lab.now().ms_since(start) < LONGEST_SEARCH_MS && core.lab.next_at() != SimTime::NEVER {
                core.lab.step();
                core.timeline.read(core.lab.cluster(), core.lab.forks());
                if core.timeline.marks().iter().skip(marks).any(|mark| kinds.contains(&mark.kind)) {
                    break;
                }
            }
        });
        self.refresh();
    }

    /// Runs on until nothing has changed for a while.
    pub fn until_stable(self) {
        self.core.update_value(|core| {
            let start = core.lab.now();
            let mut changed = (start, core.timeline.samples().len());
            while core.lab.now().ms_since(start) < LONGEST_SEARCH_MS
                && core.lab.now().ms_since(changed.0) < STABLE_MS
                && core.lab.next_at() != SimTime::NEVER
            {
                let until = core.lab.now() + 1_000;
                core.lab.run_until(until);
                core.timeline.read(core.lab.cluster(), core.lab.forks());
                let samples = core.timeline.samples().len();
                if samples != changed.1 {
                    changed = (core.lab.now(), samples);
                }
            }
        });
        self.refresh();
    }

    /// Goes back to the history that there was before something done in the past began another one.
    pub fn undo_fork(self) {
        self.playing.set(false);
        self.core.update_value(|core| core.lab.undo_fork());
        self.refresh();
    }

    /// Writes a file.
    pub fn write(self, name: &str, text: &str) {
        self.core.update_value(|core| core.lab.write(name, text));
    }
}

/// Tells a signal only what it does not know.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}

/// A speed such as `0.25` or `10`, in hundredths.
pub fn parse_speed(text: &str) -> Option<u32> {
    let number: f64 = text.trim().trim_end_matches(['x', '×']).parse().ok()?;
    (number.is_finite() && number > 0.0).then(|| ((number * 100.0).round() as u32).clamp(1, 100_000))
}
