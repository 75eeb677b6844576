//! `forecast OLD NEW`: what applying NEW to a cluster in which OLD has come to rest will do.

mod circumstances;
mod nodes;
mod report;
mod sarif;
mod side;
mod unsimulated;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use hellok8s_lab::api::KubernetesVersion;
use hellok8s_lab::client::CallTimes;
use hellok8s_lab::controllers::deployment::status;
use hellok8s_lab::images::{Declaration, ImageReference, Place, stand_ins};
use hellok8s_lab::lab::forecast::{Asked, Ending, Forecaster, Strategy, Verdict};
use hellok8s_lab::lab::timeline::Timeline;
use hellok8s_lab::lab::{Lab, LabOptions};
use hellok8s_lab::manifest::Document;
use hellok8s_lab::process::Files;
use hellok8s_lab::session::brought::{self, Assumed};
use serde_json::{Value, json};

pub use circumstances::Requests;
pub use nodes::Nodes;
use side::Side;

/// How to make a forecast.
#[derive(Default)]
pub struct ForecastOptions {
    /// What is in the cluster: a file or a folder.
    pub old: PathBuf,
    /// What is applied.
    pub new: PathBuf,
    /// The nodes it runs on, where they are not as in the page.
    pub nodes: Vec<Nodes>,
    /// Who asks its Services.
    pub traffic: Vec<Requests>,
    /// Seed of the first run.
    pub seed: u64,
    /// Which Kubernetes.
    pub version: KubernetesVersion,
    /// How to write it.
    pub format: Format,
}

/// How a forecast is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A paragraph.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// For a comment below a change.
    Markdown,
    /// The Static Analysis Results Interchange Format 2.1.0.
    Sarif,
}

impl Format {
    /// By its name on the command line.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "json" => Self::Json,
            "markdown" => Self::Markdown,
            "sarif" => Self::Sarif,
            _ => return None,
        })
    }
}

const USAGE: &str = "usage: hellok8s-lab forecast [--nodes NODES] [--traffic TRAFFIC] [--seed N] [--k8s 1.36|1.22] [-o text|json|markdown|sarif] OLD NEW";
/// Runs after the first one, each with another seed.
const MORE_RUNS: u64 = 4;
/// With more pods than this there is one run.
const MANY_PODS: i64 = 200;
/// With more pods than this there is none.
const MOST_PODS: i64 = 2_000;
/// OLD has come to rest when it is complete and nothing has changed for so long, in simulated milliseconds.
const REST_MS: u64 = 15_000;
/// Holds what OLD needs and does not bring along.
const SURROUNDINGS: &str = "surroundings.json";
/// What is not at rest by then, past the longest usual progress deadline, is taken as it is.
const LONGEST_MS: u64 = 900_000;

/// What is told in the end.
struct Told {
    verdict: Verdict,
    asked: Vec<Asked>,
    runs: usize,
    not_simulated: Vec<unsimulated::Note>,
}

/// Makes a forecast and prints it. Its exit code says how it ends.
///
/// # Errors
/// When one of the sides cannot be read, or OLD cannot be applied.
pub fn run(options: &ForecastOptions) -> Result<ExitCode, String> {
    let with_usage = |message: String| format!("{message}\n{USAGE}");
    let old = side::read(&options.old, "old").map_err(with_usage)?;
    let new = side::read(&options.new, "new").map_err(with_usage)?;
    let told = tell(options, &old, &new).map_err(with_usage)?;
    let text = match options.format {
        Format::Text => report::text(&told),
        Format::Json => report::json(&told),
        Format::Markdown => report::markdown(&told),
        Format::Sarif => sarif::sarif(&told, &new),
    };
    print!("{text}");
    Ok(ExitCode::from(match told.verdict.ending {
        Ending::RollsOut | Ending::Unchanged => 0,
        Ending::Interrupts => 10,
        Ending::Stalls => 20,
        Ending::Refused => 30,
        Ending::Unknown => 40,
    }))
}

fn tell(options: &ForecastOptions, old: &Side, new: &Side) -> Result<Told, String> {
    let pods = old.pods().max(new.pods());
    let unknown = |because: String| {
        let verdict = Verdict { ending: Ending::Unknown, seconds: (0, 0), fewest_available: 0, most_pods: 0, because };
        Ok(Told { verdict, asked: Vec::new(), runs: 0, not_simulated: Vec::new() })
    };
    if pods > MOST_PODS {
        return unknown(format!("There are {pods} pods, and no forecast is made for more than {MOST_PODS}."));
    }
    if let Some(kind) = old.foreign_kind().or_else(|| new.foreign_kind()) {
        return unknown(format!("{kind} is no kind of Kubernetes' own: what acts on it is not known here."));
    }
    let mut files = Files::default();
    for (name, text) in old.files.iter().chain(&new.files) {
        files.write(name, text.as_str());
    }
    let of_old: Vec<&Value> = old.documents().map(|document| &document.value).collect();
    let assumed = brought::assumed(&of_old);
    let items: Vec<&Value> = assumed.iter().map(|assumed| &assumed.manifest).collect();
    files.write(SURROUNDINGS, json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
    let mut lab = Lab::with_files(&LabOptions { seed: options.seed, version: options.version }, files);
    let left_out = nodes::make(&mut lab, &options.nodes)?;
    let stand_ins = put_images(&mut lab, old, new)?;
    if !assumed.is_empty() {
        bring(&mut lab, &format!("kubectl create -f {SURROUNDINGS}"), old)?;
    }
    let unfinished = apply_and_rest(&mut lab, old)?;
    circumstances::ask(&mut lab, &options.traffic, &old.shown)?;
    let more_runs = if pods > MANY_PODS { 0 } else { MORE_RUNS };
    let seeds: Vec<u64> = (1..=more_runs).map(|run| options.seed.wrapping_add(run)).collect();
    let forecaster = Forecaster::new(&lab, &Timeline::default(), &new.path, &Strategy::AsWritten, &seeds)
        .though_no_deployment_changes(&seeds);
    let answer = forecaster.answer().to_owned();
    let forecast = forecaster.finish();
    let mut not_simulated = unsimulated::notes(old, new);
    let mut verdict = Verdict::of(&forecast, &answer);
    if let Some(note) = not_simulated.iter().find(|note| note.may_decide) {
        verdict = verdict.undecided(&format!("{} is not simulated and may decide: {}.", note.place(), note.text));
    }
    not_simulated.extend(unsimulated::stand_ins(&stand_ins, new));
    verdict.because = new.with_own_names(&verdict.because);
    for name in unfinished {
        verdict.because.push_str(&format!(" Before the change already, Deployment {name} is not complete here."));
    }
    if let Some(sentence) = taken_to_be_there(&assumed) {
        verdict.because.push_str(&sentence);
    }
    if !left_out.is_empty() {
        verdict.because.push_str(&format!(" Nodes that are not ready are left out: {}.", left_out.join(", ")));
    }
    for object in old.missing_in(new) {
        verdict.because.push_str(&format!(" {object} stays: applying deletes nothing."));
    }
    Ok(Told { verdict, asked: forecast.asked, runs: forecast.runs, not_simulated })
}

/// Puts the images into the hub that the sides declare, and those of which nothing is known. Answers the names of the
/// latter.
fn put_images(lab: &mut Lab, old: &Side, new: &Side) -> Result<Vec<String>, String> {
    let mut put = |declaration: &Declaration| -> Result<(), String> {
        let reference = ImageReference::parse(&declaration.image)?;
        let declaration = Arc::new(declaration.clone());
        lab.intervene(|cluster| cluster.registry.put(reference, declaration, Place::Hub));
        Ok(())
    };
    old.images.iter().chain(&new.images).try_for_each(&mut put)?;
    let documents: Vec<Document> = old.documents().chain(new.documents()).cloned().collect();
    let registry = &lab.cluster().registry;
    // Of a repository that is known all tags are known: another one is a mistake.
    let known = [Place::Hub, Place::Node].into_iter().flat_map(|place| registry.list(place));
    let known: Vec<String> = known.map(|(reference, _)| reference.repository.clone()).collect();
    let mut made = stand_ins(&documents, registry);
    made.retain(|declaration| {
        ImageReference::parse(&declaration.image).is_ok_and(|reference| !known.contains(&reference.repository))
    });
    for declaration in &made {
        let reference = ImageReference::parse(&declaration.image)?;
        let program = Arc::new(declaration.clone());
        lab.intervene(|cluster| cluster.registry.put(reference, program, Place::Hub));
    }
    Ok(made.into_iter().map(|declaration| declaration.image).collect())
}

/// Types a command that brings what is there before the change.
fn bring(lab: &mut Lab, line: &str, old: &Side) -> Result<(), String> {
    // What kubectl takes is no part of a rollout.
    lab.cluster_mut().set_call_times(CallTimes::NONE);
    lab.submit(0, line);
    let answer: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    if lab.exit_code(0) != 0 {
        return Err(format!("{} cannot be applied:\n{}", old.shown, old.with_own_names(answer.trim_end())));
    }
    Ok(())
}

/// Applies OLD and lets it come to rest. Answers the names of the Deployments that are not complete then.
fn apply_and_rest(lab: &mut Lab, old: &Side) -> Result<Vec<String>, String> {
    if old.objects.is_empty() && !old.is_broken {
        return Ok(Vec::new());
    }
    // What a cluster has given keeps what was last applied there: the next change is compared with that.
    let verb = if old.is_exported { "create" } else { "apply" };
    bring(lab, &format!("kubectl {verb} -f '{}'", old.path), old)?;
    let end = lab.now() + LONGEST_MS;
    while lab.now() < end {
        let seen = lab.cluster().log().len();
        lab.run_until(lab.now() + REST_MS);
        if seen == lab.cluster().log().len() && is_at_rest(lab) {
            break;
        }
    }
    let deployments = lab.cluster().api.store().deployments(None);
    let unfinished = deployments.filter(|deployment| !status::is_complete(deployment, &deployment.status));
    Ok(unfinished.map(|deployment| deployment.metadata.name.clone()).collect())
}

/// What neither side has and OLD needs, in a sentence. That namespaces are there nobody need be told.
fn taken_to_be_there(assumed: &[Assumed]) -> Option<String> {
    let names: Vec<&str> =
        assumed.iter().map(|one| one.name.as_str()).filter(|name| !name.starts_with("Namespace ")).collect();
    (!names.is_empty())
        .then(|| format!(" Taken to be in the cluster, because the pods of before read them: {}.", names.join(", ")))
}

/// Whether every Deployment is complete, or has given up.
fn is_at_rest(lab: &Lab) -> bool {
    lab.cluster().api.store().deployments(None).all(|deployment| {
        let gave_up = |reason: &str| reason == "ProgressDeadlineExceeded";
        status::is_complete(deployment, &deployment.status)
            || deployment.status.conditions.iter().any(|condition| gave_up(&condition.reason))
    })
}
