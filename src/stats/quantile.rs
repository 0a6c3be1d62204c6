//! Quantiles of a sample, and intervals for the quantiles of what it was drawn from.
//!
//! Durations are skewed, so medians and percentiles describe them better than means. All
//! functions but [`select_summary`] take values in the order that [`sort`] makes. Nothing here
//! approximates a quantile itself; open cases that are still waiting belong to
//! [`super::survival`].

use super::Interval;
use super::discrete::Mass;
use super::level;

/// Ranks come from the exact binomial distribution up to this variance n·q·(1 − q), which is a
/// thousand values for a median, and from its normal approximation beyond.
const LARGEST_EXACT_VARIANCE: f64 = 250.0;

/// What a report says of a set of durations. `low` and `high` are the ends of the median's
/// interval, unknown where the sample is too small for one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub n: usize,
    pub p25: f64,
    pub p50: f64,
    pub p75: f64,
    pub p90: f64,
    pub p95: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// Sorts ascending.
pub fn sort(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}

/// The quantile by linear interpolation between order statistics: type 7 of Hyndman and Fan
/// (1996), which is `percentile_cont` in SQL and the default of R and NumPy.
///
/// `None` if there are no values or `q` is not from 0 to 1.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let (rank, fraction) = position(sorted.len(), q)?;
    let below = *sorted.get(rank)?;
    match sorted.get(rank + 1) {
        Some(above) if fraction > 0.0 => Some(below + fraction * (above - below)),
        _ => Some(below),
    }
}

/// The lower of the two middle values, or the middle one; some tools call this the median.
pub fn lower_median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// The interval of a quantile between two order statistics (David and Nagaraja 2003, section
/// 7.1), free of any assumption about the shape of the distribution.
///
/// The ranks leave at most half of `1 - level` on each side, so the true coverage is at least
/// `level`. That needs values enough: `None` where even the smallest or largest value is not far
/// enough out, which for a median at 0.95 is below 6 values. `None` also if `q` is not strictly
/// between 0 and 1, or no such level.
pub fn quantile_interval(sorted: &[f64], q: f64, level: f64) -> Option<Interval> {
    let (low, high) = interval_ranks(sorted.len(), q, level)?;
    Some(Interval { low: *sorted.get(low)?, high: *sorted.get(high)? })
}

/// The usual percentiles with the interval of the median, from values in any order.
///
/// Only the values that take part are moved to their place, which is several times faster than
/// sorting; afterwards `values` is in no useful order. `None` if there are no values or no such
/// level.
pub fn select_summary(values: &mut [f64], level: f64) -> Option<Summary> {
    level::tail(level)?;
    let n = values.len();
    let median_ranks = interval_ranks(n, 0.5, level);
    let mut ranks: Vec<usize> = [0.25, 0.5, 0.75, 0.9, 0.95]
        .iter()
        .filter_map(|&q| position(n, q))
        .flat_map(|(rank, _)| [rank, rank + 1])
        .chain(median_ranks.into_iter().flat_map(|(low, high)| [low, high]))
        .filter(|&rank| rank < n)
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    place(values, 0, &ranks);
    let interval = quantile_interval(values, 0.5, level);
    Some(Summary {
        n,
        p25: quantile(values, 0.25)?,
        p50: quantile(values, 0.5)?,
        p75: quantile(values, 0.75)?,
        p90: quantile(values, 0.9)?,
        p95: quantile(values, 0.95)?,
        low: interval.map(|found| found.low),
        high: interval.map(|found| found.high),
    })
}

/// The rank, from 0, at or below the quantile, and how far it lies towards the next.
fn position(n: usize, q: f64) -> Option<(usize, f64)> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    let exact = n.checked_sub(1)? as f64 * q;
    Some((exact as usize, exact.fract()))
}

/// The ranks, from 0, of the two order statistics that bound the quantile.
fn interval_ranks(n: usize, q: f64, level: f64) -> Option<(usize, usize)> {
    let tail = level::tail(level)?;
    if !(q > 0.0 && q < 1.0) {
        return None;
    }
    // Both are numbers of values that lie below the quantile: the fewest and the most that are
    // still believable.
    let variance = n as f64 * q * (1.0 - q);
    let (fewest, most) = if variance <= LARGEST_EXACT_VARIANCE {
        let below = Mass::binomial(n as u64, q)?;
        (below.quantile(tail), below.quantile(1.0 - tail))
    } else {
        let reach = level::normal_critical(level)? * variance.sqrt();
        let center = n as f64 * q - 0.5;
        let fewest = (center - reach).ceil().max(0.0);
        (fewest as u64, (center + reach).ceil() as u64)
    };
    let low = usize::try_from(fewest).ok()?.checked_sub(1)?;
    let high = usize::try_from(most).ok()?;
    (high < n).then_some((low, high))
}

/// Moves the values of the given ranks to where sorting would put them. `ranks` are ascending and
/// `offset` is the rank of the first value.
fn place(values: &mut [f64], offset: usize, ranks: &[usize]) {
    let (below, rest) = ranks.split_at(ranks.len() / 2);
    let Some((rank, above)) = rest.split_first() else {
        return;
    };
    let (left, _, right) = values.select_nth_unstable_by(rank - offset, f64::total_cmp);
    place(left, offset, below);
    place(right, rank + 1, above);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Generator;

    const SAMPLE: [f64; 10] = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, 12.0, 31.0];

    fn ranks_from_one(n: usize, q: f64, level: f64) -> Option<(usize, usize)> {
        interval_ranks(n, q, level).map(|(low, high)| (low + 1, high + 1))
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([2, 4, 4, 4, 5, 5, 7, 9, 12, 31], q)
        for (q, expected) in
            [(0.25, 4.0), (0.5, 5.0), (0.75, 8.5), (0.9, 13.9), (0.95, 22.45), (0.1, 3.8), (0.0, 2.0), (1.0, 31.0)]
        {
            assert!((quantile(&SAMPLE, q).unwrap() - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn of_an_even_number_the_lower_median_is_a_value_of_the_sample() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 9.0], 0.5), Some(3.0));
        assert_eq!(lower_median(&[1.0, 2.0, 4.0, 9.0]), Some(2.0));
        assert_eq!(lower_median(&[1.0, 2.0, 4.0]), Some(2.0));
    }

    #[test]
    fn ranks_are_those_of_scipy() {
        // scipy.stats.binom.ppf(tail, n, q), scipy.stats.binom.ppf(1 - tail, n, q) + 1
        for (n, q, level, expected) in [
            (10, 0.5, 0.95, (2, 9)),
            (20, 0.5, 0.95, (6, 15)),
            (50, 0.5, 0.95, (18, 33)),
            (50, 0.9, 0.95, (41, 50)),
            (100, 0.9, 0.9, (85, 96)),
            (1000, 0.5, 0.95, (469, 532)),
            (1002, 0.5, 0.95, (470, 533)),
            (100_000, 0.5, 0.95, (49_690, 50_311)),
        ] {
            assert_eq!(ranks_from_one(n, q, level), Some(expected), "{n}");
        }
    }

    #[test]
    fn six_values_are_the_fewest_that_bound_a_median_at_95() {
        assert_eq!(ranks_from_one(5, 0.5, 0.95), None);
        assert_eq!(ranks_from_one(6, 0.5, 0.95), Some((1, 6)));
        assert_eq!(quantile_interval(&SAMPLE[..5], 0.5, 0.95), None);
        assert_eq!(quantile_interval(&SAMPLE, 0.95, 0.95), None);
    }

    #[test]
    fn nothing_one_value_and_equal_values_are_answered() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(lower_median(&[]), None);
        assert_eq!(quantile_interval(&[], 0.5, 0.95), None);
        assert_eq!(select_summary(&mut [], 0.95), None);
        assert_eq!(quantile(&[3.0], 0.9), Some(3.0));
        assert_eq!(quantile(&[3.0], 1.1), None);
        assert_eq!(quantile(&[3.0], f64::NAN), None);
        assert_eq!(select_summary(&mut [3.0], 2.0), None);
        let one = select_summary(&mut [3.0], 0.95).unwrap();
        assert_eq!((one.n, one.p95, one.low, one.high), (1, 3.0, None, None));
        let equal = select_summary(&mut [3.0; 9], 0.95).unwrap();
        assert_eq!((equal.low, equal.high), (Some(3.0), Some(3.0)));
    }

    #[test]
    fn the_summary_of_any_order_is_that_of_the_sorted_values() {
        let mut generator = Generator::new(3);
        for n in [1, 2, 3, 5, 6, 10, 37, 1000, 20_011] {
            let mut values: Vec<f64> = (0..n).map(|_| generator.below(500) as f64).collect();
            let found = select_summary(&mut values, 0.95).unwrap();
            sort(&mut values);
            let interval = quantile_interval(&values, 0.5, 0.95);
            let expected = Summary {
                n,
                p25: quantile(&values, 0.25).unwrap(),
                p50: quantile(&values, 0.5).unwrap(),
                p75: quantile(&values, 0.75).unwrap(),
                p90: quantile(&values, 0.9).unwrap(),
                p95: quantile(&values, 0.95).unwrap(),
                low: interval.map(|found| found.low),
                high: interval.map(|found| found.high),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_coverage_is_at_least_the_level_whatever_the_shape() {
        let mut generator = Generator::new(17);
        let rounds = 2000;
        for q in [0.5, 0.75] {
            // The q quantile of u⁴, very skewed, is q⁴.
            let truth = f64::powi(q, 4);
            let held = (0..rounds)
                .filter(|_| {
                    let mut values: Vec<f64> = (0..31).map(|_| generator.uniform().powi(4)).collect();
                    sort(&mut values);
                    let found = quantile_interval(&values, q, 0.9).unwrap();
                    found.low <= truth && truth <= found.high
                })
                .count();
            let coverage = held as f64 / f64::from(rounds);
            assert!((0.89..0.97).contains(&coverage), "{q}: {coverage}");
        }
    }
}
