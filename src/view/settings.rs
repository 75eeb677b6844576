//! Language, theme and the other choices that the address or an earlier visit made.

use hellok8s_lab::api::KubernetesVersion;
use hellok8s_lab::lab::pace::Speed;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::{self, Key, Lang};
use crate::view::share::link;
use crate::view::survival;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The value of `?theme=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its name.
    pub fn key(self) -> Key {
        match self {
            Self::Auto => Key::ThemeAuto,
            Self::Light => Key::ThemeLight,
            Self::Dark => Key::ThemeDark,
        }
    }

    /// Reads `light`, `dark`, `auto`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == text)
    }
}

/// The visitor's choices.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Language.
    pub lang: RwSignal<Lang>,
    /// Theme.
    pub theme: RwSignal<Theme>,
}

impl Settings {
    /// As the address says, else as chosen before, else as the browser prefers.
    pub fn load() -> Self {
        let lang = browser::parameter("lang")
            .or_else(|| browser::recall("lang"))
            .and_then(|text| Lang::parse(&text))
            .or_else(|| browser::languages().iter().find_map(|language| Lang::parse(language)))
            .unwrap_or_default();
        let theme = browser::parameter("theme")
            .or_else(|| browser::recall("theme"))
            .and_then(|text| Theme::parse(&text))
            .unwrap_or_default();
        let settings = Self { lang: RwSignal::new(lang), theme: RwSignal::new(theme) };
        settings.follow_lang(lang);
        settings.follow_theme(theme);
        settings
    }

    /// Chooses a language, also for the next visit.
    pub fn choose_lang(self, lang: Lang) {
        browser::keep("lang", lang.code());
        self.follow_lang(lang);
    }

    /// Chooses a theme, also for the next visit.
    pub fn choose_theme(self, theme: Theme) {
        browser::keep("theme", theme.code());
        self.follow_theme(theme);
    }

    /// What the page says, now and after every change of the language.
    pub fn say(self, key: Key) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
        move || i18n::text(self.lang.get(), key)
    }

    /// Shows the page in a language for this visit.
    pub fn follow_lang(self, lang: Lang) {
        self.lang.set(lang);
        browser::mark_root("lang", Some(lang.code()));
    }

    /// Shows the page in a theme for this visit.
    pub fn follow_theme(self, theme: Theme) {
        self.theme.set(theme);
        browser::mark_root("data-theme", Some(theme.code()).filter(|_| theme != Theme::Auto));
    }
}

/// The settings of the page that is being built.
pub fn settings() -> Settings {
    expect_context()
}

/// What a visit begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Pods that run.
    Running,
    /// Nothing.
    Empty,
}

impl Start {
    /// The value of `?start=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Empty => "empty",
        }
    }
}

/// `?start=`; without it, what the visitor has chosen before, and running pods on a first visit. A lesson, somebody's link
/// and another site's page say themselves what they begin with; after the page has stopped nothing runs by itself.
pub fn start() -> Start {
    let is_somebodys = is_embedded() || browser::parameter("lesson").is_some() || link::present().is_some();
    if survival::has_stopped() {
        return Start::Empty;
    }
    let chosen = browser::parameter("start").or_else(|| browser::recall("start").filter(|_| !is_somebodys));
    match chosen.as_deref() {
        Some("running") => Start::Running,
        Some("empty") => Start::Empty,
        _ if is_somebodys => Start::Empty,
        _ => Start::Running,
    }
}

/// `?seed=`, 1 without.
pub fn seed() -> u64 {
    browser::parameter("seed").and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// `?speed=`, else as chosen before, else the story.
pub fn pace() -> Speed {
    let chosen = browser::parameter("speed").or_else(|| browser::recall("speed"));
    chosen.and_then(|text| Speed::parse(&text)).unwrap_or(Speed::Story)
}

/// `?k8s=`.
pub fn version() -> KubernetesVersion {
    browser::parameter("k8s").and_then(|text| KubernetesVersion::parse(&text)).unwrap_or_default()
}

/// Whether the page shows `panel`: `?panels=` names those that it shows, and without it all are shown.
pub fn shows(panel: &str) -> bool {
    browser::parameter("panels").is_none_or(|panels| panels.split(',').any(|name| name.trim() == panel))
}

/// `?embed=1`: the page sits in another one and keeps its heading to itself.
pub fn is_embedded() -> bool {
    browser::parameter("embed").is_some_and(|value| value == "1")
}

/// `?attached=1`: the page around has a button that runs the block of YAML which stands before this lab.
pub fn is_attached() -> bool {
    is_embedded() && browser::parameter("attached").is_some_and(|value| value == "1")
}

/// Stands before the names under which this page keeps what was typed: an embedded one keeps to itself, and several on
/// one site keep apart by their `?id=`.
pub fn shelf() -> String {
    if !is_embedded() {
        return String::new();
    }
    let id = browser::parameter("id").or_else(|| browser::parameter("lesson")).unwrap_or_default();
    format!("embed:{id}:")
}
