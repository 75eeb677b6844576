//! Regular expressions as grep, sed and awk take them.

/// A regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    alternatives: Vec<Vec<Node>>,
    groups: usize,
    ignore_case: bool,
}

#[derive(Clone, Debug)]
enum Node {
    Single(Single),
    Start,
    End,
    WordEdge,
    Group(usize, Vec<Vec<Node>>),
    Repeat(Box<Node>, usize, usize),
}

#[derive(Clone, Debug)]
enum Single {
    Char(char),
    Any,
    Class { ranges: Vec<(char, char)>, negated: bool },
}

/// Where groups were found, in characters; the whole match is the first.
pub(crate) type Captures = Vec<Option<(usize, usize)>>;

/// How many steps a search may take: some patterns would take for ever.
const MOST_STEPS: usize = 200_000;
/// How deep groups may stand in one another, and how often a group repeats.
const DEEPEST: usize = 200;

impl Pattern {
    /// Reads an expression, in extended (`grep -E`) or basic syntax.
    pub fn parse(text: &str, extended: bool, ignore_case: bool) -> Result<Self, String> {
        let mut parser = Parser { chars: text.chars().collect(), at: 0, extended, groups: 1, depth: 0 };
        let alternatives = parser.alternatives()?;
        if parser.at < parser.chars.len() {
            return Err("Unmatched ) or \\)".to_owned());
        }
        Ok(Self { alternatives, groups: parser.groups, ignore_case })
    }

    /// An expression that stands for itself.
    pub fn fixed(text: &str, ignore_case: bool) -> Self {
        let nodes = text.chars().map(|c| Node::Single(Single::Char(c))).collect();
        Self { alternatives: vec![nodes], groups: 1, ignore_case }
    }

    /// Whether it is found in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.find(&text.chars().collect::<Vec<_>>(), 0).is_some()
    }

    /// The first match at or after `from`.
    pub fn find(&self, text: &[char], from: usize) -> Option<Captures> {
        let mut matcher = Matcher {
            text,
            steps: MOST_STEPS,
            depth: 0,
            captures: vec![None; self.groups],
            ignore_case: self.ignore_case,
        };
        for start in from..=text.len() {
            for nodes in &self.alternatives {
                let mut end = start;
                if matcher.step(nodes, start, &mut |_, at| {
                    end = at;
                    true
                }) {
                    if let Some(whole) = matcher.captures.first_mut() {
                        *whole = Some((start, end));
                    }
                    return Some(matcher.captures);
                }
            }
        }
        None
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    extended: bool,
    groups: usize,
    depth: usize,
}

impl Parser {
    /// Whether the operator `c` stands here: bare in extended syntax, behind a backslash in basic.
    fn operator(&self, c: char) -> Option<usize> {
        let here = self.chars.get(self.at).copied();
        if self.extended {
            (here == Some(c)).then_some(1)
        } else {
            (here == Some('\\') && self.chars.get(self.at + 1) == Some(&c)).then_some(2)
        }
    }

    fn take_operator(&mut self, c: char) -> bool {
        let length = self.operator(c);
        self.at += length.unwrap_or(0);
        length.is_some()
    }

    fn alternatives(&mut self) -> Result<Vec<Vec<Node>>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("Regular expression too big".to_owned());
        }
        let mut alternatives = vec![self.sequence()?];
        while self.take_operator('|') {
            alternatives.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(alternatives)
    }

    fn sequence(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes: Vec<Node> = Vec::new();
        while self.at < self.chars.len() && self.operator('|').is_none() {
            if self.operator(')').is_some() {
                break;
            }
            if let Some((least, most)) = self.repetition(nodes.is_empty())? {
                if let Some(node) = nodes.pop() {
                    nodes.push(Node::Repeat(Box::new(node), least, most));
                }
                continue;
            }
            let node = self.atom(nodes.is_empty())?;
            nodes.push(node);
        }
        Ok(nodes)
    }

    fn repetition(&mut self, first: bool) -> Result<Option<(usize, usize)>, String> {
        if first {
            return Ok(None);
        }
        if self.chars.get(self.at) == Some(&'*') {
            self.at += 1;
            return Ok(Some((0, usize::MAX)));
        }
        if self.take_operator('+') {
            return Ok(Some((1, usize::MAX)));
        }
        if self.take_operator('?') {
            return Ok(Some((0, 1)));
        }
        if !self.take_operator('{') {
            return Ok(None);
        }
        let rest: String = self.chars.get(self.at..).unwrap_or_default().iter().collect();
        let close = if self.extended { "}" } else { "\\}" };
        let (inner, _) = rest.split_once(close).ok_or("Unmatched { or \\{")?;
        self.at += inner.chars().count() + close.len();
        let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
        let number = |text: &str, absent: usize| {
            if text.is_empty() { Ok(absent) } else { text.parse().map_err(|_| "Invalid content of \\{\\}".to_owned()) }
        };
        Ok(Some((number(least, 0)?, number(most, usize::MAX)?)))
    }

    fn atom(&mut self, first: bool) -> Result<Node, String> {
        if self.take_operator('(') {
            let group = self.groups;
            self.groups += 1;
            let alternatives = self.alternatives()?;
            return if self.take_operator(')') {
                Ok(Node::Group(group, alternatives))
            } else {
                Err("Unmatched ( or \\(".to_owned())
            };
        }
        let c = self.chars.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        Ok(match c {
            '.' => Node::Single(Single::Any),
            '^' if first || self.extended => Node::Start,
            '$' if self.extended || self.at == self.chars.len() || self.operator(')').is_some() => Node::End,
            '[' => self.class()?,
            '\\' => {
                let escaped = self.chars.get(self.at).copied().ok_or("Trailing backslash")?;
                self.at += 1;
                match escaped {
                    'b' | '<' | '>' => Node::WordEdge,
                    'w' | 'W' => Node::Single(Single::Class {
                        ranges: vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
                        negated: escaped == 'W',
                    }),
                    's' | 'S' => {
                        Node::Single(Single::Class { ranges: vec![(' ', ' '), ('\t', '\t')], negated: escaped == 'S' })
                    }
                    'd' => Node::Single(Single::Class { ranges: vec![('0', '9')], negated: false }),
                    't' => Node::Single(Single::Char('\t')),
                    other => Node::Single(Single::Char(other)),
                }
            }
            other => Node::Single(Single::Char(other)),
        })
    }

    fn class(&mut self) -> Result<Node, String> {
        let negated = self.chars.get(self.at) == Some(&'^');
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        let start = self.at;
        loop {
            let c = *self.chars.get(self.at).ok_or("Unmatched [, [^, [:, [., or [=")?;
            if c == ']' && self.at > start {
                self.at += 1;
                return Ok(Node::Single(Single::Class { ranges, negated }));
            }
            let rest: String = self.chars.get(self.at..).unwrap_or_default().iter().take(12).collect();
            if let Some((name, _)) = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) {
                self.at += name.len() + 4;
                ranges.extend_from_slice(match name {
                    "digit" => &[('0', '9')],
                    "alpha" => &[('a', 'z'), ('A', 'Z')],
                    "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
                    "upper" => &[('A', 'Z')],
                    "lower" => &[('a', 'z')],
                    "space" | "blank" => &[(' ', ' '), ('\t', '\t')],
                    "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
                    _ => return Err("Invalid character class name".to_owned()),
                });
                continue;
            }
            match (self.chars.get(self.at + 1), self.chars.get(self.at + 2)) {
                (Some('-'), Some(last)) if *last != ']' => {
                    ranges.push((c, *last));
                    self.at += 3;
                }
                _ => {
                    ranges.push((c, c));
                    self.at += 1;
                }
            }
        }
    }
}

struct Matcher<'t> {
    text: &'t [char],
    steps: usize,
    depth: usize,
    captures: Captures,
    ignore_case: bool,
}

type Next<'n> = &'n mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

impl Matcher<'_> {
    fn fits(&self, single: &Single, at: usize) -> bool {
        let Some(c) = self.text.get(at).copied() else { return false };
        if fits(single, c) {
            return true;
        }
        self.ignore_case && (fits(single, c.to_ascii_lowercase()) || fits(single, c.to_ascii_uppercase()))
    }

    fn is_word(&self, at: Option<usize>) -> bool {
        at.and_then(|at| self.text.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_')
    }

    /// Matches `nodes` from `at` on, and then what `next` says.
    fn step(&mut self, nodes: &[Node], at: usize, next: Next<'_>) -> bool {
        if self.steps == 0 || self.depth > DEEPEST {
            return false;
        }
        self.steps -= 1;
        self.depth += 1;
        let found = self.step_within(nodes, at, next);
        self.depth -= 1;
        found
    }

    fn step_within(&mut self, nodes: &[Node], mut at: usize, next: Next<'_>) -> bool {
        let mut nodes = nodes;
        while let Some((node, rest)) = nodes.split_first() {
            match node {
                Node::Single(single) if self.fits(single, at) => at += 1,
                Node::Start if at == 0 => {}
                Node::End if at == self.text.len() => {}
                Node::WordEdge if self.is_word(at.checked_sub(1)) != self.is_word(Some(at)) => {}
                Node::Group(group, alternatives) => {
                    return alternatives.iter().any(|alternative| self.group(*group, alternative, rest, at, next));
                }
                Node::Repeat(inner, least, most) => {
                    return match inner.as_ref() {
                        Node::Single(single) => self.repeat_single(single, (*least, *most), rest, at, next),
                        inner => self.repeat(inner, (*least, *most), rest, at, next),
                    };
                }
                _ => return false,
            }
            nodes = rest;
        }
        next(self, at)
    }

    fn group(&mut self, group: usize, inner: &[Node], rest: &[Node], at: usize, next: Next<'_>) -> bool {
        self.step(inner, at, &mut |matcher, end| {
            let before = matcher.captures.get(group).copied().flatten();
            matcher.capture(group, Some((at, end)));
            let found = matcher.step(rest, end, next);
            if !found {
                matcher.capture(group, before);
            }
            found
        })
    }

    fn capture(&mut self, group: usize, span: Option<(usize, usize)>) {
        if let Some(slot) = self.captures.get_mut(group) {
            *slot = span;
        }
    }

    fn repeat_single(
        &mut self,
        single: &Single,
        (least, most): (usize, usize),
        rest: &[Node],
        at: usize,
        next: Next<'_>,
    ) -> bool {
        let mut count = 0;
        while count < most && self.fits(single, at + count) {
            count += 1;
        }
        loop {
            if count < least {
                return false;
            }
            if self.step(rest, at + count, next) {
                return true;
            }
            if count == 0 {
                return false;
            }
            count -= 1;
        }
    }

    fn repeat(
        &mut self,
        inner: &Node,
        (least, most): (usize, usize),
        rest: &[Node],
        at: usize,
        next: Next<'_>,
    ) -> bool {
        if most > 0 {
            let more = (least.saturating_sub(1), if most == usize::MAX { most } else { most - 1 });
            let once = std::slice::from_ref(inner);
            if self.step(once, at, &mut |matcher, end| {
                (end > at || least > 0) && matcher.depth < DEEPEST && matcher.repeat(inner, more, rest, end, next)
            }) {
                return true;
            }
        }
        least == 0 && self.step(rest, at, next)
    }
}

fn fits(single: &Single, c: char) -> bool {
    match single {
        Single::Char(wanted) => *wanted == c,
        Single::Any => true,
        Single::Class { ranges, negated } => {
            ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn finds_what_grep_finds() {
        for (pattern, text, found) in [
            ("a.c", "xabcx", true),
            ("^b", "ab", false),
            ("(ab)+$", "xabab", true),
            ("a{2,3}b", "aab", true),
            ("a|b", "xb", true),
            ("[^0-9]x", "1x", false),
            ("[[:digit:]]+/[0-9]", "10/1", true),
            ("\\.yaml$", "a.yaml", true),
            ("\\bcat\\b", "concat", false),
            ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ] {
            assert_eq!(Pattern::parse(pattern, true, false).unwrap().is_match(text), found, "{pattern}");
        }
        assert!(Pattern::parse("a\\|b", false, false).unwrap().is_match("b"));
        assert!(Pattern::parse("RUNNING", false, true).unwrap().is_match("Running"));
    }
}
