//! Decisions in words: for every rule a sentence in each language, filled with the numbers that went into the decision,
//! and the function of Kubernetes that decides so.
//!
//! Nothing is found out here: a sentence only says what its [`Decision`] holds.

mod caption;
mod requirements;
mod rules;

pub use caption::{Caption, Span, short_name};

use serde_json::Value;

use crate::decision::Decision;
use crate::lang::Lang;

/// What is said of a rule. `{name}` in a sentence stands for the input of that name.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// [`crate::decision::Reason::rule`].
    pub name: &'static str,
    /// What it is in a few Chinese words.
    pub title_zh: &'static str,
    /// What it is in a few English words.
    pub title_en: &'static str,
    /// The sentence in Chinese.
    pub zh: &'static str,
    /// The sentence in English.
    pub en: &'static str,
    /// Where Kubernetes decides it: file and function.
    pub function: &'static str,
}

/// What is said of the rule with this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules::RULES.iter().chain(requirements::RULES).find(|rule| rule.name == name)
}

/// The rule of a decision in a few words; its name when nothing is said of it.
pub fn title(decision: &Decision, lang: Lang) -> &'static str {
    rule(decision.rule).map_or(decision.rule, |rule| lang.choose(rule.title_zh, rule.title_en))
}

/// A decision as a sentence; what it did when nothing is said of its rule.
pub fn sentence(decision: &Decision, lang: Lang) -> String {
    let Some(rule) = rule(decision.rule) else { return decision.action.clone() };
    filled(lang.choose(rule.zh, rule.en), &decision.inputs)
}

/// A decision as a caption: its sentence, with what decides in bold.
pub fn caption(decision: &Decision, lang: Lang) -> Caption {
    Caption::read(&sentence(decision, lang), lang)
}

fn filled(template: &str, inputs: &[(&'static str, Value)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
        text.push_str(before);
        text.push_str(&input(name, inputs));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// An input in words. `backOffMs/s` is the input `backOffMs` in seconds.
fn input(name: &str, inputs: &[(&'static str, Value)]) -> String {
    let (name, in_seconds) = name.strip_suffix("/s").map_or((name, false), |name| (name, true));
    let Some((_, value)) = inputs.iter().find(|(known, _)| *known == name) else { return "–".to_owned() };
    match value {
        Value::Number(number) if in_seconds => seconds(number.as_u64().unwrap_or(0)),
        value => in_words(value),
    }
}

/// `12.5` for 12500.
fn seconds(ms: u64) -> String {
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A value as people write it.
pub fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", in_words(value))).collect::<Vec<_>>().join(" ")
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lab::{Lab, LabOptions, PRESETS};
    use crate::sim::SimTime;

    #[test]
    fn every_rule_is_explained_once() {
        let known = crate::cluster::RULES.into_iter().flatten();
        let explained: Vec<&str> = rules::RULES.iter().chain(requirements::RULES).map(|rule| rule.name).collect();
        for name in known {
            assert_eq!(explained.iter().filter(|known| *known == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn both_languages_name_the_same_inputs() {
        let names = |text: &'static str| -> BTreeSet<&str> {
            text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
        };
        for rule in rules::RULES.iter().chain(requirements::RULES) {
            assert_eq!(names(rule.zh), names(rule.en), "{}", rule.name);
        }
    }

    #[test]
    fn the_chapter_leaves_no_input_unknown() {
        let mut lab = Lab::new(&LabOptions::default());
        for (_, text) in PRESETS {
            lab.write("deployment.yaml", text);
            lab.submit(0, "kubectl apply -f deployment.yaml");
            let until = SimTime(lab.now().as_ms() + 120_000);
            lab.run_until(until);
        }
        lab.submit(0, "kubectl rollout undo deployment hellok8s-deployment; kubectl scale deployment hellok8s-deployment --replicas=7");
        lab.run_until(SimTime(lab.now().as_ms() + 120_000));
        let mut said = BTreeSet::new();
        for decision in lab.cluster().decisions().iter() {
            let rule = rule(decision.rule).map(|rule| rule.en).unwrap_or_default();
            for name in rule.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)) {
                let name = name.trim_end_matches("/s");
                assert!(decision.inputs.iter().any(|(known, _)| *known == name), "{}: {name}", decision.rule);
            }
            said.insert(decision.rule);
        }
        assert!(said.len() > 20, "{said:?}");
    }

    #[test]
    fn a_sentence_holds_the_numbers() {
        let decision = Decision {
            t_ms: 0,
            controller: "deployment",
            object: "Deployment/default/web".to_owned(),
            rule: "rolling/scale-up-new",
            inputs: vec![
                ("replicas", 3.into()),
                ("maxSurge", "25%".into()),
                ("maxSurgeResolved", 1.into()),
                ("maxTotalPods", 4.into()),
                ("currentPods", 3.into()),
                ("from", 0.into()),
                ("to", 1.into()),
                ("replicaSet", "web-1".into()),
            ],
            action: String::new(),
        };
        assert_eq!(
            sentence(&decision, Lang::En),
            "At most replicas 3 + maxSurge 1 (25%, rounded up) = 4 pods may exist. There are 3, so the new ReplicaSet web-1 goes from 0 to 1."
        );
    }
}
