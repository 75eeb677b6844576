//! `kubectl diff`: what `apply` would change, as `diff -u -N` shows it.

use serde_json::Value;

use super::apply::prune::{self, Visited};
use super::apply::{applied_files, merged, would_be};
use crate::api::{Kind, Time};
use crate::apiserver::Key;
use crate::kubectl::command::{Call, Command, Next, Outcome};
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flag;
use crate::kubectl::manifest_file;
use crate::kubectl::output::yaml::to_yaml;

pub(super) const DIFF: Command = Command {
    path: "diff",
    aliases: &[],
    about: "Diff the live version against a would-be applied version",
    usage: "-f FILENAME",
    flags: &[
        Flag::number("concurrency", None),
        Flag::list("filename", Some('f')),
        Flag::text("field-manager", None),
        Flag::switch("force-conflicts", None),
        Flag::switch("prune", None),
        Flag::texts("prune-allowlist", None),
        Flag::switch("recursive", Some('R')),
        Flag::text("selector", Some('l')),
        Flag::switch("server-side", None),
        Flag::switch("show-managed-fields", None),
    ],
    run: diff,
};

/// Above 1, which says that there are differences. Models cmdutil.CheckDiffErr.
const FAILED: i32 = 2;
/// Lines around a change.
const CONTEXT: usize = 3;
/// Where kubectl puts the two versions. The ends are random in a real cluster.
const LIVE: &str = "/tmp/LIVE-3128456317";
const MERGED: &str = "/tmp/MERGED-1290354711";

fn diff(call: &mut Call<'_, '_>) -> Outcome {
    let files = applied_files(call)?;
    let is_server_side = call.flags.switch("server-side");
    if call.flags.switch("force-conflicts") && !is_server_side {
        return Err(Failure::new("--force-conflicts only works with --server-side"));
    }
    let mut has_differences = false;
    let mut visited = Visited::default();
    let mut failures = Vec::new();
    for manifest in manifest_file::read(call, &files)? {
        match manifest.and_then(|manifest| {
            let versions = if is_server_side { would_be(call, &manifest) } else { merged(call, &manifest) };
            let versions = versions.inspect_err(|failure| manifest.mark(call, failure))?;
            let (live, merged) = versions;
            if !manifest.kind.is_cluster_scoped() {
                visited.namespaces.insert(manifest.key.namespace.to_string());
            }
            live.iter().for_each(|live| visited.object(live));
            Ok(comparison(call, manifest.kind, &manifest.key, (live, Some(merged))))
        }) {
            Ok(text) => {
                has_differences |= !text.is_empty();
                call.io.out(text);
            }
            Err(failure) => failures.push(failure),
        }
    }
    if call.flags.switch("prune") && failures.is_empty() {
        let kinds = prune::kinds(call)?;
        for object in prune::condemned(call, &kinds, &visited)? {
            let text = comparison(call, object.kind(), &Key::of(object.metadata()), (Some(object.to_value()), None));
            has_differences |= !text.is_empty();
            call.io.out(text);
        }
    }
    match Failure::from_all(failures) {
        Some(failure) => {
            call.io.err(failure.report());
            Err(Failure::Exit(FAILED))
        }
        None if has_differences => Err(Failure::Exit(1)),
        None => Ok(Next::Done),
    }
}

fn comparison(call: &Call<'_, '_>, kind: Kind, key: &Key, (live, merged): (Option<Value>, Option<Value>)) -> String {
    let text = |value: Option<&Value>| value.map(to_yaml).unwrap_or_default();
    let (old, new) = (text(live.as_ref()), text(merged.as_ref()));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let hunks = hunks(&changes(&old, &new));
    if hunks.is_empty() {
        return String::new();
    }
    let version = kind.api_version().replace('/', ".");
    let name = format!("{version}.{}.{}.{}", kind.as_str(), key.namespace, key.name);
    let date = Time::from_sim(call.world.client().now()).to_string();
    let date = format!("{}.000000000 +0000", date.trim_end_matches('Z').replace('T', " "));
    format!("diff -u -N {LIVE}/{name} {MERGED}/{name}\n--- {LIVE}/{name}\t{date}\n+++ {MERGED}/{name}\t{date}\n{hunks}")
}

/// A line of the old text (`-`), of the new one (`+`) or of both.
pub(crate) type Change<'a> = (char, &'a str);

/// The shortest way from one text to the other, by the longest common subsequence.
pub(crate) fn changes<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Change<'a>> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let at = |lengths: &[u32], row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or(0);
    for (row, one) in old.iter().enumerate().rev() {
        for (column, other) in new.iter().enumerate().rev() {
            let length = if one == other {
                at(&lengths, row + 1, column + 1) + 1
            } else {
                at(&lengths, row + 1, column).max(at(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut changes = Vec::new();
    loop {
        match (old.get(row), new.get(column)) {
            (Some(one), Some(other)) if one == other => {
                changes.push((' ', *one));
                row += 1;
                column += 1;
            }
            (Some(one), other) if other.is_none() || at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) => {
                changes.push(('-', *one));
                row += 1;
            }
            (_, Some(other)) => {
                changes.push(('+', *other));
                column += 1;
            }
            _ => return changes,
        }
    }
}

/// The changes in `diff -u`'s form.
pub(crate) fn hunks(changes: &[Change<'_>]) -> String {
    let is_near = |at: usize| {
        let around = changes.get(at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(changes.len()));
        around.is_some_and(|around| around.iter().any(|(mark, _)| *mark != ' '))
    };
    let mut text = String::new();
    let (mut old_line, mut new_line) = (1, 1);
    let mut shown: Vec<(usize, usize, Change<'_>)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        if is_near(at) {
            shown.push((old_line, new_line, *change));
        } else {
            text.push_str(&hunk(&std::mem::take(&mut shown)));
        }
        old_line += usize::from(change.0 != '+');
        new_line += usize::from(change.0 != '-');
    }
    text + &hunk(&shown)
}

fn hunk(lines: &[(usize, usize, Change<'_>)]) -> String {
    let Some((old_line, new_line, _)) = lines.first() else { return String::new() };
    let range = |line: usize, without: char| {
        let count = lines.iter().filter(|(_, _, (mark, _))| *mark != without).count();
        match count {
            0 => format!("{},0", line - 1),
            1 => line.to_string(),
            count => format!("{line},{count}"),
        }
    };
    let mut text = format!("@@ -{} +{} @@\n", range(*old_line, '+'), range(*new_line, '-'));
    text.extend(lines.iter().map(|(_, _, (mark, line))| format!("{mark}{line}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_in_hunks_with_three_lines_around() {
        let old: Vec<&str> = "a b c d e f g h i j k l".split(' ').collect();
        let new: Vec<&str> = "a b c d E f g h i j k l m".split(' ').collect();
        assert_eq!(
            hunks(&changes(&old, &new)),
            "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n@@ -10,3 +10,4 @@\n j\n k\n l\n+m\n"
        );
        assert_eq!(hunks(&changes(&[], &["a"])), "@@ -0,0 +1 @@\n+a\n");
        assert_eq!(hunks(&changes(&old, &old)), "");
    }
}
