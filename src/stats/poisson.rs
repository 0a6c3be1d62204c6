//! Counts of events over an exposure: one rate, and the ratio of two.
//!
//! An exposure is how long (or how much) was watched, in any unit; a rate is events per unit of
//! it. The methods take events as independent of one another: where incidents come in bursts the
//! intervals are too narrow.

use statrs::distribution::{ContinuousCDF, Gamma};
use statrs::function::beta::beta_reg;

use super::Interval;
use super::discrete::{LARGEST_EXACT_TOTAL, Mass};
use super::level;

/// How many times larger the first rate is than the second.
///
/// `ratio` and `interval.high` are infinite where the second count is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRatio {
    pub ratio: f64,
    pub interval: Interval,
    /// Two-sided, for the two rates being equal.
    pub p: f64,
}

/// The exact interval of `count / exposure` (Garwood 1936), from quantiles of the gamma
/// distribution; above a thousand million events those come from the approximation of Wilson and
/// Hilferty (1931), which is then as precise.
///
/// `None` if the exposure is not a positive finite number, or no such level.
pub fn exact(count: u64, exposure: f64, level: f64) -> Option<Interval> {
    if !is_exposure(exposure) {
        return None;
    }
    let low = match count {
        0 => 0.0,
        _ => gamma_quantiles(count as f64, level)?.low,
    };
    let high = gamma_quantiles(count as f64 + 1.0, level)?.high;
    Some(Interval { low: low / exposure, high: high / exposure })
}

/// The ratio of the rates `c1 / e1` and `c2 / e2`.
///
/// Given the total count, the first count is binomial (Przyborowski and Wilenski 1940). The
/// interval is Clopper and Pearson's, carried over to the ratio; the p-value sums all splits that
/// are no more likely than the observed one, as `poisson.test` in R does.
///
/// `None` if both counts are zero, there are more than a thousand million events (the exact method
/// loses its digits there), an exposure is not a positive finite number, the exposures are too
/// unlike to compare, or no such level.
pub fn rate_ratio(c1: u64, e1: f64, c2: u64, e2: f64, level: f64) -> Option<RateRatio> {
    let tail = level::tail(level)?;
    let total = c1.checked_add(c2)?;
    if total == 0 || total > LARGEST_EXACT_TOTAL || !is_exposure(e1) || !is_exposure(e2) {
        return None;
    }
    let expected_share = 1.0 / (1.0 + e2 / e1);
    let p = Mass::binomial(total, expected_share)?.two_sided_p(c1);
    let as_ratio = |share: f64| share / (1.0 - share) * (e2 / e1);
    let low = match c1 {
        0 => 0.0,
        _ => as_ratio(beta_quantile(c1 as f64, c2 as f64 + 1.0, tail)),
    };
    let high = match c2 {
        0 => f64::INFINITY,
        _ => as_ratio(beta_quantile(c1 as f64 + 1.0, c2 as f64, 1.0 - tail)),
    };
    Some(RateRatio { ratio: c1 as f64 / c2 as f64 * (e2 / e1), interval: Interval { low, high }, p })
}

fn is_exposure(exposure: f64) -> bool {
    exposure > 0.0 && exposure.is_finite()
}

/// Both quantiles that leave half of `1 - level` outside, for a scale of 1.
fn gamma_quantiles(shape: f64, level: f64) -> Option<Interval> {
    if shape > LARGEST_EXACT_TOTAL as f64 {
        let reach = level::normal_critical(level)? / (3.0 * shape.sqrt());
        let center = 1.0 - 1.0 / (9.0 * shape);
        return Some(Interval { low: shape * (center - reach).powi(3), high: shape * (center + reach).powi(3) });
    }
    let tail = level::tail(level)?;
    let gamma = Gamma::new(shape, 1.0).ok()?;
    Some(Interval { low: gamma.inverse_cdf(tail), high: gamma.inverse_cdf(1.0 - tail) })
}

/// The quantile of the beta distribution by bisection, which unlike Newton's method keeps its
/// relative precision when the shapes are of very different size.
fn beta_quantile(a: f64, b: f64, probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = (low + high) / 2.0;
        if high - low <= 1e-14 * high || middle <= low || middle >= high {
            return middle;
        }
        if beta_reg(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Generator;

    fn assert_close(found: f64, expected: f64) {
        let is_close = found == expected || (found / expected - 1.0).abs() < 1e-9;
        assert!(is_close, "{found} is not {expected}");
    }

    #[test]
    fn garwood_is_that_of_scipy() {
        // scipy.stats.chi2.ppf(tail, 2 * k) / 2, scipy.stats.chi2.ppf(1 - tail, 2 * k + 2) / 2
        for (count, level, low, high) in [
            (0, 0.95, 0.0, 3.6888794541139354),
            (10, 0.95, 4.7953886961324335, 18.39035604201778),
            (3, 0.9, 0.8176914471639533, 7.753656527932725),
            (100_000, 0.95, 99381.15266374472, 100621.74473974388),
        ] {
            let found = exact(count, 2.0, level).unwrap();
            assert_close(found.low, low / 2.0);
            assert_close(found.high, high / 2.0);
        }
    }

    #[test]
    fn the_approximation_for_enormous_counts_agrees_where_it_takes_over() {
        let before = exact(LARGEST_EXACT_TOTAL - 1, 1e9, 0.95).unwrap();
        let after = exact(LARGEST_EXACT_TOTAL + 1, 1e9, 0.95).unwrap();
        assert!((after.low - before.low - 2e-9).abs() < 1e-10);
        assert!((after.high - before.high - 2e-9).abs() < 1e-10);
        assert!(exact(u64::MAX, 1.0, 0.95).is_some());
    }

    #[test]
    fn rate_ratios_are_those_of_scipy() {
        // r = scipy.stats.binomtest(c1, c1 + c2, e1 / (e1 + e2)); r.pvalue and, for both ends x of
        // r.proportion_ci(method='exact'), x / (1 - x) * e2 / e1.
        let found = rate_ratio(11, 800.0, 9, 3011.0, 0.95).unwrap();
        assert_close(found.ratio, 11.0 / 800.0 / (9.0 / 3011.0));
        assert_close(found.p, 0.0008691018912536494);
        assert_close(found.interval.low, 1.733007415844126);
        assert_close(found.interval.high, 12.559367057736537);

        let found = rate_ratio(12, 1.0, 1_000_000, 1.0, 0.95).unwrap();
        assert_close(found.p, 0.0);
        assert_close(found.interval.low, 6.2005540281613175e-06);
        assert_close(found.interval.high, 2.0961678972760483e-05);
    }

    #[test]
    fn a_zero_count_bounds_the_ratio_on_one_side_only() {
        // scipy.stats.binomtest(0, 4, 0.5) and scipy.stats.binomtest(5, 5, 0.5), as above.
        let none_first = rate_ratio(0, 10.0, 4, 10.0, 0.95).unwrap();
        assert_close(none_first.p, 0.125);
        assert_eq!((none_first.ratio, none_first.interval.low), (0.0, 0.0));
        assert_close(none_first.interval.high, 1.5148668593659411);
        let none_second = rate_ratio(5, 10.0, 0, 10.0, 0.95).unwrap();
        assert_close(none_second.p, 0.0625);
        assert_close(none_second.interval.low, 0.91635585731546);
        assert_eq!(none_second.ratio, f64::INFINITY);
        assert_eq!(none_second.interval.high, f64::INFINITY);
    }

    #[test]
    fn swapping_the_sides_inverts_the_ratio() {
        let there = rate_ratio(7, 3.0, 12, 11.0, 0.95).unwrap();
        let back = rate_ratio(12, 11.0, 7, 3.0, 0.95).unwrap();
        assert_close(there.ratio, 1.0 / back.ratio);
        assert_close(there.interval.low, 1.0 / back.interval.high);
        assert_close(there.interval.high, 1.0 / back.interval.low);
        assert_close(there.p, back.p);
    }

    #[test]
    fn without_exposure_or_events_the_rate_is_unknown() {
        assert_eq!(exact(1, 0.0, 0.95), None);
        assert_eq!(exact(1, f64::NAN, 0.95), None);
        assert_eq!(exact(1, 1.0, 1.5), None);
        assert_eq!(rate_ratio(0, 1.0, 0, 1.0, 0.95), None);
        assert_eq!(rate_ratio(LARGEST_EXACT_TOTAL, 1.0, 1, 1.0, 0.95), None);
        assert_eq!(rate_ratio(1, 1.0, 1, f64::INFINITY, 0.95), None);
        assert_eq!(rate_ratio(1, 1e-300, 1, 1e300, 0.95), None);
    }

    #[test]
    fn at_least_95_of_100_exact_intervals_hold_the_truth() {
        let mut generator = Generator::new(5);
        let (truth, rounds) = (4.0, 2000);
        let held = (0..rounds)
            .filter(|_| {
                let found = exact(draw(truth, &mut generator), 1.0, 0.95).unwrap();
                found.low <= truth && truth <= found.high
            })
            .count();
        let coverage = held as f64 / f64::from(rounds);
        assert!((0.95..0.995).contains(&coverage), "{coverage}");
    }

    /// A Poisson count, by multiplying uniforms until they fall below exp(-mean) (Knuth).
    fn draw(mean: f64, generator: &mut Generator) -> u64 {
        let mut product = generator.uniform();
        let mut count = 0;
        while product > (-mean).exp() {
            product *= generator.uniform();
            count += 1;
        }
        count
    }
}
