//! The process-behaviour chart of single values and moving ranges (XmR; Wheeler 1993).
//!
//! It answers one question: is this movement more than the process's usual unrest? Only where a
//! rule here signals may a report say that something changed. It says nothing of whether the
//! process is good, and limits are not clamped: the lower one of a rate may lie below zero.
//!
//! The rules are Wheeler's: a point beyond a limit, eight in a row on one side of the center, three
//! of four near a limit, a moving range beyond its own limit. The English health service's "Making
//! Data Count" takes seven in a row, two of three near a limit, and seven that rise or fall. We
//! keep eight, which chance alone gives in 2 of 256 stretches of eight points, seven in 2 of 128;
//! two of three says much the same as three of four; runs up or down are left out, since they add
//! false alarms and hardly find a drift that the other rules miss (Davis and Woodall 1988).

use super::mean;

/// Fewer points give limits too uncertain to judge by, and none are made.
pub const MINIMUM_POINTS: usize = 12;

/// Three standard deviations in units of the mean moving range of two: 3 / 1.128.
const RANGES_TO_LIMIT: f64 = 2.66;

/// The upper limit of a moving range of two in units of its mean: 1 + 3 × 0.8525 / 1.128 (Wheeler's D4).
const RANGES_TO_RANGE_LIMIT: f64 = 3.268;

const RUN_LENGTH: usize = 8;

/// The center and the natural process limits, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub center: f64,
    pub lower: f64,
    pub upper: f64,
    pub mean_moving_range: f64,
}

impl Limits {
    /// The largest step from one point to the next that belongs to the usual unrest.
    pub fn largest_range(&self) -> f64 {
        RANGES_TO_RANGE_LIMIT * self.mean_moving_range
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The point lies outside the limits.
    BeyondLimit,
    /// It is the eighth or a later point of a run on one side of the center.
    RunOfEight,
    /// It and two of the three points before it lie nearer to the same limit than to the center.
    ThreeOfFourNearLimit,
    /// The step to it from the point before is larger than any of the usual unrest.
    RangeBeyondLimit,
}

/// A point at which a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    pub index: usize,
    pub rule: Rule,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Above,
}

/// Limits from values in time order: mean ± 2.66 mean moving ranges.
///
/// `None` of fewer than [`MINIMUM_POINTS`].
pub fn limits(values: &[f64]) -> Option<Limits> {
    if values.len() < MINIMUM_POINTS {
        return None;
    }
    let center = mean::mean(values)?;
    let ranges: Vec<f64> =
        values.iter().zip(values.iter().skip(1)).map(|(before, after)| (after - before).abs()).collect();
    let mean_moving_range = mean::mean(&ranges)?;
    Some(Limits {
        center,
        lower: center - RANGES_TO_LIMIT * mean_moving_range,
        upper: center + RANGES_TO_LIMIT * mean_moving_range,
        mean_moving_range,
    })
}

/// All points at which a rule holds, in time order and for one point in the order of [`Rule`].
///
/// The limits may come from these values or from an earlier, calmer stretch. A point exactly on
/// the center ends a run; a point exactly on a limit is within it.
pub fn signals(values: &[f64], limits: &Limits) -> Vec<Signal> {
    let sides: Vec<_> = values.iter().map(|&value| side(value, limits)).collect();
    let near: Vec<_> = values.iter().map(|&value| near(value, limits)).collect();
    let mut found = Vec::new();
    for (index, &value) in values.iter().enumerate() {
        let mut signal = |rule, holds: bool| {
            if holds {
                found.push(Signal { index, rule });
            }
        };
        let is_beyond = value < limits.lower || value > limits.upper;
        signal(Rule::BeyondLimit, is_beyond);
        let run = same_as_last(&sides, index, RUN_LENGTH);
        signal(Rule::RunOfEight, run == RUN_LENGTH);
        signal(Rule::ThreeOfFourNearLimit, same_as_last(&near, index, 4) >= 3);
        let before = index.checked_sub(1).and_then(|before| values.get(before));
        signal(Rule::RangeBeyondLimit, before.is_some_and(|before| (value - before).abs() > limits.largest_range()));
    }
    found
}

fn side(value: f64, limits: &Limits) -> Option<Side> {
    if value > limits.center {
        return Some(Side::Above);
    }
    (value < limits.center).then_some(Side::Below)
}

/// The side of a value that is nearer to a limit than to the center.
fn near(value: f64, limits: &Limits) -> Option<Side> {
    let quarter = (limits.upper - limits.lower) / 4.0;
    side(value, limits).filter(|_| (value - limits.center).abs() > quarter)
}

/// How many of the last `width` points up to `index` are on the side of the point at `index`;
/// none if that point is on no side.
fn same_as_last(sides: &[Option<Side>], index: usize, width: usize) -> usize {
    let start = (index + 1).saturating_sub(width);
    let window = sides.get(start..=index).unwrap_or_default();
    match window.last() {
        Some(last @ Some(_)) => window.iter().filter(|side| *side == last).count(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges up to 3.268 × 3 = 9.804 are usual here, which is more than the limits are apart.
    const AROUND_ZERO: Limits = Limits { center: 0.0, lower: -4.0, upper: 4.0, mean_moving_range: 3.0 };

    fn found(values: &[f64]) -> Vec<(usize, Rule)> {
        signals(values, &AROUND_ZERO).into_iter().map(|signal| (signal.index, signal.rule)).collect()
    }

    #[test]
    fn limits_by_hand() {
        // Alternating 9 and 11: the mean is 10 and every moving range is 2.
        let values: Vec<f64> = (0..12).map(|i| 9.0 + 2.0 * f64::from(i % 2)).collect();
        let expected = Limits { center: 10.0, lower: 10.0 - 5.32, upper: 10.0 + 5.32, mean_moving_range: 2.0 };
        assert_eq!(limits(&values), Some(expected));
        assert_eq!(signals(&values, &expected), []);
    }

    #[test]
    fn fewer_than_the_minimum_give_no_limits() {
        assert_eq!(limits(&[]), None);
        assert_eq!(limits(&[1.0]), None);
        assert_eq!(limits(&[1.0; MINIMUM_POINTS - 1]), None);
    }

    #[test]
    fn equal_values_give_no_signal() {
        let equal = [0.1; 20];
        let limits = limits(&equal).unwrap();
        assert_eq!((limits.lower, limits.upper), (0.1, 0.1));
        assert_eq!(signals(&equal, &limits), []);
        assert_eq!(signals(&[], &limits), []);
    }

    #[test]
    fn only_a_point_outside_a_limit_is_beyond_it() {
        let values = [4.0, -4.0, 4.1, -0.5, -4.1];
        let expected = [(2, Rule::BeyondLimit), (4, Rule::BeyondLimit)];
        assert_eq!(found(&values), expected);
    }

    #[test]
    fn the_eighth_and_ninth_on_one_side_signal_and_a_point_on_the_center_ends_the_run() {
        assert_eq!(found(&[1.0; 7]), []);
        let expected = [(7, Rule::RunOfEight), (8, Rule::RunOfEight)];
        assert_eq!(found(&[1.0; 9]), expected);
        let mut broken = [1.0; 12];
        broken[5] = 0.0;
        assert_eq!(found(&broken), []);
    }

    #[test]
    fn three_of_four_near_the_same_limit_signal_at_the_third() {
        let rule = Rule::ThreeOfFourNearLimit;
        assert_eq!(found(&[3.0, 0.5, 3.0, 3.0]), [(3, rule)]);
        assert_eq!(found(&[3.0, 3.0, 3.0, -0.5]), [(2, rule)]);
        assert_eq!(found(&[3.0, -3.0, 3.0, -3.0]), []);
        assert_eq!(found(&[2.0, 2.0, 2.0, 2.0]), []);
        assert_eq!(found(&[3.0, -0.5, -0.5, 3.0, 3.0]), []);
    }

    #[test]
    fn a_step_larger_than_the_usual_unrest_signals_where_it_ends() {
        let rule = Rule::RangeBeyondLimit;
        let calm = Limits { mean_moving_range: 1.0, ..AROUND_ZERO };
        assert_eq!(calm.largest_range(), 3.268);
        let at =
            |values: &[f64]| signals(values, &calm).into_iter().map(|signal| (signal.index, signal.rule)).collect();
        let steps: Vec<(usize, Rule)> = at(&[-1.5, 1.7, -1.6, 1.6]);
        assert_eq!(steps, [(2, rule)]);
        let first_point: Vec<(usize, Rule)> = at(&[3.9]);
        assert_eq!(first_point, []);
    }

    #[test]
    fn a_step_change_is_found_with_limits_from_before_it() {
        let before: Vec<f64> = (0..12).map(|i| 9.0 + 2.0 * f64::from(i % 2)).collect();
        let limits = limits(&before).unwrap();
        let after: Vec<f64> = before.iter().map(|value| value + 3.0).collect();
        let first = signals(&after, &limits).first().copied();
        // 12 and 14 alternate; only 14 is nearer to the limit of 15.32, so the run comes first.
        let expected = Signal { index: 7, rule: Rule::RunOfEight };
        assert_eq!(first, Some(expected));
    }
}
