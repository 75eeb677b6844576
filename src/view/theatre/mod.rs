//! The theatre: the stage on which pods live, the caption that tells what is seen, and time. It is the page's largest
//! card and its only one that cannot be folded away.

mod bounds;
mod caption;
pub mod crowd;
mod deployment;
mod fit;
mod flights;
mod lane;
mod limits;
pub mod nodes;
pub mod picture;
mod pod_box;
mod pointed;
pub mod present;
mod service_lane;
mod stage;
pub mod time;
pub mod trouble;
mod welcome;

use leptos::prelude::*;

use crate::view::i18n::Key;
use crate::view::settings::settings;
use crate::view::simulation::simulation;
use crate::view::theatre::caption::Caption;
use crate::view::theatre::stage::Stage;
use crate::view::theatre::time::timeline::Timeline;

/// The theatre.
#[component]
pub fn Theatre() -> impl IntoView {
    let settings = settings();
    nodes::ways::listen(simulation());
    view! {
        <section class="panel theatre" aria-labelledby="stage-title">
            <h2 id="stage-title" class="unseen">{settings.say(Key::Stage)}</h2>
            <Stage/>
            <Caption/>
            <Timeline/>
        </section>
    }
}
