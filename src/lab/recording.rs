//! What was done in a lab, so that it can be done again: a [`crate::session::Session`] is made of it.
//!
//! Nothing else decides what a lab is like: the same inputs at the same moments give the same lab. What comes to the
//! same is kept in one form: while no command runs, only the last and the shown moment count, not how they were
//! reached, and of a file only what it holds when a command could read it.

use crate::process::Files;
use crate::sim::{Log, SimTime};

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time passed: all that was due up to and including this moment has happened.
    Until(SimTime),
    /// So many events were handled, one by one.
    Steps(u64),
    /// A line was typed.
    Submit {
        /// Into which terminal.
        terminal: usize,
        /// The line, or several.
        line: String,
    },
    /// Ctrl-C in this terminal.
    Interrupt(usize),
    /// A file was written.
    Write {
        /// Its path.
        file: String,
        /// What became of its text.
        patch: Patch,
    },
    /// The editor that `kubectl edit` had opened was closed.
    EndEdit,
    /// Another moment was shown.
    Seek(SimTime),
    /// A former history was restored.
    UndoFork,
    /// An answer of the lesson's step was chosen, counted from 0.
    Choose(usize),
    /// The lesson's step was begun anew.
    Retry,
}

/// How a text became another one: a piece of it was replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// 0: the file's own text before. Else the manifest of this number in [`super::PRESETS`], counted from 1.
    pub base: usize,
    /// Where the piece begins, in bytes.
    pub from: usize,
    /// How long it is, in bytes.
    pub cut: usize,
    /// What stands there instead.
    pub text: String,
}

impl Patch {
    /// The shortest patch that makes `after`, out of the file's own text before or of a preset.
    pub fn between(before: &str, after: &str) -> Self {
        let presets = super::PRESETS.iter().map(|(_, text)| *text).enumerate().map(|(at, text)| (at + 1, text));
        let bases = std::iter::once((0, before)).chain(presets);
        let patches = bases.map(|(base, text)| {
            let (from, cut, until) = difference(text, after);
            Self { base, from, cut, text: after.get(from..until).unwrap_or_default().to_owned() }
        });
        patches.min_by_key(|patch| patch.text.len()).unwrap_or_default()
    }

    /// The text that it makes; nothing when it does not fit.
    pub fn apply(&self, before: &str) -> Option<String> {
        let base = match self.base.checked_sub(1) {
            None => before,
            Some(preset) => super::PRESETS.get(preset)?.1,
        };
        let until = self.from.checked_add(self.cut)?;
        Some(format!("{}{}{}", base.get(..self.from)?, self.text, base.get(until..)?))
    }
}

/// Where two texts begin to differ, how long the differing piece of the first is, and where that of the second ends.
fn difference(before: &str, after: &str) -> (usize, usize, usize) {
    let same = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let from = (0..=same).rev().find(|at| before.is_char_boundary(*at) && after.is_char_boundary(*at)).unwrap_or(0);
    let rest = before.len().min(after.len()) - from;
    let tail = before.bytes().rev().zip(after.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let is_boundary =
        |tail: &usize| before.is_char_boundary(before.len() - tail) && after.is_char_boundary(after.len() - tail);
    let tail = (0..=tail).rev().find(is_boundary).unwrap_or(0);
    (from, before.len() - tail - from, after.len() - tail)
}

/// What has been done so far.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    inputs: Log<Input>,
    /// How time has passed since the last of them.
    time: Vec<Input>,
    /// Files that were written since the last of them, with their texts before that, if there were any.
    written: Vec<(String, Option<String>)>,
    /// Whether every writing counts, since somebody looks at the files all the time: a lesson.
    is_watched: bool,
    /// How it was just after the last input.
    anchor: Anchor,
}

/// How a lab was at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    /// The moment shown.
    pub now: SimTime,
    /// The last one reached.
    pub end: SimTime,
    /// Whether no command ran.
    pub is_calm: bool,
}

impl Default for Anchor {
    fn default() -> Self {
        Self { now: SimTime::ZERO, end: SimTime::ZERO, is_calm: true }
    }
}

impl Recording {
    /// A recording that begins here. In a watched one every writing of a file counts.
    pub(super) fn begin(anchor: Anchor, is_watched: bool) -> Self {
        Self { is_watched, anchor, ..Self::default() }
    }

    /// All that was done, as it can be done again.
    pub fn inputs(&self, files: &Files) -> Vec<Input> {
        let writes = self.writes(files);
        self.inputs.iter().chain(&self.time).cloned().chain(writes).collect()
    }

    /// Whether nothing was done but to let time pass.
    pub fn is_untouched(&self) -> bool {
        self.inputs.is_empty() && self.written.is_empty()
    }

    /// Something other than the passing of time happens; [`Recording::settle`] tells how it is after that.
    pub(super) fn done(&mut self, input: Input, files: &Files) {
        self.flush(files);
        self.inputs.push(input);
    }

    /// How it is after what was told last.
    pub(super) fn settle(&mut self, anchor: Anchor) {
        self.anchor = anchor;
    }

    /// A file is about to hold `after`. Answers whether that is an input of its own, after which [`Recording::settle`]
    /// has to tell how it is.
    pub(super) fn write(&mut self, path: &str, after: &str, files: &Files) -> bool {
        let path = Files::normalize(path);
        let before = files.read(&path);
        if before == Some(after) {
            return false;
        }
        if self.anchor.is_calm && !self.is_watched {
            if !self.written.iter().any(|(known, _)| *known == path) {
                self.written.push((path, before.map(str::to_owned)));
            }
            return false;
        }
        let patch = Patch::between(before.unwrap_or_default(), after);
        self.done(Input::Write { file: path, patch }, files);
        true
    }

    /// Events were handled one by one.
    pub(super) fn stepped(&mut self) {
        match self.time.last_mut() {
            Some(Input::Steps(steps)) => *steps += 1,
            _ => self.time.push(Input::Steps(1)),
        }
    }

    /// Time has passed.
    pub(super) fn ran(&mut self, anchor: Anchor) {
        if self.anchor.is_calm {
            return self.shown(anchor);
        }
        while matches!(self.time.last(), Some(Input::Until(_) | Input::Steps(_))) {
            self.time.pop();
        }
        self.time.push(Input::Until(anchor.now));
        if anchor.is_calm {
            // The last command has ended meanwhile.
            std::mem::take(&mut self.time).into_iter().for_each(|input| self.inputs.push(input));
            self.anchor = anchor;
        }
    }

    /// Another moment is shown.
    pub(super) fn sought(&mut self, anchor: Anchor) {
        if self.anchor.is_calm {
            return self.shown(anchor);
        }
        if matches!(self.time.last(), Some(Input::Seek(_))) {
            self.time.pop();
        }
        self.time.push(Input::Seek(anchor.now));
    }

    /// While nothing runs, only these two moments count.
    fn shown(&mut self, Anchor { now, end, .. }: Anchor) {
        self.time.clear();
        let mut at = self.anchor.now;
        if end > self.anchor.end {
            self.time.push(Input::Until(end));
            at = end;
        }
        if now != at {
            self.time.push(Input::Seek(now));
        } else if self.time.is_empty() {
            // What was due at this very moment has happened.
            self.time.push(Input::Until(now));
        }
    }

    fn flush(&mut self, files: &Files) {
        for input in std::mem::take(&mut self.time).into_iter().chain(self.writes(files)) {
            self.inputs.push(input);
        }
        self.written.clear();
    }

    fn writes(&self, files: &Files) -> Vec<Input> {
        let write = |(file, before): &(String, Option<String>)| {
            let after = files.read(file).filter(|after| before.as_deref() != Some(*after))?;
            let patch = Patch::between(before.as_deref().unwrap_or_default(), after);
            Some(Input::Write { file: file.clone(), patch })
        };
        self.written.iter().filter_map(write).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_makes_the_text_again() {
        let preset = super::super::PRESETS[1].1;
        for (before, after) in [
            ("", ""),
            ("", "a"),
            ("a", ""),
            ("abc", "abxc"),
            ("aaa", "aaaa"),
            ("aaaa", "aa"),
            ("容器", "容量"),
            ("é", "è"),
            ("xy", preset),
            (preset, "xy"),
        ] {
            let patch = Patch::between(before, after);
            assert_eq!(patch.apply(before).as_deref(), Some(after), "{before:?} → {after:?}: {patch:?}");
        }
        assert_eq!(Patch::between("anything", preset).text, "");
    }

    #[test]
    fn a_patch_that_does_not_fit_makes_nothing() {
        let wrong = |base, from, cut| Patch { base, from, cut, text: String::new() }.apply("容");
        assert_eq!(wrong(0, 1, 0), None);
        assert_eq!(wrong(0, 0, 4), None);
        assert_eq!(wrong(0, 1, usize::MAX), None);
        assert_eq!(wrong(99, 0, 0), None);
    }
}
