//! Time, random numbers and the event queue: nothing of Kubernetes.

mod log;
mod queue;
mod random;
mod shared;
mod shared_map;
mod time;

pub use log::Log;
pub use queue::EventQueue;
pub use random::Random;
pub use shared::{Empty, Shared};
pub use shared_map::SharedMap;
pub use time::SimTime;
