//! `kubectl explain`: the fields of a type, as a tree. The API's own descriptions are not kept here.

use crate::api::Kind;
use crate::api::schema::{Field, Shape, Type, of_kind};
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::resource_type::parse_type;
use crate::sorting;

pub(super) const EXPLAIN: Command = Command {
    path: "explain",
    aliases: &[],
    about: "Get documentation for a resource",
    usage: "TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group]",
    flags: &[Flag::text("api-version", None), Flag::format(), Flag::switch("recursive", None)],
    run: explain,
};

/// Below this a type is not opened any more; only types that hold themselves are deeper.
const DEEPEST: usize = 12;

fn explain(call: &mut Call<'_, '_>) -> Outcome {
    let [path] = call.args() else {
        let text = if call.args().is_empty() {
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of \
             supported resources."
        } else {
            "We accept only this format: explain RESOURCE"
        };
        return Err(Failure::new(text));
    };
    if let Some(format) = call.flags.text("output").filter(|format| !matches!(*format, "" | "plaintext")) {
        return Err(Failure::Plain(format!("the lab's kubectl explains as plaintext, not as {format:?}")));
    }
    let mut names = path.split('.');
    let kind = parse_type(call.world.client(), names.next().unwrap_or_default())?;
    if let Some(version) = call.flags.text("api-version").filter(|version| *version != kind.api_version()) {
        let (kind, known) = (kind.as_str(), kind.api_version());
        return Err(Failure::Plain(format!("the lab knows a {kind} of {known}, not of {version:?}")));
    }
    // `deployments.apps` names the group as well.
    let names: Vec<&str> = names.filter(|name| !is_group(kind, name)).collect();
    let mut text = head(kind);
    let mut present = of_kind(kind);
    let mut found: Option<&'static Field> = None;
    for name in &names {
        let Some(field) = present.json_fields().into_iter().find(|field| field.name == *name) else {
            return Err(Failure::Plain(format!("field {name:?} does not exist")));
        };
        found = Some(field);
        present = struct_below(&field.shape).unwrap_or_else(empty);
    }
    if let Some(field) = found {
        text.push_str(&format!("FIELD: {} {}\n\n", field.name, type_of(&field.shape)));
    }
    text.push_str("DESCRIPTION:\n    <the lab keeps the fields and their types, not their descriptions>\n");
    if !present.fields.is_empty() {
        text.push_str("\nFIELDS:\n");
        write_fields(present, 1, call.flags.switch("recursive"), &mut text);
    }
    call.io.out(text + "\n");
    Ok(Next::Done)
}

fn empty() -> &'static Type {
    static EMPTY: Type = Type { name: "", package: "", fields: Vec::new(), is_atomic: false };
    &EMPTY
}

fn is_group(kind: Kind, name: &str) -> bool {
    kind.group().split('.').any(|part| part == name) && kind.group() != ""
}

fn head(kind: Kind) -> String {
    let version = kind.api_version().rsplit('/').next().unwrap_or_default();
    let group = if kind.group().is_empty() { String::new() } else { format!("GROUP:      {}\n", kind.group()) };
    format!("{group}KIND:       {}\nVERSION:    {version}\n\n", kind.as_str())
}

fn write_fields(owner: &'static Type, depth: usize, recursive: bool, text: &mut String) {
    let mut fields = owner.json_fields();
    sorting::sort_by_key(&mut fields, |field| field.name);
    for field in fields {
        text.push_str(&format!("{}{}\t{}\n", "  ".repeat(depth), field.name, type_of(&field.shape)));
        if let Some(below) = struct_below(&field.shape).filter(|_| recursive && depth < DEEPEST) {
            write_fields(below, depth + 1, recursive, text);
        }
    }
}

fn struct_below(shape: &'static Shape) -> Option<&'static Type> {
    match shape {
        Shape::Pointer(inner) | Shape::Slice(inner) | Shape::Map(_, inner) => struct_below(inner),
        other => other.as_struct(),
    }
}

fn type_of(shape: &Shape) -> String {
    format!("<{}>", shape.openapi_type())
}
