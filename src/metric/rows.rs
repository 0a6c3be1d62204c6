//! A metric's result as rows of Arrow: the dimensions, then the columns that all results share, then its own.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use super::{MetricResult, Row};

/// # Errors
/// Where two columns have the same name.
pub fn rows(result: &MetricResult) -> Result<RecordBatch, ArrowError> {
    let all = || result.rows.iter();
    let numbers = |value: fn(&Row) -> Option<f64>| -> ArrayRef { Arc::new(all().map(value).collect::<Float64Array>()) };
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for (place, name) in result.by.iter().enumerate() {
        let texts = all().map(|row| row.dimensions.get(place).and_then(Option::as_deref));
        columns.push((name, Arc::new(texts.collect::<StringArray>())));
    }
    let days = all().map(|row| row.period_start.to_epoch_days());
    let counts = all().map(|row| i64::try_from(row.n).unwrap_or(i64::MAX));
    let flags: Vec<bool> = all().map(|row| row.is_partial).collect();
    columns.extend::<[(&str, ArrayRef); 6]>([
        ("period_start", Arc::new(Date32Array::from_iter_values(days))),
        ("n", Arc::new(Int64Array::from_iter_values(counts))),
        ("value", numbers(|row| row.value)),
        ("low", numbers(|row| row.low)),
        ("high", numbers(|row| row.high)),
        ("is_partial", Arc::new(BooleanArray::from(flags))),
    ]);
    for (place, name) in result.own_columns.iter().enumerate() {
        let values = all().map(|row| row.own.get(place).copied().flatten());
        columns.push((name, Arc::new(values.collect::<Float64Array>())));
    }
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect())
}
