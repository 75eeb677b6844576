//! YAML as kubectl reads it: values, places and complaints.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: hellok8s-deployment
spec:
  replicas: 3
  selector:
    matchLabels:
      app: hellok8s
  template:
    metadata:
      labels:
        app: hellok8s
    spec:
      containers:
        - image: guangzhengli/hellok8s:v1
          name: hellok8s-container
";

fn values(text: &str) -> Vec<Value> {
    parse("a.yaml", text).map(|documents| documents.into_iter().map(|document| document.value).collect()).unwrap()
}

fn value(text: &str) -> Value {
    values(text).into_iter().next().unwrap_or_default()
}

fn complaint(text: &str) -> String {
    let text = parse("a.yaml", text).map(|documents| format!("{documents:?}")).unwrap_err().text;
    text.strip_prefix("error parsing a.yaml: ").map(str::to_owned).unwrap()
}

fn yaml_complaint(text: &str) -> String {
    let text = complaint(text);
    text.strip_prefix("error converting YAML to JSON: ").map_or(text.clone(), str::to_owned)
}

#[test]
fn a_manifest_and_its_places() {
    let document = parse("a.yaml", DEPLOYMENT).unwrap().remove(0);
    assert_eq!(document.value["spec"]["template"]["spec"]["containers"][0]["name"], "hellok8s-container");
    assert_eq!(document.value["spec"]["replicas"], 3);
    let positions = document.positions;
    assert_eq!(positions.of("spec.template.spec.containers[0].image"), Some((16, 18)));
    assert_eq!(positions.of_key("spec.template.spec.containers[0].image"), Some((16, 11)));
    assert_eq!(positions.of("spec.replicas"), Some((6, 13)));
    assert_eq!(positions.of("spec.nope"), None);
    assert_eq!(positions.nearest("spec.template.spec.containers[0].livenessProbe.httpGet"), (16, 11));
    assert_eq!(positions.nearest("spec.selector"), (7, 3));
    let labels = parse("a", "metadata:\n  labels:\n    a.b/c: d\n").unwrap().remove(0).positions;
    assert_eq!(labels.of("metadata.labels[a.b/c]"), Some((3, 12)));
    assert_eq!(labels.of("metadata.labels.a.b/c"), Some((3, 12)));
}

/// Recorded from kubectl 1.36 with a real cluster.
#[test]
fn complaints_as_recorded() {
    let edit = |from: &str, to: &str| yaml_complaint(&DEPLOYMENT.replace(from, to));
    assert_eq!(edit("  replicas: 3", "\treplicas: 3"), "yaml: line 6: found character that cannot start any token");
    assert_eq!(
        edit("          name: hellok8s-container", "         name: hellok8s-container"),
        "yaml: line 16: did not find expected '-' indicator"
    );
    assert_eq!(
        edit("          name: hellok8s-container", "        name: hellok8s-container"),
        "yaml: line 16: did not find expected '-' indicator"
    );
    let misplaced = "yaml: line 7: mapping values are not allowed in this context";
    assert_eq!(edit("replicas: 3", "replicas 3"), misplaced);
    assert_eq!(edit("replicas: 3", "replicas:3"), misplaced);
    assert_eq!(complaint("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\""), "unexpected EOF");
}

/// From the rules of go-yaml's scanner and parser.
#[test]
fn complaints_by_rule() {
    for (text, expected) in [
        ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
        ("x: 1\na: b: c\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("a:\n  b: 1\n c: 2\n", "yaml: line 2: did not find expected key"),
        ("a: 1\n  b: 2\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: 'x\nb: 1\n", "yaml: line 3: found unexpected end of stream"),
        ("a: \"\\q\"\n", "yaml: found unknown escape character"),
        ("a: [1, 2\nb: 3\n", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: {b: 1\n", "yaml: line 1: did not find expected ',' or '}'"),
        ("a: 1\nb\nc: 2\n", "yaml: line 3: could not find expected ':'"),
        ("a: @b\n", "yaml: found character that cannot start any token"),
        ("a: *b\n", "yaml: unknown anchor 'b' referenced"),
        ("a: - b\n", "yaml: block sequence entries are not allowed in this context"),
        ("- a\nb: 1\n", "yaml: line 1: did not find expected '-' indicator"),
        ("a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
        ("a: \u{1}\n", "yaml: control characters are not allowed"),
        ("a: .nan\n", "json: unsupported value: NaN"),
        (
            "a: {{ .Values.x }}\n",
            "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}",
        ),
        ("<<: 1\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: &a [*a]\n", "yaml: anchor 'a' value contains itself"),
        ("%YAML 1.2\n---\na: 1\n", "yaml: found incompatible YAML document"),
        ("a: 1\n---foo\n", "invalid Yaml document separator: foo"),
        ("{\"a\" 1", "json: offset 6: invalid character '1' after object key"),
        ("{a: 1", "json: offset 2: invalid character 'a' looking for beginning of object key string"),
    ] {
        assert_eq!(yaml_complaint(text), expected, "{text}");
    }
}

#[test]
fn documents_are_split_as_kubectl_does() {
    assert_eq!(values("---\n---\n"), Vec::<Value>::new());
    assert_eq!(values("# nothing\n"), Vec::<Value>::new());
    assert_eq!(values(""), Vec::<Value>::new());
    assert_eq!(values("---\na: 1\n--- # second\nb: 2\n---\n"), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(values("a: 1\r\n---\r\nb: 2\r\n"), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(values("{\"a\": 1}\n{\"b\": 2}\n"), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(values("{\"a\": 1}\n---\nb: 2\n"), [json!({"a": 1}), json!({"b": 2})]);
    assert_eq!(values("{a: 1}"), [json!({"a": 1})]);
    assert_eq!(values("hello\n"), [json!("hello")]);
    let error = parse("a.yaml", "a: 1\n---\nb: 2\nc: d: e\n").unwrap_err();
    assert_eq!(error.documents.len(), 1);
    assert_eq!((error.line, error.column), (4, 5));
    assert!(error.text.ends_with("yaml: line 2: mapping values are not allowed in this context"), "{}", error.text);
    let second = parse("a.yaml", "a: 1\n---\nb: 2\n").unwrap().remove(1);
    assert_eq!(second.positions.of("b"), Some((3, 4)));
}

#[test]
fn values_are_what_kubectl_sends() {
    for (text, expected) in [
        ("a: 1\na: 2\n", json!({"a": 2})),
        ("on: push\n1: x\n1.5: z\ny: 1\n", json!({"true": 1, "1": "x", "1.5": "z"})),
        ("a: 3.0\nb: 1e3\nc: 1.5\n", json!({"a": 3, "b": 1000, "c": 1.5})),
        ("a: \"3\"\nb: '3'\nc: !!str 3\n", json!({"a": "3", "b": "3", "c": "3"})),
        ("a:\nb: ~\n", json!({"a": null, "b": null})),
        ("a: &x {b: 1}\nc: *x\n", json!({"a": {"b": 1}, "c": {"b": 1}})),
        ("x: &x {b: 1, c: 2}\nz:\n  <<: *x\n  c: 3\n", json!({"x": {"b": 1, "c": 2}, "z": {"b": 1, "c": 3}})),
        ("x: &x {c: 2}\nz:\n  c: 3\n  <<: *x\n", json!({"x": {"c": 2}, "z": {"c": 2}})),
        ("a:\t1\n", json!({"a": 1})),
        ("a:\n- 1\n- b: 2\n  c: 3\n-\n", json!({"a": [1, {"b": 2, "c": 3}, null]})),
        ("a: |\n  x\n   y\n\n  z\nb: >-\n  x\n  y\n\n  z\n", json!({"a": "x\n y\n\nz\n", "b": "x y\nz"})),
        ("a: |+\n  x\n\nb: |2\n    x\n", json!({"a": "x\n\n", "b": "  x\n"})),
        ("a: \"x\\\n  y\"\nb: \"x\n\n  y\"\nc: 'it''s'\n", json!({"a": "xy", "b": "x\ny", "c": "it's"})),
        ("a: x\n  y\n", json!({"a": "x y"})),
        ("a: 2001-12-14\nb: 0777\nc: 1:30\n", json!({"a": "2001-12-14", "b": 511, "c": "1:30"})),
        ("a: [b, c: d, {e: f}]\n", json!({"a": ["b", {"c": "d"}, {"e": "f"}]})),
        ("a: \"\\u00e9\\x41\\t\"\n", json!({"a": "éA\t"})),
        ("{\"a\": 1,}", json!({"a": 1})),
        ("? a\n: b\n", json!({"a": "b"})),
        ("image: nginx:1.25\nurl: http://x/#y\n", json!({"image": "nginx:1.25", "url": "http://x/#y"})),
        ("{\"a\": \"\\ud83d\\ude00\\/\", \"b\": [1, 2.5, true, null]}", json!({"a": "😀/", "b": [1, 2.5, true, null]})),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn what_is_deep_but_not_too_deep_is_read() {
    for text in [
        "- ".repeat(127) + "a\n",
        "[".repeat(127) + &"]".repeat(127),
        "{\"a\":".repeat(126) + "1" + &"}".repeat(126),
        "? a\n: ".to_owned() + &"[".repeat(120) + &"]".repeat(120),
    ] {
        assert_eq!(values(&text).len(), 1);
    }
}

#[test]
fn limits_come_first() {
    assert!(complaint(&"[".repeat(100_000)).contains("exceeded max depth of 128"));
    assert!(complaint(&"{\"a\":".repeat(100_000)).contains("exceeded max depth"));
    assert!(complaint(&"- ".repeat(100_000)).contains("exceeded max depth of 128"));
    assert!(complaint(&"a".repeat(MAX_BYTES + 1)).contains("larger than"));
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(",")));
    }
    assert_eq!(yaml_complaint(&bomb), "yaml: document contains excessive aliasing");
}

/// Counts, not seconds: what aliases may make of a text is bounded, whatever they repeat.
#[test]
fn aliases_repeat_little() {
    let text = "x".repeat(100_000);
    let many = "*a,".repeat(100_000);
    let limit = "aliases repeat more than 8388608 bytes of text, which is the lab's limit";
    assert_eq!(yaml_complaint(&format!("a: &a {text}\nb: [{many}]\n")), format!("yaml: {limit}"));
    assert_eq!(value(&format!("a: &a {text}\nb: [{}]\n", "*a,".repeat(80)))["b"].as_array().map(Vec::len), Some(80));
    // Up to 99 % of 400,000 values, and less of more. Models go-yaml v2 decode_test.go TestDecodeLimits' ratios.
    let many = |count: usize| format!("a: &a [{}]\nb: [{}]\n", "1,".repeat(100), "*a,".repeat(count));
    assert_eq!(yaml_complaint(&many(9000)), "yaml: document contains excessive aliasing");
    let mixed = format!("{}c: [{}]\n", many(60), "1,".repeat(100));
    assert_eq!(value(&mixed)["b"].as_array().map(Vec::len), Some(60));
}

#[test]
fn files_are_read_in_their_encoding() {
    assert_eq!(text_of(b"\xff\xfea\0:\0 \0\xe9\0"), "a: é");
    assert_eq!(text_of(b"\xfe\xff\0a\0:"), "a:");
    assert_eq!(text_of(b"a: \xe9\n"), "a: \u{fffd}\n");
    assert_eq!(text_of("é".as_bytes()), "é");
}

#[test]
fn complaints_are_short() {
    let text = "x".repeat(100_000);
    let key = format!("a: &a {text}\n? [{}]\n: b\n", "*a,".repeat(50));
    for text in [key, format!("a: *{text}\n"), format!("--- {text}\n"), format!("a: !!int {text}\n")] {
        let complaint = complaint(&text);
        assert!(complaint.len() < 4200 && complaint.ends_with('…'), "{complaint}");
    }
}

#[test]
fn every_piece_has_its_colour() {
    let coloured = |text: &str| -> Vec<(String, Class)> {
        tokens(text).into_iter().map(|token| (text[token.range].to_owned(), token.class)).collect()
    };
    let expected = |pieces: &[(&str, Class)]| -> Vec<(String, Class)> {
        pieces.iter().map(|(text, class)| ((*text).to_owned(), *class)).collect()
    };
    assert_eq!(
        coloured("- name: web # x\n  n: 3\n  ok: true\n\ta: &x 'b'\n"),
        expected(&[
            ("-", Class::Punctuation),
            ("name", Class::Key),
            (":", Class::Punctuation),
            ("web", Class::String),
            ("# x", Class::Comment),
            ("n", Class::Key),
            (":", Class::Punctuation),
            ("3", Class::Number),
            ("ok", Class::Key),
            (":", Class::Punctuation),
            ("true", Class::Constant),
            ("\t", Class::Error),
            ("a", Class::Key),
            (":", Class::Punctuation),
            ("&x", Class::Anchor),
            ("'b'", Class::String),
        ])
    );
    assert_eq!(
        coloured("a: |\n  x: 1\nb: [1, c]\n"),
        expected(&[
            ("a", Class::Key),
            (":", Class::Punctuation),
            ("|", Class::Punctuation),
            ("x: 1", Class::String),
            ("b", Class::Key),
            (":", Class::Punctuation),
            ("[", Class::Punctuation),
            ("1", Class::Number),
            (",", Class::Punctuation),
            ("c", Class::String),
            ("]", Class::Punctuation),
        ])
    );
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in "(?s).{0,200}") {
        let _ = parse("a.yaml", &text);
        let _ = tokens(&text);
    }

    #[test]
    fn anything_like_yaml_gets_an_answer(text in "([a-c]|[:?\\-,#&*!|>'\"%@`{}\\[\\]]|[ \t\n\r]|---|: |- |\n  |<<|\\\\|é|[0-9]){0,80}") {
        let end = text.len();
        let mut last = 0;
        for token in tokens(&text) {
            prop_assert!(token.range.start >= last && token.range.end <= end);
            prop_assert!(text.get(token.range.clone()).is_some());
            last = token.range.end;
        }
        if let Err(error) = parse("a.yaml", &text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
        let _ = parse("a.yaml", &format!("{{{text}"));
    }

    /// What serde_json writes is read as it was, with and without the JSON reader.
    #[test]
    fn json_is_read_as_it_is(texts in proptest::collection::vec("[ -~é]{0,12}", 0..6), number in any::<i32>()) {
        let written = json!({"texts": texts, "number": number, "deep": {"list": [texts.clone(), null, true]}});
        prop_assert_eq!(&value(&written.to_string()), &written);
        prop_assert_eq!(&value(&format!("x: {written}"))["x"], &written);
    }
}
