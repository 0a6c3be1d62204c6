//! Months: how rows are parted by the instant of one column.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Datelike};

/// As `2026-10`; none where a row has no instant.
pub(super) type Month = Option<String>;

/// The rows in pieces of one month each, in their order; rows in order of time are cut once a month. All are of no
/// month where `at` names no column.
pub(super) fn pieces(batch: &RecordBatch, at: Option<&str>) -> Vec<(Month, RecordBatch)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < batch.num_rows() {
        let rest = batch.slice(start, batch.num_rows() - start);
        let (month, length) = leading(&rest, at);
        pieces.push((month, rest.slice(0, length)));
        start += length;
    }
    pieces
}

/// The month of the first row, and how many rows from there on are of the same.
fn leading(batch: &RecordBatch, at: Option<&str>) -> (Month, usize) {
    let at = at.and_then(|name| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>());
    let Some(at) = at else { return (None, batch.num_rows()) };
    if at.is_empty() || at.is_null(0) {
        let length = (0..at.len()).take_while(|row| at.is_null(*row)).count();
        return (None, length.max(1));
    }
    let Some(month) = DateTime::from_timestamp_micros(at.value(0)) else { return (None, 1) };
    let (year, number) = (month.year(), month.month());
    let next = chrono::NaiveDate::from_ymd_opt(year + i32::from(number == 12), number % 12 + 1, 1);
    let start = chrono::NaiveDate::from_ymd_opt(year, number, 1);
    let micros = |date: Option<chrono::NaiveDate>, otherwise: i64| {
        date.and_then(|date| date.and_hms_opt(0, 0, 0)).map_or(otherwise, |moment| moment.and_utc().timestamp_micros())
    };
    let (from, until) = (micros(start, i64::MIN), micros(next, i64::MAX));
    let is_within = |row: &usize| at.is_valid(*row) && at.value(*row) >= from && at.value(*row) < until;
    let length = (0..at.len()).take_while(is_within).count();
    (Some(format!("{year:04}-{number:02}")), length.max(1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn a_month_reaches_to_the_first_moment_of_the_next() {
        let instant = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        let at = vec![
            Some(instant("2026-10-31T23:59:59.999999Z")),
            Some(instant("2026-11-01T00:00:00Z")),
            Some(instant("2026-12-31T00:00:00Z")),
            None,
        ];
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("place", Arc::new(Int64Array::from(vec![1, 2, 3, 4]))),
            ("ticket_id", Arc::new(StringViewArray::from_iter_values(["a", "b", "c", "d"]))),
            ("created_at", Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC"))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let months: Vec<_> = pieces(&batch, Some("created_at")).into_iter().map(|(month, _)| month).collect();
        let month = |text: &str| Some(text.to_owned());
        assert_eq!(months, [month("2026-10"), month("2026-11"), month("2026-12"), None]);
    }
}
