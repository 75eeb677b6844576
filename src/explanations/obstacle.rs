//! The scheduler's message in words: `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.` says to
//! somebody who has never met it less than "2 nodes have too little cpu left".

use crate::lang::Lang;

/// What stands between the count of nodes and the reasons.
const AVAILABLE: &str = " nodes are available: ";
/// What the message goes on with when it was tried to drive other pods away.
const PREEMPTION: &str = " preemption: ";
/// How a lacking resource begins.
const INSUFFICIENT: &str = "Insufficient ";

/// A reason as the scheduler writes it, in Chinese, of one node, of several.
type Words = (&'static str, &'static str, &'static str, &'static str);

/// The reasons of the filters. What is not among them is said as the scheduler says it.
const REASONS: &[Words] = &[
    ("Too many pods", "上的 Pod 已满", "is full of pods", "are full of pods"),
    ("node(s) were unschedulable", "已停止接收新 Pod", "is cordoned", "are cordoned"),
    (
        "node(s) had untolerated taint",
        "有它不容忍的污点",
        "has a taint that it does not tolerate",
        "have a taint that it does not tolerate",
    ),
    (
        "node(s) didn't match Pod's node affinity/selector",
        "不合它的节点选择条件",
        "is not one that it asks for",
        "are none that it asks for",
    ),
    (
        "node(s) didn't satisfy plugin(s) [NodeAffinity]",
        "不合它的节点选择条件",
        "is not one that it asks for",
        "are none that it asks for",
    ),
    (
        "node(s) didn't match the requested node name",
        "不是它指名的节点",
        "is not the one that it names",
        "are not the one that it names",
    ),
    (
        "node(s) didn't have free ports for the requested pod ports",
        "上它要的端口已被占用",
        "has its port in use",
        "have its port in use",
    ),
    (
        "node(s) didn't match pod affinity rules",
        "上没有它要靠近的 Pod",
        "has no pod that it must be near",
        "have no pod that it must be near",
    ),
    (
        "node(s) didn't match pod anti-affinity rules",
        "上有它要避开的 Pod",
        "has a pod that it must avoid",
        "have a pod that it must avoid",
    ),
    (
        "node(s) didn't satisfy existing pods anti-affinity rules",
        "上有 Pod 不让它靠近",
        "has a pod that keeps it away",
        "have a pod that keeps it away",
    ),
    (
        "node(s) didn't match pod topology spread constraints (missing required label)",
        "缺少分散约束要的标签",
        "lacks the label that it is spread by",
        "lack the label that it is spread by",
    ),
    (
        "node(s) didn't match pod topology spread constraints",
        "再放就不够分散了",
        "would have too many of its kind",
        "would have too many of its kind",
    ),
    (
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
        "不行：它的卷声明只许一个 Pod 使用，而另一个 Pod 正在用",
        "will not do: a claim of it is for one pod alone, and another pod uses it",
        "will not do: a claim of it is for one pod alone, and another pod uses it",
    ),
    ("node(s) had volume node affinity conflict", "用不了它的卷", "cannot reach its volume", "cannot reach its volume"),
    (
        "node(s) didn't find available persistent volumes to bind",
        "没有可用的持久卷",
        "has no volume for it",
        "have no volume for it",
    ),
];

/// The message as a sentence or two.
pub fn in_words(message: &str, lang: Lang) -> String {
    let Some((_, reasons)) = message.split_once(AVAILABLE) else { return message.to_owned() };
    let reasons = reasons.split_once(PREEMPTION).map_or(reasons, |(reasons, _)| reasons);
    let said: Vec<String> = reasons.trim_end_matches('.').split(", ").map(|reason| of_several(reason, lang)).collect();
    format!("{}{}", said.join(lang.choose("；", "; ")), lang.choose("。", "."))
}

/// What is wrong with one node, without the node: `has too little cpu left`.
pub fn of_node(reason: &str, lang: Lang) -> String {
    match words(reason) {
        Some(&(_, zh, one, _)) => lang.choose(zh, one).to_owned(),
        None => lacking(reason, true, lang).unwrap_or_else(|| reason.to_owned()),
    }
}

/// `2 Insufficient cpu` in words.
fn of_several(counted: &str, lang: Lang) -> String {
    let Some((count, reason)) =
        counted.split_once(' ').and_then(|(count, reason)| Some((count.parse::<usize>().ok()?, reason)))
    else {
        return counted.to_owned();
    };
    let said = match words(reason) {
        Some(&(_, zh, one, many)) => Some(lang.choose(zh, if count == 1 { one } else { many }).to_owned()),
        None => lacking(reason, count == 1, lang),
    };
    match said {
        Some(said) => match lang {
            Lang::Zh => format!("{count} 个节点{said}"),
            Lang::En => format!("{count} {} {said}", if count == 1 { "node" } else { "nodes" }),
        },
        None => counted.to_owned(),
    }
}

fn words(reason: &str) -> Option<&'static Words> {
    REASONS.iter().find(|(known, ..)| reason.starts_with(known))
}

fn lacking(reason: &str, is_one: bool, lang: Lang) -> Option<String> {
    let resource = reason.strip_prefix(INSUFFICIENT)?;
    Some(match lang {
        Lang::En => format!("{} too little {resource} left", if is_one { "has" } else { "have" }),
        Lang::Zh => format!(
            "剩余{}不够",
            match resource {
                "cpu" => " CPU ".to_owned(),
                "memory" => "内存".to_owned(),
                "ephemeral-storage" => "临时存储".to_owned(),
                other => format!(" {other} "),
            }
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_said_in_words_without_what_preemption_found() {
        let message = "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. preemption: 0/3 nodes are \
                       available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.";
        assert_eq!(in_words(message, Lang::En), "1 node is cordoned; 2 nodes have too little cpu left.");
        assert_eq!(in_words(message, Lang::Zh), "1 个节点已停止接收新 Pod；2 个节点剩余 CPU 不够。");
        assert_eq!(of_node("Insufficient memory", Lang::En), "has too little memory left");
        assert_eq!(of_node("Insufficient example.com/gpu", Lang::Zh), "剩余 example.com/gpu 不够");
    }

    #[test]
    fn what_is_not_known_is_said_as_it_was() {
        for text in ["no nodes available to schedule pods", "0/1 nodes are available: 1 is on fire."] {
            let said = text.rsplit(": ").next().unwrap_or(text);
            assert_eq!(in_words(text, Lang::En), said);
        }
        let claim = "0/1 nodes are available: persistentvolumeclaim \"data\" not found.";
        assert_eq!(in_words(claim, Lang::En), "persistentvolumeclaim \"data\" not found.");
    }

    #[test]
    fn every_reason_of_the_filters_has_words() {
        let sources = [
            include_str!("../scheduler/filters.rs"),
            include_str!("../scheduler/inter_pod.rs"),
            include_str!("../scheduler/spread.rs"),
        ];
        let reasons = sources.iter().flat_map(|source| source.split('"')).filter(|text| text.starts_with("node(s) "));
        let mut count = 0;
        for reason in reasons {
            assert!(words(reason).is_some(), "{reason}");
            count += 1;
        }
        assert!(count >= 9, "{count}");
    }
}
