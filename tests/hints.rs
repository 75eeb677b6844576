//! The Chinese hints beside kubectl's errors: what the lab's own commands say, and the beginning of the hint to it.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use hellok8s_lab::explanations::hints::{of_error, of_output};
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::process::Stream;

#[test]
fn errors_have_their_hints() {
    let mut lab = Lab::new(&LabOptions::default());
    lab.write("typo.yaml", "apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: a}\n");
    lab.write("tab.yaml", "kind: [\n");
    let selector = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: other}}\n  template:\n    metadata: {labels: {app: other}}\n    spec: {containers: [{name: a, image: nginx}]}\n";
    lab.write("selector.yaml", selector);
    lab.command(0, "kubectl create deployment web --image=nginx");
    for (line, begins) in [
        ("kubectl get pod nowhere", "没有这个对象"),
        ("kubectl create deployment web --image=nginx", "同名的对象"),
        ("kubectl apply -f selector.yaml", "selector 创建后就不能改"),
        ("kubectl apply -f typo.yaml", "集群里没有这个 kind"),
        ("kubectl apply -f tab.yaml", "YAML 写得不对"),
        ("kubectl apply -f nowhere.yaml", "没有这个文件"),
        ("kubectl get deploymnts", "没有这种资源"),
        ("kubectl gte pods", "kubectl 没有这个子命令"),
        ("kubectl get pods --watchh", "没有这个选项"),
        ("curl localhost:9999", "连不上"),
        ("nothing", "终端里没有这个命令"),
    ] {
        lab.take_output(0);
        lab.command(0, line);
        let errors = lab.take_output(0).into_iter().filter(|chunk| chunk.stream == Stream::Err);
        let said: String = errors.map(|chunk| chunk.text).collect();
        let hint = of_error(&said).unwrap_or_default();
        assert!(hint.starts_with(begins), "{line}: {said}{hint}");
    }
    assert_eq!(of_error("Warning: nothing to worry about\n"), None);
}

#[test]
fn states_have_their_hints() {
    let row = |state: &str| format!("NAME    READY   STATUS   RESTARTS   AGE\nweb-1   0/1     {state}   0   10s\n");
    for state in ["ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError", "OOMKilled"] {
        assert!(of_output(&row(state)).is_some_and(|hint| hint.starts_with(state)));
    }
    assert_eq!(of_output(&row("Running")), None);
}
