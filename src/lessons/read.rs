//! A lesson's file to a lesson. Everything that is wrong is told, with its place.

use serde_json::{Map, Value};

use super::goal::{self, Condition, Goal, What};
use super::play::Action;
use super::{Choice, Lesson, Problem, Section, Start, Step, Task, Text};
use crate::api::KubernetesVersion;
use crate::lab::LabOptions;
use crate::manifest::{self, Positions};
use crate::sorting;

/// Reads a lesson.
pub(super) fn lesson(file_name: &str, text: &str) -> Result<Lesson, Vec<Problem>> {
    let documents = manifest::parse(file_name, text)
        .map_err(|error| vec![Problem { line: error.line.max(1), column: error.column.max(1), message: error.text }])?;
    let [document] = documents.as_slice() else {
        let message = format!("a lesson's file holds one document, not {}", documents.len());
        return Err(vec![Problem { line: 1, column: 1, message }]);
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut reader = Reader { positions: &document.positions, lines: &lines, problems: Vec::new() };
    let lesson = reader.lesson(&Node { path: String::new(), value: &document.value });
    let mut problems = reader.problems;
    if problems.is_empty() {
        return Ok(lesson);
    }
    sorting::sort_by_key(&mut problems, |problem| (problem.line, problem.column));
    Err(problems)
}

struct Reader<'a> {
    positions: &'a Positions,
    lines: &'a [&'a str],
    problems: Vec<Problem>,
}

/// A value of the document.
#[derive(Clone)]
struct Node<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    fn field(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Some(Self { path, value })
    }

    fn items(&self) -> Vec<Self> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        let item = |(index, value)| Self { path: format!("{}[{index}]", self.path), value };
        items.iter().enumerate().map(item).collect()
    }

    fn fields(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }
}

impl Reader<'_> {
    fn complain(&mut self, path: &str, message: impl Into<String>) {
        let (line, column) = self.positions.nearest(path);
        self.problems.push(Problem { line, column, message: message.into() });
    }

    /// Complains unless the value is a map with no other keys than these.
    fn expect_keys(&mut self, node: &Node<'_>, what: &str, keys: &[&str]) {
        let Some(fields) = node.fields() else {
            return self.complain(&node.path, format!("{what} must be a map with {}", keys.join(", ")));
        };
        for name in fields.keys().filter(|name| !keys.contains(&name.as_str())) {
            let path = if node.path.is_empty() { name.clone() } else { format!("{}.{name}", node.path) };
            self.complain(&path, format!("{what} has no {name:?}; it has {}", keys.join(", ")));
        }
    }

    fn need<'n>(&mut self, node: &Node<'n>, name: &str) -> Option<Node<'n>> {
        let found = node.field(name);
        if found.is_none() && node.value.is_object() {
            self.complain(&node.path, format!("{name:?} is missing"));
        }
        found
    }

    fn string(&mut self, node: &Node<'_>) -> String {
        match node.value {
            Value::String(text) => text.clone(),
            _ => {
                self.complain(&node.path, "must be a text");
                String::new()
            }
        }
    }

    fn list<'n>(&mut self, node: Option<Node<'n>>) -> Vec<Node<'n>> {
        let Some(node) = node else { return Vec::new() };
        if !node.value.is_array() {
            self.complain(&node.path, "must be a list");
        }
        node.items()
    }

    fn text(&mut self, node: &Node<'_>) -> Text {
        self.expect_keys(node, "a text", &["zh", "en"]);
        let [zh, en] = ["zh", "en"].map(|name| {
            let text = self.need(node, name).map(|node| (self.string(&node), node.path));
            let Some((text, path)) = text else { return String::new() };
            if text.trim().is_empty() {
                self.complain(&path, "must not be empty");
            }
            text.trim().to_owned()
        });
        Text { zh, en }
    }

    fn needed_text(&mut self, node: &Node<'_>, name: &str) -> Text {
        self.need(node, name).map(|node| self.text(&node)).unwrap_or_default()
    }

    fn possible_text(&mut self, node: &Node<'_>, name: &str) -> Text {
        node.field(name).map(|node| self.text(&node)).unwrap_or_default()
    }

    fn lesson(&mut self, node: &Node<'_>) -> Lesson {
        self.expect_keys(node, "a lesson", &["id", "section", "title", "intro", "start", "steps", "par"]);
        let id = self.need(node, "id").map(|node| self.string(&node)).unwrap_or_default();
        if !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            self.complain("id", "an id has lower-case letters, digits and - only");
        }
        let section = self.need(node, "section").and_then(|node| self.section(&node)).unwrap_or(Section::Chapter);
        let title = self.needed_text(node, "title");
        let intro = self.needed_text(node, "intro");
        let start = node.field("start").map(|node| self.start(&node)).unwrap_or_default();
        let steps = self.need(node, "steps");
        let nodes = self.list(steps);
        let steps: Vec<Step> = nodes.iter().map(|node| self.step(node)).collect();
        if steps.is_empty() && node.field("steps").is_some_and(|node| node.value.is_array()) {
            self.complain("steps", "a lesson needs a step");
        }
        let commands = steps.iter().flat_map(|step| &step.solution).filter_map(Action::command).count();
        let par = node.field("par").map_or(Some(commands), |node| self.number(&node)).unwrap_or(commands);
        Lesson { id, section, title, intro, start, steps, par }
    }

    fn section(&mut self, node: &Node<'_>) -> Option<Section> {
        let word = self.string(node);
        let found = Section::ALL.into_iter().find(|section| section.as_str() == word);
        if found.is_none() {
            let known: Vec<_> = Section::ALL.into_iter().map(Section::as_str).collect();
            self.complain(&node.path, format!("{word:?} is no section: {}", known.join(", ")));
        }
        found
    }

    fn number<T: TryFrom<u64>>(&mut self, node: &Node<'_>) -> Option<T> {
        let number = node.value.as_u64().and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            self.complain(&node.path, "must be a number, 0 or more");
        }
        number
    }

    fn start(&mut self, node: &Node<'_>) -> Start {
        self.expect_keys(node, "the start", &["seed", "version", "speed", "files", "run"]);
        let mut start = Start::default();
        let seed = node.field("seed").and_then(|node| self.number(&node)).unwrap_or_default();
        let version = node.field("version").map_or(Some(KubernetesVersion::default()), |node| {
            let found = KubernetesVersion::parse(&self.string(&node));
            if found.is_none() {
                self.complain(&node.path, "must be \"1.36\" or \"1.22\", in quotes");
            }
            found
        });
        start.options = LabOptions { seed, version: version.unwrap_or_default() };
        start.speed = node.field("speed").and_then(|node| self.number(&node));
        if let Some(files) = node.field("files") {
            if files.fields().is_none() {
                self.complain(&files.path, "must be a map from names to texts");
            }
            for name in files.fields().into_iter().flat_map(Map::keys) {
                let text = files.field(name).map(|node| self.string(&node)).unwrap_or_default();
                start.files.push((name.clone(), text));
            }
        }
        let run = self.list(node.field("run"));
        start.run = run.iter().map(|node| self.string(node)).collect();
        start
    }

    fn step(&mut self, node: &Node<'_>) -> Step {
        let keys = ["text", "hints", "goal", "choices", "done", "solution", "wrong"];
        self.expect_keys(node, "a step", &keys);
        let text = self.needed_text(node, "text");
        let hints = self.list(node.field("hints"));
        let hints = hints.iter().map(|node| self.text(node)).collect();
        let task = match (node.field("goal"), node.field("choices")) {
            (Some(goal), None) => Task::Goal(self.goal(&goal)),
            (None, Some(choices)) => Task::Question(self.choices(&choices)),
            _ => {
                self.complain(&node.path, "a step has either a goal or choices");
                Task::Question(Vec::new())
            }
        };
        let done = self.possible_text(node, "done");
        let [solution, wrong] = ["solution", "wrong"].map(|name| {
            let actions = self.list(node.field(name));
            actions.iter().filter_map(|node| self.action(node)).collect::<Vec<_>>()
        });
        let needs_solution = matches!(&task, Task::Goal(goal) if !goal.comes_by_itself());
        if needs_solution && node.field("solution").is_none() && node.value.is_object() {
            self.complain(&node.path, "\"solution\" is missing");
        }
        Step { text, hints, task, done, solution, wrong }
    }

    fn choices(&mut self, node: &Node<'_>) -> Vec<Choice> {
        let nodes = self.list(Some(node.clone()));
        let choices: Vec<Choice> = nodes.iter().map(|node| self.choice(node)).collect();
        if choices.len() < 2 {
            self.complain(&node.path, "a question needs two choices");
        } else if choices.iter().filter(|choice| choice.is_right).count() != 1 {
            self.complain(&node.path, "exactly one choice is right");
        }
        choices
    }

    fn choice(&mut self, node: &Node<'_>) -> Choice {
        self.expect_keys(node, "a choice", &["text", "right", "reply"]);
        let right = node.field("right");
        if let Some(right) = &right
            && !right.value.is_boolean()
        {
            self.complain(&right.path, "must be true or false");
        }
        Choice {
            text: self.needed_text(node, "text"),
            is_right: right.is_some_and(|right| right.value == &Value::Bool(true)),
            reply: self.possible_text(node, "reply"),
        }
    }

    fn goal(&mut self, node: &Node<'_>) -> Goal {
        let known = self.problems.len();
        let all: Vec<Vec<Condition>> = match node.value {
            Value::Array(_) => node.items().iter().map(|node| self.alternatives(node)).collect(),
            _ => vec![self.alternatives(node)],
        };
        let only_never = all.iter().flatten().all(|condition| matches!(condition.what, What::Never(_)));
        if only_never && self.problems.len() == known {
            self.complain(&node.path, "a goal needs something to reach: never alone is so from the first moment");
        }
        Goal { all }
    }

    /// A condition, or `any:` with several.
    fn alternatives(&mut self, node: &Node<'_>) -> Vec<Condition> {
        if node.value.is_string() {
            return self.condition(node).into_iter().collect();
        }
        if node.value.is_object() && node.field("any").is_none() {
            self.complain(&node.path, "a condition is one text (in quotes, if it holds \": \"), or any: with several");
            return Vec::new();
        }
        self.expect_keys(node, "an alternative", &["any"]);
        let any = self.list(node.field("any"));
        if any.is_empty() && node.value.is_object() {
            self.complain(&node.path, "\"any\" needs conditions");
        }
        any.iter().filter_map(|node| self.condition(node)).collect()
    }

    fn condition(&mut self, node: &Node<'_>) -> Option<Condition> {
        let text = self.string(node);
        match goal::parse(&text) {
            Ok(condition) => Some(condition),
            Err((offset, message)) => {
                let (line, column) = self.positions.of(&node.path).unwrap_or((1, 1));
                let written = self.lines.get(line - 1).map(|line| line.chars().skip(column - 1).collect::<String>());
                let quote = written.map_or(0, |written| usize::from(written.starts_with(['"', '\''])));
                self.problems.push(Problem { line, column: column + quote + offset, message });
                None
            }
        }
    }

    fn action(&mut self, node: &Node<'_>) -> Option<Action> {
        let keys = ["run", "apply", "write", "text", "edit", "replace", "with", "wait"];
        self.expect_keys(node, "an action", &keys);
        let texts =
            ["run", "apply", "write", "edit", "wait"].map(|name| node.field(name).map(|node| self.string(&node)));
        let mut part = |name: &str| self.need(node, name).map(|node| self.string(&node)).unwrap_or_default();
        match texts {
            [Some(line), None, None, None, None] => Some(Action::Run(line)),
            [None, Some(file), None, None, None] => Some(Action::Apply(file)),
            [None, None, Some(file), None, None] => Some(Action::Write { file, text: part("text") }),
            [None, None, None, Some(file), None] => {
                Some(Action::Edit { file, from: part("replace"), to: part("with") })
            }
            [None, None, None, None, Some(_)] => self.wait(node),
            _ => {
                self.complain(&node.path, "an action is one of run, apply, write, edit and wait");
                None
            }
        }
    }

    fn wait(&mut self, node: &Node<'_>) -> Option<Action> {
        let node = node.field("wait")?;
        let text = format!("elapsed {}", self.string(&node));
        match goal::parse(&text).map(|condition| condition.what) {
            Ok(What::Elapsed(ms)) => Some(Action::Wait(ms)),
            _ => {
                self.complain(&node.path, "must be a span of time such as 30s or 5m");
                None
            }
        }
    }
}

impl Goal {
    /// Whether time alone meets it.
    fn comes_by_itself(&self) -> bool {
        self.all.iter().flatten().all(|condition| matches!(condition.what, What::Elapsed(_) | What::Never(_)))
    }
}
