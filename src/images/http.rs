//! Requests to a program, and what becomes of them.

/// An HTTP request, as far as programs look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` …
    pub method: String,
    /// Path with query.
    pub path: String,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Whether it is sent over TLS.
    pub tls: bool,
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header names and values, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
    /// Milliseconds from the request to the answer.
    pub latency_ms: u64,
}

impl Response {
    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An answer comes after its latency.
    Answered(Response),
    /// Nobody listens on the port: `connection refused`, at once.
    Refused,
    /// The connection stands and no answer ever comes.
    Hangs,
    /// The request is sent over TLS, and the server does not speak it.
    NoTls,
    /// No such address: packets vanish.
    Unreachable,
}

/// What becomes of a connection, without what only a reader of the answer wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This status, after so many milliseconds.
    Status(u16, u64),
    /// As [`Outcome::Refused`].
    Refused,
    /// As [`Outcome::Hangs`].
    Hangs,
}
