//! The forms that names must have, and the words about names that do not have them.
//!
//! Models staging/src/k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content. Each function answers
//! what is wrong with a text: nothing, when it is well formed.

/// What a unit of length is called: the newer checks count bytes, the older ones say characters.
const BYTES: &str = "bytes";
const CHARACTERS: &str = "characters";

const LABEL_LENGTH: usize = 63;
const SUBDOMAIN_LENGTH: usize = 253;

const QUALIFIED_NAME_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const QUALIFIED_NAME_RULE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/// A DNS label (RFC 1123): the names of containers, volumes, namespaces.
pub(super) fn dns1123_label(text: &str) -> Vec<String> {
    let mut complaints = too_long(text, LABEL_LENGTH, CHARACTERS);
    if !is_dns1123_label(text) {
        complaints.push(if is_dns1123_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            form(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
                &["my-name", "123-abc"],
            )
        });
    }
    complaints
}

/// A DNS subdomain (RFC 1123): the names of most objects.
pub(super) fn dns1123_subdomain(text: &str) -> Vec<String> {
    subdomain(text, CHARACTERS)
}

/// A DNS subdomain that may contain underscores: search domains.
pub(super) fn dns1123_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut complaints = too_long(text, SUBDOMAIN_LENGTH, CHARACTERS);
    let is_part = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        is_wrapped(part, is_lower_alphanumeric, |c| is_lower_alphanumeric(c) || matches!(c, b'-' | b'_'))
    };
    if !text.split('.').all(is_part) {
        complaints.push(form(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*",
            &["example.com"],
        ));
    }
    complaints
}

/// What may stand in the path of a request. Models IsPathSegmentName.
pub(super) fn path_segment(text: &str) -> Vec<String> {
    if [".", ".."].contains(&text) {
        return vec![format!("may not be '{text}'")];
    }
    let illegal = ["/", "%"].into_iter().filter(|illegal| text.contains(illegal));
    illegal.map(|illegal| format!("may not contain '{illegal}'")).collect()
}

/// An optional DNS subdomain and a slash, then a name: label and annotation keys, finalizers, readiness gates.
pub(crate) fn qualified_name(text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                complaints.push("prefix part must be non-empty".to_owned());
            } else {
                complaints.extend(subdomain(prefix, BYTES).into_iter().map(|text| format!("prefix part {text}")));
            }
            name
        }
        _ => {
            let rule = form(QUALIFIED_NAME_RULE, QUALIFIED_NAME_FORM, &["MyName", "my.name", "123-abc"]);
            return vec![format!(
                "a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        complaints.push("name part must be non-empty".to_owned());
    } else {
        complaints.extend(too_long(name, LABEL_LENGTH, BYTES).into_iter().map(|text| format!("name part {text}")));
    }
    if !is_label_text(name) {
        let rule = form(QUALIFIED_NAME_RULE, QUALIFIED_NAME_FORM, &["MyName", "my.name", "123-abc"]);
        complaints.push(format!("name part {rule}"));
    }
    complaints
}

/// A label's value.
pub(crate) fn label_value(text: &str) -> Vec<String> {
    let mut complaints = too_long(text, LABEL_LENGTH, BYTES);
    if !text.is_empty() && !is_label_text(text) {
        complaints.push(form(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
            &["MyValue", "my_value", "12345"],
        ));
    }
    complaints
}

/// A port's name.
pub(super) fn port_name(text: &str) -> Vec<String> {
    let mut complaints = too_long(text, 15, CHARACTERS);
    let is_allowed = |c: u8| is_lower_alphanumeric(c) || c == b'-';
    if text.is_empty() || !text.bytes().all(is_allowed) {
        complaints.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|c| c.is_ascii_lowercase()) {
        complaints.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        complaints.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        complaints.push("must not begin or end with a hyphen".to_owned());
    }
    complaints
}

/// A port's number.
pub(super) fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65_535)
}

/// A user's or a group's number.
pub(super) fn user_or_group_id(id: i64) -> Vec<String> {
    in_range(id, 0, i64::from(i32::MAX))
}

/// A number between two others, both allowed.
pub(super) fn in_range(number: i64, least: i64, most: i64) -> Vec<String> {
    if (least..=most).contains(&number) {
        Vec::new()
    } else {
        vec![format!("must be between {least} and {most}, inclusive")]
    }
}

/// A percentage such as `25%`.
pub(super) fn percent(text: &str) -> Vec<String> {
    if is_percent(text) {
        Vec::new()
    } else {
        vec![form(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            &["1%", "93%"],
        )]
    }
}

/// Whether it is digits and a percent sign.
pub(super) fn is_percent(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
}

/// The name of an HTTP header.
pub(super) fn http_header_name(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
        Vec::new()
    } else {
        vec![form(
            "a valid HTTP header must consist of alphanumeric characters or '-'",
            "[-A-Za-z0-9]+",
            &["X-Header-Name"],
        )]
    }
}

/// The name of an environment variable, as it may be since 1.34.
pub(super) fn environment_variable_name(text: &str) -> Vec<String> {
    if text.is_empty() {
        vec!["environment variable name must be non-empty".to_owned()]
    } else if text.chars().any(|c| !matches!(c, ' '..='~') || c == '=') {
        vec![
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        ]
    } else {
        Vec::new()
    }
}

/// A key of a ConfigMap or a Secret.
pub(super) fn config_map_key(text: &str) -> Vec<String> {
    let mut complaints = too_long(text, SUBDOMAIN_LENGTH, CHARACTERS);
    if text.is_empty() || !text.bytes().all(is_label_byte) {
        complaints.push(form(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    if text == "." || text == ".." {
        complaints.push(format!("must not be '{text}'"));
    } else if text.starts_with("..") {
        complaints.push("must not start with '..'".to_owned());
    }
    complaints
}

/// The start of a generated name: a trailing dash is fine, because more follows.
///
/// Models apimachinery's maskTrailingDash, which also loses the character before the dash.
pub(super) fn with_masked_trailing_dash(prefix: &str) -> String {
    let mut text: Vec<char> = prefix.chars().collect();
    if text.len() > 1 && text.last() == Some(&'-') {
        text.truncate(text.len() - 2);
        text.push('a');
    }
    text.into_iter().collect()
}

fn subdomain(text: &str, unit: &str) -> Vec<String> {
    let mut complaints = too_long(text, SUBDOMAIN_LENGTH, unit);
    if !is_dns1123_subdomain(text) {
        complaints.push(form(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
            &["example.com"],
        ));
    }
    complaints
}

fn too_long(text: &str, most: usize, unit: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {unit}")] } else { Vec::new() }
}

/// Models content.RegexError, two blanks before `or` included.
fn form(rule: &str, regex: &str, examples: &[&str]) -> String {
    let mut text = format!("{rule} (e.g. ");
    for (index, example) in examples.iter().enumerate() {
        if index > 0 {
            text.push_str(" or ");
        }
        text.push_str(&format!("'{example}', "));
    }
    text.push_str(&format!("regex used for validation is '{regex}')"));
    text
}

fn is_dns1123_label(text: &str) -> bool {
    is_wrapped(text, is_lower_alphanumeric, |c| is_lower_alphanumeric(c) || c == b'-')
}

fn is_dns1123_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns1123_label)
}

fn is_label_text(text: &str) -> bool {
    is_wrapped(text, |c| c.is_ascii_alphanumeric(), is_label_byte)
}

fn is_label_byte(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.')
}

fn is_lower_alphanumeric(c: u8) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

/// Whether the text is not empty, of `inner` bytes, and begins and ends with an `outer` one.
fn is_wrapped(text: &str, outer: impl Fn(u8) -> bool, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends_well = |end: Option<&u8>| end.is_some_and(|c| outer(*c));
    ends_well(bytes.first()) && ends_well(bytes.last()) && bytes.iter().all(|c| inner(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_subdomains() {
        assert!(dns1123_label("my-name").is_empty());
        assert_eq!(dns1123_label("a.b"), ["must not contain dots"]);
        assert_eq!(dns1123_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert!(dns1123_subdomain("example.com").is_empty());
        assert_eq!(dns1123_subdomain("a..b").len(), 1);
        assert!(dns1123_subdomain_with_underscore("_srv.example").is_empty());
        assert_eq!(dns1123_subdomain_with_underscore("srv_.example").len(), 1);
    }

    #[test]
    fn qualified_names() {
        assert!(qualified_name("example.com/MyName").is_empty());
        assert_eq!(qualified_name("/a"), ["prefix part must be non-empty"]);
        assert_eq!(qualified_name(&"a".repeat(64)), ["name part must be no more than 63 bytes"]);
        assert_eq!(qualified_name("").len(), 2);
    }

    #[test]
    fn names_of_ports_variables_and_keys() {
        assert!(port_name("http-2").is_empty());
        assert_eq!(port_name("").len(), 2);
        assert!(environment_variable_name("a b%").is_empty());
        assert_eq!(environment_variable_name("é").len(), 1);
        assert_eq!(config_map_key(".."), ["must not be '..'"]);
        assert_eq!(config_map_key("a/b").len(), 1);
    }

    #[test]
    fn a_generated_names_prefix_may_end_with_a_dash() {
        assert_eq!(with_masked_trailing_dash("web-"), "wea");
        assert_eq!(with_masked_trailing_dash("-"), "-");
    }
}
