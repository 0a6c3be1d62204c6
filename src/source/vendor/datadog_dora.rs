//! Datadog: deployments and failures as sent to its DORA API, or as that API lists them.

use crate::source::declared::made::repository;
use crate::source::declared::model::Test::{Has, HasAny, Is, Known, Lacks};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static DATADOG_DORA: Vendor = Vendor {
    name: "datadog-dora",
    about: "Datadog DORA deployments and failures (API requests and lists)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "deployments of lists",
            when: &[Is("type", &["dora_deployment"]), Known("attributes.started_at")],
            rows: &[Rows::of("deployments", LISTED)],
        },
        Shape {
            name: "failures of lists",
            when: &[Is("type", &["dora_failure", "dora_incident"]), Known("attributes.started_at")],
            rows: &[Rows::of("incidents", LISTED_FAILURE)],
        },
        Shape {
            name: "failures",
            when: &[
                Known("started_at"),
                HasAny(&["services", "severity", "team"]),
                Lacks("service"),
                HasAny(&["name", "severity", "git", "finished_at", "custom_tags"]),
                Lacks("deployment_id"),
                Lacks("incident_id"),
            ],
            rows: &[Rows::of("incidents", FAILURE)],
        },
        Shape {
            name: "deployments",
            when: &[
                Known("service"),
                Known("started_at"),
                Known("finished_at"),
                HasAny(&["git", "env", "custom_tags"]),
                Lacks("deployment_id"),
                Lacks("incident_id"),
            ],
            rows: &[Rows::of("deployments", DEPLOYMENT)],
        },
        Shape {
            name: "answers",
            when: &[Is("type", &["dora_deployment", "dora_failure", "dora_incident"]), Has("id")],
            rows: &[],
        },
    ],
    untold: &[
        "deployments.status: a deployment that is sent to the API has succeeded; one that failed is not sent",
        "change failures that Datadog itself finds on deployments are told in lists as `change_failure`, kept in `extra`; they are not incidents",
        "numbers are seconds, milliseconds, microseconds or nanoseconds by their magnitude",
    ],
};

const DEPLOYMENT: &[Field] = &[
    field("deployment_id", &["id"]),
    made("deployment_id", deployment_id, "where none is told, service and start"),
    field("service", &["service"]),
    field("environment", &["env"]),
    field("team", &["team"]),
    field("version", &["version"]),
    field("commit_sha", &["git.commit_sha"]),
    constant("status", "succeeded"),
    field("started_at", &["started_at"]),
    field("finished_at", &["finished_at"]),
];

const LISTED: &[Field] = &[
    field("deployment_id", &["id", "attributes.id"]),
    field("service", &["attributes.service", "attributes.git.repository_id"]).through(repository, "the last part of"),
    field("environment", &["attributes.env"]),
    field("team", &["attributes.team"]),
    field("version", &["attributes.version"]),
    field("commit_sha", &["attributes.git.commit_sha"]),
    constant("status", "succeeded"),
    field("started_at", &["attributes.started_at"]),
    field("finished_at", &["attributes.finished_at"]),
    field("change_type", &["attributes.change_type"]),
];

const FAILURE: &[Field] = &[
    field("incident_id", &["id"]),
    made("incident_id", failure_id, "where none is told, name and start"),
    field("service", &["services"]),
    field("severity", &["severity"]),
    constant("status", "resolved").when(&[Known("finished_at")]),
    constant("status", "open"),
    field("opened_at", &["started_at"]),
    field("resolved_at", &["finished_at"]),
    field("version", &["version"]),
    field("commit_sha", &["git.commit_sha"]),
    field("title", &["name"]),
];

const LISTED_FAILURE: &[Field] = &[
    field("incident_id", &["id", "attributes.id"]),
    field("service", &["attributes.services"]),
    field("severity", &["attributes.severity"]),
    constant("status", "resolved").when(&[Known("attributes.finished_at")]),
    constant("status", "open"),
    field("opened_at", &["attributes.started_at"]),
    field("resolved_at", &["attributes.finished_at"]),
    field("version", &["attributes.version"]),
    field("commit_sha", &["attributes.git.commit_sha"]),
    field("title", &["attributes.name"]),
];

fn deployment_id(record: &Record) -> Option<String> {
    Some(format!("{}@{}", record.text("service")?, record.text("started_at")?))
}

fn failure_id(record: &Record) -> Option<String> {
    let name = record.text("name").or_else(|| record.text("services")).or_else(|| record.text("team"))?;
    Some(format!("{name}@{}", record.text("started_at")?))
}
