//! `hellok8s-lab check`: a tutorial is typed along, and what differs is shown or rewritten.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

const CHAPTER: &str = include_str!("data/check/chapter.md");

/// Checks a text under a name of its own; gives whether it fits, what was said, and the file afterwards.
fn check(name: &str, text: &str, arguments: &[&str]) -> (bool, String, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"));
    let output = command.arg("check").args(arguments).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace(&path.display().to_string(), name);
    (output.status.success(), said, fs::read_to_string(&path).unwrap())
}

#[test]
fn a_chapter_that_is_right_is_right() {
    let (fits, said, _) = check("right.md", CHAPTER, &[]);
    assert!(fits, "{said}");
    assert_eq!(said, "right.md: 9 commands, 8 outputs compared, 0 differ\n");
}

#[test]
fn what_differs_is_shown_with_its_lines_and_rewritten() {
    let wrong = CHAPTER.replacen("web    2/2     2 ", "web    3/3     3 ", 1).replacen("[v1] Hello", "[v1] Hi", 1);
    let (fits, said, after) = check("wrong.md", &wrong, &[]);
    assert!(!fits);
    assert_eq!(after, wrong, "nothing is rewritten unasked");
    let lines: Vec<&str> = said.lines().collect();
    let at =
        |line: &str| lines.iter().position(|known| *known == line).unwrap_or_else(|| panic!("{line:?} in\n{said}"));
    let first = at("wrong.md:43: $ kubectl get deployment web");
    assert_eq!(lines[first + 1], "@@ -44,2 +44,2 @@");
    assert!(lines[first + 3].starts_with("-web    3/3     3 ") && lines[first + 4].starts_with("+web    2/2     2 "));
    let second = at("wrong.md:59: $ curl -s localhost:3000");
    let hello = ["@@ -63,1 +63,1 @@", "-[v1] Hi, Kubernetes!", "+[v1] Hello, Kubernetes!"];
    assert_eq!(lines[second + 1..second + 4], hello);
    assert!(said.ends_with("9 commands, 8 outputs compared, 2 differ\n"), "{said}");

    let (done, said, after) = check("update.md", &wrong, &["--update"]);
    assert!(done);
    assert_eq!(said, "update.md: 2 outputs rewritten\n");
    assert!(check("updated.md", &after, &[]).0, "{after}");
    let changed = |(old, new): &(&str, &str)| old != new;
    let changes: Vec<_> = CHAPTER.lines().zip(after.lines()).filter(changed).collect();
    assert!(changes.iter().all(|(_, new)| new.starts_with("#NAME") || new.starts_with("#web ")), "{changes:?}");
    assert_eq!(CHAPTER.lines().count(), after.lines().count());
}

#[test]
fn a_command_that_fails_unsaid_is_told() {
    let (fits, said, _) = check("fails.md", "```shell\nkubectl get pots\n```\n", &[]);
    assert!(!fits);
    let expected = "fails.md:2: $ kubectl get pots\nfails with exit code 1, which the tutorial does not show\n\
                    +error: the server doesn't have a resource type \"pots\"\n\n\
                    fails.md: 1 commands, 0 outputs compared, 1 differ\n";
    assert_eq!(said, expected);
}

#[test]
fn build_servers_are_told_as_well() {
    let wrong = CHAPTER.replacen("[v1] Hello", "[v1] \u{1b}<Hi> & \"", 1);
    let junit = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("chapter.xml");
    let (fits, _, _) = check("junit.md", &wrong, &["--junit", junit.to_str().unwrap()]);
    assert!(!fits);
    let xml = fs::read_to_string(&junit).unwrap();
    assert!(xml.contains(" tests=\"9\" failures=\"1\" errors=\"0\">"), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 9);
    let failure = "<failure message=\"The command prints something else.\">@@ -63,1 +63,1 @@&#10;-[v1] \u{fffd}&lt;Hi&gt; &amp; &quot;,";
    assert!(xml.contains(failure), "{xml}");
}
