//! Whatever is typed or pasted is answered: never a panic, and always an end.

#![cfg(not(target_arch = "wasm32"))]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use hellok8s_lab::lab::{Lab, LabOptions};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;

/// A command that has not ended by then is ended by Ctrl-C.
const LONGEST_MS: u64 = 60_000;
/// Events that one line may cause; more would mean that it goes on within one moment.
const MOST_STEPS: usize = 20_000;

/// A lab in which something runs.
fn lab() -> Lab {
    let mut lab = Lab::new(&LabOptions::default());
    lab.command(0, "kubectl apply -f deployment.yaml");
    let soon = lab.now() + 3_000;
    lab.run_until(soon);
    lab.take_output(0);
    lab
}

/// Types `text` and lets time pass until it has been answered.
fn check(text: &str) {
    let mut lab = lab();
    let end = lab.now() + LONGEST_MS;
    lab.command(0, text);
    let mut steps = 0;
    while lab.is_busy(0) && lab.now() < end {
        lab.step();
        steps += 1;
        assert!(steps < MOST_STEPS, "no end: {text:?}");
        if lab.next_at() > end {
            break;
        }
    }
    lab.interrupt(0);
    assert!(!lab.is_busy(0), "still busy: {text:?}");
    lab.complete(0, text, text.len());
    lab.take_output(0);
}

const VERBS: [&str; 36] = [
    "apply",
    "get",
    "describe",
    "delete",
    "scale",
    "set image",
    "set env",
    "set resources",
    "rollout status",
    "rollout undo",
    "rollout history",
    "rollout pause",
    "rollout restart",
    "edit",
    "patch",
    "label",
    "annotate",
    "expose",
    "port-forward",
    "logs",
    "exec",
    "events",
    "explain",
    "diff",
    "wait",
    "top pod",
    "run",
    "create",
    "create deployment",
    "create configmap",
    "replace",
    "cordon",
    "drain",
    "taint",
    "auth can-i",
    "config view",
];
const WORDS: [&str; 60] = [
    "deployment",
    "deploy/hellok8s-deployment",
    "hellok8s-deployment",
    "pods",
    "po,rs,deploy",
    "all",
    "nodes",
    "node/minikube",
    "minikube",
    "svc",
    "services/kubernetes",
    "events",
    "-f",
    "deployment.yaml",
    "-",
    "--filename=deployment.yaml",
    "nofile",
    "-n",
    "kube-system",
    "-A",
    "-w",
    "--watch-only",
    "-o",
    "yaml",
    "json",
    "wide",
    "name",
    "-ojsonpath={.items[*].metadata.name}",
    "-o=jsonpath={range .items[*]}{.a}{end}",
    "-o=custom-columns=A:.metadata.name",
    "-o=go-template={{range .items}}x{{end}}",
    "--sort-by=.metadata.name",
    "-l",
    "app=hellok8s",
    "app in (a,b)",
    "!x",
    "--field-selector=status.phase=Running",
    "--all",
    "--replicas=3",
    "--replicas=-1",
    "--replicas=99999999999999999999",
    "--to-revision=2",
    "--revision=0",
    "--image=x",
    "hellok8s-container=guangzhengli/hellok8s:v2",
    "*=nginx",
    "-p",
    "{\"spec\":{\"replicas\":2}}",
    "[{\"op\":\"add\"}]",
    "--type=json",
    "--type=merge",
    "a=b",
    "a-",
    "3000:3000",
    "--tail=-5",
    "--since=5s",
    "--for=condition=Ready",
    "--timeout=1s",
    "--dry-run=client",
    "--dry-run=server",
];
const JOINS: [&str; 14] = [
    " ",
    " ",
    " ",
    " ",
    " ",
    " ",
    " -- ",
    " | grep ",
    " && ",
    "; ",
    "\n",
    " > f; cat f ",
    " | kubectl apply -f - ",
    " --",
];

/// A failure is kept beside this file and tried first from then on: commit it with what mends it.
const KEPT_FAILURES: FileFailurePersistence = FileFailurePersistence::WithSource("regressions");

fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![6 => select(&WORDS[..]).prop_map(str::to_owned), 1 => "[ -~]{0,12}"];
    (select(&VERBS[..]), proptest::collection::vec((select(&JOINS[..]), word), 0..7)).prop_map(|(verb, words)| {
        let rest: String = words.into_iter().map(|(join, word)| format!("{join}{word}")).collect();
        format!("kubectl {verb}{rest}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: Some(Box::new(KEPT_FAILURES)), ..ProptestConfig::default() })]

    #[test]
    fn kubectl_answers_every_line(text in soup()) {
        check(&text);
    }

    #[test]
    fn the_shell_answers_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_manifest_is_answered(text in "(apiVersion: (v1|apps/v1)\n)?(kind: (Pod|Deployment|Service|List)\n)?[ -~\n\t]{0,80}") {
        check(&format!("cat > m.yaml <<'END'\n{text}\nEND\nkubectl apply -f m.yaml; kubectl diff -f m.yaml\n"));
    }
}
