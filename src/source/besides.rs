//! Brings together what was read at two places, such as a store and a file beside it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use super::{Intake, LoadedTable, SourceError};

impl Intake {
    /// All of both. The files of the other come behind, and a table that both have keeps the rows of this one only,
    /// for keys were not compared.
    ///
    /// # Errors
    /// Where batches of one table do not fit together.
    pub fn and(mut self, other: Self) -> Result<Self, SourceError> {
        let fail = |error: ArrowError| SourceError::engine("the file beside the store", error);
        let first = self.files.len() as i64;
        for (name, table) in other.tables {
            let batches: Result<Vec<RecordBatch>, ArrowError> =
                table.batches.iter().map(|batch| behind(batch, first)).collect();
            let table = LoadedTable { batches: batches.map_err(fail)?, ..table };
            self.tables.entry(name).or_insert(table);
        }
        self.rejected = both(&self.rejected, &other.rejected).map_err(fail)?;
        self.unmapped = both(&self.unmapped, &other.unmapped).map_err(fail)?;
        self.files.extend(other.files);
        self.notes.extend(other.notes);
        Ok(self)
    }
}

fn both(one: &RecordBatch, other: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    concat_batches(&one.schema(), [one, other])
}

/// The batch with the numbers of its files counted from `first`.
fn behind(batch: &RecordBatch, first: i64) -> Result<RecordBatch, ArrowError> {
    let Ok(index) = batch.schema().index_of("place") else { return Ok(batch.clone()) };
    let Some(places) = batch.column(index).as_primitive_opt::<Int64Type>() else { return Ok(batch.clone()) };
    let moved: Int64Array = places.unary(|place| place + (first << 40));
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    if let Some(column) = columns.get_mut(index) {
        *column = Arc::new(moved);
    }
    RecordBatch::try_new(batch.schema(), columns)
}
