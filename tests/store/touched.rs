//! Links that a store brings up to date run by run are those that are made anew from all rows: late rows before old
//! ones, corrected services, references to what comes only later. And only what may have moved is written.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use shipwake::link::{self, Links, Rules, Tables};
use shipwake::source::Intake;
use shipwake::store::{Ingest, Moment, Store};
use shipwake::table::{LINKS, Selection};
use shipwake::workspace::link_rules;

use crate::support::Folder;
use crate::{END, load, specs, store_in};

/// A row of any of the three tables; what a table has no column for is left out.
#[derive(Debug, Clone)]
struct Row {
    key: u8,
    service: u8,
    /// Hours since 1 September 2026.
    hour: u16,
    updated: u8,
    word: u8,
    names: Option<u8>,
}

#[derive(Debug, Clone)]
struct Batch {
    table: usize,
    rows: Vec<Row>,
}

const TABLES: [&str; 3] = ["deployments", "changes", "incidents"];

fn row() -> impl Strategy<Value = Row> {
    (0..9_u8, 0..3_u8, 0..2_200_u16, 0..200_u8, 0..6_u8, option::weighted(0.2, 0..9_u8))
        .prop_map(|(key, service, hour, updated, word, names)| Row { key, service, hour, updated, word, names })
}

fn batch() -> impl Strategy<Value = Batch> {
    (0..TABLES.len(), vec(row(), 1..7)).prop_map(|(table, rows)| Batch { table, rows })
}

fn hour(number: u16) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2026, 9, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    (start + chrono::Duration::hours(number.into())).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The file of a batch; changes name their deployments only where that is asked for.
fn text(batch: &Batch, names: bool) -> String {
    let header = match TABLES[batch.table] {
        "deployments" => "deployment_id,service,environment,status,version,finished_at,rollback_of,updated_at",
        "changes" if names => "change_id,service,committed_at,merged_at,updated_at,deployment_id",
        "changes" => "change_id,service,committed_at,merged_at,updated_at",
        _ => "incident_id,service,severity,opened_at,resolved_at,deployment_id,updated_at",
    };
    let mut lines = vec![header.to_owned()];
    for row in &batch.rows {
        let Row { key, service, word, .. } = row;
        let (at, later) = (hour(row.hour), hour(row.hour + 30));
        let updated = hour(3_000 + u16::from(row.updated));
        let named = row.names.map(|key| format!("d{key}")).unwrap_or_default();
        let status = ["succeeded", "succeeded", "succeeded", "failed", "rolled_back", "succeeded"][usize::from(*word)];
        let environment = if *word == 5 { "test" } else { "production" };
        let version = row.hour % 5;
        let merged = if *word == 0 { String::new() } else { later.clone() };
        lines.push(match TABLES[batch.table] {
            "deployments" => format!("d{key},s{service},{environment},{status},v{version},{at},{named},{updated}"),
            "changes" if names => format!("c{key},s{service},{at},{merged},{updated},{named}"),
            "changes" => format!("c{key},s{service},{at},{merged},{updated}"),
            _ => format!("i{key},s{service},sev2,{at},{later},{named},{updated}"),
        });
    }
    lines.join("\n") + "\n"
}

fn rules(at: i64) -> Rules {
    let settings = shipwake::settings::Settings::read(&shipwake::settings::Flags::default()).unwrap();
    link_rules(&settings, at)
}

fn ingest(store: &Store, folder: &Folder, names: &[String], rules: &Rules) {
    let outcome = store.ingest(&Ingest {
        sources: &specs(names),
        base: folder.path(),
        threads: 2,
        at: rules.as_of,
        rules: Some(rules),
        wait: std::time::Duration::ZERO,
        progress: &|_, _, _| (),
    });
    outcome.unwrap();
}

/// Every column of links but the score, which depends on the moment.
fn asked() -> Selection {
    let mut asked = Selection::default();
    for table in LINKS {
        let columns = table.columns.iter().filter(|column| column.name != "score");
        columns.for_each(|column| asked.add(table.name, column.name));
    }
    asked
}

fn anew(intake: &Intake, rules: &Rules) -> Links {
    let rows = |name: &str| intake.tables.get(name).map_or(&[][..], |table| table.batches.as_slice());
    let tables = Tables {
        deployments: rows("deployments"),
        incidents: rows("incidents"),
        changes: rows("changes"),
        ..Tables::default()
    };
    link::link(&tables, rules, Some(&asked())).unwrap()
}

/// The rows of link tables in their order, a line each, with the columns that have a value.
fn lines(links: &Links) -> Vec<String> {
    let mut lines = Vec::new();
    let tables = [&links.attributions, &links.deliveries, &links.recoveries, &links.rollbacks];
    for (table, batches) in LINKS.iter().zip(tables) {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).filter(|name| *name != "score").collect();
        lines
            .extend(batches.iter().flat_map(|batch| told(batch, &names)).map(|line| format!("{}: {line}", table.name)));
    }
    lines
}

fn told(batch: &RecordBatch, names: &[&str]) -> Vec<String> {
    let options = FormatOptions::default();
    let columns: Vec<_> = names
        .iter()
        .filter_map(|name| Some((name, batch.column_by_name(name)?)))
        .map(|(name, column)| (name, column, ArrayFormatter::try_new(column, &options).unwrap()))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let has = columns.iter().filter(|(_, column, _)| column.is_valid(row));
            has.map(|(name, _, cells)| format!("{name}={}", cells.value(row))).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn kept(store: &Store, rules: &Rules) -> Links {
    let opened = store.open(Moment::Last).unwrap();
    assert!(opened.has_links(rules, &asked()), "links are kept");
    opened.links(&asked(), 2).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn links_kept_run_by_run_are_those_made_anew(
        batches in vec(batch(), 2..9),
        names in prop::bool::weighted(0.25),
        change_of_rules in option::weighted(0.2, 0..9_usize),
    ) {
        let folder = Folder::new("touched");
        let store = store_in(folder.path(), "store");
        let mut files = Vec::new();
        for (number, batch) in batches.iter().enumerate() {
            folder.write(&format!("{number}.csv"), text(batch, names));
            files.push(format!("{}={number}.csv", TABLES[batch.table]));
            let mut rules = rules(END + number as i64);
            if change_of_rules.is_some_and(|from| number >= from) {
                rules.production = vec!["test".to_owned()];
            }
            ingest(&store, &folder, &files[number..], &rules);
            let expected = anew(&load(folder.path(), &files, rules.as_of), &rules);
            prop_assert_eq!(lines(&kept(&store, &rules)), lines(&expected), "after run {}", number);
        }
    }
}

/// A store with changes of two services in three months, and what was written to `deliveries` since.
struct Deliveries {
    folder: Folder,
    store: Store,
    runs: i64,
    files: Vec<String>,
    before: BTreeSet<String>,
}

impl Deliveries {
    fn new() -> Self {
        let folder = Folder::new("moved");
        let store = store_in(folder.path(), "store");
        let mut own = Self { folder, store, runs: 0, files: Vec::new(), before: BTreeSet::new() };
        own.take(
            "changes",
            "change_id,service,committed_at,merged_at\n\
            a1,a,2026-09-03T00:00:00Z,2026-09-04T00:00:00Z\n\
            b1,b,2026-09-05T00:00:00Z,2026-09-06T00:00:00Z\n\
            a2,a,2026-10-03T00:00:00Z,2026-10-04T00:00:00Z\n\
            a3,a,2026-11-03T00:00:00Z,2026-11-04T00:00:00Z\n",
        );
        own.take(
            "deployments",
            "deployment_id,service,environment,status,finished_at\n\
            A1,a,production,succeeded,2026-09-10T00:00:00Z\n\
            A2,a,production,succeeded,2026-10-10T00:00:00Z\n",
        );
        own
    }

    /// Takes a file in; gives the months whose deliveries were written.
    fn take(&mut self, table: &str, text: &str) -> Vec<String> {
        self.runs += 1;
        self.folder.write(&format!("{}.csv", self.runs), text);
        let file = format!("{table}={}.csv", self.runs);
        let rules = rules(END + self.runs);
        ingest(&self.store, &self.folder, std::slice::from_ref(&file), &rules);
        self.files.push(file);
        let expected = anew(&load(self.folder.path(), &self.files, rules.as_of), &rules);
        assert_eq!(lines(&kept(&self.store, &rules)), lines(&expected));
        let written = self.folder.path().join("store/deliveries");
        // There is no such table before there is a delivery.
        let files = if written.is_dir() { crate::support::files(&written) } else { Default::default() };
        let names = files.into_keys().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let now: BTreeSet<String> = names.filter(|name| name.ends_with(".parquet")).collect();
        let new = now.difference(&self.before).map(|name| name[5..12].to_owned()).collect();
        self.before = now;
        new
    }
}

#[test]
fn a_deployment_moves_what_was_merged_since_the_one_before_it() {
    let mut store = Deliveries::new();
    let header = "deployment_id,service,environment,status,finished_at,updated_at\n";
    let mut deployed = |row: &str| store.take("deployments", &format!("{header}{row}\n"));
    assert_eq!(deployed("A3,a,production,succeeded,2026-11-10T00:00:00Z,"), ["2026-11"]);
    // The first of its service takes what has waited since September.
    assert_eq!(deployed("B1,b,production,succeeded,2026-11-11T00:00:00Z,"), ["2026-09"]);
    // What comes late takes a change from the one that came after.
    assert_eq!(deployed("A0,a,production,succeeded,2026-10-05T00:00:00Z,"), ["2026-10"]);
    // What did not take effect, or not in production, moves nothing.
    assert!(deployed("A4,a,production,failed,2026-11-09T00:00:00Z,").is_empty());
    assert!(deployed("A5,a,test,succeeded,2026-11-09T00:00:00Z,").is_empty());
    // A correction takes what has waited elsewhere, and gives back what the deployment had taken: October is then as it
    // was before it came, down to the name of its file.
    assert_eq!(deployed("A0,b,production,succeeded,2026-10-05T00:00:00Z,2026-12-01T00:00:00Z"), ["2026-09"]);
}

#[test]
fn a_change_that_is_corrected_moves_the_months_of_both_its_records() {
    let mut store = Deliveries::new();
    let header = "change_id,service,committed_at,merged_at,updated_at\n";
    let row = "a1,a,2026-09-03T00:00:00Z,2026-10-01T00:00:00Z,2026-12-01T00:00:00Z\n";
    assert_eq!(store.take("changes", &format!("{header}{row}")), ["2026-10"], "September has no delivery any more");
}
