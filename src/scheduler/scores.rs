//! How good the nodes are that a pod may go to. Models the score plugins of the default profile.

use super::node_info::NodeInfo;
use super::pod_info::PodInfo;
use super::{Cycle, MAX_NODE_SCORE, inter_pod, spread};

/// A plugin's points for each node, in the nodes' order, with its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginScores {
    /// The plugin.
    pub plugin: &'static str,
    /// Points times weight.
    pub scores: Vec<i64>,
}

/// The points of every plugin that has something to say. Models RunPreScorePlugins and RunScorePlugins.
pub fn of(cycle: &Cycle<'_>, feasible: &[&NodeInfo]) -> Vec<PluginScores> {
    let pod = cycle.pod;
    let each = |score: &dyn Fn(&NodeInfo) -> i64| -> Vec<i64> { feasible.iter().map(|node| score(node)).collect() };
    let untolerated = each(&|node| untolerated_wishes(pod, node));
    let by_taints = Some(normalized(untolerated, true));
    let by_affinity = (!pod.preferred_nodes.is_empty()).then(|| normalized(each(&|node| preferred(pod, node)), false));
    let balanced =
        (pod.requests.milli_cpu != 0 || pod.requests.memory != 0).then(|| each(&|node| balanced_allocation(pod, node)));
    let plugins = [
        ("TaintToleration", 3, by_taints),
        ("NodeAffinity", 2, by_affinity),
        ("NodeResourcesFit", 1, Some(each(&|node| least_allocated(pod, node)))),
        (spread::NAME, 2, spread::scores(cycle, feasible)),
        (inter_pod::NAME, 2, inter_pod::scores(cycle, feasible)),
        ("DynamicResources", 2, Some(each(&|_| 0))),
        ("NodeResourcesBalancedAllocation", 1, balanced),
        ("ImageLocality", 1, Some(each(&|node| image_locality(cycle, node)))),
    ];
    let weighted = |(plugin, weight, scores): (&'static str, i64, Option<Vec<i64>>)| {
        let scores = scores?.into_iter().map(|score| score * weight).collect();
        Some(PluginScores { plugin, scores })
    };
    plugins.into_iter().filter_map(weighted).collect()
}

/// Models helper.DefaultNormalizeScore.
fn normalized(scores: Vec<i64>, reverse: bool) -> Vec<i64> {
    let most = scores.iter().copied().max().unwrap_or(0);
    let scale = |score: i64| match most {
        0 if reverse => MAX_NODE_SCORE,
        0 => score,
        most if reverse => MAX_NODE_SCORE - MAX_NODE_SCORE * score / most,
        most => MAX_NODE_SCORE * score / most,
    };
    scores.into_iter().map(scale).collect()
}

/// Models countIntolerableTaintsPreferNoSchedule.
fn untolerated_wishes(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let wishes = node.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
    i64::try_from(wishes.filter(|taint| !taint.is_tolerated(&pod.tolerations)).count()).unwrap_or(i64::MAX)
}

/// Models PreferredSchedulingTerms.Score.
fn preferred(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let fitting = pod.preferred_nodes.iter().filter(|(_, term)| term.matches(&node.name, &node.labels));
    fitting.map(|(weight, _)| *weight).sum()
}

/// Models leastResourceScorer, for cpu and memory.
fn least_allocated(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let resources = [
        (node.allocatable.milli_cpu, node.counted.0 + pod.scored.0),
        (node.allocatable.memory, node.counted.1 + pod.scored.1),
    ];
    let known = resources.into_iter().filter(|(capacity, _)| *capacity != 0);
    let free = known.map(|(capacity, requested)| {
        if requested > capacity {
            return 0;
        }
        let free = i128::from(capacity - requested) * i128::from(MAX_NODE_SCORE) / i128::from(capacity);
        i64::try_from(free).unwrap_or(0)
    });
    let free: Vec<i64> = free.collect();
    let count = i64::try_from(free.len()).unwrap_or(1);
    free.iter().sum::<i64>().checked_div(count).unwrap_or(0)
}

/// Models balancedResourceScorer, for cpu and memory.
fn balanced_allocation(pod: &PodInfo, node: &NodeInfo) -> i64 {
    let capacity = [node.allocatable.milli_cpu, node.allocatable.memory];
    let without = [node.requested.milli_cpu, node.requested.memory];
    let with = [without[0] + pod.requests.milli_cpu, without[1] + pod.requests.memory];
    let half = MAX_NODE_SCORE / 2;
    half + (half + balance(with, capacity) - balance(without, capacity)) / 2
}

/// Models balancedResourceScore.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Kubernetes scores in floats; the basic operations of IEEE 754 give the same everywhere"
)]
fn balance(requested: [i64; 2], capacity: [i64; 2]) -> i64 {
    let fraction = |at: usize| {
        let (requested, capacity) = (requested.get(at)?, *capacity.get(at).filter(|capacity| **capacity != 0)?);
        let fraction = *requested as f64 / capacity as f64;
        Some(if fraction > 1.0 { 1.0 } else { fraction })
    };
    let deviation = match (fraction(0), fraction(1)) {
        (Some(a), Some(b)) => ((a - b) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * MAX_NODE_SCORE as f64) as i64
}

/// Models ImageLocality.Score.
fn image_locality(cycle: &Cycle<'_>, node: &NodeInfo) -> i64 {
    const MIB: i64 = 1024 * 1024;
    const LEAST: i64 = 23 * MIB;
    let images = &cycle.pod.images;
    let most = 1000 * MIB * i64::try_from(images.len()).unwrap_or(1).max(1);
    let sum: i64 = images
        .iter()
        .map(|image| {
            let name = full_name(image);
            if !node.images.contains_key(&name) {
                return 0;
            }
            // The size is that of the first node that told of the image.
            let holders = || cycle.nodes.iter().filter_map(|node| node.images.get(&name));
            scaled(holders().next().copied().unwrap_or(0), holders().count(), cycle.nodes.len())
        })
        .sum();
    MAX_NODE_SCORE * (sum.clamp(LEAST, most) - LEAST) / (most - LEAST)
}

/// Models normalizedImageName: a name without a tag is that of the latest.
fn full_name(image: &str) -> String {
    let has_tag = image.rfind(':').is_some_and(|colon| image.rfind('/').is_none_or(|slash| colon > slash));
    if has_tag { image.to_owned() } else { format!("{image}:latest") }
}

/// Models scaledImageScore.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "Kubernetes scores in floats; the basic operations of IEEE 754 give the same everywhere"
)]
fn scaled(size: i64, holders: usize, nodes: usize) -> i64 {
    (size as f64 * (holders as f64 / nodes as f64)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_tag_is_the_latest() {
        for (image, full) in [
            ("web", "web:latest"),
            ("web:1", "web:1"),
            ("hub:5000/web", "hub:5000/web:latest"),
            ("hub:5000/web:1", "hub:5000/web:1"),
        ] {
            assert_eq!(full_name(image), full);
        }
    }
}
