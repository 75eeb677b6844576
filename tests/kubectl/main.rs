//! kubectl against a cluster: every line is run as the terminal would, and answers as the real one does.

// A test that meets what it does not expect has failed: it may panic.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use hellok8s_lab::cluster::{Cluster, ClusterConfig};
use hellok8s_lab::kubectl;
use hellok8s_lab::process::{Files, Forwards, Io, Poll, World};
use hellok8s_lab::sim::SimTime;

mod services;
mod waiting;

struct Lab {
    cluster: Cluster,
    files: Files,
    forwards: Forwards,
}

impl Lab {
    fn new() -> Self {
        Self { cluster: Cluster::new(ClusterConfig::default()), files: Files::default(), forwards: Forwards::default() }
    }

    /// Runs a line for at most `seconds` and gives what it printed, errors too, and its exit code at the end.
    fn run(&mut self, line: &str) -> String {
        self.run_for(line, 120)
    }

    fn run_for(&mut self, line: &str, seconds: u64) -> String {
        let words = shlex::split(line).expect("a line");
        let mut process = kubectl::start(&words[1..], hellok8s_lab::shell::PROGRAMS);
        let mut io = Io::default();
        let end = self.cluster.now() + seconds * 1000;
        let code = loop {
            let mut world = World { cluster: &mut self.cluster, files: &mut self.files, forwards: &mut self.forwards };
            match process.poll(&mut world, &mut io) {
                Poll::Exited(code) => break code,
                _ if world.cluster.now() >= end => break process.interrupt(&mut world, &mut io),
                _ => {}
            }
            let next = (self.cluster.now() + 100).min(end);
            self.cluster.run_until(next);
        };
        self.cluster.settle();
        let mut text: String = io.take_chunks().into_iter().map(|chunk| chunk.text).collect();
        if code != 0 {
            text.push_str(&format!("# exit {code}\n"));
        }
        text
    }

    fn sleep(&mut self, seconds: u64) {
        let until: SimTime = self.cluster.now() + seconds * 1000;
        self.cluster.run_until(until);
    }
}

fn check(lab: &mut Lab, cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        assert_eq!(lab.run(line), *expected, "{line}");
    }
}

fn lab_with_files() -> Lab {
    let mut lab = Lab::new();
    lab.files.write("v1.yaml", include_str!("../data/tutorial/02-v1-replicas-3.yaml"));
    lab.files.write("v2.yaml", include_str!("../data/tutorial/03-v2.yaml"));
    lab.files.write("empty/readme.txt", "no manifest");
    lab.files.write("comment.yaml", "# nothing\n");
    lab.files.write("scalar.yaml", "hello\n");
    lab.files.write("no-kind.yaml", "apiVersion: apps/v1\nmetadata:\n  name: x\n");
    lab.files.write("old.yaml", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata:\n  name: x\n");
    lab.files.write("no-name.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n");
    lab
}

#[test]
fn wrong_commands_are_answered_as_kubectl_does() {
    let mut lab = lab_with_files();
    check(
        &mut lab,
        &[
            (
                "kubectl nope",
                "error: unknown command \"nope\" for \"kubectl\"\n\nDid you mean this?\n\ttop\n# exit 1\n",
            ),
            ("kubectl get foo", "error: the server doesn't have a resource type \"foo\"\n# exit 1\n"),
            ("kubectl get pod nope", "Error from server (NotFound): pods \"nope\" not found\n# exit 1\n"),
            (
                "kubectl get deploy/nope",
                "Error from server (NotFound): deployments.apps \"nope\" not found\n# exit 1\n",
            ),
            ("kubectl get pods --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n# exit 1\n"),
            ("kubectl get pods -n empty", "No resources found in empty namespace.\n"),
            (
                "kubectl describe deployment nope",
                "Error from server (NotFound): deployments.apps \"nope\" not found\n# exit 1\n",
            ),
            (
                "kubectl describe",
                "error: You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete \
                 list of supported resources.\n# exit 1\n",
            ),
            ("kubectl apply", "error: must specify one of -f and -k\n# exit 1\n"),
            (
                "kubectl apply -f",
                "error: flag needs an argument: 'f' in -f\nSee 'kubectl apply --help' for usage.\n# exit 1\n",
            ),
            (
                "kubectl apply deployment.yaml",
                "error: Unexpected args: [deployment.yaml]\nSee 'kubectl apply -h' for help and examples\n# exit 1\n",
            ),
            ("kubectl apply -f nofile.yaml", "error: the path \"nofile.yaml\" does not exist\n# exit 1\n"),
            (
                "kubectl apply -f empty",
                "error: error reading [empty]: recognized file extensions are [.json .yaml .yml]\n# exit 1\n",
            ),
            ("kubectl apply -f comment.yaml", "error: no objects passed to apply\n# exit 1\n"),
            (
                "kubectl apply -f scalar.yaml",
                "error: error validating \"scalar.yaml\": error validating data: invalid object to validate; if you choose \
                 to ignore these errors, turn validation off with --validate=false\n# exit 1\n",
            ),
            (
                "kubectl apply -f no-kind.yaml",
                "error: error validating \"no-kind.yaml\": error validating data: kind not set; if you choose to ignore \
                 these errors, turn validation off with --validate=false\n# exit 1\n",
            ),
            (
                "kubectl apply -f old.yaml",
                "error: resource mapping not found for name: \"x\" namespace: \"\" from \"old.yaml\": no matches for kind \
                 \"Deployment\" in version \"extensions/v1beta1\"\nensure CRDs are installed first\n# exit 1\n",
            ),
            (
                "kubectl apply -f no-name.yaml",
                "error: error when retrieving current configuration of:\nResource: \"apps/v1, Resource=deployments\", \
                 GroupVersionKind: \"apps/v1, Kind=Deployment\"\nName: \"\", Namespace: \"default\"\nfrom server for: \
                 \"no-name.yaml\": resource name may not be empty\n# exit 1\n",
            ),
            (
                "kubectl rollout foo deployment d2",
                "error: unknown command \"foo deployment d2\"\nSee 'kubectl rollout -h' for help and examples\n# exit 1\n",
            ),
            ("kubectl rollout status", "error: required resource not specified\n# exit 1\n"),
            ("kubectl rollout undo pod x", "Error from server (NotFound): pods \"x\" not found\n# exit 1\n"),
            (
                "kubectl rollout status rs/x",
                "Error from server (NotFound): replicasets.apps \"x\" not found\n# exit 1\n",
            ),
            (
                "kubectl scale --replicas=abc deployment/d2",
                "error: invalid argument \"abc\" for \"--replicas\" flag: strconv.ParseInt: parsing \"abc\": invalid \
                 syntax\nSee 'kubectl scale --help' for usage.\n# exit 1\n",
            ),
            ("kubectl scale deployment d2", "error: required flag(s) \"replicas\" not set\n# exit 1\n"),
            (
                "kubectl logs",
                "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument \
                 for the logs command\nSee 'kubectl logs -h' for help and examples\n# exit 1\n",
            ),
            (
                "kubectl logs nope",
                "error: error from server (NotFound): pods \"nope\" not found in namespace \"default\"\n# exit 1\n",
            ),
            (
                "kubectl port-forward",
                "error: TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help \
                 and examples\n# exit 1\n",
            ),
            (
                "kubectl port-forward nope 3000:3000",
                "Error from server (NotFound): pods \"nope\" not found\n# exit 1\n",
            ),
            ("kubectl delete pod", "error: resource(s) were provided, but no name was specified\n# exit 1\n"),
        ],
    );
}

#[test]
fn a_deployment_is_applied_changed_and_deleted() {
    let mut lab = lab_with_files();
    check(
        &mut lab,
        &[
            ("kubectl apply -f v1.yaml --dry-run=client", "deployment.apps/hellok8s-deployment created (dry run)\n"),
            ("kubectl apply -f v1.yaml", "deployment.apps/hellok8s-deployment created\n"),
            ("kubectl apply -f v1.yaml", "deployment.apps/hellok8s-deployment unchanged\n"),
            (
                "kubectl create -f v1.yaml",
                "Error from server (AlreadyExists): error when creating \"v1.yaml\": deployments.apps \
                 \"hellok8s-deployment\" already exists\n# exit 1\n",
            ),
        ],
    );
    lab.sleep(5);
    check(
        &mut lab,
        &[
            (
                "kubectl apply -f v2.yaml --dry-run=server",
                "deployment.apps/hellok8s-deployment configured (server dry run)\n",
            ),
            ("kubectl apply -f v2.yaml", "deployment.apps/hellok8s-deployment configured\n"),
        ],
    );
    lab.sleep(5);
    let warning = "Warning: resource deployments/hellok8s-deployment was previously managed with 'kubectl apply'. Rolling \
                   back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause \
                   unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your \
                   previous configuration file instead.\n";
    check(
        &mut lab,
        &[
            (
                "kubectl rollout history deployment hellok8s-deployment",
                "deployment.apps/hellok8s-deployment \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
            ),
            (
                "kubectl rollout history deployment hellok8s-deployment --revision=9",
                "error: unable to find the specified revision\n# exit 1\n",
            ),
            (
                "kubectl rollout undo deployment/hellok8s-deployment --to-revision=9",
                &format!("{warning}error: unable to find specified revision 9 in history\n# exit 1\n"),
            ),
            (
                "kubectl rollout undo deployment/hellok8s-deployment",
                &format!("{warning}deployment.apps/hellok8s-deployment rolled back\n"),
            ),
            (
                "kubectl get deploy hellok8s-deployment -o jsonpath={.spec.template.spec.containers[0].image}",
                "guangzhengli/hellok8s:v1",
            ),
            ("kubectl rollout pause deploy/hellok8s-deployment", "deployment.apps/hellok8s-deployment paused\n"),
            (
                "kubectl rollout pause deploy/hellok8s-deployment",
                "error: deployments.apps \"hellok8s-deployment\" is already paused\n# exit 1\n",
            ),
            (
                "kubectl rollout restart deploy hellok8s-deployment",
                "error: deployments.apps \"hellok8s-deployment\" can't restart paused deployment (run rollout resume \
                 first)\n# exit 1\n",
            ),
            ("kubectl rollout resume deploy hellok8s-deployment", "deployment.apps/hellok8s-deployment resumed\n"),
            (
                "kubectl set image deploy/hellok8s-deployment *=x:1",
                "deployment.apps/hellok8s-deployment image updated\n",
            ),
            ("kubectl set image deploy/hellok8s-deployment *=x:1", ""),
            (
                "kubectl set image deploy/hellok8s-deployment nope=x:1",
                "error: unable to find container named \"nope\"\n# exit 1\n",
            ),
            (
                "kubectl scale deploy hellok8s-deployment --current-replicas=7 --replicas=2",
                "error: Expected replicas to be 7, was 3\n# exit 1\n",
            ),
            ("kubectl scale deploy hellok8s-deployment --replicas=2", "deployment.apps/hellok8s-deployment scaled\n"),
            ("kubectl label deploy hellok8s-deployment a=b", "deployment.apps/hellok8s-deployment labeled\n"),
            ("kubectl get deploy -l a=b -o name", "deployment.apps/hellok8s-deployment\n"),
            (
                "kubectl patch deploy hellok8s-deployment -p '{\"spec\":{\"replicas\":4}}'",
                "deployment.apps/hellok8s-deployment patched\n",
            ),
            ("kubectl delete -f v1.yaml", "deployment.apps \"hellok8s-deployment\" deleted from default namespace\n"),
            ("kubectl get deployments", "No resources found in default namespace.\n"),
        ],
    );
}

#[test]
fn a_watch_goes_on_until_it_is_ended() {
    let mut lab = lab_with_files();
    lab.run("kubectl apply -f v1.yaml");
    let text = lab.run_for("kubectl get deploy -w", 5);
    assert!(text.starts_with("NAME                  READY   UP-TO-DATE   AVAILABLE   AGE\n"), "{text}");
    assert!(text.contains("hellok8s-deployment   0/3     3            0           0s\n"), "{text}");
    assert!(text.ends_with("# exit 130\n"), "{text}");
}

/// A session typed into a terminal: what it prints.
fn typed(lab: &mut hellok8s_lab::lab::Lab, line: &str) -> String {
    let end = lab.now() + 60_000;
    lab.command(0, line);
    while lab.is_busy(0) && lab.next_at() < end {
        lab.step();
    }
    lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
}

#[test]
fn an_object_is_edited_compared_and_drained() {
    let mut lab = hellok8s_lab::lab::Lab::new(&hellok8s_lab::lab::LabOptions::default());
    typed(&mut lab, "kubectl apply -f deployment.yaml; sleep 3");
    assert_eq!(typed(&mut lab, "kubectl diff -f deployment.yaml; echo $?"), "0\n");
    assert_eq!(
        typed(&mut lab, "KUBE_EDITOR='sed -i s/hellok8s:v1$/hellok8s:v2/' kubectl edit deployment hellok8s-deployment"),
        "deployment.apps/hellok8s-deployment edited\n"
    );
    let shown = typed(&mut lab, "kubectl diff -f deployment.yaml | grep -e '- image'; sleep 5");
    assert_eq!(shown, "-      - image: guangzhengli/hellok8s:v2\n+      - image: guangzhengli/hellok8s:v1\n");
    lab.command(0, "kubectl edit deploy/hellok8s-deployment");
    assert_eq!(lab.edited(), Some("kubectl-edit-deployment-hellok8s-deployment.yaml"));
    lab.end_edit();
    let said: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
    assert_eq!((said.as_str(), lab.is_busy(0)), ("Edit cancelled, no changes made.\n", false));
    let drained = typed(&mut lab, "kubectl drain minikube --ignore-daemonsets | cut -c1-30");
    assert!(drained.starts_with("node/minikube cordoned\nevicting pod"), "{drained}");
    assert!(drained.ends_with("node/minikube drained\n"), "{drained}");
    assert_eq!(typed(&mut lab, "kubectl uncordon minikube"), "node/minikube uncordoned\n");
    assert_eq!(typed(&mut lab, "kubectl taint nodes minikube a=b:NoSchedule"), "node/minikube tainted\n");
    assert_eq!(typed(&mut lab, "kubectl taint nodes minikube a-"), "node/minikube untainted\n");
    assert_eq!(typed(&mut lab, "kubectl auth can-i delete pods"), "yes\n");
    let explained = typed(&mut lab, "kubectl explain deploy.spec.replicas | head -4");
    assert_eq!(explained, "GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n\n");
    assert_eq!(typed(&mut lab, "kubectl replace -f deployment.yaml"), "deployment.apps/hellok8s-deployment replaced\n");
}

#[test]
fn a_generated_name_cannot_be_applied() {
    let mut lab = Lab::new();
    lab.files.write("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: hello-}\n");
    let said = "error: from hello-: cannot use generate name with apply\n# exit 1\n";
    check(&mut lab, &[("kubectl apply -f c.yaml", said)]);
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let mut lab = Lab::new();
    lab.files.write("c.yaml", "\u{feff}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    check(&mut lab, &[("kubectl apply -f c.yaml", "configmap/a created\n")]);
}

#[test]
fn a_broken_patch_is_refused_by_the_server() {
    let mut lab = Lab::new();
    let refused = |why: &str| format!("Error from server (BadRequest): {why}\n# exit 1\n");
    let end = refused("unexpected end of JSON input");
    let merge = refused("error decoding patch: invalid character 'a' looking for beginning of object key string");
    let behind = refused("invalid character '}' after top-level value");
    check(
        &mut lab,
        &[
            ("kubectl create deployment web --image=nginx", "deployment.apps/web created\n"),
            (r#"kubectl patch deployment web -p '{"spec":{"replicas":2}'"#, &end),
            (r"kubectl patch deployment web --type merge -p '{a:1}'", &merge),
            (r#"kubectl patch deployment web -p '{"spec":{"replicas":2}}}'"#, &behind),
            ("kubectl patch deployment web -p 'spec: {replicas: 2}'", "deployment.apps/web patched\n"),
        ],
    );
}

#[test]
fn every_command_has_a_page_of_help_in_kubectls_form() {
    let mut lab = Lab::new();
    insta::assert_snapshot!("help_scale", lab.run("kubectl scale --help"));
    insta::assert_snapshot!("help_rollout", lab.run("kubectl rollout -h"));
    insta::assert_snapshot!("help_create_deployment", lab.run("kubectl create deploy --help"));
    insta::assert_snapshot!("help_overview", lab.run("kubectl --help"));
    assert_eq!(lab.run("kubectl help rollout status"), lab.run("kubectl rollout status --help"));
    assert_eq!(lab.run("kubectl rollout"), lab.run("kubectl rollout --help") + "# exit 1\n");
    assert!(lab.run("kubectl options").starts_with("The following options can be passed to any command:\n\n    --as="));
    assert!(lab.run("kubectl help nothing").starts_with("Unknown help topic [`nothing`]\n"));
    assert!(lab.run("kubectl create service --help").contains("Aliases:\nservice, svc\n"));
    check(
        &mut lab,
        &[
            (
                "kubectl rollout foo bar",
                "error: unknown command \"foo bar\"\nSee 'kubectl rollout -h' for help and examples\n# exit 1\n",
            ),
            (
                "kubectl autoscale deployment web --min=1 --max=3",
                "Error from server (NotFound): deployments.apps \"web\" not found\n# exit 1\n",
            ),
            (
                "kubectl apply -k .",
                "error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory \
                 '/home/learner'\n# exit 1\n",
            ),
        ],
    );
}

/// A lab in which the three pods of the tutorial's Deployment run.
fn running() -> Lab {
    let mut lab = lab_with_files();
    lab.run("kubectl apply -f v1.yaml");
    lab.sleep(20);
    lab
}

const WEB: &str = "hellok8s-deployment";

#[test]
fn objects_are_selected_by_their_fields() {
    let mut lab = running();
    let names = lab.run("kubectl get pods -o name");
    let first = names.lines().next().unwrap();
    let rest = &names[first.len() + 1..];
    let name = first.trim_start_matches("pod/");
    assert_eq!(lab.run(&format!("kubectl get pods -o name --field-selector metadata.name!={name}")), rest);
    assert_eq!(
        lab.run(&format!("kubectl get pods -o name --field-selector metadata.name={name}")),
        format!("{first}\n")
    );
    assert_eq!(lab.run("kubectl get pods -o name --field-selector status.phase!=Running"), "");
    assert_eq!(lab.run("kubectl get pods -o name --field-selector spec.hostNetwork=false"), names);
    let events = lab.run("kubectl get events --no-headers --field-selector source=default-scheduler,reason!=Nope");
    assert_eq!(events.lines().count(), 3, "{events}");
    assert_eq!(
        lab.run("kubectl get pods --field-selector spec.image=x"),
        "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field \
         selector \"spec.image=x\": field label not supported: spec.image\n# exit 1\n"
    );
    assert_eq!(
        lab.run("kubectl get rs --field-selector status.replicas=3"),
        "Error from server (BadRequest): Unable to find \"apps/v1, Resource=replicasets\" that match label selector \
         \"\", field selector \"status.replicas=3\": \"status.replicas\" is not a known field selector: only \
         \"metadata.name\", \"metadata.namespace\"\n# exit 1\n"
    );
}

#[test]
fn apply_says_what_it_adds_to_an_object_that_it_did_not_make() {
    let mut lab = lab_with_files();
    lab.run("kubectl create -f v1.yaml");
    let warning = "Warning: resource deployments/hellok8s-deployment is missing the \
        kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply \
        should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. \
        The missing annotation will be patched automatically.\n";
    check(
        &mut lab,
        &[
            ("kubectl apply -f v1.yaml", &format!("{warning}deployment.apps/hellok8s-deployment configured\n")),
            ("kubectl apply -f v1.yaml", "deployment.apps/hellok8s-deployment unchanged\n"),
        ],
    );
    lab.run("kubectl delete -f v1.yaml --cascade=foreground --wait=false");
    assert_eq!(
        lab.run("kubectl apply -f v2.yaml"),
        "Warning: Detected changes to resource hellok8s-deployment which is currently being deleted.\n\
         deployment.apps/hellok8s-deployment configured\n"
    );
}
