//! `kubectl set image`.

use serde_json::json;

use super::{
    NOTHING_NAMED, RECORDED, SELECTED, SHARED, Words, change_all, containers_of, finish, pod_spec, select_all, split,
};
use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::with_flags;

pub(crate) const IMAGE: Command = Command {
    path: "set image",
    aliases: &[],
    about: "Update the image of a pod template",
    usage: "(-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
    flags: with_flags!(SHARED, [SELECTED, RECORDED]),
    run: set_image,
};

/// Models k8s.io/kubectl/pkg/cmd/set SetImageOptions.
fn set_image(call: &mut Call<'_, '_>) -> Outcome {
    let (objects, pairs) = split(call.args(), "image", false)?;
    let mut wrong = Vec::new();
    if objects.is_empty() && !call.has_files() {
        wrong.push(Failure::new(NOTHING_NAMED));
    }
    let images: Vec<(&str, &str)> = pairs.iter().filter_map(|pair| pair.split_once('=')).collect();
    if images.is_empty() {
        wrong.push(Failure::new("at least one image update is required"));
    } else if images.len() > 1 && images.iter().any(|(name, _)| *name == "*") {
        wrong.push(Failure::new(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        ));
    }
    // The objects are looked for before the rest is checked; without any there is nothing to look for.
    let items = if objects.is_empty() && !wrong.is_empty() { Vec::new() } else { select_all(call, &objects)? };
    if let Some(failure) = Failure::from_all(wrong) {
        return Err(failure);
    }
    let mut missing = Vec::new();
    let words = Words {
        done: "image updated",
        failed: "failed to patch image update to pod template: ",
        says_unchanged: false,
    };
    let changed = change_all(call, items, &words, |_, item, value| {
        let spec = pod_spec(item.kind, value)?;
        for (name, image) in &images {
            let mut found = false;
            for container in containers_of(spec) {
                if *name == "*" || field::text(container, "/name") == *name {
                    found = true;
                    field::set(container, &["image"], json!(image));
                }
            }
            if !found {
                missing.push(Failure::Plain(format!("error: unable to find container named {name:?}")));
            }
        }
        Ok(())
    });
    missing.extend(changed.err().unwrap_or_default());
    finish(if missing.is_empty() { Ok(()) } else { Err(missing) })
}
