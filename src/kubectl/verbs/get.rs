//! `kubectl get`.

use std::collections::BTreeSet;

use crate::api::{Kind, KubernetesVersion, Object, autoscaling_v1};
use crate::apiserver::Selectors;
use crate::client::{Client, Watch};
use crate::kubectl::TabWriter;
use crate::kubectl::answer::add_managers;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::output::{Printer, sort_by};
use crate::kubectl::printers::{Row, Table, TableOptions, TablePrinter, cells, columns};
use crate::kubectl::raw::{self, Method};
use crate::kubectl::resource_type::kind_prefix;
use crate::kubectl::selection::{Item, Rules, Selection, select};
use crate::process::{Io, Poll, Process, World};
use crate::sim::SimTime;

pub(super) const GET: Command = Command {
    path: "get",
    aliases: &[],
    about: "Display one or many resources",
    usage: "(TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
    flags: &[
        Flag::switch("all-namespaces", Some('A')),
        Flag::number("chunk-size", None),
        Flag::text("field-selector", None),
        Flag::list("filename", Some('f')),
        Flag::switch("ignore-not-found", None),
        Flag::list("label-columns", Some('L')),
        Flag::switch("no-headers", None),
        Flag::text("output", Some('o')),
        Flag::switch("output-watch-events", None),
        Flag::text("raw", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::switch("server-print", None),
        Flag::switch("show-kind", None),
        Flag::switch("show-labels", None),
        Flag::text("sort-by", None),
        Flag::text("subresource", None),
        Flag::switch("watch", Some('w')),
        Flag::switch("watch-only", None),
    ],
    run: get,
};

fn get(call: &mut Call<'_, '_>) -> Outcome {
    let watches = call.flags.switch("watch") || call.flags.switch("watch-only");
    let args = call.args().to_vec();
    if !watches && args.is_empty() && !call.has_files() && !call.flags.is_set("raw") {
        call.io.err(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
             supported resources.\n\n",
        );
        return Err(call.usage(
            "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that \
             resource (e.g. kubectl explain pods).",
        ));
    }
    if call.flags.is_set("raw") {
        return raw::run(call, Method::Get).map(|()| Next::Done);
    }
    let format = call.flags.text("output").unwrap_or_default().to_owned();
    if call.flags.switch("show-labels") && !matches!(format.as_str(), "" | "wide") {
        return Err(Failure::Plain(format!("--show-labels option cannot be used with {format} printer")));
    }
    if call.flags.switch("output-watch-events") && !watches {
        return Err(Failure::new("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    let is_bulk = args.len() < 2 && !args.iter().any(|arg| arg.contains('/')) && !call.has_files();
    if super::patch::subresource(call)?.is_some() && is_bulk {
        return Err(Failure::new("subresource cannot be used when bulk resources are specified"));
    }
    let selection = select(call, &args, Rules { types_alone: true, files_as_they_are: false })?;
    let no_headers = call.flags.switch("no-headers");
    let files = &call.world.files;
    let printer = Printer::parse(&format, true, no_headers, |path| files.read(path).map(str::to_owned))?
        .allowing_missing_keys(call.flags.switch_or("allow-missing-template-keys", true));
    if watches {
        return watch(call, selection, printer);
    }
    if printer.is_table() { print_tables(call, selection, &printer) } else { print_generic(call, selection, printer) }
}

fn failures(call: &Call<'_, '_>, failures: Vec<Failure>) -> Vec<Failure> {
    let ignores = call.flags.switch("ignore-not-found");
    failures.into_iter().filter(|failure| !(ignores && failure.is_not_found())).collect()
}

/// Models GetOptions.printGeneric.
fn print_generic(call: &mut Call<'_, '_>, selection: Selection, mut printer: Printer) -> Outcome {
    let failed = failures(call, selection.failures);
    if selection.single
        && let Some(failure) = Failure::from_all(failed.clone())
    {
        return Err(failure);
    }
    if selection.items.is_empty() && call.flags.switch("ignore-not-found") {
        return finish(failed);
    }
    let as_v1 = asks_for_v1(call);
    let shown = |item: &Item| {
        let mut value = item.object.as_ref()?.to_value();
        call.add_managers(item.kind, &mut value, &printer);
        Some(if as_v1 { autoscaling_v1::to_v1(&value) } else { value })
    };
    let mut objects: Vec<_> = selection.items.iter().filter_map(shown).collect();
    if let Some(path) = call.flags.text("sort-by").filter(|path| !path.is_empty()) {
        objects = sort_by(&objects, path)?.into_iter().filter_map(|at| objects.get(at).cloned()).collect();
    }
    let text = printer.print(objects, selection.single)?;
    call.io.out(text);
    finish(failed)
}

/// Whether the line asks for autoscalers in their older version, as `hpa.v1.autoscaling` does.
fn asks_for_v1(call: &Call<'_, '_>) -> bool {
    let types = call.args().first().map_or("", String::as_str);
    types.split('/').next().is_some_and(|types| types.ends_with(".v1.autoscaling"))
}

fn finish(failures: Vec<Failure>) -> Outcome {
    match Failure::from_all(failures) {
        Some(failure) => Err(failure),
        None => Ok(Next::Done),
    }
}

fn table_options(call: &Call<'_, '_>, kind: Kind, printer: &Printer, with_kind: bool) -> TableOptions {
    TableOptions {
        no_headers: call.flags.switch("no-headers"),
        wide: matches!(printer, Printer::Table { wide: true }),
        with_namespace: call.flags.switch("all-namespaces") && !kind.is_cluster_scoped(),
        kind_prefix: if with_kind || call.flags.switch("show-kind") { kind_prefix(kind) } else { String::new() },
        show_labels: call.flags.switch("show-labels"),
        label_columns: call.flags.texts("label-columns").to_vec(),
    }
}

/// Sorts each kind's rows by the value at `path`. Of a kind whose rows do not have the field, or whose path cannot be
/// read, nothing is shown, unless it is one row, which has nothing to be sorted by: the printer's error is dropped.
/// Models k8s.io/kubectl/pkg/cmd/get SortingPrinter.PrintObj as GetOptions.Run calls it.
fn sorted_tables(items: &[Item], values: &[serde_json::Value], path: &str) -> Vec<Item> {
    let mut sorted = Vec::new();
    let mut begin = 0;
    for group in items.chunk_by(|a, b| a.kind == b.kind) {
        let own = values.get(begin..begin + group.len()).unwrap_or_default();
        begin += group.len();
        match sort_by(own, path) {
            Ok(order) => sorted.extend(order.into_iter().filter_map(|at| group.get(at).cloned())),
            Err(_) if group.len() == 1 => sorted.extend(group.iter().cloned()),
            Err(_) => {}
        }
    }
    sorted
}

/// Models GetOptions.Run's loop over tables: one table a kind, an empty line between.
fn print_tables(call: &mut Call<'_, '_>, selection: Selection, printer: &Printer) -> Outcome {
    let failed = failures(call, selection.failures);
    let mut items = selection.items;
    if let Some(path) = call.flags.text("sort-by").filter(|path| !path.is_empty()) {
        let values: Vec<_> = items.iter().filter_map(|item| Some(item.object.as_ref()?.to_value())).collect();
        items = sorted_tables(&items, &values, path);
    }
    let kinds: BTreeSet<Kind> = items.iter().map(|item| item.kind).collect();
    let (now, version) = (call.world.client().now(), call.world.client().version());
    let mut text = String::new();
    for group in items.chunk_by(|a, b| a.kind == b.kind) {
        let Some(kind) = group.first().map(|item| item.kind) else { continue };
        let options = table_options(call, kind, printer, kinds.len() > 1);
        let rows = group.iter().filter_map(|item| Some(row(item.object.as_ref()?, now, version))).collect();
        let mut out = TabWriter::for_tables();
        TablePrinter::default().print(&Table { columns: columns(kind), rows }, &options, None, &mut out);
        if !text.is_empty() && !options.no_headers {
            text.push('\n');
        }
        text.push_str(&out.flush());
    }
    if text.is_empty() && failed.is_empty() && !call.flags.switch("ignore-not-found") {
        call.io.err(no_resources(call));
    }
    call.io.out(text);
    finish(failed)
}

fn no_resources(call: &Call<'_, '_>) -> String {
    let types = call.args().first().map_or("", String::as_str);
    let cluster_scoped = crate::kubectl::resource_type::parse_types(call.world.client(), types)
        .is_ok_and(|kinds| kinds.iter().any(|kind| kind.is_cluster_scoped()));
    if call.flags.switch("all-namespaces") || cluster_scoped {
        "No resources found\n".to_owned()
    } else {
        format!("No resources found in {} namespace.\n", call.namespace())
    }
}

fn row(object: &Object, now: SimTime, version: KubernetesVersion) -> Row {
    let metadata = object.metadata();
    Row { cells: cells(object, now, version), namespace: metadata.namespace.clone(), labels: metadata.labels.clone() }
}

/// Models GetOptions.watch: what is there, then every change.
fn watch(call: &mut Call<'_, '_>, selection: Selection, printer: Printer) -> Outcome {
    let failed = failures(call, selection.failures);
    if let Some(failure) = Failure::from_all(failed) {
        return Err(failure);
    }
    if call.has_files() && selection.items.len() != 1 {
        return Err(Failure::Plain(format!(
            "watch is only supported on individual resources and resource collections - {} resources were found",
            selection.items.len()
        )));
    }
    let named = call.has_files() || call.args().len() > 1 || call.args().iter().any(|arg| arg.contains('/'));
    let of_file = selection.items.first().filter(|_| call.has_files());
    let types = match of_file {
        Some(item) => kind_prefix(item.kind),
        None => call.args().first().cloned().unwrap_or_default(),
    };
    let kinds =
        crate::kubectl::resource_type::parse_types(call.world.client(), types.split('/').next().unwrap_or_default())?;
    let [kind] = kinds.as_slice() else {
        return Err(Failure::new("you may only specify a single resource type"));
    };
    if named && selection.items.len() > 1 {
        return Err(Failure::new(
            "watch is only supported on individual resources and resource collections - more than 1 resource was found",
        ));
    }
    let all = call.flags.switch("all-namespaces") || kind.is_cluster_scoped();
    let events = Watch {
        namespace: (!all).then(|| call.namespace()),
        name: if named { selection.items.first().map(|item| item.key.name.to_string()) } else { None },
        // The list before the watch has read them already.
        selectors: Selectors::parse(
            *kind,
            call.flags.text("selector").unwrap_or_default(),
            call.flags.text("field-selector").unwrap_or_default(),
        )
        .unwrap_or_default(),
        shown: selection.items.iter().map(|item| uid(item).to_owned()).collect(),
        ..call.world.client_mut().watch(*kind)
    };
    let mut watch = Watching {
        events,
        options: table_options(call, *kind, &printer, false),
        printer,
        table: TablePrinter::default(),
        tabs: TabWriter::for_tables(),
        with_events: call.flags.switch("output-watch-events"),
        with_managers: call.flags.switch("show-managed-fields"),
        until: end_of_request(call),
    };
    if !call.flags.switch("watch-only") {
        let now = call.world.client().now();
        for object in selection.items.iter().filter_map(|item| item.object.as_ref()) {
            watch.print(object, "ADDED", now, call.world.client())?;
        }
        let text = watch.tabs.flush();
        call.io.out(text);
    }
    Ok(Next::Wait(Box::new(watch)))
}

fn uid(item: &Item) -> &str {
    item.object.as_ref().map_or("", |object| &object.metadata().uid)
}

/// `kubectl get -w` after the first list.
#[derive(Clone, Debug)]
struct Watching {
    events: Watch,
    options: TableOptions,
    printer: Printer,
    table: TablePrinter,
    tabs: TabWriter,
    with_events: bool,
    /// `--show-managed-fields`
    with_managers: bool,
    /// When the request is over: `--request-timeout`.
    until: SimTime,
}

/// When a request that begins now has to be over. Models clientcmd.ParseTimeout: a number alone is of seconds, 0 for ever.
fn end_of_request(call: &Call<'_, '_>) -> SimTime {
    let text = call.flags.text("request-timeout").unwrap_or_default();
    let seconds = text.parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1000));
    let ms = seconds.or_else(|| call.flags.duration_ms("request-timeout").and_then(|ms| u64::try_from(ms).ok()));
    ms.filter(|ms| *ms > 0).map_or(SimTime::NEVER, |ms| call.world.client().now() + ms)
}

impl Watching {
    fn print(&mut self, object: &Object, event: &str, now: SimTime, client: &dyn Client) -> Result<(), String> {
        if self.printer.is_table() {
            let table = Table { columns: columns(self.events.kind), rows: vec![row(object, now, client.version())] };
            self.table.print(&table, &self.options, self.with_events.then_some(event), &mut self.tabs);
            return Ok(());
        }
        let mut value = object.to_value();
        if self.printer.shows_managers(self.with_managers) {
            add_managers(client, object.kind(), &mut value);
        }
        if self.with_events {
            value = serde_json::json!({"type": event, "object": value});
        }
        let text = self.printer.print(vec![value], true)?;
        self.tabs.write(&text);
        Ok(())
    }
}

impl Process for Watching {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        for event in world.client().events(&mut self.events) {
            if let Err(error) = self.print(&event.object, event.kind.as_str(), event.at, world.client()) {
                io.err(Failure::Plain(error).report());
                return Poll::Exited(1);
            }
            io.out(self.tabs.flush());
        }
        match self.until {
            SimTime::NEVER => Poll::Waiting,
            until if world.client().now() >= until => Poll::Exited(0),
            until => Poll::ChangesUntil(until),
        }
    }
}
