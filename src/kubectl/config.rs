//! The kubeconfig: one context, whose namespace can be changed. It is kept as a file of the lab, as in real life.

use crate::process::Files;

const PATH: &str = ".kube/config";

/// The context's namespace.
pub(super) fn current_namespace(files: &Files) -> String {
    let stored =
        files.read(PATH).and_then(|text| text.lines().find_map(|line| line.trim().strip_prefix("namespace: ")));
    stored.map_or_else(|| "default".to_owned(), |namespace| namespace.trim().to_owned())
}

/// Changes the context's namespace.
pub(super) fn set_namespace(files: &mut Files, namespace: &str) {
    files.write(PATH, kubeconfig(namespace));
}

/// The whole kubeconfig, as `kubectl config view` shows it.
pub(super) fn kubeconfig(namespace: &str) -> String {
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority: /home/user/.minikube/ca.crt\n    \
         server: https://192.168.49.2:8443\n  name: minikube\ncontexts:\n- context:\n    cluster: minikube\n    \
         namespace: {namespace}\n    user: minikube\n  name: minikube\ncurrent-context: minikube\nkind: Config\n\
         users:\n- name: minikube\n  user:\n    client-certificate: /home/user/.minikube/profiles/minikube/client.crt\n    \
         client-key: /home/user/.minikube/profiles/minikube/client.key\n"
    )
}
