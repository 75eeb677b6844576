//! The floors of docs/architecture.md, held against the code: a module of src/ imports only from floors under its own.
//!
//! Imports are read as text, without comments, string literals and what is compiled for tests alone.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

const MAP: &str = include_str!("../docs/architecture.md");

/// A source file: its path below src/ and its text.
type Source = (String, String);

/// Each module's floor, the lowest being 0, from the table under "The floors": one row a floor, the highest first, the
/// modules in backticks in its first column.
fn floors(map: &str) -> BTreeMap<String, usize> {
    let section = map.split("\n## The floors\n").nth(1).expect("docs/architecture.md has a section The floors");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let mut found = BTreeMap::new();
    for (floor, row) in rows.iter().rev().enumerate() {
        let modules = row.split('|').nth(1).expect("a column of modules");
        for module in modules.split('`').skip(1).step_by(2) {
            let former = found.insert(module.to_owned(), floor);
            assert_eq!(former, None, "{module} stands on two floors");
        }
    }
    found
}

/// Every file of src/ that is not compiled for tests alone.
fn sources() -> Vec<Source> {
    fn collect(directory: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below src/").to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                collect(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !name.ends_with("/tests.rs") {
                found.push((name, std::fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    found.sort();
    found
}

/// The module of src/ to which a file belongs; none for the roots of the library and the binary.
fn module_of(path: &str) -> Option<&str> {
    let module = path.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    (!matches!(module, "lib" | "main")).then_some(module)
}

/// Each import that does not lead downwards, and each module that the map does not know or that is not there.
fn complaints(floors: &BTreeMap<String, usize>, sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let gone = floors.keys().filter(|name| !sources.iter().any(|(path, _)| module_of(path) == Some(name.as_str())));
    found.extend(gone.map(|name| format!("{name} has a floor in docs/architecture.md, and is not in src/")));
    for (path, text) in sources {
        let Some(module) = module_of(path) else { continue };
        let Some(floor) = floors.get(module) else {
            let complaint = format!("src/{module} has no floor in docs/architecture.md");
            if !found.contains(&complaint) {
                found.push(complaint);
            }
            continue;
        };
        for target in imports(path, text) {
            if target != module && floors.get(&target).is_some_and(|other| other >= floor) {
                found.push(format!("src/{path}: {module} imports {target}, which is no floor under it"));
            }
        }
    }
    found
}

/// The modules of src/ that a text names: behind `crate::`, `hellok8s_lab::`, or as many `super::` as lead to the root.
fn imports(path: &str, text: &str) -> Vec<String> {
    let text = without_tests(&without_comments(text));
    let mut found = Vec::new();
    for root in ["crate::", "hellok8s_lab::"] {
        for (at, _) in text.match_indices(root) {
            found.extend(names_at(&text[at + root.len()..]));
        }
    }
    // src/a/b.rs is the module a::b, src/a/mod.rs the module a.
    let depth = path.trim_end_matches("/mod.rs").split('/').count();
    for (at, _) in text.match_indices("super::") {
        let chain = text[at..].split("super::").take_while(|between| between.is_empty()).count();
        if !text[..at].ends_with("super::") && chain == depth {
            found.extend(names_at(&text[at + chain * "super::".len()..]));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The first names of a path or of each path in a group: `a::b` gives a, `{a::{b, c}, d}` gives a and d.
fn names_at(text: &str) -> Vec<String> {
    let name_of = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_').collect()
    };
    let Some(group) = text.strip_prefix('{') else { return Vec::from([name_of(text)]) };
    let mut depth = 0_i32;
    let mut names = Vec::from([name_of(group)]);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name_of(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

/// The text without line comments and without what stands in quotes.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => {
                while rest.peek().is_some_and(|next| *next != '\n') {
                    rest.next();
                }
            }
            '"' => {
                while let Some(quoted) = rest.next() {
                    match quoted {
                        '\\' => drop(rest.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                out.push_str("\"\"");
            }
            // The quote as a character begins no text.
            '\'' if rest.peek() == Some(&'"') => drop(rest.next()),
            c => out.push(c),
        }
    }
    out
}

/// The text without the items that are compiled for tests alone.
fn without_tests(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let marks = ["#[cfg(test)]", "#[cfg(all(test"];
    while let Some(at) = marks.iter().filter_map(|mark| rest.find(mark)).min() {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = match (item.find(';'), item.find('{')) {
            (Some(semicolon), Some(brace)) if semicolon < brace => semicolon + 1,
            (_, Some(brace)) => brace + block_length(&item[brace..]),
            (Some(semicolon), None) => semicolon + 1,
            (None, None) => item.len(),
        };
        rest = &item[end..];
    }
    out + rest
}

/// The length of a block in braces, with the braces.
fn block_length(text: &str) -> usize {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

#[test]
fn no_module_imports_from_its_own_floor_or_above() {
    let sources = sources();
    assert!(sources.len() > 100, "src/ was not read");
    let found = complaints(&floors(MAP), &sources);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_floors_hold_the_house_together() {
    // Were the imports not found at all, nothing would ever be wrong.
    let sources = sources();
    let of = |room: &str| -> Vec<String> {
        let files = sources.iter().filter(|(path, _)| module_of(path) == Some(room));
        files.flat_map(|(path, text)| imports(path, text)).collect()
    };
    for (above, below) in [("shell", "kubectl"), ("cluster", "apiserver"), ("lab", "cluster"), ("view", "lab")] {
        assert!(of(above).iter().any(|name| name == below), "{above} imports {below}");
    }
}

#[test]
fn an_import_that_leads_upwards_is_found_however_it_is_written() {
    let floors = floors(MAP);
    let planted = [
        ("api/planted.rs", "use crate::cluster::Cluster;"),
        ("api/planted.rs", "use crate::{sim::SimTime, cluster::{Cluster, WatchEvent}};"),
        ("api/planted.rs", "use crate::{\n    sim::{Log, SimTime},\n    cluster,\n};"),
        ("api/validation/planted.rs", "fn f(x: &super::super::super::cluster::Cluster) {}"),
        ("api/mod.rs", "use super::cluster::Cluster;"),
        ("scheduler.rs", "pub fn f(cluster: &crate::cluster::Cluster) {}"),
        ("kubectl/planted.rs", "#[cfg(test)]\nmod tests {\n    use crate::lab::Lab;\n}\nuse crate::shell::Terminal;"),
        ("cluster/planted.rs", "fn f() { g(\"{\", '\"'); crate::shell::h(); }"),
    ];
    for (path, text) in planted {
        let found = complaints(&floors, &[(path.to_owned(), text.to_owned())]);
        let upwards = found.iter().filter(|complaint| complaint.contains("no floor under it")).count();
        assert_eq!(upwards, 1, "{text}: {found:?}");
    }
}

#[test]
fn what_leads_downwards_or_is_for_tests_alone_may_stand() {
    let floors = floors(MAP);
    let harmless = [
        ("cluster/planted.rs", "use crate::{api::{Kind, Pod}, sim};"),
        ("api/planted.rs", "/// As [`crate::cluster::Cluster`].\n// crate::shell\nconst A: &str = \"crate::lab::\";"),
        ("api/planted.rs", "#[cfg(test)]\nmod tests {\n    use crate::lab::{Lab, LabOptions};\n}"),
        ("api/validation/planted.rs", "use super::super::quantity::Quantity;"),
    ];
    for (path, text) in harmless {
        let found = complaints(&floors, &[(path.to_owned(), text.to_owned())]);
        assert!(found.iter().all(|complaint| !complaint.contains("no floor under it")), "{text}: {found:?}");
    }
}

#[test]
fn a_module_that_the_map_does_not_know_is_found() {
    let found = complaints(&floors(MAP), &[("annex/mod.rs".to_owned(), String::new())]);
    assert!(found.iter().any(|complaint| complaint.contains("src/annex has no floor")), "{found:?}");
}
