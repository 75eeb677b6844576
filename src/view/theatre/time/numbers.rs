//! The timeline's chart as tables, newest first.

use hellok8s_lab::lab::timeline::{Sample, Timeline};
use hellok8s_lab::network::Second;
use leptos::prelude::*;

use crate::view::clock::exact;
use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::simulation::simulation;

/// The rows of each table.
const ROWS: usize = 200;

/// The pods of every moment at which something changed, and the requests of every second.
#[component]
pub fn Numbers() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let say = move |key| settings.say(key);
    let pods = move || {
        simulation.changes.track();
        simulation.with_timeline(|timeline| timeline.samples().iter().rev().take(ROWS).map(pods_of).collect_view())
    };
    let second = Memo::new(move |_| simulation.now_ms.get() / 1_000);
    let requests = move || {
        second.get();
        simulation.with_timeline(|timeline| {
            timeline.seconds().iter().rev().take(ROWS).map(|second| requests_of(second, timeline)).collect_view()
        })
    };
    // Memos: the table of requests stays while its numbers change.
    let versions = Memo::new(move |_| {
        second.get();
        simulation.with_timeline(|timeline| timeline.versions().map(|(image, _)| image.to_owned()).collect::<Vec<_>>())
    });
    let head = move |keys: &[Key]| keys.iter().map(|key| view! { <th scope="col">{say(*key)}</th> }).collect_view();
    view! {
        <div class="numbers" tabindex="0" role="region" aria-label=say(Key::Numbers)>
            <table>
                <caption>{say(Key::Pods)}</caption>
                <thead><tr>{head(&[Key::Time, Key::ChartReady, Key::ChartWaiting, Key::ChartLeaving, Key::ChartMost, Key::ChartFewest])}</tr></thead>
                <tbody>{pods}</tbody>
            </table>
            <Show when=move || simulation.has_requests.get()>
                <table class="numbers-requests">
                    <caption>{say(Key::Requests)}</caption>
                    <thead><tr>
                        {head(&[Key::Time])}
                        {move || versions.get().into_iter().map(|image| view! { <th scope="col">{image}</th> }).collect_view()}
                        {head(&[Key::Lost])}
                    </tr></thead>
                    <tbody>{requests}</tbody>
                </table>
            </Show>
        </div>
    }
}

fn pods_of(sample: &Sample) -> AnyView {
    let numbers = [sample.ready(), sample.total() - sample.ready(), sample.terminating, sample.most, sample.fewest];
    row(sample.at_ms, numbers.iter().map(ToString::to_string).collect())
}

fn requests_of(second: &Second, timeline: &Timeline) -> AnyView {
    let answered =
        |version: usize| second.answered.iter().find(|(of, _)| *of == version).map_or(0, |(_, count)| *count);
    let mut numbers: Vec<String> =
        (0..timeline.versions().count()).map(|version| answered(version).to_string()).collect();
    numbers.push(second.failed().to_string());
    row(second.at_s * 1_000, numbers)
}

fn row(at_ms: u64, numbers: Vec<String>) -> AnyView {
    view! {
        <tr>
            <th scope="row">{exact(at_ms)}</th>
            {numbers.into_iter().map(|number| view! { <td>{number}</td> }).collect_view()}
        </tr>
    }
    .into_any()
}
