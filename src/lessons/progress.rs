//! How far a learner has come. A plain value: it goes back in time with the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::facts::{Facts, Surroundings};
use super::goal::{Condition, Goal, Kind, Pattern, What};
use super::play;
use super::{Lesson, Step, Task};
use crate::lab::Lab;
use crate::sim::SimTime;

/// What the terminals and the lesson's buttons have seen since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A command was typed, or sent by a button.
    Typed(String),
    /// A terminal wrote this.
    Printed(String),
    /// The choice with this number was clicked, counted from 0.
    Chose(usize),
}

/// Something that the learner should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A step is done; the next one began at that moment.
    StepDone {
        /// Which, counted from 0.
        step: usize,
        /// When.
        at: SimTime,
    },
    /// The last step is done.
    LessonDone {
        /// When.
        at: SimTime,
    },
    /// A choice was wrong; [`super::Choice::reply`] says why.
    WrongChoice {
        /// Which step, counted from 0.
        step: usize,
        /// Which choice, counted from 0.
        choice: usize,
    },
    /// What must never happen has happened, or it is too late: only [`Progress::retry`] helps.
    Lost {
        /// Which step, counted from 0.
        step: usize,
    },
}

/// How far a learner has come in a lesson.
#[derive(Clone, Debug)]
pub struct Progress {
    lesson: Arc<Lesson>,
    step: usize,
    commands: usize,
    /// The lab's history that was read: see [`Lab::forks`].
    forks: u32,
    attempt: Attempt,
}

/// The present step, since it began.
#[derive(Clone, Debug, Default)]
struct Attempt {
    began: Moment,
    /// Uids of what was there when it began.
    old: BTreeSet<String>,
    /// What the log has told so far.
    present: Moment,
    /// One state a condition, grouped as the goal's conditions are.
    states: Vec<Vec<State>>,
    is_lost: bool,
    wrong_choices: Vec<usize>,
    /// The beginning of a printed line.
    line: String,
}

/// The cluster at a moment, and how much of the watch log had led to it.
#[derive(Clone, Debug, Default)]
struct Moment {
    at: SimTime,
    read: usize,
    facts: Facts,
}

/// How it stands with a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Since when it holds without a break.
    since: Option<SimTime>,
    /// It has held in time, which is all that was asked.
    is_settled: bool,
    /// It cannot hold any more.
    is_lost: bool,
}

/// Characters of an unfinished line that are kept.
const LONGEST_LINE: usize = 4096;

impl Progress {
    /// Puts the lesson's beginning into `lab`, in the place of all that was there, and begins the first step.
    pub fn start(lesson: &Arc<Lesson>, lab: &mut Lab) -> Self {
        *lab = play::beginning(lesson);
        lab.record((0..lesson.steps.len()).any(|step| lesson.looks_at_files(step)));
        let attempt = Attempt::begin(lesson, 0, Moment::of(lab), lab);
        Self { lesson: Arc::clone(lesson), step: 0, commands: 0, forks: lab.forks(), attempt }
    }

    /// Begins the lesson anew.
    pub fn reset(&mut self, lab: &mut Lab) {
        *self = Self::start(&Arc::clone(&self.lesson), lab);
    }

    /// Begins the present step anew, from how things are now.
    pub fn retry(&mut self, lab: &Lab) {
        self.forks = lab.forks();
        self.attempt = Attempt::begin(&self.lesson, self.step, Moment::of(lab), lab);
    }

    /// The lesson.
    pub fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// The present step's number, counted from 0; the number of steps when all are done.
    pub fn step_number(&self) -> usize {
        self.step
    }

    /// The present step; none when all are done.
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.step)
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.step >= self.lesson.steps.len()
    }

    /// Commands typed so far, to be compared with [`Lesson::par`].
    pub fn commands(&self) -> usize {
        self.commands
    }

    /// Whether the present step can only be reached after [`Progress::retry`].
    pub fn is_lost(&self) -> bool {
        self.attempt.is_lost
    }

    /// Wrong choices of the present step, in the order in which they were made.
    pub fn wrong_choices(&self) -> &[usize] {
        &self.attempt.wrong_choices
    }

    /// Looks at what has happened since the last look: `seen` first, then the cluster's log. To be called after every
    /// command, and whenever time has passed; how much of it makes no difference.
    pub fn observe(&mut self, lab: &Lab, seen: &[Observation]) -> Vec<Happening> {
        let mut happenings = Vec::new();
        if self.forks != lab.forks() {
            self.follow_fork(lab);
        }
        for seen in seen {
            self.note(lab, seen, &mut happenings);
        }
        // Looking at the past changes nothing.
        if lab.now() >= self.attempt.present.at && lab.cluster().log().len() >= self.attempt.present.read {
            self.read_on(lab, &mut happenings);
        }
        happenings
    }

    /// Another history has taken the place of what came after a moment: the step is judged by that one.
    fn follow_fork(&mut self, lab: &Lab) {
        let began = &self.attempt.began;
        if lab.now() < began.at || lab.cluster().log().len() < began.read {
            return self.retry(lab);
        }
        self.forks = lab.forks();
        let heard = std::mem::take(&mut self.attempt.states);
        let (began, old) = (self.attempt.began.clone(), std::mem::take(&mut self.attempt.old));
        let wrong_choices = std::mem::take(&mut self.attempt.wrong_choices);
        self.attempt = Attempt::begin(&self.lesson, self.step, began, lab);
        (self.attempt.old, self.attempt.wrong_choices) = (old, wrong_choices);
        self.attempt.hear_again(self.lesson.goal(self.step), &heard);
    }

    fn note(&mut self, lab: &Lab, seen: &Observation, happenings: &mut Vec<Happening>) {
        let now = lab.now();
        match seen {
            Observation::Typed(text) => {
                let text = text.trim().trim_start_matches("$ ");
                if text.is_empty() || text.starts_with('#') {
                    return;
                }
                self.commands += 1;
                if let Some(goal) = self.lesson.goal(self.step) {
                    let typed = |what: &What| matches!(what, What::Typed(pattern) if pattern.fits(text));
                    self.attempt.hear(goal, now, typed);
                }
            }
            Observation::Printed(text) => {
                if let Some(goal) = self.lesson.goal(self.step) {
                    self.attempt.hear_printed(goal, now, text);
                }
            }
            Observation::Chose(choice) => {
                let Some(Task::Question(choices)) = self.step().map(|step| &step.task) else { return };
                match choices.get(*choice) {
                    Some(chosen) if chosen.is_right => {
                        self.attempt.present = Moment::of(lab);
                        self.finish(now, lab, happenings);
                    }
                    Some(_) => {
                        self.attempt.wrong_choices.push(*choice);
                        happenings.push(Happening::WrongChoice { step: self.step, choice: *choice });
                    }
                    None => {}
                }
            }
        }
    }

    /// Follows the watch log, moment by moment, to the present.
    fn read_on(&mut self, lab: &Lab, happenings: &mut Vec<Happening>) {
        let log = lab.cluster().log();
        while !self.is_done() {
            let next = log.get(self.attempt.present.read).map(|event| event.at);
            if let Some(at) = self.attempt.met_at(self.lesson.goal(self.step))
                && next.map_or(at <= lab.now(), |next| at < next)
            {
                self.finish(at.max(self.attempt.began.at), lab, happenings);
                continue;
            }
            let present = &mut self.attempt.present;
            match next {
                Some(at) => {
                    while let Some(event) = log.get(present.read).filter(|event| event.at == at) {
                        present.facts.apply(event);
                        present.read += 1;
                    }
                    present.at = at;
                    self.attempt.judge(self.lesson.goal(self.step), at, lab);
                }
                None if present.at < lab.now() || self.lesson.looks_at_files(self.step) => {
                    present.at = lab.now();
                    self.attempt.judge(self.lesson.goal(self.step), lab.now(), lab);
                    if self.attempt.met_at(self.lesson.goal(self.step)).is_none_or(|at| at > lab.now()) {
                        break;
                    }
                }
                None => break,
            }
        }
        if !self.is_done() && !self.attempt.is_lost && self.attempt.has_lost() {
            self.attempt.is_lost = true;
            happenings.push(Happening::Lost { step: self.step });
        }
    }

    fn finish(&mut self, at: SimTime, lab: &Lab, happenings: &mut Vec<Happening>) {
        happenings.push(Happening::StepDone { step: self.step, at });
        self.step += 1;
        let began = Moment { at, ..std::mem::take(&mut self.attempt.present) };
        self.attempt = Attempt::begin(&self.lesson, self.step, began, lab);
        if self.is_done() {
            happenings.push(Happening::LessonDone { at });
        }
    }
}

impl Lesson {
    fn goal(&self, step: usize) -> Option<&Goal> {
        match &self.steps.get(step)?.task {
            Task::Goal(goal) => Some(goal),
            Task::Question(_) => None,
        }
    }

    /// Whether a step's goal depends on what no log tells.
    fn looks_at_files(&self, step: usize) -> bool {
        self.goal(step).into_iter().flat_map(|goal| goal.all.iter().flatten()).any(|condition| match &condition.what {
            What::Now(test) | What::Not(test) | What::Ever(test) | What::Never(test) => test.kind == Kind::Files,
            _ => false,
        })
    }
}

impl Moment {
    fn of(lab: &Lab) -> Self {
        let cluster = lab.cluster();
        Self { at: lab.now(), read: cluster.log().len(), facts: Facts::of(cluster) }
    }
}

impl Attempt {
    fn begin(lesson: &Lesson, step: usize, began: Moment, lab: &Lab) -> Self {
        let goal = lesson.goal(step);
        let fresh = |group: &Vec<Condition>| vec![State::default(); group.len()];
        let mut attempt = Self {
            old: began.facts.uids(),
            present: began.clone(),
            states: goal.map(|goal| goal.all.iter().map(fresh).collect()).unwrap_or_default(),
            began,
            ..Self::default()
        };
        attempt.judge(goal, attempt.began.at, lab);
        attempt
    }

    /// Brings every condition's state up to `at`, at which the facts are as they are.
    fn judge(&mut self, goal: Option<&Goal>, at: SimTime, lab: &Lab) {
        let began = self.began.at;
        let traffic = lab.cluster().traffic();
        let around = Surroundings { old: &self.old, files: lab.files(), traffic, span: (began, at) };
        let facts = &self.present.facts;
        for (condition, state) in pairs(goal, &mut self.states) {
            let is_late = condition.within_ms.is_some_and(|within_ms| at > began + within_ms);
            if state.is_settled || state.is_lost {
                continue;
            }
            // What held until now may have held long enough and in time.
            if condition.within_ms.is_some_and(|within_ms| {
                state.since.is_some_and(|since| since + condition.for_ms <= at.min(began + within_ms))
            }) {
                state.is_settled = true;
                continue;
            }
            state.since = match &condition.what {
                What::Now(test) if facts.holds(test, &around) => state.since.or(Some(at)),
                What::Not(test) if !facts.holds(test, &around) => state.since.or(Some(at)),
                What::Now(_) | What::Not(_) => None,
                What::Ever(test) => state.since.or_else(|| facts.holds(test, &around).then_some(at)),
                What::Never(test) => {
                    state.is_lost |= facts.holds(test, &around);
                    (!state.is_lost).then_some(began)
                }
                What::Typed(_) | What::Printed(_) => state.since,
                What::Elapsed(ms) => Some(began + *ms),
            };
            let limit = condition.within_ms.map(|within_ms| began + within_ms);
            let met = state.since.map(|since| since + condition.for_ms);
            state.is_lost |= is_late && met.is_none_or(|met| limit.is_some_and(|limit| met > limit));
        }
    }

    /// From when on all conditions are met, if nothing changes.
    fn met_at(&self, goal: Option<&Goal>) -> Option<SimTime> {
        let goal = goal?;
        let mut all = self.began.at;
        for (group, states) in goal.all.iter().zip(&self.states) {
            let met = group.iter().zip(states).filter_map(|(condition, state)| {
                let met = state.since? + condition.for_ms;
                let is_late = condition.within_ms.is_some_and(|within_ms| met > self.began.at + within_ms);
                (!state.is_lost && !is_late).then_some(met)
            });
            all = all.max(met.min()?);
        }
        Some(all)
    }

    fn has_lost(&self) -> bool {
        self.states.iter().any(|group| group.iter().all(|state| state.is_lost))
    }

    /// Something was heard that meets the conditions for which `is_met`.
    fn hear(&mut self, goal: &Goal, now: SimTime, is_met: impl Fn(&What) -> bool) {
        for (condition, state) in pairs(Some(goal), &mut self.states) {
            if is_met(&condition.what) {
                state.since = state.since.or(Some(now));
            }
        }
    }

    /// Text may come in parts: a line is looked at whenever it grows.
    fn hear_printed(&mut self, goal: &Goal, now: SimTime, text: &str) {
        for piece in text.split_inclusive('\n') {
            self.line.push_str(piece);
            let line = self.line.clone();
            let fits = |pattern: &Pattern| pattern.fits(line.trim_end());
            self.hear(goal, now, |what| matches!(what, What::Printed(pattern) if fits(pattern)));
            if piece.ends_with('\n') || self.line.len() > LONGEST_LINE {
                self.line.clear();
            }
        }
    }

    /// What was typed and printed stays so in another history.
    fn hear_again(&mut self, goal: Option<&Goal>, heard: &[Vec<State>]) {
        let before = heard.iter().flatten();
        for ((condition, state), before) in pairs(goal, &mut self.states).zip(before) {
            if matches!(condition.what, What::Typed(_) | What::Printed(_)) {
                *state = *before;
            }
        }
    }
}

fn pairs<'a>(
    goal: Option<&'a Goal>,
    states: &'a mut [Vec<State>],
) -> impl Iterator<Item = (&'a Condition, &'a mut State)> {
    let groups = goal.into_iter().flat_map(|goal| &goal.all);
    groups.zip(states).flat_map(|(group, states)| group.iter().zip(states))
}
