//! Generated names: the tutorial's are those of its author's cluster, the lab's are others.

use std::collections::BTreeMap;

use hellok8s_lab::lab::Lab;
use hellok8s_lab::shell::masks::Masks;

/// The lab's name for each of the tutorial's.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, String>,
}

impl Names {
    /// Learns from two lines that are equal but for their names.
    pub fn learn(&mut self, expected: &str, output: &str) {
        for (theirs, ours) in generated(expected).zip(generated(output)) {
            self.known.insert(theirs.to_owned(), ours.to_owned());
        }
    }

    /// A command with the lab's names. A name that was not printed before stands for a pod with the same beginning:
    /// of the same ReplicaSet if there is one, or else of the same Deployment.
    pub fn translated(&mut self, command: &str, lab: &Lab) -> String {
        let mut text = command.to_owned();
        for theirs in generated(command) {
            let pods: Vec<&str> = lab.cluster().api.store().pods(None).map(|pod| pod.metadata.name.as_str()).collect();
            let is_there = |name: &String| pods.contains(&name.as_str());
            let ours = self.known.get(theirs).filter(|name| is_there(name)).cloned().or_else(|| {
                let is_taken = |name: &&str| self.known.values().any(|known| known == name);
                // What a pod's name has before its random end: its ReplicaSet; before that one's hash: its Deployment.
                let start = |name: &str, parts: usize| name.rsplitn(parts + 1, '-').nth(parts).map(str::to_owned);
                let with = |parts: usize| {
                    let wanted = Some(start(theirs, parts)?);
                    let mut fitting: Vec<&str> =
                        pods.iter().copied().filter(|name| start(name, parts) == wanted).collect();
                    fitting.sort_by_key(is_taken);
                    fitting.first().map(|name| (*name).to_owned())
                };
                with(1).or_else(|| with(2))
            });
            if let Some(ours) = ours.filter(|_| !is_there(&theirs.to_owned())) {
                text = text.replace(theirs, &ours);
                self.known.insert(theirs.to_owned(), ours);
            }
        }
        text
    }
}

/// The words of a line that have a random end.
fn generated(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    words.filter(|word| Masks::default().apply(word).ends_with("-<random>"))
}
