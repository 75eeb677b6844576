//! A caption: a sentence in which what decides is emphasised.

use crate::lang::Lang;

/// What stands around what is emphasised.
pub const MARK: &str = "**";

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
        let mut caption = Self { spans: Vec::new(), lang };
        marked.split(MARK).enumerate().for_each(|(at, text)| caption.append(text, at % 2 == 1));
        caption
    }

    /// Appends text.
    pub fn append(&mut self, text: &str, is_strong: bool) {
        match self.spans.last_mut().filter(|span| span.is_strong == is_strong) {
            _ if text.is_empty() => {}
            Some(span) => span.text.push_str(text),
            None => self.spans.push(Span { text: text.to_owned(), is_strong }),
        }
    }

    /// The sentence without its emphasis.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// The shortest part of a name that may be one that Kubernetes has made up.
const MADE_UP: usize = 5;
/// The letters of such parts. Models k8s.io/apimachinery/pkg/util/rand alphanums.
const MADE_UP_OF: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The name of a pod or ReplicaSet without what all of its Deployment share: the part that Kubernetes has made up, else
/// all of it.
pub fn short_name(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((_, last)) if last.len() >= MADE_UP && last.chars().all(|letter| MADE_UP_OF.contains(letter)) => last,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_name_is_short() {
        assert_eq!(short_name("hellok8s-deployment-6cbdd75c98-s6hv7"), "s6hv7");
        assert_eq!(short_name("hellok8s-deployment-6cbdd75c98"), "6cbdd75c98");
        assert_eq!(short_name("hellok8s-pod"), "hellok8s-pod");
        assert_eq!(short_name("my-nginx"), "my-nginx");
        assert_eq!(short_name("web"), "web");
    }

    #[test]
    fn marks_become_emphasis() {
        let caption = Caption::read("**maxSurge 1:** at most **4** pods.", Lang::En);
        let spans: Vec<(&str, bool)> = caption.spans.iter().map(|span| (span.text.as_str(), span.is_strong)).collect();
        assert_eq!(spans, [("maxSurge 1:", true), (" at most ", false), ("4", true), (" pods.", false)]);
        assert_eq!(caption.text(), "maxSurge 1: at most 4 pods.");
        assert_eq!(Caption::read("", Lang::Zh).spans, []);
    }
}
