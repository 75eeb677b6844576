//! `$((…))` in a container's script.

/// How deep brackets may stand in one another.
const DEEPEST: usize = 20;

const LEVELS: [&[&str]; 3] = [&["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

/// The value of an expression; `variable` gives the values of names.
///
/// # Errors
/// In the shell's words.
pub(super) fn evaluate(text: &str, variable: impl Fn(&str) -> i64) -> Result<i64, &'static str> {
    let mut parser = Parser { rest: text.trim(), variable: &variable, depth: 0 };
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.binary(0)?;
    if parser.rest.trim().is_empty() { Ok(value) } else { Err(SYNTAX) }
}

const SYNTAX: &str = "arithmetic syntax error";

struct Parser<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> i64,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn binary(&mut self, level: usize) -> Result<i64, &'static str> {
        let Some(operators) = LEVELS.get(level) else { return self.operand() };
        let mut value = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.binary(level + 1)?;
            value = match *operator {
                "==" => i64::from(value == right),
                "!=" => i64::from(value != right),
                "<=" => i64::from(value <= right),
                ">=" => i64::from(value >= right),
                "<" => i64::from(value < right),
                ">" => i64::from(value > right),
                "+" => value.wrapping_add(right),
                "-" => value.wrapping_sub(right),
                "*" => value.wrapping_mul(right),
                _ if right == 0 => return Err("divide by zero"),
                "/" => value.wrapping_div(right),
                _ => value.wrapping_rem(right),
            };
        }
        Ok(value)
    }

    fn operand(&mut self) -> Result<i64, &'static str> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SYNTAX);
        }
        let value = if self.take("(") {
            let value = self.binary(0)?;
            if self.take(")") { Ok(value) } else { Err(SYNTAX) }
        } else if self.take("-") {
            self.operand().map(i64::wrapping_neg)
        } else {
            self.rest = self.rest.trim_start();
            let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            self.rest = rest;
            match word.parse() {
                Ok(number) => Ok(number),
                Err(_) if word.is_empty() || word.starts_with(|letter: char| letter.is_ascii_digit()) => Err(SYNTAX),
                Err(_) => Ok((self.variable)(word)),
            }
        };
        self.depth -= 1;
        value
    }
}
