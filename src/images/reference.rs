//! Image references: `guangzhengli/hellok8s:v1` and what they mean in full.

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
        let (name, digest) = text.split_once('@').map_or((text, ""), |(name, digest)| (name, digest));
        let invalid = |why: &str| Err(format!("couldn't parse image name \"{text}\": {why}"));
        if name.is_empty() {
            return invalid("invalid reference format");
        }
        let (path, tag) = match name.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, tag),
            _ => (name, ""),
        };
        let (domain, rest) = match path.split_once('/') {
            Some((first, rest))
                if first.contains(['.', ':'])
                    || first == "localhost"
                    || first.bytes().any(|b| b.is_ascii_uppercase()) =>
            {
                (first.to_owned(), rest.to_owned())
            }
            Some(_) => ("docker.io".to_owned(), path.to_owned()),
            None => ("docker.io".to_owned(), format!("library/{path}")),
        };
        if rest.bytes().any(|b| b.is_ascii_uppercase()) {
            return invalid("invalid reference format: repository name must be lowercase");
        }
        let is_component = |component: &str| {
            !component.is_empty()
                && component.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
                && component.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
                && component.bytes().last().is_some_and(|b| b.is_ascii_alphanumeric())
        };
        let is_tag = tag.is_empty() && path == name
            || !tag.is_empty()
                && tag.len() <= 128
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && !tag.starts_with(['.', '-']);
        if !rest.split('/').all(is_component) || !is_tag {
            return invalid("invalid reference format");
        }
        let tag = if tag.is_empty() && digest.is_empty() { "latest" } else { tag };
        Ok(Self { repository: format!("{domain}/{rest}"), tag: tag.to_owned(), digest: digest.to_owned() })
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
