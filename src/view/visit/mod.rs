//! Whose lab the page shows: the visitor's own, a lesson's, or a moment that somebody shared; and the way back.
//!
//! What the visitor had before is kept as a session and comes back when they leave. Files are kept for the next visit
//! under the visitor's names only while the lab is their own; a lesson's session is kept under the lesson's name, and
//! what was done in a moment that somebody shared under that moment's link.

mod kept;
mod lessons;

use hellok8s_lab::lab::{Input, LabOptions};
use hellok8s_lab::session::{Reopened, Replay, Session, SessionError, Start, brought};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

pub use kept::is_begun;
use kept::{done, kept_of};

use crate::view::browser;
use crate::view::manifest::document::Document;
use crate::view::settings::{Settings, settings};
use crate::view::share::link;
use crate::view::simulation::Simulation;
use crate::view::survival;

/// What is done again between two looks at what the visitor does, in microseconds, and how many events between two looks at
/// the clock: an event may be long, such as that of a command that never sleeps.
const PART_US: u64 = 30_000;
const EVENTS: usize = 16;

/// What the page tells about where its lab comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It is being done again: so many hundredths are done.
    Working(usize),
    /// It is somebody's.
    Shared {
        /// Whether it came to the same as theirs.
        is_same: bool,
        /// The version of the lab that made it.
        made_by: Option<String>,
    },
    /// It is the visitor's own cluster, brought along.
    Brought,
    /// It is somebody's, with what the visitor has done in it.
    Changed,
    /// It could not be opened: the visitor's own is still there.
    Failed {
        /// Why.
        error: SessionError,
        /// The version of the lab that made it.
        made_by: Option<String>,
    },
}

impl Notice {
    /// It could not be opened, whoever made it.
    fn failed(error: SessionError) -> Self {
        Self::Failed { error, made_by: None }
    }
}

/// Whose lab the page shows.
#[derive(Clone, Copy)]
pub struct Visit {
    simulation: Simulation,
    document: Document,
    settings: Settings,
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
    Brought,
    Lesson,
    Mine,
}

impl Visit {
    /// The visitor's own lab, or what the address asks for.
    pub fn begin(simulation: Simulation, document: Document) -> Self {
        let visit = Self {
            simulation,
            document,
            settings: settings(),
            notice: RwSignal::new(None),
            mine: StoredValue::new(None),
            asked: StoredValue::new(0),
            is_shared: StoredValue::new(false),
            link: StoredValue::new(None),
            is_saving: StoredValue::new(false),
        };
        visit.open_first();
        // Both as long as the page lives.
        std::mem::forget(window_event_listener(leptos::ev::hashchange, move |_| visit.follow_address()));
        std::mem::forget(window_event_listener(leptos::ev::pagehide, move |_| {
            document.settle();
            visit.save();
        }));
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

    /// What there was before the page stopped, or what the address asks for.
    fn open_first(self) {
        Effect::new(move |_| survival::tell_guest(self.document.is_guest.get()));
        if survival::has_stopped() {
            let recovered = survival::recovered();
            recovered.into_iter().for_each(|(session, is_guest)| self.recover(session, is_guest));
        } else if link::present().is_some() {
            self.follow_address();
        } else if let Some(lesson) = browser::parameter("lesson") {
            self.open_named(lesson);
        }
    }

    fn recover(self, session: Session, is_guest: bool) {
        let has_lesson = !matches!(session.start, Start::Free(_));
        if session.inputs.is_empty() && !has_lesson {
            return;
        }
        let purpose = match (has_lesson, is_guest) {
            (true, _) => Purpose::Lesson,
            (false, true) => Purpose::Shared,
            (false, false) => Purpose::Mine,
        };
        if purpose != Purpose::Mine {
            return self.open(Ok(session), purpose);
        }
        self.replay(session, move |outcome| match outcome {
            Ok(reopened) => {
                self.show(reopened, purpose);
                // What was typed since is on the shelf.
                self.document.restore();
            }
            Err(error) => self.notice.set(Some(Notice::failed(error))),
        });
    }

    fn follow_address(self) {
        let Some(data) = link::present() else { return };
        self.simulation.note_opening();
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
            Err(error) => return self.notice.set(Some(Notice::failed(error))),
        };
        let id = identity(data);
        let theirs = done(session.inputs.clone());
        let kept = browser::recall(&kept_of(&id)).and_then(|text| Session::parse(&text).ok());
        let is_changed = kept.is_some();
        let session = kept.unwrap_or(session);
        let (file, made_by) = (file_of(&session), session.made_by.clone());
        let link = Link { id, theirs, kept: Vec::new() };
        self.replay(session, move |outcome| match outcome {
            Ok(reopened) => {
                let is_same = reopened.is_same;
                self.show(reopened, Purpose::Shared);
                let now = self.simulation.with(|lab| done(lab.inputs()));
                let theirs = if is_changed { link.theirs } else { now.clone() };
                self.link.set_value(Some(Link { theirs, kept: now, ..link }));
                self.document.show(&file);
                self.notice.set(Some(if is_changed { Notice::Changed } else { Notice::Shared { is_same, made_by } }));
            }
            // What was kept is of another time: theirs may open all the same.
            Err(_) if is_changed => self.forget_changes_of(&link.id),
            Err(error) => self.notice.set(Some(Notice::Failed { error, made_by })),
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

    /// Which Kubernetes it is.
    pub fn session_version(self) -> &'static str {
        self.simulation.with(|lab| lab.cluster().config().version.as_str())
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
            let began_us = browser::now_us();
            while browser::now_us() < began_us + PART_US {
                match replay.go_on(EVENTS) {
                    Ok(true) => return Some(Ok(replay.reopen())),
                    Ok(false) => {}
                    Err(error) => return Some(Err(error)),
                }
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

    /// Opens the text of a file: a session, a lesson, or what a cluster has given (`kubectl get … -o yaml`).
    pub fn open_file(self, name: &str, text: &str) {
        self.simulation.note_opening();
        if let Some(session) = brought::session(text, self.settings.lang.get_untracked()) {
            return self.open(Ok(session), Purpose::Brought);
        }
        if is_yaml(name) {
            return self.open_own_lesson(name, text);
        }
        self.open(Session::parse(text), Purpose::Shared);
    }

    fn open(self, session: Result<Session, SessionError>, purpose: Purpose) {
        let session = match session {
            Ok(session) => session,
            Err(error) => return self.notice.set(Some(Notice::failed(error))),
        };
        let (file, made_by) = (file_of(&session), session.made_by.clone());
        self.replay(session, move |outcome| match outcome {
            Ok(reopened) => {
                let is_same = reopened.is_same;
                self.show(reopened, purpose);
                self.document.show(&file);
                self.notice.set(match purpose {
                    Purpose::Shared => Some(Notice::Shared { is_same, made_by }),
                    Purpose::Brought => Some(Notice::Brought),
                    Purpose::Lesson | Purpose::Mine => None,
                });
            }
            Err(error) => self.notice.set(Some(Notice::Failed { error, made_by })),
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
            // What was typed just now is the visitor's own as well.
            self.document.settle();
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
}

/// A short name for the data of a link: FNV-1a.
fn identity(data: &str) -> String {
    let hash = data
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn file_of(session: &Session) -> String {
    session.open_file.clone().unwrap_or_else(|| "deployment.yaml".to_owned())
}

fn is_yaml(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "yaml" | "yml")))
}
