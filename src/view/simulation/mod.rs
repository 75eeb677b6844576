//! The lab behind the page: its pace, what it says to the terminal, and what the page does to it.

mod captions;
mod frame;
mod lessons;
mod terminals;
mod time;
mod transcript;

use hellok8s_lab::lab::frames::Frames;
use hellok8s_lab::lab::pace::Speed;
use hellok8s_lab::lab::story::Story;
use hellok8s_lab::lab::timeline::{MarkKind, Timeline};
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{Observation, Progress};
use leptos::prelude::*;

use crate::view::browser::{self, Patience};
use crate::view::scene::Scene;
use crate::view::settings;
use crate::view::side::selection::Selection;
use crate::view::theatre::nodes::ways;
pub use captions::Shown;
use terminals::{APPLY, Done, HIDDEN, Lane};
pub use terminals::{TERMINALS, TerminalSignals};
pub use time::SPEEDS;
pub use transcript::{Entry, Said, Transcript};

/// While time goes on, the decisions are told in this pace; the other one is for more than twice the speed, when nobody
/// can read along.
const TOLD_EVERY_US: u64 = 250_000;
const TOLD_IN_A_HURRY_EVERY_US: u64 = 500_000;
const HURRY: u64 = 200;
struct Core {
    lab: Lab,
    lanes: [Lane; 2],
    /// Since when a command runs in each of the visitor's terminals, on the browser's clock.
    busy_since_us: [Option<u64>; TERMINALS],
    last_frame_us: Option<u64>,
    /// When the decisions were told last.
    told_us: u64,
    patience: Patience,
    frames: Frames,
    /// While time stands still: how long it has gone on for commands, in simulated milliseconds, since so much was done.
    answered_ms: u64,
    touches: u64,
    story: Story,
    log_cursor: usize,
    /// What was done past the API server that the page knows of: to images, programs, traffic.
    outside: u64,
    timeline: Timeline,
    last_read_ms: u64,
    /// Whether a command may have changed what no object tells, such as a stopped kubelet.
    is_stale: bool,
    /// The lesson that is being done.
    progress: Option<Progress>,
    /// What the lesson has not been told of yet.
    seen: Vec<Observation>,
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
            busy_since_us: [None; TERMINALS],
            last_frame_us: None,
            told_us: 0,
            patience: Patience::of(3),
            frames: Frames::default(),
            answered_ms: 0,
            touches: 0,
            story: Story::default(),
            log_cursor: 0,
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
        simulation.scene.is_by_node.set(ways::begins_by_node());
        simulation.refresh(true);
        browser::on_every_frame(move |at_us| simulation.frame(at_us));
        simulation
    }

    /// Tells the page what has changed in the lab; of the cluster only if it is to be drawn.
    fn refresh(self, draws: bool) {
        let mut done: Vec<(Done, String)> = Vec::new();
        self.core.update_value(|core| {
            self.read_terminals(core, &mut done);
            self.read_story(core);
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

    /// Lets pods stand by node, or by revision.
    pub fn look_by_node(self, is_by_node: bool) {
        self.core.update_value(|core| core.is_stale = true);
        self.scene.is_by_node.set(is_by_node);
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

/// Tells a signal only what it does not know.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}
