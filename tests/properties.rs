//! Laws: what must not matter does not matter, and parts add up to the whole.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use support::{Folder, csv_text, files, json, ndjson_text, parquet_bytes, records, sample, shipwake, shuffle};

const REPORT: &[&str] = &[
    "report",
    "--data",
    "data",
    "--as-of",
    "2026-11-01T00:00:00Z",
    "--timezone",
    "Europe/London",
    "--period",
    "2026-10",
    "--quiet",
    "--out",
    "out",
];

/// The report's files without the manifest, which names the input files.
fn report(folder: &Path, threads: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let arguments: Vec<&str> = REPORT.iter().copied().chain(["--threads", threads]).collect();
    let output = shipwake(folder, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found = files(&folder.join("out"));
    found.remove(Path::new("manifest.json"));
    assert!(found.len() > 10);
    found
}

fn assert_same(one: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "{what}");
    for (name, bytes) in one {
        assert!(bytes == &other[name], "{what}: {} differs", name.display());
    }
}

type Write = fn(&[String], &[Vec<String>]) -> Vec<u8>;

/// The sample in another form, row order and number of files.
fn data(folder: &Folder, ending: &str, write: Write, seed: Option<u64>, parts: usize) {
    for (name, text) in sample() {
        let (header, mut rows) = records(&text);
        if let Some(seed) = seed {
            shuffle(&mut rows, seed);
        }
        let size = rows.len().div_ceil(parts).max(1);
        for (index, part) in rows.chunks(size).enumerate() {
            folder.write(&format!("data/{name}-{index}.{ending}"), write(&header, part));
        }
    }
}

#[test]
fn the_same_events_give_the_same_report_in_any_format_order_and_cut_with_any_number_of_threads() {
    let plain = Folder::new("plain");
    data(&plain, "csv", csv_text, None, 1);
    let expected = report(plain.path(), "1");
    assert_same(&expected, &report(plain.path(), "2"), "two threads");
    assert_same(&expected, &report(plain.path(), "7"), "seven threads");
    let others: [(&str, &str, Write, Option<u64>, usize); 4] = [
        ("NDJSON", "ndjson", ndjson_text, None, 1),
        ("Parquet", "parquet", parquet_bytes, None, 1),
        ("shuffled", "csv", csv_text, Some(7), 1),
        ("ten shuffled files", "ndjson", ndjson_text, Some(8), 10),
    ];
    for (what, ending, write, seed, parts) in others {
        let folder = Folder::new("other");
        data(&folder, ending, write, seed, parts);
        assert_same(&expected, &report(folder.path(), "2"), what);
    }
}

#[test]
fn groups_add_up_to_the_whole() {
    let folder = Folder::new("parts");
    let rows = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["metric", "change_fail_rate", "--format", "json", "-q"].iter().chain(arguments).copied().collect();
        json(folder.path(), &all)["rows"].as_array().unwrap().clone()
    };
    let sum = |rows: &[serde_json::Value]| rows.iter().map(|row| row["n"].as_u64().unwrap_or(0)).sum::<u64>();
    let whole = rows(&["--grain", "total"]);
    for by in ["team", "service", "change_type", "team,strategy"] {
        let parts = rows(&["--grain", "month", "--by", by]);
        assert_eq!(sum(&parts), sum(&whole), "{by}");
        let numerators = parts.iter().map(|row| row["numerator"].as_f64().unwrap()).sum::<f64>();
        assert_eq!(numerators, whole[0]["numerator"].as_f64().unwrap(), "{by}");
    }
}

#[test]
fn every_rate_lies_between_nought_and_one_and_within_its_interval() {
    let folder = Folder::new("rates");
    for name in ["change_fail_rate", "release_success_rate", "rollback_rate", "deployment_rework_rate"] {
        let found = json(folder.path(), &["metric", name, "--by", "service", "--format", "json", "-q"]);
        for row in found["rows"].as_array().unwrap() {
            let Some(value) = row["value"].as_f64() else {
                assert_eq!(row["n"], 0, "a value is unknown only where nothing happened");
                continue;
            };
            let (low, high) = (row["low"].as_f64().unwrap(), row["high"].as_f64().unwrap());
            assert!((0.0..=1.0).contains(&value) && low <= value && value <= high, "{name}: {row}");
        }
    }
}

#[test]
fn a_wider_attribution_window_never_loses_a_failure() {
    let folder = Folder::new("window");
    let failures = |window: &str| {
        let set = format!("definitions.attribution.window={window}");
        let found = json(
            folder.path(),
            &["metric", "change_fail_rate", "--grain", "total", "--format", "json", "-q", "--set", &set],
        );
        found["rows"][0]["numerator"].as_f64().unwrap()
    };
    let counts: Vec<f64> = ["1h", "24h", "72h", "30d", "none"].into_iter().map(failures).collect();
    assert!(counts.is_sorted(), "{counts:?}");
}

#[test]
fn rows_read_are_kept_superseded_or_rejected() {
    let folder = Folder::new("rows");
    let answer = json(folder.path(), &["sql", "select * from files_read", "--format", "json", "-q"]);
    for file in answer.as_array().unwrap() {
        let count = |key: &str| file[key].as_i64().unwrap();
        let told = count("rows_kept") + count("rows_superseded") + count("rows_rejected") + count("rows_after_as_of");
        assert_eq!(count("rows_read"), told, "{file}");
        assert_eq!(count("rows_rejected"), 0, "the sample is clean");
    }
}
