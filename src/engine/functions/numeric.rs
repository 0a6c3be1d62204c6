//! Functions of a few numbers, row by row: intervals, tests, limits and sizes for analysts.
//!
//! Counts are whole numbers of at least 0; what is no count, or has no answer, gives null. Nothing is computed here:
//! each function names the one of `stats` that does.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use super::arguments::{self, Kind};
use crate::stats::poisson::RateRatio;
use crate::stats::{Interval, LEVEL, funnel, poisson, power, proportion};

pub fn functions() -> Vec<ScalarUDF> {
    let all: [(&str, Formula); 16] = [
        ("binomial_p", Formula::Three(|k, n, p| proportion::binomial_p(whole(k)?, whole(n)?, p))),
        ("fisher_p", Formula::Four(fisher_p)),
        ("funnel_high", Formula::Two(|n, p| high(funnel::share_limits(whole(n)?, p, LEVEL)))),
        ("funnel_low", Formula::Two(|n, p| low(funnel::share_limits(whole(n)?, p, LEVEL)))),
        ("funnel_rate_high", Formula::Two(|exposure, rate| high(funnel::rate_limits(exposure, rate, LEVEL)))),
        ("funnel_rate_low", Formula::Two(|exposure, rate| low(funnel::rate_limits(exposure, rate, LEVEL)))),
        ("poisson_high", Formula::Two(|count, exposure| high(poisson::exact(whole(count)?, exposure, LEVEL)))),
        ("poisson_low", Formula::Two(|count, exposure| low(poisson::exact(whole(count)?, exposure, LEVEL)))),
        ("rate_ratio", Formula::Four(|k1, e1, k2, e2| finite(rate_ratio(k1, e1, k2, e2)?.ratio))),
        ("rate_ratio_high", Formula::Four(|k1, e1, k2, e2| finite(rate_ratio(k1, e1, k2, e2)?.interval.high))),
        ("rate_ratio_low", Formula::Four(|k1, e1, k2, e2| Some(rate_ratio(k1, e1, k2, e2)?.interval.low))),
        ("rate_ratio_p", Formula::Four(|k1, e1, k2, e2| Some(rate_ratio(k1, e1, k2, e2)?.p))),
        ("two_proportion_n", Formula::Two(|p1, p2| power::two_proportion_n(p1, p2, LEVEL, power::POWER))),
        ("two_proportion_p", Formula::Four(two_proportion_p)),
        ("wilson_high", Formula::Two(|count, n| high(proportion::wilson(whole(count)?, whole(n)?, LEVEL)))),
        ("wilson_low", Formula::Two(|count, n| low(proportion::wilson(whole(count)?, whole(n)?, LEVEL)))),
    ];
    let function = |(name, formula)| {
        ScalarUDF::from(Numeric { name, formula, signature: Signature::user_defined(Volatility::Immutable) })
    };
    all.into_iter().map(function).collect()
}

fn fisher_p(k1: f64, n1: f64, k2: f64, n2: f64) -> Option<f64> {
    proportion::fisher_p(whole(k1)?, whole(n1)?, whole(k2)?, whole(n2)?)
}

fn two_proportion_p(k1: f64, n1: f64, k2: f64, n2: f64) -> Option<f64> {
    proportion::score_p(whole(k1)?, whole(n1)?, whole(k2)?, whole(n2)?)
}

fn rate_ratio(k1: f64, e1: f64, k2: f64, e2: f64) -> Option<RateRatio> {
    poisson::rate_ratio(whole(k1)?, e1, whole(k2)?, e2, LEVEL)
}

fn low(interval: Option<Interval>) -> Option<f64> {
    interval.map(|interval| interval.low)
}

fn high(interval: Option<Interval>) -> Option<f64> {
    interval.map(|interval| interval.high)
}

/// Infinity is how the statistics say "not bounded"; in SQL that is null.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
}

#[derive(Debug, Clone, Copy)]
enum Formula {
    Two(fn(f64, f64) -> Option<f64>),
    Three(fn(f64, f64, f64) -> Option<f64>),
    Four(fn(f64, f64, f64, f64) -> Option<f64>),
}

impl Formula {
    fn arguments(self) -> &'static [Kind] {
        match self {
            Self::Two(_) => &[Kind::Number; 2],
            Self::Three(_) => &[Kind::Number; 3],
            Self::Four(_) => &[Kind::Number; 4],
        }
    }

    /// Null where a number is.
    fn of_row(self, columns: &[Float64Array], row: usize) -> Option<f64> {
        let at = |index: usize| {
            let column = columns.get(index)?;
            column.is_valid(row).then(|| column.value(row))
        };
        match self {
            Self::Two(formula) => formula(at(0)?, at(1)?),
            Self::Three(formula) => formula(at(0)?, at(1)?, at(2)?),
            Self::Four(formula) => formula(at(0)?, at(1)?, at(2)?, at(3)?),
        }
    }
}

/// A formula under its name, which is all that tells it from others.
#[derive(Debug)]
struct Numeric {
    name: &'static str,
    formula: Formula,
    signature: Signature,
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Numeric {}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Numeric {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(self.name, self.formula.arguments(), given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = args.args.iter().map(|argument| argument.to_array(args.number_rows));
        let columns: Vec<Float64Array> =
            arrays.map(|array| Ok(array?.as_primitive::<Float64Type>().clone())).collect::<Result<_>>()?;
        let results = (0..args.number_rows).map(|row| self.formula.of_row(&columns, row));
        let array: ArrayRef = Arc::new(results.collect::<Float64Array>());
        Ok(ColumnarValue::Array(array))
    }
}
