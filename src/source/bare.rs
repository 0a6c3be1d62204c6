//! References written without what a tool's key begins with, made whole.
//!
//! A table of one's own that names `41` or `acme/shop#41` means `github:acme/shop#41`, where no other key ends so. What
//! several keys end with stays as it is, and is told as dangling. A reference that its own table is known by, as the
//! deployment of a stage is, stays too: rows are brought together by such keys before this.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::error::ArrowError;

use super::declared::vendor_named;
use super::{FileRead, LoadedTable};
use crate::table::{Shortened, Table};

/// Columns that name a row of another table, or another row of their own, with that table.
pub(super) const REFERENCES: &[(&str, &str)] = &[
    ("deployment_id", "deployments"),
    ("fixes_incident_id", "incidents"),
    ("reverts", "changes"),
    ("rollback_of", "deployments"),
    ("ticket_id", "tickets"),
];

/// Makes whole every reference that is the end of exactly one key; without the records of any tool there are none.
///
/// # Errors
/// When a batch cannot be put together again, which is a defect.
pub fn make_whole(tables: &mut BTreeMap<&'static str, LoadedTable>, files: &[FileRead]) -> Result<(), ArrowError> {
    if !files.iter().any(|file| vendor_named(file.format).is_some()) {
        return Ok(());
    }
    for (column, target) in REFERENCES {
        let wholes = wholes(tables, column, target);
        if wholes.is_empty() {
            continue;
        }
        for loaded in tables.values_mut().filter(|loaded| !loaded.table.key.contains(column)) {
            for batch in &mut loaded.batches {
                if let Some(changed) = with_wholes(batch, column, &wholes)? {
                    *batch = changed;
                }
            }
        }
    }
    Ok(())
}

/// By reference as it is written: the key that it means, where it is none itself.
fn wholes(tables: &BTreeMap<&'static str, LoadedTable>, column: &str, target: &str) -> HashMap<String, String> {
    let Some(key) = Table::named(target).and_then(|table| table.key.first()) else { return HashMap::new() };
    let keys = || {
        tables.get(target).into_iter().flat_map(|loaded| &loaded.batches).flat_map(|batch| texts(batch, key)).flatten()
    };
    let shortened = Shortened::new(keys(), target);
    if shortened.is_empty() {
        return HashMap::new();
    }
    let known: HashSet<&str> = keys().collect();
    let others = tables.values().filter(|loaded| !loaded.table.key.contains(&column));
    let mut wholes = HashMap::new();
    for reference in others.flat_map(|loaded| &loaded.batches).flat_map(|batch| texts(batch, column)).flatten() {
        if known.contains(reference) || wholes.contains_key(reference) {
            continue;
        }
        if let [key] = shortened.meant(reference)[..] {
            wholes.insert(reference.to_owned(), key.to_owned());
        }
    }
    wholes
}

fn texts<'a>(batch: &'a RecordBatch, column: &str) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
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
