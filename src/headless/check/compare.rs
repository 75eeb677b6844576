//! What is printed beside what should be: equal but for what differs from run to run.

use std::collections::BTreeSet;

use hellok8s_lab::shell::masks::Masks;

/// Whether a line stands for any lines.
fn is_gap(line: &str) -> bool {
    matches!(line.trim(), "..." | "…")
}

fn masked(line: &str) -> String {
    Masks::default().apply(line).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_blank_end(lines: &[String]) -> &[String] {
    let length = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    lines.get(..length).unwrap_or_default()
}

/// Whether `output` is what the tutorial says. `...` stands for any lines.
pub fn fits(expected: &[String], output: &[String]) -> bool {
    let (expected, output) = (without_blank_end(expected), without_blank_end(output));
    let whole = |lines: &[String]| {
        let lines: Vec<String> = Masks::default().apply(&lines.join("\n")).lines().map(masked).collect();
        lines
    };
    if !expected.iter().any(|line| is_gap(line)) {
        return whole(expected) == whole(output);
    }
    let output: Vec<String> = output.iter().map(|line| masked(line)).collect();
    let mut rest = output.as_slice();
    let parts: Vec<&[String]> = expected.split(|line| is_gap(line)).collect();
    for (number, part) in parts.iter().enumerate() {
        let part: Vec<String> = part.iter().map(|line| masked(line)).collect();
        let places = 0..=rest.len().saturating_sub(part.len());
        let is_last = number + 1 == parts.len();
        let at = places.into_iter().find(|at| {
            let is_place = (number > 0 || *at == 0) && (!is_last || part.is_empty() || at + part.len() == rest.len());
            is_place && rest.get(*at..at + part.len()) == Some(part.as_slice())
        });
        let Some(at) = at else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// A line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Keep(usize, usize),
    Remove(usize),
    Add(usize),
}

/// How many lines differ; and how many do where ReplicaSets may have any names.
pub fn distance(expected: &[String], output: &[String]) -> (usize, usize) {
    let any_hash = Masks::knowing(BTreeSet::new());
    let masked = |lines: &[String]| lines.iter().map(|line| any_hash.apply(line)).collect::<Vec<_>>();
    let count = |edits: Vec<Edit>| edits.iter().filter(|edit| !matches!(edit, Edit::Keep(..))).count();
    (count(edits(expected, output)), count(edits(&masked(expected), &masked(output))))
}

/// The longest common part of both, and what is left over.
fn edits(expected: &[String], output: &[String]) -> Vec<Edit> {
    let left: Vec<String> = expected.iter().map(|line| masked(line)).collect();
    let right: Vec<String> = output.iter().map(|line| masked(line)).collect();
    let width = right.len() + 1;
    // Lengths of the longest common parts of what follows, row by row from the end.
    let mut table = vec![0usize; (left.len() + 1) * width];
    let length = |table: &[usize], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            let best = if left.get(i) == right.get(j) {
                length(&table, i + 1, j + 1) + 1
            } else {
                length(&table, i + 1, j).max(length(&table, i, j + 1))
            };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left.get(i) == right.get(j) {
            edits.push(Edit::Keep(i, j));
            (i, j) = (i + 1, j + 1);
        } else if i < left.len() && (j >= right.len() || length(&table, i + 1, j) >= length(&table, i, j + 1)) {
            edits.push(Edit::Remove(i));
            i += 1;
        } else {
            edits.push(Edit::Add(j));
            j += 1;
        }
    }
    edits
}

/// A unified difference; `first` is the document's line at which the expected text begins.
pub fn unified(expected: &[String], output: &[String], first: usize) -> String {
    let (expected, output) = (without_blank_end(expected), without_blank_end(output));
    let mut text = format!("@@ -{first},{} +{first},{} @@\n", expected.len(), output.len());
    for edit in edits(expected, output) {
        let (sign, line) = match edit {
            Edit::Keep(i, _) => (' ', expected.get(i)),
            Edit::Remove(i) => ('-', expected.get(i)),
            Edit::Add(j) => ('+', output.get(j)),
        };
        text.push_str(&format!("{sign}{}\n", line.map_or("", String::as_str)));
    }
    text
}

/// Pairs of lines that are equal but for what differs from run to run.
pub fn pairs<'a>(expected: &'a [String], output: &'a [String]) -> Vec<(&'a str, &'a str)> {
    let pair = |edit: Edit| match edit {
        Edit::Keep(i, j) => Some((expected.get(i)?.as_str(), output.get(j)?.as_str())),
        _ => None,
    };
    edits(expected, output).into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_differs_from_run_to_run_is_equal() {
        let expected = lines("NAME   READY  AGE\nweb-574b6cc557-bbbbb  1/1   39s\n");
        let output = lines("NAME                   READY   AGE\nweb-574b6cc557-xyz24   1/1     2m3s\n");
        assert!(!fits(&expected, &output), "y is no letter of a random name");
        let output = lines("NAME                   READY   AGE\nweb-574b6cc557-xvz24   1/1     2m3s\n");
        assert!(fits(&expected, &output));
        assert_eq!(pairs(&expected, &output).len(), 2);
    }

    #[test]
    fn dots_stand_for_any_lines() {
        let output = lines("a\nb\nc\nd\n");
        for (expected, is_fit) in
            [("a\n...\nd", true), ("...\nb\nc\n...", true), ("...\nc", false), ("b\n...", false), ("...", true)]
        {
            assert_eq!(fits(&lines(expected), &output), is_fit, "{expected}");
        }
    }

    #[test]
    fn differences_name_the_documents_line() {
        let text = unified(&lines("a\nb\n"), &lines("a\nc\n"), 12);
        assert_eq!(text, "@@ -12,2 +12,2 @@\n a\n-b\n+c\n");
    }
}
