//! Who asks OLD: `--traffic`.

use hellok8s_lab::api::Service;
use hellok8s_lab::apiserver::Key;
use hellok8s_lab::lab::Lab;
use hellok8s_lab::network::MOST_PER_SECOND;

/// Requests flow for so long before the change, in simulated milliseconds: what is lost without it is no fault of it.
const BEFORE_MS: u64 = 10_000;

/// Requests to one Service, or to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// All, where none is named.
    service: Option<(String, String)>,
    per_second: u32,
    path: String,
}

impl Requests {
    /// Reads `50`, `web=50`, `shop/web=50/cart`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (service, rate) = text.split_once('=').map_or((None, text), |(service, rate)| (Some(service), rate));
        let service = service.map(|service| service.split_once('/').unwrap_or(("default", service)));
        let (number, path) = rate.split_at(rate.find('/').unwrap_or(rate.len()));
        let per_second = number.parse().ok().filter(|number| (1..=MOST_PER_SECOND).contains(number));
        let is_named = service.is_none_or(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
        match per_second {
            Some(per_second) if is_named => Ok(Self {
                service: service.map(|(namespace, name)| (namespace.to_owned(), name.to_owned())),
                per_second,
                path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            }),
            _ => Err(format!(
                "--traffic {text:?} is no number of requests a second, 1 to {MOST_PER_SECOND}, and no \
                 [NAMESPACE/]SERVICE=NUMBER[/PATH]"
            )),
        }
    }
}

/// Lets the requests flow for a while. A Service that is named has its own rate, and not that of all.
///
/// # Errors
/// When there is no such Service in `old`.
pub fn ask(lab: &mut Lab, traffic: &[Requests], old: &str) -> Result<(), String> {
    if traffic.is_empty() {
        return Ok(());
    }
    let answers =
        |service: &&std::sync::Arc<Service>| !service.spec.ports.is_empty() && !service.spec.selector.is_empty();
    let services = lab.cluster().api.store().services(None).filter(answers);
    let all: Vec<Key> =
        services.map(|service| Key::new(service.metadata.namespace.as_str(), service.metadata.name.as_str())).collect();
    let to_all = traffic.iter().filter(|requests| requests.service.is_none());
    let to_one = traffic.iter().filter(|requests| requests.service.is_some());
    for Requests { service, per_second, path } in to_all.chain(to_one) {
        let asked = match service {
            None => all.clone(),
            Some((namespace, name)) => vec![Key::new(namespace.as_str(), name.as_str())],
        };
        if asked.is_empty() {
            return Err(format!("--traffic: {old} has no Service that pods could answer for"));
        }
        for key in &asked {
            if !all.contains(key) {
                return Err(format!("--traffic: {old} has no Service {key} that pods could answer for"));
            }
            lab.intervene(|cluster| cluster.set_traffic(key, *per_second, path))?;
        }
    }
    lab.run_until(lab.now() + BEFORE_MS);
    Ok(())
}
