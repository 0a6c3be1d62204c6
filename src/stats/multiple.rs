//! Many tests at once: which of them still count.
//!
//! Of a hundred services with nothing wrong, five have a p-value below 0.05. Adjusted values can
//! be held against the usual thresholds again.

/// P-values adjusted to control the false discovery rate (Benjamini and Hochberg 1995), in the
/// order given: the share of false findings to expect among all that are as small or smaller.
///
/// Tests that could not be made are left out by the caller and do not count.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len() as f64;
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut smallest: f64 = 1.0;
    let mut adjusted = Vec::new();
    for (before, &(index, p)) in order.iter().enumerate().rev() {
        smallest = smallest.min(p * (count / (before as f64 + 1.0)));
        adjusted.push((index, smallest));
    }
    adjusted.sort_unstable_by_key(|&(index, _)| index);
    adjusted.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_values_are_those_of_scipy() {
        // scipy.stats.false_discovery_control([.01, .04, .03, .005, .5, .04], method='bh')
        let found = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005, 0.5, 0.04]);
        let expected = [0.03, 0.048, 0.048, 0.03, 0.5, 0.048];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    #[test]
    fn nothing_stays_nothing_and_a_single_test_stays_as_it_is() {
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(benjamini_hochberg(&[0.03]), [0.03]);
        assert_eq!(benjamini_hochberg(&[0.2; 3]), [0.2; 3]);
    }

    #[test]
    fn adjusting_never_lowers_a_value_nor_changes_the_order() {
        let p = [0.001, 0.9, 0.02, 0.02, 0.3, 1.0];
        let adjusted = benjamini_hochberg(&p);
        for (i, first) in p.iter().enumerate() {
            assert!(adjusted[i] >= *first && adjusted[i] <= 1.0);
            for (j, second) in p.iter().enumerate() {
                assert!(first > second || adjusted[i] <= adjusted[j]);
            }
        }
    }
}
