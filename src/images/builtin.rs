//! The images that every lab knows: the tutorial's five, nginx, busybox and alpine.

use std::sync::Arc;

use super::{Declaration, ImageReference, Place, Registry};

/// The documents, in the form in which learners write their own.
pub const DOCUMENTS: [&str; 8] = [
    include_str!("builtin/hellok8s-v1.json"),
    include_str!("builtin/hellok8s-v2.json"),
    include_str!("builtin/hellok8s-v3.json"),
    include_str!("builtin/hellok8s-liveness.json"),
    include_str!("builtin/hellok8s-bad.json"),
    include_str!("builtin/nginx.json"),
    include_str!("builtin/busybox.json"),
    include_str!("builtin/alpine.json"),
];

/// Tags under which nginx is known besides `latest`.
const NGINX_TAGS: [&str; 10] = ["alpine", "1.29", "1.28", "1.27", "1.26", "1.25", "1.24", "1.21", "1.16.1", "1.14.2"];

/// Puts them where they are when a lab begins: the tutorial's images and nginx on the node, the others in the hub.
pub(super) fn fill(registry: &mut Registry) {
    for document in DOCUMENTS {
        let Ok(value) = serde_json::from_str(document) else { continue };
        let Ok(declaration) = Declaration::from_value(&value) else { continue };
        let Ok(reference) = ImageReference::parse(&declaration.image) else { continue };
        let declaration = Arc::new(declaration);
        let is_nginx = declaration.image == "nginx";
        let tags = NGINX_TAGS.iter().copied().filter(|_| is_nginx).map(str::to_owned);
        let is_on_node = is_nginx || declaration.image.starts_with("guangzhengli/");
        for tag in tags.chain([reference.tag.clone()]) {
            let reference = ImageReference { tag, ..reference.clone() };
            registry.put(reference.clone(), Arc::clone(&declaration), Place::Hub);
            if is_on_node {
                registry.put(reference, Arc::clone(&declaration), Place::Node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_a_valid_declaration() {
        for document in DOCUMENTS {
            let value = serde_json::from_str(document).expect("JSON");
            assert_eq!(Declaration::from_value(&value).map(|_| ()), Ok(()), "{document}");
        }
    }
}
