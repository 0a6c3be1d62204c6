//! What was known when: a report of a moment is byte for byte what it was then, and a correction shows only after it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::{Folder, files, json, sample, shipwake, stdout};

const BEFORE: &str = "2026-11-01T00:00:00Z";
const AFTER: &str = "2026-11-15T00:00:00Z";

/// The sample with half of its rows late, and a correction.
fn folder() -> Folder {
    let folder = Folder::new("known");
    for (name, text) in sample() {
        folder.write(&format!("data/{name}.csv"), &text);
    }
    folder
}

fn report(folder: &Folder, as_of: &str, out: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let arguments = ["report", "--store", "store", "--as-of", as_of, "--period", "2026-10", "--quiet", "--out", out];
    let output = shipwake(folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    files(&folder.path().join(out))
}

fn ingest(folder: &Folder, as_of: &str) {
    let output = shipwake(folder.path(), &["ingest", "--store", "store", "--data", "data", "--as-of", as_of]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_report_before_and_one_after_a_correction_stay_as_they_were() {
    let folder = folder();
    ingest(&folder, BEFORE);
    let before = report(&folder, BEFORE, "one");
    let path = folder.path().join("data/deployments.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let october = lines.iter_mut().filter(|line| line.contains(",2026-10-") && line.contains("succeeded")).take(20);
    october.for_each(|line| *line = line.replace("succeeded", "rolled_back"));
    std::fs::write(&path, lines.join("\n")).unwrap();
    ingest(&folder, AFTER);
    let after = report(&folder, AFTER, "two");
    assert_eq!(report(&folder, BEFORE, "three"), before, "what was known then has not changed");
    assert_eq!(report(&folder, AFTER, "four"), after);
    let page = std::path::Path::new("index.html");
    let differs = before.iter().any(|(path, bytes)| path != page && after.get(path) != Some(bytes));
    assert!(differs, "twenty rollbacks show");
    let failed = |as_of: &str| {
        let when = ["--as-of", as_of, "--from", "2026-10-01", "--until", "2026-11-01"];
        let asked = ["metric", "change_fail_rate", "--grain", "month", "--format", "json", "-q", "--store", "store"];
        json(folder.path(), &[asked.as_slice(), &when].concat())["rows"][0]["numerator"].clone()
    };
    assert_ne!(failed(BEFORE), failed(AFTER));
    assert_eq!(failed("2026-11-14T23:59:59Z"), failed(BEFORE), "the correction was recorded later");
}

#[test]
fn one_run_of_everything_and_three_runs_give_the_same_report() {
    let folder = folder();
    let names: Vec<String> = sample().into_iter().map(|(name, _)| name).collect();
    let run = |folder: &Folder, names: &[String], at: &str| {
        let data: Vec<String> = names.iter().map(|name| format!("data/{name}.csv")).collect();
        let mut arguments = vec!["ingest", "--store", "store", "--as-of", at, "-q"];
        data.iter().for_each(|path| arguments.extend(["--data", path.as_str()]));
        assert!(shipwake(folder.path(), &arguments).status.success());
    };
    run(&folder, &names, BEFORE);
    let other = self::folder();
    run(&other, &names[..3], "2026-10-01");
    run(&other, &names[3..4], "2026-10-02");
    run(&other, &names, BEFORE);
    let (one, three) = (report(&folder, BEFORE, "out"), report(&other, BEFORE, "out"));
    for (path, bytes) in &one {
        assert!(three.get(path) == Some(bytes), "{} differs", path.display());
    }
}

#[test]
fn the_store_and_its_files_give_the_same_numbers() {
    let folder = folder();
    ingest(&folder, BEFORE);
    for by in ["team", "service"] {
        let metric = |from: &[&str]| {
            let common = ["metric", "--by", by, "--format", "csv", "-q", "--as-of", BEFORE];
            stdout(folder.path(), &[common.as_slice(), from].concat())
        };
        assert_eq!(metric(&["--store", "store"]), metric(&["--data", "data"]), "{by}");
    }
}
