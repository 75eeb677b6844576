//! `kubectl edit`: writes the object to a file, lets it be edited, and sends what has changed.

use serde_json::Value;

use crate::api::Kind;
use crate::api::patch::two_way;
use crate::apiserver::{Key, PatchType, WriteOptions, qualified};
use crate::kubectl::answer::add_managers;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::output::json::pretty;
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
        Flag::switch("output-patch", None),
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

/// The first number of an edited file in `/tmp`: as many digits as the real one's.
const FIRST_FILE: u64 = 1_000_000_000;
/// So often the editor opens again.
const MOST_ROUNDS: u32 = 50;

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
    // The format of `-o` is that of the edited file too.
    let as_json = call.flags.text("output") == Some("json");
    let extension = if as_json { "json" } else { "yaml" };
    let (path, editor) = match call.flags.text("editor").map(str::split_whitespace) {
        // The page shows its name.
        None => (format!("kubectl-edit-{}-{}.{extension}", item.kind.as_str().to_lowercase(), item.key.name), None),
        Some(words) => {
            let path = format!("/tmp/kubectl-edit-{}.{extension}", FIRST_FILE + call.world.client().now().as_ms());
            let words: Vec<String> = words.map(str::to_owned).collect();
            let (name, with_path) = (words.join(" "), [words, vec![path.clone()]].concat());
            // A path that leads nowhere starts, and fails then.
            let program = (call.programs.start)(&with_path)
                .map_err(|_| Failure::Plain(format!("unable to launch the editor {name:?}")))?;
            (path, Some(Editor { running: program.clone(), program, name }))
        }
    };
    let text = if as_json { pretty(&before) } else { HEAD.to_owned() + &to_yaml(&before) };
    call.world.files.write(&path, text.as_str());
    if editor.is_none() {
        call.world.files.ask_for_edit(&path);
    }
    let options = write_options(call, DryRun::None)?;
    let (printer, saves) = (call.printer()?, call.flags.switch("save-config"));
    let (kind, key, shows_patch) = (item.kind, item.key.clone(), call.flags.switch("output-patch"));
    let rounds = Rounds::default();
    Ok(Next::Wait(Box::new(Editing {
        kind,
        key,
        path,
        text,
        before,
        options,
        printer,
        saves,
        shows_patch,
        editor,
        rounds,
    })))
}

/// A program that edits.
#[derive(Clone, Debug)]
struct Editor {
    /// As it starts.
    program: Box<dyn Process>,
    /// As it is.
    running: Box<dyn Process>,
    /// Its words.
    name: String,
}

/// How often the editor was opened, and with what.
#[derive(Clone, Debug, Default)]
struct Rounds {
    count: u32,
    /// What was refused, without comments.
    refused: Option<String>,
}

/// What becomes of an edited text.
enum Verdict {
    Ended(i32),
    /// The editor opens again, and tells why.
    Again(Vec<String>),
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
    /// `--output-patch`
    shows_patch: bool,
    /// A program that edits; without one the page does.
    editor: Option<Editor>,
    rounds: Rounds,
}

impl Editing {
    /// Sends what has changed. Models k8s.io/kubectl/pkg/cmd/util/editor EditOptions.Run.
    fn finish(&mut self, world: &mut World<'_>, io: &mut Io) -> Verdict {
        let text = world.files.remove(&self.path).unwrap_or_default();
        let bare = without_comments(&text);
        if self.rounds.refused.as_ref().is_some_and(|refused| *refused == bare) || self.rounds.count > MOST_ROUNDS {
            return self.kept("Edit cancelled, no valid changes were saved.", &text, world, io);
        }
        let edited = match manifest::parse(&self.path, &text) {
            Ok(documents) => documents.into_iter().next().map(|document| document.value),
            Err(error) => return self.refused(&text, vec![error.text], world, io),
        };
        let Some(edited) = edited.filter(|edited| text != self.text && *edited != self.before) else {
            io.err("Edit cancelled, no changes made.\n");
            return Verdict::Ended(0);
        };
        if ["/apiVersion", "/kind", "/metadata/name"].iter().any(|at| edited.pointer(at) != self.before.pointer(at)) {
            return self.kept("At least one of apiVersion, kind and name was changed", &text, world, io);
        }
        let edited = if self.saves { with_last_applied(&edited, None) } else { edited };
        let patch = match two_way(&self.before, &edited, self.kind) {
            Ok(patch) => patch,
            Err(why) => return self.kept(&why, &text, world, io),
        };
        if self.shows_patch {
            io.out(format!("Patch: {patch}\n"));
        }
        match world.client_mut().patch(self.kind, &self.key, &patch, PatchType::of(self.kind), self.options.clone()) {
            Ok(applied) => {
                applied.warnings.iter().for_each(|warning| io.err(format!("Warning: {warning}\n")));
                let text = match &mut self.printer {
                    None => Ok(name_line_of(self.kind, &self.key.name, "edited")),
                    Some(printer) => printer.print(vec![applied.object.to_value()], true),
                };
                io.out(text.unwrap_or_default());
                Verdict::Ended(0)
            }
            Err(status) if status.reason == "Invalid" && !status.causes.is_empty() => {
                let causes = status.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
                self.refused(&text, causes, world, io)
            }
            Err(status) => {
                world.files.write(&self.path, text.as_str());
                let (about, path) = (qualified(self.kind), &self.path);
                io.err(format!("error: {about} {:?} could not be patched: {}\n", self.key.name, status.message));
                io.err(format!("You can run `kubectl replace -f {path}` to try this update again.\n"));
                Verdict::Ended(1)
            }
        }
    }

    /// What is not valid may be mended: the editor opens again. The page's editor stays as it is, so its file is kept.
    /// Models editResults.addError and editHeader.writeTo.
    fn refused(&mut self, text: &str, causes: Vec<String>, world: &mut World<'_>, io: &mut Io) -> Verdict {
        let about = format!("{} {:?}", qualified(self.kind), self.key.name);
        if self.editor.is_none() {
            let why = causes.join("\n");
            io.err(format!("error: {about} is invalid: {why}\n"));
            return self.kept("Edit cancelled, no valid changes were saved.", text, world, io);
        }
        io.err(format!("error: {about} is invalid\n"));
        self.rounds.refused = Some(without_comments(text));
        let mut reasons = vec![format!("{about} was not valid:")];
        reasons.extend(causes.into_iter().map(|cause| format!("* {}", cause.replace('\n', "\n# "))));
        Verdict::Again(reasons)
    }

    /// What was typed is kept. Models preservedFile.
    fn kept(&self, why: &str, text: &str, world: &mut World<'_>, io: &mut Io) -> Verdict {
        world.files.write(&self.path, text);
        io.err(format!("A copy of your changes has been stored to {:?}\nerror: {why}\n", self.path));
        Verdict::Ended(1)
    }

    /// Opens the editor again, with what was refused and the reasons on top.
    fn open_again(&mut self, reasons: &[String], world: &mut World<'_>) {
        let refused = self.rounds.refused.clone().unwrap_or_default();
        let reasons: String = reasons.iter().map(|reason| format!("# {reason}\n")).collect();
        world.files.write(&self.path, format!("{HEAD}{reasons}#\n{refused}"));
        self.rounds.count += 1;
        if let Some(editor) = &mut self.editor {
            editor.running = editor.program.clone();
        }
    }
}

/// The lines that are no comments. Models cmdutil.StripComments.
fn without_comments(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with('#')).collect()
}

impl Process for Editing {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        loop {
            match &mut self.editor {
                Some(editor) => match editor.running.poll(world, io) {
                    Poll::Exited(0) => {}
                    Poll::Exited(_) => {
                        world.files.remove(&self.path);
                        io.err(format!("error: there was a problem with the editor {:?}\n", editor.name));
                        return Poll::Exited(1);
                    }
                    waits => return waits,
                },
                None if world.files.edited() == Some(self.path.as_str()) => return Poll::Waiting,
                None => {}
            }
            match self.finish(world, io) {
                Verdict::Ended(code) => return Poll::Exited(code),
                Verdict::Again(reasons) => self.open_again(&reasons, world),
            }
        }
    }

    fn interrupt(&mut self, world: &mut World<'_>, _: &mut Io) -> i32 {
        world.files.end_edit();
        world.files.remove(&self.path);
        130
    }
}
