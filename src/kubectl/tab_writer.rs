//! Go's text/tabwriter, as far as kubectl uses it: cells end with a tab, the last cell of a line is free, and a
//! column lasts as long as consecutive lines have a cell in it.

/// Aligns tab-separated cells with spaces.
#[derive(Clone, Debug)]
pub struct TabWriter {
    min_width: usize,
    padding: usize,
    /// The widest each column has been; kept over flushes when the writer remembers widths.
    remembered: Option<Vec<usize>>,
    lines: Vec<Vec<String>>,
    out: String,
}

impl TabWriter {
    /// The writer of `kubectl get`: a later row never makes a column narrower.
    /// Models k8s.io/cli-runtime/pkg/printers GetNewTabWriter.
    pub fn for_tables() -> Self {
        Self::new(6, 3, Some(Vec::new()))
    }

    /// The writer of `kubectl describe`. Models k8s.io/kubectl/pkg/describe tabbedString.
    pub fn for_descriptions() -> Self {
        Self::new(0, 2, None)
    }

    fn new(min_width: usize, padding: usize, remembered: Option<Vec<usize>>) -> Self {
        Self { min_width, padding, remembered, lines: vec![vec![String::new()]], out: String::new() }
    }

    /// Takes text; tabs end cells, newlines end lines.
    pub fn write(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['\t', '\u{b}', '\n', '\u{c}']) {
            let (cell, ended) = rest.split_at(at);
            self.append(cell);
            match ended.as_bytes().first() {
                Some(b'\t' | b'\x0b') => self.end_cell(),
                Some(b'\n') => self.lines.push(vec![String::new()]),
                _ => {
                    self.lines.push(vec![String::new()]);
                    self.format();
                }
            }
            rest = ended.get(1..).unwrap_or_default();
        }
        self.append(rest);
    }

    /// The text so far, aligned; the next text starts new columns.
    pub fn flush(&mut self) -> String {
        self.format();
        if let Some(tail) = self.lines.pop().and_then(|mut cells| cells.pop()) {
            self.out.push_str(&tail);
        }
        self.lines = vec![vec![String::new()]];
        std::mem::take(&mut self.out)
    }

    /// Forgets how wide the columns have been.
    pub fn forget_widths(&mut self) {
        if let Some(widths) = &mut self.remembered {
            widths.clear();
        }
    }

    fn append(&mut self, text: &str) {
        if let Some(cell) = self.lines.last_mut().and_then(|cells| cells.last_mut()) {
            cell.push_str(text);
        }
    }

    fn end_cell(&mut self) {
        if let Some(cells) = self.lines.last_mut() {
            cells.push(String::new());
        }
    }

    /// Writes every line that has ended; an unfinished last line of a single cell stays.
    fn format(&mut self) {
        let widths = self.widths();
        let lines = std::mem::take(&mut self.lines);
        let last = lines.len() - 1;
        for (number, (cells, widths)) in lines.into_iter().zip(widths).enumerate() {
            if number == last && cells.len() == 1 {
                self.lines = vec![cells];
                return;
            }
            for (at, cell) in cells.iter().enumerate() {
                self.out.push_str(cell);
                if let Some(width) = widths.get(at) {
                    let missing = width.saturating_sub(cell.chars().count());
                    self.out.extend(std::iter::repeat_n(' ', missing));
                }
            }
            if number < last {
                self.out.push('\n');
            }
        }
        self.lines = vec![vec![String::new()]];
    }

    /// For each line the width of each of its columns. Models text/tabwriter Writer.format, without its recursion:
    /// a line's cells are a prefix of the columns, so a run in one column always lies within a run of the one before.
    fn widths(&mut self) -> Vec<Vec<usize>> {
        let mut widths: Vec<Vec<usize>> = self.lines.iter().map(|_| Vec::new()).collect();
        let mut having: Vec<usize> = (0..self.lines.len()).collect();
        for column in 0.. {
            having.retain(|&line| self.lines.get(line).is_some_and(|cells| cells.len() > column + 1));
            if having.is_empty() {
                return widths;
            }
            for run in having.chunk_by(|above, below| above + 1 == *below) {
                let width = self.run_width(run, column);
                for &line in run {
                    if let Some(line) = widths.get_mut(line) {
                        line.push(width);
                    }
                }
            }
        }
        widths
    }

    fn run_width(&mut self, run: &[usize], column: usize) -> usize {
        let cells = run.iter().filter_map(|&line| self.lines.get(line)?.get(column));
        let widest = cells.map(|cell| cell.chars().count() + self.padding).max().unwrap_or(0);
        let mut width = widest.max(self.min_width);
        if let Some(remembered) = &mut self.remembered {
            match remembered.get_mut(column) {
                Some(before) => {
                    width = width.max(*before);
                    *before = width;
                }
                None => remembered.push(width),
            }
        }
        width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_one_cell_ends_the_columns() {
        let mut writer = TabWriter::for_descriptions();
        writer.write("Name:\tweb\nLabels:\tapp=web\nEvents:\n  Type\tReason\n  Normal\tKilling");
        assert_eq!(writer.flush(), "Name:    web\nLabels:  app=web\nEvents:\n  Type    Reason\n  Normal  Killing");
    }

    #[test]
    fn tables_never_become_narrower() {
        let mut writer = TabWriter::for_tables();
        writer.write("a-long-name\tx\n");
        assert_eq!(writer.flush(), "a-long-name   x\n");
        writer.write("b\tx\n");
        assert_eq!(writer.flush(), "b             x\n");
        writer.forget_widths();
        writer.write("b\tx\n");
        assert_eq!(writer.flush(), "b     x\n");
    }
}
