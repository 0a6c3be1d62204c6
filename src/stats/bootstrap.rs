//! The interval of a ratio of sums, by resampling the events that both sums run over.
//!
//! For shares of equal weight [`super::proportion`] is exact and faster.

use super::Interval;
use super::level;
use super::quantile;
use super::random::Generator;

/// Above this many pairs the linearised interval is used instead: resampling then costs seconds
/// and gives the same ends to within its own noise.
const LARGEST_RESAMPLED: usize = 10_000;

/// The interval of Σx / Σy over pairs (x, y), by the percentile bootstrap (Efron and Tibshirani
/// 1993, chapter 13): `resamples` times as many pairs are drawn again with replacement, and the
/// ends are quantiles of their ratios. The quantiles are Hesterberg's (2015) expanded ones, because
/// a small sample spreads less than what it was drawn from.
///
/// Above 10 000 pairs it is the ratio ± z standard errors from the linearised ratio (Cochran
/// 1977); seed and resamples then play no part.
///
/// A resample whose Σy is zero has no ratio and is left out. `None` where so many are left out
/// that an end could lie among them, and also for fewer than two pairs, slices of unequal length,
/// Σy of zero, no resamples, or no such level.
pub fn ratio_of_sums(x: &[f64], y: &[f64], level: f64, seed: u64, resamples: usize) -> Option<Interval> {
    let denominator: f64 = y.iter().sum();
    if x.len() != y.len() || x.len() < 2 || denominator == 0.0 || resamples == 0 {
        return None;
    }
    if x.len() > LARGEST_RESAMPLED {
        return linearised(x, y, level);
    }
    let tail = expanded_tail(x.len(), level)?;
    let mut ratios = resampled_ratios(x, y, seed, resamples);
    let left_out = (resamples - ratios.len()) as f64;
    if left_out > tail * resamples as f64 {
        return None;
    }
    quantile::sort(&mut ratios);
    Some(Interval { low: quantile::quantile(&ratios, tail)?, high: quantile::quantile(&ratios, 1.0 - tail)? })
}

/// The share of resamples to leave out on each side: the normal tail beyond √(n / (n - 1)) critical values of Student's
/// t with n - 1 degrees of freedom.
fn expanded_tail(n: usize, level: f64) -> Option<f64> {
    let n = n as f64;
    let reach = level::student_critical(level, n - 1.0)? * (n / (n - 1.0)).sqrt();
    Some(level::normal_p(reach) / 2.0)
}

fn resampled_ratios(x: &[f64], y: &[f64], seed: u64, resamples: usize) -> Vec<f64> {
    let pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let mut generator = Generator::new(seed);
    let mut ratios = Vec::new();
    for _ in 0..resamples {
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for _ in 0..pairs.len() {
            if let Some((x, y)) = pairs.get(generator.below(pairs.len())) {
                numerator += x;
                denominator += y;
            }
        }
        if denominator != 0.0 {
            ratios.push(numerator / denominator);
        }
    }
    ratios
}

fn linearised(x: &[f64], y: &[f64], level: f64) -> Option<Interval> {
    let n = x.len() as f64;
    let denominator: f64 = y.iter().sum();
    let ratio = x.iter().sum::<f64>() / denominator;
    let squares: f64 = x.iter().zip(y).map(|(x, y)| (x - ratio * y).powi(2)).sum();
    let standard_error = (squares * n / (n - 1.0)).sqrt() / denominator.abs();
    let half = level::normal_critical(level)? * standard_error;
    Some(Interval { low: ratio - half, high: ratio + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 10] = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];
    const Y: [f64; 10] = [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.0, 8.0];

    #[test]
    fn the_interval_is_that_of_scipy_within_its_noise() {
        // tail = scipy.stats.norm.cdf(-numpy.sqrt(10 / 9) * scipy.stats.t.ppf(0.975, 9)) = 0.00855064
        // scipy.stats.bootstrap((x, y), lambda a, b, axis: a.sum(axis) / b.sum(axis), paired=True,
        // method='percentile', confidence_level=1 - 2 * tail, n_resamples=400000, rng=1): 0.4085 to 1.6667
        assert!((expanded_tail(10, 0.95).unwrap() - 0.008550639024406366).abs() < 1e-12);
        let found = ratio_of_sums(&X, &Y, 0.95, 42, 20_000).unwrap();
        assert!((found.low - 0.4085).abs() < 0.02, "{found:?}");
        assert!((found.high - 1.6667).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
        let first = ratio_of_sums(&X, &Y, 0.95, 1, 500).unwrap();
        assert_eq!(Some(first), ratio_of_sums(&X, &Y, 0.95, 1, 500));
        assert_ne!(Some(first), ratio_of_sums(&X, &Y, 0.95, 2, 500));
    }

    #[test]
    fn a_constant_ratio_has_no_width() {
        let doubled: Vec<f64> = Y.iter().map(|y| 2.0 * y).collect();
        let found = ratio_of_sums(&doubled, &Y, 0.95, 7, 300).unwrap();
        assert_eq!((found.low, found.high), (2.0, 2.0));
    }

    #[test]
    fn what_cannot_be_bounded_is_unknown() {
        assert_eq!(ratio_of_sums(&[], &[], 0.95, 1, 100), None);
        assert_eq!(ratio_of_sums(&[1.0], &[1.0], 0.95, 1, 100), None);
        assert_eq!(ratio_of_sums(&X, &Y[..9], 0.95, 1, 100), None);
        assert_eq!(ratio_of_sums(&X, &[0.0; 10], 0.95, 1, 100), None);
        assert_eq!(ratio_of_sums(&X, &Y, 0.95, 1, 0), None);
        assert_eq!(ratio_of_sums(&X, &Y, 1.0, 1, 100), None);
        // With one denominator in ten, a third of the resamples miss it.
        let mut rare = [0.0; 10];
        rare[0] = 1.0;
        assert_eq!(ratio_of_sums(&X, &rare, 0.95, 1, 1000), None);
    }

    #[test]
    fn linearising_agrees_with_resampling_where_it_takes_over() {
        let mut generator = Generator::new(8);
        let x: Vec<f64> = (0..3000).map(|_| generator.uniform()).collect();
        let y: Vec<f64> = x.iter().map(|x| x + generator.uniform()).collect();
        let resampled = ratio_of_sums(&x, &y, 0.9, 5, 200).unwrap();
        let direct = linearised(&x, &y, 0.9).unwrap();
        let width = direct.high - direct.low;
        assert!((resampled.low - direct.low).abs() < width * 0.15);
        assert!((resampled.high - direct.high).abs() < width * 0.15);
        let (many_x, many_y) = (x.repeat(4), y.repeat(4));
        let taken_over = ratio_of_sums(&many_x, &many_y, 0.9, 5, 200);
        assert_eq!(taken_over, linearised(&many_x, &many_y, 0.9));
    }
}
