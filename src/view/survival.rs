//! What the page keeps outside of the wasm, so that a wasm that stops costs no more than the command that stopped it:
//! `public/survival.js` holds it, says what has happened, and says at the next load what to go on with.

use hellok8s_lab::session::Session;
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::view::browser;

/// The name in the window of what `public/survival.js` gives.
const SURVIVAL: &str = "labSurvival";
/// What is noted in the place of a command when a link or a lesson is opened.
const OPENING: &str = "#";

/// Notes what was done so far, before a command that could stop all.
pub fn note(before: &Session, command: &str) {
    let Some(survival) = survival() else { return };
    if let Some(note) = browser::get(&survival, "note").and_then(|note| note.dyn_into::<Function>().ok()) {
        let _ = note.call2(&survival, &before.to_text().into(), &command.into());
    }
}

/// As [`note`], before a link or a lesson is opened.
pub fn note_opening(before: &Session) {
    note(before, OPENING);
}

/// Says whether what is shown from now on is a lesson's or somebody's, and not the visitor's own.
pub fn tell_guest(is_guest: bool) {
    if let Some(survival) = survival() {
        let _ = Reflect::set(&survival, &"isGuest".into(), &is_guest.into());
    }
}

/// The session that the page is to go on with, since it has stopped before it was loaded, and whether it was a lesson's or
/// somebody's.
pub fn recovered() -> Option<(Session, bool)> {
    let survival = survival()?;
    let session = Session::parse(&browser::get(&survival, "recover")?.as_string()?).ok()?;
    Some((session, browser::get(&survival, "isGuest").is_some_and(|guest| guest.is_truthy())))
}

/// Whether the page has stopped before it was loaded: nothing runs at the beginning then.
pub fn has_stopped() -> bool {
    let told = |name: &str| survival().and_then(|survival| browser::get(&survival, name));
    told("recover").is_some_and(|text| text.is_truthy()) || told("isBare").is_some_and(|bare| bare.is_truthy())
}

fn survival() -> Option<JsValue> {
    browser::get(&browser::window()?.into(), SURVIVAL)
}
