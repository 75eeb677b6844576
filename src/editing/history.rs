//! What was done to a text, to be undone and done again.
//!
//! The editor keeps one for each file, because a browser forgets its own as soon as another text is put into the text
//! area: when a file is opened, a preset is chosen or a command writes the file.

use std::ops::Range;
use std::sync::Arc;

use super::{Edit, part};

/// Steps that are kept.
const MOST_STEPS: usize = 1_000;
/// Bytes of text that all steps together may keep.
const MOST_BYTES: usize = 8 << 20;
/// Typing that pauses longer than this begins a new step.
const JOINED_WITHIN_MS: u64 = 1_500;

/// One change: what stood at `at`, and what stands there now.
#[derive(Clone, Debug)]
struct Step {
    at: usize,
    old: String,
    new: String,
    /// What was selected before.
    before: Range<usize>,
    /// What was selected after.
    after: Range<usize>,
    /// When it was made last.
    at_ms: u64,
}

impl Step {
    fn bytes(&self) -> usize {
        self.old.len() + self.new.len()
    }

    fn is_typing(&self) -> bool {
        self.old.is_empty() && self.new.chars().count() == 1
    }

    /// Whether `next` goes on with the word that this step types.
    fn goes_on(&self, next: &Self) -> bool {
        let is_near = next.at == self.at + self.new.len() && next.at_ms.saturating_sub(self.at_ms) <= JOINED_WITHIN_MS;
        let begins_word = next.new.starts_with(|c: char| !c.is_whitespace()) && self.new.ends_with(char::is_whitespace);
        self.old.is_empty() && next.is_typing() && is_near && !begins_word && !self.new.ends_with('\n')
    }
}

/// The changes of one text.
#[derive(Clone, Debug, Default)]
pub struct History {
    text: Arc<str>,
    done: Vec<Step>,
    undone: Vec<Step>,
    bytes: usize,
}

impl History {
    /// Of a text that nothing has been done to.
    pub fn of(text: Arc<str>) -> Self {
        Self { text, ..Self::default() }
    }

    /// Notes that the text has become `text`, at a time of the page's clock.
    pub fn note(&mut self, text: &Arc<str>, before: Range<usize>, after: Range<usize>, at_ms: u64) {
        let Some(step) = self.step(text, before, after, at_ms) else { return };
        self.text = Arc::clone(text);
        self.bytes = self.bytes.saturating_sub(self.undone.drain(..).map(|step| step.bytes()).sum());
        self.bytes += step.bytes();
        match self.done.last_mut() {
            Some(last) if last.goes_on(&step) => {
                last.new.push_str(&step.new);
                (last.after, last.at_ms) = (step.after, step.at_ms);
            }
            _ => self.done.push(step),
        }
        self.forget_oldest();
    }

    fn step(&self, text: &str, before: Range<usize>, after: Range<usize>, at_ms: u64) -> Option<Step> {
        let (old, new) = (&*self.text, text);
        if old == new {
            return None;
        }
        let same = |(a, b): &(u8, u8)| a == b;
        let mut start = old.bytes().zip(new.bytes()).take_while(same).count();
        while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
            start -= 1;
        }
        let most = old.len().min(new.len()) - start;
        let mut end = old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(same).count();
        while !old.is_char_boundary(old.len() - end) || !new.is_char_boundary(new.len() - end) {
            end -= 1;
        }
        let (old, new) = (part(old, start..old.len() - end), part(new, start..new.len() - end));
        Some(Step { at: start, old: old.to_owned(), new: new.to_owned(), before, after, at_ms })
    }

    fn forget_oldest(&mut self) {
        let mut gone = 0;
        while self.done.len() - gone > MOST_STEPS || self.bytes > MOST_BYTES {
            let Some(step) = self.done.get(gone) else { break };
            self.bytes = self.bytes.saturating_sub(step.bytes());
            gone += 1;
        }
        self.done.drain(..gone);
    }

    /// Takes back the last change.
    pub fn undo(&mut self) -> Option<Edit> {
        let step = self.done.pop()?;
        let range = step.at..step.at + step.new.len();
        let edit = Edit { range, text: step.old.clone(), selection: step.before.clone() };
        self.undone.push(step);
        self.take(edit)
    }

    /// Makes the change again that was taken back last.
    pub fn redo(&mut self) -> Option<Edit> {
        let step = self.undone.pop()?;
        let range = step.at..step.at + step.old.len();
        let edit = Edit { range, text: step.new.clone(), selection: step.after.clone() };
        self.done.push(step);
        self.take(edit)
    }

    fn take(&mut self, edit: Edit) -> Option<Edit> {
        self.text = edit.apply(&self.text).into();
        Some(edit)
    }

    /// The text as it is known.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether there is something to be done again.
    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}
