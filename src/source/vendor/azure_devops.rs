//! Azure DevOps: deployments of releases with their approvals, deployments to environments, builds, pull requests and
//! work items.

use crate::source::declared::made::{environment_in, is_revert, key, repository, sha, ticket_key};
use crate::source::declared::model::Fold::Latest;
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, IsNot, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static AZURE_DEVOPS: Vendor = Vendor {
    name: "azure-devops",
    about: "Azure DevOps release deployments, environments, approvals, builds, pull requests, work items (REST)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "deployments of releases",
            when: &[Known("deployment_status"), Known("release_environment.name"), Has("release")],
            rows: &[
                Rows::of("deployments", DEPLOYMENT).at(&["last_modified_on"]),
                Rows::of("approvals", APPROVAL).each("pre_deploy_approvals").when(&[IS_BY_HAND]),
            ],
        },
        Shape {
            name: "releases",
            when: &[
                Known("id"),
                Has("release_definition"),
                Has("environments"),
                Has("created_on"),
                HasAny(&["release_name_format", "artifacts", "modified_on"]),
            ],
            rows: &[Rows::of("deployments", RELEASE_ENVIRONMENT).each("environments").when(&[Known("deploy_steps")])],
        },
        Shape {
            name: "deployments to environments",
            when: &[Known("environment_id"), Has("stage_name"), Has("result"), Has("definition.name")],
            rows: &[Rows::of("deployments", ENVIRONMENT)],
        },
        Shape {
            name: "builds",
            when: &[Known("build_number"), Known("status"), Has("definition.name"), Has("source_version")],
            rows: &[Rows::of("deployments", BUILD).when(&[Deploys(&["definition.name"])])],
        },
        Shape {
            name: "pull requests",
            when: &[Known("pull_request_id"), Known("creation_date"), Has("repository")],
            rows: &[Rows::of("changes", PULL)],
        },
        Shape {
            name: "work items",
            when: &[Known("id"), Known("fields.System.WorkItemType"), Known("fields.System.CreatedDate")],
            rows: &[
                Rows::of("incidents", INCIDENT)
                    .when(&[Is("fields.System.WorkItemType", INCIDENT_TYPES)])
                    .at(CHANGED)
                    .state(),
                Rows::of("tickets", ITEM)
                    .when(&[IsNot("fields.System.WorkItemType", INCIDENT_TYPES)])
                    .at(CHANGED)
                    .state(),
            ],
        },
    ],
    untold: &[
        "deployments.commit_sha: a release tells the versions of its artifacts; where one is a commit it is taken",
        "changes.committed_at: a pull request does not tell its first commit: coding time is unknown, and lead time begins when it was opened",
        "changes.approved_at: votes of reviewers have no time",
        "deployments to environments do not name the environment, only its number; the name of the stage stands in",
        "keys: `azure-devops:PROJECT#NUMBER` is a deployment of a release, `…/environments#NUMBER` one to an environment, `…/builds#NUMBER` a build, `azure-devops:NUMBER` a work item; write them so where your own data name one",
        "which builds deploy is told by the name of their definition, see `pipelines`",
    ],
};

const IS_BY_HAND: Test = IsNot("is_automated", &["true"]);
const INCIDENT_TYPES: &[&str] = &["incident", "live site incident", "production incident", "outage"];
const CHANGED: &[&str] = &["fields.System.ChangedDate"];

const STATES: &[(&str, &str)] = &[
    ("succeeded", "succeeded"),
    ("partiallySucceeded", "succeeded"),
    ("succeededWithIssues", "succeeded"),
    ("failed", "failed"),
    ("canceled", "cancelled"),
    ("rejected", "failed"),
    ("scheduled", "in_progress"),
    ("abandoned", "cancelled"),
    ("skipped", "cancelled"),
    ("notDeployed", "cancelled"),
    ("inProgress", "in_progress"),
    ("notStarted", "in_progress"),
    ("postponed", "in_progress"),
    ("cancelling", "in_progress"),
    ("queued", "in_progress"),
    ("undefined", "unknown"),
    ("none", "unknown"),
    ("completed", "unknown"),
];

const DEPLOYMENT: &[Field] = &[
    made(
        "deployment_id",
        |record| release_key(record, "", "", "id"),
        "project and number, such as `azure-devops:Shop#41`",
    ),
    field("service", &["release_definition.name"]),
    field("environment", &["release_environment.name"]),
    field("release_id", &["release.name", "release.id"]),
    field("version", &["release.artifacts.definition_reference.version.name", "release.name"]),
    field(
        "commit_sha",
        &[
            "release.artifacts.definition_reference.source_version.id",
            "release.artifacts.definition_reference.version.id",
        ],
    )
    .through(sha, "a commit in"),
    constant("status", "in_progress")
        .when(&[Is("deployment_status", &["notDeployed"]), Is("operation_status", WAITING)]),
    field("status", &["deployment_status"]).words(STATES),
    field("requested_at", &["queued_on"]),
    made("approved_at", approved_at, "the last `modifiedOn` of `preDeployApprovals` that approve"),
    field("started_at", &["started_on"]),
    field("finished_at", &["completed_on"]),
    field("requested_by", &["requested_for.display_name", "requested_by.display_name"]),
    field("approved_by", &["pre_deploy_approvals.approved_by.display_name"]).joined(),
    field("deployed_by", &["requested_by.display_name"]),
    field("updated_at", &["last_modified_on"]).fold(Latest),
];

/// An environment of a release, whose last attempt is a deployment.
const RELEASE_ENVIRONMENT: &[Field] = &[
    made(
        "deployment_id",
        attempt_key,
        "project and the last `deploySteps.deploymentId`, such as `azure-devops:Shop#41`",
    ),
    field("service", &["^.release_definition.name"]),
    field("environment", &["name"]),
    field("release_id", &["^.name", "^.id"]),
    field("version", &["^.artifacts.definition_reference.version.name", "^.name"]),
    field(
        "commit_sha",
        &["^.artifacts.definition_reference.source_version.id", "^.artifacts.definition_reference.version.id"],
    )
    .through(sha, "a commit in"),
    field("status", &["status"]).words(STATES),
    made("requested_at", |record| last_attempt(record, "queued_on"), "`queuedOn` of the last of `deploySteps`"),
    made(
        "finished_at",
        |record| last_attempt(record, "last_modified_on"),
        "`lastModifiedOn` of the last of `deploySteps`",
    )
    .when(&[IsNot("status", UNFINISHED)])
    .stand_in(),
    field("finished_at", &["modified_on"]).when(&[IsNot("status", UNFINISHED)]).stand_in(),
    made(
        "deployed_by",
        |record| last_attempt(record, "requested_by.display_name"),
        "`requestedBy` of the last of `deploySteps`",
    ),
];

const UNFINISHED: &[&str] = &["inProgress", "notStarted", "queued", "scheduled", "undefined"];

const WAITING: &[&str] = &[
    "queued",
    "queuedForAgent",
    "queuedForPipeline",
    "pending",
    "scheduled",
    "phaseInProgress",
    "manualInterventionPending",
];

const APPROVAL: &[Field] = &[
    made(
        "approval_id",
        |record| release_key(record, "^.", "approvals", "id"),
        "project and number, such as `azure-devops:Shop/approvals#2`",
    ),
    made("deployment_id", |record| release_key(record, "^.", "", "^.id"), "as for the deployment"),
    field("environment", &["^.release_environment.name"]),
    field("approver", &["approved_by.display_name", "approver.display_name"]),
    field("requested_at", &["created_on"]),
    field("decided_at", &["modified_on"]).when(&[Is("status", &["approved", "rejected"])]),
    field("decision", &["status"]).words(&[
        ("reassigned", "pending"),
        ("skipped", ""),
        ("canceled", ""),
        ("undefined", "unknown"),
    ]),
];

const ENVIRONMENT: &[Field] = &[
    made("deployment_id", environment_key, "pipeline and number, such as `azure-devops:shop/environments#41`"),
    field("service", &["definition.name"]),
    field("environment", &["environment_name", "stage_name"]),
    field("release_id", &["owner.name"]),
    field("status", &["result"]).words(STATES),
    constant("status", "in_progress"),
    field("requested_at", &["queue_time"]),
    field("started_at", &["start_time"]),
    field("finished_at", &["finish_time"]),
];

const BUILD: &[Field] = &[
    made("deployment_id", build_key, "project and number, such as `azure-devops:Shop/builds#41`"),
    field("service", &["repository.name", "repository.id", "definition.name"]).through(repository, "the last part of"),
    field("environment", &["definition.name"]).through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("version", &["build_number"]),
    field("commit_sha", &["source_version"]).through(sha, "a commit in"),
    field("status", &["result", "status"]).words(STATES),
    field("requested_at", &["queue_time"]),
    field("started_at", &["start_time"]),
    field("finished_at", &["finish_time"]),
    field("requested_by", &["requested_for.display_name"]),
    field("deployed_by", &["requested_by.display_name"]),
    field("url", &["url"]),
];

const PULL: &[Field] = &[
    made("change_id", pull_id, "repository and number, such as `azure-devops:shop/pulls#7`"),
    field("service", &["repository.name"]),
    field("repository", &["repository.name"]),
    field("author", &["created_by.display_name", "created_by.unique_name"]),
    field("commit_sha", &["last_merge_commit.commit_id"]).when(&[Is("status", &["completed"])]),
    field("opened_at", &["creation_date"]),
    field("merged_at", &["closed_date"]).when(&[Is("status", &["completed"])]),
    field("reviewers", &["reviewers.display_name"]).joined(),
    field("is_revert", &["title"]).through(is_revert, "true where it begins with Revert:"),
    field("ticket_id", &["title", "source_ref_name"]).through(ticket_key, "the first key such as PAY-12 in"),
];

const STATUS: &[&str] = &["fields.System.State"];

const INCIDENT: &[Field] = &[
    field("incident_id", &["id"]).through(item_key, "such as `azure-devops:5`, from"),
    field("service", &["fields.System.AreaPath"]),
    field("severity", &["fields.Microsoft.VSTS.Common.Severity", "fields.Microsoft.VSTS.Common.Priority"]),
    field("status", STATUS),
    field("opened_at", &["fields.System.CreatedDate"]),
    field("resolved_at", &["fields.Microsoft.VSTS.Common.ResolvedDate", "fields.Microsoft.VSTS.Common.ClosedDate"]),
    field("closed_at", &["fields.Microsoft.VSTS.Common.ClosedDate"]),
    field("title", &["fields.System.Title"]),
    field("updated_at", CHANGED),
];

const ITEM: &[Field] = &[
    field("ticket_id", &["id"]).through(item_key, "such as `azure-devops:5`, from"),
    field("kind", &["fields.System.WorkItemType"]).words(&[
        ("user story", "feature"),
        ("product backlog item", "feature"),
        ("bug", "bug"),
        ("issue", "bug"),
    ]),
    field("service", &["fields.System.AreaPath"]),
    field("priority", &["fields.Microsoft.VSTS.Common.Priority"]),
    field("status", STATUS).words(&[
        ("active", "in_progress"),
        ("doing", "in_progress"),
        ("committed", "in_progress"),
        ("removed", "closed"),
    ]),
    field("created_at", &["fields.System.CreatedDate"]),
    field("started_at", &["fields.Microsoft.VSTS.Common.ActivatedDate"]),
    field("resolved_at", &["fields.Microsoft.VSTS.Common.ClosedDate", "fields.Microsoft.VSTS.Common.ResolvedDate"]),
    field("title", &["fields.System.Title"]),
    field("updated_at", CHANGED),
];

/// Deployments, releases and approvals are counted by project, which their addresses name.
fn release_key(record: &Record, to_top: &str, kind: &str, id: &str) -> Option<String> {
    let text = |path: &str| record.text(&format!("{to_top}{path}"));
    let named = text("project_reference.name").or_else(|| text("project.name"));
    let in_address = || ADDRESSES.iter().find_map(|path| project_in(&text(path)?));
    Some(key("azure-devops", &[&named.or_else(in_address).unwrap_or_default(), kind], &record.text(id)?))
}

const ADDRESSES: &[&str] = &["release.url", "release_definition.url", "release._links.self.href", "url"];

fn attempt_key(record: &Record) -> Option<String> {
    let value = *record.elements("deploy_steps").last()?;
    release_key(&Record { value, ..*record }, "^.", "", "deployment_id")
}

fn last_attempt(record: &Record, path: &str) -> Option<String> {
    let value = *record.elements("deploy_steps").last()?;
    Record { value, ..*record }.text(path)
}

/// The project in `https://vsrm.dev.azure.com/acme/PROJECT/_apis/…`.
fn project_in(address: &str) -> Option<String> {
    let (before, _) = address.split_once("/_apis/")?;
    before.split("://").nth(1)?.split('/').nth(2).map(str::to_owned)
}

fn environment_key(record: &Record) -> Option<String> {
    let pipeline = record.text("definition.name").unwrap_or_default();
    Some(key("azure-devops", &[&pipeline, "environments"], &record.text("id")?))
}

fn build_key(record: &Record) -> Option<String> {
    let project = record.text("project.name").or_else(|| project_in(&record.text("url")?)).unwrap_or_default();
    Some(key("azure-devops", &[&project, "builds"], &record.text("id")?))
}

fn item_key(number: &str) -> Option<String> {
    Some(key("azure-devops", &[], number))
}

fn pull_id(record: &Record) -> Option<String> {
    let repository = record.text("repository.name").unwrap_or_default();
    Some(key("azure-devops", &[&repository, "pulls"], &record.text("pull_request_id")?))
}

fn approved_at(record: &Record) -> Option<String> {
    let runs = record.runs;
    let approvals =
        record.elements("pre_deploy_approvals").into_iter().map(|value| Record { value, around: None, runs });
    approvals.filter(|one| one.meets(&[Is("status", &["approved"])])).filter_map(|one| one.text("modified_on")).max()
}
