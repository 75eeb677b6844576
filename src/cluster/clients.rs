//! The traffic of clients, served between the cluster's events.

use crate::apiserver::Key;
use crate::network::{Proxy, Traffic};
use crate::sim::SimTime;

use super::Cluster;

impl Cluster {
    /// What became of the requests of clients.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// What the node knows of services.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Lets `per_second` requests for `path` flow to a service; 0 ends the stream.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn set_traffic(&mut self, service: &Key, per_second: u32, path: &str) -> Result<(), String> {
        if per_second > 0 && self.api.store().service(service).is_none() {
            return Err(format!("services {:?} not found", service.name));
        }
        self.intervened();
        self.traffic.set(service.clone(), per_second, path, self.config.seed, self.now);
        Ok(())
    }

    /// Serves requests up to `until`, or until one of them makes something happen before that; answers until when.
    pub(super) fn serve_traffic(&mut self, until: SimTime) -> SimTime {
        while self.traffic.next_at() <= until {
            self.traffic.serve_next(&mut self.kubelet, &self.proxy);
            if self.kubelet.next_wake() < until {
                return self.kubelet.next_wake().max(self.now);
            }
        }
        until
    }
}
