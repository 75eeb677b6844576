//! The lessons: the list, and the step of the one that is being done.

use std::sync::Arc;

use hellok8s_lab::lessons::markdown::{Block, Span, blocks};
use hellok8s_lab::lessons::{self, Action, Lesson, Section, Task, Text};
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::visit::{self, visit};

/// Under this name and the lesson's the browser keeps with how many commands it was done.
const DONE: &str = "lesson-done:";

/// The lesson that is being done, or the list of all.
#[component]
pub fn LessonPanel() -> impl IntoView {
    let simulation = simulation();
    let current = Memo::new(move |_| {
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| progress.map(|progress| progress.lesson().id.clone()))
    });
    view! {
        <div class="lesson" data-testid="lesson">
            {move || match current.get() {
                Some(_) => view! { <Current/> }.into_any(),
                None => view! { <List/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn List() -> impl IntoView {
    let (settings, visit) = (settings(), visit());
    let all = lessons::lessons();
    let entry = move |lesson: &Arc<Lesson>| {
        let done = browser::recall(&format!("{DONE}{}", lesson.id));
        let (id, title) = (lesson.id.clone(), lesson.title.clone());
        let is_begun = done.is_none() && visit::is_begun(&id);
        let begin = move |_| visit.open_lesson(&id);
        view! {
            <li>
                <button type="button" class="lesson-entry" on:click=begin>
                    <span>{move || title.of(settings.lang.get()).to_owned()}</span>
                    {done.map(|commands| view! { <span class="lesson-done">"✓ "{commands}</span> })}
                    {is_begun.then(|| view! { <span class="lesson-begun">{settings.say(Key::LessonBegun)}</span> })}
                </button>
            </li>
        }
    };
    let sections = Section::ALL.map(|section| {
        let entries: Vec<_> = all.iter().filter(|lesson| lesson.section == section).map(entry).collect();
        view! {
            <h3>{move || section.title(settings.lang.get())}</h3>
            <ul>{entries}</ul>
        }
    });
    view! { <div class="lesson-list">{sections.into_iter().collect_view()}</div> }
}

/// The present step.
#[component]
fn Current() -> impl IntoView {
    let (settings, simulation, visit) = (settings(), simulation(), visit());
    let hints = RwSignal::new(0_usize);
    let shows_solution = RwSignal::new(false);
    let step_number = Memo::new(move |_| {
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| progress.map_or(0, hellok8s_lab::lessons::Progress::step_number))
    });
    Effect::new(move |_| {
        step_number.track();
        hints.set(0);
        shows_solution.set(false);
    });
    let leave = move |_| visit.leave();
    let again = move |_| visit.restart_lesson();
    let body = move || {
        let (lang, hints) = (settings.lang.get(), hints.get());
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| {
            let progress = progress?;
            let lesson = progress.lesson();
            let mut parts: Vec<AnyView> = Vec::new();
            if progress.step_number() == 0 {
                parts.push(markdown(&lesson.intro, lang));
            }
            if let Some(before) = progress.step_number().checked_sub(1).and_then(|at| lesson.steps.get(at)) {
                parts.push(view! { <div class="lesson-said">{markdown(&before.done, lang)}</div> }.into_any());
            }
            match progress.step() {
                Some(step) => {
                    parts.push(markdown(&step.text, lang));
                    if let Task::Question(choices) = &step.task {
                        let wrong = progress.wrong_choices().to_vec();
                        let buttons = choices.iter().enumerate().map(|(at, choice)| {
                            let was_wrong = wrong.contains(&at);
                            let reply = was_wrong.then(|| markdown(&choice.reply, lang));
                            view! {
                                <li>
                                    <button type="button" class="lesson-choice" disabled=was_wrong
                                        on:click=move |_| simulation.choose(at)>{markdown(&choice.text, lang)}</button>
                                    {reply}
                                </li>
                            }
                        });
                        parts.push(view! { <ol class="lesson-choices">{buttons.collect_view()}</ol> }.into_any());
                    }
                    for hint in step.hints.iter().take(hints) {
                        parts.push(view! { <div class="lesson-hint">{markdown(hint, lang)}</div> }.into_any());
                    }
                    if progress.is_lost() {
                        let lost = settings.say(Key::LessonLost);
                        parts.push(view! {
                            <p class="lesson-lost">{lost}" "<button type="button" class="button small" on:click=move |_| simulation.retry_step()>{settings.say(Key::LessonRetry)}</button></p>
                        }.into_any());
                    }
                }
                None => {
                    let commands = progress.commands();
                    browser::keep(&format!("{DONE}{}", lesson.id), &commands.to_string());
                    let (words, par) = (settings.say(Key::LessonFinished), settings.say(Key::LessonPar));
                    parts.push(view! { <p class="lesson-finished"><b>{words}</b>" "{commands}" / "{lesson.par}" "{par}</p> }.into_any());
                }
            }
            Some(parts)
        })
    };
    let title = move || {
        simulation.lesson_changes.track();
        simulation.with_progress(|progress| {
            progress.map(|progress| {
                let (step, steps) = (progress.step_number() + 1, progress.lesson().steps.len());
                let title = progress.lesson().title.of(settings.lang.get()).to_owned();
                format!("{title} ({}/{steps})", step.min(steps))
            })
        })
    };
    let solution = move || {
        simulation.lesson_changes.track();
        let actions = simulation.with_progress(|progress| {
            Some(progress?.step()?.solution.iter().map(in_words).collect::<Vec<_>>().join("\n"))
        });
        actions
            .filter(|_| shows_solution.get())
            .map(|text| view! { <pre class="lesson-solution" tabindex="0">{text}</pre> })
    };
    view! {
        <h3>{title}</h3>
        <div class="lesson-body" aria-live="polite">{body}</div>
        {solution}
        <div class="lesson-buttons">
            <button type="button" class="button small" on:click=move |_| hints.update(|hints| *hints += 1)>{settings.say(Key::LessonHint)}</button>
            <button type="button" class="button small" aria-pressed=move || shows_solution.get().to_string()
                on:click=move |_| shows_solution.update(|shows| *shows = !*shows)>{settings.say(Key::LessonSolution)}</button>
            <button type="button" class="button small" on:click=again>{settings.say(Key::LessonReset)}</button>
            <button type="button" class="button small" on:click=leave>{settings.say(Key::LessonLeave)}</button>
        </div>
    }
}

/// An action as a person does it.
fn in_words(action: &Action) -> String {
    match action {
        Action::Run(line) => format!("$ {line}"),
        Action::Write { file, text } => format!("{file}:\n{text}"),
        Action::Edit { file, from, to } => format!("{file}: {} → {}", from.trim(), to.trim()),
        Action::Apply(file) => format!("$ kubectl apply -f {file}"),
        Action::Wait(ms) => format!("… {} s", ms / 1000),
    }
}

fn markdown(text: &Text, lang: hellok8s_lab::lang::Lang) -> AnyView {
    blocks(text.of(lang))
        .into_iter()
        .map(|block| match block {
            Block::Paragraph(spans) => view! { <p>{spans.into_iter().map(span).collect_view()}</p> }.into_any(),
            Block::List { is_numbered, items } => {
                let items = items
                    .into_iter()
                    .map(|item| view! { <li>{item.into_iter().map(span).collect_view()}</li> })
                    .collect_view();
                if is_numbered {
                    view! { <ol class="marked">{items}</ol> }.into_any()
                } else {
                    view! { <ul class="marked">{items}</ul> }.into_any()
                }
            }
            Block::Code(code) => view! { <pre>{code}</pre> }.into_any(),
        })
        .collect_view()
        .into_any()
}

fn span(span: Span) -> AnyView {
    match span {
        Span::Plain(text) => text.into_any(),
        Span::Code(text) => view! { <code>{text}</code> }.into_any(),
        Span::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
    }
}
