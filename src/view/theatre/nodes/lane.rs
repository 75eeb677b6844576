//! A node's lane: its name, how it is, what is asked of what it has, and its pods.

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::icon::Icon;
use crate::view::scene::{Detail, NodeLook, Row};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::crowd::Crowd;

/// Bytes in a Gi.
const GI: i64 = 1 << 30;

/// The lane.
#[component]
pub fn NodeLane(row: Row<NodeLook>) -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let (look, name) = (StoredValue::new(row.look), StoredValue::new(row.uid));
    let state = Memo::new(move |_| look.with_value(|look| look.with(states)));
    let open = move |_| simulation.select("Node", "", &name.get_value());
    let label = move || {
        let words: Vec<&str> = state.with(|state| state.iter().map(|(key, _)| settings.say(*key)()).collect());
        format!("Node {}: {}", name.get_value(), words.join(settings.say(Key::Comma)()))
    };
    let class = move || {
        let is_down = look.with_value(|look| look.with(|look| !look.is_ready));
        let is_closed = look.with_value(|look| look.with(|look| look.is_cordoned));
        format!("node-lane{}{}", if is_down { " node-down" } else { "" }, if is_closed { " node-closed" } else { "" })
    };
    let chips = move || {
        let chip = |(key, class): (Key, &'static str)| view! { <span class=class>{settings.say(key)}</span> };
        state.get().into_iter().map(chip).collect_view()
    };
    let amounts = Memo::new(move |_| look.with_value(|look| look.with(amounts)));
    let has_boxes = Memo::new(move |_| simulation.scene.detail.get() == Detail::Boxes);
    let is_gone = Memo::new(move |_| look.with_value(|look| look.with(|look| look.is_gone)));
    view! {
        <section class=class aria-label=label data-testid="node-lane" data-name=name.get_value()>
            <header class="node-head">
                {Icon::Node.view()}
                <button type="button" class="name node-name" on:click=open title=settings.say(Key::NodeHint)>
                    <span class="unseen">"Node "</span>{name.get_value()}
                </button>
                <span class="node-chips">{chips}</span>
            </header>
            <Show when=move || !is_gone.get()>
                <ul class="meters" aria-label=settings.say(Key::Requested)>
                    {move || amounts.get().map(|amount| meter(&amount)).into_iter().collect_view()}
                </ul>
            </Show>
            {move || if has_boxes.get() {
                view! {
                    <ul class="pods" data-lane=name.get_value()>
                        <li class="leaving" aria-hidden="true">{settings.say(Key::Leaving)}</li>
                    </ul>
                }.into_any()
            } else {
                view! { <Crowd owner=name.get_value()/> }.into_any()
            }}
        </section>
    }
}

/// What is asked of one thing that a node has.
#[derive(Clone, Debug, PartialEq)]
struct Amount {
    what: &'static str,
    used: String,
    whole: String,
    permille: i64,
}

fn meter(amount: &Amount) -> impl IntoView + use<> {
    let Amount { what, used, whole, permille } = amount.clone();
    let is_full = permille >= 950;
    view! {
        <li class="meter" class:meter-full=is_full style=("--part", permille.to_string())>
            <span class="meter-words"><span class="meter-what">{what}</span>" "<span><b>{used}</b>"/"{whole}</span></span>
            <span class="meter-bar" aria-hidden="true"></span>
        </li>
    }
}

fn amounts(look: &NodeLook) -> [Amount; 3] {
    let cpu = |milli: i64| decimal(milli, 1000);
    let memory = |bytes: i64| decimal(bytes, GI);
    let amount = |what, (used, whole): (i64, i64), say: &dyn Fn(i64) -> String, unit: &str| Amount {
        what,
        used: say(used),
        whole: format!("{}{unit}", say(whole)),
        permille: if whole > 0 {
            i64::try_from(i128::from(used) * 1000 / i128::from(whole)).unwrap_or(1000)
        } else {
            0
        }
        .clamp(0, 1000),
    };
    [
        amount("cpu", look.milli_cpu, &cpu, ""),
        amount("mem", look.memory, &memory, "Gi"),
        amount("pods", look.pods, &|count| count.to_string(), ""),
    ]
}

/// `1.5` of 1500 thousandths; what is less than a tenth has two places.
fn decimal(amount: i64, unit: i64) -> String {
    let hundredths = i64::try_from(i128::from(amount) * 100 / i128::from(unit.max(1))).unwrap_or(i64::MAX);
    let rounded = if hundredths < 10 { hundredths } else { (hundredths + 5) / 10 * 10 };
    let text = format!("{}.{:02}", rounded / 100, rounded % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How the node is, in words, each with its look.
fn states(look: &NodeLook) -> Vec<(Key, &'static str)> {
    let (bad, warn) = ("chip chip-bad", "chip chip-warn");
    if look.is_gone {
        return vec![(Key::NodeGone, bad)];
    }
    let mut states = vec![if look.is_ready { (Key::NodeReady, "node-ready") } else { (Key::NodeNotReady, bad) }];
    if look.is_cordoned {
        states.push((Key::Cordoned, warn));
    }
    if look.is_cut_off {
        states.push((Key::CutOff, bad));
    } else if look.is_stopped {
        states.push((Key::KubeletDown, warn));
    }
    states
}
