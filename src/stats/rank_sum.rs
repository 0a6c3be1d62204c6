//! Wilcoxon's rank-sum test (Mann and Whitney): do the values of one sample lie above those of the other?
//!
//! Exact, ties included: the distribution of the rank sum over all splits of the pooled values, by counting.

/// More pooled values than this are not counted out.
pub const MAXIMUM_VALUES: usize = 120;

/// Two-sided p: twice the smaller tail, at most 1.
///
/// `None` where a sample is empty, a value is not a number, or there are more than [`MAXIMUM_VALUES`] together.
pub fn two_sided_p(a: &[f64], b: &[f64]) -> Option<f64> {
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    if a.is_empty() || b.is_empty() || pooled.len() > MAXIMUM_VALUES || pooled.iter().any(|value| value.is_nan()) {
        return None;
    }
    let ranks = doubled_ranks(&pooled);
    let observed: usize = ranks[..a.len()].iter().sum();
    let ways = ways_by_sum(&ranks, a.len());
    let all: f64 = ways.iter().sum();
    let below: f64 = ways[..=observed].iter().sum();
    let above: f64 = ways[observed..].iter().sum();
    Some((2.0 * below.min(above) / all).min(1.0))
}

/// Twice the mid-rank of every value, so that ties stay whole numbers.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| *other == value).count();
        2 * below + equal + 1
    };
    values.iter().map(rank).collect()
}

/// Ways to choose `size` of the ranks so that they add up to the index.
fn ways_by_sum(ranks: &[usize], size: usize) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0; total + 1]; size + 1];
    ways[0][0] = 1.0;
    let mut reached = 0;
    for rank in ranks {
        for chosen in (0..size).rev() {
            let (fewer, more) = ways.split_at_mut(chosen + 1);
            // No sum beyond that of all ranks so far has been reached.
            let sums = fewer[chosen].iter().take(reached + 1);
            for (sum, way) in more[0].iter_mut().skip(*rank).zip(sums) {
                *sum += way;
            }
        }
        reached += rank;
    }
    ways.swap_remove(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_is_that_of_scipy() {
        // scipy.stats.mannwhitneyu([1.1, 2.2, 3.3], [4.4, 5.5, 6.6, 7.7], method="exact").pvalue
        let p = two_sided_p(&[1.1, 2.2, 3.3], &[4.4, 5.5, 6.6, 7.7]).unwrap();
        assert!((p - 0.057_142_857_142_857_14).abs() < 1e-12, "{p}");
        // scipy.stats.mannwhitneyu([3, 9, 4, 8], [5, 1, 7, 2, 6], method="exact").pvalue
        let p = two_sided_p(&[3.0, 9.0, 4.0, 8.0], &[5.0, 1.0, 7.0, 2.0, 6.0]).unwrap();
        assert!((p - 0.412_698_412_698_412_7).abs() < 1e-12, "{p}");
    }

    #[test]
    fn six_below_twelve_is_two_in_eighteen_thousand() {
        let low: Vec<f64> = (0..6).map(f64::from).collect();
        let high: Vec<f64> = (10..22).map(f64::from).collect();
        // 18 choose 6 = 18,564 splits; one is as extreme on each side.
        let p = two_sided_p(&low, &high).unwrap();
        assert!((p - 2.0 / 18_564.0).abs() < 1e-12);
        assert_eq!(two_sided_p(&high, &low), Some(p));
    }

    #[test]
    fn equal_values_tell_nothing() {
        assert_eq!(two_sided_p(&[1.0; 5], &[1.0; 7]), Some(1.0));
        assert_eq!(two_sided_p(&[], &[1.0]), None);
        assert_eq!(two_sided_p(&[f64::NAN], &[1.0]), None);
    }
}
