//! What a command says about an object that it has written: what `-o` asks for, else a line with its name.

use serde_json::Value;

use super::command::Call;
use super::failure::Failure;
use super::flags::DryRun;
use super::output::{Printer, json, name_line_of};
use crate::api::Kind;
use crate::api::schema::as_typed;
use crate::api::well_known::CHANGE_CAUSE;
use crate::apiserver::{Key, WriteOptions};
use crate::client::Client;

/// How kubectl holds the object that it prints, which decides the order of its fields in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// As its Go struct.
    Typed,
    /// As a map.
    Map,
}

/// What a command's writes are managed under when `--field-manager` does not say; of the others it is `kubectl`, as their
/// user agent is.
const MANAGERS: [&str; 10] =
    ["annotate", "create", "edit", "expose", "label", "patch", "replace", "rollout", "run", "set"];

/// Adds `metadata.managedFields` of the object of this name, if it is the stored one.
pub(super) fn add_managers(client: &dyn Client, kind: Kind, value: &mut Value) {
    let text = |name: &str| super::field::text(value, name).to_owned();
    let key = Key::new(text("/metadata/namespace"), text("/metadata/name"));
    let Some(object) = client.peek(kind, &key) else { return };
    if object.metadata().uid != text("/metadata/uid") {
        return;
    }
    let managers = client.managers(&object);
    if !managers.is_empty() {
        super::field::set(value, &["metadata", "managedFields"], managers.to_value(kind));
    }
}

impl Call<'_, '_> {
    /// How the API server is to handle a write of this command.
    pub fn write_options(&self, dry_run: DryRun) -> WriteOptions {
        let given = self.flags.text("field-manager").filter(|name| !name.is_empty()).map(str::to_owned);
        let verb = self.command.path.split(' ').next().unwrap_or_default();
        let field_manager = given.unwrap_or_else(|| match verb {
            "taint" => "kubectl-taint".to_owned(),
            "apply" if self.command.path == "apply" && !self.flags.switch("server-side") => {
                "kubectl-client-side-apply".to_owned()
            }
            verb if MANAGERS.contains(&verb) => format!("kubectl-{verb}"),
            _ => "kubectl".to_owned(),
        });
        WriteOptions {
            dry_run: dry_run == DryRun::Server,
            field_manager: Some(field_manager),
            ..WriteOptions::default()
        }
    }

    /// Adds `metadata.managedFields` where the printer shows it: in templates always, in YAML and JSON when asked for.
    /// Models printers.OmitManagedFieldsPrinter.
    pub fn add_managers(&self, kind: Kind, value: &mut Value, printer: &Printer) {
        if printer.shows_managers(self.flags.switch("show-managed-fields")) {
            add_managers(self.world.client(), kind, value);
        }
    }

    /// What `-o` asks for; none without it.
    ///
    /// # Errors
    /// When there is no such format, or its template cannot be read.
    pub fn printer(&self) -> Result<Option<Printer>, Failure> {
        let Some(format) = self.flags.text("output").filter(|format| !format.is_empty()) else { return Ok(None) };
        let files = &self.world.files;
        let printer = Printer::parse(format, false, false, |path| files.read(path).map(str::to_owned))?;
        Ok(Some(printer.allowing_missing_keys(self.flags.switch_or("allow-missing-template-keys", true))))
    }

    /// `--record`: notes the command in the object. Models genericclioptions.ChangeCauseRecorder.
    pub fn record(&self, object: &mut Value) {
        if self.flags.switch("record") {
            let place = ["metadata", "annotations", CHANGE_CAUSE];
            super::field::set(object, &place, Value::String(self.command_line()));
        }
    }

    /// The command line as kubectl notes it: what is no flag, then each flag. Models parseCommandArguments.
    fn command_line(&self) -> String {
        let mut line = self.full_name();
        for arg in self.args() {
            line.push(' ');
            line.push_str(arg);
        }
        for (name, value) in &self.flags.given {
            line.push_str(&format!(" --{name}={value}"));
        }
        line
    }

    /// Prints the object, or `deployment.apps/web scaled (dry run)`. Models genericclioptions.PrintFlags.
    ///
    /// # Errors
    /// When the format does not fit.
    pub fn answer(
        &mut self,
        kind: Kind,
        object: Value,
        operation: &str,
        dry_run: DryRun,
        held: Held,
    ) -> Result<(), Failure> {
        let text = match self.printer()? {
            None => {
                let name = super::field::text(&object, "/metadata/name");
                name_line_of(kind, name, &format!("{operation}{}", dry_run.suffix()))
            }
            Some(Printer::Json) if held == Held::Typed => {
                let mut object = object;
                self.add_managers(kind, &mut object, &Printer::Json);
                json::pretty_typed(kind, &as_typed(kind, &object))
            }
            Some(mut printer) => {
                let mut object = object;
                self.add_managers(kind, &mut object, &printer);
                let object = if held == Held::Typed { as_typed(kind, &object) } else { object };
                printer.print(vec![object], true)?
            }
        };
        self.io.out(text);
        Ok(())
    }
}
