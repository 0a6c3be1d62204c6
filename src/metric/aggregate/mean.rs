//! `mean(x)`: the arithmetic mean with Student's t interval.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::Interval;

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
        vec![("known_count", format!("count({x})")), ("moments", format!("moments({x})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let number = |place| raw.listed("moments", place);
        let interval = number(2).zip(number(3)).map(|(low, high)| Interval { low, high });
        Estimate::with(raw.count("known_count"), number(1), interval, vec![number(0)])
    }
}
