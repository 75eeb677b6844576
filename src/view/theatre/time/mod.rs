//! Time: the transport, and the chart that is dragged.

pub mod chart;
mod numbers;
pub mod timeline;
pub mod transport;
