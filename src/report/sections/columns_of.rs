//! Columns of an answer as plain values, whatever exact types the engine chose for them.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, TimeUnit, TimestampMicrosecondType};
use chrono::NaiveDate;

use crate::engine::Answer;

/// A column that is absent, or cannot be read in the wished form, is unknown in every row.
fn read<T>(
    answer: &Answer,
    name: &str,
    wished: &DataType,
    value: impl Fn(&arrow::array::ArrayRef, usize) -> T,
) -> Vec<Option<T>> {
    let mut values = Vec::new();
    for batch in &answer.batches {
        let column = batch.column_by_name(name).and_then(|column| cast(column, wished).ok());
        values.extend((0..batch.num_rows()).map(|row| {
            let column = column.as_ref().filter(|column| column.is_valid(row))?;
            Some(value(column, row))
        }));
    }
    values
}

pub fn texts(answer: &Answer, name: &str) -> Vec<Option<String>> {
    read(answer, name, &DataType::Utf8, |column, row| column.as_string::<i32>().value(row).to_owned())
}

pub fn numbers(answer: &Answer, name: &str) -> Vec<Option<f64>> {
    read(answer, name, &DataType::Float64, |column, row| column.as_primitive::<Float64Type>().value(row))
}

pub fn flags(answer: &Answer, name: &str) -> Vec<Option<bool>> {
    read(answer, name, &DataType::Boolean, |column, row| column.as_boolean().value(row))
}

pub fn days(answer: &Answer, name: &str) -> Vec<Option<NaiveDate>> {
    let day = |column: &arrow::array::ArrayRef, row| column.as_primitive::<Date32Type>().value_as_date(row);
    read(answer, name, &DataType::Date32, day).into_iter().map(Option::flatten).collect()
}

/// Microseconds UTC.
pub fn instants(answer: &Answer, name: &str) -> Vec<Option<i64>> {
    let wished = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    read(answer, name, &wished, |column, row| column.as_primitive::<TimestampMicrosecondType>().value(row))
}
