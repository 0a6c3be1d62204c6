//! Apache DevLake: payloads of its webhooks, and its domain tables as they are exported.

use crate::source::declared::made::{full_repository, key, repository};
use crate::source::declared::model::Fold::Latest;
use crate::source::declared::model::Test::{Has, HasAny, Is, IsNot, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static DEVLAKE: Vendor = Vendor {
    name: "devlake",
    about: "Apache DevLake webhook payloads (deployments, issues) and exported domain tables",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "exported deployments",
            when: &[
                Has("cicd_scope_id"),
                Known("id"),
                Known("status"),
                Has("environment"),
                HasAny(&["finished_date", "started_date"]),
                Lacks("commit_sha"),
                Lacks("type"),
            ],
            rows: &[Rows::of("deployments", DEPLOYMENT).state()],
        },
        Shape {
            name: "exported commits of deployments",
            when: &[Has("cicd_deployment_id"), Has("commit_sha"), Known("id")],
            rows: &[Rows::of("deployments", DEPLOYMENT_COMMIT)],
        },
        Shape {
            name: "exported pipelines",
            when: &[
                Has("cicd_scope_id"),
                Known("id"),
                Known("status"),
                Has("type"),
                HasAny(&["finished_date", "started_date"]),
            ],
            rows: &[Rows::of("deployments", DEPLOYMENT)
                .when(&[Is("type", &["deployment"]), Lacks("pipeline_id")])
                .state()],
        },
        Shape {
            name: "exported pull requests",
            when: &[Has("pull_request_key"), Has("merged_date"), Known("created_date")],
            rows: &[Rows::of("changes", PULL_REQUEST).state()],
        },
        Shape {
            name: "issues",
            when: &[Known("issue_key"), Known("created_date"), HasAny(&["original_status", "status"])],
            rows: &[
                Rows::of("incidents", INCIDENT).when(&[IS_INCIDENT]).at(&["updated_date"]).state(),
                Rows::of("tickets", TICKET).when(&[IS_NOT_INCIDENT]).at(&["updated_date"]).state(),
            ],
        },
        Shape {
            name: "deployments of webhooks",
            when: &[
                HasAny(&["start_time", "started_date"]),
                HasAny(&["deployment_commits", "repo_url", "commit_sha", "pipeline_id"]),
                Lacks("cicd_scope_id"),
                Lacks("stages"),
            ],
            rows: &[
                Rows::of("deployments", WEBHOOK).when(&[Lacks("deployment_commits.1")]),
                Rows::of("deployments", WEBHOOK_COMMIT)
                    .each("deployment_commits")
                    .when(&[Known("^.deployment_commits.1")]),
            ],
        },
    ],
    untold: &[
        "deployments without `end_time`: DevLake takes the moment of arrival; here finished_at is null and the deployment in progress",
        "a webhook deployment without `result` succeeded and one without `environment` went to production, as DevLake takes them",
        "a webhook deployment of several repositories is one deployment for each, with the webhook's id as release_id",
        "rolled_back, approvals, change types: DevLake's model has none of them",
        "changes.committed_at: a pull request does not tell its first commit: coding time is unknown, and lead time begins when it was opened",
        "issues: the service is the component, which many tools leave empty",
    ],
};

const IS_INCIDENT: Test = Is("type", &["incident"]);
const IS_NOT_INCIDENT: Test = IsNot("type", &["incident"]);

const RESULTS: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failure", "failed"),
    ("failed", "failed"),
    ("abort", "cancelled"),
    ("aborted", "cancelled"),
    ("manual", "in_progress"),
    ("in_progress", "in_progress"),
    ("done", "unknown"),
    ("other", "unknown"),
];

const DEPLOYMENT: &[Field] = &[
    field("deployment_id", &["id"]),
    field("service", &["repo_url", "cicd_scope_id"]).through(repository, "the last part of"),
    field("environment", &["environment"]),
    constant("status", "in_progress").when(&[Is("status", &["in_progress"])]),
    field("status", &["result", "status"]).words(RESULTS),
    field("requested_at", &["queued_date", "created_date"]),
    field("started_at", &["started_date"]),
    field("finished_at", &["finished_date"]),
    field("url", &["url"]),
];

const DEPLOYMENT_COMMIT: &[Field] = &[
    field("deployment_id", &["cicd_deployment_id"]),
    field("service", &["repo_url", "cicd_scope_id"]).through(repository, "the last part of"),
    field("environment", &["environment"]).stand_in(),
    field("commit_sha", &["commit_sha"]),
    constant("status", "in_progress").when(&[Is("status", &["in_progress"])]).stand_in(),
    field("status", &["result", "status"]).words(RESULTS).stand_in(),
    field("requested_at", &["created_date"]).stand_in(),
    field("started_at", &["started_date"]).stand_in(),
    field("finished_at", &["finished_date"]).stand_in(),
];

const PULL_REQUEST: &[Field] = &[
    field("change_id", &["id"]),
    field("service", &["url", "base_repo_id"]).through(repository, "the name of the repository in"),
    field("author", &["author_name", "author_id"]),
    field("commit_sha", &["merge_commit_sha"]).when(&[Known("merged_date")]),
    field("opened_at", &["created_date"]),
    field("merged_at", &["merged_date"]),
    made("lines_changed", lines_changed, "`additions` + `deletions`, where either is more than 0"),
];

const INCIDENT: &[Field] = &[
    field("incident_id", &["issue_key"]).through(numbered, ID),
    field("service", &["component"]),
    field("severity", &["severity", "priority"]),
    field("status", &["status"]).words(&[("todo", "open"), ("in_progress", "acknowledged"), ("done", "resolved")]),
    field("opened_at", &["created_date"]),
    field("resolved_at", &["resolution_date"]),
    field("title", &["title"]),
    field("url", &["url"]),
    field("updated_at", &["updated_date"]).fold(Latest),
];

const TICKET: &[Field] = &[
    field("ticket_id", &["issue_key"]).through(numbered, ID),
    field("kind", &["type", "original_type"]).words(&[("requirement", "feature"), ("bug", "bug")]),
    field("service", &["component"]),
    field("priority", &["priority"]),
    field("status", &["status"]).words(&[("todo", "open"), ("in_progress", "in_progress"), ("done", "resolved")]),
    field("created_at", &["created_date"]),
    field("resolved_at", &["resolution_date"]),
    field("due_at", &["due_date"]),
    field("title", &["title"]),
    field("url", &["url"]),
    field("updated_at", &["updated_date"]).fold(Latest),
];

const START: &[&str] = &["start_time", "started_date"];
const END: &[&str] = &["end_time", "finished_date"];

const WEBHOOK: &[Field] = &[
    field("deployment_id", &["id", "pipeline_id"]).through(numbered, ID),
    made("deployment_id", webhook_id, "where none is told, commit and start"),
    field("service", &["repo_url", "deployment_commits.repo_url", "repo_id", "name"])
        .through(repository, "the name of the repository in"),
    field("environment", &["environment"]),
    constant("environment", "production"),
    field("commit_sha", &["commit_sha", "deployment_commits.commit_sha"]),
    field("version", &["ref_name", "deployment_commits.ref_name"]).through(tag, "a tag such as v1.2.3 in"),
    field("status", &["result", "status"]).words(RESULTS).when(&[HasAny(END)]),
    constant("status", "succeeded").when(&[HasAny(END)]),
    constant("status", "in_progress"),
    field("requested_at", &["create_time", "created_date"]),
    field("started_at", START),
    field("finished_at", END),
    field("url", &["url"]),
];

/// One of several commits that a deployment brings: each is the deployment of its repository.
const WEBHOOK_COMMIT: &[Field] = &[
    made("deployment_id", commit_id, "deployment and repository, such as `d1/acme/shop`"),
    field("service", &["repo_url", "repo_id", "name"]).through(repository, "the name of the repository in"),
    field("environment", &["^.environment"]),
    constant("environment", "production"),
    field("release_id", &["^.id", "^.pipeline_id"]).through(numbered, ID),
    field("commit_sha", &["commit_sha"]),
    field("version", &["ref_name"]).through(tag, "a tag such as v1.2.3 in"),
    field("status", &["result", "^.result", "^.status"]).words(RESULTS).when(&[HasAny(ENDS)]),
    constant("status", "succeeded").when(&[HasAny(ENDS)]),
    constant("status", "in_progress"),
    field("requested_at", &["^.create_time", "^.created_date"]),
    field("started_at", &["started_date", "^.start_time", "^.started_date"]),
    field("finished_at", ENDS),
    field("url", &["^.url"]),
];

const ENDS: &[&str] = &["finished_date", "^.end_time", "^.finished_date"];

const ID: &str = "such as `devlake:41` where it is a number, from";

fn numbered(id: &str) -> Option<String> {
    Some(key("devlake", &[], id))
}

fn commit_id(record: &Record) -> Option<String> {
    let whole = record.text("^.id").or_else(|| record.text("^.pipeline_id"));
    let start = || ["^.start_time", "^.started_date"].into_iter().find_map(|path| record.text(path));
    let whole = whole.or_else(start)?;
    let name = record.text("repo_url").and_then(|url| full_repository(&url)).or_else(|| record.text("repo_id"))?;
    Some(format!("{}/{name}", numbered(&whole)?))
}

fn webhook_id(record: &Record) -> Option<String> {
    let commit = ["commit_sha", "deployment_commits.commit_sha"].into_iter().find_map(|path| record.text(path))?;
    let start = START.iter().find_map(|path| record.text(path))?;
    Some(format!("{commit}@{start}"))
}

fn tag(name: &str) -> Option<String> {
    let name = name.strip_prefix("refs/tags/").unwrap_or(name);
    name.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit()).then(|| name.to_owned())
}

/// DevLake writes 0 where a tool did not tell.
fn lines_changed(record: &Record) -> Option<String> {
    let sum = record.number("additions")? + record.number("deletions")?;
    (sum > 0.0).then(|| format!("{sum:.0}"))
}
