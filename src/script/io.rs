//! A command's standard input, output and error.

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A piece of output, in the order in which it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it goes.
    pub stream: Stream,
    /// What was written; not necessarily whole lines.
    pub text: String,
}

/// What reading gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line, without its line feed.
    Line(String),
    /// Nothing yet: return [`super::Poll::Waiting`] and try again.
    Pending,
    /// There will be no more.
    End,
}

/// A process's standard input, output and error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Io {
    input: String,
    /// How many bytes of `input` have been read.
    consumed: usize,
    input_open: bool,
    chunks: Vec<Chunk>,
    /// How many bytes are in `chunks`.
    unread_bytes: usize,
    /// Whether more was written than is held.
    is_cut: bool,
}

/// The most that a process may write before somebody takes it: whatever more it writes is dropped.
pub const MAX_UNREAD_BYTES: usize = 16 << 20;

impl Io {
    /// An input that holds all of `text`.
    pub fn with_input(text: impl Into<String>) -> Self {
        Self { input: text.into(), ..Self::default() }
    }

    /// An input that may still grow by [`Io::feed`], until [`Io::close_input`].
    pub fn with_open_input() -> Self {
        Self { input_open: true, ..Self::default() }
    }

    /// Adds to the input.
    pub fn feed(&mut self, text: &str) {
        if self.consumed == self.input.len() {
            self.input.clear();
            self.consumed = 0;
        }
        self.input.push_str(text);
    }

    /// Says that the input is complete.
    pub fn close_input(&mut self) {
        self.input_open = false;
    }

    /// Whether the input may still grow.
    pub fn is_input_open(&self) -> bool {
        self.input_open
    }

    /// Exchanges the inputs of two: a command inside of another reads what that one would read.
    pub(crate) fn swap_input(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.input, &mut other.input);
        std::mem::swap(&mut self.consumed, &mut other.consumed);
        std::mem::swap(&mut self.input_open, &mut other.input_open);
    }

    /// Whether something has not been read yet.
    pub(crate) fn has_input(&self) -> bool {
        self.consumed < self.input.len()
    }

    /// Takes the next line of the input; the last one need not end with a line feed.
    pub fn read_line(&mut self) -> Input {
        match self.read_line_as_it_is() {
            Input::Line(mut line) => {
                if line.ends_with('\n') {
                    line.pop();
                }
                Input::Line(line)
            }
            other => other,
        }
    }

    /// As [`Io::read_line`], with the line feed where there is one.
    pub fn read_line_as_it_is(&mut self) -> Input {
        let rest = self.input.get(self.consumed..).unwrap_or_default();
        let line = match rest.find('\n') {
            Some(at) => rest.get(..=at).unwrap_or(rest),
            None if self.input_open => return Input::Pending,
            None if rest.is_empty() => return Input::End,
            None => rest,
        };
        let line = line.to_owned();
        self.consumed += line.len();
        Input::Line(line)
    }

    /// Takes the whole rest of the input, or nothing while it may still grow.
    pub fn read_all(&mut self) -> Option<String> {
        if self.input_open {
            return None;
        }
        let rest = self.input.split_off(self.consumed.min(self.input.len()));
        self.input.clear();
        self.consumed = 0;
        Some(rest)
    }

    /// Writes to standard output.
    pub fn out(&mut self, text: impl AsRef<str>) {
        self.write(Stream::Out, text.as_ref());
    }

    /// Writes to standard error.
    pub fn err(&mut self, text: impl AsRef<str>) {
        self.write(Stream::Err, text.as_ref());
    }

    /// Writes to `stream`.
    pub fn write(&mut self, stream: Stream, text: &str) {
        if text.is_empty() || self.is_cut {
            return;
        }
        if self.unread_bytes + text.len() > MAX_UNREAD_BYTES {
            self.is_cut = true;
            return;
        }
        self.unread_bytes += text.len();
        match self.chunks.last_mut() {
            Some(last) if last.stream == stream => last.text.push_str(text),
            _ => self.chunks.push(Chunk { stream, text: text.to_owned() }),
        }
    }

    /// How many bytes nobody has taken yet.
    pub fn unread_bytes(&self) -> usize {
        self.unread_bytes
    }

    /// Whether more than [`MAX_UNREAD_BYTES`] was written at once.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// How many bytes of the input have not been read yet.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.input.len() - self.consumed.min(self.input.len())
    }

    /// Writes what `from` holds.
    pub(crate) fn pour(&mut self, from: &mut Self) {
        let is_cut = from.is_cut;
        for chunk in from.take_chunks() {
            self.write(chunk.stream, &chunk.text);
        }
        self.is_cut |= is_cut;
    }

    /// Takes what was written so far.
    pub fn take_chunks(&mut self) -> Vec<Chunk> {
        self.unread_bytes = 0;
        self.is_cut = false;
        std::mem::take(&mut self.chunks)
    }
}
