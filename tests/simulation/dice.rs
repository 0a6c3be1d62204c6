//! Chance from a seed: the distributions that companies are made of.

use shipwake::stats::random::Generator;

pub fn exponential(dice: &mut Generator, mean: f64) -> f64 {
    -mean * (1.0 - dice.uniform()).ln()
}

/// Knuth's product of uniforms, in parts so that it does not underflow.
pub fn poisson(dice: &mut Generator, mean: f64) -> usize {
    let mut left = mean;
    let mut count = 0;
    while left > 0.0 {
        let limit = (-left.min(30.0)).exp();
        left -= 30.0;
        let mut product = dice.uniform();
        while product > limit {
            count += 1;
            product *= dice.uniform();
        }
    }
    count
}

/// The logarithm is normal with this deviation (Box and Muller).
pub fn log_normal(dice: &mut Generator, median: f64, deviation: f64) -> f64 {
    let angle = std::f64::consts::TAU * dice.uniform();
    median * (deviation * exponential(dice, 2.0).sqrt() * angle.cos()).exp()
}

/// Every size between is as likely as its double or half.
pub fn log_uniform(dice: &mut Generator, low: f64, high: f64) -> f64 {
    low * (high / low).powf(dice.uniform())
}

/// The number that `trials` of this chance exceed with a probability below one in a thousand: mean and 3.1 deviations.
pub fn at_most(trials: usize, chance: f64) -> f64 {
    let mean = trials as f64 * chance;
    mean + 3.1 * (mean * (1.0 - chance)).sqrt()
}
