//! No flag is taken and ignored: every flag of every command is given once, and the command must ask for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::flags::{Flag, GLOBAL, Parsed, Takes, of_command};
use super::program::start;
use super::verbs;
use crate::cluster::{Cluster, ClusterConfig};
use crate::process::{Files, Forwards, Io, Poll, World};

thread_local! {
    static READ: RefCell<BTreeMap<&'static str, BTreeSet<&'static str>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes which flags a command has asked for.
pub(super) fn note(path: &'static str, flags: &Parsed) {
    READ.with_borrow_mut(|read| read.entry(path).or_default().extend(flags.read()));
}

/// Flags that mean nothing in the lab, and why.
const WITHOUT_EFFECT: [(&str, &[&str]); 15] = [
    // There is one API server, and it takes whoever calls for the administrator.
    (
        "*",
        &[
            "as-group",
            "as-uid",
            "cache-dir",
            "client-certificate",
            "client-key",
            "certificate-authority",
            "token",
            "server",
        ],
    ),
    ("*", &["as", "insecure-skip-tls-verify", "v", "help"]),
    // Lists come whole, one request at a time.
    ("*", &["chunk-size", "concurrency", "cached", "server-print"]),
    // There is no network that could be slow.
    ("*", &["pod-running-timeout"]),
    // An object is only ever merged by the server's rules, and a deletion by --force takes no time.
    ("apply", &["overwrite", "timeout", "wait"]),
    ("replace", &["timeout", "wait"]),
    // Files have no owners and no modes, and no connection breaks.
    ("cp", &["no-preserve", "retries"]),
    // There is one address to listen at.
    ("port-forward", &["address"]),
    // Whose a field would be is not asked of a dry run.
    ("diff", &["show-managed-fields"]),
    // What they print has no managers: events of the lab, what is gone, a configuration file, a user.
    ("events", &["show-managed-fields"]),
    ("wait", &["show-managed-fields"]),
    ("config view", &["show-managed-fields"]),
    ("auth whoami", &["show-managed-fields"]),
    // Nothing is attached to.
    ("run", &["quiet"]),
    // No program draws on the terminal.
    ("exec", &["tty"]),
];

/// What each command is given beside the flag; without an entry, nothing.
const ARGUMENTS: [(&str, &str); 76] = [
    ("cp", "env.txt web:/tmp/a"),
    ("create secret tls", "a --cert=tls.crt --key=tls.key"),
    ("create ingress", "a --rule=a.example/=web:80"),
    ("debug", "web --image=busybox --copy-to=copy"),
    ("kustomize", "folder"),
    ("autoscale", "deploy web --max=2"),
    ("create clusterrole", "a --verb=get --resource=pods"),
    ("create clusterrolebinding", "a --clusterrole=b"),
    ("create role", "a --verb=get --resource=pods"),
    ("create rolebinding", "a --role=b"),
    ("annotate", "deploy web a=b"),
    ("api-resources", ""),
    ("apply", "-f conflict.yaml --force"),
    ("apply set-last-applied", "-f changed.yaml"),
    ("apply view-last-applied", "deploy web"),
    ("auth can-i", "get pods"),
    ("config get-contexts", ""),
    ("config set", "clusters.a.certificate-authority-data b"),
    ("config set-cluster", "a"),
    ("config set-context", "a"),
    ("config set-credentials", "a"),
    ("config view", ""),
    ("cordon", "minikube"),
    ("create", "-f new.yaml"),
    ("create configmap", "a"),
    ("create deployment", "a --image=nginx"),
    ("create namespace", "a"),
    ("create poddisruptionbudget", "a --selector=a=b --min-available=1"),
    ("create priorityclass", "a"),
    ("create quota", "a --hard=pods=1"),
    ("create job", "a --image=nginx"),
    ("create cronjob", "a --image=nginx --schedule=@daily"),
    ("create secret docker-registry", "a --docker-username=a --docker-password=b"),
    ("create secret generic", "a"),
    ("create service clusterip", "a --tcp=80"),
    ("create service externalname", "a --external-name=a.example"),
    ("create service loadbalancer", "a --tcp=80"),
    ("create service nodeport", "a --tcp=80"),
    ("create serviceaccount", "a"),
    ("delete", "cm one"),
    ("describe", "deploy web"),
    ("diff", "-f web.yaml"),
    ("drain", "minikube"),
    ("edit", "cm one"),
    ("events", ""),
    ("exec", "deploy/web -- date"),
    ("explain", "pods"),
    ("expose", "deploy web --port=80 --name=b"),
    ("get", "deploy"),
    ("label", "deploy web a=b"),
    ("logs", "deploy/web"),
    ("patch", "deploy web -p {}"),
    ("port-forward", "deploy/web 80"),
    ("replace", "-f web.yaml --force"),
    ("rollout history", "deploy web"),
    ("rollout pause", "deploy web"),
    ("rollout restart", "deploy web"),
    ("rollout resume", "deploy web"),
    ("rollout status", "deploy web"),
    ("rollout undo", "deploy web"),
    ("run", "a --image=nginx"),
    ("scale", "deploy web --replicas=2"),
    ("set env", "deploy web A=b"),
    ("set image", "deploy web nginx=nginx:1.27"),
    ("set resources", "deploy web --limits=cpu=1"),
    ("set selector", "svc web a=b"),
    ("set serviceaccount", "deploy web default"),
    ("set subject", "rolebinding a --user=b"),
    ("wait", "cm one --for=delete"),
    ("config use-context", "minikube"),
    ("config unset", "clusters.minikube.server"),
    ("config delete-context", "minikube"),
    ("config delete-cluster", "minikube"),
    ("config delete-user", "minikube"),
    ("config rename-context", "minikube other"),
    ("taint", "node minikube a=b:NoSchedule"),
];

/// Commands that speak of no namespace.
const NO_NAMESPACE: [&str; 14] = [
    "kustomize",
    "options",
    "cluster-info",
    "api-resources",
    "api-versions",
    "version",
    "explain",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "top node",
    "auth whoami",
    "completion",
];

/// The value that a flag is given.
fn sample(flag: &Flag) -> &'static str {
    match (flag.name, flag.takes) {
        ("filename", _) => "web.yaml",
        ("kustomize", _) => "folder",
        ("cert", _) => "tls.crt",
        ("key", _) => "tls.key",
        ("output", _) => "name",
        ("template", _) => "{{.}}",
        ("dry-run", _) => "client",
        ("selector" | "pod-selector" | "label-columns" | "labels", _) => "a=b",
        ("field-selector", _) => "metadata.name=web",
        ("validate", _) => "warn",
        ("for", _) => "delete",
        ("patch", _) => "{}",
        ("limits" | "requests", _) => "cpu=1",
        ("cascade", _) => "orphan",
        ("kubeconfig", _) => ".kube/config",
        ("request-timeout", _) => "5s",
        ("context" | "cluster" | "user", _) => "minikube",
        ("annotations" | "env" | "from-literal", _) => "a=b",
        ("from-file" | "from-env-file" | "custom", _) => "env.txt",
        ("profile", _) => "general",
        ("annotation", _) => "a=b",
        ("rule", _) => "b.example/*=web:80",
        ("default-backend", _) => "web:80",
        ("set-image", _) => "web=nginx",
        ("image-pull-policy", _) => "Never",
        ("from", _) => "cm/one",
        ("resource", _) => "pods",
        ("serviceaccount", _) => "default:web",
        ("tcp" | "port", _) => "80",
        ("restart", _) => "Never",
        ("type", _) => "merge",
        ("subresource", _) => "status",
        ("overrides", _) => "{}",
        ("override-type", _) => "merge",
        ("sort-by", _) => ".metadata.name",
        ("prune-allowlist", _) => "core/v1/Pod",
        (_, Takes::Switch) => "true",
        (_, Takes::Number) => "1",
        (_, Takes::Duration) => "1s",
        _ => "a",
    }
}

/// What has to be done before a command does anything.
const BEFORE: [(&str, &str); 5] = [
    ("set subject", "create rolebinding a --clusterrole=view --user=c"),
    ("rollout resume", "rollout pause deploy web"),
    ("rollout undo", "set image deploy web nginx=nginx:1.27"),
    ("cp", "run web --image=nginx"),
    ("debug", "run web --image=nginx"),
];

/// A flag that another one needs.
const TOGETHER: [(&str, &str, &str); 13] = [
    ("apply", "prune-allowlist", "--prune --all"),
    ("diff", "prune-allowlist", "--prune"),
    ("diff", "field-manager", "--server-side"),
    ("set env", "keys", "--from=cm/one"),
    ("run", "command", "b"),
    ("set env", "resolve", "--list"),
    ("run", "override-type", "--overrides={}"),
    ("expose", "override-type", "--overrides={}"),
    ("expose", "load-balancer-ip", "--type=LoadBalancer"),
    ("apply", "grace-period", "--force"),
    ("drain", "grace-period", "--force"),
    ("delete", "timeout", "--wait"),
    ("debug", "tty", "--stdin --attach=false"),
];

fn files() -> Files {
    let mut files = Files::default();
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
               template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: nginx, image: nginx}]}\n";
    files.write("web.yaml", web);
    files.write("conflict.yaml", web.replace("app: web", "app: other"));
    files.write("changed.yaml", web.replace("name: web}", "name: web, labels: {a: b}}"));
    files.write("new.yaml", web.replace("web", "new"));
    files.write("folder/web.yaml", web);
    files.write("folder/kustomization.yaml", "resources: [web.yaml]\n");
    files.write("env.txt", "A=b\n");
    files.write("patch.yaml", "{}");
    files.write("tls.crt", "-----BEGIN CERTIFICATE-----\n");
    files.write("tls.key", "-----BEGIN PRIVATE KEY-----\n");
    files.write(
        ".kube/config",
        "apiVersion: v1\nclusters: [{name: minikube}]\ncontexts: [{name: minikube}]\nusers: [{name: minikube}]\n",
    );
    files
}

/// The arguments with a folder in the place of a file or an object.
fn in_folder(arguments: &str) -> String {
    let words = arguments.split(' ');
    let rest =
        words.filter(|word| word.contains('=') || word.starts_with("--") || ["{}", "-p", "default"].contains(word));
    format!("-f folder {}", rest.collect::<Vec<_>>().join(" "))
}

/// Runs a line for a moment.
fn run(cluster: &mut Cluster, files: &mut Files, line: &str) {
    let words = shlex::split(line).unwrap();
    let mut process = start(&words, crate::shell::PROGRAMS);
    let (mut io, mut forwards) = (Io::default(), Forwards::default());
    for _ in 0..3 {
        let mut world = World { cluster, files, forwards: &mut forwards };
        if matches!(process.poll(&mut world, &mut io), Poll::Exited(_)) {
            break;
        }
        let next = cluster.now() + 100;
        cluster.run_until(next);
    }
}

#[test]
fn every_flag_of_every_command_is_asked_for() {
    let mut unread = Vec::new();
    for command in verbs::COMMANDS {
        if command.flags.first().is_some_and(|flag| flag.name == "*") {
            continue;
        }
        let arguments = ARGUMENTS.iter().find(|(path, _)| *path == command.path).map_or("", |(_, arguments)| arguments);
        // These speak to no API server, or of no namespace.
        let no_requests = command.path.starts_with("config ");
        let no_namespace = no_requests || NO_NAMESPACE.contains(&command.path);
        let global = GLOBAL.into_iter().filter(|flag| match flag.name {
            "namespace" => !no_namespace,
            "cluster" | "context" | "user" | "request-timeout" => !no_requests,
            _ => true,
        });
        for flag in of_command(command.flags).into_iter().chain(global) {
            let has_none =
                |(path, flags): &(&str, &[&str])| (*path == "*" || *path == command.path) && flags.contains(&flag.name);
            // `--template` is joined to `--output` before the command runs.
            if WITHOUT_EFFECT.iter().any(has_none) || flag.name == "template" {
                continue;
            }
            let mut cluster = Cluster::new(ClusterConfig::default());
            let mut files = files();
            for line in ["apply -f web.yaml", "create cm one --from-literal=a=b", "expose deploy web --port=80"] {
                run(&mut cluster, &mut files, line);
            }
            cluster.run_until(crate::sim::SimTime(20_000));
            for line in BEFORE.iter().filter(|(path, _)| *path == command.path).map(|(_, line)| line) {
                run(&mut cluster, &mut files, line);
            }
            cluster.run_until(crate::sim::SimTime(22_000));
            if command.path.starts_with("top ") {
                cluster.enable_metrics(true);
                cluster.run_until(crate::sim::SimTime(82_000));
            }
            let together = TOGETHER.iter().find(|(path, name, _)| *path == command.path && *name == flag.name);
            let together = match flag.name {
                "allow-missing-template-keys" => "-o name",
                "show-managed-fields" => "-o yaml",
                _ => together.map_or("", |(.., more)| more),
            };
            let arguments = if flag.name == "recursive" && command.path != "explain" {
                in_folder(arguments)
            } else {
                (*arguments).to_owned()
            };
            let words = arguments.split_once(" -- ");
            let words = words.map_or((arguments.as_str(), String::new()), |(a, b)| (a, format!(" -- {b}")));
            let value = shlex::try_quote(sample(&flag)).unwrap();
            let line = format!("{} {} {together} --{}={value}{}", command.path, words.0, flag.name, words.1);
            READ.with_borrow_mut(BTreeMap::clear);
            run(&mut cluster, &mut files, &line);
            let was_read = READ.with_borrow(|read| read.get(command.path).is_some_and(|read| read.contains(flag.name)));
            if !was_read {
                unread.push(line);
            }
        }
    }
    assert!(unread.is_empty(), "taken and ignored:\n{}", unread.join("\n"));
}
