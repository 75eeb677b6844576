//! A session as the headless command plays it.

use std::process::Command;

use hellok8s_lab::lab::{Lab, LabOptions, PRESETS};
use hellok8s_lab::lessons::{self, Progress};
use hellok8s_lab::session::{Session, Start, kubectl_session, markdown};

use super::{chapter, log, pass, reopened, session_of};

fn headless(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hellok8s-lab")).args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr))
}

fn file(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The last state of every object that is still there, by the timeline that the headless command wrote.
fn left_over(timeline: &str) -> Vec<String> {
    let mut objects = std::collections::BTreeMap::new();
    for line in timeline.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let object = &event["object"];
        let key = format!("{} {}", object["kind"], object["metadata"]["uid"]);
        match event["type"].as_str() {
            Some("DELETED") => drop(objects.remove(&key)),
            _ => drop(objects.insert(key, object.to_string())),
        }
    }
    objects.into_values().collect()
}

#[test]
fn a_kubectl_session_comes_to_the_same_end_without_the_page() {
    let mut lab = chapter();
    // Something runs while another terminal and the editor are used, and is interrupted.
    lab.submit(1, "kubectl get pods --watch");
    pass(&mut lab, 3_003);
    lab.write("deployment.yaml", &PRESETS[2].1.replace("replicas: 3", "replicas: 5"));
    lab.submit(0, "kubectl apply -f deployment.yaml");
    lab.submit(2, "kubectl rollout status deployment hellok8s-deployment");
    pass(&mut lab, 9_000);
    lab.interrupt(1);
    lab.submit(0, "kubectl get pods\nkubectl scale deployment hellok8s-deployment --replicas=2");
    pass(&mut lab, 6_789);
    let text = kubectl_session(&reopened(&session_of(&lab)));
    let timeline = file("timeline.jsonl", "");
    let session = file("session.txt", &text);
    let (is_fine, printed) = headless(&["run", "--seed", "1", "--timeline", &timeline, &session]);
    assert!(is_fine, "{printed}");
    let ended: Vec<String> = log(&lab).iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    let timeline = std::fs::read_to_string(&timeline).unwrap();
    let theirs: Vec<String> = timeline
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["object"].to_string())
        .collect();
    assert_eq!(theirs.len(), ended.len(), "{text}");
    assert!(theirs == ended, "the same watch log\n{text}");
    assert!(!left_over(&timeline).is_empty());
}

#[test]
fn a_transcript_is_what_check_expects() {
    let lab = chapter();
    let text = markdown(&reopened(&session_of(&lab)));
    assert!(text.contains("```yaml title=\"deployment.yaml\"\napiVersion: apps/v1\n"), "{text}");
    assert!(
        text.contains(
            "```console\n$ kubectl apply -f deployment.yaml\ndeployment.apps/hellok8s-deployment created\n```"
        )
    );
    let (is_fine, report) = headless(&["check", &file("transcript.md", &text)]);
    assert!(is_fine, "{report}\n{text}");
    assert!(report.contains("12 commands, 12 outputs compared, 0 differ"), "{report}");
}

#[test]
fn a_lessons_session_begins_as_the_lesson_does() {
    let lesson = lessons::lesson("rollback").unwrap();
    let mut lab = Lab::new(&LabOptions::default());
    Progress::start(&lesson, &mut lab);
    pass(&mut lab, 5_000);
    lab.submit(0, "kubectl scale deployment hellok8s-deployment --replicas=2");
    pass(&mut lab, 5_000);
    let again = reopened(&Session::of(&lab, Start::Lesson("rollback".to_owned())));
    let timeline = file("lesson-timeline.jsonl", "");
    let session = file("lesson-session.txt", &kubectl_session(&again));
    let seed = lesson.start.options.seed.to_string();
    let (is_fine, printed) = headless(&["run", "--seed", &seed, "--timeline", &timeline, &session]);
    assert!(is_fine, "{printed}");
    let events = std::fs::read_to_string(&timeline).unwrap().lines().count();
    assert_eq!(events, lab.cluster().log().len(), "{printed}");
}
