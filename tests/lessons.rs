//! Every lesson is solved by its solution and not by its wrong attempt, speaks both languages, and a file that is wrong
//! is told so with line and column.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::lessons::{
    Happening, Lesson, Observation, Progress, Section, Step, Task, Text, lesson, lessons, play,
};
use hellok8s_lab::sim::SimTime;

/// The files of src/lessons, by name.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lessons");
    let mut files = Vec::new();
    for section in fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(section.path()).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            if file.path().extension().is_some_and(|extension| extension == "yaml") {
                files.push((name, fs::read_to_string(file.path()).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_file_is_read_and_listed() {
    let listed: BTreeSet<String> = lessons().iter().map(|lesson| lesson.id.clone()).collect();
    for (name, text) in files() {
        let lesson = Lesson::parse(&name, &text).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
        assert_eq!(format!("{}.yaml", lesson.id), name, "a lesson's id is its file's name");
        assert!(listed.contains(&lesson.id), "{name} is not listed");
        assert!(hellok8s_lab::lessons::lesson(&lesson.id).is_some(), "{name} is not found by its id");
    }
    assert_eq!(listed.len(), files().len());
}

#[test]
fn every_solution_solves_and_no_wrong_attempt_does() {
    let mut failures = Vec::new();
    for lesson in lessons() {
        let played = play::play(&lesson);
        if !played.failures.is_empty() {
            failures.push(format!("{}: {:#?}\n{}", lesson.id, played.failures, played.transcript));
        }
        let has_wrong = |step: &Step| matches!(step.task, Task::Question(_)) || !step.wrong.is_empty();
        assert!(lesson.steps.iter().any(has_wrong), "{} has no wrong attempt", lesson.id);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn texts(lesson: &Lesson) -> Vec<Text> {
    let mut texts = vec![lesson.title.clone(), lesson.intro.clone()];
    for step in &lesson.steps {
        texts.extend([step.text.clone(), step.done.clone()]);
        texts.extend(step.hints.clone());
        if let Task::Question(choices) = &step.task {
            texts.extend(choices.iter().flat_map(|choice| [choice.text.clone(), choice.reply.clone()]));
        }
    }
    texts.retain(|text| !text.zh.is_empty() || !text.en.is_empty());
    texts
}

/// A Chinese character, as opposed to punctuation.
fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn both_languages_are_typeset_as_they_should_be() {
    for lesson in lessons() {
        for Text { zh, en } in texts(&lesson) {
            assert!(en.is_ascii() || en.chars().all(|c| c.is_ascii() || "–—’“”→×−≤≥".contains(c)), "{en}");
            assert!(zh.chars().any(is_han) || zh.chars().all(|c| !c.is_alphabetic() || c.is_ascii()), "{zh}");
            let plain: Vec<char> = zh.replace("**", "").chars().filter(|c| *c != '`').collect();
            for pair in plain.windows(2) {
                let [left, right] = pair else { continue };
                let place = format!("{}: {left}{right} in {zh}", lesson.id);
                assert!(!(is_han(*left) && ",;:!?.()".contains(*right)), "{place}");
                assert!(!(",;:!?".contains(*left) && is_han(*right)), "{place}");
                assert!(!(is_han(*left) && right.is_ascii_alphanumeric()), "{place}");
                assert!(!(left.is_ascii_alphanumeric() && is_han(*right)), "{place}");
                assert!(!(*left == ' ' && ",。;:!?、".contains(*right)), "{place}");
            }
        }
    }
}

#[test]
fn sections_follow_one_another() {
    let sections: Vec<Section> = lessons().iter().map(|lesson| lesson.section).collect();
    assert!(sections.is_sorted());
}

/// What is wrong with a lesson in which `from` stands as `to`.
fn wrong(from: &str, to: &str) -> Vec<String> {
    let good = include_str!("data/lessons/example.yaml");
    assert!(good.contains(from), "{from}");
    let problems = Lesson::parse("x.yaml", &good.replacen(from, to, 1)).expect_err("a wrong lesson");
    problems.iter().map(|problem| format!("{}:{}: {}", problem.line, problem.column, problem.message)).collect()
}

#[test]
fn what_is_wrong_has_its_place() {
    assert!(Lesson::parse("x.yaml", include_str!("data/lessons/example.yaml")).is_ok());
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "steps:",
            "stepps:",
            &[
                "1:1: \"steps\" is missing",
                "21:1: a lesson has no \"stepps\"; it has id, section, title, intro, start, steps, par",
            ],
        ),
        (
            "section: rollout",
            "section: rollouts",
            &["2:1: \"rollouts\" is no section: chapter, rollout, probes, revisions, traffic"],
        ),
        ("title: {zh: 两个, en: Two}", "title: {zh: 两个}", &["3:1: \"en\" is missing"]),
        ("- pods(ready) == 2", "- pods(ready == 2", &["24:14: ready is true or not: it cannot be compared"]),
        ("- pods(ready) == 2", "- \"pods(ready) == two\"", &["24:25: \"two\" is no number"]),
        (
            "- pods(ready) == 2",
            "- never pods > 2",
            &["23:5: a goal needs something to reach: never alone is so from the first moment"],
        ),
        (
            "- pods(ready) == 2",
            "- events(message=failed: 500)",
            &["24:9: a condition is one text (in quotes, if it holds \": \"), or any: with several"],
        ),
        (
            "- run: kubectl scale",
            "- runs: kubectl scale",
            &[
                "26:9: an action has no \"runs\"; it has run, apply, write, text, edit, replace, with, wait",
                "26:9: an action is one of run, apply, write, edit and wait",
            ],
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(wrong(from, to), *expected, "{to}");
    }
    let broken = wrong("title:", "title: [");
    assert!(broken.len() == 1 && broken[0].starts_with("4:1: "), "{broken:?}");
}

/// The upgrade lesson up to its second step, and the command that does it.
fn upgrading() -> (Lab, Progress) {
    let mut lab = Lab::new(&LabOptions::default());
    let mut progress = Progress::start(&lesson("upgrade").unwrap(), &mut lab);
    let wrong = progress.observe(&lab, &[Observation::Chose(0)]);
    assert_eq!(wrong, [Happening::WrongChoice { step: 0, choice: 0 }]);
    assert_eq!(progress.wrong_choices(), [0]);
    let at = lab.now();
    assert_eq!(progress.observe(&lab, &[Observation::Chose(1)]), [Happening::StepDone { step: 0, at }]);
    (lab, progress)
}

const UPGRADE: &str = "kubectl set image deployment/hellok8s-deployment hellok8s-container=guangzhengli/hellok8s:v2";

fn type_line(lab: &mut Lab, progress: &mut Progress, line: &str) -> Vec<Happening> {
    lab.command(0, line);
    progress.observe(lab, &[Observation::Typed(line.to_owned())])
}

#[test]
fn how_far_time_advances_at_once_makes_no_difference() {
    let done_after = |step_ms: u64| {
        let (mut lab, mut progress) = upgrading();
        let mut happenings = type_line(&mut lab, &mut progress, UPGRADE);
        let end = lab.now() + 3_600_000;
        while lab.now() < end {
            lab.run_until(lab.now() + step_ms);
            happenings.extend(progress.observe(&lab, &[]));
        }
        (happenings, progress.commands())
    };
    let (happenings, commands) = done_after(3_600_000);
    assert!(matches!(happenings[..], [Happening::StepDone { step: 1, .. }]), "{happenings:?}");
    assert_eq!(commands, 1);
    for step_ms in [700, 16_000, 1_800_000] {
        assert_eq!(done_after(step_ms).0, happenings);
    }
}

#[test]
fn what_must_never_happen_is_noticed_however_late() {
    let (mut lab, mut progress) = upgrading();
    lab.command(0, "kubectl delete pod -l app=hellok8s --wait=false");
    lab.run_until(lab.now() + 60_000);
    assert_eq!(progress.observe(&lab, &[]), [Happening::Lost { step: 1 }]);
    type_line(&mut lab, &mut progress, UPGRADE);
    lab.run_until(lab.now() + 60_000);
    assert_eq!(progress.observe(&lab, &[]), [], "told once, and not done by what comes after");
    assert!(progress.is_lost());

    progress.retry(&lab);
    assert!(!progress.is_lost());
    assert_eq!(progress.step_number(), 1);
}

#[test]
fn another_history_is_judged_anew() {
    let (mut lab, mut progress) = upgrading();
    let before = lab.now();
    lab.run_until(before + 1_000);
    type_line(&mut lab, &mut progress, "kubectl delete pod -l app=hellok8s --wait=false");
    lab.run_until(before + 30_000);
    progress.observe(&lab, &[]);
    assert!(progress.is_lost());
    lab.seek(before + 10_000);
    assert_eq!(progress.observe(&lab, &[]), [], "looking back changes nothing");
    assert!(progress.is_lost());
    lab.seek(before);
    type_line(&mut lab, &mut progress, UPGRADE);
    lab.run_until(SimTime(before.as_ms() + 60_000));
    let happenings = progress.observe(&lab, &[]);
    assert!(matches!(happenings[..], [Happening::StepDone { step: 1, .. }]), "{happenings:?}");
}

#[test]
fn a_lesson_begins_anew() {
    let (mut lab, mut progress) = upgrading();
    type_line(&mut lab, &mut progress, UPGRADE);
    progress.reset(&mut lab);
    assert_eq!((progress.step_number(), progress.commands(), progress.is_done()), (0, 0, false));
    assert_eq!(lab.cluster().api.store().pods(None).count(), 3);
}
