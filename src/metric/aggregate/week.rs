//! `median_per_week()`: days with an event, the median over the whole weeks of the period. Weeks that the period or the
//! log cuts are left out, because a part of a week has fewer days; quiet weeks count as 0.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, quantile};

pub struct MedianPerWeek;

impl Aggregate for MedianPerWeek {
    fn name(&self) -> &'static str {
        "median_per_week"
    }

    fn arity(&self) -> usize {
        0
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["count", "whole_week_count"]
    }

    fn fragments(&self, _: &[String], at: &str) -> Vec<(&'static str, String)> {
        let day = format!("cast(arrow_cast(period_start({at}, 'day'), 'Int32') as double)");
        vec![("days", format!("array_agg(distinct {day})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], exposure: &Exposure) -> Estimate {
        let days: Vec<i32> = raw.lists.get("days").into_iter().flatten().flatten().map(|day| *day as i32).collect();
        let count_in = |first: i32| days.iter().filter(|day| (first..first + 7).contains(day)).count() as f64;
        let mut counts: Vec<f64> = exposure.whole_weeks.iter().map(|first| count_in(*first)).collect();
        quantile::sort(&mut counts);
        let own = vec![Some(days.len() as f64), Some(counts.len() as f64)];
        let interval = quantile::quantile_interval(&counts, 0.5, LEVEL);
        Estimate::with(raw.event_count, quantile::quantile(&counts, 0.5), interval, own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_weeks_count_and_days_outside_whole_weeks_do_not() {
        // Weeks begin on days 4, 11, 18 and 25; days 1 and 2 lie before the first, 32 behind the last.
        let days = [1.0, 2.0, 4.0, 5.0, 8.0, 12.0, 32.0].map(Some).to_vec();
        let raw = Raw { event_count: 9, lists: [("days", days)].into(), ..Raw::default() };
        let exposure = Exposure { days: 31.0, whole_weeks: vec![4, 11, 18, 25] };
        let estimate = MedianPerWeek.finish(&raw, &[], &exposure);
        // 3, 1, 0 and 0 days: the median is half of 0 and 1.
        assert_eq!((estimate.value, estimate.n), (Some(0.5), 9));
        assert_eq!(estimate.own, [Some(7.0), Some(4.0)]);
    }
}
