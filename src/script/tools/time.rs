//! Commands about time: `sleep`, `timeout`, `watch`, `date`.

use super::{Context, shell, start, usage};
use crate::api::Time;
use crate::script::{Io, Poll, Process, Started, World};
use crate::sim::SimTime;

/// `5`, `0.5`, `2s`, `1m`, `3h`, `1d`, `infinity` in milliseconds.
pub(crate) fn duration_ms(text: &str) -> Option<u64> {
    if text == "infinity" || text == "inf" {
        return Some(u64::MAX);
    }
    let (number, unit_ms) = match text.char_indices().next_back()? {
        (at, 's') => (text.get(..at)?, 1000),
        (at, 'm') => (text.get(..at)?, 60_000),
        (at, 'h') => (text.get(..at)?, 3_600_000),
        (at, 'd') => (text.get(..at)?, 86_400_000),
        _ => (text, 1000),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || !(whole.to_owned() + fraction).bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(whole.saturating_mul(unit_ms).saturating_add(thousandths.saturating_mul(unit_ms) / 1000))
}

#[derive(Clone)]
struct Sleep {
    ms: u64,
    until: Option<SimTime>,
}

/// `sleep 5`, `sleep 1m 30s`.
pub(super) fn sleep(rest: &[String], _: &Context) -> Started {
    if rest.is_empty() {
        return Err(usage("sleep: missing operand\nTry 'sleep --help' for more information.\n", 1));
    }
    let mut ms = 0_u64;
    for word in rest {
        match duration_ms(word) {
            Some(more) => ms = ms.saturating_add(more),
            None => {
                let hint = "Try 'sleep --help' for more information.";
                return Err(usage(format!("sleep: invalid time interval '{word}'\n{hint}\n"), 1));
            }
        }
    }
    Ok(Box::new(Sleep { ms, until: None }))
}

impl Process for Sleep {
    fn poll(&mut self, world: &mut World<'_>, _: &mut Io) -> Poll {
        let until = *self.until.get_or_insert(world.now + self.ms);
        if world.now >= until { Poll::Exited(0) } else { Poll::SleepUntil(until) }
    }
}

#[derive(Clone)]
struct Timeout {
    ms: u64,
    until: Option<SimTime>,
    keeps_code: bool,
    inner: Box<dyn Process>,
}

/// `timeout 30 COMMAND …`
pub(super) fn timeout(rest: &[String], context: &Context) -> Started {
    let mut keeps_code = false;
    let mut words = rest;
    while let Some((word, tail)) = words.split_first().filter(|(word, _)| word.starts_with('-')) {
        words = match word.as_str() {
            "-s" | "-k" | "--signal" | "--kill-after" => tail.get(1..).unwrap_or_default(),
            _ => tail,
        };
        keeps_code |= word == "--preserve-status";
    }
    let Some((duration, command)) = words.split_first().filter(|(_, command)| !command.is_empty()) else {
        return Err(usage("timeout: missing operand\nTry 'timeout --help' for more information.\n", 125));
    };
    let Some(ms) = duration_ms(duration) else {
        let hint = "Try 'timeout --help' for more information.";
        return Err(usage(format!("timeout: invalid time interval '{duration}'\n{hint}\n"), 125));
    };
    let inner = start(command, context).map_err(|failure| match (failure.code, command.first()) {
        (127, Some(name)) => {
            usage(format!("timeout: failed to run command '{name}': No such file or directory\n"), 127)
        }
        _ => failure,
    })?;
    // `timeout 0` means: without a limit.
    Ok(Box::new(Timeout { ms: if ms == 0 { u64::MAX } else { ms }, until: None, keeps_code, inner }))
}

impl Process for Timeout {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let until = *self.until.get_or_insert(world.now + self.ms);
        let inner = self.inner.poll(world, io);
        match inner {
            Poll::Exited(code) => Poll::Exited(code),
            _ if world.now >= until => {
                self.inner.interrupt(world, io);
                Poll::Exited(if self.keeps_code { 143 } else { 124 })
            }
            Poll::SleepUntil(at) => Poll::SleepUntil(at.min(until)),
            Poll::WorksUntil(at) => Poll::WorksUntil(at.min(until)),
            Poll::ChangesUntil(at) => Poll::ChangesUntil(at.min(until)),
            Poll::Waiting => Poll::ChangesUntil(until),
        }
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        self.inner.interrupt(world, io)
    }
}

/// `watch`: a command again and again. Every picture begins with a cleared screen.
#[derive(Clone)]
struct Watch {
    interval_ms: u64,
    title: bool,
    ends_on_change: bool,
    ends_on_error: bool,
    command: String,
    context: Context,
    picture: Option<(Box<dyn Process>, Io)>,
    last: Option<String>,
    next_at: SimTime,
}

/// Clears the screen and goes to its first corner.
pub(super) const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// `watch -n1 COMMAND …`
pub(super) fn watch(rest: &[String], context: &Context) -> Started {
    let mut interval_ms = 2000;
    let (mut title, mut ends_on_change, mut ends_on_error) = (true, false, false);
    let mut words = rest;
    while let Some((word, tail)) = words.split_first().filter(|(word, _)| word.starts_with('-')) {
        words = tail;
        let interval = match word.as_str() {
            "-n" | "--interval" => {
                let value = tail.first().cloned().unwrap_or_default();
                words = tail.get(1..).unwrap_or_default();
                Some(value)
            }
            _ => word.strip_prefix("--interval=").or_else(|| word.strip_prefix("-n")).map(str::to_owned),
        };
        if let Some(value) = interval {
            match duration_ms(&value) {
                Some(ms) => interval_ms = ms.max(100),
                None => {
                    return Err(usage(format!("watch: failed to parse argument: '{value}': Invalid argument\n"), 1));
                }
            }
            continue;
        }
        for letter in word.chars().skip(1) {
            title &= letter != 't';
            ends_on_change |= letter == 'g';
            ends_on_error |= letter == 'e';
        }
    }
    if words.is_empty() {
        return Err(usage("Usage:\n watch [options] command\n", 1));
    }
    let command = words.join(" ");
    Ok(Box::new(Watch {
        interval_ms,
        title,
        ends_on_change,
        ends_on_error,
        command,
        context: context.clone(),
        picture: None,
        last: None,
        next_at: SimTime::ZERO,
    }))
}

impl Process for Watch {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        let now = world.now;
        if self.picture.is_none() {
            if now < self.next_at {
                return Poll::SleepUntil(self.next_at);
            }
            self.picture = Some((shell::of_text(self.command.clone(), &self.context), Io::default()));
        }
        let Some((process, inner)) = &mut self.picture else { return Poll::Exited(0) };
        let code = match process.poll(world, inner) {
            Poll::Exited(code) => code,
            waiting => return waiting,
        };
        let text: String = inner.take_chunks().into_iter().map(|chunk| chunk.text).collect();
        self.picture = None;
        let has_changed = self.last.as_ref().is_some_and(|last| *last != text);
        let mut picture = CLEAR.to_owned();
        if self.title {
            let seconds = format!("{}.{}", self.interval_ms / 1000, self.interval_ms % 1000 / 100);
            let title = format!("Every {seconds}s: {}    minikube: {}\n\n", self.command, clock(now));
            picture.push_str(&title);
        }
        picture.push_str(&text);
        io.out(picture);
        self.last = Some(text);
        if (self.ends_on_change && has_changed) || (self.ends_on_error && code != 0) {
            return Poll::Exited(if code == 0 { 0 } else { 8 });
        }
        self.next_at = now + self.interval_ms;
        Poll::SleepUntil(self.next_at)
    }

    fn interrupt(&mut self, world: &mut World<'_>, _: &mut Io) -> i32 {
        if let Some((process, inner)) = &mut self.picture {
            process.interrupt(world, inner);
        }
        // watch ends by itself when it is told to.
        0
    }
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Thu Jan  1 00:00:05 2026`
fn clock(now: SimTime) -> String {
    let (day, month, date, time, year) = calendar(Time::from_sim(now));
    format!("{day} {month} {date:>2} {time} {year}")
}

/// Weekday, month, day of the month, time of the day and year.
fn calendar(time: Time) -> (&'static str, &'static str, String, String, String) {
    let text = time.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let days = usize::try_from(time.0 / 86_400).unwrap_or(0);
    let month: usize = part(5, 7).parse().unwrap_or(1);
    (
        DAYS.get(days % 7).copied().unwrap_or_default(),
        MONTHS.get(month.wrapping_sub(1)).copied().unwrap_or_default(),
        part(8, 10).trim_start_matches('0').to_owned(),
        part(11, 19),
        part(0, 4),
    )
}

/// The moment that a text names: `@0`, `2026-01-01`, `2026-01-01 10:00:00`, `now`.
fn moment(text: &str, now: Time) -> Option<Time> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok().map(Time);
    }
    match text {
        "now" | "today" => return Some(now),
        _ => {}
    }
    let text = text.trim_end_matches(" UTC").replace(' ', "T");
    let text = if text.contains('T') { text } else { text + "T00:00:00" };
    Time::parse(&text).or_else(|| Time::parse(&(text + "Z")))
}

/// `yes`: a line again and again, as long as somebody reads.
#[derive(Clone)]
struct Yes(String);

/// `yes`, `yes TEXT`
pub(super) fn yes(rest: &[String], _: &Context) -> Started {
    Ok(Box::new(Yes(if rest.is_empty() { "y".to_owned() } else { rest.join(" ") })))
}

impl Process for Yes {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        io.out(format!("{}\n", self.0).repeat(50));
        Poll::SleepUntil(world.now + 1)
    }
}

/// `date`, with the formats that people use.
pub(super) fn date(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let mut now = world.now;
    let given = arguments.iter().position(|word| word == "-d" || word == "--date");
    let given = given.and_then(|at| arguments.get(at + 1)).map(String::as_str);
    let given = given.or_else(|| arguments.iter().find_map(|word| word.strip_prefix("--date=")));
    let mut stamp = Time::from_sim(now);
    if let Some(text) = given {
        let Some(moment) = moment(text, stamp) else {
            io.err(format!("date: invalid date '{text}'\n"));
            return 1;
        };
        stamp = moment;
        now = SimTime::ZERO;
    }
    let (day, month, date, time, year) = calendar(stamp);
    let format = arguments.iter().find_map(|word| word.strip_prefix('+'));
    let Some(format) = format else {
        io.out(format!("{day} {month} {date:>2} {time} UTC {year}\n"));
        return 0;
    };
    let seconds = stamp.0;
    let stamp = stamp.to_string();
    let thousandths = format!("{:03}", now.as_ms() % 1000);
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('s') => text.push_str(&seconds.to_string()),
            Some('a') => text.push_str(day),
            Some('b') => text.push_str(month),
            Some('y') => text.push_str(year.get(2..).unwrap_or_default()),
            Some('D') => text
                .extend([stamp.get(5..7), Some("/"), stamp.get(8..10), Some("/"), year.get(2..)].into_iter().flatten()),
            Some('R') => text.push_str(time.get(..5).unwrap_or_default()),
            Some('T') => text.push_str(&time),
            Some('F') => text.push_str(stamp.get(..10).unwrap_or_default()),
            Some('Y') => text.push_str(&year),
            Some('m') => text.push_str(stamp.get(5..7).unwrap_or_default()),
            Some('d') => text.push_str(stamp.get(8..10).unwrap_or_default()),
            Some('H') => text.push_str(time.get(..2).unwrap_or_default()),
            Some('M') => text.push_str(time.get(3..5).unwrap_or_default()),
            Some('S') => text.push_str(time.get(6..).unwrap_or_default()),
            Some('N') => text.extend([thousandths.as_str(), "000000"]),
            Some('3') => {
                chars.next();
                text.push_str(&thousandths);
            }
            Some('Z') => text.push_str("UTC"),
            Some('%') => text.push('%'),
            Some(other) => text.extend(['%', other]),
            None => text.push('%'),
        }
    }
    io.out(text + "\n");
    0
}
