//! Brackets and quotes come in pairs.

use std::ops::Range;

use super::{Edit, line_end, line_start, part, without_comment};

/// What typing `typed` does beyond itself: wraps what is selected, brings its other half, or steps over the half that is
/// there. `None` where it is an ordinary character.
pub fn pair(text: &str, selection: Range<usize>, typed: char) -> Option<Edit> {
    let other = match typed {
        '{' => '}',
        '[' => ']',
        '"' | '\'' => typed,
        '}' | ']' => return step_over(text, selection, typed),
        _ => return None,
    };
    if !selection.is_empty() {
        let wrapped = format!("{typed}{}{other}", part(text, selection.clone()));
        let inner = selection.start + 1..selection.end + 1;
        return Some(Edit::new(selection, wrapped).selecting(inner));
    }
    if typed == other
        && let Some(edit) = step_over(text, selection.clone(), typed)
    {
        return Some(edit);
    }
    let before = before(text, selection.start);
    let is_comment = without_comment(before).len() < before.len();
    let is_quoted = count(before, '"') % 2 == 1 || count(before, '\'') % 2 == 1;
    let next = part(text, selection.start..line_end(text, selection.start)).chars().next();
    let is_free = next.is_none_or(|next| next.is_whitespace() || matches!(next, ',' | '}' | ']'));
    // An apostrophe within a word is one.
    let is_in_word = typed == other && before.ends_with(|c: char| c.is_alphanumeric() || c == '\\' || c == typed);
    if is_comment || is_quoted || !is_free || is_in_word {
        return None;
    }
    let caret = selection.start + 1;
    Some(Edit::new(selection, format!("{typed}{other}")).selecting(caret..caret))
}

/// Backspace between the halves of a pair takes both.
pub fn unpair(text: &str, selection: Range<usize>) -> Option<Edit> {
    let at = selection.start;
    let previous = part(text, 0..at).chars().next_back()?;
    let next = part(text, at..text.len()).chars().next()?;
    let is_pair = match previous {
        '{' => next == '}',
        '[' => next == ']',
        '"' | '\'' => next == previous && count(before(text, at), previous) % 2 == 1,
        _ => false,
    };
    (selection.is_empty() && is_pair).then(|| Edit::new(at - 1..at + 1, ""))
}

fn step_over(text: &str, selection: Range<usize>, typed: char) -> Option<Edit> {
    let before = before(text, selection.start);
    let is_open = match typed {
        '}' => count(before, '{') > count(before, '}'),
        ']' => count(before, '[') > count(before, ']'),
        _ => count(before, typed) % 2 == 1,
    };
    let is_next = part(text, selection.start..text.len()).starts_with(typed);
    let caret = selection.start + 1;
    (selection.is_empty() && is_open && is_next)
        .then(|| Edit::new(selection.start..selection.start, "").selecting(caret..caret))
}

fn before(text: &str, at: usize) -> &str {
    part(text, line_start(text, at)..at)
}

fn count(text: &str, wanted: char) -> usize {
    text.chars().filter(|c| *c == wanted).count()
}
