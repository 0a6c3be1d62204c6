//! The mean and its interval, for values that spread evenly around it.
//!
//! Durations do not: use [`super::quantile`] for them.

use super::Interval;
use super::level;

/// The arithmetic mean, `None` of no values.
///
/// A second pass adds the mean of what the first left over, so that equal values have exactly
/// themselves as their mean.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let first = values.iter().sum::<f64>() / n;
    Some(first + values.iter().map(|value| value - first).sum::<f64>() / n)
}

/// The interval of the mean by Student's t.
///
/// `None` of fewer than two values, or no such level.
pub fn t_interval(values: &[f64], level: f64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let center = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    let half = level::student_critical(level, n - 1.0)? * deviation / n.sqrt();
    Some(Interval { low: center - half, high: center + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: [f64; 10] = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, 12.0, 31.0];

    #[test]
    fn the_interval_is_that_of_scipy() {
        // scipy.stats.t.interval(level, 9, loc=numpy.mean(v), scale=scipy.stats.sem(v))
        assert_eq!(mean(&SAMPLE), Some(8.3));
        for (level, low, high) in
            [(0.95, 2.229527023347617, 14.370472976652383), (0.99, -0.42089665485337413, 17.020896654853374)]
        {
            let found = t_interval(&SAMPLE, level).unwrap();
            assert!((found.low - low).abs() < 1e-10, "{found:?}");
            assert!((found.high - high).abs() < 1e-10, "{found:?}");
        }
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_interval() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[4.5]), Some(4.5));
        assert_eq!(t_interval(&[], 0.95), None);
        assert_eq!(t_interval(&[4.5], 0.95), None);
        assert_eq!(t_interval(&SAMPLE, 0.0), None);
    }

    #[test]
    fn equal_values_have_themselves_as_mean_and_as_interval() {
        let equal = [0.1; 7];
        let point = Interval { low: 0.1, high: 0.1 };
        assert_eq!(mean(&equal), Some(0.1));
        assert_eq!(t_interval(&equal, 0.95), Some(point));
    }
}
