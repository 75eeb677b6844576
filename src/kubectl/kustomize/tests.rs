//! Builds whole folders.

use super::{Order, build};
use crate::kubectl::output::yaml::to_yaml;
use crate::process::Files;

fn files(texts: &[(&str, &str)]) -> Files {
    let mut files = Files::default();
    for (path, text) in texts {
        files.write(path, *text);
    }
    files
}

fn built(texts: &[(&str, &str)], folder: &str) -> String {
    let (built, why) = build(&files(texts), folder, false, Order::ByKind);
    match why {
        Some(why) => why,
        None => built.objects.iter().map(to_yaml).collect::<Vec<_>>().join("---\n"),
    }
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  \
    template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: one\n        image: nginx:1.25\n        \
    envFrom: [{configMapRef: {name: settings}}]\n      - {name: two, image: 'registry:5000/a/b@sha256:0'}\n";

/// Hashes that kustomize's own tests and documentation show.
#[test]
fn hashes_are_kustomizes() {
    let hash = |text: &str| super::generate::hash(&serde_json::from_str(text).unwrap());
    // api/hasher/hasher_test.go
    assert_eq!(hash(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}"#), "6ct58987ht");
    assert_eq!(hash(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"one": ""}}"#), "9g67k2htb6");
    assert_eq!(
        hash(r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"two": 2, "one": "", "three": 3}}"#),
        "7757f9kkct"
    );
}

#[test]
fn an_overlay_changes_its_base() {
    let text = built(
        &[
            ("base/deployment.yaml", DEPLOYMENT),
            (
                "base/kustomization.yaml",
                "resources: [deployment.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [A=b]\n",
            ),
            (
                "prod/kustomization.yaml",
                "resources: [../base]\nnamePrefix: prod-\nnamespace: shop\nreplicas: [{name: web, count: 3}]\n\
                 images: [{name: nginx, newTag: '1.27'}, {name: 'registry:5000/a/b', newName: c, newTag: d}]\n\
                 labels: [{pairs: {env: prod}, includeSelectors: true}]\ncommonAnnotations: {by: me}\n\
                 patches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/paused, value: true}\n\
                 - patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {template: \
                 {spec: {containers: [{name: two, tty: true}, {name: three, image: z}]}}}\n",
            ),
        ],
        "prod",
    );
    for line in [
        "  name: prod-web\n  namespace: shop\n",
        "    by: me\n  labels:\n    env: prod\n",
        "  name: prod-settings-",
        "  paused: true\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web\n      env: prod\n",
        // What the patch names comes first.
        "      containers:\n      - image: c:d\n        name: two\n        tty: true\n      - image: z\n        name: three\n      - \
         envFrom:\n        - configMapRef:\n            name: prod-settings-",
        "        image: nginx:1.27\n        name: one\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn errors_are_kustomizes() {
    let home = "/home/learner";
    for (texts, expected) in [
        (
            &[("a/x.yaml", "")][..],
            format!(
                "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{home}/a'"
            ),
        ),
        (&[("a/kustomization.yaml", "")], "kustomization.yaml is empty".to_owned()),
        (&[("a/kustomization.yaml", "resource: []\n")], "invalid Kustomization: json: unknown field \"resource\"".to_owned()),
        (
            &[("a/kustomization.yaml", "resources: x\n")],
            "invalid Kustomization: json: cannot unmarshal string into Go struct field Kustomization.resources of type []string"
                .to_owned(),
        ),
        (
            &[("a/kustomization.yaml", "images: [{name: a, newTag: 1}]\n")],
            "invalid Kustomization: json: cannot unmarshal number into Go struct field Image.images.newTag of type string"
                .to_owned(),
        ),
        (
            &[("a/kustomization.yaml", "resources: [b.yaml]\n")],
            format!(
                "accumulating resources: accumulation err='accumulating resources from 'b.yaml': evalsymlink failure on \
                 '{home}/a/b.yaml' : lstat {home}/a/b.yaml: no such file or directory': must build at directory: not a valid \
                 directory: evalsymlink failure on '{home}/a/b.yaml' : lstat {home}/a/b.yaml: no such file or directory"
            ),
        ),
        (
            &[("a/kustomization.yaml", "resources: [../b.yaml]\n"), ("b.yaml", DEPLOYMENT)],
            format!(
                "accumulating resources: accumulation err='accumulating resources from '../b.yaml': security; file \
                 '{home}/b.yaml' is not in or below '{home}/a'': must build at directory: '{home}/b.yaml': file is not \
                 directory"
            ),
        ),
        (
            &[("a/kustomization.yaml", "resources: [../a]\n")],
            format!(
                "accumulating resources: accumulation err='accumulating resources from '../a': '{home}/a' must resolve to a \
                 file': cycle detected: candidate root '{home}/a' contains visited root '{home}/a'"
            ),
        ),
        (
            &[("a/kustomization.yaml", "resources: [b.yaml, b.yaml]\n"), ("a/b.yaml", DEPLOYMENT)],
            format!(
                "accumulating resources: accumulation err='merging resources from 'b.yaml': may not add resource with an \
                 already registered id: Deployment.v1.apps/web.[noNs]': must build at directory: '{home}/a/b.yaml': file is not \
                 directory"
            ),
        ),
        (
            &[("a/kustomization.yaml", "resources: [b.yaml]\nreplicas: [{name: x, count: 1}]\n"), ("a/b.yaml", DEPLOYMENT)],
            "resource with name x does not match a config with the following GVK [Deployment.[noVer].[noGrp] \
             ReplicationController.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] StatefulSet.[noVer].[noGrp]]"
                .to_owned(),
        ),
    ] {
        assert_eq!(built(texts, "a"), expected);
    }
}

#[test]
fn references_find_what_has_moved() {
    let text = built(
        &[
            (
                "all.yaml",
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: \
                 RoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \
                 view}\nsubjects: [{kind: ServiceAccount, name: bot}]\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: \
                 old}\n",
            ),
            (
                "kustomization.yaml",
                "resources: [all.yaml]\nnameSuffix: '-1'\nnamespace: new\nsecretGenerator:\n- name: s\n  literals: [a='b c']\n  \
                 options: {disableNameSuffixHash: true}\n",
            ),
        ],
        ".",
    );
    assert_eq!(
        text,
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: new\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  \
         name: bot-1\n  namespace: new\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: \
         b-1\n  namespace: new\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: \
         view\nsubjects:\n- kind: ServiceAccount\n  name: bot-1\n  namespace: new\n---\napiVersion: v1\ndata:\n  a: \
         YiBj\nkind: Secret\nmetadata:\n  name: s-1\n  namespace: new\ntype: Opaque\n"
    );
}
