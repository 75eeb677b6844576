//! The difference of two values, line by line, as the answer to a forbidden change of a pod shows it.
//!
//! Kubernetes compares its internal Go types; we compare the manifest's fields, so the line numbers are others.

use serde_json::Value;

/// Lines of unchanged text around a change.
const CONTEXT: usize = 3;

/// One line of the edit that leads from one text to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit<'a> {
    Keep(&'a str),
    Remove(&'a str),
    Add(&'a str),
}

/// A unified diff of two values' JSON. Models apimachinery's diff.Diff.
pub(super) fn line_diff(old: &Value, new: &Value) -> String {
    let (old, new) = (pretty(old), pretty(new));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let edits = edits(&old, &new);
    let mut text = String::new();
    let mut next = 0;
    while let Some(first) = edits.iter().skip(next).position(is_change).map(|offset| next + offset) {
        let start = first.saturating_sub(CONTEXT).max(next);
        let mut end = first;
        let mut quiet = 0;
        for (index, edit) in edits.iter().enumerate().skip(first) {
            quiet = if is_change(edit) { 0 } else { quiet + 1 };
            if quiet > 2 * CONTEXT {
                break;
            }
            if quiet == 0 {
                end = index + 1;
            }
        }
        end = (end + CONTEXT).min(edits.len());
        push_hunk(&mut text, &edits, start, end);
        next = end;
    }
    text
}

fn push_hunk(text: &mut String, edits: &[Edit<'_>], start: usize, end: usize) {
    let count = |edits: &[Edit<'_>], other: fn(&Edit<'_>) -> bool| edits.iter().filter(|edit| !other(edit)).count();
    let is_addition = |edit: &Edit<'_>| matches!(edit, Edit::Add(_));
    let is_removal = |edit: &Edit<'_>| matches!(edit, Edit::Remove(_));
    let (before, hunk) = (edits.get(..start).unwrap_or_default(), edits.get(start..end).unwrap_or_default());
    let header = format!(
        "@@ -{} +{} @@\n",
        range(count(before, is_addition), count(hunk, is_addition)),
        range(count(before, is_removal), count(hunk, is_removal)),
    );
    text.push_str(&header);
    for edit in hunk {
        let (sign, line) = match edit {
            Edit::Keep(line) => (' ', line),
            Edit::Remove(line) => ('-', line),
            Edit::Add(line) => ('+', line),
        };
        text.push(sign);
        text.push_str(line);
        text.push('\n');
    }
}

fn range(before: usize, length: usize) -> String {
    match length {
        0 => format!("{before},0"),
        1 => format!("{}", before + 1),
        _ => format!("{},{length}", before + 1),
    }
}

fn is_change(edit: &Edit<'_>) -> bool {
    !matches!(edit, Edit::Keep(_))
}

/// The shortest edit, by the longest common subsequence.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    let width = new.len() + 1;
    let mut lengths = vec![0_usize; (old.len() + 1) * width];
    let at = |lengths: &[usize], row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or(0);
    for (row, old_line) in old.iter().enumerate().rev() {
        for (column, new_line) in new.iter().enumerate().rev() {
            let length = if old_line == new_line {
                at(&lengths, row + 1, column + 1) + 1
            } else {
                at(&lengths, row + 1, column).max(at(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut edits = Vec::new();
    loop {
        match (old.get(row), new.get(column)) {
            (Some(old_line), Some(new_line)) if old_line == new_line => {
                edits.push(Edit::Keep(old_line));
                row += 1;
                column += 1;
            }
            (Some(old_line), new_line)
                if new_line.is_none() || at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) =>
            {
                edits.push(Edit::Remove(old_line));
                row += 1;
            }
            (_, Some(new_line)) => {
                edits.push(Edit::Add(new_line));
                column += 1;
            }
            (_, None) => return edits,
        }
    }
}

/// Go's `json.MarshalIndent` with one blank.
fn pretty(value: &Value) -> String {
    let mut text = String::new();
    push_pretty(&mut text, value, 0);
    text
}

fn push_pretty(text: &mut String, value: &Value, depth: usize) {
    let indent = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                indent(text, depth + 1);
                push_pretty(text, item, depth + 1);
            }
            indent(text, depth);
            text.push(']');
        }
        Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                indent(text, depth + 1);
                text.push_str(&super::error::go_json(&Value::from(name.as_str())));
                text.push_str(": ");
                push_pretty(text, field, depth + 1);
            }
            indent(text, depth);
            text.push('}');
        }
        _ => text.push_str(&super::error::go_json(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_line_with_its_context() {
        let old = json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": [6]});
        let new = json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 7, "f": [6]});
        assert_eq!(
            line_diff(&old, &new),
            "@@ -3,7 +3,7 @@\n  \"b\": 2,\n  \"c\": 3,\n  \"d\": 4,\n- \"e\": 5,\n+ \"e\": 7,\n  \"f\": [\n   6\n  ]\n"
        );
    }

    #[test]
    fn equal_values_have_no_difference() {
        assert_eq!(line_diff(&json!({"a": []}), &json!({"a": []})), "");
    }
}
