//! Sessions: what a learner types and what the terminal answers.

use proptest::prelude::*;

use super::Terminal;
use crate::cluster::{Cluster, ClusterConfig};
use crate::process::{Files, Forwards, Stream, World};
use crate::sim::SimTime;

/// A terminal on a fresh cluster.
struct Lab {
    terminal: Terminal,
    cluster: Cluster,
    files: Files,
    forwards: Forwards,
}

impl Lab {
    fn new() -> Self {
        let mut files = Files::default();
        files.write("deployment.yaml", "kind: Deployment\nmetadata:\n  name: hellok8s\n");
        files.write("extra/service.yaml", "kind: Service\n");
        let cluster = Cluster::new(ClusterConfig::default());
        Self { terminal: Terminal::new(), cluster, files, forwards: Forwards::new() }
    }

    fn poll(&mut self) -> String {
        let Self { terminal, cluster, files, forwards } = self;
        let chunks = terminal.poll(&mut World { cluster, files, forwards });
        chunks
            .into_iter()
            .map(|chunk| match chunk.stream {
                Stream::Out => chunk.text,
                Stream::Err => format!("!{}", chunk.text),
            })
            .collect()
    }

    /// Types `text` and lets time pass until it has ended, at most until `limit_ms`.
    fn run_until(&mut self, text: &str, limit_ms: u64) -> String {
        self.terminal.submit(text);
        let mut out = self.poll();
        while self.terminal.is_busy() && self.cluster.now() < SimTime(limit_ms) {
            let next = self.terminal.wants_poll_at().unwrap_or(SimTime::NEVER).min(self.cluster.next_at());
            self.cluster.run_until(next.min(SimTime(limit_ms)));
            out.push_str(&self.poll());
        }
        out
    }

    fn run(&mut self, text: &str) -> String {
        self.run_until(text, 1_000_000)
    }
}

/// What a fresh lab answers.
fn answer(text: &str) -> String {
    Lab::new().run(text)
}

#[test]
fn time_passes() {
    let mut lab = Lab::new();
    assert_eq!(lab.run("sleep 5; echo $?"), "0\n");
    assert_eq!(lab.cluster.now(), SimTime(5000));
    assert_eq!(lab.run("timeout 3 sleep 10; echo $?"), "124\n");
    assert_eq!(lab.cluster.now(), SimTime(8000));
    assert_eq!(lab.run("time sleep 1.5"), "!\nreal\t0m1.500s\nuser\t0m0.000s\nsys\t0m0.000s\n");
    assert_eq!(lab.run("date -u"), "Thu Jan  1 00:00:09 UTC 2026\n");
}

#[test]
fn words_expand() {
    for (text, wanted) in [
        ("echo a  'b  c' \"d $USER\" \\$x # no", "a b  c d learner $x\n"),
        ("X=1; Y=\"$X 2\"; echo $Y \"${Z:-none}\" ${#Y} ${Y%2}.", "1 2 none 3 1 .\n"),
        ("echo $(echo a; echo b) \"$(echo c; echo d)\"", "a b c\nd\n"),
        ("echo {1..3} x{a,b}y", "1 2 3 xay xby\n"),
        ("echo *.yaml extra/* *.json", "deployment.yaml extra/service.yaml *.json\n"),
        ("i=3; echo $((i*2+1)) $((i++)) $i $((7%4 == 3))", "7 3 4 1\n"),
        ("echo a\\\nb", "ab\n"),
        ("echo `echo x`", "x\n"),
        ("echo \"\" | true; echo $?", "0\n"),
        ("f=deployment.yaml; echo ${f%.yaml} ${f##*.}", "deployment yaml\n"),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn constructs_run() {
    for (text, wanted) in [
        ("for i in 1 2 3; do echo $i; done", "1\n2\n3\n"),
        ("for i in $(seq 3); do [ $i -eq 2 ] && continue; echo $i; done", "1\n3\n"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n"),
        ("while true; do echo x; break; done", "x\n"),
        ("if [ -f deployment.yaml ]; then echo yes; else echo no; fi", "yes\n"),
        ("if false; then echo a; elif test 1 = 1; then echo b; fi", "b\n"),
        ("false || echo or && echo and", "or\nand\n"),
        ("! true; echo $?", "1\n"),
        ("(X=2; exit 3); echo $? $X", "3\n"),
        ("{ echo a; echo b; } > f; wc -l < f", "2\n"),
        ("alias e='echo hi'\ne you", "hi you\n"),
        ("$ echo a\n$ echo b", "a\nb\n"),
        ("printf '%s-%03d\\n' a 7 b 8", "a-007\nb-008\n"),
        ("until false; do break; done; sh -c 'echo $((1+1))'", "2\n"),
        ("echo 'a b' | while read x y; do echo $y $x; done", "b a\n"),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn filters_filter() {
    for (text, wanted) in [
        ("printf 'a 1\\nb 2\\nab 3\\n' | grep -n a", "1:a 1\n3:ab 3\n"),
        ("seq 5 | grep -A1 -B1 3", "2\n3\n4\n"),
        ("seq 20 | grep -c 1; seq 3 | grep -v 2; seq 3 | grep 9; echo $?", "11\n1\n3\n1\n"),
        ("echo image: a/b:v1 | grep -oE 'v[0-9]+'", "v1\n"),
        ("grep -r name deployment.yaml | head -1", "  name: hellok8s\n"),
        ("seq 9 | head -n 3 | tail -1; seq 9 | tail -n +8; seq 3 | head -n -2", "3\n8\n9\n1\n"),
        ("printf 'b\\na\\nb\\n' | sort | uniq -c", "      1 a\n      2 b\n"),
        ("printf '10\\n9\\n' | sort -n; printf 'x 2\\ny 1\\n' | sort -k2", "9\n10\ny 1\nx 2\n"),
        ("printf 'a\\nb' | wc; wc -l deployment.yaml", "      1       2       3\n3 deployment.yaml\n"),
        (
            "echo a:b:c | cut -d: -f2-; echo abc | tr a-c A-C; echo aab | tr -s a; echo abc | tr -d b",
            "b:c\nABC\nab\nac\n",
        ),
        (
            "echo hello | sed 's/l/L/g; s/\\(h\\)e/\\1E/'; seq 5 | sed -n '2,3p'; seq 3 | sed '$d'; seq 9 | sed -n '/3/,/5/p'",
            "hELLo\n2\n3\n1\n2\n3\n4\n5\n",
        ),
        ("sed -i 's/hellok8s/web/' deployment.yaml; tail -1 deployment.yaml", "  name: web\n"),
        ("echo a b | tee f | cat -n; cat f nope", "     1\ta b\na b\n!cat: nope: No such file or directory\n"),
        ("seq 4 | xargs -n2 echo x; echo a | xargs -I{} echo {}{}", "x 1 2\nx 3 4\naa\n"),
        ("while true; do echo y; sleep 1; done | head -2; echo $?", "y\ny\n0\n"),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn awk_prints_fields() {
    for (text, wanted) in [
        ("echo a b c | awk '{print $1, $NF}'", "a c\n"),
        ("seq 5 | awk 'NR==2 || $1 > 4 {print \"n\" $1}'", "n2\nn5\n"),
        ("printf 'x Running\\ny Pending\\n' | awk '$2 != \"Running\" {print $1}'", "y\n"),
        ("printf 'x:1\\ny:2\\n' | awk -F: '{s += $2} END {print s; printf \"%s!\\n\", NR}'", "3\n2!\n"),
        (
            "seq 3 | awk '/2/'; seq 3 | awk 'NR>1 && !/3/'; echo a | awk '{if ($1 == \"a\") print \"yes\"; else print \"no\"}'",
            "2\n2\nyes\n",
        ),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn the_tutorials_images_are_built_without_a_declaration() {
    let mut lab = Lab::new();
    let answer =
        lab.run("docker build . -t guangzhengli/hellok8s:v2 && docker push guangzhengli/hellok8s:v2 | tail -1");
    assert!(answer.contains("naming to docker.io/guangzhengli/hellok8s:v2"), "{answer}");
    assert!(answer.contains("v2: digest: sha256:"), "{answer}");
    assert!(lab.run("docker build . -t me/unknown:v1").contains("no image.yaml in ."));
}

#[test]
fn images_are_built_and_loaded() {
    let mut lab = Lab::new();
    lab.files.write("image.yaml", "image: me/web:v1\nport: 80\n");
    assert!(lab.run("docker build -t me/web:v2 . 2>&1 | tail -1").contains("docker.io/me/web:v2"));
    assert_eq!(lab.run("docker images | awk 'NR > 1 {print $1, $2}'"), "me/web v2\n");
    assert_eq!(lab.run("minikube image load me/web:v2; minikube image ls | grep -c me/web"), "1\n");
    assert_eq!(
        lab.run("docker push me/web:v3 >/dev/null; echo $?"),
        "!An image does not exist locally with the tag: me/web\n1\n"
    );
    assert_eq!(lab.run("minikube ip"), "192.168.49.2\n");
}

#[test]
fn tab_completes() {
    let Lab { terminal, mut cluster, mut files, mut forwards } = Lab::new();
    let world = World { cluster: &mut cluster, files: &mut files, forwards: &mut forwards };
    let complete = |line: &str| terminal.complete(line, line.len(), &world);
    assert_eq!(complete("sle"), ["sleep"]);
    assert_eq!(complete("cat dep"), ["deployment.yaml"]);
    assert_eq!(complete("cat extra/s"), ["extra/service.yaml"]);
    assert_eq!(complete("ls e"), ["extra/"]);
    assert_eq!(complete("seq 3 | gr"), ["grep"]);
    assert_eq!(complete("echo $HO"), ["$HOME"]);
    assert_eq!(complete("kubectl ro"), ["rollout"]);
    assert_eq!(complete("kubectl rollout un"), ["undo"]);
    assert_eq!(complete("watch kubectl get dep"), ["deployments"]);
    assert_eq!(complete("kubectl get nodes mi"), ["minikube"]);
    assert_eq!(complete("kubectl get node/mi"), ["node/minikube"]);
    assert_eq!(complete("lab node re"), ["recover", "remove"]);
    assert_eq!(complete("sleep 1; lab kubelet stop m"), ["minikube"]);
    assert_eq!(complete("lab node add large --m"), ["--memory"]);
    assert_eq!(complete("minikube start --n"), ["--nodes"]);
    assert_eq!(complete("kubectl -n kube-system get pods --no-h"), ["--no-headers"]);
    assert_eq!(complete("kubectl get pods -n def"), ["default"]);
    assert_eq!(complete("sleep 1; kubectl apply -f dep"), ["deployment.yaml"]);
    assert_eq!(complete("kubectl get pods -o ya"), ["yaml"]);
}

#[test]
fn output_flows_through_pipes_as_it_comes() {
    let out = Lab::new().run_until("for i in 1 2 3; do echo a$i; sleep 1; done | grep --line-buffered a", 1500);
    assert_eq!(out, "a1\na2\n");
}

#[test]
fn curl_says_what_curl_says() {
    for (text, wanted) in [
        (
            "curl localhost:3000; echo $?",
            "!curl: (7) Failed to connect to localhost port 3000 after 0 ms: Couldn't connect to server\n7\n",
        ),
        ("curl -s nobody; echo $?", "6\n"),
        ("curl -m 1 10.244.0.99:80; echo $?", "!curl: (28) Connection timed out after 1000 milliseconds\n28\n"),
        ("curl -s -o /dev/null -w '%{http_code}\\n' localhost", "000\n"),
    ] {
        assert_eq!(answer(text), wanted, "{text}");
    }
}

#[test]
fn files_are_written_and_read() {
    let mut lab = Lab::new();
    lab.run("sh > out.txt <<EOF\necho $USER\nEOF\necho 2 >> out.txt");
    assert_eq!(lab.files.read("out.txt"), Some("learner\n2\n"));
    lab.run("sh <<'EOF' >other.txt\necho \"$HOME\"\nEOF");
    assert_eq!(lab.files.read("other.txt"), Some("/home/learner\n"));
    lab.run("nope 2>err.txt; nope &> both.txt; nope 2>&1 > /dev/null | sh");
    assert_eq!(lab.files.read("err.txt"), lab.files.read("both.txt"));
    assert_eq!(
        lab.run("ls; ls extra; ls nope"),
        "both.txt\ndeployment.yaml\nerr.txt\nextra\nother.txt\nout.txt\nservice.yaml\n!ls: cannot access 'nope': No such file or directory\n"
    );
    assert_eq!(lab.run("sh < nope"), "!bash: nope: No such file or directory\n");
}

#[test]
fn mistakes_are_answered() {
    let mut lab = Lab::new();
    assert_eq!(lab.run("foo bar"), "!bash: foo: command not found\n");
    assert_eq!(lab.terminal.exit_code(), 127);
    assert_eq!(lab.run("echo a | | b"), "!bash: syntax error near unexpected token `|'\n");
    assert_eq!(lab.terminal.exit_code(), 2);
}

#[test]
fn lines_that_belong_together_are_waited_for() {
    let mut lab = Lab::new();
    lab.terminal.submit("sh <<EOF");
    assert!(lab.terminal.needs_more());
    assert_eq!(lab.run("echo a"), "");
    assert!(lab.terminal.needs_more() && !lab.terminal.is_busy());
    assert_eq!(lab.run("EOF"), "a\n");
    assert!(!lab.terminal.needs_more());
}

#[test]
fn what_runs_can_be_ended() {
    let mut lab = Lab::new();
    lab.run_until("while true; do echo x; sleep 1; done", 3500);
    assert!(lab.terminal.is_busy());
    let mut checkpoint = lab.terminal.clone();
    let Lab { terminal, cluster, files, forwards } = &mut lab;
    let mut world = World { cluster, files, forwards };
    terminal.interrupt(&mut world);
    assert!(!terminal.is_busy() && checkpoint.is_busy());
    assert_eq!(terminal.exit_code(), 130);
    checkpoint.interrupt(&mut world);
}

#[test]
fn endless_loops_let_time_pass() {
    let mut lab = Lab::new();
    lab.run_until("while :; do :; done", 50);
    assert_eq!(lab.cluster.now(), SimTime(50));
    assert!(lab.terminal.is_busy());
}

#[test]
fn jobs_run_on() {
    let mut lab = Lab::new();
    assert_eq!(lab.run("sleep 5 &\necho now"), "![1] 4242\nnow\n");
    assert!(lab.terminal.has_jobs());
    assert_eq!(lab.run("wait; echo done"), "done\n![1]+  Done                    sleep 5\n");
    assert_eq!(lab.cluster.now(), SimTime(5000));
    assert_eq!(lab.run("sleep 50 &\nkill %1"), "![1] 4243\n![1]+  Terminated              sleep 50\n");
}

#[test]
fn watch_paints_again() {
    let out = Lab::new().run_until("timeout 2.5 watch -t -n 1 echo hi", 10_000);
    assert_eq!(out.matches("hi\n").count(), 3);
}

mod bounds;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_typed_panics(text in "[ a-z0-9$(){}<>|&;'\"`\\\\\n*?#!=/.\\-+\\[\\]~^%,é]{0,60}") {
        let mut lab = Lab::new();
        lab.run_until(&text, 1000);
    }

    #[test]
    fn no_phrase_panics(words in proptest::collection::vec(prop::sample::select(vec![
        "for", "i", "in", "do", "done", "while", "true", "if", "then", "fi", ";", "|", "&&", "&", "echo", "$(", ")", "\n",
        "<<EOF", "EOF", ">", "f", "grep", "-c", "'", "sed", "s/a/b/", "awk", "{print $1}", "kubectl", "get", "sort",
        "xargs", "curl", "localhost:80", "watch", "timeout", "1", "sh", "-n", "tail", "head", "$((", "))", "(", "-w", "{", "}",
    ]), 0..14)) {
        let mut lab = Lab::new();
        lab.run_until(&words.join(" "), 1000);
    }
}
