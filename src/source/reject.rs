//! Rows that do not stay: what was wrong, and where it stands in the file.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringViewBuilder};
use arrow::error::ArrowError;
use std::sync::Arc;

use super::FileRead;
use super::formats::Raw;
use super::spot::Spot;

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The place of its account among all files.
    pub file: usize,
    pub spot: Spot,
    /// As the file names it; empty where the whole row is meant.
    pub column: String,
    pub value: String,
    pub reason: String,
}

/// The rows of a block that are to be left out; the first reason found counts.
#[derive(Debug, Default)]
pub(super) struct Rejects {
    rows: BTreeMap<usize, (String, String, String)>,
}

impl Rejects {
    pub fn add(&mut self, row: usize, column: &str, value: &str, reason: String) {
        self.rows.entry(row).or_insert_with(|| (column.to_owned(), cut(value), reason));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn has(&self, row: usize) -> bool {
        !self.rows.is_empty() && self.rows.contains_key(&row)
    }

    /// All rejected records of a block, in the order of their lines.
    pub fn finish(self, file: usize, raw: &Raw) -> Vec<Reject> {
        let rows = self.rows.into_iter().map(|(row, (column, value, reason))| {
            let spot = raw.lines.spot(row);
            Reject { file, spot, column, value, reason }
        });
        let broken = raw.broken.iter().map(|broken| Reject {
            file,
            spot: broken.spot,
            column: String::new(),
            value: cut(&broken.value),
            reason: broken.reason.clone(),
        });
        let mut all: Vec<Reject> = rows.chain(broken).collect();
        all.sort_by_key(|reject| reject.spot);
        all
    }
}

/// Long values are cut: a rejected row is found by its line.
pub(super) fn cut(value: &str) -> String {
    const LIMIT: usize = 200;
    match value.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// By account, table, column and word: how often a word came that no vocabulary has.
pub type Unmapped = BTreeMap<(usize, &'static str, &'static str, String), u64>;

/// `rejected_rows`: table, source, file, line, record, byte, column, value, reason. Where several records share a line,
/// `record` is the number of the record in it and `byte` where it begins there, both from 1; else both are null.
///
/// # Errors
/// Where Arrow refuses the columns, which is a defect.
pub fn rejected_rows(rejects: &[Reject], files: &[FileRead]) -> Result<RecordBatch, ArrowError> {
    let mut texts: Vec<StringViewBuilder> =
        (0..6).map(|_| StringViewBuilder::new().with_deduplicate_strings()).collect();
    let [mut lines, mut records, mut bytes] = [(); 3].map(|()| Int64Builder::with_capacity(rejects.len()));
    for reject in rejects {
        let (table, source, path) =
            files.get(reject.file).map_or(("", "", ""), |file| (file.table, file.source.as_str(), file.path.as_str()));
        let cells = [table, source, path, &reject.column, &reject.value, &reject.reason];
        for (builder, cell) in texts.iter_mut().zip(cells) {
            builder.append_value(cell);
        }
        lines.append_value(reject.spot.line);
        records.append_option(reject.spot.within.map(|within| within.record));
        bytes.append_option(reject.spot.within.map(|within| within.byte));
    }
    let mut texts = texts.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
    let mut columns: Vec<(&str, ArrayRef)> =
        ["table", "source", "file", "column", "value", "reason"].into_iter().zip(&mut texts).collect();
    let places = [("line", lines), ("record", records), ("byte", bytes)];
    let places = places.map(|(name, mut numbers)| (name, Arc::new(numbers.finish()) as ArrayRef));
    columns.splice(3..3, places);
    RecordBatch::try_from_iter(columns)
}

/// `unmapped_words`: table, column, value, count; over all files.
///
/// # Errors
/// Where Arrow refuses the columns, which is a defect.
pub fn unmapped_words(unmapped: &Unmapped) -> Result<RecordBatch, ArrowError> {
    let mut sums: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for ((_, table, column, word), count) in unmapped {
        *sums.entry((table, column, word)).or_default() += count;
    }
    let mut texts: Vec<StringViewBuilder> = (0..3).map(|_| StringViewBuilder::new()).collect();
    let mut counts = Int64Builder::with_capacity(sums.len());
    for ((table, column, word), count) in sums {
        for (builder, cell) in texts.iter_mut().zip([table, column, word]) {
            builder.append_value(cell);
        }
        counts.append_value(count as i64);
    }
    let texts = texts.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
    let mut columns: Vec<(&str, ArrayRef)> = ["table", "column", "value"].into_iter().zip(texts).collect();
    columns.push(("count", Arc::new(counts.finish())));
    RecordBatch::try_from_iter(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_found_counts() {
        let mut rejects = Rejects::default();
        rejects.add(3, "a", "x", "first".into());
        rejects.add(3, "b", "y", "second".into());
        assert!(rejects.has(3) && !rejects.has(2));
        assert_eq!(rejects.rows[&3].2, "first");
    }

    #[test]
    fn no_rejects_are_a_batch_of_no_rows_and_all_columns() {
        let batch = rejected_rows(&[], &[]).unwrap();
        assert_eq!((batch.num_rows(), batch.num_columns()), (0, 9));
        assert_eq!(unmapped_words(&BTreeMap::new()).unwrap().num_columns(), 4);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(cut(&"é".repeat(300)).chars().count(), 201);
    }
}
