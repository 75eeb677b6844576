//! The lab's files: what the editor shows and `kubectl apply -f` reads.

use std::collections::BTreeMap;

/// Texts by path. Paths are relative to the lab's one directory: `deployment.yaml`, `extra/service.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    texts: BTreeMap<String, String>,
    complaints: Vec<Complaint>,
    /// The file that a command wants to be edited, until the editor is closed.
    edited: Option<String>,
    revision: u64,
}

/// The largest file that a command makes. A page keeps them all, and a browser gives it five megabytes or ten.
pub const MAX_FILE_BYTES: usize = 4 << 20;

/// How much a command may fill the lab's files with.
pub const MAX_FILES_BYTES: usize = 16 << 20;

/// The learner's directory, in which all files are.
const HOME: &str = "/home/learner";

/// How many files a command may make.
pub const MAX_FILES: usize = 2000;

/// What a command found wrong in a file, and where: the editor marks the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file's path.
    pub path: String,
    /// Line, counted from one.
    pub line: usize,
    /// Column, counted from one.
    pub column: usize,
    /// What is wrong.
    pub text: String,
}

impl Files {
    /// Rises with every change of a text, a complaint, or what is edited.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The text of the file at `path`.
    pub fn read(&self, path: &str) -> Option<&str> {
        self.texts.get(&Self::normalize(path)).map(String::as_str)
    }

    /// Makes or replaces the file at `path`.
    pub fn write(&mut self, path: &str, text: impl Into<String>) {
        self.forget_complaints(path);
        self.revision += 1;
        self.texts.insert(Self::normalize(path), text.into());
    }

    /// As [`Files::write`], for a command's output.
    ///
    /// # Errors
    /// In the system's words when the text is too large or the files are full.
    pub fn store(&mut self, path: &str, text: impl Into<String>) -> Result<(), &'static str> {
        let text = text.into();
        self.make_room(path, text.len())?;
        self.write(path, text);
        Ok(())
    }

    /// Adds to the file at `path`, which need not exist.
    ///
    /// # Errors
    /// As [`Files::store`].
    pub fn append(&mut self, path: &str, text: &str) -> Result<(), &'static str> {
        let length = self.read(path).map_or(0, str::len);
        self.make_room(path, length + text.len())?;
        self.forget_complaints(path);
        self.texts.entry(Self::normalize(path)).or_default().push_str(text);
        Ok(())
    }

    fn make_room(&self, path: &str, bytes: usize) -> Result<(), &'static str> {
        if bytes > MAX_FILE_BYTES {
            return Err("File too large");
        }
        let before = self.read(path);
        let others: usize = self.texts.values().map(String::len).sum::<usize>() - before.map_or(0, str::len);
        if others + bytes > MAX_FILES_BYTES || (before.is_none() && self.texts.len() >= MAX_FILES) {
            return Err("No space left on device");
        }
        Ok(())
    }

    /// Removes the file at `path`; its text, or nothing when there was no such file.
    pub fn remove(&mut self, path: &str) -> Option<String> {
        self.forget_complaints(path);
        self.revision += 1;
        self.texts.remove(&Self::normalize(path))
    }

    /// The file that a command has opened in the editor and waits for.
    pub fn edited(&self) -> Option<&str> {
        self.edited.as_deref()
    }

    /// Opens a file in the editor.
    pub fn ask_for_edit(&mut self, path: &str) {
        self.revision += 1;
        self.edited = Some(Self::normalize(path));
    }

    /// The editor is closed; what the file holds now counts.
    pub fn end_edit(&mut self) {
        self.revision += 1;
        self.edited = None;
    }

    /// What the last command that read the files found wrong in them.
    pub fn complaints(&self) -> &[Complaint] {
        &self.complaints
    }

    /// Notes what is wrong in a file.
    pub fn complain(&mut self, path: &str, (line, column): (usize, usize), text: impl Into<String>) {
        self.revision += 1;
        self.complaints.push(Complaint { path: Self::normalize(path), line, column, text: text.into() });
    }

    /// The file is read again, or is another one now.
    pub fn forget_complaints(&mut self, path: &str) {
        let path = Self::normalize(path);
        self.revision += 1;
        self.complaints.retain(|complaint| complaint.path != path);
    }

    /// Whether there are files below the directory `path`. The lab's own directory (`.`) always exists.
    pub fn is_directory(&self, path: &str) -> bool {
        let directory = Self::normalize(path);
        directory.is_empty() || self.texts.keys().any(|name| is_below(name, &directory))
    }

    /// The files below the directory `path`, by name; `.` for all.
    pub fn below(&self, path: &str) -> Vec<&str> {
        let directory = Self::normalize(path);
        self.texts
            .keys()
            .map(String::as_str)
            .filter(|name| directory.is_empty() || is_below(name, &directory))
            .collect()
    }

    /// Every file: path and text, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// `path` as the lab stores it: without `./`, `//`, `~/` and with `..` followed; empty for the directory itself.
    pub fn normalize(path: &str) -> String {
        let own = path.strip_prefix(HOME).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let mut parts: Vec<&str> = Vec::new();
        for part in own.unwrap_or(path).split('/') {
            match part {
                "" | "." | "~" => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        parts.join("/")
    }
}

fn is_below(name: &str, directory: &str) -> bool {
    name.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}
