//! The page: one more watcher of the cluster, in the binary only, so that the engine cannot know of it.

use leptos::prelude::*;

/// Puts the page into the document's body.
pub fn mount() {
    mount_to_body(App);
}

/// The whole page.
#[component]
fn App() -> impl IntoView {
    view! {
        <main>
            <h1>"hellok8s-lab"</h1>
        </main>
    }
}
