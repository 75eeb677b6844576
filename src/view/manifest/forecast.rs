//! The forecast under the editor: what applying the file would do, told while it is being typed; and the same change
//! under other strategies, side by side on the same clock.

use std::sync::Arc;

use hellok8s_lab::lab::forecast::{Change, Forecast, Forecaster, Outcome, Strategy};
use leptos::prelude::*;

use crate::view::browser::{self, Patience};
use crate::view::i18n::Key;
use crate::view::manifest::comparison::{Comparison, FilmClock};
use crate::view::manifest::document::{LONGEST_READ, document};
use crate::view::settings::{Settings, settings};
use crate::view::simulation::{Simulation, simulation};

/// Seeds of the runs after the first one.
const SEEDS: [u64; 2] = [101, 102];
/// Between a change and its forecast, so that typing is not disturbed.
const PATIENCE_US: u64 = 500_000;
/// How much of a frame may go into forecasts, and where in the frame they have to end: the simulation comes first.
const FRAME_WORK_US: u64 = 1_000;
const FRAME_END_US: u64 = 3_000;
/// The same while time stands still, so that there is nothing else to do.
const IDLE_FRAME_WORK_US: u64 = 8_000;
/// With more pods than this one run has to do.
const MANY_PODS: usize = 200;
/// With more pods than this no forecast is made: nobody would wait for its end.
const MOST_PODS: usize = 2_000;

/// What is compared: first what the manifest says, which is named in the visitor's language.
pub(super) const STRATEGIES: [(&str, Strategy); 5] = [
    ("", Strategy::AsWritten),
    ("25% / 25%", Strategy::RollingUpdate { max_surge: "25%", max_unavailable: "25%" }),
    ("1 / 0", Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" }),
    ("0 / 1", Strategy::RollingUpdate { max_surge: "0", max_unavailable: "1" }),
    ("Recreate", Strategy::Recreate),
];

/// How it stands while there is no forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is being worked out, and so many simulated seconds have been looked at.
    Working(u64),
    /// There are too many pods.
    TooMany,
}

/// The work that is under way.
struct Work {
    /// What was asked for, and when.
    asked: Option<(Arc<str>, u64, u64)>,
    /// The forecast of the file as it is written.
    written: Option<Forecaster>,
    /// The strategies that are still to be tried, and the one that is being tried.
    to_compare: Vec<usize>,
    compared: Option<(usize, Forecaster)>,
    /// The file, its text and the cluster's changes that the shown forecast belongs to.
    known: Option<(Arc<str>, u64)>,
    patience: Patience,
}

impl Work {
    const fn new() -> Self {
        let patience = Patience::of(7);
        Self { asked: None, written: None, to_compare: Vec::new(), compared: None, known: None, patience }
    }
}

/// The forecast.
#[component]
pub fn ForecastLine() -> impl IntoView {
    let (settings, simulation, document) = (settings(), simulation(), document());
    let shown = RwSignal::new_local(None::<Forecast>);
    let comparison = RwSignal::new_local(Vec::<(usize, Forecast)>::new());
    let (compares, clock) = (RwSignal::new(false), FilmClock::start());
    let standing = RwSignal::new(Standing::Working(0));
    let work = StoredValue::new_local(Work::new());
    browser::on_every_frame(move |at_us| {
        // A forecast runs the controllers, and the page need not wait for them.
        if !browser::is_whole() {
            return;
        }
        let Some(text) = document.text.try_get_untracked() else { return };
        // What is not read while it is typed is not forecast either.
        if text.len() > LONGEST_READ {
            return;
        }
        let changes = simulation.spec_changes.get_untracked();
        work.update_value(|work| {
            let is_new = work.known.as_ref().is_none_or(|(known, of)| *known != text || *of != changes);
            if is_new {
                let since = match &work.asked {
                    Some((asked, of, since)) if *asked == text && *of == changes => *since,
                    _ => at_us,
                };
                work.asked = Some((text.clone(), changes, since));
                // Nor is it worked out any further.
                (work.written, work.compared) = (None, None);
                work.to_compare.clear();
                stand(standing, Standing::Working(0));
                // What was told of another text is not told of this one.
                if shown.with_untracked(Option::is_some) {
                    shown.set(None);
                }
                if at_us.saturating_sub(since) >= PATIENCE_US {
                    work.known = Some((text, changes));
                    work.written = begin(simulation, &document.name.get_untracked(), &Strategy::AsWritten);
                    if work.written.is_none() {
                        stand(standing, Standing::TooMany);
                    }
                    if compares.get_untracked() {
                        compare(work, comparison);
                    }
                }
            }
            if let Some(written) = &work.written {
                stand(standing, Standing::Working(written.looked_ms() / 1000));
            }
            let is_idle = !simulation.playing.get_untracked();
            if browser::frame_gone_us() >= FRAME_END_US {
                browser::fill_frame();
            }
            if !is_idle && !work.patience.is_over() {
                return;
            }
            if let Some(forecast) = work.written.as_mut().and_then(|written| go_on(written, is_idle)) {
                work.written = None;
                shown.set(Some(forecast));
            } else if work.written.is_none() {
                if let Some((at, forecaster)) = &mut work.compared {
                    if let Some(forecast) = go_on(forecaster, is_idle) {
                        let at = *at;
                        work.compared = None;
                        comparison.update(|comparison| comparison.push((at, forecast)));
                    }
                } else if let Some(at) = work.to_compare.pop()
                    && let Some((_, strategy)) = STRATEGIES.get(at)
                {
                    let forecaster = begin(simulation, &document.name.get_untracked(), strategy);
                    work.compared = forecaster.map(|forecaster| (at, forecaster));
                }
            }
        });
    });
    let toggle = move |_| {
        compares.update(|compares| *compares = !*compares);
        if compares.get_untracked() {
            work.update_value(|work| compare(work, comparison));
        }
    };
    let is_large = Memo::new(move |_| standing.get() == Standing::TooMany);
    let looked = move || match standing.get() {
        Standing::Working(seconds) if seconds > 0 && shown.with(Option::is_none) => Some(seconds),
        _ => None,
    };
    let line = move || shown.with(|forecast| forecast.as_ref().map(|forecast| in_words(forecast, settings)));
    let can_compare = move || {
        shown.with(|forecast| forecast.as_ref().is_some_and(|forecast| matches!(forecast.change, Change::RollsOut)))
    };
    view! {
        <div class="forecast">
            <p data-testid="forecast" role="status" class=move || shown.with(|forecast| tone(forecast.as_ref()))>
                <b>{settings.say(Key::Forecast)}</b>" "
                {move || line().unwrap_or_else(|| {
                    let key = if is_large.get() { Key::ForecastMany } else { Key::ForecastNone };
                    settings.say(key)().to_owned()
                })}
            </p>
            // Beside it, because nobody wants to be told of each second.
            {move || looked().map(|seconds| view! {
                <p class="hint forecast-looked" aria-hidden="true">{settings.say(Key::ForecastLooked)}" "{seconds}" s"</p>
            })}
            <Show when=move || can_compare() || compares.get()>
                <button type="button" class="link" aria-haspopup="dialog" on:click=toggle>{settings.say(Key::Compare)}</button>
            </Show>
            <Show when=move || compares.get()>
                <Comparison comparison clock close=move || compares.set(false)/>
            </Show>
        </div>
    }
}

/// A frame's share of the work: of those that are not left out at least a little, so that it ends on a slow machine too.
fn go_on(forecaster: &mut Forecaster, is_idle: bool) -> Option<Forecast> {
    let gone_us = browser::frame_gone_us();
    let work_us = if is_idle { IDLE_FRAME_WORK_US } else { FRAME_WORK_US.min(FRAME_END_US.saturating_sub(gone_us)) };
    let end_us = browser::now_us() + work_us;
    loop {
        let forecast = forecaster.go_on(1);
        if forecast.is_some() || browser::now_us() >= end_us {
            return forecast;
        }
    }
}

fn stand(standing: RwSignal<Standing>, now: Standing) {
    if standing.get_untracked() != now {
        standing.set(now);
    }
}

/// None where there are too many pods, or would be.
fn begin(simulation: Simulation, file: &str, strategy: &Strategy) -> Option<Forecaster> {
    simulation.with(|lab| {
        if lab.cluster().api.store().pods(None).count() > MOST_PODS {
            return None;
        }
        let forecaster = simulation.with_timeline(|known| Forecaster::new(lab, known, file, strategy, &SEEDS));
        match forecaster.size() {
            ..=MANY_PODS => Some(forecaster),
            pods if pods <= MOST_PODS => Some(forecaster.with_one_run()),
            _ => None,
        }
    })
}

fn compare(work: &mut Work, comparison: RwSignal<Vec<(usize, Forecast)>, LocalStorage>) {
    comparison.set(Vec::new());
    // The first one is taken from the end.
    work.to_compare = (0..STRATEGIES.len()).rev().collect();
}

fn tone(forecast: Option<&Forecast>) -> &'static str {
    match forecast {
        Some(Forecast { change: Change::Refused(_), .. } | Forecast { outcome: Outcome::Stalls { .. }, .. }) => {
            "forecast-bad"
        }
        Some(forecast) if forecast.restarts > 0 => "forecast-bad",
        // How it ends is not known.
        Some(forecast) if !forecast.not_simulated.is_empty() => "",
        _ => "forecast-good",
    }
}

/// Fields that are not simulated, of which a forecast names so many.
const MOST_NAMED: usize = 3;

/// A forecast as a sentence.
fn in_words(forecast: &Forecast, settings: Settings) -> String {
    let say = |key| settings.say(key)();
    let change = match &forecast.change {
        Change::Refused(answer) => return format!("{} {answer}", say(Key::ForecastRefused)),
        Change::Nothing => return say(Key::ForecastNothing).to_owned(),
        Change::Creates => say(Key::ForecastCreates).to_owned(),
        Change::Scales { from, to } => format!("{} {from} → {to}{}", say(Key::ForecastScales), say(Key::Stop)),
        Change::RollsOut => say(Key::ForecastRollsOut).to_owned(),
        Change::Adjusts => say(Key::ForecastAdjusts).to_owned(),
    };
    let outcome = match forecast.outcome {
        Outcome::Completes { shortest_ms, longest_ms } => {
            format!("{} {}{}", say(Key::ForecastCompletes), span(shortest_ms, longest_ms), say(Key::Stop))
        }
        Outcome::Stalls { after_ms } => {
            format!("{} {}{}", say(Key::ForecastStalls), span(after_ms, after_ms), say(Key::Stop))
        }
        Outcome::Open { looked_ms } => {
            format!("{} {}{}", say(Key::ForecastOpen), span(looked_ms, looked_ms), say(Key::Stop))
        }
    };
    // Chinese sentences stand beside each other without a blank.
    let gap = settings.lang.get().choose("", " ");
    let mut text = format!("{change}{gap}{outcome}{gap}{}{}", figures(forecast, settings), say(Key::Stop));
    if forecast.restarts > 0 {
        text.push_str(&format!("{gap}{} {}{}", say(Key::ForecastRestarts), forecast.restarts, say(Key::Stop)));
    }
    for field in forecast.not_simulated.iter().take(MOST_NAMED) {
        let lang = settings.lang.get();
        let (colon, why) = (lang.choose("：", ": "), field.consequence.say(lang));
        text.push_str(&format!("{gap}{} {}{colon}{why}{}", say(Key::ForecastUnless), field.place, say(Key::Stop)));
    }
    text
}

pub(super) fn figures(forecast: &Forecast, settings: Settings) -> String {
    let say = |key| settings.say(key)();
    let mut text = format!(
        "{} {}{}{} {}",
        say(Key::ForecastFewest),
        forecast.fewest_available,
        say(Key::Comma),
        say(Key::ForecastMost),
        forecast.most_pods
    );
    if let Some(lost) = forecast.lost {
        text.push_str(&format!("{}{} {lost}", say(Key::Comma), say(Key::ForecastLost)));
    }
    text
}

/// `4.2 s`, `4.2–5.1 s`, `10 min`.
pub(super) fn span(shortest_ms: u64, longest_ms: u64) -> String {
    let words = |ms: u64| match ms {
        0..120_000 => format!("{}.{}", ms / 1000, ms % 1000 / 100),
        _ => format!("{}:{:02}", ms / 60_000, ms / 1000 % 60),
    };
    let unit = if longest_ms < 120_000 { "s" } else { "min" };
    if shortest_ms / 100 == longest_ms / 100 || longest_ms >= 120_000 {
        format!("{} {unit}", words(longest_ms))
    } else {
        format!("{}–{} {unit}", words(shortest_ms), words(longest_ms))
    }
}
