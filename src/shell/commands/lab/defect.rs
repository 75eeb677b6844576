//! `lab debug-panic|debug-loop|debug-memory`: stops the page's wasm as a defect would, so that tests can show that the page
//! survives it. `lab help` does not name them; outside of a page there is nothing to survive them.

/// Stops the page; answers where there is none.
pub(super) fn run(name: &str) -> Result<String, String> {
    if !cfg!(target_arch = "wasm32") {
        return Err(format!("{name} is for tests of the page"));
    }
    match name {
        "debug-panic" => panics(),
        "debug-loop" => loop {
            std::hint::spin_loop();
        },
        "debug-memory" => Err(format!("{} pieces", fill().len())),
        _ => Err("what? lab help shows the commands".to_owned()),
    }
}

#[expect(clippy::panic, reason = "this is what the command is for")]
fn panics() -> ! {
    panic!("lab debug-panic")
}

/// Asks for memory until there is none.
fn fill() -> Vec<Vec<u8>> {
    const PIECE: usize = 256 << 20;
    (0..32).map(|_| std::hint::black_box(Vec::with_capacity(PIECE))).collect()
}
