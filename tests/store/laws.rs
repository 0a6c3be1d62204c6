//! Any sequence of runs over overlapping, repeated, corrected, late and disordered files gives what one load of all
//! files in that order gives: tables, places, accounts, rejected rows, words, and links that are made of them.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::support::Folder;
use crate::{END, ingest, linked, load, read, store_in, told};

/// A row of a file: which key, which of three days, which words.
#[derive(Debug, Clone)]
struct Row {
    key: u8,
    day: u8,
    updated: Option<u8>,
    word: u8,
    is_broken: bool,
}

#[derive(Debug, Clone)]
struct Batch {
    table: usize,
    rows: Vec<Row>,
}

const TABLES: [&str; 5] = ["deployments", "incidents", "tickets", "stages", "changes"];

fn row() -> impl Strategy<Value = Row> {
    (0..6_u8, 0..90_u8, option::of(0..4_u8), 0..4_u8, prop::bool::weighted(0.1))
        .prop_map(|(key, day, updated, word, is_broken)| Row { key, day, updated, word, is_broken })
}

fn batch() -> impl Strategy<Value = Batch> {
    (0..TABLES.len(), vec(row(), 0..7)).prop_map(|(table, rows)| Batch { table, rows })
}

/// Midnight of a day from 1 September 2026 on, as text.
fn day(number: u8) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
    format!("{}T00:00:00Z", start + chrono::Duration::days(number.into()))
}

fn text(batch: &Batch) -> String {
    let header = match TABLES[batch.table] {
        "deployments" => "deployment_id,service,environment,status,finished_at,updated_at,lines_changed,version",
        "incidents" => "incident_id,service,severity,status,opened_at,resolved_at",
        "tickets" => "ticket_id,kind,status,created_at,resolved_at,updated_at",
        "changes" => "change_id,service,committed_at,merged_at,deployment_id,updated_at",
        _ => "deployment_id,stage,kind,started_at,finished_at",
    };
    let mut lines = vec![header.to_owned()];
    for row in &batch.rows {
        let at = if row.is_broken { "yesterday".to_owned() } else { day(row.day) };
        let later = day(row.day.saturating_add(20));
        let updated = row.updated.map(day).unwrap_or_default();
        let (key, word) = (row.key, ["succeeded", "failed", "odd", "rolled_back"][usize::from(row.word)]);
        lines.push(match TABLES[batch.table] {
            "deployments" => format!("d{key},s{},production,{word},{at},{updated},{1},v{1}", key % 2, row.word),
            "incidents" => format!("i{key},s{},sev{},resolved,{at},{later}", key % 2, row.word),
            "tickets" => format!("t{key},bug,done,{at},{later},{updated}"),
            // Often no merge is recorded, and sometimes a change names a deployment, which may not be there.
            "changes" => {
                let merged = if row.word == 0 { later } else { String::new() };
                let named = if row.word == 1 { format!("d{key}") } else { String::new() };
                format!("c{key},s{},{at},{merged},{named},{updated}", key % 2)
            }
            _ => format!("d{key},{word},deploy,{at},{later}"),
        });
    }
    lines.join("\n") + "\n"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_runs_gives_what_one_load_gives(
        batches in vec(batch(), 1..7),
        cuts in vec(prop::bool::ANY, 7),
        moment in 0..120_u8,
    ) {
        let folder = Folder::new("law");
        let name = |(number, batch): (usize, &Batch)| format!("{}={number}.csv", TABLES[batch.table]);
        let names: Vec<String> = batches.iter().enumerate().map(name).collect();
        for (number, batch) in batches.iter().enumerate() {
            folder.write(&format!("{number}.csv"), text(batch));
        }
        // Runs take one file or several, and some take all that earlier ones took once more.
        let store = store_in(folder.path(), "store");
        let mut first = 0;
        for last in 1..=names.len() {
            if cuts[last - 1] && last < names.len() {
                continue;
            }
            let from = if cuts[6] { 0 } else { first };
            ingest(&store, folder.path(), &names[from..last], last as i64).unwrap();
            first = last;
        }
        let as_of = chrono::DateTime::parse_from_rfc3339(&day(moment)).unwrap().timestamp_micros();
        for as_of in [as_of, END] {
            let (kept, loaded) = (read(&store, as_of), load(folder.path(), &names, as_of));
            prop_assert_eq!(told(&kept), told(&loaded));
            prop_assert_eq!(linked(&kept, as_of), linked(&loaded, as_of));
        }
        // The same files again change nothing.
        let before = store.runs().unwrap();
        let again = ingest(&store, folder.path(), &names, 100).unwrap();
        prop_assert!(again.run.is_none());
        prop_assert_eq!(store.runs().unwrap(), before);
    }

    #[test]
    fn a_log_that_grows_gives_what_its_last_state_gives(rows in vec(row(), 1..14), cuts in vec(prop::bool::ANY, 14), table in 0..5_usize) {
        let folder = Folder::new("grows");
        let store = store_in(folder.path(), "store");
        let names = vec![format!("{}=log.csv", TABLES[table])];
        for last in 1..=rows.len() {
            if cuts[last - 1] || last == rows.len() {
                folder.write("log.csv", text(&Batch { table, rows: rows[..last].to_vec() }));
                ingest(&store, folder.path(), &names, last as i64).unwrap();
            }
        }
        let (kept, loaded) = (read(&store, END), load(folder.path(), &names, END));
        prop_assert_eq!(told(&kept), told(&loaded));
        prop_assert_eq!(linked(&kept, END), linked(&loaded, END));
    }
}

#[test]
fn a_column_that_says_nothing_gives_the_links_of_one_that_is_not_there() {
    let folder = Folder::new("nothing");
    let store = store_in(folder.path(), "store");
    let row = |key, day, word| Row { key, day, updated: None, word, is_broken: false };
    folder.write("0.csv", text(&Batch { table: 0, rows: vec![row(0, 9, 0)] }));
    folder.write("1.csv", text(&Batch { table: 4, rows: vec![row(0, 4, 2)] }));
    let names = ["deployments=0.csv".to_owned(), "changes=1.csv".to_owned()];
    ingest(&store, folder.path(), &names, 1).unwrap();
    let loaded = linked(&load(folder.path(), &names, END), END);
    assert_eq!(linked(&read(&store, END), END), loaded);
    let delivery = loaded.iter().find(|line| line.starts_with("deliveries")).unwrap();
    assert!(delivery.contains("change_id=c0 ") && delivery.contains("lead_s=432000"), "{delivery}");
}

#[test]
fn files_are_written_only_where_a_row_of_theirs_goes() {
    let folder = Folder::new("touched");
    let store = store_in(folder.path(), "store");
    let row = |key, day| Row { key, day, updated: None, word: 0, is_broken: false };
    let write = |name: &str, rows: Vec<Row>| folder.write(name, text(&Batch { table: 0, rows }));
    write("one.csv", vec![row(0, 1), row(1, 2), row(2, 40), row(3, 80)]);
    ingest(&store, folder.path(), &["deployments=one.csv".into()], 1).unwrap();
    let data = || -> BTreeSet<_> {
        let files = crate::support::files(&folder.path().join("store/deployments")).into_keys();
        files.filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect()
    };
    let before = data();
    assert_eq!(before.len(), 3, "a file a month");
    // A row of October that is told again, and one of November that is corrected and moves to October.
    write("two.csv", vec![row(2, 40), row(3, 41)]);
    let outcome = ingest(&store, folder.path(), &["deployments=two.csv".into()], 2).unwrap();
    let run = outcome.run.unwrap();
    assert_eq!((run.rows_added(), run.rows_replaced()), (0, 1));
    assert_eq!(data().difference(&before).count(), 1, "one file is new: that of October");
}

#[test]
fn optimize_changes_files_and_nothing_else() {
    let folder = Folder::new("optimize");
    let store = store_in(folder.path(), "store");
    let mut names = Vec::new();
    for number in 0..5_u8 {
        let row = Row { key: number, day: 3 * number, updated: None, word: 1, is_broken: false };
        folder.write(&format!("{number}.csv"), text(&Batch { table: 1, rows: vec![row] }));
        names.push(format!("incidents={number}.csv"));
        ingest(&store, folder.path(), &names[usize::from(number)..], i64::from(number)).unwrap();
    }
    let before = told(&read(&store, END));
    let optimize = |at, keep| {
        let wait = std::time::Duration::ZERO;
        store.optimize(&shipwake::store::Optimize { threads: 2, at, wait, keep }).unwrap()
    };
    let done = optimize(10, None);
    assert_eq!((done.files_before, done.files_after, done.files_removed), (5, 1, 0));
    assert_eq!(told(&read(&store, END)), before);
    assert!(optimize(11, None).run.is_none(), "there is nothing more to bring together");
    let old = || store.open(shipwake::store::Moment::Run(2)).unwrap().read(END, None, 1);
    assert!(old().is_ok());
    assert!(optimize(12, Some(0)).files_removed > 0);
    assert_eq!(told(&read(&store, END)), before);
    assert!(old().is_err(), "what nobody keeps is gone");
}

#[test]
fn a_store_of_many_runs_is_read_through_its_checkpoints() {
    let folder = Folder::new("many");
    let store = store_in(folder.path(), "store");
    let mut names = Vec::new();
    for number in 0..23_u8 {
        let row = |key, day| Row { key, day, updated: None, word: number % 4, is_broken: number == 7 };
        let rows = vec![row(number, number), row(number % 3, 40 + number)];
        folder.write(&format!("{number}.csv"), text(&Batch { table: 0, rows }));
        names.push(format!("deployments={number}.csv"));
        ingest(&store, folder.path(), &names[usize::from(number)..], i64::from(number)).unwrap();
    }
    for table in ["deployments", "ingest_runs"] {
        let log = crate::support::files(&folder.path().join("store").join(table).join("_delta_log"));
        let is_checkpoint = |path: &std::path::PathBuf| path.to_string_lossy().contains("checkpoint");
        assert!(log.keys().any(is_checkpoint), "{table}: {:?}", log.keys());
    }
    for as_of in [day(30), day(50), day(100)] {
        let as_of = chrono::DateTime::parse_from_rfc3339(&as_of).unwrap().timestamp_micros();
        assert_eq!(told(&read(&store, as_of)), told(&load(folder.path(), &names, as_of)));
    }
    assert_eq!(store.runs().unwrap().len(), 23);
    let then = store.open(shipwake::store::Moment::At(9)).unwrap().read(END, None, 2).unwrap();
    assert_eq!(told(&then), told(&load(folder.path(), &names[..10], END)));
}
