//! Does a series really change? Mann–Kendall (a drift), the rank sum (a step) and what the months before lead one to
//! expect (a signal) decide, never the eye.
//!
//! Runs of points on one side of the center, the other rule of process-behaviour charts, are not looked for: the rank
//! sum asks the same with an exact p.

use chrono::NaiveDate;

use crate::metric::{MetricResult, Row};
use crate::stats::expectation::{self, Departure};
use crate::stats::{LEVEL, quantile, rank_sum, trend};

/// A series begins where it has this share of the events it has lately: a log that is only starting shows its start.
const RAMP_UP: f64 = 0.25;

/// The same where the number of events is the value itself: growth must not be taken for a beginning.
const RAMP_UP_OF_COUNTS: f64 = 0.05;

/// Finished periods that count as "lately" in a test for a step.
pub const LATELY: usize = 6;

/// Periods before the reported one that say what to expect of it.
const EXPECTING: usize = 12;

/// Frequencies are told per week.
const DAYS_A_WEEK: f64 = 7.0;

/// A row of a series that can be judged.
#[derive(Debug, Clone, Copy)]
pub struct Point<'r> {
    /// The how manieth period of the series it is, those without a value counted.
    pub place: usize,
    pub value: f64,
    pub row: &'r Row,
}

/// Points of a series that can be judged: finished periods with a value, from where the log is under way.
pub fn judged<'r>(rows: &[&'r Row], is_count: bool) -> Vec<Point<'r>> {
    let finished: Vec<Point> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !row.is_partial)
        .filter_map(|(place, row)| Some(Point { place, value: row.value?, row }))
        .collect();
    let counts: Vec<f64> = finished.iter().map(|point| point.row.n as f64).collect();
    let Some(lately) = middle(&counts[counts.len().saturating_sub(LATELY)..]) else { return Vec::new() };
    let share = if is_count { RAMP_UP_OF_COUNTS } else { RAMP_UP };
    finished.into_iter().skip_while(|point| (point.row.n as f64) < lately * share).collect()
}

/// The outcome of the test on one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// Finished periods with a value.
    pub points: usize,
    /// Two-sided p of Mann–Kendall.
    pub p: f64,
    pub is_rising: bool,
    /// Medians of the first and of the last three points.
    pub first: f64,
    pub last: f64,
    /// Change from one period to the next (Theil–Sen); none where its interval does not exclude zero.
    pub slope: Option<Slope>,
}

/// Change from one period to the next, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// None where the series has too few points for any statement.
pub fn test(points: &[Point]) -> Option<Trend> {
    if points.len() < trend::MINIMUM_POINTS_FOR_STATEMENT {
        return None;
    }
    let values = values(points);
    let found = trend::mann_kendall(&values)?;
    let is_rising = found.s > 0;
    let (first, last) = (middle(&values[..3])?, middle(&values[values.len() - 3..])?);
    // A series that went up and came back has a drift that its ends deny: no sentence tells that truly.
    let p = if (last > first) == is_rising && first != last { found.p } else { 1.0 };
    Some(Trend { points: values.len(), p, is_rising, first, last, slope: slope(points) })
}

fn slope(points: &[Point]) -> Option<Slope> {
    let places: Vec<f64> = points.iter().map(|point| point.place as f64).collect();
    let found = trend::theil_sen(&places, &values(points), LEVEL)?;
    let (low, high) = (found.interval.low, found.interval.high);
    (low > 0.0 || high < 0.0).then_some(Slope { value: found.slope, low, high })
}

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
pub fn step(points: &[Point]) -> Option<Step> {
    let values = values(points);
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

/// How the reported period stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    pub value: f64,
    pub found: Departure,
    /// Periods that say what to expect.
    pub periods: usize,
}

/// The reported period against the last [`EXPECTING`] judged ones before it; none where it cannot be judged itself, or
/// too few come before it. `days` are those of the period that starts on a date.
pub fn signal(
    result: &MetricResult,
    points: &[Point],
    reported: NaiveDate,
    days: &dyn Fn(NaiveDate) -> f64,
) -> Option<Signal> {
    let (newest, earlier) = points.split_last()?;
    if newest.row.period_start != reported {
        return None;
    }
    let earlier = &earlier[earlier.len().saturating_sub(EXPECTING)..];
    let found = departure(result, earlier, newest, days)?;
    Some(Signal { value: newest.value, found, periods: earlier.len() })
}

fn departure(
    result: &MetricResult,
    earlier: &[Point],
    newest: &Point,
    days: &dyn Fn(NaiveDate) -> f64,
) -> Option<Departure> {
    let has = |name: &str| result.own_columns.contains(&name);
    let own = |point: &Point, name: &str| result.own(point.row, name);
    if has("numerator") && has("denominator") {
        let counts = |point: &Point| Some((own(point, "numerator")? as u64, own(point, "denominator")? as u64));
        let earlier: Vec<(u64, u64)> = earlier.iter().filter_map(counts).collect();
        return expectation::of_share(&earlier, counts(newest)?);
    }
    // Without an interval, as for days on which something happened, there is no rate of independent events.
    if has("exposure_days") && newest.row.low.is_some() {
        let exposed = |point: &Point| Some((point.row.n, own(point, "exposure_days")? / DAYS_A_WEEK));
        let earlier: Vec<(u64, f64)> = earlier.iter().filter_map(exposed).collect();
        return expectation::of_rate(&earlier, exposed(newest)?);
    }
    // Counts are expected by the length of the period; a period without events is one of them.
    if result.is_count && !has("exposure_days") {
        let lasting = days(newest.row.period_start);
        let counted = |point: &Point| (point.row.n, days(point.row.period_start) / lasting);
        let earlier: Vec<(u64, f64)> = earlier.iter().map(counted).collect();
        return expectation::of_rate(&earlier, counted(newest));
    }
    let weighed = |point: &Point| (point.value, point.row.n);
    let earlier: Vec<(f64, u64)> = earlier.iter().map(weighed).collect();
    expectation::of_value(&earlier, weighed(newest))
}

fn values(points: &[Point]) -> Vec<f64> {
    points.iter().map(|point| point.value).collect()
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

    /// Of rows in which ten events stand behind every value.
    fn points(rows: &[Row]) -> Vec<Point<'_>> {
        judged(&rows.iter().collect::<Vec<_>>(), false)
    }

    #[test]
    fn nine_points_carry_no_statement() {
        let rising: Vec<f64> = (0..9).map(f64::from).collect();
        assert_eq!(test(&points(&rows(&rising))), None);
    }

    #[test]
    fn a_steady_rise_is_found_with_its_ends_and_its_slope() {
        let rising: Vec<f64> = (0..12).map(f64::from).collect();
        let rows = rows(&rising);
        let trend = test(&points(&rows)).unwrap();
        assert!(trend.is_rising && trend.p < 0.001);
        assert_eq!((trend.first, trend.last), (1.0, 10.0));
        assert_eq!(trend.slope, Some(Slope { value: 1.0, low: 1.0, high: 1.0 }));
    }

    #[test]
    fn a_slope_counts_the_periods_without_a_value() {
        let mut rows = rows(&(0..24).map(f64::from).collect::<Vec<_>>());
        for row in rows.iter_mut().skip(1).step_by(2) {
            row.value = None;
        }
        assert_eq!(test(&points(&rows)).unwrap().slope.map(|slope| slope.value), Some(1.0));
    }

    #[test]
    fn a_series_that_rose_and_fell_back_makes_no_statement() {
        let mut values: Vec<f64> = (1..=21).map(f64::from).collect();
        values.extend([0.5, 0.4, 0.3]);
        assert_eq!(test(&points(&rows(&values))).unwrap().p, 1.0);
    }

    #[test]
    fn the_first_periods_of_a_log_that_is_only_starting_are_no_trend() {
        let mut rows = rows(&[0.0, 1.0, 5.0, 5.0, 5.0]);
        rows[0].n = 1;
        rows[1].n = 2;
        assert_eq!(values(&points(&rows)), [5.0, 5.0, 5.0]);
    }

    #[test]
    fn an_unfinished_period_is_not_judged() {
        let mut rows = rows(&[1.0, 2.0]);
        rows[1].is_partial = true;
        assert_eq!(values(&points(&rows)), [1.0]);
    }

    /// Twelve months in which 2 of 20 failed, then one with these.
    fn shares(numerator: f64, denominator: f64) -> MetricResult {
        let mut rows = rows(&[0.1; 13]);
        for (row, day) in rows.iter_mut().zip(1..) {
            row.period_start = NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
            row.own = vec![Some(2.0), Some(20.0)];
        }
        rows[12].own = vec![Some(numerator), Some(denominator)];
        rows[12].value = Some(numerator / denominator);
        let own_columns = &["numerator", "denominator"][..];
        MetricResult { metric: String::new(), by: Vec::new(), own_columns, is_count: false, rows, not_measured: None }
    }

    fn signal_of(result: &MetricResult, day: u32) -> Option<Signal> {
        signal(result, &points(&result.rows), NaiveDate::from_ymd_opt(2026, 1, day).unwrap(), &|_| 30.0)
    }

    #[test]
    fn one_month_far_outside_is_a_signal_and_small_numbers_are_not() {
        let far = signal_of(&shares(8.0, 20.0), 13).unwrap();
        assert!(far.found.p < 0.002 && far.found.is_above);
        assert_eq!((far.periods, far.value), (12, 0.4));
        // The same share of five deployments.
        assert!(signal_of(&shares(2.0, 5.0), 13).unwrap().found.p > 0.05);
    }

    /// A count a day of January.
    fn counts(counts: &[u64]) -> MetricResult {
        let mut rows = rows(&counts.iter().map(|count| *count as f64).collect::<Vec<_>>());
        for ((row, day), count) in rows.iter_mut().zip(1..).zip(counts) {
            row.period_start = NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
            row.n = *count;
        }
        MetricResult { is_count: true, own_columns: &[], rows, ..shares(2.0, 20.0) }
    }

    #[test]
    fn counts_are_judged_with_their_empty_months_and_may_signal_by_falling_to_none() {
        let quiet = counts(&[4, 0, 5, 0, 4, 0, 5, 0, 4, 0, 4, 0, 40]);
        let found = signal_of(&quiet, 13).unwrap().found;
        // The months themselves are restless, which widens the limits.
        assert!(found.is_above && found.p < 0.01, "{found:?}");
        assert!((found.expected - 26.0 / 12.0).abs() < 0.001, "{found:?}");
        let none = counts(&[20, 22, 19, 21, 20, 18, 23, 20, 21, 20, 19, 22, 0]);
        let found = signal_of(&none, 13).unwrap().found;
        assert!(!found.is_above && found.p < 0.001, "{found:?}");
    }

    #[test]
    fn a_longer_period_may_hold_more() {
        let result = counts(&[20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 40]);
        let last = NaiveDate::from_ymd_opt(2026, 1, 13).unwrap();
        let days = |start: NaiveDate| if start == last { 60.0 } else { 30.0 };
        let found = signal(&result, &points(&result.rows), last, &days).unwrap().found;
        assert!(found.p > 0.5 && (found.expected - 40.0).abs() < 0.001, "{found:?}");
    }

    #[test]
    fn only_the_reported_month_signals() {
        assert_eq!(signal_of(&shares(8.0, 20.0), 12), None);
        let mut unfinished = shares(8.0, 20.0);
        unfinished.rows[12].is_partial = true;
        assert_eq!(signal_of(&unfinished, 13), None);
    }
}
