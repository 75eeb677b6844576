//! The declarative form of a program. A learner writes it as YAML or JSON; the built-in images are written in it too.

use serde::{Deserialize, Serialize};

use super::Uses;

/// A program, as a document: see each field's comment for its unit and default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// Image reference, such as `me/web:v1`; `latest` when no tag is given.
    pub image: String,
    /// What the image starts when the pod gives no command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    /// What the image starts when the pod gives neither command nor arguments; the pod's arguments take its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    /// Whether the image holds a shell and its small tools (`sh`, `sleep`, `echo`, `cat`, `ls`, `touch`, `rm` …).
    #[serde(default, skip_serializing_if = "is_false")]
    pub shell: bool,
    /// Whether whatever the pod tells it to start is this program, as with a program that stands in for one that nobody has.
    #[serde(default, skip_serializing_if = "is_false")]
    pub any_command: bool,
    /// Seconds from the container's start until the program listens.
    #[serde(default, skip_serializing_if = "is_zero_seconds")]
    pub startup_seconds: Seconds,
    /// Port on which it serves HTTP; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Further ports on which it serves the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_ports: Vec<u16>,
    /// Whether its ports speak HTTPS.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tls: bool,
    /// What it answers; the first route whose path fits. Without a fitting route it answers 404.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Header `Server` of every answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Port on which it answers gRPC's health service; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grpc_port: Option<u16>,
    /// What commands answer that are started in the container (exec probes, hooks, `kubectl exec`) or, as a pod's
    /// `command`, instead of its entry point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exec: Vec<ExecAnswer>,
    /// When the program ends by itself; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Crash>,
    /// What it does on SIGTERM; ends at once with exit code 2 when absent, as a Go program without a handler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigterm: Option<OnSigterm>,
    /// What it writes to its log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogRule>,
    /// What it uses of the node's processors and memory.
    #[serde(default, skip_serializing_if = "is_default")]
    pub uses: Uses,
    /// The user that the image names, by number or name; root when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Size in bytes, shown by `docker images` and in the event of a pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
}

pub use seconds::Seconds;

mod seconds {
    //! Spans as documents give them.

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    /// A span in milliseconds that documents give in seconds, as `3` or `0.25`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Seconds(pub u64);

    impl Seconds {
        /// The span in milliseconds.
        pub fn as_ms(self) -> u64 {
            self.0
        }

        /// Reads `3`, `0.25`; at most three decimals and a million seconds.
        pub fn parse(text: &str) -> Option<Self> {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            if fraction.len() > 3
                || whole.is_empty()
                || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit())
            {
                return None;
            }
            let whole: u64 = whole.parse().ok().filter(|seconds| *seconds <= 1_000_000)?;
            let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
            Some(Self(whole * 1000 + thousandths))
        }
    }

    impl Serialize for Seconds {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if self.0.is_multiple_of(1000) {
                serializer.serialize_u64(self.0 / 1000)
            } else {
                serializer.collect_str(&format_args!("{}.{:03}", self.0 / 1000, self.0 % 1000))
            }
        }
    }

    impl<'de> Deserialize<'de> for Seconds {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let value = serde_json::Value::deserialize(deserializer)?;
            let text = match &value {
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::String(text) => text.clone(),
                _ => return Err(D::Error::custom("must be a number of seconds")),
            };
            Self::parse(text.trim_end_matches('s')).ok_or_else(|| {
                D::Error::custom(format!("{text} is no number of seconds (0 or more, at most three decimals)"))
            })
        }
    }
}

/// One answer of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Path; one that ends with `/` also fits everything below it.
    pub path: String,
    /// Only this path fits, and nothing below it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact: bool,
    /// HTTP status; 200 when absent.
    #[serde(default = "ok_status")]
    pub status: u16,
    /// Body. `{hostname}`, `{seconds}` (since the start), `{requests}` and `{path}` are replaced.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Header `Content-Type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Header `Location`, for redirects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Seconds until the answer.
    #[serde(default, skip_serializing_if = "is_zero_seconds")]
    pub latency_seconds: Seconds,
    /// Never answers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hangs: bool,
    /// What changes later; the last change that has come applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<RouteChange>,
}

/// A later state of a [`Route`]: what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteChange {
    /// From this many seconds after the container's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<Seconds>,
    /// From the request after this many on the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_requests: Option<u64>,
    /// New status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// New body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// New latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_seconds: Option<Seconds>,
    /// Whether it hangs from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hangs: Option<bool>,
}

/// What a command in the container answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecAnswer {
    /// Program and arguments, compared word by word.
    pub command: Vec<String>,
    /// Exit code.
    #[serde(default)]
    pub exit_code: i32,
    /// What it prints.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Seconds that it takes.
    #[serde(default, skip_serializing_if = "is_zero_seconds")]
    pub latency_seconds: Seconds,
    /// Answers so from this many seconds after the container's start; the last fitting entry applies.
    #[serde(default, skip_serializing_if = "is_zero_seconds")]
    pub after_seconds: Seconds,
}

/// The program's end by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Crash {
    /// This many seconds after the container's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seconds: Option<Seconds>,
    /// Right after this many requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_requests: Option<u64>,
    /// Exit code.
    #[serde(default)]
    pub exit_code: i32,
    /// `OOMKilled` for a container that the kernel killed (exit code 137); by exit code when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The program's answer to SIGTERM: `ignore`, or how it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OnSigterm {
    /// Given as a word.
    Word(SigtermRule),
    /// Ends, after finishing what it does.
    #[serde(rename_all = "camelCase")]
    Exit {
        /// Exit code.
        #[serde(rename = "exitCode")]
        exit_code: i32,
        /// Seconds until the end; it answers requests until then.
        #[serde(rename = "afterSeconds", default)]
        after_seconds: Seconds,
    },
}

/// A word for what SIGTERM does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SigtermRule {
    /// Nothing: the container lives until it is killed.
    Ignore,
}

/// A line of the log, once, again and again, or for every request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogRule {
    /// The line, with the same placeholders as a route's body, and `{status}` in what is written for a request.
    pub line: String,
    /// Written this many seconds after the container's start.
    #[serde(default, skip_serializing_if = "is_zero_seconds")]
    pub at_seconds: Seconds,
    /// And again every so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<Seconds>,
    /// Written for every request instead.
    #[serde(default, skip_serializing_if = "is_false")]
    pub on_request: bool,
}

/// What is wrong with a declaration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationError {
    /// Where in the document, as `routes[0].changes[1].status`; empty for the whole.
    pub path: String,
    /// What is wrong, in a sentence without the path.
    pub message: String,
}

fn ok_status() -> u16 {
    200
}

// Serde's signature for `skip_serializing_if` asks for the reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_default(value: &Uses) -> bool {
    *value == Uses::default()
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero_seconds(value: &Seconds) -> bool {
    value.as_ms() == 0
}
