//! The theatre: the stage on which pods live, the caption, and time.

pub mod crowd;
mod flights;
mod picture;
mod pod_box;
mod pointed;
mod service_lane;
pub mod stage;
pub mod time;
pub mod trouble;
