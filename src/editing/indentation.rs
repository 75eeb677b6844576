//! Enter, Tab, Shift-Tab, Backspace and comments: what keeps a manifest's lines in their columns.

use std::ops::Range;

use super::{Edit, line_end, line_start, part, without_comment};

/// Columns of a level.
const LEVEL: usize = 2;

/// Enter: the next line begins where this one's content does, and a level deeper behind `key:`.
pub fn newline(text: &str, selection: Range<usize>) -> Edit {
    let before = part(text, line_start(text, selection.start)..selection.start);
    let indentation = if before.trim_matches(' ').is_empty() { before.len() } else { next_column(before) };
    // What stood behind spaces at the caret begins at the new line's column.
    let rest = part(text, selection.end..line_end(text, selection.end));
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    Edit::new(selection.start..selection.end + spaces, format!("\n{}", " ".repeat(indentation)))
}

/// The column at which the line behind `line` begins.
fn next_column(line: &str) -> usize {
    if line.starts_with("---") {
        return 0;
    }
    let content = without_comment(line).trim_end();
    let mut rest = content.trim_start_matches(' ');
    let indentation = content.len() - rest.len();
    if rest.is_empty() {
        return line.len() - line.trim_start_matches(' ').len();
    }
    let mut column = indentation;
    while let Some(after) = rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
        let inner = after.trim_start_matches(' ');
        column += if inner.is_empty() { LEVEL } else { rest.len() - inner.len() };
        rest = inner;
    }
    if rest.ends_with([':', '{', '[']) || opens_block(rest) {
        column + LEVEL
    } else if rest.is_empty() || rest.contains(": ") {
        column
    } else {
        // An item that is a plain value: the next one begins where it did.
        indentation
    }
}

/// Whether the line ends in the head of a text that goes on below it: `|`, `>-` and their like.
fn opens_block(content: &str) -> bool {
    let head = content.rsplit(' ').next().unwrap_or_default();
    let mut chars = head.chars();
    matches!(chars.next(), Some('|' | '>')) && chars.all(|c| matches!(c, '+' | '-' | '1'..='9'))
}

/// Tab: spaces up to the next level at a caret; a selection's lines go a level deeper.
pub fn indent(text: &str, selection: Range<usize>) -> Edit {
    if selection.is_empty() {
        let column = part(text, line_start(text, selection.start)..selection.start).chars().count();
        return Edit::new(selection, " ".repeat(LEVEL - column % LEVEL));
    }
    change_lines(text, selection, |line| {
        if line.is_empty() { line.to_owned() } else { format!("{}{line}", " ".repeat(LEVEL)) }
    })
}

/// Shift-Tab: the lines of the caret or of the selection come out by a level. `None` where none can.
pub fn outdent(text: &str, selection: Range<usize>) -> Option<Edit> {
    let edit = change_lines(text, selection, |line| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        match line.strip_prefix('\t') {
            Some(rest) => rest.to_owned(),
            None => part(line, spaces.min(LEVEL)..line.len()).to_owned(),
        }
    });
    (part(text, edit.range.clone()) != edit.text).then_some(edit)
}

/// Ctrl + `/`: makes comments of the lines of the caret or of the selection, or takes that back where all of them are.
pub fn comment(text: &str, selection: Range<usize>) -> Edit {
    let lines = part(text, lines_of(text, &selection));
    let content = || lines.split('\n').filter(|line| !line.trim().is_empty());
    let are_comments = content().count() > 0 && content().all(|line| line.trim_start().starts_with('#'));
    let column = content().map(|line| line.len() - line.trim_start_matches(' ').len()).min().unwrap_or(0);
    change_lines(text, selection, |line| {
        if line.trim().is_empty() {
            return line.to_owned();
        }
        if are_comments {
            let (indentation, behind) = line.split_once('#').unwrap_or((line, ""));
            return format!("{indentation}{}", behind.strip_prefix(' ').unwrap_or(behind));
        }
        format!("{}# {}", part(line, 0..column), part(line, column..line.len()))
    })
}

/// Backspace in an indentation: back to the level before. `None` where it is to delete as usual.
pub fn backspace(text: &str, selection: Range<usize>) -> Option<Edit> {
    if !selection.is_empty() {
        return None;
    }
    let before = part(text, line_start(text, selection.start)..selection.start);
    let is_indentation =
        before.len() >= LEVEL && before.len().is_multiple_of(LEVEL) && before.trim_matches(' ').is_empty();
    is_indentation.then(|| Edit::new(selection.start - LEVEL..selection.start, ""))
}

/// The whole lines that a selection touches; one that ends before a line's first character does not touch it.
fn lines_of(text: &str, selection: &Range<usize>) -> Range<usize> {
    let is_before_line = !selection.is_empty() && part(text, 0..selection.end).ends_with('\n');
    let last = if is_before_line { selection.end - 1 } else { selection.end };
    line_start(text, selection.start)..line_end(text, last)
}

fn change_lines(text: &str, selection: Range<usize>, change: impl Fn(&str) -> String) -> Edit {
    let range = lines_of(text, &selection);
    let old = part(text, range.clone());
    let new = old.split('\n').map(change).collect::<Vec<_>>().join("\n");
    let first = |text: &str| text.split('\n').next().unwrap_or_default().len();
    // What is selected stays so: each of its ends keeps its distance to the end of what it is in.
    let (old_first, new_first) = (first(old), first(&new));
    let to_line_end = old_first.saturating_sub(selection.start - range.start);
    let start = range.start + new_first.saturating_sub(to_line_end);
    let end = (range.start + new.len()).saturating_sub(range.end.saturating_sub(selection.end));
    let end = if selection.end > range.end { range.start + new.len() + 1 } else { end.max(start) };
    let selection = if selection.is_empty() { start..start } else { start..end };
    Edit { range, text: new, selection }
}
