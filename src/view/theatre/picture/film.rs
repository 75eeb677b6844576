//! The way to a moment as an SVG that moves by itself: the pictures of all moments at which something changed lie on top
//! of each other, and each is seen in its turn. No script is in it, so that it moves in slides and in texts as well.

use hellok8s_lab::lab::timeline::MarkKind;
use hellok8s_lab::sim::SimTime;
use leptos::prelude::*;

use super::sheet::{self, Drawing};
use crate::view::browser;
use crate::view::scene::Scene;
use crate::view::simulation::Simulation;

/// The most pictures. Of more, every second, third … is taken.
const MOST: usize = 120;
/// Nothing is looked at for longer, however long nothing happened: the clock in the picture tells.
const LONGEST_MS: u64 = 1_500;
/// Nothing is shown for less, in milliseconds: it would not be seen.
const SHORTEST_MS: u64 = 60;
/// How long the last picture stays before the film begins anew.
const REST_MS: u64 = 3_000;

/// The film of the time from the last change that somebody made to the moment that is shown.
pub async fn record(simulation: Simulation) -> String {
    let now_ms = simulation.now_ms.get_untracked();
    let moments = moments(simulation, now_ms);
    // A scene of its own: the page goes on showing what it shows.
    let owner = Owner::new();
    let scene = owner.with(Scene::default);
    let mut shots: Vec<(u64, Drawing)> = Vec::new();
    for at_ms in moments {
        let shot = simulation.with(|lab| {
            let cluster = lab.past(SimTime(at_ms))?;
            simulation.with_timeline(|timeline| scene.read(&cluster, timeline, true));
            Some(untrack(|| sheet::draw(scene, at_ms)))
        });
        shots.extend(shot.map(|shot| (at_ms, shot)));
        // A picture at a time: the page stays at hand.
        browser::pause(0).await;
    }
    owner.cleanup();
    cut(&sheet::title(now_ms), &shots)
}

/// From the last change to `now_ms`, both included.
fn moments(simulation: Simulation, now_ms: u64) -> Vec<u64> {
    simulation.with_timeline(|timeline| {
        let is_before = |at_ms: &u64| *at_ms < now_ms;
        let changes = timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Change).map(|mark| mark.at_ms);
        let from = changes.filter(is_before).max().unwrap_or(0);
        let within = || timeline.samples().iter().map(|sample| sample.at_ms).filter(|at| (from..now_ms).contains(at));
        let step = within().count().div_ceil(MOST).max(1);
        within().step_by(step).chain([now_ms]).collect()
    })
}

/// Puts the pictures together.
fn cut(title: &str, shots: &[(u64, Drawing)]) -> String {
    let ends = shots.iter().skip(1).map(|(at_ms, _)| Some(*at_ms)).chain([None]);
    let mut at = 0;
    let shown: Vec<(u64, u64)> = shots
        .iter()
        .zip(ends)
        .map(|((from, _), to)| {
            let begin = at;
            at += to.map_or(REST_MS, |to| to.saturating_sub(*from).clamp(SHORTEST_MS, LONGEST_MS));
            (begin, at)
        })
        .collect();
    let whole = at.max(1);
    let mut film =
        Drawing { body: String::new(), height: shots.iter().map(|(_, shot)| shot.height).max().unwrap_or(1) };
    for ((_, shot), (from, to)) in shots.iter().zip(shown) {
        let (values, times) = match (from, to == whole) {
            // Nothing happened: a picture like any other.
            (0, true) => ("visible", "0".to_owned()),
            (0, false) => ("visible;hidden", format!("0;{}", share(to, whole))),
            (_, true) => ("hidden;visible", format!("0;{}", share(from, whole))),
            _ => ("hidden;visible;hidden", format!("0;{};{}", share(from, whole), share(to, whole))),
        };
        // Where nothing moves, the end is seen.
        let at_rest = if to == whole { "visible" } else { "hidden" };
        film.body.push_str(&format!(
            "<g visibility=\"{at_rest}\"><animate attributeName=\"visibility\" calcMode=\"discrete\" dur=\"{whole}ms\" \
             repeatCount=\"indefinite\" values=\"{values}\" keyTimes=\"{times}\"/>{}</g>",
            shot.body
        ));
    }
    sheet::framed(title, &film)
}

/// A part of the whole, as a decimal fraction.
fn share(part: u64, whole: u64) -> String {
    format!("{:.5}", part as f64 / whole as f64)
}
