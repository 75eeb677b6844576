//! Links that were made by this version and by those before it open, and show what they showed.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use hellok8s_lab::lab::{Input, Lab, LabOptions, PRESETS};
use hellok8s_lab::session::{DEFAULT_SEED, Replay, Session, SessionError, Start, base64url};

/// A file for each version; each line is what is shown and the data of a link, with a tab between.
const LINKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/links");

fn read(data: &str) -> Result<Session, SessionError> {
    let mut text = String::new();
    DeflateDecoder::new(&base64url::decode(data).unwrap()[..]).read_to_string(&mut text).unwrap();
    Session::parse(&text)
}

fn data_of(session: &Session) -> String {
    let mut deflater = DeflateEncoder::new(Vec::new(), Compression::default());
    deflater.write_all(session.to_text().as_bytes()).unwrap();
    base64url::encode(&deflater.finish().unwrap())
}

/// What a visitor sees of a moment, as far as no version may change it: timings differ, what is wanted does not.
fn shown(lab: &Lab) -> String {
    let store = lab.cluster().api.store();
    let deployments = store.deployments(None).map(|deployment| {
        let image = &deployment.spec.template.spec.containers[0].image;
        format!("{} {image} {}", deployment.metadata.name, deployment.spec.replicas)
    });
    let services = store.services(None).map(|service| format!("service {}", service.metadata.name));
    let files = lab.files().iter().map(|(name, text)| format!("{name} {}", text.len()));
    deployments.chain(services).chain(files).collect::<Vec<_>>().join(", ")
}

#[test]
fn links_of_every_version_open() {
    let mut versions = 0;
    for entry in fs::read_dir(LINKS).unwrap() {
        let path = entry.unwrap().path();
        versions += 1;
        for line in fs::read_to_string(&path).unwrap().lines() {
            let (expected, data) = line.split_once('\t').unwrap();
            let session = read(data).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
            let reopened = Replay::new(session).unwrap().finish().unwrap();
            assert_eq!(shown(&reopened.lab), expected, "{}", path.display());
        }
    }
    assert!(versions > 0);
    let own = Path::new(LINKS).join(concat!(env!("CARGO_PKG_VERSION"), ".txt"));
    assert!(own.exists(), "make it: cargo test --test links -- --ignored --nocapture");
}

#[test]
fn a_link_of_a_later_version_says_so() {
    let session = Session::of(&Lab::new(&options()), Start::Free(options()));
    let later = session.to_text().replacen("\"v\":1", "\"v\":2", 1);
    assert_eq!(Session::parse(&later), Err(SessionError::TooNew(2)));
}

#[test]
fn a_link_says_which_version_made_it_and_one_of_before_need_not() {
    let lab = labs().remove(1);
    let session = Session::of(&lab, Start::Free(options()));
    let text = session.to_text();
    let own = concat!("\"b\":\"", env!("CARGO_PKG_VERSION"), "\",");
    assert!(text.contains(own), "{text}");
    let before = Session::parse(&text.replacen(own, "", 1)).unwrap();
    assert_eq!((&before.made_by, &before.inputs), (&None, &session.inputs));
    let later = Session::parse(&text.replacen(own, "\"b\":\"9.0.0\",", 1)).unwrap();
    assert_eq!(later.made_by.as_deref(), Some("9.0.0"));
    for wrong in ["9".repeat(33), "9 or so".to_owned()] {
        let wrong = text.replacen(own, &format!("\"b\":\"{wrong}\","), 1);
        assert_eq!(Session::parse(&wrong), Err(SessionError::Broken("b".to_owned())));
    }
}

fn options() -> LabOptions {
    LabOptions { seed: DEFAULT_SEED, ..LabOptions::default() }
}

/// What visitors do: a rollout, files, trouble, looking back, another history.
fn labs() -> Vec<Lab> {
    let preset = |wanted: &str| PRESETS.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let pass = |lab: &mut Lab, ms: u64| {
        let until = lab.now() + ms;
        lab.run_until(until);
    };
    let mut rollout = Lab::new(&options());
    for name in ["v1, 3 replicas", "v2"] {
        rollout.write("deployment.yaml", preset(name));
        rollout.submit(0, "kubectl apply -f deployment.yaml");
        pass(&mut rollout, 20_000);
    }
    rollout.submit(0, "kubectl expose deployment hellok8s-deployment --port=3000");
    rollout.submit(0, "lab traffic hellok8s-deployment 5");
    pass(&mut rollout, 5_000);
    let mut forked = rollout.clone();
    let back = Input::Seek(hellok8s_lab::sim::SimTime(10_000));
    assert!(forked.repeat(&back));
    forked.submit(0, "kubectl scale deployment hellok8s-deployment --replicas=5");
    pass(&mut forked, 30_000);
    let mut shell = Lab::new(&options());
    shell.submit(0, "cat > web.yaml <<'EOF'\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\nEOF");
    shell.submit(0, "for i in 1 2 3; do kubectl create deployment web-$i --image=nginx; done");
    shell.submit(0, "kubectl apply -f web.yaml; sleep 5; kubectl delete deployment web-2");
    pass(&mut shell, 60_000);
    vec![Lab::new(&options()), rollout, forked, shell]
}

/// For a new version: `cargo test --test links -- --ignored --nocapture | grep '^L ' | cut -c3- > tests/data/links/VERSION.txt`.
#[test]
#[ignore = "writes the links of this version"]
fn links_of_this_version() {
    for lab in labs() {
        let session = Session::of(&lab, Start::Free(options()));
        println!("L {}\t{}", shown(&lab), data_of(&session));
    }
}
