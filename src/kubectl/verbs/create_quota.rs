//! `kubectl create quota`.

use serde_json::{Map, Value, json};

use super::create::{failed_to_create, name_of, send};
use crate::api::{Kind, Quantity};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};

const DRY_RUN: Flag = Flag::optional("dry-run", "unchanged");
const OUTPUT: Flag = Flag::text("output", Some('o'));
const SAVE: Flag = Flag::switch("save-config", None);
const VALIDATE: Flag = Flag::optional("validate", "strict");

pub(super) const QUOTA: Command = Command {
    path: "create quota",
    aliases: &["resourcequota"],
    about: "Create a quota with the specified name",
    usage: "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]",
    flags: &[DRY_RUN, Flag::text("hard", None), OUTPUT, SAVE, Flag::text("scopes", None), VALIDATE],
    run: quota,
};

/// Models k8s.io/kubectl/pkg/cmd/create QuotaOpts.
fn quota(call: &mut Call<'_, '_>) -> Outcome {
    let name = name_of(call)?;
    let dry_run = call.flags.dry_run()?;
    let mut spec = Map::new();
    if let Some(text) = call.flags.text("hard").filter(|text| !text.is_empty()) {
        let mut hard = Map::new();
        for statement in text.split(',') {
            let Some((name, amount)) = statement.split_once('=').filter(|(_, amount)| !amount.contains('=')) else {
                let message = format!("Invalid argument syntax {statement}, expected <resource>=<value>");
                return Err(Failure::Plain(message));
            };
            let amount = Quantity::parse(amount).map_err(|why| Failure::Plain(why.to_string()))?;
            hard.insert(name.to_owned(), json!(amount.to_string()));
        }
        spec.insert("hard".to_owned(), Value::Object(hard));
    }
    if let Some(text) = call.flags.text("scopes").filter(|text| !text.is_empty()) {
        let scopes: Vec<&str> = text.split(',').collect();
        if scopes.contains(&"") {
            return Err(Failure::new("invalid resource quota scope \"\""));
        }
        spec.insert("scopes".to_owned(), json!(scopes));
    }
    let mut value = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": spec});
    if dry_run == DryRun::Client {
        field::set(&mut value, &["status"], json!({}));
    }
    let namespace = call.namespace();
    let done = send(call, Kind::ResourceQuota, &namespace, value, None, dry_run);
    done.map_err(|failure| failed_to_create(failure, "quota"))?;
    Ok(Next::Done)
}
