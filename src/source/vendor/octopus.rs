//! Octopus Deploy: deployments, the tasks that carry them out, the dashboard and the deployment history.

use crate::source::declared::model::Fold::Earliest;
use crate::source::declared::model::Test::{Has, HasAny, Holds, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Test, Vendor, constant, field};

pub(super) static OCTOPUS: Vendor = Vendor {
    name: "octopus",
    about: "Octopus Deploy deployments, tasks, dashboard and deployment history (REST, CSV)",
    naive: Naive::UtcInJson,
    shapes: &[
        Shape {
            name: "deployment history",
            when: &[Known("deployment_id"), Known("task_state"), HasAny(&["project_name", "environment_name"])],
            rows: &[Rows::of("deployments", HISTORY)],
        },
        Shape {
            name: "deployments of the dashboard",
            when: &[
                Known("deployment_id"),
                Has("release_version"),
                Known("state"),
                HasAny(&["queue_time", "completed_time"]),
            ],
            rows: &[Rows::of("deployments", DASHBOARD)],
        },
        Shape {
            name: "tasks of deployments",
            when: &[Known("arguments.deployment_id"), Known("state"), Holds("id", &["servertasks-"])],
            rows: &[Rows::of("deployments", TASK)],
        },
        Shape {
            name: "deployments",
            when: &[Holds("id", &["deployments-"]), Known("environment_id"), Known("project_id"), Known("created")],
            rows: &[Rows::of("deployments", DEPLOYMENT)],
        },
        Shape { name: "other tasks", when: &[Holds("id", &["servertasks-"]), Known("state")], rows: &[] },
    ],
    untold: &[
        "a deployment does not tell its outcome, its start or its end: its task does (`/api/tasks?name=deploy`), or the history",
        "service and environment of deployments and of the dashboard are numbers such as Projects-1; the history and tasks have names, which are preferred; map numbers under `[sources.values]`",
        "approvals are interruptions, which are not read",
    ],
};

const STATES: &[(&str, &str)] = &[
    ("success", "succeeded"),
    ("failed", "failed"),
    ("timedout", "failed"),
    ("canceled", "cancelled"),
    ("cancelling", "in_progress"),
    ("executing", "in_progress"),
    ("queued", "in_progress"),
];

const HISTORY: &[Field] = &[
    field("deployment_id", &["deployment_id"]),
    field("service", &["project_name", "project_slug", "project_id"]),
    field("environment", &["environment_name", "environment_id"]),
    field("release_id", &["release_id"]),
    field("version", &["release_version"]),
    field("status", &["task_state"]).words(STATES),
    field("requested_at", &["created", "queue_time"]),
    field("started_at", &["start_time"]),
    field("finished_at", &["completed_time"]),
    field("deployed_by", &["deployed_by"]),
];

const DASHBOARD: &[Field] = &[
    field("deployment_id", &["deployment_id"]),
    field("service", &["project_name", "project_id"]).stand_in(),
    field("environment", &["environment_name", "environment_id"]).stand_in(),
    field("release_id", &["release_id"]),
    field("version", &["release_version"]),
    field("status", &["state"]).words(STATES),
    field("requested_at", &["created", "queue_time"]),
    field("started_at", &["start_time"]),
    field("finished_at", &["completed_time"]),
];

const DEPLOYMENT: &[Field] = &[
    field("deployment_id", &["id"]),
    field("service", &["project_id"]).stand_in(),
    field("environment", &["environment_id"]).stand_in(),
    field("release_id", &["release_id"]),
    constant("status", "failed").when(&[Is("failure_encountered", &["true"])]).stand_in(),
    constant("status", "unknown").stand_in(),
    field("requested_at", &["created"]).fold(Earliest),
    field("deployed_by", &["deployed_by"]),
];

const IS_PLAIN: Test = Holds("description", &["deploy "]);

const TASK: &[Field] = &[
    field("deployment_id", &["arguments.deployment_id"]),
    field("service", &["description"])
        .when(&[IS_PLAIN])
        .through(project, "the project in `Deploy … release … to …` of"),
    field("environment", &["description"])
        .when(&[IS_PLAIN])
        .through(environment, "the environment in `Deploy … release … to …` of"),
    field("version", &["description"])
        .when(&[IS_PLAIN])
        .through(version, "the version in `Deploy … release … to …` of"),
    field("status", &["state"]).words(STATES),
    field("requested_at", &["queue_time"]).stand_in(),
    field("started_at", &["start_time"]),
    field("finished_at", &["completed_time"]),
];

/// `Deploy Web Shop release 1.4.0 to Production`, and ` for Tenant` where there are tenants.
fn parts(description: &str) -> Option<(&str, &str, &str)> {
    let rest = description.strip_prefix("Deploy ")?;
    let (project, rest) = rest.split_once(" release ")?;
    let (version, environment) = rest.split_once(" to ")?;
    Some((project, version, environment.split(" for ").next().unwrap_or(environment)))
}

fn project(description: &str) -> Option<String> {
    parts(description).map(|(project, ..)| project.to_owned())
}

fn version(description: &str) -> Option<String> {
    parts(description).map(|(_, version, _)| version.to_owned())
}

fn environment(description: &str) -> Option<String> {
    parts(description).map(|(.., environment)| environment.to_owned())
}
