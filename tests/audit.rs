//! The evidence package of the sample: its controls, its files, and that nobody can change a byte of it unseen.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Folder, files, records, root, shipwake, stdout};

const PERIOD: &[&str] = &["--period", "2025-12", "-q"];

fn report(folder: &Path, arguments: &[&str]) {
    let output = shipwake(folder, &[&["report", "audit"], arguments, PERIOD].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `check --package` finds wrong, by file.
fn faults(folder: &Path, arguments: &[&str]) -> BTreeMap<String, String> {
    let output = shipwake(folder, &[&["check", "--format", "json", "-q", "--package"], arguments].concat());
    if output.status.success() {
        assert!(output.stdout.is_empty());
        return BTreeMap::new();
    }
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |fault: &Value, key: &str| fault[key].as_str().unwrap().to_owned();
    found.iter().map(|fault| (text(fault, "file"), text(fault, "problem"))).collect()
}

/// The rows of a CSV of a package, each by the names of its columns.
fn rows(package: &Path, name: &str) -> Vec<BTreeMap<String, String>> {
    let (header, rows) = records(&fs::read_to_string(package.join(name)).unwrap());
    rows.into_iter().map(|row| header.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = Folder::new("twice");
    report(folder.path(), &["--out", "one"]);
    report(folder.path(), &["--out", "two", "--threads", "1"]);
    let (one, two) = (files(&folder.path().join("one")), files(&folder.path().join("two")));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(two[name] == *bytes, "{}", name.display());
    }
}

#[test]
fn a_package_is_whole_and_every_byte_that_is_changed_is_named() {
    let folder = Folder::new("bytes");
    report(folder.path(), &["--out", "package"]);
    assert_eq!(faults(folder.path(), &["package"]), BTreeMap::new());
    let package = folder.path().join("package");
    let mut state = 1_u64;
    for (name, whole) in files(&package) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut changed = whole.clone();
        let at = (state >> 33) as usize % changed.len();
        changed[at] ^= 1 << (state % 8);
        fs::write(package.join(&name), &changed).unwrap();
        let found = faults(folder.path(), &["package"]);
        let shown = name.to_string_lossy().into_owned();
        assert_eq!(found.get(&shown).map(String::as_str), Some("differs"), "{shown} at {at}: {found:?}");
        let is_seal = shown.starts_with("manifest.");
        assert!(is_seal || found.len() == 1, "{shown} at {at}: {found:?}");
        fs::write(package.join(&name), &whole).unwrap();
    }
    assert_eq!(faults(folder.path(), &["package"]), BTreeMap::new());
}

#[test]
fn what_is_missing_and_what_is_extra_is_named() {
    let folder = Folder::new("missing");
    report(folder.path(), &["--out", "package"]);
    fs::rename(folder.path().join("package/dossiers.csv"), folder.path().join("package/other.csv")).unwrap();
    let expected = [("dossiers.csv", "missing"), ("other.csv", "extra")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(faults(folder.path(), &["package"]), expected.into());
}

#[test]
fn packages_are_chained_and_a_link_that_was_changed_is_named() {
    let folder = Folder::new("chain");
    report(folder.path(), &["--out", "first"]);
    report(folder.path(), &["--out", "second", "--previous", "first"]);
    report(folder.path(), &["--out", "third", "--previous", "second/manifest.json"]);
    let chain = ["third", "--previous", "second", "--previous", "first"];
    assert_eq!(faults(folder.path(), &chain), BTreeMap::new());
    assert!(faults(folder.path(), &["third", "--previous", "first"]).contains_key("manifest.json"));
    assert!(faults(folder.path(), &["first", "--previous", "second"]).contains_key("manifest.json"));
    fs::remove_dir_all(folder.path().join("first")).unwrap();
    let other = shipwake(folder.path(), &["report", "audit", "--period", "2025-11", "--out", "first", "-q"]);
    assert!(other.status.success());
    let found = faults(folder.path(), &chain);
    assert_eq!(found.get("manifest.json").map(String::as_str), Some("differs"), "a whole package, but another");
}

#[test]
fn a_folder_with_files_of_somebody_else_is_refused() {
    let folder = Folder::new("strangers");
    folder.write("package/notes.txt", "mine");
    let output = shipwake(folder.path(), &["report", "audit", "--out", "package", "-q"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("notes.txt"));
    assert_eq!(files(&folder.path().join("package")).len(), 1, "nothing was written");
}

#[test]
fn the_manifest_tells_of_every_input_and_of_the_package_before() {
    let folder = Folder::new("manifest");
    report(folder.path(), &["--out", "first"]);
    report(folder.path(), &["--out", "second", "--previous", "first"]);
    let manifest = fs::read(folder.path().join("first/manifest.json")).unwrap();
    let told: Value = serde_json::from_slice(&fs::read(folder.path().join("second/manifest.json")).unwrap()).unwrap();
    assert_eq!(told["previous"]["manifest_sha256"], shipwake::package::digest(&manifest));
    for input in told["inputs"].as_array().unwrap() {
        let bytes = fs::read(root().join(input["path"].as_str().unwrap())).unwrap();
        assert_eq!(input["sha256"], shipwake::package::digest(&bytes), "{input}");
        assert!(input["rows_read"].as_u64() >= input["rows_kept"].as_u64());
    }
    assert_eq!(told["inputs"].as_array().unwrap().len(), support::sample().len());
    for key in ["program", "command", "as_of", "definitions_hash", "data_sha256", "queries_sha256", "audience"] {
        assert!(told[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
}

#[test]
fn a_dossier_is_one_deployment_and_every_other_table_names_one_of_them() {
    let folder = Folder::new("dossiers");
    report(folder.path(), &["--out", "package"]);
    let package = folder.path().join("package");
    let dossiers = rows(&package, "dossiers.csv");
    let ids: Vec<&String> = dossiers.iter().map(|row| &row["deployment_id"]).collect();
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len());
    let query = "select count(*) as n from production_deployments where status in ('succeeded', 'failed', 'rolled_back') \
                 and finished_at >= '2025-12-01T00:00:00Z' and finished_at < '2026-01-01T00:00:00Z'";
    let counted = stdout(folder.path(), &["sql", query, "--format", "csv", "-q"]);
    assert_eq!(counted, format!("n\n{}\n", ids.len()));
    for name in files(&package).keys().filter(|name| name.extension().is_some_and(|ending| ending == "csv")) {
        let of_deployments = name.parent() == Some(Path::new("")) && name != Path::new("controls.csv");
        for row in rows(&package, &name.to_string_lossy()).iter().filter(|_| of_deployments) {
            let id = &row["deployment_id"];
            let is_register = name == Path::new("exceptions.csv");
            assert!(is_register || ids.contains(&id), "{}: {id}", name.display());
        }
    }
}

#[test]
fn a_control_counts_the_verdicts_of_the_dossiers_and_lists_what_did_not_pass() {
    let folder = Folder::new("controls");
    report(folder.path(), &["--out", "package"]);
    let package = folder.path().join("package");
    let dossiers = rows(&package, "dossiers.csv");
    let controls = rows(&package, "controls.csv");
    let control = |id: &str| controls.iter().find(|row| row["control_id"] == id).unwrap();
    let columns = [("CM-01", "approval_verdict"), ("CM-02", "duties_verdict"), ("CM-03", "record_verdict")];
    for (id, column) in columns.into_iter().chain([("CM-04", "freeze_verdict")]) {
        let control = control(id);
        let number = |verdict: &str| dossiers.iter().filter(|row| row[column] == verdict).count();
        assert_eq!(control["fail_count"], number("fail").to_string(), "{id}");
        assert_eq!(control["pass_count"], number("pass").to_string(), "{id}");
        let listed = number("fail") + number("excepted") + number("not evidenced");
        if listed > 0 {
            assert_eq!(rows(&package, &control["rows_file"]).len(), listed, "{id}");
        }
    }
    let unevidenced = controls.iter().filter(|row| row["state"] == "not evidenced" && row["case_count"].is_empty());
    for row in unevidenced {
        assert!(row["lacking"].starts_with("needs "), "{row:?}");
        assert!(row["fail_count"].is_empty(), "unknown is not zero: {row:?}");
    }
}

#[test]
fn every_built_in_map_of_controls_can_be_judged() {
    let folder = Folder::new("maps");
    for entry in fs::read_dir(root().join("reports/controls")).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        report(folder.path(), &["--out", &name, "--controls", &name, "--format", "markdown"]);
        assert!(rows(&folder.path().join(&name), "controls.csv").len() > 5, "{name}");
    }
    let output = shipwake(folder.path(), &["report", "audit", "--controls", "cobit"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("generic, iso-27001, sox"));
    let output = shipwake(folder.path(), &["report", "monthly", "--controls", "sox"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_control_of_ones_own_may_ask_a_query_of_ones_own() {
    let folder = Folder::new("own");
    folder.write(
        "queries/weekend_deployments.sql",
        "-- metric: weekend_deployments\n-- title: At weekends\n-- question: Which?\n-- why: Rest.\n-- aggregate: table\n\
         -- at: finished_at\n-- unit: count\n-- better: none\n-- events: deployments\n-- chart: none\n\
         -- needs: deployments\n\nselect deployment_id, finished_at,\n    case when extract(dow from finished_at) in (0, 6) \
         then 'fail' else 'pass' end as verdict\nfrom judged_deployments\n",
    );
    let map = |verdict: &str| {
        format!(
            "name = 'own'\ntitle = 'Own'\nnote = 'Ours.'\n[[controls]]\nid = 'W-1'\ntitle = 'Weekends are free'\n\
             objective = 'Rest'\ncases = 'weekend_deployments'\nverdict = '{verdict}'\nfailing = 'weekend deployments'\n"
        )
    };
    folder.write("own.toml", map("verdict"));
    report(folder.path(), &["--out", "package", "--controls", "own.toml", "--queries", "queries"]);
    let controls = rows(&folder.path().join("package"), "controls.csv");
    assert_eq!(controls.len(), 1);
    assert!(!controls[0]["pass_count"].is_empty());
    folder.write("own.toml", map("mood"));
    let arguments = ["report", "audit", "--controls", "own.toml", "--queries", "queries", "--out", "other"];
    let output = shipwake(folder.path(), &arguments);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no column `mood`"));
}
