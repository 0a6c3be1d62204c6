//! Bitbucket Cloud: deployments, pull requests and pipelines.

use crate::source::declared::made::{environment_in, is_revert, key, repository, ticket_key};
use crate::source::declared::model::Fold::Latest;
use crate::source::declared::model::Test::{Deploys, Has, HasAny, Is, Known};
use crate::source::declared::model::{Field, Naive, Rows, Shape, Vendor, constant, field, made};
use crate::source::declared::record::Record;

pub(super) static BITBUCKET: Vendor = Vendor {
    name: "bitbucket",
    about: "Bitbucket Cloud deployments, pull requests, pipelines (REST)",
    naive: Naive::Utc,
    shapes: &[
        Shape {
            name: "deployments",
            when: &[Is("type", &["deployment"]), Known("state.name"), Has("environment")],
            rows: &[Rows::of("deployments", DEPLOYMENT).at(&["last_update_time"])],
        },
        Shape {
            name: "pull requests",
            when: &[Is("type", &["pullrequest"]), Known("id"), Known("created_on"), Known("state")],
            rows: &[Rows::of("changes", PULL).at(&["updated_on"])],
        },
        Shape {
            name: "pipelines",
            when: &[Is("type", &["pipeline"]), Known("build_number"), Known("state.name"), HasAny(&["target"])],
            rows: &[Rows::of("deployments", PIPELINE).when(&[Deploys(&["target.selector.pattern", "target.ref_name"])])],
        },
    ],
    untold: &[
        "deployments.environment: a deployment may tell only the number of its environment; ask for `fields=+values.environment.name`, or map the number under `[sources.values]`",
        "changes.committed_at: a pull request does not tell its first commit: coding time is unknown, and lead time begins when it was opened",
        "changes.merged_at: not told; when a merged pull request was last changed is taken for it",
        "which pipelines deploy is told by the name of a custom pipeline or branch, see `pipelines`",
    ],
};

const RESULTS: &[(&str, &str)] = &[
    ("successful", "succeeded"),
    ("failed", "failed"),
    ("error", "failed"),
    ("expired", "failed"),
    ("stopped", "cancelled"),
    ("undeployed", "cancelled"),
    ("in_progress", "in_progress"),
    ("pending", "in_progress"),
    ("paused", "in_progress"),
    ("halted", "in_progress"),
    ("completed", "unknown"),
];

const DEPLOYMENT: &[Field] = &[
    field("deployment_id", &["uuid", "key"]),
    field(
        "service",
        &["repository.name", "release.commit.links.html.href", "release.url", "state.url", "deployable.url"],
    )
    .through(repository_of, "the name of the repository in"),
    field(
        "environment",
        &["environment.name", "environment.environment_type.name", "environment.slug", "environment.uuid"],
    ),
    field("release_id", &["release.name"]),
    field("commit_sha", &["release.commit.hash", "deployable.commit.hash", "commit.hash"]),
    field("status", &["state.status.name", "state.name"]).words(RESULTS),
    field("requested_at", &["release.created_on", "created_on"]),
    field("started_at", &["state.started_on"]),
    field("finished_at", &["state.completed_on"]),
    field("finished_at", &["last_update_time"]).when(&[Is("state.name", &["completed"])]).stand_in(),
    field("deployed_by", &["state.deployer.display_name", "creator.display_name"]),
    field("url", &["state.url", "release.url"]),
    field("updated_at", &["last_update_time"]).fold(Latest),
];

const PULL: &[Field] = &[
    made("change_id", pull_id, "repository and number, such as `bitbucket:acme/shop/pulls#7`"),
    field("service", &["destination.repository.full_name", "destination.repository.name"])
        .through(repository, "the last part of"),
    field("repository", &["destination.repository.full_name"]),
    field("author", &["author.nickname", "author.display_name"]),
    field("commit_sha", &["merge_commit.hash"]),
    field("opened_at", &["created_on"]),
    field("merged_at", &["merged_on", "closed_on"]).when(&[Is("state", &["merged"])]),
    field("merged_at", &["updated_on"]).when(&[Is("state", &["merged"])]).stand_in(),
    field("reviewers", &["reviewers.nickname", "reviewers.display_name"]).joined(),
    made("first_review_at", first_review, "the earliest `participated_on` of `participants` that review"),
    made("approved_at", approval, "the earliest `participated_on` of `participants` that approved"),
    field("is_revert", &["title"]).through(is_revert, "true where it begins with Revert:"),
    field("ticket_id", &["title", "source.branch.name"]).through(ticket_key, "the first key such as PAY-12 in"),
    field("updated_at", &["updated_on"]).fold(Latest),
];

const PIPELINE: &[Field] = &[
    field("deployment_id", &["uuid"]),
    field("service", &["repository.full_name", "repository.name"]).through(repository, "the last part of"),
    field("environment", &["target.selector.pattern", "target.ref_name"])
        .through(environment_in, "a word such as staging in"),
    constant("environment", "production"),
    field("commit_sha", &["target.commit.hash"]),
    field("version", &["target.ref_name"]).when(&[Is("target.ref_type", &["tag"])]),
    field("status", &["state.result.name", "state.name"]).words(RESULTS),
    field("requested_at", &["created_on"]),
    field("started_at", &["created_on"]),
    field("finished_at", &["completed_on"]),
    field("deployed_by", &["creator.nickname", "creator.display_name"]),
];

/// `shop` of `https://bitbucket.org/acme/shop/commits/1` and of the API's `…/2.0/repositories/acme/shop/…`.
fn repository_of(text: &str) -> Option<String> {
    if !text.contains("://") {
        return repository(text);
    }
    let path = text.split_once("://")?.1.split_once('/')?.1;
    let path = path.strip_prefix("2.0/repositories/").unwrap_or(path);
    path.split('/').nth(1).map(str::to_owned)
}

fn pull_id(record: &Record) -> Option<String> {
    let name = record.text("destination.repository.full_name").unwrap_or_default();
    Some(key("bitbucket", &[&name, "pulls"], &record.text("id")?))
}

fn first_review(record: &Record) -> Option<String> {
    participation(record, &[Is("role", &["reviewer"])])
}

fn approval(record: &Record) -> Option<String> {
    participation(record, &[Is("approved", &["true"])])
}

fn participation(record: &Record, tests: &[crate::source::declared::model::Test]) -> Option<String> {
    let runs = record.runs;
    let all = record.elements("participants").into_iter().map(|value| Record { value, around: None, runs });
    all.filter(|one| one.meets(tests)).filter_map(|one| one.text("participated_on")).min()
}
