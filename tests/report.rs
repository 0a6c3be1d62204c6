//! The report on the sample: it finds every planted story, stays as it was committed, and every number can be asked.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Folder, files, json, root, shipwake, stdout};

fn findings() -> Value {
    let folder = Folder::new("findings");
    let output = shipwake(folder.path(), &["report", "--format", "json", "--out", "out", "-q"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&fs::read(folder.path().join("out/report.json")).unwrap()).unwrap()
}

fn section<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["sections"].as_array().unwrap().iter().find(|section| section["id"] == id).unwrap()
}

/// The rows of the table with this caption, cells joined.
fn table(section: &Value, caption: &str) -> Vec<String> {
    let block = section["blocks"].as_array().unwrap().iter().find(|block| block["caption"] == caption).unwrap();
    let rows = block["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| row.as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "))
        .collect()
}

#[test]
fn the_report_finds_the_planted_stories() {
    let report = findings();
    let look = table(section(&report, "look"), "Findings that hold, most certain first").join("\n");
    assert!(look.contains("Change fail rate of payments rose"), "{look}");
    assert!(look.contains("checkout, Friday evening"), "{look}");
    assert!(look.contains("Time to restore of platform fell"), "{look}");
    let cases = table(section(&report, "cases"), "Incidents that deserve a look");
    let open: Vec<&String> = cases.iter().filter(|row| row.contains("| yes |")).collect();
    assert_eq!(open.len(), 1, "one incident is open: {open:?}");
    assert!(open[0].starts_with("I-238"), "{open:?}");
}

#[test]
fn what_the_nearest_deployment_did_not_cause_is_told() {
    let folder = Folder::new("nearest");
    let query = "select incident_id from judged_incidents \
                 where rule in ('explicit', 'version') and nearest_deployment_id <> deployment_id order by 1";
    let found = json(folder.path(), &["sql", query, "--format", "json", "-q"]);
    let ids: Vec<&str> = found.as_array().unwrap().iter().filter_map(|row| row["incident_id"].as_str()).collect();
    for planted in ["I-052", "I-074", "I-106", "I-165", "I-189"] {
        assert!(ids.contains(&planted), "{planted} in {ids:?}");
    }
}

#[test]
fn nothing_is_found_that_was_not_planted() {
    let report = findings();
    for row in table(section(&report, "look"), "Findings that hold, most certain first") {
        let is_planted = ["payments", "checkout", "platform"].iter().any(|name| row.contains(name));
        assert!(is_planted, "{row}");
    }
}

/// The headline of the governance report on one table of deployments.
fn governance_headline(deployments: &str) -> String {
    let folder = Folder::new("rules");
    folder.write("deployments.csv", deployments);
    let options = ["--data", "deployments.csv", "--as-of", "2026-07-01T00:00:00Z", "--format", "json", "--out", "out"];
    let output = shipwake(folder.path(), &[&["report", "governance", "-q"][..], &options].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("out/report.json")).unwrap()).unwrap();
    report["headline"].as_str().unwrap().replace('\u{202f}', " ")
}

#[test]
fn a_report_about_rules_is_headed_by_what_was_kept_least() {
    let plain = "deployment_id,service,status,finished_at,ticket_id\n\
                 d1,shop,succeeded,2026-06-02T10:00:00Z,t1\n\
                 d2,shop,succeeded,2026-06-03T10:00:00Z,\n";
    let one = "1 of 2 deployments carried out have a change record (50 %, so far) in June 2026; of 5 rules no other can be judged.";
    assert_eq!(governance_headline(plain), one);
    let reviewed = "deployment_id,service,status,finished_at,ticket_id,approved_by,requested_by,deployed_by\n\
                    d1,shop,succeeded,2026-06-02T10:00:00Z,t1,ann,bob,eve\n\
                    d2,shop,succeeded,2026-06-03T10:00:00Z,t2,bob,bob,eve\n";
    let two = governance_headline(reviewed);
    assert!(two.starts_with("Kept least of 2 rules in June 2026: 1 of 2 deployments that need an approval"), "{two}");
    let nothing = "deployment_id,service,status,finished_at\nd1,shop,succeeded,2026-06-02T10:00:00Z\n";
    assert_eq!(governance_headline(nothing), "None of the 5 rules can be judged in June 2026.");
}

#[test]
fn the_committed_samples_are_what_the_program_writes() {
    for name in ["monthly", "governance"] {
        let folder = Folder::new("sample");
        let output = shipwake(folder.path(), &["report", name, "--out", "out", "-q"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        is_committed(&root().join("reports/samples").join(name), &files(&folder.path().join("out")));
    }
}

/// Holds the files written against those in a folder of the repository; with `SHIPWAKE_BLESS=1` they take their place.
fn is_committed(committed: &Path, written: &BTreeMap<PathBuf, Vec<u8>>) {
    if std::env::var_os("SHIPWAKE_BLESS").is_some() {
        let _ = fs::remove_dir_all(committed);
        for (name, bytes) in written {
            fs::create_dir_all(committed.join(name).parent().unwrap()).unwrap();
            fs::write(committed.join(name), bytes).unwrap();
        }
    }
    let expected = files(committed);
    assert_eq!(expected.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
    for (name, bytes) in written {
        assert!(
            &expected[name] == bytes,
            "{}: run the test with SHIPWAKE_BLESS=1 and look at the difference",
            committed.join(name).display()
        );
    }
}

#[test]
fn the_rows_behind_a_number_are_as_many_as_its_n() {
    let folder = Folder::new("rows");
    let report = findings();
    let mut asked = 0;
    for section in report["sections"].as_array().unwrap() {
        for figure in section["blocks"].as_array().unwrap().iter().filter(|block| block["block"] == "figure") {
            let command = figure["command"].as_str().unwrap();
            let Some(rest) = command.strip_prefix("shipwake explain ") else { continue };
            let mut arguments = vec!["explain"];
            arguments.extend(rest.split(' '));
            arguments.extend(["--format", "csv", "-q"]);
            let rows = stdout(folder.path(), &arguments).lines().count() - 1;
            let metric = figure["metric"].as_str().unwrap();
            let days: Vec<&str> = rest.split(' ').skip_while(|word| *word != "--from").collect();
            let mut asked_for = vec!["metric", metric, "--grain", "total", "--format", "json", "-q"];
            asked_for.extend(days);
            let total = json(folder.path(), &asked_for);
            let n: u64 = total["rows"].as_array().unwrap().iter().map(|row| row["n"].as_u64().unwrap()).sum();
            assert_eq!(rows as u64, n, "{metric}");
            asked += 1;
        }
    }
    assert!(asked >= 12, "{asked} figures were asked");
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = fs::read_to_string(root().join("reports/samples/monthly/report.html")).unwrap();
    for word in ["src=\"http", "href=\"http", "@import", "<script ", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<script>").count(), 1, "one script of ours, which the policy names by its digest");
    assert!(page.len() < 800_000, "{} bytes", page.len());
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/samples/monthly/figures").is_dir());
}

#[test]
fn every_form_is_listed_and_a_misspelt_one_is_answered_with_them() {
    let folder = Folder::new("forms");
    let help = stdout(folder.path(), &["report", "--help"]);
    for form in
        ["csv", "eml", "html", "json", "markdown", "parquet", "pdf", "png", "prometheus", "slack", "slides", "xlsx"]
    {
        assert!(help.contains(&format!("- {form}: ")), "{form} in {help}");
    }
    let output = shipwake(folder.path(), &["report", "--format", "pfd"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`pdf`"));
}

#[test]
fn a_wrong_template_of_ones_own_is_told_with_its_line_and_nothing_is_written() {
    let folder = Folder::new("templates");
    folder.write("own/report.typ", "// A page.\n#let x = (1\n");
    folder.write("bad/page.html", "<p>\n{{ report.titel }}");
    for (reports, form, expected) in
        [("own", "pdf", "`report.typ`, line 2: "), ("bad", "html", "`page.html`, line 2: ")]
    {
        let output = shipwake(folder.path(), &["report", "--reports", reports, "--format", form, "--out", "out", "-q"]);
        let told = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn tables_and_the_textfile_tell_the_numbers_of_the_json() {
    let folder = Folder::new("tables");
    let output = shipwake(folder.path(), &["report", "--format", "json,csv,prometheus", "--out", "out", "-q"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    let cards = section(&report, "overview")["blocks"][0]["cards"].as_array().unwrap();
    let card = cards.iter().find(|card| card["metric"] == "change_fail_rate").unwrap();
    let points = card["spark"]["series"]["points"].as_array().unwrap();
    let (header, rows) = support::records(&read("csv/change_fail_rate.csv"));
    let column = |name: &str| header.iter().position(|title| title == name).unwrap();
    for point in points {
        let row = rows.iter().find(|row| row[column("period_start")] == point["at"].as_str().unwrap()).unwrap();
        let (told, drawn) = (row[column("value")].parse::<f64>().unwrap(), point["value"].as_f64().unwrap());
        // The last digit is lost where JSON is read, not where it is written.
        assert!((told - drawn).abs() <= 1e-12 * drawn.abs(), "{told} {drawn} {row:?}");
        assert_eq!(row[column("n")].parse::<u64>().ok(), point["n"].as_u64(), "{row:?}");
    }
    let last = points.last().unwrap()["value"].as_f64().unwrap();
    let line = format!("shipwake_change_fail_ratio{{grain=\"month\",period=\"2026-10-01\"}} {last}\n");
    assert!(read("shipwake.prom").contains(&line), "{line}");
}
