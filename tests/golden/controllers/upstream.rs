//! Cases of Kubernetes' own table tests that concern the controllers.
