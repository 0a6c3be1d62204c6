//! Makes Arrow columns and batches of links: text as Utf8View, instants in microseconds UTC.
//!
//! It decides nothing about links.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use polars::prelude::*;

use super::error::LinkError;
use crate::bridge;

pub(super) fn text<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Column {
    let values: StringChunked = values.collect();
    values.with_name(name.into()).into_column()
}

pub(super) fn whole(name: &str, values: impl Iterator<Item = Option<i64>>) -> Column {
    let values: Int64Chunked = values.collect();
    values.with_name(name.into()).into_column()
}

pub(super) fn number(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    let values: Float64Chunked = values.collect();
    values.with_name(name.into()).into_column()
}

pub(super) fn flag(name: &str, values: impl Iterator<Item = bool>) -> Column {
    let values: BooleanChunked = values.map(Some).collect();
    values.with_name(name.into()).into_column()
}

/// `values` are microseconds since 1970 in UTC.
pub(super) fn instant(name: &str, values: impl Iterator<Item = Option<i64>>) -> Column {
    let values: Int64Chunked = values.collect();
    values.with_name(name.into()).into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)).into_column()
}

/// The columns, all of one length, as batches of which there is at least one.
///
/// # Errors
/// When their lengths differ.
pub(super) fn batches(columns: Vec<Column>) -> Result<Vec<RecordBatch>, LinkError> {
    let height = columns.first().map_or(0, Column::len);
    Ok(bridge::to_arrow(DataFrame::new(height, columns)?)?)
}

/// As [`batches`], in a single one.
///
/// # Errors
/// When the lengths of the columns differ.
pub(super) fn batch(columns: Vec<Column>) -> Result<RecordBatch, LinkError> {
    let batches = batches(columns)?;
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    Ok(arrow::compute::concat_batches(&schema, &batches)?)
}

/// Whole seconds from `start` to `end`, both in microseconds, rounded down.
pub(super) fn seconds_between(start: i64, end: i64) -> i64 {
    end.saturating_sub(start).div_euclid(1_000_000)
}
