//! What may be done in a random world.

use crate::sim::Random;

/// Something that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A line is typed.
    Type {
        /// Into which terminal.
        terminal: usize,
        /// The line.
        line: String,
    },
    /// Ctrl-C.
    Interrupt(usize),
    /// A file is written.
    Write {
        /// Its name.
        file: String,
        /// Its text.
        text: String,
    },
    /// So many milliseconds pass.
    Pass(u64),
    /// So many events are handled one by one.
    Step(u64),
    /// The moment at so many thousandths of the history is shown.
    Seek(u64),
    /// The former history is restored.
    UndoFork,
    /// A copy is made here; later it has to come to the same as the original.
    Copy,
}

const MOST_ACTIONS: u32 = 36;
const NAMES: [&str; 3] = ["web", "api", "db"];
const IMAGES: [&str; 9] = [
    "guangzhengli/hellok8s:v1",
    "guangzhengli/hellok8s:v2",
    "guangzhengli/hellok8s:v3",
    "guangzhengli/hellok8s:bad",
    "guangzhengli/hellok8s:liveness",
    "guangzhengli/hellok8s:v99",
    "nginx",
    "busybox",
    "nobody/knows:it",
];
const BOUNDS: [&str; 6] = ["0", "1", "2", "25%", "50%", "100%"];
const FILES: [&str; 3] = ["deployment.yaml", "web.yaml", "shop/api.yaml"];

/// The world of a seed.
pub fn draw(seed: u64) -> Vec<Action> {
    let mut random = Random::derive(seed, "fuzz");
    let count = 4 + random.below(MOST_ACTIONS);
    (0..count).map(|_| action(&mut random)).collect()
}

fn action(random: &mut Random) -> Action {
    match random.below(100) {
        0..52 => Action::Type { terminal: pick(random, &[0, 0, 0, 0, 1, 2, 5]), line: line(random) },
        52..60 => Action::Write { file: pick(random, &FILES).to_owned(), text: manifest(random) },
        60..84 => Action::Pass(match random.below(4) {
            0 => random.between_ms(0, 60),
            1 => random.between_ms(60, 3_000),
            2 => random.between_ms(3_000, 40_000),
            _ => random.between_ms(40_000, 400_000),
        }),
        84..89 => Action::Step(u64::from(1 + random.below(40))),
        89..92 => Action::Seek(u64::from(random.below(1_001))),
        92..94 => Action::UndoFork,
        94..97 => Action::Interrupt(pick(random, &[0, 1, 2])),
        _ => Action::Copy,
    }
}

fn pick<T: Copy + Default>(random: &mut Random, from: &[T]) -> T {
    let at = random.below(u32::try_from(from.len()).unwrap_or(1));
    usize::try_from(at).ok().and_then(|at| from.get(at)).copied().unwrap_or_default()
}

fn line(random: &mut Random) -> String {
    let name = pick(random, &NAMES);
    let image = pick(random, &IMAGES);
    let number = random.below(9);
    let file = pick(random, &FILES);
    let write = |random: &mut Random| match random.below(16) {
        0 | 1 => format!("kubectl apply -f {file}"),
        2 => format!("kubectl create deployment {name} --image={image} --replicas={number}"),
        3 | 4 => format!("kubectl scale deployment {name} --replicas={number}"),
        5 | 6 => format!("kubectl set image deployment {name} '*={image}'"),
        7 => format!("kubectl rollout {} deployment {name}", pick(random, &["undo", "restart", "pause", "resume"])),
        8 => format!("kubectl delete {} {name}{}", pick(random, &["deployment", "service", "pod"]), deletion(random)),
        9 => format!("kubectl delete {} -l app={name}{}", pick(random, &["rs", "pods", "all"]), deletion(random)),
        10 => format!("kubectl expose deployment {name} --port=80 --target-port=3000"),
        11 => format!("kubectl label pods -l app={name} app={} --overwrite", pick(random, &NAMES)),
        12 => format!("kubectl scale rs -l app={name} --replicas={number}"),
        13 => format!(
            "kubectl run {name} --image={image}{}",
            pick(random, &["", " --restart=Never", " --labels=app=web"])
        ),
        14 => format!("kubectl patch deployment {name} -p '{}'", patch(random)),
        _ => cluster_line(random),
    };
    match random.below(14) {
        0..9 => write(random),
        9 => format!("{} && {}", write(random), write(random)),
        10 => format!("sleep {}; {}", random.below(20), write(random)),
        11 => format!("({}; sleep 3; {}) &", write(random), write(random)),
        12 => look(random, name),
        _ => trouble(random, name, image),
    }
}

fn deletion(random: &mut Random) -> &'static str {
    pick(
        random,
        &[
            "",
            " --wait=false",
            " --force --grace-period=0",
            " --grace-period=2",
            " --cascade=orphan",
            " --cascade=foreground",
            " --cascade=foreground --wait=false",
        ],
    )
}

fn cluster_line(random: &mut Random) -> String {
    match random.below(12) {
        0 => "kubectl cordon minikube".to_owned(),
        1 => "kubectl uncordon minikube".to_owned(),
        2 => "kubectl drain minikube --ignore-daemonsets --force --timeout=20s".to_owned(),
        3 => format!("kubectl taint nodes minikube a=b:{} --overwrite", pick(random, &["NoSchedule", "NoExecute"])),
        4 => "kubectl taint nodes minikube a-".to_owned(),
        5 => format!("kubectl create namespace {}", pick(random, &NAMES)),
        6 => format!("kubectl delete namespace {} --wait=false", pick(random, &NAMES)),
        7 => format!("kubectl -n {} create deployment web --image=nginx", pick(random, &NAMES)),
        8 => {
            let (pods, cpu) = (random.below(7), random.below(3_000));
            format!(
                "kubectl create quota {} --hard=pods={pods}{}",
                pick(random, &NAMES),
                pick(random, &["", ",services=1"])
            ) + &if random.below(3) == 0 { format!(",requests.cpu={cpu}m") } else { String::new() }
        }
        9 => format!("kubectl delete quota {}", pick(random, &NAMES)),
        10 => format!(
            "kubectl run {} --image=busybox --restart={} -- sh -c 'sleep {}; exit {}'",
            pick(random, &NAMES),
            pick(random, &["Never", "OnFailure"]),
            random.below(20),
            random.below(2)
        ),
        _ => format!("kubectl create configmap {} --from-literal=a=b", pick(random, &NAMES)),
    }
}

fn look(random: &mut Random, name: &str) -> String {
    match random.below(8) {
        0 => "kubectl get pods,rs,deploy,svc,endpoints -A -o wide".to_owned(),
        1 => format!("kubectl describe deployment {name}"),
        2 => "kubectl describe pods".to_owned(),
        3 => format!("timeout 20 kubectl rollout status deployment {name}"),
        4 => format!("kubectl wait --for=condition=Available deployment/{name} --timeout=15s"),
        5 => "timeout 9 kubectl get pods --watch".to_owned(),
        6 => "kubectl get all -o yaml; kubectl get events".to_owned(),
        _ => format!("kubectl logs deployment/{name} --tail=3; kubectl top pods; lab status"),
    }
}

fn trouble(random: &mut Random, name: &str, image: &str) -> String {
    match random.below(8) {
        0 => "lab kubelet stop".to_owned(),
        1 => "lab kubelet start".to_owned(),
        2 => format!("lab slow {image} {}s", random.below(40)),
        3 => format!("lab fail {image} /healthz {}", pick(random, &["500", "hang", "ok"])),
        4 => format!("lab fail {image} / {}", pick(random, &["503", "hang", "ok"])),
        5 => format!("lab traffic {name} {}", random.below(30)),
        6 => format!("lab kill $(kubectl get pods -l app={name} -o name | head -1){}", pick(random, &["", " --oom"])),
        _ => format!("kubectl exec deployment/{name} -- sh -c 'kill 1'"),
    }
}

fn patch(random: &mut Random) -> String {
    let number = random.below(8);
    match random.below(6) {
        0 => format!("{{\"spec\":{{\"replicas\":{number}}}}}"),
        1 => format!("{{\"spec\":{{\"minReadySeconds\":{number}}}}}"),
        2 => format!("{{\"spec\":{{\"revisionHistoryLimit\":{number}}}}}"),
        3 => format!("{{\"spec\":{{\"progressDeadlineSeconds\":{}}}}}", 5 + number),
        4 => "{\"spec\":{\"strategy\":{\"type\":\"Recreate\",\"rollingUpdate\":null}}}".to_owned(),
        _ => {
            let (surge, unavailable) = (bound(random), bound(random));
            format!(
                "{{\"spec\":{{\"strategy\":{{\"type\":\"RollingUpdate\",\"rollingUpdate\":{{\"maxSurge\":{surge},\"maxUnavailable\":{unavailable}}}}}}}}}"
            )
        }
    }
}

fn bound(random: &mut Random) -> String {
    let bound = pick(random, &BOUNDS);
    if bound.ends_with('%') { format!("\"{bound}\"") } else { bound.to_owned() }
}

/// A manifest of a Deployment, with a service at times, and with a mistake at times.
fn manifest(random: &mut Random) -> String {
    let name = pick(random, &NAMES);
    let (surge, unavailable) = (bound(random), bound(random));
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: {}\n  minReadySeconds: {}\n  \
         strategy:\n    rollingUpdate:\n      maxSurge: {surge}\n      maxUnavailable: {unavailable}\n  selector:\n    \
         matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      \
         terminationGracePeriodSeconds: {}\n      containers:\n      - name: main\n        image: {}\n",
        random.below(9),
        random.below(6),
        random.below(40),
        pick(random, &IMAGES),
    );
    for kind in ["readinessProbe", "livenessProbe", "startupProbe"] {
        if random.below(3) == 0 {
            let path = pick(random, &["/", "/healthz"]);
            let (period, failures) = (1 + random.below(5), 1 + random.below(4));
            text.push_str(&format!(
                "        {kind}:\n          httpGet: {{path: {path}, port: 3000}}\n          periodSeconds: {period}\n          \
                 failureThreshold: {failures}\n"
            ));
        }
    }
    if random.below(3) == 0 {
        let (cpu, memory) = (random.below(3_000), random.below(6_000));
        text.push_str(&format!("        resources: {{requests: {{cpu: {cpu}m, memory: {memory}Mi}}}}\n"));
    }
    if random.below(4) == 0 {
        text.push_str(&format!(
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n  ports:\n  - \
             port: 80\n    targetPort: 3000\n"
        ));
    }
    if random.below(6) == 0 { mistaken(random, &text) } else { text }
}

/// The text with a line left out, doubled or made another.
fn mistaken(random: &mut Random, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let at = usize::try_from(random.below(u32::try_from(lines.len()).unwrap_or(1))).unwrap_or(0);
    let how = random.below(3);
    let mut made = String::new();
    for (place, line) in lines.iter().enumerate() {
        let times = match how {
            0 if place == at => 0,
            1 if place == at => 2,
            _ => 1,
        };
        for _ in 0..times {
            made.push_str(line);
            made.push_str(if place == at && how == 2 { " x: [" } else { "" });
            made.push('\n');
        }
    }
    made
}
