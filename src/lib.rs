//! hellok8s-lab: Kubernetes' Deployment machinery as a library without a browser.
//!
//! ```text
//!  editor / terminal / embedder
//!         │  text
//!         ▼
//!    manifest   YAML text → objects, every value with its line and column
//!         │  objects
//!         ▼
//!    apiserver  defaults, validates, stores; the only owner of objects; its watch log is the only output
//!         │  changes ▲ requests
//!         ▼          │
//!    controllers   deployment · replicaset · endpoints · garbage collection   (what should exist)
//!    scheduler     binds pods to the node
//!    kubelet       pod lifecycle · prober · back-off · image pulls · events   (what does exist)
//!         │  HTTP requests ▲ responses
//!         ▼                │
//!    images     simulated programs: hellok8s v1 v2 v3 liveness bad, nginx, and the learner's own
//!         │
//!         └────►  watch log ──►  view (in the binary, never here)
//! ```
//!
//! The laws that hold everywhere (docs/architecture.md gives the reasons): the same seed and inputs give the
//! same watch log, byte for byte; time is a value; controllers decide and the loop acts; everything is a plain
//! value that can be cloned; and where Kubernetes has a rule, that rule is here.

pub mod api;
pub mod apiserver;
pub mod client;
pub mod cluster;
pub mod controllers;
pub mod decision;
pub mod editing;
pub mod events;
pub mod explanations;
pub mod fuzz;
pub mod images;
pub mod invariants;
pub mod kubectl;
pub mod kubelet;
pub mod lab;
pub mod lang;
pub mod lessons;
pub mod manifest;
pub mod network;
pub mod process;
pub mod scheduler;
mod script;
pub mod session;
pub mod shell;
pub mod sim;
pub mod sorting;
