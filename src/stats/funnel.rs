//! Funnel-plot limits: how far units of one size may lie from the common value by chance alone.
//!
//! A small team's share swings widely with nothing wrong. The limits are those of the observed share or rate if the
//! unit were like all others (Spiegelhalter 2005), so they widen as the unit gets smaller. They are no interval of the
//! unit's own value: that is [`super::proportion`] and [`super::poisson`].

use super::Interval;
use super::discrete::{LARGEST_EXACT_TOTAL, Mass};
use super::level;

/// The limits for a share of `trials` around the common share `target`, from exact binomial quantiles.
///
/// Between the two outcomes around a quantile the limit is interpolated by their probabilities (Spiegelhalter 2005,
/// appendix A.1.1), so that it falls smoothly with size; it is kept within 0 and 1.
/// `None` if there are no trials or more than a thousand million, the target is not strictly between 0 and 1, or no
/// such level.
pub fn share_limits(trials: u64, target: f64, level: f64) -> Option<Interval> {
    if trials == 0 || trials > LARGEST_EXACT_TOTAL {
        return None;
    }
    let limits = interpolated(&Mass::binomial(trials, target)?, level)?;
    let n = trials as f64;
    Some(Interval { low: limits.low / n, high: (limits.high / n).min(1.0) })
}

/// The same for a rate over an `exposure` around the common rate `target`, from exact Poisson quantiles.
///
/// `None` if the exposure or the target is not a positive finite number, more than a thousand million events are
/// expected, or no such level.
pub fn rate_limits(exposure: f64, target: f64, level: f64) -> Option<Interval> {
    let is_positive = |number: f64| number > 0.0 && number.is_finite();
    let expected = exposure * target;
    if !is_positive(exposure) || !is_positive(target) || expected > LARGEST_EXACT_TOTAL as f64 {
        return None;
    }
    let limits = interpolated(&Mass::poisson(expected)?, level)?;
    Some(Interval { low: limits.low / exposure, high: limits.high / exposure })
}

/// In events; the lower limit at least 0.
fn interpolated(mass: &Mass, level: f64) -> Option<Interval> {
    let tail = level::tail(level)?;
    let at = |probability| {
        let outcome = mass.quantile(probability);
        let beyond = (mass.at_or_below(outcome) - probability) / mass.probability(outcome);
        outcome as f64 - beyond.clamp(0.0, 1.0)
    };
    Some(Interval { low: at(tail).max(0.0), high: at(1.0 - tail) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_limits(found: Option<Interval>, low: f64, high: f64) {
        let found = found.unwrap();
        assert!((found.low - low).abs() < 1e-12, "{found:?}");
        assert!((found.high - high).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn limits_of_a_share_are_those_of_scipy() {
        // d = scipy.stats.binom(n, p); r = d.ppf(q); (r - (d.cdf(r) - q) / d.pmf(r)) / n, for both q; below 0: 0
        assert_limits(share_limits(20, 0.1, 0.95), 0.0, 0.22846760702992444);
        assert_limits(share_limits(100, 0.1, 0.95), 0.0403805955243934, 0.15771861163912676);
        assert_limits(share_limits(100, 0.1, 0.998), 0.014178865008434759, 0.19835671850288555);
        assert_limits(share_limits(3000, 0.15, 0.95), 0.13716456446126274, 0.16272115156173855);
    }

    #[test]
    fn limits_of_a_rate_are_those_of_scipy() {
        // The same with d = scipy.stats.poisson(exposure * target), over the exposure.
        assert_limits(rate_limits(10.0, 0.5, 0.95), 0.0542065795512884, 0.9376558587662764);
        assert_limits(rate_limits(2.0, 0.5, 0.95), 0.0, 1.4509743482427075);
        assert_limits(rate_limits(100.0, 3.0, 0.998), 2.4740758355756505, 3.544427300269344);
    }

    #[test]
    fn the_funnel_narrows_around_the_target() {
        let widths = [10, 20, 40, 80, 160, 320, 640].map(|trials| {
            let limits = share_limits(trials, 0.2, 0.95).unwrap();
            assert!(limits.low < 0.2 && 0.2 < limits.high);
            limits.high - limits.low
        });
        assert!(widths.is_sorted_by(|wide, narrow| wide > narrow), "{widths:?}");
    }

    #[test]
    fn without_a_size_or_a_target_there_are_no_limits() {
        assert_eq!(share_limits(0, 0.1, 0.95), None);
        assert_eq!(share_limits(10, 0.0, 0.95), None);
        assert_eq!(share_limits(10, 0.1, 1.0), None);
        assert_eq!(rate_limits(0.0, 1.0, 0.95), None);
        assert_eq!(rate_limits(1.0, f64::NAN, 0.95), None);
        assert_eq!(rate_limits(1e300, 1e300, 0.95), None);
    }
}
