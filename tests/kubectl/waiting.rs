//! What kubectl waits for, and for how long.

use hellok8s_lab::sim::SimTime;

use super::{Lab, WEB, check, running};

#[test]
fn several_conditions_are_waited_for_one_after_the_other() {
    let mut lab = running();
    check(
        &mut lab,
        &[
            (
                "kubectl wait deployment hellok8s-deployment --for=condition=Available --for=jsonpath={.status.readyReplicas}=3",
                "deployment.apps/hellok8s-deployment condition met\ndeployment.apps/hellok8s-deployment condition met\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=condition=Available --for=condition=Available=false --timeout=2s",
                "deployment.apps/hellok8s-deployment condition met\n\
                 error: timed out waiting for the condition on deployments/hellok8s-deployment\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=create --for=condition=available",
                "deployment.apps/hellok8s-deployment condition met\ndeployment.apps/hellok8s-deployment condition met\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment nope --for=condition=available --timeout=1s",
                "deployment.apps/hellok8s-deployment condition met\n\
                 Error from server (NotFound): deployments.apps \"nope\" not found\n# exit 1\n",
            ),
            (
                "kubectl wait deployment nope --for=create --timeout=2s",
                "error: timed out waiting for the condition\n# exit 1\n",
            ),
            ("kubectl wait deployment nope --for=delete --timeout=2s", ""),
            ("kubectl wait pod -l app=nope --for=condition=Ready", "error: no matching resources found\n# exit 1\n"),
            ("kubectl wait pod -l app=nope --for=delete", ""),
            (
                "kubectl wait deployment hellok8s-deployment --for=delete --timeout=0",
                "error: condition not met for deployments/hellok8s-deployment\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=condition=Nope --timeout=0",
                "error: condition not met for deployments/hellok8s-deployment\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=jsonpath={.spec}=3",
                "error: jsonpath leads to a nested object or list which is not supported\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=jsonpath={.status.conditions[*].type}",
                "error: given jsonpath expression matches more than one value\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=jsonpath={.spec.replicas}=",
                "error: jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3\n# exit 1\n",
            ),
            (
                "kubectl wait deployment hellok8s-deployment --for=jsonpath=",
                "error: jsonpath expression cannot be empty\n# exit 1\n",
            ),
        ],
    );
}

#[test]
fn what_was_waited_for_is_printed_as_asked() {
    let mut lab = running();
    check(
        &mut lab,
        &[
            (
                "kubectl wait deployment hellok8s-deployment --for=condition=Available -o name",
                "deployment.apps/hellok8s-deployment\n",
            ),
            ("kubectl wait deployment hellok8s-deployment --for=condition=Available -o jsonpath={.spec.replicas}", "3"),
        ],
    );
    let yaml = lab.run("kubectl wait pod -l app=hellok8s --for=condition=Ready -o yaml");
    assert_eq!(yaml.matches("\n---\napiVersion: v1\n").count(), 2, "{yaml}");
    let wide = lab.run("kubectl wait pod -l app=hellok8s --for=condition=Ready -o wide");
    assert!(wide.starts_with("error: unable to match a printer suitable for the output format \"wide\""), "{wide}");
}

/// A wait takes as long as it was asked to, and the call around it less than a tenth of a second.
fn assert_waited(lab: &Lab, began: SimTime, ms: u64) {
    let took_ms = lab.cluster.now().ms_since(began);
    assert!((ms + 50..=ms + 100).contains(&took_ms), "{took_ms} ms for {ms} ms");
}

#[test]
fn waiting_goes_on_for_the_others_and_ends_for_all_at_once() {
    let mut lab = running();
    let names = lab.run("kubectl get pods -o jsonpath={.items[*].metadata.name}");
    let names: Vec<&str> = names.split(' ').collect();
    let began = lab.cluster.now();
    let text = lab.run(&format!("kubectl wait pod {} {} --for=condition=Nope --timeout=3s", names[0], names[1]));
    let late = |name: &str| format!("timed out waiting for the condition on pods/{name}\n");
    assert_eq!(text, format!("{}{}# exit 1\n", late(names[0]), late(names[1])));
    assert_waited(&lab, began, 3_000);
    // What is gone before its turn comes is an error, not a wait.
    lab.run(&format!("kubectl delete pod {} --wait=false", names[1]));
    let text = lab.run(&format!(
        "kubectl wait pod {} {} --for=jsonpath={{.metadata.deletionTimestamp}} --timeout=20s",
        names[0], names[1]
    ));
    assert_eq!(
        text,
        format!(
            "timed out waiting for the condition on pods/{}\nError from server (NotFound): pods {:?} not found\n# exit 1\n",
            names[0], names[1]
        )
    );
}

#[test]
fn a_watch_ends_with_its_request() {
    let mut lab = running();
    for (timeout, ms) in [("2s", 2_000), ("1", 1_000)] {
        let began = lab.cluster.now();
        let text = lab.run(&format!("kubectl get deployment -o name --watch --request-timeout={timeout}"));
        assert_eq!(text, "deployment.apps/hellok8s-deployment\n");
        assert_waited(&lab, began, ms);
    }
    let began = lab.cluster.now();
    lab.run_for("kubectl get deployment --watch-only --request-timeout=0", 5);
    assert_eq!(lab.cluster.now().ms_since(began), 5_000);
}

#[test]
fn a_rollout_is_waited_for_no_longer_than_asked() {
    let mut lab = running();
    lab.run(&format!("kubectl set image deployment {WEB} hellok8s-container=guangzhengli/hellok8s:nope"));
    lab.sleep(3);
    let began = lab.cluster.now();
    let text = lab.run(&format!("kubectl rollout status deployment {WEB} --timeout=7s"));
    assert_eq!(
        text,
        "Waiting for deployment \"hellok8s-deployment\" rollout to finish: 1 out of 3 new replicas have been updated...\n\
         error: timed out waiting for the condition\n# exit 1\n"
    );
    assert_waited(&lab, began, 7_000);
}
