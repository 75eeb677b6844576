//! Finding words in a text.

use std::ops::Range;

/// More are not looked for.
pub const MOST_FOUND: usize = 10_000;

/// Where `words` are, without regard to the case of ASCII letters.
pub fn find(text: &str, words: &str) -> Vec<Range<usize>> {
    let (bytes, wanted) = (text.as_bytes(), words.as_bytes());
    let mut found = Vec::new();
    let Some(first) = wanted.first().map(u8::to_ascii_lowercase) else { return found };
    let mut at = 0;
    while found.len() < MOST_FOUND {
        let Some(window) = bytes.get(at..at + wanted.len()) else { return found };
        let is_here = window.first().is_some_and(|byte| byte.to_ascii_lowercase() == first)
            && window.eq_ignore_ascii_case(wanted);
        if is_here {
            found.push(at..at + wanted.len());
            at += wanted.len();
        } else {
            at += 1;
        }
    }
    found
}
