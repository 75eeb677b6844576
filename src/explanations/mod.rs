//! Decisions in words: for every rule a sentence in each language, filled with the numbers that went into the decision,
//! and the function of Kubernetes that decides so.
//!
//! Nothing is found out here: a sentence only says what its [`Decision`] holds.

mod caption;
pub mod hints;
pub mod obstacle;
mod rules;
mod template;

pub use caption::{Caption, Span, short_name};

use serde_json::Value;

use crate::decision::Decision;
use crate::lang::Lang;

/// What is said of a rule, at most two short sentences: what decides first, emphasised. See [`Caption`] for how it is read.
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
    rules::RULES.iter().flat_map(|rules| rules.iter()).find(|rule| rule.name == name)
}

/// The rule of a decision in a few words; its name when nothing is said of it.
pub fn title(decision: &Decision, lang: Lang) -> &'static str {
    rule(decision.rule).map_or(decision.rule, |rule| lang.choose(rule.title_zh, rule.title_en))
}

/// A decision as a sentence; what it did when nothing is said of its rule.
pub fn sentence(decision: &Decision, lang: Lang) -> String {
    caption(decision, lang).text()
}

/// A decision as a caption: its sentence, in which what decides is emphasised.
pub fn caption(decision: &Decision, lang: Lang) -> Caption {
    match rule(decision.rule) {
        Some(rule) => template::filled(lang.choose(rule.zh, rule.en), decision, lang),
        None => Caption::read(&decision.action, lang),
    }
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

    use serde_json::json;

    use super::*;
    use crate::cluster;
    use crate::lab::{Lab, LabOptions, PRESETS};
    use crate::sim::SimTime;

    /// How wide a caption may be, in Latin letters; a Chinese one is as wide as two.
    const WIDEST: usize = 120;

    fn width(text: &str) -> usize {
        text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
    }

    fn all() -> impl Iterator<Item = &'static Rule> {
        rules::RULES.iter().flat_map(|rules| rules.iter())
    }

    fn decision(rule: &'static str, inputs: &[(&'static str, Value)]) -> Decision {
        Decision {
            t_ms: 0,
            controller: "deployment",
            object: "Deployment/default/web".to_owned(),
            rule,
            inputs: inputs.to_vec(),
            action: String::new(),
        }
    }

    #[test]
    fn every_rule_is_explained_once_and_nothing_else_is() {
        let known: BTreeSet<&str> = cluster::RULES.iter().flat_map(|rules| rules.iter().copied()).collect();
        let explained: Vec<&str> = all().map(|rule| rule.name).collect();
        assert_eq!(explained.iter().copied().collect::<BTreeSet<_>>(), known);
        assert_eq!(explained.len(), known.len(), "some rule is explained twice");
    }

    #[test]
    fn both_languages_name_the_same_inputs_and_emphasise_something() {
        for rule in all() {
            assert_eq!(template::inputs(rule.zh), template::inputs(rule.en), "{}", rule.name);
            for text in [rule.zh, rule.en] {
                assert_eq!(text.matches("**").count(), 2, "{text}");
                assert!(text.starts_with("**"), "{text}");
                assert!(text.ends_with(['.', '。', '}']), "{text}");
            }
        }
    }

    #[test]
    fn the_chapters_captions_are_short_and_know_their_inputs() {
        let mut lab = Lab::new(&LabOptions::default());
        for (_, text) in PRESETS {
            lab.write("deployment.yaml", text);
            lab.command(0, "kubectl apply -f deployment.yaml");
            let until = SimTime(lab.now().as_ms() + 120_000);
            lab.run_until(until);
        }
        lab.command(0, "kubectl rollout undo deployment hellok8s-deployment; kubectl scale deployment hellok8s-deployment --replicas=7");
        lab.run_until(SimTime(lab.now().as_ms() + 120_000));
        lab.command(0, "kubectl delete pod --all; kubectl expose deployment hellok8s-deployment --port=3000");
        lab.run_until(SimTime(lab.now().as_ms() + 700_000));
        let (mut said, mut long) = (BTreeSet::new(), BTreeSet::new());
        for decision in lab.cluster().decisions().iter() {
            let rule = rule(decision.rule).expect("a sentence");
            for name in template::inputs(rule.en) {
                assert!(decision.inputs.iter().any(|(known, _)| *known == name), "{}: {name}", decision.rule);
            }
            for lang in [Lang::En, Lang::Zh] {
                let text = sentence(decision, lang);
                if width(&text) > WIDEST {
                    long.insert(format!("{text} {}", width(&text)));
                }
                assert!(!text.contains(['{', '}', '*', '–']), "{text}");
            }
            said.insert(decision.rule);
        }
        assert!(long.is_empty(), "{long:#?}");
        assert!(said.len() > 20, "{said:?}");
    }

    #[test]
    fn a_caption_holds_the_numbers_and_the_words_that_fit_them() {
        let inputs = |current: i32, most: i32| {
            let replicas = most - 1;
            [
                ("replicas", json!(replicas)),
                ("maxSurge", json!("25%")),
                ("maxSurgeResolved", json!(1)),
                ("maxTotalPods", json!(most)),
                ("currentPods", json!(current)),
                ("from", json!(0)),
                ("to", json!(1)),
                ("replicaSet", json!("web-5d4f7c6b88")),
            ]
        };
        let say = |current, most, lang| sentence(&decision("rolling/scale-up-new", &inputs(current, most)), lang);
        assert_eq!(
            say(3, 4, Lang::En),
            "maxSurge 1: at most 4 pods may exist. There are 3, so the new ReplicaSet goes from 0 to 1."
        );
        assert_eq!(
            say(1, 2, Lang::En),
            "maxSurge 1: at most 2 pods may exist. There is 1, so the new ReplicaSet goes from 0 to 1."
        );
        assert_eq!(say(3, 4, Lang::Zh), "maxSurge 1：最多 4 个 Pod，现有 3 个，新的 ReplicaSet 从 0 扩到 1。");
        let caption = caption(&decision("rolling/scale-up-new", &inputs(3, 4)), Lang::En);
        assert_eq!(caption.spans[0], Span { text: "maxSurge 1:".to_owned(), is_strong: true });
    }

    #[test]
    fn names_are_short_and_times_are_in_seconds() {
        let adopted = decision("replicaset/adopt-pod", &[("pod", json!("web-5d4f7c6b88-x7k2p"))]);
        assert!(sentence(&adopted, Lang::En).starts_with("Adopted: pod x7k2p has"));
        let waits = decision("kubelet/back-off", &[("backOffMs", json!(12_500)), ("exitCode", json!(1))]);
        assert!(sentence(&waits, Lang::En).starts_with("12.5 s until the restart: pod web's container"));
    }

    #[test]
    fn what_has_no_sentence_says_what_it_did() {
        let unknown = Decision { action: "do **this**".to_owned(), ..decision("nobody/knows", &[]) };
        assert_eq!(title(&unknown, Lang::Zh), "nobody/knows");
        assert_eq!(sentence(&unknown, Lang::Zh), "do this");
    }
}
