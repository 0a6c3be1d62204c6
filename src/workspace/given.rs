//! What the data tell of themselves: which tables and columns are known, from when to when, and whether any of it is
//! production.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::TimestampMicrosecondType;

use super::Linked;
use crate::definitions::{Definitions, Failure};
use crate::link::{self, LinkError, Links};
use crate::metric::{FAILURES, KNOWN_FAILURES};
use crate::settings::Settings;
use crate::source::{Intake, LoadedTable};

/// Tables, and columns with at least one value, that sources gave; links that hold a row; and `failures`, where there
/// is something that the definitions call a failure, surely or not.
pub(super) fn given(intake: &Intake, links: &Linked, definitions: &Definitions) -> BTreeSet<String> {
    let Linked { rows: links, deliveries } = links;
    let mut given = BTreeSet::from(["files_read".to_owned()]);
    given.extend(intake.colliding.iter().map(|_| "colliding_keys".to_owned()));
    for (name, table) in &intake.tables {
        given.insert((*name).to_owned());
        for column in known_columns(table) {
            given.insert(format!("{name}.{column}"));
        }
    }
    for (name, batches) in [("rollbacks", &links.rollbacks), ("deliveries", &links.deliveries)] {
        if batches.iter().any(|batch| batch.num_rows() > 0) {
            given.insert(name.to_owned());
        }
    }
    if deliveries.iter().flat_map(|rows| rows.row_counts()).any(|count| count > 0) {
        given.insert("deliveries".to_owned());
    }
    let tells = |failure: &Failure| match failure {
        Failure::Rollback => given.contains("rollbacks"),
        Failure::Incident => given.contains("incidents"),
        Failure::Status => given.contains("deployments"),
        Failure::Revert => given.contains("changes.reverts"),
    };
    let tells_surely = |failure: &Failure| tells(failure) && (*failure != Failure::Incident || has_sure_links(links));
    let asked = &definitions.change_fail_rate.failure;
    let found = [(FAILURES, asked.iter().any(tells)), (KNOWN_FAILURES, asked.iter().any(tells_surely))];
    given.extend(found.iter().filter(|(_, is_told)| *is_told).map(|(name, _)| (*name).to_owned()));
    given
}

/// Whether any incident is linked by more than closeness in time.
fn has_sure_links(links: &Links) -> bool {
    let rules = links.attributions.iter().filter_map(|batch| batch.column_by_name("rule")?.as_string_view_opt());
    rules.flat_map(|rules| rules.iter().flatten()).any(|rule| matches!(rule, "explicit" | "version" | "rollback"))
}

fn known_columns(table: &LoadedTable) -> Vec<String> {
    let Some(first) = table.batches.first() else {
        return Vec::new();
    };
    let is_known = |index: usize| table.batches.iter().any(|batch| batch.column(index).null_count() < batch.num_rows());
    let fields = first.schema();
    fields
        .fields()
        .iter()
        .enumerate()
        .filter(|(index, _)| is_known(*index))
        .map(|(_, field)| field.name().clone())
        .collect()
}

/// A sentence where deployments are known but none is to production, so that a name is not taken for a quiet team.
pub(super) fn no_production(intake: &Intake, settings: &Settings) -> Result<Option<String>, LinkError> {
    let Some(table) = intake.tables.get("deployments") else { return Ok(None) };
    let production = link::is_production(&settings.definitions.production)?;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for batch in &table.batches {
        let Some(column) = batch.column_by_name("environment").and_then(|column| column.as_string_view_opt()) else {
            return Ok(None);
        };
        seen.extend(column.iter().flatten());
    }
    if seen.is_empty() || seen.iter().any(|name| production.matches(Some(name))) {
        return Ok(None);
    }
    let names: Vec<&str> = seen.into_iter().take(8).collect();
    Ok(Some(format!(
        "no deployment is to production: the environments are {}; say which are in `definitions.production`",
        names.join(", ")
    )))
}

/// The first and the last event of every table of events.
pub(super) fn extents(intake: &Intake) -> BTreeMap<&'static str, (i64, i64)> {
    let mut extents = BTreeMap::new();
    for (name, table) in &intake.tables {
        let is_event = matches!(*name, "deployments" | "incidents" | "changes" | "tickets");
        let Some(at) = table.table.main_at.filter(|_| is_event) else { continue };
        extents.extend(ends_of(table, at, at).map(|extent| (*name, extent)));
    }
    extents
}

/// The first of one column's instants and the last of another's, microseconds UTC.
pub(super) fn ends_of(table: &LoadedTable, from: &str, until: &str) -> Option<(i64, i64)> {
    let columns = |name: &str| -> Vec<ArrayRef> {
        table.batches.iter().filter_map(|batch| batch.column_by_name(name).cloned()).collect()
    };
    let (from, until) = (columns(from), columns(until));
    let first = from.iter().filter_map(|column| arrow::compute::min(column.as_primitive::<TimestampMicrosecondType>()));
    let last = until.iter().filter_map(|column| arrow::compute::max(column.as_primitive::<TimestampMicrosecondType>()));
    first.min().zip(last.max())
}
