//! `median(x)`, `quantile(x, q)` and `lower_median(x)`: exact order statistics over the pooled events.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::Interval;

const OWN: &[&str] = &["p25", "p50", "p75", "p90", "p95"];

fn fragments(x: &str) -> Vec<(&'static str, String)> {
    vec![("known_count", format!("count({x})")), ("order", format!("order_statistics({x})"))]
}

fn percentiles(raw: &Raw) -> Vec<Option<f64>> {
    (0..OWN.len()).map(|index| raw.listed("order", index)).collect()
}

fn interval_of_median(raw: &Raw) -> Option<Interval> {
    Some(Interval { low: raw.listed("order", 5)?, high: raw.listed("order", 6)? })
}

/// The median (linear between the two middle values) with the interval of its order statistics.
pub struct Median;

impl Aggregate for Median {
    fn name(&self) -> &'static str {
        "median"
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        OWN
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        fragments(&arguments[0])
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        Estimate::with(raw.count("known_count"), raw.listed("order", 1), interval_of_median(raw), percentiles(raw))
    }
}

/// The lower of the two middle values, as some tools print it; without an interval of its own.
pub struct LowerMedian;

impl Aggregate for LowerMedian {
    fn name(&self) -> &'static str {
        "lower_median"
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        OWN
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        fragments(&arguments[0])
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        Estimate::with(raw.count("known_count"), raw.listed("order", 7), None, percentiles(raw))
    }
}

/// Any quantile, linear between order statistics, as `percentile_cont`.
pub struct Quantile;

impl Aggregate for Quantile {
    fn name(&self) -> &'static str {
        "quantile"
    }

    fn arity(&self) -> usize {
        2
    }

    fn own_columns(&self) -> &'static [&'static str] {
        OWN
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let (x, q) = (&arguments[0], &arguments[1]);
        let mut all = fragments(x);
        all.push(("asked", format!("percentile_cont(cast({x} as double), {q})")));
        all
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        Estimate::with(raw.count("known_count"), raw.number("asked"), None, percentiles(raw))
    }
}
