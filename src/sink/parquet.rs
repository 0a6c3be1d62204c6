//! Every table of a report as a Parquet file, types and all.

use std::path::PathBuf;

use crate::report::blocks::Report;
use crate::sink::{Assets, Needs, OutputFile, Sink, SinkError, records, rows};

/// The entry of this file in the registry.
pub const SINK: Sink = Sink {
    name: "parquet",
    about: "The same tables as csv with their types, one file each in parquet/",
    render,
    needs: Needs::Events,
};

/// `parquet/contents.parquet` and a file a table beside it.
///
/// # Errors
/// [`SinkError::Parquet`] where a column has a type that Parquet does not know.
pub fn render(report: &Report, _assets: &Assets) -> Result<Vec<OutputFile>, SinkError> {
    let tables = records::tables(&report.numbers)?;
    tables
        .into_iter()
        .map(|record| {
            let path = PathBuf::from(format!("parquet/{}.parquet", record.name));
            Ok(OutputFile { path, bytes: rows::parquet(&record.answer.schema, &record.answer.batches)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, RecordBatch};
    use arrow::datatypes::{DataType, Float64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::sink::fixture;

    fn read(name: &str) -> RecordBatch {
        let files = render(&fixture::rich(), &Assets::default()).expect("renders");
        let file = files.into_iter().find(|file| file.path.ends_with(name)).expect("the file is there");
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file.bytes)).expect("Parquet");
        reader.build().expect("reads").next().expect("a batch").expect("rows")
    }

    #[test]
    fn what_was_written_is_read_back_with_its_types() {
        let batch = read("change_fail_rate.parquet");
        assert_eq!(batch.schema().field(0).data_type(), &DataType::Date32);
        let values = batch.column_by_name("value").expect("value").as_primitive::<Float64Type>();
        assert_eq!(values.value(0), 44.0 / 310.0);
        assert!(values.is_null(4), "unknown is null");
    }

    #[test]
    fn hostile_names_come_back_as_they_were() {
        let batch = read("change_fail_rate_by_team.parquet");
        let teams = batch.column_by_name("team").expect("team").as_string::<i32>();
        for name in fixture::hostile_names() {
            assert!(teams.iter().any(|team| team == Some(name.as_str())), "{name}");
        }
    }

    use arrow::array::Array;
}
