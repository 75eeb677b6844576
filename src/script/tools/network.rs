//! `wget`, `curl` and `nslookup` in a container. The terminal's own `curl` knows more.

use super::{Context, duration_ms, usage};
use crate::script::{Found, Io, Poll, Process, Question, Started, World};
use crate::sim::SimTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Wget,
    Curl,
}

/// An HTTP client.
#[derive(Clone)]
struct Fetch {
    client: Client,
    host: String,
    port: u16,
    /// Host and port as they were typed.
    authority: String,
    path: String,
    quiet: bool,
    fails: bool,
    /// Only whether it is there.
    spider: bool,
    /// Shows what the server answers with.
    shows_response: bool,
    file: Option<String>,
    write_out: Option<String>,
    most_ms: u64,
    address: Option<String>,
    began: Option<SimTime>,
    found: Option<(SimTime, Found)>,
}

/// busybox's `wget -qO- -T 2 URL`
pub(crate) fn wget(rest: &[String], _: &Context) -> Started {
    // What it does without -T.
    let mut fetch = Fetch::new(Client::Wget, 900_000);
    let mut url = None;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--spider" => fetch.spider = true,
            "--quiet" => fetch.quiet = true,
            "--server-response" => fetch.shows_response = true,
            "-T" | "--timeout" => fetch.most_ms = words.next().and_then(|text| duration_ms(text)).unwrap_or(u64::MAX),
            "-t" | "--tries" | "-U" | "--header" | "-P" => drop(words.next()),
            "--output-document" => fetch.file = words.next().cloned(),
            long if long.starts_with("--") => match long.split_once('=') {
                Some(("--timeout", text)) => fetch.most_ms = duration_ms(text).unwrap_or(u64::MAX),
                Some(("--output-document", path)) => fetch.file = Some(path.to_owned()),
                _ => {}
            },
            short if short.starts_with('-') && short.len() > 1 => {
                let letters = short.get(1..).unwrap_or_default();
                let (flags, rest) = letters.split_once(['O', 'T']).unwrap_or((letters, ""));
                fetch.quiet |= flags.contains('q');
                fetch.shows_response |= flags.contains('S');
                let value = if rest.is_empty() && flags.len() < letters.len() {
                    words.next().cloned().unwrap_or_default()
                } else {
                    rest.to_owned()
                };
                match letters.get(flags.len()..).and_then(|rest| rest.chars().next()) {
                    Some('O') => fetch.file = Some(value),
                    Some('T') => fetch.most_ms = duration_ms(&value).unwrap_or(u64::MAX),
                    _ => {}
                }
            }
            operand => url = Some(operand.to_owned()),
        }
    }
    let Some(url) = url else { return Err(usage("wget: missing URL\n", 1)) };
    fetch.aim(&url);
    if fetch.file.is_none() && !fetch.spider {
        let name = fetch.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html");
        fetch.file = Some(name.to_owned());
    }
    Ok(Box::new(fetch))
}

/// `curl -sf -m 2 URL`
pub(crate) fn curl(rest: &[String], _: &Context) -> Started {
    let mut fetch = Fetch::new(Client::Curl, u64::MAX);
    let mut url = None;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-m" | "--max-time" | "--connect-timeout" => {
                fetch.most_ms = words.next().and_then(|text| duration_ms(text)).unwrap_or(u64::MAX);
            }
            "-o" | "--output" => fetch.file = words.next().cloned(),
            "-w" | "--write-out" => fetch.write_out = words.next().cloned(),
            "-H" | "--header" | "-X" | "--request" | "-d" | "--data" | "--retry" => drop(words.next()),
            "--silent" => fetch.quiet = true,
            "--show-error" => fetch.quiet = false,
            "--fail" => fetch.fails = true,
            short if short.starts_with('-') => {
                let letters = if short.starts_with("--") { "" } else { short };
                fetch.quiet |= letters.contains('s') && !letters.contains('S');
                fetch.fails |= letters.contains('f');
            }
            operand => url = Some(operand.to_owned()),
        }
    }
    let Some(url) = url else {
        return Err(usage("curl: try 'curl --help' or 'curl --manual' for more information\n", 2));
    };
    fetch.aim(&url);
    Ok(Box::new(fetch))
}

impl Fetch {
    fn new(client: Client, most_ms: u64) -> Self {
        Self {
            client,
            host: String::new(),
            port: 80,
            authority: String::new(),
            path: "/".to_owned(),
            quiet: false,
            fails: client == Client::Wget,
            spider: false,
            shows_response: false,
            file: None,
            write_out: None,
            most_ms,
            address: None,
            began: None,
            found: None,
        }
    }

    fn aim(&mut self, url: &str) {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        authority.clone_into(&mut self.authority);
        host.clone_into(&mut self.host);
        path.clone_into(&mut self.path);
        self.port = port.parse().unwrap_or(if scheme == "https" { 443 } else { 80 });
    }

    fn fail(&self, wget: &str, curl: (i32, &str), io: &mut Io) -> Poll {
        if let Some(format) = self.write_out.as_ref().filter(|_| self.client == Client::Curl) {
            io.out(written_out(format, 0));
        }
        match self.client {
            Client::Wget => {
                io.err(format!("wget: {wget}\n"));
                Poll::Exited(1)
            }
            Client::Curl => {
                if !self.quiet {
                    io.err(format!("curl: ({}) {}\n", curl.0, curl.1));
                }
                Poll::Exited(curl.0)
            }
        }
    }

    fn finish(&self, status: u16, reason: &str, body: &str, world: &mut World<'_>, io: &mut Io) -> Poll {
        if self.shows_response {
            io.err(format!("{}\n", format!("  HTTP/1.1 {status} {reason}").trim_end()));
        }
        if status >= 400 && self.fails {
            let wget = format!("server returned error: HTTP/1.1 {status} {reason}");
            return self.fail(wget.trim_end(), (22, &format!("The requested URL returned error: {status}")), io);
        }
        let says = self.client == Client::Wget && !self.quiet;
        match self.file.as_deref() {
            _ if self.spider => {
                if says {
                    io.err("remote file exists\n");
                }
            }
            None | Some("-") => {
                io.out(body);
                if says {
                    io.err("writing to stdout\nwritten to stdout\n");
                }
            }
            Some("/dev/null") => {}
            Some(path) => {
                if let Err(why) = world.files.store(path, body) {
                    return self.fail(&format!("can't open '{path}': {why}"), (23, why), io);
                }
                if says {
                    io.err(format!("saving to '{path}'\n'{path}' saved\n"));
                }
            }
        }
        if let Some(format) = &self.write_out {
            io.out(written_out(format, status));
        }
        Poll::Exited(0)
    }
}

fn written_out(format: &str, status: u16) -> String {
    let status = format!("{status:03}");
    super::unescape(&format.replace("%{http_code}", &status).replace("%{response_code}", &status))
}

impl Process for Fetch {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let began = *self.began.get_or_insert(world.now);
        let (host, port) = (self.host.clone(), self.port);
        let address = match &self.address {
            Some(address) => address.clone(),
            None => match world.host.ask(&Question::Name(host.clone())) {
                None => return Poll::Waiting,
                Some(Found::Addresses(found)) if !found.is_empty() => {
                    let address = found.into_iter().next().unwrap_or_default();
                    if self.client == Client::Wget && !self.quiet {
                        io.err(format!("Connecting to {} ({address}:{port})\n", self.authority));
                    }
                    self.address.insert(address).clone()
                }
                Some(_) => {
                    let wget = format!("bad address '{}'", self.authority);
                    return self.fail(&wget, (6, &format!("Could not resolve host: {host}")), io);
                }
            },
        };
        if self.found.is_none() {
            let question = Question::Get { host: host.clone(), port, path: self.path.clone() };
            let Some(found) = world.host.ask(&question) else { return Poll::Waiting };
            self.found = Some((world.now, found));
        }
        let limit = began + self.most_ms;
        let refused = format!("Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server");
        match self.found.clone() {
            Some((since, Found::Response { status, reason, body, latency_ms })) => {
                let at = since + latency_ms;
                if world.now >= at && at <= limit {
                    return self.finish(status, reason, &body, world, io);
                }
                if world.now < at.min(limit) {
                    return Poll::SleepUntil(at.min(limit));
                }
            }
            Some((_, Found::Silent)) if world.now < limit => {
                return if limit == SimTime::NEVER { Poll::Waiting } else { Poll::SleepUntil(limit) };
            }
            Some((_, Found::Silent)) => {}
            _ => {
                let wget = format!("can't connect to remote host ({address}): Connection refused");
                return self.fail(&wget, (7, &refused), io);
            }
        }
        let curl = format!("Operation timed out after {} milliseconds with 0 bytes received", self.most_ms);
        self.fail("download timed out", (28, &curl), io)
    }
}

/// busybox's `nslookup NAME`, which takes a name as it is.
#[derive(Clone)]
struct LookUp {
    name: String,
}

/// `nslookup db.default.svc.cluster.local`
pub(crate) fn nslookup(rest: &[String], _: &Context) -> Started {
    match rest.iter().find(|word| !word.starts_with('-')) {
        Some(name) => Ok(Box::new(LookUp { name: name.clone() })),
        None => {
            Err(usage("BusyBox v1.37.0 multi-call binary.\n\nUsage: nslookup [-type=QUERY_TYPE] [-debug] HOST\n", 1))
        }
    }
}

/// Where the cluster's DNS answers.
const SERVER: &str = "10.96.0.10";

impl Process for LookUp {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let Some(found) = world.host.ask(&Question::Name(self.name.clone())) else { return Poll::Waiting };
        let name = self.name.trim_end_matches('.');
        let addresses = match found {
            // Only a whole name is one: what `resolv.conf` would add is not looked for.
            Found::Addresses(addresses) if name.ends_with(".cluster.local") => addresses,
            _ => Vec::new(),
        };
        io.out(format!("Server:\t\t{SERVER}\nAddress:\t{SERVER}:53\n\n"));
        if addresses.is_empty() {
            let missing = format!("** server can't find {name}: NXDOMAIN\n\n");
            io.out(missing.repeat(2));
            return Poll::Exited(1);
        }
        for address in addresses {
            io.out(format!("Name:\t{name}\nAddress: {address}\n"));
        }
        io.out("\n\n");
        Poll::Exited(0)
    }
}
