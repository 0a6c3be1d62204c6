//! The evidence package of the sample: its controls, its files, and that nobody can change a byte of it unseen.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use shipwake::embedded;
use shipwake::package;
use shipwake::report::CONTROLS;
use shipwake::report::controls::{ControlMap, EvidenceSource};
use shipwake::settings::{Flags, Settings};
use shipwake::workspace::{Data, Loading, Workspace};
use support::{Folder, files, records, root, shipwake, stdout};

const PERIOD: &[&str] = &["--period", "2025-12", "-q"];

fn report(folder: &Path, arguments: &[&str]) {
    let output = shipwake(folder, &[&["report", "audit"], arguments, PERIOD].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The files of the sample's package, made once for all tests.
fn made() -> &'static BTreeMap<PathBuf, Vec<u8>> {
    static MADE: OnceLock<BTreeMap<PathBuf, Vec<u8>>> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new("audit");
        report(folder.path(), &["--out", "package"]);
        files(&folder.path().join("package"))
    })
}

/// A copy of the package, below a folder of its own.
fn copy(name: &str) -> (Folder, PathBuf) {
    let folder = Folder::new(name);
    for (path, bytes) in made() {
        folder.write(&format!("package/{}", path.display()), bytes);
    }
    let package = folder.path().join("package");
    (folder, package)
}

fn faults(package: &Path) -> BTreeMap<String, &'static str> {
    let found = package::verify(package).unwrap().faults;
    found.into_iter().map(|fault| (fault.path, fault.problem.name())).collect()
}

/// The rows of a CSV of the package, each by the names of its columns.
fn rows(files: &BTreeMap<PathBuf, Vec<u8>>, name: &str) -> Vec<BTreeMap<String, String>> {
    let (header, rows) = records(std::str::from_utf8(&files[Path::new(name)]).unwrap());
    rows.into_iter().map(|row| header.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = Folder::new("again");
    report(folder.path(), &["--out", "package", "--threads", "1"]);
    let again = files(&folder.path().join("package"));
    assert_eq!(again.keys().collect::<Vec<_>>(), made().keys().collect::<Vec<_>>());
    for (name, bytes) in made() {
        assert!(again[name] == *bytes, "{}", name.display());
    }
}

#[test]
fn a_package_is_whole_and_every_byte_that_is_changed_is_named() {
    let (_folder, package) = copy("bytes");
    assert_eq!(faults(&package), BTreeMap::new());
    let mut state = 1_u64;
    for (name, whole) in made() {
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut changed = whole.clone();
            let at = (state >> 33) as usize % changed.len();
            changed[at] ^= 1 << (state >> 20 & 7);
            fs::write(package.join(name), &changed).unwrap();
            let found = faults(&package);
            let shown = name.to_string_lossy().into_owned();
            assert_eq!(found.get(&shown), Some(&"differs"), "{shown} at {at}: {found:?}");
            let is_seal = shown.starts_with("manifest.");
            assert!(is_seal || found.len() == 1, "{shown} at {at}: {found:?}");
        }
        fs::write(package.join(name), whole).unwrap();
    }
    assert_eq!(faults(&package), BTreeMap::new());
}

#[test]
fn check_names_what_differs_is_missing_or_is_extra() {
    let (folder, package) = copy("check");
    let check = || shipwake(folder.path(), &["check", "--package", "package", "--format", "csv", "-q"]);
    let whole = check();
    assert!(whole.status.success() && whole.stdout.is_empty());
    fs::rename(package.join("dossiers.csv"), package.join("other.csv")).unwrap();
    fs::write(package.join("index.md"), "# Nothing happened\n").unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(4));
    let (_, rows) = records(std::str::from_utf8(&output.stdout).unwrap());
    let found: Vec<String> = rows.iter().map(|row| row[1..3].join(" ")).collect();
    assert_eq!(found, ["dossiers.csv missing", "index.md differs", "other.csv extra"]);
}

#[test]
fn packages_are_chained_and_a_link_that_was_exchanged_is_named() {
    let (folder, package) = copy("chain");
    report(folder.path(), &["--out", "next", "--previous", "package", "--format", "markdown"]);
    let check = |arguments: &[&str]| {
        let all = [&["check", "--format", "csv", "-q", "--package"], arguments].concat();
        let output = shipwake(folder.path(), &all);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(check(&["next", "--previous", "package"]), (Some(0), String::new()));
    let (code, told) = check(&["package", "--previous", "next"]);
    assert!(code == Some(4) && told.contains("follows none"), "{told}");
    // Another whole package in the place of the one before: its own digests hold, the chain does not.
    let manifest = fs::read_to_string(package.join(package::MANIFEST)).unwrap();
    let other = manifest.replacen("Release evidence", "Release Evidence", 1);
    let sums = fs::read_to_string(package.join(package::SUMS)).unwrap();
    let sums = sums.replace(&package::digest(manifest.as_bytes()), &package::digest(other.as_bytes()));
    fs::write(package.join(package::MANIFEST), &other).unwrap();
    fs::write(package.join(package::SUMS), sums).unwrap();
    assert_eq!(faults(&package), BTreeMap::new());
    let (code, told) = check(&["next", "--previous", "package"]);
    assert!(code == Some(4) && told.contains("manifest.json") && told.lines().count() == 2, "{told}");
    let next: Value = serde_json::from_slice(&fs::read(folder.path().join("next/manifest.json")).unwrap()).unwrap();
    assert_eq!(next["previous"]["manifest_sha256"], package::digest(manifest.as_bytes()));
}

#[test]
fn a_package_follows_neither_itself_nor_one_that_is_not_whole() {
    let (folder, package) = copy("follows");
    let refused = |out: &str, previous: &str| {
        let output = shipwake(folder.path(), &["report", "audit", "--out", out, "--previous", previous, "-q"]);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    for previous in ["package", "./package", "package/../package", "package/manifest.json"] {
        assert!(refused("package", previous).contains("cannot follow itself"), "{previous}");
    }
    fs::write(package.join("index.md"), "# Nothing happened\n").unwrap();
    let told = refused("next", "package");
    assert!(told.contains("not whole") && told.contains("index.md differs"), "{told}");
    assert!(!folder.path().join("next").exists());
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
fn another_package_is_replaced_only_where_that_was_said() {
    let (folder, package) = copy("replaced");
    // The same package again is no other one.
    report(folder.path(), &["--out", "package"]);
    let again = |arguments: &[&str]| {
        let other = ["report", "audit", "--out", "package", "--period", "2025-11", "-q"];
        let output = shipwake(folder.path(), &[&other, arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = again(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("holds another package") && said.contains("--replace"), "{said}");
    assert!(files(&package) == *made(), "nothing was touched");
    assert_eq!(again(&["--replace"]).0, Some(0));
    assert_eq!(faults(&package), BTreeMap::new());
    assert!(files(&package) != *made());
}

#[test]
fn the_manifest_tells_of_every_input() {
    let told: Value = serde_json::from_slice(&made()[Path::new(package::MANIFEST)]).unwrap();
    let inputs = told["inputs"].as_array().unwrap();
    // Windows that come again are rules of the settings, and no file.
    let of_files: Vec<&Value> = inputs.iter().filter(|input| input["format"] != "rules").collect();
    for input in &of_files {
        let bytes = fs::read(root().join(input["path"].as_str().unwrap())).unwrap();
        assert_eq!(input["sha256"], package::digest(&bytes), "{input}");
        assert!(input["rows_read"].as_u64() >= input["rows_kept"].as_u64());
    }
    assert_eq!(of_files.len(), support::sample().len());
    for key in ["program", "command", "as_of", "definitions_hash", "data_sha256", "queries_sha256", "audience"] {
        assert!(told[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
}

#[test]
fn a_dossier_is_one_deployment_and_every_other_table_names_one_of_them() {
    let folder = Folder::new("dossiers");
    let dossiers = rows(made(), "dossiers.csv");
    let ids: Vec<&String> = dossiers.iter().map(|row| &row["deployment_id"]).collect();
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len());
    let query = "select count(*) as n from production_deployments where status in ('succeeded', 'failed', 'rolled_back') \
                 and finished_at >= '2025-12-01T00:00:00Z' and finished_at < '2026-01-01T00:00:00Z'";
    let counted = stdout(folder.path(), &["sql", query, "--format", "csv", "-q"]);
    assert_eq!(counted, format!("n\n{}\n", ids.len()));
    // The register lists exceptions, whatever they name.
    let of_deployments = |name: &Path| {
        name.extension().is_some_and(|ending| ending == "csv")
            && name.parent() == Some(Path::new(""))
            && !matches!(name.to_str(), Some("controls.csv" | "exceptions.csv"))
    };
    for name in made().keys().filter(|name| of_deployments(name)) {
        for row in rows(made(), name.to_str().unwrap()) {
            assert!(ids.contains(&&row["deployment_id"]), "{}: {row:?}", name.display());
        }
    }
}

#[test]
fn a_control_counts_the_verdicts_of_the_dossiers_and_lists_what_did_not_pass() {
    let dossiers = rows(made(), "dossiers.csv");
    let controls = rows(made(), "controls.csv");
    let columns = [
        ("CM-01", "approval_verdict"),
        ("CM-02", "duties_verdict"),
        ("CM-03", "record_verdict"),
        ("CM-04", "freeze_verdict"),
    ];
    for (id, column) in columns {
        let control = controls.iter().find(|row| row["control_id"] == id).unwrap();
        let number = |verdict: &str| dossiers.iter().filter(|row| row[column] == verdict).count();
        assert_eq!(control["fail_count"], number("fail").to_string(), "{id}");
        assert_eq!(control["pass_count"], number("pass").to_string(), "{id}");
        let listed = number("fail") + number("excepted") + number("not evidenced");
        if listed > 0 {
            assert_eq!(rows(made(), &control["rows_file"]).len(), listed, "{id}");
        }
    }
    for row in controls.iter().filter(|row| !row["lacking"].is_empty()) {
        assert!(row["state"] == "not evidenced" && row["fail_count"].is_empty(), "unknown is not zero: {row:?}");
    }
}

#[test]
fn what_was_planted_in_december_is_found() {
    let violations = rows(made(), "violations.csv");
    let freezes: Vec<(&str, bool)> = violations
        .iter()
        .filter(|row| row["control"] == "freeze")
        .map(|row| (row["deployment_id"].as_str(), row["exception_id"].is_empty()))
        .collect();
    assert_eq!(freezes.len(), 2, "{freezes:?}");
    assert!(freezes.iter().any(|(_, is_open)| *is_open) && freezes.iter().any(|(_, is_open)| !is_open));
    let used: Vec<String> =
        rows(made(), "exceptions.csv").iter().map(|row| format!("{} {}", row["policy"], row["usage"])).collect();
    assert_eq!(used, ["freeze used"]);
}

#[test]
fn every_control_of_the_built_in_maps_names_something_that_exists() {
    let loading = Loading {
        data: Data::Files(&[]),
        besides: Vec::new(),
        now: 0,
        threads: 1,
        memory_limit: None,
        queries: None,
        progress: &|_, _, _| (),
    };
    let workspace = Workspace::open(Settings::read(&Flags::default()).unwrap(), &loading).unwrap();
    let maps = embedded::REPORTS.iter().filter(|(path, _)| path.starts_with(CONTROLS));
    let maps: Vec<ControlMap> = maps.map(|(path, text)| ControlMap::read(path, text).unwrap()).collect();
    assert_eq!(maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>(), ["generic", "iso-27001", "sox"]);
    for control in maps.iter().flat_map(|map| &map.controls) {
        match &control.source {
            EvidenceSource::Cases { cases, verdict } => {
                let columns = workspace.engine.columns(cases).unwrap();
                assert!(columns.field_with_name(verdict).is_ok(), "{}: {cases}.{verdict}", control.id);
            }
            EvidenceSource::Check { check } => assert!(workspace.catalogue.checks.contains_key(check), "{check}"),
        }
    }
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
    let arguments = ["--controls", "own.toml", "--queries", "queries", "--format", "markdown", "--out", "package"];
    report(folder.path(), &arguments);
    let controls = rows(&files(&folder.path().join("package")), "controls.csv");
    assert_eq!(controls.len(), 1);
    assert!(!controls[0]["pass_count"].is_empty());
    folder.write("own.toml", map("mood"));
    let output = shipwake(folder.path(), &[&["report", "audit", "-q"][..], &arguments].concat());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no column `mood`"));
}
