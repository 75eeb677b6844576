//! A caption: a sentence in which what decides is emphasised.

use crate::lang::Lang;

/// What stands around the emphasised parts of a template.
const MARK: &str = "**";

/// A part of a caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its text.
    pub text: String,
    /// Whether it is emphasised: the number or reason that decides.
    pub is_strong: bool,
}

/// A sentence in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Its parts, in order.
    pub spans: Vec<Span>,
    /// The language that it is in.
    pub lang: Lang,
}

impl Caption {
    /// Reads a text in which `**` stands before and behind what is emphasised.
    pub fn read(marked: &str, lang: Lang) -> Self {
        let parts = marked.split(MARK).enumerate().filter(|(_, text)| !text.is_empty());
        let spans = parts.map(|(at, text)| Span { text: text.to_owned(), is_strong: at % 2 == 1 }).collect();
        Self { spans, lang }
    }

    /// The sentence without its emphasis.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_emphasis() {
        let caption = Caption::read("**maxSurge 1:** at most **4** pods.", Lang::En);
        let spans: Vec<(&str, bool)> = caption.spans.iter().map(|span| (span.text.as_str(), span.is_strong)).collect();
        assert_eq!(spans, [("maxSurge 1:", true), (" at most ", false), ("4", true), (" pods.", false)]);
        assert_eq!(caption.text(), "maxSurge 1: at most 4 pods.");
        assert_eq!(Caption::read("", Lang::Zh).spans, []);
    }
}
