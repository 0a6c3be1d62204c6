//! Data files: Parquet, sorted, packed with zstd, with the range and the nulls of every column beside it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::ChunkReader;
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::log::{DataFile, Log, MONTH};
use super::stats::Stats;
use crate::table::{Batches, Kind, ReadError, Table};

/// The account of the file that gave the row, as `ingested_files` numbers it.
pub(super) const FILE_ID: &str = "ingested_file";
/// The line on which it stood there.
pub(super) const LINE: &str = "ingested_line";
/// The run that brought it.
pub(super) const RUN: &str = "ingested_run";
/// Number of file and line in one, as the rest of the program has it.
const PLACE: &str = "place";

/// Rows of a row group: enough to pack well, few enough to leave some out.
const ROW_GROUP: usize = 128 * 1024;
/// Rows that are read at once.
const BATCH: usize = 64 * 1024;
/// Rows that are read at once where nobody keeps them: a batch stays in the processor's cache until it is used.
const STREAMED: usize = 8 * 1024;

/// The columns of a canonical table as they are stored, the partition column left out.
pub(super) fn columns_of(table: &Table) -> Vec<(String, Kind)> {
    let own = table.all_columns().filter(|column| !matches!(column.name, "source" | "source_row"));
    own.map(|column| (column.name.to_owned(), column.kind))
        .chain([FILE_ID, LINE, RUN].map(|name| (name.to_owned(), Kind::Whole)))
        .collect()
}

/// The columns of a canonical table while rows are brought together: `place`, the run, then its own.
pub(super) fn working_schema(table: &Table) -> SchemaRef {
    let own = table.all_columns().filter(|column| !matches!(column.name, "source" | "source_row"));
    let ours = [Field::new(PLACE, DataType::Int64, false), Field::new(RUN, DataType::Int64, true)];
    let fields = own.map(|column| Field::new(column.name, column.kind.data_type(), true));
    Arc::new(Schema::new(ours.into_iter().chain(fields).collect::<Vec<_>>()))
}

/// Rows as sources give them with the working columns: accounts are numbered as the store does, and the run is told.
pub(super) fn incoming(
    table: &Table,
    batch: &RecordBatch,
    numbers: &[usize],
    run: i64,
) -> Result<RecordBatch, ArrowError> {
    let number =
        |file: i64| usize::try_from(file).ok().and_then(|file| numbers.get(file)).map_or(file, |id| *id as i64);
    let renumbered = |place: i64| (number(place >> 40) << 40) | (place & ((1 << 40) - 1));
    let runs: Int64Array = std::iter::repeat_n(run, batch.num_rows()).collect();
    let schema = working_schema(table);
    let column = |field: &Arc<Field>| -> ArrayRef {
        match (field.name().as_str(), batch.column_by_name(field.name())) {
            (RUN, _) => Arc::new(runs.clone()),
            (PLACE, Some(place)) => Arc::new(place.as_primitive::<Int64Type>().unary::<_, Int64Type>(renumbered)),
            (_, Some(column)) => column.clone(),
            (_, None) => new_null_array(field.data_type(), batch.num_rows()),
        }
    };
    RecordBatch::try_new(schema.clone(), schema.fields().iter().map(column).collect())
}

/// From working columns to stored ones: `place` is cut in two.
pub(super) fn stored(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let place = batch.column(0).as_primitive::<Int64Type>();
    let (file, line) = (|place: i64| place >> 40, |place: i64| place & ((1 << 40) - 1));
    let mut fields: Vec<Field> = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()).skip(1) {
        fields.push(field.as_ref().clone());
        columns.push(column.clone());
    }
    let made: [(&str, Int64Array); 2] = [(FILE_ID, place.unary(file)), (LINE, place.unary(line))];
    for (name, column) in made {
        fields.push(Field::new(name, DataType::Int64, true));
        columns.push(Arc::new(column));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// From stored columns to working ones, those that are there.
pub(super) fn working(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let whole = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
    let mut fields: Vec<Field> = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    if let (Some(file), Some(line)) = (whole(FILE_ID), whole(LINE)) {
        let place: Int64Array = arrow::compute::binary(file, line, |file, line| (file << 40) | line)?;
        fields.push(Field::new(PLACE, DataType::Int64, false));
        columns.push(Arc::new(place));
    }
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if !matches!(field.name().as_str(), FILE_ID | LINE) {
            fields.push(Field::new(field.name(), field.data_type().clone(), true));
            columns.push(column.clone());
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

/// A file that is made and not written yet.
pub(super) struct Made {
    pub file: DataFile,
    pub bytes: Vec<u8>,
}

/// Makes a file of batches of one schema. Its name tells its run and what is in it, so that the same is the same file.
pub(super) fn make(
    batches: &[RecordBatch],
    (month, key): (Option<&str>, Option<&str>),
    is_by_month: bool,
    run: i64,
) -> Result<Made, ParquetError> {
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("shipwake ", env!("CARGO_PKG_VERSION")).to_owned());
    // Stamps and lines grow from row to row, and identifiers rarely come twice.
    for field in schema.fields() {
        let grows = matches!(field.data_type(), DataType::Timestamp(TimeUnit::Microsecond, _)) || field.name() == LINE;
        if grows {
            let column = parquet::schema::types::ColumnPath::from(field.name().as_str());
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        }
    }
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties.build()))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()?;
    let digest: String = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = match (is_by_month, month) {
        (false, _) => String::new(),
        (true, Some(month)) => format!("{MONTH}={month}/"),
        (true, None) => format!("{MONTH}=__HIVE_DEFAULT_PARTITION__/"),
    };
    let file = DataFile {
        path: format!("{folder}run-{run:06}-{digest}.parquet"),
        bytes: bytes.len() as u64,
        month: month.map(str::to_owned),
        stats: Stats::of(batches, key),
    };
    Ok(Made { file, bytes })
}

/// Where the bytes of a file come from.
pub(super) enum Bytes {
    Local(std::path::PathBuf),
    Fetched(bytes::Bytes),
}

/// Reads a file: all its columns, or those that it has of some.
///
/// # Errors
/// Where the file is not there, or is no Parquet.
pub(super) fn read(
    log: &Log,
    file: &DataFile,
    bytes: Bytes,
    only: Option<&[&str]>,
) -> Result<Vec<RecordBatch>, StoreError> {
    let what = |cause: &str| log.incomplete(format!("`{}/{}` {cause}", log.name, file.path));
    let damaged = |cause: ParquetError| what(&format!("is damaged: {cause}"));
    match bytes {
        Bytes::Local(path) => {
            let opened = File::open(&path).map_err(|cause| match cause.kind() {
                std::io::ErrorKind::NotFound => what("is missing"),
                _ => StoreError::Read { path: path.display().to_string(), cause: cause.to_string() },
            })?;
            decoded(opened, only).map_err(damaged)
        }
        Bytes::Fetched(bytes) => decoded(bytes, only).map_err(damaged),
    }
}

/// Some columns of a file on this machine, batch by batch.
///
/// # Errors
/// Where the file is not there, or is no Parquet.
pub(super) fn stream(log: &Log, file: &DataFile, path: &Path, only: &[&str]) -> Result<Batches, StoreError> {
    let what = |cause: String| log.incomplete(format!("`{}/{}` {cause}", log.name, file.path));
    let opened = File::open(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => what("is missing".to_owned()),
        _ => StoreError::Read { path: path.display().to_string(), cause: cause.to_string() },
    })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened).map(|builder| builder.with_batch_size(STREAMED));
    let reader = builder.and_then(|builder| narrowed(builder, only));
    let reader = reader.map_err(|cause| what(format!("is damaged: {cause}")))?;
    Ok(Box::new(reader.map(|batch| batch.map_err(ReadError::from))))
}

fn decoded<T: ChunkReader + 'static>(from: T, only: Option<&[&str]>) -> Result<Vec<RecordBatch>, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(from)?.with_batch_size(BATCH);
    let Some(only) = only else {
        return Ok(builder.build()?.collect::<Result<Vec<_>, _>>()?);
    };
    let rows = builder.metadata().file_metadata().num_rows();
    if !builder.schema().fields().iter().any(|field| only.contains(&field.name().as_str())) {
        let options = RecordBatchOptions::new().with_row_count(usize::try_from(rows).ok());
        let empty = Arc::new(Schema::empty());
        return Ok(vec![RecordBatch::try_new_with_options(empty, Vec::new(), &options)?]);
    }
    Ok(narrowed(builder, only)?.collect::<Result<Vec<_>, _>>()?)
}

/// A reader of those columns that the file has.
fn narrowed<T: ChunkReader + 'static>(
    builder: ParquetRecordBatchReaderBuilder<T>,
    only: &[&str],
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let names = builder.schema().fields().iter().map(|field| field.name().as_str()).enumerate();
    let wanted: Vec<usize> = names.filter(|(_, name)| only.contains(name)).map(|(index, _)| index).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    builder.with_projection(mask).build()
}

/// The batch with just these columns, in that order; null where it has none of that name.
pub(super) fn with_columns(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), schema.fields().iter().map(column).collect(), &options)
}

#[cfg(test)]
mod tests {
    use arrow::array::{StringViewArray, TimestampMicrosecondArray};

    use super::*;

    fn rows() -> RecordBatch {
        let table = Table::named("tickets").unwrap();
        let at = TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("UTC");
        let columns: Vec<(&str, ArrayRef)> = vec![
            (PLACE, Arc::new(Int64Array::from(vec![(3 << 40) | 7, (3 << 40) | 8]))),
            ("ticket_id", Arc::new(StringViewArray::from_iter_values(["a", "b"]))),
            ("created_at", Arc::new(at)),
        ];
        incoming(table, &RecordBatch::try_from_iter(columns).unwrap(), &[0, 0, 0, 5], 4).unwrap()
    }

    #[test]
    fn rows_come_back_from_a_file_as_they_were() {
        let batch = rows();
        let made = make(&[stored(&batch).unwrap()], (Some("2026-10"), Some("ticket_id")), true, 4).unwrap();
        assert!(made.file.path.starts_with("month=2026-10/run-000004-"), "{}", made.file.path);
        let back = decoded(bytes::Bytes::from(made.bytes), None).unwrap();
        let back = working(&back[0]).unwrap();
        assert_eq!(with_columns(&back, &batch.schema()).unwrap(), batch);
        assert_eq!(back.column(0).as_primitive::<Int64Type>().value(0), (5 << 40) | 7);
    }

    #[test]
    fn the_same_rows_make_the_same_file() {
        let path = || make(&[stored(&rows()).unwrap()], (None, None), true, 4).unwrap().file.path;
        assert_eq!(path(), path());
        assert!(path().starts_with("month=__HIVE_DEFAULT_PARTITION__/"));
    }

    #[test]
    fn a_file_of_which_no_column_is_wanted_still_tells_its_rows() {
        let made = make(&[stored(&rows()).unwrap()], (None, None), true, 4).unwrap();
        let back = decoded(bytes::Bytes::from(made.bytes), Some(&[])).unwrap();
        assert_eq!((back[0].num_rows(), back[0].num_columns()), (2, 0));
    }
}
