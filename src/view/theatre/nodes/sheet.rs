//! The style sheet of what only some visits see: the lanes of nodes, what bounds the pods, the points of a placement. It
//! is no part of what every visit fetches first.

use std::cell::Cell;

use crate::view::browser;

const SHEET: &str = include_str!("../../../../style/nodes.css");

/// Takes the style sheet into the page, once.
pub fn adopt() {
    thread_local!(static IS_THERE: Cell<bool> = const { Cell::new(false) });
    if !IS_THERE.replace(true) {
        browser::adopt_sheet(SHEET);
    }
}
