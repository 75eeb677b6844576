//! The lab's files as the editor shows them: which one is open, its text, what is kept for the next visit.

mod naming;
mod typing;

use std::sync::Arc;

use hellok8s_lab::images::DOCUMENTS;
use hellok8s_lab::lab::PRESETS;
use hellok8s_lab::lab::problems::{self, Problem, Review};
use hellok8s_lab::process::Complaint;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::manifest::shelf::Shelf;
use crate::view::manifest::text::Marks;
use crate::view::simulation::Simulation;

/// A text of more bytes is not read while it is typed: what is wrong with it, applying it tells.
pub const LONGEST_READ: usize = 512 << 10;

/// What the open file is, and so what its button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Objects, to be applied.
    Manifest,
    /// An image's program, to be built.
    Image,
    /// `kubectl edit` waits for it.
    Edit,
}

/// A file that `kubectl edit` has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edited {
    path: String,
    /// Its text when it was opened.
    text: String,
    /// The file that was open before.
    before: String,
}

/// What was there and what was done.
struct Past {
    /// The files with which a lab begins: they are kept only once they have been changed.
    initial: Vec<(String, String)>,
    /// Counts what was typed.
    typed: u64,
}

/// The open file.
#[derive(Clone, Copy)]
pub struct Document {
    simulation: Simulation,
    /// Its name.
    pub name: RwSignal<String>,
    /// Its text.
    pub text: RwSignal<Arc<str>>,
    /// Its text when nobody has typed for a moment: what takes time to read is read of this one.
    pub settled: RwSignal<Arc<str>>,
    /// What is marked in it.
    pub marks: RwSignal<Marks>,
    /// Whether the text is read at all: what that takes comes a moment after the page.
    pub reads: RwSignal<bool>,
    /// What is kept for the next visit.
    shelf: StoredValue<Shelf>,
    /// The lab's files.
    pub names: RwSignal<Vec<String>>,
    /// What the last command that read the open file found wrong in it.
    complaints: RwSignal<Vec<Problem>>,
    /// The kinds that users have defined: what is unknown today is known tomorrow.
    defined: Memo<Vec<(String, String)>>,
    edited: RwSignal<Option<Edited>>,
    past: StoredValue<Past>,
    /// Whether the files are a lesson's or somebody's, which do not take the place of the visitor's own.
    pub is_guest: RwSignal<bool>,
}

/// The open file of the page that is being built.
pub fn document() -> Document {
    expect_context()
}

impl Document {
    /// The lab's first file, with what was typed before the page was loaded again.
    pub fn open(simulation: Simulation) -> Self {
        let initial = files(simulation);
        let shelf = Shelf::open();
        for (name, text) in shelf.files() {
            simulation.write(&name, &text);
        }
        let names = file_names(simulation);
        let name = names.iter().find(|name| *name == "deployment.yaml").or(names.first()).cloned().unwrap_or_default();
        let text: Arc<str> = simulation.with(|lab| lab.read(&name).unwrap_or_default().into());
        let settled = RwSignal::new(Arc::clone(&text));
        let document = Self {
            simulation,
            name: RwSignal::new(name),
            text: RwSignal::new(text),
            settled,
            marks: RwSignal::new(Marks::default()),
            reads: RwSignal::new(false),
            shelf: StoredValue::new(shelf),
            names: RwSignal::new(names),
            complaints: RwSignal::new(Vec::new()),
            defined: Memo::new(move |_| {
                simulation.changes.track();
                simulation.with(|lab| lab.cluster().api.definition_versions())
            }),
            edited: RwSignal::new(None),
            past: StoredValue::new(Past { initial, typed: 0 }),
            is_guest: RwSignal::new(false),
        };
        Effect::new(move |_| {
            simulation.file_changes.track();
            document.follow();
        });
        // As long as the page lives.
        std::mem::forget(window_event_listener(leptos::ev::pagehide, move |_| document.settle()));
        browser::when_whole(Box::new(move || document.reads.set(true)));
        document
    }

    /// What is kept for the next visit.
    pub fn shelf(self) -> Shelf {
        self.shelf.get_value()
    }

    /// Takes over what commands have done to the files: `cat > web.yaml`, `rm`, `kubectl edit`, complaints.
    fn follow(self) {
        let names = file_names(self.simulation);
        if self.names.with_untracked(|known| *known != names) {
            self.names.set(names.clone());
        }
        self.keep();
        match (self.simulation.with(|lab| lab.edited().map(str::to_owned)), self.edited.get_untracked()) {
            (Some(path), now) if now.as_ref().is_none_or(|now| now.path != path) => {
                let text = self.simulation.with(|lab| lab.read(&path).unwrap_or_default().to_owned());
                self.edited.set(Some(Edited { path: path.clone(), text, before: self.name.get_untracked() }));
                self.switch(&path);
            }
            (None, Some(edited)) => {
                self.edited.set(None);
                self.switch(&edited.before);
            }
            _ => {}
        }
        let open = self.name.get_untracked();
        if !names.contains(&open) {
            self.switch(&names.first().cloned().unwrap_or_default());
        } else if let Some(text) = self.simulation.with(|lab| {
            lab.read(&open).filter(|text| self.text.with_untracked(|shown| **shown != **text)).map(str::to_owned)
        }) {
            self.put(&text);
        }
        let open = self.name.get_untracked();
        let complaints: Vec<Problem> = self.simulation.with(|lab| {
            let of_open = lab.files().complaints().iter().filter(|complaint| complaint.path == open);
            let problem = |complaint: &Complaint| Problem {
                line: complaint.line,
                column: complaint.column,
                message: complaint.text.clone(),
            };
            of_open.map(problem).collect()
        });
        if self.complaints.with_untracked(|known| *known != complaints) {
            self.complaints.set(complaints);
        }
    }

    /// Keeps the visitor's own files for the next visit.
    fn keep(self) {
        if self.is_guest.get_untracked() {
            return;
        }
        let edited = self.simulation.with(|lab| lab.edited().map(str::to_owned));
        let is_known = |name: &str, text: &str| {
            if self.shelf().knows(name) {
                return self.shelf().has(name, text);
            }
            self.past.with_value(|past| past.initial.iter().any(|(known, was)| known == name && was == text))
        };
        // What is typed is kept when it has settled.
        let is_typed = |name: &str| {
            self.name.with_untracked(|open| open == name)
                && self.text.with_untracked(|text| self.settled.with_untracked(|settled| text != settled))
        };
        let is_news =
            |name: &str, text: &str| edited.as_deref() != Some(name) && !is_known(name, text) && !is_typed(name);
        let (news, names) = self.simulation.with(|lab| {
            let of_owner = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
            let news: Vec<_> = lab.files().iter().filter(|(name, text)| is_news(name, text)).map(of_owner).collect();
            (news, lab.files().iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
        });
        for (name, text) in news {
            self.shelf().keep(&name, &text);
        }
        for name in self.shelf().names().into_iter().filter(|name| !names.contains(name)) {
            self.shelf().forget(&name);
        }
    }

    /// What the open file is.
    pub fn role(self, review: &Review) -> Role {
        if self.edited.with(|edited| edited.as_ref().is_some_and(|edited| self.name.with(|name| *name == edited.path)))
        {
            Role::Edit
        } else if review.images.is_empty() {
            Role::Manifest
        } else {
            Role::Image
        }
    }

    /// Gives `kubectl edit` the text back as it was.
    pub fn cancel_edit(self) {
        if let Some(edited) = self.edited.get_untracked() {
            self.simulation.write(&edited.path, &edited.text);
            self.simulation.end_edit();
        }
    }

    /// Writes a file, shows it when it is the open one, and keeps it for the next visit.
    pub fn write(self, name: &str, text: &str) {
        self.simulation.write(name, text);
        if !self.is_guest.get_untracked() {
            self.shelf().keep(name, text);
        }
        if self.name.with_untracked(|open| open == name) && self.text.with_untracked(|old| **old != *text) {
            self.put(text);
        }
        if !self.names.with_untracked(|names| names.iter().any(|known| known == name)) {
            self.names.set(file_names(self.simulation));
        }
    }

    /// What is wrong with the open file, and which of its fields change nothing.
    pub fn review(self) -> Review {
        if !self.reads.get() || self.is_long() {
            return Review::default();
        }
        self.defined.track();
        let mut review = self.settled.with(|text| self.name.with(|name| self.read(name, text)));
        let missing = self.complaints.with(|complaints| {
            let is_new = |problem: &&Problem| review.problems.iter().all(|known| known.line != problem.line);
            complaints.iter().filter(is_new).cloned().collect::<Vec<_>>()
        });
        review.problems.extend(missing);
        review
    }

    fn read(self, name: &str, text: &str) -> Review {
        self.simulation.with(|lab| problems::review(name, text, &lab.cluster().api))
    }

    /// Does what the open file's button says: hands it to the cluster, builds the image and gives it to the node, or
    /// gives it back to `kubectl edit`. `then` gets the command's answer.
    pub fn apply(self, then: impl FnOnce(String) + 'static) {
        self.settle();
        let (name, text) = (self.name.get_untracked(), self.text.get_untracked());
        self.simulation.write(&name, &text);
        let review = if text.len() > LONGEST_READ { Review::default() } else { self.read(&name, &text) };
        match (untrack(|| self.role(&review)), review.images.as_slice()) {
            (Role::Edit, _) => {
                self.simulation.end_edit();
                then(String::new());
            }
            (Role::Image, [image]) if !image.is_empty() => {
                let line = format!("docker build -t {image} -f {name} . && minikube image load {image}");
                self.simulation.command_then(line, then);
            }
            (Role::Image, _) => self.simulation.command_then(format!("lab image {name}"), then),
            (Role::Manifest, _) => {
                self.write(&name, &text);
                self.simulation.playing.set(true);
                self.simulation.apply(&name, then);
            }
        }
    }

    /// Writes and opens a file that the lab begins with: it is kept for the next visit only once it has been changed.
    pub fn begin_with(self, name: &str, text: &str) {
        self.past.update_value(|past| past.initial.push((name.to_owned(), text.to_owned())));
        self.simulation.write(name, text);
        self.show(name);
    }

    /// Whether a file is not as the lab began with it.
    pub fn is_changed(self, name: &str) -> bool {
        let text = self.simulation.with(|lab| lab.read(name).map(str::to_owned));
        self.past.with_value(|past| past.initial.iter().all(|(known, was)| known != name || Some(was) != text.as_ref()))
    }

    /// The visitor's own files are back, as they are kept.
    pub fn restore(self) {
        for (name, text) in self.shelf().files() {
            self.simulation.write(&name, &text);
        }
        self.reload();
    }

    /// Shows the lab's files as they are now.
    pub fn reload(self) {
        let names = file_names(self.simulation);
        let open = self.name.get_untracked();
        let name = if names.contains(&open) { open } else { names.first().cloned().unwrap_or_default() };
        self.names.set(names);
        self.switch(&name);
    }

    /// Shows a file, if there is one with this name; answers whether there is.
    pub fn show(self, name: &str) -> bool {
        let is_known = self.names.with_untracked(|names| names.iter().any(|known| known == name));
        if is_known {
            self.switch(name);
        }
        is_known
    }

    fn switch(self, name: &str) {
        self.settle();
        let text = self.simulation.with(|lab| lab.read(name).unwrap_or_default().to_owned());
        self.name.set(name.to_owned());
        self.put(&text);
    }

    /// Puts `text` in the place of the open one, which is kept where it cannot be had again otherwise.
    fn replace(self, text: &str) {
        let old = self.text.get_untracked();
        let is_preset = PRESETS.iter().any(|(_, preset)| *preset == &*old);
        if !is_preset && *old != *text {
            self.shelf().put_aside(&old);
        }
        self.write(&self.name.get_untracked(), text);
    }

    /// Opens an image's program in a file of its own.
    fn open_image(self, text: &str) {
        let mut names = std::iter::once("image.yaml".to_owned()).chain((2..100).map(|at| format!("image-{at}.yaml")));
        let same = |name: &String| self.simulation.with(|lab| lab.read(name).is_none_or(|known| known == text));
        let Some(name) = names.find(same) else { return };
        self.write(&name, text);
        self.switch(&name);
    }

    /// What an entry of the list of texts does.
    pub fn choose(self, entry: &str) {
        match entry.split_once(':') {
            Some(("file", name)) => self.switch(name),
            Some(("preset", name)) => {
                if let Some((_, text)) = PRESETS.iter().find(|(preset, _)| *preset == name) {
                    self.replace(text);
                }
            }
            Some(("image", name)) => {
                if let Some((_, text)) = DOCUMENTS.iter().find(|(image, _)| *image == name) {
                    self.open_image(text);
                }
            }
            Some(("draft", _)) => {
                if let Some(text) = self.shelf().draft() {
                    self.replace(&text);
                }
            }
            _ => {}
        }
    }
}

fn files(simulation: Simulation) -> Vec<(String, String)> {
    simulation.with(|lab| lab.files().iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

fn file_names(simulation: Simulation) -> Vec<String> {
    simulation.with(|lab| lab.files().iter().map(|(name, _)| name.to_owned()).collect())
}
