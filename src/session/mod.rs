//! All that was done in a lab, as a text that can be kept, sent and done again.
//!
//! A session is a few hundred bytes where a cluster's state would be megabytes: the lab is deterministic, so what was
//! done and when ([`Lab::inputs`]) is enough to come to the same moment ([`Replay`]). Its text is JSON of a kind that
//! compresses well; a link carries it deflated and in [`base64url`].

pub mod base64url;
pub mod brought;
mod export;
mod replay;
mod text;

use crate::api::KubernetesVersion;
use crate::lab::{Input, Lab, LabOptions};
use crate::lessons::Problem;

pub use export::{kubectl_session, markdown};
pub use replay::{Line, Reopened, Replay, What};

/// What a lab began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// An empty cluster.
    Free(LabOptions),
    /// The lesson with this id.
    Lesson(String),
    /// A lesson that is not the lab's own: its file's text.
    OwnLesson(String),
}

/// All that was done in a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it began with.
    pub start: Start,
    /// What was done then.
    pub inputs: Vec<Input>,
    /// The file that the editor shows, if it is not the first.
    pub open_file: Option<String>,
    /// What [`fingerprint`] says of the lab after that, when it is known: another version of the lab may come to
    /// something else.
    pub fingerprint: Option<u32>,
    /// The version of the lab that made it; none where nothing was done but to edit, or before links said so.
    pub made_by: Option<String>,
}

/// Why a session cannot be read or done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// It is not one, or damaged: what is wrong.
    Broken(String),
    /// A newer version of the lab has made it: the version of its format.
    TooNew(u64),
    /// It is longer than anybody's session.
    TooLong,
    /// There is no lesson with this id.
    UnknownLesson(String),
    /// Its lesson's text is wrong.
    Lesson(Vec<Problem>),
}

/// The longest text of a session, in bytes.
pub const LONGEST_TEXT: usize = 1 << 20;
/// The longest data of a link, in characters: what mail, chat and QR codes mostly let through is far below, and
/// beyond it a link is better a file.
pub const LONGEST_LINK: usize = 16_000;
/// This version of the lab.
pub const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");
/// The seed of the page, when its address names none.
pub const DEFAULT_SEED: u64 = 1;

impl Session {
    /// What was done in this lab, which began so.
    pub fn of(lab: &Lab, start: Start) -> Self {
        let fingerprint = (!lab.is_untouched()).then(|| fingerprint(lab));
        let inputs = lab.inputs();
        // Edits come to the same with every version.
        let is_edit = |input: &Input| matches!(input, Input::Write { .. } | Input::EndEdit | Input::Until(_));
        let made_by = (!inputs.iter().all(is_edit)).then(|| OWN_VERSION.to_owned());
        Self { start, inputs, open_file: None, fingerprint, made_by }
    }

    /// The session's text: one line of JSON.
    pub fn to_text(&self) -> String {
        text::write(self)
    }

    /// Reads a session's text, which anybody may have written.
    ///
    /// # Errors
    /// When it is not one, or too long, or of another time.
    pub fn parse(text: &str) -> Result<Self, SessionError> {
        text::read(text)
    }
}

impl Default for Session {
    fn default() -> Self {
        let options = LabOptions { seed: DEFAULT_SEED, version: KubernetesVersion::default() };
        Self { start: Start::Free(options), inputs: Vec::new(), open_file: None, fingerprint: None, made_by: None }
    }
}

/// A number that two labs share when they are at the same moment with the same objects and files, and hardly ever
/// otherwise.
pub fn fingerprint(lab: &Lab) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    // FNV-1a.
    let mut add =
        |bytes: &[u8]| bytes.iter().for_each(|byte| hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let cluster = lab.cluster();
    for number in [lab.now().as_ms(), cluster.api.store().resource_version(), cluster.interventions()] {
        add(&number.to_le_bytes());
    }
    if cluster.is_thinned() {
        // What is left of the log depends on how long ago it was.
        add(&cluster.log().len().to_le_bytes());
    }
    for event in cluster.log().iter().filter(|_| !cluster.is_thinned()) {
        add(&event.at.as_ms().to_le_bytes());
        let metadata = event.object.metadata();
        add(metadata.name.as_bytes());
        add(metadata.uid.as_bytes());
    }
    for (name, text) in lab.files().iter() {
        add(name.as_bytes());
        add(text.as_bytes());
    }
    hash
}
