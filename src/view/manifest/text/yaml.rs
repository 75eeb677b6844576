//! Colours for YAML: good enough to read by, and total, so that half-typed text is coloured too.

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A mapping's key.
    Key,
    /// `:`, `-`, brackets and their like.
    Mark,
    /// A number, `true`, `null`.
    Value,
    /// A text.
    Text,
    /// A comment.
    Comment,
    /// `---`.
    Document,
    /// Space.
    Space,
}

impl Token {
    /// The style sheet's name of it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Key => "yaml-key",
            Self::Mark => "yaml-mark",
            Self::Value => "yaml-value",
            Self::Text => "yaml-text",
            Self::Comment => "yaml-comment",
            Self::Document => "yaml-document",
            Self::Space => "yaml-space",
        }
    }
}

/// The pieces of one line; together they are the line.
pub fn tokens(line: &str) -> Vec<(Token, &str)> {
    let mut found = Vec::new();
    if line.starts_with("---") || line == "..." {
        found.push((Token::Document, line));
        return found;
    }
    let (line, comment) = split_comment(line);
    let mut rest = take_space(line, &mut found);
    while let Some(after) = rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
        found.push((Token::Mark, "-"));
        rest = take_space(after, &mut found);
    }
    if let Some((key, value)) = split_key(rest) {
        found.push((Token::Key, key));
        found.push((Token::Mark, ":"));
        rest = take_space(value, &mut found);
    }
    if !rest.is_empty() {
        found.push((value_token(rest.trim_end()), rest));
    }
    if !comment.is_empty() {
        found.push((Token::Comment, comment));
    }
    found
}

fn take_space<'a>(text: &'a str, found: &mut Vec<(Token, &'a str)>) -> &'a str {
    let rest = text.trim_start();
    let space = text.strip_suffix(rest).unwrap_or("");
    if !space.is_empty() {
        found.push((Token::Space, space));
    }
    rest
}

/// A `#` begins a comment where a space or the line's beginning is before it, outside of quotes.
fn split_comment(line: &str) -> (&str, &str) {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before.is_whitespace() => return line.split_at(at),
            _ => {}
        }
        before = c;
    }
    (line, "")
}

fn split_key(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['{', '[', '|', '>', '&', '*']) {
        return None;
    }
    let quoted = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let from = match quoted {
        Some(quote) => text.get(1..)?.find(quote)? + 2,
        None => 0,
    };
    let at = text.get(from..)?.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1 - from))? + from;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn value_token(text: &str) -> Token {
    match text {
        "true" | "false" | "null" | "~" => Token::Value,
        "|" | ">" | "|-" | ">-" | "{}" | "[]" | "|+" | ">+" => Token::Mark,
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && text.trim_end_matches('%').chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | 'e')) =>
        {
            Token::Value
        }
        _ => Token::Text,
    }
}
