//! Services, secrets and endpoints.

use super::{Lab, check, lab_with_files};

#[test]
fn services_and_secrets_are_made_from_flags() {
    let mut lab = Lab::new();
    check(
        &mut lab,
        &[
            ("kubectl create service nodeport web --tcp=80:3000 --node-port=30080", "service/web created\n"),
            (
                "kubectl get service web -o jsonpath='{.spec.type} {.spec.ports[0]} {.spec.selector}'",
                "NodePort {\"name\":\"80-3000\",\"nodePort\":30080,\"port\":80,\"protocol\":\"TCP\",\"targetPort\":3000} {\"app\":\"web\"}",
            ),
            (
                "kubectl create service clusterip api",
                "error: at least one tcp port specifier must be provided\n# exit 1\n",
            ),
            ("kubectl create service clusterip api --clusterip=None", "service/api created\n"),
            ("kubectl create svc externalname out --external-name bar.com", "service/out created\n"),
            (
                "kubectl create service clusterip web --tcp=80",
                "error: failed to create ClusterIP service: services \"web\" already exists\n# exit 1\n",
            ),
            (
                "kubectl create secret generic s --from-literal=user=me --from-literal=password=hello",
                "secret/s created\n",
            ),
            (
                "kubectl get secret s -o go-template='{{.data.password | base64decode}} {{.type}}{{\"\\n\"}}'",
                "hello Opaque\n",
            ),
            (
                "kubectl create secret generic t --from-literal=a=1 --from-literal=a=2",
                "error: cannot add key a, another key by that name already exists\n# exit 1\n",
            ),
            (
                "kubectl create secret generic s",
                "error: failed to create secret secrets \"s\" already exists\n# exit 1\n",
            ),
            ("kubectl get secrets -o go-template --template='{{range .items}}{{.metadata.name}}:{{end}}'", "s:"),
        ],
    );
}

#[test]
fn endpoints_follow_readiness_and_are_deprecated() {
    let mut lab = lab_with_files();
    assert_eq!(lab.run("kubectl apply -f v1.yaml"), "deployment.apps/hellok8s-deployment created\n");
    assert_eq!(
        lab.run("kubectl expose deployment hellok8s-deployment --port=80 --target-port=3000 --name=hello"),
        "service/hello exposed\n"
    );
    lab.sleep(1);
    let warning = "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n";
    assert_eq!(
        lab.run("kubectl get endpoints"),
        format!(
            "{warning}NAME         ENDPOINTS                                         AGE\n\
             hello        10.244.0.3:3000,10.244.0.4:3000,10.244.0.5:3000   1s\n\
             kubernetes   192.168.49.2:8443                                 1s\n"
        )
    );
    lab.sleep(10);
    let ready = lab.run("kubectl get ep hello -o jsonpath='{.subsets[0].addresses[*].ip}'");
    let ready = ready.strip_prefix(warning).unwrap();
    assert_eq!(ready.split(' ').count(), 3, "{ready}");
    assert_eq!(
        lab.run("kubectl get endpoints/hello -o jsonpath='{.subsets[*].ports}'"),
        format!("{warning}[{{\"port\":3000,\"protocol\":\"TCP\"}}]")
    );
    assert!(!lab.run("kubectl get ep").contains("+ "), "three addresses are all listed");
    assert!(lab.run("kubectl get endpointslices").contains("kubernetes"));
    lab.run("kubectl scale deployment hellok8s-deployment --replicas=5");
    let watched = lab.run_for("kubectl get ep hello --watch", 10);
    assert!(watched.contains("+ 1 more..."), "{watched}");
    assert!(watched.contains("+ 2 more..."), "{watched}");
    lab.run("kubectl delete service hello");
    lab.sleep(1);
    assert!(!lab.run("kubectl get ep").contains("hello"));
}
