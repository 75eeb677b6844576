//! `hellok8s-lab forecast`: each pair of manifests in tests/data/forecast with its answer, and what is said of input that is none.

#![cfg(unix)]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const PAIRS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/forecast");

/// What the command says on standard output and on standard error, and its exit code.
fn forecast(arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"));
    let output = command.arg("forecast").args(arguments).current_dir(PAIRS).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// OLD and NEW of a pair: two files, or two folders.
fn sides(pair: &str) -> [String; 2] {
    let is_folder = Path::new(PAIRS).join(pair).join("old").is_dir();
    ["old", "new"].map(|side| if is_folder { format!("{pair}/{side}") } else { format!("{pair}/{side}.yaml") })
}

fn code_of(outcome: &str) -> i32 {
    match outcome {
        "rolls-out" | "unchanged" => 0,
        "interrupts" => 10,
        "stalls" => 20,
        "refused" => 30,
        "unknown" => 40,
        other => panic!("{other}"),
    }
}

#[test]
fn every_pair_has_its_answer() {
    let mut pairs: Vec<PathBuf> = fs::read_dir(PAIRS).unwrap().map(|entry| entry.unwrap().path()).collect();
    pairs.sort();
    assert!(pairs.len() >= 12);
    for path in pairs {
        let pair = path.file_name().unwrap().to_str().unwrap();
        let [old, new] = sides(pair);
        let more = fs::read_to_string(path.join("arguments")).unwrap_or_default();
        let arguments: Vec<&str> = ["-o", "json", &old, &new].into_iter().chain(more.split_whitespace()).collect();
        let (said, error, code) = forecast(&arguments);
        assert_eq!(error, "", "{pair}");
        let expected = fs::read_to_string(path.join("expected.json")).unwrap();
        assert_eq!(said.trim_end(), expected.trim_end(), "{pair}");
        let answer: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(code, Some(code_of(answer["outcome"].as_str().unwrap())), "{pair}");
    }
}

#[test]
fn the_seed_decides_the_figures_and_not_the_outcome() {
    let [old, new] = sides("image");
    let with_seed = |seed: &str| forecast(&["-o", "json", "--seed", seed, &old, &new]);
    assert_eq!(with_seed("7"), with_seed("7"));
    for seed in ["1", "2", "3"] {
        let (said, _, code) = with_seed(seed);
        assert!(said.starts_with("{\"outcome\":\"rolls-out\"") && code == Some(0), "{said}");
    }
}

#[test]
fn what_is_lost_without_the_change_is_no_fault_of_it() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forecast-broken");
    fs::create_dir_all(&dir).unwrap();
    let whole = fs::read_to_string(Path::new(PAIRS).join("traffic-recreate/old.yaml")).unwrap();
    fs::write(dir.join("images.yaml"), program(500)).unwrap();
    let new = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forecast-whole.yaml");
    fs::write(&new, &whole).unwrap();
    let broken = whole.replace("guangzhengli/hellok8s:v1", "ghcr.io/acme/api:1.4.2");
    fs::write(dir.join("web.yaml"), broken).unwrap();
    let (said, error, code) = forecast(&["--traffic", "20", dir.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!(error, "");
    assert!(said.contains("; before the change already 200 of 200.") && code == Some(0), "{said}");
}

#[test]
fn circumstances_that_are_none_are_told() {
    let [old, new] = sides("image");
    for (flag, value, complaint) in [
        ("--nodes", "cpu", "\"cpu\" has no =; it is of the form cpu=4,memory=16Gi,pods=110"),
        ("--nodes", "gpu=4", "\"gpu\" is none of cpu, memory, pods, ephemeral-storage"),
        ("--nodes", "cpu=much", "\"much\" is no quantity"),
        ("--nodes", "cpu=0", "cpu has to be more than 0"),
        ("--nodes", "cpu=1,cpu=2", "cpu is there twice"),
        ("--nodes", "2,3", "one number says how many nodes there are, 1 to 50"),
        ("--nodes", "0", "one number says how many nodes there are, 1 to 50"),
        ("--nodes", "2,zone=a b", "--nodes: The Node \"minikube\" is invalid: metadata.labels: Invalid value: \"a b\""),
        ("--nodes", "nowhere.yaml", "nowhere.yaml: No such file or directory"),
        ("--nodes", "image/old.yaml", "there is no ready Node in it; `kubectl get nodes -o yaml` writes it"),
        ("--traffic", "0", "--traffic \"0\" is no number of requests a second, 1 to 1000, and no "),
        ("--traffic", "web=5000", "--traffic \"web=5000\" is no number of requests a second"),
        ("--traffic", "/web=5", "--traffic \"/web=5\" is no number of requests a second"),
        ("--traffic", "5", "--traffic: image/old.yaml has no Service that pods could answer for"),
        ("--traffic", "shop=5", "--traffic: image/old.yaml has no Service default/shop that pods could answer for"),
    ] {
        let (said, error, code) = forecast(&[flag, value, &old, &new]);
        assert!(said.is_empty() && code == Some(2), "{said}");
        assert!(error.contains(complaint), "{error}");
    }
}

#[test]
fn people_and_code_hosts_are_told_the_same() {
    let [old, new] = sides("recreate");
    let (text, _, code) = forecast(&[&old, &new]);
    assert!(text.starts_with("interrupts service: Service web has no ready endpoint for "), "{text}");
    assert!(text.contains("at least 0 pods available and at most 3 at once.\n") && code == Some(10), "{text}");
    let (markdown, _, _) = forecast(&["-o", "markdown", &old, &new]);
    assert!(markdown.starts_with("**This change interrupts service.** Service web "), "{markdown}");

    let [old, new] = sides("not-simulated");
    let (sarif, _, code) = forecast(&["-o", "sarif", &old, &new]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rules: Vec<&str> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!((rules, code), (vec!["unknown", "not-simulated"], Some(40)));
    let place = &results[1]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "not-simulated/new.yaml");
    let manifest = fs::read_to_string(Path::new(PAIRS).join("not-simulated/new.yaml")).unwrap();
    let line = manifest.lines().position(|line| line.contains("limits:")).unwrap() + 1;
    assert_eq!(place["region"]["startLine"], line);
}

/// A declaration of a program that answers with this status.
fn program(status: u16) -> String {
    format!("image: ghcr.io/acme/api:1.4.2\nport: 3000\nroutes:\n- path: /\n  status: {status}\n  body: broken\n")
}

#[test]
fn programs_of_images_may_stand_beside_the_manifests() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forecast-images");
    let pair = Path::new(PAIRS).join("new");
    fs::create_dir_all(&dir).unwrap();
    let probe = "        readinessProbe:\n          httpGet: {path: /, port: 3000}\n";
    let manifest = fs::read_to_string(pair.join("new.yaml")).unwrap() + probe;
    fs::write(dir.join("web.yaml"), manifest).unwrap();
    fs::write(dir.join("images.yaml"), program(500)).unwrap();
    let (said, error, code) = forecast(&["new/old.yaml", dir.to_str().unwrap()]);
    assert_eq!(error, "");
    assert!(said.starts_with("stalls: ") && said.contains("its readiness probe fails") && code == Some(20), "{said}");
}

#[test]
fn what_is_no_input_is_told_with_the_usage() {
    let usage = "usage: hellok8s-lab forecast ";
    let (said, error, code) = forecast(&["nowhere.yaml", "image/new.yaml"]);
    assert!(said.is_empty() && code == Some(2), "{said}");
    assert!(
        error.starts_with("hellok8s-lab: nowhere.yaml: No such file or directory") && error.contains(usage),
        "{error}"
    );
    let (_, error, code) = forecast(&["immutable/new.yaml"]);
    assert!(error.contains("forecast needs two files or folders: OLD and NEW") && code == Some(2), "{error}");
    let (_, error, code) = forecast(&["-o", "xml", "image/old.yaml", "image/new.yaml"]);
    assert!(error.contains("unknown format \"xml\": text, json, markdown or sarif") && code == Some(2), "{error}");
    let broken = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("broken.yaml");
    fs::write(&broken, "kind: [\n").unwrap();
    let broken = broken.to_str().unwrap();
    let (_, error, code) = forecast(&[broken, "image/new.yaml"]);
    assert!(error.contains("cannot be applied:\n") && code == Some(2), "{error}");
    let (said, _, code) = forecast(&["image/old.yaml", broken]);
    assert!(said.starts_with(&format!("refused: error: error parsing {broken}: ")) && code == Some(30), "{said}");
    let many =
        fs::read_to_string(Path::new(PAIRS).join("image/new.yaml")).unwrap().replace("replicas: 3", "replicas: 100000");
    fs::write(broken, many).unwrap();
    let (said, _, code) = forecast(&["image/old.yaml", broken]);
    assert!(said.starts_with("cannot say: There are 100000 pods") && code == Some(40), "{said}");
}

/// Runs a program in a folder, with the command under test on the PATH.
fn run_in(dir: &Path, program: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let bin = Path::new(env!("CARGO_BIN_EXE_hellok8s-lab")).parent().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", r#"PATH="$0:$PATH" exec "$@""#]).arg(bin).arg(program).args(arguments);
    let output = command.current_dir(dir).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code())
}

#[test]
fn the_hook_compares_what_is_staged_with_the_last_commit() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forecast-hook");
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir_all(dir.join("k8s")).unwrap();
    let manifest = dir.join("k8s/web.yaml");
    let hook = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/forecast-staged.sh");
    let git = |arguments: &[&str]| assert_eq!(run_in(&dir, "git", arguments).1, Some(0), "{arguments:?}");
    git(&["init", "--quiet"]);
    fs::copy(Path::new(PAIRS).join("recreate/old.yaml"), &manifest).unwrap();
    git(&["add", "k8s"]);
    let (said, code) = run_in(&dir, hook, &["k8s"]);
    assert!(said.starts_with("rolls out: All pods become available.") && code == Some(0), "{said}");
    git(&["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "first"]);
    fs::copy(Path::new(PAIRS).join("recreate/new.yaml"), &manifest).unwrap();
    let (said, code) = run_in(&dir, hook, &["k8s"]);
    assert!(said.starts_with("unchanged: ") && code == Some(0), "what is not staged does not count: {said}");
    git(&["add", "k8s"]);
    let (said, code) = run_in(&dir, hook, &["k8s"]);
    assert!(said.starts_with("interrupts service: ") && code == Some(10), "{said}");
}
