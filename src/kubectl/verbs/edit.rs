//! `kubectl edit`: writes the object to a file, lets it be edited, and sends what has changed.

use serde_json::Value;

use crate::api::Kind;
use crate::api::patch::two_way;
use crate::apiserver::{Key, PatchType, WriteOptions};
use crate::kubectl::answer::add_managers;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::yaml::to_yaml;
use crate::kubectl::output::{Printer, name_line_of};
use crate::kubectl::selection::{Rules, select};
use crate::manifest;
use crate::process::{Io, Poll, Process, World};

use super::apply::{with_last_applied, write_options};

pub(super) const EDIT: Command = Command {
    path: "edit",
    aliases: &[],
    about: "Edit a resource on the server",
    usage: "(RESOURCE/NAME | -f FILENAME)",
    flags: &[
        // What the shell's KUBE_EDITOR or EDITOR says; the real kubectl reads them itself.
        Flag::text("editor", None),
        Flag::list("filename", Some('f')),
        Flag::text("output", Some('o')),
        Flag::switch("recursive", Some('R')),
        Flag::switch("save-config", None),
        Flag::text("selector", Some('l')),
        Flag::optional("validate", "strict"),
    ],
    run: edit,
};

const HEAD: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will \
                    abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant \
                    failures.\n#\n";

fn edit(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules::default())?;
    if let Some(failure) = Failure::from_all(selection.failures) {
        return Err(failure);
    }
    let [item] = selection.items.as_slice() else {
        return Err(Failure::new("the lab's kubectl edits one object at a time"));
    };
    let Some(object) = &item.object else { return Ok(Next::Done) };
    let mut before = object.to_value();
    if call.flags.switch("show-managed-fields") {
        add_managers(call.world.client(), item.kind, &mut before);
    }
    let path = format!("kubectl-edit-{}-{}.yaml", item.kind.as_str().to_lowercase(), item.key.name);
    let text = HEAD.to_owned() + &to_yaml(&before);
    call.world.files.write(&path, text.as_str());
    let editor = match call.flags.text("editor").map(str::split_whitespace) {
        None => {
            call.world.files.ask_for_edit(&path);
            None
        }
        Some(words) => {
            let words: Vec<String> = words.map(str::to_owned).chain([path.clone()]).collect();
            let started = (call.programs.start)(&words);
            Some(started.map_err(|why| {
                Failure::Plain(format!("unable to launch the editor {:?}: {}", words.join(" "), why.text.trim_end()))
            })?)
        }
    };
    let options = write_options(call, DryRun::None)?;
    let (printer, saves) = (call.printer()?, call.flags.switch("save-config"));
    let (kind, key) = (item.kind, item.key.clone());
    Ok(Next::Wait(Box::new(Editing { kind, key, path, text, before, options, printer, saves, editor })))
}

/// Waits until the editor is closed.
#[derive(Clone, Debug)]
struct Editing {
    kind: Kind,
    key: Key,
    path: String,
    /// The file as it was written.
    text: String,
    before: Value,
    /// How what has changed is sent.
    options: WriteOptions,
    /// `-o`
    printer: Option<Printer>,
    /// `--save-config`
    saves: bool,
    /// A program that edits; without one the page does.
    editor: Option<Box<dyn Process>>,
}

impl Editing {
    /// Sends what has changed. Models k8s.io/kubectl/pkg/cmd/util/editor EditOptions.Run.
    fn finish(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        let text = world.files.remove(&self.path).unwrap_or_default();
        let edited = manifest::parse(&self.path, &text);
        let edited = match edited.map(|documents| documents.into_iter().next().map(|document| document.value)) {
            Ok(Some(edited)) if text != self.text => edited,
            Ok(_) => {
                io.err("Edit cancelled, no changes made.\n");
                return 0;
            }
            Err(error) => return self.refuse(&error.text, &text, world, io),
        };
        if edited == self.before {
            io.err("Edit cancelled, no changes made.\n");
            return 0;
        }
        let edited = if self.saves { with_last_applied(&edited, None) } else { edited };
        let patch = match two_way(&self.before, &edited, self.kind) {
            Ok(patch) => patch,
            Err(why) => return self.refuse(&why, &text, world, io),
        };
        match world.client_mut().patch(self.kind, &self.key, &patch, PatchType::of(self.kind), self.options.clone()) {
            Ok(applied) => {
                applied.warnings.iter().for_each(|warning| io.err(format!("Warning: {warning}\n")));
                let text = match &mut self.printer {
                    None => Ok(name_line_of(self.kind, &self.key.name, "edited")),
                    Some(printer) => printer.print(vec![applied.object.to_value()], true),
                };
                io.out(text.unwrap_or_default());
                0
            }
            Err(status) => {
                let report = Failure::from(status).report();
                self.refuse(report.trim_end(), &text, world, io)
            }
        }
    }

    /// What was typed is kept.
    fn refuse(&self, why: &str, text: &str, world: &mut World<'_>, io: &mut Io) -> i32 {
        world.files.write(&self.path, text);
        io.err(format!(
            "{why}\nA copy of your changes has been stored to \"{}\"\nerror: Edit cancelled, no valid changes were saved.\n",
            self.path
        ));
        1
    }
}

impl Process for Editing {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        match &mut self.editor {
            Some(editor) => match editor.poll(world, io) {
                Poll::Exited(0) => {}
                Poll::Exited(code) => {
                    world.files.remove(&self.path);
                    io.err(format!("error: there was a problem with the editor: exit status {code}\n"));
                    return Poll::Exited(1);
                }
                waits => return waits,
            },
            None if world.files.edited() == Some(self.path.as_str()) => return Poll::Waiting,
            None => {}
        }
        Poll::Exited(self.finish(world, io))
    }

    fn interrupt(&mut self, world: &mut World<'_>, _: &mut Io) -> i32 {
        world.files.end_edit();
        world.files.remove(&self.path);
        130
    }
}
