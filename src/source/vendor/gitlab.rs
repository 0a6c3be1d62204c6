//! GitLab: deployments with their approvals, merge requests, pipelines, incidents and other issues, from the REST API
//! and webhooks.

use crate::source::declared::made::{full_repository, hotfix, is_revert, key, repository, reverted, ticket_key};
use crate::source::declared::model::Fold::{Earliest, Latest, Union};
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Holds, Is, IsNot, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static GITLAB: Vendor = Vendor {
    name: "gitlab",
    about: "GitLab deployments, approvals, merge requests, pipelines, incidents, issues (REST, webhooks)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "deployments",
            when: &[
                Has("sha"),
                Has("ref"),
                Known("environment.name"),
                Known("status"),
                Known("created_at"),
                HasAny(&["deployable", "iid"]),
            ],
            rows: &[
                Rows::of("deployments", DEPLOYMENT).at(&["updated_at", "created_at"]).place(deployment_project),
                Rows::of("approvals", APPROVAL).each("approvals").when(&[Known("created_at")]),
                Rows::of("approvals", APPROVAL)
                    .each("approval_summary.rules.deployment_approvals")
                    .when(&[Known("created_at")]),
            ],
        },
        Shape {
            name: "deployment events",
            when: &[Is("object_kind", &["deployment"]), Known("deployment_id"), Known("status")],
            rows: &[Rows::of("deployments", DEPLOYMENT_EVENT).at(&["status_changed_at"])],
        },
        Shape {
            name: "approvals of merge requests",
            when: &[
                Has("approved_by"),
                Known("iid"),
                Known("project_id"),
                HasAny(&["approvals_left", "approvals_required", "approved"]),
            ],
            rows: &[Rows::of("changes", MERGE_APPROVAL).part_of("merge request").at(&["updated_at"])],
        },
        Shape {
            name: "merge requests",
            when: &[
                Known("iid"),
                Has("merged_at"),
                Known("created_at"),
                HasAny(&["source_branch", "target_branch", "merge_commit_sha"]),
            ],
            rows: &[Rows::of("changes", MERGE_REQUEST).at(&["updated_at"])],
        },
        Shape {
            name: "merge request events",
            when: &[
                Is("object_kind", &["merge_request"]),
                Known("object_attributes.iid"),
                Known("object_attributes.created_at"),
            ],
            rows: &[Rows::of("changes", MERGE_REQUEST_EVENT).at(&["object_attributes.updated_at"])],
        },
        Shape {
            name: "pipelines",
            when: &[Known("id"), Has("sha"), Has("source"), Known("status"), Holds("web_url", &["/pipelines/"])],
            rows: &[Rows::of("deployments", PIPELINE).when(&[Deploys(&["name", "ref", "source"])]).at(&["updated_at"])],
        },
        Shape {
            name: "incidents",
            when: &[Known("iid"), Known("created_at"), Has("state"), INCIDENT_KIND],
            rows: &[Rows::of("incidents", INCIDENT).at(&["updated_at"])],
        },
        Shape {
            name: "issues",
            when: &[Known("iid"), Known("created_at"), Has("state"), HasAny(&["issue_type"]), Lacks("merged_at")],
            rows: &[Rows::of("tickets", ISSUE).at(&["updated_at"])],
        },
        Shape {
            name: "jobs",
            when: &[Has("pipeline"), Has("stage"), Known("status"), Has("allow_failure")],
            rows: &[],
        },
        Shape {
            name: "other events",
            when: &[Known("object_kind"), HasAny(&["project", "user_id", "user"])],
            rows: &[],
        },
        Shape {
            name: "commits",
            when: &[Has("short_id"), Has("parent_ids"), Has("authored_date")],
            rows: &[Rows::of("commits", COMMIT)],
        },
        Shape { name: "notes", when: &[Has("noteable_id"), Has("body"), Has("system")], rows: &[] },
        Shape {
            name: "users",
            when: &[Known("username"), Holds("web_url", &["gitlab"]), Has("avatar_url")],
            rows: &[],
        },
    ],
    untold: &[
        "changes.committed_at: a merge request does not tell its first commit unless its `commits` are with it: coding time is then unknown, and lead time begins when it was opened",
        "changes.lines_changed, files_changed: not told by lists of merge requests",
        "deployments of no job (`deployable` null) tell no start and no end, and no project: when they were created and last changed stand in, and so does the project where all other deployments of the file are of one; otherwise give their service under `[sources.defaults]`, or they are rejected",
        "keys: a deployment is `gitlab:GROUP/PROJECT#NUMBER` (`gitlab:NUMBER` where the project is not told), a pipeline `gitlab:GROUP/PROJECT/pipelines#NUMBER`; write them so where your own data name a deployment",
        "approvals.requested_at: not told; a deployment that needs approval waits from its creation, which is taken for it",
        "pipelines: which of them deploy is told by their name, see `pipelines`; GitLab's deployments say it themselves, so prefer these",
        "incidents: acknowledged_at and mitigated_at are in the notes of an issue, which are not read",
    ],
};

const INCIDENT_KIND: Test = Is("issue_type", &["incident"]);

const STATES: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failed", "failed"),
    ("canceled", "cancelled"),
    ("canceling", "in_progress"),
    ("skipped", "cancelled"),
    ("created", "in_progress"),
    ("running", "in_progress"),
    ("pending", "in_progress"),
    ("preparing", "in_progress"),
    ("scheduled", "in_progress"),
    ("manual", "in_progress"),
    ("waiting_for_resource", "in_progress"),
    ("blocked", "in_progress"),
    ("completed", "succeeded"),
];

const ENDED: Test = Is("status", &["success", "failed", "canceled", "skipped", "completed"]);

/// Where a deployment tells its project; one without a job tells none, unless whoever exported put it there.
const PROJECTS: &[&str] = &[
    "project.path_with_namespace",
    "deployable.project.path_with_namespace",
    "deployable.web_url",
    "deployable.pipeline.web_url",
    "deployable.commit.web_url",
    "environment.project.path_with_namespace",
];

const DEPLOYMENT: &[Field] = &[
    made("deployment_id", |record| deployment_id(record, ""), DEPLOYMENT_KEY),
    field("service", PROJECTS).through(repository, "the name of the project in"),
    field("service", &["project.name", "environment.project.name"]),
    made("service", only_service, "the name of the only project that other deployments of the file tell"),
    field("environment", &["environment.name"]),
    field("commit_sha", &["sha"]),
    field("version", &["ref"]).when(&[Is("deployable.tag", &["true"])]),
    field("status", &["status"]).words(STATES),
    field("requested_at", &["deployable.created_at", "created_at"]),
    made("approved_at", approved_at, "the last `created_at` of `approvals` that approve"),
    field("started_at", &["deployable.started_at"]),
    field("finished_at", &["deployable.finished_at", "finished_at"]),
    field("finished_at", &["updated_at"]).when(&[ENDED]).stand_in(),
    field("approved_by", &["approvals.user.username"]).joined(),
    field("deployed_by", &["user.username", "deployable.user.username"]),
    field("change_type", &["ref"]).through(hotfix, "emergency where `hotfix` stands in"),
    field("url", &["deployable.web_url"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const APPROVAL: &[Field] = &[
    made("approval_id", approval_id, "deployment, user and instant"),
    made("deployment_id", |record| deployment_id(record, "^."), DEPLOYMENT_KEY),
    field("environment", &["^.environment.name"]),
    field("approver", &["user.username", "user.name"]),
    field("requested_at", &["^.created_at"]),
    field("decided_at", &["created_at"]),
    field("decision", &["status"]),
];

const DEPLOYMENT_EVENT: &[Field] = &[
    made("deployment_id", event_key, DEPLOYMENT_KEY),
    field("service", &["project.name", "project.path_with_namespace"])
        .through(repository, "the name of the project in"),
    field("environment", &["environment"]),
    field("commit_sha", &["commit_url"]).through(crate::source::declared::made::last_part, "the last part of"),
    field("status", &["status"]).words(STATES),
    field("requested_at", &["status_changed_at"]).when(&[Is("status", &["created", "blocked"])]).fold(Earliest),
    field("started_at", &["status_changed_at"]).when(&[Is("status", &["running"])]).fold(Earliest),
    field("finished_at", &["status_changed_at"]).when(&[ENDED]).fold(Earliest),
    field("deployed_by", &["user.username"]),
    field("url", &["deployable_url"]),
    field("updated_at", &["status_changed_at"]).fold(Latest),
];

const MERGE_REQUEST: &[Field] = &[
    made("change_id", merge_id, "project and number, such as `42!7`"),
    field("service", &["references.full", "web_url"]).through(project, "the name of the project in"),
    field("repository", &["references.full", "web_url"]).through(full_project, "the full name of the project in"),
    field("author", &["author.username", "author.name"]),
    field("commit_sha", &["merge_commit_sha", "squash_commit_sha", "sha"]).when(&[Known("merged_at")]),
    field("committed_at", &["commits.authored_date", "commits.created_at"]).fold(Earliest),
    field("opened_at", &["prepared_at", "created_at"]),
    field("merged_at", &["merged_at"]),
    field("reviewers", &["reviewers.username"]).joined().fold(Union),
    field("files_changed", &["changes_count"]),
    field("is_revert", &["title"]).through(is_revert, "true where it begins with Revert:"),
    field("reverts", &["description"]).through(reverted, "the commit after `This reverts commit` in"),
    field("ticket_id", &["title", "source_branch"]).through(ticket_key, "the first key such as PAY-12 in"),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const MERGE_APPROVAL: &[Field] = &[
    made("change_id", merge_id, "project and number, such as `42!7`"),
    field("first_review_at", &["approved_by.approved_at"]).fold(Earliest),
    field("approved_at", &["approved_by.approved_at"]).fold(Earliest),
    field("reviewers", &["approved_by.user.username"]).joined().fold(Union),
];

const MERGE_REQUEST_EVENT: &[Field] = &[
    made("change_id", event_id, "project and number, such as `42!7`"),
    field("service", &["project.path_with_namespace", "project.name"])
        .through(repository, "the name of the project in"),
    field("repository", &["project.path_with_namespace"]),
    field("author", &["user.username"]).when(&[Is("object_attributes.action", &["open"])]),
    field("commit_sha", &["object_attributes.merge_commit_sha", "object_attributes.last_commit.id"])
        .when(&[Is("object_attributes.state", &["merged"])]),
    field("opened_at", &["object_attributes.created_at"]).fold(Earliest),
    field("merged_at", &["object_attributes.merged_at"]),
    field("merged_at", &["object_attributes.updated_at"])
        .when(&[Is("object_attributes.action", &["merge"])])
        .fold(Earliest),
    field("approved_at", &["object_attributes.updated_at"])
        .when(&[Is("object_attributes.action", &["approved", "approval"])])
        .fold(Earliest),
    field("ticket_id", &["object_attributes.title", "object_attributes.source_branch"])
        .through(ticket_key, "the first key such as PAY-12 in"),
    field("updated_at", &["object_attributes.updated_at"]).fold(Latest),
];

const COMMIT: &[Field] = &[
    field("commit_sha", &["id"]),
    made("parents", |record| Some(record.texts("parent_ids").join(" ")), "all of `parent_ids`"),
];

const PIPELINE: &[Field] = &[
    made("deployment_id", pipeline_id, "project and number, such as `gitlab:acme/shop/pipelines#41`"),
    field("service", &["web_url"]).through(repository, "the name of the project in"),
    field("environment", &["name", "ref"])
        .through(crate::source::declared::made::environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("commit_sha", &["sha"]),
    field("version", &["ref"]).when(&[Is("tag", &["true"])]),
    field("status", &["status"]).words(STATES),
    field("requested_at", &["created_at"]),
    field("started_at", &["started_at", "created_at"]),
    field("finished_at", &["finished_at"]),
    field("finished_at", &["updated_at"]).when(&[ENDED]).stand_in(),
    field("deployed_by", &["user.username"]),
    field("url", &["web_url"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const INCIDENT: &[Field] = &[
    made("incident_id", merge_id, "project and number, such as `42!7`"),
    field("service", &["references.full", "web_url"]).through(project, "the name of the project in"),
    field("severity", &["severity"]),
    field("status", &["state"]).words(&[("opened", "open"), ("reopened", "open"), ("closed", "closed")]),
    field("opened_at", &["created_at"]),
    field("resolved_at", &["closed_at"]),
    field("closed_at", &["closed_at"]),
    field("title", &["title"]),
    field("url", &["web_url"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

const ISSUE: &[Field] = &[
    made("ticket_id", merge_id, "project and number, such as `42!7`"),
    field("kind", &["issue_type", "type"]),
    field("service", &["references.full", "web_url"]).through(project, "the name of the project in"),
    field("status", &["state"]).words(&[("opened", "open"), ("reopened", "open"), ("closed", "closed")]),
    field("created_at", &["created_at"]),
    field("resolved_at", &["closed_at"]),
    field("due_at", &["due_date"]),
    field("title", &["title"]),
    field("url", &["web_url"]),
    field("updated_at", &["updated_at"]).fold(Latest),
];

/// `shop` of `acme/shop!7`, `acme/shop#7` and of any address.
fn project(text: &str) -> Option<String> {
    repository(&full_project(text)?)
}

fn full_project(text: &str) -> Option<String> {
    full_repository(text.split(['!', '#']).next()?)
}

fn merge_id(record: &Record) -> Option<String> {
    Some(format!("{}!{}", record.text("project_id")?, record.text("iid")?))
}

fn event_id(record: &Record) -> Option<String> {
    let project = record.text("object_attributes.target_project_id").or_else(|| record.text("project.id"))?;
    Some(format!("{project}!{}", record.text("object_attributes.iid")?))
}

const DEPLOYMENT_KEY: &str = "project and number, such as `gitlab:acme/shop#41`";

fn deployment_id(record: &Record, to_deployment: &str) -> Option<String> {
    let text = |path: &str| record.text(&format!("{to_deployment}{path}"));
    let own = PROJECTS.iter().find_map(|path| full_repository(&text(path)?));
    let project = own.or_else(|| record.only_place()).unwrap_or_default();
    Some(key("gitlab", &[&project], &text("id")?))
}

fn deployment_project(record: &Record) -> Option<String> {
    PROJECTS.iter().find_map(|path| full_repository(&record.text(path)?))
}

fn only_service(record: &Record) -> Option<String> {
    repository(&record.only_place()?)
}

fn event_key(record: &Record) -> Option<String> {
    let project = record.text("project.path_with_namespace").unwrap_or_default();
    Some(key("gitlab", &[&project], &record.text("deployment_id")?))
}

fn pipeline_id(record: &Record) -> Option<String> {
    let project = record.text("web_url").and_then(|url| full_repository(&url)).unwrap_or_default();
    Some(key("gitlab", &[&project, "pipelines"], &record.text("id")?))
}

fn approval_id(record: &Record) -> Option<String> {
    let user = record.text("user.username").or_else(|| record.text("user.id")).unwrap_or_default();
    Some(format!("{}/{user}/{}", deployment_id(record, "^.")?, record.text("created_at")?))
}

fn approved_at(record: &Record) -> Option<String> {
    let runs = record.runs;
    let approvals = record.elements("approvals").into_iter().map(|value| Record { value, around: None, runs });
    approvals.filter(|one| one.meets(&[IsNot("status", &["rejected"])])).filter_map(|one| one.text("created_at")).max()
}
