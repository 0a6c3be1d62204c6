//! Reads the columns of a table as typed arrays, whichever of them its sources gave.
//!
//! A column that is not there reads as nulls: unknown for every row. Nothing is converted.

use std::sync::OnceLock;

use arrow::array::RecordBatch;
use polars::prelude::*;

use super::error::LinkError;
use crate::bridge;

/// The columns of one table that links use.
pub(super) struct Columns {
    table: &'static str,
    pub frame: DataFrame,
    /// What every text column reads as that is not there; they share it, for it is as large as one that is.
    unknown: OnceLock<StringChunked>,
}

impl Columns {
    /// Takes the columns called `wanted` that are there, in that order. No batches give no rows.
    ///
    /// # Errors
    /// When the batches differ in their columns.
    pub fn read(table: &'static str, batches: &[RecordBatch], wanted: &[&str]) -> Result<Self, LinkError> {
        let frame = bridge::from_arrow(&project(batches, wanted)?)?;
        Ok(Self { table, frame, unknown: OnceLock::new() })
    }

    /// With each column in a single chunk, for access by row number.
    pub fn contiguous(mut self) -> Self {
        self.frame.rechunk_mut_par();
        self
    }

    pub fn height(&self) -> usize {
        self.frame.height()
    }

    pub fn text(&self, name: &str) -> Result<StringChunked, LinkError> {
        let Ok(column) = self.frame.column(name) else {
            let unknown = self.unknown.get_or_init(|| StringChunked::full_null(PlSmallStr::EMPTY, self.height()));
            return Ok(unknown.clone());
        };
        let text = column.str();
        Ok(text.map_err(|_| self.refused(column, "text"))?.clone())
    }

    /// The text of a column that says something of at least one row.
    ///
    /// # Errors
    /// When the column is not text.
    pub fn known_text(&self, name: &str) -> Result<Option<StringChunked>, LinkError> {
        match self.is_known(name) {
            true => self.text(name).map(Some),
            false => Ok(None),
        }
    }

    /// Whether a column says something of at least one row. One that is there and empty tells as little as one that is
    /// not: a store keeps no column of nulls, and the same rows must give the same links.
    pub fn is_known(&self, name: &str) -> bool {
        self.frame.column(name).is_ok_and(|column| column.null_count() < column.len())
    }

    /// Microseconds since 1970 in UTC.
    pub fn instants(&self, name: &str) -> Result<Int64Chunked, LinkError> {
        let Ok(column) = self.frame.column(name) else {
            return Ok(Int64Chunked::full_null(name.into(), self.height()));
        };
        match column.dtype() {
            DataType::Datetime(TimeUnit::Microseconds, _) => Ok(column.to_physical_repr().i64()?.clone()),
            _ => Err(self.refused(column, "an instant in microseconds")),
        }
    }

    pub fn flags(&self, name: &str) -> Result<BooleanChunked, LinkError> {
        let Ok(column) = self.frame.column(name) else {
            return Ok(BooleanChunked::full_null(name.into(), self.height()));
        };
        let flags = column.bool();
        Ok(flags.map_err(|_| self.refused(column, "a flag"))?.clone())
    }

    fn refused(&self, column: &Column, expected: &'static str) -> LinkError {
        LinkError::Column {
            table: self.table,
            column: column.name().to_string(),
            expected,
            found: column.dtype().to_string(),
        }
    }
}

/// The batches with only those of the `wanted` columns that they have, in the order of `wanted`.
pub(super) fn project(batches: &[RecordBatch], wanted: &[&str]) -> Result<Vec<RecordBatch>, LinkError> {
    let Some(first) = batches.first() else {
        return Ok(Vec::new());
    };
    let places: Vec<usize> = wanted.iter().filter_map(|name| first.schema_ref().index_of(name).ok()).collect();
    batches.iter().map(|batch| Ok(batch.project(&places)?)).collect()
}
