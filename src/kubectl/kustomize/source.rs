//! The folder of a kustomization, and what it may read. Models api/internal/loader.

use crate::process::Files;

use super::fields::FILE_NAMES;

/// Where the lab's files are.
const HOME: &str = "/home/learner";

/// How deep kustomizations may stand in one another.
const DEEPEST: usize = 40;

/// A folder with a kustomization, reached from others.
#[derive(Clone, Debug)]
pub(super) struct Folder<'a> {
    files: &'a Files,
    /// Its path, and those of the folders that led to it.
    roots: Vec<String>,
    reads_everywhere: bool,
}

impl<'a> Folder<'a> {
    /// The folder at `path`. Models loader.NewLoader.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(files: &'a Files, path: &str, reads_everywhere: bool) -> Result<Self, String> {
        let root = confirm(files, &joined(HOME, path), path)?;
        Ok(Self { files, roots: vec![root], reads_everywhere })
    }

    /// The folder that `path` leads to from here. Models FileLoader.New.
    ///
    /// # Errors
    /// When there is none, or it holds one that led here.
    pub fn enter(&self, path: &str) -> Result<Self, String> {
        if path.is_empty() {
            return Err("new root cannot be empty".to_owned());
        }
        if path.starts_with('/') {
            return Err(format!("new root '{path}' cannot be absolute"));
        }
        let full = joined(self.root(), path);
        let root = confirm(self.files, &full, &full)?;
        for visited in self.roots.iter().rev() {
            if is_in(visited, &root) {
                return Err(format!("cycle detected: candidate root '{root}' contains visited root '{visited}'"));
            }
        }
        if self.roots.len() >= DEEPEST {
            return Err(format!("the lab follows kustomizations {DEEPEST} deep"));
        }
        let roots = self.roots.iter().cloned().chain([root]).collect();
        Ok(Self { files: self.files, roots, reads_everywhere: self.reads_everywhere })
    }

    /// Its path.
    pub fn root(&self) -> &str {
        self.roots.last().map_or(HOME, String::as_str)
    }

    /// A file's text. Models FileLoader.Load and loadrestrictions.go.
    ///
    /// # Errors
    /// When it is not there, or not below this folder.
    pub fn load(&self, path: &str) -> Result<&'a str, String> {
        if path.starts_with("http://") || path.starts_with("https://") {
            return Err(format!("the lab has no network, so that {path} cannot be fetched"));
        }
        let full = if path.starts_with('/') { joined("/", path) } else { joined(self.root(), path) };
        if let Some(text) = self.files.read(&full) {
            if !self.reads_everywhere && !is_in(&full, self.root()) {
                return Err(format!("security; file '{full}' is not in or below '{}'", self.root()));
            }
            return Ok(text);
        }
        if is_directory(self.files, &full) {
            return Err(format!("'{full}' must resolve to a file"));
        }
        Err(missing(self.files, &full, &full))
    }

    /// The kustomization's file: its name and text. Models target.LoadKustFile.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn kustomization(&self) -> Result<(&'static str, &'a str), String> {
        let found: Vec<_> = FILE_NAMES.into_iter().filter_map(|name| Some((name, self.load(name).ok()?))).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let [first, second, third] = FILE_NAMES;
                let root = self.root();
                Err(format!("unable to find one of '{first}', '{second}' or '{third}' in directory '{root}'"))
            }
            _ => Err(format!("Found multiple kustomization files under: {}\n", self.root())),
        }
    }
}

fn is_directory(files: &Files, path: &str) -> bool {
    path == HOME || HOME.starts_with(&format!("{}/", path.trim_end_matches('/'))) || files.is_directory(path)
}

/// Models filesys.ConfirmDir, and the words that the loader puts before.
fn confirm(files: &Files, full: &str, typed: &str) -> Result<String, String> {
    if files.read(full).is_some() {
        return Err(format!("must build at directory: '{typed}': file is not directory"));
    }
    if is_directory(files, full) {
        return Ok(full.to_owned());
    }
    Err(format!("must build at directory: not a valid directory: {}", missing(files, full, typed)))
}

/// Models fsOnDisk.CleanedAbs where a part of the path is not there.
fn missing(files: &Files, full: &str, typed: &str) -> String {
    let mut so_far = String::new();
    for part in full.split('/').filter(|part| !part.is_empty()) {
        so_far.push('/');
        so_far.push_str(part);
        if !is_directory(files, &so_far) && files.read(&so_far).is_none() {
            break;
        }
    }
    format!("evalsymlink failure on '{typed}' : lstat {so_far}: no such file or directory")
}

/// Whether `path` is `folder`, or below it.
fn is_in(path: &str, folder: &str) -> bool {
    path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Models filepath.Join.
fn joined(folder: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
