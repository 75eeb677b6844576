//! A file to documents: the separators, JSON or YAML, the limits, and the words around a complaint.

use serde_json::Value;

use super::decode::decode;
use super::fault::Fault;
use super::json::Reader;
use super::parser;
use super::positions::{Place, Position, Positions};

/// The largest text that is read. An operator with its custom resource definitions can have twelve megabytes.
pub const MAX_BYTES: usize = 16 << 20;

/// How far kubectl looks for the brace that makes a file JSON. Models cli-runtime's resource visitor StreamVisitor.
const LOOKAHEAD_BYTES: usize = 4096;

/// The longest complaint. One that quotes a file has no bound of its own.
const MAX_COMPLAINT_BYTES: usize = 4096;

/// One document of a file. Empty ones are left out, as `kubectl` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The document as JSON; not necessarily an object.
    pub value: Value,
    /// Where its values stand in the file.
    pub positions: Positions,
}

/// Why a file could not be read (to its end).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// `kubectl`'s words, without the leading `error: `: `error parsing deployment.yaml: error converting …`.
    pub text: String,
    /// The line in the file, counted from one. Not always the one in `text`: go-yaml counts from the last `---`,
    /// and sometimes from zero.
    pub line: usize,
    /// The column, counted from one.
    pub column: usize,
    /// The documents before the bad one: `kubectl` applies them all the same.
    pub documents: Vec<Document>,
}

/// The text in a file's bytes. A byte order mark tells the encoding; what is no text becomes replacement characters.
/// Models cli-runtime's FileVisitor, which reads through unicode.BOMOverride.
pub fn text_of(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| match pair {
                [first, second] => join([*first, *second]),
                _ => 0xfffd,
            })
            .collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Reads the documents of `text`. `file_name` is used in error texts: the path as typed, or `STDIN`.
pub fn parse(file_name: &str, text: &str) -> Result<Vec<Document>, ManifestError> {
    let mut documents = Vec::new();
    // As some editors begin a file. Models cli-runtime's FileVisitor, which reads through unicode.BOMOverride.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match read(text, &mut documents) {
        Ok(()) => Ok(documents),
        Err(Problem { text, position: (line, column) }) => {
            let text = shortened(format!("error parsing {file_name}: {text}"));
            Err(ManifestError { text, line, column, documents })
        }
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_COMPLAINT_BYTES {
        let end = (0..=MAX_COMPLAINT_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

struct Problem {
    text: String,
    position: Position,
}

/// Models apimachinery pkg/util/yaml YAMLOrJSONDecoder: JSON while it lasts, then YAML; where both fail, JSON's
/// complaint is shown.
fn read(text: &str, documents: &mut Vec<Document>) -> Result<(), Problem> {
    if text.len() > MAX_BYTES {
        return Err(Problem { text: format!("file is larger than {MAX_BYTES} bytes"), position: (1, 1) });
    }
    if !begins_as_json(text) {
        return read_yaml(text, 1, documents).map_err(|(_, problem)| problem);
    }
    let mut reader = Reader::new(text);
    let mut values = 0;
    while let Some(read) = reader.next() {
        match read {
            Ok((value, place)) => {
                values += 1;
                keep(value, place, documents);
            }
            // What begins with two JSON values is JSON to the end.
            Err(error) if values > 1 => {
                return Err(Problem { text: error.without_offset().to_owned(), position: error.position });
            }
            Err(error) => {
                let problem = Problem { text: error.text, position: error.position };
                let Some((rest, first_line)) = behind_json(text, reader.consumed()) else { return Err(problem) };
                return match read_yaml(rest, first_line, documents) {
                    // Only the first document after the switch speaks with JSON's words.
                    Err((0, _)) => Err(problem),
                    Err((_, problem)) => Err(problem),
                    Ok(()) => Ok(()),
                };
            }
        }
    }
    Ok(())
}

/// Models apimachinery pkg/util/yaml decoder.go GuessJSONStream, as kubectl calls it.
fn begins_as_json(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.len() - text.trim_start().len() < LOOKAHEAD_BYTES
}

/// What is left for YAML: without the blanks up to and including the first line feed. Nothing when fewer than four
/// bytes are left to look at. Models apimachinery pkg/util/yaml decoder.go consumeWhitespace.
fn behind_json(text: &str, consumed: usize) -> Option<(&str, usize)> {
    let mut start = consumed;
    loop {
        let rest = text.get(start..).filter(|rest| rest.len() >= 4)?;
        match rest.chars().next()? {
            char::REPLACEMENT_CHARACTER => return None,
            blank if blank.is_whitespace() => {
                start += blank.len_utf8();
                if blank == '\n' {
                    break;
                }
            }
            _ => break,
        }
    }
    let lines = text.get(..start).unwrap_or_default().matches('\n').count();
    Some((text.get(start..).unwrap_or_default(), lines + 1))
}

/// Reads YAML documents until one is bad; then says how many were good.
fn read_yaml(text: &str, first_line: usize, documents: &mut Vec<Document>) -> Result<(), (usize, Problem)> {
    let mut chunks = Chunks { lines: text.split_inclusive('\n').collect(), next: 0 };
    let mut good = 0;
    while let Some(chunk) = chunks.next() {
        let (chunk, chunk_line) = chunk.map_err(|(separator, line)| {
            let text = format!("invalid Yaml document separator: {separator}");
            (good, Problem { text, position: (first_line + line, 1) })
        })?;
        let chunk_line = first_line + chunk_line;
        let decoded = read_document(&chunk, chunk_line);
        let (value, place) = decoded.map_err(|fault| (good, problem(&fault, chunk_line)))?;
        good += 1;
        keep(value, place, documents);
    }
    Ok(())
}

fn read_document(text: &str, first_line: usize) -> Result<(Value, Place), Fault> {
    decode(&parser::parse(text)?, first_line)
}

fn keep(value: Value, root: Place, documents: &mut Vec<Document>) {
    if !value.is_null() {
        documents.push(Document { value, positions: Positions { root } });
    }
}

fn problem(fault: &Fault, first_line: usize) -> Problem {
    let place = if fault.printed_line == 0 { String::new() } else { format!("line {}: ", fault.printed_line) };
    // A value that JSON cannot hold is noticed behind the YAML reader.
    let reader = if fault.problem.starts_with("json: ") || fault.problem.starts_with("unsupported map key") {
        ""
    } else {
        "yaml: "
    };
    let mark = fault.mark.unwrap_or_default();
    Problem {
        text: format!("error converting YAML to JSON: {reader}{place}{}", fault.problem),
        position: (first_line + mark.line, mark.column + 1),
    }
}

/// The lines of a file, cut at `---`.
struct Chunks<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl Chunks<'_> {
    /// The next document's text and the line on which it begins, counted from zero; or what stands behind the `---`
    /// of a bad separator, and its line. A separator before all content belongs to the document.
    fn next(&mut self) -> Option<Result<(String, usize), (String, usize)>> {
        let start = self.next;
        let mut chunk = String::new();
        while let Some(line) = self.lines.get(self.next) {
            // Models bufio.Reader ReadLine: a carriage return goes only with a line feed.
            let line = match line.strip_suffix('\n') {
                Some(line) => line.strip_suffix('\r').unwrap_or(line),
                None => line,
            };
            let number = self.next;
            self.next += 1;
            if let Some(behind) = line.strip_prefix("---") {
                let behind = behind.trim();
                if !behind.is_empty() && !behind.starts_with('#') {
                    self.next = self.lines.len();
                    return Some(Err((behind.to_owned(), number)));
                }
                if !chunk.is_empty() {
                    return Some(Ok((chunk, start)));
                }
            }
            chunk.push_str(line);
            chunk.push('\n');
        }
        if chunk.is_empty() { None } else { Some(Ok((chunk, start))) }
    }
}
