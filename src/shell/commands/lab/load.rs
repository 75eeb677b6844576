//! `lab load`: containers that use more than they do by themselves, as a program started in them would.

use crate::apiserver::Key;
use crate::images::Amount;
use crate::process::World;

const USAGE: &str = "give a pod or deploy/NAME, and --cpu 300m, --memory 64Mi, or both";

/// Runs `lab load` with what stands behind it.
pub(super) fn run(arguments: &[String], world: &mut World<'_>) -> Result<String, String> {
    let (mut namespace, mut container, mut cpu, mut memory) = ("default", None, None, None);
    let mut named = None;
    let mut rest = arguments.iter().flat_map(|word| match word.split_once('=') {
        Some((flag, value)) if word.starts_with("--") => vec![flag, value],
        _ => vec![word.as_str()],
    });
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{word} needs a value"));
        match word {
            "-n" | "--namespace" => namespace = value()?,
            "-c" | "--container" => container = Some(value()?),
            "--cpu" => cpu = Some(amount(value()?)?.milli()),
            "--memory" => memory = Some(amount(value()?)?.bytes()),
            flag if flag.starts_with('-') => return Err(format!("{flag} is no flag of lab load: {USAGE}")),
            name if named.is_none() => named = Some(name),
            name => return Err(format!("{name:?} is too much: {USAGE}")),
        }
    }
    let named = named.filter(|_| cpu.is_some() || memory.is_some()).ok_or(USAGE)?;
    let pods = match named.split_once('/') {
        Some(("deploy" | "deployment" | "deployments", name)) => {
            let pods = world.cluster.pods_of_deployment(&Key::new(namespace, name));
            pods.ok_or_else(|| format!("deployments.apps {name:?} not found"))?
        }
        Some(("pod" | "pods" | "po", name)) => vec![Key::new(namespace, name)],
        Some((kind, _)) => return Err(format!("a {kind} has no containers of its own: {USAGE}")),
        None => vec![Key::new(namespace, named)],
    };
    let mut text = String::new();
    let mut last = Err("no pods".to_owned());
    for pod in &pods {
        last = world.cluster.load(pod, container, cpu, memory);
        match &last {
            Ok(()) => text.push_str(&format!("pod {} loaded\n", pod.name)),
            // Of several pods those that run are meant.
            Err(_) if pods.len() > 1 => {}
            Err(why) => return Err(why.clone()),
        }
    }
    if text.is_empty() { last.map(|()| text) } else { Ok(text) }
}

fn amount(text: &str) -> Result<Amount, String> {
    Amount::parse(text).ok_or_else(|| format!("{text:?} is no amount: 300m of a processor, 64Mi of memory"))
}
