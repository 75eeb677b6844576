//! JSON with places, and with the complaints of Go's encoding/json.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::go_text;

use super::fault::MAX_DEPTH;
use super::positions::{Children, Place, Position};
use super::resolve::number_to_json;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonError {
    /// Go's words.
    pub text: String,
    pub position: Position,
}

impl JsonError {
    /// Without the place, which kubectl leaves out where a file is JSON beyond doubt.
    pub fn without_offset(&self) -> &str {
        match self.text.strip_prefix("json: offset ").and_then(|text| text.split_once(": ")) {
            Some((_, text)) => text,
            None => &self.text,
        }
    }
}

/// Reads the one value of a text.
///
/// # Errors
/// As Go's json.Unmarshal puts it.
pub fn unmarshal(text: &str) -> Result<Value, String> {
    let end = || "unexpected end of JSON input".to_owned();
    let mut reader = Reader::new(text);
    match reader.next() {
        None => Err(end()),
        Some(Err(error)) if error.text == "unexpected EOF" => Err(end()),
        Some(Err(error)) => Err(match error.text.split_once(": invalid character") {
            Some((_, why)) => format!("invalid character{why}"),
            None => error.text,
        }),
        Some(Ok((value, _))) => {
            reader.skip_blanks();
            match reader.peek() {
                None => Ok(value),
                Some(_) => Err(reader.complaint("after top-level value").text.replacen(
                    &format!("json: offset {}: ", reader.at + 1),
                    "",
                    1,
                )),
            }
        }
    }
}

/// A reader of values that stand one behind the other.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The last place that was asked for, from which the next one is counted.
    cursor: (usize, Position),
    depth: usize,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, cursor: (0, (1, 1)), depth: 0 }
    }

    /// The next value; `None` when only blanks are left. After an error, `rest` begins with what could not be read.
    pub fn next(&mut self) -> Option<Result<(Value, Place), JsonError>> {
        let start = self.at;
        self.skip_blanks();
        self.peek()?;
        let value = self.value();
        if value.is_err() {
            self.at = start;
        }
        Some(value)
    }

    /// How many bytes have been read.
    pub fn consumed(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn position(&mut self) -> Position {
        let (from, (mut line, mut column)) = self.cursor;
        for c in self.text.get(from..self.at).unwrap_or_default().chars() {
            if c == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        self.cursor = (self.at.max(from), (line, column));
        (line, column)
    }

    /// The complaint about the next character, read in `context`.
    fn complaint(&mut self, context: &str) -> JsonError {
        let text = match self.peek() {
            None => "unexpected EOF".to_owned(),
            Some(byte) => {
                let shown = match byte {
                    b'\'' => "'\\''".to_owned(),
                    b'"' => "'\"'".to_owned(),
                    byte => {
                        format!("'{}'", go_text::quote(char::from(byte).encode_utf8(&mut [0; 4])).trim_matches('"'))
                    }
                };
                format!("json: offset {}: invalid character {shown} {context}", self.at + 1)
            }
        };
        JsonError { text, position: self.position() }
    }

    fn value(&mut self) -> Result<(Value, Place), JsonError> {
        self.skip_blanks();
        let position = self.position();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(JsonError { text: format!("json: offset {}: exceeded max depth", self.at + 1), position });
        }
        let mut place = Place { key: None, value: position, children: Children::None };
        let value = match self.peek() {
            Some(b'{') => self.object(&mut place)?,
            Some(b'[') => self.array(&mut place)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.literal("true", Value::Bool(true))?,
            Some(b'f') => self.literal("false", Value::Bool(false))?,
            Some(b'n') => self.literal("null", Value::Null)?,
            _ => return Err(self.complaint("looking for beginning of value")),
        };
        self.depth -= 1;
        Ok((value, place))
    }

    fn object(&mut self, place: &mut Place) -> Result<Value, JsonError> {
        let mut fields = Map::new();
        let mut places = BTreeMap::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(fields));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.complaint("looking for beginning of object key string"));
            }
            let key_position = self.position();
            let key = self.string()?;
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(self.complaint("after object key"));
            }
            self.at += 1;
            let (value, mut child) = self.value()?;
            child.key = Some(key_position);
            fields.insert(key.clone(), value);
            places.insert(key, child);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.complaint("after object key:value pair")),
            }
        }
        self.at += 1;
        place.children = Children::Fields(places);
        Ok(Value::Object(fields))
    }

    fn array(&mut self, place: &mut Place) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        let mut places = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            let (value, child) = self.value()?;
            items.push(value);
            places.push(child);
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.complaint("after array element")),
            }
        }
        self.at += 1;
        place.children = Children::Items(places);
        Ok(Value::Array(items))
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.complaint(&format!("in literal {word} (expecting '{}')", char::from(expected))));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(number_to_json(self.text.get(start..self.at).unwrap_or_default()))
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.complaint(context));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            text.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    text.push(c);
                }
                _ => return Err(self.complaint("in string literal")),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let c = match self.peek() {
            Some(same @ (b'"' | b'\\' | b'/')) => char::from(same),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.complaint("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    /// Four digits, or two times four for a surrogate pair; a lone surrogate becomes the replacement character.
    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let high = self.four_hex_digits()?;
        if let Some(c) = char::from_u32(high) {
            return Ok(c);
        }
        let behind = self.at;
        if (0xd800..0xdc00).contains(&high) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            self.at += 2;
            let low = self.four_hex_digits()?;
            if (0xdc00..0xe000).contains(&low)
                && let Some(c) = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            {
                return Ok(c);
            }
            self.at = behind;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn four_hex_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.complaint("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }
}
