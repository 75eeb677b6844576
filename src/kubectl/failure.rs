//! How kubectl says that something went wrong.

use crate::apiserver::Status;

/// Why a command failed. [`Failure::report`] gives the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A sentence, printed behind `error: `.
    Plain(String),
    /// A refusal of the API server.
    Refused(Box<Refusal>),
    /// Several; each is printed on a line of its own.
    Many(Vec<Failure>),
    /// Nothing to print, only an exit code.
    Exit(i32),
}

/// The API server's refusal, and which object it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The refusal; its message may have been put into a context.
    pub status: Status,
    /// Kind and name, when the refusal names them.
    pub about: Option<(String, String)>,
}

impl Failure {
    /// A plain sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    /// A wrong use of `command` (`kubectl get`). Models cmdutil.UsageErrorf.
    pub fn usage(command: &str, text: &str) -> Self {
        Self::Plain(format!("{text}\nSee '{command} -h' for help and examples"))
    }

    /// Several failures as one; none when there are none.
    pub fn from_all(mut failures: Vec<Self>) -> Option<Self> {
        match failures.len() {
            0 => None,
            1 => failures.pop(),
            _ => Some(Self::Many(failures)),
        }
    }

    /// Says what was tried with which file. Models cmdutil.AddSourceToErr.
    #[must_use]
    pub fn when(mut self, verb: &str, source: Option<&str>) -> Self {
        if let (Self::Refused(refusal), Some(source)) = (&mut self, source) {
            refusal.status.message = format!("error when {verb} {source:?}: {}", refusal.status.message);
        }
        self
    }

    /// The paths of the fields that are wrong, and what is wrong with each.
    pub fn places(&self) -> Vec<(String, String)> {
        let Self::Refused(refusal) = self else { return Vec::new() };
        let status = &refusal.status;
        if !status.causes.is_empty() {
            return status.causes.iter().map(|cause| (cause.field.clone(), cause.message.clone())).collect();
        }
        let unknown = status.message.split("unknown field \"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut places: Vec<(String, String)> =
            unknown.map(|path| (path.to_owned(), format!("unknown field \"{path}\""))).collect();
        if let Some((_, rest)) = status.message.split_once("json: ") {
            // `Go struct field DeploymentSpec.spec.replicas of type int32`
            let path = rest.split_once(" struct field ").and_then(|(_, rest)| rest.split(' ').next());
            let path = path.and_then(|path| path.split_once('.'));
            places.extend(path.map(|(_, path)| (path.to_owned(), rest.to_owned())));
        }
        places
    }

    /// Whether the API server said that there is no such object.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status.reason == "NotFound")
    }

    /// The exit code.
    pub fn exit_code(&self) -> i32 {
        if let Self::Exit(code) = self { *code } else { 1 }
    }

    /// What is printed to standard error. Models k8s.io/kubectl/pkg/cmd/util checkErr.
    pub fn report(&self) -> String {
        let text = match self {
            Self::Exit(_) => return String::new(),
            Self::Plain(text) if text.starts_with("error: ") => text.clone(),
            Self::Plain(text) => format!("error: {text}"),
            Self::Refused(refusal) if refusal.status.reason == "Invalid" => invalid(refusal),
            Self::Refused(refusal) => from_server(&refusal.status),
            Self::Many(failures) => failures.iter().map(Self::line).collect::<Vec<_>>().join("\n"),
        };
        if text.ends_with('\n') { text } else { text + "\n" }
    }

    /// One of several. Models messageForError.
    fn line(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Refused(refusal) => from_server(&refusal.status),
            Self::Many(failures) => failures.iter().map(Self::line).collect::<Vec<_>>().join("\n"),
            Self::Exit(_) => String::new(),
        }
    }

    /// The sentence alone, to be put into another one. Models error.Error.
    pub fn message(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.status.message.clone(),
            Self::Many(failures) => {
                let messages: Vec<String> = failures.iter().map(Self::message).collect();
                format!("[{}]", messages.join(", "))
            }
            other => other.line(),
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let about = named_object(&status.message);
        Self::Refused(Box::new(Refusal { status, about }))
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

/// Kind and name in `Deployment.apps "web" is invalid: …`.
fn named_object(message: &str) -> Option<(String, String)> {
    let (kind, rest) = message.split_once(" \"")?;
    let (name, rest) = rest.split_once('"')?;
    let kind = kind.split('.').next().unwrap_or(kind);
    let is_named = rest.starts_with(" is invalid") && !(kind.is_empty() && name.is_empty());
    is_named.then(|| (kind.to_owned(), name.to_owned()))
}

fn from_server(status: &Status) -> String {
    if status.reason.is_empty() {
        format!("Error from server: {}", status.message)
    } else {
        format!("Error from server ({}): {}", status.reason, status.message)
    }
}

/// Models checkErr's branch for invalid objects, and cmdutil.MultilineError.
fn invalid(refusal: &Refusal) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in &refusal.status.causes {
        let text = format!("{}: {}", cause.field, cause.message);
        if !causes.contains(&text) {
            causes.push(text);
        }
    }
    let head = match &refusal.about {
        Some((kind, name)) => format!("The {kind} \"{name}\" is invalid"),
        None if causes.is_empty() => return format!("The request is invalid: {}", refusal.status.message),
        None => "The request is invalid".to_owned(),
    };
    match causes.as_slice() {
        [] => head,
        [cause] => format!("{head}: {cause}\n"),
        causes => {
            let lines: String = causes.iter().map(|cause| format!("* {cause}\n")).collect();
            format!("{head}: \n{lines}")
        }
    }
}
