//! What the lab does not act on in NEW, and what may follow from that.

use hellok8s_lab::api::{consequence, not_simulated};
use serde_json::Value;

use super::side::{Located, Side};

/// Something that is not simulated.
pub struct Note {
    /// The field's path in its object.
    pub path: String,
    /// Kind and name of the object.
    pub object: String,
    /// What may follow.
    pub text: String,
    /// Whether NEW changes it, and the end may depend on it.
    pub may_decide: bool,
    /// The file, as the user names it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl Note {
    /// `spec.template.spec.hostNetwork of Deployment web`.
    pub fn place(&self) -> String {
        format!("{} of {}", self.path, self.object)
    }

    fn of(object: &Located, path: String, text: String, may_decide: bool) -> Self {
        let line = object.document.positions.nearest(&path).0.max(1);
        Self { object: object.name(), file: object.file.clone(), path, text, may_decide, line }
    }
}

/// The fields of NEW that are not acted on. One that OLD has as well does not decide what the change does.
pub fn notes(old: &Side, new: &Side) -> Vec<Note> {
    let mut notes = Vec::new();
    for object in &new.objects {
        let Some(kind) = object.kind() else { continue };
        let former = old.objects.iter().find(|other| other.key() == object.key());
        let mut paths = not_simulated(kind, &object.document.value);
        let has_gone = |path: &String| at(&object.document.value, path).is_none();
        // What NEW takes away is a change as well.
        let of_former = former.map(|former| not_simulated(kind, &former.document.value)).unwrap_or_default();
        paths.extend(of_former.into_iter().filter(has_gone));
        for path in paths {
            let consequence = consequence(kind, &path);
            let before = former.and_then(|former| at(&former.document.value, &path));
            let is_changed = before != at(&object.document.value, &path);
            let may_decide = is_changed && consequence.may_decide;
            notes.push(Note::of(object, path, consequence.text.to_owned(), may_decide));
        }
    }
    notes
}

/// That nothing is known of some images, where NEW uses them.
pub fn stand_ins(images: &[String], new: &Side) -> Vec<Note> {
    let mut notes = Vec::new();
    for object in &new.objects {
        for (path, image) in images_of(&object.document.value) {
            if images.iter().any(|known| known == image) {
                let text = format!("{image} is not known here; it is taken to start and to answer its probes");
                notes.push(Note::of(object, path, text, false));
            }
        }
    }
    notes
}

fn images_of(value: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for (pointer, path) in [("/spec/template/spec", "spec.template.spec"), ("/spec", "spec")] {
        let Some(spec) = value.pointer(pointer) else { continue };
        for list in ["initContainers", "containers"] {
            let containers = spec.get(list).and_then(Value::as_array).into_iter().flatten();
            found.extend(containers.enumerate().filter_map(|(index, container)| {
                let image = container.get("image")?.as_str()?;
                Some((format!("{path}.{list}[{index}].image"), image))
            }));
        }
    }
    found
}

/// The value at a path such as `spec.template.spec.containers[0].tty`.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| {
        let (name, index) = step.split_once('[').unwrap_or((step, ""));
        let field = value.get(name)?;
        if index.is_empty() { Some(field) } else { field.get(index.trim_end_matches(']').parse::<usize>().ok()?) }
    })
}
