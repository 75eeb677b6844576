//! What no loop, text or job may take: time, memory, the page's breath. Counts, not seconds.

use super::*;

/// How often a terminal is polled until it has ended, and what it wrote.
fn polls(text: &str, most: usize) -> (usize, String) {
    let mut lab = Lab::new();
    lab.terminal.submit(text);
    let mut out = lab.poll();
    let mut count = 1;
    while lab.terminal.is_busy() && count < most {
        let next = lab.terminal.wants_poll_at().unwrap_or(SimTime::NEVER).min(lab.cluster.next_at());
        lab.cluster.run_until(next);
        out.push_str(&lab.poll());
        count += 1;
    }
    (count, out)
}

#[test]
fn texts_grow_to_a_bound() {
    let (count, out) = polls("x=a; while true; do x=$x$x; done; echo never", 100);
    assert_eq!(out, "!bash: cannot allocate memory: a text may have 4194304 bytes\n");
    assert!(count < 20, "{count}");
    let (_, out) = polls("for i in {1..30}; do x=$(echo a$x$x); done", 100);
    assert!(out.contains("cannot allocate memory"), "{out}");
    let (_, out) = polls("echo aaaaaaaa > f; while cat f f f > g && mv g f; do :; done; wc -c < f", 5000);
    assert!(out.contains("!bash: g: write error: File too large\n"), "{out}");
    let (_, out) = polls("x=$(seq 1 300000); for i in {1..100}; do eval v$i='$x'; done", 5000);
    assert!(out.contains("all variables may have 16777216 bytes"), "{out}");
    let (_, out) = polls("seq 1 300000 > f; for i in {1..100}; do cp f f$i || break; done", 5000);
    assert!(out.contains("No space left on device"), "{out}");
}

#[test]
fn a_writer_waits_for_its_reader() {
    let mut lab = Lab::new();
    lab.run_until("while true; do seq 1 10000; done | sleep 5", 6000);
    assert!(!lab.terminal.is_busy());
    assert_eq!(lab.run("seq 1 200000 | head -n 1; echo $?"), "1\n0\n");
}

#[test]
fn jobs_are_few() {
    for text in ["while true; do sleep 100 & done", "while sleep 100 & do sleep 100 & done"] {
        let (count, out) = polls(text, 100);
        assert_eq!(out.matches("[64]").count(), 1, "{out}");
        assert!(out.contains("bash: fork: retry: Resource temporarily unavailable\n"), "{out}");
        assert!(!out.contains("[65]") && count < 100);
    }
    let stages = vec!["cat"; 200].join("|");
    assert!(polls(&stages, 100).1.contains("fork: retry"));
}

/// Time passes, whatever begins anew all the time, and Ctrl-C works after each poll.
#[test]
fn time_always_passes() {
    for text in [
        "while true; do sleep 0.001 & done",
        "while true; do : & done",
        "while true; do sleep 0; done",
        "while :; do (while :; do :; done); done",
        "while :; do x=$(while :; do :; done); done",
        "timeout 100 sh -c 'while :; do sh -c \"while :; do :; done\"; done'",
        "while :; do :; done | cat",
        "seq 1 1000 | xargs -n1 sh -c 'for i in {1..100}; do :; done'",
        "while { :; }; do { :; }; done",
    ] {
        let mut lab = Lab::new();
        lab.terminal.submit(text);
        lab.poll();
        for _ in 0..60 {
            if !lab.terminal.is_busy() {
                break;
            }
            let next = lab.terminal.wants_poll_at().unwrap_or(SimTime::NEVER).min(lab.cluster.next_at());
            lab.cluster.run_until(next);
            lab.poll();
        }
        assert!(!lab.terminal.is_busy() || lab.cluster.now() >= SimTime(40), "{text}: {:?}", lab.cluster.now());
        let Lab { terminal, cluster, files, forwards } = &mut lab;
        terminal.interrupt(&mut World { cluster, files, forwards });
        assert!(!terminal.is_busy(), "{text}");
    }
}

#[test]
fn a_loop_without_a_pause_ends() {
    for text in ["sh -c 'while :; do :; done'", "sh -c 'while :; do (while :; do :; done); done'"] {
        let (count, out) = polls(text, 1000);
        assert_eq!(out.matches("killed: the lab ends a loop that never pauses").count(), 1, "{text}: {out}");
        assert!(count < 1000, "{text}: {count}");
    }
    // One that waits goes on.
    let mut lab = Lab::new();
    lab.run_until("while true; do for i in {1..300}; do :; done; sleep 0.1; done", 300_000);
    assert!(lab.terminal.is_busy());
}

/// A shell in a shell has jobs of its own.
#[test]
fn jobs_of_inner_shells_run() {
    assert_eq!(answer("sh -c '(sleep 1; echo a) & wait; echo b'"), "a\nb\n");
    assert_eq!(answer("( (sleep 1; echo a) & wait; echo b )"), "a\nb\n");
}
