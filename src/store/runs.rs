//! `ingest_runs`: one row a run, committed last. Its newest row names the version of every table, so that a store is
//! whole at every moment, whatever a run that died left behind.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};

use super::columns::{self, Rows};

/// What a run did to a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub rows_added: u64,
    pub rows_replaced: u64,
}

/// A file that a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFile {
    pub source: String,
    pub path: String,
    pub table: String,
    pub sha256: String,
    pub rows: u64,
}

/// One run of `shipwake ingest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// From 1 on.
    pub run: u64,
    /// Microseconds in UTC.
    pub recorded_at: i64,
    /// `ingest` or `optimize`.
    pub kind: String,
    pub tool_version: String,
    /// Of the rules by which links were made; empty where none are kept.
    pub links_hash: String,
    /// The moment of the run that made them, microseconds in UTC.
    pub linked_at: i64,
    pub files_skipped: u64,
    pub rows_read: u64,
    pub rows_rejected: u64,
    /// By table; only tables that the run changed.
    pub changes: BTreeMap<String, Change>,
    /// By table: its version after the run.
    pub versions: BTreeMap<String, u64>,
    pub files: Vec<ReadFile>,
}

impl Run {
    pub fn rows_added(&self) -> u64 {
        self.changes.values().map(|change| change.rows_added).sum()
    }

    pub fn rows_replaced(&self) -> u64 {
        self.changes.values().map(|change| change.rows_replaced).sum()
    }
}

/// Runs as a table.
pub(super) fn batch(runs: &[Run]) -> Result<RecordBatch, ArrowError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let texts = |of: &dyn Fn(&Run) -> serde_json::Result<String>| -> Result<Vec<String>, ArrowError> {
        let all: serde_json::Result<Vec<String>> = runs.iter().map(of).collect();
        all.map_err(|error| ArrowError::ExternalError(Box::new(error)))
    };
    let changes = texts(&|run| serde_json::to_string(&run.changes))?;
    let versions = texts(&|run| serde_json::to_string(&run.versions))?;
    let files = texts(&|run| serde_json::to_string(&run.files))?;
    let all = || runs.iter();
    columns::batch(vec![
        columns::whole("run", all().map(|run| count(run.run))),
        columns::instant("recorded_at", all().map(|run| run.recorded_at)),
        columns::text("kind", all().map(|run| Some(run.kind.as_str()))),
        columns::text("tool_version", all().map(|run| Some(run.tool_version.as_str()))),
        columns::text("links_hash", all().map(|run| Some(run.links_hash.as_str()))),
        columns::instant("linked_at", all().map(|run| run.linked_at)),
        columns::whole("files_read", all().map(|run| run.files.len() as i64)),
        columns::whole("files_skipped", all().map(|run| count(run.files_skipped))),
        columns::whole("rows_read", all().map(|run| count(run.rows_read))),
        columns::whole("rows_added", all().map(|run| count(run.rows_added()))),
        columns::whole("rows_replaced", all().map(|run| count(run.rows_replaced()))),
        columns::whole("rows_rejected", all().map(|run| count(run.rows_rejected))),
        columns::text("changes", changes.iter().map(|text| Some(text.as_str()))),
        columns::text("versions", versions.iter().map(|text| Some(text.as_str()))),
        columns::text("files", files.iter().map(|text| Some(text.as_str()))),
    ])
}

/// The runs of a table, in its order.
///
/// # Errors
/// Where a row does not tell what a run tells: nothing is taken for absent.
pub(super) fn of(batches: &[RecordBatch]) -> Result<Vec<Run>, serde_json::Error> {
    let mut runs = Vec::new();
    for batch in batches {
        let rows = Rows::of(batch);
        let told = (0..batch.num_rows()).map(|row| {
            Ok(Run {
                run: rows.count("run", row),
                recorded_at: rows.instant("recorded_at", row),
                kind: rows.text("kind", row).to_owned(),
                tool_version: rows.text("tool_version", row).to_owned(),
                links_hash: rows.text("links_hash", row).to_owned(),
                linked_at: rows.instant("linked_at", row),
                files_skipped: rows.count("files_skipped", row),
                rows_read: rows.count("rows_read", row),
                rows_rejected: rows.count("rows_rejected", row),
                changes: serde_json::from_str(rows.text("changes", row))?,
                versions: serde_json::from_str(rows.text("versions", row))?,
                files: serde_json::from_str(rows.text("files", row))?,
            })
        });
        runs.extend(told.collect::<Result<Vec<Run>, serde_json::Error>>()?);
    }
    Ok(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back_from_their_table() {
        let run = Run {
            run: 3,
            recorded_at: 1_234_567,
            kind: "ingest".into(),
            tool_version: "0.1.0".into(),
            changes: BTreeMap::from([("tickets".into(), Change { rows_added: 2, rows_replaced: 1 })]),
            versions: BTreeMap::from([("tickets".into(), 4)]),
            files: vec![ReadFile { path: "a.csv".into(), rows: 3, ..ReadFile::default() }],
            ..Run::default()
        };
        assert_eq!(of(&[batch(std::slice::from_ref(&run)).unwrap()]).unwrap(), [run]);
    }
}
