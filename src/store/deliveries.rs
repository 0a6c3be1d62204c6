//! `deliveries` by the month in which changes were merged, so that a run makes only those months anew whose rows it may
//! have moved.
//!
//! Which may have moved? Where changes name neither deployment, commit nor release, a change goes out with the first
//! deployment of its service that took effect at or after its merge. So a deployment that comes, goes or is corrected
//! moves only changes of its own service, and of these only such as were merged by the time it finished and after the
//! one that took effect before it: all others have an answer that is earlier, or that lies ahead of it. The changes that
//! came or were corrected themselves are moved as well, in the month of the old record and in that of the new.
//!
//! Whatever names decide is made whole: a name may mean any row of any month, and a new row may make it unclear.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::data;
use super::error::StoreError;
use super::links;
use super::log::{DataFile, Log};
use super::month::{self, Month};
use super::parallel;
use super::read::{Opened, gives};
use super::state::State;
use super::stats::Range;
use crate::definitions::DeliveryRule;
use crate::link::{self, Production, Rules};
use crate::table::Selection;

/// What stands for the month of changes that are not merged.
const NO_MONTH: &str = "none";
/// Columns that tell of a deployment whether, where and when it took effect.
const EFFECT: &[&str] = &["service", "environment", "status", "finished_at"];

/// The tables whose rows tell what moved.
pub(super) const ASKED: &[&str] = &["changes", "deployments"];

/// The rows that came and went in a run, by table.
#[derive(Default)]
pub(super) struct Touched(BTreeMap<&'static str, Vec<RecordBatch>>);

impl Touched {
    pub fn add(&mut self, table: &'static str, rows: Vec<RecordBatch>) {
        self.0.entry(table).or_default().extend(rows);
    }

    fn of(&self, table: &str) -> &[RecordBatch] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }
}

/// Rows in files of one month, each with the beginning of its name.
pub(super) fn pieces(batches: &[RecordBatch]) -> Vec<(String, Vec<RecordBatch>)> {
    let mut months: Vec<(Month, Vec<RecordBatch>)> = Vec::new();
    for (month, rows) in batches.iter().flat_map(|batch| month::pieces(batch, Some("merged_at"))) {
        match months.last_mut() {
            Some((last, held)) if *last == month => held.push(rows),
            _ => months.push((month, vec![rows])),
        }
    }
    let named = |(month, rows): (Month, Vec<RecordBatch>)| {
        let month = month.unwrap_or_else(|| NO_MONTH.to_owned());
        let pieces = links::pieces(&rows).into_iter().enumerate();
        pieces.map(move |(number, rows)| (format!("rows-{month}-{number:03}"), rows)).collect::<Vec<_>>()
    };
    months.into_iter().flat_map(named).collect()
}

/// The month of a file, as its name tells; nothing where the name is not one of [`pieces`].
pub(super) fn month_of(file: &DataFile) -> Option<Month> {
    let name = file.path.strip_prefix("rows-")?;
    if name.starts_with(NO_MONTH) {
        return Some(None);
    }
    let month = name.get(..7).filter(|month| month.as_bytes().get(4) == Some(&b'-'))?;
    Some(Some(month.to_owned()))
}

/// The months of changes whose deliveries a run may have moved; nothing where they are all to be made anew.
///
/// # Errors
/// Where a file cannot be read, or a pattern of production is no glob.
pub(super) fn moved(
    opened: &Opened,
    state: &State,
    (touched, rules): (&Touched, &Rules),
    threads: usize,
) -> Result<Option<BTreeSet<Month>>, StoreError> {
    if !is_parted(state) || !goes_by_time(state, rules) {
        return Ok(None);
    }
    let production = link::is_production(&rules.production).map_err(|error| StoreError::engine("links", error))?;
    let changes = touched.of("changes").iter();
    let mut months: BTreeSet<Month> =
        changes.flat_map(|rows| month::pieces(rows, Some("merged_at"))).map(|(month, _)| month).collect();
    let mut spans = Spans::of(touched.of("deployments"), &production);
    spans.begin(opened, &production, threads)?;
    months.extend(spans.months(opened, &months, threads)?);
    Ok(Some(months))
}

/// The changes of some months with what their deliveries are made of: the deployments from the first merge on.
///
/// # Errors
/// Where a file cannot be read, or the error of [`link::link`].
pub(super) fn of_months(
    opened: &Opened,
    months: &BTreeSet<Month>,
    (asked, rules): (&Selection, &Rules),
    threads: usize,
) -> Result<Vec<RecordBatch>, StoreError> {
    let read = link::reads(asked, &opened.given());
    // What is not merged has no delivery that goes by time.
    let is_of_months = |file: &DataFile| file.month.is_some() && months.contains(&file.month);
    let changes = opened.rows_of("changes", &read, threads, &is_of_months)?;
    let merges = changes.iter().filter_map(|rows| instants(rows, "merged_at")).filter_map(arrow::compute::min);
    let first = merges.min().unwrap_or(i64::MAX);
    let may_follow = |file: &DataFile| reach(file, "finished_at").is_none_or(|(_, high)| high >= first);
    let deployments = opened.rows_of("deployments", &read, threads, &may_follow)?;
    let tables = link::Tables { deployments: &deployments, changes: &changes, ..link::Tables::default() };
    let links = link::link(&tables, rules, Some(asked)).map_err(|error| StoreError::engine("links", error))?;
    Ok(links.deliveries)
}

/// Whether the deliveries that stand are in files of one month each, and both tables have the columns that they had.
fn is_parted(state: &State) -> bool {
    let is_parted = state
        .tables
        .get("deliveries")
        .is_some_and(|table| table.version.is_some() && table.before.iter().all(|file| month_of(file).is_some()));
    let is_alike = |name: &str, columns: &[&str]| {
        let Some(table) = state.tables.get(name) else { return false };
        columns.iter().all(|column| gives(&table.before, column) == gives(&table.files, column))
    };
    is_parted && ["changes", "deployments"].iter().all(|name| is_alike(name, &columns_of(name)))
}

fn columns_of(table: &str) -> Vec<&'static str> {
    let table = crate::table::Table::named(table);
    table.into_iter().flat_map(|table| table.all_columns().map(|column| column.name)).collect()
}

/// Whether changes find their deployments by service and time alone.
fn goes_by_time(state: &State, rules: &Rules) -> bool {
    let gives = |table: &str, column: &str| state.tables.get(table).is_some_and(|table| gives(&table.files, column));
    let has = |rule: DeliveryRule| rules.delivery.contains(&rule);
    let both = |column: &str| gives("changes", column) && gives("deployments", column);
    let is_named = gives("changes", "deployment_id")
        || has(DeliveryRule::Commit) && both("commit_sha")
        || has(DeliveryRule::Release) && both("release_id")
        || state.tables.get("commits").is_some_and(|table| !table.files.is_empty());
    gives("changes", "merged_at") && !is_named
}

/// The time of a service in which a run changed what took effect.
struct Span {
    /// The last that took effect before, and was not touched; none where there is none.
    after: Option<i64>,
    first: i64,
    until: i64,
}

/// Of each service that a run touched.
struct Spans {
    of: BTreeMap<String, Span>,
    /// When touched deployments took effect. One that did not change at the same instant is passed over with them, which
    /// only makes a span longer.
    touched: HashSet<(String, i64)>,
}

impl Spans {
    fn of(deployments: &[RecordBatch], production: &Production) -> Self {
        let mut spans = Self { of: BTreeMap::new(), touched: HashSet::new() };
        for rows in deployments {
            each_effect(rows, production, |service, at| {
                spans.touched.insert((service.to_owned(), at));
                let span = Span { after: None, first: at, until: at };
                let span = spans.of.entry(service.to_owned()).or_insert(span);
                (span.first, span.until) = (span.first.min(at), span.until.max(at));
            });
        }
        spans
    }

    /// Finds where each begins, from the newest deployments back.
    fn begin(&mut self, opened: &Opened, production: &Production, threads: usize) -> Result<(), StoreError> {
        let Some((log, files)) = opened.files_of("deployments") else { return Ok(()) };
        let reach = |file: &&DataFile| reach(file, "finished_at").unwrap_or((i64::MIN, i64::MAX));
        let mut files: Vec<&DataFile> =
            files.iter().filter(|file| !file.stats.is_empty_column("finished_at")).collect();
        files.sort_by_key(|file| std::cmp::Reverse(reach(file).1));
        for files in files.chunks(threads.max(1)) {
            let newest = files.first().map_or(i64::MIN, |file| reach(file).1);
            if self.of.values().all(|span| span.after.is_some_and(|after| after >= newest)) {
                break;
            }
            for batch in read(opened, log, files, EFFECT, threads)?.iter().flatten() {
                each_effect(batch, production, |service, at| {
                    let Some(span) = self.of.get_mut(service).filter(|span| at < span.first) else { return };
                    if span.after < Some(at) && !self.touched.contains(&(service.to_owned(), at)) {
                        span.after = Some(at);
                    }
                });
            }
        }
        Ok(())
    }

    /// The months that have a change merged within a span, but for those that are known already.
    fn months(&self, opened: &Opened, known: &BTreeSet<Month>, threads: usize) -> Result<BTreeSet<Month>, StoreError> {
        let Some((log, files)) = opened.files_of("changes") else { return Ok(BTreeSet::new()) };
        let Some(until) = self.of.values().map(|span| span.until).max() else { return Ok(BTreeSet::new()) };
        let after = self.of.values().map(|span| span.after).min().flatten();
        let may_hold = |file: &&DataFile| {
            let is_within = |(low, high): (i64, i64)| low <= until && after.is_none_or(|after| high > after);
            !known.contains(&file.month)
                && !file.stats.is_empty_column("merged_at")
                && reach(file, "merged_at").is_none_or(is_within)
        };
        let files: Vec<&DataFile> = files.iter().filter(may_hold).collect();
        let batches = read(opened, log, &files, &["service", "merged_at"], threads)?;
        let holding = files.iter().zip(&batches).filter(|(_, batches)| batches.iter().any(|batch| self.hold(batch)));
        Ok(holding.map(|(file, _)| file.month.clone()).collect())
    }

    fn hold(&self, changes: &RecordBatch) -> bool {
        let (Some(services), Some(merged)) = (texts(changes, "service"), instants(changes, "merged_at")) else {
            return false;
        };
        services.iter().zip(merged).any(|(service, at)| {
            let (Some(span), Some(at)) = (service.and_then(|service| self.of.get(service)), at) else { return false };
            at <= span.until && span.after.is_none_or(|after| at > after)
        })
    }
}

/// Tells of each deployment that took effect in production its service and the instant.
fn each_effect(rows: &RecordBatch, production: &Production, mut tell: impl FnMut(&str, i64)) {
    let (Some(services), Some(finished)) = (texts(rows, "service"), instants(rows, "finished_at")) else { return };
    let (environments, statuses) = (texts(rows, "environment"), texts(rows, "status"));
    let mut known: BTreeMap<Option<&str>, bool> = BTreeMap::new();
    for row in 0..rows.num_rows() {
        let environment = environments.filter(|column| column.is_valid(row)).map(|column| column.value(row));
        let status = statuses.filter(|column| column.is_valid(row)).map(|column| column.value(row));
        if !link::took_effect(status) || finished.is_null(row) || services.is_null(row) {
            continue;
        }
        if *known.entry(environment).or_insert_with(|| production.matches(environment)) {
            tell(services.value(row), finished.value(row));
        }
    }
}

/// Some columns of files, the batches of each.
fn read(
    opened: &Opened,
    log: &Log,
    files: &[&DataFile],
    columns: &[&str],
    threads: usize,
) -> Result<Vec<Vec<RecordBatch>>, StoreError> {
    parallel::each(threads, files, |file| data::read(log, file, opened.store().fetch(log, file)?, Some(columns)))
}

/// From where to where the instants of a column reach; nothing where that is not known.
fn reach(file: &DataFile, column: &str) -> Option<(i64, i64)> {
    match file.stats.ranges.get(column) {
        Some(Range::Instant(low, high)) => Some((*low, *high)),
        _ => None,
    }
}

fn texts<'a>(rows: &'a RecordBatch, name: &str) -> Option<&'a StringViewArray> {
    rows.column_by_name(name)?.as_string_view_opt()
}

fn instants<'a>(rows: &'a RecordBatch, name: &str) -> Option<&'a TimestampMicrosecondArray> {
    rows.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, TimestampMicrosecondArray};

    use super::*;
    use crate::store::stats::Stats;

    #[test]
    fn a_file_of_deliveries_tells_its_month() {
        let month = 31 * 86_400_000_000;
        let at = TimestampMicrosecondArray::from(vec![Some(0), Some(1), Some(month), None]).with_timezone("UTC");
        let columns: Vec<(&str, ArrayRef)> = vec![("merged_at", Arc::new(at))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let files = pieces(&[batch.slice(0, 1), batch.slice(1, 3)]);
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["rows-1970-01-000", "rows-1970-02-000", "rows-none-000"]);
        assert!(names.is_sorted(), "files are read in the order of their names");
        let of =
            |path: &str| month_of(&DataFile { path: path.to_owned(), bytes: 0, month: None, stats: Stats::default() });
        assert_eq!(of("rows-1970-01-000-a.parquet"), Some(Some("1970-01".to_owned())));
        assert_eq!(of("rows-none-000-a.parquet"), Some(None));
        assert_eq!(of("rows-00000-abcdef.parquet"), None, "a file of several months is made anew");
    }
}
