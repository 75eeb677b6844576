//! `hellok8s-lab serve`: a site's files, and nothing else.

#![cfg(unix)]
// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/site");

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"));
    let mut child = command.args(["serve", "--port", "0", "--site", SITE]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
    Server { child, port }
}

impl Server {
    /// The answer to a request, whole.
    fn ask(&self, request: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("127.0.0.1:{}", self.port);
        connection.write_all(request.replace("HOST", &host).as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn the_sites_files_are_served_and_nothing_else() {
    let server = serve();
    // Browsers open connections that they do not use.
    let _idle: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(("127.0.0.1", server.port)).unwrap()).collect();
    let get = |path: &str| server.ask(&format!("GET {path} HTTP/1.1\r\nHost: HOST\r\n\r\n"));
    let home = get("/?lang=zh");
    assert!(home.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), "{home}");
    assert!(home.ends_with("\r\n\r\n<!doctype html><title>Lab</title>\n"), "{home}");
    assert!(get("/inner/a.js").contains("Content-Type: text/javascript"));
    for path in ["/nothing", "/../serve.rs", "/inner", "/%2e%2e/serve.rs", "//etc/passwd", "/inner/../../serve.rs"] {
        let answer = get(path);
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("<title>Not here</title>\n"),
            "{path}: {answer}"
        );
    }
    let head = server.ask("HEAD / HTTP/1.1\r\nHost: HOST\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(server.ask("POST / HTTP/1.1\r\nHost: HOST\r\n\r\n").starts_with("HTTP/1.1 405 "));
    assert!(server.ask("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n").starts_with("HTTP/1.1 421 "));
    assert!(server.ask("\r\n\r\n").starts_with("HTTP/1.1 421 "));
}

#[test]
fn what_cannot_be_served_is_said() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab"));
    let output = command.args(["serve", "--port", "0", "--site"]).arg(format!("{SITE}/inner")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no index.html"), "{said}");
    assert!(!output.status.success() && said.starts_with("hellok8s-lab: "), "{said}");
}
