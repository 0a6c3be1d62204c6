//! `survival_median(seconds, is_observed)`: the Kaplan–Meier median; cases still open are censored, not dropped.

use super::{Aggregate, Estimate, Exposure, Raw};

pub struct SurvivalMedian;

impl Aggregate for SurvivalMedian {
    fn name(&self) -> &'static str {
        "survival_median"
    }

    fn arity(&self) -> usize {
        2
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["observed_count", "open_count"]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let (seconds, is_observed) = (&arguments[0], &arguments[1]);
        vec![
            ("known_count", format!("count(*) filter (where {seconds} is not null and {is_observed} is not null)")),
            ("curve", format!("kaplan_meier({seconds}, {is_observed})")),
        ]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let n = raw.count("known_count");
        let observed = raw.listed("curve", 3).unwrap_or(0.0);
        // An interval may be open above: then the data cannot say how long it takes at most.
        Estimate {
            n,
            value: raw.listed("curve", 0),
            low: raw.listed("curve", 1),
            high: raw.listed("curve", 2),
            own: vec![Some(observed), Some(n as f64 - observed)],
        }
    }
}
