//! The page: one more watcher of the cluster, in the binary only, so that the engine cannot know of it.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the browser's clock, pixels and numbers are floats, and nothing of the simulation is decided by them"
)]

mod beginning;
mod browser;
mod clock;
mod frame;
mod host;
mod i18n;
mod icon;
mod manifest;
mod scene;
mod settings;
mod share;
mod side;
mod simulation;
mod survival;
mod terminal;
mod theatre;
mod visit;

use leptos::prelude::*;

pub use frame::App;

/// Puts the page into the document's body.
pub fn mount() {
    mount_to_body(App);
}
