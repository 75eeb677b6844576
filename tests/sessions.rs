//! Whole sessions, typed into the headless command: what each verb, flag and feature of the shell prints. A change of any
//! answer shows as a change of a snapshot.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn transcript(session: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let output = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"))
        .args(["run", "--seed", "1", "--dir"])
        .arg(here.join("sessions/files"))
        .arg(here.join("sessions").join(session))
        .output()
        .expect("the headless command");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

macro_rules! sessions {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(stringify!($name), transcript($file));
            }
        )*

        /// Everything that is typed in any session.
        const TYPED: &[&str] = &[$(include_str!(concat!("sessions/", $file))),*];
    };
}

sessions! {
    what_is_there: "get.txt",
    what_is_changed: "change.txt",
    rollouts: "rollout.txt",
    programs_in_containers: "containers.txt",
    about_the_cluster: "cluster.txt",
    the_shell: "shell.txt",
    a_node_that_is_not_heard_of: "node.txt",
    several_nodes: "nodes.txt",
    images: "images.txt",
    probes: "probes.txt",
}

/// A session comes to its end, whatever is typed.
#[test]
fn what_does_not_end_is_ended() {
    let path = std::env::temp_dir().join(format!("hellok8s-lab-endless-{}.txt", std::process::id()));
    std::fs::write(
        &path,
        "timeout 30 watch -t echo a\nwatch -t echo b\nkubectl get pods --watch\nsleep 86400; echo c\n",
    )
    .expect("a session");
    let text = transcript(path.to_str().expect("a path"));
    std::fs::remove_file(&path).expect("the session");
    assert_eq!(text.matches("[2Ja\n").count(), 16, "{text}");
    // Of pods that never change, nothing more is to come, and no time passes.
    assert_eq!(text.matches("# ended after ").count(), 1, "{text}");
    assert!(text.matches("[2Jb\n").count() <= 1801 && text.ends_with("c\n"), "{text}");
}

/// The commands that the lab promises to know.
const PROMISED: &[&str] = &[
    "apply -f -",
    "apply -R",
    "--dry-run=client",
    "--dry-run=server",
    "--server-side",
    "--prune",
    "create deployment",
    "create service",
    "create configmap",
    "create namespace",
    "create secret generic",
    "kubectl run",
    "get all",
    "-l app=",
    "--field-selector",
    "-A",
    "-n ",
    "--watch-only",
    "get pods -w",
    "--sort-by",
    "--show-labels",
    "-L app",
    "--no-headers",
    "-o wide",
    "-o yaml",
    "-o json",
    "-o name",
    "-o jsonpath=",
    "-o custom-columns=",
    "-o go-template=",
    "describe pod",
    "describe deployment",
    "describe rs",
    "describe service",
    "describe node",
    "describe -f",
    "delete -f",
    "delete pods --all",
    "delete pods -l",
    "--grace-period",
    "--force",
    "--wait=false",
    "--cascade",
    "kubectl scale",
    "kubectl autoscale",
    "set image",
    "set env",
    "set resources",
    "rollout status",
    "rollout history",
    "--revision",
    "rollout undo",
    "rollout pause",
    "rollout resume",
    "rollout restart",
    "kubectl edit",
    "patch ",
    "--type=merge",
    "--type=json",
    "kubectl label",
    "kubectl annotate",
    "kubectl expose",
    "port-forward",
    "kubectl logs",
    "--previous",
    "--tail",
    "--since",
    "logs -f",
    "kubectl exec",
    "kubectl events",
    "kubectl explain",
    "kubectl diff",
    "kubectl wait",
    "kubectl top",
    "kubectl cp",
    "api-resources",
    "kubectl version",
    "cluster-info",
    "kubectl config",
    "kubectl help",
    "--help",
    "| grep",
    "| head",
    "| tail",
    "| wc",
    "| sort",
    "| awk '{print $1}'",
    "watch -n1",
    "alias k=kubectl",
    "$(",
    "<<EOF",
    "&&",
    ";",
    "timeout ",
    "sleep ",
    "for ",
    "docker build",
    "docker push",
    "docker images",
    "minikube image load",
    "hey ",
    "lab traffic",
    "lab kubelet stop",
    "lab image",
];

#[test]
fn every_promised_command_is_typed_in_a_session() {
    let missing: Vec<_> =
        PROMISED.iter().filter(|command| !TYPED.iter().any(|text| text.contains(**command))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
