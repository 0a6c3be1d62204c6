//! The rows of a query as Parquet: the types stay what they are, and any tool reads them.
//!
//! The same rows give the same bytes. Text is written plain, as older readers do not know views of text.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::sink::SinkError;

/// A Parquet file with these rows; with its columns also where there is no row.
///
/// # Errors
/// [`SinkError::Parquet`] where a type cannot be written.
pub fn parquet(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>, SinkError> {
    let schema = Arc::new(Schema::new(schema.fields().iter().map(|field| plain(field)).collect::<Vec<_>>()));
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let options = ArrowWriterOptions::new().with_properties(properties);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, Arc::clone(&schema), options)?;
    for batch in batches {
        let columns =
            batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(parquet::errors::ParquetError::from)?;
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(parquet::errors::ParquetError::from)?;
        writer.write(&batch)?;
    }
    writer.close()?;
    Ok(bytes)
}

fn plain(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        other => other.clone(),
    };
    Field::new(field.name(), data_type, true)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::data_type::AsBytes;

    use super::*;

    fn batch() -> RecordBatch {
        let names = Arc::new(StringViewArray::from(vec![Some("a"), None])) as ArrayRef;
        RecordBatch::try_from_iter([("name", names), ("n", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)])
            .unwrap()
    }

    #[test]
    fn what_is_written_can_be_read_and_null_stays_null() {
        let batch = batch();
        let bytes = parquet(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
        let file = std::env::temp_dir().join(format!("shipwake-rows-{}.parquet", std::process::id()));
        std::fs::write(&file, bytes.as_bytes()).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&file).unwrap()).unwrap();
        let read = reader.build().unwrap().next().unwrap().unwrap();
        std::fs::remove_file(file).unwrap();
        assert_eq!(read.column(0).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None]);
    }

    #[test]
    fn the_same_rows_give_the_same_bytes_and_no_row_is_a_file_too() {
        let batch = batch();
        let once = parquet(&batch.schema(), std::slice::from_ref(&batch)).unwrap();
        assert_eq!(once, parquet(&batch.schema(), std::slice::from_ref(&batch)).unwrap());
        assert!(!parquet(&batch.schema(), &[]).unwrap().is_empty());
    }
}
