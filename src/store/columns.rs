//! Columns of the store's own books, made and taken apart by name.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;

use crate::table::Kind;

/// A column with its name.
pub(super) type Named = (&'static str, ArrayRef);

pub(super) fn text<'a>(name: &'static str, values: impl Iterator<Item = Option<&'a str>>) -> Named {
    (name, Arc::new(values.collect::<StringViewArray>()))
}

pub(super) fn whole(name: &'static str, values: impl Iterator<Item = i64>) -> Named {
    (name, Arc::new(Int64Array::from_iter_values(values)))
}

/// `values` are microseconds in UTC.
pub(super) fn instant(name: &'static str, values: impl Iterator<Item = i64>) -> Named {
    (name, Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC")))
}

pub(super) fn batch(columns: Vec<Named>) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}

/// The columns of a batch with their kinds, as a table is laid out.
pub(super) fn kinds_of(batch: &RecordBatch) -> Vec<(String, Kind)> {
    let kind = |data_type: &arrow::datatypes::DataType| match data_type {
        arrow::datatypes::DataType::Int64 => Kind::Whole,
        arrow::datatypes::DataType::Boolean => Kind::Flag,
        arrow::datatypes::DataType::Float64 => Kind::Number,
        arrow::datatypes::DataType::Timestamp(..) => Kind::Instant,
        _ => Kind::Text,
    };
    batch.schema().fields().iter().map(|field| (field.name().clone(), kind(field.data_type()))).collect()
}

/// The rows of a book, a cell at a time.
pub(super) struct Rows<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    pub fn of(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    /// Empty where there is none.
    pub fn text(&self, name: &str, row: usize) -> &'a str {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
        column.filter(|column| column.is_valid(row)).map_or("", |column| column.value(row))
    }

    /// Zero where there is none.
    pub fn whole(&self, name: &str, row: usize) -> i64 {
        let column = self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        column.filter(|column| column.is_valid(row)).map_or(0, |column| column.value(row))
    }

    /// A count, which is never negative.
    pub fn count(&self, name: &str, row: usize) -> u64 {
        u64::try_from(self.whole(name, row)).unwrap_or(0)
    }

    /// Microseconds in UTC; zero where there is none.
    pub fn instant(&self, name: &str, row: usize) -> i64 {
        let column =
            self.batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        column.filter(|column| column.is_valid(row)).map_or(0, |column| column.value(row))
    }
}
