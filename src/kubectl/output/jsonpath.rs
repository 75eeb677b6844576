//! client-go's JSONPath templates: `{.items[*].metadata.name}`, `{range …}…{end}`, filters.

use std::borrow::Cow;

use serde_json::Value;

use super::go_syntax::{go_syntax, quote, sprint};
use super::json;

mod parser;

use parser::{Node, parse};

/// Ranges within ranges beyond this are refused, so that no template can exhaust the stack.
const MAX_NESTING: usize = 16;
/// `..` gives up beyond this many values.
const MAX_RESULTS: usize = 200_000;

/// A template that has been read.
#[derive(Clone, Debug)]
pub struct JsonPath {
    blocks: Vec<Block>,
    allow_missing: bool,
}

/// A template's part: an action or text, or a loop with its body.
#[derive(Clone, Debug)]
enum Block {
    Action(Vec<Node>),
    Range(Vec<Node>, Vec<Block>),
}

type Found<'a> = Vec<Cow<'a, Value>>;

/// Makes `{.a.b}` of `a.b`, `.a.b` or `{a.b}`. Models k8s.io/kubectl/pkg/cmd/get RelaxedJSONPathExpression.
///
/// # Errors
/// When braces stand elsewhere than around the whole.
pub fn relaxed(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inner = path.strip_prefix('{').and_then(|path| path.strip_suffix('}')).unwrap_or(path);
    // A dot alone is taken for the path itself.
    let inner = inner.strip_prefix('.').filter(|rest| !rest.is_empty()).unwrap_or(inner);
    if inner.is_empty() || inner.contains(['{', '}']) {
        return Err("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
             '{.name1.name2}'"
            .to_owned());
    }
    Ok(format!("{{.{inner}}}"))
}

impl JsonPath {
    /// Reads a template; with `allow_missing`, fields that are not there give nothing instead of an error.
    ///
    /// # Errors
    /// With client-go's words.
    pub fn parse(template: &str, allow_missing: bool) -> Result<Self, String> {
        let mut actions = parse(template)?.into_iter();
        let blocks = blocks(&mut actions, 0)?;
        Ok(Self { blocks, allow_missing })
    }

    /// Whether fields that are not there give nothing instead of an error.
    #[must_use]
    pub fn allowing_missing_keys(self, allow_missing: bool) -> Self {
        Self { allow_missing, ..self }
    }

    /// What each action finds, in order; texts find themselves. Models client-go JSONPath.FindResults.
    ///
    /// # Errors
    /// When an index or a filter does not fit.
    pub fn find<'a>(&'a self, data: &'a Value) -> Result<Vec<Found<'a>>, String> {
        let mut results = Vec::new();
        self.find_blocks(&self.blocks, &[Cow::Borrowed(data)], &mut results)?;
        Ok(results)
    }

    /// The filled-in template. Models client-go JSONPath.Execute.
    ///
    /// # Errors
    /// As [`JsonPath::find`].
    pub fn execute(&self, data: &Value) -> Result<String, String> {
        let mut out = String::new();
        for results in self.find(data)? {
            let texts: Vec<String> = results.iter().map(|value| printed(value)).collect();
            out.push_str(&texts.join(" "));
        }
        Ok(out)
    }

    /// As [`JsonPath::execute`], what each action finds as a JSON list. Models JSONPath.EnableJSONOutput.
    ///
    /// # Errors
    /// As [`JsonPath::find`].
    pub fn execute_as_json(&self, data: &Value) -> Result<String, String> {
        let list = |results: &Found<'_>| results.iter().map(|value| value.clone().into_owned()).collect::<Value>();
        Ok(self.find(data)?.iter().map(|results| json::pretty(&list(results))).collect())
    }

    fn find_blocks<'a>(
        &'a self,
        blocks: &'a [Block],
        current: &[Cow<'a, Value>],
        results: &mut Vec<Found<'a>>,
    ) -> Result<(), String> {
        for block in blocks {
            match block {
                Block::Action(nodes) => results.push(self.walk(current.to_vec(), nodes)?),
                Block::Range(nodes, body) => {
                    for value in self.walk(current.to_vec(), nodes)? {
                        self.find_blocks(body, &[value], results)?;
                    }
                }
            }
            if results.len() > MAX_RESULTS {
                return Err("too many results".to_owned());
            }
        }
        Ok(())
    }

    fn walk<'a>(&self, mut current: Found<'a>, nodes: &'a [Node]) -> Result<Found<'a>, String> {
        for node in nodes {
            current = self.step(current, node)?;
            if current.len() > MAX_RESULTS {
                return Err("too many results".to_owned());
            }
        }
        Ok(current)
    }

    fn step<'a>(&self, current: Found<'a>, node: &'a Node) -> Result<Found<'a>, String> {
        match node {
            Node::Text(text) => Ok(vec![Cow::Owned(Value::String(text.clone()))]),
            Node::Literal(value) => Ok(current.iter().map(|_| Cow::Borrowed(value)).collect()),
            Node::Field(name) => self.field(current, name),
            Node::Slice(slice) => {
                let mut found = Vec::new();
                for value in current {
                    slice.apply(value, &mut found)?;
                }
                Ok(found)
            }
            Node::Wildcard => Ok(current.into_iter().flat_map(children).collect()),
            Node::Recursive => Ok(descendants(current)),
            Node::Union(lists) => {
                let mut found = Vec::new();
                for list in lists {
                    found.extend(self.walk(current.clone(), list)?);
                }
                Ok(found)
            }
            Node::Filter { left, operator, right } => self.filter(current, left, operator, right),
            Node::Identifier(name) => Err(format!("unrecognized identifier {name}")),
        }
    }

    fn field<'a>(&self, current: Found<'a>, name: &str) -> Result<Found<'a>, String> {
        if current.is_empty() {
            return Ok(current);
        }
        let found: Found<'a> = current.into_iter().filter_map(|value| member(value, name)).collect();
        if found.is_empty() && !self.allow_missing {
            return Err(format!("{name} is not found"));
        }
        Ok(found)
    }

    /// Models client-go JSONPath.evalFilter.
    fn filter<'a>(
        &self,
        current: Found<'a>,
        left: &'a [Node],
        operator: &str,
        right: &'a [Node],
    ) -> Result<Found<'a>, String> {
        let mut found = Vec::new();
        for value in current {
            if !value.is_array() {
                return Err(format!("{} is not array or slice and cannot be filtered", sprint(&value)));
            }
            for item in children(value) {
                let lefts = self.walk(vec![item.clone()], left);
                if operator == "exists" {
                    // What a step could not be made from counts as found, but for a field that is not there.
                    if lefts.map_or_else(|why| !why.ends_with(" is not found"), |lefts| !lefts.is_empty()) {
                        found.push(item);
                    }
                    continue;
                }
                let left = match lefts?.as_slice() {
                    [] => continue,
                    [left] => left.clone(),
                    _ => return Err("can only compare one element at a time".to_owned()),
                };
                let passes = match self.walk(vec![item.clone()], right)?.as_slice() {
                    [] => continue,
                    [right] => compare(&left, operator, right)?,
                    _ => return Err("can only compare one element at a time".to_owned()),
                };
                if passes {
                    found.push(item);
                }
            }
        }
        Ok(found)
    }
}

/// Puts what stands between `{range …}` and `{end}` into the loop.
fn blocks(actions: &mut std::vec::IntoIter<Vec<Node>>, depth: usize) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    while let Some(mut nodes) = actions.next() {
        match nodes.first() {
            Some(Node::Identifier(name)) if name == "range" => {
                if depth >= MAX_NESTING {
                    return Err("ranges are nested too deeply".to_owned());
                }
                nodes.remove(0);
                let body = self::blocks(actions, depth + 1)?;
                blocks.push(Block::Range(nodes, body));
            }
            Some(Node::Identifier(name)) if name == "end" => {
                if depth == 0 {
                    return Err("not in range, nothing to end".to_owned());
                }
                return Ok(blocks);
            }
            Some(Node::Identifier(name)) => return Err(format!("unrecognized identifier {name}")),
            _ => blocks.push(Block::Action(nodes)),
        }
    }
    Ok(blocks)
}

fn member<'a>(value: Cow<'a, Value>, name: &str) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(value) => value.as_object()?.get(name).map(Cow::Borrowed),
        Cow::Owned(value) => value.as_object()?.get(name).cloned().map(Cow::Owned),
    }
}

fn children(value: Cow<'_, Value>) -> Found<'_> {
    match value {
        Cow::Borrowed(Value::Array(list)) => list.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(fields)) => fields.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(list)) => list.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(fields)) => fields.into_iter().map(|(_, value)| Cow::Owned(value)).collect(),
        // Go's texts are made of bytes.
        value => {
            let bytes = value.as_str().unwrap_or_default().bytes();
            bytes.map(|byte| Cow::Owned(Value::from(byte))).collect()
        }
    }
}

/// Every value with values in it, parents first. Models client-go JSONPath.evalRecursive.
fn descendants(current: Found<'_>) -> Found<'_> {
    let mut found = Vec::new();
    for value in current {
        let inner = children(value.clone());
        if !inner.is_empty() {
            found.push(value);
            found.extend(descendants(inner));
        }
    }
    found
}

/// Models client-go third_party/forked/golang/template Less and Equal.
fn compare(left: &Value, operator: &str, right: &Value) -> Result<bool, String> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let is_basic = |value: &Value| !(value.is_null() || value.is_array() || value.is_object());
    if !["<", ">", "==", "!=", "<=", ">="].contains(&operator) {
        return Err(format!("unrecognized filter operator {operator}"));
    }
    if !is_basic(left) || !is_basic(right) {
        return Err("invalid type for comparison".to_owned());
    }
    let ordering = match (left, right) {
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Bool(_), Value::Bool(_)) if !matches!(operator, "==" | "!=") => {
            return Err("invalid type for comparison".to_owned());
        }
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(a), Value::Number(b)) if a.is_f64() == b.is_f64() => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Equal),
        },
        _ => return Err("incompatible types for comparison".to_owned()),
    };
    match operator {
        "<" => Ok(ordering == Less),
        ">" => Ok(ordering == Greater),
        "==" => Ok(ordering == Equal),
        "!=" => Ok(ordering != Equal),
        "<=" => Ok(ordering != Greater),
        _ => Ok(ordering != Less),
    }
}

fn printed(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => json::compact(value),
        Value::Null => "null".to_owned(),
        scalar => sprint(scalar),
    }
}

/// What kubectl prints when a template does not fit. Models k8s.io/cli-runtime/pkg/printers JSONPathPrinter.PrintObj.
pub fn execution_error(template: &str, error: &str, data: &Value) -> String {
    format!(
        "error executing jsonpath {}: Error executing template: {error}. Printing more information for debugging the \
         template:\n\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
        quote(template),
        go_syntax(data)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{JsonPath, relaxed};

    #[test]
    fn fills_templates_in() {
        let data = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/x": "1"}}, "n": 1, "c": [{"t": "Ready", "s": "True"}]},
            {"metadata": {"name": "b"}, "n": 2, "c": [{"t": "Ready", "s": "False"}]},
        ]});
        let run = |template: &str| JsonPath::parse(template, true).and_then(|path| path.execute(&data));
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(run("{.items[*].metadata.name}"), ok("a b"));
        assert_eq!(run("{.items[0].metadata.name}{\"\\n\"}"), ok("a\n"));
        assert_eq!(run("{.items[-1].metadata.name}"), ok("b"));
        assert_eq!(run("{range .items[*]}{.metadata.name}={.n};{end}!"), ok("a=1;b=2;!"));
        assert_eq!(run("{.items[?(@.n==2)].metadata.name}"), ok("b"));
        assert_eq!(run("{.items[*].c[?(@.t==\"Ready\")].s}"), ok("True False"));
        assert_eq!(run("{.items[0]['metadata.name','n']}"), ok("a 1"));
        assert_eq!(run("{..name}"), ok("a b"));
        assert_eq!(run("{.items[0].metadata.labels.app\\.kubernetes\\.io/x}"), ok("1"));
        assert_eq!(run("{.items[0].metadata.labels}"), ok("{\"app.kubernetes.io/x\":\"1\"}"));
        assert_eq!(run("{.nope}"), ok(""));
        assert_eq!(run("{.items[5].n}"), Err("array index out of bounds: index 5, length 2".to_owned()));
        assert_eq!(run("{.items"), Err("unclosed action".to_owned()));
        assert_eq!(run("{end}"), Err("not in range, nothing to end".to_owned()));
        assert_eq!(run("{.items[?(@.c[7])].n}"), ok("1 2"));
        assert_eq!(run("{.items[?(@.n==\"1\")].n}"), Err("incompatible types for comparison".to_owned()));
        assert_eq!(run("{.items[?(@.c==1)].n}"), Err("invalid type for comparison".to_owned()));
        assert_eq!(run("{.items[1].metadata.name[*]}"), Err("string is not array or slice".to_owned()));
        assert_eq!(run("{.items[1].metadata.name.*}"), ok("98"));
        assert_eq!(run("{.items[1].metadata..}"), ok("{\"name\":\"b\"} b"));
        assert_eq!(run(r#"{"\u4f60\x41\101\t"}"#), ok("\u{4f60}AA\t"));
        assert_eq!(run(r#"{"\q"}"#), Err("unquote string \"\\q\" error invalid syntax".to_owned()));
        let path = JsonPath::parse("{.items[*].n}", true).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(path.execute_as_json(&data), ok("[\n    1,\n    2\n]\n"));
    }

    #[test]
    fn relaxes_paths() {
        assert_eq!(relaxed("metadata.name").as_deref(), Ok("{.metadata.name}"));
        assert_eq!(relaxed("{.metadata.name}").as_deref(), Ok("{.metadata.name}"));
        assert_eq!(relaxed(".").as_deref(), Ok("{..}"));
        assert!(relaxed("{a}{b}").is_err());
    }
}
