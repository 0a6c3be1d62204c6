//! `trailing_sum(x, at, from_s, until_s) over (… order by at)`: the sum over the rows that lie between so many seconds
//! before each row.
//!
//! The standard's `sum(x) over (… range between … preceding and … preceding)` says the same, but the engine asks for it
//! row by row; this looks at a partition once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDF, WindowUDFImpl};

use super::arguments::{self, Kind};

const NAME: &str = "trailing_sum";
const SECOND_US: f64 = 1_000_000.0;

pub fn function() -> WindowUDF {
    WindowUDF::from(TrailingSum { signature: Signature::user_defined(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TrailingSum {
    signature: Signature,
}

impl WindowUDFImpl for TrailingSum {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments::coerced(NAME, &[Kind::Number, Kind::Instant, Kind::Number, Kind::Number], given)
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Float64, true)))
    }

    fn partition_evaluator(&self, _: PartitionEvaluatorArgs) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Trailing))
    }
}

#[derive(Debug)]
struct Trailing;

impl PartitionEvaluator for Trailing {
    fn evaluate_all(&mut self, values: &[ArrayRef], _: usize) -> Result<ArrayRef> {
        let [x, at, from_s, until_s] = values else {
            return exec_err!("{NAME} takes four arguments");
        };
        let numbers = |array: &ArrayRef| array.as_primitive::<Float64Type>().clone();
        let at = at.as_primitive::<TimestampMicrosecondType>();
        Ok(Arc::new(sums(&numbers(x), at, &numbers(from_s), &numbers(until_s))?))
    }
}

/// The sums of whole numbers are exact. Null where no value is known between, where a row has no instant, or no span.
fn sums(
    x: &Float64Array,
    at: &TimestampMicrosecondArray,
    from_s: &Float64Array,
    until_s: &Float64Array,
) -> Result<Float64Array> {
    let known: Vec<usize> = (0..at.len()).filter(|row| at.is_valid(*row)).collect();
    if !known.is_sorted_by_key(|row| at.value(*row)) {
        return exec_err!("the window of `{NAME}` must be ordered by the instant that it is given");
    }
    // Of the rows before each place: how many values are known, and their sum.
    let mut before = Vec::with_capacity(known.len() + 1);
    let (mut count, mut sum) = (0, 0.0);
    before.push((count, sum));
    for row in known.iter().copied() {
        if x.is_valid(row) {
            (count, sum) = (count + 1, sum + x.value(row));
        }
        before.push((count, sum));
    }
    let mut found = vec![None; at.len()];
    let (mut first, mut end) = (0, 0);
    for row in known.iter().copied().filter(|row| from_s.is_valid(*row) && until_s.is_valid(*row)) {
        let earlier = |seconds: f64| at.value(row).saturating_sub((seconds * SECOND_US).round() as i64);
        first = place(&known, at, first, |at| at >= earlier(from_s.value(row)));
        end = place(&known, at, end, |at| at > earlier(until_s.value(row)));
        let (first, end) = (before[first], before[end.max(first)]);
        found[row] = (end.0 > first.0).then_some(end.1 - first.1);
    }
    Ok(found.into_iter().collect())
}

/// The first place at which it holds, sought from a place near by: it holds for all after it.
fn place(known: &[usize], at: &TimestampMicrosecondArray, near: usize, holds: impl Fn(i64) -> bool) -> usize {
    let mut place = near;
    while place > 0 && holds(at.value(known[place - 1])) {
        place -= 1;
    }
    while place < known.len() && !holds(at.value(known[place])) {
        place += 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailing(rows: &[(Option<f64>, Option<i64>)], from_s: f64, until_s: f64) -> Vec<Option<f64>> {
        let x: Float64Array = rows.iter().map(|(x, _)| *x).collect();
        let at = rows.iter().map(|(_, at)| at.map(|seconds| seconds * 1_000_000)).collect();
        let of = |seconds| Float64Array::from(vec![seconds; rows.len()]);
        sums(&x, &at, &of(from_s), &of(until_s)).unwrap().iter().collect()
    }

    #[test]
    fn both_ends_are_within_and_rows_of_the_same_instant_stand_together() {
        let rows = [(Some(1.0), Some(0)), (Some(2.0), Some(10)), (Some(4.0), Some(10)), (Some(8.0), Some(20))];
        assert_eq!(trailing(&rows, 10.0, 0.0), [Some(1.0), Some(7.0), Some(7.0), Some(14.0)]);
        assert_eq!(trailing(&rows, 10.0, 1e-6), [None, Some(1.0), Some(1.0), Some(6.0)]);
        assert_eq!(trailing(&rows, 9.0, 0.0), [Some(1.0), Some(6.0), Some(6.0), Some(8.0)]);
        assert_eq!(trailing(&rows, 0.0, 10.0), [None; 4]);
    }

    #[test]
    fn what_is_not_known_adds_nothing() {
        let rows = [(None, Some(0)), (Some(2.0), Some(5)), (Some(9.0), None)];
        assert_eq!(trailing(&rows, 10.0, 0.0), [None, Some(2.0), None]);
        assert_eq!(trailing(&[], 10.0, 0.0), []);
    }

    #[test]
    fn another_order_is_refused() {
        let at = TimestampMicrosecondArray::from(vec![2, 1]);
        let one = Float64Array::from(vec![1.0, 1.0]);
        assert!(sums(&one, &at, &one, &one).is_err());
    }
}
