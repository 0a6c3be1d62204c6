//! Registers tables, links and the records of the load with the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::{Linked, Means, WorkspaceError};
use crate::engine::{BaseTable, Engine, FileName, Setup};
use crate::link;
use crate::metric::{Catalogue, parameters};
use crate::redaction::Redactor;
use crate::settings::Settings;
use crate::source::{self, FileRead, Intake};
use crate::table::{LINKS, Selection, TABLES};

pub(super) fn engine(
    settings: &Settings,
    catalogue: &Catalogue,
    intake: &Intake,
    links: Linked,
    as_of: i64,
    means: Means,
    only: Option<Selection>,
) -> Result<Engine, WorkspaceError> {
    let has_production = only.as_ref().is_none_or(|only| only.has("deployments", "is_production"));
    let dangling = links.rows.dangling.clone();
    let production = link::is_production(&settings.definitions.production)?;
    // What the audience may not see goes no further: production is told and links are made by now.
    let mut redactor = Redactor::new(&settings.redaction);
    let tables: Vec<BaseTable> = TABLES
        .iter()
        .map(|table| {
            let loaded = intake.tables.get(table.name);
            // Of rows of which some were left out none are shown: a query that comes upon them fails.
            let is_partial = only.as_ref().is_some_and(|only| only.ends_of(table.name).is_some());
            let batches = match loaded {
                Some(_) if is_partial => vec![RecordBatch::new_empty(Arc::new(Schema::empty()))],
                loaded => loaded.map(|loaded| loaded.batches.clone()).unwrap_or_default(),
            };
            let base = BaseTable { table, batches, deferred: None };
            if table.name != "deployments" || !has_production {
                return base;
            }
            let by_default = production.matches(None);
            base.with_flag("is_production", "environment", by_default, |name| production.matches(Some(name)))
        })
        .chain(link_tables(links))
        .map(|base| BaseTable { batches: redactor.rows(base.table.name, base.batches), ..base })
        .collect();
    let records = [
        ("dangling_references", vec![dangling]),
        ("rejected_rows", vec![intake.rejected.clone()]),
        ("unmapped_words", vec![intake.unmapped.clone()]),
        ("colliding_keys", vec![intake.colliding.clone().unwrap_or_else(source::nothing_looked_for)]),
        ("files_read", vec![files_read(&intake.files)]),
    ];
    let records = records.map(|(name, batches)| (name, redactor.rows(name, batches)));
    let files = intake.files.iter().map(|file| FileName {
        source: settings.redaction.source(&file.source).unwrap_or_default().to_owned(),
        path: settings.redaction.path(&file.path).unwrap_or_default(),
    });
    let setup = Setup {
        tables,
        records: records.into(),
        statements: catalogue.statements(as_of),
        parameters: parameters(&settings.definitions, as_of),
        calendar: settings.calendar,
        only: only.map(|only| only.without_ends()),
        files: files.collect(),
        originals: redactor.originals(),
        threads: means.threads,
        memory_limit: means.memory_limit,
    };
    Ok(Engine::new(setup)?)
}

fn link_tables(links: Linked) -> impl Iterator<Item = BaseTable> {
    let Linked { rows: links, mut deliveries } = links;
    let mut batches = BTreeMap::from([
        ("attributions", links.attributions),
        ("deliveries", links.deliveries),
        ("recoveries", links.recoveries),
        ("rollbacks", links.rollbacks),
    ]);
    LINKS.iter().map(move |table| {
        let deferred = if table.name == "deliveries" { deliveries.take() } else { None };
        let batches = batches.remove(table.name).filter(|_| deferred.is_none()).unwrap_or_default();
        BaseTable { table, batches, deferred }
    })
}

/// What became of every row, a row a file and table.
fn files_read(files: &[FileRead]) -> RecordBatch {
    type Count = fn(&FileRead) -> u64;
    let texts: [(&str, Vec<&str>); 4] = [
        ("source", files.iter().map(|file| file.source.as_str()).collect()),
        ("file", files.iter().map(|file| file.path.as_str()).collect()),
        ("format", files.iter().map(|file| file.format).collect()),
        ("table_name", files.iter().map(|file| file.table).collect()),
    ];
    let counts: [(&str, Count); 7] = [
        ("bytes", |file| file.bytes),
        ("rows_read", |file| file.rows_read),
        ("rows_kept", |file| file.rows_kept),
        ("rows_superseded", |file| file.rows_superseded),
        ("rows_rejected", |file| file.rows_rejected),
        ("rows_after_as_of", |file| file.rows_after_as_of),
        ("rows_unused", |file| file.rows_unused),
    ];
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (name, values) in texts {
        fields.push(Field::new(name, DataType::Utf8, false));
        columns.push(Arc::new(StringArray::from(values)));
    }
    for (name, count) in counts {
        fields.push(Field::new(name, DataType::Int64, false));
        let values = files.iter().map(|file| i64::try_from(count(file)).unwrap_or(i64::MAX));
        columns.push(Arc::new(values.collect::<Int64Array>()));
    }
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap_or_else(|_| RecordBatch::new_empty(schema))
}
