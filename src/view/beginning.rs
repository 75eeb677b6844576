//! How a visit begins: with pods that run already, or with an empty cluster.

use hellok8s_lab::lab::{Lab, start};
use leptos::prelude::*;

use crate::view::browser;
use crate::view::manifest::document::Document;
use crate::view::settings::{self, Start};
use crate::view::simulation::Simulation;

/// The file that a lab begins with.
const FILE: &str = "deployment.yaml";

/// What the page says before anything has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Pods run, and the editor holds their next version.
    Next,
    /// Pods run, and the editor holds a text of the visitor's.
    Own,
    /// Pods run, and there is no editor whose text could be applied.
    Watch,
    /// The page around has the button to press.
    Attached {
        /// Whether pods run.
        is_running: bool,
    },
    /// Nothing runs.
    Empty,
}

/// How the visit has begun.
#[derive(Clone, Copy)]
pub struct Beginning {
    simulation: Simulation,
    document: Document,
    /// What the cluster's wishes counted when what runs at the beginning ran: until they change nobody has done anything.
    ran_at: RwSignal<Option<u64>>,
    /// What is said.
    pub words: Memo<Option<Words>>,
}

/// The beginning of the page that is being built.
pub fn beginning() -> Beginning {
    expect_context()
}

impl Beginning {
    /// As the address asks, or as the visitor has chosen before.
    pub fn begin(simulation: Simulation, document: Document) -> Self {
        let ran_at = RwSignal::new(None);
        let words = Memo::new(move |_| {
            let wishes = simulation.spec_changes.get();
            simulation.lesson_changes.track();
            if document.is_guest.get() || simulation.with_progress(|progress| progress.is_some()) {
                return None;
            }
            match ran_at.get() {
                Some(then) if then == wishes => Some(running(document)),
                Some(_) => None,
                None => {
                    (simulation.scene.deployments.is_empty() && simulation.scene.pods.is_empty()).then(empty).flatten()
                }
            }
        });
        let beginning = Self { simulation, document, ran_at, words };
        beginning.run(settings::start());
        beginning
    }

    /// Begins anew in another way, and remembers which.
    pub fn again(self, start: Start) {
        browser::keep("start", start.code());
        self.ran_at.set(None);
        self.simulation.leave_lesson();
        self.document.restore();
        self.run(start);
    }

    /// Three pods that answer, and then their next version in their place.
    pub fn show_a_rollout(self) {
        let document = self.document;
        self.simulation.playing.set(true);
        if self.ran_at.get_untracked().is_some() {
            document.apply(|_| ());
        } else {
            self.start(move || document.apply(|_| ()));
        }
    }

    /// Runs what runs at the beginning, if anything does, once all of the wasm is here: a first visit's first picture does
    /// not wait for it.
    fn run(self, start: Start) {
        browser::when_whole(Box::new(move || {
            // Who has done something meanwhile, or opened a lesson or a link, has begun in another way.
            if start == Start::Running && self.is_own() && self.simulation.with(is_empty) {
                self.start(|| ());
            }
        }));
    }

    /// Whether the lab is the visitor's own: no lesson's, and nobody else's.
    fn is_own(self) -> bool {
        let has_lesson = self.simulation.with_progress(|progress| progress.is_some());
        !has_lesson && !self.document.is_guest.get_untracked()
    }

    fn start(self, then: impl FnOnce() + 'static) {
        let (simulation, document) = (self.simulation, self.document);
        // What the visitor wrote stays.
        if !document.is_changed(FILE) {
            document.begin_with(FILE, &start::next_manifest());
        }
        simulation.exec(start::script(), move |_| {
            if !self.is_own() {
                return;
            }
            simulation.advance(start::RUNNING_MS);
            simulation.exec(start::CLIENT.to_owned(), move |_| {
                self.ran_at.set(Some(simulation.spec_changes.get_untracked()));
                then();
            });
        });
    }
}

/// Whether nobody has made anything in the cluster.
fn is_empty(lab: &Lab) -> bool {
    let store = lab.cluster().api.store();
    store.deployments(None).next().is_none() && store.pods(None).next().is_none()
}

/// What is said while what runs at the beginning runs. Follows the editor's text.
fn running(document: Document) -> Words {
    let is_next = document.text.with(|text| **text == *start::next_manifest());
    match is_next {
        _ if settings::is_attached() => Words::Attached { is_running: true },
        _ if !settings::shows("editor") => Words::Watch,
        true => Words::Next,
        false => Words::Own,
    }
}

/// What is said of an empty cluster: nothing where there is nothing to press but what stands on the stage itself.
fn empty() -> Option<Words> {
    if settings::is_attached() {
        return Some(Words::Attached { is_running: false });
    }
    (settings::shows("editor") || settings::shows("terminal")).then_some(Words::Empty)
}
