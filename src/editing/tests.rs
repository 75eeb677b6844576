//! Tests of what the editor's keys do with a text.

use std::sync::Arc;

use super::odd::{in_command, in_manifest, mend};
use super::*;
use crate::lang::Lang;

/// A text with its selection: `|` is the caret, or there are two around what is selected.
fn at(marked: &str) -> (String, Range<usize>) {
    let start = marked.find('|').expect("a caret");
    let end = marked.rfind('|').expect("a caret");
    let end = if end == start { start } else { end - 1 };
    (marked.replace('|', ""), start..end)
}

fn shown(text: &str, edit: &Edit) -> String {
    let mut text = edit.apply(text);
    text.insert(edit.selection.end, '|');
    if !edit.selection.is_empty() {
        text.insert(edit.selection.start, '|');
    }
    text
}

fn check(act: impl Fn(&str, Range<usize>) -> Option<Edit>, marked: &str, wanted: &str) {
    let (text, selection) = at(marked);
    let edit = act(&text, selection).map(|edit| shown(&text, &edit));
    assert_eq!(edit.unwrap_or_default(), wanted, "{marked:?}");
}

#[test]
fn enter_keeps_the_columns() {
    let enter = |text: &str, selection| Some(newline(text, selection));
    check(enter, "spec:|", "spec:\n  |");
    check(enter, "  replicas: 3|\n", "  replicas: 3\n  |\n");
    check(enter, "      - name: web|", "      - name: web\n        |");
    check(enter, "  - 8080|", "  - 8080\n  |");
    check(enter, "  - ports:|", "  - ports:\n      |");
    check(enter, "    -|", "    -\n      |");
    check(enter, "  key: # why|", "  key: # why\n    |");
    check(enter, "  # only a note: |", "  # only a note: \n  |");
    check(enter, "a: \"# no comment:\"|", "a: \"# no comment:\"\n|");
    check(enter, "  |  rest: 1", "  \n  |rest: 1");
    check(enter, "a: |b|", "a: \n  |");
    check(enter, "a: 1|b|", "a: 1\n|");
    check(enter, "---|", "---\n|");
    assert_eq!(newline("run: |", 6..6).text, "\n  ");
    assert_eq!(newline("  run: >-", 9..9).text, "\n    ");
}

#[test]
fn tab_and_shift_tab_move_lines() {
    let tab = |text: &str, selection| Some(indent(text, selection));
    check(tab, "|a", "  |a");
    check(tab, " |a", "  |a");
    check(tab, "a: b|", "a: b  |");
    check(tab, "|a\nb|\nc", "  |a\n  b|\nc");
    check(tab, "|a\n|b", "  |a\n|b");
    check(tab, "x|a\n\nb|", "  x|a\n\n  b|");
    check(outdent, "  |a: 1", "|a: 1");
    check(outdent, " a|: 1", "a|: 1");
    check(outdent, "\ta|", "a|");
    check(outdent, "|  a\n    b|", "|a\n  b|");
    check(outdent, "a|", "");
}

#[test]
fn comments_come_and_go() {
    let toggle = |text: &str, selection| Some(comment(text, selection));
    check(toggle, "  rep|licas: 3", "  # rep|licas: 3");
    check(toggle, "  # rep|licas: 3", "  rep|licas: 3");
    check(toggle, "  |a:\n\n    b: 1|\n", "  # |a:\n\n  #   b: 1|\n");
    check(toggle, "|  # a:\n  #   b: 1|", "|  a:\n    b: 1|");
    check(toggle, "#a|", "a|");
}

#[test]
fn brackets_and_quotes_come_in_pairs() {
    let typed = |c: char| move |text: &str, selection| pair(text, selection, c);
    check(typed('['), "args: |", "args: [|]");
    check(typed('{'), "a: |x|", "a: {|x|}");
    check(typed(']'), "args: [1|]", "args: [1]|");
    check(typed(']'), "args: 1|]", "");
    check(typed('"'), "name: |", "name: \"|\"");
    check(typed('"'), "name: \"a|\"", "name: \"a\"|");
    check(typed('\''), "it|", "");
    check(typed('\''), "# it is |", "");
    check(typed('['), "a: \"|\"", "");
    check(typed('['), "a: |b", "");
    check(unpair, "a: [|]", "a: |");
    check(unpair, "a: \"|\"", "a: |");
    check(unpair, "a: [b|]", "");
    check(backspace, "    |a", "  |a");
    check(backspace, "a: |", "");
}

#[test]
fn undo_goes_back_word_by_word_and_redo_forth() {
    let mut history = History::of(Arc::from("a: 1\n"));
    let mut text = String::from("a: 1\n");
    for (step, c) in "bc: 中 2".chars().enumerate() {
        let at = text.len();
        text.push(c);
        let now = 1_000 + 100 * u64::try_from(step).unwrap_or_default();
        history.note(&Arc::from(text.as_str()), at..at, text.len()..text.len(), now);
    }
    let mut seen = Vec::new();
    while let Some(edit) = history.undo() {
        text = edit.apply(&text);
        seen.push(text.clone());
    }
    assert_eq!(seen, ["a: 1\nbc: 中 ", "a: 1\nbc: ", "a: 1\n"]);
    while let Some(edit) = history.redo() {
        text = edit.apply(&text);
    }
    assert_eq!(text, "a: 1\nbc: 中 2");
    assert!(!history.can_redo() && history.can_undo());
    // Another text in its place, as a preset is, is one step; what was undone before it is gone.
    history.undo();
    history.note(&Arc::from("kind: Pod\n"), 0..0, 0..0, 9_000);
    assert!(!history.can_redo());
    assert_eq!(history.undo().map(|edit| edit.apply("kind: Pod\n")).as_deref(), Some("a: 1\nbc: 中 "));
}

#[test]
fn a_history_forgets_its_oldest_steps() {
    let mut history = History::of(Arc::from(""));
    for step in 0..3_000_u64 {
        let text: String = step.to_string();
        history.note(&Arc::from(text.as_str()), 0..0, 0..0, step * 10_000);
    }
    assert_eq!(std::iter::from_fn(|| history.undo()).count(), 1_000);
    let large = "x".repeat(5 << 20);
    history.note(&Arc::from(large.as_str()), 0..0, 0..0, 0);
    history.note(&Arc::from("y"), 0..0, 0..0, 0);
    assert_eq!(std::iter::from_fn(|| history.undo()).count(), 1);
}

#[test]
fn places_are_counted_as_browsers_do() {
    let text = format!("{}中𝄞é\nb", "a".repeat(300));
    assert_eq!(units(&text, text.len()), 300 + 1 + 2 + 1 + 2);
    for (at, _) in text.char_indices() {
        assert_eq!(from_units(&text, units(&text, at)), at);
    }
    assert_eq!(from_units("ab", 9), 2);
    let lines = Lines::of("ab\n中文字\n");
    assert_eq!((lines.count(), lines.widest()), (3, 6));
    assert_eq!((lines.range(1), lines.range(2), lines.range(7)), (3..12, 13..13, 13..13));
    assert_eq!([0, 2, 3, 12, 13].map(|at| lines.line_of(at)), [0, 0, 1, 1, 2]);
}

#[test]
fn words_are_found_whatever_their_case() {
    assert_eq!(find("Pod pod 中pod", "POD"), [0..3, 4..7, 11..14]);
    assert_eq!(find("aaaa", "aa"), [0..2, 2..4]);
    assert_eq!(find("a", ""), []);
    assert_eq!(find(&"a".repeat(20_000), "a").len(), MOST_FOUND);
}

/// What is found: line, column, what stands there instead.
fn odd(text: &str) -> Vec<(usize, usize, String)> {
    in_manifest(text).into_iter().map(|odd| (odd.line, odd.column, odd.instead)).collect()
}

fn mended(text: &str) -> String {
    mend(text, &in_manifest(text), 0).map_or_else(|| text.to_owned(), |edit| edit.apply(text))
}

#[test]
fn spaces_that_are_none_are_found_and_mended() {
    assert_eq!(odd("a:\n\u{a0} b: 1\n"), [(2, 1, " ".to_owned())]);
    assert_eq!(mended("a:\n\u{a0}\u{a0}b:\u{a0}1\u{200b}\n"), "a:\n  b: 1\n");
    assert_eq!(mended("\u{3000}b: 1"), "  b: 1");
    assert_eq!(mended("\tb: 1\n\t\n\t# c"), "  b: 1\n\t\n\t# c");
    assert_eq!(mended("- \u{a0}a: 1\n-\u{a0}b"), "-  a: 1\n- b");
    assert_eq!(mended("a: 1\u{a0}# note"), "a: 1 # note");
    let runs = in_manifest("\u{a0}\u{a0}\u{a0}a: 1");
    assert_eq!(runs.iter().map(|odd| odd.count).collect::<Vec<_>>(), [3]);
    assert_eq!(runs[0].describe(Lang::En), "3 × no-break space (U+00A0) instead of a plain space");
    assert_eq!(runs[0].describe(Lang::Zh), "3 × 不换行空格（U+00A0），应为普通空格");
}

#[test]
fn wide_punctuation_is_found_where_yaml_means_ascii() {
    assert_eq!(mended("kind：Pod\nspec：\n"), "kind: Pod\nspec:\n");
    assert_eq!(mended("kind： Pod"), "kind: Pod");
    assert_eq!(mended("－ name: a\n－name: b"), "- name: a\n- name: b");
    assert_eq!(mended("a: “8080”"), "a: \"8080\"");
    assert_eq!(mended("args: [‘a’，‘b’]"), "args: ['a', 'b']");
    assert_eq!(mended("image: hellok8s：v1"), "image: hellok8s:v1");
    assert_eq!(mended("replicas: ３"), "replicas: 3");
    assert_eq!(mended("maxSurge: 25％"), "maxSurge: 25%");
    assert_eq!(mended("name: hellok8s－deployment"), "name: hellok8s-deployment");
    assert_eq!(mended("a: 1 ＃ note"), "a: 1 # note");
    assert_eq!(in_manifest("kind：Pod")[0].describe(Lang::En), "full-width colon ： (U+FF1A) instead of :");
    assert_eq!(in_manifest("kind：Pod")[0].describe(Lang::Zh), "全角冒号 ：（U+FF1A），应为 :");
}

#[test]
fn wide_characters_are_left_where_they_are_right() {
    for text in [
        "# 注释：“这里”，可以\u{a0}\n",
        "message: 你好：“世界”，再见。\n",
        "message: \"全角：，。\u{a0}\"\n",
        "data:\n  text: |\n    标题：“你好”\n    - 项目，\u{a0}第二\nkind: Pod\n",
        "note: a dash — with spaces\n",
        "\u{feff}kind: Pod\n",
        "emoji: \"👩\u{200d}🔧\"\n",
        "说明：可以\n",
    ] {
        assert_eq!(odd(text), [], "{text:?}");
    }
    // Of a text of several lines the indentation is YAML's.
    assert_eq!(odd("data:\n  text: |\n  \u{a0}\u{a0}a：b\n").len(), 1);
    assert_eq!(odd("a: # 甲：乙\u{202e}\n").len(), 1);
}

#[test]
fn what_is_found_is_bounded_and_mending_ends() {
    let text = "\u{a0}b：1\n".repeat(2_000);
    assert_eq!(in_manifest(&text).len(), odd::MOST_FOUND);
    let mut rest = text;
    for _ in 0..20 {
        rest = mended(&rest);
    }
    assert_eq!(rest, " b: 1\n".repeat(2_000));
}

#[test]
fn a_caret_stays_where_it_is_when_the_text_is_mended() {
    let text = "\u{a0}\u{a0}b：1";
    let caret = text.find('1').expect("a place");
    let edit = mend(text, &in_manifest(text), caret).expect("an edit");
    assert_eq!(shown(text, &edit), "  b: |1");
}

fn mended_command(line: &str) -> String {
    mend(line, &in_command(line), 0).map_or_else(|| line.to_owned(), |edit| edit.apply(line))
}

#[test]
fn a_command_is_mended_as_it_was_meant() {
    assert_eq!(mended_command("kubectl\u{a0}get pods －n default"), "kubectl get pods -n default");
    assert_eq!(mended_command("kubectl scale deployment web —replicas=3"), "kubectl scale deployment web --replicas=3");
    assert_eq!(mended_command("kubectl get pods –A ——watch －－watch"), "kubectl get pods -A --watch --watch");
    assert_eq!(mended_command("echo “hello world” ‘x’"), "echo \"hello world\" 'x'");
    assert_eq!(mended_command("kubectl get pods -l app=“web”"), "kubectl get pods -l app=\"web\"");
    assert_eq!(mended_command("kubectl get pods｜grep a；ls"), "kubectl get pods|grep a;ls");
    assert_eq!(mended_command("\u{feff}kubectl\u{3000}get\u{200b} pods"), "kubectl  get pods");
    for line in
        ["echo \"“hi”，你好\"", "echo '全角：'", "echo 你好，世界。", "echo it’s", "echo a — b", "kubectl get pods"]
    {
        assert_eq!(mended_command(line), line);
    }
}

fn offered(marked: &str) -> Vec<String> {
    let (text, selection) = at(marked);
    let offers = completion::offers(&text, selection.start, false);
    offers.map(|offers| offers.offers.into_iter().map(|offer| offer.name).collect()).unwrap_or_default()
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n";

#[test]
fn keys_are_offered_that_the_schema_has_there() {
    assert_eq!(offered("|")[..4], ["apiVersion", "kind", "metadata", "spec"]);
    let spec = offered(&format!("{DEPLOYMENT}  |"));
    assert_eq!(spec[..2], ["selector", "template"], "what is required comes first");
    assert!(spec.contains(&"replicas".to_owned()) && !spec.contains(&"containers".to_owned()));
    assert_eq!(offered(&format!("{DEPLOYMENT}  repl|")), ["replicas"]);
    assert_eq!(offered(&format!("{DEPLOYMENT}  replicas: 1\n  repl|")), Vec::<String>::new());
    assert_eq!(offered(&format!("{DEPLOYMENT}  |\n  selector: {{}}"))[0], "template");
    let container = format!("{DEPLOYMENT}  template:\n    spec:\n      containers:\n");
    assert!(offered(&format!("{container}        - |")).contains(&"image".to_owned()));
    assert!(offered(&format!("{container}        - name: a\n          |")).contains(&"livenessProbe".to_owned()));
    assert!(!offered(&format!("{container}        - name: a\n          |")).contains(&"name".to_owned()));
    // Items may begin in their key's column.
    assert!(offered(&format!("{container}      - name: a\n        |")).contains(&"ports".to_owned()));
    assert!(
        offered(&format!("{container}      - name: a\n        ports:\n        - |"))
            .contains(&"containerPort".to_owned())
    );
    assert!(offered(&format!("{container}      - name: a\n      |")).contains(&"volumes".to_owned()));
    let probe = format!("{container}      - name: a\n        livenessProbe:\n          httpGet:\n            |");
    assert!(offered(&probe).contains(&"port".to_owned()));
    // The document around the caret counts.
    assert!(
        offered(&format!("kind: Service\napiVersion: v1\n---\n{DEPLOYMENT}  rep|")).contains(&"replicas".to_owned())
    );
    assert!(offered("apiVersion: v1\nkind: Service\nspec:\n  |\n---\nkind: Pod\n").contains(&"ports".to_owned()));
    for nowhere in [format!("{DEPLOYMENT}  # |"), "foo: \"|".to_owned(), format!("{DEPLOYMENT}  nowhere:\n    |")] {
        assert_eq!(offered(&nowhere), Vec::<String>::new(), "{nowhere:?}");
    }
}

#[test]
fn values_are_offered_of_types_that_have_few() {
    assert!(offered("kind: Dep|").contains(&"Deployment".to_owned()));
    assert_eq!(offered("kind: Deployment\napiVersion: |"), ["apps/v1"]);
    assert_eq!(offered(&format!("{DEPLOYMENT}  strategy:\n    type: |")), ["Recreate", "RollingUpdate"]);
    assert_eq!(offered(&format!("{DEPLOYMENT}  paused: t|")), ["true"]);
    let container = format!("{DEPLOYMENT}  template:\n    spec:\n      containers:\n      - name: a\n");
    assert_eq!(offered(&format!("{container}        imagePullPolicy: A|")), ["Always"]);
    assert_eq!(offered(&format!("{DEPLOYMENT}  replicas: |")), Vec::<String>::new());
}

#[test]
fn an_offer_says_what_it_is_and_brings_what_follows() {
    let (text, selection) = at(&format!("{DEPLOYMENT}  templ|"));
    let offers = completion::offers(&text, selection.start, true).expect("offers");
    let template = &offers.offers[0];
    assert_eq!((template.type_name.as_str(), template.is_required), ("PodTemplateSpec", true));
    assert_eq!(template.text, "template:\n    ");
    assert!(template.explanation(Lang::En).is_some_and(|text| text.contains("rollout")));
    assert_eq!(&text[offers.range.clone()], "templ");
    // Typed to its end there is nothing to offer, and nothing opens by itself where nothing is begun.
    let (text, selection) = at(&format!("{DEPLOYMENT}  replicas|"));
    assert_eq!(completion::offers(&text, selection.start, true), None);
    let (text, selection) = at(&format!("{DEPLOYMENT}  |"));
    assert_eq!(completion::offers(&text, selection.start, true), None);
    // A key that has its colon already keeps it.
    let (text, selection) = at(&format!("{DEPLOYMENT}  rep|: 3"));
    assert_eq!(completion::offers(&text, selection.start, false).expect("offers").offers[0].text, "replicas");
}

#[test]
fn every_explanation_is_of_a_field_that_there_is() {
    for (owner, name) in explained::fields() {
        let known = crate::api::schema::of_name(owner).map(|owner| owner.field(name).is_some());
        assert!(owner.is_empty() || known == Some(true), "{owner}.{name}");
    }
}
