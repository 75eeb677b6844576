//! What the API server tells of itself: its version, its health, its groups and their resources.

use serde_json::{Value, json};

use crate::api::Kind;
use crate::api::conversion::base64_of;
use crate::client::Client;
use crate::sorting;

use super::kustomize::sha256;
use super::output::json;
use super::resource_type::{ALL, listed};

/// What nearly every resource can do, in the server's order.
const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// Paths that say whether the server is well.
const HEALTH: [&str; 3] = ["healthz", "livez", "readyz"];

/// The answer to a path that names no objects; none where there is no such path.
pub(super) fn answer(client: &dyn Client, words: &[&str], query: &str) -> Option<String> {
    let line = |value: String| Some(value + "\n");
    match words {
        [] => Some(index(client)),
        ["version"] => Some(version(client)),
        [check] if HEALTH.contains(check) => Some(health(check, query)),
        ["api"] => line(
            r#"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"192.168.49.2:8443"}]}"#.to_owned(),
        ),
        ["apis"] => {
            let groups: Vec<String> = groups(client).iter().map(|(name, versions)| group(name, versions, "")).collect();
            line(format!(r#"{{"kind":"APIGroupList","apiVersion":"v1","groups":[{}]}}"#, groups.join(",")))
        }
        ["apis", name] => {
            let (name, versions) = groups(client).into_iter().find(|(known, _)| known == name)?;
            line(group(&name, &versions, r#""kind":"APIGroup","apiVersion":"v1","#))
        }
        ["api", "v1"] => line(resources(client, "v1")?),
        ["apis", group, version] => line(resources(client, &format!("{group}/{version}"))?),
        _ => None,
    }
}

/// The kinds that are served under `apps/v1` and the like.
pub(super) fn kinds_of(client: &dyn Client, version: &str) -> Vec<Kind> {
    let of_users = client.definitions().into_iter().filter(|known| {
        version.rsplit_once('/').is_some_and(|(group, version)| {
            known.kind.group() == group && known.versions.iter().any(|served| served == version)
        })
    });
    let own = listed(client).into_iter().map(|(kind, _)| kind).filter(|kind| !kind.is_custom());
    let mut kinds: Vec<Kind> = own.filter(|kind| kind.api_version() == version).collect();
    kinds.extend(of_users.map(|known| known.kind));
    sorting::sort_by_key(&mut kinds, |kind| kind.plural());
    kinds
}

/// Groups with their versions, by name.
fn groups(client: &dyn Client) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let own = listed(client).into_iter().map(|(kind, _)| kind).filter(|kind| !kind.is_custom());
    let own = own.filter_map(|kind| {
        let (group, version) = kind.api_version().rsplit_once('/')?;
        Some((group.to_owned(), vec![version.to_owned()]))
    });
    let of_users = client.definitions().into_iter().map(|known| (known.kind.group().to_owned(), known.versions));
    for (name, versions) in own.chain(of_users) {
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.extend(versions.into_iter().filter(|version| !known.contains(version)).collect::<Vec<_>>());
            }
            None => found.push((name, versions)),
        }
    }
    sorting::sort_by_key(&mut found, |(name, _)| name.clone());
    found
}

/// `head` stands before all else in what is asked for alone.
fn group(name: &str, versions: &[String], head: &str) -> String {
    let version = |version: &String| format!(r#"{{"groupVersion":"{name}/{version}","version":"{version}"}}"#);
    let all: Vec<String> = versions.iter().map(version).collect();
    let preferred = all.first().map_or("null", String::as_str);
    format!(r#"{{{head}"name":"{name}","versions":[{}],"preferredVersion":{preferred}}}"#, all.join(","))
}

/// Models apiserver/pkg/endpoints/discovery APIVersionHandler; the fields stand as in Go's struct.
fn resources(client: &dyn Client, version: &str) -> Option<String> {
    let kinds = kinds_of(client, version);
    if kinds.is_empty() {
        return None;
    }
    let (shorts, definitions) = (listed(client), client.definitions());
    let mut entries = Vec::new();
    for kind in kinds {
        let known = definitions.iter().find(|known| known.kind == kind);
        let singular = known.map_or_else(|| kind.as_str().to_lowercase(), |known| known.singular.clone());
        let names = shorts.iter().find(|(listed, _)| *listed == kind).map_or(&[][..], |(_, shorts)| shorts.as_slice());
        let mut categories = known.map_or_else(Vec::new, |known| known.categories.clone());
        if ALL.contains(&kind) {
            categories.push("all".to_owned());
        }
        let scope = !kind.is_cluster_scoped();
        let mut verbs = VERBS.to_vec();
        if kind == Kind::Namespace {
            verbs.retain(|verb| *verb != "deletecollection");
        }
        let mut entry = format!(
            r#"{{"name":"{}","singularName":"{singular}","namespaced":{scope},"kind":"{}","verbs":{}"#,
            kind.plural(),
            kind.as_str(),
            texts(&verbs)
        );
        for (field, list) in [("shortNames", names), ("categories", categories.as_slice())] {
            if !list.is_empty() {
                entry.push_str(&format!(r#","{field}":{}"#, texts(list)));
            }
        }
        entry.push_str(&format!(r#","storageVersionHash":"{}"}}"#, storage_hash(version, kind)));
        entries.push(entry);
    }
    let head = if version == "v1" { "" } else { r#""apiVersion":"v1","# };
    let entries = entries.join(",");
    Some(format!(r#"{{"kind":"APIResourceList",{head}"groupVersion":"{version}","resources":[{entries}]}}"#))
}

fn texts<T: AsRef<str>>(list: &[T]) -> String {
    json::compact(&Value::Array(list.iter().map(|text| json!(text.as_ref())).collect()))
}

/// Models discovery.StorageVersionHash.
fn storage_hash(version: &str, kind: Kind) -> String {
    let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
    let digits = sha256::hex(&format!("{version}/{}", kind.as_str()));
    let byte = |at: usize| digits.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    base64_of(&(0..8).filter_map(byte).collect::<Vec<u8>>())
}

/// Every path that is served. Models apiserver/pkg/server/routes Index.
fn index(client: &dyn Client) -> String {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for (name, versions) in groups(client) {
        paths.push(format!("/apis/{name}"));
        paths.extend(versions.iter().map(|version| format!("/apis/{name}/{version}")));
    }
    paths.extend(["/healthz", "/livez", "/readyz", "/version"].map(str::to_owned));
    json::pretty(&json!({"paths": paths})).trim_end().replace("    ", "  ")
}

/// Models apiserver/pkg/server/routes Version.
fn version(client: &dyn Client) -> String {
    let release = client.version().release();
    let mut numbers = release.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    format!(
        "{{\n  \"major\": \"{major}\",\n  \"minor\": \"{minor}\",\n  \"gitVersion\": \"{release}\",\n  \"gitTreeState\": \
         \"clean\",\n  \"compiler\": \"gc\",\n  \"platform\": \"linux/amd64\"\n}}"
    )
}

/// Models apiserver/pkg/server/healthz handleRootHealth.
fn health(check: &str, query: &str) -> String {
    let is_verbose = query.split('&').any(|word| word.split('=').next() == Some("verbose"));
    if is_verbose { format!("[+]ping ok\n[+]log ok\n[+]etcd ok\n{check} check passed\n") } else { "ok".to_owned() }
}
