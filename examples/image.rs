//! A program of one's own: an image whose pods become ready late, declared in YAML: `cargo run --example image`.

use std::sync::Arc;

use hellok8s_lab::images::{Declaration, ImageReference, Place};
use hellok8s_lab::lab::{Lab, LabOptions};

const IMAGE: &str = "\
image: example.org/shop:v1
port: 8080
startupSeconds: 4
routes:
- path: /
  status: 200
  body: welcome
";

const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
      - name: shop
        image: example.org/shop:v1
        readinessProbe:
          httpGet: {path: /, port: 8080}
          periodSeconds: 1
";

fn main() -> Result<(), String> {
    print!("{}", session()?);
    Ok(())
}

/// What kubectl says of it, twice.
///
/// # Errors
/// When the declaration cannot be read.
pub fn session() -> Result<String, String> {
    let mut lab = Lab::new(&LabOptions::default());
    let declarations = Declaration::read_all("image.yaml", IMAGE).map_err(|complaints| complaints.join("\n"))?;
    for declaration in declarations {
        let reference = ImageReference::parse(&declaration.image)?;
        lab.intervene(|cluster| cluster.registry.put(reference, Arc::new(declaration), Place::Node));
    }
    lab.write("shop.yaml", MANIFEST);
    let mut told = String::new();
    for line in [
        "kubectl apply -f shop.yaml",
        "sleep 3",
        "kubectl get deployment shop --no-headers",
        "kubectl rollout status deployment shop",
        "kubectl get deployment shop --no-headers",
    ] {
        lab.submit(0, line);
        while lab.is_busy(0) {
            lab.step();
        }
        let printed: String = lab.take_output(0).into_iter().map(|chunk| chunk.text).collect();
        told.push_str(&format!("$ {line}\n{printed}"));
    }
    Ok(told)
}
