//! Payloads that other tools' APIs returned, as Apache DevLake recorded them, against the rows that DevLake derives:
//! status, commit and times agree, or differ by a decision that stands here.
//!
//! The data is not part of the project. Where it is absent, every test says so and passes.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use shipwake::source::Spec;
use support::read::{Row, load, rows};
use support::{Folder, root};

/// The folder of the data, or none after saying that the test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data/devlake").join(name);
    if path.exists() {
        return Some(path);
    }
    // Not `eprintln!`: what that prints is hidden where a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {} is not there", path.display());
    None
}

fn csv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// The payloads of a raw table, read as a source; `toml` is what the source says besides its path.
fn read(path: &Path, table: &str, toml: &str) -> Vec<Row> {
    let payloads: Vec<String> = csv(path).into_iter().map(|row| row["data"].clone()).collect();
    let folder = Folder::new("devlake");
    folder.write("payloads.ndjson", payloads.join("\n"));
    let spec: Spec = toml::from_str(&format!("name = 'payloads'\npath = 'payloads.ndjson'\n{toml}")).unwrap();
    rows(&load(&[spec], folder.path()).unwrap(), table)
}

/// An instant in one spelling, with so many digits of a second.
fn at(text: &str, digits: u16) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.with_timezone(&Utc).trunc_subsecs(digits).to_rfc3339_opts(SecondsFormat::Millis, true),
        Err(_) => text.to_owned(),
    }
}

/// Compares columns (ours, theirs) of rows with the same key; what differs, as `key column: ours, not theirs`.
fn differences(
    ours: &[Row],
    key: impl Fn(&Row) -> String,
    theirs: &BTreeMap<String, BTreeMap<String, String>>,
    columns: &[(&str, &str)],
    translate: impl Fn(&str, &str) -> String,
    digits: u16,
) -> Vec<String> {
    let mut all = Vec::new();
    let mut compared = 0;
    for row in ours {
        let key = key(row);
        let Some(expected) = theirs.get(&key) else {
            continue;
        };
        compared += 1;
        for (our, their) in columns {
            let found = row.get(*our).map_or(String::new(), |value| at(value, digits));
            let wanted = at(&translate(their, &expected[*their]), digits);
            if found != wanted {
                all.push(format!("{key} {our}: {found}, not {wanted}"));
            }
        }
    }
    assert_eq!(compared, theirs.len(), "every row that is expected is there");
    all.sort();
    all
}

fn last_part(text: &str) -> String {
    text.rsplit(':').next().unwrap_or(text).to_owned()
}

fn by(rows: Vec<BTreeMap<String, String>>, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    rows.into_iter().map(|row| (last_part(&row[key]), row)).collect()
}

/// The number that the tool knows a deployment by: `41` of `gitlab:acme/shop#41`.
fn number(key: &str) -> String {
    key.rsplit_once([':', '#']).map_or(key, |(_, number)| number).to_owned()
}

fn same(_: &str, value: &str) -> String {
    value.to_owned()
}

#[test]
fn gitlab_deployments_agree() {
    let Some(path) = data("gitlab") else { return };
    let ours = read(&path.join("raw_tables/_raw_gitlab_api_deployments.csv"), "deployments", "");
    let theirs = by(csv(&path.join("snapshot_tables/cicd_deployments.csv")), "id");
    let commits = by(csv(&path.join("snapshot_tables/cicd_deployment_commits.csv")), "id");
    let id = |row: &Row| number(&row["deployment_id"]);
    let status = |column: &str, value: &str| match (column, value) {
        ("original_status", "success" | "completed") => "succeeded".into(),
        ("original_status", "created" | "running" | "blocked") => "in_progress".into(),
        (_, value) => value.to_owned(),
    };
    let columns = [
        ("status", "original_status"),
        ("environment", "original_environment"),
        ("requested_at", "created_date"),
        ("started_at", "started_date"),
        ("finished_at", "finished_date"),
    ];
    assert_eq!(
        differences(&ours, id, &theirs, &columns, status, 3),
        [
            // Its job was skipped: when the deployment was last changed stands in for its end.
            "13432768 finished_at: 2019-03-13T15:02:23.332Z, not ",
            // Cancelled is not failed.
            "13436532 status: cancelled, not canceled",
            // A word that GitLab's documentation does not have.
            "13436915 status: unknown, not undeployed",
        ]
    );
    assert_eq!(differences(&ours, id, &commits, &[("commit_sha", "commit_sha")], same, 3), Vec::<String>::new());
}

#[test]
fn gitlab_merge_requests_and_issues_agree() {
    let Some(path) = data("gitlab") else { return };
    let ours = read(&path.join("raw_tables/_raw_gitlab_api_merge_requests.csv"), "changes", "");
    let theirs = by(csv(&path.join("snapshot_tables/pull_requests.csv")), "pull_request_key");
    let number = |row: &Row| row["change_id"].rsplit('!').next().unwrap().to_owned();
    let columns = [("opened_at", "created_date"), ("merged_at", "merged_date"), ("author", "author_name")];
    assert_eq!(differences(&ours, number, &theirs, &columns, same, 3), Vec::<String>::new());
    let merged: BTreeMap<_, _> = theirs.into_iter().filter(|(_, row)| row["status"] == "MERGED").collect();
    let commit = [("commit_sha", "merge_commit_sha")];
    assert_eq!(differences(&ours, number, &merged, &commit, same, 3), Vec::<String>::new());

    let ours = read(&path.join("raw_tables/_raw_gitlab_api_issues.csv"), "tickets", "");
    let theirs = by(csv(&path.join("snapshot_tables/issues.csv")), "issue_key");
    let number = |row: &Row| row["ticket_id"].rsplit('!').next().unwrap().to_owned();
    let status = |column: &str, value: &str| match (column, value) {
        ("status", "TODO") => "open".into(),
        ("status", "DONE") => "closed".into(),
        (_, value) => value.to_owned(),
    };
    let columns = [("status", "status"), ("created_at", "created_date"), ("resolved_at", "resolution_date")];
    assert_eq!(differences(&ours, number, &theirs, &columns, status, 3), Vec::<String>::new());
}

#[test]
fn gitlab_pipelines_agree() {
    let Some(path) = data("gitlab") else { return };
    let raw = path.join("raw_tables/_raw_gitlab_api_pipeline_details.csv");
    assert_eq!(read(&raw, "deployments", ""), [], "none says that it deploys");
    let ours = read(&raw, "deployments", "table = 'deployments'");
    let theirs = by(csv(&path.join("snapshot_tables/cicd_pipelines.csv")), "id");
    let status = |column: &str, value: &str| match (column, value) {
        ("result", "SUCCESS") => "succeeded".into(),
        ("result", "FAILURE") => "failed".into(),
        (_, value) => value.to_owned(),
    };
    let id = |row: &Row| number(&row["deployment_id"]);
    let columns = [
        ("status", "result"),
        ("requested_at", "created_date"),
        ("started_at", "started_date"),
        ("finished_at", "finished_date"),
    ];
    assert_eq!(differences(&ours, id, &theirs, &columns, status, 3), Vec::<String>::new());
}

#[test]
fn github_runs_agree() {
    let Some(path) = data("github") else { return };
    let raw = path.join("raw_tables/_raw_github_api_runs.csv");
    assert_eq!(read(&raw, "deployments", ""), [], "none says that it deploys");
    let ours = read(&raw, "deployments", "table = 'deployments'");
    let theirs = by(csv(&path.join("snapshot_tables/cicd_pipelines.csv")), "id");
    let commits = by(csv(&path.join("snapshot_tables/cicd_pipeline_commits.csv")), "pipeline_id");
    let status = |column: &str, value: &str| match (column, value) {
        ("result", "SUCCESS") => "succeeded".into(),
        ("result", "FAILURE") => "failed".into(),
        ("result", "") => "unknown".into(),
        (_, value) => value.to_owned(),
    };
    let id = |row: &Row| number(&row["deployment_id"]);
    let columns = [
        ("status", "result"),
        ("requested_at", "created_date"),
        ("started_at", "started_date"),
        ("finished_at", "finished_date"),
    ];
    assert_eq!(differences(&ours, id, &commits, &[("commit_sha", "commit_sha")], same, 3), Vec::<String>::new());
    let (cancelled, running): (Vec<String>, Vec<String>) =
        differences(&ours, id, &theirs, &columns, status, 3).into_iter().partition(|one| one.contains("cancelled"));
    // Neither what was cancelled nor what was skipped has failed, and both have ended.
    assert_eq!(cancelled, ["2559400725 status: cancelled, not failed", "2559400733 status: cancelled, not unknown"]);
    // A run without conclusion, or one that waits for somebody, has not ended: when it last changed is no end.
    let is_decided =
        |one: &String| one.contains(" status: in_progress, not unknown") || one.contains(" finished_at: , not ");
    assert!(running.iter().all(is_decided), "{running:?}");
    assert_eq!(running.len(), 2 * 8);
}

#[test]
fn github_pull_requests_agree() {
    let Some(path) = data("github") else { return };
    let ours = read(&path.join("raw_tables/_raw_github_api_pull_requests.csv"), "changes", "");
    let theirs = by(csv(&path.join("snapshot_tables/pull_requests.csv")), "pull_request_key");
    let number = |row: &Row| row["change_id"].rsplit('#').next().unwrap().to_owned();
    let columns = [("opened_at", "created_date"), ("merged_at", "merged_date"), ("author", "author_name")];
    assert_eq!(differences(&ours, number, &theirs, &columns, same, 3), Vec::<String>::new());
    let merged: BTreeMap<_, _> = theirs.into_iter().filter(|(_, row)| row["status"] == "MERGED").collect();
    let commit = [("commit_sha", "merge_commit_sha")];
    assert_eq!(differences(&ours, number, &merged, &commit, same, 3), Vec::<String>::new());
}

#[test]
fn pagerduty_incidents_agree() {
    let Some(path) = data("pagerduty") else { return };
    let ours = read(&path.join("raw_tables/_raw_pagerduty_incidents.csv"), "incidents", "");
    let mut theirs = BTreeMap::new();
    for row in csv(&path.join("snapshot_tables/issues.csv")) {
        theirs.insert(row["url"].rsplit('/').next().unwrap().to_owned(), row);
    }
    let status = |column: &str, value: &str| match (column, value) {
        ("status", "TODO") => "open".into(),
        ("status", "IN_PROGRESS") => "acknowledged".into(),
        ("status", "DONE") => "resolved".into(),
        (_, value) => value.to_owned(),
    };
    let id = |row: &Row| row["incident_id"].clone();
    let columns = [
        ("status", "status"),
        ("opened_at", "created_date"),
        ("resolved_at", "resolution_date"),
        ("updated_at", "updated_date"),
    ];
    assert_eq!(differences(&ours, id, &theirs, &columns, status, 3), Vec::<String>::new());
}

#[test]
fn jira_issues_agree() {
    let Some(path) = data("jira") else { return };
    let ours = read(&path.join("raw_tables/_raw_jira_api_issues.csv"), "tickets", "");
    let theirs = by(csv(&path.join("snapshot_tables/issues.csv")), "issue_key");
    let id = |row: &Row| row["ticket_id"].clone();
    let columns = [("created_at", "created_date"), ("resolved_at", "resolution_date"), ("updated_at", "updated_date")];
    assert_eq!(differences(&ours, id, &theirs, &columns, same, 3), Vec::<String>::new());
}

#[test]
fn jenkins_builds_agree() {
    let Some(path) = data("jenkins") else { return };
    let ours = read(&path.join("raw_tables/_raw_jenkins_api_builds.csv"), "deployments", "table = 'deployments'");
    let theirs = by(csv(&path.join("snapshot_tables/cicd_pipelines.csv")), "id");
    let commits = by(csv(&path.join("snapshot_tables/cicd_pipeline_commits.csv")), "pipeline_id");
    let status = |column: &str, value: &str| match (column, value) {
        ("original_result", "SUCCESS") => "succeeded".into(),
        ("original_result", "FAILURE") => "failed".into(),
        ("environment", "PRODUCTION") => "production".into(),
        (_, value) => value.to_owned(),
    };
    let id = |row: &Row| row["deployment_id"].clone();
    let columns = [("status", "original_result"), ("environment", "environment"), ("started_at", "created_date")];
    let job = "Test-jenkins-dir/test-jenkins-sub-dir/test-sub-sub-dir/devlake";
    // DevLake cuts the fraction of the start, and adds the duration to what is left.
    assert_eq!(
        differences(&ours, id, &theirs, &columns, status, 0),
        [
            // Three builds still run, whatever result they have so far.
            format!("{job}#10001 status: in_progress, not succeeded"),
            format!("{job}#10002 status: in_progress, not failed"),
            // Cancelled is not failed.
            format!("{job}#10003 status: cancelled, not ABORTED"),
            // A word that Jenkins does not have: its own is NOT_BUILT.
            format!("{job}#10004 status: unknown, not NOT_BUILD"),
            // Carried out, with tests that say that something is wrong.
            format!("{job}#10005 status: succeeded, not UNSTABLE"),
            format!("{job}#27 status: in_progress, not succeeded"),
        ]
    );
    assert_eq!(differences(&ours, id, &commits, &[("commit_sha", "commit_sha")], same, 0), Vec::<String>::new());
}

/// Every file that other people recorded is read as it lies there, and every record of it is counted.
#[test]
fn recorded_files_need_no_settings() {
    let Some(_) = data("github") else { return };
    let shared = root().join("../shared/data");
    let counts = |folder: &str, table: &str| {
        let spec = Spec { name: "recorded".into(), path: folder.to_owned(), ..Spec::default() };
        rows(&load(&[spec], &shared).unwrap(), table).len()
    };
    assert_eq!(counts("cdevents/conformance", "deployments"), 1, "three events of one identifier");
    assert_eq!(counts("cdevents/conformance", "incidents"), 1);
    assert_eq!(counts("faros/zendesk", "tickets"), 14);
    assert_eq!(counts("faros/statuspage", "incidents"), 5);
    assert_eq!(counts("faros/servicenow", "incidents"), 2);
    assert_eq!(counts("github_rest/listReleases/__files", "deployments"), 30);
    assert_eq!(counts("github_rest/testGetDeploymentStatuses/__files", "deployments"), 1);
    assert_eq!(counts("github_rest/testMakeLatestRelease/__files", "deployments"), 2);
    assert_eq!(counts("argocd/diff-cache_application.yaml", "deployments"), 10);
    assert_eq!(counts("format_samples/incident_io_webhook_shape.json", "incidents"), 1);
    assert_eq!(counts("format_samples/google_cloud_incidents_shape.json", "incidents"), 1);
}
