//! Rolls out a second version and tells what the watch log says of it: `cargo run --example rollout`.

use hellok8s_lab::api::Object;
use hellok8s_lab::apiserver::ChangeType;
use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};

fn main() {
    print!("{}", watched());
}

/// What becomes of the pods, a line each.
pub fn watched() -> String {
    let mut lab = Lab::new(&LabOptions::default());
    apply(&mut lab, "v1, 3 replicas");
    let seen = lab.cluster().log().len();
    let rolled_out_at = lab.now();
    apply(&mut lab, "v2");
    let mut told = String::new();
    for event in lab.cluster().log().since(seen) {
        let Object::Pod(pod) = &event.object else { continue };
        let what = match event.kind {
            ChangeType::Added => "is made",
            ChangeType::Deleted => "is gone",
            ChangeType::Modified if pod.is_active() && pod.is_ready() => "is ready",
            ChangeType::Modified => continue,
        };
        let image = pod.spec.containers.first().map_or("", |container| container.image.as_str());
        let at_ms = event.at.ms_since(rolled_out_at);
        told.push_str(&format!("{at_ms:>6} ms  {}  {what}  ({image})\n", pod.metadata.name));
    }
    told
}

/// Writes a manifest, applies it as somebody in front of the terminal would, and gives it a minute of simulated time.
fn apply(lab: &mut Lab, preset: &str) {
    let text = PRESETS.iter().find(|(name, _)| *name == preset).map_or("", |(_, text)| text);
    lab.write("deployment.yaml", text);
    lab.submit(0, "kubectl apply -f deployment.yaml");
    let until = lab.now() + 60_000;
    lab.run_until(until);
}
