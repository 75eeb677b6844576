//! What a visitor works at: the files, the terminals, and the ports that these forward.

use crate::cluster::Cluster;
use crate::process::{Chunk, Files, Forwards, World};
use crate::shell::Terminal;
use crate::sim::SimTime;

/// Terminals that can be open.
pub const MAX_TERMINALS: usize = 8;
/// What is typed into this terminal and those behind it is out of the visitor's sight.
pub const HIDDEN_TERMINAL: usize = 6;

/// Files, terminals and forwarded ports. The cluster that they reach is given to each method that needs it.
#[derive(Clone, Debug)]
pub struct Desk {
    pub files: Files,
    forwards: Forwards,
    seats: Vec<Seat>,
}

/// A terminal with what it has written and nobody has taken.
#[derive(Clone, Debug, Default)]
struct Seat {
    terminal: Terminal,
    output: Vec<Chunk>,
}

impl Desk {
    /// These files, and one terminal.
    pub fn new(files: Files) -> Self {
        Self { files, forwards: Forwards::new(), seats: vec![Seat::default()] }
    }

    /// A terminal; none when nothing was typed into it yet.
    pub fn terminal(&self, number: usize) -> Option<&Terminal> {
        self.seats.get(number).map(|seat| &seat.terminal)
    }

    /// As [`Desk::terminal`], to act on.
    pub fn terminal_mut(&mut self, number: usize) -> Option<&mut Terminal> {
        self.seats.get_mut(number).map(|seat| &mut seat.terminal)
    }

    /// A terminal, opened when it is new; none beyond [`MAX_TERMINALS`].
    pub fn open(&mut self, number: usize) -> Option<&mut Terminal> {
        if number >= MAX_TERMINALS {
            return None;
        }
        while self.seats.len() <= number {
            self.seats.push(Seat::default());
        }
        self.terminal_mut(number)
    }

    /// What a terminal has written since this was last asked.
    pub fn take_output(&mut self, number: usize) -> Vec<Chunk> {
        self.seats.get_mut(number).map(|seat| std::mem::take(&mut seat.output)).unwrap_or_default()
    }

    /// Ctrl-C in a terminal that is there.
    pub fn interrupt(&mut self, number: usize, cluster: &mut Cluster) {
        let Self { files, forwards, seats } = self;
        if let Some(seat) = seats.get_mut(number) {
            seat.output.extend(seat.terminal.interrupt(&mut World { cluster, files, forwards }));
        }
    }

    /// What the word before `cursor` (in bytes) could be: whole words, in order.
    pub fn complete(&mut self, number: usize, line: &str, cursor: usize, cluster: &mut Cluster) -> Vec<String> {
        let Self { files, forwards, seats } = self;
        // A terminal into which nothing was typed yet has no seat.
        let fresh = Terminal::new();
        let terminal = seats.get(number).map_or(&fresh, |seat| &seat.terminal);
        terminal.complete(line, cursor, &World { cluster, files, forwards })
    }

    /// Lets every terminal run on as far as it goes without time passing.
    pub fn poll(&mut self, cluster: &mut Cluster) {
        self.poll_each(cluster);
        // A request through a forwarded port is news for the kubectl behind it, which may have been asked already.
        if self.forwards.values().any(|forward| !forward.connections.is_empty()) {
            self.poll_each(cluster);
        }
    }

    fn poll_each(&mut self, cluster: &mut Cluster) {
        let Self { files, forwards, seats } = self;
        for seat in seats {
            let mut world = World { cluster: &mut *cluster, files: &mut *files, forwards: &mut *forwards };
            seat.output.extend(seat.terminal.poll(&mut world));
        }
    }

    /// Whether a terminal has something to do at `now`: its time has come, or it waits for changes and there were some.
    pub fn is_due(&self, now: SimTime, has_changed: bool) -> bool {
        self.terminals().any(|terminal| {
            terminal.wants_poll_at().is_some_and(|at| at <= now) || (has_changed && terminal.waits_for_changes())
        })
    }

    /// When a terminal goes on by itself next.
    pub fn next_at(&self) -> Option<SimTime> {
        self.terminals().filter_map(Terminal::wants_poll_at).min()
    }

    /// Until when a command is at work at least; none when those that run wait or sleep.
    pub fn works_until(&self) -> Option<SimTime> {
        self.terminals().filter_map(Terminal::works_until).min()
    }

    /// Whether no terminal does anything by itself.
    pub fn is_calm(&self) -> bool {
        self.files.edited().is_none() && self.terminals().all(|terminal| !terminal.is_busy() && !terminal.has_jobs())
    }

    /// Whether a command holds a terminal and waits for nothing but the clock.
    pub fn waits_for_clock(&self) -> bool {
        self.terminals()
            .any(|terminal| terminal.is_busy() && terminal.wants_poll_at().is_some() && !terminal.waits_for_changes())
    }

    fn terminals(&self) -> impl Iterator<Item = &Terminal> {
        self.seats.iter().map(|seat| &seat.terminal)
    }
}
