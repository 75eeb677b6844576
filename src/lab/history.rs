//! The way back in time: copies of the cluster, from which any moment is reached by running on.

use crate::cluster::Cluster;
use crate::sim::SimTime;

/// Simulated time between two copies, at first.
const SPACING_MS: u64 = 5_000;
/// Watch events between two copies, at first: in a busy time they stand closer to each other.
const SPACING_EVENTS: usize = 1_000;
/// When there are more copies than this, every second of those that time made is dropped.
const MOST_COPIES: usize = 256;
/// So many go with each new one, until half of them are gone.
const DROPPED_AT_ONCE: usize = 2;
/// Copies that somebody's change made: with more the beginning goes, and nobody gets back to it.
const MOST_CHANGES: usize = 4_096;
/// Fewer copies are kept of a large cluster: together they hold at most so many objects …
const MOST_OBJECTS: usize = 400_000;
/// … but never fewer copies than this.
const FEWEST_COPIES: usize = 16;
/// Copies of moments before the last hour stand so far apart that one shares little with the next.
const NEAR_MS: u64 = 3_600_000;
/// So together they hold at most so many objects.
const MOST_FAR_OBJECTS: usize = 4_000;

/// Copies of the cluster, oldest first.
#[derive(Clone, Debug)]
pub struct History {
    copies: Vec<Checkpoint>,
    spacing_ms: u64,
    spacing_events: usize,
    end: SimTime,
    forks: u32,
    /// The copy up to which every second one has been dropped, while that goes on.
    thinned: Option<usize>,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    cluster: Cluster,
    /// Somebody changed something just before: without this copy, running on from an older one would miss it.
    is_needed: bool,
}

impl Checkpoint {
    fn of(cluster: &Cluster, is_needed: bool) -> Self {
        Self { cluster: cluster.clone(), is_needed }
    }
}

impl History {
    /// A history that begins with `cluster`.
    pub fn new(cluster: &Cluster) -> Self {
        let first = Checkpoint::of(cluster, true);
        Self {
            copies: vec![first],
            spacing_ms: SPACING_MS,
            spacing_events: SPACING_EVENTS,
            end: cluster.now(),
            forks: 0,
            thinned: None,
        }
    }

    /// As [`History::new`], but time alone makes no copies: nobody will go back.
    pub fn without_return(cluster: &Cluster) -> Self {
        Self { spacing_ms: u64::MAX, spacing_events: usize::MAX, ..Self::new(cluster) }
    }

    /// The last moment that was reached.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// How many times another history took the place of what had come after a moment.
    pub fn forks(&self) -> u32 {
        self.forks
    }

    /// Goes on as the history that this one took the place of.
    pub fn replaced_by(self, former: Self) -> Self {
        Self { forks: self.forks + 1, ..former }
    }

    /// Time has passed: keeps a copy now and then.
    pub fn time_passed(&mut self, cluster: &Cluster) {
        let now = cluster.now();
        self.end = self.end.max(now);
        let (last, events) =
            self.copies.last().map_or((SimTime::ZERO, 0), |copy| (copy.cluster.now(), copy.cluster.log().len()));
        let has_passed = now.ms_since(last) >= self.spacing_ms;
        if now > last && (has_passed || cluster.log().len().saturating_sub(events) >= self.spacing_events) {
            self.copies.push(Checkpoint::of(cluster, false));
            self.thin_out(cluster);
            self.copies.iter_mut().for_each(|copy| copy.cluster.forget_as(cluster));
        }
    }

    /// Somebody changed something: what came after this moment in an earlier history is gone.
    pub fn changed_from_outside(&mut self, cluster: &Cluster) {
        let now = cluster.now();
        self.forks += u32::from(now < self.end);
        self.copies.retain(|copy| copy.cluster.now() < now || (copy.is_needed && copy.cluster.now() == now));
        self.copies.push(Checkpoint::of(cluster, true));
        self.end = now;
        self.thin_out(cluster);
        let needed = || self.copies.iter().enumerate().filter(|(_, copy)| copy.is_needed);
        if needed().count() > MOST_CHANGES {
            let second = needed().nth(1).map_or(0, |(at, _)| at);
            self.copies.drain(..second);
        }
    }

    /// The cluster at `to`, which lies between the beginning and the end.
    pub fn at(&self, to: SimTime) -> Option<Cluster> {
        let after = self.copies.partition_point(|copy| copy.cluster.now() <= to);
        let mut cluster = self.copies.get(after.checked_sub(1)?)?.cluster.clone();
        cluster.run_until(to);
        Some(cluster)
    }

    /// The cluster just after somebody changed something next, after the moment `now` in the past; none at the end.
    pub fn next_change(&self, now: SimTime) -> Option<&Cluster> {
        if now >= self.end {
            return None;
        }
        let after = self.copies.partition_point(|copy| copy.cluster.now() <= now);
        let later = || self.copies.iter().skip(after).filter(|copy| copy.is_needed).map(|copy| &copy.cluster);
        let at = later().next()?.now();
        later().take_while(|cluster| cluster.now() == at).last()
    }

    /// Drops a few of the copies that are too many: all at once would hold up the page.
    fn thin_out(&mut self, cluster: &Cluster) {
        let room = |objects: usize| {
            let each = cluster.api.store().object_count().max(1);
            (objects / each).clamp(FEWEST_COPIES, MOST_COPIES)
        };
        self.thin_out_far(cluster.now(), room(MOST_FAR_OBJECTS));
        let far = self.far(cluster.now());
        let spare = self.copies.iter().skip(far).filter(|copy| !copy.is_needed).count();
        if self.thinned.is_none() && spare > room(MOST_OBJECTS) {
            self.spacing_ms = self.spacing_ms.saturating_mul(2);
            self.spacing_events = self.spacing_events.saturating_mul(2);
            self.thinned = Some(far);
        }
        for _ in 0..DROPPED_AT_ONCE {
            let Some(from) = self.thinned else { return };
            let spares = self.copies.iter().enumerate().skip(from).filter(|(_, copy)| !copy.is_needed);
            let [dropped, kept] = [0, 1].map(|nth| spares.clone().nth(nth).map(|(at, _)| at));
            if let Some(at) = dropped {
                self.copies.remove(at);
            }
            // One place further left, now that one is gone.
            self.thinned = kept;
        }
    }

    /// How many copies are of moments before the last hour.
    fn far(&self, now: SimTime) -> usize {
        self.copies.partition_point(|copy| now.ms_since(copy.cluster.now()) > NEAR_MS)
    }

    /// Of the copies of moments before the last hour those go whose neighbours stand closest together.
    fn thin_out_far(&mut self, now: SimTime, most: usize) {
        for _ in 0..DROPPED_AT_ONCE {
            let far = self.far(now);
            let spares = self.copies.iter().enumerate().take(far).skip(1).filter(|(_, copy)| !copy.is_needed);
            if spares.clone().count() <= most {
                return;
            }
            let moment = |at: usize| self.copies.get(at).map_or(now, |copy| copy.cluster.now());
            let Some((at, _)) = spares.min_by_key(|(at, _)| moment(at + 1).ms_since(moment(at - 1))) else { return };
            self.copies.remove(at);
            self.thinned = self.thinned.map(|from| from - usize::from(at < from));
        }
    }
}
