//! Rows of one key that tell of different things: not versions of one record, but records whose keys collide.
//!
//! Such rows are settled like all others, the later one stays; here they are only counted and told. Whether two rows are
//! one record is judged by what a record keeps while it lives: where a deployment went, when an incident was opened.
//! What may rightly be corrected says nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use chrono::DateTime;

use super::FileRead;
use super::cast::place;
use super::declared::{Piece, Value, key};
use super::keys::Keys;
use super::place_text;
use crate::table::Table;

/// (table, columns that stay the same while a record lives)
const LASTING: &[(&str, &[&str])] = &[
    ("approvals", &["deployment_id", "ticket_id", "environment", "gate"]),
    ("bookings", &["environment", "team"]),
    ("changes", &["service", "repository"]),
    ("deployments", &["service", "environment", "region"]),
    ("exceptions", &["policy", "deployment_id", "ticket_id"]),
    ("incidents", &["opened_at"]),
    ("tickets", &["created_at"]),
    ("windows", &["scope"]),
];

/// (table, columns that two sources tell alike of the same record; one source may correct them)
const BETWEEN_SOURCES: &[(&str, &[&str])] = &[
    ("changes", &["opened_at"]),
    ("deployments", &["started_at"]),
    ("incidents", &["service"]),
    ("tickets", &["service"]),
];

/// Keys that collide, by table.
#[derive(Debug, Default)]
pub(super) struct Collisions(BTreeMap<&'static str, Found>);

/// How many rows of a table collide with another, and the first two that did.
#[derive(Debug)]
struct Found {
    count: u64,
    key: String,
    column: &'static str,
    /// The value and `path:line` of the row that came first, and of the one that came with the same key.
    rows: [(String, String); 2],
}

/// The columns of `colliding_keys`.
const COLUMNS: [&str; 8] =
    ["table", "row_count", "key", "column", "value", "source_row", "other_value", "other_source_row"];

/// `colliding_keys` where nobody looked for any: its columns, and no row.
pub fn nothing_looked_for() -> RecordBatch {
    let type_of = |name: &str| if name == "row_count" { DataType::Int64 } else { DataType::Utf8View };
    RecordBatch::new_empty(Arc::new(Schema::new(COLUMNS.map(|name| Field::new(name, type_of(name), false)).to_vec())))
}

impl Collisions {
    /// Judges two rows of one key, the one that came first before the other.
    pub fn judge(&mut self, table: &'static Table, files: &[FileRead], rows: [(&RecordBatch, usize); 2]) {
        let [(one, one_row), (other, other_row)] = rows;
        let (one_keys, other_keys) = (Keys::new(table, one), Keys::new(table, other));
        let places = [one_keys.place(one_row), other_keys.place(other_row)];
        let source =
            |place: i64| usize::try_from(place >> 40).ok().and_then(|file| files.get(file)).map(|file| &file.source);
        let is_between = source(places[0]) != source(places[1]);
        let differing = columns_of(table, is_between).find_map(|column| {
            let values = [written(one, column, one_row)?, written(other, column, other_row)?];
            (values[0] != values[1]).then_some((column, values))
        });
        let Some((column, values)) = differing else { return };
        let key = table.key.iter().filter_map(|name| written(one, name, one_row)).collect::<Vec<_>>().join(", ");
        self.add(table, key, column, values, places.map(|place| place_text(files, place)));
    }

    /// Judges the records of tools: those that make one row together.
    pub fn judge_pieces(&mut self, pieces: &[Piece], files: &[FileRead]) {
        let mut first: HashMap<(&str, &str, Vec<String>), &Piece> = HashMap::with_capacity(pieces.len());
        for piece in pieces.iter().filter(|piece| piece.part_of.is_none()) {
            let Some(key) = key(piece) else { continue };
            let Some(one) = first.get(&(&*piece.vendor, piece.table.name, key.clone())) else {
                first.insert((&*piece.vendor, piece.table.name, key), piece);
                continue;
            };
            let source = |piece: &Piece| files.get(piece.file).map(|file| &file.source);
            let differing = columns_of(piece.table, source(one) != source(piece)).find_map(|column| {
                let values = [told(one, column)?, told(piece, column)?];
                (values[0] != values[1]).then_some((column, values))
            });
            let Some((column, values)) = differing else { continue };
            let places = [*one, piece].map(|piece| place_text(files, place(piece.file, piece.spot.line)));
            self.add(piece.table, key.join(", "), column, values, places);
        }
    }

    fn add(
        &mut self,
        table: &'static Table,
        key: String,
        column: &'static str,
        values: [String; 2],
        places: [String; 2],
    ) {
        let mut values = values.into_iter().zip(places);
        let (Some(one), Some(other)) = (values.next(), values.next()) else { return };
        self.0.entry(table.name).or_insert(Found { count: 0, key, column, rows: [one, other] }).count += 1;
    }

    /// Takes those of further rows.
    pub fn extend(&mut self, more: Self) {
        for (table, found) in more.0 {
            match self.0.get_mut(table) {
                Some(known) => known.count += found.count,
                None => drop(self.0.insert(table, found)),
            }
        }
    }

    /// A sentence a table, for a person.
    pub fn notes(&self) -> Vec<String> {
        let told = self.0.iter().map(|(table, found)| {
            let [(one, one_place), (other, other_place)] = &found.rows;
            let rows = if found.count == 1 { "1 row".to_owned() } else { format!("{} rows", found.count) };
            format!(
                "{rows} of {table} bear the key of another record, and of each key only one row counts: `{}` is of \
                 {} `{one}` ({one_place}) and of `{other}` ({other_place}); give each record a key of its own, such \
                 as a column of the file that is unique over all sources",
                found.key, found.column
            )
        });
        told.collect()
    }

    /// `colliding_keys`: table, row_count, key, column, value, source_row, other_value, other_source_row; a row a table.
    ///
    /// # Errors
    /// Where Arrow refuses the columns, which is a defect.
    pub fn rows(&self) -> Result<RecordBatch, ArrowError> {
        let texts = |of: &dyn Fn((&&'static str, &Found)) -> String| -> ArrayRef {
            Arc::new(StringViewArray::from_iter_values(self.0.iter().map(of)))
        };
        let counts = self.0.values().map(|found| i64::try_from(found.count).unwrap_or(i64::MAX));
        let counts: ArrayRef = Arc::new(Int64Array::from_iter_values(counts));
        let columns = vec![
            texts(&|(table, _)| (*table).to_owned()),
            counts,
            texts(&|(_, found)| found.key.clone()),
            texts(&|(_, found)| found.column.to_owned()),
            texts(&|(_, found)| found.rows[0].0.clone()),
            texts(&|(_, found)| found.rows[0].1.clone()),
            texts(&|(_, found)| found.rows[1].0.clone()),
            texts(&|(_, found)| found.rows[1].1.clone()),
        ];
        RecordBatch::try_new(nothing_looked_for().schema(), columns)
    }
}

/// The columns by which records of a table are told apart.
fn columns_of(table: &Table, is_between_sources: bool) -> impl Iterator<Item = &'static str> {
    let of = |list: &'static [(&'static str, &'static [&'static str])]| {
        list.iter().find(|(name, _)| *name == table.name).map_or(&[][..], |(_, columns)| *columns)
    };
    let between = if is_between_sources { of(BETWEEN_SOURCES) } else { &[] };
    of(LASTING).iter().chain(between).copied()
}

/// A text or an instant as a person reads it; none where it is not known.
fn written(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch.column_by_name(column).filter(|array| array.is_valid(row))?;
    if let Some(text) = array.as_string_view_opt() {
        return Some(text.value(row).to_owned());
    }
    array.as_primitive_opt::<TimestampMicrosecondType>().map(|at| instant(at.value(row)))
}

/// What a record of a tool says of a column by itself: not what stands in for it, nor what several records fold to.
fn told(piece: &Piece, column: &str) -> Option<String> {
    let cell = piece.cells.iter().find(|cell| cell.column == column)?;
    if !cell.is_own() {
        return None;
    }
    Some(match &cell.value {
        Value::Text(text) => text.clone(),
        Value::Instant(micros) => instant(*micros),
    })
}

fn instant(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or_else(|| micros.to_string(), |moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_tells_records_apart_is_one_of_its_table_and_not_its_key() {
        for (table, columns) in LASTING.iter().chain(BETWEEN_SOURCES) {
            let table = Table::named(table).unwrap();
            for column in *columns {
                assert!(table.column(column).is_some() && !table.key.contains(column), "{}.{column}", table.name);
            }
        }
    }
}
