//! Making, renaming and removing files.

use hellok8s_lab::process::Files;
use leptos::prelude::*;

use super::{Document, file_names};
use crate::view::i18n::Key;

/// Characters that a file's name may have.
const LONGEST_NAME: usize = 80;
impl Document {
    /// Makes a file and opens it; answers what is wrong with the name.
    pub fn create(self, name: &str, text: &str) -> Result<(), Key> {
        let name = self.free_name(name)?;
        self.write(&name, text);
        self.names.set(file_names(self.simulation));
        self.switch(&name);
        Ok(())
    }

    /// Gives the open file another name; answers what is wrong with it.
    pub fn rename(self, name: &str) -> Result<(), Key> {
        let (old, text) = (self.name.get_untracked(), self.text.get_untracked());
        if Files::normalize(name.trim()) == old {
            return Ok(());
        }
        self.create(name, &text)?;
        self.forget(&old);
        Ok(())
    }

    /// Removes the open file; its text can be had back from the list.
    pub fn remove(self) {
        let (name, text) = (self.name.get_untracked(), self.text.get_untracked());
        self.shelf().put_aside(&text);
        self.forget(&name);
    }

    fn forget(self, name: &str) {
        self.simulation.exec(format!("rm '{name}'"), |_| ());
        if !self.is_guest.get_untracked() {
            self.shelf().forget(name);
        }
        self.reload();
    }

    fn free_name(self, name: &str) -> Result<String, Key> {
        let name = Files::normalize(name.trim());
        let is_fine = |c: char| c.is_alphanumeric() || "._-/".contains(c);
        if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_fine) {
            return Err(Key::NameWrong);
        }
        if self.names.with_untracked(|names| names.contains(&name)) {
            return Err(Key::NameTaken);
        }
        Ok(name)
    }
}
