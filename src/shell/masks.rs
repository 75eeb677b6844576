//! What differs between two runs of the same commands, masked, so that a recording and a replay can be compared.
//!
//! | masked | becomes |
//! |---|---|
//! | random ends of names: pods (`web-574b6cc557-lv9zv`), token volumes (`kube-api-access-xpmz9`) | `<random>` |
//! | hashes of templates that are not known, because a date stands in the template (`rollout restart`) | `<hash>` |
//! | uids | `<uid>` |
//! | container ids, image ids, sandbox ids: 64 hexadecimal digits | `<id>` |
//! | IPv4 addresses but `127.0.0.1` and `0.0.0.0` | `<ip>` |
//! | ages and other durations that stand alone or in parentheses: `5s`, `(x2 over 40s)` | `<age>` |
//! | dates, in an object's and in `describe`'s form, and the head of a logged line | `<date>` |
//! | `resourceVersion: "983"` | `<version>` |
//! | two or more spaces inside of a line: the width of a column follows from ages and names | two spaces |
//!
//! What is sorted by a masked name comes in a random order: rows of a table, items of a list, descriptions of several
//! objects. [`Masks::apply`] sorts them by what remains, and so it does with the events of a description, which follow
//! upon each other within one second as often as not. `rollout status` repeats a line at every change of the
//! Deployment, however small: of equal lines that follow upon each other one remains.

use crate::sorting;
use std::collections::BTreeSet;

/// How to mask an output.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    /// Hashes of templates that are the same in every run; none: all are.
    known_hashes: Option<BTreeSet<String>>,
}

impl Masks {
    /// Masks every hash but these.
    pub fn knowing(hashes: BTreeSet<String>) -> Self {
        Self { known_hashes: Some(hashes) }
    }

    /// `text`, masked.
    pub fn apply(&self, text: &str) -> String {
        let masked: Vec<String> = text.split('\n').map(|line| self.line(line)).collect();
        in_any_order(&masked.join("\n"))
    }

    fn line(&self, line: &str) -> String {
        let mut masked = String::with_capacity(line.len());
        let mut rest = log_head_removed(line, &mut masked);
        while let Some(c) = rest.chars().next() {
            let length = match self.token(&masked, rest) {
                Some((length, mask)) => {
                    masked.push_str(mask);
                    length
                }
                None => {
                    masked.push(c);
                    c.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        spaces_collapsed(&masked)
    }

    /// What `rest`, which follows upon `before`, begins with: its length and its mask.
    fn token(&self, before: &str, rest: &str) -> Option<(usize, &'static str)> {
        if before.ends_with("resourceVersion: \"") {
            return digits(rest).filter(|length| *length > 0).map(|length| (length, "<version>"));
        }
        if let Some(end) = rest.strip_prefix('-') {
            let is_generated = ends_with_hash(before) || before.ends_with("kube-api-access");
            let length = safe_letters(end);
            return (is_generated && length == 5).then_some((6, "-<random>"));
        }
        if before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        long_date(rest)
            .or_else(|| short_date(rest))
            .map(|length| (length, "<date>"))
            .or_else(|| uid(rest).map(|length| (length, "<uid>")))
            .or_else(|| (hexadecimal(rest) == 64).then_some((64, "<id>")))
            .or_else(|| address(rest).map(|length| (length, "<ip>")))
            .or_else(|| self.hash(before, rest).map(|length| (length, "<hash>")))
            .or_else(|| age(before, rest).map(|length| (length, "<age>")))
    }

    /// A hash that differs from run to run.
    fn hash(&self, before: &str, rest: &str) -> Option<usize> {
        let known = self.known_hashes.as_ref()?;
        let length = safe_letters(rest);
        let is_hash = (8..=10).contains(&length)
            && (before.ends_with('-') || before.ends_with("pod-template-hash=") || before.ends_with("hash: "));
        (is_hash && !known.contains(rest.get(..length)?)).then_some(length)
    }
}

/// The letters and digits of random names. Models k8s.io/apimachinery/pkg/util/rand alphanums.
fn is_safe(c: char) -> bool {
    "bcdfghjklmnpqrstvwxz2456789".contains(c)
}

/// Length of the word of safe letters that `text` begins with; 0 when others follow immediately.
fn safe_letters(text: &str) -> usize {
    let length = text.find(|c| !is_safe(c)).unwrap_or(text.len());
    let ends = !text[length..].starts_with(|c: char| c.is_ascii_alphanumeric());
    if ends { length } else { 0 }
}

fn ends_with_hash(text: &str) -> bool {
    if text.ends_with("<hash>") {
        return true;
    }
    let word = text.rsplit('-').next().unwrap_or_default();
    (6..=10).contains(&word.len()) && word.len() < text.len() && word.chars().all(is_safe)
}

fn digits(text: &str) -> Option<usize> {
    Some(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn hexadecimal(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len())
}

/// Length of what `text` begins with when it has the shape of `pattern`: `0` for a digit, `a` for a letter, `x` for a
/// hexadecimal digit, anything else for itself.
fn shape(text: &str, pattern: &str) -> Option<usize> {
    let mut chars = text.chars();
    for expected in pattern.chars() {
        let c = chars.next()?;
        let fits = match expected {
            '0' => c.is_ascii_digit(),
            'a' => c.is_ascii_alphabetic(),
            'x' => c.is_ascii_hexdigit(),
            other => c == other,
        };
        if !fits {
            return None;
        }
    }
    Some(pattern.len())
}

/// `Mon, 23 Nov 2026 07:30:15 +0000`
fn long_date(text: &str) -> Option<usize> {
    let length = shape(text, "aaa, 00 aaa 0000 00:00:00 ")?;
    let zone = text.get(length..)?;
    Some(length + shape(zone, "+0000").or_else(|| shape(zone, "aaa"))?)
}

/// `2026-11-23T07:30:15Z`
fn short_date(text: &str) -> Option<usize> {
    let length = shape(text, "0000-00-00T00:00:00")?;
    let rest = text.get(length..)?;
    let fraction = match rest.strip_prefix('.') {
        Some(rest) => 1 + digits(rest)?,
        None => 0,
    };
    rest.get(fraction..)?.starts_with('Z').then_some(length + fraction + 1)
}

fn uid(text: &str) -> Option<usize> {
    shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

fn address(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let address = text.get(..end)?.trim_end_matches('.');
    let parts: Vec<&str> = address.split('.').collect();
    let is_address = parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok());
    (is_address && !["127.0.0.1", "0.0.0.0"].contains(&address)).then_some(address.len())
}

/// `5s`, `3m28s`, `10m`: a word of its own.
fn age(before: &str, text: &str) -> Option<usize> {
    if !before.is_empty() && !before.ends_with([' ', '(', '\t']) {
        return None;
    }
    let end = text.find([' ', ')', '\t', ',']).unwrap_or(text.len());
    let mut rest = text.get(..end)?;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = digits(rest)?;
        let unit = rest.get(number..)?.chars().next()?;
        if number == 0 || !"ydhms".contains(unit) {
            return None;
        }
        rest = rest.get(number + 1..)?;
    }
    Some(end)
}

/// `E1123 07:36:26.143247   24527 ` at the beginning of a line that kubectl's logger wrote.
fn log_head_removed<'a>(line: &'a str, masked: &mut String) -> &'a str {
    let Some(length) = shape(line, "a0000 00:00:00.000000") else { return line };
    let rest = line.get(length..).unwrap_or_default().trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    masked.push_str(line.get(..1).unwrap_or_default());
    masked.push_str("<date> ");
    rest
}

/// Two or more spaces inside of the line become two.
fn spaces_collapsed(line: &str) -> String {
    let content = line.trim_start_matches(' ');
    let mut text = line.get(..line.len() - content.len()).unwrap_or_default().to_owned();
    let mut spaces = 0;
    for c in content.chars() {
        spaces = if c == ' ' { spaces + 1 } else { 0 };
        if spaces <= 2 {
            text.push(c);
        }
    }
    text
}

/// Sorts what has a random order.
fn in_any_order(text: &str) -> String {
    let parts: Vec<String> = text.split("\n\n\n").map(items_in_any_order).collect();
    let is_random = parts.len() > 1 && parts.iter().all(|part| part.contains("<random>") || part.contains("<hash>"));
    if !is_random {
        return parts.join("\n\n\n");
    }
    let mut parts: Vec<&str> = parts.iter().map(|part| part.trim_end_matches('\n')).collect();
    sorting::sort(&mut parts);
    parts.join("\n\n\n") + "\n"
}

/// `- apiVersion: …` and what belongs to it, sorted; tables likewise.
fn items_in_any_order(text: &str) -> String {
    let Some((head, list)) = text.split_once("\n- apiVersion: ") else {
        let paragraphs: Vec<String> = text.split("\n\n").map(rows_in_any_order).collect();
        return paragraphs.join("\n\n");
    };
    let (list, foot) = list.split_once("\nkind: List").unwrap_or((list, ""));
    let mut items: Vec<&str> = list.split("\n- apiVersion: ").collect();
    sorting::sort(&mut items);
    format!("{head}\n- apiVersion: {}\nkind: List{foot}", items.join("\n- apiVersion: "))
}

/// The rows of a table that names something random, or else the neighbouring lines that do; the events.
fn rows_in_any_order(paragraph: &str) -> String {
    let is_random = |line: &str| line.contains("<random>") || line.contains("<hash>");
    let mut lines: Vec<&str> = paragraph.split('\n').collect();
    lines.dedup_by(|next, line| next == line && line.starts_with("Waiting for deployment "));
    let count = lines.len();
    let is_table = lines.first().is_some_and(|line| line.starts_with("NAME ") || line.starts_with("LAST SEEN"));
    if is_table && lines.iter().any(|line| is_random(line)) {
        let end = lines.len() - usize::from(paragraph.ends_with('\n'));
        if let Some(rows) = lines.get_mut(1..end) {
            sorting::sort(rows);
        }
    } else if let Some(at) = lines.iter().position(|line| *line == "Events:") {
        let (head, rows) = lines.split_at_mut((at + 3).min(count));
        head.chunk_by_mut(|one, other| is_random(one) && is_random(other)).for_each(<[&str]>::sort_unstable);
        let end = rows.iter().position(|row| !row.starts_with(' ')).unwrap_or(rows.len());
        if let Some(rows) = rows.get_mut(..end) {
            sorting::sort(rows);
        }
    } else {
        lines.chunk_by_mut(|one, other| is_random(one) && is_random(other)).for_each(<[&str]>::sort_unstable);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_is_masked_and_nothing_else() {
        let masks = Masks::knowing(["574b6cc557".to_owned()].into());
        let cases = [
            ("hellok8s-deployment-574b6cc557-lv9zv   1/1", "hellok8s-deployment-574b6cc557-<random>  1/1"),
            ("hellok8s-deployment-5b4bc58d77   5", "hellok8s-deployment-<hash>  5"),
            ("  Normal  Pulled  4s (x7 over 64s)  kubelet", "  Normal  Pulled  <age> (x7 over <age>)  kubelet"),
            ("delay=3s timeout=1s period=3s", "delay=3s timeout=1s period=3s"),
            ("Start Time:       Mon, 23 Nov 2026 07:41:45 +0000", "Start Time:  <date>"),
            ("creationTimestamp: \"2026-11-23T07:30:15Z\"", "creationTimestamp: \"<date>\""),
            ("uid: c20ee448-ccf0-498b-8fe8-a8a654d3921e", "uid: <uid>"),
            ("resourceVersion: \"983\"", "resourceVersion: \"<version>\""),
            ("resourceVersion: \"\"", "resourceVersion: \"\""),
            ("Forwarding from 127.0.0.1:3001 -> 3000", "Forwarding from 127.0.0.1:3001 -> 3000"),
            ("IP:               10.244.1.52", "IP:  <ip>"),
            ("Node:  minikube/10.99.0.1", "Node:  minikube/<ip>"),
            ("E1123 07:36:26.143247   24527 portforward.go:522] x", "E<date> portforward.go:522] x"),
            ("/kube-api-access-xf62s (ro)", "/kube-api-access-<random> (ro)"),
        ];
        for (text, expected) in cases {
            assert_eq!(masks.apply(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_with_random_names_are_compared_in_any_order() {
        let masks = Masks::default();
        let one = "NAME          STATUS\nw-574b6cc557-bbbbb   Error\nw-574b6cc557-ccccc   Running\n";
        let other = "NAME          STATUS\nw-574b6cc557-ddddd   Running\nw-574b6cc557-fffff   Error\n";
        assert_eq!(masks.apply(one), masks.apply(other));
    }
}
