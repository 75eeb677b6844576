//! `intstr.IntOrString`: a number or a percentage.

use serde::{Deserialize, Serialize};

/// A whole number, or a text such as `25%` or a port's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// JSON number.
    Int(i32),
    /// JSON string.
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}
