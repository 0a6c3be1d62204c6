//! What a row must be to be kept: defaults, required columns, possible orders, and the state of things at `--as-of`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow::compute::{max, nullif};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use chrono::DateTime;

use super::cast::Rows;
use super::plan::{CHANGE_INSTANTS, Plan};
use super::reject::Rejects;
use super::words;
use crate::table::{self, Table};

/// (table, later, earlier): a row in which the later instant is before the earlier one cannot be.
const ORDERS: &[(&str, &str, &str)] = &[
    ("approvals", "decided_at", "requested_at"),
    ("bookings", "ends_at", "starts_at"),
    ("deployments", "finished_at", "started_at"),
    ("exceptions", "expires_at", "granted_at"),
    ("incidents", "closed_at", "opened_at"),
    ("incidents", "resolved_at", "opened_at"),
    ("plan", "ends_at", "starts_at"),
    ("rollouts", "finished_at", "started_at"),
    ("services", "valid_until", "valid_from"),
    ("stages", "finished_at", "started_at"),
    ("tickets", "resolved_at", "created_at"),
    ("windows", "ends_at", "starts_at"),
];

/// (table, instant, status, words, word): while the instant lies in the future, a status of these words is that word.
/// No words are any word. [`OVER`] goes before it.
const PENDING: &[(&str, &str, &str, &[&str], &str)] = &[
    ("approvals", "decided_at", "decision", &[], "pending"),
    ("deployments", "finished_at", "status", &[], "in_progress"),
    ("incidents", "closed_at", "status", &["closed"], "open"),
    ("incidents", "resolved_at", "status", &["resolved", "closed"], "open"),
    ("stages", "finished_at", "status", &[], "in_progress"),
    ("tickets", "resolved_at", "status", &["resolved", "closed"], "open"),
];

/// (table, instant, status, word, earlier, before): while the instant lies in the future and the earlier one does not, a
/// status that is the word is still the one before: an incident is over when it is resolved, not when it is closed.
const OVER: &[(&str, &str, &str, &str, &str, &str)] =
    &[("incidents", "closed_at", "status", "closed", "resolved_at", "resolved")];

/// (table, instant, column): who did something that lies in the future is not known yet, only that it was done.
const DOERS: &[(&str, &str, &str)] = &[("deployments", "approved_at", "approved_by")];

/// Instants that are promises or marks of the record, so they may lie in the future.
const MAY_BE_LATER: &[&str] =
    &["updated_at", "due_at", "expires_at", "valid_until", "ends_at", "planned_start_at", "planned_end_at"];

/// Fills what follows from other columns, and rejects rows that lack something or cannot be.
///
/// `cell` is what the file says of a column in a row, where it says it in text.
pub(super) fn complete<'a>(
    plan: &Plan,
    rows: &mut Rows,
    rejects: &mut Rejects,
    cell: impl Fn(&'static str, usize) -> Option<&'a str>,
) {
    let header = |name: &str| plan.filled(name).map_or(name.to_owned(), |filled| filled.header.clone());
    if plan.table.name == "deployments" {
        complete_deployments(rows, rejects, &header("finished_at"));
    }
    if plan.table.name == "changes" {
        refuse_timeless_changes(rows, rejects, &header("committed_at"));
    }
    for column in plan.table.columns.iter().filter(|column| column.is_required) {
        let Some(array) = rows.columns.get(column.name).filter(|array| array.null_count() > 0) else {
            continue;
        };
        if plan.table.name == "deployments" && column.name == "finished_at" {
            continue;
        }
        for row in (0..rows.len).filter(|row| array.is_null(*row)) {
            rejects.add(row, &header(column.name), "", format!("{} is empty", column.name));
        }
    }
    if plan.table.name == "windows" {
        refuse_scopes(rows, rejects, &header("scope"));
    }
    for (_, later, earlier) in ORDERS.iter().filter(|(table, ..)| *table == plan.table.name) {
        let (Some(later_at), Some(earlier_at)) = (instants(rows, later), instants(rows, earlier)) else {
            continue;
        };
        for row in 0..rows.len {
            let both = later_at.is_valid(row) && earlier_at.is_valid(row);
            if both && later_at.value(row) < earlier_at.value(row) {
                // Records of tools come as numbers of microseconds, which nobody has written.
                let told = cell(later, row).filter(|cell| !cell.bytes().all(|byte| byte.is_ascii_digit()));
                let value = told.map_or_else(|| written(later_at.value(row)), str::to_owned);
                rejects.add(row, &header(later), &value, format!("{later} is before {earlier}"));
            }
        }
    }
}

/// Windows whose scope cannot be read, for nobody could tell what they cover.
fn refuse_scopes(rows: &Rows, rejects: &mut Rejects, header: &str) {
    let Some(scopes) = rows.columns.get("scope").and_then(|array| array.as_string_view_opt()) else { return };
    let mut read: BTreeMap<&str, Option<String>> = BTreeMap::new();
    for (row, scope) in scopes.iter().enumerate().filter_map(|(row, scope)| Some((row, scope?))) {
        let fault = read.entry(scope).or_insert_with(|| table::scope(scope).err().map(|cause| cause.to_string()));
        if let Some(fault) = fault {
            rejects.add(row, header, scope, format!("no glob: {fault}"));
        }
    }
}

/// Environment and status of deployments, which may follow from what is not there.
fn complete_deployments(rows: &mut Rows, rejects: &mut Rejects, header: &str) {
    if !rows.columns.contains_key("environment") {
        rows.columns.insert("environment", words::repeat("production", rows.len));
    }
    let finished = instants(rows, "finished_at").cloned();
    let is_finished = |row: usize| finished.as_ref().is_some_and(|finished| finished.is_valid(row));
    let Some(status) = rows.columns.get("status").and_then(|array| array.as_string_view_opt()).cloned() else {
        let status = (0..rows.len).map(|row| if is_finished(row) { "succeeded" } else { "in_progress" });
        rows.columns.insert("status", Arc::new(StringViewArray::from_iter_values(status)));
        return;
    };
    let unfinished = finished.as_ref().map_or(rows.len, |finished| finished.null_count());
    if unfinished == 0 {
        return;
    }
    let mut is_changed = false;
    for row in (0..rows.len).filter(|row| !is_finished(*row)) {
        if status.is_null(row) {
            is_changed = true;
        } else if !matches!(status.value(row), "in_progress" | "cancelled" | "unknown") {
            let reason = format!("finished_at is empty while status is {}", status.value(row));
            rejects.add(row, header, "", reason);
        }
    }
    if is_changed {
        let filled = (0..rows.len).map(|row| match status.is_null(row) && !is_finished(row) {
            true => Some("in_progress"),
            false => status.is_valid(row).then(|| status.value(row)),
        });
        rows.columns.insert("status", Arc::new(StringViewArray::from_iter(filled)));
    }
}

/// A change of which nothing tells when it was is no row of its own; one that was at least heard of (`updated_at`) is.
fn refuse_timeless_changes(rows: &Rows, rejects: &mut Rejects, header: &str) {
    let known: Vec<&ArrayRef> =
        CHANGE_INSTANTS.iter().chain(&["updated_at"]).filter_map(|name| rows.columns.get(name)).collect();
    if known.iter().any(|array| array.null_count() == 0) {
        return;
    }
    for row in (0..rows.len).filter(|row| known.iter().all(|array| array.is_null(*row))) {
        rejects.add(row, header, "", format!("{} are empty", CHANGE_INSTANTS.join(", ")));
    }
}

/// Whether an instant of that name may lie in the future without being unknown.
pub fn may_be_later(name: &str) -> bool {
    MAY_BE_LATER.contains(&name)
}

/// Whether anything in the rows is later than that moment, so that [`known_at`] would change them.
pub(super) fn is_any_later(table: &Table, rows: &Rows, as_of: i64) -> bool {
    let may_change = |name: &&&'static str| !MAY_BE_LATER.contains(*name);
    let mut instants = rows.columns.keys().filter(may_change).filter_map(|name| instants(rows, name));
    !table.begins.is_empty() && instants.any(|at| has_later(at, as_of))
}

/// The rows as they were known at that moment, and which of them had not begun; none where nothing is later.
///
/// # Errors
/// Where Arrow refuses the columns, which is a defect.
pub fn known_at(
    table: &Table,
    batch: &RecordBatch,
    as_of: i64,
) -> Result<Option<(RecordBatch, Option<BooleanArray>)>, ArrowError> {
    let mut rows = Rows { len: batch.num_rows(), columns: BTreeMap::new() };
    for column in table.all_columns() {
        if let Some(array) = batch.column_by_name(column.name) {
            rows.columns.insert(column.name, array.clone());
        }
    }
    if !is_any_later(table, &rows, as_of) {
        return Ok(None);
    }
    let after = leave_out(table, &mut rows, as_of);
    let fields = batch.schema_ref().fields().iter().zip(batch.columns());
    let columns = fields.map(|(field, old)| rows.columns.get(field.name().as_str()).unwrap_or(old).clone()).collect();
    Ok(Some((RecordBatch::try_new(batch.schema(), columns)?, after)))
}

/// Makes the rows what they were at `as_of`, and tells which had not begun; none where all had.
fn leave_out(table: &Table, rows: &mut Rows, as_of: i64) -> Option<BooleanArray> {
    let begins: Vec<TimestampMicrosecondArray> =
        table.begins.iter().filter_map(|name| instants(rows, name).cloned()).collect();
    let begin = |row: usize| begins.iter().filter(|at| at.is_valid(row)).map(|at| at.value(row)).min();
    let is_any = begins.iter().any(|at| has_later(at, as_of));
    let after: Option<BooleanArray> =
        is_any.then(|| (0..rows.len).map(|row| Some(begin(row).is_some_and(|begin| begin > as_of))).collect());
    let names: Vec<&'static str> = rows.columns.keys().copied().collect();
    for name in names.into_iter().filter(|name| !MAY_BE_LATER.contains(name)) {
        let Some(later) = later_than(rows, name, as_of) else {
            continue;
        };
        for (_, _, status, word, earlier, before) in OVER.iter().filter(|(of, at, ..)| *of == table.name && *at == name)
        {
            if let Some(over) = and_not_later(rows, &later, earlier, as_of) {
                reopen(rows, status, &[word], before, &over);
            }
        }
        for (_, _, status, words, word) in PENDING.iter().filter(|(of, at, ..)| *of == table.name && *at == name) {
            reopen(rows, status, words, word, &later);
        }
        let doers = DOERS.iter().filter(|(of, at, _)| *of == table.name && *at == name).map(|(.., column)| *column);
        for column in std::iter::once(name).chain(doers) {
            let nulled = rows.columns.get(column).and_then(|array| nullif(array, &later).ok());
            if let Some(nulled) = nulled {
                rows.columns.insert(column, nulled);
            }
        }
    }
    after.filter(|after| after.true_count() > 0)
}

/// The rows in which an instant is later, if there are any.
fn later_than(rows: &Rows, name: &str, as_of: i64) -> Option<BooleanArray> {
    let at = instants(rows, name).filter(|at| has_later(at, as_of))?;
    Some((0..rows.len).map(|row| Some(at.is_valid(row) && at.value(row) > as_of)).collect())
}

/// Those of the rows in which another instant is known and not later.
fn and_not_later(rows: &Rows, among: &BooleanArray, name: &str, as_of: i64) -> Option<BooleanArray> {
    let at = instants(rows, name)?;
    let is_met = |row: usize| among.value(row) && at.is_valid(row) && at.value(row) <= as_of;
    Some((0..rows.len).map(|row| Some(is_met(row))).collect())
}

fn has_later(at: &TimestampMicrosecondArray, as_of: i64) -> bool {
    max(at).is_some_and(|latest| latest > as_of)
}

fn reopen(rows: &mut Rows, status: &'static str, words: &[&str], word: &str, later: &BooleanArray) {
    let Some(array) = rows.columns.get(status).and_then(|array| array.as_string_view_opt()) else {
        return;
    };
    let is_meant = |value: Option<&str>| words.is_empty() || value.is_some_and(|value| words.contains(&value));
    let changed = array.iter().enumerate().map(
        |(row, value)| {
            if later.value(row) && is_meant(value) { Some(word) } else { value }
        },
    );
    let changed: ArrayRef = Arc::new(StringViewArray::from_iter(changed));
    rows.columns.insert(status, changed);
}

fn instants<'a>(rows: &'a Rows, name: &str) -> Option<&'a TimestampMicrosecondArray> {
    rows.columns.get(name)?.as_primitive_opt::<TimestampMicrosecondType>()
}

fn written(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map_or(micros.to_string(), |moment| moment.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Kind, TABLES};

    #[test]
    fn every_rule_names_columns_of_its_table() {
        let is_instant = |table: &str, name: &str| {
            let column = Table::named(table).and_then(|table| table.column(name));
            matches!(column.map(|column| column.kind), Some(Kind::Instant))
        };
        for (table, later, earlier) in ORDERS {
            assert!(is_instant(table, later) && is_instant(table, earlier), "{table}.{later}");
        }
        for (table, at, status, ..) in PENDING {
            assert!(is_instant(table, at), "{table}.{at}");
            assert!(Table::named(table).unwrap().column(status).is_some(), "{table}.{status}");
        }
        for (table, at, status, _, earlier, _) in OVER {
            assert!(is_instant(table, at) && is_instant(table, earlier), "{table}.{at}");
            assert!(Table::named(table).unwrap().column(status).is_some(), "{table}.{status}");
        }
        for (table, at, column) in DOERS {
            assert!(is_instant(table, at), "{table}.{at}");
            assert!(Table::named(table).unwrap().column(column).is_some(), "{table}.{column}");
        }
        for name in MAY_BE_LATER {
            assert!(TABLES.iter().any(|table| is_instant(table.name, name)), "{name}");
        }
    }
    #[test]
    fn an_approval_of_the_future_is_told_with_neither_its_time_nor_its_name() {
        let (after, names) =
            known("deployments", &[("approved_at", 20), ("finished_at", 5)], ("approved_by", "Ann"), 10);
        assert_eq!((after, names), (false, None));
        let (_, names) = known("deployments", &[("approved_at", 20), ("finished_at", 5)], ("approved_by", "Ann"), 20);
        assert_eq!(names.as_deref(), Some("Ann"), "at that very moment it is given");
    }

    #[test]
    fn an_incident_that_is_only_closed_later_is_resolved_and_else_open() {
        let status = |resolved_at: i64, as_of: i64| {
            let instants = [("opened_at", 1), ("resolved_at", resolved_at), ("closed_at", 20)];
            known("incidents", &instants, ("status", "closed"), as_of).1
        };
        assert_eq!(status(5, 10).as_deref(), Some("resolved"));
        assert_eq!(status(10, 10).as_deref(), Some("resolved"), "resolved at that very moment");
        assert_eq!(status(15, 10).as_deref(), Some("open"));
        assert_eq!(status(5, 20).as_deref(), Some("closed"));
        let unresolved = known("incidents", &[("opened_at", 1), ("closed_at", 20)], ("status", "closed"), 10).1;
        assert_eq!(unresolved.as_deref(), Some("open"), "when it was over is not known");
    }

    /// One row as of a moment: whether it had not begun, and what its column of text then says.
    fn known(
        table: &str,
        instants: &[(&'static str, i64)],
        text: (&'static str, &str),
        as_of: i64,
    ) -> (bool, Option<String>) {
        let mut rows = Rows { len: 1, columns: BTreeMap::new() };
        for (name, at) in instants {
            rows.columns.insert(name, Arc::new(TimestampMicrosecondArray::from(vec![*at]).with_timezone("UTC")));
        }
        rows.columns.insert(text.0, Arc::new(StringViewArray::from_iter_values([text.1])));
        let after = leave_out(Table::named(table).unwrap(), &mut rows, as_of);
        let said = rows.columns[text.0].as_string_view();
        (after.is_some(), said.is_valid(0).then(|| said.value(0).to_owned()))
    }
}
