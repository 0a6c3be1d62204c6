//! Brings new rows into a table: one row a key, files rewritten only where a row of theirs goes.
//!
//! The law is that of one load: rows come in the order of runs, files and lines, and of a key the row changed last
//! stays. So the rows that stand are laid in front of the new ones, and the same function judges both.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use super::data::{self, Bytes, Made};
use super::error::StoreError;
use super::log::{DataFile, Log};
use super::month::{self, Month};
use super::parallel;
use super::stats::Range;
use crate::source::{self, KeySet};
use crate::table::Table;

/// Rows of a file at most.
const LARGEST: usize = 1 << 20;
/// So many files of a month are brought into one as soon as the month is written to.
const MANY: usize = 8;

/// New rows of a table.
pub(super) struct Incoming {
    /// With the columns of [`data::working_schema`], in the order of files and lines.
    pub rows: Vec<RecordBatch>,
    /// From which batch on rows take the place of others of their key, whatever their `updated_at`.
    pub ruling: usize,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Merged {
    /// The files that make the table now.
    pub files: Vec<DataFile>,
    /// Those of them that are to be written.
    pub made: Vec<Made>,
    pub rows_added: u64,
    pub rows_replaced: u64,
    /// By account: how many rows more, or less, stand.
    pub moved: BTreeMap<i64, i64>,
    /// The rows that stood and stand no more, and those that are new, where the manner is to tell them.
    pub touched: Vec<RecordBatch>,
}

/// How files are read and made.
pub(super) struct Manner<'a> {
    pub log: &'a Log,
    pub fetch: &'a (dyn Fn(&DataFile) -> Result<Bytes, StoreError> + Sync),
    pub threads: usize,
    pub run: i64,
    /// Whether somebody asks which rows came and went.
    pub tells: bool,
}

/// Brings rows into the table that is made of `files`.
///
/// # Errors
/// Where a file cannot be read.
pub(super) fn merge(
    table: &'static Table,
    files: Vec<DataFile>,
    incoming: Incoming,
    manner: &Manner,
) -> Result<Merged, StoreError> {
    let fail = |error: ArrowError| StoreError::engine(table.name, error);
    let touched = touched(table, &files, &incoming.rows, manner)?;
    let mut all: Vec<RecordBatch> = touched.iter().map(|file| file.seeds.clone()).collect();
    let first_new = all.len();
    all.extend(incoming.rows);
    let standing = source::standing(table, &all, first_new, first_new + incoming.ruling);

    let mut merged = Merged::default();
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    let mut rows: Vec<RecordBatch> = Vec::new();
    for ((file, seeds), stays) in touched.iter().zip(&all).zip(&standing) {
        let lost = seeds.num_rows() - stays.true_count();
        if lost == 0 {
            continue;
        }
        merged.rows_replaced += lost as u64;
        let gone_rows = filter_record_batch(seeds, &not(stays).map_err(fail)?).map_err(fail)?;
        count(&gone_rows, -1, &mut merged.moved);
        merged.touched.extend(manner.tells.then_some(gone_rows));
        gone.insert(&file.file.path);
        rows.extend(file.rest.iter().cloned());
        rows.push(filter_record_batch(seeds, stays).map_err(fail)?);
    }
    let mut is_any_new = false;
    for (batch, stays) in all.iter().zip(&standing).skip(first_new).filter(|(_, stays)| stays.true_count() > 0) {
        let batch = filter_record_batch(batch, stays).map_err(fail)?;
        merged.rows_added += batch.num_rows() as u64;
        count(&batch, 1, &mut merged.moved);
        is_any_new = true;
        merged.touched.extend(manner.tells.then(|| batch.clone()));
        rows.push(batch);
    }
    merged.rows_added -= merged.rows_replaced;
    if !is_any_new && gone.is_empty() {
        merged.files = files;
        return Ok(merged);
    }
    let crowded = crowded(table, &files, &rows, &gone);
    for file in &crowded {
        rows.extend(whole(file, table, manner)?);
    }
    gone.extend(crowded.iter().map(|file| file.path.as_str()));
    merged.made = made(table, rows, manner)?;
    merged.files = files.iter().filter(|file| !gone.contains(file.path.as_str())).cloned().collect();
    merged.files.extend(merged.made.iter().map(|made| made.file.clone()));
    Ok(merged)
}

/// All rows of some files in as few files as they fit; for housekeeping.
///
/// # Errors
/// Where a file cannot be read.
pub(super) fn compacted(table: &'static Table, files: &[DataFile], manner: &Manner) -> Result<Vec<Made>, StoreError> {
    let mut rows = Vec::new();
    for file in files {
        rows.extend(whole(file, table, manner)?);
    }
    made(table, rows, manner)
}

/// A file of which some rows have a key that comes again.
struct Touched {
    file: DataFile,
    /// Those rows.
    seeds: RecordBatch,
    /// All others.
    rest: Vec<RecordBatch>,
}

/// The files that have rows of the keys of new rows.
fn touched(
    table: &'static Table,
    files: &[DataFile],
    new: &[RecordBatch],
    manner: &Manner,
) -> Result<Vec<Touched>, StoreError> {
    let fail = |error: ArrowError| StoreError::engine(table.name, error);
    let candidates: Vec<&DataFile> = files.iter().filter(|file| may_hold(table, file, new)).collect();
    if candidates.is_empty() || new.iter().all(|batch| batch.num_rows() == 0) {
        return Ok(Vec::new());
    }
    let keys = KeySet::of(table, new);
    let found = parallel::each(manner.threads, &candidates, |file| {
        let of_keys = data::read(manner.log, file, (manner.fetch)(file)?, Some(table.key))?;
        if of_keys.iter().all(|batch| keys.among(batch).true_count() == 0) {
            return Ok(None);
        }
        let rows = whole(file, table, manner)?;
        let mut seeds = Vec::new();
        let mut rest = Vec::new();
        for batch in &rows {
            let known = keys.among(batch);
            seeds.push(filter_record_batch(batch, &known).map_err(fail)?);
            rest.push(filter_record_batch(batch, &not(&known).map_err(fail)?).map_err(fail)?);
        }
        let seeds = arrow::compute::concat_batches(&data::working_schema(table), &seeds).map_err(fail)?;
        Ok(Some(Touched { file: (*file).clone(), seeds, rest }))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Whether a file may hold a row of the keys, as far as its range tells.
fn may_hold(table: &Table, file: &DataFile, new: &[RecordBatch]) -> bool {
    let Some((key, Some(Range::Text(low, high)))) = table.key.first().map(|key| (*key, file.stats.ranges.get(*key)))
    else {
        return true;
    };
    let within = |text: &str| low.as_str() <= text && text <= high.as_str();
    new.iter().any(|batch| {
        let column = batch.column_by_name(key).and_then(|column| column.as_string_view_opt());
        column.is_none_or(|column| column.iter().flatten().any(within))
    })
}

/// A whole file with working columns.
fn whole(file: &DataFile, table: &Table, manner: &Manner) -> Result<Vec<RecordBatch>, StoreError> {
    let fail = |error: ArrowError| StoreError::engine(table.name, error);
    let schema = data::working_schema(table);
    let batches = data::read(manner.log, file, (manner.fetch)(file)?, None)?;
    batches
        .iter()
        .map(|batch| data::with_columns(&data::working(batch)?, &schema))
        .collect::<Result<_, _>>()
        .map_err(fail)
}

/// The files of months that are written to and have many small ones.
fn crowded(table: &Table, files: &[DataFile], rows: &[RecordBatch], gone: &BTreeSet<&str>) -> Vec<DataFile> {
    let pieces = rows.iter().flat_map(|batch| month::pieces(batch, table.main_at));
    let written: BTreeSet<Month> = pieces.map(|(month, _)| month).collect();
    let mut by_month: BTreeMap<&Month, Vec<&DataFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| !gone.contains(file.path.as_str()) && written.contains(&file.month)) {
        if file.stats.rows < LARGEST as u64 / 2 {
            by_month.entry(&file.month).or_default().push(file);
        }
    }
    by_month.into_values().filter(|files| files.len() >= MANY).flatten().cloned().collect()
}

/// Files of rows, sorted and cut by month.
fn made(table: &'static Table, rows: Vec<RecordBatch>, manner: &Manner) -> Result<Vec<Made>, StoreError> {
    let fail = |error: ArrowError| StoreError::engine(table.name, error);
    let rows: Vec<RecordBatch> = rows.into_iter().filter(|batch| batch.num_rows() > 0).collect();
    let sorted = source::in_order(table, rows).map_err(fail)?;
    let mut cuts: Vec<(Month, Vec<RecordBatch>)> = Vec::new();
    for (month, piece) in sorted.iter().flat_map(|batch| month::pieces(batch, table.main_at)) {
        match cuts.last_mut() {
            Some((last, pieces)) if *last == month && rows_of(pieces) < LARGEST => pieces.push(piece),
            _ => cuts.push((month, vec![piece])),
        }
    }
    parallel::each(manner.threads, &cuts, |(month, pieces)| {
        let stored: Result<Vec<RecordBatch>, ArrowError> = pieces.iter().map(data::stored).collect();
        let key = table.key.first().copied();
        data::make(&stored.map_err(fail)?, (month.as_deref(), key), true, manner.run)
            .map_err(|error| StoreError::engine(table.name, error))
    })
}

fn rows_of(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// Adds the rows of a batch to their accounts.
fn count(batch: &RecordBatch, by: i64, moved: &mut BTreeMap<i64, i64>) {
    let Some(place) = batch.column_by_name("place").and_then(|column| column.as_primitive_opt::<Int64Type>()) else {
        return;
    };
    for place in place.values() {
        *moved.entry(place >> 40).or_default() += by;
    }
}
