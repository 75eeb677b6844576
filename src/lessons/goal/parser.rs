//! Reads one condition.

use super::{Comparison, Condition, Filter, Kind, Pattern, Test, What};

/// Reads a condition.
///
/// # Errors
/// What is wrong, and at which character (from 0) of `text`.
pub fn parse(text: &str) -> Result<Condition, (usize, String)> {
    let mut reader = Reader { text, at: 0 };
    let condition = reader.condition()?;
    reader.skip_blanks();
    if reader.rest().is_empty() {
        return Ok(condition);
    }
    reader.fail("expected the end of the condition, \"for 30s\" or \"within 30s\"")
}

struct Reader<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

type Read<T> = Result<T, (usize, String)>;

/// The signs, longer ones first.
const SIGNS: [(&str, Comparison); 7] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("=", Comparison::Equal),
];

impl<'a> Reader<'a> {
    fn condition(&mut self) -> Read<Condition> {
        let what = self.what()?;
        let mut condition = Condition { what, for_ms: 0, within_ms: None };
        loop {
            if self.take_word("for") {
                condition.for_ms = self.span()?;
            } else if self.take_word("within") {
                condition.within_ms = Some(self.span()?);
            } else {
                return Ok(condition);
            }
        }
    }

    fn what(&mut self) -> Read<What> {
        if self.take_word("typed") {
            return self.pattern_to_end().map(What::Typed);
        }
        if self.take_word("printed") {
            return self.pattern_to_end().map(What::Printed);
        }
        if self.take_word("elapsed") {
            return self.span().map(What::Elapsed);
        }
        if self.take_word("not") {
            return self.test().map(What::Not);
        }
        if self.take_word("ever") {
            return self.test().map(What::Ever);
        }
        if self.take_word("never") {
            return self.test().map(What::Never);
        }
        self.test().map(What::Now)
    }

    fn test(&mut self) -> Read<Test> {
        let (begin, word) = self.word();
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == word) else {
            let kinds = list(Kind::ALL.into_iter().map(Kind::as_str));
            let words = "not, ever, never, typed, printed or elapsed";
            return Err((self.characters(begin), format!("{word:?} is none of {kinds}, {words}")));
        };
        let mut filters = Vec::new();
        if self.take_sign("(") {
            loop {
                filters.push(self.filter(kind)?);
                if !self.take_sign(",") {
                    break;
                }
            }
            if !self.take_sign(")") {
                return self.fail("expected \",\" or \")\"");
            }
        }
        let (comparison, number) = match self.comparison() {
            None => (Comparison::AtLeast, 1),
            Some(comparison) => {
                let (begin, word) = self.word();
                let number = word.parse().map_err(|_| (self.characters(begin), format!("{word:?} is no number")))?;
                (comparison, number)
            }
        };
        Ok(Test { kind, filters, comparison, number })
    }

    fn filter(&mut self, kind: Kind) -> Read<Filter> {
        let is_wanted = !self.take_word("not");
        let (begin, word) = self.word();
        let begin = self.characters(begin);
        let is_path = word.contains('.');
        let Some(comparison) = self.comparison() else {
            if kind.flags().contains(&word) || is_path {
                return Ok(Filter::Flag(word.to_owned(), is_wanted));
            }
            let message = if kind.fields().contains(&word) {
                format!("{word} must be compared, as in {word}=…")
            } else {
                unknown(kind, word)
            };
            return Err((begin, message));
        };
        if !kind.fields().contains(&word) && !is_path {
            let message = if kind.flags().contains(&word) {
                format!("{word} is true or not: it cannot be compared")
            } else {
                unknown(kind, word)
            };
            return Err((begin, message));
        }
        if !is_wanted {
            return Err((begin, "\"not\" stands before words such as ready; compare with != instead".to_owned()));
        }
        let (place, value) = self.value()?;
        let orders = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
        if orders && value.parse::<i64>().is_err() {
            return Err((self.characters(place), format!("{value:?} is no number")));
        }
        Ok(Filter::Field(word.to_owned(), comparison, Pattern(value)))
    }

    /// A value: in quotes, or up to the next comma or closing parenthesis.
    fn value(&mut self) -> Read<(usize, String)> {
        self.skip_blanks();
        let begin = self.at;
        if let Some(inner) = self.rest().strip_prefix('"') {
            let Some(end) = inner.find('"') else { return self.fail("the quote has no end") };
            self.at += end + 2;
            return Ok((begin, inner.get(..end).unwrap_or_default().to_owned()));
        }
        let end = self.rest().find([',', ')']).unwrap_or(self.rest().len());
        let value = self.rest().get(..end).unwrap_or_default().trim();
        if value.is_empty() {
            return self.fail("expected a value");
        }
        self.at += end;
        Ok((begin, value.to_owned()))
    }

    fn pattern_to_end(&mut self) -> Read<Pattern> {
        self.skip_blanks();
        let pattern = self.rest().trim_end();
        if pattern.is_empty() {
            return self.fail("expected a text; * stands for anything");
        }
        self.at = self.text.len();
        Ok(Pattern(pattern.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    fn span(&mut self) -> Read<u64> {
        let (begin, word) = self.word();
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = word.get(digits.len()..).unwrap_or_default();
        let unit_ms = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let span = unit_ms.and_then(|unit_ms| digits.parse::<u64>().ok()?.checked_mul(unit_ms));
        span.ok_or_else(|| (self.characters(begin), format!("{word:?} is no span of time such as 30s, 5m or 500ms")))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        SIGNS.into_iter().find(|(sign, _)| self.take_sign(sign)).map(|(_, comparison)| comparison)
    }

    /// The next word, and where it begins.
    fn word(&mut self) -> (usize, &'a str) {
        self.skip_blanks();
        let begin = self.at;
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/'))).unwrap_or(rest.len());
        self.at += end;
        (begin, rest.get(..end).unwrap_or_default())
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let before = self.at;
        let found = self.word().1 == wanted;
        if !found {
            self.at = before;
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn characters(&self, at: usize) -> usize {
        self.text.get(..at).map_or(0, |before| before.chars().count())
    }

    fn fail<T>(&self, message: &str) -> Read<T> {
        Err((self.characters(self.at), message.to_owned()))
    }
}

fn unknown(kind: Kind, word: &str) -> String {
    let known = kind.flags().iter().chain(kind.fields()).copied();
    format!("{} have no {word:?}; they have {}, and paths such as metadata.labels.app", kind.as_str(), list(known))
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> (usize, String) {
        parse(text).expect_err(text)
    }

    #[test]
    fn conditions_are_read() {
        let condition = parse("never pods(active, image=*:v2) > 4").expect("a condition");
        let filters = vec![
            Filter::Flag("active".to_owned(), true),
            Filter::Field("image".to_owned(), Comparison::Equal, Pattern("*:v2".to_owned())),
        ];
        let test = Test { kind: Kind::Pods, filters, comparison: Comparison::More, number: 4 };
        assert_eq!(condition, Condition { what: What::Never(test), for_ms: 0, within_ms: None });
        let condition = parse("events(message=\"*failed, really*\") for 5m within 1h").expect("a condition");
        assert_eq!((condition.for_ms, condition.within_ms), (300_000, Some(3_600_000)));
        let typed = parse("typed kubectl  rollout undo *").expect("a condition");
        assert_eq!(typed.what, What::Typed(Pattern("kubectl rollout undo *".to_owned())));
    }

    #[test]
    fn mistakes_have_their_place() {
        assert_eq!(wrong("pots == 3").0, 0);
        assert_eq!(wrong("pods(readdy) == 3").0, 5);
        assert_eq!(wrong("pods(ready=3) == 3"), (5, "ready is true or not: it cannot be compared".to_owned()));
        assert_eq!(wrong("pods(image) == 3").0, 5);
        assert_eq!(wrong("pods(restarts > many)"), (16, "\"many\" is no number".to_owned()));
        assert_eq!(wrong("pods(ready == 3").0, 5);
        assert_eq!(wrong("pods(ready").1, "expected \",\" or \")\"");
        assert_eq!(wrong("pods == three"), (8, "\"three\" is no number".to_owned()));
        assert_eq!(
            wrong("pods == 3 for 3 minutes"),
            (14, "\"3\" is no span of time such as 30s, 5m or 500ms".to_owned())
        );
        assert_eq!(wrong("pods == 3 soon").0, 10);
        assert_eq!(wrong("typed").0, 5);
    }
}
