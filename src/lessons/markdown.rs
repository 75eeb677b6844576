//! The little Markdown of lessons' texts: paragraphs, lists, fenced code; `code` and **strong** within.

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list, its items in order.
    List {
        /// Whether the items are numbered.
        is_numbered: bool,
        /// The items.
        items: Vec<Vec<Span>>,
    },
    /// Lines between fences, as they are.
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// As it is.
    Plain(String),
    /// Between backquotes.
    Code(String),
    /// Between double stars.
    Strong(String),
}

/// Reads a text.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut paragraph = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let item = item(trimmed);
        if trimmed.is_empty() || item.is_some() || trimmed.starts_with("```") {
            end_paragraph(&mut paragraph, &mut blocks);
        }
        if trimmed.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().starts_with("```")).collect();
            blocks.push(Block::Code(code.join("\n")));
        } else if let Some((numbered, text)) = item {
            match blocks.last_mut() {
                Some(Block::List { is_numbered, items }) if *is_numbered == numbered => items.push(spans(text)),
                _ => blocks.push(Block::List { is_numbered: numbered, items: vec![spans(text)] }),
            }
        } else if !trimmed.is_empty() {
            join(&mut paragraph, trimmed);
        }
    }
    end_paragraph(&mut paragraph, &mut blocks);
    blocks
}

/// What stands behind `- ` or `1. `, and whether it was a number.
fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(text) = line.strip_prefix("- ") {
        return Some((false, text));
    }
    let (number, text) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some((true, text))
}

/// A line break is a space, but not between Chinese characters.
fn join(paragraph: &mut String, line: &str) {
    let is_wide = |c: char| c > '\u{2e7f}';
    let tight = paragraph.chars().next_back().is_some_and(is_wide) && line.starts_with(is_wide);
    if !paragraph.is_empty() && !tight {
        paragraph.push(' ');
    }
    paragraph.push_str(line);
}

fn end_paragraph(paragraph: &mut String, blocks: &mut Vec<Block>) {
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(spans(paragraph)));
        paragraph.clear();
    }
}

/// Reads a line's marks. A mark without its other half is a character like any other.
pub fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let marked = ["`", "**"].into_iter().find_map(|mark| {
            let (inner, behind) = rest.strip_prefix(mark)?.split_once(mark)?;
            (!inner.is_empty()).then_some((mark, inner, behind))
        });
        match marked {
            Some((mark, inner, behind)) => {
                if !plain.is_empty() {
                    spans.push(Span::Plain(std::mem::take(&mut plain)));
                }
                let inner = inner.to_owned();
                spans.push(if mark == "`" { Span::Code(inner) } else { Span::Strong(inner) });
                rest = behind;
            }
            None => {
                plain.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Span {
        Span::Plain(text.to_owned())
    }

    #[test]
    fn blocks_are_told_apart() {
        let text = "One\ntwo.\n\n- a `b`\n- **c**\n1. d\n```\nx\n  y\n```\n一\n二";
        let list = |is_numbered, items| Block::List { is_numbered, items };
        let strong = Span::Strong("c".to_owned());
        assert_eq!(
            blocks(text),
            [
                Block::Paragraph(vec![plain("One two.")]),
                list(false, vec![vec![plain("a "), Span::Code("b".to_owned())], vec![strong]]),
                list(true, vec![vec![plain("d")]]),
                Block::Code("x\n  y".to_owned()),
                Block::Paragraph(vec![plain("一二")]),
            ]
        );
    }

    #[test]
    fn half_a_mark_is_no_mark() {
        assert_eq!(spans("a ` b ** c"), [plain("a ` b ** c")]);
        assert_eq!(spans("2 * 3"), [plain("2 * 3")]);
    }
}
