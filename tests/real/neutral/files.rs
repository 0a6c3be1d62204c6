//! The tables of DevLake's own end-to-end tests, as its repository has them: lead times of pull requests and the
//! successful deployment before each one.
//!
//! Its third folder, which makes deployments from pipelines and their tasks, is left out: which pipeline is a deployment
//! is settled where they are exported, before there is anything for shipwake to read.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::case::{Case, Row, Tool};
use super::compare::{differences, tolerance};
use super::data::text;
use super::devlake;
use crate::support::records;

const OF_PULL_REQUESTS: [&str; 6] = [
    "cicd_deployment_commits",
    "commits_diffs",
    "project_mapping",
    "pull_request_comments",
    "pull_request_commits",
    "pull_requests",
];

#[test]
fn neutral_devlake_stages_of_pull_requests_are_those_of_its_own_test() {
    let Some(folder) = super::data("devlake/dora/change_lead_time") else { return };
    let expected = json!({ "project": "project1", "project_pr_metrics": rows(&folder.join("project_pr_metrics.csv")) });
    let case = case(&folder, &OF_PULL_REQUESTS.map(|name| (name, name)), expected);
    let got = devlake::lead_time_per_pr(&case).unwrap();
    assert_eq!(differences(&case.expected, &got, tolerance(&case)), Vec::<String>::new());
}

/// The three that were deployed took 95847 s (review 3600, waiting 92247; coding runs backwards), 268647 s (coding
/// 86400, review 3600, waiting 178647) and 612124 s (coding 352924, review 259200; deployed before the merge).
#[test]
fn neutral_devlake_median_leaves_out_what_was_not_deployed() {
    let Some(folder) = super::data("devlake/dora/change_lead_time") else { return };
    let case = case(&folder, &OF_PULL_REQUESTS.map(|name| (name, name)), json!({ "project": "project1" }));
    let total = devlake::data(&case).total("change_lead_time", "true").unwrap();
    assert_eq!((&total["n"], &total["value"]), (&json!(3), &json!(268_647.0)));
}

#[test]
fn neutral_devlake_previous_deployments_are_those_of_its_own_test() {
    let Some(folder) = super::data("devlake/dora/prev_success_deployment_commit") else { return };
    let after = rows(&folder.join("cicd_deployment_commits_after.csv"));
    let previous = after.iter().map(|row| (text(row, "id"), row["prev_success_deployment_commit_id"].clone()));
    let expected = json!({ "prev": previous.collect::<Map<_, _>>() });
    let tables =
        [("cicd_deployment_commits", "cicd_deployment_commits_before"), ("project_mapping", "project_mapping")];
    let case = case(&folder, &tables, expected);
    let got = devlake::previous_successful_deployment(&case).unwrap();
    assert_eq!(differences(&case.expected, &got, tolerance(&case)), Vec::<String>::new());
}

/// A case of a folder's files: (table, file without its ending).
fn case(folder: &Path, tables: &[(&str, &str)], expected: Value) -> Case {
    let table = |(table, file): &(&str, &str)| ((*table).to_owned(), json!(rows(&folder.join(format!("{file}.csv")))));
    Case::of_tables(Tool::Devlake, tables.iter().map(table).collect(), expected)
}

fn rows(path: &Path) -> Vec<Row> {
    let (header, rows) = records(&fs::read_to_string(path).unwrap());
    assert!(!rows.is_empty(), "{} has rows", path.display());
    let row = |row: Vec<String>| header.iter().cloned().zip(row.into_iter().map(Value::String)).collect();
    rows.into_iter().map(row).collect()
}
