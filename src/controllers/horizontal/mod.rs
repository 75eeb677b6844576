//! Horizontal autoscaling: from what pods use to how many there should be.
//!
//! [`usage`] turns measurements into a wish, [`pace`] keeps the wish within the bounds and the speed that the
//! autoscaler allows. Models pkg/controller/podautoscaler.

pub mod pace;
pub mod reconcile;
pub mod status;
pub mod usage;
