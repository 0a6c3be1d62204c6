//! SHA-256 over canonical rows, so that the same events give the same, in whatever files and order they came.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use sha2::{Digest, Sha256};

use crate::source::LoadedTable;

/// The hash of all tables in hexadecimal digits.
pub(super) fn of(tables: &BTreeMap<&'static str, LoadedTable>) -> String {
    let mut hasher = Sha256::new();
    for (name, table) in tables {
        add(&mut hasher, name, &table.batches);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Feeds the values of a table in row order, column by column; columns without any value do not count.
fn add(hasher: &mut Sha256, name: &str, batches: &[RecordBatch]) {
    let Some(first) = batches.first() else { return };
    hasher.update(name.as_bytes());
    for (index, field) in first.schema().fields().iter().enumerate() {
        let is_known = batches.iter().any(|batch| batch.column(index).null_count() < batch.num_rows());
        // Where a row stood, and what no column took, is not part of the event.
        if !is_known || matches!(field.name().as_str(), "place" | "extra" | "source" | "source_row") {
            continue;
        }
        hasher.update(field.name().as_bytes());
        for batch in batches {
            hash_column(hasher, batch.column(index).as_ref());
        }
    }
}

fn hash_column(hasher: &mut Sha256, column: &dyn Array) {
    match column.data_type() {
        DataType::Utf8View => feed(hasher, column.as_string_view().iter(), |text, bytes| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }),
        DataType::Boolean => feed(hasher, column.as_boolean().iter(), |flag, bytes| bytes.push(u8::from(flag))),
        DataType::Int64 => feed(hasher, column.as_primitive::<Int64Type>().iter(), |number, bytes| {
            bytes.extend_from_slice(&number.to_le_bytes());
        }),
        DataType::Float64 => feed(hasher, column.as_primitive::<Float64Type>().iter(), |number, bytes| {
            bytes.extend_from_slice(&number.to_le_bytes());
        }),
        _ => {
            let Some(instants) = column.as_primitive_opt::<TimestampMicrosecondType>() else { return };
            feed(hasher, instants.iter(), |micros, bytes| bytes.extend_from_slice(&micros.to_le_bytes()));
        }
    }
}

/// Bytes that are handed on at once: few enough to stay in the nearest cache.
const PIECE: usize = 1 << 14;

/// A mark whether each value is known, and its bytes where it is.
fn feed<T>(hasher: &mut Sha256, values: impl Iterator<Item = Option<T>>, put: impl Fn(T, &mut Vec<u8>)) {
    let mut bytes: Vec<u8> = Vec::with_capacity(2 * PIECE);
    for value in values {
        match value {
            None => bytes.push(0),
            Some(value) => {
                bytes.push(1);
                put(value, &mut bytes);
            }
        }
        if bytes.len() >= PIECE {
            hasher.update(&bytes);
            bytes.clear();
        }
    }
    hasher.update(&bytes);
}

#[cfg(test)]
mod tests {
    use arrow::array::{BooleanArray, Float64Array, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn a_column_is_fed_as_marks_and_little_endian_values_whatever_its_length() {
        let many: Vec<Option<i64>> = (0..5_000).map(|number| (number % 7 != 0).then_some(number)).collect();
        let columns: [&dyn Array; 5] = [
            &StringViewArray::from(vec![Some("ab"), None, Some("")]),
            &BooleanArray::from(vec![Some(true), None, Some(false)]),
            &Int64Array::from(many.clone()),
            &Float64Array::from(vec![Some(0.5), None]),
            &TimestampMicrosecondArray::from(vec![Some(1), None]),
        ];
        let mut expected: Vec<u8> = [&[1][..], &2u64.to_le_bytes(), b"ab", &[0, 1], &0u64.to_le_bytes()].concat();
        expected.extend([1, 1, 0, 1, 0]);
        for number in many {
            expected.push(u8::from(number.is_some()));
            expected.extend(number.into_iter().flat_map(i64::to_le_bytes));
        }
        expected.extend([&[1][..], &0.5f64.to_le_bytes(), &[0, 1], &1i64.to_le_bytes(), &[0]].concat());
        let mut hasher = Sha256::new();
        columns.iter().for_each(|column| hash_column(&mut hasher, *column));
        assert_eq!(hasher.finalize(), Sha256::digest(&expected));
    }
}
