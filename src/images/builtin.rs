//! The images that every lab knows: the tutorial's five, nginx, busybox, alpine, and that of autoscaling's walkthrough.

use std::sync::Arc;

use super::{Declaration, ImageReference, Place, Registry};

/// Name and document of each, in the form in which learners write their own.
pub const DOCUMENTS: [(&str, &str); 9] = [
    ("hellok8s:v1", include_str!("builtin/hellok8s-v1.yaml")),
    ("hellok8s:v2", include_str!("builtin/hellok8s-v2.yaml")),
    ("hellok8s:v3", include_str!("builtin/hellok8s-v3.yaml")),
    ("hellok8s:liveness", include_str!("builtin/hellok8s-liveness.yaml")),
    ("hellok8s:bad", include_str!("builtin/hellok8s-bad.yaml")),
    ("nginx", include_str!("builtin/nginx.yaml")),
    ("busybox", include_str!("builtin/busybox.yaml")),
    ("alpine", include_str!("builtin/alpine.yaml")),
    ("hpa-example", include_str!("builtin/hpa-example.yaml")),
];

/// A document that shows what can be said.
pub const EXAMPLE: &str = include_str!("builtin/example.yaml");

/// Tags under which an image is known besides `latest`: those that are pulled most, and those of Kubernetes' examples.
const TAGS: [(&str, &[&str]); 3] = [
    ("nginx", &["alpine", "1.29", "1.28", "1.27", "1.26", "1.25", "1.24", "1.21", "1.16.1", "1.14.2"]),
    ("busybox", &["stable", "1.37", "1.36", "1.35", "1.34", "1.33", "1.32", "1.31", "1.30", "1.28"]),
    ("alpine", &["3", "3.22", "3.21", "3.20", "3.19", "3.18", "3.17", "3.16"]),
];

/// Puts them where they are when a lab begins: the tutorial's images and nginx on the node, the others in the hub.
pub(super) fn fill(registry: &mut Registry) {
    for (name, document) in DOCUMENTS {
        let Ok(declaration) = Declaration::read(name, document, None) else { continue };
        let Ok(reference) = ImageReference::parse(&declaration.image) else { continue };
        let declaration = Arc::new(declaration);
        let tags = TAGS.iter().filter(|(image, _)| declaration.image == *image).flat_map(|(_, tags)| tags.iter());
        let tags = tags.map(|tag| (*tag).to_owned());
        let is_on_node = declaration.image == "nginx" || declaration.image.starts_with("guangzhengli/");
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
    fn images_of_the_hub_have_the_tags_that_examples_name() {
        let registry = Registry::default();
        let knows = |image: &str| registry.knows(&ImageReference::parse(image).unwrap());
        for image in ["nginx:1.14.2", "busybox:1.28", "busybox:1.36", "busybox", "alpine:3.20", "hellok8s:nope"] {
            assert_eq!(knows(image), image != "hellok8s:nope", "{image}");
        }
    }

    #[test]
    fn every_document_is_a_valid_declaration() {
        for (name, document) in DOCUMENTS.into_iter().chain([("image.yaml", EXAMPLE)]) {
            let declaration = Declaration::read(name, document, None);
            assert!(
                declaration.as_ref().is_ok_and(|read| read.image.ends_with(name) || name == "image.yaml"),
                "{declaration:?}"
            );
            assert!(document.starts_with("# "), "{name} says what it does");
        }
    }
}
