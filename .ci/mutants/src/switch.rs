//! The switch of the mutants in this copy of the source. Written by `./lab mutants`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::LazyLock;

/// The mutant that is at work; 0: none.
static ACTIVE: LazyLock<u32> =
    LazyLock::new(|| std::env::var("LAB_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0));

/// Where to note which thread came by which mutant. A test's thread has the test's name.
static REACH: LazyLock<Option<File>> = LazyLock::new(|| {
    let path = std::env::var("LAB_MUTANTS_REACH").ok()?;
    OpenOptions::new().create(true).append(true).open(path).ok()
});

thread_local! {
    static NOTED: RefCell<BTreeSet<u32>> = const { RefCell::new(BTreeSet::new()) };
}

/// Whether the mutant of this number is at work.
pub fn on(mutant: u32) -> bool {
    if let Some(file) = &*REACH {
        note(file, mutant);
    }
    *ACTIVE == mutant
}

fn note(mut file: &File, mutant: u32) {
    // A thread that ends has its set taken away before its last values are dropped.
    let is_new = NOTED.try_with(|noted| noted.borrow_mut().insert(mutant)).unwrap_or(false);
    if is_new {
        let thread = std::thread::current();
        let line = format!("{}\t{mutant}\n", thread.name().unwrap_or(""));
        let _ = file.write_all(line.as_bytes());
    }
}
