//! hellok8s-lab: on wasm the page, elsewhere the headless command.

fn main() {}
