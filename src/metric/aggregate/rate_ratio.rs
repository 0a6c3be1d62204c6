//! `rate_ratio(service, length_s, is_exposed, event_count)`: how many times more often events happen in exposed time.
//!
//! One row is one stretch of time of a service, with its events at its beginning. Each service is compared with itself
//! within about four weeks (Mantel–Haenszel), so that neither a mix of troubled and quiet services nor growth makes a
//! ratio. `n` and the counts are those of weeks that can be compared; events in others are `uncompared_count`.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::Interval;

pub struct RateRatio;

impl Aggregate for RateRatio {
    fn name(&self) -> &'static str {
        "rate_ratio"
    }

    fn arity(&self) -> usize {
        4
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["exposed_count", "exposed_s", "other_count", "other_s", "p", "shift_p", "block_count", "uncompared_count"]
    }

    fn fragments(&self, arguments: &[String], at: &str) -> Vec<(&'static str, String)> {
        let (service, length, flag, count) = (&arguments[0], &arguments[1], &arguments[2], &arguments[3]);
        vec![("exposure", format!("exposure_test({service}, {at}, {length}, {flag}, {count})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let number = |index: usize| raw.listed("exposure", index);
        // Where no event is outside the exposed time, only the lower end is known.
        let (low, high) = (number(1), number(2));
        let events = number(4).unwrap_or(0.0) + number(6).unwrap_or(0.0);
        let own = vec![number(4), number(5), number(6), number(7), number(3), number(8), number(9), number(10)];
        let interval = low.zip(high).map(|(low, high)| Interval { low, high });
        Estimate { low, ..Estimate::with(events as u64, number(0), interval, own) }
    }
}
