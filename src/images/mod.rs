//! Images: simulated programs, and the registry that knows them.
//!
//! Every program, the tutorial's five as well as a learner's own, is a [`Declaration`]: how long it takes to start,
//! where it listens, what it answers, when it crashes, what it does on SIGTERM and what it logs.

mod builtin;
mod declaration;
mod fault;
mod http;
mod meter;
mod program;
mod reference;
mod registry;
mod script;
mod stand_in;
mod uses;
mod validation;

pub use crate::script::{Found, Question};
pub use builtin::{DOCUMENTS, EXAMPLE};
pub use declaration::{
    Crash, Declaration, DeclarationError, ExecAnswer, LogRule, OnSigterm, Route, RouteChange, Seconds, SigtermRule,
};
pub use fault::{Faults, RouteFault};
pub use http::{Answer, Outcome, Request, Response};
pub use meter::{Limits, Usage};
pub use program::{Exec, Exit, Inside, LogLine, Program, StartError, Surroundings, found_of, reason};
pub use reference::ImageReference;
pub use registry::{ImageInfo, Place, Pull, Registry};
pub(crate) use script::{is_busybox, launch, said_here};
pub use stand_in::stand_ins;
pub use uses::{Amount, Uses};
