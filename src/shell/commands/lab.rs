//! `lab`: what a real terminal has no command for: trouble and traffic.

mod bring;
mod defect;
mod image;
mod load;
mod node;
mod status;

use crate::apiserver::Key;
use crate::cluster::Target;
use crate::images::{ImageReference, RouteFault, Seconds};
use crate::network::{Loss, MOST_PER_SECOND};
use crate::process::{Io, World};

const HELP: &str = "\
lab traffic SERVICE N [PATH]      N requests a second to a service, for / or PATH
lab traffic SERVICE off           ends them; lab traffic alone shows what became of them
lab load POD|deploy/NAME --cpu 300m --memory 64Mi
                                  running containers use so much besides, until they end; --cpu 0 --memory 0 ends it
lab kill POD [-c CONTAINER]       ends a container as SIGKILL does; --oom: as when memory runs out
lab slow IMAGE 20s                containers of the image that start from now on need 20 s until they listen
lab slow IMAGE off                as the image says
lab fail POD|IMAGE PATH 500       the path answers 500 (or another status)
lab fail POD|IMAGE PATH hang      the path does not answer
lab fail POD|IMAGE PATH ok        the path answers as the program says
lab node                          the nodes
lab node add NAME                 a node more: --cpus 2 --memory 4Gi --pods 110 --zone ZONE --label KEY=VALUE
lab node fail|recover NAME        nobody hears of the node nor reaches it, until it recovers
lab node remove NAME              takes the node away with all that runs on it
lab kubelet stop|start [NODE]     a node's kubelet is down, is up again; minikube's when no node is named
lab bring FILE TIME               objects of another cluster as they were there at TIME, with uids, ages and revisions
lab stand-in FILE                 makes up the images of a manifest that nobody has, and says so in images.yaml
lab image FILE                    puts the images that a file declares into the hub
lab image NAME                    the program of an image, as docker build reads it
lab status                        what is not as it should be

-n NAMESPACE for pods and services elsewhere than in the namespace default.
";

/// `lab traffic|load|kill|slow|fail|kubelet|node|status|help`
pub(super) fn run(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let (options, words) = split(arguments.get(1..).unwrap_or_default());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] | ["help"] => Ok(HELP.to_owned()),
        ["traffic"] => Ok(traffic(world)),
        ["traffic", service, rate] => set_traffic(world, &options.key(service), rate, "/"),
        ["traffic", service, rate, path] => set_traffic(world, &options.key(service), rate, path),
        ["load", ..] => load::run(arguments.get(2..).unwrap_or_default(), world),
        ["kill", pod] => {
            let key = options.key(pod.trim_start_matches("pod/"));
            world.cluster.kill(&key, options.container.as_deref(), options.is_oom).map(|container| {
                let how = if options.is_oom { "OOMKilled" } else { "killed" };
                format!("container {container} of pod {} {how}\n", key.name)
            })
        }
        ["slow", image, span] => slow(world, image, span),
        ["fail", target, path, answer] => fail(world, &options.key(target.trim_start_matches("pod/")), path, answer),
        ["kubelet", word @ ("stop" | "start")] => node::kubelet(world, word, None),
        ["kubelet", word @ ("stop" | "start"), name] => node::kubelet(world, word, Some(name)),
        ["node", ..] => node::run(arguments.get(2..).unwrap_or_default(), world),
        ["bring", file, as_of] => bring::bring(world, file, as_of),
        ["stand-in", file] => image::stand_in(world, file),
        ["image", named] if world.files.read(named).is_none() => image::show(world, named),
        ["image", file] => image::put(world, file),
        [name] if name.starts_with("debug-") => defect::run(name),
        ["status"] => Ok(status::text(world)),
        _ => Err("what? lab help shows the commands".to_owned()),
    };
    match done {
        Ok(text) => {
            io.out(text);
            0
        }
        Err(text) => {
            io.err(format!("lab: {text}\n"));
            1
        }
    }
}

#[derive(Default)]
struct Options {
    namespace: Option<String>,
    container: Option<String>,
    is_oom: bool,
}

impl Options {
    fn key(&self, name: &str) -> Key {
        Key::new(self.namespace.as_deref().unwrap_or("default"), name)
    }
}

fn split(arguments: &[String]) -> (Options, Vec<String>) {
    let mut options = Options::default();
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-n" | "--namespace" => options.namespace = rest.next().cloned(),
            "-c" | "--container" => options.container = rest.next().cloned(),
            "--oom" => options.is_oom = true,
            _ => words.push(word.clone()),
        }
    }
    (options, words)
}

fn set_traffic(world: &mut World<'_>, service: &Key, rate: &str, path: &str) -> Result<String, String> {
    let per_second = match rate {
        "off" | "stop" => 0,
        _ => rate
            .parse()
            .ok()
            .filter(|rate| *rate <= MOST_PER_SECOND)
            .ok_or_else(|| format!("{rate:?} is no number of requests a second: 0 to {MOST_PER_SECOND}, or off"))?,
    };
    if !path.starts_with('/') {
        return Err(format!("{path:?} is no path: it begins with /"));
    }
    world.cluster.set_traffic(service, per_second, path)?;
    Ok(match per_second {
        0 => format!("no traffic to service {}\n", service.name),
        rate => format!("{rate} requests a second to service {}\n", service.name),
    })
}

fn slow(world: &mut World<'_>, image: &str, span: &str) -> Result<String, String> {
    let reference = ImageReference::parse(image)?;
    let startup_ms = match span {
        "off" | "ok" => None,
        _ => Some(span_ms(span).ok_or_else(|| format!("{span:?} is no time: 20s, 1.5s or off"))?),
    };
    world.cluster.slow(&reference, startup_ms)?;
    Ok(match startup_ms {
        None => format!("{image} starts as it says\n"),
        Some(_) => format!("{image} takes {span} to start\n"),
    })
}

fn span_ms(text: &str) -> Option<u64> {
    match text.strip_suffix('m') {
        Some(minutes) => Seconds::parse(minutes).map(|span| span.as_ms() * 60),
        None => Seconds::parse(text.trim_end_matches('s')).map(Seconds::as_ms),
    }
}

fn fail(world: &mut World<'_>, named: &Key, path: &str, answer: &str) -> Result<String, String> {
    let fault = match answer {
        "ok" | "off" => None,
        _ => Some(RouteFault::parse(answer).ok_or_else(|| format!("{answer:?} is no answer: 500, hang or ok"))?),
    };
    if !path.starts_with('/') {
        return Err(format!("{path:?} is no path: it begins with /"));
    }
    let target = match world.cluster.api.store().pod(named) {
        Some(_) => Target::Pod(named.clone()),
        None => {
            let reference = ImageReference::parse(&named.name).ok().filter(|image| world.cluster.registry.knows(image));
            Target::Image(reference.ok_or_else(|| format!("there is neither a pod nor an image {:?}", named.name))?)
        }
    };
    world.cluster.fail(&target, path, fault)?;
    Ok(match fault {
        None => format!("{path} of {} answers as it says\n", named.name),
        Some(RouteFault::Hangs) => format!("{path} of {} does not answer\n", named.name),
        Some(RouteFault::Status(status)) => format!("{path} of {} answers {status}\n", named.name),
    })
}

fn traffic(world: &World<'_>) -> String {
    let traffic = world.cluster.traffic();
    let mut text = String::new();
    for stream in traffic.streams() {
        text.push_str(&format!("{}: {} requests a second for {}\n", stream.service, stream.per_second, stream.path));
    }
    if text.is_empty() {
        text.push_str("no traffic\n");
    }
    let totals = traffic.totals();
    text.push_str(&format!("answered {}, errors {}, lost {}\n", totals.answered, totals.errors, totals.lost()));
    for (loss, count) in Loss::ALL.iter().zip(totals.lost).filter(|(_, count)| *count > 0) {
        text.push_str(&format!("  {} {count}\n", loss.as_str()));
    }
    text
}
