//! Tells whose lab the page shows when it is not the visitor's own, and what could not be opened.

use hellok8s_lab::session::{OWN_VERSION, SessionError};
use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::settings::{Settings, settings};
use crate::view::visit::{Notice, visit};

/// The notice below the head; nothing when there is nothing to tell.
#[component]
pub fn NoticeBar() -> impl IntoView {
    let (settings, visit) = (settings(), visit());
    let button = move |key: Key, act: fn(crate::view::visit::Visit)| {
        view! { <button type="button" class="button small" on:click=move |_| act(visit)>{settings.say(key)}</button> }
    };
    let bar = move || {
        visit.notice.get().map(|notice| {
            let text = words(&notice, settings);
            let buttons = match notice {
                Notice::Working(_) => button(Key::Cancel, crate::view::visit::Visit::cancel).into_any(),
                Notice::Shared { .. } | Notice::Brought => view! {
                    {button(Key::BackToMine, crate::view::visit::Visit::leave)}
                    {button(Key::Close, |visit| visit.notice.set(None))}
                }
                .into_any(),
                Notice::Changed => view! {
                    {button(Key::AsShared, crate::view::visit::Visit::forget_changes)}
                    {button(Key::BackToMine, crate::view::visit::Visit::leave)}
                    {button(Key::Close, |visit| visit.notice.set(None))}
                }
                .into_any(),
                Notice::Failed { .. } => button(Key::Close, |visit| visit.notice.set(None)).into_any(),
            };
            view! { <p class="notice-words">{text}</p>{buttons} }
        })
    };
    let is_there = move || visit.notice.with(Option::is_some);
    view! {
        <div class="notice" class:notice-shown=is_there role="status" data-testid="notice">{bar}</div>
    }
}

fn words(notice: &Notice, settings: Settings) -> String {
    let say = |key: Key| settings.say(key)();
    match notice {
        Notice::Working(percent) => format!("{} {percent} %", say(Key::Replaying)),
        Notice::Changed => say(Key::SharedChanged).to_owned(),
        Notice::Brought => say(Key::Brought).to_owned(),
        Notice::Shared { is_same: true, .. } => say(Key::Shared).to_owned(),
        Notice::Shared { is_same: false, made_by } => {
            format!("{} {}{}", say(Key::Shared), say(Key::SharedDiffers), versions(made_by.as_deref()))
        }
        Notice::Failed { error, made_by } => {
            let what = match error {
                SessionError::Broken(_) => say(Key::SessionBroken).to_owned(),
                SessionError::TooNew(_) => say(Key::SessionTooNew).to_owned(),
                SessionError::TooLong => say(Key::SessionTooLong).to_owned(),
                SessionError::UnknownLesson(id) => format!("{} {id}", say(Key::LessonUnknown)),
                SessionError::Lesson(problems) => {
                    let places = problems.iter().take(5).map(|problem| {
                        let (line, column) = (say(Key::Line), say(Key::Column));
                        format!("{line} {}, {column} {}: {}", problem.line, problem.column, problem.message)
                    });
                    format!("{} {}", say(Key::LessonWrong), places.collect::<Vec<_>>().join("; "))
                }
            };
            format!("{what}{} {}", versions(made_by.as_deref()), say(Key::NothingLost))
        }
    }
}

/// The version that made a link and the one that opens it, where they differ.
fn versions(made_by: Option<&str>) -> String {
    let other = made_by.filter(|version| *version != OWN_VERSION);
    other.map_or_else(String::new, |version| format!(" ({version} → {OWN_VERSION})"))
}
