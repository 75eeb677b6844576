//! Sessions: what was done in a lab, kept as a text and done again, comes to the same moment.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "session/headless.rs"]
mod headless;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use hellok8s_lab::lab::{Input, Lab, LabOptions, MAX_TERMINALS, PRESETS};
use hellok8s_lab::lessons::{self, Observation, Progress};
use hellok8s_lab::session::{
    self, DEFAULT_SEED, Reopened, Replay, Session, SessionError, Start, base64url, fingerprint,
};
use hellok8s_lab::sim::SimTime;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn options() -> LabOptions {
    LabOptions { seed: DEFAULT_SEED, ..LabOptions::default() }
}

fn session_of(lab: &Lab) -> Session {
    Session::of(lab, Start::Free(options()))
}

fn reopened(session: &Session) -> Reopened {
    let session = Session::parse(&session.to_text()).expect("what was written can be read");
    Replay::new(session).unwrap().finish().unwrap()
}

/// Everything that happened, as the API writes it.
fn log(lab: &Lab) -> Vec<String> {
    lab.cluster().log().iter().map(|event| format!("{} {}", event.at.as_ms(), event.object.to_value())).collect()
}

fn pass(lab: &mut Lab, ms: u64) {
    lab.run_until(lab.now() + ms);
}

/// The length of a link's data.
fn link_length(session: &Session) -> usize {
    let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
    deflater.write_all(session.to_text().as_bytes()).unwrap();
    base64url::encode(&deflater.finish().unwrap()).len()
}

/// The tutorial's chapter, as a visitor does it.
fn chapter() -> Lab {
    let mut lab = Lab::new(&options());
    for (_, preset) in PRESETS {
        pass(&mut lab, 1_234);
        lab.write("deployment.yaml", preset);
        pass(&mut lab, 16);
        lab.submit(5, "kubectl apply -f deployment.yaml");
        pass(&mut lab, 31_007);
        lab.submit(0, "kubectl get pods");
    }
    pass(&mut lab, 20_000);
    lab
}

#[test]
fn the_chapter_comes_to_the_same_moment_in_a_short_link() {
    let lab = chapter();
    let session = session_of(&lab);
    let again = reopened(&session);
    assert_eq!(again.lab.now(), lab.now());
    assert_eq!(log(&again.lab), log(&lab));
    assert!(again.is_same);
    assert_eq!(session_of(&again.lab), session, "a session of the session is the same");
    let length = link_length(&session);
    assert!(length < 500, "{length}: {}", session.to_text());
}

#[test]
fn nodes_that_come_and_fail_are_part_of_what_is_done_again() {
    let mut lab = Lab::new(&options());
    for line in [
        "minikube start --nodes 3",
        "kubectl create deployment web --image=guangzhengli/hellok8s:v1 --replicas=6",
        "lab node fail minikube-m02",
        "lab node add big --cpus 8 --zone a",
        "lab kubelet stop minikube-m03",
        "lab node recover minikube-m02",
        "lab node remove big",
    ] {
        lab.submit(0, line);
        pass(&mut lab, 100_003);
    }
    let again = reopened(&session_of(&lab)).lab;
    assert_eq!(log(&again), log(&lab));
}

#[test]
fn the_first_state_has_a_tiny_link() {
    let mut lab = Lab::new(&options());
    pass(&mut lab, 12_345);
    let session = session_of(&lab);
    assert_eq!(session.to_text(), r#"{"i":[12345],"v":1}"#);
    assert!(link_length(&session) < 32, "{}", link_length(&session));
}

#[test]
fn typing_in_the_editor_makes_no_longer_link_than_its_outcome() {
    let mut lab = Lab::new(&options());
    let text = PRESETS[0].1.replace("replicas: 1", "replicas: 12");
    for end in 0..text.len() {
        lab.write("deployment.yaml", &text[..end]);
        pass(&mut lab, 100);
    }
    lab.write("deployment.yaml", &text);
    assert!(link_length(&session_of(&lab)) < 100, "{}", session_of(&lab).to_text());
    assert_eq!(reopened(&session_of(&lab)).lab.read("deployment.yaml"), Some(text.as_str()));
}

#[test]
fn going_back_and_another_history_are_kept_and_scrubbing_is_not() {
    let mut lab = chapter();
    for ms in (0..100_000).step_by(777) {
        lab.seek(SimTime(ms));
        pass(&mut lab, 50);
    }
    let inputs = lab.inputs().len();
    assert!(inputs < 40, "{inputs}");
    lab.seek(SimTime(70_000));
    assert_eq!(reopened(&session_of(&lab)).lab.end(), lab.end(), "what came later can be seen again");
    lab.submit(0, "kubectl scale deployment hellok8s-deployment --replicas=1");
    pass(&mut lab, 5_000);
    let again = reopened(&session_of(&lab));
    assert_eq!((log(&again.lab), again.lab.now()), (log(&lab), lab.now()));
    assert!(again.lab.can_undo_fork());
}

#[test]
fn playing_on_from_the_past_goes_through_what_was_done() {
    let mut lab = chapter();
    let (end, whole) = (lab.now(), log(&lab));
    lab.submit(0, "lab kubelet stop");
    lab.seek(SimTime(500));
    while lab.now() < end {
        lab.run_until(lab.now() + 700);
    }
    assert_eq!(log(&lab), whole);
    assert_eq!(lab.forks(), 0);
}

/// What does nothing must not hide the time that has passed before it.
#[test]
fn what_reaches_no_terminal_leaves_the_recording_as_it_is() {
    for act in [Act::Interrupt(1), Act::Submit(8, 0), Act::Interrupt(8), Act::UndoFork] {
        let mut lab = Lab::new(&options());
        pass(&mut lab, 3_781);
        let before = lab.inputs();
        perform(&mut lab, &act);
        assert_eq!(lab.inputs(), before, "{act:?}");
        lab.seek(SimTime(0));
        let again = reopened(&session_of(&lab)).lab;
        assert_eq!((again.now(), again.end()), (lab.now(), lab.end()), "{act:?}");
    }
}

#[test]
fn a_file_written_while_every_writing_counts_begins_a_new_count_of_time() {
    let mut lab = Lab::new(&options());
    pass(&mut lab, 10_000);
    lab.seek(SimTime(5_000));
    lab.record(true);
    lab.seek(SimTime(7_000));
    lab.write("notes.txt", "seven");
    lab.seek(SimTime(5_000));
    assert_eq!(lab.inputs().last(), Some(&Input::Seek(SimTime(5_000))), "{:?}", lab.inputs());
}

#[test]
fn a_restored_history_goes_on_as_it_did() {
    let mut lab = Lab::new(&options());
    pass(&mut lab, 1_093);
    lab.seek(SimTime(0));
    lab.submit(0, "lab kubelet stop");
    pass(&mut lab, 2_706);
    lab.undo_fork();
    pass(&mut lab, 1);
    let again = reopened(&session_of(&lab)).lab;
    let all = |lab: &Lab| {
        (
            lab.now(),
            lab.end(),
            lab.forks(),
            lab.cluster().interventions(),
            lab.cluster().api.store().resource_version(),
            lab.inputs(),
        )
    };
    assert_eq!(all(&again), all(&lab));
    assert_eq!((log(&again), fingerprint(&again)), (log(&lab), fingerprint(&lab)));
    assert_eq!(again.inputs(), lab.inputs());
    assert_eq!((again.now(), again.end()), (lab.now(), lab.end()));
}

#[test]
fn a_lesson_comes_back_with_its_step() {
    let lesson = lessons::lesson("scale").unwrap();
    let mut lab = Lab::new(&LabOptions::default());
    let mut progress = Progress::start(&lesson, &mut lab);
    lab.submit(5, "kubectl apply -f deployment.yaml");
    progress.observe(&lab, &[Observation::Typed("kubectl apply -f deployment.yaml".to_owned())]);
    pass(&mut lab, 20_000);
    progress.observe(&lab, &[]);
    lab.submit(0, "kubectl delete pod -l app=hellok8s --wait=false");
    progress.observe(&lab, &[Observation::Typed("kubectl delete pod -l app=hellok8s --wait=false".to_owned())]);
    pass(&mut lab, 20_000);
    progress.observe(&lab, &[]);
    assert!(progress.step_number() >= 2, "{}", progress.step_number());
    let again = reopened(&Session::of(&lab, Start::Lesson("scale".to_owned())));
    let found = again.progress.unwrap();
    assert_eq!((found.step_number(), found.commands()), (progress.step_number(), progress.commands()));
    assert_eq!(log(&again.lab), log(&lab));
}

#[test]
fn what_another_version_made_is_told() {
    let mut session = session_of(&chapter());
    session.fingerprint = Some(1);
    assert!(!reopened(&session).is_same);
    let text = session.to_text().replace("\"v\":1", "\"v\":2");
    assert_eq!(Session::parse(&text), Err(SessionError::TooNew(2)));
    let unknown = Session { start: Start::Lesson("nothing".to_owned()), ..Session::default() };
    assert_eq!(Replay::new(unknown).err(), Some(SessionError::UnknownLesson("nothing".to_owned())));
    let wrong = Session { start: Start::OwnLesson("id: 1".to_owned()), ..Session::default() };
    assert!(matches!(Replay::new(wrong).err(), Some(SessionError::Lesson(problems)) if problems[0].line == 1));
}

#[test]
fn hostile_sessions_are_refused() {
    for (inputs, error) in [
        ("[1e30]", "i[0]"),
        ("[-1]", "i[0]"),
        ("[[]]", "i[0]"),
        ("[[\"w\",\"a\"]]", "i[0]"),
        ("[0,[\"x\"]]", "i[1]"),
        ("{}", "i"),
    ] {
        let parsed = Session::parse(&format!("{{\"v\":1,\"i\":{inputs}}}"));
        assert_eq!(parsed, Err(SessionError::Broken(error.to_owned())), "{inputs}");
    }
    for inputs in ["[604800001]", "[18446744073709551615]", "[[\"g\",604800001]]", "[[\"s\",1000001]]"] {
        let parsed = Session::parse(&format!("{{\"v\":1,\"i\":{inputs}}}"));
        assert_eq!(parsed, Err(SessionError::TooLong), "{inputs}");
    }
    let steps = format!("{{\"v\":1,\"i\":[{}0]}}", "0,".repeat(20_000));
    assert_eq!(Session::parse(&steps), Err(SessionError::TooLong));
    // A text that doubles with every write.
    let big = format!("[\"w\",\"a\",0,0,0,\"{}\"],", "x".repeat(100_000));
    let session = Session::parse(&format!("{{\"v\":1,\"i\":[{}0]}}", big.repeat(3))).unwrap();
    assert!(matches!(Replay::new(session).unwrap().finish().map(|_| ()), Err(SessionError::TooLong)));
    let session = Session::parse("{\"v\":1,\"i\":[[\"w\",\"a\",0,5,0,\"\"]]}").unwrap();
    let refused = Replay::new(session).unwrap().finish().map(|_| ());
    assert_eq!(refused, Err(SessionError::Broken("i[0]".to_owned())));
}

/// A failure is kept beside this file and tried first from then on: commit it with what mends it.
const KEPT_FAILURES: FileFailurePersistence = FileFailurePersistence::WithSource("regressions");

/// So many cases a property, unless `PROPTEST_CASES` says otherwise.
#[allow(clippy::disallowed_methods, reason = "how many cases there are is nothing that the engine reads")]
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Something that a visitor does.
#[derive(Clone, Debug)]
enum Act {
    Write(usize, String),
    Append(String),
    Submit(usize, usize),
    Interrupt(usize),
    Pass(u64),
    Steps(u64),
    Seek(u64),
    UndoFork,
}

const LINES: [&str; 14] = [
    "kubectl apply -f deployment.yaml",
    "kubectl get pods --watch",
    "kubectl get pods",
    "kubectl rollout status deployment hellok8s-deployment",
    "kubectl scale deployment hellok8s-deployment --replicas=4",
    "sleep 3; kubectl rollout restart deployment hellok8s-deployment",
    "for i in 1 2 3; do sleep 2; kubectl get deployments; done &",
    "kubectl delete pod -l app=hellok8s --wait=false",
    "kubectl rollout undo deployment hellok8s-deployment",
    "lab kubelet stop",
    "lab kubelet start",
    "while sleep 2; do cat notes.txt; done",
    "cat > deployment.yaml <<EOF",
    "lab traffic deployment hellok8s-deployment 5",
];

/// Mostly one that the page has, now and then one that nobody has opened, or that there is not.
fn terminal() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0_usize..3, 1 => 0..MAX_TERMINALS + 2]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..PRESETS.len(), "[a-c容]{0,3}").prop_map(|(preset, end)| Act::Write(preset, end)),
        1 => "[a-c \n]{0,5}".prop_map(Act::Append),
        6 => (terminal(), 0..LINES.len()).prop_map(|(terminal, line)| Act::Submit(terminal, line)),
        2 => terminal().prop_map(Act::Interrupt),
        6 => (0_u64..15_000).prop_map(Act::Pass),
        2 => (1_u64..20).prop_map(Act::Steps),
        2 => (0_u64..60_000).prop_map(Act::Seek),
        1 => Just(Act::UndoFork),
    ]
}

fn perform(lab: &mut Lab, act: &Act) {
    match act {
        Act::Write(preset, end) => {
            lab.write("deployment.yaml", &format!("{}{}", PRESETS[*preset].1, if end.is_empty() { "" } else { "# " }));
        }
        Act::Append(text) => {
            let old = lab.read("notes.txt").unwrap_or_default().to_owned();
            lab.write("notes.txt", &(old + text));
        }
        Act::Submit(terminal, line) => lab.submit(*terminal, LINES[*line]),
        Act::Interrupt(terminal) => lab.interrupt(*terminal),
        Act::Pass(ms) => {
            // In frames, as a page does.
            let until = lab.now() + *ms;
            while lab.now() < until {
                lab.run_until(until.min(lab.now() + 333));
            }
        }
        Act::Steps(steps) => (0..*steps).for_each(|_| {
            lab.step();
        }),
        Act::Seek(ms) => lab.seek(SimTime(*ms)),
        Act::UndoFork => lab.undo_fork(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), failure_persistence: Some(Box::new(KEPT_FAILURES)), ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_done_comes_to_the_same(
        acts in prop::collection::vec(act(), 0..25),
        ahead in 0_u64..20_000,
        is_watched: bool,
    ) {
        let mut lab = Lab::new(&options());
        lab.record(is_watched);
        acts.iter().for_each(|act| perform(&mut lab, act));
        let session = session_of(&lab);
        let mut again = reopened(&session).lab;
        prop_assert_eq!(log(&again), log(&lab));
        prop_assert_eq!((again.now(), again.end()), (lab.now(), lab.end()));
        prop_assert_eq!(fingerprint(&again), fingerprint(&lab));
        prop_assert!(session_of(&again).inputs.len() <= session.inputs.len(), "it does not grow");
        // What runs goes on as it would have.
        for lab in [&mut lab, &mut again] {
            (0..MAX_TERMINALS).for_each(|terminal| drop(lab.take_output(terminal)));
            pass(lab, ahead);
        }
        prop_assert_eq!(log(&again), log(&lab));
        for terminal in 0..MAX_TERMINALS {
            prop_assert_eq!(again.take_output(terminal), lab.take_output(terminal));
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = Session::parse(&text);
        let _ = base64url::decode(&text);
    }

    #[test]
    fn no_inputs_panic(parts in prop::collection::vec(
        prop_oneof![
            any::<u16>().prop_map(|number| number.to_string()),
            (prop::sample::select(vec!["s", "t", "c", "w", "e", "g", "u", "a", "r", "z"]), prop::collection::vec(
                prop_oneof![(0_u32..9).prop_map(|number| number.to_string()), any::<u64>().prop_map(|number| number.to_string()),
                    Just("\"kubectl get pods\"".to_owned()), Just("\"../容\"".to_owned()), Just("null".to_owned())],
                0..6,
            )).prop_map(|(tag, rest)| format!("[\"{tag}\",{}]", rest.join(",")).replace(",]", "]")),
        ],
        0..12,
    )) {
        let text = format!("{{\"v\":1,\"i\":[{}]}}", parts.join(","));
        if let Ok(mut replay) = Session::parse(&text).and_then(Replay::new) {
            let mut rounds = 0;
            while matches!(replay.go_on(200), Ok(false)) && rounds < 50 { rounds += 1; }
        }
    }

    #[test]
    fn base64url_is_its_own_inverse(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(base64url::decode(&base64url::encode(&bytes)), Some(bytes));
    }
}

#[test]
fn the_limits_of_a_link_are_far_from_what_people_do() {
    let mut lab = chapter();
    for round in 0..100 {
        pass(&mut lab, 7_000);
        lab.submit(0, &format!("kubectl scale deployment hellok8s-deployment --replicas={}", round % 7));
    }
    assert!(link_length(&session_of(&lab)) * 4 < session::LONGEST_LINK, "{}", link_length(&session_of(&lab)));
}

#[test]
fn a_million_single_steps_are_done_by_parts_and_come_to_the_same() {
    let lines = ["kubectl apply -f deployment.yaml", "while true; do sleep 1; done"];
    let submit = |line: &str| Input::Submit { terminal: 0, line: line.to_owned() };
    let inputs: Vec<Input> = lines.iter().map(|line| submit(line)).chain([Input::Steps(3_000)]).collect();
    let session = |steps: u64| {
        let inputs = inputs.iter().cloned().map(|input| match input {
            Input::Steps(_) => Input::Steps(steps),
            other => other,
        });
        Session { inputs: inputs.collect(), ..Session::default() }
    };
    let mut long = Replay::new(session(1_000_000)).expect("a session");
    for _ in 0..20 {
        assert_eq!(long.go_on(100), Ok(false));
    }
    let mut lab = Lab::new(&options());
    for input in session(3_000).inputs {
        assert!(lab.repeat(&input));
    }
    let again = Replay::new(session(3_000)).and_then(Replay::finish).expect("a session");
    assert_eq!(again.lab.now(), lab.now());
    assert_eq!(log(&again.lab), log(&lab));
    assert_eq!(again.lab.inputs(), lab.inputs());
}
