//! The sentences, by who decides.

mod cluster;
mod deployment;
mod kubelet;
mod replica_set;
mod rolling;

use super::Rule;

/// Of every rule, by component.
pub const RULES: [&[Rule]; 5] = [rolling::RULES, deployment::RULES, replica_set::RULES, kubelet::RULES, cluster::RULES];

const fn rule(
    name: &'static str,
    title: (&'static str, &'static str),
    zh: &'static str,
    en: &'static str,
    function: &'static str,
) -> Rule {
    Rule { name, title_zh: title.0, title_en: title.1, zh, en, function }
}
