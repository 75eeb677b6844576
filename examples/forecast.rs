//! Asks what a change will do, without doing it: `cargo run --example forecast`.

use hellok8s_lab::lab::forecast::{Forecaster, Strategy, Verdict};
use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};

fn main() {
    print!("{}", told());
}

/// The same change under three strategies.
pub fn told() -> String {
    let preset = |wanted: &str| PRESETS.iter().find(|(name, _)| *name == wanted).map_or("", |(_, text)| text);
    let mut lab = Lab::new(&LabOptions::default());
    lab.write("deployment.yaml", preset("v1, 3 replicas"));
    lab.submit(0, "kubectl apply -f deployment.yaml");
    let until = lab.now() + 60_000;
    lab.run_until(until);

    lab.write("deployment.yaml", preset("v2"));
    let careful = Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" };
    let mut told = String::new();
    for (name, strategy) in
        [("as written", Strategy::AsWritten), ("careful", careful), ("recreate", Strategy::Recreate)]
    {
        // Each forecast runs ahead in copies of the lab, with several seeds: the lab itself stays where it is.
        let forecaster = Forecaster::new(&lab, &Timeline::default(), "deployment.yaml", &strategy, &[1, 2]);
        let answer = forecaster.answer().to_owned();
        let verdict = Verdict::of(&forecaster.finish(), &answer);
        let (fewest, most) = (verdict.fewest_available, verdict.most_pods);
        told.push_str(&format!("{name}: {}, {fewest} to {most} pods. {}\n", verdict.ending.as_str(), verdict.because));
    }
    told
}
