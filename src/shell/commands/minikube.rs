//! `minikube`: the nodes' images, addresses and services.

mod addons;
mod nodes;

use super::docker::short;
use crate::apiserver::NODE_IP;
use crate::images::{ImageReference, Place};
use crate::process::{Io, World};

/// `minikube status|ip|addons|image load|image ls|service|start|node`
pub(super) fn run(arguments: &[String], world: &mut World<'_>, io: &mut Io) -> i32 {
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match words.as_slice() {
        ["status"] => {
            io.out(nodes::status(world));
            0
        }
        ["ip"] => {
            io.out(format!("{NODE_IP}\n"));
            0
        }
        ["addons", rest @ ..] => addons::run(rest, world, io),
        ["start" | "node", ..] => nodes::run(arguments.get(1..).unwrap_or_default(), world, io),
        ["image", "ls" | "list"] => {
            for (reference, _) in world.cluster.registry.list(Place::Node) {
                io.out(format!("{}\n", reference.full()));
            }
            0
        }
        ["image", "load", names @ ..] if !names.is_empty() => load(names, world, io),
        ["service", name, ..] => service(name, arguments, world, io),
        _ => {
            io.err("minikube: known here are start [--nodes N --cpus N --memory N], status, ip, addons list|enable|disable metrics-server, node list|add|delete|stop|start, image load NAME, image ls, service NAME --url\n");
            1
        }
    }
}

fn load(names: &[&str], world: &mut World<'_>, io: &mut Io) -> i32 {
    for name in names {
        let is_loaded = ImageReference::parse(name).is_ok_and(|reference| {
            let registry = &mut world.cluster.registry;
            registry.copy(&reference, Place::Local, Place::Node) || registry.copy(&reference, Place::Hub, Place::Node)
        });
        if !is_loaded {
            let name = ImageReference::parse(name).map_or_else(|_| (*name).to_owned(), |reference| short(&reference));
            io.err(format!(
                "❌  Exiting due to GUEST_IMAGE_LOAD: Failed to load image: The image '{name}' was not found; unable to add it to cache.\n"
            ));
            return 80;
        }
    }
    0
}

fn service(name: &str, arguments: &[String], world: &World<'_>, io: &mut Io) -> i32 {
    let mut words = arguments.iter();
    let namespace =
        words.find_map(|word| if word == "-n" { Some("") } else { word.strip_prefix("--namespace=") }).map_or(
            "default",
            |namespace| if namespace.is_empty() { words.next().map_or("default", |w| w) } else { namespace },
        );
    let store = world.cluster.api.store();
    let Some(service) = store.services(Some(namespace)).find(|service| service.metadata.name == name) else {
        let text = format!("Service '{name}' was not found in '{namespace}' namespace.");
        io.err(format!("❌  Exiting due to SVC_NOT_FOUND: {text}\n"));
        return 115;
    };
    let ports: Vec<i32> = service.spec.ports.iter().map(|port| port.node_port).filter(|port| *port > 0).collect();
    if ports.is_empty() {
        io.err(format!("😿  service {namespace}/{name} has no node port\n"));
    }
    ports.iter().for_each(|port| io.out(format!("http://{NODE_IP}:{port}\n")));
    0
}
