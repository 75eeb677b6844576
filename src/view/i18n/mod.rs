//! The page's words in both languages, a file for what the visitor sees: a missing one is a compile error.

mod frame;
mod lessons;
mod manifest;
mod nodes;
mod share;
mod side;
mod terminal;
mod theatre;
mod time;

pub use hellok8s_lab::lang::Lang;

/// Something that the page says: in Chinese, in English. `Key::Apply` and its like are constants, so that what is only
/// said later is only fetched later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(&'static (&'static str, &'static str));

/// What the page says in `lang`.
pub fn text(lang: Lang, key: Key) -> &'static str {
    let (zh, en) = *key.0;
    lang.choose(zh, en)
}

/// Constants of [`Key`]: `Name: "Chinese", "English";`.
macro_rules! words {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        #[allow(non_upper_case_globals, reason = "a key is named as a variant would be, wherever its words stand")]
        impl Key {
            $(pub const $name: Self = Self(&($zh, $en));)*
        }
    };
}
use words;
