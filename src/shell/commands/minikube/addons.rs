//! `minikube addons`: of minikube's addons the lab has one that can be turned on.

use crate::process::{Io, World};

const METRICS: &str = "metrics-server";
const IMAGE: &str = "registry.k8s.io/metrics-server/metrics-server:v0.8.0";

/// `minikube addons list|enable|disable`
pub(super) fn run(words: &[&str], world: &mut World<'_>, io: &mut Io) -> i32 {
    match words {
        ["list"] => {
            io.out(list(world));
            0
        }
        ["enable", METRICS] => {
            world.cluster.enable_metrics(true);
            io.out(format!(
                "💡  {METRICS} is an addon maintained by Kubernetes. For any concerns contact minikube on GitHub.\n\
                 You can view the list of minikube maintainers at: https://github.com/kubernetes/minikube/blob/master/OWNERS\n    \
                 ▪ Using image {IMAGE}\n🌟  The '{METRICS}' addon is enabled\n"
            ));
            0
        }
        ["disable", METRICS] => {
            world.cluster.enable_metrics(false);
            io.out(format!("🌑  \"The '{METRICS}' addon is disabled\"\n"));
            0
        }
        ["enable" | "disable", "default-storageclass" | "storage-provisioner"] => {
            io.err("minikube: this addon is always on here\n");
            1
        }
        ["enable" | "disable", name] => {
            io.err(format!("minikube: the lab has no addon {name:?}; it has {METRICS}\n"));
            1
        }
        _ => {
            io.err(format!(
                "minikube: known here are addons list, addons enable {METRICS}, addons disable {METRICS}\n"
            ));
            1
        }
    }
}

/// The addons that the lab knows, in a table as minikube draws it.
fn list(world: &World<'_>) -> String {
    let state = |is_on: bool| if is_on { "enabled ✅" } else { "disabled" };
    let rows = [
        ("default-storageclass", true, "Kubernetes"),
        (METRICS, world.cluster.has_metrics(), "Kubernetes"),
        ("storage-provisioner", true, "minikube"),
    ];
    let rule = |left: char, middle: char, right: char| {
        let dash = |width: usize| "─".repeat(width);
        format!("{left}{}{middle}{}{middle}{}{middle}{}{right}\n", dash(23), dash(10), dash(14), dash(12))
    };
    let row = |name: &str, state: &str, by: &str| {
        // The mark after a word is two columns wide.
        let width = if state.contains('✅') { 11 } else { 12 };
        format!("│ {name:<21} │ minikube │ {state:<width$} │ {by:<10} │\n")
    };
    let mut text = rule('┌', '┬', '┐');
    text.push_str(&format!("│ {:<21} │ {:<8} │ {:<12} │ {:<10} │\n", "ADDON NAME", "PROFILE", "STATUS", "MAINTAINER"));
    text.push_str(&rule('├', '┼', '┤'));
    rows.iter().for_each(|(name, is_on, by)| text.push_str(&row(name, state(*is_on), by)));
    text.push_str(&rule('└', '┴', '┘'));
    text
}
