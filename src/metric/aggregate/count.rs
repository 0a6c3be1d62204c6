//! `count()`: events of the period, with the exact Poisson interval.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, poisson};

pub struct Count;

impl Aggregate for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn arity(&self) -> usize {
        0
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &[]
    }

    fn is_count(&self) -> bool {
        true
    }

    fn fragments(&self, _: &[String], _: &str) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let n = raw.event_count;
        Estimate::with(n, Some(n as f64), poisson::exact(n, 1.0, LEVEL), Vec::new())
    }
}
