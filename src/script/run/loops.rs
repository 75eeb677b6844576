//! `while`, `until`, `for` and `if`.

use std::sync::Arc;

use super::expansion::Expansion;
use super::{Environment, Running};
use crate::script::environment::Unwind;
use crate::script::language::{Command, CommandKind, List};
use crate::script::{Io, World};

/// What a loop does after a turn.
pub(super) enum Next {
    Turn,
    End,
}

/// Handles `break` and `continue` after a turn.
pub(super) fn after_turn(environment: &mut Environment) -> Next {
    match environment.unwind {
        None => Next::Turn,
        Some(Unwind::Continue(0 | 1)) => {
            environment.unwind = None;
            Next::Turn
        }
        Some(Unwind::Break(0 | 1)) => {
            environment.unwind = None;
            Next::End
        }
        Some(Unwind::Break(levels)) => {
            environment.unwind = Some(Unwind::Break(levels - 1));
            Next::End
        }
        Some(Unwind::Continue(levels)) => {
            environment.unwind = Some(Unwind::Continue(levels - 1));
            Next::End
        }
        Some(Unwind::Return(_) | Unwind::Exit(_)) => Next::End,
    }
}

/// `while` and `until`.
#[derive(Clone, Debug)]
pub(crate) struct WhileLoop {
    until: bool,
    condition: Arc<List>,
    body: Arc<List>,
    child: Option<Running>,
    in_body: bool,
    last: i32,
}

impl WhileLoop {
    pub fn new(until: bool, condition: &Arc<List>, body: &Arc<List>) -> Self {
        Self { until, condition: Arc::clone(condition), body: Arc::clone(body), child: None, in_body: false, last: 0 }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        loop {
            if self.child.is_none() && environment.is_spent(world.now, io) {
                return None;
            }
            let part = if self.in_body { &self.body } else { &self.condition };
            environment.in_conditions += u32::from(!self.in_body);
            let ended = self.child.get_or_insert_with(|| Running::list(part)).poll(environment, world, io);
            environment.in_conditions -= u32::from(!self.in_body);
            let code = ended?;
            self.child = None;
            if let Next::End = after_turn(environment) {
                return Some(self.last);
            }
            if self.in_body {
                self.last = code;
            } else if (code == 0) == self.until {
                return Some(self.last);
            }
            self.in_body = !self.in_body;
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.child.as_mut().map_or(130, |child| child.interrupt(world, io))
    }
}

/// `for`.
#[derive(Clone, Debug)]
pub(crate) struct ForLoop {
    command: Arc<Command>,
    expansion: Expansion,
    values: Option<std::vec::IntoIter<String>>,
    child: Option<Running>,
    last: i32,
}

impl ForLoop {
    pub fn new(command: &Arc<Command>) -> Self {
        Self { command: Arc::clone(command), expansion: Expansion::default(), values: None, child: None, last: 0 }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let CommandKind::For { name, words, body } = &self.command.kind else { return Some(0) };
        if self.values.is_none() {
            match self.expansion.fields(words, environment, world, io)? {
                Ok(values) => self.values = Some(values.into_iter()),
                Err(code) => return Some(code),
            }
        }
        loop {
            if self.child.is_none() {
                if environment.is_spent(world.now, io) {
                    return None;
                }
                let Some(value) = self.values.as_mut().and_then(Iterator::next) else { return Some(self.last) };
                if let Err(why) = environment.assign(name, value) {
                    return Some(environment.give_up(&why, io));
                }
                self.child = Some(Running::list(body));
            }
            if let Some(child) = &mut self.child {
                self.last = child.poll(environment, world, io)?;
                self.child = None;
            }
            if let Next::End = after_turn(environment) {
                return Some(self.last);
            }
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.child.as_mut().map_or(130, |child| child.interrupt(world, io))
    }
}

/// `if`.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    command: Arc<Command>,
    arm: usize,
    chosen: bool,
    child: Option<Running>,
}

impl Branches {
    pub fn new(command: &Arc<Command>) -> Self {
        Self { command: Arc::clone(command), arm: 0, chosen: false, child: None }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let CommandKind::If { arms, otherwise } = &self.command.kind else { return Some(0) };
        loop {
            let part = match (arms.get(self.arm), otherwise) {
                (Some((_, body)), _) if self.chosen => body,
                (Some((condition, _)), _) => condition,
                (None, Some(otherwise)) => {
                    self.chosen = true;
                    otherwise
                }
                (None, None) => return Some(0),
            };
            environment.in_conditions += u32::from(!self.chosen);
            let ended = self.child.get_or_insert_with(|| Running::list(part)).poll(environment, world, io);
            environment.in_conditions -= u32::from(!self.chosen);
            let code = ended?;
            self.child = None;
            if self.chosen || environment.unwind.is_some() {
                return Some(code);
            }
            if code == 0 {
                self.chosen = true;
            } else {
                self.arm += 1;
            }
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.child.as_mut().map_or(130, |child| child.interrupt(world, io))
    }
}
