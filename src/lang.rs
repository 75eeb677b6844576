//! The languages in which the lab explains things. kubectl's own output is English in both.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The value of `?lang=` and of the document's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Reads `zh-CN`, `en` and their like.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if text.starts_with("zh") {
            Some(Self::Zh)
        } else if text.starts_with("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The one of two texts that is in this language.
    pub fn choose<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}
