//! Trouble: what somebody does to the cluster past its API server, to see what it makes of it.

use crate::api::{ObjectMeta, Pod};
use crate::apiserver::Key;
use crate::images::{Faults, ImageReference, Registry, RouteFault};
use crate::sim::{Log, SimTime};

use super::Cluster;

/// Whose path answers wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One pod's.
    Pod(Key),
    /// That of every container of an image, also of those to come.
    Image(ImageReference),
}

impl Cluster {
    /// Rises with every change that somebody makes past the API server: to programs, images, the kubelet or traffic.
    pub fn interventions(&self) -> u64 {
        self.troubles().len() as u64 + self.registry.revision()
    }

    /// When somebody made trouble or traffic, oldest first.
    pub fn troubles(&self) -> &Log<SimTime> {
        &self.interventions
    }

    pub(super) fn intervened(&mut self) {
        self.interventions.push(self.now);
    }

    /// Ends a container (a pod's only one, when none is named): with SIGKILL, or as when memory runs out.
    ///
    /// # Errors
    /// When there is no such pod or container, or it does not run.
    pub fn kill(&mut self, pod: &Key, container: Option<&str>, out_of_memory: bool) -> Result<String, String> {
        let (uid, container) = self.container_of(pod, container)?;
        let now = self.now;
        let kubelet = self.fleet.of_pod_mut(&uid);
        if !kubelet.is_some_and(|kubelet| kubelet.kill_container(&uid, &container, out_of_memory, now)) {
            return Err(format!("container {container} of pod {} does not run", pod.name));
        }
        self.intervened();
        Ok(container)
    }

    /// Lets every container of an image that starts from now on take so long until it listens; none as the image says.
    ///
    /// # Errors
    /// When there is no such image.
    pub fn slow(&mut self, image: &ImageReference, startup_ms: Option<u64>) -> Result<(), String> {
        let faults = self.registry.faults_mut(image).ok_or_else(|| unknown_image(image))?;
        faults.set_startup_ms(startup_ms);
        self.intervened();
        Ok(())
    }

    /// Lets a path answer with a status or not at all; none as the program says.
    ///
    /// # Errors
    /// When there is no such pod or image.
    pub fn fail(&mut self, target: &Target, path: &str, fault: Option<RouteFault>) -> Result<(), String> {
        match target {
            Target::Pod(key) => {
                let uid = self.existing_pod(key)?.metadata.uid.clone();
                let (registry, now) = (&self.registry, self.now);
                let change = |faults: &mut Faults| faults.set_route(path, fault);
                let kubelet = self.fleet.of_pod_mut(&uid);
                let of_image = |image: &str| faults_of(registry, image);
                if !kubelet.is_some_and(|kubelet| kubelet.change_pod_faults(&uid, change, of_image, now)) {
                    return Err(format!("pod {} is not on the node", key.name));
                }
            }
            Target::Image(image) => {
                let faults = self.registry.faults_mut(image).ok_or_else(|| unknown_image(image))?;
                faults.set_route(path, fault);
                let registry = &self.registry;
                self.fleet.image_faults_changed(|image| faults_of(registry, image), self.now);
            }
        }
        self.intervened();
        Ok(())
    }

    /// The uid of a pod and the container of it that is meant.
    pub(super) fn container_of(&self, pod: &Key, container: Option<&str>) -> Result<(String, String), String> {
        let found = self.existing_pod(pod)?;
        Ok((found.metadata.uid.clone(), chosen_container(found, container)?))
    }

    fn existing_pod(&self, key: &Key) -> Result<&Pod, String> {
        self.api.store().pod(key).map(|pod| &**pod).ok_or_else(|| format!("pods {:?} not found", key.name))
    }
}

fn chosen_container(pod: &Pod, name: Option<&str>) -> Result<String, String> {
    let ObjectMeta { name: pod_name, .. } = &pod.metadata;
    let mut containers = pod.spec.containers.iter().chain(&pod.spec.init_containers).map(|container| &container.name);
    match name {
        Some(name) => containers
            .find(|known| *known == name)
            .cloned()
            .ok_or_else(|| format!("container {name} is not valid for pod {pod_name}")),
        None => containers.next().cloned().ok_or_else(|| format!("pod {pod_name} has no containers")),
    }
}

/// The faults of an image by its full name, as containers are known under.
fn faults_of(registry: &Registry, image: &str) -> Faults {
    let known = registry.faulty().find(|(reference, _)| reference.full() == image);
    known.map(|(_, faults)| faults.clone()).unwrap_or_default()
}

fn unknown_image(image: &ImageReference) -> String {
    format!("no such image: {}:{}", image.short_repository(), image.tag)
}
