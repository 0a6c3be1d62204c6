//! One rate ratio out of many strata: each compares itself with itself, so that a troubled stratum cannot lend its
//! trouble to the sum.
//!
//! The estimate is that of Mantel and Haenszel for person-time. Few events get an exact interval, many the one of
//! Greenland and Robins. It does not test whether the strata share one ratio.

use super::Interval;
use super::level;
use super::poisson::{self, RateRatio};

/// Up to this many events the interval is exact; the work grows with the square.
const LARGEST_EXACT_TOTAL: u64 = 200;

/// R and SciPy count an outcome as equally likely when it is within this relative distance.
const SAME_PROBABILITY: f64 = 1.0 + 1e-7;

/// The exact interval is looked for between these natural logarithms of the ratio.
const LARGEST_LOG_RATIO: f64 = 60.0;

/// Events and exposure of one stratum, on both sides. Exposures are in any one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stratum {
    pub first_count: u64,
    pub first_exposure: f64,
    pub second_count: u64,
    pub second_exposure: f64,
}

impl Stratum {
    /// Whether both sides were seen at all: a stratum with one side only has nothing to be compared with.
    pub fn is_comparable(&self) -> bool {
        let is_exposure = |exposure: f64| exposure > 0.0 && exposure.is_finite();
        is_exposure(self.first_exposure) && is_exposure(self.second_exposure)
    }

    fn count(&self) -> u64 {
        self.first_count + self.second_count
    }

    fn exposure(&self) -> f64 {
        self.first_exposure + self.second_exposure
    }

    /// The share of this stratum's events to expect on the first side, where its rate is `ratio` times the second's.
    fn share(&self, ratio: f64) -> f64 {
        ratio * self.first_exposure / (ratio * self.first_exposure + self.second_exposure)
    }
}

/// How many times larger the first rate is than the second, within strata (Mantel and Haenszel 1959, for person-time
/// Rothman and Boice 1979).
///
/// Up to 200 events the interval inverts the exact conditional distribution, a sum of one binomial a stratum (Martin
/// and Austin 1996), and the p-value sums all outcomes that are no more likely than the observed one. Beyond, the
/// interval is that of Greenland and Robins (1985) and the p-value that of the Mantel–Haenszel score. A single stratum
/// gives what [`poisson::rate_ratio`] gives.
///
/// `ratio` and `interval.high` are infinite where no event is on the second side. `None` if no stratum has events and
/// both exposures, if all of more than 200 events in several strata are on one side, or no such level.
pub fn rate_ratio(strata: &[Stratum], level: f64) -> Option<RateRatio> {
    let strata: Vec<Stratum> = strata.iter().copied().filter(|one| one.is_comparable() && one.count() > 0).collect();
    match strata.as_slice() {
        [] => None,
        [only] => {
            poisson::rate_ratio(only.first_count, only.first_exposure, only.second_count, only.second_exposure, level)
        }
        several if several.iter().map(Stratum::count).sum::<u64>() <= LARGEST_EXACT_TOTAL => exact(several, level),
        several => approximate(several, level),
    }
}

/// Σ a·T₀/T and Σ b·T₁/T: their quotient is the estimate.
fn weighted(strata: &[Stratum]) -> (f64, f64) {
    strata.iter().fold((0.0, 0.0), |(first, second), stratum| {
        let first_share = stratum.first_exposure / stratum.exposure();
        (first + stratum.first_count as f64 * (1.0 - first_share), second + stratum.second_count as f64 * first_share)
    })
}

fn approximate(strata: &[Stratum], level: f64) -> Option<RateRatio> {
    let critical = level::normal_critical(level)?;
    let (above, below) = weighted(strata);
    if above <= 0.0 || below <= 0.0 {
        return None;
    }
    let (mut expected, mut variance) = (0.0, 0.0);
    for stratum in strata {
        let share = stratum.share(1.0);
        expected += stratum.count() as f64 * share;
        variance += stratum.count() as f64 * share * (1.0 - share);
    }
    let observed: u64 = strata.iter().map(|stratum| stratum.first_count).sum();
    let ratio = above / below;
    let reach = (critical * (variance / (above * below)).sqrt()).exp();
    let p = level::normal_p((observed as f64 - expected) / variance.sqrt());
    Some(RateRatio { ratio, interval: Interval { low: ratio / reach, high: ratio * reach }, p })
}

fn exact(strata: &[Stratum], level: f64) -> Option<RateRatio> {
    let tail = level::tail(level)?;
    let (above, below) = weighted(strata);
    let observed = usize::try_from(strata.iter().map(|stratum| stratum.first_count).sum::<u64>()).ok()?;
    let total = usize::try_from(strata.iter().map(Stratum::count).sum::<u64>()).ok()?;
    let at_least = |ratio: f64| first_count_distribution(strata, ratio).iter().skip(observed).sum::<f64>();
    let more_than = |ratio: f64| first_count_distribution(strata, ratio).iter().skip(observed + 1).sum::<f64>();
    let low = if observed == 0 { 0.0 } else { root(|ratio| at_least(ratio) - tail) };
    let high = if observed == total { f64::INFINITY } else { root(|ratio| more_than(ratio) - (1.0 - tail)) };
    let by_chance = first_count_distribution(strata, 1.0);
    let limit = by_chance.get(observed)? * SAME_PROBABILITY;
    let p: f64 = by_chance.iter().filter(|&&probability| probability <= limit).sum();
    Some(RateRatio { ratio: above / below, interval: Interval { low, high }, p: p.min(1.0) })
}

/// The probability of 0, 1, 2 … events on the first side, given each stratum's total: every event is one trial.
fn first_count_distribution(strata: &[Stratum], ratio: f64) -> Vec<f64> {
    let mut distribution = vec![1.0];
    for stratum in strata {
        let share = stratum.share(ratio);
        for _ in 0..stratum.count() {
            distribution.push(0.0);
            for count in (1..distribution.len()).rev() {
                distribution[count] = distribution[count] * (1.0 - share) + distribution[count - 1] * share;
            }
            distribution[0] *= 1.0 - share;
        }
    }
    distribution
}

/// Where a function that rises with the ratio crosses zero, by bisection of its logarithm.
fn root(rising: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO);
    while high - low > 1e-12 {
        let middle = (low + high) / 2.0;
        if rising(middle.exp()) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    ((low + high) / 2.0).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::LEVEL;

    fn stratum(first_count: u64, first_exposure: f64, second_count: u64, second_exposure: f64) -> Stratum {
        Stratum { first_count, first_exposure, second_count, second_exposure }
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn two_strata_by_hand() {
        // Weights: 6·40/50 + 3·10/20 = 6.3 above, 4·10/50 + 1·10/20 = 1.3 below: 6.3/1.3.
        let found = rate_ratio(&[stratum(6, 10.0, 4, 40.0), stratum(3, 10.0, 1, 10.0)], LEVEL).unwrap();
        assert_close(found.ratio, 6.3 / 1.3);
        assert!(found.interval.low > 1.0 && found.interval.high > found.ratio && found.p < 0.01, "{found:?}");
    }

    #[test]
    fn a_troubled_stratum_does_not_lend_its_trouble_to_the_sum() {
        // In both strata the two rates are equal: 1 an hour and 0.01 an hour. Pooled, 101/110 stands against
        // 11/110 hours, a ratio of nine, only because the troubled stratum is mostly exposed.
        let strata = [stratum(100, 100.0, 10, 10.0), stratum(1, 100.0, 10, 1000.0)];
        let found = rate_ratio(&strata, LEVEL).unwrap();
        assert_close(found.ratio, 1.0);
        assert!(found.p > 0.9, "{found:?}");
    }

    #[test]
    fn one_stratum_is_the_plain_rate_ratio() {
        let found = rate_ratio(&[stratum(7, 3.0, 12, 11.0), stratum(0, 5.0, 0, 5.0), stratum(4, 0.0, 9, 5.0)], LEVEL);
        assert_eq!(found, poisson::rate_ratio(7, 3.0, 12, 11.0, LEVEL));
    }

    #[test]
    fn the_exact_interval_of_equal_strata_is_that_of_their_sum() {
        // With the same share of exposure in every stratum the sum of binomials is one binomial.
        let split = rate_ratio(&[stratum(2, 1.0, 5, 3.0), stratum(4, 2.0, 3, 6.0)], LEVEL).unwrap();
        let whole = poisson::rate_ratio(6, 3.0, 8, 9.0, LEVEL).unwrap();
        assert_close(split.ratio, whole.ratio);
        assert_close(split.interval.low, whole.interval.low);
        assert_close(split.interval.high, whole.interval.high);
        assert_close(split.p, whole.p);
    }

    #[test]
    fn many_events_give_the_interval_of_greenland_and_robins() {
        // By hand: above 60·0.8 + 40·0.5 = 68, below 90·0.2 + 30·0.5 = 33, ratio 68/33. Variance of the count
        // 150·0.16 + 70·0.25 = 41.5, of the logarithm 41.5/(68·33) = 0.0184938, its root 0.135992.
        // exp(1.959964·0.135992) = 1.305440. Expected 150·0.2 + 70·0.5 = 65: z = 35/6.44205 = 5.433.
        let found = rate_ratio(&[stratum(60, 20.0, 90, 80.0), stratum(40, 50.0, 30, 50.0)], LEVEL).unwrap();
        assert_close(found.ratio, 68.0 / 33.0);
        assert!((found.interval.low - 68.0 / 33.0 / 1.305440).abs() < 1e-5, "{found:?}");
        assert!((found.interval.high - 68.0 / 33.0 * 1.305440).abs() < 1e-5, "{found:?}");
        assert!(found.p < 1e-7 && found.p > 1e-8, "{found:?}");
    }

    #[test]
    fn both_intervals_agree_where_one_takes_over() {
        let strata = [stratum(40, 20.0, 80, 80.0), stratum(52, 50.0, 26, 50.0)];
        let small = exact(&strata, LEVEL).unwrap();
        let large = approximate(&strata, LEVEL).unwrap();
        assert_close(small.ratio, large.ratio);
        assert!((small.interval.low / large.interval.low).ln().abs() < 0.06, "{small:?} {large:?}");
        assert!((small.interval.high / large.interval.high).ln().abs() < 0.06, "{small:?} {large:?}");
    }

    #[test]
    fn a_side_without_events_bounds_the_ratio_on_one_side_only() {
        let none_first = rate_ratio(&[stratum(0, 1.0, 4, 2.0), stratum(0, 1.0, 3, 1.0)], LEVEL).unwrap();
        assert_eq!((none_first.ratio, none_first.interval.low), (0.0, 0.0));
        assert!(none_first.interval.high.is_finite());
        let none_second = rate_ratio(&[stratum(3, 1.0, 0, 2.0), stratum(2, 1.0, 0, 1.0)], LEVEL).unwrap();
        assert_eq!((none_second.ratio, none_second.interval.high), (f64::INFINITY, f64::INFINITY));
        assert!(none_second.interval.low > 0.0);
    }

    #[test]
    fn what_cannot_be_compared_is_unknown() {
        assert_eq!(rate_ratio(&[], LEVEL), None);
        assert_eq!(rate_ratio(&[stratum(0, 1.0, 0, 1.0)], LEVEL), None);
        assert_eq!(rate_ratio(&[stratum(5, 1.0, 5, 0.0), stratum(5, f64::NAN, 5, 1.0)], LEVEL), None);
        assert_eq!(rate_ratio(&[stratum(5, 1.0, 5, 1.0), stratum(5, 1.0, 5, 1.0)], 1.5), None);
    }
}
