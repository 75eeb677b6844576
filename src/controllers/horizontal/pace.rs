//! How fast a number of pods may rise and fall. Models the second half of
//! pkg/controller/podautoscaler/horizontal.go.

// Kubernetes decides by ratios of 64-bit floats; these operations give the same bits everywhere.
#![allow(clippy::float_arithmetic, clippy::cast_possible_truncation)]

use serde_json::{Map, Value};

use super::usage::Tolerances;
use crate::api::Quantity;
use crate::api::resources::quantity;
use crate::sim::SimTime;

/// For so long the highest wish counts when the number falls.
/// `--horizontal-pod-autoscaler-downscale-stabilization`
pub const DOWNSCALE_STABILIZATION_S: i64 = 300;

/// A number and when it was: a wish, or by how much the number of pods was changed.
type Noted = (i32, SimTime);

/// What the controller remembers of one autoscaler. It is in no object: a controller that starts anew has forgotten.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    wishes: Vec<Noted>,
    rises: Vec<Noted>,
    falls: Vec<Noted>,
}

/// `spec.behavior`, with its defaults.
#[derive(Clone, Debug)]
pub struct Behavior {
    up: Rules,
    down: Rules,
}

#[derive(Clone, Debug)]
struct Rules {
    window_s: i64,
    select: Select,
    policies: Vec<Policy>,
    tolerance: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Select {
    Max,
    Min,
    Disabled,
}

#[derive(Clone, Copy, Debug)]
struct Policy {
    is_pods: bool,
    value: i32,
    period_s: i64,
}

/// The bounds of an autoscaler and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// How many pods there should be until now.
    pub current: i32,
    /// `spec.minReplicas`
    pub min: i32,
    /// `spec.maxReplicas`
    pub max: i32,
}

/// A wish within its bounds, with what the conditions say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paced {
    /// How many pods there shall be.
    pub replicas: i32,
    /// Reason and message of AbleToScale, which is true.
    pub able: (&'static str, &'static str),
    /// Whether ScalingLimited is true.
    pub is_limited: bool,
    /// Its reason and message.
    pub limited: (&'static str, &'static str),
}

const READY: (&str, &str) = ("ReadyForNewScale", "recommended size matches current size");
const UP_STABILIZED: (&str, &str) = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
);
const DOWN_STABILIZED: (&str, &str) = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
);
const WITHIN: (&str, &str) = ("DesiredWithinRange", "the desired count is within the acceptable range");
const TOO_FEW: (&str, &str) = ("TooFewReplicas", "the desired replica count is less than the minimum replica count");
const TOO_MANY: (&str, &str) = ("TooManyReplicas", "the desired replica count is more than the maximum replica count");
const UP_LIMIT: (&str, &str) =
    ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");
const DOWN_LIMIT: (&str, &str) =
    ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");

impl Behavior {
    /// Reads `spec.behavior` of a stored autoscaler; none where it has none. Models
    /// maybeInitScaleDownStabilizationWindow, since only the controller knows that default.
    pub fn read(spec: &Map<String, Value>) -> Option<Self> {
        let behavior = spec.get("behavior").filter(|behavior| behavior.is_object())?;
        Some(Self {
            up: Rules::read(behavior.get("scaleUp"), 0),
            down: Rules::read(behavior.get("scaleDown"), DOWNSCALE_STABILIZATION_S),
        })
    }

    /// The deviations at which nothing is done. Models tolerancesForHpa.
    pub fn tolerances(&self) -> Tolerances {
        let usual = Tolerances::default();
        Tolerances { down: self.down.tolerance.unwrap_or(usual.down), up: self.up.tolerance.unwrap_or(usual.up) }
    }
}

/// Models Quantity.AsApproximateFloat64; validation allows nothing finer than a thousandth.
fn approximate(quantity: &Quantity) -> f64 {
    let milli = i32::try_from(quantity.milli_value()).unwrap_or(i32::MAX);
    f64::from(milli) / 1000.0
}

impl Rules {
    fn read(rules: Option<&Value>, window_s: i64) -> Self {
        let field = |name: &str| rules.and_then(|rules| rules.get(name)).filter(|value| !value.is_null());
        let number = |policy: &Value, name: &str| policy.get(name).and_then(Value::as_i64).unwrap_or_default();
        let policies = field("policies").and_then(Value::as_array).into_iter().flatten();
        Self {
            window_s: field("stabilizationWindowSeconds").and_then(Value::as_i64).unwrap_or(window_s),
            select: match field("selectPolicy").and_then(Value::as_str) {
                Some("Disabled") => Select::Disabled,
                Some("Min") => Select::Min,
                _ => Select::Max,
            },
            policies: policies
                .map(|policy| Policy {
                    is_pods: policy.get("type").is_some_and(|kind| kind == "Pods"),
                    value: number(policy, "value") as i32,
                    period_s: number(policy, "periodSeconds"),
                })
                .collect(),
            tolerance: field("tolerance").and_then(quantity).map(|tolerance| approximate(&tolerance)),
        }
    }

    /// The farthest number that the policies allow. Models calculateScaleUpLimitWithScalingRules and
    /// calculateScaleDownLimitWithBehaviors.
    fn limit(&self, current: i32, memory: &Memory, now: SimTime, rises: bool) -> i32 {
        let proposals = self.policies.iter().map(|policy| {
            let recent = |events: &[Noted]| {
                let within = events.iter().filter(|(_, at)| age_ms(*at, now) < policy.period_s * 1000);
                within.fold(0_i32, |sum, (change, _)| sum.saturating_add(*change))
            };
            let start = current.saturating_sub(recent(&memory.rises)).saturating_add(recent(&memory.falls));
            let part = f64::from(policy.value) / 100.0;
            match (policy.is_pods, rises) {
                (true, true) => start.saturating_add(policy.value),
                (true, false) => start.saturating_sub(policy.value),
                (false, true) => (f64::from(start) * (1.0 + part)).ceil() as i32,
                (false, false) => (f64::from(start) * (1.0 - part)) as i32,
            }
        });
        // The largest change is the highest number on the way up and the lowest on the way down.
        let highest = (self.select == Select::Max) == rises;
        match self.select {
            Select::Disabled => current,
            _ if highest => proposals.max().unwrap_or(i32::MIN),
            _ => proposals.min().unwrap_or(i32::MAX),
        }
    }

    fn longest_period_s(&self) -> i64 {
        self.policies.iter().map(|policy| policy.period_s).max().unwrap_or_default()
    }
}

fn age_ms(at: SimTime, now: SimTime) -> i64 {
    i64::try_from(now.as_ms().saturating_sub(at.as_ms())).unwrap_or(i64::MAX)
}

impl Memory {
    /// The first wish is the number that was found. Models recordInitialRecommendation.
    pub fn begin(&mut self, current: i32, now: SimTime) {
        if self.wishes.is_empty() {
            self.wishes.push((current, now));
        }
    }

    /// Brings a wish within what is allowed, and remembers it. Models normalizeDesiredReplicas and
    /// normalizeDesiredReplicasWithBehaviors.
    pub fn pace(&mut self, wish: i32, range: Range, behavior: Option<&Behavior>, now: SimTime) -> Paced {
        let (stable, why) = match behavior {
            None => (self.stabilize(wish, now), DOWN_STABILIZED),
            Some(behavior) => self.stabilize_both_ways(wish, range.current, behavior, now),
        };
        let (replicas, limited) = match behavior {
            None => bounded(stable, range),
            Some(behavior) => self.bounded_by_rules(stable, range, behavior, now),
        };
        let able = if stable == wish { READY } else { why };
        Paced { replicas, able, is_limited: replicas != stable, limited }
    }

    /// The highest recent wish. Models stabilizeRecommendation.
    fn stabilize(&mut self, wish: i32, now: SimTime) -> i32 {
        let is_old = |at: SimTime| age_ms(at, now) > DOWNSCALE_STABILIZATION_S * 1000;
        let recent = self.wishes.iter().filter(|(_, at)| !is_old(*at)).map(|(wish, _)| *wish);
        let highest = recent.fold(wish, i32::max);
        note(&mut self.wishes, (wish, now), is_old);
        highest
    }

    /// Models stabilizeRecommendationWithBehaviors.
    fn stabilize_both_ways(
        &mut self,
        wish: i32,
        current: i32,
        behavior: &Behavior,
        now: SimTime,
    ) -> (i32, (&'static str, &'static str)) {
        let (up_ms, down_ms) = (behavior.up.window_s * 1000, behavior.down.window_s * 1000);
        let within = |window_ms: i64| {
            let recent = self.wishes.iter().filter(move |(_, at)| age_ms(*at, now) < window_ms);
            recent.map(|(wish, _)| *wish)
        };
        let lowest = within(up_ms).fold(wish, i32::min);
        let highest = within(down_ms).fold(wish, i32::max);
        let stable = current.max(lowest).min(highest);
        note(&mut self.wishes, (wish, now), |at| age_ms(at, now) > up_ms.max(down_ms));
        (stable, if wish >= current { UP_STABILIZED } else { DOWN_STABILIZED })
    }

    /// Models convertDesiredReplicasWithBehaviorRate.
    fn bounded_by_rules(
        &self,
        wish: i32,
        Range { current, min, max }: Range,
        behavior: &Behavior,
        now: SimTime,
    ) -> (i32, (&'static str, &'static str)) {
        if wish > current {
            let limit = behavior.up.limit(current, self, now, true).max(current);
            let (most, why) = if max > limit { (limit, UP_LIMIT) } else { (max, TOO_MANY) };
            if wish > most {
                return (most, why);
            }
        } else if wish < current {
            let limit = behavior.down.limit(current, self, now, false).min(current);
            let (least, why) = if min < limit { (limit, DOWN_LIMIT) } else { (min, TOO_FEW) };
            if wish < least {
                return (least, why);
            }
        }
        (wish, WITHIN)
    }

    /// Remembers that the number was changed, which is what the policies count. Models storeScaleEvent.
    pub fn scaled(&mut self, before: i32, after: i32, behavior: Option<&Behavior>, now: SimTime) {
        let Some(behavior) = behavior else { return };
        let (rules, events) =
            if after > before { (&behavior.up, &mut self.rises) } else { (&behavior.down, &mut self.falls) };
        let longest_ms = rules.longest_period_s() * 1000;
        note(events, ((after - before).abs(), now), |at| age_ms(at, now) > longest_ms);
    }
}

/// Writes over the last one that is too old to count, so that the list does not grow.
fn note(list: &mut Vec<Noted>, new: Noted, is_old: impl Fn(SimTime) -> bool) {
    match list.iter_mut().rev().find(|(_, at)| is_old(*at)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}

/// Without rules the number doubles at most, or becomes four. Models convertDesiredReplicasWithRules.
fn bounded(wish: i32, Range { current, min, max }: Range) -> (i32, (&'static str, &'static str)) {
    let limit = current.saturating_mul(2).max(4);
    let (most, why) = if max > limit { (limit, UP_LIMIT) } else { (max, TOO_MANY) };
    if wish < min {
        (min, TOO_FEW)
    } else if wish > most {
        (most, why)
    } else {
        (wish, WITHIN)
    }
}
