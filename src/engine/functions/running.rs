//! `running_max(x) over (…)` and `last_known(x) over (…)`: what was the greatest, or the last known, up to each row in
//! the order of the window.
//!
//! The standard's `max(x) over (… rows between unbounded preceding and current row)` says the same, but the engine asks
//! for it row by row; these look at a partition once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array, make_comparator};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};

use super::arguments::{self, Kind};

pub fn functions() -> impl Iterator<Item = WindowUDF> {
    [Which::LastKnown, Which::Max]
        .into_iter()
        .map(|which| WindowUDF::from(Running { which, signature: Signature::user_defined(Volatility::Immutable) }))
}

/// The value of which row up to now is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    LastKnown,
    /// Of several the first.
    Max,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Running {
    which: Which,
    signature: Signature,
}

impl WindowUDFImpl for Running {
    fn name(&self) -> &str {
        match self.which {
            Which::LastKnown => "last_known",
            Which::Max => "running_max",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Values keep their type, whatever it is.
    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [_] => Ok(given.to_vec()),
            _ => arguments::coerced(self.name(), &[Kind::Ordered], given),
        }
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let data_type = args.input_fields().first().map_or(DataType::Null, |field| field.data_type().clone());
        Ok(Arc::new(Field::new(args.name(), data_type, true)))
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Up(self.which)))
    }
}

#[derive(Debug)]
struct Up(Which);

impl PartitionEvaluator for Up {
    fn evaluate_all(&mut self, values: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let [values] = values else {
            return exec_err!("one argument is taken");
        };
        Ok(take(values, &self.rows(values)?, None)?)
    }
}

impl Up {
    /// For each row the one whose value it is given; null before the first that is known.
    fn rows(&self, values: &ArrayRef) -> Result<UInt32Array> {
        let compare = make_comparator(values, values, SortOptions::default())?;
        let mut chosen: Option<usize> = None;
        let rows = (0..values.len()).map(|row| {
            if values.is_valid(row) {
                chosen = match (self.0, chosen) {
                    (Which::Max, Some(best)) if compare(best, row).is_ge() => Some(best),
                    _ => Some(row),
                };
            }
            chosen.map(|row| row as u32)
        });
        Ok(rows.collect())
    }
}
