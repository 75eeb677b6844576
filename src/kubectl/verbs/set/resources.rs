//! `kubectl set resources`.

use serde_json::{Map, Value, json};

use super::{RECORDED, SELECTED, SHARED, Words, change_all, containers_of, finish, is_wanted, pod_spec, select_all};
use crate::api::Quantity;
use crate::kubectl::command::{Call, Command, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{Flag, with_flags};

pub(crate) const RESOURCES: Command = Command {
    path: "set resources",
    aliases: &[],
    about: "Update resource requests/limits on objects with pod templates",
    usage: "(-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
    flags: with_flags!(
        SHARED,
        [
            SELECTED,
            RECORDED,
            Flag::text("containers", Some('c')),
            Flag::text("limits", None),
            Flag::text("requests", None),
        ]
    ),
    run: set_resources,
};

/// Models k8s.io/kubectl/pkg/cmd/set SetResourcesOptions.
fn set_resources(call: &mut Call<'_, '_>) -> Outcome {
    let objects = call.args().to_vec();
    let (limits, requests) = (quantities(call, "limits")?, quantities(call, "requests")?);
    if limits.is_empty() && requests.is_empty() {
        return Err(Failure::new(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let items = select_all(call, &objects)?;
    let wanted = call.flags.text("containers").unwrap_or("*").to_owned();
    let mut missing = Vec::new();
    let words = Words {
        done: "resource requirements updated",
        failed: "failed to patch resources update to pod template ",
        says_unchanged: false,
    };
    let changed = change_all(call, items, &words, |_, item, value| {
        let spec = pod_spec(item.kind, value)?;
        let mut found = false;
        for container in containers_of(spec).filter(|container| is_wanted(container, &wanted)) {
            found = true;
            for (name, amounts) in [("limits", &limits), ("requests", &requests)] {
                for (resource, amount) in amounts {
                    field::set(container, &["resources", name, resource.as_str()], amount.clone());
                }
            }
        }
        if !found {
            missing.push(Failure::Plain(format!("error: unable to find container named {wanted}")));
        }
        Ok(())
    });
    missing.extend(changed.err().unwrap_or_default());
    finish(if missing.is_empty() { Ok(()) } else { Err(missing) })
}

fn quantities(call: &Call<'_, '_>, flag: &str) -> Result<Map<String, Value>, Failure> {
    let text = call.flags.text(flag).unwrap_or_default();
    let pair = |pair: &str| {
        let (name, amount) = pair
            .split_once('=')
            .ok_or_else(|| Failure::Plain(format!("invalid argument syntax {pair}, expected <resource>=<value>")))?;
        Quantity::parse(amount).map_err(|why| Failure::Plain(format!("{why}")))?;
        Ok((name.to_owned(), json!(amount)))
    };
    text.split(',').filter(|part| !part.is_empty()).map(pair).collect()
}
