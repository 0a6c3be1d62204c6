//! `mean(x)`: the arithmetic mean with Student's t interval.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, mean};

pub struct Mean;

impl Aggregate for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let x = &arguments[0];
        vec![
            ("known_count", format!("count({x})")),
            ("total", format!("sum(cast({x} as double))")),
            ("deviation", format!("stddev_samp(cast({x} as double))")),
        ]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let n = raw.count("known_count");
        let total = raw.number("total");
        let value = total.filter(|_| n > 0).map(|total| total / n as f64);
        let interval = match (value, raw.number("deviation")) {
            (Some(value), Some(deviation)) => mean::t_interval_of(value, deviation, n, LEVEL),
            _ => None,
        };
        Estimate::with(n, value, interval, vec![total])
    }
}
