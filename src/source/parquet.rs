//! Parquet files, by the reader of the `parquet` crate; columns keep the types that they have there.
//!
//! The directory of a file says where its rows stand, so that each thread unpacks its own piece of them.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use ::parquet::errors::ParquetError;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};

use super::error::SourceError;
use super::files::{Opened, Origin};
use super::formats::{Format, Lines, Pieces, Raw, Reading};
use super::parallel;
use super::plan::{Headers, Plan};
use super::typed;

pub(super) static PARQUET: Parquet = Parquet;

pub(super) struct Parquet;

/// Rows a slice.
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
        let metadata =
            guarded(|| ArrowReaderMetadata::load(&disk, ArrowReaderOptions::new())).map_err(|cause| damaged(&cause))?;
        let names: Vec<String> = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        let plan = file.plan(Headers { names: &names, is_nested: false })?;
        (pieces.planned)(&plan);
        let metadata = with_views(metadata);
        let wanted = ProjectionMask::roots(metadata.parquet_schema(), plan.fields.iter().map(|field| field.index));
        let mut slices = Slices::of(&metadata);
        let cast = pieces.cast;
        parallel::in_order(
            file.threads,
            || Ok(slices.next()),
            |slice| {
                let batch =
                    guarded(|| unpacked(path, &metadata, wanted.clone(), slice)).map_err(|cause| damaged(&cause))?;
                let raw = raw(&plan, &batch, slice.first).map_err(|cause| SourceError::engine(file.path(), cause))?;
                cast(&plan, raw)
            },
            &mut *pieces.keep,
        )
    }
}

/// Rows of one group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    group: usize,
    /// Rows of the group before it.
    offset: usize,
    rows: usize,
    /// The number of its first row in the file, counted from 1.
    first: i64,
}

/// The rows of a file, a slice at a time: they are not listed beforehand, for a damaged file may claim any number.
struct Slices {
    /// Rows of each group.
    groups: Vec<usize>,
    next: Slice,
}

impl Slices {
    fn of(metadata: &ArrowReaderMetadata) -> Self {
        let groups = metadata.metadata().row_groups().iter();
        Self::from_rows(groups.map(|group| usize::try_from(group.num_rows()).unwrap_or(0)).collect())
    }

    fn from_rows(groups: Vec<usize>) -> Self {
        Self { groups, next: Slice { group: 0, offset: 0, rows: 0, first: 1 } }
    }
}

impl Iterator for Slices {
    type Item = Slice;

    fn next(&mut self) -> Option<Slice> {
        while self.next.offset >= *self.groups.get(self.next.group)? {
            self.next = Slice { group: self.next.group + 1, offset: 0, ..self.next };
        }
        let left = self.groups[self.next.group] - self.next.offset;
        // Half a slice more is not worth another one.
        let slice = Slice { rows: if left < ROWS + ROWS / 2 { left } else { ROWS }, ..self.next };
        self.next.offset += slice.rows;
        self.next.first += slice.rows as i64;
        Some(slice)
    }
}

/// The rows of a slice. The file is opened anew, because threads that share an open file share the place in it.
fn unpacked(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    wanted: ProjectionMask,
    slice: Slice,
) -> Result<RecordBatch, ParquetError> {
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata.clone())
        .with_projection(wanted)
        .with_row_groups(vec![slice.group])
        .with_offset(slice.offset)
        .with_limit(slice.rows)
        .with_batch_size(slice.rows)
        .build()?;
    let schema = arrow::array::RecordBatchReader::schema(&reader);
    let mut batches = reader.collect::<Result<Vec<RecordBatch>, _>>()?;
    let batch = match batches.len() {
        1 => batches.remove(0),
        _ => concat_batches(&schema, &batches)?,
    };
    match batch.num_rows() == slice.rows {
        true => Ok(batch),
        false => Err(ParquetError::General("its pages do not hold the rows that its directory names".into())),
    }
}

/// The same file with its text read as views, which need no copy of what stands in its pages.
fn with_views(metadata: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let view = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            let field: &Field = field;
            Arc::new(field.clone().with_data_type(DataType::Utf8View))
        }
        _ => Arc::clone(field),
    };
    let schema = metadata.schema();
    let fields: Vec<Arc<Field>> = schema.fields().iter().map(view).collect();
    let viewed = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    let options = ArrowReaderOptions::new().with_schema(viewed);
    // Where a schema of its own stands in the way, text is copied.
    guarded(|| ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)).unwrap_or(metadata)
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

#[cfg(test)]
mod tests {
    use ::parquet::arrow::ArrowWriter;
    use arrow::array::{AsArray, LargeStringArray, StringArray};

    use super::*;

    #[test]
    fn slices_cover_every_row_once_and_never_two_groups() {
        let groups = vec![0, 5, ROWS + ROWS / 2, 2 * ROWS + ROWS / 2 - 1, 0, 1, 0];
        let slices: Vec<Slice> = Slices::from_rows(groups.clone()).collect();
        let (mut first, mut seen) = (1, vec![0; groups.len()]);
        for slice in &slices {
            assert_eq!((slice.first, slice.offset), (first, seen[slice.group]), "{slice:?}");
            first += slice.rows as i64;
            seen[slice.group] += slice.rows;
        }
        assert_eq!(seen, groups);
        let rows: Vec<usize> = slices.iter().map(|slice| slice.rows).collect();
        assert_eq!(rows, [5, ROWS, ROWS / 2, ROWS, ROWS + ROWS / 2 - 1, 1]);
    }

    #[test]
    fn a_slice_holds_its_rows_and_text_as_views() {
        let path = std::env::temp_dir().join(format!("shipwake-slices-{}.parquet", std::process::id()));
        let text = |row: usize| format!("a text that is longer than a view {row}");
        let batch = |rows: std::ops::Range<usize>| {
            let one: ArrayRef = Arc::new(StringArray::from_iter_values(rows.clone().map(text)));
            let other: ArrayRef = Arc::new(LargeStringArray::from_iter_values(rows.map(text)));
            RecordBatch::try_from_iter([("one", one), ("other", other)]).unwrap()
        };
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch(0..1).schema(), None).unwrap();
        for rows in [0..4, 4..9] {
            writer.write(&batch(rows)).unwrap();
            writer.flush().unwrap();
        }
        writer.close().unwrap();
        let read = ArrowReaderMetadata::load(&File::open(&path).unwrap(), ArrowReaderOptions::new()).unwrap();
        let metadata = with_views(read);
        let rows = |group, offset, rows| {
            unpacked(&path, &metadata, ProjectionMask::all(), Slice { group, offset, rows, first: 1 })
        };
        for (group, offset, count, from) in [(0, 0, 4, 0), (0, 3, 1, 3), (1, 0, 5, 4), (1, 1, 3, 5)] {
            let found = rows(group, offset, count).unwrap();
            let expected: Vec<String> = (from..from + count).map(text).collect();
            for column in found.columns() {
                let found: Vec<&str> = column.as_string_view().iter().flatten().collect();
                assert_eq!(found, expected);
            }
        }
        assert!(rows(0, 1, 4).is_err(), "a group does not hold more rows than it has");
        std::fs::remove_file(path).unwrap();
    }
}
