//! hellok8s-lab: on wasm the page, elsewhere the headless command.

#[cfg(not(target_arch = "wasm32"))]
mod headless;
#[cfg(target_arch = "wasm32")]
mod view;

#[cfg(target_arch = "wasm32")]
fn main() {
    view::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    headless::main()
}
