//! kubectl as a program that runs: it takes time to start, and each of its requests takes time.

use crate::client::{CallTimes, Requests};
use crate::process::{Io, Poll, Process, Programs, World};
use crate::sim::{Random, SimTime};

use super::command::{Next, run};

/// Begins `kubectl` with these arguments (without `kubectl` itself), on a machine with these programs.
pub fn start(args: &[String], programs: Programs) -> Box<dyn Process> {
    Box::new(Kubectl { args: args.to_vec(), programs, state: State::New, random: None })
}

#[derive(Clone, Debug)]
struct Kubectl {
    args: Vec<String>,
    programs: Programs,
    state: State,
    /// What its times are drawn from, once it runs.
    random: Option<Random>,
}

/// How far a call has come.
#[derive(Clone, Debug)]
enum State {
    /// Nobody has polled it.
    New,
    /// It reads its configuration.
    Starting { since: SimTime, until: SimTime },
    /// It waits for its standard input.
    Reading,
    /// Its requests are under way. What it will have printed, how it goes on, and what is left to do.
    Asking { since: SimTime, until: SimTime, printed: Io, poll: Poll, rest: Option<Box<dyn Process>> },
    /// The rest of a command that waits for what is to happen.
    Waiting(Box<dyn Process>),
}

impl Process for Kubectl {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        loop {
            let now = world.client().now();
            match std::mem::replace(&mut self.state, State::New) {
                State::New => {
                    let until = now + self.starting_ms(world);
                    self.state = State::Starting { since: now, until };
                }
                // Whoever goes back in time does not wait for it again.
                State::Starting { since, until } if (since..until).contains(&now) => {
                    self.state = State::Starting { since, until };
                    return Poll::WorksUntil(until);
                }
                State::Starting { .. } => self.state = State::Reading,
                State::Reading if io.is_input_open() && self.args.iter().any(|arg| arg == "-") => {
                    self.state = State::Reading;
                    return Poll::Waiting;
                }
                State::Reading => self.run(world, io),
                State::Asking { since, until, printed, poll, rest } if (since..until).contains(&now) => {
                    self.state = State::Asking { since, until, printed, poll, rest };
                    return Poll::WorksUntil(until);
                }
                State::Asking { mut printed, poll, rest, .. } => {
                    io.pour(&mut printed);
                    match rest {
                        Some(rest) => self.state = State::Waiting(rest),
                        None => return poll,
                    }
                }
                State::Waiting(mut rest) => {
                    if let Some(poll) = self.go_on(&mut rest, world, io) {
                        self.state = State::Waiting(rest);
                        return poll;
                    }
                }
            }
        }
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        match &mut self.state {
            State::Waiting(rest) | State::Asking { rest: Some(rest), .. } => rest.interrupt(world, io),
            _ => 130,
        }
    }
}

impl Kubectl {
    /// Draws how long it takes to start.
    fn starting_ms(&mut self, world: &World<'_>) -> u64 {
        let client = world.client();
        let stream = format!("kubectl {} at {}", self.args.join(" "), client.now().as_ms());
        let random = self.random.insert(client.random(&stream));
        let (least, most) = client.call_times().start_ms;
        random.between_ms(least, most)
    }

    /// Runs the command. What it asks for happens now; what it prints is there when the answers have come.
    fn run(&mut self, world: &mut World<'_>, io: &mut Io) {
        let before = world.client().requests();
        let mut printed = Io::default();
        printed.swap_input(io);
        let (poll, rest) = match run(&self.args, self.programs, world, &mut printed) {
            Ok(Next::Done) => (Poll::Exited(0), None),
            Ok(Next::Wait(mut process)) => match process.poll(world, &mut printed) {
                ended @ Poll::Exited(_) => (ended, None),
                poll => (poll, Some(process)),
            },
            Err(failure) => {
                printed.err(failure.report());
                (Poll::Exited(failure.exit_code()), None)
            }
        };
        printed.swap_input(io);
        let mut requests = world.client().requests().since(before);
        if requests != Requests::default() && self.validates() {
            requests.reads += SCHEMA_REQUESTS;
        }
        self.ask(requests, printed, poll, rest, world);
    }

    /// Lets a command that waits go on, and answers for what it waits; none when it has begun to ask for something. What
    /// it is told of by a watch costs nothing; what it changes does.
    fn go_on(&mut self, rest: &mut Box<dyn Process>, world: &mut World<'_>, io: &mut Io) -> Option<Poll> {
        let before = world.client().requests();
        let mut printed = Io::default();
        printed.swap_input(io);
        let poll = rest.poll(world, &mut printed);
        printed.swap_input(io);
        let requests = Requests { reads: 0, ..world.client().requests().since(before) };
        if requests == Requests::default() {
            io.pour(&mut printed);
            return Some(poll);
        }
        let rest = if let Poll::Exited(_) = poll { None } else { Some(rest.clone()) };
        self.ask(requests, printed, poll, rest, world);
        None
    }

    /// Waits until so many requests have been answered.
    fn ask(&mut self, requests: Requests, printed: Io, poll: Poll, rest: Option<Box<dyn Process>>, world: &World<'_>) {
        let since = world.client().now();
        let CallTimes { request_ms, exec_ms, .. } = world.client().call_times();
        let mut until = since;
        if let Some(random) = &mut self.random {
            let mut draw = |count: u64, (least, most): (u64, u64)| {
                (0..count.min(MOST_DRAWN)).for_each(|_| until += random.between_ms(least, most));
            };
            draw(requests.reads + requests.writes + requests.execs, request_ms);
            draw(requests.execs, exec_ms);
        }
        self.state = State::Asking { since, until, printed, poll, rest };
    }

    /// Whether it validates a manifest by the server's schema, which it asks for.
    fn validates(&self) -> bool {
        let has = |words: &[&str]| self.args.iter().any(|arg| words.contains(&arg.as_str()));
        has(&["apply", "create", "replace", "diff"])
            && self.args.iter().any(|arg| arg.starts_with("-f") || arg.starts_with("--filename"))
    }
}

/// The list of the server's schemas, and the one of the manifest's API group. Models NewQueryParamVerifierV3 of
/// k8s.io/cli-runtime pkg/resource.
const SCHEMA_REQUESTS: u64 = 2;

/// So many requests of a call are drawn one by one; a call with more takes no longer.
const MOST_DRAWN: u64 = 10_000;
