//! How much must be watched before a difference can be seen.
//!
//! A test that finds nothing in few events says little. These sizes say how little: what the same question would need
//! for an answer.

use super::level;

/// The chance to see a difference that is there, which sizes are made for unless somebody asks for another.
pub const POWER: f64 = 0.8;

/// Trials that each of two equally large groups needs, so that the two-sided z test at `1 - level` finds a true
/// difference between the shares `p1` and `p2` with the probability `power`.
///
/// The normal formula without continuity correction (Fleiss, Levin and Paik 2003, formula 4.14), the test's variance
/// taken at the mean of both shares; rounded up. `None` if the shares are equal or not from 0 to 1, `power` is not
/// strictly between 0 and 1, or no such level.
pub fn two_proportion_n(p1: f64, p2: f64, level: f64, power: f64) -> Option<f64> {
    let is_share = |p: f64| (0.0..=1.0).contains(&p);
    if !is_share(p1) || !is_share(p2) || p1 == p2 {
        return None;
    }
    let alike = f64::midpoint(p1, p2);
    let under_equality = level::normal_critical(level)? * (2.0 * alike * (1.0 - alike)).sqrt();
    let under_difference = level::normal_quantile(power)? * (p1 * (1.0 - p1) + p2 * (1.0 - p2)).sqrt();
    Some(((under_equality + under_difference) / (p1 - p2)).powi(2).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_statsmodels_rounded_up() {
        // statsmodels.stats.proportion.samplesize_proportions_2indep_onetail(p1 - p2, p2, power, alpha=0.05,
        // alternative='two-sided'): 76.71, 434.43, 2318.16, 685.60, 151.87; the first is also the example in the manual
        // of R's power.prop.test(p1 = .50, p2 = .75, power = .90), which prints n = 76.7.
        for (p1, p2, power, expected) in [
            (0.5, 0.75, 0.9, 77.0),
            (0.05, 0.10, 0.8, 435.0),
            (0.01, 0.02, 0.8, 2319.0),
            (0.10, 0.15, 0.8, 686.0),
            (0.0, 0.05, 0.8, 152.0),
        ] {
            assert_eq!(two_proportion_n(p1, p2, 0.95, power), Some(expected));
            assert_eq!(two_proportion_n(p2, p1, 0.95, power), Some(expected));
        }
    }

    #[test]
    fn a_smaller_difference_or_more_power_needs_more() {
        let at = |p2, power| two_proportion_n(0.1, p2, 0.95, power).unwrap();
        assert!(at(0.12, 0.8) > at(0.15, 0.8));
        assert!(at(0.15, 0.9) > at(0.15, 0.8));
    }

    #[test]
    fn equal_shares_and_what_is_no_share_need_no_number() {
        assert_eq!(two_proportion_n(0.1, 0.1, 0.95, 0.8), None);
        assert_eq!(two_proportion_n(-0.1, 0.1, 0.95, 0.8), None);
        assert_eq!(two_proportion_n(0.1, f64::NAN, 0.95, 0.8), None);
        assert_eq!(two_proportion_n(0.1, 0.2, 1.0, 0.8), None);
        assert_eq!(two_proportion_n(0.1, 0.2, 0.95, 1.0), None);
    }
}
