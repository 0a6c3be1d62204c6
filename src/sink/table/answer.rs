//! Arrow rows as a plain grid: numbers stay numbers, instants become RFC 3339 in UTC, null stays null.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::DateTime;

use crate::engine::Answer;
use crate::sink::table::{Cell, Grid, GridColumn};

/// All rows of an answer; instants as RFC 3339 in UTC.
pub fn of_answer(answer: &Answer) -> Grid {
    let columns = answer
        .schema
        .fields()
        .iter()
        .map(|field| GridColumn { name: field.name().clone(), is_number: field.data_type().is_numeric() })
        .collect();
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(answer.row_count());
    for batch in &answer.batches {
        append(&mut rows, batch);
    }
    Grid { columns, rows }
}

fn append(rows: &mut Vec<Vec<Cell>>, batch: &RecordBatch) {
    let columns: Vec<Vec<Cell>> = batch.columns().iter().map(|column| cells(column.as_ref())).collect();
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in 0..batch.num_rows() {
        rows.push(columns.iter_mut().map(|column| column.next().unwrap_or(Cell::Null)).collect());
    }
}

fn cells(column: &dyn Array) -> Vec<Cell> {
    let data_type = column.data_type();
    if data_type.is_integer()
        && let Ok(array) = cast(column, &DataType::Int64)
    {
        let whole = |value: Option<i64>| value.map_or(Cell::Null, Cell::Whole);
        return array.as_primitive::<Int64Type>().iter().map(whole).collect();
    }
    if data_type.is_floating()
        && let Ok(array) = cast(column, &DataType::Float64)
    {
        let number = |value: Option<f64>| value.map_or(Cell::Null, Cell::Number);
        return array.as_primitive::<Float64Type>().iter().map(number).collect();
    }
    if let Some(array) = column.as_boolean_opt() {
        return array.iter().map(|value| value.map_or(Cell::Null, Cell::Flag)).collect();
    }
    if let Some(array) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        return array.iter().map(|value| value.and_then(instant).map_or(Cell::Null, Cell::Text)).collect();
    }
    let options = FormatOptions::default();
    let Ok(formatter) = ArrayFormatter::try_new(column, &options) else {
        return vec![Cell::Null; column.len()];
    };
    (0..column.len())
        .map(|row| if column.is_null(row) { Cell::Null } else { Cell::Text(formatter.value(row).to_string()) })
        .collect()
}

fn instant(micros: i64) -> Option<String> {
    let moment = DateTime::from_timestamp_micros(micros)?;
    Some(moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}
