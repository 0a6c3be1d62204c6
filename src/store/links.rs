//! Links beside their tables: made at the end of a run, and read where they are what linking anew would give.
//!
//! A run that changes a table makes those links anew that it may have changed. Of deliveries, which are the most by far,
//! these are the months that `deliveries.rs` tells. What is known of incidents and of undone deployments is made whole:
//! the score of each attribution rests on all incidents, and a version may come back after years. Files whose rows are
//! as they were stay. Only `attributions.score` depends on the moment of the question, so that who asks for it gets
//! links that are made anew.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use sha2::{Digest, Sha256};

use super::Store;
use super::columns;
use super::data::{self, Made};
use super::deliveries::{self, Touched};
use super::error::StoreError;
use super::log::{DataFile, Layout};
use super::open::{TOOL_RECORDS, Table as Stored};
use super::parallel;
use super::read::{Opened, is_any_later};
use super::runs::Run;
use super::state::State;
use super::stats::Stats;
use crate::link::{self, Links, Rules};
use crate::table::{LINKS, Selection, TABLES, Table};

const DANGLING: &str = "dangling_references";
/// The one column that depends on the moment of the question.
const SCORE: (&str, &str) = ("attributions", "score");
/// The links that are kept and are made whole whatever a run changed.
const OF_BLAME: &[&str] = &["attributions", "recoveries", "rollbacks"];
/// Rows of a file.
const ROWS: usize = 1 << 19;

/// The rules as a hash, whatever the moment, and how this program follows them: links of another one are not taken.
pub(super) fn hash_of(rules: &Rules) -> String {
    hash_under(link::VERSION, rules)
}

fn hash_under(version: u32, rules: &Rules) -> String {
    let rules = Rules { as_of: 0, ..rules.clone() };
    Sha256::digest(format!("{version} {rules:?}")).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Opened<'_> {
    /// Whether links of these rules are there that tell all that is asked.
    pub fn has_links(&self, rules: &Rules, asked: &Selection) -> bool {
        let run = self.run();
        let tells = !asked.has(SCORE.0, SCORE.1) && !asked.has_table(DANGLING);
        tells && !run.links_hash.is_empty() && run.links_hash == hash_of(rules) && rules.as_of >= run.linked_at
    }

    /// The links that are asked for, as [`link::link`] would make them; those that are not asked for have no rows.
    ///
    /// # Errors
    /// Where a file cannot be read, or the error of [`link::link`].
    pub fn links(&self, asked: &Selection, threads: usize) -> Result<Links, StoreError> {
        let of = |name: &str| self.link_table(name, asked, threads);
        let text = |name: &str| Field::new(name, DataType::Utf8View, true);
        let nothing = Schema::new(["table", "id", "column", "value", "reason"].map(text).to_vec());
        Ok(Links {
            attributions: of("attributions")?,
            deliveries: of("deliveries")?,
            rollbacks: of("rollbacks")?,
            recoveries: of("recoveries")?,
            // Nobody asks for it; see `has_links`.
            dangling: RecordBatch::new_empty(nothing.into()),
        })
    }

    fn link_table(&self, name: &str, asked: &Selection, threads: usize) -> Result<Vec<RecordBatch>, StoreError> {
        let Some(table) = LINKS.iter().find(|table| table.name == name) else { return Ok(Vec::new()) };
        let nothing = || Ok(vec![RecordBatch::new_empty(table.schema())]);
        let Some(stored) = self.tables().get(name).filter(|_| asked.has_table(name)) else { return nothing() };
        // Whether anything is a failure shows in the rules.
        let wanted: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name)
            .filter(|column| (name, *column) != SCORE && (*column == "rule" || asked.has(name, column)))
            .collect();
        let read = parallel::each(threads, &stored.files, |file| {
            data::read(&stored.log, file, self.store().fetch(&stored.log, file)?, Some(&wanted))
        })?;
        let batches: Vec<RecordBatch> = read.into_iter().flatten().collect();
        if batches.is_empty() { nothing() } else { Ok(batches) }
    }
}

/// Makes the links of the tables as they will be, and tells the run by which rules. Where anything is later than the
/// run, what is known depends on the moment, and no links are kept. `touched` is what came and went since links of the
/// same rules were made; without it all are made.
pub(super) fn write(
    store: &Store,
    state: &mut State,
    (rules, touched): (&Rules, Option<&Touched>),
    run: &mut Run,
    threads: usize,
) -> Result<(), StoreError> {
    let tables: BTreeMap<String, Stored> = state
        .tables
        .iter()
        .filter(|(_, table)| table.version.is_some() || table.layout.is_some())
        .map(|(name, table)| {
            let stored = Stored { log: table.log.clone(), version: 0, files: table.files.clone() };
            (name.clone(), stored)
        })
        .collect();
    let is_later = |table: &'static Table| {
        tables.get(table.name).is_some_and(|stored| is_any_later(table, &stored.files, run.recorded_at))
    };
    // References in the records of tools are made whole when all tables are read, not before.
    if TABLES.iter().any(is_later) || tables.contains_key(TOOL_RECORDS) {
        return Ok(());
    }
    let opened = Opened::over(store, run.clone(), tables);
    let moved = match touched {
        Some(touched) => deliveries::moved(&opened, state, (touched, rules), threads)?,
        None => None,
    };
    let links = made(&opened, rules, moved.is_none(), threads)?;
    put(state, "attributions", Vec::new(), numbered(&links.attributions), &links.attributions)?;
    match moved {
        None => put(state, "deliveries", Vec::new(), deliveries::pieces(&links.deliveries), &links.deliveries)?,
        Some(months) => {
            let asked = asked_of(&["deliveries"]);
            let rows = deliveries::of_months(&opened, &months, (&asked, rules), threads)?;
            let others = state.tables.get("deliveries").into_iter().flat_map(|table| table.files.iter());
            let is_other = |file: &&DataFile| deliveries::month_of(file).is_none_or(|month| !months.contains(&month));
            let others = others.filter(is_other).cloned().collect();
            put(state, "deliveries", others, deliveries::pieces(&rows), &rows)?;
        }
    }
    put(state, "recoveries", Vec::new(), numbered(&links.recoveries), &links.recoveries)?;
    put(state, "rollbacks", Vec::new(), numbered(&links.rollbacks), &links.rollbacks)?;
    let dangling = std::slice::from_ref(&links.dangling);
    put(state, DANGLING, Vec::new(), numbered(dangling), dangling)?;
    run.links_hash = hash_of(rules);
    run.linked_at = run.recorded_at;
    Ok(())
}

/// All links of the tables, or all but deliveries, for which changes need not be read.
fn made(opened: &Opened, rules: &Rules, has_deliveries: bool, threads: usize) -> Result<Links, StoreError> {
    let mut asked = asked_of(OF_BLAME);
    asked.add_table(DANGLING);
    if has_deliveries {
        asked.add_all(&asked_of(&["deliveries"]));
    }
    let read = link::reads(&asked, &opened.given());
    let rows = |name: &str| opened.rows_of(name, &read, threads, &|_| has_deliveries || name != "changes");
    let (deployments, incidents, changes) = (rows("deployments")?, rows("incidents")?, rows("changes")?);
    let (tickets, commits) = (rows("tickets")?, rows("commits")?);
    let (dependencies, services) = (rows("dependencies")?, rows("services")?);
    let tables = link::Tables {
        deployments: &deployments,
        incidents: &incidents,
        changes: &changes,
        tickets: &tickets,
        commits: &commits,
        dependencies: &dependencies,
        services: &services,
    };
    link::link(&tables, rules, Some(&asked)).map_err(|error| StoreError::engine("links", error))
}

/// All columns of these links.
fn asked_of(names: &[&str]) -> Selection {
    let mut asked = Selection::default();
    for table in LINKS.iter().filter(|table| names.contains(&table.name)) {
        table.columns.iter().for_each(|column| asked.add(table.name, column.name));
    }
    asked
}

/// Gives a table the files that stay, and these rows. A file that holds the same rows already stays as well.
fn put(
    state: &mut State,
    name: &str,
    mut files: Vec<DataFile>,
    named: Vec<(String, Vec<RecordBatch>)>,
    like: &[RecordBatch],
) -> Result<(), StoreError> {
    let fail = |error: ArrowError| StoreError::engine(name, error);
    let Some(first) = like.first() else { return Ok(()) };
    let known: BTreeMap<String, DataFile> = state
        .tables
        .get(name)
        .into_iter()
        .flat_map(|table| table.files.iter().map(|file| (file.path.clone(), file.clone())))
        .collect();
    // A column of links that says nothing today may say something tomorrow: a table is described whole.
    let columns = match LINKS.iter().find(|table| table.name == name) {
        Some(table) => table.columns.iter().map(|column| (column.name.to_owned(), column.kind)).collect(),
        None => columns::kinds_of(first),
    };
    let layout = Layout { columns, is_by_month: false };
    let is_there = state.tables.get(name).is_some_and(|table| table.version.is_some());
    if !is_there && named.is_empty() {
        return Ok(());
    }
    let parts = parallel::each(state.threads(), &named, |(name_of, rows)| {
        let path = format!("{name_of}-{}.parquet", content_hash(rows));
        if let Some(file) = known.get(&path) {
            return Ok((file.clone(), None));
        }
        let rows: Vec<RecordBatch> = rows.iter().map(without_nothing).collect::<Result<_, _>>().map_err(fail)?;
        let made = data::make(&rows, (None, None), false, 0).map_err(|error| StoreError::engine(name, error))?;
        let file = DataFile { path, stats: Stats::of(&rows, None), ..made.file };
        Ok((file.clone(), Some(Made { file, bytes: made.bytes })))
    })?;
    let (new, made): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    files.extend(new);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    state.set(name, files, made.into_iter().flatten().collect(), layout)
}

/// Rows in files of one length, each with the beginning of its name.
fn numbered(batches: &[RecordBatch]) -> Vec<(String, Vec<RecordBatch>)> {
    let pieces = pieces(batches).into_iter().enumerate();
    pieces.map(|(number, rows)| (format!("rows-{number:05}"), rows)).collect()
}

/// Rows in pieces of one length.
pub(super) fn pieces(batches: &[RecordBatch]) -> Vec<Vec<RecordBatch>> {
    let mut pieces: Vec<Vec<RecordBatch>> = Vec::new();
    let mut room = 0;
    for batch in batches {
        let mut start = 0;
        while start < batch.num_rows() {
            if room == 0 {
                pieces.push(Vec::new());
                room = ROWS;
            }
            let length = room.min(batch.num_rows() - start);
            if let Some(rows) = pieces.last_mut() {
                rows.push(batch.slice(start, length));
            }
            start += length;
            room -= length;
        }
    }
    pieces
}

/// The rows without bytes that none of them uses.
fn without_nothing(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| match column.as_string_view_opt() {
        Some(text) => std::sync::Arc::new(text.gc()) as _,
        None => column.clone(),
    });
    RecordBatch::try_new(batch.schema(), columns.collect())
}

/// SHA-256 of the values of rows, however they are cut into batches.
fn content_hash(batches: &[RecordBatch]) -> String {
    let mut hasher = Sha256::new();
    let columns = batches.first().map_or(0, RecordBatch::num_columns);
    for index in 0..columns {
        for batch in batches {
            hasher.update(column_bytes(batch.column(index).as_ref()));
        }
    }
    hasher.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn column_bytes(column: &dyn Array) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::with_capacity(column.len() * 12);
    let mut value = |row: usize, value: &[u8]| {
        let is_valid = column.is_valid(row);
        bytes.push(u8::from(is_valid));
        if is_valid {
            bytes.extend_from_slice(value);
        }
    };
    match column.data_type() {
        DataType::Utf8View => {
            let text = column.as_string_view();
            for row in 0..text.len() {
                let text = if text.is_valid(row) { text.value(row) } else { "" };
                value(row, &[&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat());
            }
        }
        DataType::Boolean => (0..column.len()).for_each(|row| value(row, &[u8::from(column.as_boolean().value(row))])),
        DataType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>();
            (0..numbers.len()).for_each(|row| value(row, &numbers.value(row).to_le_bytes()));
        }
        DataType::Int64 => {
            let numbers = column.as_primitive::<Int64Type>();
            (0..numbers.len()).for_each(|row| value(row, &numbers.value(row).to_le_bytes()));
        }
        _ => {
            let instants = column.as_primitive_opt::<TimestampMicrosecondType>();
            (0..column.len())
                .for_each(|row| value(row, &instants.map_or(0, |instants| instants.value(row)).to_le_bytes()));
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    #[test]
    fn the_same_rows_have_the_same_hash_however_they_are_cut() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(StringViewArray::from(vec![Some("a"), None, Some("a name of more than twelve bytes")]))),
            ("gap", Arc::new(Int64Array::from(vec![None, Some(2), Some(3)]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let whole = content_hash(std::slice::from_ref(&batch));
        assert_eq!(content_hash(&[batch.slice(0, 1), batch.slice(1, 2)]), whole);
        assert_ne!(content_hash(&[batch.slice(0, 2)]), whole);
    }

    #[test]
    fn links_of_a_program_that_linked_otherwise_are_not_taken() {
        let definitions = crate::definitions::Definitions::default();
        let rules = Rules {
            attribution: definitions.attribution,
            delivery: definitions.delivery.rules,
            failure: definitions.change_fail_rate,
            production: definitions.production,
            as_of: 7,
        };
        assert_eq!(hash_of(&rules), hash_under(link::VERSION, &Rules { as_of: 9, ..rules.clone() }));
        assert_ne!(hash_of(&rules), hash_under(link::VERSION - 1, &rules));
    }

    #[test]
    fn rows_are_cut_into_pieces_of_one_length() {
        let batch = |rows: usize| {
            let column: ArrayRef = Arc::new(Int64Array::from(vec![1; rows]));
            RecordBatch::try_from_iter([("x", column)]).unwrap()
        };
        let lengths: Vec<usize> = pieces(&[batch(ROWS - 1), batch(3), batch(0)])
            .iter()
            .map(|rows| rows.iter().map(RecordBatch::num_rows).sum())
            .collect();
        assert_eq!(lengths, [ROWS, 2]);
    }
}
