//! Rows that are read when a query asks for them, so that a large table is never in memory as a whole.

use std::error::Error;
use std::fmt::Debug;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

/// Why rows could not be read after all.
pub type ReadError = Box<dyn Error + Send + Sync>;

/// The rows of a part, batch by batch.
pub type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ReadError>> + Send>;

/// A table in parts, each of which can be read again and again.
pub trait Deferred: Debug + Send + Sync {
    fn schema(&self) -> SchemaRef;

    /// How many rows each part has; the parts in their order are the table.
    fn row_counts(&self) -> Vec<usize>;

    /// The rows of a part with the columns of these places, in that order.
    ///
    /// # Errors
    /// Where there is no such part, or it cannot be opened.
    fn read(&self, part: usize, columns: &[usize]) -> Result<Batches, ReadError>;
}
