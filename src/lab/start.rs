//! What a lab may begin with: three pods of the first version that a client asks all the time, so that there is something
//! to see, and the manifest of their second version.

use super::PRESETS;

/// The preset whose manifest comes next.
pub const NEXT: &str = "v2, rolling update 1/1";
/// After so many simulated milliseconds the pods run.
pub const RUNNING_MS: u64 = 20_000;
/// What is typed then: a client begins to ask.
pub const CLIENT: &str = "lab traffic web 5";

/// The manifest that the editor holds: of the second version.
pub fn next_manifest() -> String {
    PRESETS.iter().find(|(name, _)| *name == NEXT).map_or_else(String::new, |(_, text)| (*text).to_owned())
}

/// What is typed to get there: the same manifest with the first version, and a Service.
pub fn script() -> String {
    let manifest = next_manifest().replace("hellok8s:v2", "hellok8s:v1");
    format!(
        "kubectl apply -f - <<'EOF'\n{}\nEOF\nkubectl expose deployment hellok8s-deployment --name=web --port=3000",
        manifest.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{HIDDEN_TERMINAL, Lab, LabOptions};

    fn output(lab: &mut Lab, terminal: usize) -> String {
        lab.take_output(terminal).iter().map(|chunk| chunk.text.as_str()).collect()
    }

    #[test]
    fn three_pods_answer_and_their_next_version_is_accepted() {
        let mut lab = Lab::new(&LabOptions::default());
        lab.command(HIDDEN_TERMINAL, &script());
        let until = lab.now() + RUNNING_MS;
        lab.run_until(until);
        let said = output(&mut lab, HIDDEN_TERMINAL);
        assert!(
            said.contains("deployment.apps/hellok8s-deployment created") && said.contains("service/web exposed"),
            "{said}"
        );
        assert_eq!(lab.cluster().api.store().pods(None).filter(|pod| pod.is_ready()).count(), 3);
        lab.command(HIDDEN_TERMINAL, CLIENT);
        let until = lab.now() + RUNNING_MS;
        lab.run_until(until);
        output(&mut lab, HIDDEN_TERMINAL);
        assert!(
            lab.cluster()
                .traffic()
                .service("default/web")
                .is_some_and(|totals| totals.answered > 20 && totals.lost() == 0)
        );
        lab.write("deployment.yaml", &next_manifest());
        lab.command(0, "kubectl apply -f deployment.yaml");
        let until = lab.now() + 10_000;
        lab.run_until(until);
        assert_eq!(output(&mut lab, 0), "deployment.apps/hellok8s-deployment configured\n");
        assert!(lab.cluster().api.store().pods(None).filter(|pod| pod.is_ready()).count() == 3);
    }
}
