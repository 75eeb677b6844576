//! Somebody's own cluster, brought along: what `kubectl get … -o yaml` gives, made into a lab.

mod exported;
mod surroundings;

use serde_json::{Value, json};

use super::{DEFAULT_SEED, Session, Start};
use crate::api::{EPOCH_UNIX_S, Time};
use crate::kubectl::output::yaml::to_yaml;
use crate::lab::{Input, Lab, LabOptions};
use crate::lang::Lang;
use crate::manifest;
use crate::sim::SimTime;

use exported::{as_of, portable};
pub use exported::{creatable, is_exported};
pub use surroundings::{Assumed, assumed};

/// The file that holds what was brought.
const FILE: &str = "cluster.yaml";
/// What was brought has so long to come to rest, in simulated milliseconds.
const REST_MS: u64 = 60_000;

/// What it cannot know, at the top of the file.
const UNKNOWN_EN: &str = "\
# From your cluster. Uids, ages and revisions are those of there; ages as of the last moment that these objects tell of.
# Not known here, and begun anew: conditions, events, logs, restarts and what has failed before, addresses, and the nodes:
# containers start when this is opened. ReplicaSets and pods that were not brought along are made again, and so is what other
# controllers make. Of an image that the lab does not know the program is made up (images.yaml); ConfigMaps and Secrets that
# pods read and that were not brought along are there, with values that are made up.
";
const UNKNOWN_ZH: &str = "\
# 来自你的集群：uid、存在时长和修订号都与那里一致，时长算到这些对象所提到的最后时刻为止。
# 这里无从知道、只能重新开始的有：conditions、事件、日志、重启次数和以前的失败、各种地址，以及节点；容器在打开时才启动。
# 没有一起带来的 ReplicaSet 和 Pod 由控制器重新创建，其他控制器的产物也一样。
# 实验室不认识的镜像，程序是代拟的（见 images.yaml）；Pod 要读而没有一起带来的 ConfigMap 和 Secret 已经备好，内容是代拟的。
";

/// The objects of a text that a cluster has given, a List's items one by one; none where it has given none of them.
fn objects(text: &str) -> Option<Vec<Value>> {
    let documents = manifest::parse(FILE, text).ok()?;
    let objects: Vec<Value> = documents
        .into_iter()
        .flat_map(|document| match document.value.get("items").and_then(Value::as_array) {
            Some(items) => items.clone(),
            None => vec![document.value],
        })
        .collect();
    objects.iter().any(is_exported).then_some(objects)
}

/// A session that begins with the objects of a cluster's own output; none where the text is no such.
pub fn session(text: &str, lang: Lang) -> Option<Session> {
    let all = objects(text)?;
    let kept: Vec<Value> = all.iter().filter_map(|object| portable(object, &all)).collect();
    let as_of = as_of(&all).unwrap_or(Time(EPOCH_UNIX_S));
    let around = assumed(&kept.iter().collect::<Vec<_>>());
    let items: Vec<&Value> = around.iter().map(|assumed| &assumed.manifest).chain(&kept).collect();
    let list = to_yaml(&json!({"apiVersion": "v1", "kind": "List", "items": items}));
    let unknown = if lang == Lang::Zh { UNKNOWN_ZH } else { UNKNOWN_EN };
    let options = LabOptions { seed: DEFAULT_SEED, ..LabOptions::default() };
    let mut lab = Lab::new(&options);
    lab.write(FILE, &format!("{unknown}{list}"));
    lab.submit(0, &format!("lab stand-in {FILE}"));
    lab.submit(0, &format!("lab bring {FILE} {as_of}"));
    let mut inputs = lab.inputs();
    inputs.push(Input::Until(SimTime(REST_MS)));
    let start = Start::Free(options);
    Some(Session { start, inputs, open_file: Some(FILE.to_owned()), ..Session::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Replay;

    const EXPORTED: &str = include_str!("../../../tests/data/forecast/exported/old.yaml");

    #[test]
    fn a_cluster_begins_again() {
        let session = session(EXPORTED, Lang::En);
        let reopened = session.and_then(|session| Replay::new(session).ok()?.finish().ok());
        let lab = reopened.map(|reopened| reopened.lab);
        let store = lab.as_ref().map(|lab| lab.cluster().api.store());
        let pods = store.map(|store| store.pods(None).filter(|pod| pod.is_ready()).count());
        assert_eq!(pods, Some(3), "its ReplicaSet and pods are made once");
        let services = store.map(|store| store.services(None).map(|service| service.metadata.name.clone()).collect());
        assert_eq!(services, Some(vec!["kubernetes".to_owned(), "web".to_owned()]));
        // Those of there, and no others.
        let names = store.map(|store| store.pods(None).map(|pod| pod.metadata.name.clone()).collect::<Vec<_>>());
        assert!(names.is_some_and(|names| names.iter().all(|name| EXPORTED.contains(&format!("name: {name}\n")))));
        let uids = store.map(|store| {
            let sets = store.replica_sets(None).map(|set| set.metadata.uid.clone());
            sets.chain(store.deployments(None).map(|deployment| deployment.metadata.uid.clone())).collect::<Vec<_>>()
        });
        let known = ["615ff84a-af4b-4ffe-9c8b-289394e6f4e4", "7408540e-0346-4e1c-932f-69e1555493d3"];
        assert_eq!(uids, Some(known.map(str::to_owned).to_vec()));
        assert!(
            lab.as_ref().is_some_and(|lab| lab.read(FILE).is_some_and(|text| text.starts_with("# From your cluster.")))
        );
    }

    #[test]
    fn a_manifest_is_no_cluster() {
        assert_eq!(session("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", Lang::En), None);
        assert_eq!(session("kind: [", Lang::En), None);
    }
}
