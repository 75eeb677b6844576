//! The scanner's longer tokens: plain, quoted and block scalars, tags and directives.

use super::fault::{Fault, Mark};
use super::reader::END;
use super::scanner::{Scanner, is_blank, is_blank_or_end, is_break, is_break_or_end};

/// Line breaks between the lines of a scalar, which fold into spaces.
#[derive(Default)]
struct Breaks {
    leading: Option<char>,
    trailing: String,
}

impl Breaks {
    fn add(&mut self, line_break: Option<char>) {
        if self.leading.is_none() {
            self.leading = line_break;
        } else {
            self.trailing.extend(line_break);
        }
    }

    /// One break becomes a space; of several, the first is dropped.
    fn fold_into(&mut self, text: &mut String) {
        match self.leading.take() {
            Some('\n') if self.trailing.is_empty() => text.push(' '),
            Some('\n') => text.push_str(&self.trailing),
            leading => {
                text.extend(leading);
                text.push_str(&self.trailing);
            }
        }
        self.trailing.clear();
    }
}

impl Scanner {
    /// A plain scalar and where it ends, which is before the blanks behind it.
    pub(super) fn scan_plain_scalar(&mut self) -> Result<(String, Mark), Fault> {
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let mut text = String::new();
        let mut blanks = String::new();
        let mut breaks = Breaks::default();
        let mut end = self.mark;
        let mut leading_blanks = false;
        self.ensure(4);
        while !self.at_document_indicator() && self.at(0) != '#' {
            while !is_blank_or_end(self.at(0)) && !self.ends_plain_scalar() {
                if leading_blanks {
                    breaks.fold_into(&mut text);
                    leading_blanks = false;
                } else {
                    text.push_str(&blanks);
                }
                blanks.clear();
                self.read(&mut text);
                end = self.mark;
                self.ensure(2);
            }
            if !(is_blank(self.at(0)) || is_break(self.at(0))) {
                break;
            }
            while is_blank(self.at(0)) || is_break(self.at(0)) {
                if is_break(self.at(0)) {
                    self.ensure(2);
                    blanks.clear();
                    breaks.add(self.skip_line());
                    leading_blanks = true;
                } else if leading_blanks && self.mark.column < indent && self.at(0) == '\t' {
                    return Err(Fault::scanning("found a tab character that violates indentation", self.mark));
                } else if leading_blanks {
                    self.skip();
                } else {
                    self.read(&mut blanks);
                }
                self.ensure(1);
            }
            if self.flow_level == 0 && self.mark.column < indent {
                break;
            }
            self.ensure(4);
        }
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        Ok((text, end))
    }

    fn ends_plain_scalar(&self) -> bool {
        match self.at(0) {
            ':' => is_blank_or_end(self.at(1)),
            ',' | '?' | '[' | ']' | '{' | '}' => self.flow_level > 0,
            _ => false,
        }
    }

    pub(super) fn scan_quoted_scalar(&mut self, single: bool) -> Result<String, Fault> {
        let quote = if single { '\'' } else { '"' };
        let mut text = String::new();
        self.skip();
        loop {
            self.ensure(4);
            if self.at_document_indicator() {
                return Err(Fault::scanning("found unexpected document indicator", self.mark));
            }
            if self.at(0) == END {
                return Err(Fault::scanning("found unexpected end of stream", self.mark));
            }
            let mut leading_blanks = false;
            while !is_blank_or_end(self.at(0)) {
                match (self.at(0), self.at(1)) {
                    ('\'', '\'') if single => {
                        text.push('\'');
                        self.skip();
                        self.skip();
                    }
                    (c, _) if c == quote => break,
                    ('\\', next) if !single && is_break(next) => {
                        self.ensure(3);
                        self.skip();
                        self.skip_line();
                        leading_blanks = true;
                        break;
                    }
                    ('\\', _) if !single => text.push(self.scan_escape()?),
                    _ => self.read(&mut text),
                }
                self.ensure(2);
            }
            self.ensure(1);
            if self.at(0) == quote {
                self.skip();
                return Ok(text);
            }
            self.fold_quoted_blanks(&mut text, leading_blanks);
        }
    }

    fn fold_quoted_blanks(&mut self, text: &mut String, mut leading_blanks: bool) {
        let mut blanks = String::new();
        let mut breaks = Breaks::default();
        // Behind an escaped line break, the next one already counts as a second one.
        let mut first_break = !leading_blanks;
        while is_blank(self.at(0)) || is_break(self.at(0)) {
            if is_break(self.at(0)) {
                self.ensure(2);
                let line_break = self.skip_line();
                if first_break {
                    breaks.leading = line_break;
                    first_break = false;
                } else {
                    breaks.trailing.extend(line_break);
                }
                blanks.clear();
                leading_blanks = true;
            } else if leading_blanks {
                self.skip();
            } else {
                self.read(&mut blanks);
            }
            self.ensure(1);
        }
        if leading_blanks {
            breaks.fold_into(text);
        } else {
            text.push_str(&blanks);
        }
    }

    fn scan_escape(&mut self) -> Result<char, Fault> {
        let (meaning, code_length) = match self.at(1) {
            '0' => ('\0', 0),
            'a' => ('\x07', 0),
            'b' => ('\x08', 0),
            't' | '\t' => ('\t', 0),
            'n' => ('\n', 0),
            'v' => ('\x0b', 0),
            'f' => ('\x0c', 0),
            'r' => ('\r', 0),
            'e' => ('\x1b', 0),
            same @ (' ' | '"' | '\'' | '\\') => (same, 0),
            'N' => ('\u{85}', 0),
            '_' => ('\u{a0}', 0),
            'L' => ('\u{2028}', 0),
            'P' => ('\u{2029}', 0),
            'x' => (END, 2),
            'u' => (END, 4),
            'U' => (END, 8),
            _ => return Err(Fault::scanning("found unknown escape character", self.mark)),
        };
        self.skip();
        self.skip();
        if code_length == 0 {
            return Ok(meaning);
        }
        self.ensure(code_length);
        let mut code = 0_u32;
        for offset in 0..code_length {
            let digit = self.at(offset).to_digit(16);
            let digit = digit.ok_or_else(|| Fault::scanning("did not find expected hexdecimal number", self.mark))?;
            code = code.wrapping_shl(4) | digit;
        }
        let c = char::from_u32(code)
            .ok_or_else(|| Fault::scanning("found invalid Unicode character escape code", self.mark))?;
        for _ in 0..code_length {
            self.skip();
        }
        Ok(c)
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<String, Fault> {
        self.skip();
        self.ensure(1);
        let (chomping, increment) = self.scan_block_scalar_header()?;
        self.skip_blanks();
        self.skip_comment();
        if !is_break_or_end(self.at(0)) {
            return Err(Fault::scanning("did not find expected comment or line break", self.mark));
        }
        self.ensure(2);
        self.skip_line();

        let mut indent = if increment > 0 { self.indent.unwrap_or(0) + increment } else { 0 };
        let mut text = String::new();
        let mut leading_break = None;
        let mut trailing_breaks = String::new();
        let mut leading_blank = false;
        self.scan_block_scalar_breaks(&mut indent, &mut trailing_breaks)?;
        while self.mark.column == indent && self.at(0) != END {
            let blank = is_blank(self.at(0));
            if !literal && !leading_blank && !blank && leading_break == Some('\n') {
                if trailing_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.extend(leading_break);
            }
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            leading_blank = blank;
            while !is_break_or_end(self.at(0)) {
                self.read(&mut text);
            }
            self.ensure(2);
            leading_break = self.skip_line();
            self.scan_block_scalar_breaks(&mut indent, &mut trailing_breaks)?;
        }
        if chomping != Some('-') {
            text.extend(leading_break);
        }
        if chomping == Some('+') {
            text.push_str(&trailing_breaks);
        }
        Ok(text)
    }

    /// The chomping and indentation indicators behind `|` or `>`, in either order.
    fn scan_block_scalar_header(&mut self) -> Result<(Option<char>, usize), Fault> {
        let mut chomping = None;
        let mut increment = 0;
        for _ in 0..2 {
            match self.at(0) {
                sign @ ('+' | '-') if chomping.is_none() => chomping = Some(sign),
                '0' if increment == 0 => {
                    return Err(Fault::scanning("found an indentation indicator equal to 0", self.mark));
                }
                digit if digit.is_ascii_digit() && increment == 0 => {
                    increment = digit.to_digit(10).map_or(0, |digit| digit as usize);
                }
                _ => break,
            }
            self.skip();
            self.ensure(1);
        }
        Ok((chomping, increment))
    }

    /// Goes past indentation and empty lines; finds the indentation out when it is still zero.
    fn scan_block_scalar_breaks(&mut self, indent: &mut usize, breaks: &mut String) -> Result<(), Fault> {
        let mut max_indent = 0;
        loop {
            self.ensure(1);
            while (*indent == 0 || self.mark.column < *indent) && self.at(0) == ' ' {
                self.skip();
                self.ensure(1);
            }
            max_indent = max_indent.max(self.mark.column);
            if (*indent == 0 || self.mark.column < *indent) && self.at(0) == '\t' {
                let problem = "found a tab character where an indentation space is expected";
                return Err(Fault::scanning(problem, self.mark));
            }
            self.ensure(if is_break(self.at(0)) { 2 } else { 1 });
            let Some(line_break) = self.skip_line() else { break };
            breaks.push(line_break);
        }
        if *indent == 0 {
            *indent = max_indent.max(self.indent.map_or(0, |indent| indent + 1)).max(1);
        }
        Ok(())
    }
}
