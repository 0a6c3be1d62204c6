//! `sum(x)`: a plain total; it has no interval.

use super::{Aggregate, Estimate, Exposure, Raw};

pub struct Sum;

impl Aggregate for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn arity(&self) -> usize {
        1
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &[]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let x = &arguments[0];
        vec![("known_count", format!("count({x})")), ("moments", format!("moments({x})"))]
    }

    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        Estimate::with(raw.count("known_count"), raw.listed("moments", 0), None, Vec::new())
    }
}
