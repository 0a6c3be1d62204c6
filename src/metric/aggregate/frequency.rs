//! `frequency()`: events a week of the time that has passed; `deployment_days()`: days with an event a week.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, poisson};

const DAYS_A_WEEK: f64 = 7.0;

/// Events a week, with the exact Poisson interval.
pub struct Frequency;

impl Aggregate for Frequency {
    fn name(&self) -> &'static str {
        "frequency"
    }

    fn arity(&self) -> usize {
        0
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["count", "exposure_days"]
    }

    fn is_count(&self) -> bool {
        true
    }

    fn fragments(&self, _: &[String], _: &str) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn finish(&self, raw: &Raw, _: &[String], exposure: &Exposure) -> Estimate {
        weekly(raw.event_count, raw.event_count, exposure.days)
    }
}

/// Days with at least one event, a week.
pub struct DeploymentDays;

impl Aggregate for DeploymentDays {
    fn name(&self) -> &'static str {
        "deployment_days"
    }

    fn arity(&self) -> usize {
        0
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["count", "exposure_days"]
    }

    fn is_count(&self) -> bool {
        true
    }

    fn fragments(&self, _: &[String], at: &str) -> Vec<(&'static str, String)> {
        vec![("day_count", format!("count(distinct period_start({at}, 'day'))"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], exposure: &Exposure) -> Estimate {
        let mut estimate = weekly(raw.event_count, raw.count("day_count"), exposure.days);
        // Days are not independent events: no Poisson interval.
        estimate.low = None;
        estimate.high = None;
        estimate
    }
}

fn weekly(n: u64, count: u64, exposure_days: f64) -> Estimate {
    let own = vec![Some(count as f64), Some(exposure_days)];
    if exposure_days <= 0.0 {
        return Estimate::with(n, None, None, own);
    }
    let weeks = exposure_days / DAYS_A_WEEK;
    Estimate::with(n, Some(count as f64 / weeks), poisson::exact(count, weeks, LEVEL), own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_events_in_twelve_days_are_three_and_a_half_a_week() {
        let raw = Raw { event_count: 6, ..Raw::default() };
        assert_eq!(Frequency.finish(&raw, &[], &Exposure { days: 12.0, ..Exposure::default() }).value, Some(3.5));
    }
}
