//! From a confidence level to critical values, and from a z score to a p-value.
//!
//! This is the one place that checks a level. It holds no estimator.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Beyond this many degrees of freedom the quantile of Student's t comes from its expansion around
/// the normal quantile, because inverting the beta function loses digits there.
const LARGEST_INVERTED_FREEDOM: f64 = 1000.0;

/// The probability left in each tail, or `None` if the level is not strictly between 0 and 1.
pub(super) fn tail(level: f64) -> Option<f64> {
    (level > 0.0 && level < 1.0).then_some((1.0 - level) / 2.0)
}

/// The z value that leaves `tail(level)` above it: 1.96 for a level of 0.95.
pub(super) fn normal_critical(level: f64) -> Option<f64> {
    Some(-Normal::standard().inverse_cdf(tail(level)?))
}

/// The z value that leaves `probability` below it; `None` if that is not strictly between 0 and 1.
pub(super) fn normal_quantile(probability: f64) -> Option<f64> {
    (probability > 0.0 && probability < 1.0).then(|| Normal::standard().inverse_cdf(probability))
}

/// The critical value of Student's t.
///
/// For many degrees of freedom: Abramowitz and Stegun 26.7.5, first two terms.
pub(super) fn student_critical(level: f64, freedom: f64) -> Option<f64> {
    if freedom > LARGEST_INVERTED_FREEDOM {
        let z = normal_critical(level)?;
        let first = (z.powi(3) + z) / 4.0;
        let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
        return Some(z + first / freedom + second / freedom.powi(2));
    }
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(-student.inverse_cdf(tail(level)?))
}

/// The two-sided p-value of a z score.
pub(super) fn normal_p(z: f64) -> f64 {
    (2.0 * Normal::standard().sf(z.abs())).min(1.0)
}

/// The two-sided p-value of a t score.
pub(super) fn student_p(t: f64, freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some((2.0 * student.sf(t.abs())).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_scipy() {
        // scipy.stats.norm.ppf(0.975)
        assert!((normal_critical(0.95).unwrap() - 1.959963984540054).abs() < 1e-14);
        // scipy.stats.t.ppf(0.975, [1, 9, 999, 1001, 1e6])
        for (freedom, expected) in [
            (1.0, 12.706204736174694),
            (9.0, 2.262157162798205),
            (999.0, 1.9623414611334493),
            (1001.0, 1.9623367052808798),
            (1e6, 1.959966356814107),
        ] {
            let found = student_critical(0.95, freedom).unwrap();
            assert!((found - expected).abs() < 1e-8, "{freedom}: {found}");
        }
    }

    #[test]
    fn a_level_outside_zero_to_one_has_no_critical_value() {
        for level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
            assert_eq!(normal_critical(level), None);
            assert_eq!(student_critical(level, 5.0), None);
        }
    }
}
