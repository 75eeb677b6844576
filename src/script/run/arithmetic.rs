//! `$((…))`, `((…))` and `let`: whole numbers, with the operators of C.

use super::Environment;

/// The value of an expression; 0 of an empty one.
pub(super) fn evaluate(text: &str, environment: &mut Environment) -> Result<i64, String> {
    evaluate_within(text, environment, 0)
}

fn evaluate_within(text: &str, environment: &mut Environment, nesting: usize) -> Result<i64, String> {
    let mut parser = Parser { rest: text, whole: text, environment, depth: 0, nesting, skips: 0 };
    parser.skip();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.sequence()?;
    parser.skip();
    if parser.rest.is_empty() { Ok(value) } else { Err(parser.error()) }
}

/// Operators with two sides, the loosest first; of those that begin alike, the longer one stands first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

const ASSIGNING: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="];

/// How deep brackets may stand in one another.
const DEEPEST: usize = 40;

/// How many variables may name one another.
const DEEPEST_NAMES: usize = 20;

/// A variable, or a value of an array.
type Place<'a> = (&'a str, Option<i64>);

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
    environment: &'a mut Environment,
    depth: usize,
    /// How many variables' values stand around this one.
    nesting: usize,
    /// Above 0, what is read has no effect: the other side of `&&`, `||` and `?:`.
    skips: u32,
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

    /// A variable's name, with an index.
    fn place(&mut self) -> Result<Option<Place<'a>>, String> {
        self.skip();
        let length = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = self.rest.split_at(length);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(None);
        }
        self.rest = rest;
        let Some(inner) = rest.strip_prefix('[') else { return Ok(Some((name, None))) };
        self.rest = inner;
        let index = self.deeper(Self::sequence)?;
        if self.take("]") { Ok(Some((name, Some(index)))) } else { Err(self.error()) }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error());
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// A variable's value is an expression itself.
    fn value(&mut self, (name, index): Place<'a>) -> Result<i64, String> {
        if self.skips > 0 {
            return Ok(0);
        }
        let text = match index {
            None => self.environment.value(name),
            Some(index) => super::expansion::element(name, index, self.environment),
        };
        let Some(text) = text else {
            if self.environment.settings.nounset {
                return Err(format!("{name}: unbound variable"));
            }
            return Ok(0);
        };
        if let Ok(value) = text.parse() {
            return Ok(value);
        }
        if self.nesting >= DEEPEST_NAMES {
            return Err(format!("{text}: expression recursion level exceeded (error token is \"{text}\")"));
        }
        evaluate_within(&text, self.environment, self.nesting + 1)
    }

    fn set(&mut self, (name, index): Place<'a>, value: i64) -> Result<(), String> {
        if self.skips > 0 {
            return Ok(());
        }
        match index {
            None => self.environment.assign(name, value.to_string()),
            Some(index) => super::expansion::assign_element(name, index, value.to_string(), self.environment),
        }
    }

    /// `…, …`
    fn sequence(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    /// `name = …`, `name += …`, or a value.
    fn assignment(&mut self) -> Result<i64, String> {
        let start = self.rest;
        if let Some(place) = self.place()? {
            self.skip();
            let operator = ASSIGNING.into_iter().find(|operator| self.rest.starts_with(operator));
            if let Some(operator) = operator.filter(|_| !self.rest.starts_with("==")) {
                self.take(operator);
                let right = self.deeper(Self::assignment)?;
                let value = match operator.strip_suffix('=').filter(|operator| !operator.is_empty()) {
                    Some(operator) => {
                        let left = self.value(place)?;
                        self.calculate(operator, left, right)?
                    }
                    None => right,
                };
                self.set(place, value)?;
                return Ok(value);
            }
        }
        self.rest = start;
        self.choice()
    }

    /// `… ? … : …`
    fn choice(&mut self) -> Result<i64, String> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.skipping(condition == 0, |parser| parser.deeper(Self::sequence))?;
        if !self.take(":") {
            return Err(self.error());
        }
        let no = self.skipping(condition != 0, |parser| parser.deeper(Self::assignment))?;
        Ok(if condition != 0 { yes } else { no })
    }

    fn skipping(&mut self, skips: bool, read: impl Fn(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        self.skips += u32::from(skips);
        let value = read(self);
        self.skips -= u32::from(skips);
        value
    }

    /// The operator of this level that stands here, unless it is the beginning of another one.
    fn operator(&mut self, level: usize) -> Option<&'static str> {
        self.skip();
        let found = LEVELS.get(level)?.iter().find(|operator| self.rest.starts_with(**operator))?;
        let next = self.rest.as_bytes().get(found.len()).copied();
        let is_another = match *found {
            "|" => matches!(next, Some(b'|' | b'=')),
            "&" => matches!(next, Some(b'&' | b'=')),
            "<" => next == Some(b'<'),
            ">" => next == Some(b'>'),
            "*" => matches!(next, Some(b'*' | b'=')),
            "^" | "<<" | ">>" | "+" | "-" | "/" | "%" => next == Some(b'='),
            _ => false,
        };
        (!is_another).then_some(*found)
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        if level >= LEVELS.len() {
            return self.power();
        }
        let mut value = self.binary(level + 1)?;
        while let Some(operator) = self.operator(level) {
            self.take(operator);
            let skips = (operator == "||" && value != 0) || (operator == "&&" && value == 0);
            let right = self.skipping(skips, |parser| parser.binary(level + 1))?;
            value = self.calculate(operator, value, right)?;
        }
        Ok(value)
    }

    fn calculate(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        let shift = u32::try_from(right & 63).unwrap_or(0);
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            _ if right == 0 && self.skips > 0 => 0,
            _ if right == 0 => return Err(format!("{}: division by 0 (error token is \"0\")", self.whole.trim())),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }

    /// `…**…`, which binds to the right.
    fn power(&mut self) -> Result<i64, String> {
        let base = self.unary()?;
        if !self.take("**") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::power)?;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) if self.skips > 0 => Ok(0),
            Err(_) => Err(format!("{}: exponent less than 0 (error token is \"{exponent}\")", self.whole.trim())),
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        for (operator, change) in [("++", 1), ("--", -1)] {
            if self.take(operator) {
                if let Some(place) = self.place()? {
                    let value = self.value(place)?.wrapping_add(change);
                    self.set(place, value)?;
                    return Ok(value);
                }
                // Two signs: `--1` is 1.
                return self.deeper(Self::unary);
            }
        }
        if self.take("-") {
            return Ok(self.deeper(Self::unary)?.wrapping_neg());
        }
        if self.take("+") {
            return self.deeper(Self::unary);
        }
        if self.take("!") {
            return Ok(i64::from(self.deeper(Self::unary)? == 0));
        }
        if self.take("~") {
            return Ok(!self.deeper(Self::unary)?);
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<i64, String> {
        if self.take("(") {
            let value = self.deeper(Self::sequence)?;
            return if self.take(")") { Ok(value) } else { Err(self.error()) };
        }
        if let Some(place) = self.place()? {
            let value = self.value(place)?;
            for (operator, change) in [("++", 1), ("--", -1)] {
                if self.take(operator) {
                    self.set(place, value.wrapping_add(change))?;
                    break;
                }
            }
            return Ok(value);
        }
        let length = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
        if length == 0 {
            return Err(self.error());
        }
        let (literal, rest) = self.rest.split_at(length);
        let value = number(literal)
            .ok_or_else(|| format!("{}: value too great for base (error token is \"{literal}\")", self.whole.trim()));
        self.rest = rest;
        value
    }
}

/// `10`, `0x1f`, `017`, `2#101`
fn number(literal: &str) -> Option<i64> {
    if let Some(digits) = literal.strip_prefix("0x").or_else(|| literal.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok();
    }
    if let Some((base, digits)) = literal.split_once('#') {
        let base = base.parse().ok().filter(|base| (2..=36).contains(base))?;
        return i64::from_str_radix(digits, base).ok();
    }
    match literal.strip_prefix('0').filter(|digits| !digits.is_empty()) {
        Some(digits) => i64::from_str_radix(digits, 8).ok(),
        None => literal.parse().ok(),
    }
}
