//! The rows of one table from all files: one row a key, in the order of time.
//!
//! Logs come in order more often than not, so order is looked for before it is made.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{concat_batches, filter_record_batch, interleave_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::keys::{Keys, Values};
use super::rules;
use crate::table::Table;

/// What is already in order within a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InOrder {
    /// Keys grow strictly from row to row, so that none comes twice.
    pub by_key: bool,
    /// Rows stand by main instant, nulls last, then by key.
    pub by_time: bool,
}

/// A table's rows, and how many of each file were superseded by a later one of the same key.
pub(super) struct Settled {
    pub batches: Vec<RecordBatch>,
    pub given: Vec<&'static str>,
    pub superseded: HashMap<usize, u64>,
    /// How many rows of each file begin after `as_of`.
    pub after_as_of: HashMap<usize, u64>,
}

impl Settled {
    /// Lets go of the columns that are not wanted.
    pub fn keep_only(&mut self, is_wanted: impl Fn(&str) -> bool) -> Result<(), ArrowError> {
        let Some(first) = self.batches.first() else { return Ok(()) };
        let fields = first.schema();
        let fields = fields.fields().iter().enumerate();
        let wanted: Vec<usize> = fields.filter(|(_, field)| is_wanted(field.name())).map(|(place, _)| place).collect();
        for batch in &mut self.batches {
            *batch = batch.project(&wanted)?;
        }
        self.given.retain(|column| is_wanted(column));
        Ok(())
    }
}

/// Rows a batch at least, where there are so many.
const SMALL: usize = 16 * 1024;
const LARGE: usize = 256 * 1024;

/// Looks at the order within one batch; done by the thread that made it.
pub(super) fn order_of(table: &Table, batch: &RecordBatch) -> InOrder {
    let keys = Keys::new(table, batch);
    let mut order = InOrder { by_key: true, by_time: true };
    for row in 1..batch.num_rows() {
        let by_key = keys.compare(row - 1, &keys, row);
        order.by_key &= by_key == Ordering::Less;
        order.by_time &= keys.main_at(row - 1).cmp(&keys.main_at(row)).then(by_key) != Ordering::Greater;
        if !order.by_key && !order.by_time {
            break;
        }
    }
    order
}

/// Brings the batches of all files together: one row a key, as things stood at `as_of`, in the order of time.
///
/// Which of several rows of a key stays does not depend on `as_of`. `twice` is told of every two rows of one key, the
/// one that came first before the other.
pub(super) fn settle(
    table: &'static Table,
    parts: Vec<(RecordBatch, InOrder)>,
    as_of: Option<i64>,
    mut twice: impl FnMut([(&RecordBatch, usize); 2]),
) -> Result<Settled, ArrowError> {
    let (schema, given) = union(table, &parts);
    let mut orders = Vec::with_capacity(parts.len());
    let mut batches = Vec::with_capacity(parts.len());
    for (batch, order) in parts.iter().filter(|(batch, _)| batch.num_rows() > 0) {
        batches.push(widen(batch, &schema)?);
        orders.push(*order);
    }
    let mut superseded: HashMap<usize, u64> = HashMap::new();
    let is_strict = orders.iter().all(|order| order.by_key)
        && joints(table, &batches).all(|(one, last, other)| one.compare(last, &other, 0) == Ordering::Less);
    if !is_strict {
        let kept = keep_latest(table, &batches, usize::MAX, |rows, lost_file| {
            *superseded.entry(lost_file).or_default() += 1;
            twice(rows.map(|(batch, row)| (&batches[batch], row)));
        });
        if !superseded.is_empty() {
            batches = batches
                .iter()
                .zip(kept)
                .map(|(batch, mask)| filter_record_batch(batch, &BooleanArray::from(mask)))
                .collect::<Result<_, _>>()?;
            batches.retain(|batch| batch.num_rows() > 0);
            orders = batches.iter().map(|batch| order_of(table, batch)).collect();
        }
    }
    let mut after_as_of = HashMap::new();
    for (batch, order) in batches.iter_mut().zip(&mut orders) {
        let Some(known) = as_of.map(|as_of| known_at(table, batch, as_of, &mut after_as_of)).transpose()?.flatten()
        else {
            continue;
        };
        *order = order_of(table, &known);
        *batch = known;
    }
    batches.retain(|batch| batch.num_rows() > 0);
    let is_sorted = orders.iter().all(|order| order.by_time)
        && joints(table, &batches).all(|(one, last, other)| {
            one.main_at(last).cmp(&other.main_at(0)).then_with(|| one.compare(last, &other, 0)) != Ordering::Greater
        });
    if !is_sorted {
        batches = sorted(table, &batches)?;
    }
    let mut batches = joined(&schema, batches)?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(Settled { batches, given, superseded, after_as_of })
}

/// The batch as it was known at `as_of`; none where nothing in it is later.
fn known_at(
    table: &Table,
    batch: &RecordBatch,
    as_of: i64,
    after_as_of: &mut HashMap<usize, u64>,
) -> Result<Option<RecordBatch>, ArrowError> {
    let Some((known, after)) = rules::known_at(table, batch, as_of)? else {
        return Ok(None);
    };
    let Some(after) = after else {
        return Ok(Some(known));
    };
    let keys = Keys::new(table, &known);
    for row in (0..known.num_rows()).filter(|row| after.value(*row)) {
        *after_as_of.entry(keys.file(row)).or_default() += 1;
    }
    filter_record_batch(&known, &arrow::compute::not(&after)?).map(Some)
}

/// Which rows stay of batches of the same columns: first those that stand, each key once, then new ones from the batch
/// number `first_new` on. Of a key the row changed last stays; rows from the batch number `ruling` on take the place of
/// earlier ones whatever their `updated_at`.
pub fn standing(table: &Table, batches: &[RecordBatch], first_new: usize, ruling: usize) -> Vec<BooleanArray> {
    let is_strict = batches.iter().all(|batch| order_of(table, batch).by_key)
        && joints(table, batches).all(|(one, last, other)| one.compare(last, &other, 0) == Ordering::Less);
    if is_strict {
        return batches.iter().map(|batch| BooleanArray::from(vec![true; batch.num_rows()])).collect();
    }
    let mut kept = keep_latest(table, batches, ruling, |_, _| ());
    leave_where_they_stood(table, batches, first_new, &mut kept);
    kept.into_iter().map(BooleanArray::from).collect()
}

/// A file that is read again may tell a row's whole history again: what ends as it stood before has not moved.
fn leave_where_they_stood(table: &Table, batches: &[RecordBatch], first_new: usize, kept: &mut [Vec<bool>]) {
    let keys: Vec<Keys> = batches.iter().map(|batch| Keys::new(table, batch)).collect();
    let values: Vec<Values> = batches.iter().map(Values::new).collect();
    let mut gone: HashMap<Cow<[u8]>, (usize, usize)> = HashMap::new();
    for (batch, stays) in kept.iter().enumerate().take(first_new) {
        let lost = stays.iter().enumerate().filter(|(_, stays)| !**stays);
        gone.extend(lost.map(|(row, _)| (keys[batch].bytes(row), (batch, row))));
    }
    if gone.is_empty() {
        return;
    }
    for batch in first_new..batches.len() {
        for row in 0..batches[batch].num_rows() {
            let Some((other, other_row)) = gone.get(&*keys[batch].bytes(row)).copied().filter(|_| kept[batch][row])
            else {
                continue;
            };
            let is_there = keys[batch].place(row) == keys[other].place(other_row);
            if is_there && values[batch].is_same(row, &values[other], other_row) {
                kept[batch][row] = false;
                kept[other][other_row] = true;
            }
        }
    }
}

/// Rows of a table in the order of time.
///
/// # Errors
/// Where Arrow cannot bring them together, as when there are more than an array can hold.
pub fn in_order(table: &Table, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let is_sorted = batches.iter().all(|batch| order_of(table, batch).by_time)
        && joints(table, &batches).all(|(one, last, other)| {
            one.main_at(last).cmp(&other.main_at(0)).then_with(|| one.compare(last, &other, 0)) != Ordering::Greater
        });
    if is_sorted { Ok(batches) } else { sorted(table, &batches) }
}

/// Each batch's keys with its last row, and the keys of the next; batches without rows have no part in the order.
fn joints<'a>(table: &'a Table, batches: &'a [RecordBatch]) -> impl Iterator<Item = (Keys<'a>, usize, Keys<'a>)> {
    let filled: Vec<&RecordBatch> = batches.iter().filter(|batch| batch.num_rows() > 0).collect();
    (1..filled.len()).map(move |next| {
        let (one, other) = (filled[next - 1], filled[next]);
        (Keys::new(table, one), one.num_rows() - 1, Keys::new(table, other))
    })
}

/// `place` and every column that any batch has, in canonical order.
fn union(table: &'static Table, parts: &[(RecordBatch, InOrder)]) -> (SchemaRef, Vec<&'static str>) {
    let has = |name: &str| parts.iter().any(|(batch, _)| batch.schema_ref().index_of(name).is_ok());
    let columns: Vec<_> = table.all_columns().filter(|column| has(column.name)).collect();
    let mut fields = vec![Field::new("place", DataType::Int64, false)];
    fields.extend(columns.iter().map(|column| Field::new(column.name, column.kind.data_type(), true)));
    (Arc::new(Schema::new(fields)), columns.iter().map(|column| column.name).collect())
}

/// The batch with the columns of a schema, null where it has none of that name.
///
/// # Errors
/// Where a column has another type.
pub fn widen(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => column.clone(),
            None => new_null_array(field.data_type(), batch.num_rows()),
        })
        .collect();
    RecordBatch::try_new(schema.clone(), columns)
}

/// Which rows stay: of every key the one changed last, by its own `updated_at`, else by the order of the files. A row
/// that says the same as the one that stands is taken into it, so that reading it again moves nothing. `twice` is told of
/// every two rows of one key, by batch and row, and of the file of the one that does not stay.
fn keep_latest(
    table: &Table,
    batches: &[RecordBatch],
    ruling: usize,
    mut twice: impl FnMut([(usize, usize); 2], usize),
) -> Vec<Vec<bool>> {
    let keys: Vec<Keys> = batches.iter().map(|batch| Keys::new(table, batch)).collect();
    let values: Vec<Values> = batches.iter().map(Values::new).collect();
    let mut kept: Vec<Vec<bool>> = batches.iter().map(|batch| vec![true; batch.num_rows()]).collect();
    let alike = alike(&keys, batches);
    let mut latest: HashMap<Cow<[u8]>, (u32, u32)> = HashMap::with_capacity(alike.len());
    for here in alike {
        let (batch, row) = (here.0 as usize, here.1 as usize);
        let Some(known) = latest.get_mut(&*keys[batch].bytes(row)) else {
            latest.insert(keys[batch].bytes(row), here);
            continue;
        };
        let (other, other_row) = (known.0 as usize, known.1 as usize);
        let rules = batch >= ruling || keys[batch].updated_at(row) >= keys[other].updated_at(other_row);
        let is_later = rules && !values[batch].is_same(row, &values[other], other_row);
        let (lost, lost_row) = if is_later { (other, other_row) } else { (batch, row) };
        if is_later {
            *known = here;
        }
        kept[lost][lost_row] = false;
        twice([(other, other_row), (batch, row)], keys[lost].file(lost_row));
    }
    kept
}

/// The rows (batch, row), in their order, whose key some other row has, and perhaps a few more: hashes tell it, so that
/// keys are brought together only where there is anything to bring together.
fn alike(keys: &[Keys], batches: &[RecordBatch]) -> Vec<(u32, u32)> {
    let mut hashes: Vec<(u64, u32, u32)> = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (batch, (keys, rows)) in keys.iter().zip(batches).enumerate() {
        hashes.extend((0..rows.num_rows()).map(|row| (keys.hash(row), batch as u32, row as u32)));
    }
    hashes.sort_unstable();
    let several = hashes.chunk_by(|one, other| one.0 == other.0).filter(|rows| rows.len() > 1);
    let mut alike: Vec<(u32, u32)> = several.flatten().map(|(_, batch, row)| (*batch, *row)).collect();
    alike.sort_unstable();
    alike
}

fn sorted(table: &Table, batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, ArrowError> {
    let keys: Vec<Keys> = batches.iter().map(|batch| Keys::new(table, batch)).collect();
    let mut rows: Vec<(i64, u32, u32)> = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (batch, keys) in keys.iter().enumerate() {
        rows.extend((0..batches[batch].num_rows()).map(|row| (keys.main_at(row), batch as u32, row as u32)));
    }
    // Numbers first: few rows have their instant in common with others, and only of those keys are compared.
    rows.sort_unstable();
    for same in rows.chunk_by_mut(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        same.sort_by(|one, other| {
            keys[one.1 as usize].compare(one.2 as usize, &keys[other.1 as usize], other.2 as usize)
        });
    }
    let all: Vec<&RecordBatch> = batches.iter().collect();
    rows.chunks(LARGE)
        .map(|chunk| {
            let places: Vec<(usize, usize)> =
                chunk.iter().map(|(_, batch, row)| (*batch as usize, *row as usize)).collect();
            interleave_record_batch(&all, &places)
        })
        .collect()
}

/// Joins small neighbours, so that a thousand small files are not a thousand small batches.
///
/// # Errors
/// Where Arrow cannot join them, as when there are more than an array can hold.
pub fn joined(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut all = Vec::new();
    let mut small: Vec<RecordBatch> = Vec::new();
    let mut rows = 0;
    for batch in batches {
        if batch.num_rows() >= SMALL && small.is_empty() {
            all.push(batch);
            continue;
        }
        rows += batch.num_rows();
        small.push(batch);
        if rows >= SMALL {
            all.push(concat_batches(schema, &small)?);
            small.clear();
            rows = 0;
        }
    }
    if !small.is_empty() {
        all.push(concat_batches(schema, &small)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    /// Rows (incident, opened, updated) of one file.
    fn batch(file: i64, rows: &[(&str, i64, Option<i64>)]) -> (RecordBatch, InOrder) {
        let instants = |values: Vec<Option<i64>>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
        };
        let places = (0..rows.len() as i64).map(|row| (file << 40) | (row + 2));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("place", Arc::new(Int64Array::from_iter_values(places))),
            ("incident_id", Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| row.0)))),
            ("opened_at", instants(rows.iter().map(|row| Some(row.1)).collect())),
            ("updated_at", instants(rows.iter().map(|row| row.2).collect())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let order = order_of(table(), &batch);
        (batch, order)
    }

    #[test]
    fn files_without_rows_have_no_part_in_the_order() {
        let (early, late, none) = (batch(0, &[("a", 1, None)]).0, batch(1, &[("b", 2, None)]).0, batch(2, &[]).0);
        let ordered = in_order(table(), vec![none.clone(), early.clone(), none.clone(), late.clone(), none]).unwrap();
        assert_eq!(ordered.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [0, 1, 0, 1, 0]);
        let turned = in_order(table(), vec![late, batch(3, &[]).0, early]).unwrap();
        let first = turned.iter().find(|batch| batch.num_rows() > 0).unwrap();
        assert_eq!(first.column_by_name("incident_id").unwrap().as_string_view().value(0), "a");
    }

    fn table() -> &'static Table {
        Table::named("incidents").unwrap()
    }

    /// (incident, opened) of every row, and how many rows of each file were superseded.
    type Rows = (Vec<(String, i64)>, Vec<(usize, u64)>);

    fn settled(parts: Vec<(RecordBatch, InOrder)>) -> Rows {
        let settled = settle(table(), parts, None, |_| ()).unwrap();
        let mut rows = Vec::new();
        for batch in &settled.batches {
            let keys = Keys::new(table(), batch);
            for row in 0..batch.num_rows() {
                rows.push((String::from_utf8(keys.bytes(row).into_owned()).unwrap(), keys.main_at(row)));
            }
        }
        let mut superseded: Vec<(usize, u64)> = settled.superseded.into_iter().collect();
        superseded.sort_unstable();
        (rows, superseded)
    }

    fn row(id: &str, at: i64) -> (String, i64) {
        (id.to_owned(), at)
    }

    #[test]
    fn rows_come_in_the_order_of_time_then_of_the_key() {
        let (rows, superseded) =
            settled(vec![batch(0, &[("c", 5, None), ("b", 5, None)]), batch(1, &[("a", 9, None), ("d", 1, None)])]);
        assert_eq!(rows, [row("d", 1), row("b", 5), row("c", 5), row("a", 9)]);
        assert!(superseded.is_empty());
    }

    #[test]
    fn of_a_key_that_comes_twice_the_one_changed_last_stays() {
        let (rows, superseded) = settled(vec![
            batch(0, &[("a", 1, Some(9)), ("b", 2, Some(1))]),
            batch(1, &[("a", 3, Some(8)), ("b", 4, Some(1))]),
            batch(2, &[("a", 5, None)]),
        ]);
        assert_eq!(rows, [row("a", 1), row("b", 4)]);
        assert_eq!(superseded, [(0, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn the_same_rows_in_any_files_settle_alike() {
        let all = [("a", 4, None), ("b", 3, None), ("c", 3, None), ("d", 8, None), ("e", 1, None)];
        let whole = settled(vec![batch(0, &all)]);
        for cut in 1..all.len() {
            let (one, other) = all.split_at(cut);
            assert_eq!(settled(vec![batch(0, one), batch(1, other)]), whole);
            assert_eq!(settled(vec![batch(0, other), batch(1, one)]), whole);
        }
    }

    #[test]
    fn only_keys_that_come_again_are_alike_whatever_their_length() {
        let long = "an identifier longer than a view holds";
        let (one, other) = (
            batch(0, &[("b", 1, None), (long, 2, None), ("a", 3, None), ("", 4, None)]).0,
            batch(1, &[("c", 1, None), ("a", 2, None), (long, 3, None), ("a", 4, None)]).0,
        );
        let batches = [one, other];
        let keys: Vec<Keys> = batches.iter().map(|batch| Keys::new(table(), batch)).collect();
        assert_eq!(alike(&keys, &batches), [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)]);
        assert_eq!(alike(&keys[..1], &batches[..1]), []);
    }

    #[test]
    fn a_row_that_says_the_same_again_is_taken_into_the_first() {
        let (rows, superseded) = settled(vec![
            batch(0, &[("a", 1, Some(9))]),
            batch(1, &[("a", 1, Some(9))]),
            batch(2, &[("a", 2, Some(9))]),
            batch(3, &[("a", 2, Some(9))]),
        ]);
        assert_eq!(rows, [row("a", 2)]);
        assert_eq!(superseded, [(0, 1), (1, 1), (3, 1)]);
    }

    #[test]
    fn a_correction_that_moves_a_row_behind_the_moment_leaves_no_earlier_one() {
        let parts = vec![batch(0, &[("a", 1, None), ("b", 2, None)]), batch(1, &[("a", 50, None)])];
        let settled = settle(table(), parts, Some(10), |_| ()).unwrap();
        assert_eq!(settled.batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
        assert_eq!((settled.superseded[&0], settled.after_as_of[&1]), (1, 1));
    }

    #[test]
    fn a_column_that_one_file_lacks_is_null_there() {
        let (full, order) = batch(0, &[("a", 1, Some(2))]);
        let without = full.project(&[0, 1, 2]).unwrap();
        let (other, _) = batch(1, &[("b", 2, Some(2))]);
        let settled = settle(table(), vec![(without, order), (other, order)], None, |_| ()).unwrap();
        assert_eq!(settled.given, ["incident_id", "opened_at", "updated_at"]);
        assert_eq!(settled.batches[0].column(3).null_count(), 1);
    }

    #[test]
    fn order_is_seen_where_it_is() {
        let order = |rows: &[_]| batch(0, rows).1;
        assert_eq!(order(&[("a", 1, None), ("b", 2, None)]), InOrder { by_key: true, by_time: true });
        assert_eq!(order(&[("b", 1, None), ("a", 2, None)]), InOrder { by_key: false, by_time: true });
        assert_eq!(order(&[("a", 2, None), ("b", 1, None)]), InOrder { by_key: true, by_time: false });
        assert_eq!(order(&[("a", 1, None), ("a", 1, None)]), InOrder { by_key: false, by_time: true });
    }
}
