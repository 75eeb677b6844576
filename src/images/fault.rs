//! Faults: what somebody has changed about a program from outside, to see what the cluster makes of it.

use std::sync::Arc;

use super::declaration::{Declaration, Route, Seconds};

/// What a path answers instead of what the program would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteFault {
    /// This HTTP status.
    Status(u16),
    /// Nothing, ever.
    Hangs,
}

/// The faults of one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// By path, in the order in which they were made.
    routes: Vec<(String, RouteFault)>,
    /// Milliseconds from the container's start until it listens, in place of the image's own.
    startup_ms: Option<u64>,
}

impl Faults {
    /// Sets or ends the fault of a path.
    pub fn set_route(&mut self, path: &str, fault: Option<RouteFault>) {
        self.routes.retain(|(known, _)| known != path);
        self.routes.extend(fault.map(|fault| (path.to_owned(), fault)));
    }

    /// Sets or ends another start-up time.
    pub fn set_startup_ms(&mut self, startup_ms: Option<u64>) {
        self.startup_ms = startup_ms;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.startup_ms.is_none()
    }

    /// The paths and what they answer.
    pub fn routes(&self) -> &[(String, RouteFault)] {
        &self.routes
    }

    /// The other start-up time.
    pub fn startup_ms(&self) -> Option<u64> {
        self.startup_ms
    }

    /// The program with these faults.
    pub fn apply(&self, declaration: &Arc<Declaration>) -> Arc<Declaration> {
        if self.is_empty() {
            return Arc::clone(declaration);
        }
        let mut declaration = Declaration::clone(declaration);
        if let Some(startup_ms) = self.startup_ms {
            declaration.startup_seconds = Seconds(startup_ms);
        }
        for (path, fault) in &self.routes {
            // A route that ends with `/` answers for more than this path: it stays, behind the fault.
            declaration.routes.retain(|route| route.path != *path || path.ends_with('/'));
            declaration.routes.insert(0, fault.route(path));
        }
        Arc::new(declaration)
    }
}

impl RouteFault {
    fn route(self, path: &str) -> Route {
        let route = Route { path: path.to_owned(), status: 200, ..Route::default() };
        match self {
            Self::Status(status) => Route { status, ..route },
            Self::Hangs => Route { hangs: true, ..route },
        }
    }

    /// As it is written in commands: `500`, `hang`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "hang" | "hangs" => Some(Self::Hangs),
            _ => text.parse().ok().filter(|status| (200..=599).contains(status)).map(Self::Status),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_stands_before_the_program_s_own_routes() {
        let document = json!({"image": "me/web", "port": 80, "routes": [{"path": "/healthz"}, {"path": "/"}]});
        let own = Arc::new(Declaration::from_value(&document).expect("a declaration"));
        let mut faults = Faults::default();
        assert!(Arc::ptr_eq(&faults.apply(&own), &own));
        faults.set_route("/healthz", Some(RouteFault::Status(500)));
        faults.set_startup_ms(Some(20_000));
        let faulty = faults.apply(&own);
        let routes: Vec<(&str, u16)> = faulty.routes.iter().map(|route| (route.path.as_str(), route.status)).collect();
        assert_eq!(routes, [("/healthz", 500), ("/", 200)]);
        assert_eq!(faulty.startup_seconds.as_ms(), 20_000);
        faults.set_route("/healthz", None);
        faults.set_startup_ms(None);
        assert_eq!(faults.apply(&own), own);
    }
}
