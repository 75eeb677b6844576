//! The headless command and `./lab`: what they take from the machine that they run on.

#![cfg(unix)]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// What `run --dir DIR` prints for some lines, on standard output and on standard error, and whether it went well.
fn run_in(dir: &Path, lines: &str) -> (String, String, bool) {
    let session = dir.with_extension("session.txt");
    fs::write(&session, lines).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"));
    let output = command.args(["run", "--dir"]).arg(dir).arg(&session).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().replace(&dir.display().to_string(), "DIR");
    (text(output.stdout), text(output.stderr), output.status.success())
}

#[test]
fn a_folder_is_taken_as_it_is() {
    let dir = folder("dir-whole");
    fs::create_dir_all(dir.join("base/more")).unwrap();
    fs::create_dir_all(dir.join(".git")).unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";
    for (name, text) in
        [("notes.txt", "mine\n"), ("base/service.yaml", service), ("base/more/a.txt", "deep\n"), (".git/HEAD", "x")]
    {
        fs::write(dir.join(name), text).unwrap();
    }
    let (out, err, is_fine) =
        run_in(&dir, "ls\ncat deployment.yaml\ncat base/more/a.txt\nkubectl apply -f base\nls .git\n");
    assert!(is_fine, "{err}");
    assert_eq!(err, "");
    assert_eq!(
        out,
        "$ ls\nbase\nnotes.txt\n\
         $ cat deployment.yaml\ncat: deployment.yaml: No such file or directory\n# exit 1\n\
         $ cat base/more/a.txt\ndeep\n\
         $ kubectl apply -f base\nservice/web created\n\
         $ ls .git\nls: cannot access '.git': No such file or directory\n# exit 2\n"
    );
}

#[test]
fn what_cannot_be_taken_is_said() {
    let dir = folder("dir-odd");
    fs::write(dir.join("latin.txt"), b"caf\xe9\n").unwrap();
    fs::write(dir.join("large.txt"), vec![b'a'; (16 << 20) + 1]).unwrap();
    fs::write(dir.join("good.txt"), "good\n").unwrap();
    symlink(".", dir.join("loop")).unwrap();
    symlink("nowhere", dir.join("broken")).unwrap();
    let (out, err, is_fine) = run_in(&dir, "ls\n");
    assert!(is_fine, "{err}");
    assert_eq!(out, "$ ls\ngood.txt\n");
    assert_eq!(
        err,
        "hellok8s-lab: left out: DIR/broken: No such file or directory (os error 2)\n\
         hellok8s-lab: left out: DIR/large.txt: longer than 16777216 bytes\n\
         hellok8s-lab: left out: DIR/latin.txt: not UTF-8\n\
         hellok8s-lab: left out: DIR/loop: a link to a folder\n"
    );
}

#[test]
fn a_manifest_of_many_megabytes_is_applied() {
    let dir = folder("dir-megabytes");
    let value = "x".repeat(99_000);
    let manifest: String = (0..60)
        .map(|number| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{a: {value}}}\n---\n")
        })
        .collect();
    assert!(manifest.len() > 5 << 20);
    fs::write(dir.join("m.yaml"), manifest).unwrap();
    let (out, err, is_fine) = run_in(&dir, "kubectl create -f m.yaml | grep -c created\n");
    assert!(is_fine, "{err}");
    assert_eq!(out, "$ kubectl create -f m.yaml | grep -c created\n60\n");
}

#[test]
fn a_folder_that_is_too_large_or_not_there_is_an_error() {
    let dir = folder("dir-many");
    fs::create_dir_all(dir.join("inner")).unwrap();
    for number in 0..=1000 {
        fs::write(dir.join(format!("inner/{number:04}.txt")), "").unwrap();
    }
    let (out, err, is_fine) = run_in(&dir, "ls\n");
    assert!(!is_fine && out.is_empty(), "{out}");
    assert_eq!(err, "hellok8s-lab: DIR/inner/1000.txt: more than 1000 files, which is more than a lab can hold\n");
    let (_, err, is_fine) = run_in(&dir.join("nope"), "ls\n");
    assert!(!is_fine);
    assert_eq!(err, "hellok8s-lab: DIR: No such file or directory (os error 2)\n");
}

/// The address that `./lab serve` announces is the one that it serves at.
#[test]
fn the_served_address_is_announced() {
    let address = |arguments: &str| {
        let script = format!("eval \"$(sed -n '/^served_at()/,/^}}/p' lab)\"; served_at {arguments}");
        let mut command = Command::new("bash");
        let output = command.args(["-c", &script]).env_remove("TRUNK_SERVE_PORT");
        let output = output.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    for (arguments, expected) in [
        ("", "http://127.0.0.1:8080/"),
        ("--open", "http://127.0.0.1:8080/"),
        ("--port 8199", "http://127.0.0.1:8199/"),
        ("--port=8199 --open", "http://127.0.0.1:8199/"),
        ("-p 8199", "http://127.0.0.1:8199/"),
        ("-p8199", "http://127.0.0.1:8199/"),
        ("--address 0.0.0.0 --port 80", "http://127.0.0.1:80/"),
        ("-a 192.168.1.5", "http://192.168.1.5:8080/"),
        ("--address=::1", "http://[::1]:8080/"),
    ] {
        assert_eq!(address(arguments), expected, "{arguments}");
    }
}

#[test]
fn the_command_says_which_version_it_is() {
    for flag in ["--version", "-V", "version"] {
        let output = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab")).arg(flag).output().unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            concat!("hellok8s-lab ", env!("CARGO_PKG_VERSION"), "\n")
        );
        assert!(output.status.success() && output.stderr.is_empty());
    }
}
