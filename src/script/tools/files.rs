//! Commands on the lab's files: `ls`, `cp`, `mv`, `rm`, `touch`, `mkdir`.

use crate::script::{Files, Io, World};
use crate::sorting;

/// Flags' letters and the other words.
fn split(arguments: &[String]) -> (String, Vec<&str>) {
    let (mut flags, mut operands) = (String::new(), Vec::new());
    let mut only_operands = false;
    for word in arguments.iter().skip(1) {
        match word.strip_prefix('-') {
            Some("-") if !only_operands => only_operands = true,
            Some(letters) if !only_operands && !letters.is_empty() => flags.push_str(letters),
            _ => operands.push(word.as_str()),
        }
    }
    (flags, operands)
}

/// What a path names, as a text for errors.
fn missing(path: &str) -> String {
    format!("'{path}': No such file or directory")
}

/// `ls`
pub(super) fn list(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (flags, operands) = split(arguments);
    let operands = if operands.is_empty() { vec!["."] } else { operands };
    let many = operands.len() > 1;
    let mut code = 0;
    let mut directories = Vec::new();
    for path in operands {
        if world.files.read(path).is_some() {
            print_name(path, path, &flags, world, io);
        } else if world.files.is_directory(path) {
            directories.push(path);
        } else {
            io.err(format!("ls: cannot access {}\n", missing(path)));
            code = 2;
        }
    }
    for path in directories {
        if many {
            io.out(format!("{path}:\n"));
        }
        let base = Files::normalize(path);
        let prefix = if base.is_empty() { String::new() } else { format!("{base}/") };
        let below = world.files.below(path).into_iter().filter_map(|name| name.strip_prefix(&prefix));
        let names = sorting::set(
            below.map(|name| name.split_once('/').map_or(name.to_owned(), |(directory, _)| directory.to_owned())),
        );
        for name in names {
            print_name(&name, &format!("{prefix}{name}"), &flags, world, io);
        }
    }
    code
}

fn print_name(name: &str, path: &str, flags: &str, world: &World<'_>, io: &mut Io) {
    if !flags.contains('l') {
        io.out(format!("{name}\n"));
        return;
    }
    let (mode, links, size) =
        world.files.read(path).map_or(("drwxr-xr-x", 2, 4096), |text| ("-rw-r--r--", 1, text.len()));
    io.out(format!("{mode} {links} learner learner {size:>6} Jan  1 00:00 {name}\n"));
}

/// `cp FROM TO`
pub(super) fn copy(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    transfer("cp", arguments, world, io)
}

/// `mv FROM TO`
pub(super) fn rename(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    transfer("mv", arguments, world, io)
}

fn transfer(name: &str, arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (flags, operands) = split(arguments);
    let Some((target, sources)) = operands.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        let what = operands.first().map_or("missing file operand".to_owned(), |only| {
            format!("missing destination file operand after '{only}'")
        });
        io.err(format!("{name}: {what}\nTry '{name} --help' for more information.\n"));
        return 1;
    };
    let into = world.files.is_directory(target) || target.ends_with('/');
    if sources.len() > 1 && !into {
        io.err(format!("{name}: target '{target}': No such file or directory\n"));
        return 1;
    }
    let mut code = 0;
    for source in sources {
        let base = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
        let to = if into { format!("{target}/{base}") } else { (*target).to_owned() };
        if let Some(text) = world.files.read(source).map(str::to_owned) {
            if Files::normalize(source) == Files::normalize(&to) {
                io.err(format!("{name}: '{source}' and '{to}' are the same file\n"));
                code = 1;
                continue;
            }
            if let Err(why) = world.files.store(&to, text) {
                io.err(format!("{name}: error writing '{to}': {why}\n"));
                code = 1;
                continue;
            }
            if name == "mv" {
                world.files.remove(source);
            }
        } else if world.files.is_directory(source) && !Files::normalize(source).is_empty() {
            if name == "cp" && !flags.contains(['r', 'R', 'a']) {
                io.err(format!("cp: -r not specified; omitting directory '{source}'\n"));
                code = 1;
                continue;
            }
            let from = format!("{}/", Files::normalize(source));
            let all: Vec<String> = world.files.below(source).into_iter().map(str::to_owned).collect();
            for path in all {
                let text = world.files.read(&path).unwrap_or_default().to_owned();
                if name == "mv" {
                    world.files.remove(&path);
                }
                let rest = path.strip_prefix(&from).unwrap_or(&path).to_owned();
                if let Err(why) = world.files.store(&format!("{to}/{rest}"), text) {
                    io.err(format!("{name}: error writing '{to}/{rest}': {why}\n"));
                    code = 1;
                }
            }
        } else {
            io.err(format!("{name}: cannot stat {}\n", missing(source)));
            code = 1;
        }
    }
    code
}

/// `rm`, with `-r` and `-f`.
pub(super) fn remove(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (flags, operands) = split(arguments);
    let force = flags.contains('f');
    if operands.is_empty() && !force {
        io.err("rm: missing operand\nTry 'rm --help' for more information.\n");
        return 1;
    }
    let mut code = 0;
    for path in operands {
        if world.files.remove(path).is_some() {
            continue;
        }
        if world.files.is_directory(path) {
            if flags.contains(['r', 'R']) {
                let all: Vec<String> = world.files.below(path).into_iter().map(str::to_owned).collect();
                all.iter().for_each(|name| drop(world.files.remove(name)));
            } else {
                io.err(format!("rm: cannot remove '{path}': Is a directory\n"));
                code = 1;
            }
        } else if !force {
            io.err(format!("rm: cannot remove {}\n", missing(path)));
            code = 1;
        }
    }
    code
}

/// `touch`
pub(super) fn touch(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (_, operands) = split(arguments);
    let mut code = 0;
    for path in operands {
        if world.files.read(path).is_none()
            && !world.files.is_directory(path)
            && let Err(why) = world.files.store(path, "")
        {
            io.err(format!("touch: cannot touch '{path}': {why}\n"));
            code = 1;
        }
    }
    code
}

/// `mkdir`: directories come with their first file, so there is nothing to make.
pub(super) fn make_directory(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (flags, operands) = split(arguments);
    let mut code = 0;
    for path in operands {
        if !flags.contains('p') && (world.files.read(path).is_some() || world.files.is_directory(path)) {
            io.err(format!("mkdir: cannot create directory '{path}': File exists\n"));
            code = 1;
        }
    }
    code
}
