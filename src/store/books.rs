//! The store's own books beside its accounts: rejected rows, words without a meaning, and the records of tools.
//!
//! What a file gave to them is replaced when its path is read again.

use std::collections::BTreeSet;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch, sort_to_indices, take_record_batch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use super::columns::{self, Rows};
use crate::source::{FileRead, Reject, Spot, Unmapped, rejected_rows};
use crate::table::Table;

/// The number of the account that a row of a book belongs to.
pub(super) const FILE_ID: &str = "file_id";

/// The order in which the records of tools came.
const NUMBER: &str = "record_number";

/// `rejected_rows`: file_id, then what a load tells of rejected rows.
pub(super) fn rejected(rejected: &[Reject], files: &[FileRead]) -> Result<RecordBatch, ArrowError> {
    let told = rejected_rows(rejected, files)?;
    let mut all = vec![columns::whole(FILE_ID, rejected.iter().map(|reject| reject.file as i64))];
    const NAMES: [&str; 9] = ["table", "source", "file", "line", "record", "byte", "column", "value", "reason"];
    all.extend(NAMES.into_iter().zip(told.columns().iter().cloned()));
    columns::batch(all)
}

/// The rejected rows of the book, in the order of files and lines.
pub(super) fn rejected_of(batches: &[RecordBatch]) -> Vec<Reject> {
    let mut all = Vec::new();
    for batch in batches {
        let rows = Rows::of(batch);
        let text = |name: &str, row: usize| rows.text(name, row).to_owned();
        all.extend((0..batch.num_rows()).map(|row| Reject {
            file: usize::try_from(rows.whole(FILE_ID, row)).unwrap_or(usize::MAX),
            spot: Spot::of(rows.whole("line", row), rows.whole("record", row), rows.whole("byte", row)),
            column: text("column", row),
            value: text("value", row),
            reason: text("reason", row),
        }));
    }
    all.sort_by_key(|reject| (reject.file, reject.spot));
    all
}

/// `unmapped_words`: file_id, table, column, value, count.
pub(super) fn unmapped(unmapped: &Unmapped) -> Result<RecordBatch, ArrowError> {
    let keys = || unmapped.keys();
    columns::batch(vec![
        columns::whole(FILE_ID, keys().map(|(file, ..)| *file as i64)),
        columns::text("table", keys().map(|(_, table, ..)| Some(*table))),
        columns::text("column", keys().map(|(_, _, column, _)| Some(*column))),
        columns::text("value", keys().map(|(.., word)| Some(word.as_str()))),
        columns::whole("count", unmapped.values().map(|count| i64::try_from(*count).unwrap_or(i64::MAX))),
    ])
}

/// The words of the book.
pub(super) fn unmapped_of(batches: &[RecordBatch]) -> Unmapped {
    let mut all = Unmapped::new();
    for batch in batches {
        let rows = Rows::of(batch);
        for row in 0..batch.num_rows() {
            let Some(table) = Table::named(rows.text("table", row)) else { continue };
            let Some(column) = table.column(rows.text("column", row)) else { continue };
            let file = usize::try_from(rows.whole(FILE_ID, row)).unwrap_or(usize::MAX);
            let key = (file, table.name, column.name, rows.text("value", row).to_owned());
            *all.entry(key).or_default() += rows.count("count", row);
        }
    }
    all
}

/// Records of tools with their numbers, which go on from `first`.
pub(super) fn numbered(records: &RecordBatch, first: i64) -> Result<RecordBatch, ArrowError> {
    let mut all = vec![columns::whole(NUMBER, first..first + records.num_rows() as i64)];
    let mut fields = vec![];
    for (field, column) in records.schema_ref().fields().iter().zip(records.columns()) {
        fields.push((field.name().clone(), column.clone(), true));
    }
    let (name, column) = all.remove(0);
    RecordBatch::try_from_iter_with_nullable(std::iter::once((name.to_owned(), column, true)).chain(fields))
}

/// The records of tools in the order in which they came.
pub(super) fn in_number_order(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, ArrowError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let all = concat_batches(&first.schema(), batches)?;
    let Some(numbers) = all.column_by_name(NUMBER) else { return Ok(vec![all]) };
    let order = sort_to_indices(numbers, None, None)?;
    Ok(vec![take_record_batch(&all, &order)?])
}

/// The rows that do not belong to any of these accounts.
pub(super) fn without(batch: &RecordBatch, accounts: &BTreeSet<i64>) -> Result<RecordBatch, ArrowError> {
    let Some(of) = batch.column_by_name(FILE_ID).and_then(|column| column.as_primitive_opt::<Int64Type>()) else {
        return Ok(batch.clone());
    };
    let stays: BooleanArray = of.values().iter().map(|of| Some(!accounts.contains(of))).collect();
    filter_record_batch(batch, &stays)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(file: usize, line: i64) -> Reject {
        Reject { file, spot: line.into(), column: "c".into(), value: "v".into(), reason: "because".into() }
    }

    #[test]
    fn rejected_rows_come_back_in_the_order_of_files_and_lines() {
        let all = [reject(1, 4), reject(0, 9)];
        let batch = rejected(&all, &[]).unwrap();
        assert_eq!(rejected_of(std::slice::from_ref(&batch)), [reject(0, 9), reject(1, 4)]);
        assert_eq!(rejected_of(&[without(&batch, &BTreeSet::from([1])).unwrap()]), [reject(0, 9)]);
    }

    #[test]
    fn words_come_back() {
        let all = Unmapped::from([((2, "deployments", "status", "odd".to_owned()), 5)]);
        assert_eq!(unmapped_of(&[unmapped(&all).unwrap()]), all);
    }

    #[test]
    fn records_come_in_the_order_of_their_numbers() {
        let records = |values: &[i64]| columns::batch(vec![columns::whole("line", values.iter().copied())]).unwrap();
        let later = numbered(&records(&[7]), 2).unwrap();
        let earlier = numbered(&records(&[3, 5]), 0).unwrap();
        let all = in_number_order(&[later, earlier]).unwrap();
        assert_eq!(all[0].column(1).as_primitive::<Int64Type>().values(), &[3, 5, 7]);
    }
}
