//! Time, random numbers and the event queue: nothing of Kubernetes.

mod queue;
mod random;
mod time;

pub use queue::EventQueue;
pub use random::Random;
pub use time::SimTime;
