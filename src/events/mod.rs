//! Events: what components tell about objects, counted, aggregated and held back as Kubernetes' recorder does.

mod correlator;
mod lru;
mod recorder;
pub mod series;

pub use correlator::{Correlated, Correlator};
pub use recorder::{EventWrite, Note, Recorder};
