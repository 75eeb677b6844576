//! `a | b | c`: output flows on as it comes.

use std::sync::Arc;

use super::{Environment, Running};
use crate::script::language::Command;
use crate::script::{Io, Stream, World};

/// What a program that writes to nobody ends with: 128 + SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// How many bytes may wait in a pipe before its writer does.
const CAPACITY: usize = 1 << 20;

/// Commands that feed one another.
#[derive(Clone, Debug)]
pub(crate) struct Pipe {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug)]
struct Stage {
    running: Running,
    io: Io,
    ended: Option<i32>,
}

impl Pipe {
    pub fn new(commands: &[Arc<Command>], environment: &Environment) -> Self {
        let stages = commands
            .iter()
            .enumerate()
            .map(|(index, command)| Stage {
                running: Running::subshell(environment.subshell(), Running::command(command, environment)),
                io: if index == 0 { Io::default() } else { Io::with_open_input() },
                ended: None,
            })
            .collect();
        Self { stages }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let mut flow = String::new();
        let mut was_full = false;
        let mut source_ended = false;
        let count = self.stages.len();
        for index in 0..count {
            let next = self.stages.get(index + 1);
            let next_ended = next.is_some_and(|next| next.ended.is_some());
            // Whoever writes faster than the next one reads waits for it.
            let is_full = next.is_some_and(|next| next.ended.is_none() && next.io.waiting_bytes() > CAPACITY);
            let stage = self.stages.get_mut(index)?;
            if index > 0 {
                stage.io.feed(&flow);
                if source_ended {
                    stage.io.close_input();
                }
            }
            flow.clear();
            was_full |= is_full;
            if stage.ended.is_none() && !is_full {
                if index == 0 {
                    stage.io.swap_input(io);
                }
                stage.ended = stage.running.poll(environment, world, &mut stage.io);
                if index == 0 {
                    stage.io.swap_input(io);
                }
            }
            for chunk in stage.io.take_chunks() {
                match chunk.stream {
                    Stream::Out if index + 1 < count => flow.push_str(&chunk.text),
                    stream => io.write(stream, &chunk.text),
                }
            }
            if next_ended && !flow.is_empty() && stage.ended.is_none() {
                stage.running.interrupt(world, &mut Io::default());
                stage.ended = Some(BROKEN_PIPE);
            }
            source_ended = stage.ended.is_some();
        }
        self.break_pipes(world);
        if was_full && !self.stages.iter().any(|stage| stage.io.waiting_bytes() > CAPACITY) {
            environment.wake = environment.wake.min(world.now + 1);
        }
        let codes: Option<Vec<i32>> = self.stages.iter().map(|stage| stage.ended).collect();
        let codes = codes?;
        let failed = codes.iter().rev().copied().find(|code| *code != 0);
        let last = codes.last().copied();
        environment.pipe_codes = codes;
        if environment.settings.pipefail { Some(failed.unwrap_or(0)) } else { last }
    }

    /// Ends programs that have written something since whoever read it has ended.
    fn break_pipes(&mut self, world: &mut World<'_>) {
        for index in (1..self.stages.len()).rev() {
            let has_ended = self.stages.get(index).is_some_and(|stage| stage.ended.is_some() && stage.io.has_input());
            if let Some(writer) = self.stages.get_mut(index - 1).filter(|writer| has_ended && writer.ended.is_none()) {
                writer.running.interrupt(world, &mut Io::default());
                writer.ended = Some(BROKEN_PIPE);
            }
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        for stage in self.stages.iter_mut().filter(|stage| stage.ended.is_none()) {
            stage.running.interrupt(world, io);
        }
        130
    }
}
