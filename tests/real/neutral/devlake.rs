//! DevLake's tables as canonical ones: deployment commits, pull requests, and the commits between two deployments.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::case::{Case, Row, Tool, instant};
use super::data::{Data, Table, number, stamp, text};

/// DevLake rounds each stage up to whole minutes before it adds them up.
const STAGES: &str = "select change_id, deployment_id, deployed_at, \
         ceil(coding_s / 60) as pr_coding_time, \
         ceil(pickup_s / 60) as pr_pickup_time, \
         ceil(under_review_s / 60) as pr_review_time, \
         ceil(waiting_s / 60) as pr_deploy_time, \
         coalesce(ceil(coding_s / 60), 0) + coalesce(ceil(review_s / 60), 0) + coalesce(ceil(waiting_s / 60), 0) \
             as pr_cycle_time \
     from change_stages where merged_at is not null";

/// The stages of each merged pull request, as DevLake writes them. What it repeats from its input is not compared.
pub fn lead_time_per_pr(case: &Case) -> Result<Value, String> {
    let mut ours: BTreeMap<String, Row> =
        data(case).sql(STAGES)?.into_iter().map(|row| (text(&row, "change_id"), row)).collect();
    let mut metrics = Vec::new();
    for expected in case.expected["project_pr_metrics"].as_array().into_iter().flatten() {
        let mut metric = expected.as_object().cloned().unwrap_or_default();
        let Some(row) = ours.remove(&text(&metric, "id")) else { continue };
        for (name, value) in &mut metric {
            if let Some(told) = told(&row, name) {
                *value = json!(told);
            }
        }
        metrics.push(Value::Object(metric));
    }
    metrics.extend(ours.into_values().map(|row| json!({ "id": row["change_id"], "is_unexpected": true })));
    let mut answer = case.expected.as_object().cloned().unwrap_or_default();
    answer.insert("project_pr_metrics".into(), metrics.into());
    Ok(Value::Object(answer))
}

/// A field of `project_pr_metrics` as DevLake writes it, empty for nothing; none where it is not computed.
fn told(row: &Row, name: &str) -> Option<String> {
    match name {
        "pr_coding_time" | "pr_pickup_time" | "pr_review_time" | "pr_deploy_time" | "pr_cycle_time" => {
            Some(number(row, name).map(|minutes| minutes.to_string()).unwrap_or_default())
        }
        "deployment_commit_id" => Some(text(row, "deployment_id")),
        "pr_deployed_date" => {
            let at = instant(&text(row, "deployed_at"));
            Some(at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, false)).unwrap_or_default())
        }
        _ => None,
    }
}

/// The deployment before each one; empty where there is none, or where the deployment is none of the project.
pub fn previous_successful_deployment(case: &Case) -> Result<Value, String> {
    let rows = data(case).sql("select deployment_id, previous_deployment_id from consecutive_deployments")?;
    let all = case.rows("cicd_deployment_commits").map(|row| (text(row, "id"), String::new()));
    let mut previous: BTreeMap<String, String> = all.collect();
    previous.extend(rows.iter().map(|row| (text(row, "deployment_id"), text(row, "previous_deployment_id"))));
    Ok(json!({ "prev": previous }))
}

/// The canonical files of one project.
pub fn data(case: &Case) -> Data {
    let project = Project::of(case);
    let mut tables = vec![deployments(case, &project)];
    if case.tables.contains_key("pull_requests") {
        tables.extend([changes(case, &project), commits(case)]);
    }
    // A row is the deployment of one repository; what its pipeline shipped besides stands in rows of its own.
    Data::new(Tool::Devlake, &["definitions.unit=service".to_owned()], &tables)
}

/// What belongs to the project that the case is about: (table, id).
struct Project(BTreeSet<(String, String)>);

impl Project {
    /// The project that is expected, or else the first that is mapped.
    fn of(case: &Case) -> Self {
        let first = || case.rows("project_mapping").next().map(|row| text(row, "project_name"));
        let name = case.expected["project"].as_str().map(str::to_owned).or_else(first);
        let own = case.rows("project_mapping").filter(|row| Some(text(row, "project_name")) == name);
        Self(own.map(|row| (text(row, "table"), text(row, "row_id"))).collect())
    }

    fn holds(&self, table: &str, id: String) -> bool {
        self.0.contains(&(table.to_owned(), id))
    }
}

/// A deployment of a scope and a repository. DevLake leaves out those without an environment or a repository.
fn deployments(case: &Case, project: &Project) -> Table {
    let is_told = |row: &&Row| {
        let is_own = project.holds("cicd_scopes", text(row, "cicd_scope_id"));
        is_own && !text(row, "environment").is_empty() && !text(row, "repo_url").is_empty()
    };
    let row = |row: &Row| {
        let started = case.instant(row, "started_date");
        let seconds = text(row, "duration_sec").parse().ok().map(TimeDelta::seconds);
        let finished = case.instant(row, "finished_date").or_else(|| Some(started? + seconds?));
        vec![
            text(row, "id"),
            format!("{} {}", text(row, "cicd_scope_id"), text(row, "repo_url")),
            text(row, "environment"),
            text(row, "result"),
            stamp(started),
            stamp(finished),
            text(row, "commit_sha"),
        ]
    };
    Table {
        name: "deployments",
        columns: &["deployment_id", "service", "environment", "status", "started_at", "finished_at", "commit_sha"],
        rows: case.rows("cicd_deployment_commits").filter(is_told).map(row).collect(),
    }
}

/// Pull requests. They name a repository by another name than deployments do, so they have no service: the commit that
/// was merged tells where they went.
fn changes(case: &Case, project: &Project) -> Table {
    let first = |table: &str, name: &str, row: &Row, is_meant: &dyn Fn(&Row) -> bool| {
        let id = text(row, "id");
        let own = case.rows(table).filter(|other| text(other, "pull_request_id") == id && is_meant(other));
        own.filter_map(|other| case.instant(other, name)).min()
    };
    let row = |row: &Row| {
        let author = text(row, "author_id");
        let opened = case.instant(row, "created_date");
        let committed = first("pull_request_commits", "commit_authored_date", row, &|_| true);
        let reviewed =
            first("pull_request_comments", "created_date", row, &|other| text(other, "account_id") != author);
        vec![
            text(row, "id"),
            text(row, "merge_commit_sha"),
            stamp(committed.or(opened)),
            stamp(opened),
            stamp(reviewed),
            stamp(case.instant(row, "merged_date")),
        ]
    };
    let own = case.rows("pull_requests").filter(|row| project.holds("repos", text(row, "base_repo_id")));
    Table {
        name: "changes",
        columns: &["change_id", "commit_sha", "committed_at", "opened_at", "first_review_at", "merged_at"],
        rows: own.map(row).collect(),
    }
}

/// A graph in which the commits between two deployments are those that DevLake lists: the newer commit builds on them
/// and on the older one.
fn commits(case: &Case) -> Table {
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in case.rows("cicd_deployment_commits") {
        parents.entry(text(row, "commit_sha")).or_default();
    }
    for row in case.rows("commits_diffs") {
        let (old, new, between) = (text(row, "old_commit_sha"), text(row, "new_commit_sha"), text(row, "commit_sha"));
        parents.entry(between.clone()).or_default();
        let older = [old, between].into_iter().filter(|sha| !sha.is_empty() && *sha != new);
        parents.entry(new.clone()).or_default().extend(older.collect::<Vec<_>>());
    }
    let row = |(sha, parents): (String, BTreeSet<String>)| vec![sha, parents.into_iter().collect::<Vec<_>>().join(" ")];
    Table { name: "commits", columns: &["commit_sha", "parents"], rows: parents.into_iter().map(row).collect() }
}
