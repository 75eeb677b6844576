//! Why a pod came to its node, or to none: each node with its points by plugin, or with what refused the pod.

use std::collections::BTreeMap;

use hellok8s_lab::decision::Decision;
use hellok8s_lab::explanations::obstacle;
use leptos::prelude::*;
use serde_json::Value;

use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::theatre::nodes::sheet;

/// The inputs that are told here.
pub const TOLD: [&str; 2] = ["scores", "refused"];

/// A node that took the pod: its points, and those of the plugins that do not say the same of every node.
struct Place {
    node: String,
    total: i64,
    telling: Vec<(String, i64)>,
}

/// The nodes, best first, then those that refused the pod; none where the decision knows nothing of them.
pub fn nodes(decision: &Decision) -> Option<AnyView> {
    let settings = settings();
    let input = |name: &str| decision.inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    let places = places(input("scores"));
    let refused: Vec<(String, Vec<String>)> =
        input("refused").and_then(Value::as_object).map_or_else(Vec::new, |nodes| {
            let reasons = |value: &Value| {
                let reasons = value.as_array().into_iter().flatten();
                reasons.filter_map(|reason| reason.as_str().map(str::to_owned)).collect()
            };
            nodes.iter().map(|(node, value)| (node.clone(), reasons(value))).collect()
        });
    if places.is_empty() && refused.is_empty() {
        return None;
    }
    sheet::adopt();
    let chosen = input("node").and_then(Value::as_str).unwrap_or_default().to_owned();
    let most = places.iter().map(|place| place.total).max().unwrap_or(1);
    let same = places.first().map_or(0, |place| place.total - telling(place));
    let taken = places.into_iter().map(move |place| {
        let is_chosen = place.node == chosen;
        let part = place.total.saturating_mul(1000) / most.max(1);
        let points: Vec<AnyView> = place
            .telling
            .iter()
            .map(|(plugin, points)| view! { <span class="seat-plugin">{plugin.clone()}" "<b>{*points}</b></span> }.into_any())
            .collect();
        view! {
            <li role="treeitem" tabindex="-1" class="seat" class:seat-chosen=is_chosen>
                <span class="seat-node">{place.node}{is_chosen.then(|| view! { <em class="seat-word">{settings.say(Key::PlacementChosen)}</em> })}</span>
                <b class="seat-total">{place.total}" "{settings.say(Key::Points)}</b>
                <span class="seat-bar" aria-hidden="true" style=("--part", part.to_string())></span>
                <span class="seat-points">{points}</span>
            </li>
        }
        .into_any()
    });
    let mut rows: Vec<AnyView> = taken.collect();
    if !rows.is_empty() && same > 0 {
        rows.push(view! { <li role="treeitem" tabindex="-1" class="seat-same">{settings.say(Key::PlacementSame)}{format!(": {same}")}</li> }.into_any());
    }
    rows.extend(refused.into_iter().map(|(node, reasons)| {
        let lang = settings.lang.get();
        let words: Vec<String> = reasons.iter().map(|reason| obstacle::of_node(reason, lang)).collect();
        view! {
            <li role="treeitem" tabindex="-1" class="seat seat-refused" title=reasons.join(", ")>
                <span class="seat-node">{node}<em class="seat-word">{settings.say(Key::PlacementRefused)}</em></span>
                <span class="seat-points">{words.join(lang.choose("；", "; "))}</span>
            </li>
        }
        .into_any()
    }));
    Some(rows.collect_view().into_any())
}

fn telling(place: &Place) -> i64 {
    place.telling.iter().map(|(_, points)| points).sum()
}

fn places(scores: Option<&Value>) -> Vec<Place> {
    let Some(scores) = scores.and_then(Value::as_object) else { return Vec::new() };
    let points = |value: &Value| {
        let plugins = value.as_object().into_iter().flatten();
        plugins
            .map(|(plugin, points)| (plugin.clone(), points.as_i64().unwrap_or(0)))
            .collect::<BTreeMap<String, i64>>()
    };
    let all: Vec<(&String, BTreeMap<String, i64>)> = scores.iter().map(|(node, value)| (node, points(value))).collect();
    let tells = |plugin: &String| {
        let mut said = all.iter().map(|(_, points)| points.get(plugin));
        let first = said.next();
        said.any(|other| Some(other) != first)
    };
    let mut places: Vec<Place> = all
        .iter()
        .map(|(node, points)| Place {
            node: (*node).clone(),
            total: points.values().sum(),
            telling: points
                .iter()
                .filter(|(plugin, _)| tells(plugin))
                .map(|(plugin, points)| (plugin.clone(), *points))
                .collect(),
        })
        .collect();
    hellok8s_lab::sorting::sort_by(&mut places, |a, b| b.total.cmp(&a.total).then_with(|| a.node.cmp(&b.node)));
    places
}
