//! Redirections: where a command's input comes from and where its outputs go.

use std::sync::Arc;

use super::expansion::Expansion;
use super::{Environment, Running};
use crate::script::language::{Command, Target, Word};
use crate::script::{Io, Stream, World};

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sink {
    Outer(Stream),
    File(String),
    Null,
}

/// A command with redirections.
#[derive(Clone, Debug)]
pub(crate) struct Redirected {
    command: Arc<Command>,
    expansion: Expansion,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    running: Running,
    io: Io,
    own_input: bool,
    out: Sink,
    err: Sink,
}

impl Redirected {
    pub fn new(command: &Arc<Command>) -> Self {
        Self { command: Arc::clone(command), expansion: Expansion::default(), open: None }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        if self.open.is_none() {
            let words: Vec<&Word> = self
                .command
                .redirects
                .iter()
                .filter_map(|redirect| match &redirect.target {
                    Target::From(word) | Target::To(word) | Target::Append(word) | Target::Text(word) => Some(word),
                    Target::Descriptor(_) => None,
                })
                .collect();
            let texts = match self.expansion.texts(&words, environment, world, io)? {
                Ok(texts) => texts,
                Err(code) => return Some(code),
            };
            let opened = self.open(texts, environment, world);
            self.expansion.release(world);
            match opened {
                Ok(open) => self.open = Some(open),
                Err(text) => {
                    io.err(format!("bash: {text}\n"));
                    return Some(1);
                }
            }
        }
        let open = self.open.as_mut()?;
        if !open.own_input {
            open.io.swap_input(io);
        }
        let ended = open.running.poll(environment, world, &mut open.io);
        if !open.own_input {
            open.io.swap_input(io);
        }
        let delivered = open.deliver(world, io);
        ended.map(|code| if delivered { code } else { code.max(1) })
    }

    fn open(&self, texts: Vec<String>, environment: &Environment, world: &mut World<'_>) -> Result<Open, String> {
        let (mut out, mut err) = (Sink::Outer(Stream::Out), Sink::Outer(Stream::Err));
        let mut input = None;
        let mut texts = texts.into_iter();
        for redirect in &self.command.redirects {
            let sink = match &redirect.target {
                Target::From(_) => {
                    let name = texts.next().unwrap_or_default();
                    input = Some(read(&name, world)?);
                    continue;
                }
                Target::Text(_) => {
                    input = Some(texts.next().unwrap_or_default());
                    continue;
                }
                Target::To(_) => file(texts.next().unwrap_or_default(), false, world)?,
                Target::Append(_) => file(texts.next().unwrap_or_default(), true, world)?,
                Target::Descriptor(2) => err.clone(),
                Target::Descriptor(_) => out.clone(),
            };
            match redirect.descriptor {
                2 => err = sink,
                3 => (out, err) = (sink.clone(), sink),
                _ => out = sink,
            }
        }
        let running = Running::bare(&self.command, environment);
        let own_input = input.is_some();
        Ok(Open { running, io: input.map_or_else(Io::default, Io::with_input), own_input, out, err })
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let Some(open) = self.open.as_mut() else {
            self.expansion.interrupt(world, io);
            return 130;
        };
        let code = open.running.interrupt(world, &mut open.io);
        open.deliver(world, io);
        code
    }
}

impl Open {
    /// Hands on what was written; whether all of it found its place.
    fn deliver(&mut self, world: &mut World<'_>, io: &mut Io) -> bool {
        let mut is_complete = true;
        for chunk in self.io.take_chunks() {
            let sink = if chunk.stream == Stream::Out { &self.out } else { &self.err };
            match sink {
                Sink::Outer(stream) => io.write(*stream, &chunk.text),
                Sink::File(path) => {
                    if let Err(why) = world.files.append(path, &chunk.text) {
                        io.err(format!("bash: {path}: write error: {why}\n"));
                        is_complete = false;
                    }
                }
                Sink::Null => {}
            }
        }
        is_complete
    }
}

fn read(name: &str, world: &World<'_>) -> Result<String, String> {
    match world.files.read(name) {
        _ if name == "/dev/null" => Ok(String::new()),
        Some(text) => Ok(text.to_owned()),
        None if world.files.is_directory(name) && !name.is_empty() => Err(format!("{name}: Is a directory")),
        None => Err(format!("{name}: No such file or directory")),
    }
}

fn file(name: String, append: bool, world: &mut World<'_>) -> Result<Sink, String> {
    match name.as_str() {
        "/dev/null" => return Ok(Sink::Null),
        "/dev/stdout" => return Ok(Sink::Outer(Stream::Out)),
        "/dev/stderr" => return Ok(Sink::Outer(Stream::Err)),
        "" => return Err(": No such file or directory".to_owned()),
        _ => {}
    }
    if world.files.is_directory(&name) {
        return Err(format!("{name}: Is a directory"));
    }
    if !append || world.files.read(&name).is_none() {
        world.files.store(&name, "").map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(Sink::File(name))
}
