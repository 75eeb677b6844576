//! `$((…))`: whole numbers.

use super::Environment;

/// The value of an expression.
pub(super) fn evaluate(text: &str, environment: &mut Environment) -> Result<i64, String> {
    let mut parser = Parser { rest: text, whole: text, environment, depth: 0 };
    let value = parser.assignment()?;
    parser.skip();
    if parser.rest.is_empty() { Ok(value) } else { Err(parser.error()) }
}

const LEVELS: [&[&str]; 6] = [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

/// How deep brackets may stand in one another.
const DEEPEST: usize = 40;

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
    environment: &'a mut Environment,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn error(&self) -> String {
        let (whole, rest) = (self.whole.trim(), self.rest.trim());
        format!("{whole}: syntax error: operand expected (error token is \"{rest}\")")
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip();
        let length = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = self.rest.split_at(length);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        Some(name)
    }

    fn variable(&self, name: &str) -> i64 {
        self.environment.value(name).and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    }

    fn set(&mut self, name: &str, value: i64) -> Result<(), String> {
        self.environment.assign(name, value.to_string())
    }

    /// `name = …`, `name += …`, or a value.
    fn assignment(&mut self) -> Result<i64, String> {
        let start = self.rest;
        if let Some(name) = self.name() {
            for operator in ["+=", "-=", "="] {
                if operator == "=" && self.rest.trim_start().starts_with("==") {
                    continue;
                }
                if self.take(operator) {
                    let value = self.binary(0)?;
                    let value = match operator {
                        "+=" => self.variable(name).wrapping_add(value),
                        "-=" => self.variable(name).wrapping_sub(value),
                        _ => value,
                    };
                    self.set(name, value)?;
                    return Ok(value);
                }
            }
        }
        self.rest = start;
        self.binary(0)
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut value = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.binary(level + 1)?;
            value = match *operator {
                "||" => i64::from(value != 0 || right != 0),
                "&&" => i64::from(value != 0 && right != 0),
                "==" => i64::from(value == right),
                "!=" => i64::from(value != right),
                "<=" => i64::from(value <= right),
                ">=" => i64::from(value >= right),
                "<" => i64::from(value < right),
                ">" => i64::from(value > right),
                "+" => value.wrapping_add(right),
                "-" => value.wrapping_sub(right),
                "*" => value.wrapping_mul(right),
                _ if right == 0 => return Err(format!("{}: division by 0 (error token is \"0\")", self.whole.trim())),
                "/" => value.wrapping_div(right),
                _ => value.wrapping_rem(right),
            };
        }
        Ok(value)
    }

    fn unary(&mut self) -> Result<i64, String> {
        let change = if self.take("++") {
            1
        } else if self.take("--") {
            -1
        } else {
            0
        };
        if change != 0 {
            let name = self.name().ok_or_else(|| self.error())?;
            let value = self.variable(name).wrapping_add(change);
            self.set(name, value)?;
            return Ok(value);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error());
        }
        let value = if self.take("-") {
            self.unary()?.wrapping_neg()
        } else if self.take("+") {
            self.unary()?
        } else if self.take("!") {
            i64::from(self.unary()? == 0)
        } else {
            self.operand()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn operand(&mut self) -> Result<i64, String> {
        if self.take("(") {
            let value = self.assignment()?;
            return if self.take(")") { Ok(value) } else { Err(self.error()) };
        }
        if let Some(name) = self.name() {
            let value = self.variable(name);
            if self.take("++") {
                self.set(name, value.wrapping_add(1))?;
            } else if self.take("--") {
                self.set(name, value.wrapping_sub(1))?;
            }
            return Ok(value);
        }
        let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return if self.whole.trim().is_empty() { Ok(0) } else { Err(self.error()) };
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        digits.parse().map_err(|_| self.error())
    }
}
