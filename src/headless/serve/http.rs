//! As much of HTTP/1.1 as a browser needs to fetch a site's files: GET and HEAD, one request a connection.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::site::Site;

/// Who says nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes.
const LONGEST_HEAD: u64 = 16 * 1024;

const TYPES: [(&str, &str); 10] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("yaml", "text/plain; charset=utf-8"),
];

/// Reads the request of a connection and answers it.
///
/// # Errors
/// When the other end is gone.
pub fn answer(connection: TcpStream, port: u16, site: &Site) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new((&connection).take(LONGEST_HEAD)).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut host = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_owned());
        }
    }
    // Another site's name that leads to this machine is not believed.
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    if !host.is_some_and(|host| hosts.contains(&host)) {
        return respond(&connection, "421 Misdirected Request", "text/plain", b"not this host\n", true);
    }
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(method, "GET" | "HEAD") {
        return respond(&connection, "405 Method Not Allowed", "text/plain", b"GET and HEAD alone\n", true);
    }
    let has_body = method == "GET";
    let path = target.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    match site.get(path) {
        Some((name, bytes)) => respond(&connection, "200 OK", type_of(name), bytes, has_body),
        None => match site.get("404.html") {
            Some((name, bytes)) => respond(&connection, "404 Not Found", type_of(name), bytes, has_body),
            None => respond(&connection, "404 Not Found", "text/plain", b"not found\n", has_body),
        },
    }
}

fn type_of(name: &str) -> &'static str {
    let extension = name.rsplit('.').next().unwrap_or_default();
    TYPES.iter().find(|(known, _)| *known == extension).map_or("application/octet-stream", |(_, kind)| kind)
}

fn respond(mut connection: &TcpStream, status: &str, kind: &str, body: &[u8], has_body: bool) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes())?;
    if has_body {
        connection.write_all(body)?;
    }
    connection.flush()
}
