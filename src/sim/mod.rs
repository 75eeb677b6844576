//! Time, random numbers and the event queue: nothing of Kubernetes.

mod log;
mod queue;
mod random;
mod time;

pub use log::Log;
pub use queue::EventQueue;
pub use random::Random;
pub use time::SimTime;
