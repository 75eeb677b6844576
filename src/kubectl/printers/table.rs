//! The printer of tables: headers, truncation, and the columns that flags add.

use crate::api::StringMap;
use crate::kubectl::tab_writer::TabWriter;

use super::selector::format_labels;

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Printed in capitals.
    pub name: String,
    /// Whether only `-o wide` shows it.
    pub wide: bool,
}

/// One object's line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// In the order of the columns.
    pub cells: Vec<String>,
    /// For the namespace column.
    pub namespace: String,
    /// For the label columns.
    pub labels: StringMap,
}

/// Columns and rows of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Heads.
    pub columns: Vec<Column>,
    /// Lines.
    pub rows: Vec<Row>,
}

/// What the flags of `kubectl get` change about a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// `--no-headers`.
    pub no_headers: bool,
    /// `-o wide`.
    pub wide: bool,
    /// `-A`: the namespace comes first.
    pub with_namespace: bool,
    /// Prefix of the names, such as `deployment.apps`; empty for none.
    pub kind_prefix: String,
    /// `--show-labels`.
    pub show_labels: bool,
    /// `-L`: the values of these labels.
    pub label_columns: Vec<String>,
}

/// Prints tables; the headers again only when the columns change.
#[derive(Clone, Debug, Default)]
pub struct TablePrinter {
    last_columns: Option<Vec<Column>>,
    printed_headers: bool,
}

impl Column {
    /// A column that is always shown.
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), wide: false }
    }

    /// A column that only `-o wide` shows.
    pub fn wide(name: &str) -> Self {
        Self { name: name.to_owned(), wide: true }
    }
}

impl TablePrinter {
    /// Writes `table`. Models k8s.io/cli-runtime/pkg/printers HumanReadablePrinter.PrintObj; `event` is the first
    /// column of `--output-watch-events`.
    pub fn print(&mut self, table: &Table, options: &TableOptions, event: Option<&str>, out: &mut TabWriter) {
        let same_columns = self.last_columns.as_ref() == Some(&table.columns);
        let no_headers = options.no_headers || (self.printed_headers && same_columns);
        if !same_columns {
            self.last_columns = Some(table.columns.clone());
            self.printed_headers = false;
        }
        if table.rows.is_empty() {
            return;
        }
        self.printed_headers = true;
        if !no_headers {
            let heads = heads(table, options, event.is_some());
            out.write(&heads.join("\t"));
            out.write("\n");
        }
        for row in &table.rows {
            let mut cells: Vec<String> = event.map(formatted_event).into_iter().collect();
            cells.extend(row_cells(table, row, options));
            let cells: Vec<String> = cells.iter().map(|cell| shown(cell)).collect();
            out.write(&cells.join("\t"));
            out.write("\n");
        }
    }
}

fn heads(table: &Table, options: &TableOptions, with_event: bool) -> Vec<String> {
    let mut heads = Vec::new();
    if with_event {
        heads.push("EVENT".to_owned());
    }
    if options.with_namespace {
        heads.push("NAMESPACE".to_owned());
    }
    let columns = table.columns.iter().filter(|column| options.wide || !column.wide);
    heads.extend(columns.map(|column| column.name.to_uppercase()));
    let last_part = |label: &String| label.rsplit('/').next().unwrap_or_default().to_uppercase();
    heads.extend(options.label_columns.iter().map(last_part));
    if options.show_labels {
        heads.push("LABELS".to_owned());
    }
    heads
}

/// Models k8s.io/cli-runtime/pkg/printers decorateTable.
fn row_cells(table: &Table, row: &Row, options: &TableOptions) -> Vec<String> {
    let mut cells = Vec::new();
    if options.with_namespace {
        cells.push(row.namespace.clone());
    }
    for (column, cell) in table.columns.iter().zip(&row.cells) {
        if column.wide && !options.wide {
            continue;
        }
        if column.name == "Name" && !options.kind_prefix.is_empty() {
            cells.push(format!("{}/{cell}", options.kind_prefix));
        } else {
            cells.push(cell.clone());
        }
    }
    cells.extend(options.label_columns.iter().map(|label| row.labels.get(label).cloned().unwrap_or_default()));
    if options.show_labels {
        cells.push(format_labels(&row.labels));
    }
    cells
}

fn formatted_event(event: &str) -> String {
    format!("{event:<8}")
}

/// A cell ends at its first line break. Models k8s.io/cli-runtime/pkg/printers printTable.
fn shown(cell: &str) -> String {
    match cell.find(['\u{c}', '\n', '\r']) {
        Some(at) => escape_terminal(cell.get(..at).unwrap_or_default()) + "...",
        None => escape_terminal(cell),
    }
}

/// Makes control characters of terminals visible. Models k8s.io/cli-runtime/pkg/printers WriteEscaped.
pub fn escape_terminal(text: &str) -> String {
    text.replace('\u{1b}', "^[").replace('\r', "\\r")
}
