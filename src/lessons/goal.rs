//! The goal language: conditions on the cluster, a line each. docs/lessons.md explains it to authors.
//!
//! ```text
//! condition = ["not" | "ever" | "never"] test {"for" span | "within" span}
//!           | "typed" pattern | "printed" pattern | "elapsed" span
//! test      = kind ["(" filter {"," filter} ")"] [comparison number]
//! filter    = ["not"] flag | field comparison value
//! ```

mod parser;

pub use parser::parse;

/// Conditions that are to hold at the same moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// All of them; of each, one alternative suffices.
    pub all: Vec<Vec<Condition>>,
}

/// A condition, and for how long it must have been so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What.
    pub what: What,
    /// Simulated milliseconds for which it must have held without a break.
    pub for_ms: u64,
    /// Simulated milliseconds from the step's beginning after which it is too late.
    pub within_ms: Option<u64>,
}

/// What a condition speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is so now.
    Now(Test),
    /// It is not so now.
    Not(Test),
    /// It has been so since the step began.
    Ever(Test),
    /// It has not been so since the step began.
    Never(Test),
    /// A command like this was typed since the step began.
    Typed(Pattern),
    /// A line like this was printed since the step began.
    Printed(Pattern),
    /// The step began this many simulated milliseconds ago.
    Elapsed(u64),
}

/// How many things of a kind there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Which things.
    pub kind: Kind,
    /// Only those that all of these fit.
    pub filters: Vec<Filter>,
    /// Compared how.
    pub comparison: Comparison,
    /// Compared with what.
    pub number: i64,
}

/// What can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pods.
    Pods,
    /// ReplicaSets.
    ReplicaSets,
    /// Deployments.
    Deployments,
    /// Services.
    Services,
    /// Addresses in EndpointSlices.
    Endpoints,
    /// Events.
    Events,
    /// The lab's files.
    Files,
    /// Requests of `lab traffic` that have ended since the step began, by whole seconds.
    Requests,
}

/// What a thing must be like to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// A word that is true of it, or (`false`) is not.
    Flag(String, bool),
    /// A property compared with a value.
    Field(String, Comparison, Pattern),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==` or `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// A text in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub String);

impl Kind {
    const ALL: [Self; 8] = [
        Self::Pods,
        Self::ReplicaSets,
        Self::Deployments,
        Self::Services,
        Self::Endpoints,
        Self::Events,
        Self::Files,
        Self::Requests,
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::ReplicaSets => "replicasets",
            Self::Deployments => "deployments",
            Self::Services => "services",
            Self::Endpoints => "endpoints",
            Self::Events => "events",
            Self::Files => "files",
            Self::Requests => "requests",
        }
    }

    /// What can be true of one.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Pods => &["ready", "active", "terminating", "old", "new"],
            Self::ReplicaSets => &["current", "old", "new"],
            Self::Deployments => &["complete", "paused", "old", "new"],
            Self::Services | Self::Events => &["old", "new"],
            Self::Endpoints => &["ready", "serving", "terminating"],
            Self::Files => &[],
            Self::Requests => &["answered", "failed", "lost"],
        }
    }

    /// What it can be compared by.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Pods => &["name", "image", "status", "restarts", "revision"],
            Self::ReplicaSets => &["name", "image", "replicas", "pods", "ready", "available", "revision"],
            Self::Deployments => {
                &["name", "image", "replicas", "pods", "updated", "ready", "available", "unavailable", "revision"]
            }
            Self::Services => &["name"],
            Self::Endpoints => &["service", "address", "pod"],
            Self::Events => &["reason", "message", "type", "object", "count"],
            Self::Files => &["name", "text"],
            Self::Requests => &[],
        }
    }
}

impl Comparison {
    /// Whether `left` and `right` compare so.
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Pattern {
    /// Whether `text` is like this. Runs of blanks count as one.
    pub fn fits(&self, text: &str) -> bool {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rest = text.as_str();
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(behind) = rest.strip_prefix(first) else { return false };
        rest = behind;
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.len() >= last.len() && rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        let fits = |pattern: &str, text: &str| Pattern(pattern.to_owned()).fits(text);
        assert!(fits("*:v2", "guangzhengli/hellok8s:v2"));
        assert!(!fits("*:v2", "guangzhengli/hellok8s:v20"));
        assert!(fits("kubectl rollout undo*", "kubectl  rollout undo   deployment/web"));
        assert!(fits("*a*b*", "xxaxxbxx") && !fits("*a*b*", "xxbxxaxx"));
        assert!(fits("v1", "v1") && !fits("v1", "v12") && !fits("a*a", "a"));
    }
}
