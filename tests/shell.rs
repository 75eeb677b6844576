//! The shell against a real bash: scripts that need no cluster are run by both, and outputs and exit codes compared.
//!
//! tests/shell/*.txt holds the scripts, each under a line `#: NAME`. Where no bash of version 5 or later is found, the
//! test says so and compares nothing.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Stdio};

use hellok8s_lab::cluster::{Cluster, ClusterConfig};
use hellok8s_lab::process::{Files, Forwards, Stream, World};
use hellok8s_lab::shell::Terminal;
use hellok8s_lab::sim::SimTime;

/// A script of the corpus.
struct Script {
    name: String,
    text: String,
}

fn corpus() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut scripts: Vec<Script> = Vec::new();
    for path in paths {
        let file = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).expect("UTF-8").lines() {
            match (line.strip_prefix("#: "), scripts.last_mut()) {
                (Some(name), _) => scripts.push(Script { name: format!("{file}: {name}"), text: String::new() }),
                (None, Some(script)) => script.text.push_str(&format!("{line}\n")),
                (None, None) => panic!("{}: a script begins with `#: NAME`", path.display()),
            }
        }
    }
    scripts
}

/// What a script printed, and its exit code.
type Outcome = (String, i32);

fn by_bash(script: &str, folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("script.sh"), script).expect("the script");
    let output = Command::new("bash")
        .arg("script.sh")
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/home/learner"), ("USER", "learner")])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    std::fs::remove_dir_all(folder).expect("the folder");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().unwrap_or(-1))
}

fn by_lab(script: &str) -> (Outcome, String) {
    let mut files = Files::default();
    files.write("script.sh", script);
    let (mut cluster, mut forwards) = (Cluster::new(ClusterConfig::default()), Forwards::new());
    let mut terminal = Terminal::new();
    terminal.submit("bash script.sh");
    let (mut text, mut complaints) = (String::new(), String::new());
    for _ in 0..20_000 {
        let chunks = terminal.poll(&mut World { cluster: &mut cluster, files: &mut files, forwards: &mut forwards });
        for chunk in chunks {
            if chunk.stream == Stream::Out { text.push_str(&chunk.text) } else { complaints.push_str(&chunk.text) }
        }
        if !terminal.is_busy() {
            break;
        }
        let next = terminal.wants_poll_at().unwrap_or(SimTime::NEVER).min(cluster.next_at());
        cluster.run_until(next);
    }
    ((text, terminal.exit_code()), complaints)
}

fn bash_is_there() -> bool {
    let version = Command::new("bash").args(["-c", "echo ${BASH_VERSINFO[0]}"]).output();
    version
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().is_ok_and(|major| major >= 5))
}

#[test]
#[allow(clippy::disallowed_methods, reason = "which scripts are compared is nothing that the engine reads")]
fn scripts_do_what_bash_does() {
    let scripts = corpus();
    assert!(scripts.len() >= 150, "{} scripts", scripts.len());
    if !bash_is_there() {
        println!("shell: no bash of version 5 or later is here; nothing is compared");
        return;
    }
    let only = std::env::var("SCRIPT").unwrap_or_default();
    let root = std::env::temp_dir().join(format!("hellok8s-lab-shell-{}", std::process::id()));
    let mut different = Vec::new();
    for (at, script) in scripts.iter().enumerate().filter(|(_, script)| script.name.contains(&only)) {
        let bash = by_bash(&script.text, &root.join(at.to_string()));
        let (lab, complaints) = by_lab(&script.text);
        if bash != lab {
            let Script { name, text } = script;
            println!("== {name}\n{text}-- bash {}\n{}-- lab {}\n{}-- said\n{complaints}", bash.1, bash.0, lab.1, lab.0);
            different.push(script.name.as_str());
        }
    }
    drop(std::fs::remove_dir_all(&root));
    println!("shell: {} scripts, {} differ", scripts.len(), different.len());
    assert!(different.is_empty(), "{different:#?}");
}
