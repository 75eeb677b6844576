//! `metav1.Status`: how the API server says no.

use crate::api::Kind;

const NAMESPACE_FIELD: &str = "metadata.namespace";

/// A refusal. Models apimachinery/pkg/api/errors StatusError.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// `NotFound`, `Invalid`, …; kubectl prints it in brackets.
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
    /// What is wrong where, for `Invalid`.
    pub causes: Vec<Cause>,
}

/// `metav1.StatusCause`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Path of the field, such as `spec.replicas`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Status {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self { code, reason, message, causes: Vec::new() }
    }

    /// `deployments.apps "web" not found`.
    pub fn not_found(kind: Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", qualified(kind)))
    }

    /// `deployments.apps "web" already exists`.
    pub fn already_exists(kind: Kind, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", qualified(kind)))
    }

    /// Somebody else has written in between, or the precondition does not hold.
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {} {name:?}: {why}", qualified(kind)))
    }

    /// The object that was read is not the newest.
    pub fn modified(kind: Kind, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    /// Validation found errors; `message` is the whole sentence.
    pub fn invalid(message: String, causes: Vec<Cause>) -> Self {
        Self { code: 422, reason: "Invalid", message, causes }
    }

    /// The request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    /// The request cannot be carried out; the server tells no more. Models errors.NewGenericServerResponse.
    pub fn unprocessable() -> Self {
        Self::invalid("the server rejected our request due to an error in our request".to_owned(), Vec::new())
    }

    /// An error that the server did not expect: it has no reason.
    pub fn internal(message: String) -> Self {
        Self::new(500, "", message)
    }

    /// The request is understood and refused.
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Self {
        Self::new(403, "Forbidden", format!("{} {name:?} is forbidden: {why}", qualified(kind)))
    }

    /// The request is understood and refused; the whole sentence.
    pub fn forbidden_message(message: String) -> Self {
        Self::new(403, "Forbidden", message)
    }

    /// It may be asked again later; `why` is the detail that kubectl does not print.
    pub fn too_many_requests(message: &str, why: String) -> Self {
        let causes = vec![Cause { field: String::new(), message: why }];
        Self { causes, ..Self::new(429, "TooManyRequests", message.to_owned()) }
    }

    /// Nothing new may come into a namespace that is being deleted.
    pub fn namespace_terminating(kind: Kind, name: &str, namespace: &str) -> Self {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        let message = format!("namespace {namespace} is being terminated");
        Self { causes: vec![Cause { field: NAMESPACE_FIELD.to_owned(), message }], ..Self::forbidden(kind, name, &why) }
    }

    /// Whether it is [`Status::namespace_terminating`]. Models errors.HasStatusCause with NamespaceTerminatingCause.
    pub fn is_namespace_terminating(&self) -> bool {
        self.code == 403 && self.causes.iter().any(|cause| cause.field == NAMESPACE_FIELD)
    }

    /// The resource has no such subresource.
    pub fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource".to_owned())
    }

    /// The lists of a user's kind cannot be merged by key.
    pub fn unsupported_media_type() -> Self {
        let message = "the body of the request was in an unknown format - accepted media types include: \
                       application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml, \
                       application/apply-patch+cbor";
        Self::new(415, "UnsupportedMediaType", message.to_owned())
    }

    /// The verb does not exist for this resource.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message.to_owned())
    }
}

/// `deployments.apps`, or `pods` for the core group. Models schema.GroupResource.String.
pub fn qualified(kind: Kind) -> String {
    match kind.group() {
        "" => kind.plural().to_owned(),
        group => format!("{}.{group}", kind.plural()),
    }
}
