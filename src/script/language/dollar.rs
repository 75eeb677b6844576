//! What begins with `$`: variables, substitutions, arithmetic.

use std::sync::Arc;

use super::lexer::{Lexer, push_text, quoted_word};
use super::{Index, List, Modifier, ParseError, Part, Word, parse};

impl Lexer {
    /// What begins with `$` or a back-quote.
    pub(super) fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), ParseError> {
        if self.next() == Some('`') {
            let mut text = String::new();
            loop {
                match self.next() {
                    Some('`') => break,
                    Some('\\') if matches!(self.peek(0), Some('`' | '$' | '\\')) => text.extend(self.next()),
                    Some(other) => text.push(other),
                    None => return Err(ParseError::Incomplete),
                }
            }
            parts.push(Part::Substitution { list: Arc::new(parse(&text)?), quoted, as_file: false });
            return Ok(());
        }
        match self.peek(0) {
            Some('(') if self.peek(1) == Some('(') => {
                self.at += 2;
                let text = self.until_closed('(', ')')?;
                if self.next() != Some(')') {
                    return Err(ParseError::Incomplete);
                }
                parts.push(Part::Arithmetic(Box::new(quoted_word(&text)?)));
            }
            Some('(') => {
                self.at += 1;
                let list = self.substituted()?;
                parts.push(Part::Substitution { list, quoted, as_file: false });
            }
            Some('{') => {
                self.at += 1;
                let text = self.until_closed('{', '}')?;
                parts.push(braced(&text, quoted)?);
            }
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                let mut name = String::new();
                while let Some(next) = self.peek(0).filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(next);
                    self.at += 1;
                }
                parts.push(Part::Variable { name, index: Index::None, modifier: None, quoted });
            }
            Some(first) if first.is_ascii_digit() || "?$!#@*-".contains(first) => {
                self.at += 1;
                parts.push(Part::Variable { name: first.to_string(), index: Index::None, modifier: None, quoted });
            }
            _ => push_text(parts, '$', quoted),
        }
        Ok(())
    }

    /// The commands up to the bracket that closes.
    pub(super) fn substituted(&mut self) -> Result<Arc<List>, ParseError> {
        let text = self.until_closed('(', ')')?;
        match parse(&text) {
            Err(ParseError::Incomplete) => Err(ParseError::Syntax("syntax error near unexpected token `)'".to_owned())),
            parsed => Ok(Arc::new(parsed?)),
        }
    }

    /// The text up to the bracket that closes; quotes are skipped, and the brackets of a `case`'s patterns.
    pub(super) fn until_closed(&mut self, open: char, close: char) -> Result<String, ParseError> {
        let mut text = String::new();
        let (mut depth, mut cases) = (1_usize, 0_usize);
        let mut quote = None;
        let mut word = String::new();
        let mut at_command = true;
        while let Some(next) = self.next() {
            if quote.is_none() {
                if next.is_alphanumeric() {
                    word.push(next);
                } else {
                    match word.as_str() {
                        "case" if at_command && next.is_whitespace() => cases += 1,
                        "esac" => cases = cases.saturating_sub(1),
                        _ => {}
                    }
                    at_command = ";&|(\n".contains(next)
                        || (at_command && word.is_empty() && next.is_whitespace())
                        || matches!(word.as_str(), "do" | "then" | "else" | "in");
                    word.clear();
                }
            }
            match (quote, next) {
                (None, c) if c == open => depth += 1,
                (None, c) if c == close && !(cases > 0 && depth == 1) => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(text);
                    }
                }
                (None, '\'' | '"') => quote = Some(next),
                (Some(open_quote), c) if c == open_quote => quote = None,
                (None | Some('"'), '\\') => {
                    text.push(next);
                    text.extend(self.next());
                    continue;
                }
                _ => {}
            }
            text.push(next);
        }
        Err(ParseError::Incomplete)
    }
}

/// What may stand behind a name in `${…}`; the longer ones first.
const OPERATORS: [&str; 20] =
    [":-", ":=", ":+", ":?", "##", "%%", "//", "/#", "/%", "^^", ",,", "-", "=", "+", "#", "%", "/", "^", ",", ":"];

/// What stands in `${…}`.
fn braced(text: &str, quoted: bool) -> Result<Part, ParseError> {
    let bad = || ParseError::Syntax(format!("${{{text}}}: bad substitution"));
    let (prefix, name_on) = match text.strip_prefix(['#', '!']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "_@*".contains(c)) => text.split_at(1),
        _ => ("", text),
    };
    let length = name_on.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    let length = if length == 0 { name_on.chars().next().map_or(0, char::len_utf8) } else { length };
    let (name, rest) = name_on.split_at(length);
    if name.is_empty() {
        return Err(bad());
    }
    let (index, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let mut lexer = Lexer::new(rest);
            let inner = lexer.until_closed('[', ']').map_err(|_| bad())?;
            let index = match inner.as_str() {
                "@" => Index::All,
                "*" => Index::Joined,
                inner => Index::At(Box::new(word_in_braces(inner, true)?)),
            };
            let rest = rest.char_indices().nth(lexer.at).and_then(|(at, _)| rest.get(at..)).unwrap_or_default();
            (index, rest)
        }
        None => (Index::None, rest),
    };
    let modifier = match (prefix, rest) {
        ("", "") => None,
        ("#", "") => Some(("length", "")),
        ("!", "") if matches!(index, Index::All | Index::Joined) => Some(("keys", "")),
        ("!", "") => Some(("indirect", "")),
        ("", rest) => {
            let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).ok_or_else(bad)?;
            Some((operator, rest.get(operator.len()..).unwrap_or_default()))
        }
        _ => return Err(bad()),
    };
    let modifier = match modifier {
        None => None,
        Some((operator, text)) => {
            let (first, second) = match operator {
                "/" | "//" | "/#" | "/%" => parted(text, '/'),
                ":" => parted(text, ':'),
                _ => (text, None),
            };
            // In quotes, single quotes are plain in a value, and quote in a pattern.
            let is_pattern = operator.starts_with(['#', '%', '/', '^', ',']);
            let word = word_in_braces(first, quoted && !is_pattern)?;
            let second = second.map(|text| word_in_braces(text, quoted)).transpose()?;
            Some(Box::new(Modifier { operator, word, second }))
        }
    };
    Ok(Part::Variable { name: name.to_owned(), index, modifier, quoted })
}

/// A text at the first `separator` that stands outside of quotes, braces and brackets.
fn parted(text: &str, separator: char) -> (&str, Option<&str>) {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote.is_some() => {}
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                return (text.get(..at).unwrap_or_default(), text.get(at + c.len_utf8()..));
            }
            _ => {}
        }
    }
    (text, None)
}

/// The word behind an operator: blanks and operators are plain in it.
fn word_in_braces(text: &str, quoted: bool) -> Result<Word, ParseError> {
    let mut lexer = Lexer::new(text);
    let mut parts = Vec::new();
    while let Some(c) = lexer.peek(0) {
        match c {
            '\'' if !quoted => {
                lexer.at += 1;
                parts.push(Part::Text { text: lexer.until_single_quote()?, quoted: true });
            }
            '"' => {
                lexer.at += 1;
                parts.extend(lexer.quoted_until(Some('"'))?.0);
            }
            '\\' => {
                lexer.at += 1;
                match lexer.next() {
                    Some(c) if !quoted || "$`\"\\}".contains(c) => push_text(&mut parts, c, true),
                    Some(c) => {
                        push_text(&mut parts, '\\', true);
                        push_text(&mut parts, c, true);
                    }
                    None => push_text(&mut parts, '\\', true),
                }
            }
            '$' | '`' => lexer.dollar(&mut parts, quoted)?,
            c => {
                lexer.at += 1;
                push_text(&mut parts, c, false);
            }
        }
    }
    Ok(Word(parts))
}
