//! Expansion: what words become before a command sees them.

use std::sync::Arc;

use super::glob::{braces, is_pattern_match};
use super::parameter::{self, Expanded, Outputs};
use super::{Environment, Running};
use crate::script::environment::{LONGEST_TEXT, too_long};
use crate::script::language::{Index, List, Part, Word};
use crate::script::{Io, Stream, World};

pub(super) use super::parameter::{assign_element, element};

/// Words while they are expanded: their substitutions run first.
#[derive(Clone, Debug, Default)]
pub(super) struct Expansion {
    outputs: Outputs,
    running: Option<Box<(Running, Io)>>,
    /// The files that `<(…)` has made.
    files: Vec<String>,
    /// Exit code of the last substitution.
    pub last: Option<i32>,
}

/// A field that is being put together.
#[derive(Default)]
struct Field {
    text: String,
    /// Something stands there, be it empty quotes.
    exists: bool,
    /// Holds `*`, `?` or `[` outside of quotes.
    is_pattern: bool,
}

/// The most files that `<(…)` may make at once.
const MOST_FILES: usize = 20;

impl Expansion {
    /// The words split into fields, with file patterns and braces expanded.
    pub fn fields(
        &mut self,
        words: &[Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<Result<Vec<String>, i32>> {
        let refs: Vec<&Word> = words.iter().collect();
        self.substitute(&refs, environment, world, io)?;
        if environment.unwind.is_some() {
            return Some(Err(1));
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        let mut fields = Vec::new();
        let mut bytes = 0;
        for word in words {
            for word in braces(word) {
                let mut field = Field::default();
                for (at, part) in word.0.iter().enumerate() {
                    match add_part(part, at == 0, &mut field, &mut fields, environment, &mut outputs) {
                        Ok(length) => bytes += length,
                        Err(text) => {
                            io.err(format!("bash: {text}\n"));
                            return Some(Err(1));
                        }
                    }
                    if bytes > LONGEST_TEXT {
                        return Some(Err(environment.give_up(&too_long(), io)));
                    }
                }
                finish(field, &mut fields);
            }
        }
        environment.charge(0, bytes);
        let globs = !environment.settings.noglob;
        Some(Ok(fields.into_iter().flat_map(|field| files_of(field, globs, world)).collect()))
    }

    /// The words as one text each.
    pub fn texts(
        &mut self,
        words: &[&Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<Result<Vec<String>, i32>> {
        self.substitute(words, environment, world, io)?;
        if environment.unwind.is_some() {
            return Some(Err(1));
        }
        let mut outputs = std::mem::take(&mut self.outputs);
        let texts: Result<Vec<String>, String> =
            words.iter().map(|word| parameter::text_of(word, environment, &mut outputs)).collect();
        Some(match texts {
            Ok(texts) if texts.iter().any(|text| text.len() > LONGEST_TEXT) => {
                Err(environment.give_up(&too_long(), io))
            }
            Ok(texts) => Ok(texts),
            Err(text) => {
                io.err(format!("bash: {text}\n"));
                Err(1)
            }
        })
    }

    /// What the substitutions in these words have written, for whoever expands them one by one.
    pub fn outputs(
        &mut self,
        words: &[&Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<Outputs> {
        self.substitute(words, environment, world, io)?;
        Some(std::mem::take(&mut self.outputs))
    }

    /// Runs the substitutions, one after the other.
    fn substitute(
        &mut self,
        words: &[&Word],
        environment: &mut Environment,
        world: &mut World<'_>,
        io: &mut Io,
    ) -> Option<()> {
        let mut lists = Vec::new();
        words.iter().for_each(|word| collect(word, &mut lists));
        while let Some((list, as_file)) = lists.get(self.outputs.len()) {
            let (running, inner) = &mut **self.running.get_or_insert_with(|| {
                Box::new((Running::subshell(environment.subshell(), Running::list(list)), Io::default()))
            });
            inner.swap_input(io);
            let ended = running.poll(environment, world, inner);
            inner.swap_input(io);
            if inner.unread_bytes() > LONGEST_TEXT || inner.is_cut() {
                running.interrupt(world, &mut Io::default());
                self.running = None;
                self.outputs.push(list, String::new());
                environment.give_up(&too_long(), io);
                continue;
            }
            let code = ended?;
            let mut text = String::new();
            for chunk in inner.take_chunks() {
                match chunk.stream {
                    Stream::Out => text.push_str(&chunk.text),
                    Stream::Err => io.err(&chunk.text),
                }
            }
            if *as_file {
                text = self.file_of(text, environment, world, io);
            } else {
                text.truncate(text.trim_end_matches('\n').len());
                self.last = Some(code);
                environment.last_exit = code;
            }
            self.outputs.push(list, text);
            self.running = None;
        }
        Some(())
    }

    /// Writes what `<(…)` has printed into a file that is there while the command runs; its name.
    fn file_of(&mut self, text: String, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> String {
        let names = (0..MOST_FILES).map(|at| format!("/dev/fd/{}", 63 - at));
        let Some(name) = names.into_iter().find(|name| world.files.read(name).is_none()) else {
            environment.give_up("cannot make pipe for process substitution: Too many open files", io);
            return String::new();
        };
        if let Err(why) = world.files.store(&name, text) {
            environment.give_up(&format!("cannot make pipe for process substitution: {why}"), io);
        }
        self.files.push(name.clone());
        name
    }

    /// The command that read the files of `<(…)` has ended.
    pub fn release(&mut self, world: &mut World<'_>) {
        for name in self.files.drain(..) {
            world.files.remove(&name);
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) {
        if let Some(running) = &mut self.running {
            running.0.interrupt(world, io);
        }
        self.release(world);
    }
}

fn collect(word: &Word, lists: &mut Vec<(Arc<List>, bool)>) {
    for part in &word.0 {
        match part {
            Part::Substitution { list, as_file, .. } => lists.push((Arc::clone(list), *as_file)),
            Part::Arithmetic(word) => collect(word, lists),
            Part::Variable { index, modifier, .. } => {
                if let Index::At(word) = index {
                    collect(word, lists);
                }
                if let Some(modifier) = modifier {
                    collect(&modifier.word, lists);
                    modifier.second.iter().for_each(|word| collect(word, lists));
                }
            }
            Part::Array(words) => words.iter().for_each(|word| collect(word, lists)),
            Part::Text { .. } => {}
        }
    }
}

/// Adds a part to a field, and the fields that it ends; how long it is.
fn add_part(
    part: &Part,
    is_first: bool,
    field: &mut Field,
    fields: &mut Vec<Field>,
    environment: &mut Environment,
    outputs: &mut Outputs,
) -> Result<usize, String> {
    let (quoted, splits) = match part {
        Part::Text { quoted, .. } => (*quoted, false),
        Part::Variable { quoted, .. } | Part::Substitution { quoted, .. } => (*quoted, !quoted),
        Part::Arithmetic(_) | Part::Array(_) => (true, false),
    };
    if let Some(word) = parameter::default_of(part, environment) {
        // What is quoted in a default stays together, the rest is split.
        let mut length = 0;
        for part in &word.0 {
            match part {
                Part::Text { text, quoted: false } => {
                    length += text.len();
                    add_split(text, field, fields, environment.separators());
                }
                part => length += add_part(part, false, field, fields, environment, outputs)?,
            }
        }
        return Ok(length);
    }
    let texts = match parameter::value_of(part, environment, outputs)? {
        Expanded::One(text) => {
            let text = if is_first && !quoted && !splits { with_home(text, environment) } else { text };
            vec![text]
        }
        // No values make no field, not even in quotes.
        Expanded::Many(texts) => texts,
    };
    let length = texts.iter().map(String::len).sum();
    for (at, text) in texts.into_iter().enumerate() {
        if at > 0 {
            finish(std::mem::take(field), fields);
        }
        if splits {
            add_split(&text, field, fields, environment.separators());
        } else {
            field.is_pattern |= !quoted && text.contains(['*', '?', '[']);
            field.exists |= quoted || !text.is_empty();
            field.text.push_str(&text);
        }
    }
    Ok(length)
}

/// `~` and `~/…`
fn with_home(text: String, environment: &Environment) -> String {
    match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => environment.value("HOME").unwrap_or_default() + rest,
        _ => text,
    }
}

/// Adds a text that was not quoted: it is parted at the separators.
fn add_split(text: &str, field: &mut Field, fields: &mut Vec<Field>, separators: &str) {
    let is_blank = |c: char| c.is_whitespace() && separators.contains(c);
    let mut after_blank = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c: char| separators.contains(c)).unwrap_or(rest.len());
        if end > 0 {
            let (word, tail) = rest.split_at(end);
            if after_blank {
                finish(std::mem::take(field), fields);
            }
            field.text.push_str(word);
            field.exists = true;
            field.is_pattern |= word.contains(['*', '?', '[']);
            after_blank = false;
            rest = tail;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if is_blank(c) {
            after_blank |= field.exists;
        } else {
            // A separator that is no blank ends a field, be it an empty one.
            field.exists = true;
            finish(std::mem::take(field), fields);
            rest = rest.trim_start_matches(is_blank);
            after_blank = false;
        }
    }
    if after_blank {
        finish(std::mem::take(field), fields);
    }
}

fn finish(field: Field, fields: &mut Vec<Field>) {
    if field.exists {
        fields.push(field);
    }
}

/// The files that fit a field; the field itself when it is no pattern or none fits.
fn files_of(field: Field, globs: bool, world: &World<'_>) -> Vec<String> {
    if !field.is_pattern || !globs {
        return vec![field.text];
    }
    let depth = field.text.matches('/').count();
    let found: Vec<String> = world
        .files
        .iter()
        .map(|(path, _)| path)
        .filter(|path| path.matches('/').count() == depth && is_pattern_match(&field.text, path))
        .map(str::to_owned)
        .collect();
    if found.is_empty() { vec![field.text] } else { found }
}
