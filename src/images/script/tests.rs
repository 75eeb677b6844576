//! Scripts as images and pods give them.

use super::*;

fn run(text: &str, until_ms: u64) -> (Script, Files) {
    let command = ["sh", "-c", text].map(str::to_owned);
    let mut files = Files::default();
    let around = Surroundings::default();
    let mut script = Script::of_command(&command, "busybox:1.37", &around, &files, SimTime::ZERO).expect("a shell");
    script.advance(SimTime(until_ms), &mut files);
    (script, files)
}

#[test]
fn the_documentation_s_liveness_example_loses_its_file_after_thirty_seconds() {
    let text = "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600";
    assert!(run(text, 29_999).1.read("/tmp/healthy").is_some());
    let (script, files) = run(text, 30_000);
    assert!(files.iter().next().is_none());
    assert_eq!(script.next_at(), SimTime(630_000));
    assert_eq!(run(text, 630_000).0.exit(), Some((SimTime(630_000), 0)));
}

/// The counter of the documentation's page about logging.
#[test]
fn the_documentation_s_counter_counts() {
    let text = "i=0; while true; do echo \"$i: $(date)\"; i=$((i+1)); sleep 1; done";
    let (mut script, _) = run(text, 2_500);
    let lines: Vec<String> = script.take_output().into_iter().map(|(_, line)| line).collect();
    assert_eq!(
        lines,
        ["0: Thu Jan  1 00:00:00 UTC 2026", "1: Thu Jan  1 00:00:01 UTC 2026", "2: Thu Jan  1 00:00:02 UTC 2026"]
    );
    let (mut script, _) = run("for x in a 'b' $(echo c d); do echo \"<$x>\"; done", 0);
    let lines: Vec<String> = script.take_output().into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["<a>", "<b>", "<c>", "<d>"]);
}

#[test]
fn loops_branches_and_exit_codes() {
    let (mut script, _) = run("while true; do echo hi; sleep 1; done", 2_500);
    assert_eq!(script.take_output().len(), 3);
    assert_eq!(run("sleep 2 && exit 3", 5_000).0.exit(), Some((SimTime(2_000), 3)));
    assert_eq!(run("false || echo x; if [ -f /a ]; then exit 1; else exit 4; fi", 0).0.exit().map(|e| e.1), Some(4));
    assert_eq!(
        run("i=0; until [ $i = 3 ]; do i=$((i + 1)); sleep 1; done; exit $((i * (2 + 1)))", 9_000).0.exit(),
        Some((SimTime(3_000), 9))
    );
    let elif = "if false; then exit 1; elif ! false; then exit 2; else exit 3; fi";
    assert_eq!(run(elif, 0).0.exit().map(|exit| exit.1), Some(2));
    assert_eq!(run("x=a; while true; do x=$x$x; done", 9_000).0.exit().map(|exit| exit.1), Some(1));
    assert_eq!(run("tail -f /dev/null", 600_000).0.exit(), None);
    assert_eq!(run("nope", 0).0.exit().map(|e| e.1), Some(127));
}

/// What a script had printed at the end of its run.
fn printed(text: &str, until_ms: u64) -> Vec<String> {
    run(text, until_ms).0.take_output().into_iter().map(|(_, line)| line).collect()
}

#[test]
fn it_is_the_terminal_s_language() {
    for (text, expected) in [
        ("printf 'b\na\n' | sort | head -1", &["a"][..]),
        ("f() { echo \"<$1>\"; }; f a; f b", &["<a>", "<b>"]),
        ("case x.log in *.txt) echo text;; *.log) echo log;; esac", &["log"]),
        ("echo $((2 ** 3 % 5)) ${x:-none} ${#HOSTNAME}", &["3 none 0"]),
        ("echo a b > /tmp/x; read -r one two < /tmp/x; echo $two; cat < /tmp/x", &["b", "a b"]),
        ("echo one; nope; echo two", &["one", "sh: nope: not found", "two"]),
        ("set -e; false; echo no", &[]),
        ("ls /nothing || echo none", &["ls: /nothing: No such file or directory", "none"]),
        (
            "cat /a; rm /a",
            &["cat: can't open '/a': No such file or directory", "rm: can't remove '/a': No such file or directory"],
        ),
        ("bash -c true", &["sh: bash: not found"]),
        ("whoami; pwd; cd /tmp && pwd; id -u", &["root", "/", "/tmp", "0"]),
        ("n=0; until [ $n -ge 2 ]; do n=$((n+1)); done; echo $n", &["2"]),
    ] {
        assert_eq!(printed(text, 0), expected, "{text}");
    }
}

/// A handler runs when the command of the moment has ended, or at once where the shell waits.
#[test]
fn sigterm_runs_its_trap() {
    let ended = |text: &str, until_ms: u64| {
        let (mut script, mut files) = run(text, 2_500);
        script.terminate(SimTime(2_500), &mut files);
        script.advance(SimTime(until_ms), &mut files);
        script.exit()
    };
    let loops = "trap 'echo bye; exit 5' TERM; while true; do sleep 1; done";
    assert_eq!(ended(loops, 10_000), Some((SimTime(3_000), 5)));
    assert_eq!(ended("trap 'exit 5' TERM; sleep 9", 10_000), Some((SimTime(9_000), 5)));
    assert_eq!(ended("trap 'exit 5' TERM; sleep 9 & wait", 10_000), Some((SimTime(2_500), 5)));
    assert_eq!(ended("trap '' TERM; while true; do sleep 1; done", 10_000), None);
    assert_eq!(ended("while true; do sleep 1; done", 10_000), None);
    // A handler that does not end the shell lets it go on.
    assert_eq!(ended("trap 'x=3' TERM; x=0; sleep 3; exit $x", 10_000), Some((SimTime(3_000), 3)));
}

#[test]
fn a_loop_that_never_pauses_neither_ends_nor_holds_up_the_cluster() {
    let (script, _) = run("while true; do :; done", 60_000);
    assert_eq!(script.exit(), None);
    assert!(script.next_at() > SimTime(60_000));
}
