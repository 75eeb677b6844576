//! The copy of the repository that the mutants are written into.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::find::{Edit, Mutant, SWITCH};

/// The module of the copy that holds the switch.
const MODULE: &str = "mutants";

/// Where a mutant's own text stands in a written file, and where the whole of it, with the text it is put around.
pub struct Place {
    pub id: u32,
    pub own: [Range<usize>; 2],
    pub whole: Range<usize>,
}

/// Copies what git knows and what is new, leaving alone what is the same; the source's texts by name.
pub fn copy(root: &Path, to: &Path) -> Outcome<BTreeMap<String, String>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git: {error}"))?;
    let mut sources = BTreeMap::new();
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        // Deleted, not yet committed.
        let Ok(bytes) = fs::read(root.join(name)) else { continue };
        match String::from_utf8(bytes) {
            Ok(text) if name.starts_with("src/") && name.ends_with(".rs") => {
                sources.insert(name.to_owned(), text);
            }
            Ok(text) => put(&to.join(name), text.as_bytes())?,
            Err(error) => put(&to.join(name), error.as_bytes())?,
        }
    }
    put(&to.join(format!("src/{MODULE}.rs")), include_bytes!("switch.rs"))?;
    Ok(sources)
}

/// Writes the sources with these mutants in them; their places by file.
pub fn write(
    sources: &BTreeMap<String, String>,
    to: &Path,
    mutants: &[Mutant],
) -> Outcome<BTreeMap<String, Vec<Place>>> {
    let mut all = BTreeMap::new();
    for (name, source) in sources {
        let mut edits: Vec<(u32, &Edit)> =
            mutants.iter().filter(|mutant| mutant.file == *name).map(|mutant| (mutant.id, &mutant.edit)).collect();
        // What surrounds comes first; at one place, what is only put in.
        edits.sort_by_key(|(_, edit)| (edit.range.start, !edit.range.is_empty(), usize::MAX - edit.range.end));
        let mut writer = Writer { source, out: String::new(), places: Vec::new() };
        if name == "src/lib.rs" {
            // What a mutant leaves unused or unreached is no news, and one that overflows is to be seen at run time.
            writer.out =
                format!("#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n{source}\npub mod {MODULE};\n");
        } else {
            writer.render(0..source.len(), &edits);
        }
        put(&to.join(name), writer.out.as_bytes())?;
        all.insert(name.clone(), writer.places);
    }
    Ok(all)
}

/// Takes out the mutants that overlap one before them without standing inside it.
pub fn without_conflicts(mutants: &mut Vec<Mutant>) {
    let mut kept: Vec<Mutant> = Vec::new();
    for mutant in mutants.drain(..) {
        let fits = |other: &Mutant| {
            let (a, b) = (&mutant.edit, &other.edit);
            let apart = a.range.end <= b.range.start || b.range.end <= a.range.start;
            let within = |a: &Edit, b: &Edit| b.keeps && b.range.start <= a.range.start && a.range.end <= b.range.end;
            mutant.file != other.file || apart || within(a, b) || within(b, a)
        };
        if kept.iter().all(fits) {
            kept.push(mutant);
        }
    }
    *mutants = kept;
}

/// Only when it differs, so that Cargo builds what has changed.
fn put(path: &Path, bytes: &[u8]) -> Outcome<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}

struct Writer<'a> {
    source: &'a str,
    out: String,
    places: Vec<Place>,
}

impl Writer<'_> {
    fn render(&mut self, range: Range<usize>, mut edits: &[(u32, &Edit)]) {
        let mut at = range.start;
        while let Some(((id, edit), rest)) = edits.split_first() {
            let inside =
                rest.iter().take_while(|(_, other)| other.range.end <= edit.range.end && !edit.range.is_empty());
            let (inner, after) = rest.split_at(inside.count());
            self.out.push_str(&self.source[at..edit.range.start]);
            let begin = self.out.len();
            let before = self.own(*id, &edit.before);
            if edit.keeps {
                self.render(edit.range.clone(), inner);
            }
            let behind = self.own(*id, &edit.after);
            self.places.push(Place { id: *id, own: [before, behind], whole: begin..self.out.len() });
            at = edit.range.end;
            edits = after;
        }
        self.out.push_str(&self.source[at..range.end]);
    }

    fn own(&mut self, id: u32, text: &str) -> Range<usize> {
        let begin = self.out.len();
        self.out.push_str(&text.replace(SWITCH, &format!("crate::{MODULE}::on({id})")));
        begin..self.out.len()
    }
}
