//! CircleCI: workflows of the API and of webhooks.

use crate::source::declared::made::{environment_in, repository};
use crate::source::declared::model::Fold::Latest;
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field};

pub(super) static CIRCLECI: Vendor = Vendor {
    name: "circleci",
    about: "CircleCI workflows (API v2, webhooks)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "workflow events",
            when: &[Is("type", &["workflow-completed"]), Known("workflow.id"), Known("workflow.status")],
            rows: &[Rows::of("deployments", EVENT).when(&[Deploys(&["workflow.name"])])],
        },
        Shape { name: "job events", when: &[Is("type", &["job-completed"]), Known("job.id")], rows: &[] },
        Shape {
            name: "workflows",
            when: &[Known("id"), Has("pipeline_id"), Known("project_slug"), Known("status"), Has("name")],
            rows: &[Rows::of("deployments", WORKFLOW).when(&[Deploys(&["name"])])],
        },
        Shape { name: "jobs", when: &[Has("job_number"), Has("dependencies"), Known("status")], rows: &[] },
        Shape {
            name: "pipelines",
            when: &[Known("project_slug"), Has("vcs"), Has("trigger"), HasAny(&["state"])],
            rows: &[],
        },
    ],
    untold: &[
        "which workflows deploy is told by their name, see `pipelines`; the environment by a word in it, else production",
        "commit_sha: workflows of the API do not tell it; events do",
        "approvals: an approval job tells who approved, but not when it was asked for, and is not read",
    ],
};

const STATES: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failed", "failed"),
    ("error", "failed"),
    ("failing", "in_progress"),
    ("running", "in_progress"),
    ("on_hold", "in_progress"),
    ("not_run", "cancelled"),
    ("canceled", "cancelled"),
    ("unauthorized", "cancelled"),
];

const WORKFLOW: &[Field] = &[
    field("deployment_id", &["id"]),
    field("service", &["project_slug"]).through(repository, "the last part of"),
    field("environment", &["name"]).through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("version", &["tag"]),
    field("status", &["status"]).words(STATES),
    field("requested_at", &["created_at"]),
    field("started_at", &["created_at"]),
    field("finished_at", &["stopped_at"]),
    field("deployed_by", &["started_by"]),
];

const EVENT: &[Field] = &[
    field("deployment_id", &["workflow.id"]),
    field("service", &["project.slug", "project.name"]).through(repository, "the last part of"),
    field("environment", &["workflow.name"]).through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("version", &["pipeline.vcs.tag"]),
    field("commit_sha", &["pipeline.vcs.revision", "pipeline.trigger_parameters.git.checkout_sha"]),
    field("status", &["workflow.status"]).words(STATES),
    field("requested_at", &["pipeline.created_at", "workflow.created_at"]),
    field("started_at", &["workflow.created_at"]),
    field("finished_at", &["workflow.stopped_at", "happened_at"]),
    field("url", &["workflow.url"]),
    field("updated_at", &["happened_at"]).fold(Latest),
];
