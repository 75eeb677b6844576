//! `case`, `[[ … ]]`, `((…))` and `for ((…))`.

use std::sync::Arc;

use super::expansion::Expansion;
use super::loops::{Next, after_turn};
use super::parameter::{Outputs, pattern_of, text_of};
use super::{Environment, Running, arithmetic, is_pattern_match};
use crate::script::language::{Command, CommandKind, Condition, Word};
use crate::script::tools;
use crate::script::{Io, World};

/// `case`.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    command: Arc<Command>,
    expansion: Expansion,
    /// The arm that runs.
    arm: Option<usize>,
    text: String,
    outputs: Outputs,
    child: Option<Running>,
}

impl Case {
    pub fn new(command: &Arc<Command>) -> Self {
        Self {
            command: Arc::clone(command),
            expansion: Expansion::default(),
            arm: None,
            text: String::new(),
            outputs: Outputs::default(),
            child: None,
        }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let command = Arc::clone(&self.command);
        let CommandKind::Case { word, arms } = &command.kind else { return Some(0) };
        if self.arm.is_none() {
            let words: Vec<&Word> = std::iter::once(word).chain(arms.iter().flat_map(|arm| &arm.patterns)).collect();
            self.outputs = self.expansion.outputs(&words, environment, world, io)?;
            if environment.unwind.is_some() {
                return Some(1);
            }
            self.text = match text_of(word, environment, &mut self.outputs) {
                Ok(text) => text,
                Err(why) => return Some(failed(&why, io)),
            };
            match self.fitting(0, environment) {
                Ok(Some(arm)) => self.arm = Some(arm),
                Ok(None) => return Some(0),
                Err(why) => return Some(failed(&why, io)),
            }
        }
        loop {
            let at = self.arm?;
            let Some(arm) = arms.get(at) else { return Some(0) };
            let child = self.child.get_or_insert_with(|| Running::list(&arm.body));
            let code = child.poll(environment, world, io)?;
            self.child = None;
            let next = match arm.end {
                _ if environment.unwind.is_some() => None,
                ";&" => Some(at + 1).filter(|at| *at < arms.len()),
                ";;&" => match self.fitting(at + 1, environment) {
                    Ok(next) => next,
                    Err(why) => return Some(failed(&why, io)),
                },
                _ => None,
            };
            match next {
                Some(next) => self.arm = Some(next),
                None => return Some(code),
            }
        }
    }

    /// The first arm from `from` on that fits.
    fn fitting(&mut self, from: usize, environment: &mut Environment) -> Result<Option<usize>, String> {
        let CommandKind::Case { arms, .. } = &self.command.kind else { return Ok(None) };
        for (at, arm) in arms.iter().enumerate().skip(from) {
            for pattern in &arm.patterns {
                let pattern = pattern_of(pattern, environment, &mut self.outputs)?;
                environment.charge(0, self.text.len());
                if is_pattern_match(&pattern, &self.text) {
                    return Ok(Some(at));
                }
            }
        }
        Ok(None)
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.expansion.interrupt(world, io);
        self.child.as_mut().map_or(130, |child| child.interrupt(world, io))
    }
}

fn failed(why: &str, io: &mut Io) -> i32 {
    io.err(format!("bash: {why}\n"));
    1
}

/// `[[ … ]]` and `((…))`.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    command: Arc<Command>,
    expansion: Expansion,
}

impl Decision {
    pub fn new(command: &Arc<Command>) -> Self {
        Self { command: Arc::clone(command), expansion: Expansion::default() }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        if environment.is_spent(world.now, io) {
            return None;
        }
        environment.charge(1, 0);
        match &self.command.kind {
            CommandKind::Arithmetic(word) => Some(match number(&mut self.expansion, word, environment, world, io)? {
                Ok(value) => i32::from(value == 0),
                Err(code) => code,
            }),
            CommandKind::Condition(condition) => {
                let mut words = Vec::new();
                collect(condition, &mut words);
                let mut outputs = self.expansion.outputs(&words, environment, world, io)?;
                if environment.unwind.is_some() {
                    return Some(1);
                }
                Some(match holds(condition, environment, &mut outputs, world) {
                    Ok(holds) => i32::from(!holds),
                    Err(why) => {
                        io.err(format!("bash: [[: {why}\n"));
                        2
                    }
                })
            }
            _ => Some(0),
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.expansion.interrupt(world, io);
        130
    }
}

/// The value of an expression in a command.
fn number(
    expansion: &mut Expansion,
    word: &Word,
    environment: &mut Environment,
    world: &mut World<'_>,
    io: &mut Io,
) -> Option<Result<i64, i32>> {
    let text = match expansion.texts(&[word], environment, world, io)? {
        Ok(texts) => texts.into_iter().next().unwrap_or_default(),
        Err(code) => return Some(Err(code)),
    };
    Some(arithmetic::evaluate(&text, environment).map_err(|why| {
        io.err(format!("bash: ((: {why}\n"));
        1
    }))
}

fn collect<'a>(condition: &'a Condition, words: &mut Vec<&'a Word>) {
    match condition {
        Condition::Test(test) => words.extend(test),
        Condition::Not(inner) => collect(inner, words),
        Condition::All(all) | Condition::Any(all) => all.iter().for_each(|inner| collect(inner, words)),
    }
}

fn holds(
    condition: &Condition,
    environment: &mut Environment,
    outputs: &mut Outputs,
    world: &World<'_>,
) -> Result<bool, String> {
    match condition {
        Condition::Not(inner) => Ok(!holds(inner, environment, outputs, world)?),
        Condition::All(all) => {
            for inner in all {
                if !holds(inner, environment, outputs, world)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Any(all) => {
            for inner in all {
                if holds(inner, environment, outputs, world)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Test(words) => test(words, environment, outputs, world),
    }
}

fn test(
    words: &[Word],
    environment: &mut Environment,
    outputs: &mut Outputs,
    world: &World<'_>,
) -> Result<bool, String> {
    if let [left, operator, right] = words {
        let left = text_of(left, environment, outputs)?;
        let operator = text_of(operator, environment, outputs)?;
        match operator.as_str() {
            "=" | "==" | "!=" => {
                let pattern = pattern_of(right, environment, outputs)?;
                return Ok(is_pattern_match(&pattern, &left) == (operator != "!="));
            }
            "=~" => {
                let pattern = pattern_of(right, environment, outputs)?;
                let found = tools::captures(&pattern, &left)?;
                let is_found = found.is_some();
                let groups = found.unwrap_or_default().into_iter().enumerate().collect();
                environment.assign_array("BASH_REMATCH", groups)?;
                return Ok(is_found);
            }
            _ => {}
        }
        let right = text_of(right, environment, outputs)?;
        if operator.starts_with('-') && operator.len() == 3 {
            let left = arithmetic::evaluate(&left, environment)?.to_string();
            let right = arithmetic::evaluate(&right, environment)?.to_string();
            return tools::condition(&[&left, &operator, &right], world);
        }
        return tools::condition(&[&left, &operator, &right], world);
    }
    let texts: Result<Vec<String>, String> = words.iter().map(|word| text_of(word, environment, outputs)).collect();
    let texts = texts?;
    if let [operator, name] = texts.as_slice()
        && operator == "-v"
    {
        return Ok(environment.value(name).is_some() || !environment.values(name).is_empty());
    }
    tools::condition(&texts.iter().map(String::as_str).collect::<Vec<_>>(), world)
}

/// `for ((…))`.
#[derive(Clone, Debug)]
pub(crate) struct CountedLoop {
    command: Arc<Command>,
    expansion: Expansion,
    /// 0: the beginning, 1: the condition, 2: the body, 3: the step.
    stage: usize,
    child: Option<Running>,
    last: i32,
}

impl CountedLoop {
    pub fn new(command: &Arc<Command>) -> Self {
        Self { command: Arc::clone(command), expansion: Expansion::default(), stage: 0, child: None, last: 0 }
    }

    pub fn poll(&mut self, environment: &mut Environment, world: &mut World<'_>, io: &mut Io) -> Option<i32> {
        let command = Arc::clone(&self.command);
        let CommandKind::CountedFor { parts: [begin, condition, step], body } = &command.kind else { return Some(0) };
        loop {
            if self.child.is_none() && environment.is_spent(world.now, io) {
                return None;
            }
            let expression = match self.stage {
                0 => begin,
                1 => condition,
                2 => {
                    let child = self.child.get_or_insert_with(|| Running::list(body));
                    self.last = child.poll(environment, world, io)?;
                    self.child = None;
                    if let Next::End = after_turn(environment) {
                        return Some(self.last);
                    }
                    self.stage = 3;
                    continue;
                }
                _ => step,
            };
            let value = match number(&mut self.expansion, expression, environment, world, io)? {
                Ok(value) => value,
                Err(code) => return Some(code),
            };
            environment.charge(1, 0);
            if self.stage == 1 && value == 0 && !condition.0.is_empty() {
                return Some(self.last);
            }
            self.stage = if self.stage == 1 { 2 } else { 1 };
        }
    }

    pub fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.child.as_mut().map_or(130, |child| child.interrupt(world, io))
    }
}
