//! Intervals for analysts: `wilson_low/high(count, n)` and `poisson_low/high(count, exposure)`, at 95 %.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

use crate::stats::{Interval, LEVEL, poisson, proportion};

pub fn functions() -> Vec<ScalarUDF> {
    let all = [
        ("poisson_high", Method::Poisson, true),
        ("poisson_low", Method::Poisson, false),
        ("wilson_high", Method::Wilson, true),
        ("wilson_low", Method::Wilson, false),
    ];
    all.into_iter()
        .map(|(name, method, is_high)| {
            let signature = Signature::exact(vec![DataType::Float64, DataType::Float64], Volatility::Immutable);
            ScalarUDF::from(IntervalEnd { name, method, is_high, signature })
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Method {
    Poisson,
    Wilson,
}

impl Method {
    fn interval(self, count: f64, base: f64) -> Option<Interval> {
        match self {
            Self::Poisson => poisson::exact(whole(count)?, base, LEVEL),
            Self::Wilson => proportion::wilson(whole(count)?, whole(base)?, LEVEL),
        }
    }
}

fn whole(number: f64) -> Option<u64> {
    (number >= 0.0 && number.fract() == 0.0).then_some(number as u64)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct IntervalEnd {
    name: &'static str,
    method: Method,
    is_high: bool,
    signature: Signature,
}

impl ScalarUDFImpl for IntervalEnd {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let first = args.args[0].to_array(args.number_rows)?;
        let second = args.args[1].to_array(args.number_rows)?;
        let pairs = first.as_primitive::<Float64Type>().iter().zip(second.as_primitive::<Float64Type>());
        let ends = pairs.map(|(first, second)| {
            let interval = self.method.interval(first?, second?)?;
            Some(if self.is_high { interval.high } else { interval.low })
        });
        let array: ArrayRef = Arc::new(ends.collect::<Float64Array>());
        Ok(ColumnarValue::Array(array))
    }
}
