//! `ratio(x, y)`: Σx / Σy, with a seeded bootstrap interval.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::Interval;

pub struct Ratio;

impl Aggregate for Ratio {
    fn name(&self) -> &'static str {
        "ratio"
    }

    fn arity(&self) -> usize {
        2
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["numerator", "denominator"]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let (x, y) = (&arguments[0], &arguments[1]);
        let both = format!("filter (where {x} is not null and {y} is not null)");
        vec![("known_count", format!("count(*) {both}")), ("sums", format!("ratio_of_sums({x}, {y})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let interval = match (raw.listed("sums", 1), raw.listed("sums", 2)) {
            (Some(low), Some(high)) => Some(Interval { low, high }),
            _ => None,
        };
        let own = vec![raw.listed("sums", 3), raw.listed("sums", 4)];
        Estimate::with(raw.count("known_count"), raw.listed("sums", 0), interval, own)
    }
}
