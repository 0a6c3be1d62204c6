//! Headers that tools usually give to our columns, for proposals of `init`; nothing is loaded by them.

use std::collections::BTreeMap;

use super::plan::missing;
use crate::table::{Table, key_of};

/// (table, column, headers in lower snake case, most telling first)
const ALIASES: &[(&str, &str, &[&str])] = &[
    ("approvals", "approval_id", &["approval_id", "approval"]),
    ("approvals", "approver", &["approved_by", "reviewer"]),
    ("approvals", "decided_at", &["approved_at", "decision_time"]),
    ("approvals", "decision", &["state", "approval_status"]),
    (
        "changes",
        "change_id",
        &["pull_request", "pull_request_id", "pr_number", "merge_request_id", "commit", "commit_id", "sha"],
    ),
    ("changes", "author", &["user", "author_login", "author_name"]),
    ("changes", "commit_sha", &["merge_commit_sha", "sha", "commit"]),
    ("changes", "committed_at", &["first_commit_at", "author_time", "authored_at", "commit_time", "created_at"]),
    ("changes", "merged_at", &["merge_time", "commit_time", "closed_at"]),
    ("changes", "repository", &["repo", "project"]),
    ("changes", "service", &["application", "component"]),
    (
        "deployments",
        "deployment_id",
        &["deployment", "deploy_id", "change_id", "change_number", "release_id", "build_id", "run_id", "tag", "id"],
    ),
    ("deployments", "change_type", &["type", "emergency_change"]),
    ("deployments", "commit_sha", &["commit", "sha", "revision", "git_sha", "git_commit"]),
    ("deployments", "deployed_by", &["actor", "user", "triggered_by", "author"]),
    ("deployments", "environment", &["env", "stage", "target"]),
    (
        "deployments",
        "finished_at",
        &[
            "actual_end",
            "deployed_at",
            "completed_at",
            "end_time",
            "ended_at",
            "finish_time",
            "deploy_time",
            "tag_time",
            "released_at",
            "published_at",
            "timestamp",
            "date",
            "time",
        ],
    ),
    ("deployments", "requested_at", &["change_record_open_time", "created_at", "open_time"]),
    (
        "deployments",
        "service",
        &[
            "application",
            "app",
            "app_name",
            "service_name",
            "component",
            "repository",
            "repo",
            "project",
            "cmdb_ci",
            "ci_name",
            "ci_name_aff",
        ],
    ),
    ("deployments", "started_at", &["actual_start", "start_time", "begin_time"]),
    ("deployments", "status", &["result", "outcome", "state", "conclusion"]),
    ("deployments", "version", &["tag", "release", "build", "image_tag"]),
    ("incidents", "incident_id", &["incident", "number", "incident_number", "key", "issue_key", "id"]),
    ("incidents", "acknowledged_at", &["acknowledge_time", "first_acknowledged_at"]),
    ("incidents", "closed_at", &["close_time"]),
    ("incidents", "deployment_id", &["related_change", "caused_by", "caused_by_change"]),
    ("incidents", "opened_at", &["open_time", "started_at", "triggered_at", "created_at", "created", "created_on"]),
    ("incidents", "resolved_at", &["resolved_time", "resolution_time", "resolved_on", "resolved", "ended_at"]),
    (
        "incidents",
        "service",
        &["cmdb_ci", "ci_name", "ci_name_aff", "service_name", "application", "app", "component", "components"],
    ),
    ("incidents", "severity", &["priority", "impact", "urgency"]),
    ("incidents", "status", &["incident_state", "state"]),
    ("incidents", "title", &["summary", "description", "short_description", "name"]),
    ("incidents", "updated_at", &["sys_updated_at", "sys_updated_on", "last_updated", "updated"]),
    ("tickets", "ticket_id", &["ticket", "case_id", "case_number", "issue_key", "key"]),
    ("tickets", "created_at", &["created", "opened_at", "open_time"]),
    ("tickets", "kind", &["type", "issue_type", "category"]),
    ("tickets", "resolved_at", &["solved_at", "resolved", "closed_at"]),
    ("tickets", "service", &["component", "components", "application", "product"]),
    ("tickets", "title", &["summary", "subject"]),
    ("services", "service", &["service_name", "application", "name"]),
    ("services", "team", &["owner", "squad", "owned_by"]),
    ("windows", "window_id", &["freeze_id", "event_id"]),
    ("windows", "starts_at", &["start", "start_time", "from"]),
    ("windows", "ends_at", &["end", "end_time", "until", "to"]),
];

/// Canonical column = header, for a table whose required columns the headers can fill; none where they cannot.
pub(super) fn columns(table: &'static Table, headers: &[String]) -> Option<BTreeMap<&'static str, String>> {
    let keys: Vec<String> = headers.iter().map(|header| key_of(header)).collect();
    let header_of = |key: &str| keys.iter().position(|known| known == key).map(|place| headers[place].clone());
    let mut columns = BTreeMap::new();
    for column in table.all_columns() {
        let found = header_of(column.name).or_else(|| {
            let known = ALIASES.iter().find(|(name, of, _)| *name == table.name && *of == column.name)?;
            known.2.iter().find_map(|alias| header_of(alias))
        });
        if let Some(header) = found {
            columns.insert(column.name, header);
        }
    }
    // A log of one service need not name it; who proposes the source gives it a default.
    let is_there = |name: &str| columns.contains_key(name) || name == "service";
    // A table without an instant of its own would fit almost anything.
    let is_certain = certainty(table, &columns) > 0;
    (missing(table, is_there).is_empty() && is_certain).then_some(columns)
}

/// How telling the columns are: headers that speak of this table alone count.
pub(super) fn certainty(table: &Table, columns: &BTreeMap<&'static str, String>) -> usize {
    let is_telling = |(column, header): &(&&'static str, &String)| {
        let key = key_of(header);
        let is_common =
            matches!(key.as_str(), "id" | "name" | "state" | "status" | "type" | "service" | "team" | "environment");
        !is_common && (key == **column || table.key.contains(*column) || column.ends_with("_at"))
    };
    columns.iter().filter(is_telling).count()
}
