//! Argo CD: the history of applications, and the operation that ran last.

use crate::source::declared::made::{environment_in, sha};
use crate::source::declared::model::Test::{Has, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static ARGOCD: Vendor = Vendor {
    name: "argocd",
    about: "Argo CD applications with their history (kubectl, argocd app get, YAML or JSON)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "applications",
            when: &[Is("kind", &["application"]), Known("metadata.name"), Has("spec")],
            rows: &[
                Rows::of("deployments", HISTORY).each("status.history").when(&[Known("deployed_at")]),
                Rows::of("deployments", FAILURE).when(&[
                    Is("status.operation_state.phase", &["failed", "error"]),
                    Known("status.operation_state.finished_at"),
                ]),
            ],
        },
        Shape { name: "other manifests", when: &[Known("api_version"), Known("kind"), Has("metadata")], rows: &[] },
    ],
    untold: &[
        "failures: the history holds syncs that succeeded alone, and no more than `revisionHistoryLimit` of them (10); of those that failed only the last operation is told, so no change fail rate follows",
        "commit_sha: the revision is one of the repository of manifests, not of the application's code; the version of a Helm chart is no commit",
        "rollbacks: a revision seen earlier is told by its version, like any other",
        "deployments.environment: the label `environment` or `env`, else a word such as staging in the destination or the name of the application, else production",
    ],
};

const HISTORY: &[Field] = &[
    made("deployment_id", history_id, "namespace, application and number of the history, such as `argocd/shop/14`"),
    field("service", &["^.metadata.name"]),
    made("environment", |record| environment(record, "^."), "a label, the destination or the name of the application"),
    constant("environment", "production"),
    field("version", &["revision", "revisions.0"]),
    field("commit_sha", &["revision", "revisions"]).through(sha, "a commit, not the version of a chart, in"),
    constant("status", "succeeded"),
    field("started_at", &["deploy_started_at"]),
    field("finished_at", &["deployed_at"]),
    field("deployed_by", &["initiated_by.username"]),
    field("is_automated", &["initiated_by.automated"]),
    field("url", &["source.repo_url", "sources.repo_url"]),
];

const FAILURE: &[Field] = &[
    made("deployment_id", failure_id, "namespace, application and start of the operation"),
    field("service", &["metadata.name"]),
    made("environment", |record| environment(record, ""), "a label, the destination or the name of the application"),
    constant("environment", "production"),
    field(
        "version",
        &["status.operation_state.sync_result.revision", "status.operation_state.operation.sync.revision"],
    ),
    field(
        "commit_sha",
        &["status.operation_state.sync_result.revision", "status.operation_state.operation.sync.revision"],
    )
    .through(sha, "a commit, not the version of a chart, in"),
    constant("status", "failed"),
    field("started_at", &["status.operation_state.started_at"]),
    field("finished_at", &["status.operation_state.finished_at"]),
    field("deployed_by", &["status.operation_state.operation.initiated_by.username"]),
    field("is_automated", &["status.operation_state.operation.initiated_by.automated"]),
];

fn environment(record: &Record, to_application: &str) -> Option<String> {
    let text = |path: &str| record.text(&format!("{to_application}{path}"));
    let told = ["metadata.labels.environment", "metadata.labels.env"].into_iter().find_map(text);
    let named = ["spec.destination.namespace", "spec.destination.name", "metadata.name"];
    told.or_else(|| named.into_iter().find_map(|path| environment_in(&text(path)?)))
}

fn history_id(record: &Record) -> Option<String> {
    Some(format!("{}/{}", application(record, "^.")?, record.text("id")?))
}

fn failure_id(record: &Record) -> Option<String> {
    Some(format!("{}/{}", application(record, "")?, record.text("status.operation_state.started_at")?))
}

fn application(record: &Record, to_application: &str) -> Option<String> {
    let text = |path: &str| record.text(&format!("{to_application}{path}"));
    let name = text("metadata.name")?;
    Some(text("metadata.namespace").map_or(name.clone(), |namespace| format!("{namespace}/{name}")))
}
