//! `-l`: label selectors as text, read as the API server reads them.

use crate::api::StringMap;
use crate::api::validation::{label_value, qualified_name};
use crate::sorting;

/// A label selector as text: `app=web,tier in (a,b),!x,weight>3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelQuery(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl LabelQuery {
    /// Reads a selector. Models k8s.io/apimachinery/pkg/labels Parse.
    ///
    /// # Errors
    /// That function's text, when a requirement cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut requirements = Vec::new();
        loop {
            match parser.ahead() {
                (Token::Identifier | Token::Not, _) => {}
                (Token::End, _) => return Ok(Self(requirements)),
                (_, found) => return Err(format!("found '{found}', expected: !, identifier, or 'end of string'")),
            }
            let requirement = parser.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?;
            requirements.push(requirement);
            match parser.consume() {
                (Token::End, _) => return Ok(Self(requirements)),
                (Token::Comma, _) => {
                    let (token, found) = parser.ahead();
                    if !matches!(token, Token::Identifier | Token::Not) {
                        return Err(format!("found '{found}', expected: identifier after ','"));
                    }
                }
                (_, found) => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
            }
        }
    }

    /// Key, operator and values of each requirement, as a label selector in an object has them; `=` for equality.
    /// Models metav1.ParseToLabelSelector.
    pub fn requirements(&self) -> Vec<(String, &'static str, Vec<String>)> {
        let one = |requirement: &Requirement| {
            let operator = match requirement.operator {
                Operator::In if requirement.values.len() == 1 => "=",
                Operator::In => "In",
                Operator::NotIn => "NotIn",
                Operator::Exists => "Exists",
                Operator::DoesNotExist => "DoesNotExist",
                Operator::GreaterThan => "Gt",
                Operator::LessThan => "Lt",
            };
            (requirement.key.clone(), operator, requirement.values.clone())
        };
        self.0.iter().map(one).collect()
    }

    /// Whether `labels` fulfil every requirement. Models labels.Requirement.Matches.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels.get(&requirement.key)))
    }
}

impl Requirement {
    /// Models labels.NewRequirement.
    fn new(key: String, operator: Operator, mut values: Vec<String>) -> Result<Self, String> {
        sorting::sort(&mut values);
        values.dedup();
        let mut complaints: Vec<String> = complain("key", &key, &qualified_name(&key)).into_iter().collect();
        for (index, value) in values.iter().enumerate() {
            let is_number = !matches!(operator, Operator::GreaterThan | Operator::LessThan) || number(value).is_some();
            if !is_number {
                let why = "for 'Gt', 'Lt' operators, the value must be an integer".to_owned();
                complaints.extend(complain(&format!("values[{index}]"), value, &[why]));
            }
        }
        for (index, value) in values.iter().enumerate() {
            complaints.extend(complain(&format!("values[{index}][{key}]"), value, &label_value(value)));
        }
        match complaints.as_slice() {
            [] => Ok(Self { key, operator, values }),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }

    fn matches(&self, value: Option<&String>) -> bool {
        let wanted = self.values.first().and_then(|wanted| number(wanted));
        let numbers = || value.and_then(|value| number(value)).zip(wanted);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => numbers().is_some_and(|(value, wanted)| value > wanted),
            Operator::LessThan => numbers().is_some_and(|(value, wanted)| value < wanted),
        }
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Models field.Invalid(…).Error().
fn complain(path: &str, value: &str, why: &[String]) -> Option<String> {
    (!why.is_empty()).then(|| format!("{path}: Invalid value: {value:?}: {}", why.join("; ")))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Identifier,
    /// `in`, `notin`: operators, and values too.
    Word,
    Not,
    Comma,
    Open,
    Closed,
    /// `=`, `==`, `!=`, `>`, `<`.
    Operator,
    End,
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
}

impl Parser {
    /// The next token as it is.
    fn raw(&self) -> (Token, &str) {
        self.tokens.get(self.at).map_or((Token::End, ""), |(token, text)| (*token, text))
    }

    /// The next token where a word is a value like any other.
    fn ahead(&self) -> (Token, &str) {
        match self.raw() {
            (Token::Word, text) => (Token::Identifier, text),
            other => other,
        }
    }

    fn consume(&mut self) -> (Token, String) {
        let (token, text) = self.ahead();
        let taken = (token, text.to_owned());
        self.at += 1;
        taken
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.consume();
        let is_negated = token == Token::Not;
        if is_negated {
            (token, key) = self.consume();
        }
        if token != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(complaint) = complain("<nil>", &key, &qualified_name(&key)) {
            return Err(complaint);
        }
        if is_negated {
            return Requirement::new(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.ahead().0, Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, Vec::new());
        }
        let (_, word) = self.raw();
        let operator = match word {
            "in" | "=" | "==" => Operator::In,
            "notin" | "!=" => Operator::NotIn,
            ">" => Operator::GreaterThan,
            "<" => Operator::LessThan,
            found => return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        let is_set = matches!(word, "in" | "notin");
        self.at += 1;
        let values = if is_set { self.values()? } else { vec![self.exact_value()?] };
        Requirement::new(key, operator, values)
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.ahead().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.consume() {
            (Token::Identifier, value) => Ok(value),
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, found) = self.consume();
        if token != Token::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        match self.ahead() {
            (Token::Identifier | Token::Comma, _) => {
                let values = self.identifiers()?;
                self.at += 1;
                Ok(values)
            }
            (Token::Closed, _) => {
                self.at += 1;
                Ok(vec![String::new()])
            }
            (_, found) => Err(format!("found '{found}', expected: ',', ')' or identifier")),
        }
    }

    /// Identifiers, possibly empty, up to the closing parenthesis, which is left. Models parseIdentifiersList.
    fn identifiers(&mut self) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            let (token, text) = self.consume();
            let (next, found) = self.ahead();
            match token {
                Token::Identifier => {
                    values.push(text);
                    match next {
                        Token::Comma => {}
                        Token::Closed => return Ok(values),
                        _ => return Err(format!("found '{found}', expected: ',' or ')'")),
                    }
                }
                Token::Comma => {
                    if values.is_empty() || matches!(next, Token::Closed | Token::Comma) {
                        values.push(String::new());
                    }
                    if next == Token::Closed {
                        return Ok(values);
                    }
                }
                _ => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }
}

/// Models labels.Lexer.
fn tokens(text: &str) -> Vec<(Token, String)> {
    let is_special = |c: char| "=!(),><".contains(c);
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut tokens = Vec::new();
    // Go's lexer takes a NUL for the end.
    let mut rest = text.split('\0').next().unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(is_space);
        let Some(first) = rest.chars().next() else { return tokens };
        let length = if is_special(first) {
            special_symbol(rest)
        } else {
            rest.find(|c| is_special(c) || is_space(c)).unwrap_or(rest.len())
        };
        let (symbol, behind) = rest.split_at(length);
        let token = match symbol {
            "in" | "notin" => Token::Word,
            "!" => Token::Not,
            "," => Token::Comma,
            "(" => Token::Open,
            ")" => Token::Closed,
            "=" | "==" | "!=" | ">" | "<" => Token::Operator,
            _ => Token::Identifier,
        };
        tokens.push((token, symbol.to_owned()));
        rest = behind;
    }
}

/// How long the operator is with which the text begins: the longest one that is known. Models scanSpecialSymbol.
fn special_symbol(text: &str) -> usize {
    if text.starts_with("==") || text.starts_with("!=") { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::LabelQuery;
    use crate::api::StringMap;

    #[test]
    fn selects_by_labels() {
        let labels = [("app", "web"), ("tier", "a"), ("weight", "7")];
        let labels: StringMap = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let matches = |text: &str| LabelQuery::parse(text).map(|query| query.matches(&labels));
        for text in ["app=web", "app==web,tier!=b", "tier in (a, b)", "app notin (x),!nope", "app", "", "weight>3"] {
            assert_eq!(matches(text), Ok(true), "{text}");
        }
        for text in ["app=x", "!app", "tier notin (a,b)", "nope", "weight<7", "app>1", "tier in ()", "no="] {
            assert_eq!(matches(text), Ok(false), "{text}");
        }
    }

    #[test]
    fn complains_as_the_server_does() {
        let key = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        for (text, complaint) in [
            ("app in (web", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("app in web", "unable to parse requirement: found 'web' expected: '('"),
            ("app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"),
            ("app=web,", "found '', expected: identifier after ','"),
            ("app=web tier", "found 'tier', expected: ',' or 'end of string'"),
            ("=web", "found '=', expected: !, identifier, or 'end of string'"),
            ("app==!", "unable to parse requirement: found '!', expected: identifier"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            ("a_=b", &format!("unable to parse requirement: <nil>: Invalid value: \"a_\": {key}")),
            (
                "weight>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(LabelQuery::parse(text), Err(complaint.to_owned()), "{text}");
        }
    }
}
