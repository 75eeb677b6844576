//! `kubectl autoscale`.

use serde_json::{Value, json};

use super::apply::with_last_applied;
use crate::api::{Kind, Quantity};
use crate::kubectl::answer::Held;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::field;
use crate::kubectl::flags::{DryRun, Flag};
use crate::kubectl::selection::{Item, Rules, select};

pub(super) const AUTOSCALE: Command = Command {
    path: "autoscale",
    aliases: &[],
    about: "Auto-scale a deployment, replica set, stateful set, or replication controller",
    usage: "(-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
    flags: &[
        Flag::text("cpu", None),
        Flag::number("cpu-percent", None),
        Flag::optional("dry-run", "unchanged"),
        Flag::list("filename", Some('f')),
        Flag::number("max", None),
        Flag::text("memory", None),
        Flag::number("min", None),
        Flag::text("name", None),
        Flag::text("output", Some('o')),
        Flag::switch("record", None),
        Flag::switch("recursive", Some('R')),
        Flag::switch("save-config", None),
    ],
    run: autoscale,
};

/// The kinds that have a number of pods to change.
const SCALABLE: [Kind; 4] = [Kind::Deployment, Kind::ReplicaSet, Kind::StatefulSet, Kind::ReplicationController];

/// What a metric should be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Percent(i64),
    Average(Quantity),
}

/// What the flags ask for.
struct Wanted {
    min: i64,
    max: i64,
    cpu_percent: i64,
    cpu: Option<Target>,
    memory: Option<Target>,
}

fn autoscale(call: &mut Call<'_, '_>) -> Outcome {
    if call.flags.is_set("cpu-percent") {
        call.io.err(
            "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for \
             utilization or '500m' for milliCPU).\n",
        );
    }
    if !call.flags.is_set("max") {
        return Err(Failure::new("required flag(s) \"max\" not set"));
    }
    let dry_run = call.flags.dry_run()?;
    let wanted = wanted(call)?;
    let args = call.args().to_vec();
    let selection = select(call, &args, Rules { files_as_they_are: true, ..Rules::default() })?;
    let mut failures = selection.failures;
    if failures.is_empty() && selection.items.is_empty() {
        return Err(Failure::new("no objects passed to autoscale"));
    }
    for item in &selection.items {
        failures.extend(autoscale_one(call, item, &wanted, dry_run).err());
    }
    Failure::from_all(failures).map_or(Ok(Next::Done), Err)
}

/// Models AutoscaleOptions.Validate.
fn wanted(call: &Call<'_, '_>) -> Result<Wanted, Failure> {
    let number = |flag: &str| call.flags.number(flag).unwrap_or(-1);
    let (min, max, cpu_percent) = (number("min"), number("max"), number("cpu-percent"));
    if max < 1 {
        return Err(Failure::Plain(format!("--max=MAXPODS is required and must be at least 1, max: {max}")));
    }
    if max < min {
        return Err(Failure::Plain(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {max}, min: {min}"
        )));
    }
    let given = |flag: &str| call.flags.text(flag).filter(|text| !text.is_empty());
    if cpu_percent > 0 && given("cpu").is_some() {
        return Err(Failure::new("--cpu-percent and --cpu are mutually exclusive"));
    }
    let cpu = given("cpu").map(|text| target(text, "cpu", "m")).transpose()?;
    let memory = given("memory").map(|text| target(text, "memory", "Mi")).transpose()?;
    Ok(Wanted { min, max, cpu_percent, cpu, memory })
}

/// `70%`, `500m`, or a number of the unit. Models parseResourceInput.
fn target(text: &str, resource: &str, unit: &str) -> Result<Target, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::new("empty input"));
    }
    if let Some(percent) = text.strip_suffix('%') {
        let number = percent.parse::<i32>().ok().filter(|number| *number >= 0);
        let number = number.ok_or_else(|| Failure::Plain(format!("invalid percentage value: {percent}")))?;
        return Ok(Target::Percent(i64::from(number)));
    }
    let is_bare = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let quantity = if is_bare { Quantity::parse(&format!("{text}{unit}")) } else { Quantity::parse(text) };
    quantity.map(Target::Average).map_err(|_| Failure::Plain(format!("invalid resource {resource} value: {text}")))
}

/// Models AutoscaleOptions.Run for one object.
fn autoscale_one(call: &mut Call<'_, '_>, item: &Item, wanted: &Wanted, dry_run: DryRun) -> Result<(), Failure> {
    let kind = item.kind;
    if !SCALABLE.contains(&kind) {
        let version = kind.api_version();
        let version = if kind.group().is_empty() { format!("/{version}") } else { version.to_owned() };
        let (name, plural) = (kind.as_str(), kind.plural());
        return Err(Failure::Plain(format!(
            "cannot autoscale a {name}: could not find scale subresource for {version}, Resource={plural} in discovery \
             information"
        )));
    }
    let mut value = autoscaler(call, item, wanted);
    let namespace = item.key.namespace.clone();
    if call.has_explicit_namespace() {
        field::set(&mut value, &["metadata", "namespace"], json!(namespace));
    }
    call.record(&mut value);
    let own = Kind::HorizontalPodAutoscaler;
    if dry_run == DryRun::Client {
        return call.answer(own, value, "created", dry_run, Held::Typed);
    }
    if call.flags.switch("save-config") {
        value = with_last_applied(&value, Some(own));
    }
    let options = call.write_options(dry_run);
    let result = call.world.client_mut().create(own, &namespace, value, options);
    if result.is_err() {
        // Then kubectl tries the older version, where that can say the same, and is refused as before.
        fits_first_version(wanted)?;
    }
    let value = call.written(result)?.to_value();
    call.answer(own, value, "autoscaled", dry_run, Held::Typed)
}

/// Models canCreateHPAV1, which reads `--cpu` whether or not it is given.
fn fits_first_version(wanted: &Wanted) -> Result<(), Failure> {
    let why = match &wanted.cpu {
        None => "empty input",
        Some(Target::Percent(_)) if wanted.memory.is_none() => return Ok(()),
        _ if wanted.cpu_percent >= 0 && wanted.memory.is_none() => return Ok(()),
        Some(_) => "%!w(<nil>)",
    };
    Err(Failure::Plain(format!(
        "failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: {why}"
    )))
}

/// Models createHorizontalPodAutoscalerV2.
fn autoscaler(call: &Call<'_, '_>, item: &Item, wanted: &Wanted) -> Value {
    let metric = |resource: &str, target: &Target| {
        let target = match target {
            Target::Percent(percent) => json!({"type": "Utilization", "averageUtilization": percent}),
            Target::Average(amount) => json!({"type": "AverageValue", "averageValue": amount.canonical()}),
        };
        json!({"type": "Resource", "resource": {"name": resource, "target": target}})
    };
    let of_percent = (wanted.cpu_percent > 0).then_some(Target::Percent(wanted.cpu_percent));
    let cpu = of_percent.as_ref().or(wanted.cpu.as_ref()).map(|target| metric("cpu", target));
    let metrics: Vec<Value> =
        cpu.into_iter().chain(wanted.memory.as_ref().map(|target| metric("memory", target))).collect();
    let name = call.flags.text("name").filter(|name| !name.is_empty()).unwrap_or(&item.key.name);
    let target = json!({"apiVersion": item.kind.api_version(), "kind": item.kind.as_str(), "name": &*item.key.name});
    let mut value = json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
        "spec": {"maxReplicas": wanted.max, "scaleTargetRef": target},
    });
    if wanted.min > 0 {
        field::set(&mut value, &["spec", "minReplicas"], json!(wanted.min));
    }
    if !metrics.is_empty() {
        field::set(&mut value, &["spec", "metrics"], json!(metrics));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_percent_amounts_or_numbers_of_the_unit() {
        let average = |text: &str| Target::Average(Quantity::parse(text).expect("an amount"));
        assert_eq!(target(" 70% ", "cpu", "m"), Ok(Target::Percent(70)));
        assert_eq!(target("500", "cpu", "m"), Ok(average("500m")));
        assert_eq!(target("200", "memory", "Mi"), Ok(average("200Mi")));
        assert_eq!(target("1Gi", "memory", "Mi"), Ok(average("1Gi")));
        let refused = |text: &str| target(text, "cpu", "m").expect_err("refused").report();
        assert_eq!(refused("x%"), "error: invalid percentage value: x\n");
        assert_eq!(refused("abc"), "error: invalid resource cpu value: abc\n");
    }
}
