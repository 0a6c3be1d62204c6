//! The dashboard, the release dossier, the week, and reports of a user's own: whole, safe, the same every time.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use support::{Folder, files, shipwake, stdout};

/// The dashboard of a small log, with the folder to write into left out.
const SMALL: [&str; 6] = ["report", "trend", "--data", "log.csv", "--as-of", "2026-07-01T00:00:00Z"];

/// The dashboard of the sample company, written once.
static SAMPLE: LazyLock<Pages> = LazyLock::new(|| {
    let folder = Folder::new("sample-site");
    written(&folder, &["report", "trend", "--out", "out"])
});

type Pages = BTreeMap<PathBuf, Vec<u8>>;

fn written(folder: &Folder, arguments: &[&str]) -> Pages {
    let output = shipwake(folder.path(), arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    files(&folder.path().join("out"))
}

fn told(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let output = shipwake(folder.path(), arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == '│').filter(|word| !word.is_empty()).collect();
    (output.status.code().unwrap_or(-1), words.join(" "))
}

fn text(pages: &Pages, path: &str) -> String {
    String::from_utf8(pages.get(Path::new(path)).unwrap_or_else(|| panic!("no {path}")).clone()).unwrap()
}

fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    let values = page.split(opening.as_str()).skip(1);
    values.filter_map(|rest| rest.split_once('"').map(|(value, _)| value)).collect()
}

/// Every link of every page that leads to no file, or to no anchor of it.
fn dangling(pages: &Pages) -> Vec<String> {
    let html: BTreeMap<&PathBuf, String> = pages
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "html"))
        .map(|(path, bytes)| (path, String::from_utf8(bytes.clone()).unwrap()))
        .collect();
    let ids: BTreeMap<&PathBuf, BTreeSet<&str>> =
        html.iter().map(|(path, page)| (*path, attributes(page, "id").into_iter().collect())).collect();
    let mut found = Vec::new();
    for (path, page) in &html {
        for link in ["href", "src", "action"].iter().flat_map(|name| attributes(page, name)) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let mut target = path.parent().unwrap().to_path_buf();
            for part in file.split('/').filter(|part| !part.is_empty()) {
                if part == ".." {
                    target.pop();
                } else {
                    target.push(part);
                }
            }
            let target = if file.is_empty() { (*path).clone() } else { target };
            let is_there = pages.contains_key(&target);
            let has_anchor = anchor.is_empty() || ids.get(&target).is_some_and(|ids| ids.contains(anchor));
            if !is_there || !has_anchor {
                found.push(format!("{}: {link}", path.display()));
            }
        }
    }
    found
}

/// Six months of three services, of which two look alike on disk, by teams whose names would break a page.
fn hostile() -> String {
    let mut lines = vec!["deployment_id,service,team,status,started_at,finished_at".to_owned()];
    let services = [("Check out", "<b>a & b</b>"), ("check-out", "../../etc"), ("<script>alert(1)</script>", "")];
    for month in 1..=6 {
        for (index, (service, team)) in services.iter().enumerate() {
            for day in 1..=9 {
                let at = format!("2026-{month:02}-0{day}T1{index}:00:00Z");
                lines.push(format!("D{month}-{day}-{index},{service},{team},succeeded,{at},{at}"));
            }
        }
    }
    lines.join("\n")
}

#[test]
fn the_site_is_whole_and_every_link_leads_somewhere() {
    let pages = &*SAMPLE;
    assert_eq!(dangling(pages), Vec::<String>::new());
    let below = |start: &str| pages.keys().filter(|path| path.starts_with(start)).count();
    assert_eq!((below("team"), below("service"), below("metric")), (4, 12, 6));
    for path in pages.keys().filter(|path| path.extension().is_some_and(|ending| ending == "html")) {
        let is_in_weeks = path.starts_with("weekly");
        let counterpart =
            if is_in_weeks { path.strip_prefix("weekly").unwrap().into() } else { Path::new("weekly").join(path) };
        assert!(pages.contains_key(&counterpart), "{} has no counterpart", path.display());
    }
    let overview = text(pages, "index.html");
    assert!(overview.len() < 500_000, "{} bytes", overview.len());
    assert!(overview.contains("Change fail rate of payments rose"), "the planted story is told");
}

#[test]
fn a_site_loads_nothing_and_says_nothing_that_a_log_can_forge() {
    let folder = Folder::new("forged");
    folder.write("log.csv", hostile());
    let pages = written(&folder, &[&SMALL[..], &["--out", "out"]].concat());
    assert_eq!(dangling(&pages), Vec::<String>::new());
    for (path, bytes) in pages.iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "html")) {
        let page = String::from_utf8(bytes.clone()).unwrap();
        for word in ["<script>alert", "<b>a &", "http://", "https://", "@import", "url("] {
            assert!(!page.contains(word), "{}: {word}", path.display());
        }
        assert_eq!(page.matches("<script").count(), 1, "{}", path.display());
    }
    let services: BTreeSet<String> = pages
        .keys()
        .filter(|path| path.starts_with("service"))
        .map(|path| path.to_string_lossy().to_lowercase())
        .collect();
    assert_eq!(services.len(), 3, "{services:?}");
}

#[test]
fn the_same_data_give_the_same_site_whatever_the_threads() {
    let folder = Folder::new("same");
    folder.write("log.csv", hostile());
    let one = written(&folder, &[&SMALL[..], &["--out", "out", "--threads", "1"]].concat());
    let many = written(&folder, &[&SMALL[..], &["--out", "out", "--threads", "4"]].concat());
    assert_eq!(one.keys().collect::<Vec<_>>(), many.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(many[path] == *bytes, "{}", path.display());
    }
}

#[test]
fn a_site_replaces_a_site_and_nothing_else() {
    let folder = Folder::new("replaces");
    let again = [&SMALL[..], &["--out", "out"]].concat();
    folder.write("log.csv", format!("{}\nD,gone,,succeeded,2026-05-01T10:00:00Z,2026-05-01T10:00:00Z", hostile()));
    assert!(written(&folder, &again).contains_key(Path::new("service/gone.html")));
    folder.write("log.csv", hostile());
    assert!(!written(&folder, &again).contains_key(Path::new("service/gone.html")));
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 2, "{beside:?}");

    folder.write("out/notes.txt", "mine");
    let (code, error) = told(&folder, &again);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("`notes.txt`, which is no part of a site") && error.contains("--out"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("out/notes.txt")).unwrap(), "mine");
}

#[test]
fn numbers_of_a_team_are_those_of_the_metric() {
    let folder = Folder::new("numbers");
    let pages = &*SAMPLE;
    let rows = stdout(
        folder.path(),
        &[
            "metric",
            "change_fail_rate",
            "--grain",
            "month",
            "--by",
            "team",
            "--from",
            "2026-10-01",
            "--until",
            "2026-11-01",
            "--format",
            "csv",
            "-q",
        ],
    );
    let payments = rows.lines().find(|line| line.starts_with("payments,")).unwrap();
    let cells: Vec<&str> = payments.split(',').collect();
    let value: f64 = cells[3].parse().unwrap();
    let page = text(pages, "team/payments.html");
    let shown = format!("{:.1}\u{202f}%", value * 100.0);
    assert!(page.contains(&shown), "{shown}");
    // The command beside a figure asks for this team alone.
    assert!(page.contains("--where &#x27;team = &#x27;\\&#x27;&#x27;payments"), "the command is narrowed");
}

#[test]
fn a_release_is_told_with_all_that_is_known_of_it() {
    let folder = Folder::new("release");
    let pages = written(&folder, &["report", "release", "--deployment", "D-0009", "--out", "out"]);
    let page = text(&pages, "report.md");
    for part in
        ["What was in it?", "Who approved it?", "Was it like the ones before?", "What followed?", "What happened when?"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("Deployment D-0009 reached production on"), "{page}");
    assert!(page.contains("--deployment D-0009"), "the command can be typed again");
}

/// Five daily deployments of one service: the fifth took 3 minutes, those before 1, 2, 3 and 4.
const DEPLOYMENTS: &str = "\
deployment_id,service,environment,version,status,started_at,finished_at
D1,a,production,1.1,succeeded,2026-03-01T09:59:00Z,2026-03-01T10:00:00Z
D2,a,production,1.2,succeeded,2026-03-02T09:58:00Z,2026-03-02T10:00:00Z
D3,a,production,1.3,succeeded,2026-03-03T09:57:00Z,2026-03-03T10:00:00Z
D4,a,production,1.4,succeeded,2026-03-04T09:56:00Z,2026-03-04T10:00:00Z
D5,a,production,1.5,succeeded,2026-03-05T09:57:00Z,2026-03-05T10:00:00Z
S5,a,staging,1.5,succeeded,2026-03-04T11:57:00Z,2026-03-04T12:00:00Z
";

/// One that names the deployment, half an hour after it; one 30 hours after it; one 80 hours after it.
const INCIDENTS: &str = "\
incident_id,service,severity,opened_at,resolved_at,deployment_id
I1,a,sev2,2026-03-05T10:30:00Z,2026-03-05T11:00:00Z,D5
I2,a,sev3,2026-03-06T16:00:00Z,2026-03-06T17:00:00Z,
I3,a,sev3,2026-03-08T18:00:00Z,2026-03-08T19:00:00Z,
";

#[test]
fn a_release_is_set_against_those_before_it_and_what_followed_is_counted() {
    let folder = Folder::new("peers");
    folder.write("deployments.csv", DEPLOYMENTS);
    folder.write("incidents.csv", INCIDENTS);
    let data = ["--data", "deployments.csv", "--data", "incidents.csv", "--as-of", "2026-04-01T00:00:00Z"];
    let asked = [&["report", "release", "--version", "1.5", "--format", "json", "--out", "out"], &data[..]].concat();
    let report: Value = serde_json::from_slice(&written(&folder, &asked)[Path::new("report.json")]).unwrap();
    assert_eq!(
        report["headline"],
        "Version 1.5 reached production on 2026-03-05 10:00 and failed, by the rule “incident”."
    );
    let rows = |section: &str, block: usize| -> Vec<String> {
        let found = report["sections"].as_array().unwrap().iter().find(|one| one["id"] == section).unwrap();
        let cells = |row: &Value| {
            let texts: Vec<&str> = row.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            texts.join(" | ").replace('\u{202f}', " ")
        };
        found["blocks"][block]["rows"].as_array().unwrap().iter().map(cells).collect()
    };
    // Of 60, 120, 180 and 240 s the median is 150 s; 180 s exceeds two and equals one, which counts half: 2.5 of 4.
    assert_eq!(rows("peers", 0), ["a | Duration | 3 min | 2.5 min | 62.5 % | 4 before"]);
    assert_eq!(rows("aftermath", 0), ["1 h | 1 | 1 | 0 | 0", "1 d | 1 | 1 | 0 | 0", "3 d | 2 | 2 | 0 | 0"]);
    let incidents = rows("aftermath", 1);
    assert_eq!(incidents.len(), 2, "{incidents:?}");
    assert!(incidents[0].starts_with("I1") && incidents[0].contains("explicit"), "{incidents:?}");
    assert!(incidents[1].starts_with("I2") && incidents[1].contains("proximity"), "{incidents:?}");
}

#[test]
fn a_release_that_is_not_there_is_answered_with_those_near_it() {
    let folder = Folder::new("near");
    let (code, error) = told(&folder, &["report", "release", "--deployment", "D-00009"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("no deployment bears the deployment D-00009") && error.contains("D-0009"), "{error}");
    let (code, error) = told(&folder, &["report", "release"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("none is named") && error.contains("--version"), "{error}");
    let (code, error) = told(&folder, &["report", "release", "--deployment", "D-0009", "--audience", "public"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("`--audience public` leaves such names out"), "{error}");
    let (code, error) = told(&folder, &["report", "monthly", "--version", "1.0"]);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("is not about one release"), "{error}");
}

#[test]
fn the_week_tells_what_is_open_and_what_is_coming() {
    let folder = Folder::new("week");
    let pages = written(&folder, &["report", "weekly", "--out", "out"]);
    let page = text(&pages, "report.md");
    for part in ["What changed?", "What broke?", "What is open?", "What is coming?"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("I-238"), "the open incident is told");
}

const OWN: &str = r#"
name = "monthly"
title = "Our month"
audience = "For us"
grain = "month"
history = 12
shown = 12

[[sections]]
kind = "cards"
id = "cards"
title = "Numbers"
metrics = ["deployment_frequency"]
"#;

#[test]
fn own_definitions_templates_and_colours_take_the_place_of_ours() {
    let folder = Folder::new("own");
    folder.write("own/monthly.toml", OWN);
    folder.write("own/style.css", ":root { --link: rebeccapurple }");
    let pages = written(&folder, &["report", "--reports", "own", "--out", "out"]);
    let page = text(&pages, "report.html");
    assert!(page.contains("Our month, October 2026") && page.contains("rebeccapurple"));
    assert!(!page.contains("change-fail-rate"));

    folder.write("own/page.html", "{{ report.title }} by us");
    let pages = written(&folder, &["report", "--reports", "own", "--out", "out"]);
    assert_eq!(text(&pages, "report.html"), "Our month, October 2026 by us");

    folder.write("own/site.html", "{{ report.title }}, our site");
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    folder.write("log.csv", hostile());
    let pages = written(&folder, &[&SMALL[..], &["--reports", "own", "--out", "out"]].concat());
    assert_eq!(text(&pages, "index.html"), "Release trends, June 2026, our site");
}

#[test]
fn what_is_wrong_with_an_own_report_is_told_with_its_line() {
    let folder = Folder::new("wrong");
    let report = ["report", "--reports", "own", "--out", "out"];
    folder.write("own/monthly.toml", OWN.replace("shown = 12", "shown = \"all\""));
    let (code, error) = told(&folder, &report);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("monthly.toml:7:9"), "{error}");

    folder.write("own/monthly.toml", OWN.replace("[\"deployment_frequency\"]", "[\"deployment_frequencies\"]"));
    let (code, error) = told(&folder, &report);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("monthly.toml:13:12") && error.contains("did you mean deployment_frequency"), "{error}");

    folder.write("own/monthly.toml", OWN);
    folder.write("own/page.html", "<p>\n{{ report.titel }}");
    let (code, error) = told(&folder, &report);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("`page.html`, line 2") && error.contains("report.titel"), "{error}");
}
