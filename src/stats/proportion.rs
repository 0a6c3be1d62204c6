//! Shares of events: one share, the difference of two, and whether two differ.
//!
//! A share is `successes / trials`, from 0 to 1. Weighted shares are sums over sums and belong to
//! [`super::bootstrap`].

use super::Interval;
use super::discrete::{LARGEST_EXACT_TOTAL, Mass};
use super::level;

/// The interval of a share by Wilson's score method (Wilson 1927), without continuity correction.
///
/// `None` if there are no trials, more successes than trials, or no such level.
pub fn wilson(successes: u64, trials: u64, level: f64) -> Option<Interval> {
    let z = level::normal_critical(level)?;
    let share = share(successes, trials)?;
    let n = trials as f64;
    let shrink = 1.0 + z * z / n;
    let center = (share + z * z / (2.0 * n)) / shrink;
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    // The ends are 0 and 1 exactly when nothing or everything succeeded; rounding would miss that.
    let low = if successes == 0 { 0.0 } else { center - half };
    let high = if successes == trials { 1.0 } else { center + half };
    Some(Interval { low: low.max(0.0), high: high.min(1.0) })
}

/// The interval of `k1 / n1 - k2 / n2` by Newcombe's hybrid score method (Newcombe 1998,
/// method 10).
///
/// `None` if either share is undefined, or no such level.
pub fn newcombe_difference(k1: u64, n1: u64, k2: u64, n2: u64, level: f64) -> Option<Interval> {
    let first = wilson(k1, n1, level)?;
    let second = wilson(k2, n2, level)?;
    let p1 = share(k1, n1)?;
    let p2 = share(k2, n2)?;
    let difference = p1 - p2;
    Some(Interval {
        low: difference - (p1 - first.low).hypot(second.high - p2),
        high: difference + (first.high - p1).hypot(p2 - second.low),
    })
}

/// The two-sided p-value for `k1 / n1` and `k2 / n2` being equal: Fisher's exact test, summing all
/// tables that are no more likely than the observed one, as R and SciPy do.
///
/// Above a thousand million trials in total it is the pooled z test. A p-value below about 1e-300
/// is given as 0. `None` if either share is undefined.
pub fn fisher_p(k1: u64, n1: u64, k2: u64, n2: u64) -> Option<f64> {
    let p1 = share(k1, n1)?;
    let p2 = share(k2, n2)?;
    let trials = n1.checked_add(n2)?;
    if trials <= LARGEST_EXACT_TOTAL {
        return Some(Mass::hypergeometric(n1, n2, k1 + k2)?.two_sided_p(k1));
    }
    let pooled = (k1 as f64 + k2 as f64) / trials as f64;
    let variance = pooled * (1.0 - pooled) * (1.0 / n1 as f64 + 1.0 / n2 as f64);
    if variance == 0.0 {
        return Some(1.0);
    }
    Some(level::normal_p((p1 - p2) / variance.sqrt()))
}

/// The two-sided p-value for `k1 / n1` and `k2 / n2` being equal, by the rule of Campbell (2007): the chi-squared test
/// with N - 1 in place of N where every expected count is at least 1, else Fisher's exact test.
///
/// It keeps its level on average where Fisher's test is cautious, and goes with the score intervals of this file; for
/// a claim that must not be wrong, use [`fisher_p`]. `None` if either share is undefined.
pub fn score_p(k1: u64, n1: u64, k2: u64, n2: u64) -> Option<f64> {
    let (p1, p2) = (share(k1, n1)?, share(k2, n2)?);
    let trials = n1.checked_add(n2)? as f64;
    let pooled = (k1 as f64 + k2 as f64) / trials;
    let least_expected = n1.min(n2) as f64 * pooled.min(1.0 - pooled);
    if least_expected < 1.0 {
        return fisher_p(k1, n1, k2, n2);
    }
    let variance = pooled * (1.0 - pooled) * (1.0 / n1 as f64 + 1.0 / n2 as f64) * trials / (trials - 1.0);
    Some(level::normal_p((p1 - p2) / variance.sqrt()))
}

/// The two-sided p-value for a share of `p`: the exact binomial test, summing all outcomes that are no more likely than
/// the observed one, as R and SciPy do.
///
/// `None` if the share is undefined, there are more than a thousand million trials, or `p` is not strictly between 0
/// and 1.
pub fn binomial_p(successes: u64, trials: u64, p: f64) -> Option<f64> {
    share(successes, trials)?;
    if trials > LARGEST_EXACT_TOTAL {
        return None;
    }
    Some(Mass::binomial(trials, p)?.two_sided_p(successes))
}

fn share(successes: u64, trials: u64) -> Option<f64> {
    (trials > 0 && successes <= trials).then(|| successes as f64 / trials as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Generator;

    fn assert_interval(found: Option<Interval>, low: f64, high: f64) {
        let found = found.unwrap();
        assert!((found.low - low).abs() < 1e-12, "{found:?}");
        assert!((found.high - high).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn wilson_is_that_of_statsmodels() {
        // statsmodels.stats.proportion.proportion_confint(k, n, alpha=a, method='wilson')
        assert_interval(wilson(5, 50, 0.95), 0.0434757649318904, 0.21360231437479657);
        assert_interval(wilson(0, 10, 0.95), 0.0, 0.27753279986288926);
        assert_interval(wilson(10, 10, 0.9), 0.7870580299165928, 1.0);
        assert_interval(wilson(1, 3, 0.95), 0.06149194472039626, 0.7923403991979523);
    }

    #[test]
    fn newcombe_is_that_of_statsmodels_and_of_the_paper() {
        // confint_proportions_2indep(k1, n1, k2, n2, method='newcomb', compare='diff')
        // Newcombe (1998) prints the first as 0.0524 to 0.3339.
        let found = newcombe_difference(56, 70, 48, 80, 0.95);
        assert_interval(found, 0.05243147240236498, 0.33387265403690614);
        let found = newcombe_difference(0, 10, 3, 10, 0.95);
        assert_interval(found, -0.6032218525388546, 0.03759243457905065);
    }

    #[test]
    fn fisher_is_that_of_scipy() {
        // scipy.stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]]).pvalue
        for (k1, n1, k2, n2, expected) in [
            (8, 10, 1, 6, 0.034965034965034975),
            (30, 1000, 50, 1000, 0.029562351644794014),
            (0, 10, 0, 12, 1.0),
            (3, 10, 3, 10, 1.0),
            (200, 2000, 120, 2120, 1.9262823799760598e-07),
        ] {
            let found = fisher_p(k1, n1, k2, n2).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn campbells_test_is_that_of_scipy_and_fishers_where_little_is_expected() {
        // N = n1 + n2; x = scipy.stats.chi2_contingency([[k1, n1 - k1], [k2, n2 - k2]], correction=False)[0]
        // scipy.stats.chi2.sf(x * (N - 1) / N, 1)
        for (k1, n1, k2, n2, expected) in [
            (8, 10, 1, 6, 0.01667597526046795),
            (30, 1000, 50, 1000, 0.022512570372941885),
            (3, 10, 3, 10, 1.0),
            (200, 2000, 120, 2120, 1.9851119257540492e-07),
        ] {
            let found = score_p(k1, n1, k2, n2).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
        assert_eq!(score_p(1, 10, 0, 12), fisher_p(1, 10, 0, 12));
        assert_eq!(score_p(10, 10, 12, 12), Some(1.0));
    }

    #[test]
    fn the_binomial_test_is_that_of_scipy() {
        // scipy.stats.binomtest(k, n, p).pvalue
        for (k, n, p, expected) in [
            (3, 10, 0.1, 0.0701908264),
            (0, 10, 0.3, 0.0388396033),
            (51, 235, 1.0 / 6.0, 0.043747970182399884),
            (5, 5, 0.5, 0.0625),
            (30, 1000, 0.02, 0.030933066833002756),
        ] {
            let found = binomial_p(k, n, p).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn the_z_test_takes_over_smoothly_for_enormous_totals() {
        let n = LARGEST_EXACT_TOTAL / 2;
        let exact = fisher_p(250_000_000, n, 250_020_000, n).unwrap();
        let normal = fisher_p(250_000_000, n + 1, 250_020_000, n + 1).unwrap();
        assert!((exact - normal).abs() < 1e-4, "{exact} {normal}");
        assert_eq!(fisher_p(0, n + 1, 0, n + 1), Some(1.0));
    }

    #[test]
    fn a_share_without_trials_is_unknown() {
        assert_eq!(wilson(0, 0, 0.95), None);
        assert_eq!(wilson(4, 3, 0.95), None);
        assert_eq!(wilson(1, 3, 1.0), None);
        assert_eq!(newcombe_difference(1, 2, 0, 0, 0.95), None);
        assert_eq!(fisher_p(0, 0, 1, 2), None);
        assert_eq!(score_p(0, 0, 1, 2), None);
        assert_eq!(binomial_p(0, 0, 0.5), None);
        assert_eq!(binomial_p(1, 2, 1.0), None);
        assert_eq!(fisher_p(1, u64::MAX, 1, 2), None);
    }

    #[test]
    fn the_interval_holds_the_estimate_and_narrows_with_more_trials() {
        for k in 0..=20 {
            let few = wilson(k, 20, 0.95).unwrap();
            let many = wilson(k * 50, 1000, 0.95).unwrap();
            let share = k as f64 / 20.0;
            assert!(few.low <= share && share <= few.high);
            assert!(many.high - many.low < few.high - few.low);
        }
    }

    #[test]
    fn about_95_of_100_wilson_intervals_hold_the_truth() {
        let mut generator = Generator::new(11);
        let (truth, trials, rounds) = (0.15, 40, 4000);
        let held = (0..rounds)
            .filter(|_| {
                let hits = (0..trials).filter(|_| generator.uniform() < truth).count();
                let found = wilson(hits as u64, trials, 0.95).unwrap();
                found.low <= truth && truth <= found.high
            })
            .count();
        let coverage = held as f64 / f64::from(rounds);
        assert!((0.93..0.98).contains(&coverage), "{coverage}");
    }
}
