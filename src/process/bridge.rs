//! Programs that know a cluster among those that know none, and the other way round.

use std::any::Any;

use super::{Files, Forwards, InContainer, Io, Poll, Process, World};
use crate::cluster::Cluster;
use crate::script;

/// A container, for what the terminal runs in it.
struct Container<'a> {
    cluster: &'a mut Cluster,
    place: &'a InContainer,
}

impl script::Host for Container<'_> {
    fn ask(&mut self, question: &script::Question) -> Option<script::Found> {
        Some(self.cluster.answer_question(&self.place.namespace, &self.place.pod_ip, question))
    }
}

/// The learner's machine.
struct Machine<'a> {
    cluster: &'a mut Cluster,
    forwards: &'a mut Forwards,
}

impl script::Host for Machine<'_> {
    fn parts(&mut self) -> Option<(&mut dyn Any, &mut dyn Any)> {
        Some((self.cluster, self.forwards))
    }
}

impl World<'_> {
    /// Lets something run that needs no cluster.
    pub(crate) fn with_script<T>(&mut self, run: impl FnOnce(&mut script::World<'_>) -> T) -> T {
        let now = self.cluster.now();
        let mut host = Machine { cluster: self.cluster, forwards: self.forwards };
        run(&mut script::World { now, files: self.files, host: &mut host })
    }

    /// Lets something run in a container, with its files.
    pub(crate) fn with_script_in<T>(
        &mut self,
        place: &InContainer,
        files: &mut Files,
        run: impl FnOnce(&mut script::World<'_>) -> T,
    ) -> T {
        let now = self.cluster.now();
        let mut host = Container { cluster: self.cluster, place };
        run(&mut script::World { now, files, host: &mut host })
    }
}

#[derive(Clone)]
struct Lowered(Box<dyn Process>);

/// A program of the learner's machine, for a shell.
pub(crate) fn lowered(process: Box<dyn Process>) -> Box<dyn script::Process> {
    Box::new(Lowered(process))
}

/// The world of a program of the learner's machine; none on another one.
fn raise<T>(world: &mut script::World<'_>, run: impl FnOnce(&mut World<'_>) -> T) -> Option<T> {
    let (cluster, forwards) = world.host.parts()?;
    let (cluster, forwards) = (cluster.downcast_mut()?, forwards.downcast_mut()?);
    Some(run(&mut World { cluster, files: world.files, forwards }))
}

impl script::Process for Lowered {
    fn poll(&mut self, world: &mut script::World<'_>, io: &mut Io) -> Poll {
        // A machine without a cluster has no such programs.
        raise(world, |world| self.0.poll(world, io)).unwrap_or(Poll::Exited(127))
    }

    fn interrupt(&mut self, world: &mut script::World<'_>, io: &mut Io) -> i32 {
        raise(world, |world| self.0.interrupt(world, io)).unwrap_or(130)
    }
}

#[derive(Clone)]
struct Raised(Box<dyn script::Process>);

/// A program that a shell knows, for a program of the learner's machine.
pub(crate) fn raised(process: Box<dyn script::Process>) -> Box<dyn Process> {
    Box::new(Raised(process))
}

impl Process for Raised {
    fn poll(&mut self, world: &mut World<'_>, io: &mut Io) -> Poll {
        world.with_script(|world| self.0.poll(world, io))
    }

    fn interrupt(&mut self, world: &mut World<'_>, io: &mut Io) -> i32 {
        world.with_script(|world| self.0.interrupt(world, io))
    }
}
