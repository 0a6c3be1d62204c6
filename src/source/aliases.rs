//! Headers that tools usually give to our columns, for proposals of `init`; nothing is loaded by them.

use std::collections::BTreeMap;

use super::plan::missing;
use crate::table::{Table, key_of};

/// (table, column, headers in lower snake case, most telling first)
const ALIASES: &[(&str, &str, &[&str])] = &[
    (
        "approvals",
        "approval_id",
        &["approval_id", "approval", "approval_no", "approval_number", "approval_nr", "no", "nr", "lfd_nr", "id"],
    ),
    (
        "approvals",
        "approver",
        &[
            "approved_by",
            "reviewer",
            "decided_by",
            "freigeber",
            "genehmiger",
            "approbateur",
            "goedkeurder",
            "aprobador",
        ],
    ),
    (
        "approvals",
        "decided_at",
        &[
            "approved_at",
            "decision_time",
            "decided",
            "decided_on",
            "decision_date",
            "approved_on",
            "entschieden_am",
            "freigegeben_am",
        ],
    ),
    (
        "approvals",
        "decision",
        &["state", "approval_status", "result", "outcome", "entscheidung", "décision", "besluit", "decisión", "status"],
    ),
    (
        "approvals",
        "deployment_id",
        &["change", "change_no", "change_number", "change_nr", "change_id", "deployment", "rfc"],
    ),
    ("approvals", "environment", &["env", "umgebung"]),
    ("approvals", "gate", &["board", "committee", "gremium", "approval_type", "cab"]),
    ("approvals", "requested_at", &["requested", "requested_on", "submitted_at", "request_date", "beantragt_am"]),
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
        &[
            "deployment",
            "deploy_id",
            "change_id",
            "change_number",
            "release_id",
            "build_id",
            "run_id",
            "tag",
            "id",
            "change_no",
            "change_nr",
            "change_ref",
            "change",
            "deployment_no",
            "deployment_number",
            "rollout_id",
            "change_request",
            "rfc",
            "änderungsnummer",
        ],
    ),
    ("deployments", "approved_at", &["approved", "approved_on", "approval_time"]),
    ("deployments", "approved_by", &["approver", "genehmiger", "freigeber"]),
    ("deployments", "change_type", &["type", "emergency_change", "change_category", "typ", "änderungstyp"]),
    ("deployments", "commit_sha", &["commit", "sha", "revision", "git_sha", "git_commit"]),
    (
        "deployments",
        "deployed_by",
        &["actor", "user", "triggered_by", "author", "executed_by", "implemented_by", "implementer", "ausgeführt_von"],
    ),
    ("deployments", "environment", &["env", "stage", "target", "umgebung", "omgeving", "environnement", "entorno"]),
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
            "end",
            "ended",
            "finished",
            "finish",
            "completed",
            "actual_end_date",
            "ende",
            "einde",
            "fin",
        ],
    ),
    ("deployments", "is_automated", &["automated", "automatic", "auto"]),
    ("deployments", "planned_end_at", &["planned_end", "planned_end_date", "scheduled_end", "geplantes_ende"]),
    (
        "deployments",
        "planned_start_at",
        &["planned_start", "planned_start_date", "scheduled_start", "geplanter_beginn"],
    ),
    ("deployments", "region", &["location", "site"]),
    (
        "deployments",
        "requested_at",
        &["change_record_open_time", "created_at", "open_time", "requested", "requested_on"],
    ),
    ("deployments", "requested_by", &["requester", "requestor", "requested_for", "antragsteller"]),
    ("deployments", "rollback_of", &["rolls_back", "backout_of", "macht_rückgängig"]),
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
            "system",
            "product",
            "anwendung",
            "applicatie",
            "aplicación",
        ],
    ),
    (
        "deployments",
        "started_at",
        &[
            "actual_start",
            "start_time",
            "begin_time",
            "start",
            "started",
            "begin",
            "actual_start_date",
            "beginn",
            "début",
            "inicio",
        ],
    ),
    (
        "deployments",
        "status",
        &["result", "outcome", "state", "conclusion", "ergebnis", "résultat", "resultaat", "resultado"],
    ),
    ("deployments", "team", &["owner_team", "owning_team", "squad"]),
    ("deployments", "ticket_id", &["ticket", "jira", "issue_key"]),
    ("deployments", "version", &["tag", "release", "build", "image_tag", "release_version", "app_version"]),
    ("incidents", "incident_id", &["incident", "number", "incident_number", "key", "issue_key", "id"]),
    ("incidents", "acknowledged_at", &["acknowledge_time", "first_acknowledged_at"]),
    ("incidents", "closed_at", &["close_time"]),
    ("incidents", "deployment_id", &["related_change", "caused_by", "caused_by_change"]),
    ("incidents", "opened_at", &["open_time", "started_at", "triggered_at", "created_at", "created", "created_on"]),
    ("incidents", "resolved_at", &["resolved_time", "resolution_time", "resolved_on", "resolved", "ended_at"]),
    (
        "incidents",
        "service",
        &[
            "cmdb_ci",
            "ci_name",
            "ci_name_aff",
            "service_name",
            "application",
            "app",
            "component",
            "components",
            "affected_service",
            "anwendung",
        ],
    ),
    ("incidents", "severity", &["priority", "impact", "urgency"]),
    ("incidents", "status", &["incident_state", "state"]),
    ("incidents", "title", &["summary", "description", "short_description", "name"]),
    ("incidents", "updated_at", &["sys_updated_at", "sys_updated_on", "last_updated", "updated"]),
    ("services", "service", &["service_name", "application", "name", "app", "anwendung", "component", "system"]),
    ("services", "data_sensitivity", &["data_classification", "sensitivity"]),
    ("services", "domain", &["business_domain", "business_unit", "area"]),
    ("services", "is_customer_facing", &["customer_facing", "external", "public_facing"]),
    ("services", "team", &["owner", "squad", "owned_by", "owner_team", "owning_team", "team_name", "responsible_team"]),
    ("services", "tier", &["criticality", "criticality_tier", "service_tier", "kritikalität"]),
    ("services", "valid_from", &["from", "since", "effective_from"]),
    ("services", "valid_until", &["to", "until", "effective_to"]),
    ("tickets", "ticket_id", &["ticket", "case_id", "case_number", "issue_key", "key"]),
    ("tickets", "created_at", &["created", "opened_at", "open_time"]),
    ("tickets", "kind", &["type", "issue_type", "category"]),
    ("tickets", "priority", &["severity"]),
    ("tickets", "resolved_at", &["solved_at", "resolved", "closed_at"]),
    ("tickets", "service", &["component", "components", "application", "product"]),
    ("tickets", "title", &["summary", "subject"]),
    ("windows", "window_id", &["freeze_id", "event_id", "freeze", "freeze_no", "window", "window_no", "freeze_name"]),
    (
        "windows",
        "ends_at",
        &[
            "end",
            "end_time",
            "until",
            "to",
            "ends",
            "end_date",
            "bis",
            "bis_einschl",
            "bis_einschließlich",
            "ende",
            "tot_en_met",
            "hasta",
        ],
    ),
    ("windows", "kind", &["type", "window_type"]),
    ("windows", "scope", &["applies_to", "services", "service", "gilt_für", "valid_for"]),
    (
        "windows",
        "starts_at",
        &["start", "start_time", "from", "starts", "start_date", "begin", "von", "beginn", "début", "vanaf", "desde"],
    ),
];

/// (table, columns) of which one at least must be there: a key alone is in every file, and says nothing.
const SAYING: &[(&str, &[&str])] = &[
    ("approvals", &["approver", "decided_at", "decision"]),
    ("services", &["data_sensitivity", "domain", "is_customer_facing", "team", "tier"]),
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
    let says_something = SAYING
        .iter()
        .find(|(name, _)| *name == table.name)
        .is_none_or(|(_, saying)| saying.iter().any(|column| columns.contains_key(column)));
    (missing(table, is_there).is_empty() && is_certain && says_something).then_some(columns)
}

/// For each column, the other headers that could be it as well and that no column has: a question for a person.
pub(super) fn rivals(
    table: &Table,
    headers: &[String],
    columns: &BTreeMap<&'static str, String>,
) -> BTreeMap<&'static str, Vec<String>> {
    let is_free = |header: &&String| !columns.values().any(|taken| taken == *header);
    let mut rivals = BTreeMap::new();
    for (_, column, aliases) in ALIASES.iter().filter(|(name, ..)| *name == table.name) {
        let is_told = columns.get(column).is_some_and(|header| key_of(header) != *column);
        let is_meant = |header: &&String| aliases.contains(&key_of(header).as_str());
        let others: Vec<String> = headers.iter().filter(is_free).filter(is_meant).cloned().collect();
        if is_told && !others.is_empty() {
            rivals.insert(*column, others);
        }
    }
    rivals
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
