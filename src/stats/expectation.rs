//! Is the newest point of a series more than the points before it lead one to expect?
//!
//! The question of a process-behaviour chart, answered with a p-value so that many charts can be read at once.
//! [`super::xmr`] takes all points as equally sure. Points of a report are not: a month of four deployments swings
//! with nothing wrong. So every point has limits of its own, by what is counted:
//!
//! - shares: the hypergeometric distribution of the point given both totals (a p-chart with exact limits that also know
//!   how many events the expectation itself rests on: Fisher's test);
//! - counts over time: the binomial distribution of the point given both (a u-chart with exact limits);
//! - other values, such as medians of durations: Student's t, with variance inverse to the number of events.
//!
//! Exact limits of large shares and counts are too narrow where a process wanders more than chance does: with ten
//! thousand events a month every month lies outside. Laney (2002, "Improved control charts for attributes") widens
//! them by the moving range of the points' own z scores; so do we, and never narrow them.

use super::{level, mean, proportion, quantile};

/// Points before the newest one; of fewer nothing is expected.
pub const MINIMUM_EARLIER: usize = 6;

/// The mean moving range of two independent standard normal values, 2 ⁄ √π.
const MEAN_RANGE_OF_TWO: f64 = std::f64::consts::FRAC_2_SQRT_PI;

/// Smaller p-values than this have no z score that is worth telling apart.
const SMALLEST_P: f64 = 1e-15;

/// How the newest point stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Departure {
    /// What the points before lead one to expect, in the unit of the points.
    pub expected: f64,
    /// Two-sided, for a process that goes on as before.
    pub p: f64,
    pub is_above: bool,
}

/// Of a share: (successes, trials) of each earlier point in time order, and of the newest.
///
/// `None` of fewer than [`MINIMUM_EARLIER`] points with trials, and where the newest has no trials.
pub fn of_share(earlier: &[(u64, u64)], newest: (u64, u64)) -> Option<Departure> {
    let earlier: Vec<(u64, u64)> = earlier.iter().copied().filter(|(_, trials)| *trials > 0).collect();
    if earlier.len() < MINIMUM_EARLIER || newest.1 == 0 {
        return None;
    }
    let (successes, trials) = earlier.iter().fold((0, 0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let expected = successes as f64 / trials as f64;
    let deviation = (expected * (1.0 - expected)).sqrt();
    let scores = earlier.iter().map(|(k, n)| {
        let n = *n as f64;
        (*k as f64 / n - expected) * n.sqrt() / deviation
    });
    let p = proportion::fisher_p(newest.0, newest.1, successes, trials)?;
    let is_above = newest.0 as f64 / newest.1 as f64 > expected;
    Some(Departure { expected, p: widened(p, scores), is_above })
}

/// Of events over time: (events, exposure) of each earlier point in time order, and of the newest.
///
/// `None` of fewer than [`MINIMUM_EARLIER`] points with exposure, and where the newest has none or nothing ever happened.
pub fn of_rate(earlier: &[(u64, f64)], newest: (u64, f64)) -> Option<Departure> {
    let earlier: Vec<(u64, f64)> = earlier.iter().copied().filter(|(_, exposure)| *exposure > 0.0).collect();
    if earlier.len() < MINIMUM_EARLIER || newest.1 <= 0.0 {
        return None;
    }
    let (events, exposure) = earlier.iter().fold((0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let expected = events as f64 / exposure;
    let scores = earlier.iter().map(|(k, e)| (*k as f64 - expected * e) / (expected * e).sqrt());
    // Given all events, those of the newest point are binomial with its share of the time (Przyborowski and Wilenski).
    let share = newest.1 / (newest.1 + exposure);
    let p = proportion::binomial_p(newest.0, newest.0 + events, share)?;
    Some(Departure { expected, p: widened(p, scores), is_above: newest.0 as f64 / newest.1 > expected })
}

/// Of any other value: (value, events behind it) of each earlier point, and of the newest.
///
/// Values that are all positive are compared in logarithms, because durations are skewed. The newest point counts as
/// resting on no more events than the earlier ones usually do: many events lessen their own noise, not the unrest of
/// the process. `None` of fewer than [`MINIMUM_EARLIER`] points with events, and where these do not differ at all.
pub fn of_value(earlier: &[(f64, u64)], newest: (f64, u64)) -> Option<Departure> {
    let earlier: Vec<(f64, u64)> = earlier.iter().copied().filter(|(_, events)| *events > 0).collect();
    let is_constant = earlier.windows(2).all(|pair| pair[0].0 == pair[1].0);
    if earlier.len() < MINIMUM_EARLIER || newest.1 == 0 || is_constant {
        return None;
    }
    let is_positive = newest.0 > 0.0 && earlier.iter().all(|(value, _)| *value > 0.0);
    let scaled = |value: f64| if is_positive { value.ln() } else { value };
    let points: Vec<(f64, f64)> = earlier.iter().map(|(value, events)| (scaled(*value), *events as f64)).collect();
    let weight: f64 = points.iter().map(|(_, weight)| weight).sum();
    let center = points.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight;
    let freedom = points.len() as f64 - 1.0;
    let squares: f64 = points.iter().map(|(value, weight)| weight * (value - center).powi(2)).sum();
    let usual = usual_weight(&points)?;
    let own = (newest.1 as f64).min(usual);
    let deviation = (squares / freedom * (1.0 / own + 1.0 / weight)).sqrt();
    let distance = scaled(newest.0) - center;
    let score = distance / deviation;
    if !score.is_finite() {
        return None;
    }
    let p = level::student_p(score, freedom)?;
    let expected = if is_positive { center.exp() } else { center };
    Some(Departure { expected, p, is_above: distance > 0.0 })
}

fn usual_weight(points: &[(f64, f64)]) -> Option<f64> {
    let mut weights: Vec<f64> = points.iter().map(|(_, weight)| *weight).collect();
    quantile::sort(&mut weights);
    quantile::quantile(&weights, 0.5)
}

/// `p` as it is where the scores move as chance does, larger where they move more.
fn widened(p: f64, scores: impl Iterator<Item = f64>) -> f64 {
    let scores: Vec<f64> = scores.filter(|score| score.is_finite()).collect();
    let ranges: Vec<f64> = scores.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let unrest = mean::mean(&ranges).unwrap_or(0.0) / MEAN_RANGE_OF_TWO;
    if unrest <= 1.0 {
        return p;
    }
    let z = level::normal_quantile(p.max(SMALLEST_P) / 2.0).unwrap_or(0.0);
    level::normal_p(z / unrest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two of twenty every time.
    const CALM: [(u64, u64); 12] = [(2, 20); 12];

    #[test]
    fn a_calm_share_is_judged_by_fishers_test_alone() {
        let found = of_share(&CALM, (8, 20)).unwrap();
        assert_eq!(found.p, proportion::fisher_p(8, 20, 24, 240).unwrap());
        assert!((found.expected - 0.1).abs() < 1e-12 && found.is_above && found.p < 0.002);
        assert_eq!(of_share(&CALM, (2, 20)).unwrap().p, 1.0);
    }

    #[test]
    fn a_share_that_always_jumps_has_wider_limits() {
        // 400 and 600 of 1000 in turn: scores are ∓6.32, every range is 12.65, the unrest is 12.65 ⁄ 1.128 = 11.2.
        let restless: Vec<(u64, u64)> = (0..12).map(|month| (if month % 2 == 0 { 400 } else { 600 }, 1000)).collect();
        assert!(proportion::fisher_p(600, 1000, 6000, 12_000).unwrap() < 1e-8);
        assert!(of_share(&restless, (600, 1000)).unwrap().p > 0.5);
    }

    #[test]
    fn a_rate_is_judged_over_its_own_exposure() {
        let earlier = [(30, 30.0); 12];
        let short = of_rate(&earlier, (15, 15.0)).unwrap();
        assert!(short.p > 0.9 && (short.expected - 1.0).abs() < 1e-12);
        let many = of_rate(&earlier, (70, 30.0)).unwrap();
        assert!(many.p < 1e-6 && many.is_above);
        assert_eq!(of_rate(&earlier, (70, 30.0)).unwrap().p, proportion::binomial_p(70, 430, 1.0 / 13.0).unwrap());
    }

    #[test]
    fn a_value_is_judged_by_students_t_in_logarithms() {
        // Logarithms 1 and 3 in turn: center 2, squares 12 × 1, variance 12 ⁄ 11 × (1 + 1 ⁄ 12) = 13 ⁄ 11.
        let earlier: Vec<(f64, u64)> = (0..12).map(|month| (f64::exp(1.0 + 2.0 * f64::from(month % 2)), 5)).collect();
        let found = of_value(&earlier, (6.0_f64.exp(), 5)).unwrap();
        let expected = level::student_p(4.0 / (13.0_f64 / 11.0).sqrt(), 11.0).unwrap();
        assert!((found.p - expected).abs() < 1e-12, "{found:?}");
        assert!((found.expected - 2.0_f64.exp()).abs() < 1e-9);
        // Fewer events make it less sure, more events do not make it surer.
        assert!(of_value(&earlier, (6.0_f64.exp(), 1)).unwrap().p > found.p);
        assert_eq!(of_value(&earlier, (6.0_f64.exp(), 500)).unwrap().p, found.p);
    }

    #[test]
    fn five_points_lead_to_no_expectation() {
        assert_eq!(of_share(&CALM[..5], (8, 20)), None);
        assert_eq!(of_share(&[(0, 0); 12], (8, 20)), None);
        assert_eq!(of_rate(&[(3, 30.0); 5], (8, 30.0)), None);
        assert_eq!(of_value(&[(3.0, 2); 5], (8.0, 2)), None);
        assert_eq!(of_value(&[(3.0, 2); 12], (8.0, 2)), None);
        assert_eq!(of_share(&CALM, (0, 0)), None);
    }
}
