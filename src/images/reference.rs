//! Image references: `guangzhengli/hellok8s:v1` and what they mean in full.

/// The registry of images that name none.
const HUB: &str = "docker.io";
/// Models RepositoryNameTotalLengthMax.
const MAX_NAME_BYTES: usize = 255;

/// A parsed image reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageReference {
    /// Registry and path: `docker.io/guangzhengli/hellok8s`.
    pub repository: String,
    /// Tag; `latest` when neither tag nor digest was given.
    pub tag: String,
    /// Digest, `sha256:…`; empty for none.
    pub digest: String,
}

impl ImageReference {
    /// Reads a reference. Models pkg/util/parsers.ParseImageName with reference.ParseNormalizedNamed.
    ///
    /// # Errors
    /// The text with which the kubelet reports an invalid name.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::normalized(text).map_err(|why| format!("couldn't parse image name \"{text}\": {why}"))
    }

    /// Models distribution/reference ParseNormalizedNamed.
    fn normalized(text: &str) -> Result<Self, String> {
        const INVALID: &str = "invalid reference format";
        let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() == 64 && is_hex(text) {
            return Err(format!("invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"));
        }
        let (domain, rest) = match text.split_once('/') {
            Some((first, rest))
                if first.contains(['.', ':'])
                    || first == "localhost"
                    || first.bytes().any(|b| b.is_ascii_uppercase()) =>
            {
                (if first == "index.docker.io" { HUB } else { first }, rest)
            }
            _ => (HUB, text),
        };
        let prefix = if domain == HUB && !rest.contains('/') { "library/" } else { "" };
        let rest = format!("{prefix}{rest}");
        let remote = rest.split(':').next().unwrap_or_default();
        if remote.chars().any(char::is_uppercase) {
            return Err(format!("{INVALID}: repository name ({remote}) must be lowercase"));
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest.as_str(), None),
        };
        let (path, tag) = match name.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (name, None),
        };
        let is_valid = is_domain(domain)
            && path.split('/').all(is_path_component)
            && tag.is_none_or(is_tag)
            && digest.is_none_or(is_digest);
        if !is_valid {
            return Err(INVALID.to_owned());
        }
        if domain.len() + 1 + path.len() > MAX_NAME_BYTES {
            return Err(format!("repository name must not be more than {MAX_NAME_BYTES} characters"));
        }
        let tag = tag.unwrap_or(if digest.is_none() { "latest" } else { "" });
        let digest = digest.unwrap_or_default();
        Ok(Self { repository: format!("{domain}/{path}"), tag: tag.to_owned(), digest: digest.to_owned() })
    }

    /// In full, as the container runtime names it: `docker.io/guangzhengli/hellok8s:v1`.
    pub fn full(&self) -> String {
        let mut text = self.repository.clone();
        if !self.tag.is_empty() {
            text.push(':');
            text.push_str(&self.tag);
        }
        if !self.digest.is_empty() {
            text.push('@');
            text.push_str(&self.digest);
        }
        text
    }

    /// As people write it: without `docker.io/` and `library/`.
    pub fn short_repository(&self) -> &str {
        let path = self.repository.strip_prefix("docker.io/").unwrap_or(&self.repository);
        path.strip_prefix("library/").unwrap_or(path)
    }
}

fn is_lower_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Lowercase words with one dot, one or two underscores or any dashes between them. Models the pathComponent of
/// distribution/reference.
fn is_path_component(text: &str) -> bool {
    let mut rest = text;
    loop {
        let end = rest.find(['.', '_', '-']).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        if !is_lower_alphanumeric(word) {
            return false;
        }
        if tail.is_empty() {
            return true;
        }
        let after = tail.trim_start_matches('-');
        rest = match tail.as_bytes() {
            [b'-', ..] => after,
            [b'_', b'_', ..] => tail.get(2..).unwrap_or_default(),
            _ => tail.get(1..).unwrap_or_default(),
        };
    }
}

/// A host's name or an address in brackets, and perhaps a port. Models domainAndPort.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let is_label = |label: &str| {
        let is_edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = label.as_bytes();
        is_edge(bytes.first()) && is_edge(bytes.last()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let is_address = |host: &str| {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'))
    };
    (is_address(host) || host.split('.').all(is_label)) && port.is_none_or(is_port)
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.bytes().next().is_some_and(is_word)
        && text.len() <= 128
        && text.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

/// An algorithm and at least 32 hexadecimal digits; 64 of `sha256`. Models digestPat and digest.Validate.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    let is_name = |name: &str| {
        name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let is_long_enough = if algorithm == "sha256" { digits.len() == 64 } else { digits.len() >= 32 };
    algorithm.split(['-', '_', '+', '.']).all(is_name)
        && is_long_enough
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}
