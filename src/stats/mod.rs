//! How sure we may be of a number: intervals, tests and trends over plain slices.
//!
//! Every metric that shipwake reports carries an interval, and every sentence that says "rose" or
//! "fell" needs a rule that supports it. Both come from here. The functions take numbers and give
//! numbers; they know nothing of Arrow, SQL, files or time zones, so each can be checked against
//! R or SciPy by hand.
//!
//! Three rules hold throughout:
//!
//! - **Unknown stays unknown.** Where the data cannot bound a value, the answer is `None`, never a
//!   zero or an interval wide enough to hide the question. The documentation of each function says
//!   when that is.
//! - **Exact where it is affordable.** Small samples are what reports are made of, so the exact or
//!   conservative method is the default, and a normal approximation takes over only beyond a size
//!   that the function states.
//! - **The same input gives the same bits.** What needs chance takes a seed.
//!
//! Inputs are expected to be free of NaN: a null is dropped by the caller, who also counts it. A
//! NaN that slips through gives a meaningless number but never a panic. A `level` is the
//! confidence level, such as 0.95; outside the open interval from 0 to 1 the answer is `None`.

// In reading order; the empty lines keep the formatter from sorting them.
pub mod proportion;

pub mod poisson;

pub mod stratified;

pub mod shift;

pub mod quantile;

pub mod mean;

pub mod bootstrap;

pub mod survival;

pub mod xmr;

pub mod expectation;

pub mod trend;

pub mod rank_sum;

pub mod multiple;

pub mod power;

pub mod funnel;

pub mod random;

mod discrete;
mod level;

/// The level of every interval that is printed, unless somebody asks for another.
pub const LEVEL: f64 = 0.95;

/// A two-sided confidence interval, in the unit of the estimate it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_numbers_never_panic() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, 1e308, -1e308, 5e-324];
        for length in 0..=odd.len() * 5 {
            let mut values: Vec<f64> = odd.iter().copied().cycle().take(length).collect();
            let cases: Vec<(f64, bool)> = values.iter().map(|&v| (v, v > 0.0)).collect();
            for level in [0.95, 1e-9, f64::NAN] {
                mean::t_interval(&values, level);
                bootstrap::ratio_of_sums(&values, &values, level, 1, 20);
                trend::theil_sen(&values, &values, level);
                survival::KaplanMeier::new(&cases).median_interval(level);
                poisson::rate_ratio(1, 5e-324, 2, 1e308, level);
                quantile::select_summary(&mut values, level);
            }
            xmr::limits(&values).map(|limits| xmr::signals(&values, &limits));
            trend::mann_kendall(&values);
            trend::spearman(&values, &values, 1);
            trend::mann_kendall_over(&values, &values);
            trend::theil_sen_slope(&values, &values);
            multiple::benjamini_hochberg(&values);
            let weighed: Vec<(f64, u64)> = values.iter().map(|&v| (v, 3)).collect();
            let exposed: Vec<(u64, f64)> = values.iter().map(|&v| (3, v)).collect();
            for newest in odd {
                expectation::of_value(&weighed, (newest, 2));
                expectation::of_rate(&exposed, (2, newest));
            }
        }
        for first in odd {
            for second in odd {
                power::two_proportion_n(first, second, 0.95, 0.8);
                funnel::share_limits(7, first, second);
                funnel::rate_limits(first, second, 0.95);
                proportion::binomial_p(3, 7, first);
            }
        }
    }
}
