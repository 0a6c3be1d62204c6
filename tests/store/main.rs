//! The store: what it holds does not depend on how it came in, a run that dies leaves a whole version, and a message
//! says what to do.

#[path = "../support/mod.rs"]
mod support;

mod known;
mod laws;
mod links;
mod messages;
mod tools;
mod torn;
mod touched;

use std::path::Path;

use shipwake::link;
use shipwake::remote::Network;
use shipwake::settings::{Flags, Settings};
use shipwake::source::{self, FileRead, Intake, Options, Spec};
use shipwake::store::{Ingest, Moment, Outcome, Store, StoreError};
use shipwake::workspace::link_rules;

/// A far future: everything has happened.
pub const END: i64 = 4_000_000_000_000_000;

/// The sources of these files.
pub fn specs(names: &[String]) -> Vec<Spec> {
    names.iter().map(|name| Spec::from_argument(name).unwrap()).collect()
}

/// One run over files in a folder.
pub fn ingest(store: &Store, folder: &Path, names: &[String], at: i64) -> Result<Outcome, StoreError> {
    store.ingest(&Ingest {
        sources: &specs(names),
        base: folder,
        threads: 2,
        at,
        rules: None,
        wait: std::time::Duration::from_secs(60),
        progress: &|_, _, _| (),
    })
}

/// A store in a folder.
pub fn store_in(folder: &Path, name: &str) -> Store {
    Store::at(&folder.join(name).display().to_string(), &Network::default()).unwrap()
}

/// The store as it is now, as things were known at `as_of`.
pub fn read(store: &Store, as_of: i64) -> Intake {
    store.open(Moment::Last).unwrap().read(as_of, None, 2).unwrap()
}

/// The same files in one load.
pub fn load(folder: &Path, names: &[String], as_of: i64) -> Intake {
    let options =
        Options { as_of: Some(as_of), base: folder, threads: 2, timezone: None, only: None, progress: &|_, _| () };
    source::load(&specs(names), &options).unwrap()
}

/// Everything that a load told but its notes, as text, a line a row.
pub fn told(intake: &Intake) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, table) in &intake.tables {
        lines.push(format!("table {name}"));
        for batch in &table.batches {
            lines.extend(rows(batch));
        }
    }
    lines.push("files".to_owned());
    // Only a store has taken digests of the files.
    let without_digest = |file: &FileRead| FileRead { sha256: String::new(), ..file.clone() };
    lines.extend(intake.files.iter().map(|file| format!("{:?}", without_digest(file))));
    lines.push("rejected".to_owned());
    lines.extend(rows(&intake.rejected));
    lines.push("unmapped".to_owned());
    lines.extend(rows(&intake.unmapped));
    lines
}

/// The links that the usual rules make of what was loaded, as text, a line each.
pub fn linked(intake: &Intake, as_of: i64) -> Vec<String> {
    let of = |name: &str| intake.tables.get(name).map_or(&[][..], |table| table.batches.as_slice());
    let tables = link::Tables {
        deployments: of("deployments"),
        incidents: of("incidents"),
        changes: of("changes"),
        tickets: of("tickets"),
        ..link::Tables::default()
    };
    let rules = link_rules(&Settings::read(&Flags::default()).unwrap(), as_of);
    let links = link::link(&tables, &rules, None).unwrap();
    let told = [
        ("attributions", links.attributions),
        ("deliveries", links.deliveries),
        ("recoveries", links.recoveries),
        ("rollbacks", links.rollbacks),
        ("dangling", vec![links.dangling]),
    ];
    told.iter()
        .flat_map(|(name, batches)| batches.iter().flat_map(rows).map(move |row| format!("{name}: {row}")))
        .collect()
}

/// The rows of a batch, only what they have.
pub fn rows(batch: &arrow::array::RecordBatch) -> Vec<String> {
    use arrow::util::display::{ArrayFormatter, FormatOptions};

    let options = FormatOptions::default();
    let columns: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            (field.name().clone(), ArrayFormatter::try_new(column, &options).unwrap(), column.clone())
        })
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let has = columns.iter().filter(|(_, _, column)| arrow::array::Array::is_valid(column, row));
            has.map(|(name, cells, _)| format!("{name}={}", cells.value(row))).collect::<Vec<_>>().join(" ")
        })
        .collect()
}
