//! Parquet: columns of every type, packed in every way; then bytes.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{Array, ArrayRef, ListArray, RecordBatch, StringArray, StructArray, new_null_array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::bytes;
use super::delimited;
use crate::random::Random;

/// All columns as text.
pub fn unchanged(text: &[u8]) -> Vec<u8> {
    let rows = delimited::rows(text, b',');
    let columns = rows[0].iter().enumerate().map(|(place, name)| (name.clone(), column(&rows, place))).collect();
    written(columns, Compression::SNAPPY, 1024)
}

/// Rows changed as text, then columns of other types, then bytes.
pub fn mutated(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut rows = delimited::rows(text, b',');
    for _ in 0..random.below(5) {
        delimited::change(&mut rows, random);
    }
    let Some(header) = rows.first().filter(|header| !header.is_empty()) else { return b"PAR1".to_vec() };
    let columns = header.iter().enumerate().map(|(place, name)| {
        let column = column(&rows, place);
        (name.clone(), if random.once_in(2) { retyped(column, random) } else { column })
    });
    let columns = columns.collect();
    let packing = *random.pick(&[Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4_RAW]);
    let mut file = written(columns, packing, 1 + random.below(4));
    if random.once_in(2) {
        let other = file.clone();
        bytes::mutate(&mut file, &other, random);
    }
    file
}

fn column(rows: &[Vec<String>], place: usize) -> ArrayRef {
    let values = rows[1..].iter().map(|row| row.get(place).filter(|value| !value.is_empty()));
    Arc::new(values.collect::<StringArray>())
}

/// The same values as another type, those that are none as null.
fn retyped(column: ArrayRef, random: &mut Random) -> ArrayRef {
    let unit = *random.pick(&[TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond]);
    let zone = *random.pick(&[None, Some("UTC"), Some("+02:00"), Some("Europe/Paris"), Some("Nowhere/AtAll")]);
    let kinds = [
        DataType::Int8,
        DataType::Int64,
        DataType::UInt64,
        DataType::Float32,
        DataType::Float64,
        DataType::Boolean,
        DataType::Date32,
        DataType::Date64,
        DataType::Timestamp(unit, zone.map(Into::into)),
        DataType::Decimal128(38, 3),
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Binary,
        DataType::Time64(TimeUnit::Nanosecond),
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
    ];
    let kind = random.pick(&kinds);
    match random.below(6) {
        0 => new_null_array(kind, column.len()),
        1 => within_struct(column),
        2 => within_list(column),
        3 => {
            let numbers = arrow::array::Int64Array::from_iter_values((0..column.len()).map(|_| random.next() as i64));
            cast(&numbers, kind).unwrap_or(column)
        }
        _ => cast(&column, kind).unwrap_or(column),
    }
}

fn within_struct(column: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new("value", column.data_type().clone(), true));
    Arc::new(StructArray::from(vec![(field, column)]))
}

fn within_list(column: ArrayRef) -> ArrayRef {
    let field = Arc::new(Field::new("item", column.data_type().clone(), true));
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(1, column.len()));
    Arc::new(ListArray::new(field, offsets, column, None))
}

/// A file of these columns; what cannot be written is the beginning of one.
fn written(columns: Vec<(String, ArrayRef)>, packing: Compression, rows: usize) -> Vec<u8> {
    let fallback = b"PAR1".to_vec();
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let Ok(batch) = RecordBatch::try_from_iter_with_nullable(columns) else { return fallback };
    let properties =
        WriterProperties::builder().set_compression(packing).set_max_row_group_row_count(Some(rows)).build();
    let mut bytes = Vec::new();
    let Ok(mut writer) = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)) else { return fallback };
    match writer.write(&batch).and_then(|()| writer.close()) {
        Ok(_) => bytes,
        Err(_) => fallback,
    }
}
