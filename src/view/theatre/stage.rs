//! The stage: Deployments with their limits, ReplicaSets by colour, pods by shape.

use hellok8s_lab::explanations;
use leptos::prelude::*;

use crate::view::browser;
use crate::view::i18n::Key;
use crate::view::scene::{DeploymentLook, Detail, Row, SetLook, Slots};
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::crowd::Crowd;
use crate::view::theatre::flights::Flights;
use crate::view::theatre::picture::Picture;
use crate::view::theatre::pod_box::PodBox;
use crate::view::theatre::pointed::{Pointed, point};
use crate::view::theatre::service_lane::Services;
use crate::view::theatre::trouble::NodeTrouble;

/// The stage.
#[component]
pub fn Stage() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let scene = simulation.scene;
    // What moves keeps the simulation's pace, as far as eyes can follow.
    Effect::new(move |_| {
        let tempo_ms = 260.0 / (f64::from(simulation.speed()) / 100.0).sqrt();
        browser::set_on_root("--tempo", &format!("{:.0}ms", tempo_ms.clamp(70.0, 600.0)));
    });
    let is_empty = move || scene.deployments.is_empty() && scene.sets.is_empty() && scene.pods.is_empty();
    view! {
        <section class="panel stage" data-testid="stage" aria-labelledby="stage-title">
            <header class="panel-head">
                <h2 id="stage-title">{settings.say(Key::Stage)}</h2>
                <NodeTrouble/>
                <Picture/>
            </header>
            <div class="stage-scroll" tabindex="0" role="group" aria-labelledby="stage-title"
                on:mouseover=move |event| point(simulation, &event) on:focusin=move |event| point(simulation, &event)>
                <Show when=is_empty>
                    <Welcome/>
                </Show>
                <Services/>
                <For each=move || scene.deployments.all() key=|row| row.uid.clone() let:row>
                    <DeploymentCard row/>
                </For>
                <Sets owner=String::new()/>
                <Show when=move || scene.has_loose_pods()>
                    <h3 class="loose-title">{settings.say(Key::Unowned)}</h3>
                    <Pods owner=String::new()/>
                </Show>
                <Flights/>
            </div>
            <Pointed/>
        </section>
    }
}

/// Three pods, and once they are there, others in their place: as anybody can type it.
const DEMO: [&str; 3] = [
    "kubectl create deployment hellok8s-deployment --image=guangzhengli/hellok8s:v1 --replicas=3",
    "kubectl rollout status deployment hellok8s-deployment",
    "kubectl set image deployment hellok8s-deployment '*=guangzhengli/hellok8s:v2'",
];

/// What a first visitor reads.
#[component]
fn Welcome() -> impl IntoView {
    let (settings, simulation) = (settings(), simulation());
    let show = move |_| {
        simulation.playing.set(true);
        DEMO.iter().for_each(|line| simulation.command((*line).to_owned()));
    };
    view! {
        <div class="welcome">
            <div class="welcome-demo">
                <p class="welcome-pods" aria-hidden="true"><span data-hue="0"></span><span data-hue="0"></span><span data-hue="1"></span></p>
                <button type="button" class="button" data-testid="demo" on:click=show>{settings.say(Key::EmptyDemo)}</button>
            </div>
            <p class="welcome-title">{settings.say(Key::EmptyTitle)}</p>
            <ol>
                <li>{settings.say(Key::EmptyRead)}</li>
                <li>{settings.say(Key::EmptyApply)}</li>
                <li>{settings.say(Key::EmptyWatch)}</li>
            </ol>
        </div>
    }
}

#[component]
fn DeploymentCard(row: Row<DeploymentLook>) -> impl IntoView {
    let (settings, simulation, look) = (settings(), simulation(), row.look);
    let (name, numbers, budget, reason) = (look.clone(), look.clone(), look.clone(), look.clone());
    let (opened, clock) = (look.clone(), look.clone());
    let open = move |_| opened.with_untracked(|look| simulation.select("Deployment", &look.namespace, &look.name));
    let deadline = move || {
        clock.with(|look| look.deadline_s).map(|seconds| {
        view! { <span class="deadline" title="progressDeadlineSeconds">{settings.say(Key::Deadline)}" "{seconds}" s"</span> }
    })
    };
    let decision = Memo::new(move |_| reason.with(|look| look.decision));
    let sentence = move || {
        let (number, lang) = (decision.get()?, settings.lang.get());
        simulation.with(|lab| {
            let decision = lab.cluster().decisions().get(number)?;
            Some((explanations::title(decision, lang), explanations::sentence(decision, lang)))
        })
    };
    let count = move |key: Key, part: fn(&DeploymentLook) -> i32| {
        let look = numbers.clone();
        view! {
            <li><b>{move || look.with(part)}</b>" "{settings.say(key)}</li>
        }
    };
    let strategy = move || {
        look.with(|look| {
            let paused = if look.is_paused { settings.say(Key::Paused)() } else { "" };
            [look.strategy, look.progress.as_str(), paused]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" · ")
        })
    };
    view! {
        <article class="deployment">
            <header class="deployment-head">
                <h3><button type="button" class="name" on:click=open><span class="kind">"Deployment"</span>" "{move || name.with(|look| look.name.clone())}</button></h3>
                <p class="strategy">{strategy}</p>
                {deadline}
                <ul class="counts">
                    {count(Key::Replicas, |look| look.replicas)}
                    {count(Key::Updated, |look| look.updated)}
                    {count(Key::Ready, |look| look.ready)}
                    {count(Key::Available, |look| look.available)}
                </ul>
            </header>
            <Budget look=budget/>
            {move || sentence().map(|(title, text)| view! { <p class="because"><b>{title}</b>" "{text}</p> })}
            <Sets owner=row.uid/>
        </article>
    }
}

/// The pods that count, one slot each, between the two limits.
#[component]
fn Budget(look: ArcRwSignal<DeploymentLook>) -> impl IntoView {
    let settings = settings();
    let (slots, most, fewest) = (look.clone(), look.clone(), look.clone());
    let width = Memo::new(move |_| look.with(columns));
    let numbers = StoredValue::new((most, fewest));
    let most = move || numbers.with_value(|(look, _)| look.with(|look| look.most));
    let fewest = move || numbers.with_value(|(_, look)| look.with(|look| look.fewest));
    let slots = Memo::new(move |_| slots.with(|look| (look.slots.clone(), columns(look))));
    let cells = move || slots.with(|(slots, columns)| slot_views(slots, *columns));
    view! {
        <div class="budget" style=("--columns", move || width.get().to_string())
            style=("--most", move || most().to_string()) style=("--fewest", move || fewest().to_string())>
            <div class="budget-slots" aria-hidden="true">{cells}</div>
            <span class="limit limit-fewest" aria-hidden="true"></span>
            <span class="limit limit-most" aria-hidden="true"></span>
        </div>
        <ul class="budget-words">
            <li class="word-fewest"><b>{fewest}</b>" "{settings.say(Key::Fewest)}</li>
            <li class="word-most"><b>{most}</b>" "{settings.say(Key::Most)}</li>
        </ul>
    }
}

/// More slots than this are drawn as bars.
const MOST_SLOTS: usize = 60;

fn columns(look: &DeploymentLook) -> i32 {
    look.most.max(i32::try_from(taken(&look.slots)).unwrap_or(i32::MAX)).max(1)
}

fn taken(slots: &[Slots]) -> usize {
    slots.iter().map(|slots| slots.count).sum()
}

fn slot_views(slots: &[Slots], columns: i32) -> Vec<AnyView> {
    let columns = usize::try_from(columns).unwrap_or(0);
    let free = columns.saturating_sub(taken(slots));
    let all = slots.iter().map(|slots| (Some(slots), slots.count)).chain([(None, free)]);
    let (is_bar, mut views) = (columns > MOST_SLOTS, Vec::new());
    for (slots, count) in all.filter(|(_, count)| *count > 0) {
        if is_bar {
            views.push(slot(slots, count));
        } else {
            views.extend((0..count).map(|_| slot(slots, 1)));
        }
    }
    views
}

fn slot(slots: Option<&Slots>, width: usize) -> AnyView {
    let class = match slots {
        None => "slot slot-free",
        Some(slots) if slots.is_ready => "slot",
        Some(_) => "slot slot-waiting",
    };
    let hue = slots.map(|slots| slots.hue.to_string());
    view! { <span class=class class:slot-bar=width != 1 data-hue=hue style=("flex-grow", width.to_string())></span> }
        .into_any()
}

/// The ReplicaSets of a Deployment, newest first.
#[component]
fn Sets(owner: String) -> impl IntoView {
    let scene = simulation().scene;
    view! {
        <For each=move || scene.sets.inside(&owner) key=|row| row.uid.clone() let:row>
            <SetGroup row/>
        </For>
    }
}

#[component]
fn SetGroup(row: Row<SetLook>) -> impl IntoView {
    let (settings, simulation, look) = (settings(), simulation(), row.look);
    let opened = look.clone();
    let open = move |_| opened.with_untracked(|look| simulation.select("ReplicaSet", &look.namespace, &look.name));
    let show = move |part: fn(&SetLook) -> String| {
        let look = look.clone();
        move || look.with(part)
    };
    view! {
        <section aria-label=show(|look| format!("ReplicaSet {}", look.name)) class=show(|look| if look.is_idle { "set set-idle" } else { "set" }.to_owned())
            data-hue=show(|look| look.hue.to_string())>
            <header class="set-head">
                <span class="swatch" aria-hidden="true"></span>
                <h4><button type="button" class="name" on:click=open><span class="kind">"ReplicaSet"</span>" "{show(|look| look.name.clone())}</button></h4>
                <span class="set-revision">{settings.say(Key::Revision)}" "{show(|look| look.revision.clone())}</span>
                <span class="set-image" title=show(|look| look.image.clone())><bdi>{show(|look| look.image.clone())}</bdi></span>
                <span class="set-count">{show(|look| format!("{}/{}", look.ready, look.replicas))}" "{settings.say(Key::Ready)}</span>
            </header>
            <Pods owner=row.uid/>
        </section>
    }
}

/// The pods of a ReplicaSet. Each keeps its element while it lives; the style sheet puts the leaving ones behind.
#[component]
fn Pods(owner: String) -> impl IntoView {
    let scene = simulation().scene;
    let has_boxes = Memo::new(move |_| scene.detail.get() == Detail::Boxes);
    move || {
        let owner = owner.clone();
        if has_boxes.get() { view! { <Boxes owner/> }.into_any() } else { view! { <Crowd owner/> }.into_any() }
    }
}

#[component]
fn Boxes(owner: String) -> impl IntoView {
    let (settings, scene) = (settings(), simulation().scene);
    view! {
        <ul class="pods">
            <For each=move || scene.pods.inside(&owner) key=|row| row.uid.clone() let:row>
                <PodBox row/>
            </For>
            <li class="leaving" aria-hidden="true">{settings.say(Key::Leaving)}</li>
        </ul>
    }
}
