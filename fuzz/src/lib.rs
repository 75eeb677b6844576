//! What is done with a text from outside, whoever wrote it: libFuzzer mutates the text, and `tests/corpora.rs` holds the
//! lab to what is in `corpus/`. Nothing may panic, and everything has an end.

use std::cell::LazyCell;

use hellok8s_lab::lab::pace::Speed;
use hellok8s_lab::lab::problems::review;
use hellok8s_lab::lab::{HIDDEN_TERMINAL, Lab, LabOptions};
use hellok8s_lab::lang::Lang;
use hellok8s_lab::session::{Replay, Session, Start, base64url, brought, fingerprint};
use hellok8s_lab::shell::Terminal;
use hellok8s_lab::sim::SimTime;
use hellok8s_lab::{kubectl, manifest};
use serde_json::Value;

/// Longer texts only take longer.
const LONGEST: usize = 8_192;
/// Simulated time after which whatever still runs is interrupted.
const LONGEST_MS: u64 = 30_000;
/// Events that one text may cause within that time; more would mean that it goes on within one moment.
const MOST_EVENTS: usize = 20_000;

thread_local! {
    static LAB: LazyCell<Lab> = const { LazyCell::new(running) };
    static OBJECTS: LazyCell<Value> = const { LazyCell::new(objects) };
}

/// A lab in which something runs.
fn running() -> Lab {
    let mut lab = Lab::new(&LabOptions::default());
    lab.command(0, "kubectl apply -f deployment.yaml && kubectl expose deployment hellok8s-deployment --port 3000");
    lab.run_until(SimTime(8_000));
    lab.take_output(0);
    lab
}

/// What is in it, as `kubectl get -o json` gives it.
fn objects() -> Value {
    let mut lab = running();
    lab.command(0, "kubectl get deployments,replicasets,pods,services -o json");
    let text: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    serde_json::from_str(&text).unwrap_or_default()
}

fn text(data: &[u8]) -> Option<String> {
    (data.len() <= LONGEST).then(|| String::from_utf8_lossy(data).into_owned())
}

/// Lets what was typed go on to its end, or ends it.
fn finish(lab: &mut Lab, terminal: usize) {
    let end = lab.now() + LONGEST_MS;
    let mut events = 0;
    while lab.is_busy(terminal) && lab.next_at() <= end {
        lab.step();
        events += 1;
        assert!(events < MOST_EVENTS, "it goes on within one moment");
    }
    lab.interrupt(terminal);
    assert!(!lab.is_busy(terminal), "Ctrl-C ends whatever runs");
    lab.take_output(terminal);
}

/// A manifest: read, looked at by the editor, compared, applied, and what comes of it in a while.
pub fn manifest(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = manifest::parse("m.yaml", &text);
    let _ = brought::session(&text, Lang::En);
    let mut lab = LAB.with(|lab| lab.ahead());
    lab.write("m.yaml", &text);
    let _ = review("m.yaml", &text, &lab.cluster().api);
    for line in ["kubectl diff -f m.yaml", "kubectl apply -f m.yaml", "kubectl delete -f m.yaml --wait=false"] {
        lab.submit(0, line);
        finish(&mut lab, 0);
        for _ in 0..200 {
            lab.step();
        }
    }
}

/// What is typed, and what Tab makes of it.
pub fn shell(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lab = LAB.with(|lab| lab.ahead());
    let _ = Terminal::commands(&text);
    lab.complete(0, &text, text.len());
    lab.submit(0, &text);
    finish(&mut lab, 0);
}

/// A template in each of kubectl's three languages, filled with what is in a cluster.
pub fn template(data: &[u8]) {
    use kubectl::output::{go_template::GoTemplate, jsonpath};
    let Some(text) = text(data) else { return };
    let relaxed = jsonpath::relaxed(&text).unwrap_or_default();
    OBJECTS.with(|objects| {
        for missing in [false, true] {
            let filled = GoTemplate::parse(&text).map(|read| read.allowing_missing_keys(missing).execute(objects));
            drop(filled);
            for path in [&text, &relaxed] {
                let _ = jsonpath::JsonPath::parse(path, missing)
                    .map(|read| (read.find(objects).is_ok(), read.execute(objects)));
            }
        }
        let items = objects["items"].as_array().map_or(&[][..], Vec::as_slice);
        let _ = kubectl::output::CustomColumns::parse(&text, false)
            .map(|mut columns| columns.print(items, &mut kubectl::TabWriter::for_tables()));
        let _ = kubectl::output::sort_by(items, &text);
    });
}

/// The text within a link, or the file that holds it: read, written again, and done.
pub fn link(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let decoded = base64url::decode(&text);
    for text in decoded.iter().map(|bytes| String::from_utf8_lossy(bytes)).chain([text.as_str().into()]) {
        let Ok(session) = Session::parse(&text) else { continue };
        assert_eq!(Session::parse(&session.to_text()).as_ref(), Ok(&session), "what is written can be read");
        let _ = Replay::new(session).and_then(|mut replay| replay.go_on(MOST_EVENTS / 10));
    }
}

/// A lesson's file, begun.
pub fn lesson(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let start = Start::OwnLesson(text);
    let _ = Replay::new(Session { start, ..Session::default() }).and_then(|mut replay| replay.go_on(MOST_EVENTS / 10));
}

/// A file of images, put into the hub, and a pod of the first of them.
pub fn image(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut lab = LAB.with(|lab| lab.ahead());
    lab.write("images.yaml", &text);
    lab.submit(0, "lab image images.yaml; lab stand-in images.yaml");
    finish(&mut lab, 0);
    let name =
        text.lines().find_map(|line| line.strip_prefix("image:")).unwrap_or("acme/api:1").trim().replace('\'', "");
    lab.submit(
        0,
        &format!("kubectl run p '--image={name}' --expose --port 80; sleep 5; curl -m 1 p; kubectl delete pod p"),
    );
    finish(&mut lab, 0);
}

/// What a host's message asks of the engine. The page hands on texts and numbers, whatever they are.
pub fn message(data: &[u8]) {
    let Some(Ok(message)) = text(data).map(|text| serde_json::from_str::<Value>(&text)) else { return };
    let mut lab = LAB.with(|lab| (*lab).clone());
    let said = |name: &str| message[name].as_str().unwrap_or_default();
    let _ = (Speed::parse(said("speed")), Speed::parse(&message["speed"].to_string()), Lang::parse(said("lang")));
    match said("type") {
        "write" => lab.write(said("file"), said("text")),
        "exec" => {
            lab.submit(HIDDEN_TERMINAL, said("line"));
            finish(&mut lab, HIDDEN_TERMINAL);
        }
        "type" => {
            for command in Terminal::commands(said("text")) {
                lab.submit(0, &command);
                finish(&mut lab, 0);
            }
        }
        "seek" => message["ms"].as_f64().iter().for_each(|ms| lab.seek(SimTime(*ms as u64))),
        _ => {}
    }
}

/// What was done in a lab, drawn byte by byte: its text does the same again.
pub fn recording(data: &[u8]) {
    const LINES: [&str; 12] = [
        "kubectl apply -f deployment.yaml",
        "kubectl set image deployment/hellok8s-deployment hellok8s-container=guangzhengli/hellok8s:v2",
        "kubectl rollout status deployment/hellok8s-deployment",
        "kubectl rollout undo deployment/hellok8s-deployment",
        "kubectl scale deployment/hellok8s-deployment --replicas=5",
        "kubectl delete pods --all --wait=false",
        "kubectl get pods -w",
        "kubectl edit deployment hellok8s-deployment",
        "sleep 3; echo a >> notes.txt",
        "cat notes.txt; kubectl logs -l app=hellok8s",
        "hey -z 2s http://localhost:3000",
        "kubectl port-forward deployment/hellok8s-deployment 3000 &",
    ];
    let mut lab = Lab::new(&LabOptions::default());
    for pair in data.chunks_exact(2).take(48) {
        let (what, number) = (pair[0], pair[1]);
        let terminal = usize::from(what >> 4) % 4;
        match what % 8 {
            0 | 1 => lab.submit(terminal, LINES[usize::from(number) % LINES.len()]),
            2 => lab.run_until(lab.now() + u64::from(number) * 40),
            3 => (0..number).for_each(|_| _ = lab.step()),
            4 => lab.seek(SimTime(lab.end().as_ms() * u64::from(number) / 255)),
            5 => lab.interrupt(terminal),
            6 => lab.write(["notes.txt", "deployment.yaml"][usize::from(number) % 2], &format!("# {number}\n")),
            _ if number % 2 == 0 => lab.undo_fork(),
            _ => lab.end_edit(),
        }
    }
    let session = Session::of(&lab, Start::Free(LabOptions::default()));
    let text = session.to_text();
    let read = Session::parse(&text);
    assert_eq!(read.as_ref(), Ok(&session), "{text}");
    let again = read.and_then(Replay::new).and_then(Replay::finish);
    let same = again.as_ref().is_ok_and(|again| again.is_same && fingerprint(&again.lab) == fingerprint(&lab));
    assert!(same, "the session comes to something else: {text}");
}
