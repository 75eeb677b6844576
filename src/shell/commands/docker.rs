//! `docker`: images on the learner's machine. A simulated image is built from its declaration, `image.yaml`.

use std::sync::Arc;

use crate::images::{Declaration, ImageInfo, ImageReference, Place, Pull};
use crate::process::{Files, Io, World};
use crate::script::Options;

/// Files in which `docker build` looks for the declaration, besides the one of `-f`.
const DECLARATIONS: [&str; 3] = ["image.yaml", "image.yml", "image.json"];

/// `docker build|push|pull|images|tag|rmi`
pub(super) fn run(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let words = arguments.get(1..).unwrap_or_default();
    let words = words.strip_prefix(&["image".to_owned()]).unwrap_or(words);
    let Some((verb, rest)) = words.split_first() else {
        io.out("Usage:  docker [OPTIONS] COMMAND\n\nCommands here: build, images, pull, push, rmi, tag\n");
        return 0;
    };
    let done = match verb.as_str() {
        "build" => build(rest, world, io),
        "images" | "ls" => {
            images(world, io);
            Ok(())
        }
        "pull" => each(rest, |reference| pull(reference, world, io)),
        "push" => each(rest, |reference| push(reference, world, io)),
        "rmi" | "rm" => each(rest, |reference| {
            if world.cluster.registry.remove(reference, Place::Local) {
                io.out(format!("Untagged: {}\n", short(reference)));
                return Ok(());
            }
            Err(format!("Error response from daemon: No such image: {}", short(reference)))
        }),
        "tag" => tag(rest, world),
        _ => Err(format!("docker: '{verb}' is not a docker command.\nSee 'docker --help'")),
    };
    match done {
        Ok(()) => 0,
        Err(text) => {
            io.err(text + "\n");
            1
        }
    }
}

/// As people write it, with its tag.
pub(super) fn short(reference: &ImageReference) -> String {
    format!("{}:{}", reference.short_repository(), reference.tag)
}

fn parse(name: &str) -> Result<ImageReference, String> {
    ImageReference::parse(name).map_err(|_| "invalid reference format".to_owned())
}

fn each(names: &[String], mut act: impl FnMut(&ImageReference) -> Result<(), String>) -> Result<(), String> {
    let mut names = names.iter().filter(|name| !name.starts_with('-')).peekable();
    if names.peek().is_none() {
        return Err("docker: this command requires at least 1 argument.\nSee 'docker --help'".to_owned());
    }
    names.try_for_each(|name| act(&parse(name)?))
}

/// The image on the learner's machine.
fn local(reference: &ImageReference, world: &World<'_>) -> Option<ImageInfo> {
    let found = world.cluster.registry.list(Place::Local).find(|(known, _)| *known == reference);
    found.map(|(_, info)| info.clone())
}

fn build(rest: &[String], world: &mut World<'_>, io: &mut Io) -> Result<(), String> {
    let long = [("tag", 't'), ("file", 'f'), ("no-cache", 'q'), ("platform", 'p'), ("quiet", 'q')];
    let options =
        Options::read("docker", rest, "q", "tfp", &long).map_err(|failure| failure.text.trim_end().to_owned())?;
    let Some(directory) = options.operands.first() else {
        return Err("ERROR: \"docker buildx build\" requires exactly 1 argument.".to_owned());
    };
    let candidates = match options.value('f') {
        Some(file) => vec![file.to_owned(), format!("{directory}/{file}")],
        None => DECLARATIONS.map(|name| Files::normalize(&format!("{directory}/{name}"))).to_vec(),
    };
    let Some((path, text)) = candidates.iter().find_map(|path| Some((path, world.files.read(path)?))) else {
        if let Some(name) = options.value('t')
            && build_known(&parse(name)?, world, io)
        {
            return Ok(());
        }
        let looked_for = options.value('f').unwrap_or("image.yaml");
        return Err(format!("ERROR: failed to build: no {looked_for} in {directory}: it declares what the image does"));
    };
    let declaration = Declaration::read(path, text, options.value('t')).map_err(|complaints| {
        let lines: Vec<String> = complaints.into_iter().map(|line| format!("ERROR: {line}")).collect();
        lines.join("\n")
    })?;
    let reference = parse(&declaration.image)?;
    io.err(format!("[+] Building 0.0s (1/1) FINISHED\n => => naming to {}\n", reference.full()));
    world.cluster.registry.put(reference, Arc::new(declaration), Place::Local);
    Ok(())
}

/// A tutorial's reader builds the program that the tutorial has just shown: the lab has it already, under that name.
fn build_known(reference: &ImageReference, world: &mut World<'_>, io: &mut Io) -> bool {
    let registry = &mut world.cluster.registry;
    if !registry.copy(reference, Place::Hub, Place::Local) {
        return false;
    }
    io.err(format!("[+] Building 0.0s (1/1) FINISHED\n => => naming to {}\n", reference.full()));
    true
}

fn images(world: &World<'_>, io: &mut Io) {
    let rows: Vec<[String; 5]> = world
        .cluster
        .registry
        .list(Place::Local)
        .map(|(reference, info)| {
            let id = info.image_id.trim_start_matches("sha256:").get(..12).unwrap_or_default().to_owned();
            let size = format!("{}MB", info.size_bytes / 1_000_000);
            [reference.short_repository().to_owned(), reference.tag.clone(), id, "N/A".to_owned(), size]
        })
        .collect();
    let titles = ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"].map(str::to_owned);
    let rows: Vec<&[String; 5]> = std::iter::once(&titles).chain(&rows).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
            line.push_str(&format!("{cell:<width$}   "));
        }
        io.out(line.trim_end().to_owned() + "\n");
    }
}

fn pull(reference: &ImageReference, world: &mut World<'_>, io: &mut Io) -> Result<(), String> {
    match world.cluster.registry.pull(reference) {
        Pull::Found(info) => {
            world.cluster.registry.copy(reference, Place::Hub, Place::Local);
            io.out(format!(
                "{}: Pulling from {}\nDigest: {}\nStatus: Downloaded newer image for {}\n{}\n",
                reference.tag,
                reference.repository.trim_start_matches("docker.io/"),
                info.image_id,
                short(reference),
                reference.full()
            ));
            Ok(())
        }
        Pull::Failed(_) => Err(format!(
            "Error response from daemon: failed to resolve reference \"{0}\": {0}: not found",
            reference.full()
        )),
    }
}

fn push(reference: &ImageReference, world: &mut World<'_>, io: &mut Io) -> Result<(), String> {
    io.out(format!("The push refers to repository [{}]\n", reference.repository));
    let Some(info) = local(reference, world) else {
        return Err(format!("An image does not exist locally with the tag: {}", reference.short_repository()));
    };
    world.cluster.registry.copy(reference, Place::Local, Place::Hub);
    io.out(format!("{}: digest: {} size: 855\n", reference.tag, info.image_id));
    Ok(())
}

fn tag(rest: &[String], world: &mut World<'_>) -> Result<(), String> {
    let [from, to] = rest else {
        return Err("docker: 'docker tag' requires 2 arguments".to_owned());
    };
    let (from, to) = (parse(from)?, parse(to)?);
    let Some(info) = local(&from, world) else {
        return Err(format!("Error response from daemon: No such image: {}", short(&from)));
    };
    world.cluster.registry.put(to, info.declaration, Place::Local);
    Ok(())
}
