//! What drives the page from outside: `window.lab`, and the page that it is embedded in.

pub mod bridge;
pub mod embed;
