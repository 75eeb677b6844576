//! `awk`: conditions and `print`, as they are typed behind kubectl. Numbers are whole.

mod language;

use std::collections::BTreeMap;

use super::filter::{self, LineFilter, Options};
use super::{Context, unescape, usage};
use crate::script::{Io, Started};

use language::{Condition, Expression, Rule, Statement};

#[derive(Clone)]
struct Awk {
    rules: Vec<Rule>,
    separator: String,
    variables: BTreeMap<String, String>,
    begun: bool,
    number: usize,
    line: String,
    fields: Vec<String>,
    exit: Option<i32>,
}

/// `awk PROGRAM FILE …`, with `-F` and `-v`
pub(super) fn start(rest: &[String], _: &Context) -> Started {
    let mut options = Options::read("awk", rest, "", "Fv", &[])?;
    if options.operands.is_empty() {
        return Err(usage("usage: awk [-F fs][-v var=value][prog][file ...]\n", 2));
    }
    let program = options.operands.remove(0);
    let rules = language::parse(&program).map_err(|near| {
        usage(format!("awk: syntax error at source line 1\n context is\n\t{program}\n near {near}\n"), 2)
    })?;
    let mut variables = BTreeMap::new();
    for (_, assignment) in options.given.iter().filter(|(letter, _)| *letter == 'v') {
        if let Some((name, value)) = assignment.split_once('=') {
            variables.insert(name.to_owned(), unescape(value));
        }
    }
    let awk = Awk {
        rules,
        separator: options.value('F').map(unescape).unwrap_or_default(),
        variables,
        begun: false,
        number: 0,
        line: String::new(),
        fields: Vec::new(),
        exit: None,
    };
    Ok(filter::start(awk, options.operands))
}

/// What a text counts as a number: its leading whole number.
fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let digits: String = digits.chars().take_while(char::is_ascii_digit).take(18).collect();
    sign * digits.parse::<i64>().unwrap_or(0)
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

impl Awk {
    fn variable(&self, name: &str) -> String {
        match name {
            "NR" | "FNR" => self.number.to_string(),
            "NF" => self.fields.len().to_string(),
            name => self.variables.get(name).cloned().unwrap_or_default(),
        }
    }

    fn field(&self, index: i64) -> String {
        match usize::try_from(index) {
            Ok(0) => self.line.clone(),
            Ok(index) => self.fields.get(index - 1).cloned().unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    fn value(&mut self, expression: &Expression) -> String {
        match expression {
            Expression::Text(text) => text.clone(),
            Expression::Fits(pattern) => i64::from(pattern.is_match(&self.line)).to_string(),
            Expression::Variable(name) => self.variable(name),
            Expression::Field(index) => {
                let index = number(&self.value(index));
                self.field(index)
            }
            Expression::Not(inner) => i64::from(!self.holds(inner)).to_string(),
            Expression::Assign(name, value) => {
                let value = self.value(value);
                self.variables.insert(name.clone(), value.clone());
                value
            }
            Expression::Length(inner) => self.value(inner).chars().count().to_string(),
            Expression::Match(text, pattern, wanted) => {
                i64::from(pattern.is_match(&self.value(text)) == *wanted).to_string()
            }
            Expression::Binary(left, operator, right) => self.binary(left, operator, right),
        }
    }

    fn holds(&mut self, expression: &Expression) -> bool {
        let value = self.value(expression);
        if is_number(&value) { number(&value) != 0 } else { !value.is_empty() }
    }

    fn binary(&mut self, left: &Expression, operator: &str, right: &Expression) -> String {
        match operator {
            "&&" => return i64::from(self.holds(left) && self.holds(right)).to_string(),
            "||" => return i64::from(self.holds(left) || self.holds(right)).to_string(),
            _ => {}
        }
        let (left, right) = (self.value(left), self.value(right));
        if operator == " " {
            return left + &right;
        }
        let (a, b) = (number(&left), number(&right));
        let order = if is_number(&left) && is_number(&right) { a.cmp(&b) } else { left.cmp(&right) };
        let value = match operator {
            "==" => i64::from(order.is_eq()),
            "!=" => i64::from(order.is_ne()),
            "<" => i64::from(order.is_lt()),
            "<=" => i64::from(order.is_le()),
            ">" => i64::from(order.is_gt()),
            ">=" => i64::from(order.is_ge()),
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "/" => a.checked_div(b).unwrap_or(0),
            _ => a.checked_rem(b).unwrap_or(0),
        };
        value.to_string()
    }

    fn run(&mut self, statements: &[Statement], io: &mut Io) {
        for statement in statements {
            match statement {
                Statement::Print(values) => {
                    let texts: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                    let separator = self.variables.get("OFS").map_or(" ", String::as_str);
                    let text = if values.is_empty() { self.line.clone() } else { texts.join(separator) };
                    io.out(text + "\n");
                }
                Statement::Printf(values) => {
                    let texts: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                    if let Some((format, values)) = texts.split_first() {
                        io.out(super::format::printed(format, &mut values.iter()));
                    }
                }
                Statement::Evaluate(expression) => {
                    self.value(expression);
                }
                Statement::If(condition, then, otherwise) => {
                    let branch = if self.holds(condition) { then } else { otherwise };
                    self.run(branch, io);
                }
                Statement::Next => return,
                Statement::Exit => {
                    self.exit = Some(0);
                    return;
                }
            }
        }
    }

    fn run_rules(&mut self, wanted: fn(&Condition) -> bool, io: &mut Io) {
        for rule in self.rules.clone() {
            let applies = match &rule.condition {
                Condition::When(expression) if wanted(&rule.condition) => self.holds(expression),
                condition => wanted(condition),
            };
            if applies {
                self.run(&rule.statements, io);
            }
            if self.exit.is_some() {
                return;
            }
        }
    }

    fn begin(&mut self, io: &mut Io) {
        if !std::mem::replace(&mut self.begun, true) {
            self.run_rules(|condition| matches!(condition, Condition::Begin), io);
        }
    }
}

impl LineFilter for Awk {
    const NAME: &'static str = "awk";
    const TROUBLE: i32 = 2;

    fn line(&mut self, line: &str, _: &str, io: &mut Io) -> bool {
        self.begin(io);
        self.number += 1;
        line.clone_into(&mut self.line);
        let separator = self.variables.get("FS").unwrap_or(&self.separator);
        self.fields = if separator.is_empty() || separator == " " {
            line.split_whitespace().map(str::to_owned).collect()
        } else if let (Ok(pattern), true) =
            (crate::script::pattern::Pattern::parse(separator, true, false), separator.len() > 1)
        {
            language::split(line, &pattern)
        } else {
            line.split(separator.as_str()).map(str::to_owned).collect()
        };
        if self.exit.is_none() {
            self.run_rules(|condition| matches!(condition, Condition::Always | Condition::When(_)), io);
        }
        self.exit.is_none()
    }

    fn end(&mut self, io: &mut Io) -> i32 {
        self.begin(io);
        let code = self.exit.take();
        self.run_rules(|condition| matches!(condition, Condition::End), io);
        code.unwrap_or(0)
    }
}
