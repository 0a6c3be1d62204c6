//! Buildkite: builds with their jobs, from the REST API and webhooks. Block steps are approvals.

use crate::source::declared::made::environment_in;
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, IsNot, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field, made};

pub(super) static BUILDKITE: Vendor = Vendor {
    name: "buildkite",
    about: "Buildkite builds with jobs and block steps (REST, webhooks)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "builds",
            when: &[Known("number"), Known("state"), Has("commit"), Has("branch"), Has("pipeline.slug")],
            rows: &[
                Rows::of("deployments", BUILD).when(&[DEPLOYS]).at(&["finished_at", "started_at", "created_at"]),
                Rows::of("stages", JOB).each("jobs").when(&[
                    OF_DEPLOYING,
                    Is("type", &["script"]),
                    HasAny(&["name", "label"]),
                ]),
                Rows::of("approvals", BLOCK).each("jobs").when(&[OF_DEPLOYING, Is("type", &["manual"])]),
            ],
        },
        Shape { name: "jobs", when: &[Known("id"), Has("step_key"), Has("exit_status")], rows: &[] },
    ],
    untold: &[
        "which builds deploy is told by the name of the pipeline, see `pipelines`; the environment by the build's ENVIRONMENT, else a word in the pipeline's name, else production",
        "approvals.requested_at: when a build became blocked is not told",
    ],
};

const DEPLOYS: Test = Deploys(&["pipeline.name", "pipeline.slug"]);
const OF_DEPLOYING: Test = Deploys(&["^.pipeline.name", "^.pipeline.slug"]);

const STATES: &[(&str, &str)] = &[
    ("passed", "succeeded"),
    ("failed", "failed"),
    ("failing", "in_progress"),
    ("timed_out", "failed"),
    ("broken", "failed"),
    ("expired", "failed"),
    ("canceled", "cancelled"),
    ("canceling", "in_progress"),
    ("skipped", "cancelled"),
    ("not_run", "cancelled"),
    ("blocked", "in_progress"),
    ("scheduled", "in_progress"),
    ("creating", "in_progress"),
    ("assigned", "in_progress"),
    ("accepted", "in_progress"),
    ("waiting", "in_progress"),
    ("limited", "in_progress"),
];

const BUILD: &[Field] = &[
    field("deployment_id", &["id"]),
    field("service", &["pipeline.repository"])
        .through(crate::source::declared::made::repository, "the name of the repository in"),
    field("service", &["pipeline.slug"]),
    field("environment", &["env.environment", "env.deploy_env", "meta_data.environment"]),
    field("environment", &["pipeline.name", "pipeline.slug"]).through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("commit_sha", &["commit"]),
    field("version", &["tag"]),
    field("status", &["state"]).words(STATES),
    field("requested_at", &["created_at"]),
    field("started_at", &["started_at"]),
    field("finished_at", &["finished_at"]),
    field("deployed_by", &["creator.name", "creator.email"]),
    field("url", &["web_url"]),
];

const JOB: &[Field] = &[
    field("deployment_id", &["^.id"]),
    field("stage", &["name", "label"]),
    field("started_at", &["started_at"]),
    field("finished_at", &["finished_at"]),
    field("status", &["state"]).words(STATES),
];

const BLOCK: &[Field] = &[
    field("approval_id", &["id"]),
    field("deployment_id", &["^.id"]),
    field("approver", &["unblocked_by.name", "unblocked_by.email"]),
    field("decided_at", &["unblocked_at"]),
    constant("decision", "approved").when(&[Known("unblocked_at")]),
    constant("decision", "pending").when(&[IsNot("state", &["unblocked"])]),
    made("decision", |_| Some("unknown".into()), "unknown where neither is told"),
];
