//! Roles and their bindings.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::Generic;
use crate::kubectl::field;
use crate::sorting;

use super::Description;

/// A rule with one group and resource, or one path, and all verbs that go with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rule {
    verbs: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    urls: Vec<String>,
}

impl Rule {
    /// As Go writes the struct, by which rules are sorted. Models PolicyRule.String.
    fn go_string(&self) -> String {
        let list = |texts: &[String]| format!("[{}]", texts.join(" "));
        format!(
            "&PolicyRule{{Verbs:{},APIGroups:{},Resources:{},ResourceNames:{},NonResourceURLs:{},}}",
            list(&self.verbs),
            list(&self.groups),
            list(&self.resources),
            list(&self.names),
            list(&self.urls)
        )
    }

    /// `pods/log`, `deployments.apps/scale`. Models CombineResourceGroup.
    fn resource(&self) -> String {
        let Some(resource) = self.resources.first() else { return String::new() };
        let (name, part) = match resource.split_once('/') {
            None => (resource.as_str(), String::new()),
            Some((name, part)) => (name, format!("/{part}")),
        };
        match self.groups.first().map_or("", String::as_str) {
            "" => format!("{name}{part}"),
            group => format!("{name}.{group}{part}"),
        }
    }
}

/// Models k8s.io/kubectl/pkg/describe RoleDescriber.Describe and ClusterRoleDescriber.Describe.
pub(super) fn describe_role(object: &Generic, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, "PolicyRule:");
    out.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
    out.line(1, "---------\t-----------------\t--------------\t-----");
    let list = |texts: &[String]| format!("[{}]", texts.join(" "));
    for rule in compact(field::list(&fields, "/rules")) {
        let (urls, names, verbs) = (list(&rule.urls), list(&rule.names), list(&rule.verbs));
        out.line(1, &format!("{}\t{urls}\t{names}\t{verbs}", rule.resource()));
    }
}

/// Taken apart, put together by resource, and sorted. Models k8s.io/kubectl/pkg/util/rbac BreakdownRule, CompactRules and
/// SortableRuleSlice.
fn compact(rules: &[Value]) -> Vec<Rule> {
    let mut compacted = Vec::new();
    let mut simple: BTreeMap<(String, String, Option<String>), Rule> = BTreeMap::new();
    for rule in rules {
        let texts = |name: &str| -> Vec<String> {
            let list = field::list(rule, &format!("/{name}")).iter();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (verbs, names) = (texts("verbs"), texts("resourceNames"));
        let names: Vec<Option<String>> =
            if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() };
        for group in texts("apiGroups") {
            for resource in texts("resources") {
                for (verb, name) in verbs.iter().flat_map(|verb| names.iter().map(move |name| (verb, name))) {
                    let of = simple.entry((group.clone(), resource.clone(), name.clone())).or_insert_with(|| Rule {
                        groups: vec![group.clone()],
                        resources: vec![resource.clone()],
                        names: name.iter().cloned().collect(),
                        ..Rule::default()
                    });
                    if !of.verbs.contains(verb) {
                        of.verbs.push(verb.clone());
                    }
                }
            }
        }
        for url in texts("nonResourceURLs") {
            let of_url = |verb: &String| Rule { verbs: vec![verb.clone()], urls: vec![url.clone()], ..Rule::default() };
            compacted.extend(verbs.iter().map(of_url));
        }
    }
    compacted.extend(simple.into_values());
    sorting::sort_by_key(&mut compacted, Rule::go_string);
    compacted
}

/// Models k8s.io/kubectl/pkg/describe RoleBindingDescriber.Describe and ClusterRoleBindingDescriber.Describe.
pub(super) fn describe_binding(object: &Generic, out: &mut Description) {
    let fields = field::as_value(&object.fields);
    out.line(0, &format!("Name:\t{}", object.metadata.name));
    out.labels("Labels", &object.metadata.labels);
    out.annotations("Annotations", &object.metadata.annotations);
    out.line(0, "Role:");
    out.line(1, &format!("Kind:\t{}", field::text(&fields, "/roleRef/kind")));
    out.line(1, &format!("Name:\t{}", field::text(&fields, "/roleRef/name")));
    out.line(0, "Subjects:");
    out.line(1, "Kind\tName\tNamespace");
    out.line(1, "----\t----\t---------");
    for subject in field::list(&fields, "/subjects") {
        let text = |name: &str| field::text(subject, name);
        out.line(1, &format!("{}\t{}\t{}", text("/kind"), text("/name"), text("/namespace")));
    }
}
