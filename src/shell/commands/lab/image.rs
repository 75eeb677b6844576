//! `lab image` and `lab stand-in`: images that a file declares, or that a manifest lacks, come into the hub.

use std::sync::Arc;

use serde_json::Value;

use crate::images::{DOCUMENTS, Declaration, ImageReference, Place, stand_ins};
use crate::kubectl::output::yaml::to_yaml;
use crate::manifest;
use crate::process::World;

/// Where stand-ins are declared, to be read and changed.
const FILE: &str = "images.yaml";

pub(super) fn put(world: &mut World<'_>, file: &str) -> Result<String, String> {
    let text = read(world, file)?;
    let declarations = Declaration::read_all(file, &text).map_err(|complaints| complaints.join("\n"))?;
    if declarations.is_empty() {
        return Err(format!("{file} declares no image"));
    }
    into_hub(world, declarations)
}

pub(super) fn stand_in(world: &mut World<'_>, file: &str) -> Result<String, String> {
    let text = read(world, file)?;
    let documents = manifest::parse(file, &text).map_err(|error| error.text)?;
    let mut declarations = stand_ins(&documents, &world.cluster.registry);
    if declarations.is_empty() {
        return Ok(format!("the images of {file} are known\n"));
    }
    let mut declared = world.files.read(FILE).unwrap_or_default().trim_end().to_owned();
    // What somebody has made of a stand-in before is used again.
    let former = Declaration::read_all(FILE, &declared).map_err(|complaints| complaints.join("\n"))?;
    for declaration in &mut declarations {
        if let Some(former) = former.iter().find(|former| former.image == declaration.image) {
            declaration.clone_from(former);
            continue;
        }
        if !declared.is_empty() {
            declared.push_str("\n---\n");
        }
        declared.push_str(written(declaration).trim_end());
    }
    world.files.write(FILE, declared + "\n");
    let said = into_hub(world, declarations)?;
    Ok(said + "images.yaml says what they do: change it, then lab image images.yaml\n")
}

/// The document of an image; one that the lab came with has comments.
pub(super) fn show(world: &World<'_>, name: &str) -> Result<String, String> {
    let reference = ImageReference::parse(name)?;
    let known = world.cluster.registry.find(&reference).ok_or_else(|| {
        let what = if name.contains(".y") { "file" } else { "image" };
        format!("there is no {what} {name}")
    })?;
    let document = DOCUMENTS.iter().find(|(_, text)| {
        Declaration::read(name, text, None).is_ok_and(|declaration| declaration == *known.declaration)
    });
    Ok(document.map_or_else(
        || to_yaml(&serde_json::to_value(&*known.declaration).unwrap_or_default()),
        |(_, text)| (*text).to_owned(),
    ))
}

fn read(world: &World<'_>, file: &str) -> Result<String, String> {
    world.files.read(file).map(str::to_owned).ok_or_else(|| format!("there is no file {file}"))
}

fn into_hub(world: &mut World<'_>, declarations: Vec<Declaration>) -> Result<String, String> {
    let mut said = String::new();
    for declaration in declarations {
        let reference = ImageReference::parse(&declaration.image)?;
        said.push_str(&summary(&declaration));
        world.cluster.registry.put(reference, Arc::new(declaration), Place::Hub);
    }
    Ok(said)
}

fn summary(declaration: &Declaration) -> String {
    let ports = declaration.port.iter().chain(&declaration.more_ports).chain(&declaration.grpc_port);
    let mut ports: Vec<String> = ports.map(u16::to_string).collect();
    let mut seen = std::collections::BTreeSet::new();
    ports.retain(|port| seen.insert(port.clone()));
    let image = &declaration.image;
    if ports.is_empty() {
        return format!("{image} is in the hub\n");
    }
    format!("{image} is in the hub and listens on {}\n", ports.join(", "))
}

/// As YAML, with the name of the image first.
fn written(declaration: &Declaration) -> String {
    let mut value = serde_json::to_value(declaration).unwrap_or_default();
    let name = value.as_object_mut().and_then(|fields| fields.remove("image")).unwrap_or(Value::Null);
    format!("image: {}\n{}", to_yaml(&name).trim_end(), to_yaml(&value))
}

#[cfg(test)]
mod tests {
    use crate::lab::{Lab, LabOptions};
    use crate::sim::SimTime;

    const PRODUCTION: &str = include_str!("../../../../tests/data/production.yaml");

    fn say(lab: &mut Lab, line: &str) -> String {
        lab.command(0, line);
        lab.take_output(0).into_iter().map(|chunk| chunk.text).collect()
    }

    #[test]
    fn a_teams_own_deployment_rolls_out() {
        let mut lab = Lab::new(&LabOptions::default());
        lab.write("web.yaml", PRODUCTION);
        let said = say(&mut lab, "lab stand-in web.yaml");
        assert!(said.contains("ghcr.io/acme/api:1.4.2 is in the hub and listens on 8080, 9090\n"), "{said}");
        assert!(say(&mut lab, "lab stand-in web.yaml").ends_with("are known\n"));
        assert!(say(&mut lab, "lab image images.yaml").contains("ghcr.io/acme/migrate:1.4.2 is in the hub"));
        say(&mut lab, "kubectl apply -f web.yaml");
        lab.run_until(SimTime(60_000));
        let said = say(&mut lab, "kubectl -n shop get deployment api --no-headers");
        let columns: Vec<&str> = said.split_whitespace().take(4).collect();
        assert_eq!(columns, ["api", "6/6", "6", "6"], "{said}{}", say(&mut lab, "kubectl -n shop get pods,events"));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place() {
        let mut lab = Lab::new(&LabOptions::default());
        lab.write("images.yaml", "image: acme/api:7\nport: 8080\nrouts: []\n");
        assert!(say(&mut lab, "lab image images.yaml").starts_with("lab: images.yaml:3:1: routs"));
        assert_eq!(say(&mut lab, "lab image other.yaml"), "lab: there is no file other.yaml\n");
    }
}
