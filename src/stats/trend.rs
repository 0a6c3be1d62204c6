//! Does a series rise or fall, how fast, and do two series go together: rank methods.
//!
//! None of these assumes a distribution, and one wild value does not sway them. They do take
//! points as independent: a series that wanders slowly is called a trend too readily.

use super::Interval;
use super::level;
use super::quantile;
use super::random::Generator;

/// A report makes no statement of trend from fewer points. The functions answer for fewer, since
/// p-values and intervals say how little that is.
pub const MINIMUM_POINTS_FOR_STATEMENT: usize = 10;

/// The most points that [`mann_kendall`] and [`theil_sen`] take, since both look at every pair.
pub const MAXIMUM_POINTS: usize = 2_000;

/// Up to this many points Spearman's p-value comes from permutations, beyond from Student's t.
const LARGEST_PERMUTED: usize = 30;

const PERMUTATIONS: usize = 9_999;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Pairs that rise minus pairs that fall.
    pub s: i64,
    /// S in standard deviations, corrected for ties and continuity.
    pub z: f64,
    /// Two-sided, for no trend.
    pub p: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TheilSen {
    /// In units of y per unit of x.
    pub slope: f64,
    /// The line through the median of x and the median of y.
    pub intercept: f64,
    /// Of the slope.
    pub interval: Interval,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spearman {
    /// From -1 to 1.
    pub rho: f64,
    /// Two-sided, for no association.
    pub p: f64,
}

/// The test for a monotone trend of values in time order (Mann 1945, Kendall 1975).
///
/// The variance is corrected for ties and z for continuity. `None` of fewer than two or more than
/// [`MAXIMUM_POINTS`] values. Equal values have z = 0 and p = 1.
pub fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    let places: Vec<f64> = (0..values.len()).map(|place| place as f64).collect();
    mann_kendall_over(&places, values)
}

/// The same for values `y` at places `x`, in any order. Points at the same place say nothing of a trend between them;
/// the variance is corrected for ties in both (Kendall 1975, chapter 4).
///
/// `None` also if the slices differ in length. Where all x are equal, z = 0 and p = 1.
pub fn mann_kendall_over(x: &[f64], y: &[f64]) -> Option<MannKendall> {
    if x.len() != y.len() || y.len() < 2 || y.len() > MAXIMUM_POINTS {
        return None;
    }
    let direction = |(before, after)| i64::from(after > before) - i64::from(after < before);
    let s: i64 = pairs(x).map(direction).zip(pairs(y).map(direction)).map(|(along, of)| along * of).sum();
    let z = match s {
        0 => 0.0,
        _ => (s - s.signum()) as f64 / kendall_variance(x, y).sqrt(),
    };
    let p = level::normal_p(z);
    Some(MannKendall { s, z, p })
}

/// The median of the slopes between all pairs of points of different x (Theil 1950), with the
/// interval of Sen (1968), corrected for ties in x and y.
///
/// `None` if the slices differ in length, no two x differ, there are more than [`MAXIMUM_POINTS`]
/// points, the points are too few to bound the slope, or no such level.
pub fn theil_sen(x: &[f64], y: &[f64], level: f64) -> Option<TheilSen> {
    let z = level::normal_critical(level)?;
    if x.len() != y.len() || x.len() > MAXIMUM_POINTS {
        return None;
    }
    let slopes = sorted_slopes(x, y);
    let slope = quantile::quantile(&slopes, 0.5)?;
    let variance = kendall_terms(x.len()) - tie_terms(x) - tie_terms(y);
    let reach = z * (variance.max(0.0) / 18.0).sqrt();
    let count = slopes.len() as f64;
    // Ranks from 0. Outside the sample of slopes there is nothing to bound the slope with.
    let low_rank = ((count - reach) / 2.0).round_ties_even() - 1.0;
    let high_rank = ((count + reach) / 2.0).round_ties_even();
    if low_rank < 0.0 {
        return None;
    }
    Some(TheilSen {
        slope,
        intercept: median(y)? - slope * median(x)?,
        interval: Interval { low: *slopes.get(low_rank as usize)?, high: *slopes.get(high_rank as usize)? },
    })
}

/// The slope of [`theil_sen`] alone, which has a value also where the points are too few to bound it.
pub fn theil_sen_slope(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() > MAXIMUM_POINTS {
        return None;
    }
    quantile::quantile(&sorted_slopes(x, y), 0.5)
}

/// The correlation of the ranks of paired values, ties sharing their mean rank (Spearman 1904).
///
/// Up to 30 pairs p comes from 9999 seeded permutations as (b + 1) / (m + 1); beyond, from
/// Student's t with n - 2 degrees of freedom. `None` if the slices differ in length, are shorter
/// than 3, or one of them is all equal.
pub fn spearman(x: &[f64], y: &[f64], seed: u64) -> Option<Spearman> {
    if x.len() != y.len() || x.len() < 3 {
        return None;
    }
    let x_ranks = centered_ranks(x);
    let y_ranks = centered_ranks(y);
    let scale = (dot(&x_ranks, &x_ranks) * dot(&y_ranks, &y_ranks)).sqrt();
    if scale == 0.0 {
        return None;
    }
    let rho = (dot(&x_ranks, &y_ranks) / scale).clamp(-1.0, 1.0);
    if x.len() <= LARGEST_PERMUTED {
        let p = permutation_p(&x_ranks, y_ranks, seed);
        return Some(Spearman { rho, p });
    }
    let freedom = x.len() as f64 - 2.0;
    let t = rho * (freedom / (1.0 - rho * rho)).sqrt();
    let p = level::student_p(t, freedom)?;
    Some(Spearman { rho, p })
}

/// All pairs of an earlier and a later value.
fn pairs(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    values.iter().enumerate().flat_map(move |(index, &before)| {
        let later = values.iter().skip(index + 1);
        later.map(move |&after| (before, after))
    })
}

/// Between all points of different x, ascending.
fn sorted_slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut slopes: Vec<f64> = pairs(x)
        .zip(pairs(y))
        .filter(|((x1, x2), _)| x1 != x2)
        .map(|((x1, x2), (y1, y2))| (y2 - y1) / (x2 - x1))
        .collect();
    quantile::sort(&mut slopes);
    slopes
}

/// Of Kendall's S, with ties in x and in y.
fn kendall_variance(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len() as f64;
    let separate = (kendall_terms(x.len()) - tie_terms(x) - tie_terms(y)) / 18.0;
    let both = |of_group: fn(f64) -> f64| sum_over_ties(x, of_group) * sum_over_ties(y, of_group);
    let of_pairs = both(|t| t * (t - 1.0));
    let of_triples = both(|t| t * (t - 1.0) * (t - 2.0));
    // Without ties in both of them nothing is added; that also keeps two points from dividing by zero.
    let joint_pairs = if of_pairs > 0.0 { of_pairs / (2.0 * n * (n - 1.0)) } else { 0.0 };
    let joint_triples = if of_triples > 0.0 { of_triples / (9.0 * n * (n - 1.0) * (n - 2.0)) } else { 0.0 };
    separate + joint_pairs + joint_triples
}

/// 18 times the variance of Kendall's S without ties.
fn kendall_terms(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// What ties take from that: one such term for each group of equal values.
fn tie_terms(values: &[f64]) -> f64 {
    sum_over_ties(values, |size| size * (size - 1.0) * (2.0 * size + 5.0))
}

/// Over the groups of equal values, of their sizes.
fn sum_over_ties(values: &[f64], of_group: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = values.to_vec();
    quantile::sort(&mut sorted);
    let groups = sorted.chunk_by(|a, b| a == b);
    groups.map(|group| of_group(group.len() as f64)).sum()
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    quantile::sort(&mut sorted);
    quantile::quantile(&sorted, 0.5)
}

/// Ranks less their mean.
fn centered_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let center = (values.len() as f64 - 1.0) / 2.0;
    let mut ranked = Vec::new();
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let shared = ranked.len() as f64 + (group.len() as f64 - 1.0) / 2.0;
        ranked.extend(group.iter().map(|&(_, place)| (place, shared - center)));
    }
    ranked.sort_unstable_by_key(|&(place, _)| place);
    ranked.into_iter().map(|(_, rank)| rank).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn permutation_p(x_ranks: &[f64], mut y_ranks: Vec<f64>, seed: u64) -> f64 {
    // Ranks are multiples of one half, so sums of their products are exact.
    let observed = dot(x_ranks, &y_ranks).abs();
    let mut generator = Generator::new(seed);
    let as_extreme = (0..PERMUTATIONS)
        .filter(|_| {
            generator.shuffle(&mut y_ranks);
            dot(x_ranks, &y_ranks).abs() >= observed
        })
        .count();
    (as_extreme + 1) as f64 / (PERMUTATIONS + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIED: [f64; 12] = [5.0, 3.0, 4.0, 4.0, 6.0, 7.0, 7.0, 8.0, 6.0, 9.0, 10.0, 9.0];

    fn counting(n: u32) -> Vec<f64> {
        (0..n).map(f64::from).collect()
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn mann_kendall_is_that_of_pymannkendall() {
        // pymannkendall.original_test(values): s, z, p
        let found = mann_kendall(&TIED).unwrap();
        assert_eq!(found.s, 48);
        assert_close(found.z, 3.253653635658023);
        assert_close(found.p, 0.001139310994493048);
        let mut untied: Vec<f64> = counting(12);
        untied.swap(10, 11);
        let found = mann_kendall(&untied).unwrap();
        assert_eq!(found.s, 64);
        assert_close(found.z, 4.320070532339573);
        assert_close(found.p, 1.5597933832323108e-05);
    }

    #[test]
    fn ties_in_place_and_value_are_those_of_scipy() {
        // s by counting; z = (s - 1) / sd, where scipy.stats.kendalltau(x, y, method='asymptotic').pvalue is
        // 2 * norm.sf(s / sd), which gives sd ** 2 = 60.54761904761906, and so does the mean of s ** 2 over all orders.
        let x = [1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0];
        let y = [2.0, 3.0, 3.0, 4.0, 5.0, 4.0, 6.0, 6.0];
        let found = mann_kendall_over(&x, &y).unwrap();
        assert_eq!(found.s, 21);
        assert_close(found.z, 2.5702860596882218);
        assert_close(found.p, 0.010161456873497706);
        let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(mann_kendall_over(&reversed(&x), &reversed(&y)), Some(found));
        assert_eq!(mann_kendall_over(&x, &y[1..]), None);
        assert_eq!(mann_kendall_over(&[1.0; 8], &y).map(|found| found.p), Some(1.0));
    }

    #[test]
    fn theil_sen_is_that_of_scipy() {
        // scipy.stats.theilslopes(y, x, 0.95)
        let found = theil_sen(&counting(12), &TIED, 0.95).unwrap();
        assert_close(found.slope, 0.6);
        assert_close(found.intercept, 3.2);
        assert_close(found.interval.low, 0.4);
        assert_close(found.interval.high, 0.8);
        let x = [0.0, 1.0, 2.0, 5.0, 6.0, 9.0];
        let y = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        let found = theil_sen(&x, &y, 0.95).unwrap();
        assert_close(found.slope, 0.6666666666666666);
        assert_close(found.intercept, 2.166666666666667);
        assert_close(found.interval.low, -2.0);
        assert_close(found.interval.high, 2.0);
    }

    #[test]
    fn spearman_of_many_points_is_that_of_scipy() {
        // scipy.stats.spearmanr(range(40), [i * 7 % 11 + i / 10 for i in range(40)])
        let y: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 11) + f64::from(i) / 10.0).collect();
        let found = spearman(&counting(40), &y, 1).unwrap();
        assert_close(found.rho, 0.36960600375234526);
        assert_close(found.p, 0.018911765514165676);
    }

    #[test]
    fn spearman_of_few_points_has_the_p_value_of_all_permutations() {
        // scipy.stats.spearmanr(x, y).statistic, and
        // scipy.stats.permutation_test((y,), lambda q: scipy.stats.spearmanr(x, q).statistic,
        // permutation_type='pairings', n_resamples=numpy.inf).pvalue: 0.0349
        let x = counting(7);
        let y = [2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 5.0];
        let found = spearman(&x, &y, 1).unwrap();
        assert_close(found.rho, 0.8108437164260032);
        assert!((found.p - 0.03492).abs() < 0.006, "{found:?}");
        assert_eq!(spearman(&x, &y, 1), Some(found));
        // Three points in perfect order are no evidence: 2 of the 6 orders are as extreme.
        let three = spearman(&[1.0, 2.0, 3.0], &[4.0, 5.0, 9.0], 1).unwrap();
        assert_eq!(three.rho, 1.0);
        assert!((three.p - 1.0 / 3.0).abs() < 0.02);
    }

    #[test]
    fn equal_values_have_no_trend_and_no_correlation() {
        let equal = [3.0; 12];
        let expected = MannKendall { s: 0, z: 0.0, p: 1.0 };
        assert_eq!(mann_kendall(&equal), Some(expected));
        let flat = theil_sen(&counting(12), &equal, 0.95);
        assert_eq!(flat.map(|found| found.slope), Some(0.0));
        assert_eq!(theil_sen(&equal, &counting(12), 0.95), None);
        assert_eq!(spearman(&equal, &counting(12), 1), None);
    }

    #[test]
    fn too_few_or_too_many_points_are_not_answered() {
        for few in [&[][..], &[1.0]] {
            assert_eq!(mann_kendall(few), None);
            assert_eq!(theil_sen(few, few, 0.95), None);
            assert_eq!(spearman(few, few, 1), None);
        }
        assert_eq!(theil_sen(&counting(3), &counting(3), 0.95), None);
        assert_eq!(theil_sen_slope(&counting(3), &counting(3)), Some(1.0));
        assert_eq!(theil_sen(&counting(12), &counting(11), 0.95), None);
        assert_eq!(theil_sen(&counting(12), &TIED, 1.0), None);
        let many = vec![1.0; MAXIMUM_POINTS + 1];
        assert_eq!(mann_kendall(&many), None);
        assert_eq!(theil_sen(&many, &many, 0.95), None);
    }

    #[test]
    fn reversing_time_reverses_the_trend() {
        let mut reversed = TIED;
        reversed.reverse();
        let there = mann_kendall(&TIED).unwrap();
        let back = mann_kendall(&reversed).unwrap();
        assert_eq!((there.s, there.p), (-back.s, back.p));
        let there = theil_sen(&counting(12), &TIED, 0.95).unwrap();
        let back = theil_sen(&counting(12), &reversed, 0.95).unwrap();
        assert_close(there.slope, -back.slope);
    }
}
