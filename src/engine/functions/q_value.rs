//! `q_value(p) over (…)`: p-values adjusted for all tests of the window, at a false discovery rate.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};

use super::arguments::{self, Kind};
use crate::stats::multiple;

const NAME: &str = "q_value";

pub fn function() -> WindowUDF {
    WindowUDF::from(QValue { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct QValue {
    signature: Signature,
}

impl WindowUDFImpl for QValue {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(NAME, &[Kind::Number], given)
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Float64, true)))
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Adjusting))
    }
}

/// The whole partition at once: the order of its rows plays no part.
#[derive(Debug)]
struct Adjusting;

impl PartitionEvaluator for Adjusting {
    fn evaluate_all(&mut self, values: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let [p_values] = values else {
            return exec_err!("{NAME} takes one argument");
        };
        Ok(Arc::new(adjusted(p_values.as_primitive::<Float64Type>())))
    }
}

/// A test that could not be made is null, counts for nothing and stays null.
fn adjusted(p_values: &Float64Array) -> Float64Array {
    let known = |p: Option<f64>| p.filter(|p| (0.0..=1.0).contains(p));
    let made: Vec<f64> = p_values.iter().filter_map(known).collect();
    let mut adjusted = multiple::benjamini_hochberg(&made).into_iter();
    p_values.iter().map(|p| known(p).and_then(|_| adjusted.next())).collect()
}
