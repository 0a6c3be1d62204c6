//! From a store to the tables of a run: only the columns that are asked for, as things were known at a moment.
//!
//! Files are read in parallel and are sorted already; they are only sorted again where two of a month overlap.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use super::Store;
use super::accounts::Accounts;
use super::books;
use super::data::{self, FILE_ID, LINE};
use super::error::StoreError;
use super::log::{DataFile, Log};
use super::open::{Moment, TOOL_RECORDS, Table as Stored};
use super::parallel;
use super::runs::Run;
use super::stats::Range;
use crate::source::{self, Intake, LoadedTable};
use crate::table::{Kind, Selection, TABLES, Table};

/// Number of the row's file and line in one.
const PLACE: &str = "place";

/// Packed columns are about so many times smaller than the text they came from.
const PACKED: u64 = 8;

/// A store as a run left it.
pub struct Opened<'a> {
    store: &'a Store,
    run: Run,
    tables: BTreeMap<String, Stored>,
}

impl Store {
    /// Opens the store as it was at a moment. Readers wait for nobody, and nobody waits for them.
    ///
    /// # Errors
    /// Where there is no store, or it knew nothing yet.
    pub fn open(&self, moment: Moment) -> Result<Opened<'_>, StoreError> {
        let head = self.head()?;
        let run = self.run_at(&head, moment)?;
        let tables = self.tables_of(&run)?;
        Ok(Opened { store: self, run, tables })
    }
}

impl<'a> Opened<'a> {
    /// Tables that a run is about to leave.
    pub(super) fn over(store: &'a Store, run: Run, tables: BTreeMap<String, Stored>) -> Self {
        Self { store, run, tables }
    }
}

impl Opened<'_> {
    pub(super) fn store(&self) -> &Store {
        self.store
    }

    pub(super) fn tables(&self) -> &BTreeMap<String, Stored> {
        &self.tables
    }

    /// The files of a table, with its log.
    pub(super) fn files_of(&self, name: &str) -> Option<(&Log, &[DataFile])> {
        self.tables.get(name).map(|table| (&table.log, table.files.as_slice()))
    }

    /// The rows of some files of a table with some of its columns, whenever they are. Columns are those of the whole
    /// table, whether or not these files have any value of them.
    pub(super) fn rows_of(
        &self,
        name: &str,
        only: &Selection,
        threads: usize,
        is_wanted: &dyn Fn(&DataFile) -> bool,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let table = Table::named(name).filter(|_| only.has_table(name));
        let (Some(table), Some(stored)) = (table, self.tables.get(name)) else { return Ok(Vec::new()) };
        let files = stored.files.iter().filter(|file| is_wanted(file)).cloned().collect();
        self.rows(table, (stored, files), i64::MAX, Some(only), threads).map(|(batches, _)| batches)
    }

    /// The run that left it so.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Whether there are records of tools, whose references are made whole only where all columns are read.
    pub fn has_tools(&self) -> bool {
        self.tables.contains_key(TOOL_RECORDS)
    }

    /// The columns that hold any value.
    pub fn given(&self) -> Selection {
        let mut given = Selection::default();
        for table in TABLES {
            let Some(stored) = self.tables.get(table.name) else { continue };
            given.add(table.name, PLACE);
            for column in table.all_columns().filter(|column| gives(&stored.files, column.name)) {
                given.add(table.name, column.name);
            }
        }
        given
    }

    /// About how much text it holds.
    pub fn bytes(&self) -> u64 {
        let files = self.tables.values().flat_map(|table| &table.files);
        files.map(|file| file.bytes).sum::<u64>().saturating_mul(PACKED)
    }

    /// Reads the tables as things were known at `as_of`, microseconds in UTC: what is later does not exist yet.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn read(&self, as_of: i64, only: Option<&Selection>, threads: usize) -> Result<Intake, StoreError> {
        let accounts = Accounts::of(&self.book("ingested_files")?);
        let mut files = accounts.told();
        let mut tables = BTreeMap::new();
        for table in TABLES {
            let Some(stored) = self.tables.get(table.name) else { continue };
            let (batches, after_as_of) = self.rows(table, (stored, stored.files.clone()), as_of, only, threads)?;
            for (file, count) in after_as_of {
                if let Some(file) = usize::try_from(file).ok().and_then(|file| files.get_mut(file)) {
                    file.rows_after_as_of += count;
                    file.rows_kept = file.rows_kept.saturating_sub(count);
                }
            }
            let has = |name: &str| batches.first().is_some_and(|batch| batch.column_by_name(name).is_some());
            let given = table.all_columns().map(|column| column.name).filter(|name| has(name)).collect();
            tables.insert(table.name, LoadedTable { table, batches, given });
        }
        source::make_whole(&mut tables, &files).map_err(|error| StoreError::engine("references", error))?;
        let rejected = books::rejected_of(&self.book("rejected_rows")?);
        let unmapped = books::unmapped_of(&self.book("unmapped_words")?);
        let fail = |error: ArrowError| StoreError::engine("rejected_rows", error);
        Ok(Intake {
            tables,
            colliding: None,
            rejected: source::rejected_rows(&rejected, &files).map_err(fail)?,
            unmapped: source::unmapped_words(&unmapped).map_err(fail)?,
            files,
            digests: accounts.digests(),
            notes: Vec::new(),
        })
    }

    fn book(&self, name: &str) -> Result<Vec<RecordBatch>, StoreError> {
        self.tables.get(name).map_or(Ok(Vec::new()), |table| self.store.book(table))
    }

    /// The rows of files of a table with the columns that are asked for, and by account how many begin after `as_of`.
    fn rows(
        &self,
        table: &'static Table,
        (stored, mut files): (&Stored, Vec<DataFile>),
        as_of: i64,
        only: Option<&Selection>,
        threads: usize,
    ) -> Result<(Vec<RecordBatch>, BTreeMap<i64, u64>), StoreError> {
        let fail = |error: ArrowError| StoreError::engine(table.name, error);
        files.sort_by_key(|file| begins(table, file));
        let is_any_later = is_any_later(table, &files, as_of);
        if let Some(span) = only.and_then(|only| only.ends_of(table.name)).filter(|_| !is_any_later) {
            files = at_the_ends(table, files, span);
        }
        let overlaps = overlap(table, &files);
        let is_asked = |name: &str| only.is_none_or(|only| only.has(table.name, name));
        let mut names: Vec<&str> = Vec::new();
        for column in table.all_columns().filter(|column| gives(&stored.files, column.name)) {
            let orders = table.main_at == Some(column.name) || table.key.contains(&column.name);
            let is_instant = matches!(column.kind, Kind::Instant);
            if is_asked(column.name) || (overlaps && orders) || (is_any_later && is_instant) {
                names.push(column.name);
            }
        }
        if is_asked(PLACE) || is_any_later {
            names.extend([FILE_ID, LINE]);
        }
        let read = parallel::each(threads, &files, |file| {
            let batches = data::read(&stored.log, file, self.store.fetch(&stored.log, file)?, Some(&names))?;
            batches.iter().map(data::working).collect::<Result<Vec<_>, _>>().map_err(fail)
        })?;
        let mut batches: Vec<RecordBatch> = read.into_iter().flatten().collect();
        let mut after_as_of = BTreeMap::new();
        if is_any_later {
            batches = batches
                .iter()
                .map(|batch| known_at(table, batch, as_of, &mut after_as_of))
                .collect::<Result<_, _>>()
                .map_err(fail)?;
        }
        batches.retain(|batch| batch.num_rows() > 0);
        if overlaps || is_any_later {
            batches = source::in_order(table, batches).map_err(fail)?;
        }
        let order: Vec<&str> = std::iter::once(PLACE).chain(table.all_columns().map(|column| column.name)).collect();
        let wanted: Vec<&str> =
            order.into_iter().filter(|name| is_asked(name) && (*name == PLACE || gives(&stored.files, name))).collect();
        let schema = schema_of(table, &wanted);
        let batches: Result<Vec<_>, _> = batches.iter().map(|batch| data::with_columns(batch, &schema)).collect();
        let mut batches = batches.map_err(fail)?;
        if !wanted.is_empty() {
            batches = source::joined(&schema, batches).map_err(fail)?;
        }
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok((batches, after_as_of))
    }
}

fn schema_of(table: &Table, names: &[&str]) -> arrow::datatypes::SchemaRef {
    let field = |name: &&str| match table.column(name) {
        Some(column) => arrow::datatypes::Field::new(*name, column.kind.data_type(), true),
        None => arrow::datatypes::Field::new(*name, arrow::datatypes::DataType::Int64, false),
    };
    arrow::datatypes::Schema::new(names.iter().map(field).collect::<Vec<_>>()).into()
}

/// Whether any of the files has a value in that column.
pub(super) fn gives(files: &[DataFile], column: &str) -> bool {
    let is_stored = !matches!(column, "source" | "source_row");
    is_stored && files.iter().any(|file| !file.stats.is_empty_column(column))
}

/// From where to where a file reaches in the order of the table; the whole of time where that is not known.
fn extent(table: &Table, file: &DataFile) -> Option<(i64, i64)> {
    let at = table.main_at?;
    match file.stats.ranges.get(at) {
        Some(Range::Instant(low, high)) => Some((*low, *high)),
        _ if file.stats.is_empty_column(at) => Some((i64::MAX, i64::MAX)),
        _ => None,
    }
}

fn begins(table: &Table, file: &DataFile) -> (i64, String) {
    (extent(table, file).map_or(i64::MIN, |(low, _)| low), file.path.clone())
}

/// Statistics that went through a checkpoint are cut at the millisecond.
const CUT: i64 = 999;

/// The files that hold the first row of a table and those of the last `span` microseconds; all where that is not known.
fn at_the_ends(table: &Table, files: Vec<DataFile>, span: i64) -> Vec<DataFile> {
    let known: Option<Vec<(i64, i64)>> = files.iter().map(|file| extent(table, file)).collect();
    let extents = known.unwrap_or_default();
    let timed = || extents.iter().filter(|(low, _)| *low < i64::MAX);
    let first = timed().map(|(low, _)| *low).min();
    let Some((first, last)) = first.zip(timed().map(|(_, high)| *high).max()) else { return files };
    let is_at_an_end = |(low, high): &(i64, i64)| {
        *low <= first.saturating_add(CUT) || (*low < i64::MAX && *high >= last.saturating_sub(CUT).saturating_sub(span))
    };
    files.into_iter().zip(&extents).filter(|(_, extent)| is_at_an_end(extent)).map(|(file, _)| file).collect()
}

/// Whether files, one after another, do not give rows in their order.
fn overlap(table: &Table, files: &[DataFile]) -> bool {
    files.windows(2).any(|pair| match pair {
        [one, other] => match (extent(table, one), extent(table, other)) {
            (Some((_, high)), Some((low, _))) => high >= low,
            _ => true,
        },
        _ => false,
    })
}

/// Whether anything in the files is later than that moment.
pub(super) fn is_any_later(table: &Table, files: &[DataFile], as_of: i64) -> bool {
    let instants = || table.all_columns().filter(|column| matches!(column.kind, Kind::Instant));
    let mut may_matter = instants().filter(|column| !source::may_be_later(column.name));
    !table.begins.is_empty()
        && may_matter.any(|column| {
            files.iter().any(|file| match file.stats.ranges.get(column.name) {
                Some(Range::Instant(_, high)) => *high > as_of,
                Some(_) => true,
                None => !file.stats.is_empty_column(column.name),
            })
        })
}

/// The batch as it was known, without the rows that had not begun, which are counted.
fn known_at(
    table: &Table,
    batch: &RecordBatch,
    as_of: i64,
    after_as_of: &mut BTreeMap<i64, u64>,
) -> Result<RecordBatch, ArrowError> {
    let Some((known, after)) = source::known_at(table, batch, as_of)? else { return Ok(batch.clone()) };
    let Some(after) = after else { return Ok(known) };
    if let Some(place) = known.column_by_name(PLACE).and_then(|column| column.as_primitive_opt::<Int64Type>()) {
        for row in (0..known.num_rows()).filter(|row| after.value(*row)) {
            *after_as_of.entry(place.value(row) >> 40).or_default() += 1;
        }
    }
    filter_record_batch(&known, &not(&after)?)
}

#[cfg(test)]
mod tests {
    use super::super::stats::Stats;
    use super::*;

    #[test]
    fn the_ends_of_a_table_are_in_the_files_that_reach_furthest() {
        let table = Table::named("tickets").unwrap();
        let file = |name: &str, extent: Option<(i64, i64)>| {
            let ranges = extent.map(|(low, high)| ("created_at".to_owned(), Range::Instant(low, high)));
            let nulls = BTreeMap::from([("created_at".to_owned(), if extent.is_some() { 0 } else { 5 })]);
            let stats = Stats { rows: 5, nulls, ranges: ranges.into_iter().collect() };
            DataFile { path: name.to_owned(), bytes: 0, month: None, stats }
        };
        let names = |files: Vec<DataFile>, span: i64| -> Vec<String> {
            at_the_ends(table, files, span).into_iter().map(|file| file.path).collect()
        };
        let second = 1_000_000;
        let files = vec![
            file("first", Some((second, 5 * second))),
            // Statistics are cut at the millisecond: its first row may come before that of the first.
            file("as early", Some((second + 900, 2 * second))),
            file("between", Some((2 * second, 8 * second))),
            file("last", Some((3 * second, 9 * second))),
            file("without instants", None),
        ];
        assert_eq!(names(files.clone(), 0), ["first", "as early", "last"]);
        assert_eq!(names(files.clone(), second), ["first", "as early", "between", "last"]);
        let unknown = DataFile { stats: Stats::default(), ..file("unknown", Some((0, 0))) };
        let with_unknown: Vec<DataFile> = [files[0].clone(), unknown].into();
        assert_eq!(names(with_unknown, 0), ["first", "unknown"], "what is not known may be anything");
    }
}
