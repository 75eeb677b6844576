//! Command lines as pflag reads them.

use super::*;

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

const FLAGS: [Flag; 5] = [
    Flag::text("output", Some('o')),
    Flag::switch("watch", Some('w')),
    Flag::list("label-columns", Some('L')),
    Flag::number("replicas", None),
    Flag::optional("dry-run", "unchanged"),
];

#[test]
fn reads_flags_anywhere() {
    let parsed = Parsed::parse(&words("pods -oyaml -w a -L x,y --replicas=3 -n kube -- -z"), &FLAGS).unwrap();
    assert_eq!(parsed.args, ["pods", "a", "-z"]);
    assert_eq!(parsed.dash, Some(2));
    assert_eq!(parsed.text("output"), Some("yaml"));
    assert!(parsed.switch("watch"));
    assert_eq!(parsed.texts("label-columns"), ["x", "y"]);
    assert_eq!(parsed.number("replicas"), Some(3));
    assert_eq!(parsed.text("namespace"), Some("kube"));
}

#[test]
fn refuses_with_pflags_words() {
    let error = |line: &str| Parsed::parse(&words(line), &FLAGS).unwrap_err();
    assert_eq!(error("--foo"), "unknown flag: --foo");
    assert_eq!(error("-wz"), "unknown shorthand flag: 'z' in -z");
    assert_eq!(error("-o"), "flag needs an argument: 'o' in -o");
    assert_eq!(error("--output"), "flag needs an argument: --output");
    assert_eq!(
        error("--replicas=abc"),
        "invalid argument \"abc\" for \"--replicas\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax"
    );
    assert_eq!(
        error("--watch=x"),
        "invalid argument \"x\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"x\": invalid syntax"
    );
}

#[test]
fn reads_durations() {
    assert_eq!(parse_duration_ms("1m30s"), Some(90_000));
    assert_eq!(parse_duration_ms("1.5s"), Some(1500));
    assert_eq!(parse_duration_ms("-1s"), Some(-1000));
    assert_eq!(parse_duration_ms("5"), None);
    assert_eq!(parse_duration_ms(""), None);
}
