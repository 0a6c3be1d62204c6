//! `rate(flag)`: the share of events with the flag, with the Wilson interval.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, proportion};

pub struct Rate;

impl Aggregate for Rate {
    fn name(&self) -> &'static str {
        "rate"
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["numerator", "denominator"]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let flag = &arguments[0];
        vec![("known_count", format!("count({flag})")), ("flagged_count", format!("count(*) filter (where {flag})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let trials = raw.count("known_count");
        let flagged = raw.count("flagged_count");
        let value = (trials > 0).then(|| flagged as f64 / trials as f64);
        let own = vec![Some(flagged as f64), Some(trials as f64)];
        Estimate::with(trials, value, proportion::wilson(flagged, trials, LEVEL), own)
    }
}
