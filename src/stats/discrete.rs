//! Exact probabilities of the binomial, Poisson and hypergeometric distributions around their mode.
//!
//! One walk outwards from the mode with the ratio of neighbouring probabilities gives every
//! probability that matters, to full precision and without factorials, in a number of steps that
//! grows with the standard deviation only. Callers switch to a normal approximation beyond
//! [`LARGEST_EXACT_TOTAL`].

/// The walk over a total of this size still takes no more than some milliseconds.
pub(super) const LARGEST_EXACT_TOTAL: u64 = 1_000_000_000;

/// Probabilities further than this below the mode's are taken as zero.
const NEGLIGIBLE: f64 = 1e-300;

/// R and SciPy count an outcome as equally likely when it is within this relative distance.
const SAME_PROBABILITY: f64 = 1.0 + 1e-7;

/// A discrete distribution with one mode, as weights relative to the mode's.
pub(super) struct Mass {
    first: u64,
    weights: Vec<f64>,
    total: f64,
}

impl Mass {
    /// Successes in `trials` with a probability strictly between 0 and 1, else `None`.
    pub(super) fn binomial(trials: u64, probability: f64) -> Option<Self> {
        if !(probability > 0.0 && probability < 1.0) {
            return None;
        }
        let odds = probability / (1.0 - probability);
        let mode = (((trials as f64 + 1.0) * probability) as u64).min(trials);
        Some(Self::around(mode, 0, trials, |k| (trials - k) as f64 / (k as f64 + 1.0) * odds))
    }

    /// Events where `mean` are expected; `None` unless that is positive and within [`LARGEST_EXACT_TOTAL`].
    pub(super) fn poisson(mean: f64) -> Option<Self> {
        if !(mean > 0.0 && mean <= LARGEST_EXACT_TOTAL as f64) {
            return None;
        }
        Some(Self::around(mean as u64, 0, u64::MAX, |k| mean / (k as f64 + 1.0)))
    }

    /// Marked items in a sample of `drawn` out of `marked` and `unmarked` items; `None` where the
    /// sample is larger than the population or the population is too large to count.
    pub(super) fn hypergeometric(marked: u64, unmarked: u64, drawn: u64) -> Option<Self> {
        let population = marked.checked_add(unmarked)?;
        if drawn > population {
            return None;
        }
        let low = drawn.saturating_sub(unmarked);
        let high = drawn.min(marked);
        let share = (drawn as f64 + 1.0) / (population as f64 + 2.0);
        let mode = ((share * (marked as f64 + 1.0)) as u64).clamp(low, high);
        Some(Self::around(mode, low, high, |k| {
            let up = (marked - k) as f64 * (drawn - k) as f64;
            let down = (k as f64 + 1.0) * ((unmarked + k + 1) - drawn) as f64;
            up / down
        }))
    }

    /// The smallest outcome with at least this probability at or below it.
    pub(super) fn quantile(&self, probability: f64) -> u64 {
        let wanted = probability * self.total;
        let mut reached = 0.0;
        let mut outcome = self.first;
        for weight in &self.weights {
            reached += weight;
            if reached >= wanted {
                return outcome;
            }
            outcome += 1;
        }
        outcome - 1
    }

    /// The probability of this very outcome.
    pub(super) fn probability(&self, outcome: u64) -> f64 {
        self.weight(outcome).unwrap_or(0.0) / self.total
    }

    /// The probability of this outcome and all below it.
    pub(super) fn at_or_below(&self, outcome: u64) -> f64 {
        let reached: f64 = self.weights.iter().zip(self.first..=outcome).map(|(weight, _)| weight).sum();
        reached / self.total
    }

    /// The probability of all outcomes that are no more likely than the observed one.
    pub(super) fn two_sided_p(&self, observed: u64) -> f64 {
        let Some(weight) = self.weight(observed) else {
            return 0.0;
        };
        let limit = weight * SAME_PROBABILITY;
        let unlikely: f64 = self.weights.iter().filter(|&&w| w <= limit).sum();
        (unlikely / self.total).min(1.0)
    }

    /// `None` where the outcome is impossible or its probability negligible.
    fn weight(&self, outcome: u64) -> Option<f64> {
        let offset = usize::try_from(outcome.checked_sub(self.first)?).ok()?;
        self.weights.get(offset).copied()
    }

    /// `ratio(k)` is the probability of `k + 1` over that of `k`, for `k` from `low` to `high - 1`.
    fn around(mode: u64, low: u64, high: u64, ratio: impl Fn(u64) -> f64) -> Self {
        let mut weights = Vec::new();
        let mut weight = 1.0;
        for outcome in (low..mode).rev() {
            weight /= ratio(outcome);
            if weight < NEGLIGIBLE {
                break;
            }
            weights.push(weight);
        }
        weights.reverse();
        let first = mode - weights.len() as u64;
        weights.push(1.0);
        weight = 1.0;
        for outcome in mode..high {
            weight *= ratio(outcome);
            if weight < NEGLIGIBLE {
                break;
            }
            weights.push(weight);
        }
        let total = weights.iter().sum();
        Self { first, weights, total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_fair_coins_by_hand() {
        let coins = Mass::binomial(4, 0.5).unwrap();
        // Probabilities are 1, 4, 6, 4 and 1 sixteenths.
        assert_eq!(coins.quantile(0.05), 0);
        assert_eq!(coins.quantile(0.07), 1);
        assert_eq!(coins.quantile(0.5), 2);
        assert_eq!(coins.quantile(1.0), 4);
        assert!((coins.two_sided_p(0) - 2.0 / 16.0).abs() < 1e-15);
        assert!((coins.two_sided_p(3) - 10.0 / 16.0).abs() < 1e-15);
        assert_eq!(coins.two_sided_p(2), 1.0);
        assert_eq!(coins.two_sided_p(5), 0.0);
    }

    #[test]
    fn quantiles_are_those_of_scipy() {
        // scipy.stats.binom.ppf(p, n, q)
        for (n, q, p, expected) in
            [(10, 0.5, 0.025, 2), (50, 0.9, 0.025, 41), (50, 0.9, 0.975, 49), (100_000, 0.5, 0.025, 49_690)]
        {
            assert_eq!(Mass::binomial(n, q).unwrap().quantile(p), expected);
        }
    }

    #[test]
    fn impossible_parameters_give_nothing() {
        assert!(Mass::binomial(5, 0.0).is_none());
        assert!(Mass::binomial(5, 1.0).is_none());
        assert!(Mass::binomial(5, f64::NAN).is_none());
        assert!(Mass::hypergeometric(3, 3, 7).is_none());
        assert!(Mass::hypergeometric(u64::MAX, 3, 7).is_none());
    }
}
