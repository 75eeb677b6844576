//! The lab behind the page: its pace, what it says to the terminal, and what the page does to it.

mod lessons;
mod terminals;
mod time;

use hellok8s_lab::lab::pace::Pace;
use hellok8s_lab::lab::timeline::{MarkKind, Timeline};
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{Progress, Seen};
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::browser;
use super::scene::Scene;
use super::selection::Selection;
use super::settings;
use terminals::{APPLY, Done, HIDDEN, Lane};
pub use terminals::{Entry, Said, TERMINALS, TerminalSignals};
pub use time::{SPEEDS, parse_speed};

/// A page that was hidden goes on from where it was.
const LONGEST_FRAME_US: u64 = 250_000;
/// While time goes on, the decisions are told in this pace.
const TOLD_EVERY_US: u64 = 250_000;
/// How much of a frame the engine may take.
const LEAST_WORK_US: u64 = 3_000;
const MOST_WORK_US: u64 = 16_000;

struct Core {
    lab: Lab,
    lanes: [Lane; 2],
    last_frame_us: Option<u64>,
    /// When the decisions were told last.
    told_us: u64,
    /// Simulated time that is due, in hundredths of microseconds.
    carry: u64,
    pace: Pace,
    log_cursor: usize,
    log_number: u64,
    /// What was done past the API server that the page knows of: to images, programs, traffic.
    outside: u64,
    timeline: Timeline,
    last_read_ms: u64,
    /// Whether a command may have changed what no object tells, such as a stopped kubelet.
    is_stale: bool,
    /// The lesson that is being done.
    progress: Option<Progress>,
    /// What the lesson has not been told of yet.
    seen: Vec<Seen>,
    /// The text of the lesson's file, when it is not one of the lab's own.
    own_lesson: Option<String>,
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
    /// How fast it goes, in hundredths, where that is less than it should.
    pub behind: RwSignal<Option<u64>>,
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
    /// Rises with every change of the files.
    pub file_changes: RwSignal<u64>,
    /// Counts the changes of the cluster.
    pub changes: RwSignal<u64>,
    /// Whether requests have been sent in this history.
    pub has_requests: RwSignal<bool>,
    /// How many decisions there are, and of which history.
    pub decisions: RwSignal<(usize, u32)>,
    /// Counts the changes of what is wanted: those that a forecast depends on.
    pub spec_changes: RwSignal<u64>,
    /// Counts what happens in the lesson.
    pub lesson_changes: RwSignal<u64>,
    /// The object that the visitor looks at more closely.
    pub selected: RwSignal<Option<Selection>>,
    /// The name of the pod that the pointer or the keyboard has come to last.
    pub pointed: RwSignal<Option<String>>,
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
            told_us: 0,
            carry: 0,
            pace: Pace::default(),
            log_cursor: 0,
            log_number: 0,
            outside: 0,
            timeline: Timeline::default(),
            last_read_ms: 0,
            is_stale: true,
            progress: None,
            seen: Vec::new(),
            own_lesson: None,
        };
        let autoplay = browser::parameter("autoplay").is_none_or(|value| value != "0");
        let simulation = Self {
            core: StoredValue::new_local(core),
            scene: Scene::default(),
            playing: RwSignal::new(autoplay),
            speed: RwSignal::new(browser::parameter("speed").and_then(|text| parse_speed(&text)).unwrap_or(100)),
            behind: RwSignal::new(None),
            now_ms: RwSignal::new(0),
            end_ms: RwSignal::new(0),
            can_undo_fork: RwSignal::new(false),
            terminals: StoredValue::new((0..TERMINALS).map(|_| TerminalSignals::default()).collect()),
            open_terminals: RwSignal::new(1),
            terminal: RwSignal::new(0),
            file_changes: RwSignal::new(0),
            changes: RwSignal::new(0),
            has_requests: RwSignal::new(false),
            decisions: RwSignal::new((0, 0)),
            spec_changes: RwSignal::new(0),
            lesson_changes: RwSignal::new(0),
            selected: RwSignal::new(None),
            pointed: RwSignal::new(None),
        };
        simulation.refresh();
        browser::on_every_frame(move |at_us| simulation.frame(at_us));
        simulation
    }

    fn frame(self, at_us: u64) {
        let (is_playing, speed) = (self.playing.get_untracked(), u64::from(self.speed.get_untracked()));
        let mut told = if is_playing { None } else { Some(None) };
        self.core.update_value(|core| {
            let elapsed = at_us.saturating_sub(core.last_frame_us.replace(at_us).unwrap_or(at_us));
            if is_playing {
                core.carry += elapsed.min(LONGEST_FRAME_US) * speed;
                let due_ms = core.carry / 100_000;
                core.carry %= 100_000;
                let since = core.lab.now();
                let until = since + due_ms;
                // A fifth of the frame that was: a slow machine gets there as well.
                run_for_a_frame(&mut core.lab, until, (elapsed / 5).clamp(LEAST_WORK_US, MOST_WORK_US));
                told = core.pace.note(speed, elapsed, due_ms, core.lab.now().ms_since(since));
            }
        });
        if let Some(behind) = told {
            set(self.behind, behind);
        }
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

    fn read_cluster(self, core: &mut Core) {
        set(self.file_changes, core.lab.files().revision());
        let now_ms = core.lab.now().as_ms();
        let log = core.lab.cluster().log();
        let is_changed = log.len() != core.log_cursor || core.timeline.forks() != core.lab.forks();
        let is_due = now_ms.abs_diff(core.last_read_ms) >= 100;
        core.log_cursor = log.len();
        core.timeline.read(core.lab.cluster(), core.lab.forks());
        if is_changed || is_due || std::mem::take(&mut core.is_stale) {
            self.scene.read(core.lab.cluster(), &core.timeline, is_changed);
            core.last_read_ms = now_ms;
        } else {
            self.scene.go_on_drawing();
        }
        set(self.has_requests, !core.timeline.seconds().is_empty());
        // Faster than anybody reads, the list of decisions would only cost.
        let at_us = browser::now_us();
        if !self.playing.get_untracked() || at_us.saturating_sub(core.told_us) >= TOLD_EVERY_US {
            core.told_us = at_us;
            set(self.decisions, (core.lab.cluster().decisions().len(), core.lab.forks()));
        }
        set(self.now_ms, now_ms);
        set(self.end_ms, core.lab.end().as_ms());
        set(self.can_undo_fork, core.lab.can_undo_fork());
        if is_changed {
            self.changes.update(|count| *count += 1);
        }
        let outside = core.lab.cluster().interventions();
        if is_changed || outside != core.outside {
            core.outside = outside;
            let wanted =
                core.timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Change && mark.at_ms <= now_ms);
            let changes = u64::try_from(wanted.count()).unwrap_or(0) + outside;
            set(self.spec_changes, changes << 32 | u64::from(core.lab.forks()));
        }
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

    /// Writes a file.
    pub fn write(self, name: &str, text: &str) {
        self.core.update_value(|core| core.lab.write(name, text));
    }
}

/// Runs towards `until` for as long as a frame allows. What is not reached is dropped: time then goes slower than asked
/// for, and the page stays at hand.
fn run_for_a_frame(lab: &mut Lab, until: SimTime, work_us: u64) {
    let end_us = browser::now_us() + work_us;
    while lab.next_at() <= until {
        lab.step();
        if browser::now_us() >= end_us {
            return;
        }
    }
    lab.run_until(until);
}

/// Tells a signal only what it does not know.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}
