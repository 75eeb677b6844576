//! Forecasts of the chapter's manifests.

use super::*;
use crate::lab::{LabOptions, PRESETS};

fn preset(name: &str) -> &'static str {
    PRESETS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}

fn lab(name: &str) -> Lab {
    let mut lab = Lab::new(&LabOptions::default());
    lab.write("deployment.yaml", preset(name));
    lab.command(0, "kubectl apply -f deployment.yaml");
    lab.run_until(SimTime(60_000));
    lab
}

fn forecast(lab: &mut Lab, text: &str, strategy: &Strategy) -> Forecast {
    lab.write("deployment.yaml", text);
    Forecaster::new(lab, &Timeline::default(), "deployment.yaml", strategy, &[11, 12]).finish()
}

#[test]
fn what_a_change_does_is_told_beforehand() {
    let mut lab = lab("v1, 3 replicas");
    let same = forecast(&mut lab, preset("v1, 3 replicas"), &Strategy::AsWritten);
    assert_eq!(same.change, Change::Nothing);
    let scaled = forecast(&mut lab, preset("v1, 1 replica"), &Strategy::AsWritten);
    assert_eq!(scaled.change, Change::Scales { from: 3, to: 1 });
    let rolled = forecast(&mut lab, preset("v2"), &Strategy::AsWritten);
    assert_eq!((&rolled.change, rolled.fewest_available, rolled.most_pods), (&Change::RollsOut, 3, 4));
    assert_eq!(rolled.runs, 3);
    assert!(
        matches!(rolled.outcome, Outcome::Completes { shortest_ms, longest_ms } if shortest_ms > 1_000 && longest_ms < 30_000)
    );
    assert!(matches!(forecast(&mut lab, "kind: [", &Strategy::AsWritten).change, Change::Refused(_)));
    assert_eq!(lab.cluster().api.store().deployments(None).map(|one| one.spec.replicas).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_stall_and_restarts_are_foreseen() {
    let mut lab = lab("v2, rolling update 1/1");
    let bad = forecast(&mut lab, preset("bad readiness"), &Strategy::AsWritten);
    assert!(matches!(bad.outcome, Outcome::Stalls { after_ms: 600_000..=620_000 }), "{:?}", bad.outcome);
    assert_eq!(bad.fewest_available, 2);
    let crashing = forecast(&mut lab, preset("liveness"), &Strategy::AsWritten);
    assert!(crashing.restarts >= 3, "{}", crashing.restarts);
}

#[test]
fn lost_requests_are_foreseen() {
    let mut lab = lab("v1, 3 replicas");
    let without = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
    assert_eq!(without.lost, None);
    lab.command(0, "kubectl expose deployment hellok8s-deployment --port=3000");
    lab.run_until(SimTime(65_000));
    lab.command(0, "lab traffic hellok8s-deployment 20");
    lab.run_until(SimTime(70_000));
    let recreate = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
    let careful = Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" };
    let careful = forecast(&mut lab, preset("v2"), &careful);
    let (recreate, careful) = (recreate.lost.unwrap_or(0), careful.lost.unwrap_or(u64::MAX));
    assert!(recreate > 20 && careful < recreate, "{recreate} {careful}");
}

#[test]
fn strategies_are_compared() {
    let mut lab = lab("v1, 3 replicas");
    let recreate = forecast(&mut lab, preset("v2"), &Strategy::Recreate);
    assert_eq!((recreate.fewest_available, recreate.most_pods), (0, 3));
    let careful = Strategy::RollingUpdate { max_surge: "1", max_unavailable: "0" };
    let careful = forecast(&mut lab, preset("v2"), &careful);
    assert_eq!((careful.fewest_available, careful.most_pods), (3, 4));
}

#[test]
fn a_large_rollout_is_foreseen_in_small_pieces_by_one_run() {
    let mut lab = lab("v1, 3 replicas");
    lab.command(0, "kubectl scale deployment hellok8s-deployment --replicas=300");
    lab.run_until(SimTime(120_000));
    let new = |lab: &mut Lab, replicas: usize| {
        let replicas = format!("replicas: {replicas}");
        lab.write("deployment.yaml", &preset("v2").replace("replicas: 3", &replicas));
        Forecaster::new(lab, &Timeline::default(), "deployment.yaml", &Strategy::AsWritten, &[11, 12])
    };
    let mut forecaster = new(&mut lab, 300).with_one_run();
    assert_eq!((forecaster.size(), forecaster.looked_ms()), (300, 0));
    let mut pieces = 0;
    let piecemeal = loop {
        pieces += 1;
        if let Some(forecast) = forecaster.go_on(1) {
            break forecast;
        }
    };
    assert!(pieces > 1_000, "{pieces}");
    assert_eq!((piecemeal.runs, piecemeal.fewest_available, piecemeal.most_pods), (1, 225, 375));
    let whole = new(&mut lab, 300).with_one_run().finish();
    assert_eq!((whole.outcome, whole.timeline.samples()), (piecemeal.outcome, piecemeal.timeline.samples()));
    assert_eq!(new(&mut lab, 5_000).size(), 5_000);
}
