//! `kubectl port-forward`.

use std::sync::Arc;

use crate::api::{IntOrString, Kind, Object, Pod, PodPhase, Time};
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::pods_of::pods_behind;
use crate::kubectl::selection::type_and_name;
use crate::process::{Connection, Forward, Io, Poll, Process, World};

pub(super) const PORT_FORWARD: Command = Command {
    path: "port-forward",
    aliases: &[],
    about: "Forward one or more local ports to a pod",
    usage: "TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
    flags: &[Flag::list("address", None), Flag::duration("pod-running-timeout")],
    run: port_forward,
};

/// Where ports that nobody named begin.
const FREE_PORTS_FROM: u16 = 40_000;

fn port_forward(call: &mut Call<'_, '_>) -> Outcome {
    let args = call.args().to_vec();
    let (Some((target, ports)), true) = (args.split_first(), args.len() > 1) else {
        return Err(call.usage("TYPE/NAME and list of ports are required for port-forward"));
    };
    let pods = pods_behind(call, target)?;
    let Some(pod) = pods.first().cloned() else { return Ok(Next::Done) };
    let service = service_of(call, target);
    let mut pairs = Vec::new();
    for port in ports {
        pairs.push(parse_ports(port, &pod, service.as_ref())?);
    }
    if pod.status.phase != PodPhase::Running {
        return Err(Failure::Plain(format!(
            "unable to forward port because pod is not running. Current status={}",
            pod.status.phase.as_str()
        )));
    }
    let mut open = Vec::new();
    for (local, remote) in &pairs {
        let local = if *local == 0 { free_port(call) } else { *local };
        if call.world.forwards.contains_key(&local) {
            call.io.err(format!(
                "Unable to listen on port {local}: Listeners failed to create with the following errors: [unable to create \
                 listener: Error listen tcp4 127.0.0.1:{local}: bind: address already in use unable to create listener: Error \
                 listen tcp6 [::1]:{local}: bind: address already in use]\n"
            ));
            continue;
        }
        call.io
            .out(format!("Forwarding from 127.0.0.1:{local} -> {remote}\nForwarding from [::1]:{local} -> {remote}\n"));
        let metadata = &pod.metadata;
        let forward = Forward {
            namespace: metadata.namespace.clone(),
            pod: metadata.name.clone(),
            port: *remote,
            connections: Vec::new(),
        };
        call.world.forwards.insert(local, forward);
        open.push(local);
    }
    if open.is_empty() {
        let listed: Vec<String> = pairs.iter().map(|(local, remote)| format!("{{{local} {remote}}}")).collect();
        return Err(Failure::Plain(format!("unable to listen on any of the requested ports: [{}]", listed.join(" "))));
    }
    Ok(Next::Wait(Box::new(Forwarding { open, uid: pod.metadata.uid.clone() })))
}

fn service_of(call: &Call<'_, '_>, target: &str) -> Option<Object> {
    let (kind, name) = type_and_name(call.world.client(), target).ok()?;
    let object = call.world.client().get(kind, &Key::new(call.namespace(), name)).ok()?;
    (kind == Kind::Service).then(|| object.clone())
}

fn free_port(call: &Call<'_, '_>) -> u16 {
    (FREE_PORTS_FROM..u16::MAX).find(|port| !call.world.forwards.contains_key(port)).unwrap_or(u16::MAX)
}

/// Local and remote port of `8080:80`, `:80`, `80`, `8080:http`. Models client-go portforward.parsePorts and
/// kubectl's translation of names and services' ports.
fn parse_ports(text: &str, pod: &Pod, service: Option<&Object>) -> Result<(u16, u16), Failure> {
    let (local, remote) = text.split_once(':').unwrap_or((text, text));
    if remote.contains(':') {
        return Err(Failure::Plain(format!("invalid port format '{text}'")));
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wanted = if remote.is_empty() {
        return Err(Failure::new("remote port cannot be empty"));
    } else if let Some(Object::Service(service)) = service {
        service_port(service, remote, pod)?
    } else if is_number(remote) {
        number(remote, "remote")?
    } else {
        named_port(remote, pod)?
    };
    let local = match local {
        "" => 0,
        local if is_number(local) => number(local, "local")?,
        local if !text.contains(':') => {
            // A port's name alone stands for its number on both sides.
            let _ = local;
            wanted
        }
        local => {
            let problem = format!("strconv.ParseUint: parsing {local:?}: invalid syntax");
            return Err(Failure::Plain(format!("error parsing local port '{local}': {problem}")));
        }
    };
    if wanted == 0 {
        return Err(Failure::new("remote port must be > 0"));
    }
    Ok((local, wanted))
}

fn number(text: &str, side: &str) -> Result<u16, Failure> {
    text.parse().map_err(|_| {
        Failure::Plain(format!(
            "error parsing {side} port '{text}': strconv.ParseUint: parsing {text:?}: value out of range"
        ))
    })
}

fn named_port(name: &str, pod: &Pod) -> Result<u16, Failure> {
    let mut ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
    let port = ports.find(|port| port.name == name).and_then(|port| u16::try_from(port.container_port).ok());
    port.ok_or_else(|| Failure::Plain(format!("Pod '{}' does not have a named port '{name}'", pod.metadata.name)))
}

fn service_port(service: &Arc<crate::api::Service>, text: &str, pod: &Pod) -> Result<u16, Failure> {
    let found = service.spec.ports.iter().find(|port| port.name == text || port.port.to_string() == text);
    let Some(port) = found else {
        let name = &service.metadata.name;
        return Err(Failure::Plain(format!("Service {name} does not have a service port {text}")));
    };
    match &port.target_port {
        None => Ok(u16::try_from(port.port).unwrap_or(0)),
        Some(IntOrString::Int(number)) => Ok(u16::try_from(*number).unwrap_or(0)),
        Some(IntOrString::String(name)) => named_port(name, pod),
    }
}

/// Ports that stay open until a connection fails: nobody tells kubectl that the pod is gone.
#[derive(Clone, Debug)]
struct Forwarding {
    open: Vec<u16>,
    uid: String,
}

impl Forwarding {
    fn close(&self, world: &mut World<'_>) {
        for port in &self.open {
            world.forwards.remove(port);
        }
    }

    /// What kubectl's logger writes of a connection that failed. Models client-go portforward.handleConnection and
    /// containerd's portForward.
    fn failure(&self, local: u16, remote: u16, connection: Connection, world: &World<'_>) -> String {
        let sandbox = sandbox_id(&self.uid);
        let why = match connection {
            Connection::Lost => format!("network namespace for sandbox \\\"{sandbox}\\\" is closed"),
            _ => format!(
                "failed to execute portforward in network namespace \\\"/var/run/netns/cni-{}\\\": failed to connect to \
                 localhost:{remote} inside namespace \\\"{sandbox}\\\", IPv4: dial tcp4 127.0.0.1:{remote}: connect: \
                 connection refused IPv6 dial tcp6: address localhost: no suitable address found ",
                self.uid
            ),
        };
        let now = world.client().now();
        let date = Time::from_sim(now).to_string();
        let part = |from: usize, to: usize| date.get(from..to).unwrap_or_default();
        format!(
            "E{}{} {}.{:03}000   24527 portforward.go:522] \"Unhandled Error\" err=\"an error occurred forwarding {local} -> \
             {remote}: error forwarding port {remote} to pod {sandbox}, uid : {why}\"\nerror: lost connection to pod\n",
            part(5, 7),
            part(8, 10),
            part(11, 19),
            now.as_ms() % 1000
        )
    }
}

/// The id of a pod's sandbox: 64 hexadecimal digits that follow from its uid.
fn sandbox_id(uid: &str) -> String {
    let digits: String = uid.chars().filter(char::is_ascii_hexdigit).collect();
    digits.chars().cycle().take(if digits.is_empty() { 0 } else { 64 }).collect()
}

impl Process for Forwarding {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        for local in self.open.clone() {
            let Some(forward) = world.forwards.get_mut(&local) else { continue };
            let remote = forward.port;
            for connection in std::mem::take(&mut forward.connections) {
                io.out(format!("Handling connection for {local}\n"));
                if connection != Connection::Open {
                    io.err(self.failure(local, remote, connection, world));
                    self.close(world);
                    return Poll::Exited(1);
                }
            }
        }
        Poll::Waiting
    }

    fn interrupt(&mut self, world: &mut World<'_>, _: &mut Io) -> i32 {
        self.close(world);
        130
    }
}
