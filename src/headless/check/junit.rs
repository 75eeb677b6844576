//! What was found, in the XML that build servers read as JUnit's.

/// A command of the tutorial.
pub struct Case {
    /// Its line, counted from 1.
    pub line: usize,
    /// What was typed.
    pub command: String,
    /// What is wrong, in a sentence and at length; none when nothing is.
    pub failure: Option<(&'static str, String)>,
}

/// One suite with a case for each command.
pub fn xml(file: &str, cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let file = escaped(file);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n<testsuite name=\"{file}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\">\n",
        cases.len()
    );
    for Case { line, command, failure } in cases {
        let name = escaped(&format!("line {line}: {command}"));
        xml.push_str(&format!("<testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\""));
        match failure {
            None => xml.push_str("/>\n"),
            Some((message, text)) => xml.push_str(&format!(
                ">\n<failure message=\"{}\">{}</failure>\n</testcase>\n",
                escaped(message),
                escaped(text)
            )),
        }
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

/// Text as XML has it; characters that XML 1.0 has no place for are replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
