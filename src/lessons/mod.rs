//! Lessons: what a learner is to see for themselves, as data. docs/lessons.md tells how to write one.
//!
//! A lesson is one YAML file ([`Lesson::parse`]): texts in both languages, what the lab begins with, and steps. A step
//! either asks a question with choices or has a [`goal`], a few conditions on the cluster that [`Progress`] checks on
//! the watch log: how far time advances at once makes no difference.

mod builtin;
mod facts;
pub mod goal;
pub mod markdown;
pub mod play;
mod progress;
mod read;

use crate::api::KubernetesVersion;
use crate::lab::LabOptions;
use crate::lang::Lang;

pub use crate::lab::problems::Problem;
pub use builtin::{lesson, lessons};
pub use play::Action;
pub use progress::{Happening, Observation, Progress};

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in this language.
    pub fn of(&self, lang: Lang) -> &str {
        lang.choose(&self.zh, &self.en)
    }
}

/// Where a lesson stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The tutorial's chapter, section by section.
    Chapter,
    /// What people get wrong about rolling updates.
    Rollout,
    /// What people get wrong about probes.
    Probes,
    /// What people get wrong about revisions and ReplicaSets.
    Revisions,
    /// What people get wrong about traffic.
    Traffic,
}

impl Section {
    /// All of them, in the list's order.
    pub const ALL: [Self; 5] = [Self::Chapter, Self::Rollout, Self::Probes, Self::Revisions, Self::Traffic];

    /// The word in a lesson's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chapter => "chapter",
            Self::Rollout => "rollout",
            Self::Probes => "probes",
            Self::Revisions => "revisions",
            Self::Traffic => "traffic",
        }
    }

    /// The heading over the section's lessons.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Chapter => lang.choose("从头学一遍", "Step by step"),
            Self::Rollout => lang.choose("滚动更新的误会", "Misread: rolling updates"),
            Self::Probes => lang.choose("探针的误会", "Misread: probes"),
            Self::Revisions => lang.choose("版本的误会", "Misread: revisions"),
            Self::Traffic => lang.choose("流量的误会", "Misread: traffic"),
        }
    }
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Its name in links: lower-case letters, digits and `-`.
    pub id: String,
    /// Its place in the list.
    pub section: Section,
    /// Its title: plain text.
    pub title: Text,
    /// What it is about: [`markdown`].
    pub intro: Text,
    /// What the lab begins with.
    pub start: Start,
    /// The steps, at least one.
    pub steps: Vec<Step>,
    /// Commands that suffice.
    pub par: usize,
}

/// What a lesson's lab begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Seed and version.
    pub options: LabOptions,
    /// How many times faster than the clock the page runs it at first; none for the visitor's own pace.
    pub speed: Option<u32>,
    /// Files, by name.
    pub files: Vec<(String, String)>,
    /// Lines that were typed before.
    pub run: Vec<String>,
}

impl Default for Start {
    fn default() -> Self {
        let options = LabOptions { seed: 0, version: KubernetesVersion::default() };
        Self { options, speed: None, files: Vec::new(), run: Vec::new() }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do: [`markdown`].
    pub text: Text,
    /// Hints, from vague to plain: [`markdown`].
    pub hints: Vec<Text>,
    /// What the learner has to reach.
    pub task: Task,
    /// What was to be seen, told when the step is done: [`markdown`]; empty for nothing.
    pub done: Text,
    /// Does it.
    pub solution: Vec<Action>,
    /// Looks as if it did, and does not; empty for none.
    pub wrong: Vec<Action>,
}

/// What a step asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Conditions to be met.
    Goal(goal::Goal),
    /// One of these is to be chosen.
    Question(Vec<Choice>),
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer: [`markdown`].
    pub text: Text,
    /// Whether it is right.
    pub is_right: bool,
    /// What to say to who has chosen it: [`markdown`]; empty for nothing.
    pub reply: Text,
}

impl Lesson {
    /// Reads a lesson's file. `file_name` stands in messages only.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the file's order.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        read::lesson(file_name, text)
    }
}
