//! Has the linker keep, in the page's release build, who refers to which data: `.ci/split-wasm.mjs` divides the wasm by it.
//! Nothing of it reaches the page.

// Cargo tells a build script what it builds by its environment.
#![allow(clippy::disallowed_methods)]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    if is("CARGO_CFG_TARGET_ARCH", "wasm32") && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
