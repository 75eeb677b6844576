//! Whose lab the page shows: the visitor's own, a lesson's, or a moment that somebody shared; and the way back.
//!
//! What the visitor had before is kept as a session and comes back when they leave. Files are kept for the next visit
//! under the visitor's names only while the lab is their own; a lesson's session is kept under the lesson's name, and
//! what was done in a moment that somebody shared under that moment's link.

use std::sync::Arc;

use hellok8s_lab::lab::{Input, LabOptions};
use hellok8s_lab::lessons::{self, Lesson};
use hellok8s_lab::session::{Reopened, Replay, Session, SessionError, Start};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::view::browser;
use crate::view::manifest::document::Document;
use crate::view::settings;
use crate::view::share::link;
use crate::view::simulation::Simulation;

/// Under this name and the lesson's the browser keeps how far a lesson was done.
const LESSON: &str = "session:";
/// Under this name and the link's the browser keeps what was done in somebody's moment …
const THEIRS: &str = "shared:";
/// … and under this one the links of which it keeps that, the latest first: at most so many.
const ALL_THEIRS: &str = "shared";
const MOST_THEIRS: usize = 4;
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
    /// It is somebody's, with what the visitor has done in it.
    Changed,
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
    /// The link of what is shown, when it is somebody's.
    link: StoredValue<Option<Link>>,
    /// Whether a lesson is to be saved soon.
    is_saving: StoredValue<bool>,
}

/// A link whose moment is shown.
#[derive(Clone, Debug)]
struct Link {
    /// What its data comes down to.
    id: String,
    /// What was done in the session that it holds, and what of the visitor's own is kept.
    theirs: Vec<Input>,
    kept: Vec<Input>,
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
            link: StoredValue::new(None),
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
                self.open_link(&data, text.and_then(|text| Session::parse(&text)));
            }
        });
    }

    /// Opens what a link holds or, when the visitor has done something in it before, what came of that.
    fn open_link(self, data: &str, theirs: Result<Session, SessionError>) {
        let session = match theirs {
            Ok(session) => session,
            Err(error) => return self.notice.set(Some(Notice::Failed(error))),
        };
        let id = identity(data);
        let theirs = done(session.inputs.clone());
        let kept = browser::recall(&kept_of(&id)).and_then(|text| Session::parse(&text).ok());
        let is_changed = kept.is_some();
        let session = kept.unwrap_or(session);
        let file = file_of(&session);
        let link = Link { id, theirs, kept: Vec::new() };
        self.replay(session, move |outcome| match outcome {
            Ok(reopened) => {
                let is_same = reopened.is_same;
                self.show(reopened, Purpose::Shared);
                let now = self.simulation.with(|lab| done(lab.inputs()));
                let theirs = if is_changed { link.theirs } else { now.clone() };
                self.link.set_value(Some(Link { theirs, kept: now, ..link }));
                self.document.show(&file);
                self.notice.set(Some(if is_changed { Notice::Changed } else { Notice::Shared(is_same) }));
            }
            // What was kept is of another time: theirs may open all the same.
            Err(_) if is_changed => self.forget_changes_of(&link.id),
            Err(error) => self.notice.set(Some(Notice::Failed(error))),
        });
    }

    /// Somebody's moment again as they shared it, without what was done in it since.
    pub fn forget_changes(self) {
        if let Some(link) = self.link.get_value() {
            self.forget_changes_of(&link.id);
        }
    }

    fn forget_changes_of(self, id: &str) {
        self.link.set_value(None);
        browser::forget(&kept_of(id));
        self.follow_address();
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
        let file = file_of(&session);
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
        self.link.set_value(None);
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
        let has_lesson = self.simulation.with_progress(|progress| progress.is_some());
        if !(has_lesson || self.is_shared.get_value()) || self.is_saving.get_value() {
            return;
        }
        self.is_saving.set_value(true);
        spawn_local(async move {
            browser::pause(SAVING_MS).await;
            self.is_saving.set_value(false);
            if !self.is_shared.get_value() || self.has_more_than_kept() {
                self.save();
            }
        });
    }

    /// Whether more was done in somebody's moment than is kept. That time has passed is kept when the page is left.
    fn has_more_than_kept(self) -> bool {
        let now = self.simulation.with(|lab| done(lab.inputs()));
        self.link.with_value(|link| link.as_ref().is_some_and(|link| link.kept != now))
    }

    /// Keeps what was done in somebody's moment, if anything was.
    fn save_changes(self, link: Link) {
        let session = self.session();
        let kept = done(session.inputs.clone());
        if kept == link.theirs {
            return;
        }
        let all = browser::recall(ALL_THEIRS).unwrap_or_default();
        let others = all.split(' ').filter(|id| !id.is_empty() && *id != link.id);
        let mut ids: Vec<&str> = std::iter::once(link.id.as_str()).chain(others).collect();
        for id in ids.drain(MOST_THEIRS.min(ids.len())..) {
            browser::forget(&kept_of(id));
        }
        browser::keep(ALL_THEIRS, &ids.join(" "));
        browser::keep(&kept_of(&link.id), &session.to_text());
        self.link.set_value(Some(Link { kept, ..link }));
    }

    /// Keeps how far the lesson is done, or what was done in somebody's moment.
    fn save(self) {
        if let Some(link) = self.link.get_value().filter(|_| self.is_shared.get_value()) {
            return self.save_changes(link);
        }
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

/// What was done, without how time passed and which moments were looked at.
fn done(inputs: Vec<Input>) -> Vec<Input> {
    let is_time = |input: &Input| matches!(input, Input::Until(_) | Input::Steps(_) | Input::Seek(_));
    inputs.into_iter().filter(|input| !is_time(input)).collect()
}

/// A short name for the data of a link: FNV-1a.
fn identity(data: &str) -> String {
    let hash = data
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn kept_of(id: &str) -> String {
    format!("{THEIRS}{id}")
}

fn file_of(session: &Session) -> String {
    session.open_file.clone().unwrap_or_else(|| "deployment.yaml".to_owned())
}

fn is_yaml(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml")))
}

fn kept_as(id: &str) -> String {
    format!("{}{LESSON}{id}", settings::shelf())
}
