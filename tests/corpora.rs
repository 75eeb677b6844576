//! What libFuzzer begins with, and what it once found: `fuzz/corpus`. `cargo fuzz run TARGET` goes on from there.
#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "../fuzz/src/lib.rs"]
mod inputs;

/// Does everything in a target's corpus; the name of a text stands in what a failed test prints.
fn all(target: &str, act: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        println!("{}", path.display());
        act(&std::fs::read(&path).unwrap());
    }
}

macro_rules! corpora {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            all(stringify!($target), inputs::$target);
        }
    )*};
}

corpora!(manifest shell template link lesson image message recording);
