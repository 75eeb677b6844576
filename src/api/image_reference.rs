//! Image references: `[domain/]path[:tag][@digest]`.

/// The tag of an image, `latest` when it names neither tag nor digest, and `None` when it is no reference (an
/// upper-case name, say) or has a digest alone. Models parsers.ParseImageName and reference.ParseNormalizedNamed.
pub fn tag(image: &str) -> Option<&str> {
    let is_digest = image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (domain, rest) = split_domain(image);
    let (rest, digest) = rest.split_once('@').map_or((rest, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = rest.split_once(':').map_or((rest, None), |(path, tag)| (path, Some(tag)));
    let is_valid = !is_digest
        && domain.is_none_or(is_domain)
        && path.split('/').all(is_path_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_valid_digest)
        && domain.map_or(0, str::len) + path.len() < 255;
    if !is_valid {
        return None;
    }
    if digest.is_none() { Some(tag.unwrap_or("latest")) } else { tag }
}

/// The part before the first slash is a host when it looks like one. Models reference.splitDockerDomain.
fn split_domain(image: &str) -> (Option<&str>, &str) {
    match image.split_once('/') {
        Some((domain, rest))
            if domain.contains(['.', ':']) || domain == "localhost" || domain.contains(|c: char| c.is_uppercase()) =>
        {
            (Some(domain), rest)
        }
        _ => (None, image),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':'),
        None => host.split('.').all(is_label),
    };
    is_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Lower-case letters and digits, with single `.` or `_`, a double `_`, or any number of `-` between them.
fn is_path_component(component: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends_plain =
        bytes.first().is_some_and(|byte| is_plain(*byte)) && bytes.last().is_some_and(|byte| is_plain(*byte));
    let mut separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    ends_plain
        && separators
            .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

fn is_valid_digest(digest: &str) -> bool {
    let length = match digest.split_once(':') {
        Some(("sha256", hex)) => Some((hex, 64)),
        Some(("sha384", hex)) => Some((hex, 96)),
        Some(("sha512", hex)) => Some((hex, 128)),
        _ => None,
    };
    length.is_some_and(|(hex, length)| {
        hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_tags() {
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        let cases = [
            ("nginx", Some("latest")),
            ("nginx:1.25", Some("1.25")),
            ("reg:5000/a/b", Some("latest")),
            ("reg:5000/a/b:v1", Some("v1")),
            ("localhost/a__b", Some("latest")),
            ("Nginx", None),
            ("a//b", None),
            ("nginx:", None),
            ("-a", None),
            (&digest, None),
            ("", None),
        ];
        for (image, expected) in cases {
            assert_eq!(tag(image), expected, "{image}");
        }
    }
}
