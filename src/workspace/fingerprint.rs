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
    let mut bytes: Vec<u8> = Vec::with_capacity(column.len() * 16);
    for row in 0..column.len() {
        if column.is_null(row) {
            bytes.push(0);
            continue;
        }
        bytes.push(1);
        match column.data_type() {
            DataType::Utf8View => {
                let text = column.as_string_view().value(row);
                bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
            DataType::Boolean => bytes.push(u8::from(column.as_boolean().value(row))),
            DataType::Int64 => {
                bytes.extend_from_slice(&column.as_primitive::<Int64Type>().value(row).to_le_bytes());
            }
            DataType::Float64 => {
                bytes.extend_from_slice(&column.as_primitive::<Float64Type>().value(row).to_le_bytes());
            }
            _ => {
                let micros = column.as_primitive_opt::<TimestampMicrosecondType>().map_or(0, |array| array.value(row));
                bytes.extend_from_slice(&micros.to_le_bytes());
            }
        }
    }
    hasher.update(&bytes);
}
