//! The lab behind the page: its pace, what it says to the terminal, and what the page does to it.

mod captions;
mod lessons;
mod terminals;
mod time;

use hellok8s_lab::lab::pace::{Pace, Speed};
use hellok8s_lab::lab::timeline::{MarkKind, Timeline};
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{Progress, Seen};
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use crate::view::browser::{self, Patience};
use crate::view::scene::Scene;
use crate::view::settings;
use crate::view::side::selection::Selection;
pub use captions::Shown;
use terminals::{APPLY, Done, HIDDEN, Lane};
pub use terminals::{Entry, Said, TERMINALS, TerminalSignals};
pub use time::SPEEDS;

/// A page that was hidden goes on from where it was.
const LONGEST_FRAME_US: u64 = 250_000;
/// While time goes on, the decisions are told in this pace; the other one is for more than twice the speed, when nobody
/// can read along.
const TOLD_EVERY_US: u64 = 250_000;
const TOLD_IN_A_HURRY_EVERY_US: u64 = 500_000;
const HURRY: u64 = 200;
/// How much of a frame the engine may take.
const LEAST_WORK_US: u64 = 1_000;
const MOST_WORK_US: u64 = 16_000;
/// What a frame has not reached the next ones catch up with, if it is not more than this of real time: much that
/// happens at one moment is spread over them.
const CAUGHT_UP_US: u64 = 150_000;
/// While much happens so many frames work and the next one draws: both at once would be too long, and the picture changes
/// twenty times a second as it is.
const UNDRAWN_FRAMES: u32 = 2;

struct Core {
    lab: Lab,
    lanes: [Lane; 2],
    last_frame_us: Option<u64>,
    /// When the decisions were told last.
    told_us: u64,
    patience: Patience,
    /// Simulated time that is due, in hundredths of microseconds.
    carry: u64,
    /// What the frame before has not reached, in simulated milliseconds.
    missed_ms: u64,
    /// How many frames have not drawn the cluster.
    undrawn: u32,
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
    /// How fast.
    pub pace: RwSignal<Speed>,
    /// While the story hurries to its next beat: how many times faster than the clock.
    pub factor: RwSignal<Option<u32>>,
    /// What the caption tells of.
    pub caption: RwSignal<Option<Shown>>,
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
            patience: Patience::of(3),
            carry: 0,
            missed_ms: 0,
            undrawn: 0,
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
            pace: RwSignal::new(settings::pace()),
            factor: RwSignal::new(None),
            caption: RwSignal::new(None),
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
        simulation.refresh(true);
        browser::on_every_frame(move |at_us| simulation.frame(at_us));
        simulation
    }

    fn frame(self, at_us: u64) {
        let (is_playing, speed) = (self.playing.get_untracked(), u64::from(self.pace.get_untracked().hundredths()));
        let mut told = if is_playing { None } else { Some(None) };
        let mut draws = true;
        self.core.update_value(|core| {
            let elapsed = at_us.saturating_sub(core.last_frame_us.replace(at_us).unwrap_or(at_us));
            draws = !is_playing || core.missed_ms == 0 || core.undrawn >= UNDRAWN_FRAMES;
            core.undrawn = if draws { 0 } else { core.undrawn + 1 };
            if is_playing {
                core.carry += elapsed.min(LONGEST_FRAME_US) * speed;
                let due_ms = core.carry / 100_000;
                core.carry %= 100_000;
                let since = core.lab.now();
                let until = since + due_ms + core.missed_ms;
                let most_missed_ms = CAUGHT_UP_US * speed / 100_000;
                let pace = Pressure { misses: core.missed_ms > 0, is_behind: core.missed_ms >= most_missed_ms, draws };
                run_for_a_frame(&mut core.lab, until, pace.share_us(elapsed));
                core.missed_ms = until.ms_since(core.lab.now()).min(most_missed_ms);
                if !draws {
                    browser::fill_frame();
                }
                told = core.pace.note(speed, elapsed, due_ms, core.lab.now().ms_since(since));
            }
        });
        if let Some(behind) = told {
            set(self.behind, behind);
        }
        self.refresh(draws);
    }

    /// Tells the page what has changed in the lab; of the cluster only if it is to be drawn.
    fn refresh(self, draws: bool) {
        let mut done: Vec<(Done, String)> = Vec::new();
        self.core.update_value(|core| {
            self.read_terminals(core, &mut done);
            if draws {
                self.read_cluster(core);
            }
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
        if is_changed && self.playing.get_untracked() {
            browser::fill_frame();
        }
        if is_changed || is_due || std::mem::take(&mut core.is_stale) {
            self.scene.read(core.lab.cluster(), &core.timeline, is_changed);
            core.last_read_ms = now_ms;
        } else {
            self.scene.go_on_drawing();
        }
        set(self.has_requests, !core.timeline.seconds().is_empty());
        // Faster than anybody reads, the list of decisions would only cost.
        let at_us = browser::now_us();
        let decisions = (core.lab.cluster().decisions().len(), core.lab.forks());
        let speed = u64::from(self.pace.get_untracked().hundredths());
        let is_news = self.decisions.get_untracked() != decisions;
        let is_time = at_us.saturating_sub(core.told_us) >= told_every_us(speed) && core.patience.is_over();
        if is_news && (is_time || !self.playing.get_untracked()) {
            core.told_us = at_us;
            browser::fill_frame();
            self.decisions.set(decisions);
        }
        set(self.caption, Shown::latest(core.lab.cluster()));
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

    /// How fast time goes at least, in hundredths: for what must keep up with it.
    pub fn speed(self) -> u32 {
        self.pace.get().hundredths()
    }

    /// Chooses how fast time goes, also for the next visit.
    pub fn choose_pace(self, pace: Speed) {
        browser::keep("speed", &pace.text());
        self.pace.set(pace);
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

fn told_every_us(speed: u64) -> u64 {
    if speed > HURRY { TOLD_IN_A_HURRY_EVERY_US } else { TOLD_EVERY_US }
}

/// What a frame has to do beside the engine's work.
struct Pressure {
    misses: bool,
    is_behind: bool,
    draws: bool,
}

impl Pressure {
    /// The engine's share of a frame, when the one before took `elapsed_us`: of a long one the same part, because a slow
    /// machine is to get there as well.
    fn share_us(&self, elapsed_us: u64) -> u64 {
        let part = match self {
            Self { misses: false, .. } => 12,
            Self { draws: true, .. } => 16,
            Self { is_behind: false, .. } => 8,
            Self { is_behind: true, .. } => 3,
        };
        (elapsed_us / part).clamp(LEAST_WORK_US, MOST_WORK_US)
    }
}

/// Runs towards `until` for as long as a frame allows.
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
