//! References written without what a tool's key begins with, made whole before rows are brought together.
//!
//! A log of one's own that names `41` or `acme/shop#41` means `github:acme/shop#41`, where no other key ends so. What
//! several keys end with stays as it is, and is told as dangling.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::error::ArrowError;

use super::settle::{InOrder, order_of};
use crate::table::{Shortened, Table};

type Parts = BTreeMap<&'static str, Vec<(RecordBatch, InOrder)>>;

/// Columns that name a row of another table, or another row of their own, with that table.
pub(super) const REFERENCES: &[(&str, &str)] = &[
    ("deployment_id", "deployments"),
    ("fixes_incident_id", "incidents"),
    ("reverts", "changes"),
    ("rollback_of", "deployments"),
    ("ticket_id", "tickets"),
];

/// Makes whole every reference that is the end of exactly one key.
///
/// # Errors
/// When a batch cannot be put together again, which is a defect.
pub(super) fn make_whole(parts: &mut Parts) -> Result<(), ArrowError> {
    for (column, target) in REFERENCES {
        let wholes = wholes(parts, column, target);
        if wholes.is_empty() {
            continue;
        }
        for (table, batches) in parts.iter_mut().filter(|(table, _)| !is_key(table, column, target)) {
            let Some(table) = Table::named(table) else { continue };
            for (batch, order) in batches {
                if let Some(changed) = with_wholes(batch, column, &wholes)? {
                    *order = order_of(table, &changed);
                    *batch = changed;
                }
            }
        }
    }
    Ok(())
}

/// Whether the column is what its table itself is known by.
fn is_key(table: &str, column: &str, target: &str) -> bool {
    table == target && Table::named(table).is_some_and(|table| table.key.contains(&column))
}

/// By reference as it is written: the key that it means, where it is none itself.
fn wholes(parts: &Parts, column: &str, target: &str) -> HashMap<String, String> {
    let Some(key) = Table::named(target).and_then(|table| table.key.first()) else { return HashMap::new() };
    let keys = || parts.get(target).into_iter().flatten().flat_map(|(batch, _)| texts(batch, key)).flatten();
    let shortened = Shortened::new(keys(), target);
    if shortened.is_empty() {
        return HashMap::new();
    }
    let known: HashSet<&str> = keys().collect();
    let others = parts.iter().filter(|(table, _)| !is_key(table, column, target));
    let references = others.flat_map(|(_, batches)| batches).flat_map(|(batch, _)| texts(batch, column)).flatten();
    let mut wholes = HashMap::new();
    for reference in references {
        if known.contains(reference) || wholes.contains_key(reference) {
            continue;
        }
        if let [key] = shortened.meant(reference)[..] {
            wholes.insert(reference.to_owned(), key.to_owned());
        }
    }
    wholes
}

fn texts<'a>(batch: &'a RecordBatch, column: &str) -> impl Iterator<Item = Option<&'a str>> {
    let column = batch.column_by_name(column).and_then(|column| column.as_string_view_opt());
    column.into_iter().flatten()
}

/// The batch with whole references; none where it has nothing to make whole.
fn with_wholes(
    batch: &RecordBatch,
    column: &str,
    wholes: &HashMap<String, String>,
) -> Result<Option<RecordBatch>, ArrowError> {
    let Some((place, _)) = batch.schema_ref().column_with_name(column) else { return Ok(None) };
    let Some(texts) = batch.column(place).as_string_view_opt() else { return Ok(None) };
    if !texts.iter().flatten().any(|text| wholes.contains_key(text)) {
        return Ok(None);
    }
    let whole = |text| wholes.get(text).map_or(text, String::as_str);
    let texts: StringViewArray = texts.iter().map(|text| text.map(whole)).collect();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[place] = Arc::new(texts);
    RecordBatch::try_new(batch.schema(), columns).map(Some)
}
