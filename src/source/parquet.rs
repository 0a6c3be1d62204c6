//! Parquet files, by the reader of the `parquet` crate; columns keep the types that they have there.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::errors::ParquetError;
use arrow::array::{ArrayRef, RecordBatch};

use super::error::SourceError;
use super::files::{Opened, Origin};
use super::formats::{Format, Lines, Pieces, Raw, Reading};
use super::parallel;
use super::plan::{Headers, Plan};
use super::typed;

pub(super) static PARQUET: Parquet = Parquet;

pub(super) struct Parquet;

const ROWS: usize = 128 * 1024;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "typed columns, unpacked on disk"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        head.starts_with(b"PAR1")
    }

    /// Needs a file on disk: the directory of a Parquet file stands at its end.
    fn read(&self, file: &Reading, opened: Opened, pieces: &mut Pieces) -> Result<(), SourceError> {
        let path = match &file.file.origin {
            Origin::Path(path) if !opened.is_packed => path,
            _ => {
                return Err(SourceError::Unreadable {
                    path: file.path().to_owned(),
                    format: "Parquet",
                    cause: "it must be a file on disk, and not packed".into(),
                    help: "write it to a file, unpacked: Parquet is packed inside",
                });
            }
        };
        let damaged = |cause: &dyn std::fmt::Display| SourceError::Damaged {
            path: file.path().to_owned(),
            cause: cause.to_string(),
        };
        let disk = File::open(path).map_err(|cause| SourceError::io("open", file.path(), cause))?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(disk)).map_err(|cause| damaged(&cause))?;
        let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let plan = file.plan(Headers { names: &names, is_nested: false })?;
        (pieces.planned)(&plan);
        let wanted = ProjectionMask::roots(builder.parquet_schema(), plan.fields.iter().map(|field| field.index));
        let builder = builder.with_projection(wanted).with_batch_size(ROWS);
        let mut batches = guarded(|| builder.build()).map_err(|cause| damaged(&cause))?;
        let mut row = 1;
        let cast = pieces.cast;
        parallel::in_order(
            file.threads,
            || {
                let batch = guarded(|| Ok(batches.next().transpose()?)).map_err(|cause| damaged(&cause))?;
                Ok(batch.map(|batch| {
                    let first = row;
                    row += batch.num_rows() as i64;
                    (batch, first)
                }))
            },
            |(batch, first)| {
                cast(&plan, raw(&plan, &batch, first).map_err(|cause| SourceError::engine(file.path(), cause))?)
            },
            &mut *pieces.keep,
        )
    }
}

/// Runs a step of the `parquet` crate. It panics over some damaged files, such as one whose own schema has a type that
/// does not exist; nothing of such a step is used afterwards.
fn guarded<T>(step: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(ParquetError::General("its schema or its pages cannot be taken apart".into())))
}

/// Columns that a kind takes as they are stay so, the others become text.
fn raw(plan: &Plan, batch: &RecordBatch, first: i64) -> Result<Raw, arrow::error::ArrowError> {
    let columns: Result<Vec<ArrayRef>, _> = batch
        .columns()
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let fills = |filled: &&super::plan::Filled| filled.from.contains(&place);
            let mut uses = plan.columns.iter().filter(fills).peekable();
            let is_plain = uses.peek().is_some()
                && uses.all(|filled| {
                    let is_alone = filled.from.len() == 1 && filled.default.is_none() && filled.words.is_empty();
                    is_alone && typed::is_own(column.data_type(), filled.column.kind)
                });
            if is_plain { Ok(column.clone()) } else { typed::text(column) }
        })
        .collect();
    let (columns, rows) = (columns?, batch.num_rows());
    Ok(Raw { rows, columns, extra: None, lines: Lines::From(first), broken: Vec::new() })
}
