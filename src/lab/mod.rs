//! One visitor's lab: the cluster, the files, the terminals, and the way back in time.

mod desk;
pub mod forecast;
pub mod frames;
mod history;
pub mod pace;
mod passing;
mod past;
mod presets;
pub mod problems;
mod recording;
pub mod start;
pub mod story;
pub mod timeline;
mod typing;
mod work;

use crate::api::KubernetesVersion;
use crate::cluster::{Cluster, ClusterConfig};
use crate::process::Files;
use crate::sim::SimTime;

use desk::Desk;
pub use desk::{HIDDEN_TERMINAL, MAX_TERMINALS};
use history::History;
use past::Past;
pub use presets::PRESETS;
use recording::Anchor;
pub use recording::{Input, Patch, Recording};
pub use work::LONGEST_WORK_MS;

/// What a lab begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabOptions {
    /// Decides every random draw.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
}

/// A lab. Its methods stand where they belong: what is typed in `typing`, how time passes in `passing`, commands that take
/// time in `work`.
#[derive(Clone, Debug)]
pub struct Lab {
    cluster: Cluster,
    desk: Desk,
    past: Past,
    /// Entries of the watch log that the terminals have seen.
    seen: usize,
    /// What was done.
    recording: Recording,
    /// Counts what was done.
    touches: u64,
}

impl Lab {
    /// A lab with the chapter's first manifest in `deployment.yaml`.
    pub fn new(options: &LabOptions) -> Self {
        Self::on(ClusterConfig { seed: options.seed, version: options.version, ..ClusterConfig::default() })
    }

    /// As [`Lab::new`], with these files and no other.
    pub fn with_files(options: &LabOptions, files: Files) -> Self {
        let mut lab = Self::new(options);
        lab.desk.files = files;
        lab
    }

    /// As [`Lab::new`], on a node of which it is said how fast it is.
    pub fn on(config: ClusterConfig) -> Self {
        let cluster = Cluster::new(config);
        let mut files = Files::default();
        if let Some((_, text)) = PRESETS.first() {
            files.write("deployment.yaml", *text);
        }
        Self {
            past: Past::new(History::new(&cluster)),
            cluster,
            desk: Desk::new(files),
            seen: 0,
            recording: Recording::default(),
            touches: 0,
        }
    }

    /// A lab that goes on from the present, without the way back in time: to see what will be.
    pub fn ahead(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            desk: self.desk.clone(),
            past: Past::new(History::without_return(&self.cluster)),
            seen: self.seen,
            recording: Recording::default(),
            touches: 0,
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The cluster, to look at.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The cluster, to make trouble in.
    pub fn cluster_mut(&mut self) -> &mut Cluster {
        self.touches += 1;
        &mut self.cluster
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.desk.files
    }

    /// A file's text.
    pub fn read(&self, name: &str) -> Option<&str> {
        self.desk.files.read(name)
    }

    /// Writes a file.
    pub fn write(&mut self, name: &str, text: &str) {
        let is_input = self.recording.write(name, text, &self.desk.files);
        self.desk.files.write(name, text);
        if is_input {
            self.settle();
        }
    }

    /// What was done since [`Lab::record`] or the beginning, as it can be done again in a lab that begins as this one
    /// did. What was done to the cluster past the terminals is not in it ([`Lab::intervene`], [`Lab::cluster_mut`]).
    pub fn inputs(&self) -> Vec<Input> {
        self.recording.inputs(&self.desk.files)
    }

    /// Rises whenever something is done but to let time pass: what was foreseen before may then not come.
    pub fn touches(&self) -> u64 {
        self.touches
    }

    /// Whether nothing was done since [`Lab::record`] or the beginning, but to let time pass.
    pub fn is_untouched(&self) -> bool {
        self.recording.is_untouched()
    }

    /// Forgets what was done so far. From now on every writing of a file counts when `is_watched`; else only what a
    /// file holds when a command could read it.
    pub fn record(&mut self, is_watched: bool) {
        self.recording = Recording::begin(self.anchor(), is_watched);
    }

    /// Notes an input that is not the lab's own but the lesson's.
    pub fn note(&mut self, input: Input) {
        self.recording.done(input, &self.desk.files);
        self.settle();
    }

    /// Does again what was done in a lab that began as this one. Time passes at once; [`crate::session::Replay`] lets
    /// it pass by parts. Answers whether it could be done: a file's patch may not fit.
    pub fn repeat(&mut self, input: &Input) -> bool {
        match input {
            Input::Until(at) => self.run_until(*at),
            Input::Steps(steps) => (0..*steps).for_each(|_| {
                self.step();
            }),
            Input::Submit { terminal, line } => self.submit(*terminal, line),
            Input::Interrupt(terminal) => self.interrupt(*terminal),
            Input::Write { file, patch } => {
                let Some(text) = patch.apply(self.read(file).unwrap_or_default()) else { return false };
                self.write(file, &text);
            }
            Input::EndEdit => self.end_edit(),
            Input::Seek(at) => self.seek(*at),
            Input::UndoFork => self.undo_fork(),
            Input::Choose(_) | Input::Retry => self.note(input.clone()),
        }
        true
    }

    fn anchor(&self) -> Anchor {
        Anchor { now: self.now(), end: self.end(), is_calm: self.is_calm() }
    }

    fn settle(&mut self) {
        let anchor = self.anchor();
        self.recording.settle(anchor);
    }
}
