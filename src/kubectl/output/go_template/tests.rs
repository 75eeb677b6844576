//! Tests of templates as Go's text/template reads and runs them.

use serde_json::json;

use super::*;

fn data() -> Value {
    json!({
        "metadata": {"name": "web", "labels": {"app": "web", "a/b": "c"}},
        "items": [{"n": 1, "s": "x"}, {"n": 2}], "empty": [], "data": {"k": "aGVsbG8="},
        "spec": {"replicas": 3, "ratio": 0.5, "nothing": null},
    })
}

fn filled(template: &str) -> String {
    GoTemplate::parse(template).and_then(|template| template.execute(&data())).unwrap_or_else(|error| error)
}

#[test]
fn templates_are_filled_in() {
    for (template, expected) in [
        ("{{.metadata.name}}!", "web!"),
        ("{{ .nothing }}", "<no value>"),
        ("{{.nothing.at.all}} {{.metadata.labels.x.y}} {{.spec.nothing}}", "<no value> <no value> <no value>"),
        ("{{range .items}}{{.n}},{{end}}", "1,2,"),
        ("{{range.items}}{{.n}},{{end}}{{if.items}}y{{end}}{{with.metadata}}{{.name}}{{end}}", "1,2,yweb"),
        ("{{range(.items)}}{{.n}}{{end}}{{range $x:=.items}}{{$x.n}}{{end}}", "1212"),
        ("{{range $i, $x := .items}}{{$i}}={{$x.n}}{{\"\\n\"}}{{end}}", "0=1\n1=2\n"),
        ("{{range .empty}}x{{else}}none{{end}}", "none"),
        ("{{if .metadata.labels}}yes{{else}}no{{end}}", "yes"),
        ("{{if eq .metadata.name \"api\"}}a{{else if eq .metadata.name \"web\"}}b{{end}}", "b"),
        ("{{index .metadata.labels \"a/b\"}} {{(index .items 0).s}}", "c x"),
        ("{{with .metadata}}{{.name}} {{$.items | len}}{{end}}", "web 2"),
        ("{{with .nothing}}a{{else with .metadata}}{{.name}}{{end}}", "web"),
        ("a {{- .metadata.name -}} b", "awebb"),
        ("{{printf \"%-5s|%3d|%q\" .metadata.name 7 \"x\"}}", "web  |  7|\"x\""),
        ("{{.data.k | base64decode}}", "hello"),
        ("{{.metadata.labels}}", "map[a/b:c app:web]"),
        ("{{/* nothing */}}{{and true .metadata.name}}{{or .nothing \"else\"}}", "webelse"),
        (
            "{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" .metadata.name}}{{block \"u\" .spec}}{{.replicas}}{{end}}",
            "<web>3",
        ),
        ("{{$x := 1}}{{range .items}}{{$x = .n}}{{end}}{{$x}}", "2"),
        ("{{range .items}}{{if eq .n 1}}{{continue}}{{end}}{{.n}}{{break}}{{end}}", "2"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{slice .metadata.name 1}} {{len (slice .items 1 2)}}", "eb 1"),
        ("{{print 1 2 \"a\" 3}}{{println 1 \"b\"}}", "1 2a31 b\n"),
        ("{{html \"<a>\"}}{{urlquery \"a b&c\"}}", "&lt;a&gt;a+b%26c"),
        (
            "{{not .nothing}} {{ne 1 2}} {{le 1 1}} {{lt \"a\" \"b\"}} {{exists .items 0 \"n\"}}",
            "true true true true true",
        ),
        ("{{`raw\\n`}}{{'a'}}{{0x10}}{{1.5}}", "raw\\n97161.5"),
    ] {
        assert_eq!(filled(template), expected, "{template}");
    }
}

#[test]
fn printf_knows_gos_verbs() {
    for (format, expected) in [
        ("\"%03v\" .spec.replicas", "003"),
        ("\"%5.1f|%-6.2f|%e\" .spec.ratio .spec.ratio .spec.ratio", "  0.5|0.50  |5.000000e-01"),
        ("\"%d %s\" .spec.ratio .spec.replicas", "%!d(float64=0.5) %!s(int64=3)"),
        ("\"%s %d\" .nothing 1", "%!s(<nil>) 1"),
        ("\"%v %T %T\" .nothing .spec.replicas 1", "<nil> int64 int"),
        ("\"%x %X %o %b %c %U %#x\" 255 255 8 5 65 65 255", "ff FF 10 101 A U+0041 0xff"),
        ("\"%+d %05d %-5d| %t %.2s\" 3 -42 7 true \"abc\"", "+3 -0042 7    | true ab"),
        ("\"%d\"", "%!d(MISSING)"),
        ("\"%s\" \"a\" 1", "a%!(EXTRA int=1)"),
        ("\"%\"", "%!(NOVERB)"),
        (
            "\"%#v %v\" .metadata.labels .items",
            "map[string]interface {}{\"a/b\":\"c\", \"app\":\"web\"} [map[n:1 s:x] map[n:2]]",
        ),
        ("\"%*d\" 5 42", "   42"),
    ] {
        assert_eq!(filled(&format!("{{{{printf {format}}}}}")), expected, "{format}");
    }
}

#[test]
fn what_does_not_fit_is_told_in_gos_words() {
    let parsing = |template: &str, why: &str| {
        assert_eq!(filled(template), format!("error parsing template {template}, template: output:1: {why}\n"));
    };
    parsing("{{.metadata", "unclosed action");
    parsing("{{range .items}}", "unexpected EOF");
    parsing("{{end}}", "unexpected {{end}}");
    parsing("{{foo .x}}", "function \"foo\" not defined");
    parsing("{{}}", "missing value for command");
    parsing("{{if}}{{end}}", "missing value for if");
    parsing("{{$x}}", "undefined variable \"$x\"");
    parsing("{{break}}", "{{break}} outside {{range}}");
    parsing("{{.a | 1}}", "non executable command in pipeline stage 2");
    parsing("{{(.a}}", "unclosed left paren");
    parsing("{{\"a}}", "unterminated quoted string");
    let running = |template: &str, at: &str, why: &str| {
        let expected = format!(
            "error executing template {}: template: output:1:{at}: {why}",
            crate::api::go_text::quote(template)
        );
        assert_eq!(filled(template), expected);
    };
    running(
        "{{index .items 5}}",
        "2",
        "executing \"output\" at <index .items 5>: error calling index: index out of range: 5",
    );
    running(
        "{{.metadata.name.x}}",
        "2",
        "executing \"output\" at <.metadata.name.x>: can't evaluate field x in type interface {}",
    );
    running(
        "{{.spec.nothing.x}}",
        "2",
        "executing \"output\" at <.spec.nothing.x>: nil pointer evaluating interface {}.x",
    );
    running(
        "{{eq .spec.replicas \"3\"}}",
        "2",
        "executing \"output\" at <eq .spec.replicas \"3\">: error calling eq: incompatible types for comparison",
    );
    running("{{range .spec.ratio}}{{end}}", "8", "executing \"output\" at <.spec.ratio>: range can't iterate over 0.5");
    let strict = GoTemplate::parse("{{.missing}}").map(|template| template.allowing_missing_keys(false));
    assert_eq!(
        strict.and_then(|template| template.execute(&data())),
        Err("error executing template \"{{.missing}}\": template: output:1:2: executing \"output\" at <.missing>: map has no \
             entry for key \"missing\""
            .to_owned())
    );
}

#[test]
fn no_template_runs_without_end() {
    let answer = filled("{{define \"t\"}}{{template \"t\" .}}{{end}}{{template \"t\" .}}");
    assert!(answer.contains("exceeded maximum template depth"), "{answer}");
    let nested = "{{range 1000}}".repeat(4) + &"{{end}}".repeat(4);
    assert!(filled(&nested).contains("the output is too long, or does not end"));
    for wrong in [
        "{{",
        "{{|}}",
        "{{(}}",
        "{{\"}}",
        "{{$}}{{$x}}",
        "{{else}}",
        "{{- -}}",
        "{{:}}",
        "{{.a b}}",
        "{{/*",
        "{{/**/ }}",
        "{{define}}",
        "{{template}}",
        "{{'}}",
        "{{+}}",
    ] {
        let _answered = filled(wrong);
    }
    let deep = "{{(".to_owned() + &"(".repeat(1000);
    assert!(filled(&deep).starts_with("error parsing template"));
}
