//! Does a series really change? Mann–Kendall (a drift) and the rank sum (a step) decide, never the eye.

use crate::metric::Row;
use crate::stats::{quantile, rank_sum, trend};

/// A series begins where it has this share of the events it has lately: a log that is only starting shows its start.
const RAMP_UP: f64 = 0.25;

/// The same where the number of events is the value itself: growth must not be taken for a beginning.
const RAMP_UP_OF_COUNTS: f64 = 0.05;

/// Points of a series that can be judged: finished periods with a value, from where the log is under way.
pub fn judged(rows: &[&Row], is_count: bool) -> Vec<f64> {
    let finished: Vec<&&Row> = rows.iter().filter(|row| !row.is_partial && row.value.is_some()).collect();
    let counts: Vec<f64> = finished.iter().map(|row| row.n as f64).collect();
    let Some(lately) = middle(&counts[counts.len().saturating_sub(LATELY)..]) else { return Vec::new() };
    let share = if is_count { RAMP_UP_OF_COUNTS } else { RAMP_UP };
    let is_starting = |row: &&&&Row| (row.n as f64) < lately * share;
    let skipped = finished.iter().take_while(is_starting).count();
    finished[skipped..].iter().filter_map(|row| row.value).collect()
}

/// The outcome of the test on one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub points: usize,
    /// Two-sided p of Mann–Kendall.
    pub p: f64,
    pub is_rising: bool,
    /// Medians of the first and of the last three points.
    pub first: f64,
    pub last: f64,
}

/// None where the series has too few points for any statement.
pub fn test(rows: &[&Row], is_count: bool) -> Option<Trend> {
    let values = judged(rows, is_count);
    if values.len() < trend::MINIMUM_POINTS_FOR_STATEMENT {
        return None;
    }
    let found = trend::mann_kendall(&values)?;
    let is_rising = found.s > 0;
    let (first, last) = (middle(&values[..3])?, middle(&values[values.len() - 3..])?);
    // A series that went up and came back has a drift that its ends deny: no sentence tells that truly.
    let p = if (last > first) == is_rising && first != last { found.p } else { 1.0 };
    Some(Trend { points: values.len(), p, is_rising, first, last })
}

/// Finished periods that count as "lately" in a test for a step.
pub const LATELY: usize = 6;

/// The outcome of a test whether the last periods lie on another level than those before.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Two-sided exact p of the rank-sum test.
    pub p: f64,
    pub is_rising: bool,
    /// Medians of the periods before and of the last ones.
    pub before: f64,
    pub lately: f64,
}

/// A step within the last [`LATELY`] periods; none where there are fewer than as many before them.
///
/// Mann–Kendall looks for a drift and has little power against a single step.
pub fn step(rows: &[&Row], is_count: bool) -> Option<Step> {
    let values = judged(rows, is_count);
    if values.len() < 2 * LATELY {
        return None;
    }
    let (before, lately) = values.split_at(values.len() - LATELY);
    let p = rank_sum::two_sided_p(before, lately)?;
    let (before, lately) = (middle(before)?, middle(lately)?);
    if before == lately {
        return None;
    }
    Some(Step { p, is_rising: lately > before, before, lately })
}

fn middle(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    quantile::sort(&mut values);
    quantile::quantile(&values, 0.5)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn rows(values: &[f64]) -> Vec<Row> {
        let row = |value: &f64| Row {
            dimensions: Vec::new(),
            period_start: NaiveDate::default(),
            n: 10,
            value: Some(*value),
            low: None,
            high: None,
            is_partial: false,
            own: Vec::new(),
        };
        values.iter().map(row).collect()
    }

    #[test]
    fn nine_points_carry_no_statement() {
        let rising: Vec<f64> = (0..9).map(f64::from).collect();
        let rows = rows(&rising);
        assert_eq!(test(&rows.iter().collect::<Vec<_>>(), false), None);
    }

    #[test]
    fn a_steady_rise_is_found_with_its_ends() {
        let rising: Vec<f64> = (0..12).map(f64::from).collect();
        let rows = rows(&rising);
        let trend = test(&rows.iter().collect::<Vec<_>>(), false).unwrap();
        assert!(trend.is_rising && trend.p < 0.001);
        assert_eq!((trend.first, trend.last), (1.0, 10.0));
    }

    #[test]
    fn a_series_that_rose_and_fell_back_makes_no_statement() {
        let mut values: Vec<f64> = (1..=21).map(f64::from).collect();
        values.extend([0.5, 0.4, 0.3]);
        let rows = rows(&values);
        assert_eq!(test(&rows.iter().collect::<Vec<_>>(), false).unwrap().p, 1.0);
    }

    #[test]
    fn the_first_periods_of_a_log_that_is_only_starting_are_no_trend() {
        let mut rows = rows(&[0.0, 1.0, 5.0, 5.0, 5.0]);
        rows[0].n = 1;
        rows[1].n = 2;
        assert_eq!(judged(&rows.iter().collect::<Vec<_>>(), false), [5.0, 5.0, 5.0]);
    }

    #[test]
    fn an_unfinished_period_is_not_judged() {
        let mut rows = rows(&[1.0, 2.0]);
        rows[1].is_partial = true;
        assert_eq!(judged(&rows.iter().collect::<Vec<_>>(), false), [1.0]);
    }
}
