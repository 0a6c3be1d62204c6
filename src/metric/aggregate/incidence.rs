//! `incidence(cases, population)`: cases by members of a population that need not be linked to them, such as incidents
//! by deployments. It may exceed 1.

use super::{Aggregate, Estimate, Exposure, Raw};
use crate::stats::{LEVEL, poisson};

pub struct Incidence;

impl Aggregate for Incidence {
    fn name(&self) -> &'static str {
        "incidence"
    }

    fn arity(&self) -> usize {
        2
    }

    fn own_columns(&self) -> &'static [&'static str] {
        &["numerator", "denominator"]
    }

    fn fragments(&self, arguments: &[String], _: &str) -> Vec<(&'static str, String)> {
        let sum = |column: &String| format!("sum(cast({column} as bigint))");
        vec![("case_count", sum(&arguments[0])), ("population_count", sum(&arguments[1]))]
    }

    /// With the exact Poisson interval of the cases, the population taken as given.
    fn finish(&self, raw: &Raw, _: &[String], _: &Exposure) -> Estimate {
        let (cases, population) = (raw.count("case_count"), raw.count("population_count"));
        let value = (population > 0).then(|| cases as f64 / population as f64);
        let own = vec![Some(cases as f64), Some(population as f64)];
        let interval = value.and_then(|_| poisson::exact(cases, population as f64, LEVEL));
        Estimate::with(population, value, interval, own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_incidents_by_two_deployments_are_one_and_a_half_and_none_by_none_are_unknown() {
        let of = |cases, population| {
            let numbers = [("case_count", cases), ("population_count", population)].into();
            Incidence.finish(&Raw { numbers, ..Raw::default() }, &[], &Exposure::default())
        };
        assert_eq!((of(3.0, 2.0).value, of(3.0, 2.0).n), (Some(1.5), 2));
        assert_eq!((of(3.0, 0.0).value, of(3.0, 0.0).low), (None, None));
    }
}
