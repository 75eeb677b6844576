//! Whose lab the page shows: the visitor's own, a lesson's, or a moment that somebody shared; and the way back.
//!
//! What the visitor had before is kept as a session and comes back when they leave. Files are kept for the next visit
//! under the visitor's names only while the lab is their own; a lesson's session is kept under the lesson's name.

use std::sync::Arc;

use hellok8s_lab::lab::LabOptions;
use hellok8s_lab::lessons::{self, Lesson};
use hellok8s_lab::session::{Reopened, Replay, Session, SessionError, Start};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::browser;
use super::document::Document;
use super::settings;
use super::share::link;
use super::simulation::Simulation;

/// Under this name and the lesson's the browser keeps how far a lesson was done.
const LESSON: &str = "session:";
/// Between two savings of a lesson.
const SAVING_MS: i32 = 1_000;
/// Events that are done again between two looks at what the visitor does.
const EVENTS: usize = 1_500;

/// What the page tells about where its lab comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It is being done again: so many hundredths are done.
    Working(usize),
    /// It is somebody's; whether it came to the same as theirs.
    Shared(bool),
    /// It could not be opened: the visitor's own is still there.
    Failed(SessionError),
}

/// Whose lab the page shows.
#[derive(Clone, Copy)]
pub struct Visit {
    simulation: Simulation,
    document: Document,
    /// What is told.
    pub notice: RwSignal<Option<Notice>>,
    /// What the visitor had before.
    mine: StoredValue<Option<Session>>,
    /// Counts what was asked for: what was asked for before is given up.
    asked: StoredValue<u64>,
    /// Whether what is shown is somebody's: the visitor's own way through a lesson stays as it was.
    is_shared: StoredValue<bool>,
    /// Whether a lesson is to be saved soon.
    is_saving: StoredValue<bool>,
}

/// The visit of the page that is being built.
pub fn visit() -> Visit {
    expect_context()
}

/// What is done with a session that was done again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Shared,
    Lesson,
    Mine,
}

impl Visit {
    /// The visitor's own lab, or what the address asks for.
    pub fn begin(simulation: Simulation, document: Document) -> Self {
        let visit = Self {
            simulation,
            document,
            notice: RwSignal::new(None),
            mine: StoredValue::new(None),
            asked: StoredValue::new(0),
            is_shared: StoredValue::new(false),
            is_saving: StoredValue::new(false),
        };
        visit.follow_address();
        if link::present().is_none()
            && let Some(lesson) = browser::parameter("lesson")
        {
            visit.open_named(lesson);
        }
        // Both as long as the page lives.
        std::mem::forget(window_event_listener(leptos::ev::hashchange, move |_| visit.follow_address()));
        std::mem::forget(window_event_listener(leptos::ev::pagehide, move |_| visit.save()));
        Effect::new(move |before: Option<()>| {
            simulation.changes.track();
            simulation.lesson_changes.track();
            document.text.track();
            if before.is_some() {
                visit.save_soon();
            }
        });
        visit
    }

    fn follow_address(self) {
        let Some(data) = link::present() else { return };
        let ticket = self.ask();
        spawn_local(async move {
            let text = link::read(&data).await;
            if self.is_asked(ticket) {
                self.open(text.and_then(|text| Session::parse(&text)), Purpose::Shared);
            }
        });
    }

    /// What is there now, as it can be sent.
    pub fn session(self) -> Session {
        let start = self.simulation.lesson_start();
        let open_file = Some(self.document.name.get_untracked()).filter(|name| name != "deployment.yaml");
        self.simulation.with(|lab| {
            let config = lab.cluster().config();
            let free = || Start::Free(LabOptions { seed: config.seed, version: config.version });
            Session { open_file, ..Session::of(lab, start.unwrap_or_else(free)) }
        })
    }

    /// Does a session again, beside what is shown; `then` gets what it came to.
    pub fn replay(self, session: Session, then: impl FnOnce(Result<Reopened, SessionError>) + 'static) {
        let ticket = self.ask();
        spawn_local(async move {
            let outcome = match Replay::new(session) {
                Ok(replay) => self.run(replay, ticket).await,
                Err(error) => Some(Err(error)),
            };
            if let Some(outcome) = outcome {
                self.notice.set(None);
                then(outcome);
            }
        });
    }

    async fn run(self, mut replay: Replay, ticket: u64) -> Option<Result<Reopened, SessionError>> {
        loop {
            if !self.is_asked(ticket) {
                return None;
            }
            match replay.go_on(EVENTS) {
                Ok(true) => return Some(Ok(replay.reopen())),
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
            let percent = replay.percent();
            self.notice.set(Some(Notice::Working(percent)));
            browser::pause(0).await;
        }
    }

    /// Gives up what is being opened.
    pub fn cancel(self) {
        self.ask();
        self.notice.set(None);
    }

    fn ask(self) -> u64 {
        self.asked.update_value(|asked| *asked += 1);
        self.asked.get_value()
    }

    fn is_asked(self, ticket: u64) -> bool {
        self.asked.get_value() == ticket
    }

    /// Opens the text of a file: a session, or a lesson.
    pub fn open_file(self, name: &str, text: &str) {
        if is_yaml(name) {
            return self.open_own_lesson(name, text);
        }
        self.open(Session::parse(text), Purpose::Shared);
    }

    fn open(self, session: Result<Session, SessionError>, purpose: Purpose) {
        let session = match session {
            Ok(session) => session,
            Err(error) => return self.notice.set(Some(Notice::Failed(error))),
        };
        let file = session.open_file.clone().unwrap_or_else(|| "deployment.yaml".to_owned());
        self.replay(session, move |outcome| match outcome {
            Ok(reopened) => {
                let is_same = reopened.is_same;
                self.show(reopened, purpose);
                self.document.show(&file);
                self.notice.set((purpose == Purpose::Shared).then_some(Notice::Shared(is_same)));
            }
            Err(error) => self.notice.set(Some(Notice::Failed(error))),
        });
    }

    fn show(self, reopened: Reopened, purpose: Purpose) {
        if purpose == Purpose::Mine {
            self.mine.set_value(None);
        } else {
            self.remember_mine();
        }
        self.is_shared.set_value(purpose == Purpose::Shared);
        self.simulation.reopen(reopened);
        // Somebody's moment stands still until it was looked at.
        self.simulation.playing.set(purpose != Purpose::Shared);
        self.document.is_guest.set(purpose != Purpose::Mine);
        self.document.reload();
    }

    fn remember_mine(self) {
        if self.mine.with_value(Option::is_none) && !self.document.is_guest.get_untracked() {
            let mine = self.session();
            self.mine.set_value(Some(mine));
        }
    }

    /// Back to what the visitor had before.
    pub fn leave(self) {
        link::forget_present();
        self.notice.set(None);
        self.save();
        match self.mine.with_value(Clone::clone) {
            Some(mine) => self.open(Ok(mine), Purpose::Mine),
            None => {
                self.simulation.leave_lesson();
                self.document.is_guest.set(false);
                self.document.restore();
            }
        }
    }

    /// Begins a lesson, or goes on with it.
    pub fn open_lesson(self, id: &str) {
        let Some(lesson) = lessons::lesson(id) else { return };
        self.go_on_with(lesson, None);
    }

    /// Begins a lesson of somebody's.
    fn open_own_lesson(self, name: &str, text: &str) {
        match Lesson::parse(name, text) {
            Ok(lesson) => self.go_on_with(Arc::new(lesson), Some(text.to_owned())),
            Err(problems) => self.notice.set(Some(Notice::Failed(SessionError::Lesson(problems)))),
        }
    }

    /// The lesson of the address: one of the lab's own, or a file beside the page.
    fn open_named(self, lesson: String) {
        if lessons::lesson(&lesson).is_some() {
            return self.open_lesson(&lesson);
        }
        let Some(address) = browser::beside(&lesson).filter(|_| is_yaml(&lesson)) else { return };
        let ticket = self.ask();
        spawn_local(async move {
            let text = browser::fetch_text(&address).await;
            if self.is_asked(ticket) {
                match text {
                    Some(text) => self.open_own_lesson(&lesson, &text),
                    None => self.notice.set(Some(Notice::Failed(SessionError::UnknownLesson(lesson)))),
                }
            }
        });
    }

    fn go_on_with(self, lesson: Arc<Lesson>, own: Option<String>) {
        self.save();
        link::forget_present();
        let start = own.clone().map_or_else(|| Start::Lesson(lesson.id.clone()), Start::OwnLesson);
        let kept = browser::recall(&kept_as(&lesson.id)).and_then(|text| Session::parse(&text).ok());
        // A lesson that has changed since begins anew: what was done in it fits another text.
        if let Some(kept) = kept.filter(|kept| kept.start == start && !kept.inputs.is_empty()) {
            let keep = kept.clone();
            return self.replay(kept, move |outcome| match outcome {
                Ok(reopened) => {
                    let file = keep.open_file.clone();
                    self.show(reopened, Purpose::Lesson);
                    self.simulation.set_own_lesson(own);
                    file.iter().for_each(|file| self.document.show(file));
                }
                Err(_) => self.begin_lesson(&lesson, own),
            });
        }
        self.begin_lesson(&lesson, own);
    }

    fn begin_lesson(self, lesson: &Arc<Lesson>, own: Option<String>) {
        self.ask();
        self.remember_mine();
        self.notice.set(None);
        self.is_shared.set_value(false);
        self.simulation.start_lesson(lesson);
        self.simulation.set_own_lesson(own);
        self.document.is_guest.set(true);
        self.document.reload();
    }

    /// Begins the present lesson anew, and forgets how far it was done.
    pub fn restart_lesson(self) {
        let Some(lesson) = self.simulation.with_progress(|progress| Some(Arc::clone(progress?.lesson()))) else {
            return;
        };
        browser::forget(&kept_as(&lesson.id));
        let own = self.simulation.own_lesson();
        self.begin_lesson(&lesson, own);
    }

    fn save_soon(self) {
        if self.simulation.with_progress(|progress| progress.is_none()) || self.is_saving.get_value() {
            return;
        }
        self.is_saving.set_value(true);
        spawn_local(async move {
            browser::pause(SAVING_MS).await;
            self.is_saving.set_value(false);
            self.save();
        });
    }

    /// Keeps how far the lesson is done.
    fn save(self) {
        let id = self.simulation.with_progress(|progress| Some(progress?.lesson().id.clone()));
        let is_touched = self.simulation.with(|lab| !lab.is_untouched());
        if let Some(id) = id.filter(|_| is_touched && !self.is_shared.get_value()) {
            browser::keep(&kept_as(&id), &self.session().to_text());
        }
    }
}

/// Whether a lesson was begun and is not done.
pub fn is_begun(id: &str) -> bool {
    browser::recall(&kept_as(id)).is_some()
}

fn is_yaml(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml")))
}

fn kept_as(id: &str) -> String {
    format!("{}{LESSON}{id}", settings::shelf())
}
